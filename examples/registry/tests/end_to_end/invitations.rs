//! Who becomes a member of an organization, by whose consent, and how a member leaves.

use serde_json::{Value, json};

use crate::support::{FOUNDING, Person, Reply, Server, database, under_both_editions};

under_both_editions!(
    an_owner_cannot_make_a_user_a_member_without_consent,
    an_invited_person_gets_the_invited_role_and_not_one_of_their_choice,
    an_invitation_that_expired_or_was_withdrawn_or_replaced_cannot_be_accepted,
    an_evicted_member_cannot_come_back_by_an_old_invitation,
    an_evicted_or_suspended_owner_leaves_no_invitation_behind,
    a_member_leaves_and_the_last_owner_does_not,
    only_a_token_for_the_whole_account_accepts_declines_and_leaves,
    an_organization_has_a_limited_number_of_invitations,
    the_operator_adds_and_removes_members_at_once,
);

const MEMBERS: &str = "/-/org/acme/user";

impl Person {
    fn set_member(&self, user: &str, role: &str) -> Reply {
        self.http("PUT", MEMBERS).json(&json!({ "user": user, "role": role })).send()
    }

    fn remove_member(&self, user: &str) -> Reply {
        self.http("DELETE", MEMBERS).json(&json!({ "user": user })).send()
    }

    /// The roles of the members.
    fn roster(&self) -> Value {
        self.http("GET", MEMBERS).send().expect(200).json()
    }
}

/// A server with the organization `acme`, which alice owns, and with bob, who has nothing to do with it.
fn company(edition: &str) -> (Server, Person, Person) {
    let server = Server::under(edition);
    let (alice, bob) = (server.person("alice"), server.person("bob"));
    server.organization("acme", &alice);
    (server, alice, bob)
}
fn an_owner_cannot_make_a_user_a_member_without_consent(edition: &str) {
    let (_server, alice, bob) = company(edition);
    alice.put("@acme/secret", "1.0.0", None);
    for role in ["developer", "admin", "owner"] {
        alice.set_member("bob", role).expect(200);
        assert_eq!(alice.roster(), json!({ "alice": "owner" }));
        bob.http("GET", MEMBERS).send().expect(403);
        bob.http("GET", "/-/org/acme/team").send().expect(403);
        bob.http("GET", "/-/org/acme/package").send().expect(403);
        bob.http("PUT", "/-/org/acme/team").json(&json!({ "name": "moles" })).send().expect(403);
    }
    // An invitation shows and gives no package, not even to a team or by a grant.
    alice.http("PUT", "/-/team/acme/developers/user").json(&json!({ "user": "bob" })).send().expect(404);
    alice.npm("owner add bob @acme/secret").succeeds();
    bob.http("GET", "/@acme%2fsecret").send().expect(404);
    bob.npm("search secret").succeeds().does_not_say("@acme/secret");
    bob.publish("@acme/other", "1.0.0", "").fails_with("E404");
    // A person without an account is not invited.
    alice.set_member("nobody", "developer").expect(404);
    // An owner does not accept for another, however often the invitation is sent.
    let invited = alice.set_member("bob", "developer").expect(200);
    assert!(invited.header("npm-notice").is_some_and(|notice| notice.contains("not a member yet")), "{invited:?}");
    assert_eq!(alice.roster(), json!({ "alice": "owner" }));
}

fn an_invited_person_gets_the_invited_role_and_not_one_of_their_choice(edition: &str) {
    let (server, alice, bob) = company(edition);
    let (carol, eve) = (server.person("carol"), server.person("eve"));
    server.person("dave");
    // Without an invitation, a person cannot make themselves a member.
    bob.set_member("bob", "owner").expect(403);
    alice.set_member("bob", "developer").expect(200);
    let accepted = bob.set_member("bob", "owner").expect(200);
    assert_eq!(accepted.json(), json!({ "org": { "name": "acme", "size": 2 }, "user": "bob", "role": "developer" }));
    bob.set_member("bob", "owner").expect(403);
    alice.set_member("carol", "admin").expect(200);
    // A person cannot accept the invitation of another.
    bob.set_member("carol", "admin").expect(403);
    carol.http("PUT", MEMBERS).json(&json!({ "user": "carol" })).send().expect(200);
    assert_eq!(alice.roster(), json!({ "alice": "owner", "bob": "developer", "carol": "admin" }));
    // An outsider does not learn who is a member, or invited.
    alice.set_member("dave", "developer").expect(200);
    let answers = ["bob", "dave", "eve", "nobody"].map(|user| {
        let refused = eve.set_member(user, "developer").expect(403);
        (refused.error(), eve.remove_member(user).expect(403).error())
    });
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    // The role of a member changes at once, and only an owner changes it.
    alice.set_member("bob", "admin").expect(200);
    carol.set_member("bob", "developer").expect(403);
    assert_eq!(alice.roster()["bob"], "admin");
}

fn an_invitation_that_expired_or_was_withdrawn_or_replaced_cannot_be_accepted(edition: &str) {
    let (server, alice, bob) = company(edition);
    alice.set_member("bob", "owner").expect(200);
    database::age_invitations(&server, "bob", 30);
    bob.npm("profile get name").succeeds().does_not_say("invites you");
    bob.set_member("bob", "developer").expect(403);
    // It can be accepted until it expires. Here it is withdrawn before that.
    alice.set_member("bob", "owner").expect(200);
    database::age_invitations(&server, "bob", 29);
    bob.npm("profile get name").succeeds().says("alice invites you to acme as owner");
    alice.npm("org rm acme bob").succeeds();
    bob.set_member("bob", "developer").expect(403);
    alice.remove_member("bob").expect(404);
    // The person declines.
    alice.set_member("bob", "owner").expect(200);
    bob.remove_member("bob").expect(204);
    bob.set_member("bob", "developer").expect(403);
    // A second invitation replaces the first.
    alice.set_member("bob", "owner").expect(200);
    alice.set_member("bob", "developer").expect(200);
    bob.joins("acme");
    assert_eq!(alice.roster(), json!({ "alice": "owner", "bob": "developer" }));
}

fn an_evicted_member_cannot_come_back_by_an_old_invitation(edition: &str) {
    let (server, alice, bob) = company(edition);
    alice.brings("acme", &bob);
    alice.remove_member("bob").expect(204);
    bob.set_member("bob", "developer").expect(403);
    // An invitation that was open when the operator made the person a member is used up too.
    alice.set_member("bob", "owner").expect(200);
    server.succeeds(&["org", "add", "acme", "bob"], "");
    assert_eq!(alice.roster()["bob"], "developer");
    alice.remove_member("bob").expect(204);
    bob.set_member("bob", "owner").expect(403);
    assert_eq!(alice.roster(), json!({ "alice": "owner" }));
}

fn an_evicted_or_suspended_owner_leaves_no_invitation_behind(edition: &str) {
    let (server, alice, mallory) = company(edition);
    let puppet = server.person("puppet");
    alice.set_member("bob", "owner").expect(200);
    mallory.joins("acme");
    mallory.set_member("puppet", "owner").expect(200);
    alice.remove_member("bob").expect(204);
    puppet.set_member("puppet", "owner").expect(403);

    alice.set_member("bob", "owner").expect(200);
    mallory.joins("acme");
    puppet.set_member("puppet", "owner").expect(403);
    mallory.set_member("puppet", "owner").expect(200);
    alice.set_member("bob", "developer").expect(200);
    puppet.set_member("puppet", "owner").expect(403);

    // Neither does it come back when its maker does.
    alice.set_member("bob", "owner").expect(200);
    puppet.set_member("puppet", "owner").expect(403);
    mallory.set_member("puppet", "owner").expect(200);
    server.succeeds(&["user", "suspend", "bob"], "");
    puppet.set_member("puppet", "owner").expect(403);
    assert_eq!(alice.roster(), json!({ "alice": "owner", "bob": "owner" }));
}

fn a_member_leaves_and_the_last_owner_does_not(edition: &str) {
    let (_server, alice, bob) = company(edition);
    alice.brings("acme", &bob);
    bob.put("@acme/tool", "1.0.0", None);
    // npm lists the members after a removal, and bob may not do that any more.
    bob.npm("org rm acme bob").fails_with("E403").says("you are not in acme now, so npm cannot count its members");
    assert_eq!(alice.roster(), json!({ "alice": "owner" }));
    bob.http("GET", "/@acme%2ftool").send().expect(404);
    bob.remove_member("bob").expect(403);
    bob.remove_member("alice").expect(403);
    let refused = alice.remove_member("alice").expect(409);
    assert!(refused.error().contains("without an owner"), "{refused:?}");
    alice.set_member("bob", "owner").expect(200);
    alice.set_member("alice", "developer").expect(409);
    // An invited owner is not an owner yet.
    alice.remove_member("alice").expect(409);
    bob.joins("acme");
    alice.remove_member("alice").expect(204);
    assert_eq!(bob.roster(), json!({ "bob": "owner" }));
}

fn only_a_token_for_the_whole_account_accepts_declines_and_leaves(edition: &str) {
    let (server, alice, bob) = company(edition);
    let app = bob.authenticator().cloned().unwrap_or_else(|| bob.enable_2fa("auth-and-writes"));
    let bob = bob.with_authenticator(Some(app));
    let granular = |name: &str, settings: Value| {
        let mut body = json!({ "name": name });
        body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        bob.ci_job(&server, &bob.granular(&body))
    };
    let packages = |permission: &str, bypass: bool| json!({ "packages_all": true, "packages_and_scopes_permission": permission, "bypass_2fa": bypass });
    let mut narrow = vec![
        granular("reads", packages("read-only", false)),
        granular("writes", packages("read-write", false)),
        granular("bypasses", packages("read-write", true)),
    ];
    if edition == FOUNDING {
        for body in [json!({ "readonly": true }), json!({ "automation": true })] {
            narrow.push(bob.ci_job(&server, &bob.granular(&body)));
        }
    }
    let refused = |narrow: &[Person]| {
        for token in narrow {
            token.set_member("bob", "developer").expect(403);
            token.remove_member("bob").expect(403);
        }
        server.http("PUT", MEMBERS).json(&json!({ "user": "bob" })).send().expect(401);
        server.http("DELETE", MEMBERS).json(&json!({ "user": "bob" })).send().expect(401);
        for reply in [bob.without_code().set_member("bob", "developer"), bob.without_code().remove_member("bob")] {
            assert_eq!(reply.expect(401).header("www-authenticate"), Some("OTP"));
        }
    };
    alice.set_member("bob", "developer").expect(200);
    refused(&narrow);
    // An account on hold neither joins nor leaves, and a suspended one does nothing.
    for (begin, end) in
        [(&["user", "hold", "bob", "--for", "1h"][..], "release"), (&["user", "suspend", "bob"], "activate")]
    {
        server.succeeds(begin, "");
        bob.set_member("bob", "developer").expect(403);
        bob.remove_member("bob").expect(403);
        server.succeeds(&["user", end, "bob"], "");
    }
    bob.joins("acme");
    // A token for the organization manages it within the rights of its owner, and its owner's own membership is not among
    // them.
    server.succeeds(&["org", "add", "acme", "bob", "--role", "owner"], "");
    let organization = json!({ "orgs": ["acme"], "orgs_permission": "read-write", "bypass_2fa": true });
    narrow.push(granular("organization", organization));
    for token in &narrow {
        token.remove_member("bob").expect(403);
    }
    assert_eq!(alice.roster(), json!({ "alice": "owner", "bob": "owner" }));
    bob.remove_member("bob").expect(204);
}

fn an_organization_has_a_limited_number_of_invitations(edition: &str) {
    let (server, alice, bob) = company(edition);
    database::invite_many(&server, "acme", "alice", 99);
    alice.set_member("bob", "admin").expect(200);
    let carol = server.person("carol");
    let refused = alice.set_member("carol", "developer").expect(409);
    assert!(refused.error().contains("100 invitations"), "{refused:?}");
    // To replace an invitation adds none, and an invitation that has expired does not count.
    alice.set_member("bob", "developer").expect(200);
    database::age_invitations(&server, "bob", 30);
    alice.brings("acme", &carol);
    alice.set_member("bob", "developer").expect(200);
    bob.joins("acme");
    assert_eq!(alice.roster(), json!({ "alice": "owner", "bob": "developer", "carol": "developer" }));
}

fn the_operator_adds_and_removes_members_at_once(edition: &str) {
    let (server, alice, bob) = company(edition);
    alice.set_member("bob", "admin").expect(200);
    assert_eq!(server.succeeds(&["org", "list", "acme"], ""), "alice owner\nbob admin, invited by alice\n");
    assert!(server.succeeds(&["org", "add", "acme", "bob", "--role", "developer"], "").contains("as developer"));
    bob.put("@acme/tool", "1.0.0", None);
    assert_eq!(server.succeeds(&["org", "list", "acme"], ""), "alice owner\nbob developer\n");
    server.succeeds(&["org", "remove", "acme", "bob"], "");
    bob.http("GET", "/@acme%2ftool").send().expect(404);
    for (arguments, text) in [
        (&["org", "remove", "acme", "bob"][..], "neither a member of `acme` nor invited"),
        (&["org", "remove", "acme", "alice"], "without an owner"),
        (&["org", "add", "nosuch", "bob"], "no organization `nosuch`"),
        (&["org", "add", "acme", "nobody"], "no user `nobody`"),
        (&["org", "add", "acme", "bob", "--role", "member"], "expected `owner`, `admin` or `developer`"),
    ] {
        let output = server.command(arguments, "");
        assert!(!output.status.success(), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(text), "{arguments:?}: {output:?}");
    }
}

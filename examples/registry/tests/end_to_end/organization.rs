//! Organizations and teams at the terminal.

use serde_json::{Value, json};

use crate::{
    package::installs,
    support::{Person, Server, under_both_editions},
};

under_both_editions!(
    an_organization_is_run_from_the_terminal,
    a_removed_member_loses_the_packages_of_the_organization_at_once,
    outsiders_see_and_do_nothing_in_an_organization,
    a_publish_that_also_makes_the_package_public_needs_both_permissions,
    the_owners_of_a_package_are_those_who_may_write_to_it,
    a_list_of_owners_from_before_a_change_of_a_team_is_refused,
);

fn an_organization_is_run_from_the_terminal(edition: &str) {
    let server = Server::under(edition);
    let (alice, bob, carol) = (server.person("alice"), server.person("bob"), server.person("carol"));
    server.organization("acme", &alice);
    // npm has no words for an invitation, so it prints that it has added the member, and the notice after it.
    alice
        .npm("org set acme bob")
        .succeeds()
        .says("Added bob as developer to acme. You now have 1 member in this org.")
        .says("bob is not a member yet: bob has to accept within 30 days, with `npm org set acme bob`");
    bob.npm("org ls acme").fails_with("E403");
    bob.npm("profile get name").succeeds().says(
        "alice invites you to acme as developer: accept with `npm org set acme bob`, or decline with `npm org rm acme bob`",
    );
    bob.npm("org set acme bob")
        .succeeds()
        .says("Added bob as developer to acme. You now have 2 members in this org.")
        .does_not_say("not a member yet");
    bob.npm("profile get name").succeeds().does_not_say("invites you");
    alice.npm("org set acme carol developer").succeeds();
    carol.joins("acme");
    bob.npm("org ls acme").succeeds().says("alice - owner").says("bob - developer").says("carol - developer");

    // The first publish in the scope gives the team `developers` a read-write grant.
    bob.publish("@acme/tool", "1.0.0", "").succeeds();
    bob.npm("team ls acme:developers").succeeds().says("alice").says("bob").says("carol");
    bob.npm("access list packages acme:developers").succeeds().prints("@acme/tool: read-write");
    carol.publish("@acme/tool", "1.1.0", "").succeeds();
    installs(&alice, "@acme/tool", "1.1.0");

    // Another team, with fewer permissions.
    let dora = server.person("dora");
    alice.brings("acme", &dora);
    alice.npm("team create acme:readers").succeeds().says("+@acme:readers");
    bob.npm("team ls acme").succeeds().says("@acme:developers").says("@acme:readers");
    alice.npm("team add acme:readers dora").succeeds().says("dora added to @acme:readers");
    alice.npm("team rm acme:developers dora").succeeds().says("dora removed from @acme:developers");
    dora.npm("view @acme/tool").fails_with("E404");
    alice.npm("access grant read-only acme:readers @acme/tool").succeeds();
    alice.npm("access list packages acme:readers").succeeds().prints("@acme/tool: read-only");
    installs(&dora, "@acme/tool", "1.1.0");
    dora.publish("@acme/tool", "1.2.0", "").fails_with("E403").says("may not publish `@acme/tool`");
    alice.npm("access grant read-write acme:readers @acme/tool").succeeds();
    dora.publish("@acme/tool", "1.2.0", "").succeeds();
    alice.npm("access revoke acme:readers @acme/tool").succeeds();
    dora.npm("view @acme/tool").fails_with("E404");
    alice.npm("team destroy acme:readers").succeeds().says("-@acme:readers");
    alice.npm("team ls acme").succeeds().does_not_say("readers");
    alice.npm("access list packages acme").succeeds().says("@acme/tool: read-write");

    // An admin manages teams, but not members. A developer manages neither.
    alice.npm("org set acme bob admin").succeeds();
    bob.npm("team create acme:robots").succeeds();
    bob.npm("org set acme dora admin").fails_with("E403").says("may not add members to the organization `acme`");
    bob.npm("org rm acme dora").fails_with("E403").says("may not remove members from the organization `acme`");
    carol.npm("team create acme:mine").fails_with("E403").says("may not create the team `acme:mine`");
    carol.npm("team destroy acme:robots").fails_with("E403").says("may not delete the team `acme:robots`");
    carol
        .npm("access grant read-write acme:robots @acme/tool")
        .fails_with("E403")
        .says("may not give a team access to `@acme/tool`");
    bob.npm("team destroy acme:robots").succeeds();

    // An organization keeps an owner, and the team that new members join.
    alice.npm("org rm acme alice").fails().says("owner");
    alice.npm("org set acme alice developer").fails().says("owner");
    alice.npm("team destroy acme:developers").fails().says("developers");
    alice.npm("org ls acme").succeeds().says("alice - owner");
}

fn a_removed_member_loses_the_packages_of_the_organization_at_once(edition: &str) {
    let server = Server::under(edition);
    let (alice, bob) = (server.person("alice"), server.person("bob"));
    server.organization("acme", &alice);
    alice.brings("acme", &bob);
    bob.publish("@acme/tool", "1.0.0", "").succeeds();
    // Bob's own grant on the package is removed with the membership.
    alice.npm("owner add bob @acme/tool").succeeds();
    let read = bob.http("GET", "/@acme%2ftool");
    read.clone().send().expect(200);
    alice
        .npm("org rm acme bob")
        .succeeds()
        .says("Successfully removed bob from acme. You now have 1 member in this org.");
    read.send().expect(404);
    bob.npm("view @acme/tool").fails_with("E404");
    bob.publish("@acme/tool", "1.0.1", "").fails_with("E404");
    bob.publish("@acme/other", "1.0.0", "").fails_with("E404");
    bob.npm("org ls acme").fails_with("E403").says("may not read the organization `acme`");
    bob.npm("search tool").succeeds().does_not_say("@acme/tool");

    // A member who comes back joins `developers` again.
    alice.brings("acme", &bob);
    bob.publish("@acme/tool", "1.0.1", "").succeeds();
}

fn outsiders_see_and_do_nothing_in_an_organization(edition: &str) {
    let server = Server::under(edition);
    let (alice, eve) = (server.person("alice"), server.person("eve"));
    server.organization("acme", &alice);
    alice.publish("@acme/tool", "1.0.0", "").succeeds();
    let nobody = Person::at(&server, "nobody", None);
    for command in ["org ls acme", "team ls acme", "team ls acme:developers", "access list packages acme:developers"] {
        eve.npm(command).fails_with("E403").says("may not read the organization `acme`");
        nobody.npm(command).fails_with("E401").says("log in first");
    }
    for command in [
        "org set acme eve owner",
        "org rm acme alice",
        "team create acme:moles",
        "team add acme:developers eve",
        "team destroy acme:developers",
    ] {
        eve.npm(command).fails_with("E403");
    }
    eve.npm("access grant read-write acme:developers @acme/tool")
        .fails_with("E403")
        .says("may not read the organization `acme`");
    eve.publish("@acme/mine", "1.0.0", "").fails_with("E404");
    eve.npm("org ls nosuchorg").fails_with("E404").says("organization `nosuchorg` does not exist");
    // A scope without an owner, in which there are no packages.
    let own = "no user and no organization has the name `nobodys-scope`: use your own scope `@eve`";
    eve.publish("@nobodys-scope/mine", "1.0.0", "").fails_with("E404").says(own);
    nobody.publish("@nobodys-scope/mine", "1.0.0", "").does_not_say("nobodys-scope`:");
    // A new package in the scope of others gets the same answer as a private one.
    eve.publish("@acme/mine", "1.0.0", "").fails_with("E404").does_not_say("no organization has the name");
    // Users and organizations share one namespace.
    let output = server.command(&["org", "create", "eve", "--owner", "alice"], "");
    assert!(!output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("the name `eve` is taken"), "{output:?}");
    alice.npm("org ls acme").succeeds().says("alice - owner").does_not_say("eve");
}

fn a_publish_that_also_makes_the_package_public_needs_both_permissions(edition: &str) {
    let server = Server::under(edition);
    let (alice, bob) = (server.person("alice"), server.person("bob"));
    server.organization("acme", &alice);
    alice.brings("acme", &bob);
    // The first visibility is part of the creation, so every member may choose it.
    bob.publish("@acme/open", "1.0.0", "--access=public").succeeds();
    bob.publish("@acme/tool", "1.0.0", "").succeeds();
    bob.publish("@acme/tool", "1.1.0", "--access=public")
        .fails_with("E403")
        .says("may not change the visibility of `@acme/tool`");
    bob.npm("view @acme/tool version").succeeds().prints("1.0.0");
    bob.npm("access set status=public @acme/tool")
        .fails_with("E403")
        .says("may not change the visibility of `@acme/tool`");
    Person::at(&server, "nobody", None).npm("view @acme/tool").fails_with("E404");
    alice.publish("@acme/tool", "1.1.0", "--access=public").succeeds();
    Person::at(&server, "nobody", None).npm("view @acme/tool version").succeeds().prints("1.1.0");
}

fn the_owners_of_a_package_are_those_who_may_write_to_it(edition: &str) {
    let server = Server::under(edition);
    let (alice, bob, carol, eve) =
        (server.person("alice"), server.person("bob"), server.person("carol"), server.person("eve"));
    server.organization("acme", &alice);
    alice.brings("acme", &bob);
    alice.publish("@acme/tool", "1.0.0", "--access=public").succeeds();
    let owners = |person: &Person| person.npm("owner ls @acme/tool").succeeds().output().trim().to_owned();
    let search = |person: &Person| {
        let found = person.http("GET", "/-/v1/search?text=tool").send().expect(200).json();
        let maintainers = found["objects"][0]["package"]["maintainers"].as_array().unwrap().clone();
        maintainers.iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let collaborators =
        |person: &Person| person.http("GET", "/-/package/@acme%2ftool/collaborators").send().expect(200).json();
    // Alice and Bob may write by the team `developers`. Only members see who is in it.
    assert_eq!((owners(&bob).as_str(), search(&bob)), ("alice <>\nbob <>", vec!["alice".into(), "bob".into()]));
    assert_eq!(collaborators(&bob), json!({ "alice": "write", "bob": "write" }));
    assert_eq!((owners(&eve).as_str(), search(&eve)), ("no admin found", vec![]));
    assert_eq!(collaborators(&eve), json!({}));
    bob.npm("access list collaborators @acme/tool").succeeds().says("alice: read-write");

    // A user who is not a member gets a grant, which does not count yet.
    let added = bob.npm("owner add carol @acme/tool").succeeds().says("npm org set acme carol").output();
    assert!(added.contains("+ carol (@acme/tool)"), "{added}");
    carol.publish("@acme/tool", "1.1.0", "").fails_with("E403");
    assert_eq!((owners(&eve).as_str(), search(&eve)), ("carol <>", vec!["carol".into()]));
    // No other user has got a grant of their own by this.
    alice.npm("team rm acme:developers bob").succeeds();
    assert_eq!(owners(&alice), "alice <>\ncarol <>");
    bob.publish("@acme/tool", "1.1.0", "").fails_with("E403");

    // A user who may write by a team has to be removed from the team.
    alice.npm("org set acme carol").succeeds().does_not_say("gives no access");
    carol.joins("acme");
    alice.npm("owner rm alice @acme/tool").fails().says("may write to `@acme/tool` by a team");
    alice.npm("owner rm carol @acme/tool").succeeds().says("`carol` may still write to `@acme/tool`, by a team");
    carol.publish("@acme/tool", "1.1.0", "").succeeds();
    // A member is added without a notice.
    alice.npm("owner add bob @acme/tool").succeeds().does_not_say("gives no access");
    bob.publish("@acme/tool", "1.2.0", "").succeeds();
}

fn a_list_of_owners_from_before_a_change_of_a_team_is_refused(edition: &str) {
    let server = Server::under(edition);
    let (alice, bob) = (server.person("alice"), server.person("bob"));
    server.person("carol");
    server.organization("acme", &alice);
    alice.brings("acme", &bob);
    alice.publish("@acme/tool", "1.0.0", "").succeeds();
    let read = || alice.http("GET", "/@acme%2ftool").send().expect(200).json();
    let add = |document: &Value, names: &[&str]| {
        let maintainers: Vec<Value> = names.iter().map(|name| json!({ "name": name, "email": "" })).collect();
        let body = json!({ "_id": "@acme/tool", "_rev": document["_rev"], "maintainers": maintainers });
        let path = format!("/@acme%2ftool/-rev/{}", document["_rev"].as_str().unwrap());
        alice.http("PUT", &path).json(&body).send()
    };
    // Each of these changes takes Bob off the list, or puts him on it.
    for command in ["team rm acme:developers bob", "team add acme:developers bob", "org rm acme bob"] {
        let before = read();
        alice.npm(command).succeeds();
        add(&before, &["alice", "bob", "carol"]).expect(409);
    }
    let before = read();
    alice.brings("acme", &bob);
    add(&before, &["alice", "bob", "carol"]).expect(409);
    for command in
        ["team create acme:robots", "team add acme:robots alice", "access grant read-write acme:robots @acme/tool"]
    {
        alice.npm(command).succeeds();
    }
    let before = read();
    alice.npm("access revoke acme:developers @acme/tool").succeeds();
    add(&before, &["alice", "bob", "carol"]).expect(409);
    bob.npm("view @acme/tool").fails_with("E404");
}

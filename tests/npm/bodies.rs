//! The small request bodies of npm, and several decisions about one request.
#![expect(clippy::panic, reason = "a slip in the test's own tables fails the test")]

use core::time::Duration;

use crate::body;

use serde_json::{Value, json};
use tollgate::npm::{
    AccessChange, AccountRequest, BeforeBody, Body, BodyError, CombinedDecision, Decider, Endpoint, HigherDecision,
    IsMember, MemberChange, ProfileChange, RequiredAccess, TeamAccessChange, TeamToCreate, TwoFactorChange,
};
use tollgate::testing::{all, bind, granular, legacy, now, only, package, time, user, user_name};
use tollgate::{
    BoundToken, ClientIp, Decision, PackageAction, Policy, Reason, Secret, authorize,
    decision::{AccessRequest, Caller, FoundFacts, ResourceFactsError, Validity},
    facts::{FoundPackage, MaxFactorAge, PublishingAccess, TwoFactorMode, VerifiedFactor, Visibility},
    token::LegacyKind,
    value::{GrantedPermission, Role},
};

fn words(access_requests: &[AccessRequest]) -> Vec<String> {
    access_requests.iter().map(ToString::to_string).collect()
}

/// Each body with the whole message of its error.
#[track_caller]
fn refused<T>(read: impl Fn(&Body<'static>) -> Result<T, BodyError>, table: &[(Value, &str)]) {
    for (sent, message) in table {
        match read(&body(sent.clone())) {
            Ok(_) => panic!("{sent} was read"),
            Err(error) => assert_eq!(error.to_string(), *message, "{sent}"),
        }
    }
}

#[test]
fn access_is_visibility_or_publishing_access_or_both() {
    use PublishingAccess::{NoRequirement, TwoFactorOnly, TwoFactorOrBypass};
    let left_pad = "@acme/w".parse().unwrap();
    for (sent, visibility, publishing_access, access_requests) in [
        (json!({"access": "public"}), Some(Visibility::Public), None, &["change-visibility `@acme/w`"][..]),
        (json!({"access": "restricted"}), Some(Visibility::Private), None, &["change-visibility `@acme/w`"]),
        (json!({"access": "private"}), Some(Visibility::Private), None, &["change-visibility `@acme/w`"]),
        (json!({"publish_requires_tfa": false}), None, Some(NoRequirement), &["change-publishing-access `@acme/w`"]),
        (
            json!({"publish_requires_tfa": true, "automation_token_overrides_tfa": true}),
            None,
            Some(TwoFactorOrBypass),
            &["change-publishing-access `@acme/w`"],
        ),
        (
            json!({"publish_requires_tfa": true, "automation_token_overrides_tfa": false}),
            None,
            Some(TwoFactorOnly),
            &["change-publishing-access `@acme/w`"],
        ),
        (json!({"publish_requires_tfa": true}), None, Some(TwoFactorOnly), &["change-publishing-access `@acme/w`"]),
        (
            json!({"access": "public", "publish_requires_tfa": false}),
            Some(Visibility::Public),
            Some(NoRequirement),
            &["change-visibility `@acme/w`", "change-publishing-access `@acme/w`"],
        ),
    ] {
        let change = AccessChange::read(&body(sent.clone())).unwrap();
        assert_eq!((change.visibility(), change.publishing_access()), (visibility, publishing_access), "{sent}");
        assert_eq!(words(&change.access_requests(&left_pad)), access_requests, "{sent}");
    }
    let alone = "automation_token_overrides_tfa: without a `publish_requires_tfa` that is true: expected both, or none";
    refused(
        AccessChange::read,
        &[
            (json!({}), "nothing to change: expected `access` or `publish_requires_tfa`"),
            (json!({"automation_token_overrides_tfa": true}), alone),
            (json!({"publish_requires_tfa": false, "automation_token_overrides_tfa": true}), alone),
            (json!({"access": "Public"}), "access: unknown access: expected `public`, `restricted` or `private`"),
            (json!({"access": null}), "access: found null: expected a string"),
            (
                json!({"publish_requires_tfa": "true"}),
                "publish_requires_tfa: found the string `true`: expected a boolean",
            ),
            (
                json!({"access": "public", "force": true}),
                "force: unknown field: expected one of `access`, `publish_requires_tfa`, `automation_token_overrides_tfa`",
            ),
        ],
    );
}

#[test]
fn a_team_gets_access_by_two_fields_and_loses_it_by_one() {
    let (acme, developers) = ("acme".parse().unwrap(), "developers".parse().unwrap());
    let grant = body(json!({"package": "@acme/w", "permissions": "read-write"}));
    let change = TeamAccessChange::read_grant(&grant).unwrap();
    assert_eq!(change.permission(), Some(GrantedPermission::ReadWrite));
    assert_eq!(change.access_request(&acme, &developers).to_string(), "grant-team-access `acme:developers` `@acme/w`");
    let change = TeamAccessChange::read_revocation(&body(json!({"package": "left-pad"}))).unwrap();
    assert_eq!((change.package().as_str(), change.permission()), ("left-pad", None));
    assert_eq!(
        change.access_request(&acme, &developers).to_string(),
        "revoke-team-access `acme:developers` `left-pad`"
    );
    refused(
        TeamAccessChange::read_grant,
        &[
            (json!({"package": "w"}), "permissions: missing field"),
            (
                json!({"package": "w", "permissions": "no-access"}),
                "permissions: unknown permission `no-access`: expected one of `read-only`, `read-write`",
            ),
            (json!({"permissions": "read-only"}), "package: missing field"),
            (
                json!({"package": "@acme", "permissions": "read-only"}),
                "package: invalid package name `@acme`: it starts with `@` without a `/` after the scope: expected `@scope/name`",
            ),
        ],
    );
    refused(
        TeamAccessChange::read_revocation,
        &[(
            json!({"package": "w", "permissions": "read-only"}),
            "permissions: unknown field: expected one of `package`",
        )],
    );
}

#[test]
fn who_may_replace_the_maintainers_may_remove_a_foreign_team() {
    let acme = "acme".parse().unwrap();
    for (package, expected) in [
        ("left-pad", Some("change-maintainers `left-pad`")),
        ("acme", Some("change-maintainers `acme`")),
        ("@alice/app", Some("change-maintainers `@alice/app`")),
        ("@acme2/app", Some("change-maintainers `@acme2/app`")),
        ("@Acme/app", Some("change-maintainers `@Acme/app`")),
        ("@acme/app", None),
    ] {
        let removal = TeamAccessChange::read_revocation(&body(json!({"package": package}))).unwrap();
        assert_eq!(removal.alternative(&acme).map(|asked| asked.to_string()).as_deref(), expected);
        // Giving access is something else.
        let grant = TeamAccessChange::read_grant(&body(json!({"package": package, "permissions": "read-only"})));
        assert_eq!(grant.unwrap().alternative(&acme), None, "{package}");
    }
}

#[test]
fn setting_a_member_adds_or_changes_it_by_whether_it_is_one_already() {
    let acme = "acme".parse().unwrap();
    for (role, expected) in [
        (json!("owner"), Some(Role::Owner)),
        (json!("admin"), Some(Role::Admin)),
        (json!("developer"), Some(Role::Member)),
        (json!(null), None),
    ] {
        let change = MemberChange::read(&body(json!({"user": "bob", "role": role}))).unwrap();
        assert_eq!((change.user().as_str(), change.role()), ("bob", expected));
        assert_eq!(change.access_request(&acme, IsMember::No).to_string(), "add-member `acme`");
        assert_eq!(change.access_request(&acme, IsMember::Yes).to_string(), "change-member-role `acme`");
        if let Some(role) = expected {
            let again = body(json!({"user": "bob", "role": role.npm_word()}));
            assert_eq!(MemberChange::read(&again).unwrap(), change);
        }
    }
    refused(
        MemberChange::read,
        &[
            (json!({"user": "bob", "role": "member"}), "role: unknown role: expected `owner`, `admin` or `developer`"),
            (json!({"role": "owner"}), "user: missing field"),
            (json!({"user": ["bob"]}), "user: found a list: expected a string"),
            (json!({"user": "bob", "team": "x"}), "team: unknown field: expected one of `user`, `role`"),
        ],
    );
    assert_eq!(body(json!({"user": "bob"})).user().unwrap().as_str(), "bob");
    assert_eq!(format!("{:?}", body(json!({"password": "hunter2"}))), "Body(…)");
    refused(
        Body::user,
        &[
            (json!({}), "user: missing field"),
            (
                json!({"user": ".bob"}),
                "user: invalid user name `.bob`: it starts with `.`: expected a letter or digit first",
            ),
        ],
    );
}

#[test]
fn a_new_team_needs_a_name_that_new_teams_may_have() {
    let team = TeamToCreate::read(&body(json!({"name": "ops", "description": "on call"}))).unwrap();
    assert_eq!((team.name().as_str(), team.description()), ("ops", "on call"));
    assert_eq!(team.access_request(&"acme".parse().unwrap()).to_string(), "create-team `acme:ops`");
    refused(
        TeamToCreate::read,
        &[
            (
                json!({"name": "Ops"}),
                "name: invalid team name `Ops`: it contains the capital letter `O`: expected lower case in a new name",
            ),
            (json!({"description": "x"}), "name: missing field"),
            (json!({"name": "ops", "description": 7}), "description: found a number: expected a string"),
        ],
    );
}

#[test]
fn the_version_for_a_tag_is_a_string() {
    assert_eq!(body(json!("1.0.0")).version().unwrap().as_str(), "1.0.0");
    let text = "not a version: expected one of the package's as a JSON string";
    refused(
        Body::version,
        &[
            (json!(""), text),
            (json!("../1.0.0"), text),
            (json!("1 0"), text),
            (json!({"version": "1.0.0"}), "found an object: expected a string"),
            (json!(null), "found null: expected a string"),
        ],
    );
}

#[test]
fn a_change_of_an_account_concerns_the_profile_the_second_factor_or_both() {
    let sent = body(
        json!({"email": "a@example.com", "fullname": null, "password": {"old": "o", "new": "n"}, "tfa": ["123456", "654321"]}),
    );
    let change = ProfileChange::read(&sent).unwrap();
    let access_requests = |mode| words(&change.access_requests(mode));
    assert_eq!(access_requests(TwoFactorMode::AuthOnly), ["configure-two-factor", "change-password", "change-profile"]);
    assert_eq!(access_requests(TwoFactorMode::Disabled), ["enrol-two-factor", "change-password", "change-profile"]);
    assert_eq!(change.fields(), [("email", Some("a@example.com")), ("fullname", None)]);
    let passwords = change.password().unwrap();
    assert_eq!((passwords.old.expose(), passwords.new.expose()), ("o", "n"));
    let Some(TwoFactorChange::Confirm { codes }) = change.two_factor() else { panic!("codes") };
    assert_eq!(codes.iter().map(|code| code.expose()).collect::<Vec<_>>(), ["123456", "654321"]);
    let printed = format!("{change:?}");
    assert!(!printed.contains("123456") && !printed.contains("\"o\""), "{printed}");

    for (word, expected) in [
        ("disable", TwoFactorMode::Disabled),
        ("auth-only", TwoFactorMode::AuthOnly),
        ("auth-and-writes", TwoFactorMode::AuthAndWrites),
    ] {
        let sent = body(json!({"tfa": {"mode": word, "password": "pw"}}));
        let change = ProfileChange::read(&sent).unwrap();
        let Some(TwoFactorChange::Mode { mode, password }) = change.two_factor() else { panic!("a mode") };
        assert_eq!((*mode, password.expose()), (expected, "pw"));
        // Only the first second factor is enrolled. To have none already, and to take the one there is, is not that.
        let first = if expected == TwoFactorMode::Disabled { "configure-two-factor" } else { "enrol-two-factor" };
        assert_eq!(words(&change.access_requests(TwoFactorMode::Disabled)), [first], "{word}");
        for present in [TwoFactorMode::AuthOnly, TwoFactorMode::AuthAndWrites] {
            assert_eq!(words(&change.access_requests(present)), ["configure-two-factor"], "{word} at {present}");
        }
    }
    for (sent, expected) in [
        (json!({"password": {"old": "o", "new": "n"}}), "change-password"),
        (json!({"email": "a@example.com"}), "change-profile"),
        (json!({"github": null}), "change-profile"),
    ] {
        let sent = body(sent);
        for present in TwoFactorMode::ALL {
            assert_eq!(words(&ProfileChange::read(&sent).unwrap().access_requests(*present)), [expected]);
        }
    }
    // Beside a new password, the fields that stay as they are need no permission. Alone, they do.
    let password = json!({"old": "o", "new": "n"});
    for (sent, expected) in [
        (json!({"email": "a@example.com", "github": null, "password": password}), &["change-password"][..]),
        (
            json!({"email": "b@example.com", "github": null, "password": password}),
            &["change-password", "change-profile"],
        ),
        (json!({"email": null, "password": password}), &["change-password", "change-profile"]),
        (
            json!({"email": "a@example.com", "github": "a", "password": password}),
            &["change-password", "change-profile"],
        ),
        (json!({"email": "a@example.com", "github": null}), &["change-profile"]),
    ] {
        let sent = body(sent);
        let change = ProfileChange::read(&sent).unwrap();
        let change = change.without_unchanged_fields(|field| (field == "email").then_some("a@example.com"));
        assert_eq!(words(&change.access_requests(TwoFactorMode::AuthOnly)), expected, "{sent:?}");
    }
    refused(
        |body| ProfileChange::read(body).map(|_| ()),
        &[
            (json!({}), "nothing to change: expected a field of the profile, `password` or `tfa`"),
            (json!({"tfa": "123456"}), "tfa: neither a mode nor one-time passwords: expected an object or a list"),
            (json!({"tfa": [123_456]}), "tfa[0]: not a string: expected one"),
            (json!({"tfa": {"mode": "auth-only"}}), "tfa.password: missing field"),
            (
                json!({"tfa": {"mode": "off", "password": "pw"}}),
                "tfa.mode: unknown mode: expected `auth-only`, `auth-and-writes` or `disable`",
            ),
            (json!({"password": {"old": "o"}}), "password.new: missing field"),
            (
                json!({"password": "hunter2"}),
                "password: no change of the password: expected an object with `old` and `new`",
            ),
            (json!({"email": 7}), "email: found a number: expected a string or null"),
            (
                json!({"name": "mallory"}),
                "name: unknown field: expected one of `email`, `fullname`, `homepage`, `freenode`, `twitter`, `github`, `password`, `tfa`",
            ),
        ],
    );
}

/// Packages that alice publishes without a second factor (`free`), with one (`strict`), and not at all (`foreign`).
struct Packages {
    free: tollgate::Package,
    strict: tollgate::Package,
    foreign: tollgate::Package,
}

impl Packages {
    fn new() -> Self {
        let grant = |name: &str| package(name).user("alice", GrantedPermission::ReadWrite);
        Self {
            free: grant("left-pad").build(),
            strict: grant("express").publishing_access(PublishingAccess::TwoFactorOnly).build(),
            foreign: package("chalk").build(),
        }
    }
}

fn decide<'a>(token: &'a BoundToken<'a>, action: PackageAction, package: &'a tollgate::Package) -> Decision<'a> {
    authorize(token, action, package, ClientIp::UNKNOWN, now())
}

#[test]
fn a_combined_decision_is_the_lowest_of_its_parts() {
    let alice = user("alice").two_factor(TwoFactorMode::AuthOnly).build();
    let token = legacy(LegacyKind::Publish, "alice").build();
    let Packages { free, strict, foreign } = Packages::new();
    let bound = bind(Policy::NPM_2025_10, &token, &alice);
    let allow = decide(&bound, PackageAction::Publish, &free);
    let challenge = decide(&bound, PackageAction::Publish, &strict);
    let deny = decide(&bound, PackageAction::Publish, &foreign);
    let verdict = |decisions: &[Decision<'_>], factor: Option<(&VerifiedFactor<'_>, MaxFactorAge)>| {
        match CombinedDecision::from_decisions(decisions.iter().copied(), factor) {
            None => "nothing".to_owned(),
            Some(CombinedDecision::Allow(allows)) => format!("allow {}", allows.len()),
            Some(CombinedDecision::Challenge(challenge)) => format!("challenge {}", challenge.operation()),
            Some(CombinedDecision::Deny(deny)) => {
                assert_eq!(deny.reason(), Reason::OwnerLacksPermission);
                format!("deny {}", deny.status())
            }
        }
    };
    let shown = VerifiedFactor { owner: user_name("alice"), verified_at: now() };
    let of_bob = VerifiedFactor { owner: user_name("bob"), verified_at: now() };
    let old = VerifiedFactor { owner: user_name("alice"), verified_at: time("2025-10-31T23:00:00Z") };
    let age = MaxFactorAge::new(Duration::from_mins(1)).unwrap();
    let all: [(&[Decision<'_>], &str, &str); 7] = [
        (&[], "nothing", "nothing"),
        (&[allow], "allow 1", "allow 1"),
        (&[allow, allow], "allow 2", "allow 2"),
        (&[challenge], "challenge publish `express`", "allow 1"),
        (&[allow, challenge, allow], "challenge publish `express`", "allow 3"),
        (&[challenge, deny], "deny 403", "deny 403"),
        (&[deny, challenge, allow], "deny 403", "deny 403"),
    ];
    for (decisions, without, with) in all {
        assert_eq!(verdict(decisions, None), without);
        assert_eq!(verdict(decisions, Some((&shown, age))), with);
        assert_eq!(verdict(decisions, Some((&of_bob, age))), without);
        assert_eq!(verdict(decisions, Some((&old, age))), without);
    }
}

#[test]
fn the_higher_of_two_decisions_counts_after_the_second_factor() {
    let alice = user("alice").two_factor(TwoFactorMode::AuthOnly).build();
    let token = legacy(LegacyKind::Publish, "alice").build();
    let Packages { free, strict, foreign } = Packages::new();
    let bound = bind(Policy::NPM_2025_10, &token, &alice);
    let of = |action| {
        [
            ("allow", decide(&bound, action, &free)),
            ("challenge", decide(&bound, action, &strict)),
            ("deny", decide(&bound, action, &foreign)),
        ]
    };
    let shown = VerifiedFactor { owner: user_name("alice"), verified_at: now() };
    let of_bob = VerifiedFactor { owner: user_name("bob"), verified_at: now() };
    let told = |first: Decision<'_>, second: Option<Decision<'_>>, factor: Option<&VerifiedFactor<'_>>| {
        let higher = HigherDecision::from_decisions(first, second, factor.map(|one| (one, MaxFactorAge::THIS_REQUEST)));
        let decision = higher.decision();
        (decision.verdict().as_str(), decision.action().requested_as(), higher.validity())
    };
    let (first, second) = ("publish", "deprecate");
    let (always, single) = (Validity::Always, Validity::ThisRequestOnly);
    for (one, other, without, with) in [
        ("allow", "allow", ("allow", first, always), ("allow", first, always)),
        ("allow", "challenge", ("allow", first, always), ("allow", first, always)),
        ("allow", "deny", ("allow", first, always), ("allow", first, always)),
        ("challenge", "allow", ("allow", second, single), ("allow", first, single)),
        ("challenge", "challenge", ("challenge", first, single), ("allow", first, single)),
        ("challenge", "deny", ("challenge", first, single), ("allow", first, single)),
        ("deny", "allow", ("allow", second, always), ("allow", second, always)),
        ("deny", "challenge", ("challenge", second, single), ("allow", second, single)),
        ("deny", "deny", ("deny", first, always), ("deny", first, always)),
    ] {
        let find = |word: &str, action| of(action).into_iter().find(|(name, _)| *name == word).unwrap().1;
        let (one, other) = (find(one, PackageAction::Publish), Some(find(other, PackageAction::Deprecate)));
        assert_eq!(told(one, other, None), without);
        assert_eq!(told(one, other, Some(&of_bob)), without);
        assert_eq!(told(one, other, Some(&shown)), with);
    }
    for (word, decision) in of(PackageAction::Publish) {
        assert_eq!(told(decision, None, None), (word, first, decision.validity()));
    }
    // A denial ends with the token, and what it counted against may then be the higher one.
    let (short, long) = (
        granular("ci", "alice").packages(GrantedPermission::ReadOnly, only(&["x"])).expires("2025-12-01T00:00:00Z"),
        granular("ci", "alice").packages(GrantedPermission::ReadWrite, all()).expires("2025-12-24T00:00:00Z"),
    );
    let (short, long) = (short.build(), long.build());
    let (short, long) = (bind(Policy::NPM_2025_10, &short, &alice), bind(Policy::NPM_2025_10, &long, &alice));
    let (denied, allowed) =
        (decide(&short, PackageAction::Publish, &free), decide(&long, PackageAction::Publish, &free));
    let until = |text| Validity::Until(time(text));
    assert_eq!((denied.is_allow(), allowed.is_allow()), (false, true));
    assert_eq!(told(denied, Some(allowed), None), ("allow", first, until("2025-12-01T00:00:00Z")));
    assert_eq!(told(allowed, Some(denied), None), ("allow", first, until("2025-12-24T00:00:00Z")));
    let refused = decide(&bound, PackageAction::Publish, &foreign);
    assert_eq!(told(refused, Some(denied), None), ("deny", first, until("2025-12-01T00:00:00Z")));
    assert_eq!(told(denied, Some(refused), None), ("deny", first, until("2025-12-01T00:00:00Z")));
}

#[test]
fn a_path_is_denied_by_the_first_of_its_alternatives_if_all_are_denied() {
    let alice = user("alice").two_factor(TwoFactorMode::AuthOnly).build();
    let strict = package("express").user("alice", GrantedPermission::ReadWrite);
    let strict = strict.publishing_access(PublishingAccess::TwoFactorOnly).build();
    let foreign = package("chalk").build();
    let of = |kind| legacy(kind, "alice").build();
    let (read_only, automation, publish) =
        (of(LegacyKind::ReadOnly), of(LegacyKind::Automation), of(LegacyKind::Publish));
    for (token, package, expected) in [
        // Each alternative is denied, the first is told.
        (&read_only, &strict, Some(Reason::KindForbidsAction)),
        (&automation, &strict, Some(Reason::TokensDisallowed)),
        // A challenge is not a denial.
        (&publish, &strict, None),
        // To star it is allowed.
        (&publish, &foreign, None),
    ] {
        let caller = Caller::Token(bind(Policy::NPM_2025_10, token, &alice));
        let required = Endpoint::classify("PUT", &format!("/{}", package.name())).unwrap().required_access();
        let (none, mut facts) = (FoundFacts::new(), FoundFacts::new());
        facts.add_package(FoundPackage::Existing(package.clone()));
        let with = |facts| Decider { caller: &caller, facts, client_ip: ClientIp::UNKNOWN, now: now(), factor: None };
        assert!(matches!(with(&none).before_body(&required), Err(ResourceFactsError::Package)));
        let step = with(&facts).before_body(&required).unwrap();
        let reason = match &step {
            BeforeBody::Refused(refused) => Some(refused.deny().reason()),
            BeforeBody::BodyDecides => None,
            BeforeBody::Challenged(_) | BeforeBody::Go(_) => panic!("the body decides: {step:?}"),
        };
        assert_eq!(reason, expected);
    }
    let (facts, caller) = (FoundFacts::new(), Caller::NoToken);
    let decider = Decider { caller: &caller, facts: &facts, client_ip: ClientIp::UNKNOWN, now: now(), factor: None };
    let nothing = decider.before_body(&RequiredAccess::Nothing).unwrap();
    assert!(matches!(nothing, BeforeBody::Go(allowed) if allowed.allows().is_empty() && allowed.notice().is_none()));
}

#[test]
fn logging_out_is_revoke_self_only_for_the_token_that_asks() {
    let digest = |text: &str| Secret::new(text).unwrap().digest();
    let endpoint = Endpoint::classify("DELETE", "/-/user/token/0123456789abcdef0123456789abcdef").unwrap();
    let Endpoint::Account(AccountRequest::Logout { token }) = endpoint else { panic!("a logout") };
    for (presented, expected) in [
        (Some(digest("0123456789abcdef0123456789abcdef")), "revoke-self"),
        (Some(digest("0123456789ABCDEF0123456789abcdef")), "revoke-token"),
        (None, "revoke-token"),
    ] {
        assert_eq!(token.revocation(presented).to_string(), expected);
    }
}

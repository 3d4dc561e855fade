//! Status, headers and body of every kind of answer (D3, D4), and that a hidden package and a free name get equal ones.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a slip in a test's own data fails the test")]

use std::collections::BTreeSet;

use crate::callers::{ON_PACKAGES, tokens};
use tollgate::{
    AccountAction, ClientIp, Decision, OrganizationAction, PackageAction, Policy, Reason, Timestamp, Token, User,
    authorize_anonymous,
    decision::Caller,
    deny_unknown_token,
    facts::{PackageState, PublishingAccess, TwoFactorMode},
    npm::Answer,
    operation::{Action, Operation},
    testing::{
        Resources, all, bind, granular, legacy, missing_organization, missing_package, now, only, organization,
        package, team_name, time, user, user_name,
    },
    token::LegacyKind,
    value::{GrantedPermission, PackagesPermission, Role},
};

/// The answer, and whether it is one to a challenge.
fn answer(decision: &Decision<'_>) -> Answer {
    match decision {
        Decision::Deny(deny) => Answer::from(*deny),
        Decision::Challenge(challenge) => Answer::from(*challenge),
        Decision::Allow(_) => panic!("allowed: {decision:?}"),
    }
}

fn line(answer: &Answer) -> String {
    format!(
        "{} {} | {} | {}",
        answer.status(),
        answer.www_authenticate().unwrap_or("-"),
        answer.error(),
        answer.npm_notice().unwrap_or("-"),
    )
}

fn ask(token: &Token, owner: &User, ip: &str, operation: Operation<'_>) -> Answer {
    let ip = if ip == "unknown" { ClientIp::UNKNOWN } else { ip.parse().unwrap() };
    answer(&bind(Policy::NPM_2025_10, token, owner).at(ip, now()).decide(operation))
}

fn bearer(text: &str) -> String {
    format!("401 Bearer | {text} | {text}")
}

fn body_only(status: u16, text: &str) -> String {
    format!("{status} - | {text} | -")
}

#[test]
fn only_a_denial_with_401_repeats_its_text_in_the_npm_notice() {
    let alice = user("alice").build();
    let strict = user("alice").two_factor(TwoFactorMode::AuthAndWrites).build();
    let suspended = user("alice").suspended().build();
    let left_pad = package("left-pad").user("alice", GrantedPermission::ReadWrite).build();
    let app = package("@acme/app").private().build();
    let two_factor_only = package("left-pad")
        .publishing_access(PublishingAccess::TwoFactorOnly)
        .user("alice", GrantedPermission::ReadWrite)
        .build();
    let publish = legacy(LegacyKind::Publish, "alice").build();
    let revoked = legacy(LegacyKind::Publish, "alice").revoked("2025-10-31T00:00:00Z").build();
    let office = legacy(LegacyKind::Publish, "alice").ranges(&["10.0.0.0/8"]).build();
    let read_only = legacy(LegacyKind::ReadOnly, "alice").build();
    let ci = granular("ci", "alice").packages(GrantedPermission::ReadWrite, only(&["x"])).build();
    let wide = granular("ci", "alice").packages(GrantedPermission::ReadWrite, all()).build();
    let dead = granular("ci", "alice")
        .created("2025-10-01T00:00:00Z")
        .expires("2025-11-01T00:00:00Z")
        .packages(GrantedPermission::ReadWrite, all())
        .build();
    let read = PackageAction::ReadPackage.on(&left_pad);
    let write = PackageAction::Publish.on(&left_pad);
    let add_member = Operation::Organization {
        action: OrganizationAction::AddMember,
        organization: missing_organization("globex").into(),
    };
    for (got, expected) in [
        (
            answer(&Caller::UnknownToken.decide(read, ClientIp::UNKNOWN, Timestamp::UNIX_EPOCH)),
            bearer("the access token is not valid: log in again"),
        ),
        (
            answer(&Caller::NoToken.decide(write, ClientIp::UNKNOWN, Timestamp::UNIX_EPOCH)),
            bearer("an access token is needed to publish: log in first"),
        ),
        (ask(&revoked, &alice, "unknown", read), bearer("the access token was revoked: log in again or use another")),
        (ask(&dead, &alice, "unknown", read), bearer("the access token has expired: make a new one")),
        (
            ask(&office, &alice, "192.0.2.7", read),
            "401 ipaddress | the access token may not be used from this address | \
             the access token may not be used from this address"
                .into(),
        ),
        (
            ask(&publish, &strict, "unknown", write),
            "401 OTP | a one-time password is needed to publish `left-pad`: repeat the command with `--otp` | -".into(),
        ),
        (
            answer(&authorize_anonymous(PackageAction::ReadPackage, &app)),
            body_only(404, "`@acme/app` could not be found or you do not have permission to access it"),
        ),
        (
            ask(&publish, &suspended, "unknown", read),
            body_only(403, "the account that this access token belongs to is suspended"),
        ),
        (ask(&read_only, &alice, "unknown", write), body_only(403, "a legacy read-only access token may not publish")),
        (ask(&ci, &alice, "unknown", write), body_only(403, "the access token does not cover `left-pad`")),
        (
            ask(&wide, &alice, "unknown", PackageAction::Publish.on(&two_factor_only)),
            body_only(
                403,
                "the package takes changes with a second factor only, and none by automation or granular access tokens",
            ),
        ),
        (
            ask(&publish, &alice, "unknown", PackageAction::Publish.on(&two_factor_only)),
            body_only(403, "the package takes changes with a second factor: enable two-factor authentication first"),
        ),
        (ask(&publish, &alice, "unknown", add_member), body_only(404, "organization `globex` does not exist")),
    ] {
        assert_eq!(line(&got), expected);
        let body = serde_json::to_value(&got).unwrap();
        assert_eq!(body, serde_json::json!({ "error": got.error() }));
        assert_eq!(got.status() == 401, got.www_authenticate().is_some());
        // npm asks for a one-time password by either of the two, `/one-time pass/` where a proxy dropped the header.
        assert_eq!(got.error().contains("one-time pass"), got.www_authenticate() == Some("OTP"));
        let notice = got.npm_notice().unwrap_or_default();
        assert!(notice.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{notice:?}");
    }
}

#[test]
fn a_retired_token_a_hold_and_staging_have_answers_of_their_own() {
    let alice = user("alice").build();
    let strict = user("alice").two_factor(TwoFactorMode::AuthOnly).build();
    let held = user("alice").writes_held_until("2026-01-01T00:00:00Z").build();
    let left_pad = package("left-pad").user("alice", GrantedPermission::ReadWrite).build();
    let publish = legacy(LegacyKind::Publish, "alice").build();
    let stages = granular("ci", "alice").packages(PackagesPermission::StageOnly, all()).build();
    let write = PackageAction::Publish.on(&left_pad);
    for (got, expected) in [
        (
            answer(&bind(Policy::NPM_2025_12, &publish, &alice).at(ClientIp::UNKNOWN, now()).decide(write)),
            bearer("legacy access tokens are no longer accepted: log in again, or use a granular access token"),
        ),
        (
            ask(&publish, &held, "unknown", write),
            body_only(403, "the account that this access token belongs to is on hold and may not make changes for now"),
        ),
        (
            ask(&stages, &alice, "unknown", write),
            body_only(
                403,
                "the access token may not publish directly: stage the version, and approve it with a second factor",
            ),
        ),
        (
            ask(&publish, &strict, "unknown", PackageAction::ApproveStage.on(&left_pad)),
            "401 OTP | a one-time password is needed to approve staged versions of `left-pad`: repeat the command with `--otp` | -".into(),
        ),
    ] {
        assert_eq!(line(&got), expected);
    }
}

#[test]
fn a_challenged_account_action_asks_for_a_one_time_password_too() {
    let strict = user("alice").two_factor(TwoFactorMode::AuthOnly).build();
    let token = legacy(LegacyKind::Publish, "alice").build();
    let account = tollgate::facts::Account { user: user_name("alice") };
    let got = ask(&token, &strict, "unknown", AccountAction::CreateToken.on(account));
    let expected = "401 OTP | a one-time password is needed to create tokens for the account `alice`: repeat the command with `--otp` | -";
    assert_eq!(line(&got), expected);
}

#[test]
fn a_request_that_is_served_without_its_dead_token_gets_a_notice() {
    let (alice, suspended) = (user("alice").build(), user("alice").suspended().build());
    let left_pad = package("left-pad").build();
    let read = PackageAction::ReadPackage.on(&left_pad);
    let notice = |decision: &Decision<'_>| match decision {
        Decision::Deny(deny) => Answer::notice_for_ignored(deny),
        Decision::Allow(_) | Decision::Challenge(_) => panic!("{decision:?}"),
    };
    let at = |token: &Token, owner: &User, now: &str, operation: Operation<'_>| {
        notice(&bind(Policy::NPM_2025_10, token, owner).at("192.0.2.7".parse().unwrap(), time(now)).decide(operation))
    };
    let publish = legacy(LegacyKind::Publish, "alice");
    let ci = granular("ci", "alice").packages(GrantedPermission::ReadOnly, only(&["x"])).build();
    let dead = "2026-01-01T00:00:00Z";
    let in_time = "2025-12-31T23:59:59Z";
    for (got, expected) in [
        (
            notice(&Caller::UnknownToken.decide(read, ClientIp::UNKNOWN, Timestamp::UNIX_EPOCH)),
            "it is not valid, log in again",
        ),
        (
            at(&publish.clone().revoked("2025-10-31T00:00:00Z").build(), &alice, in_time, read),
            "it was revoked, log in again or use another",
        ),
        (at(&ci, &alice, dead, read), "it has expired, make a new one"),
        (
            at(&publish.clone().ranges(&["10.0.0.0/8"]).build(), &alice, in_time, read),
            "it may not be used from this address",
        ),
        (at(&publish.clone().build(), &suspended, in_time, read), "the account that it belongs to is suspended"),
        (
            notice(
                &bind(Policy::NPM_2025_12, &publish.clone().build(), &alice)
                    .at(ClientIp::UNKNOWN, time(in_time))
                    .decide(read),
            ),
            "legacy tokens are no longer accepted, log in again",
        ),
    ] {
        let got = got.unwrap();
        assert_eq!(got, format!("the access token was ignored: {expected}"));
        assert!(got.bytes().all(|byte| matches!(byte, b' '..=b'~')));
    }
    // Alive, or none at all: nothing was ignored.
    let app = package("@acme/app").private().build();
    assert_eq!(at(&ci, &alice, in_time, PackageAction::ReadPackage.on(&app)), None);
    assert_eq!(at(&ci, &alice, in_time, PackageAction::Publish.on(&left_pad)), None);
    assert_eq!(at(&ci, &alice, in_time, PackageAction::ReadPackage.on(missing_package("free"))), None);
    assert_eq!(notice(&authorize_anonymous(PackageAction::ReadPackage, &app)), None);
    assert_eq!(notice(&authorize_anonymous(PackageAction::Publish, &left_pad)), None);
}

#[test]
fn a_hidden_package_and_a_free_name_have_equal_answers() {
    let free = missing_package("@acme/secret");
    let secret = package("@acme/secret").private().team("acme", "developers", GrantedPermission::ReadOnly).build();
    let owners = [
        user("alice").build(),
        user("alice").member("globex", Role::Owner, &["developers"]).build(),
        user("alice").member("acme", Role::Member, &[]).build(),
        user("alice").two_factor(TwoFactorMode::AuthAndWrites).build(),
    ];
    let acme = organization("acme");
    let with = Resources {
        package: PackageState::from(&secret),
        organization: (&acme).into(),
        team: team_name("developers"),
        account: user_name("alice"),
    };
    let without = Resources { package: free.into(), ..with };
    let (mut compared, mut statuses) = (BTreeSet::new(), BTreeSet::new());
    for owner in &owners {
        for token in tokens() {
            let bound = bind(Policy::NPM_2025_10, &token, owner);
            let at = bound.at(ClientIp::UNKNOWN, now());
            let reads = at.decide(with.operation(Action::ReadPackage)).is_allow();
            let creates = !matches!(at.decide(without.operation(Action::CreatePackage)), Decision::Deny(_));
            if reads || creates {
                continue;
            }
            for action in ON_PACKAGES.into_iter().chain([Action::CreatePackage]) {
                // To publish is one request: what exists makes of it a new version or a new package.
                let asked = |resources: &Resources<'_>, exists: bool| {
                    let publishes = matches!(action, Action::CreatePackage | Action::PublishVersion);
                    let publish = if exists { Action::PublishVersion } else { Action::CreatePackage };
                    let action = if publishes { publish } else { action };
                    answer(&at.decide(resources.operation(action)))
                };
                let (hidden, gone) = (asked(&with, true), asked(&without, false));
                assert_eq!(hidden, gone, "{action} {token:?} {owner:?}");
                assert_eq!(format!("{hidden:?}"), format!("{gone:?}"));
                compared.insert(action);
                statuses.insert(hidden.status());
            }
        }
    }
    assert_eq!(compared.len(), ON_PACKAGES.len() + 1);
    assert_eq!(statuses.into_iter().collect::<Vec<_>>(), [401, 403, 404]);
    for action in PackageAction::ALL {
        let pairs = [
            (authorize_anonymous(*action, &secret), authorize_anonymous(*action, free)),
            (deny_unknown_token(*action, &secret), deny_unknown_token(*action, free)),
        ];
        for (hidden, gone) in pairs {
            assert_eq!(answer(&hidden), answer(&gone), "{action}");
        }
    }
}

#[test]
fn a_token_that_may_read_the_package_gets_another_answer() {
    let member = user("alice").member("acme", Role::Member, &["developers"]).build();
    let readable = package("@acme/secret").private().team("acme", "developers", GrantedPermission::ReadOnly).build();
    let token = legacy(LegacyKind::Publish, "alice").build();
    let hidden = ask(&token, &member, "unknown", PackageAction::Deprecate.on(&readable));
    let free = ask(&token, &member, "unknown", PackageAction::Deprecate.on(missing_package("@acme/secret")));
    assert_ne!(hidden, free);
    assert_eq!((hidden.status(), free.status()), (403, 404));
    assert_eq!(Reason::ALL.len(), 19, "a new reason wants an answer");
}

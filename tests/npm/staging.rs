//! Requests about staged versions by their id: who is told what, and that an unknown id is no different from a hidden one.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a slip in a test's own data fails the test")]

use std::collections::BTreeSet;

use crate::{callers::tokens, name};
use tollgate::{
    BoundToken, ClientIp, Decision, Policy,
    decision::{AccessRequest, Caller, ResourceFacts},
    facts::{ExternalCeiling, PackageState, PublishingAccess, TwoFactorMode},
    npm::{Answer, Endpoint, StageRequest},
    operation::{Action, PackageAction},
    testing::{all, bind, granular, legacy, missing_package, now, only, package, session, user},
    token::LegacyKind,
    value::{GrantedPermission, PackagesPermission, Role},
};

const REQUESTS: [(&str, &str); 4] =
    [("GET", "/-/stage/7"), ("GET", "/-/stage/7/tarball"), ("POST", "/-/stage/7/approve"), ("DELETE", "/-/stage/7")];

fn request(method: &str, path: &str) -> StageRequest {
    match Endpoint::classify(method, path) {
        Ok(Endpoint::Stage(request)) => request,
        other => panic!("{other:?}"),
    }
}

/// What a server does with a request whose id is one of a version of the package: nothing to answer for an allow.
fn answer(request: &StageRequest, caller: &Caller<'_>, package: PackageState<'_>) -> Option<Answer> {
    let facts = ResourceFacts { package: Some(package), organization: None };
    let own = request.access_request(&package.name().into_owned());
    let reads = AccessRequest::Package { action: PackageAction::ReadStage, package: package.name().into_owned() };
    let decide = |asked: &AccessRequest| match asked.decide(caller, &facts, ClientIp::UNKNOWN, now()) {
        Ok(Decision::Allow(_)) => None,
        Ok(Decision::Challenge(challenge)) => Some(Answer::from(challenge)),
        Ok(Decision::Deny(deny)) => {
            let read_stage = reads.decide(caller, &facts, ClientIp::UNKNOWN, now()).unwrap();
            Some(Answer::from_stage_deny(&deny, &read_stage))
        }
        Err(error) => panic!("{error}"),
    };
    decide(&own)
}

#[test]
fn an_id_that_the_caller_may_not_read_looks_like_an_unknown_one() {
    let unknown = Answer::unknown_stage();
    assert_eq!((unknown.status(), unknown.www_authenticate(), unknown.npm_notice()), (404, None, None));
    assert_eq!(unknown.error(), "no staged version has this id, or you do not have permission to access it");
    let grant = |package: tollgate::testing::PackageBuilder| package.user("bob", GrantedPermission::ReadWrite).build();
    let read_by_alice = |name: &str| package(name).private().user("alice", GrantedPermission::ReadOnly);
    let packages = [
        grant(package("left-pad")),
        grant(package("left-pad").publishing_access(PublishingAccess::TwoFactorOnly)),
        grant(package("@acme/secret").private()),
        grant(read_by_alice("@acme/secret")),
        package("@acme/secret").private().team("acme", "developers", GrantedPermission::ReadWrite).build(),
    ];
    let states = packages.iter().map(PackageState::from).chain([missing_package("gone").into()]);
    let states: Vec<PackageState<'_>> = states.collect();
    let owners = [
        user("alice").build(),
        user("alice").two_factor(TwoFactorMode::AuthAndWrites).build(),
        user("alice").suspended().build(),
        user("alice").writes_held_until("2026-01-01T00:00:00Z").build(),
        user("alice").member("acme", Role::Owner, &[]).build(),
        user("alice").member("acme", Role::Member, &["developers"]).build(),
        user("alice").member("acme", Role::Member, &["developers"]).two_factor(TwoFactorMode::AuthOnly).build(),
    ];
    let stage_only = granular("ci", "alice").packages(PackagesPermission::StageOnly, all()).build();
    let tokens: Vec<_> = tokens().into_iter().chain([stage_only, session("login", "alice").build()]).collect();
    let bounds: Vec<BoundToken<'_>> = owners
        .iter()
        .flat_map(|owner| tokens.iter().map(move |token| bind(Policy::NPM_2025_10, token, owner)))
        .collect();
    let callers = bounds.into_iter().map(Caller::Token).chain([Caller::NoToken, Caller::UnknownToken]);
    let (mut hidden, mut told) = (0, BTreeSet::new());
    for caller in callers {
        for package in &states {
            let operation = PackageAction::ReadStage.on(*package);
            let reads = caller.decide(operation, ClientIp::UNKNOWN, now()).is_allow();
            for (method, path) in REQUESTS {
                let answer = answer(&request(method, path), &caller, *package);
                if reads {
                    told.insert(answer.map_or(200, |answer| answer.status()));
                } else {
                    assert_eq!(answer.as_ref(), Some(&unknown), "{method} {path} {caller:?}");
                    hidden += 1;
                }
            }
        }
    }
    assert!(hidden > 1_000, "{hidden}");
    assert_eq!(told.into_iter().collect::<Vec<_>>(), [200, 401, 403], "who may read it is told the truth");
}

#[test]
fn who_may_read_a_staged_version_is_told_why_it_is_not_approved() {
    let left_pad = package("left-pad").user("alice", GrantedPermission::ReadWrite).build();
    let enrolled = user("alice").two_factor(TwoFactorMode::AuthOnly).build();
    let not_enrolled = user("alice").build();
    let held = user("alice").two_factor(TwoFactorMode::AuthOnly).writes_held_until("2026-01-01T00:00:00Z").build();
    let login = session("login", "alice").build();
    let publish = legacy(LegacyKind::Publish, "alice").build();
    let automation = legacy(LegacyKind::Automation, "alice").build();
    let stage_only = granular("ci", "alice").packages(PackagesPermission::StageOnly, only(&["left-pad"])).build();
    let read_write =
        granular("ci", "alice").packages(GrantedPermission::ReadWrite, only(&["left-pad"])).bypass_2fa().build();
    let (approve, reject) = (REQUESTS[2], REQUESTS[3]);
    let otp = |action: &str| {
        format!(
            "401 a one-time password is needed to {action} staged versions of `left-pad`: repeat the command with `--otp`"
        )
    };
    let on_hold = "403 the account that this access token belongs to is on hold and may not make changes for now";
    for (token, owner, (method, path), expected) in [
        (&login, &enrolled, approve, otp("approve").as_str()),
        (&login, &enrolled, reject, &otp("reject")),
        (&publish, &enrolled, approve, &otp("approve")),
        // A token that bypasses the second factor does not bypass it here.
        (&read_write, &enrolled, approve, &otp("approve")),
        (
            &login,
            &not_enrolled,
            approve,
            "403 a second factor is needed to approve staged versions: enable two-factor authentication first",
        ),
        (
            &stage_only,
            &enrolled,
            approve,
            "403 the access token has stage-only permission on packages, and needs read-write to approve staged versions",
        ),
        (&automation, &enrolled, reject, "403 a legacy automation access token may not reject staged versions"),
        (&login, &held, approve, on_hold),
        // To reject makes the account safer.
        (&login, &held, reject, &otp("reject")),
    ] {
        let caller = Caller::Token(bind(Policy::NPM_2025_10, token, owner));
        let answer = answer(&request(method, path), &caller, (&left_pad).into()).unwrap();
        assert_eq!(format!("{} {}", answer.status(), answer.error()), expected);
        let reads = self::answer(&request("GET", "/-/stage/7"), &caller, (&left_pad).into());
        assert_eq!(reads, None, "the staged version itself may be read");
    }
}

/// A ceiling that was decided elsewhere may permit to reject what it does not permit to read.
#[test]
fn an_allowed_rejection_needs_no_right_to_read() {
    let left_pad = package("left-pad").build();
    let alice = user("alice").two_factor(TwoFactorMode::AuthOnly).build();
    let login = session("login", "alice").build();
    let caller = Caller::Token(bind(Policy::NPM_2025_10, &login, &alice));
    let ceiling = ExternalCeiling::new("alice".parse().unwrap(), name("left-pad"), [Action::RejectStage]);
    let view = left_pad.as_view().with_external_ceiling(&ceiling);
    let told = |(method, path): (&str, &str)| answer(&request(method, path), &caller, view.into()).unwrap().status();
    assert_eq!(REQUESTS.map(told), [404, 404, 404, 401]);
}

/// The listing of all packages shows what the caller may `read-stage`.
#[test]
fn a_listing_without_a_package_is_filtered_by_the_access_request_of_each() {
    let own = package("left-pad").user("alice", GrantedPermission::ReadWrite).build();
    let other = package("express").build();
    let read_only = package("@acme/app").private().user("alice", GrantedPermission::ReadOnly).build();
    let (alice, token) = (user("alice").build(), legacy(LegacyKind::Automation, "alice").build());
    let caller = Caller::Token(bind(Policy::NPM_2025_10, &token, &alice));
    let list = request("GET", "/-/stage?page=0&perPage=10");
    let shown = [&own, &other, &read_only].into_iter().filter(|package| {
        let facts = ResourceFacts { package: Some((*package).into()), organization: None };
        let asked = list.access_request(package.name());
        asked.decide(&caller, &facts, ClientIp::UNKNOWN, now()).unwrap().is_allow()
    });
    assert_eq!(shown.map(|package| package.name().as_str()).collect::<Vec<_>>(), ["left-pad"]);
}

//! The removal of a team from a package: by the team's organization, or by who may replace the package's maintainers.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a slip in a test's own data fails the test")]

use crate::{body, name};
use serde_json::json;
use tollgate::{
    ClientIp, Decision, Package, Policy, Reason, Token, User,
    decision::{Caller, FoundFacts, ResourceFacts, Validity},
    facts::{ExternalCeiling, FoundOrganization, MaxFactorAge, PackageState, TwoFactorMode, VerifiedFactor},
    npm::{BeforeBody, Decider, Endpoint, HigherDecision, TeamAccessChange},
    operation::Action,
    testing::{bind, granular, legacy, missing_package, now, only, organization, package, user, user_name},
    token::LegacyKind,
    value::{GrantedPermission, Role},
};

/// How a server answers `DELETE /-/team/evil/developers/package` for a package: the answer, the action that it is about,
/// and until when it holds.
fn removal(
    caller: &Caller<'_>,
    package: PackageState<'_>,
    factor: Option<&VerifiedFactor<'_>>,
) -> (Result<bool, Reason>, Action, Validity) {
    let path = "/-/team/evil/developers/package";
    let Endpoint::Team { organization: evil, team, .. } = Endpoint::classify("DELETE", path).unwrap() else {
        panic!("{path}")
    };
    let change = TeamAccessChange::read_revocation(&body(json!({"package": package.name().as_str()}))).unwrap();
    let found = organization("evil");
    let both = ResourceFacts { package: Some(package), organization: Some((&found).into()) };
    let (first, second) = (change.access_request(&evil, &team), change.alternative(&evil));
    let decide =
        |asked| tollgate::decision::AccessRequest::decide(asked, caller, &both, ClientIp::UNKNOWN, now()).unwrap();
    let factor = factor.map(|factor| (factor, MaxFactorAge::THIS_REQUEST));
    let higher = HigherDecision::from_decisions(decide(&first), second.as_ref().map(decide), factor);
    let decision = higher.decision();
    let answer = match decision {
        Decision::Allow(_) => Ok(true),
        Decision::Challenge(_) => Ok(false),
        Decision::Deny(deny) => Err(deny.reason()),
    };
    (answer, decision.action(), higher.validity())
}

fn planted(name: &str) -> Package {
    let package = package(name).team("evil", "developers", GrantedPermission::ReadWrite);
    if name.starts_with('@') {
        package.in_scope_of_a_user().build()
    } else {
        package.user("alice", GrantedPermission::ReadWrite).build()
    }
}

/// A maintainer gave a team of their own organization access. Removing the maintainer leaves the team, and alice, who owns the
/// package, has no role in that organization.
#[test]
fn an_owner_of_a_package_removes_a_team_that_an_evicted_maintainer_left() {
    let publish = |owner: &str| legacy(LegacyKind::Publish, owner).build();
    let (alice, bob) = (user("alice").build(), user("bob").build());
    let mallory = user("mallory").member("evil", Role::Admin, &["developers"]).build();
    let developer = user("dave").member("evil", Role::Member, &["developers"]).build();
    let member = user("erin").member("evil", Role::Member, &[]).build();
    for name in ["left-pad", "@alice/app"] {
        let package = planted(name);
        let answer = |owner: &User, token: &Token| {
            removal(&Caller::Token(bind(Policy::NPM_2025_10, token, owner)), (&package).into(), None)
        };
        let ask = |owner: &User| answer(owner, &publish(owner.name().as_str()));
        let (allowed, denied) = (Ok(true), Err(Reason::OwnerLacksPermission));
        assert_eq!(ask(&alice), (allowed, Action::ChangeMaintainers, Validity::Always), "{name}");
        assert_eq!(ask(&mallory), (allowed, Action::RevokeTeamAccess, Validity::Always), "{name}");
        // The team gives its members write access, and who may write may replace the maintainers.
        assert_eq!(ask(&developer), (allowed, Action::ChangeMaintainers, Validity::Always), "{name}");
        assert_eq!(ask(&bob), (denied, Action::RevokeTeamAccess, Validity::Always), "{name}");
        assert_eq!(ask(&member), (denied, Action::RevokeTeamAccess, Validity::Always), "{name}");
        for kind in [LegacyKind::ReadOnly, LegacyKind::Automation] {
            let (answer, action, _) = answer(&alice, &legacy(kind, "alice").build());
            assert_eq!((answer, action), (Err(Reason::KindForbidsAction), Action::RevokeTeamAccess), "{kind}");
        }
        for caller in [Caller::NoToken, Caller::UnknownToken] {
            let (answer, action, _) = removal(&caller, (&package).into(), None);
            assert!(answer.is_err() && action == Action::RevokeTeamAccess, "{answer:?}");
        }
    }
}

#[test]
fn a_team_stays_on_a_package_of_its_own_organization_unless_the_organization_removes_it() {
    let own = package("@evil/app").user("alice", GrantedPermission::ReadWrite).build();
    let alice = user("alice").build();
    let token = legacy(LegacyKind::Publish, "alice").build();
    let caller = Caller::Token(bind(Policy::NPM_2025_10, &token, &alice));
    let (answer, action, _) = removal(&caller, (&own).into(), None);
    assert_eq!((answer, action), (Err(Reason::OwnerLacksPermission), Action::RevokeTeamAccess));
}

#[test]
fn an_answer_about_a_removal_takes_a_second_factor_and_ends_with_the_token() {
    let left_pad = planted("left-pad");
    let alice = user("alice").two_factor(TwoFactorMode::AuthAndWrites).build();
    let token = legacy(LegacyKind::Publish, "alice").build();
    let caller = Caller::Token(bind(Policy::NPM_2025_10, &token, &alice));
    let shown = VerifiedFactor { owner: user_name("alice"), verified_at: now() };
    let of_bob = VerifiedFactor { owner: user_name("bob"), verified_at: now() };
    for (factor, expected) in [(None, Ok(false)), (Some(&of_bob), Ok(false)), (Some(&shown), Ok(true))] {
        let once = (expected, Action::ChangeMaintainers, Validity::ThisRequestOnly);
        assert_eq!(removal(&caller, (&left_pad).into(), factor), once);
    }
    // A granular token for the package, whose owner has no role in the organization.
    let alice = user("alice").build();
    let token = granular("ci", "alice").packages(GrantedPermission::ReadWrite, only(&["left-pad"])).build();
    let caller = Caller::Token(bind(Policy::NPM_2025_10, &token, &alice));
    let (answer, action, validity) = removal(&caller, (&left_pad).into(), None);
    assert_eq!((answer, action), (Ok(true), Action::ChangeMaintainers));
    assert_eq!(validity, Validity::Until("2026-01-01T00:00:00Z".parse().unwrap()));
}

/// For the organization the package does not exist, since this token may not read it. For a maintainer it does.
#[test]
fn a_package_that_the_first_answer_does_not_know_can_be_allowed_by_the_second() {
    let secret = package("@alice/secret").in_scope_of_a_user().private().build();
    let (carol, token) = (user("carol").build(), legacy(LegacyKind::Publish, "carol").build());
    let carol_as_admin = user("carol").member("evil", Role::Admin, &[]).build();
    for owner in [&carol, &carol_as_admin] {
        let caller = Caller::Token(bind(Policy::NPM_2025_10, &token, owner));
        let ask = |actions: &[Action]| {
            let ceiling =
                ExternalCeiling::new("carol".parse().unwrap(), name("@alice/secret"), actions.iter().copied());
            removal(&caller, secret.as_view().with_external_ceiling(&ceiling).into(), None)
        };
        let unknown = (Err(Reason::NoSuchPackage), Action::RevokeTeamAccess, Validity::Always);
        assert_eq!(ask(&[]), unknown);
        assert_eq!(ask(&[Action::PublishVersion]), unknown);
        assert_eq!(ask(&[Action::ChangeMaintainers]), (Ok(true), Action::ChangeMaintainers, Validity::Always));
        // A free name has the same answer as a hidden package.
        assert_eq!(removal(&caller, missing_package("@alice/secret").into(), None), unknown);
    }
}

/// Alice is not in the organization, so reading it is denied. The request must still come to its body.
#[test]
fn the_removal_of_a_team_is_not_refused_before_the_package_is_known() {
    let required = Endpoint::classify("DELETE", "/-/team/evil/developers/package").unwrap().required_access();
    let evil = organization("evil");
    let alice = user("alice").build();
    let suspended = user("alice").suspended().build();
    let token = legacy(LegacyKind::Publish, "alice").build();
    let revoked = legacy(LegacyKind::Publish, "alice").revoked("2025-10-31T00:00:00Z").build();
    let bound = |token, owner| Caller::Token(bind(Policy::NPM_2025_10, token, owner));
    for (caller, expected) in [
        (bound(&token, &alice), None),
        (bound(&revoked, &alice), Some((401, Reason::TokenRevoked))),
        (bound(&token, &suspended), Some((403, Reason::OwnerSuspended))),
        (Caller::NoToken, Some((401, Reason::AuthenticationRequired))),
        (Caller::UnknownToken, Some((401, Reason::TokenUnknown))),
    ] {
        let gone = FoundOrganization::Missing("evil".parse().unwrap());
        for organization in [FoundOrganization::Existing(evil.clone()), gone] {
            let mut facts = FoundFacts::new();
            facts.add_organization(organization);
            let decider =
                Decider { caller: &caller, facts: &facts, client_ip: ClientIp::UNKNOWN, now: now(), factor: None };
            let step = decider.before_body(&required).unwrap();
            let found = match &step {
                BeforeBody::Refused(refused) => Some((refused.deny().status(), refused.deny().reason())),
                BeforeBody::BodyDecides => None,
                BeforeBody::Challenged(_) | BeforeBody::Go(_) => panic!("the body decides: {step:?}"),
            };
            assert_eq!(found, expected);
        }
    }
}

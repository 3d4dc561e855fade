//! A ceiling decided elsewhere (C7): a registry with rules of its own hands in what a user may do with a package.

#![expect(clippy::unwrap_used, reason = "a slip in a test's own data fails the test")]

use std::cell::Cell;

use proptest::prelude::*;
use tollgate::{
    ClientIp, Decision, Package, PackageAction, Policy, Reason,
    decision::Verdict,
    facts::{ExternalCeiling, PackageState, PublishingAccess, TeamAndPackage, TwoFactorMode},
    operation::{Action, Operation, TeamAccessAction},
    testing::{
        Resources, all, bind, granular, legacy, missing_package, now, only, organization, package, session,
        strategies::question, team_name, user, user_name,
    },
    token::{
        GranularIssueFacts, GranularToken, IssueError, IssueFacts, IssuedBy, LegacyKind, NameAvailability, TokenId,
    },
    value::{GrantedPermission, PackagesPermission, Role},
};

/// The ceiling of alice on a package.
fn ceiling(name: &str, actions: &[Action]) -> ExternalCeiling {
    ExternalCeiling::new("alice".parse().unwrap(), name.parse().unwrap(), actions.iter().copied())
}

/// The actions on a package, each by its own name.
fn on_packages() -> impl Iterator<Item = Action> {
    let resources = Resources {
        package: missing_package("@acme/app").into(),
        organization: tollgate::testing::missing_organization("acme").into(),
        team: team_name("ops"),
        account: user_name("alice"),
    };
    let is_on_a_package =
        move |action: &Action| matches!(resources.operation(*action), Operation::Package { action: _, package: _ });
    Action::ALL.iter().copied().filter(move |action| is_on_a_package(action))
}

fn verdict_and_reason(decision: &Decision<'_>) -> (Verdict, Option<Reason>) {
    let reason = match decision {
        Decision::Deny(deny) => Some(deny.reason()),
        Decision::Allow(_) | Decision::Challenge(_) => None,
    };
    (decision.verdict(), reason)
}

/// The answer to alice's session, about a package with this ceiling.
fn asked(app: &Package, ceiling: &ExternalCeiling, action: PackageAction) -> (Verdict, Option<Reason>) {
    let (alice, login) = (user("alice").build(), session("s-1", "alice").build());
    let token = bind(Policy::NPM_2025_10, &login, &alice);
    let app = app.as_view().with_external_ceiling(ceiling);
    verdict_and_reason(&token.at(ClientIp::UNKNOWN, now()).decide(action.on(app)))
}

#[test]
fn the_set_is_asked_for_exactly_the_action() {
    let app = package("@acme/app").private().build();
    assert_eq!(on_packages().count(), 15);
    for allowed in on_packages().filter(|action| *action != Action::CreatePackage) {
        let ceiling = ceiling("@acme/app", &[allowed]);
        for action in PackageAction::ALL {
            let asks = action.on(&app).action();
            let expected = match (asks == allowed, asks) {
                (false, _) => (Verdict::Deny, Some(Reason::OwnerLacksPermission)),
                // These take a second factor, and alice has none.
                (true, Action::ApproveStage | Action::RejectStage) => {
                    (Verdict::Deny, Some(Reason::SecondFactorNotEnrolled))
                }
                (true, _) => (Verdict::Allow, None),
            };
            assert_eq!(asked(&app, &ceiling, *action), expected, "{allowed} allowed, {action} asked");
        }
    }
}

#[test]
fn recorded_grants_and_roles_are_not_asked_and_neither_is_everyone() {
    let alice = user("alice").member("acme", Role::Owner, &["dev"]).build();
    let login = session("s-1", "alice").build();
    let token = bind(Policy::NPM_2025_10, &login, &alice);
    let at = token.at(ClientIp::UNKNOWN, now());
    let public = package("@acme/app")
        .user("alice", GrantedPermission::ReadWrite)
        .team("acme", "dev", GrantedPermission::ReadWrite)
        .build();
    let own = package("@alice/app").in_scope_of_a_user().private().build();
    for (app, name) in [(&public, "@acme/app"), (&own, "@alice/app")] {
        let nothing = ceiling(name, &[]);
        let view = app.as_view().with_external_ceiling(&nothing);
        for action in PackageAction::ALL {
            let decision = at.decide(action.on(view));
            // The public read stays (V1).
            if *action == PackageAction::ReadPackage && name == "@acme/app" {
                assert!(decision.is_allow());
            } else {
                let expected = (Verdict::Deny, Some(Reason::OwnerLacksPermission));
                assert_eq!(verdict_and_reason(&decision), expected, "{action} {name}");
            }
        }
    }
}

#[test]
fn a_ceiling_of_another_user_or_package_allows_nothing() {
    let app = package("@acme/app").private().build();
    let everything = || on_packages().collect::<Vec<_>>();
    let of_bob = ExternalCeiling::new("bob".parse().unwrap(), "@acme/app".parse().unwrap(), everything());
    let of_another = ceiling("@acme/apps", &everything());
    let of_this = ceiling("@acme/app", &everything());
    let denied = (Verdict::Deny, Some(Reason::OwnerLacksPermission));
    assert_eq!(asked(&app, &of_bob, PackageAction::Publish), denied);
    assert_eq!(asked(&app, &of_another, PackageAction::Publish), denied);
    assert_eq!(asked(&app, &of_this, PackageAction::Publish), (Verdict::Allow, None));
    assert_eq!((of_this.user().as_str(), of_this.package().as_str()), ("alice", "@acme/app"));

    let alice = user("alice").build();
    let login = session("s-1", "alice").build();
    let token = bind(Policy::NPM_2025_10, &login, &alice);
    let at = token.at(ClientIp::UNKNOWN, now());
    let text = |ceiling: &ExternalCeiling| {
        at.decide(PackageAction::Publish.on(app.as_view().with_external_ceiling(ceiling))).explain().to_string()
    };
    assert!(text(&of_bob).contains("decided about the user `bob` and `@acme/app`"), "{}", text(&of_bob));
    assert!(text(&of_this).contains("the registry decided that the owner `alice` may publish-version `@acme/app`"));
    let nothing = ceiling("@acme/app", &[]);
    assert!(text(&nothing).contains("the registry decided that the owner `alice` may not publish-version `@acme/app`"));
}

#[test]
fn a_new_name_takes_create_package_and_a_valid_name() {
    let alice = user("alice").build();
    let login = session("s-1", "alice").build();
    let token = bind(Policy::NPM_2025_10, &login, &alice);
    let at = token.at(ClientIp::UNKNOWN, now());
    let publish = |name: &str, actions: &[Action]| {
        let ceiling = ceiling(name, actions);
        verdict_and_reason(&at.decide(PackageAction::Publish.on(missing_package(name).with_external_ceiling(&ceiling))))
    };
    let denied = (Verdict::Deny, Some(Reason::OwnerLacksPermission));
    assert_eq!(publish("@nobodys/app", &[Action::CreatePackage]), (Verdict::Allow, None));
    assert_eq!(publish("@nobodys/app", &[Action::PublishVersion]), denied);
    assert_eq!(publish("free", &[]), denied, "C3 would let any user create it");
    assert_eq!(publish("Free", &[Action::CreatePackage]), (Verdict::Deny, Some(Reason::InvalidNewName)));
    // Only a creation asks a free name's ceiling.
    let everything = ceiling("free", &on_packages().collect::<Vec<_>>());
    let free = missing_package("free").with_external_ceiling(&everything);
    let decision = at.decide(PackageAction::Unpublish.on(free));
    assert_eq!(verdict_and_reason(&decision), (Verdict::Deny, Some(Reason::NoSuchPackage)));
}

#[test]
fn what_the_token_may_and_the_second_factor_stay() {
    let alice = user("alice").two_factor(TwoFactorMode::AuthAndWrites).build();
    let everything = ceiling("@acme/app", &on_packages().collect::<Vec<_>>());
    let app = package("@acme/app").private().publishing_access(PublishingAccess::TwoFactorOnly).build();
    let view = app.as_view().with_external_ceiling(&everything);
    let ask = |token: &tollgate::Token, action: PackageAction| {
        let token = bind(Policy::NPM_2025_10, token, &alice);
        verdict_and_reason(&token.at(ClientIp::UNKNOWN, now()).decide(action.on(view)))
    };
    let reader = legacy(LegacyKind::ReadOnly, "alice").build();
    assert_eq!(ask(&reader, PackageAction::Publish), (Verdict::Deny, Some(Reason::KindForbidsAction)));
    let narrow = granular("ci", "alice").packages(PackagesPermission::ReadWrite, only(&["@acme/other"])).build();
    assert_eq!(ask(&narrow, PackageAction::Publish), (Verdict::Deny, Some(Reason::NotSelected)));
    let wide = granular("ci", "alice").packages(PackagesPermission::ReadWrite, all()).build();
    assert_eq!(ask(&wide, PackageAction::Publish), (Verdict::Deny, Some(Reason::TokensDisallowed)));
    let login = session("s-1", "alice").build();
    assert_eq!(ask(&login, PackageAction::Publish), (Verdict::Challenge, None));
}

#[test]
fn a_hidden_package_is_404_unless_the_set_has_read_package() {
    let (alice, login) = (user("alice").build(), session("s-1", "alice").build());
    let token = bind(Policy::NPM_2025_10, &login, &alice);
    let app = package("@acme/app").private().user("alice", GrantedPermission::ReadWrite).build();
    let status = |actions: &[Action]| {
        let ceiling = ceiling("@acme/app", actions);
        let view = app.as_view().with_external_ceiling(&ceiling);
        let at = token.at(ClientIp::UNKNOWN, now());
        let readable = at.readable([view]).count();
        (at.decide(PackageAction::Unpublish.on(view)).status(), readable)
    };
    assert_eq!(status(&[]), (404, 0));
    assert_eq!(status(&[Action::PublishVersion]), (404, 0));
    assert_eq!(status(&[Action::ReadPackage]), (403, 1));
}

#[test]
fn team_access_asks_the_role_first_and_then_the_set_for_a_grant_alone() {
    use TeamAccessAction::{GrantTeamAccess, RevokeTeamAccess};
    let acme = organization("acme");
    let login = session("s-1", "alice").build();
    let ask = |role: Option<Role>, name: &str, action: TeamAccessAction, actions: &[Action]| {
        let alice = user("alice");
        let alice = role.map_or(alice.clone(), |role| alice.member("acme", role, &[])).build();
        let token = bind(Policy::NPM_2025_10, &login, &alice);
        let package = package(name).private().build();
        let ceiling = ceiling(name, actions);
        let package = package.as_view().with_external_ceiling(&ceiling).into();
        let team = tollgate::facts::Team { organization: (&acme).into(), name: team_name("ops") };
        let decision = token.at(ClientIp::UNKNOWN, now()).decide(action.on(TeamAndPackage { team, package }));
        verdict_and_reason(&decision)
    };
    let lacks = (Verdict::Deny, Some(Reason::OwnerLacksPermission));
    let allowed = (Verdict::Allow, None);
    let admin = Some(Role::Admin);
    assert_eq!(ask(admin, "@globex/app", GrantTeamAccess, &[Action::GrantTeamAccess]), allowed);
    assert_eq!(ask(admin, "@acme/app", GrantTeamAccess, &[]), lacks, "C5 would allow it in the own scope");
    assert_eq!(ask(Some(Role::Member), "@acme/app", GrantTeamAccess, &[Action::GrantTeamAccess]), lacks);
    assert_eq!(ask(admin, "@acme/app", RevokeTeamAccess, &[]), allowed, "the set is not asked");
    assert_eq!(
        ask(admin, "@globex/app", RevokeTeamAccess, &[Action::RevokeTeamAccess]),
        (Verdict::Deny, Some(Reason::NoSuchPackage)),
    );
    assert_eq!(ask(admin, "@globex/app", RevokeTeamAccess, &[Action::ReadPackage]), allowed);
    assert_eq!(ask(Some(Role::Member), "@acme/app", RevokeTeamAccess, &[]), lacks);
}

#[test]
fn a_token_is_issued_for_what_the_set_has() {
    use PackagesPermission::{ReadOnly, ReadWrite, StageOnly};
    let alice = user("alice").build();
    let issue = |permission: PackagesPermission, actions: &[Action], is_private: bool| {
        let ceiling = ceiling("@acme/app", actions);
        let app = package("@acme/app").user("alice", GrantedPermission::ReadWrite);
        let app = if is_private { app.private() } else { app }.build();
        let packages: [PackageState<'_>; 1] = [app.as_view().with_external_ceiling(&ceiling).into()];
        let facts = GranularIssueFacts {
            issue: IssueFacts {
                policy: Policy::NPM_2025_10,
                owner: alice.as_view(),
                issued_by: IssuedBy::Owner,
                now: now(),
            },
            packages: &packages,
            granular_tokens: 0,
            name_availability: NameAvailability::Free,
        };
        let settings = granular("ci", "alice").packages(permission, only(&["@acme/app"])).settings();
        GranularToken::issue(TokenId::new("t-1").unwrap(), settings, &facts).map(|_| ())
    };
    let name = || "@acme/app".parse().unwrap();
    let not_found = Err(IssueError::PackageNotFound { package: name() });
    let not_writable = Err(IssueError::PackageNotWritable { package: name() });
    for is_private in [false, true] {
        assert_eq!(issue(ReadOnly, &[Action::ReadPackage], is_private), Ok(()));
        assert_eq!(issue(ReadOnly, &[Action::PublishVersion], is_private), not_found);
        for above in [StageOnly, ReadWrite] {
            assert_eq!(issue(above, &[Action::PublishVersion], is_private), Ok(()));
            assert_eq!(issue(above, &[Action::ReadPackage, Action::CreatePackage], is_private), not_writable);
            assert_eq!(issue(above, &[], is_private), not_found);
        }
    }
}

/// A ceiling elsewhere never widens a token: whatever the set is, the answer is at most that with every action in it, and
/// what fails before the owner's rights fails as it does with recorded grants.
#[test]
fn no_set_widens_a_token() {
    let (denied, allowed) = (Cell::new(0_u32), Cell::new(0_u32));
    proptest!(ProptestConfig::with_cases(2048), |(question in question(), bits in any::<u64>())| {
        let answer = |actions: &dyn Fn(usize) -> bool| {
            question.ask(|token, operation| {
                let actions = Action::ALL.iter().enumerate().filter(|(at, _)| actions(*at)).map(|(_, action)| *action);
                let name = question.package.name.clone();
                let ceiling = ExternalCeiling::new(question.owner.name.clone(), name, actions);
                let Operation::Package { action, package } = operation else { return None };
                let decision = match package {
                    PackageState::Existing(package) => action.on(package.with_external_ceiling(&ceiling)),
                    PackageState::Missing(package) => action.on(package.with_external_ceiling(&ceiling)),
                };
                // The ceiling lives in this closure, so the token is bound again.
                let owner = question.owner.build();
                let bound = bind(question.policy, &question.token, &owner);
                let _ = token;
                Some(verdict_and_reason(&bound.at(question.client_ip, question.now).decide(decision)))
            })
        };
        let some = answer(&|at| bits >> (at % 64) & 1 == 1);
        let Some((some, reason)) = some else { return Ok(()) };
        let (everything, of_everything) = answer(&|_| true).unwrap();
        prop_assert!(some <= everything);
        if reason != Some(Reason::OwnerLacksPermission) {
            prop_assert_eq!((some, reason), (everything, of_everything));
        }
        let record = question.record();
        let before_owner = [
            Reason::TokenRevoked, Reason::TokenRetired, Reason::TokenExpired, Reason::IpNotAllowed,
            Reason::OwnerSuspended, Reason::KindForbidsAction, Reason::OwnerOnHold, Reason::PermissionTooLow,
            Reason::StageRequired, Reason::NoSuchPackage, Reason::NotSelected, Reason::CreationNotCovered,
        ];
        if record.reason.is_some_and(|reason| before_owner.contains(&reason)) {
            prop_assert_eq!(reason, record.reason);
        }
        let counted = if some == Verdict::Deny { &denied } else { &allowed };
        counted.set(counted.get().saturating_add(1));
    });
    assert!(denied.get() > 0 && allowed.get() > 0);
}

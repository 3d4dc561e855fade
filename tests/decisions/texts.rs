//! Both texts of every denial, to the letter, and what the client's text must not reveal (D3, D4).

#![expect(clippy::unwrap_used, clippy::panic, reason = "a slip in a test's own tables fails the test")]

use std::collections::BTreeSet;

use crate::{
    callers::{ON_PACKAGES, tokens},
    snapshot::assert_snapshot,
    told::told,
};
use tollgate::testing::{
    Resources, all, bind, granular, legacy, missing_organization, missing_package, now, only, organization, package,
    session, team_name, time, user, user_name,
};
use tollgate::{
    ClientIp, Decision, Deny, OrganizationAction, PackageAction, Policy, Reason, Timestamp, Token, User,
    authorize_anonymous,
    decision::EarlyAnswer,
    deny_unknown_token,
    facts::{PackageState, PublishingAccess, TwoFactorMode},
    operation::{Action, Operation},
    token::LegacyKind,
    value::{GrantedPermission, PackagesPermission, Role},
};

/// The reason and the status of each of [`denials`], in their order. The texts are in `snapshots/denials.txt`.
const DENIED: [(Reason, u16); 47] = [
    (Reason::TokenUnknown, 401),
    (Reason::AuthenticationRequired, 401),
    (Reason::AuthenticationRequired, 404),
    (Reason::NoSuchPackage, 404),
    (Reason::AuthenticationRequired, 401),
    (Reason::TokenRevoked, 401),
    (Reason::TokenRevoked, 401),
    (Reason::TokenExpired, 401),
    (Reason::IpNotAllowed, 401),
    (Reason::IpNotAllowed, 401),
    (Reason::OwnerSuspended, 403),
    (Reason::KindForbidsAction, 403),
    (Reason::KindForbidsAction, 403),
    (Reason::PermissionTooLow, 403),
    (Reason::PermissionTooLow, 403),
    (Reason::PermissionTooLow, 404),
    (Reason::PermissionTooLow, 403),
    (Reason::PermissionTooLow, 403),
    (Reason::NoSuchOrg, 404),
    (Reason::NoSuchPackage, 404),
    (Reason::NoSuchPackage, 404),
    (Reason::NotSelected, 404),
    (Reason::NotSelected, 403),
    (Reason::NotSelected, 403),
    (Reason::CreationNotCovered, 404),
    (Reason::CreationNotCovered, 403),
    (Reason::OwnerLacksPermission, 404),
    (Reason::OwnerLacksPermission, 403),
    (Reason::OwnerLacksPermission, 403),
    (Reason::OwnerLacksPermission, 403),
    (Reason::OwnerLacksPermission, 404),
    (Reason::OwnerLacksPermission, 403),
    (Reason::OwnerLacksPermission, 403),
    (Reason::OwnerLacksPermission, 403),
    (Reason::OwnerLacksPermission, 403),
    (Reason::InvalidNewName, 403),
    (Reason::TokensDisallowed, 403),
    (Reason::SecondFactorNotEnrolled, 403),
    (Reason::SecondFactorNotEnrolled, 403),
    (Reason::TokenRetired, 401),
    (Reason::OwnerOnHold, 403),
    (Reason::StageRequired, 403),
    (Reason::StageRequired, 403),
    (Reason::NoSuchPackage, 404),
    (Reason::SecondFactorNotEnrolled, 403),
    (Reason::SecondFactorNotEnrolled, 403),
    (Reason::KindForbidsAction, 403),
];

/// A denial: its reason and status, and both texts as they are printed in the snapshot.
struct Denial {
    answer: (Reason, u16),
    texts: String,
}

fn denial(deny: &Deny<'_>) -> Denial {
    let (reason, status) = (deny.reason(), deny.status());
    let (operator, client) = (deny.operator_text(), deny.client_text());
    Denial {
        answer: (reason, status),
        texts: format!("{reason}, {status}\n  operator: {operator}\n  client:   {client}\n"),
    }
}

fn deny<'a>(decision: &Decision<'a>) -> Deny<'a> {
    match decision {
        Decision::Deny(deny) => *deny,
        Decision::Allow(_) | Decision::Challenge(_) => panic!("not denied: {decision:?}"),
    }
}

/// Asks with a token and notes the denial.
fn ask(token: &Token, owner: &User, operation: Operation<'_>) -> Denial {
    ask_under(Policy::NPM_2025_10, token, owner, operation)
}

fn ask_under(policy: Policy, token: &Token, owner: &User, operation: Operation<'_>) -> Denial {
    denial(&deny(&bind(policy, token, owner).at(ClientIp::UNKNOWN, now()).decide(operation)))
}

fn ask_from(ip: ClientIp, now: Timestamp, token: &Token, owner: &User, operation: Operation<'_>) -> Denial {
    denial(&deny(&bind(Policy::NPM_2025_10, token, owner).at(ip, now).decide(operation)))
}

/// One denial or more for each reason: the two texts of each.
fn denials() -> Vec<Denial> {
    use GrantedPermission::{ReadOnly, ReadWrite};
    let (alice, acme) = (user("alice").build(), organization("acme"));
    let app = package("@acme/app").private().build();
    let left_pad = package("left-pad").build();
    let free = missing_package("@acme/free");
    let publish = legacy(LegacyKind::Publish, "alice").build();
    let of = |package| Resources {
        package,
        organization: (&acme).into(),
        team: team_name("ops"),
        account: user_name("bob"),
    };
    let on_app = of(PackageState::from(&app));
    let on_left_pad = of(PackageState::from(&left_pad));
    let on_free = of(PackageState::from(free));
    let packages = |permission, entries: &[&str]| granular("ci", "alice").packages(permission, only(entries)).build();
    let orgs = |permission, names: &[&str]| granular("ci", "alice").organizations(permission, names).build();
    let member = user("alice").member("acme", Role::Member, &[]).build();
    let owner = user("alice").member("acme", Role::Owner, &["developers"]).build();

    let mut denials = vec![
        // token-unknown, authentication-required, no-such-package: no token is looked at.
        denial(&deny(&deny_unknown_token(PackageAction::Publish, &app))),
        denial(&deny(&authorize_anonymous(PackageAction::Publish, &left_pad))),
        denial(&deny(&authorize_anonymous(PackageAction::ReadPackage, &app))),
        denial(&deny(&authorize_anonymous(PackageAction::ReadPackage, free))),
        denial(&deny(&authorize_anonymous(OrganizationAction::ReadOrg, &acme))),
    ];
    // T
    let read = on_left_pad.operation(Action::ReadPackage);
    let whoami = Resources { account: user_name("alice"), ..on_left_pad }.operation(Action::Whoami);
    let cut_off = user("alice").tokens_revoked_until("2025-10-31T00:00:00Z").build();
    let office = legacy(LegacyKind::ReadOnly, "alice").ranges(&["10.0.0.0/8", "2001:db8::/32"]).build();
    let expiring = packages(ReadOnly, &["left-pad"]);
    denials.extend([
        ask(&legacy(LegacyKind::Publish, "alice").revoked("2025-10-31T00:00:00Z").build(), &alice, read),
        ask(&publish, &cut_off, whoami),
        ask_from(ClientIp::UNKNOWN, time("2026-01-01T00:00:00Z"), &expiring, &alice, read),
        ask_from("192.0.2.7".parse().unwrap(), now(), &office, &alice, read),
        ask(&office, &alice, read),
        ask(&publish, &user("alice").suspended().build(), read),
    ]);
    // The kind, the permission, and what does not exist (K1, G1, D1).
    denials.extend([
        ask(&legacy(LegacyKind::ReadOnly, "alice").build(), &alice, on_app.operation(Action::PublishVersion)),
        ask(&packages(ReadWrite, &["@acme"]), &alice, on_app.operation(Action::StarPackage)),
        ask(&packages(ReadOnly, &["@acme"]), &alice, on_app.operation(Action::PublishVersion)),
        ask(&orgs(ReadOnly, &["acme"]), &alice, on_app.operation(Action::CreateTeam)),
        ask(&orgs(ReadOnly, &["acme"]), &alice, on_app.operation(Action::ListCollaborators)),
        ask(&orgs(ReadOnly, &["acme"]), &alice, on_left_pad.operation(Action::ListCollaborators)),
        ask(&orgs(ReadWrite, &["acme"]), &alice, on_left_pad.operation(Action::GrantTeamAccess)),
        ask(
            &publish,
            &alice,
            Operation::Organization {
                action: OrganizationAction::AddMember,
                organization: missing_organization("globex").into(),
            },
        ),
        ask(&publish, &alice, on_free.operation(Action::ReadPackage)),
        ask(&publish, &alice, of(missing_package("free").into()).operation(Action::Deprecate)),
    ]);
    // What is not selected, and a creation that is not covered (G2, G3).
    denials.extend([
        ask(&packages(ReadWrite, &["@globex"]), &owner, on_app.operation(Action::PublishVersion)),
        ask(&packages(ReadWrite, &["@globex", "x"]), &owner, on_left_pad.operation(Action::PublishVersion)),
        ask(&orgs(ReadWrite, &["globex"]), &owner, on_app.operation(Action::DeleteTeam)),
        ask(&packages(ReadWrite, &["@acme/free"]), &owner, on_free.operation(Action::CreatePackage)),
        ask(
            &packages(ReadWrite, &["free"]),
            &owner,
            of(missing_package("free").into()).operation(Action::CreatePackage),
        ),
    ]);
    // C
    let readable = package("@acme/app").private().team("acme", "developers", ReadOnly).build();
    let on_readable = of(PackageState::from(&readable));
    denials.extend([
        ask(&publish, &alice, on_app.operation(Action::ReadPackage)),
        ask(&publish, &owner, on_readable.operation(Action::PublishVersion)),
        ask(&publish, &alice, on_left_pad.operation(Action::Unpublish)),
        ask(&publish, &alice, on_left_pad.operation(Action::ChangeVisibility)),
        ask(&publish, &alice, on_free.operation(Action::CreatePackage)),
        ask(&publish, &member, on_app.operation(Action::CreateTeam)),
        ask(&publish, &alice, on_app.operation(Action::ReadOrg)),
        ask(&publish, &owner, on_left_pad.operation(Action::SharePackage)),
        ask(&publish, &alice, on_app.operation(Action::ReadProfile)),
        ask(&publish, &member, of(missing_package("@acme/Free").into()).operation(Action::CreatePackage)),
    ]);
    // F
    let strict =
        package("left-pad").publishing_access(PublishingAccess::TwoFactorOnly).user("alice", ReadWrite).build();
    let or_bypass =
        package("left-pad").publishing_access(PublishingAccess::TwoFactorOrBypass).user("alice", ReadWrite).build();
    let on_strict = of(PackageState::from(&strict));
    denials.extend([
        ask(&packages(ReadWrite, &["left-pad"]), &alice, on_strict.operation(Action::PublishVersion)),
        ask(&publish, &alice, on_strict.operation(Action::PublishVersion)),
        ask(&publish, &alice, of((&or_bypass).into()).operation(Action::PublishVersion)),
    ]);
    denials.extend(denials_of_policies_holds_and_staging());
    denials
}

/// A retired token, a hold, staging, and a team of another organization (P1, T5, G1, C5). An approval always demands a second
/// factor (F5), and so does a creation where the policy demands one for every package (P4).
fn denials_of_policies_holds_and_staging() -> Vec<Denial> {
    let (alice, acme) = (user("alice").build(), organization("acme"));
    let publish = legacy(LegacyKind::Publish, "alice").build();
    let on = |package| Resources {
        package,
        organization: (&acme).into(),
        team: team_name("ops"),
        account: user_name("alice"),
    };
    let left_pad = package("left-pad").user("alice", GrantedPermission::ReadWrite).build();
    let foreign = package("@globex/app").private().build();
    let (on_left_pad, on_free) = (on((&left_pad).into()), on(missing_package("free").into()));
    let held = user("alice").writes_held_until("2025-11-02T00:00:00Z").build();
    let staging = granular("ci", "alice").packages(PackagesPermission::StageOnly, all()).build();
    let session = session("s-1", "alice").build();
    vec![
        ask_under(Policy::NPM_2025_12, &publish, &alice, on_left_pad.operation(Action::ReadPackage)),
        ask(&publish, &held, on_left_pad.operation(Action::PublishVersion)),
        ask(&staging, &alice, on_left_pad.operation(Action::PublishVersion)),
        ask(&staging, &alice, on_free.operation(Action::CreatePackage)),
        ask(&publish, &alice, on((&foreign).into()).operation(Action::RevokeTeamAccess)),
        ask(&publish, &alice, on_left_pad.operation(Action::ApproveStage)),
        ask_under(Policy::NPM_2025_12, &session, &alice, on_free.operation(Action::CreatePackage)),
        early_denial(),
    ]
}

/// Before the owner's record is at hand, there is no resource to name.
fn early_denial() -> Denial {
    let token = legacy(LegacyKind::ReadOnly, "alice").build();
    let view = token.as_view();
    let early = Policy::NPM_2025_10.refuse_early(&view, Action::PublishVersion, ClientIp::UNKNOWN, now());
    let EarlyAnswer::Deny(early) = early else { panic!("a read-only token never publishes") };
    denial(&early)
}

#[test]
fn every_denial_has_its_reason_and_status() {
    let answers: Vec<_> = denials().iter().map(|denial| denial.answer).collect();
    assert_eq!(answers, DENIED);
}

#[test]
fn every_denial_tells_operator_and_client_what_the_snapshot_says() {
    let texts: String = denials().into_iter().map(|denial| denial.texts).collect();
    assert_snapshot("decisions/snapshots/denials.txt", &texts);
}

#[test]
fn every_reason_has_its_texts_in_the_snapshot() {
    let reasons = DENIED.map(|(reason, _)| reason);
    for reason in Reason::ALL {
        assert!(reasons.contains(reason), "{reason}");
    }
}

/// A cure names nothing that the policy rules out: no legacy token where they are retired (P1), no bypass where it does not
/// cover the action (P5), and no lower publishing access than the policy's least one (P4).
#[test]
fn a_cure_follows_the_policy() {
    let alice = user("alice").build();
    let package_with =
        |access| package("left-pad").publishing_access(access).user("alice", GrantedPermission::ReadWrite).build();
    let or_bypass = package_with(PublishingAccess::TwoFactorOrBypass);
    let strict = package_with(PublishingAccess::TwoFactorOnly);
    let ci = granular("ci", "alice").packages(GrantedPermission::ReadWrite, all()).bypass_2fa().build();
    let session = session("s-1", "alice").build();
    let only_two_factor = Policy::NPM_2025_10.with_least_publishing_access(PublishingAccess::TwoFactorOnly).unwrap();
    let (star, publish, maintainers) =
        (PackageAction::StarPackage, PackageAction::Publish, PackageAction::ChangeMaintainers);
    // Under the policy the token is denied the action, and the cure has the text, or does not have it.
    for (policy, token, action, package, text, has) in [
        (Policy::NPM_2025_10, &ci, star, &or_bypass, "legacy", true),
        (Policy::NPM_2025_12, &ci, star, &or_bypass, "legacy", false),
        (Policy::NPM_2025_10, &ci, publish, &strict, "legacy", true),
        (Policy::NPM_2025_12, &ci, publish, &strict, "legacy", false),
        (Policy::NPM_2025_12, &ci, publish, &strict, "publishing access", true),
        (only_two_factor, &ci, publish, &strict, "publishing access", false),
        (Policy::NPM_2025_12, &session, maintainers, &or_bypass, "bypasses", true),
        (Policy::NPM_2026_08, &session, maintainers, &or_bypass, "bypasses", false),
        (Policy::NPM_2026_08, &session, publish, &or_bypass, "bypasses", true),
        (Policy::NPM_2027_01, &session, publish, &or_bypass, "bypasses", false),
        (only_two_factor, &session, publish, &or_bypass, "bypasses", false),
        (Policy::NPM_2025_10, &session, PackageAction::ApproveStage, &or_bypass, "bypasses", false),
    ] {
        let bound = bind(policy, token, &alice);
        let text_of_denial =
            deny(&bound.at(ClientIp::UNKNOWN, now()).decide(action.on(package))).operator_text().to_string();
        let (_, cure) = text_of_denial.split_once("; cure: ").unwrap();
        assert_eq!(cure.contains(text), has, "{policy}, {action}: {cure}");
    }
}

#[test]
fn a_hidden_package_is_told_as_a_free_name_is_unless_the_token_may_read_or_create_it() {
    use GrantedPermission::{ReadOnly, ReadWrite};
    let free = missing_package("@acme/secret");
    let owners = [
        user("alice"),
        user("alice").member("globex", Role::Owner, &["developers"]),
        user("alice").member("acme", Role::Member, &[]),
        user("alice").member("acme", Role::Member, &["developers"]),
        user("alice").member("acme", Role::Admin, &[]),
        user("alice").member("acme", Role::Owner, &[]),
    ];
    let secrets = [
        package("@acme/secret").private(),
        package("@acme/secret").private().user("alice", ReadWrite),
        package("@acme/secret").private().team("acme", "developers", ReadOnly),
        package("@acme/secret").private().team("acme", "developers", ReadWrite),
        package("@acme/secret").private().in_scope_of_a_user(),
        package("@acme/secret").private().in_scope_of_nobody().user("alice", ReadWrite),
    ];
    let (mut compared, mut managed) = (Vec::new(), BTreeSet::new());
    for owner in &owners {
        for mode in TwoFactorMode::ALL {
            let owner = owner.clone().two_factor(*mode).build();
            for (secret, access) in
                secrets.iter().flat_map(|secret| PublishingAccess::ALL.iter().map(move |a| (secret, a)))
            {
                let secret = secret.clone().publishing_access(*access).build();
                for token in tokens() {
                    for organization in [organization("acme"), organization("globex")] {
                        let with = Resources {
                            package: (&secret).into(),
                            organization: (&organization).into(),
                            team: team_name("developers"),
                            account: user_name("alice"),
                        };
                        let without = Resources { package: free.into(), ..with };
                        let bound = bind(Policy::NPM_2025_10, &token, &owner);
                        let at = bound.at(ClientIp::UNKNOWN, now());
                        let reads = at.decide(with.operation(Action::ReadPackage)).is_allow();
                        let creates = !matches!(at.decide(without.operation(Action::CreatePackage)), Decision::Deny(_));
                        if reads || creates {
                            continue;
                        }
                        for action in ON_PACKAGES {
                            let (hidden, gone) =
                                (at.decide(with.operation(action)), at.decide(without.operation(action)));
                            let after_c = match &hidden {
                                Decision::Allow(_) | Decision::Challenge(_) => true,
                                Decision::Deny(deny) => {
                                    [Reason::TokensDisallowed, Reason::SecondFactorNotEnrolled].contains(&deny.reason())
                                }
                            };
                            if after_c {
                                managed.insert(action);
                            } else {
                                assert_eq!(told(&hidden), told(&gone), "{action} {token:?} {owner:?} {secret:?}");
                                compared.push(action);
                            }
                        }
                    }
                }
            }
        }
    }
    // An owner or admin of the organization may manage a package without reading it, and so knows that it exists.
    let expected = [Action::ChangeVisibility, Action::GrantTeamAccess, Action::RevokeTeamAccess];
    assert_eq!(managed.into_iter().collect::<Vec<_>>(), expected);
    for action in ON_PACKAGES {
        assert!(compared.contains(&action), "{action}");
    }
    println!("{} pairs of denials compared", compared.len());
}

#[test]
fn without_a_known_token_a_hidden_package_is_told_as_a_free_name_is() {
    let (secret, free) = (package("@acme/secret").private().build(), missing_package("@acme/secret"));
    for action in PackageAction::ALL {
        let (hidden, gone) = (authorize_anonymous(*action, &secret), authorize_anonymous(*action, free));
        assert_eq!(told(&hidden), told(&gone), "{action} without a token");
        let (hidden, gone) = (deny_unknown_token(*action, &secret), deny_unknown_token(*action, free));
        assert_eq!(told(&hidden), told(&gone), "{action} with an unknown token");
    }
    let acme = organization("acme");
    for action in [Action::GrantTeamAccess, Action::RevokeTeamAccess, Action::SharePackage] {
        let with = Resources {
            package: (&secret).into(),
            organization: (&acme).into(),
            team: team_name("developers"),
            account: user_name("alice"),
        };
        let without = Resources { package: free.into(), ..with };
        // These have no anonymous form of their own: a stranger's token stands for the caller who has nothing.
        let stranger = user("mallory").build();
        let token = legacy(LegacyKind::Publish, "mallory").build();
        let bound = bind(Policy::NPM_2025_10, &token, &stranger);
        let at = bound.at(ClientIp::UNKNOWN, now());
        let (hidden, gone) = (at.decide(with.operation(action)), at.decide(without.operation(action)));
        assert_eq!(told(&hidden), told(&gone), "{action}");
        assert_eq!(hidden.status(), 404);
    }
}

#[test]
fn a_token_that_may_read_the_package_is_told_more() {
    let member = user("alice").member("acme", Role::Member, &["developers"]).build();
    let readable = package("@acme/secret").private().team("acme", "developers", GrantedPermission::ReadOnly).build();
    let token = legacy(LegacyKind::Publish, "alice").build();
    let bound = bind(Policy::NPM_2025_10, &token, &member);
    let at = bound.at(ClientIp::UNKNOWN, now());
    assert_eq!(
        told(&at.decide(PackageAction::Deprecate.on(&readable))),
        (403, "the account that this access token belongs to may not deprecate versions of `@acme/secret`".into())
    );
    assert_eq!(
        told(&at.decide(PackageAction::Deprecate.on(missing_package("@acme/secret")))),
        (404, "`@acme/secret` could not be found or you do not have permission to access it".into())
    );
}

/// A token bypasses the second factor only with read-write on the side that it uses (F1). No decision depends on this, because
/// an earlier check denies such a write (G1), but the explanation does.
#[test]
fn an_explanation_names_a_bypass_only_where_the_permission_is_read_write() {
    let alice = user("alice").member("acme", Role::Owner, &[]).build();
    let (read, write) = (GrantedPermission::ReadOnly, GrantedPermission::ReadWrite);
    let token = granular("ci", "alice").packages(read, all()).organizations(write, &["acme"]).bypass_2fa().build();
    let (bound, left_pad, acme) =
        (bind(Policy::NPM_2025_10, &token, &alice), package("left-pad").build(), organization("acme"));
    let at = bound.at(ClientIp::UNKNOWN, now());
    let explained = |operation| at.decide(operation).explain().to_string();
    assert!(explained(PackageAction::Publish.on(&left_pad)).contains("the token does not bypass the second factor"));
    assert!(explained(OrganizationAction::AddMember.on(&acme)).contains("the token bypasses the second factor"));
}

/// Granting a team access needs the organization and the package selected, and the organization is checked first (G2). The
/// reason is the same for both; the texts say which one it was.
#[test]
fn the_text_names_the_organization_where_neither_organization_nor_package_is_selected() {
    let alice = user("alice").member("acme", Role::Owner, &[]).build();
    let left_pad = package("left-pad").user("alice", GrantedPermission::ReadWrite).build();
    let acme = organization("acme");
    let team_access = Resources {
        package: (&left_pad).into(),
        organization: (&acme).into(),
        team: team_name("developers"),
        account: user_name("alice"),
    };
    let told_to = |orgs: &[&str]| {
        let write = GrantedPermission::ReadWrite;
        let token = granular("ci", "alice").packages(write, only(&["right-pad"])).organizations(write, orgs).build();
        let bound = bind(Policy::NPM_2025_10, &token, &alice);
        let at = bound.at(ClientIp::UNKNOWN, now());
        told(&at.decide(team_access.operation(Action::GrantTeamAccess))).1
    };
    assert_eq!(told_to(&["globex"]), "the access token does not cover the organization `acme`");
    assert_eq!(told_to(&["acme"]), "the access token does not cover `left-pad`");
}

/// A direct grant counts in an organization's scope for its members only (C1). The operator is told so.
#[test]
fn a_cure_says_that_a_direct_grant_on_record_does_not_count() {
    let (stranger, member) = (user("alice").build(), user("alice").member("acme", Role::Member, &[]).build());
    let publish = legacy(LegacyKind::Publish, "alice").build();
    let with_grant = |permission| package("@acme/app").user("alice", permission).build();
    let left_out = "the direct grant on record does not count (C1)";
    for (owner, package, has) in [
        (&stranger, with_grant(GrantedPermission::ReadWrite), true),
        (&stranger, package("@acme/app").build(), false),
        // Membership would not be enough.
        (&stranger, with_grant(GrantedPermission::ReadOnly), false),
        // It counts, and is too low.
        (&member, with_grant(GrantedPermission::ReadOnly), false),
    ] {
        let decision = bind(Policy::NPM_2025_10, &publish, owner);
        let text = deny(&decision.at(ClientIp::UNKNOWN, now()).decide(PackageAction::Unpublish.on(&package)))
            .operator_text()
            .to_string();
        assert_eq!(text.contains(left_out), has, "{text}");
    }
}

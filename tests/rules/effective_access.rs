//! What a token can do at all, which of its grants have no effect, and what a listing shows; and that owned types, views and
//! rows of other storage decide alike.
use std::sync::Arc;
use tollgate::{
    AccountAction, ClientIp, Decision, OrganizationAction, PackageAction, Policy, Token,
    decision::{AuditRecord, EffectiveAccess, GrantEntry, IneffectiveReason},
    facts::{
        AccountStatus, Membership, Memberships, OrganizationState, OrganizationView, OwnerView, PackageState,
        PackageView, PublishingAccess, ScopeOwner, Team, TeamGrants, TwoFactorMode, UserGrants, Visibility,
    },
    operation::{Action, TeamAction},
    token::{GranularView, LegacyKind, TokenView, TwoFactorBypass},
    value::{GrantedPermission, Role},
};
use tollgate::{
    facts::{PackageFacts, UserFacts},
    testing::{
        CREATED, EXPIRES, all, bind, granular, legacy, missing_organization, missing_package, now, only, organization,
        organization_name, package, package_name, team_name, time, user, user_name,
    },
    token::TokenFacts,
};

/// The ineffective grants, as text.
fn ineffective(access: &EffectiveAccess<'_>) -> Vec<String> {
    access.ineffective_grants().iter().map(ToString::to_string).collect()
}

#[test]
fn effective_access_has_a_decision_for_each_action_on_each_resource_and_the_account() {
    let alice = user("alice").member("acme", Role::Admin, &[]).build();
    let token = granular("ci", "alice").organizations(GrantedPermission::ReadWrite, &["acme"]).build();
    let (app, acme) = (package("@acme/app").private().build(), organization("acme"));
    let teams = [
        Team { organization: (&acme).into(), name: team_name("ops") },
        Team { organization: (&acme).into(), name: team_name("Old") },
    ];
    let bound = bind(Policy::NPM_2025_10, &token, &alice);
    let at = bound.at(ClientIp::UNKNOWN, now());
    let access = at.effective_access(&[(&app).into(), missing_package("free").into()], &[(&acme).into()], &teams);
    let (packages, orgs, teams, account) =
        (PackageAction::ALL.len(), OrganizationAction::ALL.len(), TeamAction::ALL.len(), AccountAction::ALL.len());
    // No team can be created under a name that only old teams may have, so that question does not exist.
    assert_eq!(access.decisions().len(), 2 * packages + orgs + (teams + 1) + teams + account);
    assert_eq!((packages, orgs, teams, account), (14, 8, 3, 10));
    let allowed: Vec<Action> =
        access.decisions().iter().filter(|decision| decision.is_allow()).map(Decision::action).collect();
    assert_eq!(
        allowed,
        [
            Action::ReadOrg,
            Action::CreateTeam,
            Action::DeleteTeam,
            Action::AddTeamMember,
            Action::RemoveTeamMember,
            Action::DeleteTeam,
            Action::AddTeamMember,
            Action::RemoveTeamMember,
            Action::Whoami,
            Action::RevokeSelf,
        ]
    );
    for decision in access.decisions() {
        let again = at.decide(decision.operation().unwrap());
        assert_eq!(AuditRecord::from(decision), AuditRecord::from(&again));
    }
}

#[test]
fn effective_access_says_the_same_as_text_and_as_data() {
    let alice = user("alice").two_factor(TwoFactorMode::AuthOnly).build();
    let token = legacy(LegacyKind::Publish, "alice").build();
    let bound = bind(Policy::NPM_2025_10, &token, &alice);
    let access = bound.at(ClientIp::UNKNOWN, now()).effective_access(&[], &[], &[]);
    assert_eq!(
        access.to_string(),
        "allow      whoami `alice` (via grant)\n\
         allow      revoke-self `alice` (via grant)\n\
         allow      read-profile `alice` (via grant)\n\
         challenge  change-profile `alice` (second factor for the account)\n\
         challenge  change-password `alice` (second factor for the account)\n\
         challenge  enrol-two-factor `alice` (second factor for the account)\n\
         challenge  configure-two-factor `alice` (second factor for the account)\n\
         allow      list-tokens `alice` (via grant)\n\
         challenge  create-token `alice` (second factor for the account)\n\
         challenge  revoke-token `alice` (second factor for the account)\n"
    );
    let data = serde_json::to_value(&access).unwrap();
    assert_eq!(data["decisions"].as_array().unwrap().len(), 10);
    assert_eq!(data["decisions"][3]["decision"], "challenge");
    assert_eq!(data["dead_grants"], serde_json::json!([]));
}

#[test]
fn a_suspended_owner_leaves_no_effective_access() {
    let alice = user("alice").suspended().build();
    let token = legacy(LegacyKind::Publish, "alice").build();
    let left_pad = package("left-pad").build();
    let bound = bind(Policy::NPM_2025_10, &token, &alice);
    let access = bound.at(ClientIp::UNKNOWN, now()).effective_access(&[(&left_pad).into()], &[], &[]);
    assert!(access.decisions().iter().all(|decision| matches!(decision, Decision::Deny(_))));
}

#[test]
fn ineffective_grants_are_the_entries_that_give_less_than_they_say() {
    use GrantedPermission::{ReadOnly, ReadWrite};
    let alice =
        user("alice").member("acme", Role::Member, &["developers"]).member("umbrella", Role::Admin, &[]).build();
    let entries =
        ["@acme", "@alice", "@bob", "@globex", "gone", "left-pad", "mine", "unasked", "@unasked", "@solo/hidden"];
    let token = granular("ci", "alice")
        .packages(ReadWrite, only(&entries))
        .organizations(ReadWrite, &["acme", "globex", "gone", "umbrella", "unasked"])
        .build();
    let packages = [
        package("left-pad").build(),
        package("mine").user("alice", ReadWrite).build(),
        package("@bob/tool").in_scope_of_a_user().user("alice", ReadOnly).build(),
        package("@solo/hidden").private().in_scope_of_a_user().build(),
        package("@globex/tool").private().build(),
    ];
    let mut states: Vec<PackageState<'_>> = packages.iter().map(Into::into).collect();
    states.push(missing_package("gone").into());
    let (acme, globex, umbrella) = (organization("acme"), organization("globex"), organization("umbrella"));
    let organizations: [OrganizationState<'_>; 4] =
        [(&acme).into(), (&globex).into(), (&umbrella).into(), missing_organization("gone").into()];
    let bound = bind(Policy::NPM_2025_10, &token, &alice);
    let at = bound.at(ClientIp::UNKNOWN, now());
    let access = at.effective_access(&states, &organizations, &[]);
    assert_eq!(
        ineffective(&access),
        [
            "scope `@bob`: owner-has-read-only",
            "scope `@globex`: owner-has-nothing",
            "package `@solo/hidden`: owner-has-nothing",
            "package `gone`: gone",
            "package `left-pad`: owner-has-read-only",
            "organization `acme`: owner-has-read-only",
            "organization `globex`: owner-has-nothing",
            "organization `gone`: gone",
        ]
    );
    assert_eq!(access.ineffective_grants()[3].entry, GrantEntry::Package(package_name("gone")));
    assert_eq!(access.ineffective_grants()[7].entry, GrantEntry::Organization(organization_name("gone")));
    assert_eq!(access.ineffective_grants()[0].why, IneffectiveReason::OwnerHasReadOnly);
    assert_eq!(
        serde_json::to_value(access.ineffective_grants()[0]).unwrap(),
        serde_json::json!({"scope": "@bob", "why": "owner-has-read-only"})
    );
    assert!(access.to_string().ends_with("grant without effect: organization `gone`: gone\n"));
}

/// The owner may create packages in such a scope, whatever they may do with the packages that exist.
#[test]
fn a_grant_over_the_owners_scope_or_organization_is_effective() {
    let bob = user("bob").member("acme", Role::Member, &[]).build();
    let selected = only(&["@bob", "@acme", "@globex"]);
    let token = granular("t", "bob").packages(GrantedPermission::ReadWrite, selected).build();
    let bound = bind(Policy::NPM_2025_10, &token, &bob);
    let (theirs, others) = (package("@acme/app").private().build(), package("@globex/app").private().build());
    let packages: [PackageState<'_>; 2] = [(&theirs).into(), (&others).into()];
    let access = bound.at(ClientIp::UNKNOWN, now()).effective_access(&packages, &[], &[]);
    assert_eq!(ineffective(&access), ["scope `@globex`: owner-has-nothing"]);
}

#[test]
fn a_grant_that_gives_all_it_says_is_effective() {
    use GrantedPermission::ReadOnly;
    let alice = user("alice").member("acme", Role::Member, &[]).build();
    let (left_pad, acme) = (package("left-pad").build(), organization("acme"));
    let everything = granular("ci", "alice").packages(ReadOnly, all()).build();
    let some = granular("ci", "alice")
        .packages(ReadOnly, only(&["left-pad", "@acme", "@alice"]))
        .organizations(ReadOnly, &["acme"])
        .build();
    let old = legacy(LegacyKind::Publish, "alice").build();
    for token in [everything, some, old] {
        let bound = bind(Policy::NPM_2025_10, &token, &alice);
        let access = bound.at(ClientIp::UNKNOWN, now()).effective_access(&[(&left_pad).into()], &[(&acme).into()], &[]);
        assert_eq!(ineffective(&access), [""; 0]);
    }
}

#[test]
fn a_listing_shows_exactly_the_packages_that_the_token_may_read() {
    use GrantedPermission::ReadOnly;
    let alice = user("alice").member("acme", Role::Member, &["developers"]).build();
    let packages = [
        package("left-pad").build(),
        package("@acme/app").private().team("acme", "developers", ReadOnly).build(),
        package("@acme/secret").private().build(),
        package("@globex/open").build(),
        package("@globex/app").private().team("acme", "developers", ReadOnly).build(),
    ];
    let shown = |token: &Token, ip: ClientIp| -> Vec<String> {
        let bound = bind(Policy::NPM_2025_10, token, &alice);
        bound.at(ip, now()).readable(&packages).map(|package| package.name().to_string()).collect()
    };
    let ip = ClientIp::UNKNOWN;
    let acme_only = granular("ci", "alice").packages(ReadOnly, only(&["@acme"])).build();
    assert_eq!(shown(&acme_only, ip), ["left-pad", "@acme/app", "@globex/open"]);
    let orgs_only = granular("ci", "alice").organizations(ReadOnly, &["acme"]).build();
    assert_eq!(shown(&orgs_only, ip), ["left-pad", "@globex/open"]);
    let read_only = legacy(LegacyKind::ReadOnly, "alice").build();
    assert_eq!(shown(&read_only, ip), ["left-pad", "@acme/app", "@globex/open", "@globex/app"]);
    let elsewhere = legacy(LegacyKind::ReadOnly, "alice").ranges(&["10.0.0.0/8"]).build();
    assert_eq!(shown(&elsewhere, "192.0.2.1".parse().unwrap()), [""; 0]);
}

#[test]
fn a_retirement_notice_says_what_to_use_instead() {
    for (kind, notice) in [
        (
            LegacyKind::ReadOnly,
            "legacy read-only tokens are being retired: use a granular access token with read-only permission on the \
             packages it installs",
        ),
        (
            LegacyKind::Automation,
            "legacy automation tokens are being retired: use a granular access token with 2FA bypass, an expiration \
             date and only the packages it publishes",
        ),
        (
            LegacyKind::Publish,
            "legacy publish tokens are being retired: keep it to interactive work, and use a granular access token \
             for everything that runs by itself",
        ),
    ] {
        let found = legacy(kind, "alice").build().retirement().unwrap();
        assert_eq!(found.to_string(), notice);
        assert_eq!(found.kind(), kind);
        let data = serde_json::to_value(found).unwrap();
        assert_eq!(data, serde_json::json!({"kind": kind.as_str(), "advice": found.advice()}));
    }
    assert_eq!(granular("ci", "alice").packages(GrantedPermission::ReadOnly, all()).build().retirement(), None);
}

#[test]
fn an_owned_bound_token_may_change_threads_and_decides_the_same() {
    fn goes_anywhere<T: Clone + Send + Sync + 'static>(value: T) -> T {
        value
    }
    let alice = user("alice").build();
    let token = granular("ci", "alice").packages(GrantedPermission::ReadOnly, all()).build();
    let left_pad = package("left-pad").user("alice", GrantedPermission::ReadWrite).build();
    let owned = goes_anywhere(Policy::NPM_2025_10.bind_owned(token.clone(), alice.clone()).unwrap());
    let in_thread: Vec<AuditRecord> = {
        let (owned, left_pad) = (owned.clone(), left_pad.clone());
        let decide = move || {
            let bound = owned.as_bound();
            let at = bound.at(ClientIp::UNKNOWN, now());
            PackageAction::ALL.iter().map(|action| AuditRecord::from(&at.decide(action.on(&left_pad)))).collect()
        };
        std::thread::spawn(decide).join().unwrap()
    };
    let bound = bind(Policy::NPM_2025_10, &token, &alice);
    let at = bound.at(ClientIp::UNKNOWN, now());
    let here: Vec<_> =
        PackageAction::ALL.iter().map(|action| AuditRecord::from(&at.decide(action.on(&left_pad)))).collect();
    assert_eq!(here, in_thread);
    let bob = user("bob").build();
    assert!(Policy::NPM_2025_10.bind_owned(token.clone(), bob.clone()).is_err());
    assert!(Policy::NPM_2025_10.bind_owned(Arc::new(token), Arc::new(bob)).is_err());
}

/// Rows as a database might give them: the validated parts, without a [`Token`], a [`tollgate::User`] or a [`tollgate::Package`].
#[test]
fn views_from_other_storage_decide_the_same_as_owned_types() {
    use GrantedPermission::{ReadOnly, ReadWrite};
    let (ip, owner) = ("10.1.2.3".parse().unwrap(), user_name("alice"));
    let alice = user("alice")
        .member("acme", Role::Admin, &["developers"])
        .two_factor(TwoFactorMode::AuthAndWrites)
        .tokens_revoked_until("2025-10-01T00:00:00Z")
        .build();
    let app = package("@acme/app")
        .private()
        .publishing_access(PublishingAccess::TwoFactorOrBypass)
        .team("acme", "developers", ReadWrite)
        .build();
    let ci = granular("ci", "alice")
        .ranges(&["10.0.0.0/8"])
        .bypass_2fa()
        .packages(ReadWrite, only(&["@acme"]))
        .organizations(ReadOnly, &["acme"])
        .build();
    let old = legacy(LegacyKind::Publish, "alice").ranges(&["10.0.0.0/8"]).build();

    let cut_off = Some(time("2025-10-01T00:00:00Z"));
    let membership = Membership::new("acme".parse().unwrap(), Role::Admin, ["developers".parse().unwrap()]).unwrap();
    let memberships = Memberships::new([membership]).unwrap();
    let owner_row = OwnerView::new(UserFacts {
        name: owner,
        status: AccountStatus::Active,
        two_factor: TwoFactorMode::AuthAndWrites,
        tokens_revoked_until: cut_off,
        writes_held_until: None,
        memberships: &memberships,
    })
    .unwrap();
    let (users, teams) = (
        UserGrants::empty(),
        TeamGrants::new([("acme".parse().unwrap(), "developers".parse().unwrap(), ReadWrite)]).unwrap(),
    );
    let (private, access) = (Visibility::Private, PublishingAccess::TwoFactorOrBypass);
    let app_row = PackageView::new(PackageFacts {
        name: package_name("@acme/app"),
        scope_owner: ScopeOwner::Organization,
        visibility: private,
        publishing_access: access,
        users: &users,
        teams: &teams,
    })
    .unwrap();
    let settings = granular("ci", "alice").packages(ReadWrite, only(&["@acme"])).organizations(ReadOnly, &["acme"]);
    let settings = settings.ranges(&["10.0.0.0/8"]).settings();
    let (ci_key, old_key) = (tollgate::testing::token_id("ci"), tollgate::testing::token_id("publish"));
    let ranges = &settings.allowed_ranges;
    let grants = GranularView {
        expires_at: time(EXPIRES),
        bypass_2fa: TwoFactorBypass::On,
        packages: &settings.packages,
        organizations: &settings.organizations,
    };
    let ci_row =
        TokenView::granular(TokenFacts { id: &ci_key, owner, created: time(CREATED), revoked: None }, ranges, grants)
            .unwrap();
    let old_row = TokenView::legacy(
        TokenFacts { id: &old_key, owner, created: time(CREATED), revoked: None },
        LegacyKind::Publish,
        ranges,
    );

    let (acme, acme_row) = (organization("acme"), OrganizationView::new(organization_name("acme")));
    for (token, row) in [(&ci, ci_row), (&old, old_row)] {
        let (of_records, of_rows) =
            (bind(Policy::NPM_2025_10, token, &alice), Policy::NPM_2025_10.bind(row, owner_row).unwrap());
        for ip in [ip, ClientIp::UNKNOWN] {
            let of_records = of_records.at(ip, now()).effective_access(&[(&app).into()], &[(&acme).into()], &[]);
            let of_rows = of_rows.at(ip, now()).effective_access(&[app_row.into()], &[acme_row.into()], &[]);
            let records =
                |access: &EffectiveAccess<'_>| access.decisions().iter().map(AuditRecord::from).collect::<Vec<_>>();
            assert_eq!(records(&of_records), records(&of_rows));
            assert!(ip == ClientIp::UNKNOWN || of_records.decisions().iter().any(Decision::is_allow));
        }
    }
}

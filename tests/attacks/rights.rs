//! Rights that outlive what they came from, and tokens that reach further than they say.

use super::*;

// Rights that outlive what they came from.

/// Team lists were kept when a member left, and the team's access with them; C1 counts a team only while a member.
#[test]
fn a_team_right_does_not_survive_leaving_the_organization() {
    let app = package("@acme/app").private().team("acme", "developers", WRITE);
    // With one grant and with several, for these are looked through in another way.
    let apps =
        [app.clone(), app.team("globex", "designers", WRITE).team("acme", "testers", WRITE)].map(PackageBuilder::build);
    let granular = granular("ci", "alice").packages(WRITE, only(&["@acme"])).build();
    for (app, token) in apps.iter().flat_map(|app| [(app, publish_token()), (app, granular.clone())]) {
        let check = |alice: UserBuilder, reads: Answer, publishes: Answer| {
            let alice = alice.build();
            assert_eq!(ask(&token, &alice, PackageAction::ReadPackage.on(app)), reads, "{alice:?}");
            assert_eq!(publishing(&token, &alice, app), publishes, "{alice:?}");
        };
        check(user("alice").member("acme", Role::Member, &["developers"]), READS, PUBLISHES);
        check(user("alice").member("acme", Role::Member, &["designers"]), NO_RIGHT, NO_RIGHT);
        check(user("alice"), NO_RIGHT, NO_RIGHT);
        // The team of that name elsewhere is another team, and a role by itself gives none.
        check(user("alice").member("globex", Role::Owner, &["developers"]), NO_RIGHT, NO_RIGHT);
        check(user("alice").member("acme", Role::Owner, &[]), NO_RIGHT, NO_RIGHT);
    }
}

/// A member about to leave gave access to the package to a team of another organization first. Only the owner of the scope's
/// organization may share a package (C5), and a team counts only for its members (C1).
#[test]
fn a_team_grant_planted_from_another_organization_does_not_open_a_package() {
    let (acme, globex) = (organization("acme"), organization("globex"));
    let publish = publish_token();
    let leaving = user("alice").member("acme", Role::Admin, &["developers"]).member("globex", Role::Owner, &["moles"]);
    let leaving = leaving.build();
    // Planting it: another organization's package is handed out by that organization's owner only.
    let app = package("@acme/app").private().team("acme", "developers", WRITE).build();
    let plant = |package, organization| ask(&publish, &leaving, on(Action::GrantTeamAccess, package, organization));
    assert_eq!(plant(&app, &globex), NO_RIGHT);
    assert_eq!(plant(&app, &acme), Allow(Action::GrantTeamAccess));
    let own = package("left-pad").user("alice", WRITE).build();
    assert_eq!(plant(&own, &globex), Allow(Action::GrantTeamAccess));
    assert_eq!(plant(&package("right-pad").build(), &globex), NO_RIGHT);
    let share = |owner: &User, organization| ask(&publish, owner, on(Action::SharePackage, &app, organization));
    assert_eq!(share(&leaving, &globex), NO_RIGHT);
    assert_eq!(share(&leaving, &acme), NO_RIGHT);
    let owner = user("alice").member("acme", Role::Owner, &[]).build();
    assert_eq!(share(&owner, &acme), Allow(Action::SharePackage));
    // A grant that was planted nevertheless lasts as long as the membership behind it.
    let planted = package("@acme/app").private().team("globex", "moles", WRITE).build();
    let change = PackageAction::Publish.on(&planted);
    let still_there = user("alice").member("globex", Role::Member, &["moles"]).build();
    assert_eq!(ask(&publish, &still_there, change), PUBLISHES);
    let gone = user("alice").member("acme", Role::Member, &["moles"]).build();
    assert_eq!(ask(&publish, &gone, change), NO_RIGHT);
}

/// A maintainer's entry outlived the maintainer's place in the organization; C1 counts it only while a member.
#[test]
fn a_direct_grant_does_not_survive_leaving_the_organization() {
    let publish = publish_token();
    let ask = |owner: &User, package: &PackageBuilder| {
        let package = package.clone().user("alice", WRITE).build();
        publishing(&publish, owner, &package)
    };
    let (member, gone) = (user("alice").member("acme", Role::Member, &[]).build(), user("alice").build());
    let app = package("@acme/app").private();
    assert_eq!(ask(&member, &app), PUBLISHES);
    assert_eq!(ask(&gone, &app), NO_RIGHT);
    // Where there is no organization to leave, it stays.
    assert_eq!(ask(&gone, &package("left-pad")), PUBLISHES);
    assert_eq!(ask(&gone, &package("@bob/app").in_scope_of_a_user()), PUBLISHES);
}

// A token that reaches further than it says.

/// A token over an organization's teams let its teams at packages that it had no grant over; G1 and G2 want both sides.
#[test]
fn team_access_is_not_handed_out_over_a_package_that_the_token_does_not_reach() {
    let acme = organization("acme");
    let alice = user("alice").member("acme", Role::Admin, &[]).build();
    let (own, other) = (package("left-pad").user("alice", WRITE), package("right-pad").user("alice", WRITE));
    let (own, other, app) = (own.build(), other.build(), package("@acme/app").private().build());
    let teams = || granular("ci", "alice").organizations(WRITE, &["acme"]);
    let ask =
        |token: GranularBuilder, package| ask(&token.build(), &alice, on(Action::GrantTeamAccess, package, &acme));
    assert_eq!(ask(teams(), &own), TOO_LOW);
    assert_eq!(ask(teams().packages(READ, only(&["left-pad"])), &own), TOO_LOW);
    assert_eq!(ask(teams().packages(WRITE, only(&["left-pad"])), &other), NOT_SELECTED);
    assert_eq!(ask(teams().packages(WRITE, only(&["left-pad"])), &own), Allow(Action::GrantTeamAccess));
    assert_eq!(ask(teams(), &app), Allow(Action::GrantTeamAccess), "of the organization's own scope");
}

/// The owner's being an administrator was asked first and answered for the token too; G1, G2, K1 and T3 come before C.
#[test]
fn a_high_role_of_the_owner_lifts_no_limit_of_the_token() {
    let acme = organization("acme");
    let alice = user("alice").member("acme", Role::Owner, &["developers"]).build();
    let app = package("@acme/app").private().team("acme", "developers", WRITE).build();
    let packages = |permission, entries: &[&str]| granular("ci", "alice").packages(permission, only(entries)).build();
    let orgs = |permission, names: &[&str]| granular("ci", "alice").organizations(permission, names).build();
    for (token, action, expected) in [
        (packages(READ, &["@acme"]), Action::PublishVersion, TOO_LOW),
        (packages(WRITE, &["@globex"]), Action::PublishVersion, NOT_SELECTED),
        (packages(WRITE, &["@acme"]), Action::PublishVersion, PUBLISHES),
        (orgs(READ, &["acme"]), Action::AddMember, TOO_LOW),
        (orgs(WRITE, &["globex"]), Action::AddMember, NOT_SELECTED),
        (orgs(WRITE, &["acme"]), Action::DeleteOrg, NOT_ITS_KIND),
        (orgs(WRITE, &["acme"]), Action::AddMember, Allow(Action::AddMember)),
        (legacy(LegacyKind::Automation, "alice").build(), Action::AddMember, NOT_ITS_KIND),
        (legacy(LegacyKind::Publish, "alice").ranges(&["10.0.0.0/8"]).build(), Action::AddMember, BARRED),
        (publish_token(), Action::DeleteOrg, Allow(Action::DeleteOrg)),
    ] {
        assert_eq!(ask(&token, &alice, on(action, &app, &acme)), expected, "{action} {token:?}");
    }
    // Nor does a token lift a limit of its owner.
    let member = user("alice").member("acme", Role::Member, &[]).build();
    for token in [orgs(WRITE, &["acme"]), publish_token()] {
        assert_eq!(ask(&token, &member, on(Action::AddMember, &app, &acme)), NO_RIGHT);
        assert_eq!(ask(&token, &member, on(Action::ReadOrg, &app, &acme)), Allow(Action::ReadOrg));
    }
}

/// A grant over an organization was taken for one over its packages; G2 keeps the sides apart.
#[test]
fn a_grant_over_an_organization_opens_none_of_its_packages() {
    let acme = organization("acme");
    let alice = user("alice").member("acme", Role::Owner, &["developers"]).build();
    let app = package("@acme/app").private().team("acme", "developers", WRITE).build();
    let token = granular("ci", "alice").organizations(WRITE, &["acme"]);
    let both = token.clone().packages(WRITE, only(&["@acme"])).build();
    let token = token.build();
    for action in [Action::ReadPackage, Action::ListCollaborators, Action::PublishVersion, Action::ChangeVisibility] {
        assert_eq!(ask(&token, &alice, on(action, &app, &acme)), TOO_LOW, "{action}");
        assert_eq!(ask(&both, &alice, on(action, &app, &acme)), Allow(action), "{action}");
    }
    let create = PackageAction::Publish.on(missing_package("@acme/new"));
    assert_eq!(ask(&token, &alice, create), TOO_LOW);
    assert_eq!(ask(&both, &alice, create), CREATES);
    assert_eq!(ask(&token, &alice, on(Action::CreateTeam, &app, &acme)), Allow(Action::CreateTeam));
}

/// "All packages" was read as "all"; G2: it gives nothing over an organization, of which there is no "all" (L5).
#[test]
fn all_packages_is_not_all_organizations() {
    let acme = organization("acme");
    let alice = user("alice").member("acme", Role::Owner, &[]).build();
    let app = package("@acme/app").user("alice", WRITE).build();
    let everything = granular("ci", "alice").packages(WRITE, all());
    let with_acme = everything.clone().organizations(WRITE, &["acme"]).build();
    let with_globex = everything.clone().organizations(WRITE, &["globex"]).build();
    let everything = everything.build();
    for action in
        [Action::ReadOrg, Action::AddMember, Action::CreateTeam, Action::AddTeamMember, Action::GrantTeamAccess]
    {
        let operation = on(action, &app, &acme);
        assert_eq!(ask(&everything, &alice, operation), TOO_LOW, "{action}");
        assert_eq!(ask(&with_globex, &alice, operation), NOT_SELECTED, "{action}");
        assert_eq!(ask(&with_acme, &alice, operation), Allow(action), "{action}");
    }
    assert_eq!(ask(&everything, &alice, on(Action::PublishVersion, &app, &acme)), PUBLISHES);
}

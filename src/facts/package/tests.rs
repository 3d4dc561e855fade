//! Contradictory facts, and permissions through teams.

use super::{Package, PackageError, PublishingAccess, RecordedGrants, ScopeOwner, TeamGrants, UserGrants, Visibility};
use crate::{
    facts::{
        ExternalCeiling, PackageFacts,
        user::{Membership, Memberships},
    },
    value::{GrantedPermission, Permission, Role, UserName, action::Action},
};
use alloc::{format, string::ToString, vec::Vec};

fn parsed<T: core::str::FromStr<Err: core::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn package(name: &str, scope_owner: ScopeOwner, visibility: Visibility) -> Result<Package, PackageError> {
    let name = name.parse().unwrap();
    Package::new(PackageFacts {
        name,
        scope_owner,
        visibility,
        publishing_access: PublishingAccess::NoRequirement,
        users: UserGrants::empty(),
        teams: TeamGrants::empty(),
    })
}

// The user's teams and the package's grants are each tested with short lists, which are compared by name, and with long
// lists, which have hashes. In some lists, the grant that decides is the last one.
#[test]
fn the_permission_through_teams_is_the_highest_of_all_common_teams() {
    let team = |n: usize| (format!("org{}", n % 5), format!("team{n}"));
    let permission = |n: usize| match n % 3 {
        0 => GrantedPermission::ReadWrite,
        _ => GrantedPermission::ReadOnly,
    };
    for (granted, by) in [(0, 1), (1, 1), (3, 7), (4, 1), (5, 7), (20, 3), (60, 1)] {
        let grants: Vec<usize> = (0..granted).map(|n| 1 + n * by).collect();
        let teams = grants.iter().map(|n| (parsed(&team(*n).0), parsed(&team(*n).1), permission(*n)));
        let package = Package::new(PackageFacts {
            name: "@solo/x".parse().unwrap(),
            scope_owner: ScopeOwner::Nobody,
            visibility: Visibility::Private,
            publishing_access: PublishingAccess::NoRequirement,
            users: UserGrants::empty(),
            teams: TeamGrants::new(teams).unwrap(),
        });
        let package = package.unwrap();
        let many: Vec<usize> = (58..108).collect();
        for own in [
            &[][..],
            &[1],
            &[2],
            &[3, 4, 5],
            &[1, 2, 3, 4],
            &[2, 9, 16, 23, 30],
            &[2, 5, 8, 11, 14, 17, 58],
            &[2, 5, 8, 11, 14, 17, 20],
            &many,
        ] {
            let memberships = (0..5).map(|organization| {
                let teams = own.iter().filter(|n| **n % 5 == organization).map(|n| parsed(&team(*n).1));
                Membership::new(parsed(&format!("org{organization}")), Role::Member, teams).unwrap()
            });
            let memberships = Memberships::new(memberships).unwrap();
            let shared = grants.iter().filter(|n| own.contains(n)).map(|n| permission(*n).into());
            let expected = shared.max().unwrap_or(Permission::NoAccess);
            let grants_on_record = RecordedGrants { users: &package.users, teams: &package.teams };
            let alice = UserName::new("alice").unwrap();
            let found = package.as_view().permission_of(grants_on_record, alice, &memberships);
            assert_eq!(found, expected, "{granted} by {by}, {own:?}");
        }
    }
}

#[test]
fn contradictory_facts_are_refused() {
    assert!(package("x", ScopeOwner::Unscoped, Visibility::Public).is_ok());
    assert!(package("@a/x", ScopeOwner::Nobody, Visibility::Private).is_ok());
    // Whether an unscoped package may be private is for the policy to say, and the directory checks it (P6).
    assert!(package("x", ScopeOwner::Unscoped, Visibility::Private).is_ok());
    assert_eq!(
        package("x", ScopeOwner::User, Visibility::Public).unwrap_err().to_string(),
        "the package `x` with the scope owner `user`: expected `unscoped` for an unscoped name, and only for it",
    );
    assert!(package("@a/x", ScopeOwner::Unscoped, Visibility::Public).is_err());
    let alice = || ("alice".parse().unwrap(), GrantedPermission::ReadOnly);
    assert_eq!(
        UserGrants::new([alice(), alice()]).unwrap_err().to_string(),
        "two grants to the user `alice`: expected one"
    );
    let ops = || ("acme".parse().unwrap(), "ops".parse().unwrap(), GrantedPermission::ReadOnly);
    assert_eq!(
        TeamGrants::new([ops(), ops()]).unwrap_err().to_string(),
        "two grants to the team `acme:ops`: expected one"
    );
}

#[test]
fn a_package_and_its_view_tell_each_fact() {
    let bob: (UserName, _) = (parsed("bob"), GrantedPermission::ReadOnly);
    let team = |organization, team, permission| (parsed(organization), parsed(team), permission);
    let (read, write) = (GrantedPermission::ReadOnly, GrantedPermission::ReadWrite);
    let (ops, readers, guests) =
        (team("acme", "ops", write), team("acme", "readers", read), team("globex", "ops", read));
    let facts = PackageFacts {
        name: parsed("@acme/app"),
        scope_owner: ScopeOwner::Organization,
        visibility: Visibility::Private,
        publishing_access: PublishingAccess::TwoFactorOnly,
        users: UserGrants::new([bob.clone()]).unwrap(),
        teams: TeamGrants::new([guests.clone(), readers.clone(), ops.clone()]).unwrap(),
    };
    let package = Package::new(facts.clone()).unwrap();
    assert_eq!((package.scope_owner(), package.visibility()), (ScopeOwner::Organization, Visibility::Private));
    assert_eq!(package.publishing_access(), PublishingAccess::TwoFactorOnly);
    assert_eq!((package.users(), package.teams()), (&facts.users, &facts.teams));
    let view = package.as_view();
    assert_eq!((view.scope_owner(), view.visibility()), (ScopeOwner::Organization, Visibility::Private));
    assert_eq!(view.publishing_access(), PublishingAccess::TwoFactorOnly);
    assert_eq!((view.users(), view.teams()), (Some(&facts.users), Some(&facts.teams)));

    let users: Vec<_> = facts.users.iter().map(|(user, permission)| (user.clone(), permission)).collect();
    assert_eq!(users, [bob]);
    let teams =
        facts.teams.iter().map(|(organization, team, permission)| (organization.clone(), team.clone(), permission));
    assert_eq!(teams.collect::<Vec<_>>(), [ops, readers, guests]);

    // Rights that are decided elsewhere replace the grants on record (C7).
    let ceiling = ExternalCeiling::new(parsed("bob"), parsed("@acme/app"), [Action::ReadPackage, Action::Unpublish]);
    let view = view.with_external_ceiling(&ceiling);
    assert_eq!((view.users(), view.teams()), (None, None));
    assert!(ceiling.actions().eq([Action::ReadPackage, Action::Unpublish]));
}

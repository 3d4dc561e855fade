//! Questions about many packages, grants, organizations, teams or ranges.

use serde_json::Value;
use tollgate::{
    Package, PackageAction,
    facts::{
        AccountStatus, Membership, Memberships, PackageFacts, PublishingAccess, ScopeOwner, TeamGrants, TwoFactorMode,
        UserGrants, Visibility,
    },
    value::{GrantedPermission, Role},
};

use crate::{
    kept,
    world::{Covered, Kind, Question, acme, bound, package, parsed, question, stored, token, user},
};

/// Returns a token that covers `@acme`, and 1,000 packages. Every other package is private, and half of the private
/// ones are in another scope.
#[must_use]
pub fn listing() -> (&'static Question, &'static [Package]) {
    let packages: Vec<Package> = (0..1000)
        .map(|n| {
            let scope = if n % 4 < 2 { "@acme" } else { "@other" };
            let visibility = if n % 2 == 0 { Visibility::Public } else { Visibility::Private };
            let name = format!("{scope}/package{n}");
            package(&name, visibility, PublishingAccess::NoRequirement, Covered::Maintained).clone()
        })
        .collect();
    let packages = kept(packages).as_slice();
    let owner = user(AccountStatus::Active, TwoFactorMode::AuthAndWrites, acme());
    let operation = PackageAction::ReadPackage.on(&packages[0]);
    (kept(question(bound(token(stored(Kind::Granular, 50)), owner), operation)), packages)
}

/// Returns a question about a package with 200 grants to teams, by an owner who is in 50 organizations and in 20 teams
/// of each.
///
/// Either the last grant is to one of the owner's teams, or no grant is.
///
/// # Panics
///
/// The question has another answer.
#[must_use]
pub fn grants(covered: Covered) -> &'static Question {
    let memberships = (0..50).map(|n| {
        let teams = (0..20).map(|team| parsed(&format!("team{team:02}")));
        Membership::new(parsed(&format!("org{n:03}")), Role::Member, teams).expect("a membership")
    });
    let owner =
        user(AccountStatus::Active, TwoFactorMode::AuthAndWrites, Memberships::new(memberships).expect("memberships"));
    // Teams of the owner's organizations that the owner is not in.
    let others = (0..199).map(|n| (format!("org{:03}", n % 49), format!("team{}", 20 + n / 49)));
    let last = if covered == Covered::Maintained { "team19" } else { "team20" };
    let teams = others.chain([("org049".into(), last.into())]);
    let teams = teams.map(|(org, team)| (parsed(&org), parsed(&team), GrantedPermission::ReadWrite));
    let package: &'static Package = kept(
        Package::new(PackageFacts {
            name: parsed("@acme/app"),
            scope_owner: ScopeOwner::Organization,
            visibility: Visibility::Private,
            publishing_access: PublishingAccess::TwoFactorOrBypass,
            users: UserGrants::empty(),
            teams: TeamGrants::new(teams).expect("grants"),
        })
        .expect("a package"),
    );
    let operation = PackageAction::Publish.on(package);
    let question = kept(question(bound(token(stored(Kind::Granular, 50)), owner), operation));
    assert_eq!(question.decide().is_allow(), covered == Covered::Maintained);
    question
}

/// Returns a question about a token with 1,000 ranges, from an address in the last range or outside all of them.
///
/// # Panics
///
/// The question has another answer.
#[must_use]
pub fn ranges(covered: Covered) -> &'static Question {
    let mut stored = stored(Kind::Granular, 50);
    stored["cidr"] = (0..1000).map(|n| Value::from(format!("10.{}.{}.0/24", n / 250, n % 250))).collect();
    let owner = user(AccountStatus::Active, TwoFactorMode::AuthAndWrites, acme());
    let app = package("@acme/app", Visibility::Private, PublishingAccess::NoRequirement, Covered::Maintained);
    let mut question = question(bound(token(stored), owner), PackageAction::Publish.on(app));
    question.client_ip = parsed(if covered == Covered::Maintained { "10.3.249.7" } else { "10.3.250.7" });
    let question = kept(question);
    assert_eq!(question.decide().is_allow(), covered == Covered::Maintained);
    question
}

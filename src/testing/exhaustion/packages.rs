//! Packages with every kind of scope owner, every visibility and every publishing access, and names that no package
//! has.

use std::{format, string::String, vec::Vec};

use serde_json::{Map, Value, json};

use super::{Name, WorldFacts, policies};
use crate::{
    facts::{PublishingAccess, ScopeOwner, Visibility},
    value::GrantedPermission,
};

/// Returns the scopes that owners of this kind have, as prefixes of package names.
///
/// There are two users and two organizations. The user alice owns the tokens.
fn scopes(of: ScopeOwner) -> &'static [&'static str] {
    match of {
        ScopeOwner::Unscoped => &[""],
        ScopeOwner::User => &["@alice/", "@bob/"],
        ScopeOwner::Organization => &["@acme/", "@beta/"],
        ScopeOwner::Nobody => &["@nobodys/"],
    }
}

fn every_scope() -> impl Iterator<Item = &'static str> {
    ScopeOwner::ALL.iter().flat_map(|owner| scopes(*owner)).copied()
}

/// Returns the scopes as a token selects them, such as `@acme`.
pub(super) fn selectable_scopes() -> Vec<&'static str> {
    every_scope().filter_map(|scope| scope.strip_suffix('/')).collect()
}

/// Returns whether a package with this prefix can have this visibility under the policy: an unscoped package is public,
/// unless the policy says that it may be private ([V1](crate::docs::rules#v1), [P6](crate::docs::rules#p6)).
fn can_be(scope: &str, visibility: Visibility, policy: &Value) -> bool {
    match visibility {
        Visibility::Public => true,
        Visibility::Private => !scope.is_empty() || policies::allows_private_unscoped(policy),
    }
}

/// A package: the prefix of its name, its name, its visibility and its publishing access.
type Package = (&'static str, Name, Visibility, PublishingAccess);

/// Returns every package. Its name describes it, such as `@acme/private-two-factor-only`.
fn every_package() -> Vec<Package> {
    let mut packages = Vec::new();
    for scope in every_scope() {
        for visibility in Visibility::ALL {
            for access in PublishingAccess::ALL {
                packages.push((scope, format!("{scope}{visibility}-{access}").into(), *visibility, *access));
            }
        }
    }
    packages
}

/// Returns the names of all packages. Under a policy where unscoped packages are always public, the private ones among
/// them do not exist.
pub(super) fn existing() -> Vec<Name> {
    every_package().into_iter().map(|(_, name, _, _)| name).collect()
}

/// Returns names that no package has. For each scope, one name is valid for a new package, and one name is valid only
/// for an old package ([N2](crate::docs::rules#n2)).
pub(super) fn free() -> Vec<Name> {
    every_scope().flat_map(|scope| ["free", "Free"].map(|name| format!("{scope}{name}").into())).collect()
}

/// Returns the documents of all packages that can exist in the world, each with the grants of its owner. Two more
/// grants are of no use to alice, who makes the requests: one to bob, and one to a team of an organization with a name
/// that starts like `acme`.
pub(super) fn with_grants(WorldFacts { owner, policy }: &WorldFacts) -> Vec<Value> {
    let mut users = Map::from_iter([(String::from("bob"), json!(GrantedPermission::ReadWrite))]);
    users.extend(owner.direct.map(|permission| (String::from("alice"), json!(permission))));
    let team = |name: &str, permission: Option<GrantedPermission>| {
        permission.map(|permission| (String::from(name), json!(permission)))
    };
    let mut teams = Map::new();
    teams.extend(team("acme-evil:dev", Some(GrantedPermission::ReadWrite)));
    teams.extend(team("acme:dev", owner.granted_to_acme));
    teams.extend(team("beta:dev", owner.granted_to_beta));
    let package = |(_, name, visibility, access)| {
        json!({
            "name": name, "visibility": visibility, "publishing_access": access, "users": users, "teams": teams,
        })
    };
    let exist = every_package().into_iter().filter(|(scope, _, visibility, _)| can_be(scope, *visibility, policy));
    exist.map(package).collect()
}

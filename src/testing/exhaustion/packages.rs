//! Packages: whose scope, how visible, what publishing access; and names that are free.

use std::{format, string::String, vec::Vec};

use serde_json::{Map, Value, json};

use super::{Name, owners::OwnerFacts};
use crate::{
    facts::{PublishingAccess, ScopeOwner, Visibility},
    value::GrantedPermission,
};

/// The scopes of each owner, with what comes before the package's own name: two users (the token's owner is alice) and
/// two organizations.
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

/// The scopes without an ending slash: what a token may select.
pub(super) fn selectable_scopes() -> Vec<&'static str> {
    every_scope().filter_map(|scope| scope.strip_suffix('/')).collect()
}

/// V1: "unscoped packages are always public".
fn can_be(scope: &str, visibility: Visibility) -> bool {
    match visibility {
        Visibility::Public => true,
        Visibility::Private => !scope.is_empty(),
    }
}

/// Every package there is: its name says what it is.
fn every_package() -> Vec<(Name, Visibility, PublishingAccess)> {
    let mut packages = Vec::new();
    for scope in every_scope() {
        for visibility in Visibility::ALL.iter().copied().filter(|visibility| can_be(scope, *visibility)) {
            for access in PublishingAccess::ALL {
                packages.push((format!("{scope}{visibility}-{access}").into(), visibility, *access));
            }
        }
    }
    packages
}

/// The names of packages that exist.
pub(super) fn existing() -> Vec<Name> {
    every_package().into_iter().map(|(name, _, _)| name).collect()
}

/// Names that are free: one that a new package may have, and one that only an old one may (N2).
pub(super) fn free() -> Vec<Name> {
    every_scope().flat_map(|scope| ["free", "Free"].map(|name| format!("{scope}{name}").into())).collect()
}

/// The packages, each with the same grants to alice and the teams; bob, who asks nothing, has one on each.
pub(super) fn with_grants(owner: &OwnerFacts) -> Vec<Value> {
    let mut users = Map::from_iter([(String::from("bob"), json!(GrantedPermission::ReadWrite))]);
    users.extend(owner.direct.map(|permission| (String::from("alice"), json!(permission))));
    let team = |name: &str, permission: Option<GrantedPermission>| {
        permission.map(|permission| (String::from(name), json!(permission)))
    };
    let mut teams = Map::new();
    teams.extend(team("acme:dev", owner.granted_to_acme));
    teams.extend(team("beta:dev", owner.granted_to_beta));
    let package = |(name, visibility, access)| {
        json!({
            "name": name, "visibility": visibility, "publishing_access": access, "users": users, "teams": teams,
        })
    };
    every_package().into_iter().map(package).collect()
}

//! Packages with every kind of scope owner, every visibility and every publishing access, and names that no package
//! has.

use std::{format, string::String, vec::Vec};

use serde_json::{Map, Value, json};

use super::{Name, owners::OwnerFacts};
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

/// Returns whether a package with this prefix can have this visibility: "Unscoped packages are always public."
/// ([V1](crate::docs::rules#v1))
fn can_be(scope: &str, visibility: Visibility) -> bool {
    match visibility {
        Visibility::Public => true,
        Visibility::Private => !scope.is_empty(),
    }
}

/// Returns every package. Its name describes it, such as `@acme/private-two-factor-only`.
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

/// Returns the names of all packages that exist.
pub(super) fn existing() -> Vec<Name> {
    every_package().into_iter().map(|(name, _, _)| name).collect()
}

/// Returns names that no package has. For each scope, one name is valid for a new package, and one name is valid only
/// for an old package ([N2](crate::docs::rules#n2)).
pub(super) fn free() -> Vec<Name> {
    every_scope().flat_map(|scope| ["free", "Free"].map(|name| format!("{scope}{name}").into())).collect()
}

/// Returns the documents of all packages, each with the grants in `owner`, and with a grant to bob, who makes no
/// request.
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

//! The tokens that make the requests.
//!
//! [`all`] returns tokens of every kind, with every permission and selection in both grants. [`in_every_state`] returns
//! a few tokens in every state, such as revoked or expired.

use std::{format, string::String, vec::Vec};

use serde_json::{Value, json};

use super::{
    packages,
    times::{CREATED, EXPIRES, NOW},
};
use crate::{
    token::LegacyKind,
    value::{GrantedPermission, PackagesPermission, Permission},
};

/// How a token's selection covers the packages of the requests.
#[derive(Clone, Copy, Debug)]
enum Selected {
    /// It covers all packages.
    All,
    /// It has the name of every package in the requests, whether the package exists or not.
    Names,
    /// It has the scope of every scoped package, and does not cover the unscoped packages.
    Scopes,
    /// It covers no package. It has names and scopes that are similar to those of the packages.
    Misses,
}

impl Selected {
    const ALL: [Self; 4] = [Self::All, Self::Names, Self::Scopes, Self::Misses];

    /// Returns the part of a token's id that describes the selection.
    const fn label(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Names => "by name",
            Self::Scopes => "by scope",
            Self::Misses => "not selected",
        }
    }

    /// Returns the value of `select` in the token's document.
    fn select(self) -> Value {
        match self {
            Self::All => json!("all"),
            Self::Names => {
                let names = [packages::existing(), packages::free()].concat();
                json!({"packages": names})
            }
            Self::Scopes => json!({"scopes": packages::selectable_scopes()}),
            Self::Misses => json!({
                "packages": ["public", "acme", "Public-no-requirement", "@acme/public", "@acme/private-"],
                "scopes": ["@acme-evil", "@acm", "@Acme", "@alices", "@ob"],
            }),
        }
    }
}

/// The selections of organizations, each after its label in the token's id. The first has `acme`. The second has only
/// names that are similar to those in the requests.
const ORGANIZATIONS: [(&str, &[&str]); 2] = [("named", &["acme"]), ("not named", &["beta-", "acme-evil", "Acme"])];

/// A grant of a granular token: its label in the token's id, its JSON document, and its permission.
type LabelledGrant = (String, Value, Permission);

fn no_access() -> LabelledGrant {
    (String::from("no-access"), json!({"permission": "no-access"}), Permission::NoAccess)
}

fn package_grants() -> Vec<LabelledGrant> {
    let mut grants = Vec::from([no_access()]);
    for permission in PackagesPermission::ALL {
        for selected in Selected::ALL {
            let grant = json!({"permission": permission, "select": selected.select()});
            grants.push((format!("{permission} {}", selected.label()), grant, (*permission).into()));
        }
    }
    grants
}

fn organization_grants() -> Vec<LabelledGrant> {
    let mut grants = Vec::from([no_access()]);
    for permission in GrantedPermission::ALL {
        for (label, names) in ORGANIZATIONS {
            let grant = json!({"permission": permission, "select": names});
            grants.push((format!("{permission} {label}"), grant, (*permission).into()));
        }
    }
    grants
}

/// Returns a legacy token of each kind, a session token, and a granular token with each valid combination of two grants
/// and the bypass of the second factor. None of them is revoked, expired or limited to ranges of addresses.
pub(super) fn all() -> Vec<Value> {
    let mut tokens = Vec::new();
    for kind in LegacyKind::ALL {
        tokens.push(token(&format!("legacy {kind}"), "legacy", &json!(kind)));
    }
    tokens.push(token("session", "session", &json!({"expires": EXPIRES})));
    for (packages, packages_grant, on_packages) in package_grants() {
        for (orgs, orgs_grant, on_organizations) in organization_grants() {
            let writes = [on_packages, on_organizations].contains(&Permission::ReadWrite);
            let nothing = [on_packages, on_organizations] == [Permission::NoAccess; 2];
            for bypass in [false, true] {
                // A token needs a permission above `no-access` (rule L5), and may bypass the second factor only with a
                // `read-write` permission (rule L7).
                if nothing || (bypass && !writes) {
                    continue;
                }
                let id = format!("packages {packages}, orgs {orgs}{}", if bypass { ", bypass" } else { "" });
                let granular = json!({
                    "name": format!("t{}", tokens.len()), "expires": EXPIRES, "bypass_2fa": bypass,
                    "packages_and_scopes": packages_grant, "orgs": orgs_grant,
                });
                tokens.push(token(&id, "granular", &granular));
            }
        }
    }
    tokens
}

/// Returns the tokens in [`all`] whose kind, bypass and permissions differ, with selections that cover every resource,
/// and one token that selects nothing of it. The second factor ([F](crate::docs::rules#f)) depends on no more.
pub(super) fn of_every_kind() -> Vec<Value> {
    let chosen = |id: &str| {
        !["by name", "by scope", "not selected", "not named"].iter().any(|label| id.contains(label))
            || id == "packages read-write not selected, orgs read-write not named"
    };
    all().into_iter().filter(|token| token["id"].as_str().is_some_and(chosen)).collect()
}

fn token(id: &str, kind: &str, value: &Value) -> Value {
    json!({"id": id, "owner": "alice", "created": CREATED, "revoked": null, "cidr": null, kind: value})
}

/// The fields that make up the state of a token. A row has the label in the token's id, the name of the field, and the
/// values that the field is set to. An empty value leaves the field unchanged.
const STATES: [(&str, &str, &[&str]); 4] = [
    ("revoked", "revoked", &["", "2025-11-01T00:00:00Z", "2030-01-01T00:00:00Z"]),
    ("expires", "expires", &["", "2025-11-10T00:00:00.000000001Z", NOW, "2025-11-09T23:59:59.999999999Z"]),
    ("made", "created", &["", "2025-11-20T00:00:00Z"]),
    ("from", "cidr", &["", "192.0.2.0/24", "198.51.100.0/24"]),
];

/// Returns a few of the tokens in [`all`], each with every possible combination of the values in [`STATES`]. The checks
/// of the token itself ([T1](crate::docs::rules#t1) to [T3](crate::docs::rules#t3)) depend on these values, and on its
/// kind ([P1](crate::docs::rules#p1)).
///
/// In the id of a token, the part before ` | ` is its id in [`all`].
pub(super) fn in_every_state() -> Vec<Value> {
    let chosen = |id: &str| {
        id.starts_with("legacy")
            || [
                "session",
                "packages read-write all, orgs read-write named",
                "packages stage-only by scope, orgs no-access",
                "packages read-only by name, orgs no-access",
            ]
            .contains(&id)
    };
    let mut tokens: Vec<Value> = all().into_iter().filter(|token| token["id"].as_str().is_some_and(chosen)).collect();
    for (label, field, values) in STATES {
        tokens = tokens
            .iter()
            .flat_map(|token| values.iter().filter_map(|value| in_state(token, label, field, value)))
            .collect();
    }
    // Two granular tokens of an account cannot have the same name (rule L6).
    for (index, token) in tokens.iter_mut().enumerate() {
        if let Some(granular) = token.get_mut("granular") {
            granular["name"] = json!(format!("s{index}"));
        }
    }
    tokens
}

/// Returns the token with the field set to the value, or `None` if no such token can exist: a legacy token has no
/// expiry, and no granular token expires within a day of its creation ([L4](crate::docs::rules#l4)).
fn in_state(token: &Value, label: &str, field: &str, value: &str) -> Option<Value> {
    let mut token = token.clone();
    if value.is_empty() {
        return Some(token);
    }
    let id = token["id"].as_str()?;
    let separator = if id.contains(" | ") { ", " } else { " | " };
    token["id"] = json!(format!("{id}{separator}{label} {value}"));
    match field {
        "expires" => {
            let kind = if token.get("session").is_some() { "session" } else { "granular" };
            *token.get_mut(kind)?.get_mut("expires")? = json!(value);
        }
        "cidr" => token["cidr"] = json!([value]),
        "created" if token["granular"]["expires"].as_str().is_some_and(|expires| expires < "2025-12") => return None,
        _ => token[field] = json!(value),
    }
    Some(token)
}

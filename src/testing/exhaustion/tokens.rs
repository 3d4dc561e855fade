//! Tokens: of every kind, with every permission and selection on both sides; and those in every state of T.

use std::{format, string::String, vec::Vec};

use serde_json::{Value, json};

use super::{
    packages,
    times::{CREATED, EXPIRES, NOW},
};
use crate::{token::LegacyKind, value::GrantedPermission};

/// How a selection relates to the packages that are asked about.
#[derive(Clone, Copy, Debug)]
enum Selected {
    All,
    /// Each by its name, those that are free too.
    Names,
    /// Each by its scope; unscoped ones not.
    Scopes,
    /// None of them: names and scopes that are almost theirs.
    Misses,
}

impl Selected {
    const ALL: [Self; 4] = [Self::All, Self::Names, Self::Scopes, Self::Misses];

    const fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Names => "by name",
            Self::Scopes => "by scope",
            Self::Misses => "not selected",
        }
    }

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

/// Whether the organization that is asked about is named: it is always acme that may be.
const ORGANIZATIONS: [(&str, &[&str]); 2] = [("named", &["acme"]), ("not named", &["beta-", "acme-evil", "Acme"])];

/// One side of a granular token: what to call it, and its grant.
type GrantKind = (String, Value, Option<GrantedPermission>);

fn no_access() -> GrantKind {
    (String::from("no-access"), json!({"permission": "no-access"}), None)
}

fn package_sides() -> Vec<GrantKind> {
    let mut sides = Vec::from([no_access()]);
    for permission in GrantedPermission::ALL {
        for selected in Selected::ALL {
            let grant = json!({"permission": permission, "select": selected.select()});
            sides.push((format!("{permission} {}", selected.word()), grant, Some(*permission)));
        }
    }
    sides
}

fn organization_sides() -> Vec<GrantKind> {
    let mut sides = Vec::from([no_access()]);
    for permission in GrantedPermission::ALL {
        for (word, names) in ORGANIZATIONS {
            let grant = json!({"permission": permission, "select": names});
            sides.push((format!("{permission} {word}"), grant, Some(*permission)));
        }
    }
    sides
}

/// Every token that can be, in good state.
pub(super) fn all() -> Vec<Value> {
    let mut tokens = Vec::new();
    for kind in LegacyKind::ALL {
        tokens.push(token(&format!("legacy {kind}"), "legacy", &json!(kind)));
    }
    for (packages, packages_grant, on_packages) in package_sides() {
        for (orgs, orgs_grant, on_organizations) in organization_sides() {
            let writes = [on_packages, on_organizations].contains(&Some(GrantedPermission::ReadWrite));
            for bypass in [false, true] {
                // L5: "at least one of the two permissions is above no-access"; L7: "refused without a read-write one".
                if (on_packages.is_none() && on_organizations.is_none()) || (bypass && !writes) {
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

fn token(id: &str, kind: &str, value: &Value) -> Value {
    json!({"id": id, "owner": "alice", "created": CREATED, "revoked": null, "cidr": null, kind: value})
}

/// What [`in_every_state`] makes of the tokens it takes: the good one first.
const STATES: [(&str, &str, &[&str]); 4] = [
    ("revoked", "revoked", &["", "2025-11-01T00:00:00Z", "2030-01-01T00:00:00Z"]),
    ("expires", "expires", &["", "2025-11-10T00:00:00.000000001Z", NOW, "2025-11-09T23:59:59.999999999Z"]),
    ("made", "created", &["", "2025-11-20T00:00:00Z"]),
    ("from", "cidr", &["", "192.0.2.0/24", "198.51.100.0/24"]),
];

/// A few of the tokens, in every combination of the states of T. What comes before ` | ` in an id is the id that the
/// token has in good state.
pub(super) fn in_every_state() -> Vec<Value> {
    let chosen = |id: &str| {
        id.starts_with("legacy")
            || ["packages read-write all, orgs read-write named", "packages read-only by name, orgs no-access"]
                .contains(&id)
    };
    let mut tokens: Vec<Value> = all().into_iter().filter(|token| token["id"].as_str().is_some_and(chosen)).collect();
    for (word, field, values) in STATES {
        tokens = tokens
            .iter()
            .flat_map(|token| values.iter().filter_map(|value| changed(token, word, field, value)))
            .collect();
    }
    // A token's name is its own.
    for (index, token) in tokens.iter_mut().enumerate() {
        if let Some(granular) = token.get_mut("granular") {
            granular["name"] = json!(format!("s{index}"));
        }
    }
    tokens
}

/// The token in that state, if it can be: a legacy token has no expiry, and none expires within a day of its making.
fn changed(token: &Value, word: &str, field: &str, value: &str) -> Option<Value> {
    let mut token = token.clone();
    if value.is_empty() {
        return Some(token);
    }
    let id = token["id"].as_str()?;
    let separator = if id.contains(" | ") { ", " } else { " | " };
    token["id"] = json!(format!("{id}{separator}{word} {value}"));
    match field {
        "expires" => *token.get_mut("granular")?.get_mut("expires")? = json!(value),
        "cidr" => token["cidr"] = json!([value]),
        "created" if token["granular"]["expires"].as_str().is_some_and(|expires| expires < "2025-12") => return None,
        _ => token[field] = json!(value),
    }
    Some(token)
}

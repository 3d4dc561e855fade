//! A world as Cedar entities.

use std::collections::{HashMap, HashSet};

use cedar_policy::{Entities, Entity, EntityUid, RestrictedExpression, Schema};
use serde_json::Value;

use crate::{
    Mistake,
    values::{self, instant, record, reference, references, uid},
};

/// What is looked up by name.
pub struct World<'a> {
    users: HashMap<&'a str, &'a Value>,
    organizations: HashSet<&'a str>,
    packages: HashMap<&'a str, &'a Value>,
    tokens: HashMap<&'a str, &'a Value>,
    token_ids: HashMap<&'a str, &'a str>,
    policy: &'a Value,
}

impl<'a> World<'a> {
    /// Of a world that loads.
    pub fn new(world: &'a Value) -> World<'a> {
        let named = |list: &str, key: &str| list_of(world, list).map(|entry| (text(entry, key), entry)).collect();
        let with_secret = |token: &'a Value| Some((token["secret_sha256"].as_str()?, text(token, "id")));
        World {
            users: named("users", "name"),
            organizations: list_of(world, "orgs").map(|org| text(org, "name")).collect(),
            packages: named("packages", "name"),
            tokens: named("tokens", "id"),
            token_ids: list_of(world, "tokens").filter_map(with_secret).collect(),
            policy: &world["policy"],
        }
    }

    /// The policy under which every request is decided.
    pub fn policy(&self) -> &'a Value {
        self.policy
    }

    /// Whether a package has that name.
    pub fn has_package(&self, name: &str) -> bool {
        self.packages.contains_key(name)
    }

    /// The token that a request presents by id or by secret, if somebody knows it.
    pub fn token(&self, request: &Value) -> Option<&'a Value> {
        let id = match request["secret"].as_str() {
            Some(secret) => self.token_ids.get(values::digest(secret)?.as_str())?,
            None => request["token"].as_str()?,
        };
        self.tokens.get(id).copied()
    }

    /// The whole world, and every name that the requests use and no package has.
    pub fn entities<'r>(
        &self,
        requests: impl Iterator<Item = &'r Value>,
        schema: &Schema,
    ) -> Result<Entities, Mistake> {
        let mut entities = Vec::new();
        let mut scopes = HashSet::new();
        for user in self.users.values() {
            entities.push(user_entity(user)?);
        }
        for organization in &self.organizations {
            entities.push(Entity::with_uid(uid("Organization", organization)?));
        }
        for (name, package) in &self.packages {
            scopes.extend(values::scope_of(name));
            entities.push(package_entity(name, package)?);
        }
        for token in self.tokens.values() {
            entities.push(token_entity(token)?);
        }
        let free: HashSet<&str> =
            requests.filter_map(|request| request["package"].as_str()).filter(|it| !self.has_package(it)).collect();
        for name in free {
            scopes.extend(values::scope_of(name));
            let attributes = [("valid_for_new", values::valid_for_new(name))];
            entities.push(named_in_scope("FreeName", name, attributes.into())?);
        }
        for scope in scopes {
            entities.push(self.scope_entity(scope)?);
        }
        Ok(Entities::from_entities(entities, Some(schema))?)
    }

    /// N4: a user's, an organization's or nobody's.
    fn scope_entity(&self, name: &str) -> Result<Entity, Mistake> {
        let id = uid("Scope", name)?;
        if self.users.contains_key(name) {
            entity(id, vec![("user", reference("User", name)?)], HashSet::new())
        } else if self.organizations.contains(name) {
            let organization = uid("Organization", name)?;
            entity(id, vec![("organization", reference("Organization", name)?)], HashSet::from([organization]))
        } else {
            Ok(Entity::with_uid(id))
        }
    }
}

fn user_entity(user: &Value) -> Result<Entity, Mistake> {
    let mut parents = HashSet::new();
    for membership in list_of(user, "orgs") {
        let organization = text(membership, "name");
        parents.insert(uid("Organization", organization)?);
        for team in list_of(membership, "teams").filter_map(Value::as_str) {
            parents.insert(uid("Team", &format!("{organization}:{team}"))?);
        }
    }
    let with_role = |role: &'static str| {
        let memberships = list_of(user, "orgs").filter(move |membership| membership["role"] == role);
        references("Organization", memberships.map(|membership| text(membership, "name")))
    };
    let mut attributes = vec![
        ("status", reference("Status", text(user, "status"))?),
        ("two_factor", reference("TwoFactor", text(user, "two_factor"))?),
        ("owner_of", with_role("owner")?),
        ("admin_of", with_role("admin")?),
    ];
    for name in ["tokens_revoked_until", "writes_held_until"] {
        if let Some(time) = user[name].as_str() {
            attributes.push((name, instant(time)?));
        }
    }
    entity(uid("User", text(user, "name"))?, attributes, parents)
}

fn package_entity(name: &str, package: &Value) -> Result<Entity, Mistake> {
    let granted = |to: &str, permission: &'static str, type_name: &str| {
        let grants = package[to].as_object().into_iter().flatten().filter(move |(_, granted)| **granted == permission);
        references(type_name, grants.map(|(name, _)| name.as_str()))
    };
    let teams = package["teams"].as_object().into_iter().flatten();
    let organizations = teams.filter_map(|(team, _)| Some(team.split_once(':')?.0));
    let attributes = vec![
        ("visibility", reference("Visibility", text(package, "visibility"))?),
        ("publishing_access", reference("PublishingAccess", text(package, "publishing_access"))?),
        ("readers", granted("users", "read-only", "User")?),
        ("writers", granted("users", "read-write", "User")?),
        ("reading_teams", granted("teams", "read-only", "Team")?),
        ("writing_teams", granted("teams", "read-write", "Team")?),
        ("organizations_of_teams", references("Organization", organizations)?),
    ];
    named_in_scope("Package", name, attributes)
}

/// A package or a free name, in its scope if it has one.
fn named_in_scope(
    type_name: &str,
    name: &str,
    mut attributes: Vec<(&str, RestrictedExpression)>,
) -> Result<Entity, Mistake> {
    let mut parents = HashSet::new();
    if let Some(scope) = values::scope_of(name) {
        attributes.push(("scope", reference("Scope", scope)?));
        parents.insert(uid("Scope", scope)?);
    }
    entity(uid(type_name, name)?, attributes, parents)
}

fn token_entity(token: &Value) -> Result<Entity, Mistake> {
    let kind = match (token["legacy"].as_str(), token.get("session")) {
        (Some(legacy), _) => legacy,
        (None, Some(_)) => "session",
        (None, None) => "granular",
    };
    let mut attributes = vec![
        ("owner", reference("User", text(token, "owner"))?),
        ("created", instant(text(token, "created"))?),
        ("kind", reference("Kind", kind)?),
    ];
    if let Some(time) = token["revoked"].as_str() {
        attributes.push(("revoked", instant(time)?));
    }
    if token["cidr"].is_array() {
        let ranges: Result<Vec<_>, _> = list_of(token, "cidr").filter_map(Value::as_str).map(values::range).collect();
        attributes.push(("ranges", RestrictedExpression::new_set(ranges?)));
    }
    if let Some(time) = token["granular"]["expires"].as_str().or_else(|| token["session"]["expires"].as_str()) {
        attributes.push(("expires", instant(time)?));
    }
    if token["granular"].is_object() {
        attributes.push(("granular", granular(&token["granular"])?));
    }
    entity(uid("Token", text(token, "id"))?, attributes, HashSet::new())
}

fn granular(granular: &Value) -> Result<RestrictedExpression, Mistake> {
    let (packages, orgs) = (&granular["packages_and_scopes"], &granular["orgs"]);
    let permission = |grant: &Value| reference("Permission", grant["permission"].as_str().unwrap_or("no-access"));
    let selected = |select, key| list_of(select, key).filter_map(Value::as_str);
    let select = &packages["select"];
    let scopes = selected(select, "scopes").map(|scope| scope.strip_prefix('@').unwrap_or(scope));
    record([
        ("bypass_2fa", RestrictedExpression::new_bool(granular["bypass_2fa"] == true)),
        (
            "packages_and_scopes",
            record([
                ("permission", permission(packages)?),
                ("all", RestrictedExpression::new_bool(select == "all")),
                ("packages", references("Package", selected(select, "packages"))?),
                ("scopes", references("Scope", scopes)?),
            ])?,
        ),
        (
            "orgs",
            record([
                ("permission", permission(orgs)?),
                ("select", references("Organization", selected(orgs, "select"))?),
            ])?,
        ),
    ])
}

fn entity(
    uid: EntityUid,
    attributes: Vec<(&str, RestrictedExpression)>,
    parents: HashSet<EntityUid>,
) -> Result<Entity, Mistake> {
    let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Ok(Entity::new(uid, attributes, parents)?)
}

/// The list under a key; nothing if it is left out.
pub fn list_of<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value[key].as_array().into_iter().flatten()
}

/// The text under a key of a world that loads.
pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

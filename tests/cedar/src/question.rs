//! A request as Cedar requests.

use cedar_policy::{Context, EntityUid, Request, RestrictedExpression, Schema};
use serde_json::Value;

use crate::{
    Mistake,
    entities::{World, list_of, text},
    values::{self, client, instant, record, reference, uid},
};

/// Who presents what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    /// A token on record.
    Token,
    /// No token.
    Nothing,
    /// A token that nobody knows.
    Unknown,
}

/// What stands for the token.
pub fn presented(world: &World<'_>, request: &Value) -> Presented {
    if world.token(request).is_some() {
        Presented::Token
    } else if request.get("secret").is_none() && request["token"].is_null() {
        Presented::Nothing
    } else {
        Presented::Unknown
    }
}

/// The question of a request that is one, without and with a second factor shown.
pub fn questions(world: &World<'_>, request: &Value, schema: &Schema) -> Result<[Request; 2], Mistake> {
    let principal = principal(world, request)?;
    let action = action(world, request)?;
    let resource = resource(world, request)?;
    let ask = |second_factor_shown| -> Result<Request, Mistake> {
        let context = context(world, request, second_factor_shown)?;
        Ok(Request::new(principal.clone(), action.clone(), resource.clone(), context, Some(schema))?)
    };
    Ok([ask(false)?, ask(true)?])
}

fn principal(world: &World<'_>, request: &Value) -> Result<EntityUid, Mistake> {
    match (presented(world, request), world.token(request)) {
        (Presented::Token, Some(token)) => uid("Token", text(token, "id")),
        (Presented::Nothing, _) => uid("NoToken", ""),
        (_, _) => uid("UnknownToken", ""),
    }
}

/// What a publish is depends on whether the name is new.
fn action(world: &World<'_>, request: &Value) -> Result<EntityUid, Mistake> {
    let action = match text(request, "action") {
        "publish" if world.has_package(text(request, "package")) => "publish-version",
        "publish" => "create-package",
        action => action,
    };
    uid("Action", action)
}

/// The package if the request names one, else the organization, else the user: "left out: the token's owner".
fn resource(world: &World<'_>, request: &Value) -> Result<EntityUid, Mistake> {
    if let Some(package) = request["package"].as_str() {
        return uid(if world.has_package(package) { "Package" } else { "FreeName" }, package);
    }
    if let Some(organization) = request["org"].as_str() {
        return uid("Organization", organization);
    }
    let owner = world.token(request).map_or("", |token| text(token, "owner"));
    uid("User", request["user"].as_str().unwrap_or(owner))
}

/// The names of the editions in the order of the table of P, each with its values of `legacy_tokens`,
/// `least_publishing_access` and `bypass_covers`.
const EDITIONS: [(&str, [&str; 3]); 4] = [
    ("npm-2025-10", ["honoured", "no-requirement", "everything"]),
    ("npm-2025-12", ["retired", "two-factor-or-bypass", "everything"]),
    ("npm-2026-08", ["retired", "two-factor-or-bypass", "all-but-governance"]),
    ("npm-2027-01", ["retired", "two-factor-or-bypass", "all-but-governance-and-publish"]),
];

/// P: the edition's value of each switch, where the document does not have a tighter one.
fn policy(document: &Value) -> Result<RestrictedExpression, Mistake> {
    let edition = document.as_str().or_else(|| document["edition"].as_str()).unwrap_or_default();
    let (_, [legacy_tokens, least, covers]) =
        EDITIONS.iter().find(|(name, _)| *name == edition).ok_or_else(|| format!("no edition `{edition}`"))?;
    let value = |type_name, switch, of_edition| reference(type_name, document[switch].as_str().unwrap_or(of_edition));
    record([
        ("legacy_tokens", value("LegacyTokens", "legacy_tokens", *legacy_tokens)?),
        ("least_publishing_access", value("PublishingAccess", "least_publishing_access", *least)?),
        ("bypass_covers", value("BypassCovers", "bypass_covers", *covers)?),
    ])
}

fn context(world: &World<'_>, request: &Value, second_factor_shown: bool) -> Result<Context, Mistake> {
    let mut facts = vec![
        ("policy", policy(world.policy())?),
        ("now", instant(text(request, "now"))?),
        ("second_factor_shown", RestrictedExpression::new_bool(second_factor_shown)),
    ];
    if let Some(address) = request["client_ip"].as_str() {
        let ranges: Vec<&str> =
            world.token(request).into_iter().flat_map(|it| list_of(it, "cidr")).filter_map(Value::as_str).collect();
        if let Some(first) = ranges.first() {
            let range = match values::containing(&ranges, address) {
                Some(range) => values::range(range)?,
                // A wrong one must not help: the token's without the client, or one with it that is not the token's.
                None if second_factor_shown => client(address)?,
                None => values::range(first)?,
            };
            facts.push(("client", record([("ip", client(address)?), ("range", range)])?));
        }
    }
    if let Some(organization) = request["org"].as_str() {
        facts.push(("organization", reference("Organization", organization)?));
    }
    Ok(Context::from_pairs(facts.into_iter().map(|(name, value)| (name.to_owned(), value)))?)
}

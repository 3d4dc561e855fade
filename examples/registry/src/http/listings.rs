//! Listings, which show only packages that the caller may read.

use std::collections::{BTreeMap, BTreeSet};

use axum::{extract::Query, http::request::Parts, response::Response};
use serde::Deserialize;
use serde_json::{Value, json};
use tollgate::{
    AccountAction, Decision, Package, PackageAction, UserName, authorize_anonymous,
    decision::{AccessRequest, Caller, ResourceFacts},
    npm::Answer,
    value::Permission,
};

use super::{
    asker::Asker,
    exchange::Exchange,
    package::{npm_word, parsed},
    reply,
};
use crate::{
    failure::{Failure, fact},
    store::{facts, packages, packument},
};

/// The most results of one search, as at npm's.
const MAX_SIZE: usize = 250;
/// How many where nothing is said.
const DEFAULT_SIZE: usize = 20;

/// The packages that the caller may read, by name. A token that is of no use reads what everyone may, with a notice.
pub(crate) async fn readable(exchange: &mut Exchange<'_>) -> Result<BTreeMap<String, Package>, Failure> {
    let all = facts::all_packages(&mut exchange.tx).await?;
    if let Some(notice) = why_token_is_of_no_use(exchange)? {
        exchange.notice = Some(notice);
        exchange.trail.token_ignored();
        exchange.asker = Asker::NoToken;
    }
    let caller = exchange.asker.caller()?;
    let by_name = |package: Package| (package.name().to_string(), package);
    Ok(match &caller {
        Caller::Token(bound) => {
            let presented = bound.at(exchange.asked.client_ip, exchange.asked.now);
            let names: BTreeSet<String> =
                presented.readable(&all).map(|package| package.name().as_str().to_owned()).collect();
            all.into_iter().map(by_name).filter(|(name, _)| names.contains(name)).collect()
        }
        Caller::NoToken | Caller::UnknownToken => {
            let is_readable = |package: &Package| authorize_anonymous(PackageAction::ReadPackage, package).is_allow();
            all.into_iter().filter(is_readable).map(by_name).collect()
        }
    })
}

/// The notice for a token that nothing would be allowed with. Every good token may ask who it is.
fn why_token_is_of_no_use(exchange: &Exchange<'_>) -> Result<Option<&'static str>, Failure> {
    let caller = exchange.asker.caller()?;
    let whoami = AccessRequest::Account { action: AccountAction::Whoami, user: None };
    let decision = whoami.decide(&caller, &ResourceFacts::NONE, exchange.asked.client_ip, exchange.asked.now);
    Ok(match fact(decision)? {
        Decision::Deny(deny) => Answer::notice_for_ignored(&deny),
        Decision::Allow(_) | Decision::Challenge(_) => None,
    })
}

#[derive(Deserialize)]
struct SearchQuery {
    #[serde(default)]
    text: String,
    size: Option<usize>,
    from: Option<usize>,
}

/// `GET /-/v1/search`.
pub(crate) async fn search(exchange: &mut Exchange<'_>, parts: &Parts) -> Result<Response, Failure> {
    let Query(query) = Query::<SearchQuery>::try_from_uri(&parts.uri)
        .map_err(|_| Failure::bad_request("malformed query: expected `text`, and `size` and `from` as numbers"))?;
    let words: Vec<String> = query.text.split_whitespace().map(str::to_lowercase).collect();
    let mut objects = Vec::new();
    for name in readable(exchange).await?.into_keys() {
        let base = exchange.asked.base.clone();
        let Some(document) = packument::packument(&mut exchange.tx, parsed(&name)?, &base).await? else { continue };
        if words.iter().all(|word| matches_word(&document, word)) {
            objects.push(result(&document));
        }
    }
    let (total, from) = (objects.len(), query.from.unwrap_or(0));
    let size = query.size.unwrap_or(DEFAULT_SIZE).min(MAX_SIZE);
    let objects: Vec<Value> = objects.into_iter().skip(from).take(size).collect();
    Ok(reply::ok(&json!({ "objects": objects, "total": total, "time": exchange.asked.now })))
}

fn matches_word(document: &Value, word: &str) -> bool {
    let contains =
        |value: Option<&Value>| value.and_then(Value::as_str).is_some_and(|text| text.to_lowercase().contains(word));
    let keywords = document.get("keywords").and_then(Value::as_array);
    contains(document.get("name"))
        || contains(document.get("description"))
        || keywords.is_some_and(|keywords| keywords.iter().any(|keyword| contains(Some(keyword))))
}

fn result(document: &Value) -> Value {
    let field = |name: &str| document.get(name).cloned().unwrap_or(Value::Null);
    let latest = document.get("dist-tags").and_then(|tags| tags.get("latest")).cloned().unwrap_or(Value::Null);
    let maintainers: Vec<Value> = document
        .get("maintainers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|maintainer| json!({ "username": maintainer.get("name"), "email": maintainer.get("email") }))
        .collect();
    json!({
        "package": {
            "name": field("name"),
            "version": latest,
            "description": field("description"),
            "keywords": document.get("keywords").cloned().unwrap_or_else(|| json!([])),
            "date": document.get("time").and_then(|time| time.get("modified")),
            "publisher": maintainers.first(),
            "maintainers": maintainers,
            "links": {},
        },
        "score": { "final": 1, "detail": { "quality": 1, "popularity": 1, "maintenance": 1 } },
        "searchScore": 1,
    })
}

/// `GET /-/_view/starredByUser`.
pub(crate) async fn stars(exchange: &mut Exchange<'_>, user: &UserName) -> Result<Response, Failure> {
    let readable = readable(exchange).await?;
    let starred = packages::starred_by(&mut exchange.tx, user.as_str()).await?;
    let rows: Vec<Value> = starred
        .into_iter()
        .filter(|package| readable.contains_key(package))
        .map(|package| json!({ "key": user, "value": package }))
        .collect();
    Ok(reply::ok(&json!({ "rows": rows })))
}

/// `GET /-/user/:user/package`: the packages that the user has a recorded right to, or owns the scope of.
pub(crate) async fn packages_of_user(exchange: &mut Exchange<'_>, user: &UserName) -> Result<Response, Failure> {
    let mut held = packages::of_user(&mut exchange.tx, user.as_borrowed()).await?;
    let mut listed = serde_json::Map::new();
    for (name, package) in readable(exchange).await? {
        let is_own_scope = package.name().as_borrowed().scope().is_some_and(|scope| scope.is_of_user(user));
        let permission = if is_own_scope { Some(Permission::ReadWrite) } else { held.remove(&name) };
        if let Some(permission) = permission {
            listed.insert(name, npm_word(permission).into());
        }
    }
    Ok(reply::ok(&Value::Object(listed)))
}

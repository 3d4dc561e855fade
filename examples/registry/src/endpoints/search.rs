//! Search, stars, and the packages of a user. Each lists only packages that the caller may read.

use axum::{extract::Query, http::request::Parts, response::Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tollgate::{PackageName, UserName, value::Permission};

use crate::{
    base::failure::{Failure, fact},
    exchange::{decisions::Exchange, readable::readable_packages},
    reply::{npm_word::npm_word, response},
    store::{packages, packument},
};

/// The highest number of results that a client can ask for, as in npm.
const MAX_SIZE: usize = 250;
/// The maximum number of results of a search if the client does not set it.
const DEFAULT_SIZE: usize = 20;

#[derive(Deserialize)]
struct SearchQuery {
    #[serde(default)]
    text: String,
    size: Option<usize>,
    from: Option<usize>,
}

/// `GET /-/v1/search`: the packages whose name, description or keywords contain every word, regardless of case.
pub(crate) async fn search(exchange: &mut Exchange<'_>, parts: &Parts) -> Result<Response, Failure> {
    let Query(query) = Query::<SearchQuery>::try_from_uri(&parts.uri)
        .map_err(|_| Failure::bad_request("malformed query: expected `text`, and `size` and `from` as numbers"))?;
    let words: Vec<String> = query.text.split_whitespace().map(str::to_lowercase).collect();
    let mut objects = Vec::new();
    for name in readable_packages(exchange).await?.into_keys() {
        let base = exchange.context.base_url.clone();
        let package = fact(PackageName::new(&name))?;
        let Some(document) = packument::packument(&mut exchange.tx, package, &base).await? else { continue };
        if words.iter().all(|word| matches_word(&document, word)) {
            objects.push(search_result(&document));
        }
    }
    let (total, from) = (objects.len(), query.from.unwrap_or(0));
    let size = query.size.unwrap_or(DEFAULT_SIZE).min(MAX_SIZE);
    let objects: Vec<Value> = objects.into_iter().skip(from).take(size).collect();
    Ok(response::ok(&json!({ "objects": objects, "total": total, "time": exchange.context.now })))
}

fn matches_word(document: &Value, word: &str) -> bool {
    let contains =
        |value: Option<&Value>| value.and_then(Value::as_str).is_some_and(|text| text.to_lowercase().contains(word));
    let keywords = document.get("keywords").and_then(Value::as_array);
    contains(document.get("name"))
        || contains(document.get("description"))
        || keywords.is_some_and(|keywords| keywords.iter().any(|keyword| contains(Some(keyword))))
}

fn search_result(document: &Value) -> Value {
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

/// `GET /-/_view/starredByUser`: the packages that the user has starred.
pub(crate) async fn stars(exchange: &mut Exchange<'_>, user: &UserName) -> Result<Response, Failure> {
    let readable = readable_packages(exchange).await?;
    let starred = packages::starred_by(&mut exchange.tx, user.as_str()).await?;
    let rows: Vec<Value> = starred
        .into_iter()
        .filter(|package| readable.contains_key(package))
        .map(|package| json!({ "key": user, "value": package }))
        .collect();
    Ok(response::ok(&json!({ "rows": rows })))
}

/// `GET /-/user/:user/package`: the packages on which the user has a grant, directly or by a team, and the packages in
/// the user's own scope, each with npm's word for the permission.
pub(crate) async fn packages_of_user(exchange: &mut Exchange<'_>, user: &UserName) -> Result<Response, Failure> {
    let mut held = packages::of_user(&mut exchange.tx, user.as_borrowed()).await?;
    let mut listed = Map::new();
    for (name, package) in readable_packages(exchange).await? {
        let is_own_scope = package.name().as_borrowed().scope().is_some_and(|scope| scope.is_of_user(user));
        let permission = if is_own_scope { Some(Permission::ReadWrite) } else { held.remove(&name) };
        if let Some(permission) = permission {
            listed.insert(name, npm_word(permission).into());
        }
    }
    Ok(response::ok(&Value::Object(listed)))
}

//! Search, stars, and the packages of a user. Each lists only packages that the caller may read.

use axum::{extract::Query, http::request::Parts, response::Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tollgate::{PackageName, UserName, value::Permission};

use crate::{
    base::{
        failure::{Failure, fact},
        milliseconds::in_milliseconds,
    },
    exchange::{collaborators, decisions::Exchange, readable::readable_packages},
    reply::{npm_word::npm_word, response},
    store::{
        packages,
        search_entries::{self, SearchEntry},
    },
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
    let readable = readable_packages(exchange).await?;
    let mut found: Vec<(String, SearchEntry)> = search_entries::all(&mut exchange.tx).await?.into_iter().collect();
    found.retain(|(name, entry)| {
        readable.contains_key(name) && words.iter().all(|word| matches_word(name, entry, word))
    });
    let (total, from) = (found.len(), query.from.unwrap_or(0));
    let size = query.size.unwrap_or(DEFAULT_SIZE).min(MAX_SIZE);
    let mut objects = Vec::new();
    for (name, entry) in found.into_iter().skip(from).take(size) {
        let maintainers = collaborators::writers(exchange, fact(PackageName::new(&name))?).await?;
        objects.push(search_result(&name, &entry, &maintainers));
    }
    Ok(response::ok(
        &json!({ "objects": objects, "total": total, "time": in_milliseconds(&exchange.context.now.to_string()) }),
    ))
}

fn matches_word(name: &str, entry: &SearchEntry, word: &str) -> bool {
    let contains = |text: &str| text.to_lowercase().contains(word);
    contains(name) || contains(&entry.description) || entry.keywords.iter().any(|keyword| contains(keyword))
}

fn search_result(name: &str, entry: &SearchEntry, maintainers: &[String]) -> Value {
    let maintainers: Vec<Value> = maintainers.iter().map(|user| json!({ "username": user, "email": "" })).collect();
    json!({
        "package": {
            "name": name,
            "version": entry.version,
            "description": entry.description,
            "keywords": entry.keywords,
            "date": in_milliseconds(&entry.modified),
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

//! Tokens: list, make, revoke, log out.

use axum::{extract::Query, http::request::Parts, response::Response};
use serde::Deserialize;
use serde_json::json;
use tollgate::{
    AccountAction, BoundToken, Decision, Reason, Secret, Token,
    facts::Account,
    npm::{CreateTokenRequest, CreatedToken, ListedToken, RequestedToken, TokenInPath, TokenList},
    token::IssuedBy,
};

use super::{
    account,
    exchange::{Exchange, allowed},
    reply,
    request::Credentials,
    respond::not_offered,
};
use crate::{
    failure::Failure,
    issue::{self, NewToken},
    store::tokens,
};

/// How many tokens a page of the list has, unless fewer are asked for.
const PAGE: usize = 100;

#[derive(Deserialize)]
struct Paging {
    #[serde(default)]
    page: usize,
    #[serde(rename = "perPage")]
    per_page: Option<usize>,
}

/// `GET /-/npm/v1/tokens`.
pub(crate) async fn list(exchange: &mut Exchange<'_>, parts: &Parts) -> Result<Response, Failure> {
    let Query(paging) = Query::<Paging>::try_from_uri(&parts.uri)
        .map_err(|_| Failure::bad_request("malformed query: expected `page` and `perPage` as numbers"))?;
    let size = paging.per_page.unwrap_or(PAGE).clamp(1, PAGE);
    let owner = exchange.token()?.1.name().clone();
    let mut stored = tokens::of_user(&mut exchange.tx, owner.as_borrowed()).await?;
    stored.retain(|listed| !is_revoked(exchange, &listed.token));
    let skipped = paging.page.saturating_mul(size);
    let objects: Vec<ListedToken<'_>> =
        stored.iter().skip(skipped).take(size).map(|listed| ListedToken::new(&listed.token, listed.hint)).collect();
    let is_last = skipped.saturating_add(size) >= stored.len();
    let next = format!("/-/npm/v1/tokens?page={}&perPage={size}", paging.page.saturating_add(1));
    let next = if is_last { None } else { Some(next.as_str()) };
    Ok(reply::ok(&json!(TokenList { objects: &objects, total: stored.len(), next })))
}

/// Whether the token is revoked, by the account's cut-off too: what comes of it is the first thing that is asked of every
/// token (T1), whatever it is shown for.
fn is_revoked(exchange: &Exchange<'_>, token: &Token) -> bool {
    let Ok((_, owner)) = exchange.token() else { return false };
    let Ok(bound) = BoundToken::bind(token, owner) else { return false };
    let whoami = AccountAction::Whoami.on(Account { user: owner.name().as_borrowed() });
    match bound.at(exchange.asked.client_ip, exchange.asked.now).decide(whoami) {
        Decision::Deny(deny) => deny.reason() == Reason::TokenRevoked,
        Decision::Allow(_) | Decision::Challenge(_) => false,
    }
}

/// `POST /-/npm/v1/tokens`, which was allowed to the token that asks. The password shows that it is the owner.
pub(crate) async fn create(exchange: &mut Exchange<'_>) -> Result<Response, Failure> {
    let sent = exchange.body()?;
    let now = exchange.asked.now;
    let request = CreateTokenRequest::read(&sent, now).map_err(reply::invalid)?;
    let prepared = exchange.prepared;
    if !account::is_right(exchange, prepared.shown.as_ref()).await? {
        return Ok(reply::wrong_password());
    }
    let new = match request.token {
        RequestedToken::Granular { settings } => NewToken::Granular(Box::new(settings)),
        RequestedToken::Legacy { kind, allowed_ranges } => NewToken::Legacy { kind, ranges: allowed_ranges },
        _ => return Err(not_offered()),
    };
    let (maker, owner) = exchange.token().map(|(token, owner)| (token.clone(), owner.clone()))?;
    let issued = issue::issue(&mut exchange.tx, &owner, new, IssuedBy::Token(maker.as_view()), now).await?;
    Ok(reply::created(&json!(CreatedToken::new(&issued.token, &issued.secret))))
}

/// `DELETE /-/npm/v1/tokens/token/:token`: one of one's own, by its public id or its text.
pub(crate) async fn revoke(exchange: &mut Exchange<'_>, named: &TokenInPath) -> Result<Response, Failure> {
    let owner = exchange.token()?.1.name().clone();
    let by_key = named.as_key().ok();
    let listed = tokens::of_user(&mut exchange.tx, owner.as_borrowed()).await?;
    let found = match listed.into_iter().find(|listed| by_key.as_ref() == Some(listed.token.id())) {
        Some(listed) => Some(listed.token),
        None => by_text(exchange, named).await?.filter(|token| *token.owner() == owner),
    };
    let token = found.ok_or_else(|| Failure::not_found("there is no such token of this account"))?;
    tokens::revoke(&mut exchange.tx, &token, exchange.asked.now).await?;
    Ok(reply::no_content())
}

/// `DELETE /-/user/token/:token`: the token itself, or another of the same account.
pub(crate) async fn logout(exchange: &mut Exchange<'_>, named: &TokenInPath) -> Result<Response, Failure> {
    let presented = match &exchange.asked.credentials {
        Credentials::Bearer(text) => Secret::new(text).ok().map(|secret| secret.digest()),
        Credentials::None | Credentials::Basic { .. } | Credentials::Unreadable => None,
    };
    allowed!(exchange.decide(&[named.revocation(presented)]).await?);
    let owner = exchange.token()?.1.name().clone();
    let found = by_text(exchange, named).await?.filter(|token| *token.owner() == owner);
    let token = found.ok_or_else(|| Failure::not_found("there is no such token of this account"))?;
    tokens::revoke(&mut exchange.tx, &token, exchange.asked.now).await?;
    Ok(reply::ok(&json!({ "ok": true })))
}

async fn by_text(exchange: &mut Exchange<'_>, named: &TokenInPath) -> Result<Option<Token>, Failure> {
    match named.as_secret() {
        Ok(secret) => tokens::by_digest(&mut exchange.tx, &secret.digest()).await,
        Err(_) => Ok(None),
    }
}

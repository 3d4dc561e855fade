//! Tokens: listing, creation, revocation, and logout.

use axum::{http::request::Parts, response::Response};
use serde_json::json;
use tollgate::{
    Secret, Token,
    npm::{Body, CreateTokenRequest, CreatedToken, ListedToken, TokenInPath, TokenList},
    token::IssuedBy,
};

use crate::{
    base::failure::Failure,
    credentials::issuance::{self, IssueRequest, NewToken},
    exchange::{
        context::{Credentials, RequestContext},
        decisions::{Exchange, allowed},
        json::{self, KEYS_ONCE},
        page::Page,
        prepared::{Prepared, verify_own_password},
        services::Services,
    },
    reply::response,
    store::tokens::{self, KeptToken},
};

/// The entry of a token in a list, or `None` for a session.
fn listed(kept: &KeptToken) -> Option<ListedToken<'_>> {
    let listed = ListedToken::new(&kept.token, Some(kept.hint))?;
    Some(kept.last_used.map_or(listed, |hour| listed.with_last_used(hour)))
}

/// `GET /-/npm/v1/tokens`: one page of the caller's tokens that are not revoked. As on npm, sessions are not listed.
pub(crate) async fn list(exchange: &mut Exchange<'_>, parts: &Parts) -> Result<Response, Failure> {
    let page = Page::from_query(parts)?;
    let stored = exchange.own_tokens().await?;
    let listed: Vec<ListedToken<'_>> = stored.iter().filter_map(listed).collect();
    let objects: Vec<ListedToken<'_>> = listed.iter().skip(page.start()).take(page.size).copied().collect();
    let is_last = page.start().saturating_add(page.size) >= listed.len();
    let next = format!("/-/npm/v1/tokens?page={}&perPage={}", page.number.saturating_add(1), page.size);
    let next = if is_last { None } else { Some(next.as_str()) };
    Ok(response::ok(&json!(TokenList { objects: &objects, total: listed.len(), next })))
}

/// Prepares [`create`] before its transaction: verifies the password.
pub(crate) async fn prepare_create(
    services: &Services,
    context: &RequestContext,
    bytes: &[u8],
) -> Result<Prepared<'static>, Failure> {
    let body: Body<'_> = json::parse_with_password(bytes, KEYS_ONCE)?;
    let request = CreateTokenRequest::read(&body, services.policy, context.now).map_err(response::invalid_body)?;
    let Some(password) = request.password else { return Ok(Prepared::default()) };
    let password = verify_own_password(services, context, password.expose()).await?;
    Ok(Prepared { password, ..Prepared::default() })
}

/// `POST /-/npm/v1/tokens`: issues a token to the owner of the caller's token. The decision by the path has allowed
/// this. The password confirms that the owner sends the request.
pub(crate) async fn create(exchange: &mut Exchange<'_>) -> Result<Response, Failure> {
    let sent = exchange.body()?;
    let at = exchange.moment();
    let request = CreateTokenRequest::read(&sent, at.policy, at.now).map_err(response::invalid_body)?;
    let prepared = exchange.prepared;
    if !exchange.is_own_password(prepared.password.as_ref()).await? {
        return Ok(response::wrong_password());
    }
    let new = NewToken::from_request(request.token)?;
    let (presented, owner) = exchange.token().map(|(token, owner)| (token.clone(), owner.clone()))?;
    let request = IssueRequest { token: new, issued_by: IssuedBy::Token(presented.as_view()), at };
    let issued = issuance::issue(&mut exchange.tx, &owner, request).await?;
    Ok(response::created(&json!(CreatedToken::new(&issued.token, issued.secret.as_secret()))))
}

/// `DELETE /-/npm/v1/tokens/token/:token`: revokes a token of the same account, by its public id or its text.
pub(crate) async fn revoke(exchange: &mut Exchange<'_>, named: &TokenInPath) -> Result<Response, Failure> {
    let owner = exchange.owner_name()?;
    let by_key = named.as_key().ok();
    let listed = tokens::of_user(&mut exchange.tx, owner.as_borrowed()).await?;
    let found = match listed.into_iter().find(|listed| by_key.as_ref() == Some(listed.token.id())) {
        Some(listed) => Some(listed.token),
        None => by_text(exchange, named).await?.filter(|token| *token.owner() == owner),
    };
    let token = found.ok_or_else(|| Failure::not_found("there is no such token of this account"))?;
    tokens::revoke(&mut exchange.tx, &token, exchange.context.now).await?;
    Ok(response::no_content())
}

/// `DELETE /-/user/token/:token`: revokes the caller's token, or another token of the same account, by its text.
pub(crate) async fn logout(exchange: &mut Exchange<'_>, named: &TokenInPath) -> Result<Response, Failure> {
    let presented = match &exchange.context.credentials {
        Credentials::Bearer(text) => Secret::new(text).ok().map(|secret| secret.digest()),
        Credentials::None | Credentials::Basic { .. } | Credentials::Unreadable => None,
    };
    allowed!(exchange.decide(&[named.revocation(presented)]).await?);
    let owner = exchange.owner_name()?;
    let found = by_text(exchange, named).await?.filter(|token| *token.owner() == owner);
    let token = found.ok_or_else(|| Failure::not_found("there is no such token of this account"))?;
    tokens::revoke(&mut exchange.tx, &token, exchange.context.now).await?;
    Ok(response::ok(&json!({ "ok": true })))
}

/// The token whose text is in the path. It may belong to another account.
async fn by_text(exchange: &mut Exchange<'_>, named: &TokenInPath) -> Result<Option<Token>, Failure> {
    match named.as_secret() {
        Ok(secret) => tokens::by_digest(&mut exchange.tx, &secret.digest()).await,
        Err(_) => Ok(None),
    }
}

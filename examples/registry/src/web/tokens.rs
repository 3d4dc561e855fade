//! The list of an account's tokens, and their revocation.

use axum::{
    body::Body,
    http::{Method, StatusCode},
    response::Response,
};
use maud::{Markup, html};
use tollgate::{
    UserName,
    npm::{AccountRequest, Endpoint},
    token::{Token, TokenId},
};

use crate::{
    exchange::log_line::LogLine,
    store::tokens::KeptToken,
    web::{
        html::{FieldError, Page, ROOT, confirm_form, form_error, form_status, page, redirect},
        internal::InternalRequest,
        problem::Problem,
        refusal::Refusal,
        token_text,
        visitor::Visitor,
    },
};

async fn load(visitor: &Visitor<'_>, log_line: &mut LogLine) -> Result<(UserName, Vec<KeptToken>), Problem> {
    let required = Endpoint::Account(AccountRequest::ListTokens).required_access();
    let mut exchange = visitor.allowed(log_line, required).await?;
    Ok((exchange.owner_name()?, exchange.own_tokens().await?))
}

const fn is_session(token: &Token) -> bool {
    matches!(token, Token::Session(_))
}

/// The list of tokens. Sessions are on the security page.
pub(crate) async fn list(visitor: &Visitor<'_>, log_line: &mut LogLine) -> Result<Response, Problem> {
    let (owner, mut listed) = load(visitor, log_line).await?;
    listed.retain(|listed| !is_session(&listed.token));
    let content = html! {
        div.actions {
            a.button href={ (ROOT) "/tokens/new" } { "New token" }
            @if !listed.is_empty() {
                a.button.second href={ (ROOT) "/tokens/revoke-all" } { "Revoke all tokens" }
            }
        }
        @if listed.is_empty() { p { "This account has no tokens." } }
        @for token in listed.iter().rev() { (card(visitor, token, None)) }
    };
    Ok(page(StatusCode::OK, visitor, &Page { title: "Tokens", user: Some(&owner), content }))
}

/// A box about one token, with the link to revoke it. `this_session` is the session of this browser.
pub(crate) fn card(visitor: &Visitor<'_>, listed: &KeptToken, this_session: Option<&TokenId>) -> Markup {
    let token = &listed.token;
    let is_expired = token.as_view().expires_at().is_some_and(|at| at <= visitor.context.now);
    html! {
        article.card data-token=(token.id()) {
            h2 {
                (token_text::name(token))
                @if is_expired { " (expired)" }
                @if this_session == Some(token.id()) { " (this browser)" }
            }
            (token_text::details(token, Some(listed), &visitor.services.policy))
            div.actions {
                a.button.second href={ (ROOT) "/tokens/" (token.id()) "/revoke" } aria-label={ "Revoke " (token_text::name(token)) } { "Revoke" }
            }
        }
    }
}

/// The page that asks whether to revoke a token.
pub(crate) async fn confirm_revoke(
    visitor: &Visitor<'_>,
    log_line: &mut LogLine,
    id: &str,
) -> Result<Response, Problem> {
    show_confirm(visitor, log_line, id, None).await
}

async fn show_confirm(
    visitor: &Visitor<'_>,
    log_line: &mut LogLine,
    id: &str,
    error: Option<&FieldError>,
) -> Result<Response, Problem> {
    let (owner, listed) = load(visitor, log_line).await?;
    let listed = listed.iter().find(|listed| listed.token.id().as_str() == id).ok_or_else(Problem::not_found)?;
    let content = html! {
        (form_error(error))
        p { "After this, a program that uses the token is refused. You cannot undo this." }
        article.card { (token_text::details(&listed.token, Some(listed), &visitor.services.policy)) }
        (confirm_form(visitor, &html! { button.danger { "Revoke" } }, ("tokens", error)))
    };
    let title = format!("Revoke {}?", token_text::name(&listed.token));
    Ok(page(form_status(error), visitor, &Page { title: &title, user: Some(&owner), content }))
}

/// The error to show for a refusal.
///
/// # Errors
/// The session has ended.
pub(crate) fn field_error(refusal: Refusal) -> Result<FieldError, Problem> {
    if refusal.is_challenge {
        let text = "missing or wrong one-time password, or one that was used before: expected the code that your \
                    authenticator app shows now, or the next one";
        let text = text.to_owned();
        return Ok(FieldError { field: "otp", text });
    }
    match refusal.into_problem() {
        Problem::Refused { text, .. } => Ok(FieldError::whole(text)),
        problem @ (Problem::NotLoggedIn | Problem::Failed(_)) => Err(problem),
    }
}

async fn revoke_one(visitor: &Visitor<'_>, id: &str, code: &str) -> Result<Result<(), FieldError>, Problem> {
    let path = format!("/-/npm/v1/tokens/token/{id}");
    let request = InternalRequest { method: Method::DELETE, one_time_password: code, ..InternalRequest::get(&path) };
    match request.send(visitor).await? {
        Ok(_) => Ok(Ok(())),
        Err(refusal) => field_error(refusal).map(Err),
    }
}

/// Revokes a token.
pub(crate) async fn revoke(
    visitor: &Visitor<'_>,
    log_line: &mut LogLine,
    id: &str,
    body: Body,
) -> Result<Response, Problem> {
    let fields = visitor.form(body).await?;
    let (_, listed) = load(visitor, log_line).await?;
    let listed = listed.iter().find(|listed| listed.token.id().as_str() == id).ok_or_else(Problem::not_found)?;
    let back = if is_session(&listed.token) { "security" } else { "tokens" };
    match revoke_one(visitor, id, fields.text("otp")).await? {
        Ok(()) => Ok(redirect(&format!("{ROOT}/{back}"))),
        Err(error) => show_confirm(visitor, log_line, id, Some(&error)).await,
    }
}

/// The page that asks whether to revoke every token.
pub(crate) async fn confirm_revoke_all(visitor: &Visitor<'_>, log_line: &mut LogLine) -> Result<Response, Problem> {
    show_confirm_all(visitor, log_line, None).await
}

async fn show_confirm_all(
    visitor: &Visitor<'_>,
    log_line: &mut LogLine,
    error: Option<&FieldError>,
) -> Result<Response, Problem> {
    let (owner, listed) = load(visitor, log_line).await?;
    let content = html! {
        (form_error(error))
        p {
            "This account has " (listed.len()) " tokens and sessions. All of them are revoked, except the session of this "
            "browser. After this, a program that uses one of them is refused. You cannot undo this."
        }
        (confirm_form(visitor, &html! { button.danger { "Revoke all" } }, ("tokens", error)))
    };
    Ok(page(form_status(error), visitor, &Page { title: "Revoke all tokens?", user: Some(&owner), content }))
}

/// Revokes every token of the account, except the session of this browser.
pub(crate) async fn revoke_all(visitor: &Visitor<'_>, log_line: &mut LogLine, body: Body) -> Result<Response, Problem> {
    let fields = visitor.form(body).await?;
    let required = Endpoint::Account(AccountRequest::ListTokens).required_access();
    let mut exchange = visitor.allowed(log_line, required).await?;
    let this_session = exchange.token()?.0.id().clone();
    let listed = exchange.own_tokens().await?;
    drop(exchange);
    for listed in listed.iter().filter(|listed| *listed.token.id() != this_session) {
        if let Err(error) = revoke_one(visitor, listed.token.id().as_str(), fields.text("otp")).await? {
            return show_confirm_all(visitor, log_line, Some(&error)).await;
        }
    }
    Ok(redirect(&format!("{ROOT}/tokens")))
}

//! Logging in and out in a browser, and making an account.

use axum::{body::Body, http::Method, response::Response};
use maud::html;
use tollgate::token::Token;

use crate::{
    base::{clock, failure::Failure, moment::Moment, retry},
    credentials::{
        issuance::IssuedToken,
        login::{self, LoggedIn},
    },
    store::{logins::Purpose, turns::Writer},
    web::{
        html::{FieldError, Page, ROOT, form_error, page, proof, redirect},
        identity::{self, Person},
        internal::InternalRequest,
        problem::Problem,
        visitor::{Fields, Visitor},
    },
};

/// The page with the form for this purpose.
pub(crate) fn show(visitor: &mut Visitor<'_>, purpose: Purpose) -> Result<Response, Problem> {
    check_open(visitor, purpose)?;
    visitor.with_form(|visitor| form(visitor, purpose, &Fields::default(), None))
}

/// Receives the filled-in form, and gives the browser a session.
pub(crate) async fn submit(visitor: &Visitor<'_>, purpose: Purpose, body: Body) -> Result<Response, Problem> {
    check_open(visitor, purpose)?;
    let fields = visitor.form(body).await?;
    // The check uses up a one-time password, so it is not tried again with the transaction.
    let issued = match identity::check(visitor.services, purpose, &fields, visitor.context.client_ip).await? {
        Ok(person) => retry::until_done(|| enter(visitor, &person)).await?,
        Err(error) => Err(error),
    };
    let issued = match issued {
        Ok(issued) => issued,
        Err(error) => return Ok(form(visitor, purpose, &fields, Some(&error))),
    };
    let mut response = redirect(&format!("{ROOT}/tokens"));
    if let Token::Session(session) = &issued.token {
        visitor.begin_session(&mut response, issued.secret.expose(), session.expires_at())?;
    }
    Ok(response)
}

/// Removes the session from the browser, and revokes its token.
pub(crate) async fn log_out(visitor: &Visitor<'_>, body: Body) -> Result<Response, Problem> {
    visitor.form(body).await?;
    let session = visitor.session().ok_or(Problem::NotLoggedIn)?;
    let path = format!("/-/user/token/{session}");
    // A session that has ended cannot be revoked, so the response does not matter.
    let _ = InternalRequest { method: Method::DELETE, ..InternalRequest::get(&path) }.send(visitor).await?;
    let mut response = redirect(&format!("{ROOT}/log-in"));
    visitor.end_session(&mut response)?;
    Ok(response)
}

fn check_open(visitor: &Visitor<'_>, purpose: Purpose) -> Result<(), Problem> {
    match purpose {
        Purpose::CreateAccount if !visitor.services.sign_up_is_open => Err(Problem::not_found()),
        Purpose::CreateAccount | Purpose::Login => Ok(()),
    }
}

/// Logs the person in or creates the account, and issues the token of the session.
async fn enter(visitor: &Visitor<'_>, person: &Person) -> Result<Result<IssuedToken, FieldError>, Failure> {
    let (services, address) = (visitor.services, visitor.context.client_ip);
    let mut tx = services.store.writing(&Writer::of_address(address)).await?;
    let at = Moment { policy: services.policy, now: clock::now()? };
    if let Err(error) = person.enter(&mut tx, at.now).await? {
        return Ok(Err(error));
    }
    let login = LoggedIn { user: &person.user, address, at };
    let issued = match login::issue_session(&mut tx, login).await {
        Ok(issued) => issued,
        // A suspended account gets no token.
        Err(Failure::Refused { text, .. }) => return Ok(Err(FieldError::whole(text))),
        Err(failure) => return Err(failure),
    };
    tx.commit().await?;
    Ok(Ok(issued))
}

fn form(visitor: &Visitor<'_>, purpose: Purpose, fields: &Fields, error: Option<&FieldError>) -> Response {
    let title = match purpose {
        Purpose::Login => "Log in",
        Purpose::CreateAccount => "Make an account",
    };
    let content = html! {
        (form_error(error))
        form method="post" {
            (proof(visitor))
            (identity::inputs(purpose, fields, error))
            div.actions {
                button { (title) }
                @if purpose == Purpose::CreateAccount {
                    a href={ (ROOT) "/log-in" } { "Log in to an existing account" }
                } @else if visitor.services.sign_up_is_open {
                    a href={ (ROOT) "/sign-up" } { "Make an account" }
                }
            }
        }
    };
    page(identity::status(purpose, error), visitor, &Page { title, user: None, content })
}

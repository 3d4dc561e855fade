//! The pages of a login by browser, and the URL that npm's client polls until the login is finished.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Extension, Path, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use maud::{Markup, html};
use serde_json::json;
use tollgate::{ClientIp, Timestamp};

use crate::{
    base::{
        clock,
        failure::{Failure, other},
        log_target,
        moment::Moment,
        retry,
    },
    credentials::login::{self, LoggedIn},
    exchange::{peer::Peer, services::Services},
    reply::response,
    store::{
        database::Tx,
        logins::{self, Login, Purpose},
        turns::Writer,
    },
    web::{
        html::{FieldError, Page, form_error, page, proof},
        identity::{self, Person},
        problem::Problem,
        visitor::{Fields, Visitor},
    },
};

/// How many seconds npm's client is told to wait between two polls.
const POLL_SECONDS: &str = "1";

/// `GET /-/v1/login/form/:nonce`: shows the form.
pub(crate) async fn show(visitor: &mut Visitor<'_>, nonce: &str) -> Result<Response, Problem> {
    let login = unfinished(&mut visitor.services.store.snapshot().await?, nonce, clock::now()?).await?;
    visitor.with_form(|visitor| form(visitor, &login, &Fields::default(), None))
}

/// `POST /-/v1/login/form/:nonce`: receives the filled-in form, and finishes the login.
pub(crate) async fn submit(visitor: &Visitor<'_>, nonce: &str, body: Body) -> Result<Response, Problem> {
    let fields = visitor.form(body).await?;
    let (services, address) = (visitor.services, visitor.context.client_ip);
    let login = unfinished(&mut services.store.snapshot().await?, nonce, clock::now()?).await?;
    // The check uses up a one-time password, so it is not tried again with the transaction.
    let finished = match identity::check(services, login.purpose, &fields, address).await? {
        Ok(person) => retry::until_done(|| finish(visitor, nonce, &person)).await?,
        Err(error) => Err(error),
    };
    Ok(match finished {
        Ok(()) => {
            let content = html! { p.done role="status" { "Done. npm continues by itself. You can close this page." } };
            page(StatusCode::OK, visitor, &Page { title: "Logged in", user: None, content })
        }
        Err(error) => form(visitor, &login, &fields, Some(&error)),
    })
}

/// Looks up the login of the form's URL.
///
/// # Errors
/// Status 404 if the login does not exist, has expired or is finished.
async fn unfinished(tx: &mut Tx, nonce: &str, now: Timestamp) -> Result<Login, Failure> {
    let login = logins::by_form(tx, &logins::digest(nonce)?, now).await?;
    login.filter(|login| login.user.is_none()).ok_or_else(logins::gone)
}

async fn finish(visitor: &Visitor<'_>, nonce: &str, person: &Person) -> Result<Result<(), FieldError>, Failure> {
    let (services, address) = (visitor.services, visitor.context.client_ip);
    let mut tx = services.store.writing(&Writer::of_address(address)).await?;
    let now = clock::now()?;
    unfinished(&mut tx, nonce, now).await?;
    if let Err(error) = person.enter(&mut tx, now).await? {
        return Ok(Err(error));
    }
    let logged_in = LoggedIn { user: &person.user, address, at: Moment { policy: services.policy, now } };
    if let Some(refusal) = login::refusal(&mut tx, logged_in).await? {
        return Ok(Err(FieldError::whole(refusal)));
    }
    logins::finish(&mut tx, &logins::digest(nonce)?, person.user.as_borrowed()).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

fn form(visitor: &Visitor<'_>, login: &Login, fields: &Fields, error: Option<&FieldError>) -> Response {
    let (title, command) = match login.purpose {
        Purpose::Login => ("Log in to npm", "npm login"),
        Purpose::CreateAccount => ("Make an account", "npm adduser"),
    };
    let content: Markup = html! {
        p {
            "npm at the address " strong { (login.started_from) } " waits for this form, and then gets a token for the account. Continue only if you have just run "
            code { (command) } " there."
        }
        (form_error(error))
        form method="post" {
            (proof(visitor))
            (identity::inputs(login.purpose, fields, error))
            div.actions { button { (title) } }
        }
    };
    page(identity::status(login.purpose, error), visitor, &Page { title, user: None, content })
}

/// `GET /-/v1/login/done/:nonce`: tells npm's client whether the person has finished the login. The first poll after
/// that issues the token, and its response has the text of the token, which is not stored.
pub(crate) async fn poll(
    State(services): State<Arc<Services>>,
    Path(nonce): Path<String>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
) -> Response {
    let fetched = async {
        let Extension(Peer(peer)) = peer.ok_or_else(|| other("a request without a connection"))?;
        let address = services.proxies.client_ip_from_headers(peer.ip(), &headers);
        retry::until_done(|| fetch(&services, &nonce, address)).await
    };
    let mut response = fetched.await.unwrap_or_else(|failure| {
        if failure.is_fault() {
            tracing::error!(target: log_target::WEB, "{failure}");
        }
        response::from_failure(&failure)
    });
    // The response may have a token.
    response::set_header(&mut response, header::CACHE_CONTROL, "no-store");
    // The path contains a nonce, which is a secret, so it is not logged.
    tracing::info!(target: log_target::REQUEST, endpoint = "login-done", status = response.status().as_u16());
    response
}

async fn fetch(services: &Services, nonce: &str, address: ClientIp) -> Result<Response, Failure> {
    let (now, done) = (clock::now()?, logins::digest(nonce)?);
    // Most polls come before the person has finished the form. A snapshot is enough for them, and makes no writer wait.
    let login = logins::by_poll(&mut services.store.snapshot().await?, &done, now).await?.ok_or_else(logins::gone)?;
    if login.user.is_none() {
        let mut response = response::json(StatusCode::ACCEPTED, &json!({}));
        response::set_header(&mut response, header::RETRY_AFTER, POLL_SECONDS);
        return Ok(response);
    }
    let mut tx = services.store.writing(&Writer::of_address(address)).await?;
    let now = clock::now()?;
    let login = logins::by_poll(&mut tx, &done, now).await?.ok_or_else(logins::gone)?;
    let user = login.user.ok_or_else(logins::gone)?;
    logins::forget(&mut tx, &done).await?;
    let issued =
        login::issue_token(&mut tx, LoggedIn { user: &user, address, at: Moment { policy: services.policy, now } })
            .await?;
    tx.commit().await?;
    Ok(response::ok(&json!({ "token": issued.secret.expose() })))
}

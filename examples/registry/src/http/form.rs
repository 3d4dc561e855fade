//! The pages of a login in the browser, and the URL at which npm's client waits for its end.

use axum::{
    body::Body,
    extract::{DefaultBodyLimit, Form, Path, State},
    http::{StatusCode, header},
    response::Response,
};
use serde::Deserialize;
use serde_json::json;
use tollgate::{Secret, Timestamp, UserName, token::SecretDigest};
use tower_http::timeout::TimeoutLayer;

use super::{App, Inner, body as reading, login, reply};
use crate::{
    clock,
    failure::{Failure, other},
    password::{self, ShownPassword},
    store::{
        Tx, accounts,
        logins::{self, Login, Purpose},
    },
};

/// How long the client is told to wait between two looks.
const POLL_SECONDS: &str = "1";

/// What a filled-in form may have in size and time, as every other body.
pub(crate) fn bounds() -> (DefaultBodyLimit, TimeoutLayer) {
    let timeout = TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, reading::OTHER_TIMEOUT);
    (DefaultBodyLimit::max(reading::MAX_OTHER), timeout)
}

/// The digest of a part of a URL that is a secret: only that is stored.
pub(crate) fn digest(nonce: &str) -> Result<SecretDigest, Failure> {
    Secret::new(nonce).map(|secret| secret.digest()).map_err(|_| gone())
}

fn gone() -> Failure {
    Failure::not_found("this login has run out or never was: run npm login again")
}

/// What a person fills in.
#[derive(Deserialize)]
pub(crate) struct Filled {
    name: String,
    password: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    otp: String,
}

/// The form.
pub(crate) async fn show(State(app): State<App>, Path(nonce): Path<String>) -> Response {
    logged("login-form", async {
        let mut tx = app.0.store.snapshot().await?;
        let login = unfinished(&mut tx, &nonce, clock::now()?).await?;
        Ok(page(StatusCode::OK, &form(&login, "")))
    })
    .await
}

/// The form, filled in.
pub(crate) async fn submit(State(app): State<App>, Path(nonce): Path<String>, Form(filled): Form<Filled>) -> Response {
    logged("login-submit", async {
        let mut attempt = 0_u8;
        loop {
            attempt = attempt.saturating_add(1);
            match finish(&app.0, &nonce, &filled).await {
                Err(failure) if failure.is_transient() && attempt < 5 => {}
                outcome => return outcome,
            }
        }
    })
    .await
}

async fn unfinished(tx: &mut Tx, nonce: &str, now: Timestamp) -> Result<Login, Failure> {
    let login = logins::by_form(tx, &digest(nonce)?, now).await?;
    login.filter(|login| login.user.is_none()).ok_or_else(gone)
}

async fn finish(app: &Inner, nonce: &str, filled: &Filled) -> Result<Response, Failure> {
    let now = clock::now()?;
    let login = unfinished(&mut app.store.snapshot().await?, nonce, now).await?;
    let Ok(user) = filled.name.trim().parse::<UserName>() else {
        return Ok(page(StatusCode::BAD_REQUEST, &form(&login, "That is no name of a user.")));
    };
    // What takes long comes before the transaction.
    let (mut shown, mut new_hash) = (None, None);
    match login.purpose {
        Purpose::Login => shown = ShownPassword::verify(&app.store, &user, &filled.password, now).await?,
        Purpose::CreateAccount => match password::check_new(&filled.password) {
            Ok(()) => new_hash = Some(password::hash(filled.password.clone()).await?),
            Err(problem) => return Ok(page(StatusCode::BAD_REQUEST, &form(&login, &problem.client_text()))),
        },
    }
    let mut tx = app.store.writing().await?;
    let now = clock::now()?;
    let login = unfinished(&mut tx, nonce, now).await?;
    let problem = match login.purpose {
        Purpose::Login => {
            let code = Some(filled.otp.trim()).filter(|code| !code.is_empty());
            match login::verify(&mut tx, &user, shown.as_ref(), code, now).await? {
                login::Verified::Yes => None,
                login::Verified::WrongPassword => Some("Name or password is wrong.".to_owned()),
                login::Verified::OneTimePasswordNeeded => {
                    Some("This account has a second factor: fill in its present one-time password.".to_owned())
                }
            }
        }
        Purpose::CreateAccount => {
            let hash = new_hash.ok_or_else(|| other("an account without a password"))?;
            match accounts::create(&mut tx, &user, hash, Some(filled.email.trim()), now).await {
                Ok(()) => None,
                Err(refused @ Failure::Refused { .. }) => Some(refused.client_text()),
                Err(failure) => return Err(failure),
            }
        }
    };
    if let Some(problem) = problem {
        // A wrong guess is counted.
        tx.commit().await?;
        return Ok(page(StatusCode::UNAUTHORIZED, &form(&login, &problem)));
    }
    logins::finish(&mut tx, &digest(nonce)?, user.as_borrowed()).await?;
    tx.commit().await?;
    Ok(page(StatusCode::OK, "<p>Done. npm goes on by itself; this page may be closed."))
}

/// Where the client looks whether the person is done. The token is made when it is fetched, and once: it is never stored.
pub(crate) async fn poll(State(app): State<App>, Path(nonce): Path<String>) -> Response {
    logged("login-done", async {
        let mut attempt = 0_u8;
        loop {
            attempt = attempt.saturating_add(1);
            match fetch(&app.0, &nonce).await {
                Err(failure) if failure.is_transient() && attempt < 5 => {}
                outcome => return outcome,
            }
        }
    })
    .await
}

async fn fetch(app: &Inner, nonce: &str) -> Result<Response, Failure> {
    let (now, done) = (clock::now()?, digest(nonce)?);
    // Mostly the person is not done yet, and nobody has to wait for that.
    let login = logins::by_poll(&mut app.store.snapshot().await?, &done, now).await?.ok_or_else(gone)?;
    if login.user.is_none() {
        let mut response = reply::json(StatusCode::ACCEPTED, &json!({}));
        reply::set(&mut response, header::RETRY_AFTER, POLL_SECONDS);
        return Ok(response);
    }
    let mut tx = app.store.writing().await?;
    let now = clock::now()?;
    let login = logins::by_poll(&mut tx, &done, now).await?.ok_or_else(gone)?;
    let user = login.user.ok_or_else(gone)?;
    logins::forget(&mut tx, &done).await?;
    let issued = login::make_token(&mut tx, &user, now).await?;
    tx.commit().await?;
    Ok(reply::ok(&json!({ "token": issued.secret.expose() })))
}

/// Answers, with a line in the log that does not say which login it was: that is a secret.
async fn logged(endpoint: &'static str, answer: impl Future<Output = Result<Response, Failure>>) -> Response {
    let mut response = match answer.await {
        Ok(response) => response,
        Err(failure) => {
            if !matches!(failure, Failure::Refused { .. }) {
                tracing::error!("{failure}");
            }
            reply::failure(&failure)
        }
    };
    // There is a token in it, or where to get one.
    reply::set(&mut response, header::CACHE_CONTROL, "no-store");
    tracing::info!(target: "request", endpoint, status = response.status().as_u16());
    response
}

fn form(login: &Login, problem: &str) -> String {
    let from = escaped(&login.started_from);
    let (what, email) = match login.purpose {
        Purpose::Login => ("Log in", ""),
        Purpose::CreateAccount => ("Make an account", "<p><label>Address <input name=email type=email></label>"),
    };
    let otp = match login.purpose {
        Purpose::Login => {
            "<p><label>One-time password, if there is a second factor \
             <input name=otp inputmode=numeric autocomplete=one-time-code></label>"
        }
        Purpose::CreateAccount => "",
    };
    let problem = if problem.is_empty() { String::new() } else { format!("<p role=alert>{}", escaped(problem)) };
    format!(
        "<h1>{what}</h1>\
         <p>npm at {from} asks for a token of yours. Go on only if you have just run <code>npm login</code> or \
         <code>npm adduser</code> there.{problem}\
         <form method=post>\
         <p><label>Name <input name=name autocomplete=username required autofocus></label>\
         <p><label>Password <input name=password type=password required></label>{email}{otp}\
         <p><button>{what}</button></form>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn page(status: StatusCode, content: &str) -> Response {
    let html = format!("<!doctype html><html lang=en><meta charset=utf-8><title>tollgate-registry</title>{content}");
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    reply::set(&mut response, header::CONTENT_TYPE, "text/html; charset=utf-8");
    // The URL is a secret, and nobody frames a form for passwords.
    reply::set(&mut response, header::REFERRER_POLICY, "no-referrer");
    let policy = "default-src 'none'; frame-ancestors 'none'; form-action 'self'";
    reply::set(&mut response, header::CONTENT_SECURITY_POLICY, policy);
    response
}

//! The pages of a login by browser, and the URL that npm's client polls until the login is finished.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Extension, Form, Path, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use serde::Deserialize;
use serde_json::json;
use tollgate::{ClientIp, Timestamp, UserName};

use crate::{
    base::{
        clock,
        failure::{Failure, other},
        log_target,
        moment::Moment,
        retry,
    },
    credentials::{
        hashing::Waiting,
        login::{self, LoginCheck, LoginProof},
        password::{self, ShownPassword, VerifiedPassword},
    },
    exchange::{peer::Peer, services::Services},
    reply::response,
    store::{
        accounts::{self, NewAccount},
        database::Tx,
        logins::{self, Login, Purpose},
        turns::Writer,
    },
};

/// How many seconds npm's client is told to wait between two polls.
const POLL_SECONDS: &str = "1";

/// The fields of the form.
#[derive(Deserialize)]
pub(crate) struct Filled {
    name: String,
    password: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    otp: String,
}

/// `GET /-/v1/login/form/:nonce`: shows the form.
pub(crate) async fn show(State(services): State<Arc<Services>>, Path(nonce): Path<String>) -> Response {
    logged("login-form", async {
        let mut tx = services.store.snapshot().await?;
        let login = unfinished(&mut tx, &nonce, clock::now()?).await?;
        Ok(page(StatusCode::OK, &form(&login, "")))
    })
    .await
}

/// `POST /-/v1/login/form/:nonce`: receives the filled-in form, and finishes the login.
pub(crate) async fn submit(
    State(services): State<Arc<Services>>,
    Path(nonce): Path<String>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Form(filled): Form<Filled>,
) -> Response {
    logged("login-submit", async {
        let address = address(&services, peer, &headers)?;
        retry::until_done(|| finish(&services, &nonce, &filled, address)).await
    })
    .await
}

/// Looks up the login of the form's URL.
///
/// # Errors
/// Status 404 if the login does not exist, has expired or is finished.
async fn unfinished(tx: &mut Tx, nonce: &str, now: Timestamp) -> Result<Login, Failure> {
    let login = logins::by_form(tx, &logins::digest(nonce)?, now).await?;
    login.filter(|login| login.user.is_none()).ok_or_else(logins::gone)
}

/// The address of the client.
fn address(services: &Services, peer: Option<Extension<Peer>>, headers: &HeaderMap) -> Result<ClientIp, Failure> {
    let Extension(Peer(peer)) = peer.ok_or_else(|| other("a request without a connection"))?;
    Ok(services.proxies.client_ip_from_headers(peer.ip(), headers))
}

async fn finish(services: &Services, nonce: &str, filled: &Filled, address: ClientIp) -> Result<Response, Failure> {
    let now = clock::now()?;
    let login = unfinished(&mut services.store.snapshot().await?, nonce, now).await?;
    let Ok(user) = filled.name.trim().parse::<UserName>() else {
        return Ok(page(StatusCode::BAD_REQUEST, &form(&login, "This is not a valid user name.")));
    };
    // Hashing takes long, and other writers would wait for a transaction.
    let (mut check, mut new_hash) = (None, None);
    match login.purpose {
        Purpose::Login => {
            let shown = ShownPassword { user: &user, password: &filled.password, address, now };
            let password = VerifiedPassword::verify(&services.store, &services.hashing, shown).await?;
            let code = Some(filled.otp.trim()).filter(|code| !code.is_empty());
            let proof = LoginProof { user: &user, password: password.as_ref(), one_time_password: code, address };
            check = Some(login::verify(&services.store, proof, services.policy).await?);
        }
        Purpose::CreateAccount => match password::check_new(&filled.password) {
            Ok(()) => new_hash = Some(services.hashing.hash(filled.password.clone(), Waiting::Stranger).await?),
            Err(problem) => return Ok(page(StatusCode::BAD_REQUEST, &form(&login, &problem.client_text()))),
        },
    }
    let mut tx = services.store.writing(&Writer::of_address(address)).await?;
    let now = clock::now()?;
    let login = unfinished(&mut tx, nonce, now).await?;
    let problem = match login.purpose {
        Purpose::Login => match check {
            Some(LoginCheck::Passed(login)) if login.is_current(&mut tx).await? => None,
            Some(LoginCheck::OneTimePasswordNeeded) => {
                Some("This account has a second factor: fill in its present one-time password.".to_owned())
            }
            Some(LoginCheck::Passed(_) | LoginCheck::WrongPassword) | None => {
                Some("Name or password is wrong.".to_owned())
            }
        },
        Purpose::CreateAccount => {
            let hash = new_hash.ok_or_else(|| other("an account without a password"))?;
            let account = NewAccount { name: &user, password_hash: hash, email: Some(filled.email.trim()) };
            match accounts::create(&mut tx, account, now).await {
                Ok(()) => None,
                Err(refused @ Failure::Refused { .. }) => Some(refused.client_text()),
                Err(failure) => return Err(failure),
            }
        }
    };
    if let Some(problem) = problem {
        return Ok(page(StatusCode::UNAUTHORIZED, &form(&login, &problem)));
    }
    logins::finish(&mut tx, &logins::digest(nonce)?, user.as_borrowed()).await?;
    tx.commit().await?;
    Ok(page(StatusCode::OK, "<p>Done. npm goes on by itself; this page may be closed."))
}

/// `GET /-/v1/login/done/:nonce`: tells npm's client whether the person has finished the login. The first poll after
/// that issues the token, and its response has the text of the token, which is not stored.
pub(crate) async fn poll(
    State(services): State<Arc<Services>>,
    Path(nonce): Path<String>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
) -> Response {
    logged("login-done", async {
        let address = address(&services, peer, &headers)?;
        retry::until_done(|| fetch(&services, &nonce, address)).await
    })
    .await
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
    let issued = login::issue_token(&mut tx, &user, address, Moment { policy: services.policy, now }).await?;
    tx.commit().await?;
    Ok(response::ok(&json!({ "token": issued.secret.expose() })))
}

/// Returns the response to a request, and writes its log line. The line has the name of the endpoint and not the path,
/// because the path contains a nonce, which is a secret.
async fn logged(endpoint: &'static str, result: impl Future<Output = Result<Response, Failure>>) -> Response {
    let mut response = match result.await {
        Ok(response) => response,
        Err(failure) => {
            if failure.is_fault() {
                tracing::error!(target: log_target::LOGIN_PAGE, "{failure}");
            }
            response::from_failure(&failure)
        }
    };
    // The response has a token, or a form by which a token can be obtained.
    response::set_header(&mut response, header::CACHE_CONTROL, "no-store");
    tracing::info!(target: log_target::REQUEST, endpoint, status = response.status().as_u16());
    response
}

/// The HTML of the form, with a text about the problem of the last attempt if `problem` is not empty.
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

/// An HTML page with this content.
fn page(status: StatusCode, content: &str) -> Response {
    let html = format!("<!doctype html><html lang=en><meta charset=utf-8><title>tollgate-registry</title>{content}");
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    response::set_header(&mut response, header::CONTENT_TYPE, "text/html; charset=utf-8");
    // The URL is a secret, so no other site may see it as a referrer. A form for passwords may not be framed.
    response::set_header(&mut response, header::REFERRER_POLICY, "no-referrer");
    let policy = "default-src 'none'; frame-ancestors 'none'; form-action 'self'";
    response::set_header(&mut response, header::CONTENT_SECURITY_POLICY, policy);
    response
}

//! npm's logins: by name and password, and by browser.

use axum::{http::StatusCode, response::Response};
use serde::Deserialize;
use serde_json::{Value, json};
use tollgate::UserName;

use crate::{
    base::{failure::Failure, random},
    credentials::{
        hashing::Waiting,
        login::{self, LoggedIn, LoginCheck, LoginProof},
        password::{self, ShownPassword, VerifiedPassword},
    },
    exchange::{
        context::{Credentials, RequestContext},
        decisions::Exchange,
        json,
        prepared::Prepared,
        services::Services,
    },
    reply::response,
    store::{
        accounts::{self, NewAccount},
        logins::{self, NewLogin, Purpose},
    },
};

/// The revision of every user's record. npm's client reads it and sends it back, because the registry used to be a
/// `CouchDB`, which requires a revision.
const REVISION: &str = "1-0";

/// The body of `PUT /-/user/org.couchdb.user:NAME`.
#[derive(Deserialize)]
struct UserDocument {
    name: String,
    #[serde(default)]
    password: String,
    email: Option<String>,
}

/// Issues the token of a login, and responds with its text.
async fn issue_token(exchange: &mut Exchange<'_>, user: &UserName) -> Result<Response, Failure> {
    let login = LoggedIn { user, address: exchange.context.client_ip, at: exchange.moment() };
    let issued = login::issue_token(&mut exchange.tx, login).await?;
    Ok(response::created(&json!({
        "ok": true, "id": format!("org.couchdb.user:{user}"), "rev": REVISION, "token": issued.secret.expose(),
    })))
}

/// Parses the body, whose `name` must be the user's name in the path.
fn parse_document(bytes: &[u8], user: &UserName) -> Result<UserDocument, Failure> {
    let expected = "an object with `name`, `password` and, for a new account, `email`, each a string and there once";
    let document: UserDocument = json::parse_with_password(bytes, expected)?;
    if document.name == user.as_str() {
        Ok(document)
    } else {
        Err(Failure::bad_request(format!("another name than in the path: expected `{user}`")))
    }
}

/// The failure for a new account if only the operator creates accounts.
fn closed() -> Failure {
    let text = "this registry makes no accounts by itself: ask its operator for one";
    Failure::refused(StatusCode::FORBIDDEN, text)
}

/// Prepares [`create_account`] before its transaction: checks and hashes the password, or verifies it.
pub(crate) async fn prepare_create_account(
    services: &Services,
    context: &RequestContext,
    user: &UserName,
    bytes: &[u8],
) -> Result<Prepared<'static>, Failure> {
    let document = parse_document(bytes, user)?;
    // yarn 1 logs in with the request for a new account, and sends the password as basic credentials too. npm's client
    // does not, and sends the request of `log_in` next.
    if matches!(context.credentials, Credentials::Basic { .. }) && exists(services, user).await? {
        return prepare_log_in(services, context, user, bytes).await;
    }
    // Only a request for a new account has an email address.
    if document.email.is_none() || !services.sign_up_is_open {
        return Ok(Prepared::default());
    }
    password::check_new(&document.password)?;
    Ok(Prepared {
        new_password_hash: Some(services.hashing.hash(document.password, Waiting::Stranger).await?),
        ..Prepared::default()
    })
}

async fn exists(services: &Services, user: &UserName) -> Result<bool, Failure> {
    let mut tx = services.store.snapshot().await?;
    Ok(accounts::account(&mut tx, user.as_borrowed()).await?.is_some())
}

/// Prepares [`log_in`] before its transaction: verifies the password of the basic credentials, and the one-time password
/// if the account has a second factor.
pub(crate) async fn prepare_log_in(
    services: &Services,
    context: &RequestContext,
    user: &UserName,
    bytes: &[u8],
) -> Result<Prepared<'static>, Failure> {
    parse_document(bytes, user)?;
    let (address, now) = (context.client_ip, context.now);
    let password = match &context.credentials {
        Credentials::Basic { name, password } if name == user.as_str() => {
            let shown = ShownPassword { user, password, address, now };
            VerifiedPassword::verify(&services.store, &services.hashing, shown).await?
        }
        Credentials::Basic { .. } | Credentials::None | Credentials::Bearer(_) | Credentials::Unreadable => None,
    };
    let one_time_password = context.one_time_password.as_deref();
    let proof = LoginProof { user, password: password.as_ref(), one_time_password, address };
    let login = login::verify(&services.store, proof, services.policy).await?;
    Ok(Prepared { login: Some(login), ..Prepared::default() })
}

/// `PUT /-/user/org.couchdb.user:NAME`: creates an account and logs in to it. If the account exists, a request with basic
/// credentials logs in to it. To any other request the response is 409, and npm's client then sends the request of
/// [`log_in`].
pub(crate) async fn create_account(exchange: &mut Exchange<'_>, user: &UserName) -> Result<Response, Failure> {
    let document = parse_document(exchange.body, user)?;
    if accounts::account(&mut exchange.tx, user.as_borrowed()).await?.is_some() {
        if exchange.prepared.login.is_some() {
            return log_in(exchange, user).await;
        }
        return Err(Failure::conflict("the account exists: expected its revision, with name and password"));
    }
    if document.email.is_some() && !exchange.services.sign_up_is_open {
        return Err(closed());
    }
    // A request without an email address is a login, and npm's client reads status 400 as "there is no such user".
    let (Some(email), Some(hash)) = (document.email, &exchange.prepared.new_password_hash) else {
        return Err(Failure::bad_request(format!("there is no user `{user}`")));
    };
    let now = exchange.context.now;
    let account = NewAccount { name: user, password_hash: hash.clone(), email: Some(&email) };
    accounts::create(&mut exchange.tx, account, now).await?;
    issue_token(exchange, user).await
}

/// `PUT /-/user/org.couchdb.user:NAME/-rev/:revision`: logs in to an account that exists.
pub(crate) async fn log_in(exchange: &mut Exchange<'_>, user: &UserName) -> Result<Response, Failure> {
    match &exchange.prepared.login {
        Some(LoginCheck::Passed(login)) if login.is_current(&mut exchange.tx).await? => {
            issue_token(exchange, user).await
        }
        Some(LoginCheck::OneTimePasswordNeeded) => Ok(response::one_time_password_needed()),
        Some(LoginCheck::Passed(_) | LoginCheck::WrongPassword) | None => Ok(response::wrong_password()),
    }
}

/// `GET /-/user/org.couchdb.user:NAME`: the public record of a user. The email address is shown only to the user.
pub(crate) async fn read_user(exchange: &mut Exchange<'_>, user: &UserName) -> Result<Response, Failure> {
    let account = accounts::account(&mut exchange.tx, user.as_borrowed()).await?;
    let account = account.ok_or_else(|| Failure::not_found(format!("there is no user `{user}`")))?;
    let is_self = exchange.caller.user() == Some(user.as_borrowed());
    let email = account.profile.get("email").and_then(Value::as_str).filter(|_| is_self);
    Ok(response::ok(&json!({
        "_id": format!("org.couchdb.user:{user}"),
        "_rev": REVISION,
        "name": user,
        "email": email.unwrap_or_default(),
    })))
}

#[derive(Default, Deserialize)]
struct WebLoginBody {
    #[serde(default)]
    create: bool,
}

/// `POST /-/v1/login`: begins a login by browser. The response has two URLs, one for the person and one for
/// the client; neither can be derived from the other.
pub(crate) async fn begin_in_browser(exchange: &mut Exchange<'_>) -> Result<Response, Failure> {
    let body = match exchange.body.as_ref() {
        b"" => WebLoginBody::default(),
        bytes => json::parse_with_password(bytes, "an object, in which `create` is true or false")?,
    };
    if body.create && !exchange.services.sign_up_is_open {
        return Err(closed());
    }
    let purpose = if body.create { Purpose::CreateAccount } else { Purpose::Login };
    let (form_nonce, poll_nonce) = (random::nonce()?, random::nonce()?);
    let login = NewLogin {
        form_digest: logins::digest(&form_nonce)?,
        poll_digest: logins::digest(&poll_nonce)?,
        purpose,
        started_from: exchange.context.client_ip.to_string(),
    };
    logins::begin(&mut exchange.tx, &login, exchange.context.now).await?;
    let base = &exchange.context.base_url;
    Ok(response::ok(&json!({
        "loginUrl": format!("{base}/-/v1/login/form/{form_nonce}"),
        "doneUrl": format!("{base}/-/v1/login/done/{poll_nonce}"),
    })))
}

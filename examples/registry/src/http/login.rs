//! Logins: with a name and a password, and a one-time password where the account has a second factor.
//!
//! Here nothing is decided about rights: whoever shows who they are gets a token of theirs, and what that may do is
//! decided when it is used. Whether they may have one at all (a suspended account may not) is `tollgate`'s to say.

use axum::{http::StatusCode, response::Response};
use serde::Deserialize;
use serde_json::{Value, json};
use tollgate::{Timestamp, UserName, facts::TwoFactorMode, token::IssuedBy};

use super::{body, exchange::Exchange, form, reply};
use crate::{
    failure::{Failure, other},
    issue::{self, Issued, NewToken},
    one_time,
    password::ShownPassword,
    random,
    store::{
        Tx, accounts, facts,
        guesses::{self, Guess},
        logins::{self, Purpose},
    },
};

/// The revision of every user's record: what the client's old exchange wants to see and send back.
const REVISION: &str = "1-0";

/// The body of `PUT /-/user/org.couchdb.user:NAME`.
#[derive(Deserialize)]
pub(crate) struct UserDocument {
    name: String,
    #[serde(default)]
    pub(crate) password: String,
    pub(crate) email: Option<String>,
}

/// What came of a password and a one-time password.
pub(crate) enum Verified {
    Yes,
    WrongPassword,
    OneTimePasswordNeeded,
}

/// Verifies that the password is still the right one, and the second factor of an account that has one. A wrong code is
/// counted.
pub(crate) async fn verify(
    tx: &mut Tx,
    user: &UserName,
    shown: Option<&ShownPassword>,
    code: Option<&str>,
    now: Timestamp,
) -> Result<Verified, Failure> {
    let name = user.as_borrowed();
    let account = accounts::account(tx, name).await?;
    let Some(account) = account.filter(|account| shown.is_some_and(|shown| shown.is_of(user, account))) else {
        return Ok(Verified::WrongPassword);
    };
    if account.two_factor == TwoFactorMode::Disabled {
        return Ok(Verified::Yes);
    }
    let (Some(code), Some(secret)) = (code, account.totp_secret) else { return Ok(Verified::OneTimePasswordNeeded) };
    guesses::may_guess(tx, name, Guess::OneTimePassword, now).await?;
    // Each login is another one: a code logs in once.
    let used_by = format!("login {}", random::nonce()?);
    if one_time::verify(tx, name, &secret, code, &used_by, now).await? {
        return Ok(Verified::Yes);
    }
    guesses::wrong(tx, name, Guess::OneTimePassword, now).await?;
    Ok(Verified::OneTimePasswordNeeded)
}

/// The token that `npm login` makes: a legacy publish token.
pub(crate) async fn make_token(tx: &mut Tx, user: &UserName, now: Timestamp) -> Result<Issued, Failure> {
    let owner = facts::user(tx, user.as_borrowed()).await?.ok_or_else(|| other("a login of nobody"))?;
    issue::issue(tx, &owner, NewToken::LOGIN, IssuedBy::Owner, now).await
}

fn logged_in(user: &UserName, issued: &Issued) -> Response {
    reply::created(&json!({
        "ok": true, "id": format!("org.couchdb.user:{user}"), "rev": REVISION, "token": issued.secret.expose(),
    }))
}

/// The body, which names the account that the path names.
pub(crate) fn document(bytes: &[u8], user: &UserName) -> Result<UserDocument, Failure> {
    let expected = "an object with `name`, `password` and, for a new account, `email`, each a string and there once";
    let document: UserDocument = body::json_with_password(bytes, expected)?;
    if document.name == user.as_str() {
        Ok(document)
    } else {
        Err(Failure::bad_request(format!("another name than in the path: expected `{user}`")))
    }
}

/// `PUT /-/user/org.couchdb.user:NAME`: makes an account. Of one that exists, the client is to send the revision.
pub(crate) async fn create_account(exchange: &mut Exchange<'_>, user: &UserName) -> Result<Response, Failure> {
    let document = document(exchange.body, user)?;
    if accounts::account(&mut exchange.tx, user.as_borrowed()).await?.is_some() {
        return Err(Failure::conflict("the account exists: expected its revision, with name and password"));
    }
    // A login sends no address, and npm's client takes a 400 for "there is no such user".
    let (Some(email), Some(hash)) = (document.email, &exchange.prepared.new_hash) else {
        return Err(Failure::bad_request(format!("there is no user `{user}`")));
    };
    let now = exchange.asked.now;
    accounts::create(&mut exchange.tx, user, hash.clone(), Some(&email), now).await?;
    let issued = make_token(&mut exchange.tx, user, now).await?;
    Ok(logged_in(user, &issued))
}

/// `PUT /-/user/org.couchdb.user:NAME/-rev/:revision`: a login.
pub(crate) async fn log_in(exchange: &mut Exchange<'_>, user: &UserName) -> Result<Response, Failure> {
    document(exchange.body, user)?;
    let (now, code) = (exchange.asked.now, exchange.asked.one_time_password.as_deref());
    match verify(&mut exchange.tx, user, exchange.prepared.shown.as_ref(), code, now).await? {
        Verified::Yes => {
            let issued = make_token(&mut exchange.tx, user, now).await?;
            Ok(logged_in(user, &issued))
        }
        Verified::WrongPassword => Ok(reply::wrong_password()),
        Verified::OneTimePasswordNeeded => Ok(reply::one_time_password_please()),
    }
}

/// `GET /-/user/org.couchdb.user:NAME`: what everyone may know of a user.
pub(crate) async fn read_user(exchange: &mut Exchange<'_>, user: &UserName) -> Result<Response, Failure> {
    let account = accounts::account(&mut exchange.tx, user.as_borrowed()).await?;
    let account = account.ok_or_else(|| Failure::not_found(format!("there is no user `{user}`")))?;
    Ok(reply::ok(&json!({
        "_id": format!("org.couchdb.user:{user}"),
        "_rev": REVISION,
        "name": user,
        "email": account.profile.get("email").and_then(Value::as_str).unwrap_or_default(),
    })))
}

#[derive(Default, Deserialize)]
struct WebLoginBody {
    #[serde(default)]
    create: bool,
}

/// `POST /-/v1/login`: two URLs, one for the person and one for the client. Neither leads to the other.
pub(crate) async fn begin_in_browser(exchange: &mut Exchange<'_>) -> Result<Response, Failure> {
    let body = match exchange.body.as_ref() {
        b"" => WebLoginBody::default(),
        bytes => body::json_with_password(bytes, "an object, in which `create` is true or false")?,
    };
    let purpose = if body.create { Purpose::CreateAccount } else { Purpose::Login };
    let (login, done) = (random::nonce()?, random::nonce()?);
    let digests = (&form::digest(&login)?, &form::digest(&done)?);
    let from = exchange.asked.client_ip.to_string();
    logins::begin(&mut exchange.tx, digests, purpose, &from, exchange.asked.now).await?;
    let base = &exchange.asked.base;
    Ok(reply::json(
        StatusCode::OK,
        &json!({
            "loginUrl": format!("{base}/-/v1/login/form/{login}"),
            "doneUrl": format!("{base}/-/v1/login/done/{done}"),
        }),
    ))
}

//! What takes long and needs no transaction: passwords are verified and hashed before one begins, and tags are counted.
//!
//! A password that was verified is believed in the transaction only while the hash that it matched is still the account's.

use axum::body::Bytes;
use tollgate::{
    UserName,
    npm::{AccountRequest, Body, CreateTokenRequest, Endpoint, OpenRequest, PackageRequest, TwoFactorChange},
};

use super::{
    Inner, account,
    asker::Asker,
    body, login, put, reply,
    request::{Asked, Credentials},
};
use crate::{
    failure::Failure,
    password::{self, ShownPassword},
};

/// **What was done before the transaction.**
#[derive(Default)]
pub(crate) struct Prepared {
    /// The password that came along, if it is the right one.
    pub(crate) shown: Option<ShownPassword>,
    /// The present password that came along with the next one, if it is the right one. Neither stands for the other.
    pub(crate) shown_old: Option<ShownPassword>,
    /// The hash of a password to be.
    pub(crate) new_hash: Option<String>,
}

/// Verifies and hashes what the request brings, and refuses too many tags. What is malformed is left to whoever reads it
/// next.
pub(crate) async fn prepare(
    app: &Inner,
    asked: &Asked,
    endpoint: &Endpoint,
    bytes: &Bytes,
) -> Result<Prepared, Failure> {
    if let Endpoint::Open(OpenRequest::Login { user }) = endpoint {
        let document = login::document(bytes, user)?;
        // Only who says an address makes an account.
        if document.email.is_none() {
            return Ok(Prepared::default());
        }
        password::check_new(&document.password)?;
        return Ok(Prepared { new_hash: Some(password::hash(document.password).await?), ..Prepared::default() });
    }
    if let Endpoint::Open(OpenRequest::LoginRevision { user, .. }) = endpoint
        && let Credentials::Basic { name, password } = &asked.credentials
        && name == user.as_str()
    {
        return Ok(Prepared {
            shown: ShownPassword::verify(&app.store, user, password, asked.now).await?,
            ..Prepared::default()
        });
    }
    if let Endpoint::Account(AccountRequest::CreateToken) = endpoint {
        let body: Body = body::json_with_password(bytes, KEYS_ONCE)?;
        let request = CreateTokenRequest::read(&body, asked.now).map_err(reply::invalid)?;
        let Some(shown) = request.password else { return Ok(Prepared::default()) };
        return Ok(Prepared { shown: own_password(app, asked, shown.expose()).await?, ..Prepared::default() });
    }
    if let Endpoint::Account(AccountRequest::WriteProfile) = endpoint {
        return of_profile(app, asked, bytes).await;
    }
    if let Endpoint::Package { request: PackageRequest::Write | PackageRequest::WriteRevision { .. }, .. } = endpoint {
        put::check_tags(bytes)?;
    }
    Ok(Prepared::default())
}

/// What every body of `tollgate`'s reader is.
const KEYS_ONCE: &str = "an object with each key once";

async fn of_profile(app: &Inner, asked: &Asked, bytes: &Bytes) -> Result<Prepared, Failure> {
    let body: Body = body::json_with_password(bytes, KEYS_ONCE)?;
    let change = account::profile_change(&body)?;
    let mut prepared = Prepared::default();
    if let Some(change) = change.password() {
        password::check_new(change.new.expose())?;
        prepared.shown_old = own_password(app, asked, change.old.expose()).await?;
        prepared.new_hash = Some(password::hash(change.new.expose().to_owned()).await?);
    }
    if let Some(TwoFactorChange::Mode { password, .. }) = change.two_factor() {
        prepared.shown = own_password(app, asked, password.expose()).await?;
    }
    Ok(prepared)
}

/// The password of who asks, if that is it.
async fn own_password(app: &Inner, asked: &Asked, password: &str) -> Result<Option<ShownPassword>, Failure> {
    let Some(user) = own_name(app, asked).await? else { return Ok(None) };
    ShownPassword::verify(&app.store, &user, password, asked.now).await
}

async fn own_name(app: &Inner, asked: &Asked) -> Result<Option<UserName>, Failure> {
    let mut tx = app.store.snapshot().await?;
    Ok(match Asker::look_up(&mut tx, &asked.credentials).await? {
        Asker::Token { owner, .. } => Some(owner.name().clone()),
        Asker::NoToken | Asker::UnknownToken => None,
    })
}

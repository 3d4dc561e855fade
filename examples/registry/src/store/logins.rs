//! Logins by browser: npm's client begins one, a person finishes it at the form, and the client fetches the token.
//!
//! The URL of the form and the URL that the client polls each contain a nonce, which is a secret. The database stores
//! only the digests of these nonces.

use tollgate::{Secret, Timestamp, UserName, token::SecretDigest};

use crate::{
    base::{
        clock::unix_seconds,
        failure::{Failure, fact},
    },
    store::database::Tx,
};

/// The maximum time from the beginning of a login until its token is fetched.
const LIFETIME_SECONDS: i64 = 10 * 60;

/// What a login is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Login,
    CreateAccount,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::CreateAccount => "create-account",
        }
    }
}

/// A login that has begun and has not expired.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub(crate) purpose: Purpose,
    /// The address of the client that began the login. The form shows this address to the person.
    pub(crate) started_from: String,
    /// The user who has finished the login, or `None` if it is not finished.
    pub(crate) user: Option<UserName>,
}

/// A login to begin.
#[derive(Debug)]
pub(crate) struct NewLogin {
    /// The digest of the nonce in the URL of the form.
    pub(crate) form_digest: SecretDigest,
    /// The digest of the nonce in the URL that the client polls.
    pub(crate) poll_digest: SecretDigest,
    pub(crate) purpose: Purpose,
    pub(crate) started_from: String,
}

/// The digest of the nonce in a URL.
///
/// # Errors
/// Status 404 if the text cannot be a nonce.
pub(crate) fn digest(nonce: &str) -> Result<SecretDigest, Failure> {
    Secret::new(nonce).map(|secret| secret.digest()).map_err(|_| gone())
}

/// The failure for the URL of a login that does not exist or has expired: status 404.
pub(crate) fn gone() -> Failure {
    Failure::not_found("this login has run out or never was: run npm login again")
}

/// Begins a login, and deletes logins that have expired.
pub(crate) async fn begin(tx: &mut Tx, new: &NewLogin, now: Timestamp) -> Result<(), Failure> {
    sqlx::query("DELETE FROM logins WHERE started < $1")
        .bind(unix_seconds(now).saturating_sub(LIFETIME_SECONDS))
        .execute(&mut **tx)
        .await?;
    sqlx::query(
        "INSERT INTO logins (login_digest, done_digest, purpose, started, started_from) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(new.form_digest.to_hex())
    .bind(new.poll_digest.to_hex())
    .bind(new.purpose.as_str().to_owned())
    .bind(unix_seconds(now))
    .bind(new.started_from.clone())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

type Row = (String, i64, String, Option<String>);

fn login(row: Option<Row>, now: Timestamp) -> Result<Option<Login>, Failure> {
    let Some((purpose, started, started_from, user)) = row else { return Ok(None) };
    if unix_seconds(now).saturating_sub(started) > LIFETIME_SECONDS {
        return Ok(None);
    }
    let purpose = if purpose == Purpose::CreateAccount.as_str() { Purpose::CreateAccount } else { Purpose::Login };
    Ok(Some(Login { purpose, started_from, user: fact(user.as_deref().map(str::parse).transpose())? }))
}

/// The login of the form with this digest.
pub(crate) async fn by_form(tx: &mut Tx, digest: &SecretDigest, now: Timestamp) -> Result<Option<Login>, Failure> {
    let row: Option<Row> =
        sqlx::query_as("SELECT purpose, started, started_from, user_name FROM logins WHERE login_digest = $1")
            .bind(digest.to_hex())
            .fetch_optional(&mut **tx)
            .await?;
    login(row, now)
}

/// The login of the polled URL with this digest.
pub(crate) async fn by_poll(tx: &mut Tx, digest: &SecretDigest, now: Timestamp) -> Result<Option<Login>, Failure> {
    let row: Option<Row> =
        sqlx::query_as("SELECT purpose, started, started_from, user_name FROM logins WHERE done_digest = $1")
            .bind(digest.to_hex())
            .fetch_optional(&mut **tx)
            .await?;
    login(row, now)
}

/// Records that the user has finished the login of a form.
pub(crate) async fn finish(tx: &mut Tx, digest: &SecretDigest, user: UserName<&str>) -> Result<(), Failure> {
    sqlx::query("UPDATE logins SET user_name = $2 WHERE login_digest = $1")
        .bind(digest.to_hex())
        .bind(user.as_str().to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Deletes the login of a polled URL, so that only one token is issued for this login.
pub(crate) async fn forget(tx: &mut Tx, poll_digest: &SecretDigest) -> Result<(), Failure> {
    sqlx::query("DELETE FROM logins WHERE done_digest = $1").bind(poll_digest.to_hex()).execute(&mut **tx).await?;
    Ok(())
}

/// Deletes the logins that the user has finished and whose token was not fetched yet. It is called when a cut-off, a
/// suspension, a new password or a new second factor ends earlier access, because the token of such a login would be
/// issued after this change.
pub(crate) async fn forget_of_user(tx: &mut Tx, user: UserName<&str>) -> Result<(), Failure> {
    sqlx::query("DELETE FROM logins WHERE user_name = $1").bind(user.as_str().to_owned()).execute(&mut **tx).await?;
    Ok(())
}

//! Logins through the web: begun by the client, finished by a person at the form, fetched by the client.

use tollgate::{Timestamp, UserName, token::SecretDigest};

use super::Tx;
use crate::{
    clock::unix_seconds,
    failure::{Failure, fact},
};

/// How long the form may be filled in and the token fetched.
const LIFETIME_SECONDS: i64 = 10 * 60;

/// Whether the person has an account already.
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

/// A login that has begun.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub(crate) purpose: Purpose,
    /// The address that asked for it, for the person at the form to look at.
    pub(crate) started_from: String,
    /// Who has finished it.
    pub(crate) user: Option<UserName>,
}

/// Begins one. Those that ran out are forgotten.
pub(crate) async fn begin(
    tx: &mut Tx,
    (login, done): (&SecretDigest, &SecretDigest),
    purpose: Purpose,
    started_from: &str,
    now: Timestamp,
) -> Result<(), Failure> {
    sqlx::query("DELETE FROM logins WHERE started < $1")
        .bind(unix_seconds(now).saturating_sub(LIFETIME_SECONDS))
        .execute(&mut **tx)
        .await?;
    sqlx::query(
        "INSERT INTO logins (login_digest, done_digest, purpose, started, started_from) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(login.to_hex())
    .bind(done.to_hex())
    .bind(purpose.as_str().to_owned())
    .bind(unix_seconds(now))
    .bind(started_from.to_owned())
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

/// The login of a form's URL.
pub(crate) async fn by_form(tx: &mut Tx, digest: &SecretDigest, now: Timestamp) -> Result<Option<Login>, Failure> {
    let row: Option<Row> =
        sqlx::query_as("SELECT purpose, started, started_from, user_name FROM logins WHERE login_digest = $1")
            .bind(digest.to_hex())
            .fetch_optional(&mut **tx)
            .await?;
    login(row, now)
}

/// The login of the URL that the client polls.
pub(crate) async fn by_poll(tx: &mut Tx, digest: &SecretDigest, now: Timestamp) -> Result<Option<Login>, Failure> {
    let row: Option<Row> =
        sqlx::query_as("SELECT purpose, started, started_from, user_name FROM logins WHERE done_digest = $1")
            .bind(digest.to_hex())
            .fetch_optional(&mut **tx)
            .await?;
    login(row, now)
}

/// Says who has finished it.
pub(crate) async fn finish(tx: &mut Tx, digest: &SecretDigest, user: UserName<&str>) -> Result<(), Failure> {
    sqlx::query("UPDATE logins SET user_name = $2 WHERE login_digest = $1")
        .bind(digest.to_hex())
        .bind(user.as_str().to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Forgets it: its token is made once.
pub(crate) async fn forget(tx: &mut Tx, done: &SecretDigest) -> Result<(), Failure> {
    sqlx::query("DELETE FROM logins WHERE done_digest = $1").bind(done.to_hex()).execute(&mut **tx).await?;
    Ok(())
}

/// Forgets those that this user has finished and nobody has fetched the token of: it would be made after what it is to be
/// older than, a cut-off or another password.
pub(crate) async fn forget_those_of(tx: &mut Tx, user: UserName<&str>) -> Result<(), Failure> {
    sqlx::query("DELETE FROM logins WHERE user_name = $1").bind(user.as_str().to_owned()).execute(&mut **tx).await?;
    Ok(())
}

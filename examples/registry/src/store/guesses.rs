//! Counts the wrong passwords and one-time passwords for each account, and limits their number.

use tollgate::{Timestamp, UserName};

use crate::{
    base::{clock::unix_seconds, failure::Failure},
    store::database::Tx,
};

/// The kind of secret that is guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guess {
    Password,
    /// A password that is sent from an address from which the account has logged in before.
    PasswordFromKnownAddress,
    OneTimePassword,
}

impl Guess {
    /// The text in the database.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::PasswordFromKnownAddress => "password from a known address",
            Self::OneTimePassword => "one-time password",
        }
    }

    /// The text for the client, which does not say whether the address is known.
    const fn client_text(self) -> &'static str {
        match self {
            Self::Password | Self::PasswordFromKnownAddress => "password",
            Self::OneTimePassword => "one-time password",
        }
    }

    /// The maximum number of wrong guesses for an account within [`WINDOW_SECONDS`].
    const fn limit(self) -> i64 {
        match self {
            Self::Password | Self::PasswordFromKnownAddress => 30,
            Self::OneTimePassword => 10,
        }
    }
}

/// The length of the window in which wrong guesses are counted: 15 minutes from the first wrong guess.
const WINDOW_SECONDS: i64 = 15 * 60;

/// Checks that the account has not reached its limit of wrong guesses.
///
/// # Errors
/// Status 429 at the limit.
pub(crate) async fn may_guess(tx: &mut Tx, name: UserName<&str>, what: Guess, now: Timestamp) -> Result<(), Failure> {
    match current(tx, name, what, now).await? {
        Some((_, guesses)) if guesses >= what.limit() => Err(Failure::refused(
            axum::http::StatusCode::TOO_MANY_REQUESTS,
            format!("too many wrong {}s in 15 minutes: try again later", what.client_text()),
        )),
        _ => Ok(()),
    }
}

/// Counts a wrong guess.
pub(crate) async fn wrong(tx: &mut Tx, name: UserName<&str>, what: Guess, now: Timestamp) -> Result<(), Failure> {
    let (since, guesses) = current(tx, name, what, now).await?.unwrap_or((unix_seconds(now), 0));
    sqlx::query(
        "INSERT INTO wrong_guesses (user_name, what, since, guesses) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (user_name, what) DO UPDATE SET since = excluded.since, guesses = excluded.guesses",
    )
    .bind(name.as_str().to_owned())
    .bind(what.as_str().to_owned())
    .bind(since)
    .bind(guesses.saturating_add(1))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The time of the first wrong guess of the current window, in seconds since 1970, and the number of wrong guesses
/// since then. `None` if there is no current window.
async fn current(
    tx: &mut Tx,
    name: UserName<&str>,
    what: Guess,
    now: Timestamp,
) -> Result<Option<(i64, i64)>, Failure> {
    let row: Option<(i64, i64)> =
        sqlx::query_as("SELECT since, guesses FROM wrong_guesses WHERE user_name = $1 AND what = $2")
            .bind(name.as_str().to_owned())
            .bind(what.as_str().to_owned())
            .fetch_optional(&mut **tx)
            .await?;
    Ok(row.filter(|(since, _)| unix_seconds(now).saturating_sub(*since) < WINDOW_SECONDS))
}

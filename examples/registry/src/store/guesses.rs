//! Wrong passwords and wrong one-time passwords, counted, so that nobody tries them all.

use tollgate::{Timestamp, UserName};

use super::Tx;
use crate::{clock::unix_seconds, failure::Failure};

/// What is guessed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guess {
    Password,
    OneTimePassword,
}

impl Guess {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::OneTimePassword => "one-time password",
        }
    }

    /// How many wrong ones an account has in a window.
    const fn at_most(self) -> i64 {
        match self {
            Self::Password => 30,
            Self::OneTimePassword => 10,
        }
    }
}

/// The window in which they are counted.
const WINDOW_SECONDS: i64 = 15 * 60;

/// Whether one more guess is looked at.
pub(crate) async fn may_guess(tx: &mut Tx, name: UserName<&str>, what: Guess, now: Timestamp) -> Result<(), Failure> {
    match current(tx, name, what, now).await? {
        Some((_, guesses)) if guesses >= what.at_most() => Err(Failure::refused(
            axum::http::StatusCode::TOO_MANY_REQUESTS,
            format!("too many wrong {}s: expected some minutes of patience", what.as_str()),
        )),
        _ => Ok(()),
    }
}

/// Counts a wrong one.
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

/// Since when wrong ones are counted, and how many there are; none where the window is over.
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

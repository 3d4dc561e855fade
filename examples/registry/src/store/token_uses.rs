//! The last use of each token, by the hour.
//!
//! A request only notes the token in memory. A task writes the notes to the database separately from all requests, so
//! that no request waits for a write or fails because of it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;
use tollgate::{Timestamp, token::TokenId};

use crate::{
    base::{
        clock,
        failure::{Failure, other},
        log_target,
    },
    store::{database::Store, turns::Writer},
};

/// The maximum number of tokens that are noted. If more are used in an hour, some are written more than once.
const MAX_NOTES: usize = 10_000;
/// How long notes are collected before they are written together.
const PAUSE: Duration = Duration::from_secs(1);
/// How many uses are written in one transaction, for which a revocation may have to wait.
const AT_ONCE: usize = 100;
const HOUR: i64 = 3600;

/// **The tokens that were used.**
#[derive(Clone, Debug, Default)]
pub(crate) struct TokenUses(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    notes: Mutex<HashMap<TokenId, Use>>,
    noted: Notify,
}

/// The hour of the last use of a token, and whether it was written.
#[derive(Clone, Copy, Debug)]
struct Use {
    hour: i64,
    is_written: bool,
}

impl TokenUses {
    /// Notes a use of a token.
    pub(crate) fn note(&self, token: &TokenId, now: Timestamp) {
        let hour = clock::unix_seconds(now).div_euclid(HOUR);
        let mut notes = self.0.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.get(token).is_some_and(|known| known.hour >= hour) {
            return;
        }
        if notes.len() >= MAX_NOTES {
            notes.retain(|_, known| !known.is_written);
        }
        // The notes do not grow without end while the database cannot be written to.
        if notes.len() < MAX_NOTES {
            notes.insert(token.clone(), Use { hour, is_written: false });
            self.0.noted.notify_one();
        }
    }

    /// Writes the uses as they are noted. It does not end.
    pub(crate) async fn keep_writing(&self, store: &Store) {
        loop {
            self.0.noted.notified().await;
            tokio::time::sleep(PAUSE).await;
            loop {
                let uses = self.take();
                if uses.is_empty() {
                    break;
                }
                if let Err(failure) = write(store, &uses).await {
                    // A use in the next hour is noted and written again.
                    tracing::warn!(target: log_target::SERVER, "the last use of {} tokens was not written: {failure}", uses.len());
                }
            }
        }
    }

    /// Some of the uses that were not written. They count as written from now on.
    fn take(&self) -> Vec<(TokenId, i64)> {
        let mut notes = self.0.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let unwritten = notes.iter_mut().filter(|(_, noted)| !noted.is_written);
        let take = |(token, noted): (&TokenId, &mut Use)| {
            noted.is_written = true;
            (token.clone(), noted.hour)
        };
        unwritten.map(take).take(AT_ONCE).collect()
    }
}

async fn write(store: &Store, uses: &[(TokenId, i64)]) -> Result<(), Failure> {
    let mut tx = store.writing(&Writer::of_server("the last uses of tokens")).await?;
    for (token, hour) in uses {
        let hour = Timestamp::from_unix_seconds(hour.saturating_mul(HOUR)).map_err(other)?.to_string();
        // Another replica may have written a later one.
        sqlx::query("UPDATE tokens SET last_used = $2 WHERE token_key = $1 AND (last_used IS NULL OR last_used < $2)")
            .bind(token.as_str().to_owned())
            .bind(hour)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use tollgate::token::TokenId;

    use super::{MAX_NOTES, TokenUses};

    #[test]
    fn a_token_is_written_once_an_hour() {
        let (uses, token) = (TokenUses::default(), TokenId::new("t-1").unwrap());
        let note = |time: &str| {
            uses.note(&token, time.parse().unwrap());
            uses.take().len()
        };
        assert_eq!(note("2026-01-01T13:00:00Z"), 1);
        assert_eq!(note("2026-01-01T13:59:59.9Z"), 0);
        assert_eq!(note("2026-01-01T14:00:00Z"), 1);
        // A request that began before.
        assert_eq!(note("2026-01-01T13:59:59Z"), 0);
        uses.note(&TokenId::new("t-2").unwrap(), "2026-01-01T14:00:00Z".parse().unwrap());
        assert_eq!(uses.take().len(), 1);
    }

    #[test]
    fn the_number_of_noted_tokens_is_limited() {
        let uses = TokenUses::default();
        let note = |number: usize| {
            uses.note(&TokenId::new(&format!("t-{number}")).unwrap(), "2026-01-01T13:00:00Z".parse().unwrap());
        };
        (0..=MAX_NOTES).for_each(note);
        // A revocation waits for the tokens that are written at one time.
        let batches: Vec<usize> =
            std::iter::repeat_with(|| uses.take().len()).take_while(|written| *written > 0).collect();
        assert_eq!(batches.iter().sum::<usize>(), MAX_NOTES);
        assert!(batches.iter().all(|written| *written <= 100), "{batches:?}");
        // Those that are written make room.
        note(MAX_NOTES);
        assert_eq!(uses.take().len(), 1);
    }
}

//! Attempts of a transaction with which other transactions may interfere.

use std::time::Duration;

use crate::base::{failure::Failure, random};

/// The maximum number of attempts.
const MAX_ATTEMPTS: u32 = 10;
/// The longest pause before another attempt.
const MAX_PAUSE: Duration = Duration::from_millis(500);

/// Makes attempts until one succeeds, or fails in a way in which another attempt would not help.
pub(crate) async fn until_done<T, F>(mut attempt: impl FnMut() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut attempts = Attempts::default();
    loop {
        match attempt().await {
            Err(failure) => attempts.after(failure).await?,
            done => return done,
        }
    }
}

/// **The attempts of a transaction** so far.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    failed: u32,
    has_reconnected: bool,
}

impl Attempts {
    /// Handles an attempt that failed. Returns `Ok`, after a pause, if the transaction should be tried again. The next
    /// attempt must look up its facts again. The pause grows with each failed attempt and has a random length, so that
    /// the same two requests do not interfere again. After a lost connection, the transaction is tried again once, at
    /// once.
    ///
    /// # Errors
    /// Returns the failure if another attempt would not help, or if this was the last one.
    pub(crate) async fn after(&mut self, failure: Failure) -> Result<(), Failure> {
        if matches!(failure, Failure::Database(_))
            && failure.is_unreachable()
            && !failure.is_busy()
            && !self.has_reconnected
        {
            self.has_reconnected = true;
            return Ok(());
        }
        self.failed = self.failed.saturating_add(1);
        if !failure.is_transient() || self.failed >= MAX_ATTEMPTS {
            return Err(failure);
        }
        let millis = u64::from(self.failed).saturating_mul(u64::from(random::byte()?).saturating_add(1));
        tokio::time::sleep(Duration::from_millis(millis).min(MAX_PAUSE)).await;
        Ok(())
    }
}

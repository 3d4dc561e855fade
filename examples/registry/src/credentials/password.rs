//! Passwords, hashed by argon2id. Hashing runs on separate threads, so that other requests are served meanwhile.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;
use tollgate::{Timestamp, UserName};

use crate::{
    base::failure::{Failure, other},
    store::{
        accounts::{self, Account},
        database::Store,
        guesses::{self, Guess},
    },
};

/// The permits for hashing a password. Each hash takes one core and 19 MiB of memory.
static HASHING: Semaphore = Semaphore::const_new(4);

/// The fewest characters of a new password.
pub(crate) const MIN_LENGTH: usize = 10;
/// The most characters of a password: hashing megabytes would take too long.
pub(crate) const MAX_LENGTH: usize = 256;

/// Checks the length of a new password.
///
/// # Errors
/// A refusal with status 400 if it is too short or too long.
pub(crate) fn check_new(password: &str) -> Result<(), Failure> {
    let characters = password.chars().count();
    if (MIN_LENGTH..=MAX_LENGTH).contains(&characters) {
        Ok(())
    } else {
        Err(Failure::bad_request(format!("password of {characters} characters: expected {MIN_LENGTH} to {MAX_LENGTH}")))
    }
}

/// **The correct password of an account**, verified before the transaction that needs it: hashing is slow, and inside
/// the transaction other writers would wait.
///
/// The account may get another password before that transaction begins, so the transaction calls
/// [`is_of`](Self::is_of).
#[derive(Debug)]
pub(crate) struct VerifiedPassword {
    user: UserName,
    /// The stored hash that the password matched.
    hash: String,
}

impl VerifiedPassword {
    /// Verifies a password. Returns `None` if the password is wrong, and counts the wrong guess. If the user does not
    /// exist, the check takes as long, and also returns `None`.
    pub(crate) async fn verify(
        store: &Store,
        user: &UserName,
        password: &str,
        now: Timestamp,
    ) -> Result<Option<Self>, Failure> {
        let mut tx = store.snapshot().await?;
        guesses::may_guess(&mut tx, user.as_borrowed(), Guess::Password, now).await?;
        let account = accounts::account(&mut tx, user.as_borrowed()).await?;
        drop(tx);
        let stored = account.map(|account| account.password_hash);
        let is_right = verify(password.to_owned(), stored.clone()).await?;
        // More requests than the limit permits may have passed the first check at the same time. This second check
        // gives a result only to those within the limit.
        let mut tx = if is_right { store.snapshot().await? } else { store.writing().await? };
        guesses::may_guess(&mut tx, user.as_borrowed(), Guess::Password, now).await?;
        if is_right {
            return Ok(stored.map(|hash| Self { user: user.clone(), hash }));
        }
        if stored.is_some() {
            guesses::wrong(&mut tx, user.as_borrowed(), Guess::Password, now).await?;
            tx.commit().await?;
        }
        Ok(None)
    }

    /// Whether the account still has this password.
    pub(crate) fn is_of(&self, user: &UserName, account: &Account) -> bool {
        self.user == *user && self.hash == account.password_hash
    }
}

/// Hashes a password, with a new salt, to the text that the database stores.
pub(crate) async fn hash(password: String) -> Result<String, Failure> {
    blocking(move || Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(other))
        .await?
}

/// Whether the password matches the stored hash. An account that does not exist has no stored hash. The check then
/// takes as long, and returns `false`.
async fn verify(password: String, stored: Option<String>) -> Result<bool, Failure> {
    if password.chars().count() > MAX_LENGTH {
        return Ok(false);
    }
    blocking(move || match stored {
        Some(stored) => {
            let hash = PasswordHash::new(&stored).map_err(other)?;
            Ok(Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        }
        None => Argon2::default().hash_password(password.as_bytes()).map(|_| false).map_err(other),
    })
    .await?
}

/// Runs slow work on a separate thread, after waiting for one of the permits of [`HASHING`].
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let _place = HASHING.acquire().await.map_err(other)?;
    tokio::task::spawn_blocking(work).await.map_err(other)
}

#[cfg(test)]
mod tests {
    use super::{check_new, hash, verify};

    #[tokio::test]
    async fn only_the_right_password_matches_and_none_matches_a_missing_account() {
        let stored = hash("correct horse".into()).await.unwrap();
        assert!(verify("correct horse".into(), Some(stored.clone())).await.unwrap());
        assert!(!verify("correct horsf".into(), Some(stored)).await.unwrap());
        assert!(!verify("correct horse".into(), None).await.unwrap());
    }

    #[test]
    fn a_new_password_has_10_to_256_characters() {
        assert!(check_new("0123456789").is_ok());
        assert!(check_new(&"x".repeat(256)).is_ok());
        for password in ["012345678", "", &"x".repeat(257)] {
            assert!(check_new(password).is_err());
        }
    }
}

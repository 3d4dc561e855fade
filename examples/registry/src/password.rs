//! Passwords: argon2id, off the threads that serve requests.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};

use tokio::sync::Semaphore;
use tollgate::{Timestamp, UserName};

use crate::{
    failure::{Failure, other},
    store::{
        Store,
        accounts::{self, Account},
        guesses::{self, Guess},
    },
};

/// How many are hashed at one time: each takes a core and 19 MiB.
static HASHING: Semaphore = Semaphore::const_new(4);

/// The shortest password that a new account may have.
pub(crate) const MIN_LENGTH: usize = 10;
/// The longest, so that nobody has megabytes hashed.
pub(crate) const MAX_LENGTH: usize = 256;

/// Whether an account may have this password.
pub(crate) fn check_new(password: &str) -> Result<(), Failure> {
    let characters = password.chars().count();
    if (MIN_LENGTH..=MAX_LENGTH).contains(&characters) {
        Ok(())
    } else {
        Err(Failure::bad_request(format!("password of {characters} characters: expected {MIN_LENGTH} to {MAX_LENGTH}")))
    }
}

/// **A password that was shown and is the account's**, verified before the transaction that it is shown for: hashing
/// takes long, and other writers would wait.
#[derive(Debug)]
pub(crate) struct ShownPassword {
    user: UserName,
    matches: String,
}

impl ShownPassword {
    /// Verifies it. A wrong one is counted. For a user who does not exist it takes as long, and is wrong.
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
        // Many may have been let in at once: no more of them are told what came of it than may guess.
        let mut tx = if is_right { store.snapshot().await? } else { store.writing().await? };
        guesses::may_guess(&mut tx, user.as_borrowed(), Guess::Password, now).await?;
        if is_right {
            return Ok(stored.map(|matches| Self { user: user.clone(), matches }));
        }
        if stored.is_some() {
            guesses::wrong(&mut tx, user.as_borrowed(), Guess::Password, now).await?;
            tx.commit().await?;
        }
        Ok(None)
    }

    /// Whether it is still the password of this account.
    pub(crate) fn is_of(&self, user: &UserName, account: &Account) -> bool {
        self.user == *user && self.matches == account.password_hash
    }
}

/// The hash that is stored.
pub(crate) async fn hash(password: String) -> Result<String, Failure> {
    blocking(move || Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(other))
        .await?
}

/// Whether it is the password. Without a stored hash, as for an account that does not exist, it takes as long and is not.
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

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let _place = HASHING.acquire().await.map_err(other)?;
    tokio::task::spawn_blocking(work).await.map_err(other)
}

#[cfg(test)]
mod tests {
    use super::{check_new, hash, verify};

    #[tokio::test]
    async fn a_password_is_verified_against_its_hash_and_no_account_has_any() {
        let stored = hash("correct horse".into()).await.unwrap();
        assert!(verify("correct horse".into(), Some(stored.clone())).await.unwrap());
        assert!(!verify("correct horsf".into(), Some(stored)).await.unwrap());
        assert!(!verify("correct horse".into(), None).await.unwrap());
    }

    #[test]
    fn a_new_password_is_neither_short_nor_endless() {
        assert!(check_new("0123456789").is_ok());
        assert!(check_new(&"x".repeat(256)).is_ok());
        for password in ["012345678", "", &"x".repeat(257)] {
            assert!(check_new(password).is_err());
        }
    }
}

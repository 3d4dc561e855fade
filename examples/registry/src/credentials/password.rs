//! Passwords, hashed by argon2id on the threads of [`hashing`](crate::credentials::hashing).

use tollgate::{ClientIp, Timestamp, UserName};

use crate::{
    base::failure::Failure,
    credentials::hashing::{Hashing, Waiting},
    store::{
        accounts::{self, Account},
        database::Store,
        guesses::{self, Guess},
        known_addresses,
        turns::Writer,
    },
};

/// The minimum number of characters of a new password.
pub(crate) const MIN_LENGTH: usize = 10;
/// The maximum number of characters of a password. Hashing megabytes would take too long.
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

/// A password that a client shows.
#[derive(Clone, Copy)]
pub(crate) struct ShownPassword<'a> {
    pub(crate) user: &'a UserName,
    pub(crate) password: &'a str,
    /// The address of the client.
    pub(crate) address: ClientIp,
    pub(crate) now: Timestamp,
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
    ///
    /// An address is known if the account has logged in from it before. Wrong guesses from known addresses are counted
    /// separately, so a stranger cannot use up the guesses of the account's owner.
    pub(crate) async fn verify(
        store: &Store,
        hashing: &Hashing,
        shown: ShownPassword<'_>,
    ) -> Result<Option<Self>, Failure> {
        let ShownPassword { user, password, address, now } = shown;
        let name = user.as_borrowed();
        let mut tx = store.snapshot().await?;
        let is_known = known_addresses::is_known(&mut tx, name, address).await?;
        let (guess, waiting) = if is_known {
            (Guess::PasswordFromKnownAddress, Waiting::Known(name))
        } else {
            (Guess::Password, Waiting::Stranger)
        };
        guesses::may_guess(&mut tx, name, guess, now).await?;
        let account = accounts::account(&mut tx, name).await?;
        drop(tx);
        let stored = account.map(|account| account.password_hash);
        let is_right = password.chars().count() <= MAX_LENGTH
            && hashing.verify(password.to_owned(), stored.clone(), waiting).await?;
        // More requests than the limit permits may have passed the first check at the same time. This second check
        // gives a result only to those within the limit.
        let mut tx =
            if is_right { store.snapshot().await? } else { store.writing(&Writer::of_address(address)).await? };
        guesses::may_guess(&mut tx, name, guess, now).await?;
        if is_right {
            return Ok(stored.map(|hash| Self { user: user.clone(), hash }));
        }
        if stored.is_some() {
            guesses::wrong(&mut tx, name, guess, now).await?;
            tx.commit().await?;
        }
        Ok(None)
    }

    /// The account's name.
    pub(crate) const fn user(&self) -> &UserName {
        &self.user
    }

    /// Whether the account still has this password.
    pub(crate) fn is_of(&self, user: &UserName, account: &Account) -> bool {
        self.user == *user && self.hash == account.password_hash
    }
}

#[cfg(test)]
mod tests {
    use super::check_new;

    #[test]
    fn a_new_password_has_10_to_256_characters() {
        assert!(check_new("0123456789").is_ok());
        assert!(check_new(&"x".repeat(256)).is_ok());
        for password in ["012345678", "", &"x".repeat(257)] {
            assert!(check_new(password).is_err());
        }
    }
}

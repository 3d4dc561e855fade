//! Helps a person who cannot log in: the operator replaces the password, or removes the second factor.
//!
//! Both also end every earlier login, because another person may have been logged in. This revokes the sessions and the
//! legacy publish tokens, which logins of the first edition issue, and forgets the logins that have begun. Other tokens
//! stay, so that a lost phone does not stop a CI. The account is not put on hold, because the operator has checked who asks.

use tollgate::{Timestamp, UserName};

use crate::{
    base::failure::Failure,
    store::{accounts, database::Tx, tokens},
};

/// Replaces the password by the one with this hash.
///
/// # Errors
/// Status 404 if there is no such user.
pub(crate) async fn replace_password(
    tx: &mut Tx,
    user: UserName<&str>,
    hash: String,
    now: Timestamp,
) -> Result<(), Failure> {
    accounts::expect(tx, user).await?;
    accounts::set_password(tx, user, hash).await?;
    tokens::revoke_of_logins(tx, user, now).await
}

/// Removes the second factor, an enrolment that has begun, and the recovery codes. The person then enrols another one.
///
/// # Errors
/// Status 404 if there is no such user.
pub(crate) async fn remove_two_factor(tx: &mut Tx, user: UserName<&str>, now: Timestamp) -> Result<(), Failure> {
    accounts::expect(tx, user).await?;
    accounts::remove_two_factor(tx, user).await?;
    tokens::revoke_of_logins(tx, user, now).await
}

//! Logins, which end with a legacy publish token: the password and the second factor are verified, and the token is
//! issued.
//!
//! No rights are decided here. A person who proves to be the owner of an account gets a token of that account, and what
//! the token may do is decided when it is used. Whether the account may have a token at all is `tollgate`'s answer: a
//! suspended account may not.

use tollgate::{Timestamp, UserName, facts::TwoFactorMode, token::IssuedBy};

use crate::{
    base::{
        failure::{Failure, other},
        random,
    },
    credentials::{
        issuance::{self, IssueRequest, IssuedToken, NewToken},
        one_time_password::{self, ShownCode},
        password::VerifiedPassword,
    },
    store::{
        accounts,
        database::Tx,
        facts,
        guesses::{self, Guess},
    },
};

/// What a person shows to log in to an account.
#[derive(Clone, Copy)]
pub(crate) struct LoginProof<'a> {
    /// The password, if it was the right one when it was verified.
    pub(crate) password: Option<&'a VerifiedPassword>,
    /// The one-time password, not verified yet.
    pub(crate) one_time_password: Option<&'a str>,
}

/// The result of [`verify`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoginCheck {
    Passed,
    WrongPassword,
    OneTimePasswordNeeded,
}

/// Verifies that the password still is the one of the account, and the one-time password where the account has a second
/// factor. A wrong one-time password is counted.
pub(crate) async fn verify(
    tx: &mut Tx,
    user: &UserName,
    proof: LoginProof<'_>,
    now: Timestamp,
) -> Result<LoginCheck, Failure> {
    let name = user.as_borrowed();
    let account = accounts::account(tx, name).await?;
    let is_right = |account: &_| proof.password.is_some_and(|password| password.is_of(user, account));
    let Some(account) = account.filter(is_right) else { return Ok(LoginCheck::WrongPassword) };
    if account.two_factor == TwoFactorMode::Disabled {
        return Ok(LoginCheck::Passed);
    }
    let (Some(code), Some(secret)) = (proof.one_time_password, account.totp_secret) else {
        return Ok(LoginCheck::OneTimePasswordNeeded);
    };
    guesses::may_guess(tx, name, Guess::OneTimePassword, now).await?;
    // Every login has a name of its own, so that a code logs in only once.
    let used_by = format!("login {}", random::nonce()?);
    let code = ShownCode { user: name, secret: &secret, code, used_by: &used_by };
    if one_time_password::verify(tx, code, now).await? {
        return Ok(LoginCheck::Passed);
    }
    guesses::wrong(tx, name, Guess::OneTimePassword, now).await?;
    Ok(LoginCheck::OneTimePasswordNeeded)
}

/// Issues the token of a login, which has to be verified: a legacy publish token.
pub(crate) async fn issue_token(tx: &mut Tx, user: &UserName, now: Timestamp) -> Result<IssuedToken, Failure> {
    let owner = facts::user(tx, user.as_borrowed()).await?.ok_or_else(|| other("a login of nobody"))?;
    issuance::issue(tx, &owner, IssueRequest { token: NewToken::LOGIN, issued_by: IssuedBy::Owner, now }).await
}

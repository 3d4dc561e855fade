//! Logins. A login verifies the password and the second factor, and issues the token that the policy has for logins.
//!
//! This module decides no permissions. A person who proves to own an account gets a token of that account, and what the
//! token may do is decided when it is used. `tollgate` decides whether the account may have a token at all: a suspended
//! account may not.

use tollgate::{UserName, facts::TwoFactorMode, token::IssuedBy};

use crate::{
    base::{
        failure::{Failure, other},
        moment::Moment,
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
    /// The password, if it was correct when it was verified.
    pub(crate) password: Option<&'a VerifiedPassword>,
    /// The one-time password, which is not verified yet.
    pub(crate) one_time_password: Option<&'a str>,
}

/// The result of [`verify`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoginCheck {
    Passed,
    WrongPassword,
    OneTimePasswordNeeded,
}

/// Checks that the verified password is still the password of the account, and verifies the one-time password if the
/// account has a second factor. A wrong one-time password counts towards the limit of guesses.
pub(crate) async fn verify(
    tx: &mut Tx,
    user: &UserName,
    proof: LoginProof<'_>,
    at: Moment,
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
    guesses::may_guess(tx, name, Guess::OneTimePassword, at.now).await?;
    // Every login has its own name, so that a one-time password works for only one login.
    let used_by = format!("login {}", random::nonce()?);
    let code = ShownCode { user: name, secret: &secret, code, used_by: &used_by };
    if one_time_password::verify(tx, code, at).await? {
        return Ok(LoginCheck::Passed);
    }
    guesses::wrong(tx, name, Guess::OneTimePassword, at.now).await?;
    Ok(LoginCheck::OneTimePasswordNeeded)
}

/// Issues the token of a login to the user. The caller must have verified the login, or created the account itself.
pub(crate) async fn issue_token(tx: &mut Tx, user: &UserName, at: Moment) -> Result<IssuedToken, Failure> {
    let owner = facts::user(tx, user.as_borrowed()).await?.ok_or_else(|| other("a login of nobody"))?;
    issuance::issue(tx, &owner, IssueRequest { token: NewToken::Login, issued_by: IssuedBy::Owner, at }).await
}

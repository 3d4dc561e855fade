//! Logins. A login verifies the password and the second factor, and issues the token that the policy has for logins.
//!
//! This module decides no permissions. A person who proves to own an account gets a token of that account, and what the
//! token may do is decided when it is used. `tollgate` decides whether the account may have a token at all: a suspended
//! account may not.

use tollgate::{ClientIp, Policy, User, UserName, facts::TwoFactorMode, token::IssuedBy};

use crate::{
    base::{
        clock,
        failure::{Failure, other},
        moment::Moment,
        random, retry,
    },
    credentials::{
        issuance::{self, IssueRequest, IssuedToken, NewToken},
        one_time_password::{self, ShownCode},
        password::VerifiedPassword,
    },
    store::{
        accounts::{self, Account},
        database::{Store, Tx},
        known_addresses, lookup,
        turns::Writer,
    },
};

/// What a person shows to log in to an account.
#[derive(Clone, Copy)]
pub(crate) struct LoginProof<'a> {
    pub(crate) user: &'a UserName,
    /// The password, if it was correct when it was verified.
    pub(crate) password: Option<&'a VerifiedPassword>,
    /// The one-time password, which is not verified yet.
    pub(crate) one_time_password: Option<&'a str>,
    /// The address of the client.
    pub(crate) address: ClientIp,
}

/// **A login that was verified**, before the transaction that needs it. The password or the second factor may change
/// before that transaction begins, so the transaction calls [`is_current`](Self::is_current).
#[derive(Debug)]
pub(crate) struct VerifiedLogin {
    user: UserName,
    password_hash: String,
    totp_secret: Option<String>,
}

impl VerifiedLogin {
    /// Whether the account still has the password and the second factor that were verified.
    pub(crate) async fn is_current(&self, tx: &mut Tx) -> Result<bool, Failure> {
        let account = accounts::account(tx, self.user.as_borrowed()).await?;
        Ok(account.is_some_and(|account| {
            account.password_hash == self.password_hash && second_factor(&account) == self.totp_secret.as_ref()
        }))
    }
}

/// The secret of the second factor that a login needs.
fn second_factor(account: &Account) -> Option<&String> {
    if account.two_factor == TwoFactorMode::Disabled { None } else { account.totp_secret.as_ref() }
}

/// The result of [`verify`].
#[derive(Debug)]
pub(crate) enum LoginCheck {
    Passed(VerifiedLogin),
    WrongPassword,
    OneTimePasswordNeeded,
}

/// Checks that the verified password is still the password of the account, and verifies the one-time password if the
/// account has a second factor. A wrong one-time password counts towards the limit of guesses.
///
/// A transaction of its own uses up the one-time password or counts the wrong guess. It is committed before the login
/// is used.
pub(crate) async fn verify(store: &Store, proof: LoginProof<'_>, policy: Policy) -> Result<LoginCheck, Failure> {
    let account = accounts::account(&mut store.snapshot().await?, proof.user.as_borrowed()).await?;
    let Some(account) = with_password(account, proof) else { return Ok(LoginCheck::WrongPassword) };
    if account.two_factor == TwoFactorMode::Disabled {
        return Ok(LoginCheck::Passed(passed(proof.user, account)));
    }
    let Some(code) = proof.one_time_password else { return Ok(LoginCheck::OneTimePasswordNeeded) };
    retry::until_done(|| verify_code(store, proof, code, policy)).await
}

async fn verify_code(store: &Store, proof: LoginProof<'_>, code: &str, policy: Policy) -> Result<LoginCheck, Failure> {
    let name = proof.user.as_borrowed();
    let mut tx = store.writing(&Writer::of_address(proof.address)).await?;
    let at = Moment { policy, now: clock::now()? };
    let account = accounts::account(&mut tx, name).await?;
    let Some(account) = with_password(account, proof) else { return Ok(LoginCheck::WrongPassword) };
    let Some(secret) = &account.totp_secret else { return Ok(LoginCheck::OneTimePasswordNeeded) };
    // Every login has its own name, so that a one-time password works for only one login.
    let used_by = format!("login {}", random::nonce()?);
    let is_right =
        one_time_password::verify_counted(&mut tx, ShownCode { user: name, secret, code, used_by: &used_by }, at)
            .await?;
    tx.commit().await?;
    Ok(if is_right { LoginCheck::Passed(passed(proof.user, account)) } else { LoginCheck::OneTimePasswordNeeded })
}

/// The account, if the password that was verified is its password.
fn with_password(account: Option<Account>, proof: LoginProof<'_>) -> Option<Account> {
    account.filter(|account| proof.password.is_some_and(|password| password.is_of(proof.user, account)))
}

fn passed(user: &UserName, account: Account) -> VerifiedLogin {
    let totp_secret = second_factor(&account).cloned();
    VerifiedLogin { user: user.clone(), password_hash: account.password_hash, totp_secret }
}

/// A person who is logged in, by a login that was verified or by a new account.
#[derive(Clone, Copy)]
pub(crate) struct LoggedIn<'a> {
    pub(crate) user: &'a UserName,
    /// The address of the client.
    pub(crate) address: ClientIp,
    pub(crate) at: Moment,
}

/// Issues the token that npm's client gets for a login.
pub(crate) async fn issue_token(tx: &mut Tx, login: LoggedIn<'_>) -> Result<IssuedToken, Failure> {
    issue(tx, login, NewToken::Login).await
}

/// Issues the session token that a browser gets for a login.
pub(crate) async fn issue_session(tx: &mut Tx, login: LoggedIn<'_>) -> Result<IssuedToken, Failure> {
    issue(tx, login, NewToken::Session).await
}

/// Why the account may not have a token at all, if it may not: a suspended account may not.
pub(crate) async fn refusal(tx: &mut Tx, login: LoggedIn<'_>) -> Result<Option<String>, Failure> {
    let owner = owner(tx, login.user).await?;
    let request = IssueRequest { token: NewToken::Login, issued_by: IssuedBy::Owner, at: login.at };
    Ok(issuance::draft(tx, &owner, request).await?.err().map(|error| error.to_string()))
}

async fn owner(tx: &mut Tx, user: &UserName) -> Result<User, Failure> {
    lookup::user(tx, user.as_borrowed()).await?.ok_or_else(|| other("a login without an account"))
}

async fn issue(tx: &mut Tx, login: LoggedIn<'_>, token: NewToken) -> Result<IssuedToken, Failure> {
    let LoggedIn { user, address, at } = login;
    known_addresses::remember(tx, user.as_borrowed(), address, at.now).await?;
    let owner = owner(tx, user).await?;
    issuance::issue(tx, &owner, IssueRequest { token, issued_by: IssuedBy::Owner, at }).await
}

//! One-time passwords: TOTP, and recovery codes for users who have lost their device.

use tollgate::{Timestamp, UserName, token::SecretDigest};
use totp_rs::{Builder, Secret as SharedSecret, Totp};

use crate::{
    base::{
        clock::unix_seconds,
        failure::{Failure, other},
        moment::Moment,
        random,
    },
    credentials::hold,
    store::{
        accounts::{self, HoldCause},
        database::Tx,
        guesses::{self, Guess},
    },
};

/// How many recovery codes an account gets.
pub(crate) const RECOVERY_CODES: usize = 5;
/// The name of the issuer that an authenticator app shows.
const ISSUER: &str = "tollgate-registry";

fn totp(secret: &str, account: &str) -> Result<Totp, Failure> {
    let secret = SharedSecret::try_from_base32(secret).map_err(|_| other("a second factor's secret is unreadable"))?;
    let builder = Builder::new().with_secret(secret).with_account_name(account).with_issuer(Some(ISSUER));
    builder.build().map_err(|_| other("a second factor's secret is of no use"))
}

/// A new shared secret, in base 32.
pub(crate) fn new_secret() -> Result<String, Failure> {
    Ok(SharedSecret::from(random::totp_secret()?).to_base32())
}

/// The `otpauth:` URL that authenticator apps read, from a QR code or typed in.
pub(crate) fn enrolment_url(secret: &str, user: UserName<&str>) -> Result<String, Failure> {
    // A colon would end the issuer, but no user name contains one.
    totp(secret, user.as_str())?.to_url().map_err(|_| other("a second factor's URL cannot be made"))
}

/// The number of the time step in which an authenticator app shows `code`, or `None` if the code belongs to none of the
/// current step, the step before it and the step after it.
pub(crate) fn step_of(secret: &str, user: UserName<&str>, code: &str, now: Timestamp) -> Result<Option<i64>, Failure> {
    let seconds = u64::try_from(unix_seconds(now)).unwrap_or(0);
    let step = totp(secret, user.as_str())?.check(code, seconds);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// New recovery codes: the texts for the user, and the digests for the database.
pub(crate) fn recovery_codes() -> Result<(Vec<String>, Vec<SecretDigest>), Failure> {
    let codes = (0..RECOVERY_CODES).map(|_| random::recovery_code()).collect::<Result<Vec<_>, _>>()?;
    let digests = codes.iter().map(|code| tollgate::Secret::new(code).map(|code| code.digest()).map_err(other));
    let digests = digests.collect::<Result<Vec<SecretDigest>, _>>()?;
    Ok((codes, digests))
}

/// A one-time password or recovery code that a client shows.
#[derive(Clone, Copy)]
pub(crate) struct ShownCode<'a> {
    pub(crate) user: UserName<&'a str>,
    /// The shared secret of the user's second factor, in base 32.
    pub(crate) secret: &'a str,
    /// The text that the client shows.
    pub(crate) code: &'a str,
    /// The id of the token that sends the code, or the name of the login.
    pub(crate) used_by: &'a str,
}

/// Verifies a code, and counts a wrong one towards the limit of guesses. Returns whether the code is right.
///
/// # Errors
/// Status 429 if the limit was reached before.
pub(crate) async fn verify_counted(tx: &mut Tx, shown: ShownCode<'_>, at: Moment) -> Result<bool, Failure> {
    guesses::may_guess(tx, shown.user, Guess::OneTimePassword, at.now).await?;
    let is_right = verify(tx, shown, at).await?;
    if !is_right {
        guesses::wrong(tx, shown.user, Guess::OneTimePassword, at.now).await?;
    }
    Ok(is_right)
}

/// Whether the code is a valid code of the user, and no token or login other than `used_by` has used it.
///
/// A single npm command sends several requests with one code, so a one-time password keeps working for the token or
/// login that used it first, until its time has passed. A recovery code works once, and puts the account on hold where
/// the policy's edition does so.
pub(crate) async fn verify(tx: &mut Tx, shown: ShownCode<'_>, at: Moment) -> Result<bool, Failure> {
    let ShownCode { user, secret, code, used_by } = shown;
    if let Some(step) = step_of(secret, user, code, at.now)? {
        return accounts::use_code(tx, user, step, used_by).await;
    }
    let Ok(code) = tollgate::Secret::new(code) else { return Ok(false) };
    let is_good = accounts::use_recovery_code(tx, user, &code.digest()).await?;
    if is_good {
        hold::begin(tx, user, HoldCause::RecoveryCode, at).await?;
    }
    Ok(is_good)
}

/// The code that a device shows.
#[cfg(test)]
pub(crate) fn code_of(secret: &str, user: UserName<&str>, now: Timestamp) -> String {
    totp(secret, user.as_str()).unwrap().generate(u64::try_from(unix_seconds(now)).unwrap()).to_string()
}

//! Accounts: users with their passwords, profiles and second factors.

use serde_json::{Map, Value};
use sqlx::Row;
use tollgate::{
    Timestamp, UserName,
    facts::{AccountStatus, TwoFactorMode},
    token::SecretDigest,
};

use crate::{
    base::failure::{Failure, fact},
    store::{database::Tx, logins},
};

/// An account as this server stores it. The facts about it that decisions use are in [`facts`](crate::store::facts).
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) password_hash: String,
    pub(crate) two_factor: TwoFactorMode,
    pub(crate) totp_secret: Option<String>,
    pub(crate) pending: Option<PendingTwoFactor>,
    pub(crate) profile: Map<String, Value>,
    pub(crate) created: String,
    pub(crate) updated: String,
    /// Whether a recovery code has begun the present hold on the account.
    pub(crate) is_held_by_recovery: bool,
}

/// What begins a hold on an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HoldCause {
    NewEmail,
    RecoveryCode,
}

/// A second factor that is being enrolled: the user has its secret, but has not sent a code yet.
#[derive(Clone)]
pub(crate) struct PendingTwoFactor {
    pub(crate) secret: String,
    pub(crate) mode: TwoFactorMode,
}

/// Whether the database has any user or organization.
pub(crate) async fn any_account(tx: &mut Tx) -> Result<bool, Failure> {
    let row: Option<(String,)> = sqlx::query_as("SELECT name FROM names LIMIT 1").fetch_optional(&mut **tx).await?;
    Ok(row.is_some())
}

/// An account in a list.
#[derive(Clone, Debug)]
pub(crate) struct ListedAccount {
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) two_factor: String,
    pub(crate) held_until: Option<Timestamp>,
}

/// All accounts, by name.
pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<ListedAccount>, Failure> {
    let rows: Vec<(String, String, String, Option<String>)> =
        sqlx::query_as("SELECT name, status, two_factor, writes_held_until FROM users ORDER BY name")
            .fetch_all(&mut **tx)
            .await?;
    let listed = |(name, status, two_factor, held): (String, String, String, Option<String>)| {
        let held_until = fact(held.map(|end| end.parse()).transpose())?;
        Ok(ListedAccount { name, status, two_factor, held_until })
    };
    rows.into_iter().map(listed).collect()
}

/// Reserves a name for a new user or organization.
///
/// Users and organizations share one namespace ([N4](tollgate::docs::rules#n4)), and a name that was reserved is never
/// free again ([N5](tollgate::docs::rules#n5)).
///
/// # Errors
/// Status 409 if the name was reserved before.
pub(super) async fn take_name(tx: &mut Tx, name: &str, kind: &str) -> Result<(), Failure> {
    let taken: Option<(String,)> = sqlx::query_as("SELECT kind FROM names WHERE name = $1")
        .bind(name.to_owned())
        .fetch_optional(&mut **tx)
        .await?;
    if taken.is_some() {
        return Err(Failure::conflict(format!("the name `{name}` is taken: expected one that is free")));
    }
    sqlx::query("INSERT INTO names (name, kind) VALUES ($1, $2)")
        .bind(name.to_owned())
        .bind(kind.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// An account to be created.
pub(crate) struct NewAccount<'a> {
    pub(crate) name: &'a UserName,
    pub(crate) password_hash: String,
    pub(crate) email: Option<&'a str>,
}

/// Names of literals and of properties that every JavaScript object has. A script that keeps a table by account name
/// could confuse them with an entry.
const SPECIAL: [&str; 16] = [
    "__proto__",
    "constructor",
    "false",
    "hasownproperty",
    "infinity",
    "isprototypeof",
    "nan",
    "null",
    "propertyisenumerable",
    "prototype",
    "tolocalestring",
    "tostring",
    "true",
    "undefined",
    "valueof",
    "watch",
];

/// Checks that the name of a new account or organization has no other meaning to a browser, a shell or a script.
///
/// # Errors
/// Status 400 if the name does not begin with a letter or a digit, or is one of the [special names](SPECIAL).
pub(super) fn check_plain(name: &str) -> Result<(), Failure> {
    let begins_plainly = name.starts_with(|first: char| first.is_ascii_alphanumeric());
    if begins_plainly && !SPECIAL.contains(&name.to_ascii_lowercase().as_str()) {
        return Ok(());
    }
    Err(Failure::bad_request(format!("the name `{name}` means something else to some programs: expected another one")))
}

/// Creates an account, which is active and has no second factor.
pub(crate) async fn create(tx: &mut Tx, new: NewAccount<'_>, now: Timestamp) -> Result<(), Failure> {
    let NewAccount { name, password_hash, email } = new;
    name.check_new().map_err(Failure::bad_request)?;
    check_plain(name.as_str())?;
    take_name(tx, name.as_str(), "user").await?;
    let mut profile = Map::new();
    if let Some(email) = email {
        profile.insert("email".into(), email.into());
    }
    sqlx::query(
        "INSERT INTO users (name, status, two_factor, password_hash, profile, created, updated) \
         VALUES ($1, $2, $3, $4, $5, $6, $6)",
    )
    .bind(name.as_str().to_owned())
    .bind(AccountStatus::Active.as_str().to_owned())
    .bind(TwoFactorMode::Disabled.as_str().to_owned())
    .bind(password_hash)
    .bind(Value::Object(profile).to_string())
    .bind(now.to_string())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The account with this name.
pub(crate) async fn account(tx: &mut Tx, name: UserName<&str>) -> Result<Option<Account>, Failure> {
    let row = sqlx::query(
        "SELECT password_hash, two_factor, totp_secret, pending_totp_secret, pending_two_factor, profile, created, \
         updated, held_by_recovery FROM users WHERE name = $1",
    )
    .bind(name.as_str().to_owned())
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let (secret, mode): (Option<String>, Option<String>) = (row.try_get(3)?, row.try_get(4)?);
    let pending = match (secret, mode) {
        (Some(secret), Some(mode)) => Some(PendingTwoFactor { secret, mode: fact(mode.parse())? }),
        _ => None,
    };
    let profile: String = row.try_get(5)?;
    Ok(Some(Account {
        password_hash: row.try_get(0)?,
        two_factor: fact(row.try_get::<String, _>(1)?.parse())?,
        totp_secret: row.try_get(2)?,
        pending,
        profile: fact(serde_json::from_str(&profile))?,
        created: row.try_get(6)?,
        updated: row.try_get(7)?,
        is_held_by_recovery: row.try_get::<i64, _>(8)? != 0,
    }))
}

/// Checks that there is such a user.
///
/// # Errors
/// Status 404 if there is none.
pub(crate) async fn expect(tx: &mut Tx, name: UserName<&str>) -> Result<(), Failure> {
    let row: Option<(String,)> = sqlx::query_as("SELECT name FROM users WHERE name = $1")
        .bind(name.as_str().to_owned())
        .fetch_optional(&mut **tx)
        .await?;
    one_user(u64::from(row.is_some()), name)
}

/// Replaces the profile.
pub(crate) async fn set_profile(
    tx: &mut Tx,
    name: UserName<&str>,
    profile: &Map<String, Value>,
    now: Timestamp,
) -> Result<(), Failure> {
    sqlx::query("UPDATE users SET profile = $2, updated = $3 WHERE name = $1")
        .bind(name.as_str().to_owned())
        .bind(Value::Object(profile.clone()).to_string())
        .bind(now.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Replaces the hash of the password. Deletes the user's finished logins whose token was not fetched yet, because they
/// were verified with the old password.
pub(crate) async fn set_password(tx: &mut Tx, name: UserName<&str>, hash: String) -> Result<(), Failure> {
    logins::forget_of_user(tx, name).await?;
    sqlx::query("UPDATE users SET password_hash = $2 WHERE name = $1")
        .bind(name.as_str().to_owned())
        .bind(hash)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Suspends or activates an account. Only the operator does this, on the command line. No token of a suspended account
/// works ([T4](tollgate::docs::rules#t4)). Deletes the user's finished logins whose token was not fetched yet.
pub(crate) async fn set_status(tx: &mut Tx, name: UserName<&str>, status: AccountStatus) -> Result<(), Failure> {
    logins::forget_of_user(tx, name).await?;
    let done = sqlx::query("UPDATE users SET status = $2 WHERE name = $1")
        .bind(name.as_str().to_owned())
        .bind(status.as_str().to_owned())
        .execute(&mut **tx)
        .await?;
    one_user(done.rows_affected(), name)
}

/// Sets the cut-off of an account: every token created at or before the cut-off is revoked
/// ([T1](tollgate::docs::rules#t1)). Deletes the user's finished logins whose token was not fetched yet, because their
/// tokens would be created after the cut-off.
pub(crate) async fn revoke_tokens_until(tx: &mut Tx, name: UserName<&str>, until: Timestamp) -> Result<(), Failure> {
    logins::forget_of_user(tx, name).await?;
    let done = sqlx::query("UPDATE users SET tokens_revoked_until = $2 WHERE name = $1")
        .bind(name.as_str().to_owned())
        .bind(until.to_string())
        .execute(&mut **tx)
        .await?;
    one_user(done.rows_affected(), name)
}

/// Puts an account on hold until this time, or ends the hold if `until` is `None`. An account on hold reads and does not
/// write ([T5](tollgate::docs::rules#t5)).
pub(crate) async fn set_hold(tx: &mut Tx, name: UserName<&str>, until: Option<Timestamp>) -> Result<(), Failure> {
    let done = sqlx::query("UPDATE users SET writes_held_until = $2, held_by_recovery = 0 WHERE name = $1")
        .bind(name.as_str().to_owned())
        .bind(until.map(|until| until.to_string()))
        .execute(&mut **tx)
        .await?;
    one_user(done.rows_affected(), name)
}

/// Puts an account on hold from now until this time. A hold that ends later stays as it is.
pub(crate) async fn hold_at_least_until(
    tx: &mut Tx,
    name: UserName<&str>,
    (now, until): (Timestamp, Timestamp),
    cause: HoldCause,
) -> Result<(), Failure> {
    let row: Option<(Option<String>, i64)> =
        sqlx::query_as("SELECT writes_held_until, held_by_recovery FROM users WHERE name = $1")
            .bind(name.as_str().to_owned())
            .fetch_optional(&mut **tx)
            .await?;
    let (present, by_recovery) = row.unwrap_or_default();
    let present: Option<Timestamp> = fact(present.map(|text| text.parse()).transpose())?;
    set_hold(tx, name, present.max(Some(until))).await?;
    // A hold for another reason is not made weaker by a recovery code.
    let is_other_hold = present.is_some_and(|end| end > now) && by_recovery == 0;
    if cause == HoldCause::RecoveryCode && !is_other_hold {
        sqlx::query("UPDATE users SET held_by_recovery = 1 WHERE name = $1")
            .bind(name.as_str().to_owned())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Checks that a statement changed one row.
///
/// # Errors
/// Status 404 if there is no such user.
fn one_user(rows: u64, name: UserName<&str>) -> Result<(), Failure> {
    if rows == 1 { Ok(()) } else { Err(Failure::not_found(format!("there is no user `{name}`"))) }
}

/// Stores a second factor that is being enrolled, or deletes it if `pending` is `None`.
pub(crate) async fn set_pending(
    tx: &mut Tx,
    name: UserName<&str>,
    pending: Option<&PendingTwoFactor>,
) -> Result<(), Failure> {
    sqlx::query("UPDATE users SET pending_totp_secret = $2, pending_two_factor = $3 WHERE name = $1")
        .bind(name.as_str().to_owned())
        .bind(pending.map(|pending| pending.secret.clone()))
        .bind(pending.map(|pending| pending.mode.as_str().to_owned()))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Sets the mode and the secret of the second factor, and ends an enrolment. Deletes the user's finished logins whose
/// token was not fetched yet, because they were verified with the previous mode and secret.
pub(crate) async fn set_two_factor(
    tx: &mut Tx,
    name: UserName<&str>,
    mode: TwoFactorMode,
    secret: Option<String>,
) -> Result<(), Failure> {
    set_pending(tx, name, None).await?;
    logins::forget_of_user(tx, name).await?;
    sqlx::query("UPDATE users SET two_factor = $2, totp_secret = $3 WHERE name = $1")
        .bind(name.as_str().to_owned())
        .bind(mode.as_str().to_owned())
        .bind(secret)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Removes the second factor with its recovery codes, and ends an enrolment. The record of the
/// codes that were used is deleted, because it says nothing about the codes of another second factor.
pub(crate) async fn remove_two_factor(tx: &mut Tx, name: UserName<&str>) -> Result<(), Failure> {
    sqlx::query("DELETE FROM used_codes WHERE user_name = $1")
        .bind(name.as_str().to_owned())
        .execute(&mut **tx)
        .await?;
    set_two_factor(tx, name, TwoFactorMode::Disabled, None).await?;
    set_recovery_codes(tx, name, &[]).await
}

/// Replaces the recovery codes.
pub(crate) async fn set_recovery_codes(
    tx: &mut Tx,
    name: UserName<&str>,
    digests: &[SecretDigest],
) -> Result<(), Failure> {
    sqlx::query("DELETE FROM recovery_codes WHERE user_name = $1")
        .bind(name.as_str().to_owned())
        .execute(&mut **tx)
        .await?;
    for digest in digests {
        sqlx::query("INSERT INTO recovery_codes (user_name, digest) VALUES ($1, $2)")
            .bind(name.as_str().to_owned())
            .bind(digest.to_hex())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// How many recovery codes a user has left.
pub(crate) async fn count_recovery_codes(tx: &mut Tx, name: UserName<&str>) -> Result<i64, Failure> {
    let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM recovery_codes WHERE user_name = $1")
        .bind(name.as_str().to_owned())
        .fetch_one(&mut **tx)
        .await?;
    Ok(count)
}

/// Deletes a recovery code, which works only once. Returns whether the user had this code.
pub(crate) async fn use_recovery_code(
    tx: &mut Tx,
    name: UserName<&str>,
    digest: &SecretDigest,
) -> Result<bool, Failure> {
    let done = sqlx::query("DELETE FROM recovery_codes WHERE user_name = $1 AND digest = $2")
        .bind(name.as_str().to_owned())
        .bind(digest.to_hex())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Records that the token or login `used_by` uses the one-time password of a time step. Returns `false` if another
/// token or login has used it. The same token or login may use it again.
pub(crate) async fn use_code(tx: &mut Tx, name: UserName<&str>, step: i64, used_by: &str) -> Result<bool, Failure> {
    let row: Option<(String,)> = sqlx::query_as("SELECT used_by FROM used_codes WHERE user_name = $1 AND step = $2")
        .bind(name.as_str().to_owned())
        .bind(step)
        .fetch_optional(&mut **tx)
        .await?;
    if let Some((by,)) = row {
        return Ok(by == used_by);
    }
    // The codes of these old steps are no longer accepted, so their rows are not needed.
    sqlx::query("DELETE FROM used_codes WHERE user_name = $1 AND step < $2")
        .bind(name.as_str().to_owned())
        .bind(step.saturating_sub(10))
        .execute(&mut **tx)
        .await?;
    sqlx::query("INSERT INTO used_codes (user_name, step, used_by) VALUES ($1, $2, $3)")
        .bind(name.as_str().to_owned())
        .bind(step)
        .bind(used_by.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(true)
}

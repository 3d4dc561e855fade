//! One's own account: who it is, what it says of itself, its password and its second factor.

use axum::response::Response;
use serde_json::{Map, Value, json};
use tollgate::{
    UserName,
    facts::TwoFactorMode,
    npm::{Body, Password, ProfileChange, TwoFactorChange},
};

use super::{
    exchange::{Exchange, allowed},
    reply,
};
use crate::{
    failure::{Failure, other},
    one_time,
    password::ShownPassword,
    store::{
        accounts::{self, Account, PendingTwoFactor},
        guesses::{self, Guess},
    },
};

/// How many codes may end an enrolment: together they are one guess.
const MAX_CODES: usize = 2;

/// `GET /-/whoami`.
pub(crate) fn whoami(exchange: &Exchange<'_>) -> Result<Response, Failure> {
    let (_, owner) = exchange.token()?;
    Ok(reply::ok(&json!({ "username": owner.name() })))
}

/// The account of who asks.
pub(crate) async fn own(exchange: &mut Exchange<'_>) -> Result<(UserName, Account), Failure> {
    let name = exchange.token()?.1.name().clone();
    let account = accounts::account(&mut exchange.tx, name.as_borrowed()).await?;
    Ok((name, account.ok_or_else(|| other("a token of nobody"))?))
}

/// `GET /-/npm/v1/user`.
pub(crate) async fn read_profile(exchange: &mut Exchange<'_>) -> Result<Response, Failure> {
    let (name, account) = own(exchange).await?;
    Ok(reply::ok(&profile(&name, &account)))
}

/// The profile in npm's form. `tfa` is false, the mode, or an enrolment that is not finished.
fn profile(name: &UserName, account: &Account) -> Value {
    let tfa = match (account.two_factor, &account.pending) {
        (TwoFactorMode::Disabled, Some(pending)) => json!({ "pending": true, "mode": pending.mode }),
        (TwoFactorMode::Disabled, None) => json!(false),
        (mode, _) => json!({ "pending": false, "mode": mode }),
    };
    let mut document = account.profile.clone();
    document.insert("name".into(), json!(name));
    document.insert("tfa".into(), tfa);
    document.insert("email_verified".into(), json!(false));
    document.insert("created".into(), json!(account.created));
    document.insert("updated".into(), json!(account.updated));
    document.insert("cidr_whitelist".into(), Value::Null);
    Value::Object(document)
}

/// Whether a password that came along is, and still is, the account's.
pub(crate) async fn is_right(exchange: &mut Exchange<'_>, shown: Option<&ShownPassword>) -> Result<bool, Failure> {
    let (name, account) = own(exchange).await?;
    Ok(shown.is_some_and(|shown| shown.is_of(&name, &account)))
}

/// What is to change. The second factor has a check and an answer of its own, and npm's client sends it alone: beside
/// anything else, one of the two could be done and the other refused.
pub(crate) fn profile_change(sent: &Body) -> Result<ProfileChange<'_>, Failure> {
    let change = ProfileChange::read(sent).map_err(reply::invalid)?;
    if change.two_factor().is_some() && (change.password().is_some() || !change.fields().is_empty()) {
        return Err(Failure::bad_request("`tfa` beside another change: expected `tfa` alone, in a request of its own"));
    }
    Ok(change)
}

/// `POST /-/npm/v1/user`. A refusal is committed too, so nothing is written before everything is verified.
pub(crate) async fn write_profile(exchange: &mut Exchange<'_>) -> Result<Response, Failure> {
    let sent = exchange.body()?;
    let change = profile_change(&sent)?;
    allowed!(exchange.decide(&change.access_requests()).await?);
    if let Some(change) = change.two_factor() {
        return change_two_factor(exchange, change).await;
    }
    let prepared = exchange.prepared;
    if change.password().is_some() && !is_right(exchange, prepared.shown_old.as_ref()).await? {
        return Ok(reply::wrong_password());
    }
    let (name, account) = own(exchange).await?;
    if change.password().is_some() {
        let hash = prepared.new_hash.clone().ok_or_else(|| other("a new password without its hash"))?;
        accounts::set_password(&mut exchange.tx, name.as_borrowed(), hash).await?;
    }
    let mut fields: Map<String, Value> = account.profile;
    for (field, value) in change.fields() {
        match value {
            Some(value) => fields.insert((*field).to_owned(), (*value).into()),
            None => fields.remove(*field),
        };
    }
    accounts::set_profile(&mut exchange.tx, name.as_borrowed(), &fields, exchange.asked.now).await?;
    read_profile(exchange).await
}

async fn change_two_factor(exchange: &mut Exchange<'_>, change: &TwoFactorChange<'_>) -> Result<Response, Failure> {
    match change {
        TwoFactorChange::Mode { mode, .. } => {
            let prepared = exchange.prepared;
            if !is_right(exchange, prepared.shown.as_ref()).await? {
                return Ok(reply::wrong_password());
            }
            set_mode(exchange, *mode).await
        }
        TwoFactorChange::Confirm { codes } => confirm(exchange, codes).await,
        _ => Err(super::respond::not_offered()),
    }
}

/// From no factor it begins an enrolment; to none it ends the factor, and an enrolment; else the mode changes.
async fn set_mode(exchange: &mut Exchange<'_>, mode: TwoFactorMode) -> Result<Response, Failure> {
    let (name, account) = own(exchange).await?;
    let (tx, user) = (&mut exchange.tx, name.as_borrowed());
    match (account.two_factor, mode) {
        (_, TwoFactorMode::Disabled) => {
            accounts::set_two_factor(tx, user, TwoFactorMode::Disabled, None).await?;
            accounts::set_recovery_codes(tx, user, &[]).await?;
            Ok(reply::ok(&json!({ "tfa": false })))
        }
        (TwoFactorMode::Disabled, mode) => {
            let pending = PendingTwoFactor { secret: one_time::new_secret()?, mode };
            accounts::set_pending(tx, user, Some(&pending)).await?;
            Ok(reply::ok(&json!({ "tfa": one_time::enrolment_url(&pending.secret, user)? })))
        }
        (_, mode) => {
            accounts::set_two_factor(tx, user, mode, account.totp_secret).await?;
            Ok(reply::ok(&json!({ "tfa": { "pending": false, "mode": mode } })))
        }
    }
}

/// Ends an enrolment: a code of the new factor shows that the device has it.
async fn confirm(exchange: &mut Exchange<'_>, codes: &[Password<'_>]) -> Result<Response, Failure> {
    if codes.len() > MAX_CODES {
        return Err(Failure::bad_request(format!("{} codes: expected one, or the next one too", codes.len())));
    }
    let (name, account) = own(exchange).await?;
    let user = name.as_borrowed();
    let Some(pending) = account.pending else {
        return Err(Failure::bad_request("no second factor is being enrolled: expected that first"));
    };
    guesses::may_guess(&mut exchange.tx, user, Guess::OneTimePassword, exchange.asked.now).await?;
    let used_by = exchange.token()?.0.id().to_string();
    let (tx, now) = (&mut exchange.tx, exchange.asked.now);
    let mut is_shown = false;
    for code in codes {
        if let Some(step) = one_time::step_of(&pending.secret, user, code.expose(), now)? {
            is_shown |= accounts::use_code(tx, user, step, &used_by).await?;
        }
    }
    if !is_shown {
        guesses::wrong(tx, user, Guess::OneTimePassword, now).await?;
        let text = "none of these is a code of the new second factor: expected the one it shows now";
        return Ok(reply::error(axum::http::StatusCode::BAD_REQUEST, text));
    }
    accounts::set_two_factor(tx, user, pending.mode, Some(pending.secret)).await?;
    let (codes, digests) = one_time::recovery_codes()?;
    accounts::set_recovery_codes(tx, user, &digests).await?;
    Ok(reply::ok(&json!({ "tfa": codes })))
}

//! The account of the caller: its name, profile, password and second factor.

use axum::{http::StatusCode, response::Response};
use serde_json::{Map, Value, json};
use tollgate::{
    UserName,
    facts::TwoFactorMode,
    npm::{Body, Password, ProfileChange, TwoFactorChange},
};

use crate::{
    base::{
        failure::{Failure, other},
        milliseconds::in_milliseconds,
    },
    credentials::{hashing::Waiting, hold, one_time_password, password},
    exchange::{
        context::RequestContext,
        decisions::{Exchange, allowed},
        json::{self, KEYS_ONCE},
        prepared::{Prepared, verify_own_password},
        services::Services,
    },
    reply::{refusal::NPM_NOTICE, response},
    store::{
        accounts::{self, Account, HoldCause, PendingTwoFactor},
        guesses::{self, Guess},
        invitations::{self, Invitation},
    },
};

/// The maximum number of codes in a request that finishes an enrolment. Together they count as one guess.
const MAX_CODES: usize = 2;

/// `GET /-/whoami`: the name of the token's owner.
pub(crate) fn whoami(exchange: &Exchange<'_>) -> Result<Response, Failure> {
    let (_, owner) = exchange.token()?;
    Ok(response::ok(&json!({ "username": owner.name() })))
}

/// `GET /-/npm/v1/user`: the profile. A notice says if the account is invited to an organization.
pub(crate) async fn read_profile(exchange: &mut Exchange<'_>) -> Result<Response, Failure> {
    let (name, account) = exchange.own_account().await?;
    let mut response = response::ok(&profile(&name, &account));
    let invitations = invitations::of_user(&mut exchange.tx, name.as_borrowed(), exchange.context.now).await?;
    if let Some(notice) = notice_of(&invitations) {
        response::set_header(&mut response, NPM_NOTICE, &notice);
    }
    Ok(response)
}

/// The notice about the first invitation, with the commands that accept and decline it. npm's client has no command that
/// lists invitations.
fn notice_of(invitations: &[Invitation]) -> Option<String> {
    let (Invitation { organization, user, role, invited_by }, others) = invitations.split_first()?;
    let role = role.npm_word();
    let more =
        if others.is_empty() { String::new() } else { format!(", and there are {} more invitations", others.len()) };
    Some(format!(
        "{invited_by} invites you to {organization} as {role}: accept with `npm org set {organization} {user}`, or \
         decline with `npm org rm {organization} {user}`{more}"
    ))
}

/// The profile in npm's form. The field `tfa` is `false` if there is no second factor. Otherwise it is an object with
/// `mode` and `pending`, which is `true` until the enrolment is finished.
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
    document.insert("created".into(), in_milliseconds(&account.created).into());
    document.insert("updated".into(), in_milliseconds(&account.updated).into());
    document.insert("cidr_whitelist".into(), Value::Null);
    Value::Object(document)
}

/// Reads the change that the body describes.
///
/// # Errors
/// Status 400 if the body changes the second factor and something else. The two changes have different checks and
/// responses, so one could be made while the other is refused. npm's client sends them separately.
fn profile_change<'a>(sent: &'a Body<'a>) -> Result<ProfileChange<'a>, Failure> {
    let change = ProfileChange::read(sent).map_err(response::invalid_body)?;
    if change.two_factor().is_some() && (change.password().is_some() || !change.fields().is_empty()) {
        return Err(Failure::bad_request("`tfa` beside another change: expected `tfa` alone, in a request of its own"));
    }
    Ok(change)
}

/// Prepares [`write_profile`] before its transaction: verifies the passwords, and hashes the new password if the present
/// one is right.
pub(crate) async fn prepare_profile(
    services: &Services,
    context: &RequestContext,
    bytes: &[u8],
) -> Result<Prepared<'static>, Failure> {
    let body: Body<'_> = json::parse_with_password(bytes, KEYS_ONCE)?;
    let change = profile_change(&body)?;
    let mut prepared = Prepared::default();
    if let Some(change) = change.password() {
        password::check_new(change.new.expose())?;
        prepared.present_password = verify_own_password(services, context, change.old.expose()).await?;
        if let Some(present) = &prepared.present_password {
            let new = change.new.expose().to_owned();
            prepared.new_password_hash =
                Some(services.hashing.hash(new, Waiting::Known(present.user().as_borrowed())).await?);
        }
    }
    if let Some(TwoFactorChange::Mode { password, .. }) = change.two_factor() {
        prepared.password = verify_own_password(services, context, password.expose()).await?;
    }
    Ok(prepared)
}

/// `POST /-/npm/v1/user`: changes fields of the profile, the password, or the second factor.
///
/// The transaction is committed even if the request is refused, because it counts wrong guesses. So nothing is changed
/// before everything is verified.
pub(crate) async fn write_profile(exchange: &mut Exchange<'_>) -> Result<Response, Failure> {
    let sent = exchange.body()?;
    let present = exchange.own_account().await?.1;
    let change =
        profile_change(&sent)?.without_unchanged_fields(|field| present.profile.get(field).and_then(Value::as_str));
    allowed!(exchange.decide(&change.access_requests(present.two_factor)).await?);
    if let Some(change) = change.two_factor() {
        return change_two_factor(exchange, change).await;
    }
    let prepared = exchange.prepared;
    if change.password().is_some() && !exchange.is_own_password(prepared.present_password.as_ref()).await? {
        return Ok(response::wrong_password());
    }
    let (name, account) = exchange.own_account().await?;
    if change.password().is_some() {
        let hash = prepared.new_password_hash.clone().ok_or_else(|| other("a new password without its hash"))?;
        accounts::set_password(&mut exchange.tx, name.as_borrowed(), hash).await?;
    }
    let mut fields: Map<String, Value> = account.profile;
    let email = fields.get("email").cloned();
    for (field, value) in change.fields() {
        match value {
            Some(value) => fields.insert((*field).to_owned(), (*value).into()),
            None => fields.remove(*field),
        };
    }
    // npm's client sends every field with each change, so an email address that is sent need not be a new one.
    if fields.get("email") != email.as_ref() {
        let at = exchange.moment();
        hold::begin(&mut exchange.tx, name.as_borrowed(), HoldCause::NewEmail, at).await?;
    }
    accounts::set_profile(&mut exchange.tx, name.as_borrowed(), &fields, exchange.context.now).await?;
    read_profile(exchange).await
}

async fn change_two_factor(exchange: &mut Exchange<'_>, change: &TwoFactorChange<'_>) -> Result<Response, Failure> {
    match change {
        TwoFactorChange::Mode { mode, .. } => {
            let prepared = exchange.prepared;
            if !exchange.is_own_password(prepared.password.as_ref()).await? {
                return Ok(response::wrong_password());
            }
            set_mode(exchange, *mode).await
        }
        TwoFactorChange::Confirm { codes } => confirm(exchange, codes).await,
        _ => Err(Failure::not_offered()),
    }
}

/// Sets the mode of the second factor. The mode `disabled` removes the second factor and ends an enrolment. Any other
/// mode begins an enrolment if the account has no second factor, and otherwise only changes the mode.
async fn set_mode(exchange: &mut Exchange<'_>, mode: TwoFactorMode) -> Result<Response, Failure> {
    let (name, account) = exchange.own_account().await?;
    let (tx, user) = (&mut exchange.tx, name.as_borrowed());
    match (account.two_factor, mode) {
        (_, TwoFactorMode::Disabled) => {
            accounts::remove_two_factor(tx, user).await?;
            Ok(response::ok(&json!({ "tfa": false })))
        }
        (TwoFactorMode::Disabled, mode) => {
            let pending = PendingTwoFactor { secret: one_time_password::new_secret()?, mode };
            accounts::set_pending(tx, user, Some(&pending)).await?;
            Ok(response::ok(&json!({ "tfa": one_time_password::enrolment_url(&pending.secret, user)? })))
        }
        (_, mode) => {
            accounts::set_two_factor(tx, user, mode, account.totp_secret).await?;
            Ok(response::ok(&json!({ "tfa": { "pending": false, "mode": mode } })))
        }
    }
}

/// Finishes an enrolment. A code of the new second factor proves that the user's device has the secret.
async fn confirm(exchange: &mut Exchange<'_>, codes: &[Password<'_>]) -> Result<Response, Failure> {
    if codes.len() > MAX_CODES {
        return Err(Failure::bad_request(format!("{} codes: expected one, or the next one too", codes.len())));
    }
    let (name, account) = exchange.own_account().await?;
    let user = name.as_borrowed();
    let Some(pending) = account.pending else {
        return Err(Failure::bad_request("no second factor is being enrolled: expected that first"));
    };
    guesses::may_guess(&mut exchange.tx, user, Guess::OneTimePassword, exchange.context.now).await?;
    let used_by = exchange.token()?.0.id().to_string();
    let (tx, now) = (&mut exchange.tx, exchange.context.now);
    let mut is_confirmed = false;
    for code in codes {
        if let Some(step) = one_time_password::step_of(&pending.secret, user, code.expose(), now)? {
            is_confirmed |= accounts::use_code(tx, user, step, &used_by).await?;
        }
    }
    if !is_confirmed {
        guesses::wrong(tx, user, Guess::OneTimePassword, now).await?;
        let text = "none of these is a code of the new second factor: expected the one it shows now";
        return Ok(response::error(StatusCode::BAD_REQUEST, text));
    }
    accounts::set_two_factor(tx, user, pending.mode, Some(pending.secret)).await?;
    let (codes, digests) = one_time_password::recovery_codes()?;
    accounts::set_recovery_codes(tx, user, &digests).await?;
    Ok(response::ok(&json!({ "tfa": codes })))
}

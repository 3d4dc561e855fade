//! The security page: the second factor, the password, and the sessions of an account.

use axum::{
    body::Body,
    http::{Method, StatusCode},
    response::Response,
};
use maud::{Markup, html};
use qrcode::{Color, QrCode};
use serde_json::{Value, json};
use tollgate::{
    Timestamp, UserName,
    facts::TwoFactorMode,
    npm::{AccountRequest, Endpoint},
    token::{Token, TokenId},
};

use crate::{
    base::failure::{Failure, other},
    credentials::{hold, one_time_password::RECOVERY_CODES, password},
    exchange::log_line::LogLine,
    store::{
        accounts::{self, Account},
        tokens::KeptToken,
    },
    web::{
        html::{Field, FieldError, Page, ROOT, form_error, form_status, one_time_password, page, proof, redirect},
        internal::InternalRequest,
        problem::Problem,
        token_text, tokens,
        visitor::{Fields, Visitor},
    },
};

/// The names of the forms of the page.
const SECOND_FACTOR: &str = "second-factor";
const PASSWORD: &str = "password";

/// The modes in which a second factor is on, each with a text that follows "it is asked for".
const MODES: [(&str, &str); 2] = [
    ("auth-and-writes", "at each login and for changes, such as a publish"),
    ("auth-only", "at each login and for changes of the account"),
];

/// What the page shows about an account.
struct AccountSecurity {
    owner: UserName,
    account: Account,
    recovery_codes: i64,
    sessions: Vec<KeptToken>,
    this_session: TokenId,
    /// Until when the account may not write, if it may not.
    held_until: Option<Timestamp>,
}

async fn load(visitor: &Visitor<'_>, log_line: &mut LogLine) -> Result<AccountSecurity, Problem> {
    let required = Endpoint::Account(AccountRequest::ReadProfile).required_access();
    let mut exchange = visitor.allowed(log_line, required).await?;
    let (owner, account) = exchange.own_account().await?;
    let recovery_codes = accounts::count_recovery_codes(&mut exchange.tx, owner.as_borrowed()).await?;
    let mut sessions = exchange.own_tokens().await?;
    sessions.retain(|listed| match &listed.token {
        Token::Session(session) => session.expires_at() > visitor.context.now,
        Token::Granular(_) | Token::Legacy(_) | _ => false,
    });
    let (this_session, user) = exchange.token()?;
    let held_until = user.writes_held_until().filter(|end| *end > visitor.context.now);
    let this_session = this_session.id().clone();
    Ok(AccountSecurity { owner, account, recovery_codes, sessions, this_session, held_until })
}

/// Shows the page.
pub(crate) async fn show(visitor: &Visitor<'_>, log_line: &mut LogLine) -> Result<Response, Problem> {
    with_error(visitor, log_line, None).await
}

async fn with_error(
    visitor: &Visitor<'_>,
    log_line: &mut LogLine,
    error: Option<&(&str, FieldError)>,
) -> Result<Response, Problem> {
    let found = load(visitor, log_line).await?;
    // A name such as `otp` is in more than one form of the page.
    let of = |form: &str| error.filter(|(failed, _)| *failed == form).map(|(_, error)| error);
    let content = html! {
        @if let Some(end) = found.held_until {
            p.problem role="status" {
                "This account is on hold until " (token_text::time(end)) ", because a recovery code was used, its email address "
                "changed, or the operator has decided so. It may read. It may not publish or change things. The operator can end the hold."
            }
        }
        h2 { "Second factor" }
        (second_factor(visitor, &found, of(SECOND_FACTOR)))
        h2 { "Password" }
        (password_form(visitor, of(PASSWORD)))
        h2 { "Sessions" }
        p.hint { "A session begins when you log in, in a browser or with npm, and expires by itself." }
        @for session in &found.sessions {
            (tokens::card(visitor, session, Some(&found.this_session)))
        }
        p { a.button.second href={ (ROOT) "/tokens/revoke-all" } { "Revoke all tokens and sessions" } }
    };
    let status = form_status(error.map(|(_, error)| error));
    Ok(page(status, visitor, &Page { title: "Security", user: Some(&found.owner), content }))
}

fn second_factor(visitor: &Visitor<'_>, found: &AccountSecurity, error: Option<&FieldError>) -> Markup {
    let account = &found.account;
    let action = format!("{ROOT}/security/{SECOND_FACTOR}");
    match (account.two_factor, &account.pending) {
        (TwoFactorMode::Disabled, pending) => html! {
            p { "Your account has no second factor. Another person who knows your password can do everything that you can do." }
            (form_error(error))
            @if pending.is_some() {
                p { "A second factor is being set up. Fill in the code that your authenticator app shows, or begin again." }
                (code_form(visitor, error))
            }
            form method="post" action=(action) {
                (proof(visitor))
                (Field::new("mode", "When it is asked for").of_form(SECOND_FACTOR).choice(&MODES, "auth-and-writes"))
                (Field::new("password", "Your password").of_form(SECOND_FACTOR).error(error).input("password", "current-password", ""))
                div.actions { button name="step" value="mode" { "Set up a second factor" } }
            }
        },
        (mode, _) => html! {
            p { "It is on. It is asked for " (mode_text(mode)) ". " (found.recovery_codes) " of " (RECOVERY_CODES) " recovery codes are left." }
            @if hold::is_used(&visitor.services.policy) {
                p.hint { "A recovery code works in place of a one-time password. It puts the account on hold for 72 hours, in which it may not publish or change things but the second factor." }
            }
            (form_error(error))
            form method="post" action=(action) {
                (proof(visitor))
                (Field::new("mode", "When it is asked for").of_form(SECOND_FACTOR).choice(&[MODES.as_slice(), &[("disable", "never (this turns it off)")]].concat(), mode.as_str()))
                (Field::new("password", "Your password").of_form(SECOND_FACTOR).error(error).input("password", "current-password", ""))
                (one_time_password(SECOND_FACTOR, error))
                div.actions { button name="step" value="mode" { "Change" } }
            }
        },
    }
}

/// The form that finishes an enrolment.
fn code_form(visitor: &Visitor<'_>, error: Option<&FieldError>) -> Markup {
    html! {
        form method="post" action={ (ROOT) "/security/" (SECOND_FACTOR) } {
            (proof(visitor))
            (Field::new("code", "Code from the app").of_form(SECOND_FACTOR).error(error).input("text", "one-time-code", ""))
            div.actions { button name="step" value="confirm" { "Turn on" } }
        }
    }
}

/// The page with the secret of a second factor that is being enrolled. Only the response to the password shows it:
/// otherwise a person with a stolen session could read the secret, and would have the second factor too.
async fn enrolment(visitor: &Visitor<'_>, log_line: &mut LogLine, url: &str) -> Result<Response, Problem> {
    let owner = load(visitor, log_line).await?.owner;
    let secret = url.split_once("secret=").and_then(|(_, rest)| rest.split('&').next()).unwrap_or_default();
    let content = html! {
        p { "Scan this code with your authenticator app, or type the secret into it. Then fill in the code that the app shows. The secret is not shown again." }
        (qr_code(url)?)
        p { "Secret: " output.secret id="secret" { (secret) } }
        (code_form(visitor, None))
    };
    Ok(page(StatusCode::OK, visitor, &Page { title: "Set up a second factor", user: Some(&owner), content }))
}

fn mode_text(mode: TwoFactorMode) -> &'static str {
    MODES.into_iter().find(|(word, _)| *word == mode.as_str()).map_or("never", |(_, text)| text)
}

/// A QR code as an image within the page.
fn qr_code(text: &str) -> Result<Markup, Failure> {
    /// The white modules around the code, which readers need.
    const MARGIN: usize = 4;
    let code = QrCode::new(text).map_err(other)?;
    let width = code.width();
    let dark = code.into_colors().into_iter().enumerate().filter(|(_, color)| *color == Color::Dark);
    let place = |at: usize| {
        let (row, column) = (at.checked_div(width).unwrap_or(0), at.checked_rem(width).unwrap_or(0));
        format!("M{} {}h1v1h-1z", column.saturating_add(MARGIN), row.saturating_add(MARGIN))
    };
    let path: String = dark.map(|(at, _)| place(at)).collect();
    let size = width.saturating_add(MARGIN.saturating_mul(2));
    Ok(html! {
        svg.qr role="img" aria-label="QR code with the secret below" viewBox={ "0 0 " (size) " " (size) } {
            path d=(path) fill="#000" {}
        }
    })
}

fn password_form(visitor: &Visitor<'_>, error: Option<&FieldError>) -> Markup {
    let hint = format!("{} to {} characters.", password::MIN_LENGTH, password::MAX_LENGTH);
    html! {
        (form_error(error))
        form method="post" action={ (ROOT) "/security/" (PASSWORD) } {
            (proof(visitor))
            (Field::new("old", "Current password").of_form(PASSWORD).error(error).input("password", "current-password", ""))
            (Field::new("new", "New password").of_form(PASSWORD).hint(&hint).error(error).input("password", "new-password", ""))
            (one_time_password(PASSWORD, error))
            div.actions { button { "Change password" } }
        }
    }
}

/// Sends a change of the profile. `password_field` is the field to which an error about the password belongs.
async fn change(
    visitor: &Visitor<'_>,
    body: Value,
    fields: &Fields,
    password_field: &'static str,
) -> Result<Result<Value, FieldError>, Problem> {
    let code = fields.text("otp");
    let path = "/-/npm/v1/user";
    let request = InternalRequest { method: Method::POST, path, body: Some(body), one_time_password: code };
    match request.send(visitor).await? {
        Ok(answer) => Ok(Ok(answer)),
        Err(refusal) if refusal.is_wrong_password => Ok(Err(FieldError { field: password_field, text: refusal.text })),
        Err(refusal) => tokens::field_error(refusal).map(Err),
    }
}

/// Sets up, changes or removes the second factor.
pub(crate) async fn change_second_factor(
    visitor: &Visitor<'_>,
    log_line: &mut LogLine,
    body: Body,
) -> Result<Response, Problem> {
    let fields = visitor.form(body).await?;
    let is_confirmation = fields.text("step") == "confirm";
    let tfa = if is_confirmation {
        json!([fields.text("code")])
    } else {
        json!({ "mode": fields.text("mode"), "password": fields.untrimmed("password") })
    };
    match change(visitor, json!({ "tfa": tfa }), &fields, "password").await? {
        Ok(answer) if is_confirmation => recovery_codes(visitor, log_line, &answer).await,
        Ok(answer) => match answer.get("tfa").and_then(Value::as_str) {
            Some(url) => enrolment(visitor, log_line, url).await,
            None => Ok(redirect(&format!("{ROOT}/security"))),
        },
        Err(error) => {
            let field = if is_confirmation { "code" } else { error.field };
            with_error(visitor, log_line, Some(&(SECOND_FACTOR, FieldError { field, ..error }))).await
        }
    }
}

/// The page with the recovery codes, which are not stored.
async fn recovery_codes(visitor: &Visitor<'_>, log_line: &mut LogLine, answer: &Value) -> Result<Response, Problem> {
    let owner = load(visitor, log_line).await?.owner;
    let codes = answer.get("tfa").and_then(Value::as_array).cloned().unwrap_or_default();
    let content = html! {
        p.done role="status" { "The second factor is on. Keep these recovery codes in a place that you can reach without your phone. Each code works once, in place of a code from the app. They are never shown again." }
        ul { @for code in codes.iter().filter_map(Value::as_str) { li { code { (code) } } } }
        div.actions { a.button href={ (ROOT) "/security" } { "I have kept them" } }
    };
    Ok(page(StatusCode::OK, visitor, &Page { title: "Recovery codes", user: Some(&owner), content }))
}

/// Changes the password.
pub(crate) async fn change_password(
    visitor: &Visitor<'_>,
    log_line: &mut LogLine,
    body: Body,
) -> Result<Response, Problem> {
    let fields = visitor.form(body).await?;
    let new = fields.untrimmed("new");
    if let Err(error) = password::check_new(new) {
        let error = FieldError { field: "new", text: error.client_text() };
        return with_error(visitor, log_line, Some(&(PASSWORD, error))).await;
    }
    let body = json!({ "password": { "old": fields.untrimmed("old"), "new": new } });
    match change(visitor, body, &fields, "old").await? {
        Ok(_) => Ok(redirect(&format!("{ROOT}/security"))),
        Err(error) => with_error(visitor, log_line, Some(&(PASSWORD, error))).await,
    }
}

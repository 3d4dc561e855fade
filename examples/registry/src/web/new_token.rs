//! The form for a new token. It has two steps: the person fills in what the token may do, reads what it will be able to
//! do, and then creates it.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Method, StatusCode},
    response::Response,
};
use maud::{Markup, html};
use serde_json::{Map, Value, json};
use tollgate::{
    UserName,
    npm::{AccountRequest, Body as JsonBody, CreateTokenRequest, Endpoint},
    policy::{LegacyTokens, Policy, PolicySwitch},
    token::{GranularTokenError, IssueError, IssuedBy, Token},
};

use crate::{
    base::failure::{Failure, other},
    credentials::issuance::{self, IssueRequest, NewToken},
    exchange::{decisions::Exchange, log_line::LogLine},
    web::{
        access_text,
        html::{Field, FieldError, Page, ROOT, carried, form_error, form_status, one_time_password, page, proof},
        internal::InternalRequest,
        problem::Problem,
        token_text, tokens,
        visitor::{Fields, Visitor},
    },
};

/// The fields of the first step. A field that npm's request has too has npm's name.
const SETTINGS: [&str; 12] = [
    "kind",
    "name",
    "description",
    PACKAGES_PERMISSION,
    "packages_all",
    "packages",
    "scopes",
    ORGS_PERMISSION,
    "orgs",
    "cidr_whitelist",
    "expires",
    "bypass_2fa",
];
const PACKAGES_PERMISSION: &str = "packages_and_scopes_permission";
const ORGS_PERMISSION: &str = "orgs_permission";

const PERMISSIONS: [(&str, &str); 3] =
    [("no-access", "no access"), ("read-only", "read only"), ("read-write", "read and write")];

/// Begins a snapshot for the form. A caller who may not create tokens does not get the form.
async fn begin<'v>(visitor: &'v Visitor<'_>, log_line: &'v mut LogLine) -> Result<Exchange<'v>, Problem> {
    visitor.allowed(log_line, Endpoint::Account(AccountRequest::CreateToken).required_access()).await
}

/// The empty form.
pub(crate) async fn show(visitor: &Visitor<'_>, log_line: &mut LogLine) -> Result<Response, Problem> {
    let owner = begin(visitor, log_line).await?.owner_name()?;
    Ok(settings_page(visitor, &owner, &Fields::default(), None))
}

/// Receives either step of the form.
pub(crate) async fn submit(visitor: &Visitor<'_>, log_line: &mut LogLine, body: Body) -> Result<Response, Problem> {
    let fields = visitor.form(body).await?;
    let mut exchange = begin(visitor, log_line).await?;
    let owner = exchange.owner_name()?;
    if fields.text("step") == "change" {
        return Ok(settings_page(visitor, &owner, &fields, None));
    }
    let draft = match draft(&mut exchange, &fields).await? {
        Ok(draft) => draft,
        Err(error) => return Ok(settings_page(visitor, &owner, &fields, Some(&error))),
    };
    let user = exchange.token()?.1.clone();
    let access = access_text::access(&mut exchange, &draft, &user).await?;
    drop(exchange);
    let mut error = None;
    if fields.text("step") == "create" {
        match create(visitor, &fields).await? {
            Ok(text) => return Ok(created_page(visitor, &owner, &text)),
            Err(refused) => error = Some(refused),
        }
    }
    Ok(review_page(visitor, &owner, &Review { fields: &fields, draft: &draft, access: &access, error: error.as_ref() }))
}

/// The token as it would be issued now.
async fn draft(exchange: &mut Exchange<'_>, fields: &Fields) -> Result<Result<Token, FieldError>, Failure> {
    let text = npm_request(fields, None).to_string();
    let body: JsonBody<'_> = serde_json::from_str(&text).map_err(other)?;
    let at = exchange.moment();
    let request = match CreateTokenRequest::read(&body, at.policy, at.now) {
        Ok(request) => request,
        Err(error) => return Ok(Err(named_error(&error.to_string()))),
    };
    let new = NewToken::from_request(request.token)?;
    let (presented, owner) = exchange.token().map(|(token, owner)| (token.clone(), owner.clone()))?;
    let request = IssueRequest { token: new, issued_by: IssuedBy::Token(presented.as_view()), at };
    let drafted = issuance::draft(&mut exchange.tx, &owner, request).await?;
    Ok(drafted.map_err(|error| FieldError { field: field_of(&error), text: error.to_string() }))
}

/// Creates the token. Returns its text.
async fn create(visitor: &Visitor<'_>, fields: &Fields) -> Result<Result<String, FieldError>, Problem> {
    let request = InternalRequest {
        method: Method::POST,
        path: "/-/npm/v1/tokens",
        body: Some(npm_request(fields, Some(fields.untrimmed("password")))),
        one_time_password: fields.text("otp"),
    };
    match request.send(visitor).await? {
        Ok(created) => {
            let text = created.get("token").and_then(Value::as_str);
            Ok(Ok(text.ok_or_else(|| other("a new token without its text"))?.to_owned()))
        }
        Err(refusal) if refusal.is_wrong_password => Ok(Err(FieldError { field: "password", text: refusal.text })),
        Err(refusal) => tokens::field_error(refusal).map(Err),
    }
}

/// The body of npm's request for the token that the form describes.
fn npm_request(fields: &Fields, password: Option<&str>) -> Value {
    let mut body = Map::new();
    if let Some(password) = password {
        body.insert("password".into(), password.into());
    }
    body.insert("cidr_whitelist".into(), json!(fields.entries("cidr_whitelist")));
    match fields.text("kind") {
        "read-only" => body.insert("readonly".into(), true.into()),
        "automation" => body.insert("automation".into(), true.into()),
        "publish" => body.insert("readonly".into(), false.into()),
        _ => {
            granular(fields, &mut body);
            None
        }
    };
    Value::Object(body)
}

fn granular(fields: &Fields, body: &mut Map<String, Value>) {
    for name in ["name", "description", PACKAGES_PERMISSION, ORGS_PERMISSION] {
        let text = fields.text(name);
        if !text.is_empty() || name == "name" {
            body.insert(name.into(), text.into());
        }
    }
    for name in ["packages", "scopes", "orgs"] {
        let entries = fields.entries(name);
        if !entries.is_empty() {
            body.insert(name.into(), json!(entries));
        }
    }
    if fields.has("packages_all") {
        body.insert("packages_all".into(), true.into());
    }
    body.insert("bypass_2fa".into(), fields.has("bypass_2fa").into());
    let expires = fields.text("expires");
    if !expires.is_empty() {
        // A text that is not a number of days is read as a time.
        let days = expires.parse::<u64>().map_or_else(|_| expires.into(), Value::from);
        body.insert("expires".into(), days);
    }
}

/// The field that an error names before its first colon, such as `packages[1]`.
fn named_error(text: &str) -> FieldError {
    let field_of = |prefix: &str| SETTINGS.into_iter().find(|name| prefix.split('[').next() == Some(name));
    match text.split_once(": ").and_then(|(prefix, rest)| Some((field_of(prefix)?, rest))) {
        Some(("packages_all", rest)) => FieldError { field: "packages", text: rest.to_owned() },
        Some((field, rest)) => FieldError { field, text: rest.to_owned() },
        None => FieldError::whole(text),
    }
}

/// The field that is the cause of an error.
fn field_of(error: &IssueError) -> &'static str {
    match error {
        IssueError::NameTaken => "name",
        IssueError::PackageNotFound { .. }
        | IssueError::PackageNotWritable { .. }
        | IssueError::PackageFactsMissing { .. } => "packages",
        IssueError::ScopeNotOwned { .. } => "scopes",
        IssueError::RoleTooLow { .. } => "orgs",
        IssueError::RangesRequired | IssueError::RangeOutsideIssuer { .. } => "cidr_whitelist",
        IssueError::Invalid(GranularTokenError::ExpiresTooSoon { .. }) => "expires",
        IssueError::Invalid(GranularTokenError::NoPermission) => PACKAGES_PERMISSION,
        IssueError::Invalid(GranularTokenError::BypassWithoutReadWrite) => "bypass_2fa",
        IssueError::AgainstPolicy { switch, .. } => match switch {
            PolicySwitch::LegacyTokens => "kind",
            PolicySwitch::Bypass | PolicySwitch::BypassCovers => "bypass_2fa",
            PolicySwitch::Ranges => "cidr_whitelist",
            PolicySwitch::AllPackages => "packages",
            PolicySwitch::TokenLifetimeAtMost | PolicySwitch::WriteLifetimeAtMost => "expires",
            PolicySwitch::SessionLifetimeAtMost
            | PolicySwitch::LeastPublishingAccess
            | PolicySwitch::UnscopedPackages
            | _ => "",
        },
        IssueError::Invalid(_)
        | IssueError::OwnerSuspended
        | IssueError::OwnerOnHold { .. }
        | IssueError::SessionExpired { .. }
        | IssueError::TooManyTokens
        | IssueError::IssuerOfOtherUser { .. }
        | IssueError::IssuerMayNotCreateTokens { .. }
        | _ => "",
    }
}

/// The first step.
fn settings_page(visitor: &Visitor<'_>, owner: &UserName, fields: &Fields, error: Option<&FieldError>) -> Response {
    let has_legacy = visitor.services.policy.legacy_tokens() == LegacyTokens::Honoured;
    let stage_only = ("read-write-stage-only", "stage versions only, which a person then approves");
    let [none, read, write] = PERMISSIONS;
    let text = |name| fields.text(name);
    let content = html! {
        (form_error(error))
        form method="post" {
            (proof(visitor))
            @if has_legacy {
                (Field::new("kind", "Kind").hint("A legacy token has all permissions of your account, or may only read. Of the settings below, only the addresses apply to it.").error(error)
                    .choice(&[("granular", "granular, with the settings below"), ("read-only", "legacy, read-only"), ("automation", "legacy, automation"), ("publish", "legacy, publish")], text("kind")))
            }
            (Field::new("name", "Name of the token").hint("1 to 40 letters, digits, spaces, “_” or “-”.").error(error).input("text", "off", text("name")))
            (Field::new("description", "Description").hint("Optional, up to 120 characters.").error(error).input("text", "off", text("description")))
            fieldset {
                legend { "Packages" }
                (Field::new(PACKAGES_PERMISSION, "Permission").error(error).choice(&[none, read, write, stage_only], text(PACKAGES_PERMISSION)))
                (Field::new("packages_all", "All packages, including those that you get access to later").check(fields.has("packages_all")))
                (Field::new("packages", "Packages").hint("One on each line, such as left-pad. At most 50 packages and scopes together.").error(error).lines(text("packages")))
                (Field::new("scopes", "Scopes").hint("One on each line, such as @acme. A scope stands for all packages in it.").error(error).lines(text("scopes")))
            }
            fieldset {
                legend { "Organizations" }
                (Field::new(ORGS_PERMISSION, "Permission").hint("For the members and teams of the organizations. It gives no access to packages.").error(error).choice(&[none, read, write], text(ORGS_PERMISSION)))
                (Field::new("orgs", "Organizations").hint("One on each line, at most 50.").error(error).lines(text("orgs")))
            }
            (Field::new("cidr_whitelist", "IP addresses").hint("Ranges of addresses from which the token may be used, one on each line, such as 192.0.2.0/24. Leave it empty for any address.").error(error).lines(text("cidr_whitelist")))
            (Field::new("expires", "Expires after").hint(&expires_hint(&visitor.services.policy)).error(error).input("text", "off", text("expires")))
            (Field::new("bypass_2fa", "Bypass the second factor").hint("For a program, which cannot enter a one-time password. The rules of this registry or of a package may still ask for one.").error(error).check(fields.has("bypass_2fa")))
            div.actions {
                button name="step" value="check" { "See what it can do" }
                a href={ (ROOT) "/tokens" } { "Cancel" }
            }
        }
    };
    let status = if error.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    page(status, visitor, &Page { title: "New token", user: Some(owner), content })
}

fn expires_hint(policy: &Policy) -> String {
    let days = |lifetime: Duration| lifetime.as_secs().div_ceil(24 * 60 * 60);
    let text = "A number of days, or a time such as 2027-01-31T12:00:00Z. Leave it empty for 30 days, or 7 days for a token that can write.";
    let write = policy
        .write_lifetime_at_most()
        .map(|most| format!(" A token that can write lives for at most {} days.", days(most)));
    let any = policy.token_lifetime_at_most().map(|most| format!(" A token lives for at most {} days.", days(most)));
    format!("{text}{}{}", write.unwrap_or_default(), any.unwrap_or_default())
}

/// What the second step shows.
struct Review<'r> {
    fields: &'r Fields,
    draft: &'r Token,
    access: &'r Markup,
    error: Option<&'r FieldError>,
}

/// The second step.
fn review_page(visitor: &Visitor<'_>, owner: &UserName, review: &Review<'_>) -> Response {
    let Review { fields, draft, access, error } = review;
    let error = *error;
    let content = html! {
        (form_error(error))
        article.card {
            h2 { (token_text::name(draft)) }
            (token_text::details(draft, None, &visitor.services.policy))
        }
        h2 { "What this token will be able to do" }
        p.hint { "This depends on the permissions that you have now, and changes with them." }
        (access)
        form method="post" {
            (proof(visitor))
            (carried(fields, &SETTINGS))
            (Field::new("password", "Your password").error(error).input("password", "current-password", ""))
            (one_time_password("", error))
            div.actions {
                button name="step" value="create" { "Create token" }
                button.second name="step" value="change" { "Change" }
            }
        }
    };
    page(form_status(error), visitor, &Page { title: "Create this token?", user: Some(owner), content })
}

/// The page with the text of the new token, which is not stored.
fn created_page(visitor: &Visitor<'_>, owner: &UserName, text: &str) -> Response {
    let host = visitor.context.base_url.split_once(':').map_or("", |(_, host)| host);
    let content = html! {
        p.done role="status" { "The token was created. Copy its text now: it is not stored, and is never shown again." }
        p { output.secret id="token" data-copy { (text) } }
        p { "To use it with npm, add this line to the file " code { ".npmrc" } ":" }
        p { output.secret data-copy { (host) "/:_authToken=" (text) } }
        div.actions { a.button href={ (ROOT) "/tokens" } { "Go to the tokens" } }
    };
    page(StatusCode::OK, visitor, &Page { title: "Token created", user: Some(owner), content })
}

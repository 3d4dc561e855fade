//! A person's own membership of an organization: accepting or declining an invitation, and leaving.

use axum::{body::Body, http::Method, response::Response};
use maud::html;
use serde_json::json;
use tollgate::{
    UserName,
    npm::{AccountRequest, Endpoint},
    value::OrganizationName,
};

use crate::{
    exchange::log_line::LogLine,
    web::{
        html::{FieldError, Page, ROOT, confirm_form, form_error, form_status, page, redirect},
        internal::InternalRequest,
        problem::Problem,
        tokens,
        visitor::Visitor,
    },
};

/// A change that a person makes to their own membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Accept,
    Decline,
    Leave,
}

impl Step {
    /// The step with this name in a path.
    pub(crate) fn from_path(name: &str) -> Option<Self> {
        match name {
            "accept" => Some(Self::Accept),
            "decline" => Some(Self::Decline),
            "leave" => Some(Self::Leave),
            _ => None,
        }
    }

    const fn button(self) -> &'static str {
        match self {
            Self::Accept => "Accept",
            Self::Decline => "Decline",
            Self::Leave => "Leave",
        }
    }

    const fn consequence(self) -> &'static str {
        match self {
            Self::Accept => {
                "You become a member, with the role of the invitation. The owners of the organization can then see which of your tokens reach it."
            }
            Self::Decline => "The invitation is deleted.",
            Self::Leave => {
                "You are removed from its teams, and lose your permissions on the packages in its scope, at once."
            }
        }
    }
}

/// The page that asks whether to take the step.
pub(crate) async fn confirm(
    visitor: &Visitor<'_>,
    log_line: &mut LogLine,
    (organization, step): (&str, Step),
) -> Result<Response, Problem> {
    let Ok(organization) = organization.parse() else { return Err(Problem::not_found()) };
    let owner = owner(visitor, log_line).await?;
    Ok(confirm_page(visitor, &owner, (&organization, step), None))
}

/// Takes the step.
pub(crate) async fn submit(
    visitor: &Visitor<'_>,
    log_line: &mut LogLine,
    (organization, step): (&str, Step),
    body: Body,
) -> Result<Response, Problem> {
    let fields = visitor.form(body).await?;
    let Ok(organization) = organization.parse::<OrganizationName>() else { return Err(Problem::not_found()) };
    let owner = owner(visitor, log_line).await?;
    let request = InternalRequest {
        method: if step == Step::Accept { Method::PUT } else { Method::DELETE },
        path: &format!("/-/org/{organization}/user"),
        body: Some(json!({ "user": owner })),
        one_time_password: fields.text("otp"),
    };
    match request.send(visitor).await? {
        Ok(_) => Ok(redirect(&format!("{ROOT}/organizations"))),
        Err(refusal) => {
            let error = tokens::field_error(refusal)?;
            Ok(confirm_page(visitor, &owner, (&organization, step), Some(&error)))
        }
    }
}

async fn owner(visitor: &Visitor<'_>, log_line: &mut LogLine) -> Result<UserName, Problem> {
    let required = Endpoint::Account(AccountRequest::ReadProfile).required_access();
    let exchange = visitor.allowed(log_line, required).await?;
    Ok(exchange.owner_name()?)
}

fn confirm_page(
    visitor: &Visitor<'_>,
    owner: &UserName,
    (organization, step): (&OrganizationName, Step),
    error: Option<&FieldError>,
) -> Response {
    let title = match step {
        Step::Accept => format!("Join {organization}?"),
        Step::Decline => format!("Decline the invitation to {organization}?"),
        Step::Leave => format!("Leave {organization}?"),
    };
    let content = html! {
        (form_error(error))
        p { (step.consequence()) }
        (confirm_form(visitor, &html! { button { (step.button()) } }, ("organizations", error)))
    };
    page(form_status(error), visitor, &Page { title: &title, user: Some(owner), content })
}

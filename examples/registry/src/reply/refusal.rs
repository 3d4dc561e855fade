//! Responses to denials and challenges. `tollgate` provides their status, headers and texts.

use axum::{
    http::{HeaderName, StatusCode, header},
    response::Response,
};
use serde_json::json;
use tollgate::{Challenge, Deny, npm::Answer};

use crate::reply::response;

/// The header whose text npm's client prints with every status.
pub(crate) const NPM_NOTICE: HeaderName = HeaderName::from_static("npm-notice");

/// The response to a denial.
pub(crate) fn denied(deny: &Deny<'_>) -> Response {
    from_answer(&Answer::from_deny(deny))
}

/// The response to a challenge, which asks for a second factor.
pub(crate) fn challenged(challenge: &Challenge<'_>) -> Response {
    from_answer(&Answer::from_challenge(challenge))
}

/// The response to a request about a staged version that does not exist, or that the caller may not read.
pub(crate) fn unknown_stage() -> Response {
    from_answer(&Answer::unknown_stage())
}

fn from_answer(answer: &Answer) -> Response {
    let status = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::FORBIDDEN);
    let mut response = response::json(status, &json!(answer));
    if let Some(authenticate) = answer.www_authenticate() {
        response::set_header(&mut response, header::WWW_AUTHENTICATE, authenticate);
    }
    if let Some(notice) = answer.npm_notice() {
        response::set_header(&mut response, NPM_NOTICE, notice);
    }
    response
}

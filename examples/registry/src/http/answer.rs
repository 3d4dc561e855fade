//! A refusal as npm's client understands it: what `tollgate` says is put into a response, and nothing is added.

use axum::{
    http::{HeaderName, StatusCode, header},
    response::Response,
};
use serde_json::json;
use tollgate::{Challenge, Deny, npm::Answer};

use super::reply;

/// The header that npm's client prints whatever the status.
pub(crate) const NPM_NOTICE: HeaderName = HeaderName::from_static("npm-notice");

/// The answer to a denial.
pub(crate) fn denied(deny: &Deny<'_>) -> Response {
    response(&Answer::from_deny(deny))
}

/// The answer to a challenge.
pub(crate) fn challenged(challenge: &Challenge<'_>) -> Response {
    response(&Answer::from_challenge(challenge))
}

fn response(answer: &Answer) -> Response {
    let status = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::FORBIDDEN);
    let mut response = reply::json(status, &json!(answer));
    if let Some(authenticate) = answer.www_authenticate() {
        reply::set(&mut response, header::WWW_AUTHENTICATE, authenticate);
    }
    if let Some(notice) = answer.npm_notice() {
        reply::set(&mut response, NPM_NOTICE, notice);
    }
    response
}

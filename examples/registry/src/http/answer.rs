//! A refusal as npm's client understands it: what `tollgate` says is put into a response, and nothing is added.

use axum::{
    http::{HeaderName, StatusCode, header},
    response::Response,
};
use serde_json::json;
use tollgate::wire::{AllOf, Answer};

use super::reply;

/// The header that npm's client prints whatever the status.
pub(crate) const NPM_NOTICE: HeaderName = HeaderName::from_static("npm-notice");

/// The answer to what is not allowed as it stands; none to an allow, which is carried out instead.
pub(crate) fn refused(all: &AllOf<'_>) -> Option<Response> {
    let answer = match all {
        AllOf::Allow(_) => return None,
        AllOf::Challenge(challenge) => Answer::of_challenge(challenge),
        AllOf::Deny(deny) => Answer::of_deny(deny),
    };
    let status = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::FORBIDDEN);
    let mut response = reply::json(status, &json!(answer));
    if let Some(authenticate) = answer.www_authenticate() {
        reply::set(&mut response, header::WWW_AUTHENTICATE, authenticate);
    }
    if let Some(notice) = answer.npm_notice() {
        reply::set(&mut response, NPM_NOTICE, notice);
    }
    Some(response)
}

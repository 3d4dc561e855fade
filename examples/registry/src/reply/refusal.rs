//! Responses to denials and challenges. `tollgate` provides their status, headers and texts.

use axum::{
    body::Body,
    http::{self, HeaderName},
    response::Response,
};
use tollgate::npm::Answer;

/// The header whose text npm's client prints with every status.
pub(crate) const NPM_NOTICE: HeaderName = HeaderName::from_static("npm-notice");

/// The response to a request about a staged version that does not exist, or that the caller may not read.
pub(crate) fn unknown_stage() -> Response {
    refused(&Answer::unknown_stage())
}

/// The response with tollgate's answer.
pub(crate) fn refused(answer: &Answer) -> Response {
    http::Response::<String>::from(answer).map(Body::from)
}

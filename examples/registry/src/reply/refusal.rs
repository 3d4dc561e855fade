//! Responses to denials and challenges. `tollgate` provides their status, headers and texts.

use axum::{
    body::Body,
    http::{self, HeaderName, header},
    response::Response,
};
use serde_json::json;
use tollgate::npm::Answer;

use crate::reply::response;

/// The header whose text npm's client prints with every status.
pub(crate) const NPM_NOTICE: HeaderName = HeaderName::from_static("npm-notice");

/// The response to a request about a staged version that does not exist, or that the caller may not read.
pub(crate) fn unknown_stage() -> Response {
    refused(&Answer::unknown_stage())
}

/// The response with tollgate's answer, and with this text in place of the answer's own.
pub(crate) fn refused_with(answer: &Answer, text: &str) -> Response {
    let mut response = refused(answer);
    *response.body_mut() = Body::from(json!({ "error": text }).to_string());
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response::set_header(&mut response, NPM_NOTICE, text);
    response
}

/// The response with tollgate's answer.
pub(crate) fn refused(answer: &Answer) -> Response {
    http::Response::<String>::from(answer).map(Body::from)
}

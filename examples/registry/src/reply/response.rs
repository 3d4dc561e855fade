//! Responses that are not decisions: results as JSON, and failures.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::{Value, json};
use tollgate::npm::BodyError;

use crate::base::failure::Failure;

/// A response with a JSON body.
pub(crate) fn json(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    set_header(&mut response, header::CONTENT_TYPE, "application/json");
    response
}

/// A response with status 200 and a JSON body.
pub(crate) fn ok(body: &Value) -> Response {
    json(StatusCode::OK, body)
}

/// A response with status 201 and a JSON body.
pub(crate) fn created(body: &Value) -> Response {
    json(StatusCode::CREATED, body)
}

/// A response with status 204 and no body.
pub(crate) fn no_content() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// Whether the client has the content with this etag already, so that status 304 is enough.
pub(crate) fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok()).unwrap_or_default();
    // The comparison is weak: a cache may have made a strong etag weak.
    known.split(',').any(|known| known.trim().trim_start_matches("W/") == etag.trim_start_matches("W/"))
}

/// The response with status 304, to a client that has the content with this etag.
pub(crate) fn not_modified(etag: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    set_header(&mut response, header::ETAG, etag);
    response
}

/// A response whose JSON body describes the problem in the field `error`.
pub(crate) fn error(status: StatusCode, text: &str) -> Response {
    json(status, &json!({ "error": text }))
}

/// The response to a wrong or missing password: status 401.
pub(crate) fn wrong_password() -> Response {
    let mut response = error(StatusCode::UNAUTHORIZED, "incorrect or missing password");
    set_header(&mut response, header::WWW_AUTHENTICATE, "Basic");
    response
}

/// The response with status 401 that makes npm's client ask for a one-time password. Only logins send this response,
/// because `tollgate` does not decide them. For other requests, a challenge asks for the one-time password.
pub(crate) fn one_time_password_needed() -> Response {
    let mut response =
        error(StatusCode::UNAUTHORIZED, "this account needs a one-time password: expected one in npm-otp");
    set_header(&mut response, header::WWW_AUTHENTICATE, "OTP");
    response
}

/// Sets a header. Does nothing if the text is not a valid header value.
pub(crate) fn set_header(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// The failure for a body that does not have the shape that the endpoint expects.
#[expect(clippy::needless_pass_by_value, reason = "`map_err` passes the error by value")]
pub(crate) fn invalid_body(error: BodyError) -> Failure {
    Failure::refused(StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST), &error)
}

/// The response to a request that failed. A fault of the server is not described to the client.
pub(crate) fn from_failure(failure: &Failure) -> Response {
    if failure.is_transient() || failure.is_busy() || failure.is_unreachable() {
        let mut response = error(StatusCode::SERVICE_UNAVAILABLE, &failure.client_text());
        set_header(&mut response, header::RETRY_AFTER, "1");
        return response;
    }
    let status = match failure {
        Failure::Refused { status, .. } => *status,
        Failure::Overtaken | Failure::NoMemory | Failure::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Failure::Database(_)
        | Failure::Migrations(_)
        | Failure::Tarballs(_)
        | Failure::Row(_)
        | Failure::Unreachable(_)
        | Failure::Other(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    error(status, &failure.client_text())
}

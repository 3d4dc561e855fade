//! Answers in npm's form.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::{Value, json};
use tollgate::npm::BodyError;

use crate::failure::Failure;

/// An answer with a JSON body.
pub(crate) fn json(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    set(&mut response, header::CONTENT_TYPE, "application/json");
    response
}

/// 200.
pub(crate) fn ok(body: &Value) -> Response {
    json(StatusCode::OK, body)
}

/// 201.
pub(crate) fn created(body: &Value) -> Response {
    json(StatusCode::CREATED, body)
}

/// 204.
pub(crate) fn no_content() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// An answer that says what is wrong.
pub(crate) fn error(status: StatusCode, text: &str) -> Response {
    json(status, &json!({ "error": text }))
}

/// 401 for a password that is none, or is not there.
pub(crate) fn wrong_password() -> Response {
    let mut response = error(StatusCode::UNAUTHORIZED, "incorrect or missing password");
    set(&mut response, header::WWW_AUTHENTICATE, "Basic");
    response
}

/// 401 that makes npm's client ask for a one-time password. At a login nothing is decided yet, so no decision says so.
pub(crate) fn one_time_password_please() -> Response {
    let mut response =
        error(StatusCode::UNAUTHORIZED, "this account needs a one-time password: expected one in npm-otp");
    set(&mut response, header::WWW_AUTHENTICATE, "OTP");
    response
}

/// Sets a header; a text that no header may have is left out.
pub(crate) fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// A body that is not what its endpoint takes.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
pub(crate) fn invalid(error: BodyError) -> Failure {
    Failure::refused(StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST), &error)
}

/// The answer to a request that failed. What is not the client's to know is not told.
pub(crate) fn failure(failure: &Failure) -> Response {
    if failure.is_transient() || failure.is_busy() {
        let mut response =
            error(StatusCode::SERVICE_UNAVAILABLE, "too many others write at this moment: try once more");
        set(&mut response, header::RETRY_AFTER, "1");
        return response;
    }
    let status = match failure {
        Failure::Refused { status, .. } => *status,
        Failure::Database(_) | Failure::Migrations(_) | Failure::Tarballs(_) | Failure::Row(_) | Failure::Other(_) => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    };
    error(status, &failure.client_text())
}

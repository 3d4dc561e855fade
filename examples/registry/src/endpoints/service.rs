//! Endpoints that need no data: the ping, audits, and signing keys.

use axum::response::Response;
use serde_json::json;
use tollgate::npm::{Endpoint, OpenRequest};

use crate::{base::failure::Failure, reply::response};

/// The answer to a request that depends on nothing in the database, or `None` for any other request.
pub(crate) fn answer(endpoint: &Endpoint) -> Option<Result<Response, Failure>> {
    if matches!(endpoint, Endpoint::Open(OpenRequest::Ping)) {
        return Some(Ok(ping()));
    }
    matches!(endpoint, Endpoint::Open(OpenRequest::ReadKeys)).then(keys)
}

/// `GET /-/ping`: an empty object.
fn ping() -> Response {
    response::ok(&json!({}))
}

/// An audit, in its bulk form and its older form: always 404. npm's client would report an answer without advisories as
/// "found 0 vulnerabilities", and this registry does not know that.
pub(crate) fn audit() -> Result<Response, Failure> {
    Err(Failure::not_found("this registry has no service for audits"))
}

/// `GET /-/npm/v1/keys`: always 404, which tells npm's client that the registry signs nothing.
fn keys() -> Result<Response, Failure> {
    Err(Failure::not_found("this registry signs nothing and has no keys"))
}

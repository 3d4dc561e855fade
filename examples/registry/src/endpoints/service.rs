//! Endpoints that need no data: the ping, audits, and signing keys.

use axum::response::Response;
use serde_json::json;

use crate::{base::failure::Failure, reply::response};

/// `GET /-/ping`: an empty object.
pub(crate) fn ping() -> Response {
    response::ok(&json!({}))
}

/// An audit, in its bulk form and its older form: always 404. An answer without advisories would read as "found 0
/// vulnerabilities", about which this registry knows nothing.
pub(crate) fn audit() -> Result<Response, Failure> {
    Err(Failure::not_found("this registry has no service for audits"))
}

/// `GET /-/npm/v1/keys`: always 404, which tells npm's client that the registry signs nothing.
pub(crate) fn keys() -> Result<Response, Failure> {
    Err(Failure::not_found("this registry signs nothing and has no keys"))
}

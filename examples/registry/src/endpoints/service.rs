//! Endpoints that need no data: the ping, audits, and signing keys.

use axum::response::Response;
use serde_json::json;

use crate::{base::failure::Failure, reply::response};

/// `GET /-/ping`: an empty object.
pub(crate) fn ping() -> Response {
    response::ok(&json!({}))
}

/// `POST /-/npm/v1/security/advisories/bulk`: no advisories, because none are stored.
pub(crate) fn advisories() -> Response {
    response::ok(&json!({}))
}

/// `POST /-/npm/v1/security/audits`: the older form of an audit, without findings.
pub(crate) fn audit() -> Response {
    response::ok(&json!({
        "actions": [], "advisories": {}, "muted": [],
        "metadata": {
            "vulnerabilities": { "info": 0, "low": 0, "moderate": 0, "high": 0, "critical": 0 },
            "dependencies": 0, "devDependencies": 0, "optionalDependencies": 0, "totalDependencies": 0,
        },
    }))
}

/// `GET /-/npm/v1/keys`: always 404, which tells npm's client that the registry signs nothing.
pub(crate) fn keys() -> Result<Response, Failure> {
    Err(Failure::not_found("this registry signs nothing and has no keys"))
}

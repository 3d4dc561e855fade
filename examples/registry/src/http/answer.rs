//! A refusal as npm's client understands it.

use axum::{
    http::{StatusCode, header},
    response::Response,
};
use tollgate::{Reason, wire::AllOf};

use super::reply;

/// The answer to what is not allowed as it stands.
pub(crate) fn refused(all: &AllOf<'_>) -> Response {
    let (status, text, authenticate) = match all {
        // Allows are carried out, not answered here.
        AllOf::Allow(_) => return reply::error(StatusCode::INTERNAL_SERVER_ERROR, "internal error"),
        AllOf::Challenge(challenge) => (challenge.status(), "a one-time password is needed".to_owned(), Some("OTP")),
        AllOf::Deny(deny) => {
            let authenticate = match (deny.status(), deny.reason()) {
                (401, Reason::IpNotAllowed) => Some("ipaddress"),
                (401, _) => Some("Bearer"),
                _ => None,
            };
            (deny.status(), deny.client_text().to_string(), authenticate)
        }
    };
    let mut response = reply::error(StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN), &text);
    if let Some(authenticate) = authenticate {
        reply::set(&mut response, header::WWW_AUTHENTICATE, authenticate);
    }
    response
}

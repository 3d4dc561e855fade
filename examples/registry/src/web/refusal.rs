//! Reads the refusals of the requests that a page sends.

use axum::{
    body::to_bytes,
    http::{StatusCode, header},
    response::Response,
};
use serde_json::Value;

use crate::{
    base::failure::{Failure, other},
    web::problem::Problem,
};

/// The maximum number of bytes of a response that a page reads.
pub(crate) const MAX_RESPONSE: usize = 64 * 1024 * 1024;

/// **A refusal in npm's form.**
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
    /// Whether the request needs a one-time password.
    pub(crate) is_challenge: bool,
    /// Whether the password in the request is wrong.
    pub(crate) is_wrong_password: bool,
}

impl Refusal {
    /// Reads a refusal in npm's form.
    pub(crate) async fn read(response: Response) -> Result<Self, Failure> {
        let (head, body) = response.into_parts();
        let status = head.status;
        let asks_for = |scheme: &[u8]| {
            head.headers.get(header::WWW_AUTHENTICATE).is_some_and(|value| value.as_bytes().starts_with(scheme))
        };
        let (is_challenge, is_wrong_password) = (asks_for(b"OTP"), asks_for(b"Basic"));
        let bytes = to_bytes(body, MAX_RESPONSE).await.map_err(other)?;
        let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let text = body.get("error").and_then(Value::as_str).unwrap_or("the request was refused").to_owned();
        Ok(Self { status, text, is_challenge, is_wrong_password })
    }

    /// The refusal of a page. Status 401 means that the session has ended.
    pub(crate) fn into_problem(self) -> Problem {
        if self.status == StatusCode::UNAUTHORIZED && !self.is_challenge && !self.is_wrong_password {
            return Problem::NotLoggedIn;
        }
        Problem::Refused { status: self.status, text: self.text }
    }
}

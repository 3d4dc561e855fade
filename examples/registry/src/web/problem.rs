//! The reasons why a page is not shown.

use axum::http::StatusCode;

use crate::base::failure::Failure;

/// **The reason why a page is not shown.**
#[derive(Debug)]
pub(crate) enum Problem {
    /// The browser has no session, or its session has ended.
    NotLoggedIn,
    /// The request is refused, by a decision or because of its content.
    Refused { status: StatusCode, text: String },
    /// The request cannot be carried out.
    Failed(Failure),
}

impl Problem {
    /// A refusal with status 404.
    pub(crate) fn not_found() -> Self {
        Self::Refused { status: StatusCode::NOT_FOUND, text: "there is no page at this address".to_owned() }
    }
}

impl<E: Into<Failure>> From<E> for Problem {
    fn from(failure: E) -> Self {
        Self::Failed(failure.into())
    }
}

//! The lines of the decisions file.

use std::string::String;

use serde::Serialize;

use super::{Request, RequestLineError};
use crate::{
    decision::{AllowedBy, Decision, Verdict},
    operation::Action,
    rules::Reason,
    value::Timestamp,
};

/// One line of the decisions file: a decision, or the error line of a request that could not be read.
///
/// Serializes to the JSON object that [`docs::format`](crate::docs::format#decisions) describes.
///
/// ```
/// use serde_json::json;
/// use tollgate::directory::{DecisionLine, Directory, RequestLine, World};
///
/// let world: World = serde_json::from_str(r#"{"policy": "npm-2025-10", "users": [], "orgs": [], "packages": [], "tokens": []}"#)?;
/// let directory = Directory::load(&world)?;
///
/// let line: RequestLine = serde_json::from_value(json!({
///     "id": "r1", "token": null, "action": "read-package", "package": "left-pad", "now": "2025-11-01T00:00:00Z",
/// }))?;
/// let request = line.parse()?;
/// let caller = directory.caller(&request);
/// let line = DecisionLine::decided(&request, &directory.decide(&caller, &request));
/// assert_eq!(
///     serde_json::to_value(&line)?,
///     json!({
///         "id": "r1", "decision": "deny", "action": null, "reason": "no-such-package", "status": 404,
///         "valid_until": null, "via": null,
///     }),
/// );
///
/// let line: RequestLine = serde_json::from_str(r#"{"id": "r2", "token": null}"#)?;
/// let line = DecisionLine::error(&line.parse().unwrap_err());
/// assert_eq!(serde_json::to_value(&line)?, json!({"id": "r2", "error": "action: missing field"}));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum DecisionLine {
    /// The decision about a request.
    #[non_exhaustive]
    Decided {
        /// The request's id.
        id: String,
        /// Whether the request is allowed, challenged or denied.
        decision: Verdict,
        /// The action that was allowed or challenged. `None` for a denial.
        action: Option<Action>,
        /// The reason for a denial. `None` for an allow or a challenge.
        reason: Option<Reason>,
        /// The suggested HTTP status ([D3](crate::docs::rules#d3)).
        status: u16,
        /// The time at which an allow or a denial ends if no fact changes ([D2](crate::docs::rules#d2)). `None` if no
        /// time ends it, and for a challenge or an allow by a second factor.
        valid_until: Option<Timestamp>,
        /// What allowed the request: the token's grant or kind, the visibility of a public package, or a second factor.
        via: Option<AllowedBy>,
    },
    /// A line of the requests file that is not a valid request.
    #[non_exhaustive]
    Error {
        /// The request's id. `None` if the id could not be read.
        id: Option<String>,
        /// A description of the error, for people.
        error: String,
    },
}

impl DecisionLine {
    /// Creates the line for a decision about `request`.
    #[must_use]
    pub fn decided(request: &Request, decision: &Decision<'_>) -> Self {
        let (action, reason, via) = match decision {
            Decision::Allow(allow) => (Some(allow.action()), None, Some(allow.allowed_by())),
            Decision::Challenge(challenge) => (Some(challenge.action()), None, None),
            Decision::Deny(deny) => (None, Some(deny.reason()), None),
        };
        Self::Decided {
            id: request.id().into(),
            decision: decision.verdict(),
            action,
            reason,
            status: decision.status(),
            valid_until: decision.validity().until(),
            via,
        }
    }

    /// Creates the error line for a request that [`RequestLine::parse`](super::RequestLine::parse) refused.
    #[must_use]
    pub fn error(error: &RequestLineError) -> Self {
        Self::Error { id: error.id().map(Into::into), error: std::format!("{error}") }
    }

    /// Creates the error line for an input line from which no [`RequestLine`](super::RequestLine) could be
    /// deserialized, such as a line that is not valid JSON.
    ///
    /// `id` is the request's id, if the caller could still read it.
    #[must_use]
    pub fn unreadable(id: Option<String>, error: &dyn core::fmt::Display) -> Self {
        Self::Error { id, error: std::format!("{error}") }
    }
}

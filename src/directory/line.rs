//! One line of the decisions file.

use std::string::String;

use serde::Serialize;

use super::{Request, RequestLineError};
use crate::{
    decision::{AllowedBy, Decision, Verdict},
    operation::Action,
    rules::Reason,
    value::Timestamp,
};

/// **One line of the decisions file**, for a request that was decided or for one that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum DecisionLine {
    /// A decision.
    #[non_exhaustive]
    Decided {
        /// The request's id.
        id: String,
        /// The answer.
        decision: Verdict,
        /// What was allowed or challenged.
        action: Option<Action>,
        /// The reason of a denial.
        reason: Option<Reason>,
        /// The status suggested.
        status: u16,
        /// Until when an allow holds.
        valid_until: Option<Timestamp>,
        /// Through what it was allowed.
        via: Option<AllowedBy>,
    },
    /// A request that is none.
    #[non_exhaustive]
    Error {
        /// The request's id, where there is one to read.
        id: Option<String>,
        /// What is wrong with it.
        error: String,
    },
}

impl DecisionLine {
    /// The line for a decision.
    #[must_use]
    pub fn decided(request: &Request, decision: &Decision<'_>) -> Self {
        let (action, reason, valid_until, via) = match decision {
            Decision::Allow(allow) => (Some(allow.action()), None, allow.valid_until(), Some(allow.allowed_by())),
            Decision::Challenge(challenge) => (Some(challenge.action()), None, None, None),
            Decision::Deny(deny) => (None, Some(deny.reason()), None, None),
        };
        Self::Decided {
            id: request.id().into(),
            decision: decision.verdict(),
            action,
            reason,
            status: decision.status(),
            valid_until,
            via,
        }
    }

    /// The line for a request that could not be read.
    #[must_use]
    pub fn error(error: &RequestLineError) -> Self {
        Self::Error { id: error.id().map(Into::into), error: std::format!("{error}") }
    }

    /// The line for a line that no [`RequestLine`](super::RequestLine) could be read from, with its id if that much could.
    #[must_use]
    pub fn unreadable(id: Option<String>, error: &dyn core::fmt::Display) -> Self {
        Self::Error { id, error: std::format!("{error}") }
    }
}

//! House rules: requests that this registry forbids although `tollgate` allows them.

use serde::Serialize;
use tollgate::{
    ClientIp, Decision, Timestamp,
    decision::{AllowedBy, Validity, Verdict},
    operation::Action,
    value::AllowedRanges,
};

/// The registry's own rules, which are applied after the decision.
///
/// A house rule can turn an allow or a challenge into a denial. It cannot make an allow.
#[derive(Clone, Debug)]
pub struct HouseRules {
    /// The addresses from which builds run. Publishing or staging from any other address is forbidden. A person may
    /// approve a staged version from anywhere, because a build has staged it.
    pub builds: AllowedRanges,
}

/// The facts that the house rules depend on, in addition to the action.
///
/// A cache of answers needs these in its key, in addition to [`Decision::depends_on`].
#[derive(Clone, Copy, Debug)]
pub struct HouseFacts {
    /// The client's address.
    pub client_ip: ClientIp,
    /// The number of packages that depend on the package of the call.
    pub dependents: u32,
}

/// The answer to a call.
///
/// Serializes to a decision line of `tollgate`'s format, without the `id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Whether the call is allowed, challenged or denied.
    #[serde(rename = "decision")]
    pub verdict: Verdict,
    /// The action that was allowed or challenged.
    pub action: Option<Action>,
    /// The reason for a denial: a reason of `tollgate`, or the reason of a house rule.
    pub reason: Option<&'static str>,
    /// The HTTP status.
    pub status: u16,
    /// The time at which the answer ends if no fact changes. `None` for an answer that no time ends, and for one that is
    /// good for this call only.
    pub valid_until: Option<Timestamp>,
    /// What allowed the call.
    pub via: Option<AllowedBy>,
    /// The text of a denial for the client. The text reveals nothing that the client may not know.
    #[serde(skip)]
    pub client_text: Option<String>,
}

impl HouseRules {
    /// Applies the house rules to a decision.
    ///
    /// A denial keeps its reason and its text for the client. The house rules are applied only to an allow or a
    /// challenge, so the reason of a house rule does not reveal a hidden package. They are applied to a challenge too,
    /// so that no user is asked for a one-time password for an action that is forbidden anyway.
    #[must_use]
    pub fn on_top(&self, decision: Decision<'_>, facts: HouseFacts) -> Answer {
        let forbidden = match decision {
            Decision::Allow(_) | Decision::Challenge(_) => self.forbids(decision.action(), facts),
            Decision::Deny(_) => None,
        };
        match forbidden {
            Some((reason, text)) => Answer::denied(reason, 403, text.into()),
            None => Answer::from(decision),
        }
    }

    /// Returns the reason and the client's text of the house rule that forbids the action, or `None` if no rule forbids
    /// it.
    fn forbids(&self, action: Action, facts: HouseFacts) -> Option<(&'static str, &'static str)> {
        let HouseFacts { client_ip, dependents } = facts;
        let is_publish = matches!(action, Action::CreatePackage | Action::PublishVersion | Action::Stage);
        if is_publish && !self.builds.allow(client_ip) {
            return Some(("builds-only", "packages are published by builds, not from other machines"));
        }
        if action == Action::Unpublish && dependents > 0 {
            return Some(("has-dependents", "other packages depend on this one: deprecate it instead"));
        }
        None
    }
}

/// Converts a decision into an answer, without applying the house rules.
impl From<Decision<'_>> for Answer {
    fn from(decision: Decision<'_>) -> Self {
        let permitted = Self {
            verdict: decision.verdict(),
            action: Some(decision.action()),
            reason: None,
            status: decision.status(),
            valid_until: match decision.validity() {
                Validity::Until(until) => Some(until),
                Validity::Always | Validity::ThisRequestOnly => None,
            },
            via: None,
            client_text: None,
        };
        match decision {
            Decision::Allow(allow) => Self { via: Some(allow.allowed_by()), ..permitted },
            Decision::Challenge(_) => permitted,
            Decision::Deny(deny) => {
                let denied = Self::denied(deny.reason().as_str(), deny.status(), deny.client_text().to_string());
                Self { valid_until: permitted.valid_until, ..denied }
            }
        }
    }
}

impl Answer {
    fn denied(reason: &'static str, status: u16, text: String) -> Self {
        let (reason, client_text) = (Some(reason), Some(text));
        Self { verdict: Verdict::Deny, action: None, reason, status, valid_until: None, via: None, client_text }
    }
}

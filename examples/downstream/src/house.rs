//! The house rules: what this registry forbids although `tollgate` would allow it.

use serde::Serialize;
use tollgate::{
    ClientIp, Decision, Timestamp,
    decision::{AllowedBy, Verdict},
    operation::Action,
    value::AllowedRanges,
};

/// **The rules on top.** A house rule is asked only about what is not denied already, and can only turn it into a
/// denial: there is no way from here to an allow.
#[derive(Clone, Debug)]
pub struct HouseRules {
    /// Where builds run. Nobody publishes from anywhere else.
    pub builds: AllowedRanges,
}

/// **What the house rules look at** besides the operation. A cache of answers needs these in its key, beside
/// [`Decision::depends_on`].
#[derive(Clone, Copy, Debug)]
pub struct HouseFacts {
    /// Where the call comes from.
    pub client_ip: ClientIp,
    /// How many packages depend on the one that is named.
    pub dependents: u32,
}

/// **The answer to a call**: in JSON it is a decision line of `tollgate`'s format, but for the `id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Allow, challenge or deny.
    #[serde(rename = "decision")]
    pub verdict: Verdict,
    /// What was allowed or challenged.
    pub action: Option<Action>,
    /// Why it was denied: a reason of `tollgate`'s, or of the house.
    pub reason: Option<&'static str>,
    /// The status for HTTP.
    pub status: u16,
    /// Until when an allow holds if nothing changes.
    pub valid_until: Option<Timestamp>,
    /// Through what it was allowed.
    pub via: Option<AllowedBy>,
    /// What the client may be told of a denial.
    #[serde(skip)]
    pub client_text: Option<String>,
}

impl HouseRules {
    /// The decision, unless a house rule forbids what it would give.
    ///
    /// What is denied already stays as it is: a house reason is seen only by who could have done it otherwise, so it
    /// tells nothing that is hidden. A challenge is asked about too: nobody shows a factor for what is forbidden anyway.
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

    /// Why not, for the client too. What is not named here is not forbidden.
    fn forbids(&self, action: Action, facts: HouseFacts) -> Option<(&'static str, &'static str)> {
        let HouseFacts { client_ip, dependents } = facts;
        let is_publish = matches!(action, Action::CreatePackage | Action::PublishVersion);
        if is_publish && !self.builds.allow(client_ip) {
            return Some(("builds-only", "packages are published by builds, not from other machines"));
        }
        if action == Action::Unpublish && dependents > 0 {
            return Some(("has-dependents", "other packages depend on this one: deprecate it instead"));
        }
        None
    }
}

/// The decision as it is.
impl From<Decision<'_>> for Answer {
    fn from(decision: Decision<'_>) -> Self {
        let permitted = Self {
            verdict: decision.verdict(),
            action: Some(decision.action()),
            reason: None,
            status: decision.status(),
            valid_until: None,
            via: None,
            client_text: None,
        };
        match decision {
            Decision::Allow(allow) => {
                Self { valid_until: allow.valid_until(), via: Some(allow.allowed_by()), ..permitted }
            }
            Decision::Challenge(_) => permitted,
            Decision::Deny(deny) => Self::denied(deny.reason().as_str(), deny.status(), deny.client_text().to_string()),
        }
    }
}

impl Answer {
    fn denied(reason: &'static str, status: u16, text: String) -> Self {
        let (reason, client_text) = (Some(reason), Some(text));
        Self { verdict: Verdict::Deny, action: None, reason, status, valid_until: None, via: None, client_text }
    }
}

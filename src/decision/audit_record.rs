//! A decision for the log: owned, serializable, without secrets.

use alloc::{
    boxed::Box,
    string::{String, ToString},
};

use crate::{
    decision::{AllowedBy, Decision, inputs::DecisionInputs},
    operation::Action,
    rules::{DemandedBy, Reason},
    token::TokenId,
    value::{OrganizationName, PackageName, TeamName, Timestamp, UserName, string_enum},
};

string_enum! {
    /// The three answers, as a record names them. Ordered: `Deny < Challenge < Allow`.
    pub enum Verdict: "decision" {
        /// No.
        Deny = "deny",
        /// Yes, once a second factor is shown.
        Challenge = "challenge",
        /// Yes.
        Allow = "allow",
    }
}

impl Decision<'_> {
    /// Which of the three answers it is.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        match self {
            Self::Allow(_) => Verdict::Allow,
            Self::Challenge(_) => Verdict::Challenge,
            Self::Deny(_) => Verdict::Deny,
        }
    }
}

/// **A decision for the log**: what was asked, what was answered and why, with the operator's text. It is a record, not
/// a decision: nothing can be authorized with it. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct AuditRecord {
    /// The version of the rules: a decision that would differ from an earlier version's raises it.
    pub rules_version: u32,
    /// The answer.
    pub decision: Verdict,
    /// What was asked, by the word that asks for it: `publish` whatever exists.
    pub requested: Box<str>,
    /// What was allowed or challenged: a `publish` as the creation of a package or of a version.
    pub action: Option<Action>,
    /// The package named.
    pub package: Option<PackageName>,
    /// The organization named.
    pub org: Option<OrganizationName>,
    /// The team named.
    pub team: Option<TeamName>,
    /// The account named.
    pub user: Option<UserName>,
    /// The reason of a denial.
    pub reason: Option<Reason>,
    /// Who demanded the factor, of a challenge.
    pub demanded_by: Option<DemandedBy>,
    /// Through what it was allowed.
    pub via: Option<AllowedBy>,
    /// Until when an allow holds.
    pub valid_until: Option<Timestamp>,
    /// The status suggested.
    pub status: u16,
    /// The public id of the token, if one was looked at.
    pub token: Option<TokenId>,
    /// The owner of the token.
    pub owner: Option<UserName>,
    /// Where the request came from, if a token was looked at.
    pub client_ip: Option<String>,
    /// When it was made, if a token was looked at.
    pub now: Option<Timestamp>,
    /// What the decision depended on.
    pub depends_on: DecisionInputs,
    /// The operator's text of a denial.
    pub text: Option<Box<str>>,
}

/// The version of the rules that this crate decides by.
pub const RULES_VERSION: u32 = 1;

impl From<&Decision<'_>> for AuditRecord {
    fn from(decision: &Decision<'_>) -> Self {
        let basis = decision.basis();
        let operation = basis.operation();
        let (reason, text) = match decision {
            Decision::Deny(deny) => (Some(deny.reason()), Some(deny.operator_text().to_string().into())),
            Decision::Allow(_) | Decision::Challenge(_) => (None, None),
        };
        let (via, valid_until) = match decision {
            Decision::Allow(allow) => (Some(allow.allowed_by()), allow.valid_until()),
            Decision::Challenge(_) | Decision::Deny(_) => (None, None),
        };
        let demanded_by = match decision {
            Decision::Challenge(challenge) => Some(challenge.demanded_by()),
            Decision::Allow(_) | Decision::Deny(_) => None,
        };
        let (client_ip, now) = basis.place_and_time().unzip();
        Self {
            rules_version: RULES_VERSION,
            decision: decision.verdict(),
            requested: basis.action().requested_as().into(),
            action: match decision {
                Decision::Allow(_) | Decision::Challenge(_) => Some(basis.action()),
                Decision::Deny(_) => None,
            },
            package: operation.and_then(|o| o.package()).map(|package| package.name().into_owned()),
            org: operation.and_then(|o| o.organization()).map(|organization| organization.name().into_owned()),
            team: operation.and_then(|o| o.team()).map(|team| team.name.into_owned()),
            user: operation.and_then(|o| o.account()).map(|account| account.user.into_owned()),
            reason,
            demanded_by,
            via,
            valid_until,
            status: decision.status(),
            token: basis.token().map(|token| token.id().clone()),
            owner: basis.token().map(|token| token.owner().into_owned()),
            client_ip: client_ip.map(|client_ip| client_ip.to_string()),
            now,
            depends_on: decision.depends_on(),
            text,
        }
    }
}

//! A decision as an owned, serializable record for an audit log.

use alloc::{
    boxed::Box,
    string::{String, ToString},
};

use crate::{
    decision::{AllowedBy, Decision, inputs::DecisionInputs},
    operation::Action,
    policy::DecisionPolicy,
    rules::{DemandedBy, Reason},
    token::{SecretDigest, TokenId},
    value::{ClientIp, OrganizationName, PackageName, TeamName, Timestamp, UserName, string_enum},
};

string_enum! {
    /// The three answers to a request, in the order `Deny < Challenge < Allow`.
    pub enum Verdict: "decision" {
        /// The request is denied.
        Deny = "deny",
        /// The request is allowed once a second factor is shown.
        Challenge = "challenge",
        /// The request is allowed.
        Allow = "allow",
    }
}

impl Decision<'_> {
    /// Returns the answer: deny, challenge or allow.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        match self {
            Self::Allow(_) => Verdict::Allow,
            Self::Challenge(_) => Verdict::Challenge,
            Self::Deny(_) => Verdict::Deny,
        }
    }
}

/// A decision as an owned record for an audit log: the request, the answer, and the reason with the operator's text.
///
/// A record authorizes nothing, and holds no secret.
///
/// A decision without a token on record depends on no address and no time, so it knows neither. Add them with
/// [`at`](Self::at), so that guessing tokens leaves a trace in the log.
///
/// # Examples
///
/// ```
/// use tollgate::{
///     ClientIp, MissingPackage, PackageAction, PackageName, Secret, Timestamp,
///     decision::AuditRecord, deny_unknown_token,
/// };
///
/// let digest = Secret::new("abc")?.digest();
/// let left_pad = MissingPackage::new(PackageName::new("left-pad")?);
/// let decision = deny_unknown_token(PackageAction::Publish, left_pad);
/// assert_eq!(AuditRecord::from(&decision).client_ip, None);
///
/// let client_ip: ClientIp = "192.0.2.7".parse()?;
/// let now: Timestamp = "2025-11-01T00:00:00Z".parse()?;
/// let record = AuditRecord::from(&decision).at(client_ip, now).with_digest_prefix(&digest);
/// assert_eq!(record.client_ip.as_deref(), Some("192.0.2.7"));
/// assert_eq!(record.now, Some(now));
/// assert_eq!(record.digest_prefix.as_deref(), Some("ba7816bf"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct AuditRecord {
    /// The version of the rules that decided, [`RULES_VERSION`].
    pub rules_version: u32,
    /// The part that decisions read of the policy that the decision was made under. `None` if no token on record was
    /// presented, since such an answer does not depend on the policy.
    pub policy: Option<DecisionPolicy>,
    /// The answer.
    pub decision: Verdict,
    /// The name of the requested action: `publish` both for creating a package and for publishing a new version.
    pub requested: Box<str>,
    /// The action that was allowed or challenged: for `publish`, either `create-package` or `publish-version`. `None`
    /// for a denial.
    pub action: Option<Action>,
    /// The package's name, if the request names one.
    pub package: Option<PackageName>,
    /// The organization's name, if the request names one.
    pub org: Option<OrganizationName>,
    /// The team's name, if the request names one.
    pub team: Option<TeamName>,
    /// The user whose account the request names, if it names an account.
    pub user: Option<UserName>,
    /// The reason of a denial. `None` for an allow or a challenge.
    pub reason: Option<Reason>,
    /// What demanded the second factor. `None` if the decision is not a challenge.
    pub demanded_by: Option<DemandedBy>,
    /// What allowed the request. `None` if the decision is not an allow.
    pub via: Option<AllowedBy>,
    /// The time at which an allow or a denial ends if no fact changes ([D2](crate::docs::rules#d2)). `None` if no time
    /// ends it, and for a challenge or an allow by a second factor, which hold for one request only.
    pub valid_until: Option<Timestamp>,
    /// The suggested HTTP status.
    pub status: u16,
    /// The token's public id, if the token is on record.
    pub token: Option<TokenId>,
    /// The token's owner, if the token is on record.
    pub owner: Option<UserName>,
    /// The client's address, or `unknown`. `None` if no token on record was presented and [`at`](Self::at) was not called.
    pub client_ip: Option<String>,
    /// The time of the request. `None` if no token on record was presented and [`at`](Self::at) was not called.
    pub now: Option<Timestamp>,
    /// The first eight hexadecimal digits of the SHA-256 of the text of an unknown token, if
    /// [`with_digest_prefix`](Self::with_digest_prefix) added them. Not serialized if `None`.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub digest_prefix: Option<Box<str>>,
    /// The inputs that the decision depended on.
    pub depends_on: DecisionInputs,
    /// The [text for the operator](crate::Deny::operator_text) of a denial.
    pub text: Option<Box<str>>,
}

impl AuditRecord {
    /// Adds the client's address and the time of the request to the record of a decision that was made without a token
    /// on record.
    ///
    /// The record of any other decision keeps the address and the time that the decision was made for. So a server can
    /// call this for every record.
    #[must_use]
    pub fn at(mut self, client_ip: ClientIp, now: Timestamp) -> Self {
        self.client_ip.get_or_insert_with(|| client_ip.to_string());
        self.now.get_or_insert(now);
        self
    }

    /// Adds the first eight hexadecimal digits of a digest to the record of a denial with the reason
    /// [`token-unknown`](Reason::TokenUnknown), so that the log shows whether one text was tried again or many were
    /// guessed. `digest` is that of the text that the request presented as a token.
    ///
    /// A record of any other decision stays as it is: it names the token by its public id. The eight digits do not lead to
    /// a token, but they do tell a person who knows a text whether it may have been presented. A user who sends a password
    /// in place of a token leaves such digits, so keep the log from others or do not call this.
    #[must_use]
    pub fn with_digest_prefix(mut self, digest: &SecretDigest) -> Self {
        if self.reason == Some(Reason::TokenUnknown) {
            self.digest_prefix = Some(digest.to_hex().chars().take(8).collect());
        }
        self
    }
}

/// The version of the rules that this crate decides by. A release that decides any request differently raises it.
pub const RULES_VERSION: u32 = 2;

impl From<&Decision<'_>> for AuditRecord {
    fn from(decision: &Decision<'_>) -> Self {
        let basis = decision.basis();
        let operation = basis.operation();
        let (reason, text) = match decision {
            Decision::Deny(deny) => (Some(deny.reason()), Some(deny.operator_text().to_string().into())),
            Decision::Allow(_) | Decision::Challenge(_) => (None, None),
        };
        let via = match decision {
            Decision::Allow(allow) => Some(allow.allowed_by()),
            Decision::Challenge(_) | Decision::Deny(_) => None,
        };
        let demanded_by = match decision {
            Decision::Challenge(challenge) => Some(challenge.demanded_by()),
            Decision::Allow(_) | Decision::Deny(_) => None,
        };
        let (client_ip, now) = basis.place_and_time().unzip();
        Self {
            rules_version: RULES_VERSION,
            policy: basis.policy(),
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
            valid_until: decision.validity().until(),
            status: decision.status(),
            token: basis.token().map(|token| token.id().clone()),
            owner: basis.token().map(|token| token.owner().into_owned()),
            client_ip: client_ip.map(|client_ip| client_ip.to_string()),
            now,
            digest_prefix: None,
            depends_on: decision.depends_on(),
            text,
        }
    }
}

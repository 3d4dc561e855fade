//! The answer: allow, challenge or deny.

mod access_request;
mod asked;
mod audit_record;
mod authorize;
mod effective_access;
mod explanation;
mod inputs;
mod text;

use core::time::Duration;

#[cfg(feature = "directory")]
pub(crate) use access_request::Resolved;
pub use access_request::{AccessRequest, Caller, ResourceFacts, ResourceFactsError};
pub use audit_record::{AuditRecord, RULES_VERSION, Verdict};
pub use authorize::{
    EarlyAnswer, PresentedToken, authorize, authorize_anonymous, deny_unknown_token, explain, explain_anonymous,
};
pub use effective_access::{EffectiveAccess, GrantEntry, IneffectiveGrant, IneffectiveReason};
pub use explanation::Explanation;
pub use inputs::{DecisionInput, DecisionInputs};

pub(crate) use asked::Asked;
use asked::inputs;

use crate::{
    facts::{PackageState, VerifiedFactor},
    operation::{Action, Operation},
    rules::{
        AllButFactor, AllProofs, AnonymousProof, Check, Comparison, DemandedBy, Outcome, PublicProofs, Question,
        Reason, Stop, could_read, early_step, step,
    },
    token::TokenView,
    value::{Timestamp, words},
};

/// **May this token do this, to this, from here, now?** One of exactly three answers.
///
/// - An answer, not a `Result`: nothing here is an error, and nothing here converts to a bool but
///   [`is_allow`](Self::is_allow), which is false for a challenge.
/// - By what it gives: deny < challenge < allow, as [`Verdict`](crate::decision::audit_record::Verdict) is ordered.
///
/// ```
/// # use tollgate::*;
/// fn answer(decision: Decision<'_>) -> u16 {
///     match decision {
///         Decision::Allow(allow) => allow.status(),
///         Decision::Challenge(challenge) => challenge.status(),
///         Decision::Deny(deny) => deny.status(),
///     }
/// }
/// ```
/// A challenge has no way to become an allow but [`Challenge::answer`]:
///
/// ```compile_fail,E0599
/// # use tollgate::*;
/// fn cheat(challenge: Challenge<'_>) -> Allow<'_> { challenge.into_allow() }
/// ```
#[must_use = "a decision that nobody looks at protects nothing"]
#[derive(Clone, Copy, Debug)]
pub enum Decision<'a> {
    /// Yes.
    Allow(Allow<'a>),
    /// Yes, once the owner has shown a second factor.
    Challenge(Challenge<'a>),
    /// No.
    Deny(Deny<'a>),
}

impl<'a> Decision<'a> {
    /// Whether the answer is yes, as it stands. False for a challenge.
    #[must_use]
    pub const fn is_allow(&self) -> bool {
        match self {
            Self::Allow(_) => true,
            Self::Challenge(_) | Self::Deny(_) => false,
        }
    }

    /// The HTTP status that D3 suggests: 200, 401, 403 or 404.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Allow(allow) => allow.status(),
            Self::Challenge(challenge) => challenge.status(),
            Self::Deny(deny) => deny.status(),
        }
    }

    /// The inputs that this decision depended on, besides the action and the names in the resource: the key under
    /// which a cache may keep it (D2), if it [may](Self::is_cacheable).
    #[must_use]
    pub fn depends_on(&self) -> DecisionInputs {
        match self {
            Self::Allow(allow) => allow.depends_on(),
            Self::Challenge(challenge) => inputs(&Asked::Bound(challenge.question), None),
            Self::Deny(deny) => deny.depends_on(),
        }
    }

    /// Whether the decision may be kept at all. A challenge and what came of it never are (D2).
    #[must_use]
    pub const fn is_cacheable(&self) -> bool {
        match self {
            Self::Allow(allow) => match allow.via {
                AllowedBy::Grant | AllowedBy::Public => true,
                AllowedBy::SecondFactor => false,
            },
            Self::Challenge(_) => false,
            Self::Deny(_) => true,
        }
    }

    /// What was asked, as a decision names it. Of a denied publish it tells whether the package exists: for the operator,
    /// never for the client.
    #[must_use]
    pub const fn action(&self) -> Action {
        self.asked().action()
    }

    /// What was asked, with the whole resource; `None` for an [early refusal](TokenView::refuse_early), which knows none.
    #[must_use]
    pub const fn operation(&self) -> Option<Operation<'a>> {
        self.asked().operation()
    }

    pub(crate) const fn asked(&self) -> Asked<'a> {
        match self {
            Self::Allow(allow) => allow.asked(),
            Self::Challenge(challenge) => Asked::Bound(challenge.question),
            Self::Deny(deny) => deny.asked,
        }
    }
}

words! {
    /// **Through what a decision allowed** (D2).
    #[non_exhaustive]
    pub enum AllowedBy: "way of an allow" {
        /// The token's grant or kind, under its owner's rights.
        Grant = "grant",
        /// V1: a public package, readable by everyone.
        Public = "public",
        /// F6: a challenge, answered.
        SecondFactor = "second-factor",
    }
}

/// **Yes**: what is allowed, until when, and via what.
///
/// Only the decision makes one, from a proof of every check.
#[derive(Clone, Copy, Debug)]
pub struct Allow<'a> {
    allowed: Allowed<'a>,
    via: AllowedBy,
}

/// What is allowed, to whom.
#[derive(Clone, Copy, Debug)]
enum Allowed<'a> {
    ToToken(Question<'a>),
    ToAnyone(Operation<'a>),
}

impl<'a> Allow<'a> {
    pub(crate) const fn granted(question: Question<'a>, _proofs: AllProofs) -> Self {
        Self { allowed: Allowed::ToToken(question), via: AllowedBy::Grant }
    }

    pub(crate) const fn public(question: Question<'a>, _proofs: PublicProofs) -> Self {
        Self { allowed: Allowed::ToToken(question), via: AllowedBy::Public }
    }

    pub(crate) const fn anonymous(operation: Operation<'a>, _proof: AnonymousProof) -> Self {
        Self { allowed: Allowed::ToAnyone(operation), via: AllowedBy::Public }
    }

    /// What is allowed. The creation of a package and a new version of one are two things: do no other.
    #[must_use]
    pub const fn action(&self) -> Action {
        self.operation().action()
    }

    /// What is allowed, with the whole resource.
    #[must_use]
    pub const fn operation(&self) -> &Operation<'a> {
        match &self.allowed {
            Allowed::ToToken(question) => &question.operation,
            Allowed::ToAnyone(operation) => operation,
        }
    }

    const fn asked(&self) -> Asked<'a> {
        match self.allowed {
            Allowed::ToToken(question) => Asked::Bound(question),
            Allowed::ToAnyone(operation) => Asked::NoToken(operation),
        }
    }

    /// Through what.
    #[must_use]
    pub const fn allowed_by(&self) -> AllowedBy {
        self.via
    }

    /// Until when the answer holds if no fact changes: the expiry of a granular token. `None` where no time ends it,
    /// and where a second factor was needed: such an answer is for this one request.
    #[must_use]
    pub fn valid_until(&self) -> Option<Timestamp> {
        match self.via {
            AllowedBy::Grant | AllowedBy::Public => self.asked().token().and_then(TokenView::expires_at),
            AllowedBy::SecondFactor => None,
        }
    }

    /// 200.
    #[must_use]
    pub const fn status(&self) -> u16 {
        200
    }

    fn depends_on(&self) -> DecisionInputs {
        inputs(&self.asked(), None)
    }
}

/// **Yes, once the owner has shown a second factor.** Everything else is in order.
#[derive(Clone, Copy, Debug)]
pub struct Challenge<'a> {
    question: Question<'a>,
    demanded_by: DemandedBy,
}

impl<'a> Challenge<'a> {
    pub(crate) const fn new(question: Question<'a>, _rest: AllButFactor, demanded_by: DemandedBy) -> Self {
        Self { question, demanded_by }
    }

    /// Who demands the factor.
    #[must_use]
    pub const fn demanded_by(&self) -> DemandedBy {
        self.demanded_by
    }

    /// What would be allowed.
    #[must_use]
    pub const fn action(&self) -> Action {
        self.question.operation.action()
    }

    /// What would be allowed, with the whole resource.
    #[must_use]
    pub const fn operation(&self) -> &Operation<'a> {
        &self.question.operation
    }

    /// F6, the only way on: an allow if the factor is the token owner's and was verified no longer than `max_age`
    /// before the time of the decision (and not after it); else the same challenge.
    ///
    /// Take the time once for a request, and verify the factor before asking for the decision.
    pub fn answer(self, factor: &VerifiedFactor<'_>, max_age: Duration) -> Decision<'a> {
        let (bound, now) = (self.question.presented.bound, self.question.presented.now());
        let is_owners = factor.owner == bound.token.owner;
        let is_fresh = now.duration_since(factor.verified_at).is_some_and(|age| age <= max_age);
        if is_owners && is_fresh {
            Decision::Allow(Allow { allowed: Allowed::ToToken(self.question), via: AllowedBy::SecondFactor })
        } else {
            Decision::Challenge(self)
        }
    }

    /// 401: npm's client asks for a one-time password.
    #[must_use]
    pub const fn status(&self) -> u16 {
        401
    }
}

/// **No**, with one reason: the first check that failed, in the order of D1.
#[derive(Clone, Copy, Debug)]
pub struct Deny<'a> {
    asked: Asked<'a>,
    reason: Reason,
    /// Which check failed. Both sides of its comparison follow from what was asked: nobody pays for them who does not
    /// ask.
    failed: Option<Check>,
}

impl<'a> Deny<'a> {
    /// The denial that a failed check makes. A check that did not fail makes one all the same: whoever comes here has no
    /// proof, and without proof there is no allow.
    pub(crate) const fn at(asked: Asked<'a>, stop: Stop) -> Self {
        let reason = match stop.outcome {
            Outcome::Failed(reason) => reason,
            Outcome::Passed | Outcome::Allows | Outcome::Challenged(_) | Outcome::DoesNotApply => {
                Reason::OwnerLacksPermission
            }
        };
        Self { asked, reason, failed: Some(stop.check) }
    }

    pub(crate) const fn without_token(asked: Asked<'a>, reason: Reason) -> Self {
        Self { asked, reason, failed: None }
    }

    /// The reason.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// Both sides of the comparison that failed. There is none where no token was looked at.
    #[must_use]
    pub fn comparison(&self) -> Option<Comparison<'a>> {
        let check = self.failed?;
        match &self.asked {
            Asked::Bound(question) => step(check, &question.case()).comparison,
            Asked::Early { token, action, client_ip, now } => {
                early_step(check, token, *action, *client_ip, *now).comparison
            }
            Asked::NoToken(_) | Asked::UnknownToken(_) | Asked::NoAccount { .. } => None,
        }
    }

    /// The HTTP status that D3 suggests. Of a denial that names a private package it asks whether this same token
    /// could read that package, for what it may not read it is not told of.
    #[must_use]
    pub fn status(&self) -> u16 {
        let action = self.asked.action();
        match self.reason {
            Reason::AuthenticationRequired if action == Action::ReadPackage => 404,
            Reason::TokenUnknown
            | Reason::TokenRevoked
            | Reason::TokenExpired
            | Reason::IpNotAllowed
            | Reason::AuthenticationRequired => 401,
            Reason::OwnerSuspended
            | Reason::KindForbidsAction
            | Reason::TokensDisallowed
            | Reason::SecondFactorNotEnrolled
            | Reason::InvalidNewName => 403,
            Reason::NoSuchOrg | Reason::NoSuchPackage => 404,
            Reason::PermissionTooLow
            | Reason::NotSelected
            | Reason::CreationNotCovered
            | Reason::OwnerLacksPermission => self.status_by_what_is_hidden(),
        }
    }

    /// G1 before existence says nothing of what exists.
    fn status_by_what_is_hidden(&self) -> u16 {
        let Asked::Bound(question) = &self.asked else { return 403 };
        if self.failed == Some(Check::PermissionForAction) {
            return 403;
        }
        match (question.operation.action(), question.operation.package()) {
            (Action::CreatePackage, Some(package)) if package.name().is_scoped() => 404,
            // A public package every token could read.
            (_, Some(PackageState::Existing(package))) if !could_read(question.presented.bound, &package) => 404,
            (_, _) => 403,
        }
    }

    pub(crate) const fn asked(&self) -> &Asked<'a> {
        &self.asked
    }

    fn depends_on(&self) -> DecisionInputs {
        inputs(&self.asked, self.failed)
    }
}

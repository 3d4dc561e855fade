//! The answer: allow, challenge or deny.

mod access_request;
mod audit_record;
mod authorize;
mod basis;
mod effective_access;
mod explanation;
mod inputs;
mod text;

use core::time::Duration;

#[cfg(feature = "directory")]
pub(crate) use access_request::Resolved;
pub use access_request::{AccessRequest, Caller, ResourceFacts, ResourceFactsError};
pub use audit_record::{AuditRecord, RULES_VERSION, Verdict};
pub use authorize::{EarlyAnswer, PresentedToken, authorize, authorize_anonymous, deny_unknown_token, explain};
pub use effective_access::{EffectiveAccess, GrantEntry, IneffectiveGrant, IneffectiveReason};
pub use explanation::Explanation;
pub use inputs::{DecisionInput, DecisionInputs};

use basis::{Basis, inputs};

use crate::{
    facts::{PackageState, VerifiedFactor},
    operation::{Action, Operation},
    rules::{
        Check, Cleared, Comparison, Context, DemandedBy, Failure, Question, Reason, comparison, could_read, early_step,
    },
    token::TokenView,
    value::{Timestamp, string_enum},
};

/// **May this token do this, to this, from here, now?** One of exactly three answers.
///
/// - An answer, not a `Result`: nothing here is an error, and nothing here converts to a bool but
///   [`is_allow`](Self::is_allow), which is false for a challenge.
/// - By what it gives: deny < challenge < allow, as [`Verdict`](crate::decision::audit_record::Verdict) is ordered.
///
/// ```
/// # use tollgate::{Allow, Challenge, Decision, Deny};
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
/// # use tollgate::{Allow, Challenge};
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
            Self::Challenge(challenge) => inputs(&Basis::Bound(challenge.question), None),
            Self::Deny(deny) => deny.depends_on(),
        }
    }

    /// Whether the decision may be kept at all. A challenge and what came of it never are (D2).
    #[must_use]
    pub const fn is_cacheable(&self) -> bool {
        match self {
            Self::Allow(allow) => match allow.allowed_by {
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
        self.basis().action()
    }

    /// What was asked, with the whole resource; `None` for an [early refusal](TokenView::refuse_early), which knows none.
    #[must_use]
    pub const fn operation(&self) -> Option<Operation<'a>> {
        self.basis().operation()
    }

    pub(crate) const fn basis(&self) -> Basis<'a> {
        match self {
            Self::Allow(allow) => allow.basis(),
            Self::Challenge(challenge) => Basis::Bound(challenge.question),
            Self::Deny(deny) => deny.basis,
        }
    }
}

string_enum! {
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
    allowed_by: AllowedBy,
}

/// What is allowed, to whom.
#[derive(Clone, Copy, Debug)]
enum Allowed<'a> {
    ToToken(Question<'a>),
    ToAnyone(Operation<'a>),
}

impl<'a> Allow<'a> {
    pub(crate) const fn new(question: Question<'a>, allowed_by: AllowedBy, _cleared: Cleared) -> Self {
        Self { allowed: Allowed::ToToken(question), allowed_by }
    }

    pub(crate) const fn without_token(operation: Operation<'a>, _cleared: Cleared) -> Self {
        Self { allowed: Allowed::ToAnyone(operation), allowed_by: AllowedBy::Public }
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

    const fn basis(&self) -> Basis<'a> {
        match self.allowed {
            Allowed::ToToken(question) => Basis::Bound(question),
            Allowed::ToAnyone(operation) => Basis::NoToken(operation),
        }
    }

    /// Through what.
    #[must_use]
    pub const fn allowed_by(&self) -> AllowedBy {
        self.allowed_by
    }

    /// Until when the answer holds if no fact changes: the expiry of a granular token. `None` where no time ends it,
    /// and where a second factor was needed: such an answer is for this one request.
    #[must_use]
    pub fn valid_until(&self) -> Option<Timestamp> {
        match self.allowed_by {
            AllowedBy::Grant | AllowedBy::Public => self.basis().token().and_then(TokenView::expires_at),
            AllowedBy::SecondFactor => None,
        }
    }

    /// 200.
    #[must_use]
    pub const fn status(&self) -> u16 {
        200
    }

    fn depends_on(&self) -> DecisionInputs {
        inputs(&self.basis(), None)
    }
}

/// **Yes, once the owner has shown a second factor.** Everything else is in order.
#[derive(Clone, Copy, Debug)]
pub struct Challenge<'a> {
    question: Question<'a>,
    demanded_by: DemandedBy,
}

impl<'a> Challenge<'a> {
    pub(crate) const fn new(question: Question<'a>, demanded_by: DemandedBy, _cleared: Cleared) -> Self {
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
        let (bound, now) = (self.question.token_use.bound, self.question.token_use.now());
        let is_owners = factor.owner == bound.token.owner;
        let is_fresh = now.duration_since(factor.verified_at).is_some_and(|age| age <= max_age);
        if is_owners && is_fresh {
            Decision::Allow(Allow { allowed: Allowed::ToToken(self.question), allowed_by: AllowedBy::SecondFactor })
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
    basis: Basis<'a>,
    reason: Reason,
    /// The check that failed. Its comparison is computed on demand.
    failed: Option<Check>,
}

impl<'a> Deny<'a> {
    pub(crate) const fn new(basis: Basis<'a>, failure: Failure) -> Self {
        Self { basis, reason: failure.reason, failed: Some(failure.check) }
    }

    /// A denial without a token on record: no check was run.
    pub(crate) const fn without_check(basis: Basis<'a>, reason: Reason) -> Self {
        Self { basis, reason, failed: None }
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
        match &self.basis {
            Basis::Bound(question) => comparison(check, &Context::new(question, question.operation.action())),
            Basis::Early(question) => early_step(check, question)?.comparison,
            Basis::NoToken(_) | Basis::UnknownToken(_) | Basis::NoAccount { .. } => None,
        }
    }

    /// The HTTP status that D3 suggests. Of a denial that names a private package it asks whether this same token
    /// could read that package, for what it may not read it is not told of.
    #[must_use]
    pub fn status(&self) -> u16 {
        let action = self.basis.action();
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
        let Basis::Bound(question) = &self.basis else { return 403 };
        if self.failed == Some(Check::PermissionForAction) {
            return 403;
        }
        match (question.operation.action(), question.operation.package()) {
            (Action::CreatePackage, Some(package)) if package.name().is_scoped() => 404,
            // A public package every token could read.
            (_, Some(PackageState::Existing(package))) if !could_read(question.token_use.bound, &package) => 404,
            (_, _) => 403,
        }
    }

    pub(crate) const fn basis(&self) -> &Basis<'a> {
        &self.basis
    }

    fn depends_on(&self) -> DecisionInputs {
        inputs(&self.basis, self.failed)
    }
}

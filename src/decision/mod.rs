//! Decisions: the functions that make them, such as [`authorize`], their three answers, explanations, audit records,
//! and requests that name their resource.

mod access_request;
mod audit_record;
mod authorize;
mod basis;
mod effective_access;
mod explanation;
mod found_facts;
mod inputs;
mod phrase;
mod text;

#[cfg(feature = "directory")]
pub(crate) use access_request::Resolved;
pub use access_request::{AccessRequest, Caller, ResourceFacts, ResourceFactsError};
pub use audit_record::{AuditRecord, RULES_VERSION, Verdict};
pub use authorize::{EarlyAnswer, PresentedToken, authorize, authorize_anonymous, deny_unknown_token, explain};
pub use effective_access::{EffectiveAccess, GrantEntry, IneffectiveGrant, IneffectiveReason};
pub use explanation::Explanation;
pub use found_facts::FoundFacts;
pub use inputs::{DecisionInput, DecisionInputs};
#[cfg(feature = "npm")]
pub(crate) use phrase::OperationPhrase;

use basis::{Basis, inputs};

use crate::{
    facts::{MaxFactorAge, PackageState, VerifiedFactor},
    operation::{Action, Operation},
    policy::{DecisionPolicy, UnscopedPackages},
    rules::{
        Check, Cleared, Comparison, Context, DemandedBy, Failure, Question, Reason, comparison, could_read, early_step,
    },
    token::TokenView,
    value::{PackageName, Timestamp, string_enum},
};

/// The answer to a request: allow, challenge or deny.
///
/// A decision is not a `Result`, because a denial is not an error. It converts to a `bool` only through
/// [`is_allow`](Self::is_allow), which is false for a challenge. [`Verdict`] orders the three answers: `Deny <
/// Challenge < Allow`.
///
/// ```
/// use tollgate::Decision;
///
/// fn answer(decision: Decision<'_>) -> u16 {
///     match decision {
///         Decision::Allow(allow) => allow.status(),
///         Decision::Challenge(challenge) => challenge.status(),
///         Decision::Deny(deny) => deny.status(),
///     }
/// }
/// ```
/// [`Challenge::answer`] is the only way from a challenge to an allow:
///
/// ```compile_fail,E0599
/// use tollgate::{Allow, Challenge};
///
/// fn cheat(challenge: Challenge<'_>) -> Allow<'_> { challenge.into_allow() }
/// ```
#[must_use = "an ignored decision protects nothing"]
#[derive(Clone, Copy, Debug)]
pub enum Decision<'a> {
    /// The request is allowed.
    Allow(Allow<'a>),
    /// The request is allowed once the owner has shown a second factor.
    Challenge(Challenge<'a>),
    /// The request is denied.
    Deny(Deny<'a>),
}

impl<'a> Decision<'a> {
    /// Returns `true` if the request is allowed, and `false` for a challenge or a denial.
    #[must_use]
    pub const fn is_allow(&self) -> bool {
        match self {
            Self::Allow(_) => true,
            Self::Challenge(_) | Self::Deny(_) => false,
        }
    }

    /// Returns the suggested HTTP status ([D3](crate::docs::rules#d3)): 200, 401, 403 or 404.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Allow(allow) => allow.status(),
            Self::Challenge(challenge) => challenge.status(),
            Self::Deny(deny) => deny.status(),
        }
    }

    /// Returns the inputs that the decision depended on, besides the action and the names in the resource
    /// ([D2](crate::docs::rules#d2)). If the decision is cached, which its [validity](Self::validity) must permit, the
    /// cache's key must have these inputs, the action and the names.
    #[must_use]
    pub fn depends_on(&self) -> DecisionInputs {
        match self {
            Self::Allow(allow) => allow.depends_on(),
            Self::Challenge(challenge) => inputs(&Basis::Bound(challenge.question), None),
            Self::Deny(deny) => deny.depends_on(),
        }
    }

    /// Returns until when the decision holds if no fact changes ([D2](crate::docs::rules#d2)). This is for caches and
    /// operators: do not tell a client when a denial ends.
    #[must_use]
    pub fn validity(&self) -> Validity {
        match self {
            Self::Allow(allow) => allow.validity(),
            Self::Challenge(_) => Validity::ThisRequestOnly,
            Self::Deny(deny) => deny.validity(),
        }
    }

    /// Returns the action that was decided. For a publish, this is `create-package` or `publish-version`, which reveals
    /// whether the package exists. So never show the action of a denial to the client.
    #[must_use]
    pub const fn action(&self) -> Action {
        self.basis().action()
    }

    /// Returns the operation that was decided, with its resource. `None` if the resource has no name: for an [early
    /// refusal](crate::Policy::refuse_early), and for an action on the caller's own account without a token on record.
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

/// Until when a decision holds if no fact changes ([D2](crate::docs::rules#d2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// No time ends it.
    Always,
    /// The same request has the same answer until this time, which is excluded. From then on the answer may be another.
    Until(Timestamp),
    /// It holds for this request only, because it depends on a second factor. Do not cache it.
    ThisRequestOnly,
}

impl Validity {
    /// A decision that no second factor made: it ends at this time, if there is one.
    fn from_end(end: Option<Timestamp>) -> Self {
        end.map_or(Self::Always, Self::Until)
    }

    /// Returns the time that ends the decision, for a record or a text that says more beside it. It is not public, because
    /// a cache that reads the absence of a time as "for ever" would keep a challenge too.
    pub(crate) const fn until(self) -> Option<Timestamp> {
        match self {
            Self::Until(until) => Some(until),
            Self::Always | Self::ThisRequestOnly => None,
        }
    }
}

string_enum! {
    /// What allowed a request ([D2](crate::docs::rules#d2)).
    #[non_exhaustive]
    pub enum AllowedBy: "way of an allow" {
        /// The token's grant or kind, under its owner's rights.
        Grant = "grant",
        /// The package is public, and everyone may read a public package ([V1](crate::docs::rules#v1)).
        Public = "public",
        /// The challenge was answered with a second factor ([F6](crate::docs::rules#f6)).
        SecondFactor = "second-factor",
    }
}

/// The answer that a request is allowed: the operation, the time at which the allow ends, and what allowed the request.
///
/// An `Allow` is created only if no required check failed.
#[derive(Clone, Copy, Debug)]
pub struct Allow<'a> {
    allowed: Allowed<'a>,
    allowed_by: AllowedBy,
}

/// The operation that is allowed, for a token or for everyone.
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

    /// Returns the action that is allowed. Creating a package and publishing a new version are different actions: carry
    /// out only the action that is allowed.
    #[must_use]
    pub const fn action(&self) -> Action {
        self.operation().action()
    }

    /// Returns the operation that is allowed, with its resource.
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

    /// Returns what allowed the request.
    #[must_use]
    pub const fn allowed_by(&self) -> AllowedBy {
        self.allowed_by
    }

    fn validity(&self) -> Validity {
        match self.allowed_by {
            AllowedBy::Grant | AllowedBy::Public => {
                Validity::from_end(self.basis().token().and_then(TokenView::expires_at))
            }
            AllowedBy::SecondFactor => Validity::ThisRequestOnly,
        }
    }

    /// Returns the suggested HTTP status, which is 200.
    #[must_use]
    pub const fn status(&self) -> u16 {
        200
    }

    fn depends_on(&self) -> DecisionInputs {
        inputs(&self.basis(), None)
    }
}

/// The answer that a request is allowed once the owner has shown a second factor. No required check failed.
#[derive(Clone, Copy, Debug)]
pub struct Challenge<'a> {
    question: Question<'a>,
    demanded_by: DemandedBy,
    cleared: Cleared,
}

impl<'a> Challenge<'a> {
    pub(crate) const fn new(question: Question<'a>, demanded_by: DemandedBy, cleared: Cleared) -> Self {
        Self { question, demanded_by, cleared }
    }

    /// Returns what demands the second factor.
    #[must_use]
    pub const fn demanded_by(&self) -> DemandedBy {
        self.demanded_by
    }

    /// Returns the action that would be allowed.
    #[must_use]
    pub const fn action(&self) -> Action {
        self.question.operation.action()
    }

    /// Returns the operation that would be allowed, with its resource.
    #[must_use]
    pub const fn operation(&self) -> &Operation<'a> {
        &self.question.operation
    }

    /// Answers the challenge with a verified second factor ([F6](crate::docs::rules#f6)). Returns an allow if the
    /// factor belongs to the token's owner and was verified at the time of the decision or at most `max_age` earlier.
    /// Otherwise returns the same challenge.
    ///
    /// Verify the factor first, then take the time, then ask for the decision: a factor that was verified after the
    /// time of the decision does not count.
    pub fn answer(self, factor: &VerifiedFactor<'_>, max_age: MaxFactorAge) -> Decision<'a> {
        let (bound, now) = (self.question.token_use.bound, self.question.token_use.now);
        let is_owners = factor.owner == bound.token.owner;
        let is_fresh = now.duration_since(factor.verified_at).is_some_and(|age| age <= max_age.as_duration());
        if is_owners && is_fresh {
            Decision::Allow(Allow::new(self.question, AllowedBy::SecondFactor, self.cleared))
        } else {
            Decision::Challenge(self)
        }
    }

    /// Returns the suggested HTTP status, which is 401. npm's client asks for a one-time password only after a 401.
    #[must_use]
    pub const fn status(&self) -> u16 {
        401
    }
}

/// The answer that a request is denied, for one reason. If a check failed, this is the reason of the first check that
/// failed.
#[derive(Clone, Copy, Debug)]
pub struct Deny<'a> {
    basis: Basis<'a>,
    reason: Reason,
    /// The first check that failed. Its comparison is computed on demand, by running the check again.
    failed: Option<Check>,
}

impl<'a> Deny<'a> {
    pub(crate) const fn new(basis: Basis<'a>, failure: Failure) -> Self {
        Self { basis, reason: failure.reason, failed: Some(failure.check) }
    }

    /// Creates the denial of a request without a token on record. No check failed.
    pub(crate) const fn without_check(basis: Basis<'a>, reason: Reason) -> Self {
        Self { basis, reason, failed: None }
    }

    /// Returns the reason of the denial.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// Returns both sides of the comparison that failed. `None` if no check failed, because the request had no token on
    /// record.
    #[must_use]
    pub fn comparison(&self) -> Option<Comparison<'a>> {
        let check = self.failed?;
        match &self.basis {
            Basis::Bound(question) => comparison(check, &Context::new(question, question.operation.action())),
            Basis::Early(question) => early_step(check, question)?.comparison,
            Basis::NoToken(_) | Basis::UnknownToken(_) | Basis::NoAccount { .. } => None,
        }
    }

    /// Returns the suggested HTTP status ([D3](crate::docs::rules#d3)). If another status would reveal a private
    /// package that the token may not read, the status is 404, the same as for a package that does not exist.
    #[must_use]
    pub fn status(&self) -> u16 {
        let action = self.basis.action();
        match self.reason {
            Reason::AuthenticationRequired if action == Action::ReadPackage => 404,
            Reason::TokenUnknown
            | Reason::TokenRevoked
            | Reason::TokenRetired
            | Reason::TokenExpired
            | Reason::IpNotAllowed
            | Reason::AuthenticationRequired => 401,
            Reason::OwnerSuspended
            | Reason::OwnerOnHold
            | Reason::KindForbidsAction
            | Reason::StageRequired
            | Reason::TokensDisallowed
            | Reason::SecondFactorNotEnrolled
            | Reason::InvalidNewName => 403,
            Reason::NoSuchOrg | Reason::NoSuchPackage => 404,
            Reason::PermissionTooLow
            | Reason::NotSelected
            | Reason::CreationNotCovered
            | Reason::OwnerLacksPermission => self.not_found_or_forbidden(),
        }
    }

    /// Returns 404 if 403 would reveal that a package exists or does not exist, otherwise 403. A denial by a check that
    /// is run before the check of existence reveals neither, and has 403.
    fn not_found_or_forbidden(&self) -> u16 {
        let Basis::Bound(question) = &self.basis else { return 403 };
        if self.failed == Some(Check::PermissionForAction) {
            return 403;
        }
        match (question.operation.action(), question.operation.package()) {
            (Action::CreatePackage, Some(package)) if could_be_hidden(question, package.name()) => 404,
            // `could_read` is true for every public package, so this arm is only for private packages.
            (_, Some(PackageState::Existing(package))) if !could_read(question.token_use.bound, &package) => 404,
            (_, _) => 403,
        }
    }

    pub(crate) const fn basis(&self) -> &Basis<'a> {
        &self.basis
    }

    fn validity(&self) -> Validity {
        let expires_at = self.basis.token().and_then(TokenView::expires_at);
        match (self.reason, &self.basis) {
            (Reason::TokenRevoked | Reason::TokenRetired | Reason::TokenExpired, _) => Validity::Always,
            (Reason::OwnerOnHold, Basis::Bound(question)) => {
                let ends = [expires_at, question.token_use.bound.writes_held_until];
                Validity::from_end(ends.into_iter().flatten().min())
            }
            (_, _) => Validity::from_end(expires_at),
        }
    }

    fn depends_on(&self) -> DecisionInputs {
        inputs(&self.basis, self.failed)
    }
}

/// Whether a package of this name could be private, and so hidden from a caller ([P6](crate::docs::rules#p6)).
fn could_be_hidden(question: &Question<'_>, name: PackageName<&str>) -> bool {
    let DecisionPolicy {
        edition: _,
        legacy_tokens: _,           // not_retired
        least_publishing_access: _, // second_factor
        bypass_covers: _,           // second_factor
        unscoped_packages,
    } = question.token_use.bound.policy;
    match unscoped_packages {
        UnscopedPackages::AlwaysPublic => name.is_scoped(),
        UnscopedPackages::MayBePrivate => true,
    }
}

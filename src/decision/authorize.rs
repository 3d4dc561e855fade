//! Asking for a decision: about one resource, or about many for one token, address and time.

use crate::{
    decision::{Allow, AllowedBy, Challenge, Decision, Deny, Explanation, basis::Basis},
    facts::{PackageState, PackageView},
    operation::{Action, ActionOn, BoundToken, Operation, TokenUse},
    policy::Policy,
    rules::{
        CheckedOperation, Context, EarlyQuestion, Failure, Question, Reason, TokenCleared, check_early,
        check_operation, check_token, could_read, public_read_without_token,
    },
    token::TokenView,
    value::{ClientIp, Timestamp},
};

/// Decides whether a token may take an action on a resource, from an address, at a time.
///
/// - `token` is [bound](Policy::bind) to its owner's current record, under a policy: without the owner's rights nothing
///   is decided.
/// - An action and a resource of different kinds do not compile ([`ActionOn`]).
/// - Take `now` once for each request.
/// - To ask about many resources, [`BoundToken::at`] runs the checks of the token once.
///
/// The function allocates nothing and cannot fail or panic.
///
/// ```
/// use tollgate::{
///     Decision, MissingPackage, PackageAction, PackageName, Policy, Reason, Token, User, authorize,
///     facts::{AccountStatus, Memberships, TwoFactorMode, UserFacts},
///     token::{LegacyKind, LegacyToken, TokenFacts},
///     value::AllowedRanges,
/// };
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let alice = User::new(UserFacts {
///     name: "alice".parse()?,
///     status: AccountStatus::Active,
///     two_factor: TwoFactorMode::Disabled,
///     tokens_revoked_until: None,
///     writes_held_until: None,
///     memberships: Memberships::empty(),
/// })?;
/// let facts = TokenFacts {
///     id: "t-1".parse()?,
///     owner: "alice".parse()?,
///     created: "2025-10-30T12:00:00Z".parse()?,
///     revoked: None,
/// };
/// let token = Token::from(LegacyToken::load(facts, LegacyKind::ReadOnly, AllowedRanges::Any));
/// let token = Policy::NPM_2025_10.bind(&token, &alice)?;
///
/// let (client_ip, now) = ("192.0.2.1".parse()?, "2025-11-01T00:00:00Z".parse()?);
/// let left_pad = MissingPackage::new(PackageName::new("left-pad")?);
/// match authorize(&token, PackageAction::Publish, left_pad, client_ip, now) {
///     Decision::Deny(deny) => assert_eq!(deny.reason(), Reason::KindForbidsAction),
///     Decision::Allow(_) | Decision::Challenge(_) => unreachable!("a read-only token never publishes"),
/// }
/// # Ok(())
/// # }
/// ```
///
/// An unused decision warns:
///
/// ```compile_fail
/// # #![deny(unused_must_use)]
/// # use tollgate::{BoundToken, ClientIp, Package, PackageAction, Timestamp, authorize};
/// fn forgetful(token: &BoundToken<'_>, package: &Package, ip: ClientIp, now: Timestamp) {
///     authorize(token, PackageAction::Publish, package, ip, now);
/// }
/// ```
pub fn authorize<'a, R>(
    token: &'a BoundToken<'a>,
    action: impl ActionOn<'a, R>,
    resource: R,
    client_ip: ClientIp,
    now: Timestamp,
) -> Decision<'a> {
    let (token_use, operation) = (TokenUse::new(token, client_ip, now), action.operation(resource));
    decide(Question { token_use, operation }, operation.action(), check_token(&token_use))
}

/// Decides whether anyone may take an action on a resource, without a token. A public package is readable
/// ([V1](crate::docs::rules#v1)); everything else is denied.
///
/// This is for a request that carries no token. For a token that is not on record call [`deny_unknown_token`], so that
/// no server answers such a request as anonymous by accident.
///
/// ```
/// use tollgate::{MissingPackage, PackageAction, PackageName, authorize_anonymous};
///
/// let left_pad = MissingPackage::new(PackageName::new("left-pad")?);
/// let decision = authorize_anonymous(PackageAction::ReadPackage, left_pad);
/// assert_eq!(decision.status(), 404);
/// # Ok::<(), tollgate::value::NameError>(())
/// ```
pub fn authorize_anonymous<'a, R>(action: impl ActionOn<'a, R>, resource: R) -> Decision<'a> {
    decide_without_token(action.operation(resource))
}

/// Denies a request with a token that is not on record: its digest is unknown, its text cannot be a secret, or the
/// stored token does not load.
///
/// The decision depends on no address and no time. [`AuditRecord::at`](crate::decision::AuditRecord::at) adds both to its
/// record, so that guessing leaves a trace.
///
/// ```
/// use tollgate::{MissingPackage, PackageAction, PackageName, deny_unknown_token};
///
/// let left_pad = MissingPackage::new(PackageName::new("left-pad")?);
/// let decision = deny_unknown_token(PackageAction::ReadPackage, left_pad);
/// assert_eq!(decision.status(), 401);
/// # Ok::<(), tollgate::value::NameError>(())
/// ```
pub fn deny_unknown_token<'a, R>(action: impl ActionOn<'a, R>, resource: R) -> Decision<'a> {
    deny_operation_of_unknown_token(action.operation(resource))
}

pub(crate) fn decide_without_token(operation: Operation<'_>) -> Decision<'_> {
    if let Some(cleared) = public_read_without_token(&operation) {
        return Decision::Allow(Allow::without_token(operation, cleared));
    }
    let reason = match (operation.action(), operation.package()) {
        (Action::ReadPackage, Some(PackageState::Missing(_))) => Reason::NoSuchPackage,
        _ => Reason::AuthenticationRequired,
    };
    Decision::Deny(Deny::without_check(Basis::NoToken(operation), reason))
}

pub(crate) const fn deny_operation_of_unknown_token(operation: Operation<'_>) -> Decision<'_> {
    Decision::Deny(Deny::without_check(Basis::UnknownToken(operation), Reason::TokenUnknown))
}

/// Explains the decision of [`authorize`] about the same request: its [`Decision::explain`].
#[must_use]
pub fn explain<'a, R>(
    token: &'a BoundToken<'a>,
    action: impl ActionOn<'a, R>,
    resource: R,
    client_ip: ClientIp,
    now: Timestamp,
) -> Explanation<'a> {
    authorize(token, action, resource, client_ip, now).explain()
}

/// What a token tells without its owner's record: a denial that no right of the owner would lift, or nothing.
#[must_use]
#[derive(Clone, Copy, Debug)]
pub enum EarlyAnswer<'a> {
    /// [`authorize`] denies this too, for any owner and any resource. (It may give the reason of an earlier check, such
    /// as the account's cut-off.)
    Deny(Deny<'a>),
    /// Nothing is decided. This is not an allow.
    NotDecided,
}

impl Policy {
    /// Refuses a token that cannot be used for the action, before its owner's record is known. This is for a proxy that
    /// refuses early. It checks the recorded revocation, the retirement of legacy tokens, the expiry, the address, the
    /// kind and the permission ([T1](crate::docs::rules#t1) to [T3](crate::docs::rules#t3),
    /// [P1](crate::docs::rules#p1), [K1](crate::docs::rules#k1), [G1](crate::docs::rules#g1)).
    ///
    /// A read of a public package is refused only for what is wrong with the token itself, as in [`authorize`].
    ///
    /// To ask whether the token is usable at all, ask about [`Action::Whoami`], which every kind of token may do.
    ///
    /// # Examples
    ///
    /// ```
    /// use tollgate::{
    ///     ClientIp, Policy, Timestamp, UserName,
    ///     decision::EarlyAnswer,
    ///     operation::Action,
    ///     token::{LegacyKind, TokenFacts, TokenId, TokenView},
    ///     value::AllowedRanges,
    /// };
    ///
    /// let id = TokenId::new("t-1")?;
    /// let created: Timestamp = "2025-10-30T12:00:00Z".parse()?;
    /// let facts = TokenFacts { id: &id, owner: UserName::new("alice")?, created, revoked: None };
    /// let token = TokenView::legacy(facts, LegacyKind::ReadOnly, &AllowedRanges::Any);
    /// let now = "2025-11-01T00:00:00Z".parse()?;
    ///
    /// // The token is usable, but not for a publish, with any owner.
    /// let ask = |policy: Policy, action| match policy.refuse_early(&token, action, ClientIp::UNKNOWN, now) {
    ///     EarlyAnswer::Deny(deny) => Some(deny.reason().as_str()),
    ///     EarlyAnswer::NotDecided => None,
    /// };
    /// assert_eq!(ask(Policy::NPM_2025_10, Action::Whoami), None);
    /// assert_eq!(ask(Policy::NPM_2025_10, Action::PublishVersion), Some("kind-forbids-action"));
    /// assert_eq!(ask(Policy::NPM_2026_08, Action::Whoami), Some("token-retired"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn refuse_early<'a>(
        &self,
        token: &'a TokenView<'a>,
        action: Action,
        client_ip: ClientIp,
        now: Timestamp,
    ) -> EarlyAnswer<'a> {
        let question = EarlyQuestion { token, policy: self.for_decisions(), action, client_ip, now };
        match check_early(&question) {
            Err(failure) => EarlyAnswer::Deny(Deny::new(Basis::Early(question), failure)),
            Ok(()) => EarlyAnswer::NotDecided,
        }
    }
}

impl<'a> BoundToken<'a> {
    /// The token used from an address at a time. The checks of the token itself ([T](crate::docs::rules#t)) are run
    /// here, once for as many resources as are asked about.
    #[must_use]
    pub fn at(&'a self, client_ip: ClientIp, now: Timestamp) -> PresentedToken<'a> {
        let token_use = TokenUse::new(self, client_ip, now);
        PresentedToken { token_use, token_check: check_token(&token_use) }
    }
}

/// A bound token used from an address at a time, for decisions about many resources.
#[derive(Clone, Copy, Debug)]
pub struct PresentedToken<'a> {
    token_use: TokenUse<'a>,
    token_check: Result<TokenCleared, Failure>,
}

impl<'a> PresentedToken<'a> {
    pub(crate) const fn bound(&self) -> &'a BoundToken<'a> {
        self.token_use.bound
    }

    /// Decides one operation, such as `PackageAction::Publish.on(&package)`.
    #[inline]
    pub fn decide(&self, operation: Operation<'a>) -> Decision<'a> {
        decide(Question { token_use: self.token_use, operation }, operation.action(), self.token_check)
    }

    /// The packages that the token may read: what a listing or a search may show.
    pub fn readable<'p, P>(&self, packages: P) -> impl Iterator<Item = PackageView<'p>>
    where
        P: IntoIterator<Item: Into<PackageView<'p>>>,
        'p: 'a,
    {
        packages
            .into_iter()
            .map(Into::into)
            .filter(move |package| self.token_check.is_ok() && could_read(self.bound(), package))
    }
}

/// Runs the checks of the operation, unless one of the token's failed. `action` is the operation's.
#[inline]
fn decide(question: Question<'_>, action: Action, token_check: Result<TokenCleared, Failure>) -> Decision<'_> {
    match token_check {
        Ok(token) => decide_operation(question, action, token),
        Err(failure) => deny(question, failure),
    }
}

fn deny(question: Question<'_>, failure: Failure) -> Decision<'_> {
    Decision::Deny(Deny::new(Basis::Bound(question), failure))
}

fn decide_operation(question: Question<'_>, action: Action, token: TokenCleared) -> Decision<'_> {
    match check(&Context::new(&question, action), token) {
        CheckedOperation::PublicRead(cleared) => Decision::Allow(Allow::new(question, AllowedBy::Public, cleared)),
        CheckedOperation::Grant(cleared) => Decision::Allow(Allow::new(question, AllowedBy::Grant, cleared)),
        CheckedOperation::AwaitingFactor(cleared, demanded_by) => {
            Decision::Challenge(Challenge::new(question, demanded_by, cleared))
        }
        CheckedOperation::Failed(failure) => Decision::Deny(Deny::new(Basis::Bound(question), failure)),
    }
}

/// Runs [`check_operation`], which is compiled twice: the copy for packages, which most requests are about, drops the
/// checks of other resources, and the other copy drops theirs. This saves 10 to 60 instructions (4 to 13 %) on packages
/// and 4 to 26 (1 to 8 %) on the rest. Denials by the first checks take 2 to 5 more.
#[inline]
fn check(context: &Context<'_, '_>, token: TokenCleared) -> CheckedOperation {
    match context.question.operation {
        Operation::Package { .. } => check_operation::<true>(context, token),
        Operation::Organization { .. }
        | Operation::CreateTeam { .. }
        | Operation::Team { .. }
        | Operation::GrantTeamAccess(_)
        | Operation::RevokeTeamAccess(_)
        | Operation::SharePackage(_)
        | Operation::Account { .. } => check_operation::<false>(context, token),
    }
}

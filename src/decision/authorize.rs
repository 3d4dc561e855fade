//! The decision: bind, then at an address and a time, then one resource or many.

use crate::{
    decision::{Allow, Challenge, Decision, Deny, asked::Asked, explanation::Explanation},
    facts::{PackageState, PackageView},
    operation::{Action, ActionOn, BoundToken, Operation, Presented},
    rules::{
        self, AllButFactor, AllProofs, AnonymousProof, Case, DemandedBy, Passed, PublicProofs, Question, Reason, Stop,
        TokenProofs, all_but_factor, could_read, prove,
    },
    token::TokenView,
    value::{ClientIp, Timestamp},
};

/// **May this token do this, to this, from here, now?**
///
/// - `token` is bound to its owner's live record: without the owner's rights of this moment nothing is decided.
/// - An action and a resource of different kinds do not compile.
/// - Total, pure and without allocation. `now` is yours to take, once for each request.
/// - The same as `token.at(client_ip, now).decide(action.on(resource))`, which decides many at one go.
///
/// ```
/// # use tollgate::*;
/// # let alice = User::new("alice".parse()?, AccountStatus::Active, TwoFactorMode::Disabled, None, Memberships::empty())?;
/// # let token = Token::from(LegacyToken::load(TokenId::new("t")?, "alice".parse()?, LegacyKind::ReadOnly,
/// #     Timestamp::UNIX_EPOCH, None, AllowedRanges::Any));
/// # let left_pad = Package::new("left-pad".parse()?, ScopeOwner::Unscoped, Visibility::Public,
/// #     PublishingAccess::NoRequirement, UserGrants::empty(), TeamGrants::empty())?;
/// # let (ip, now) = ("192.0.2.1".parse::<ClientIp>()?, "2025-11-01T00:00:00Z".parse::<Timestamp>()?);
/// let token = BoundToken::bind(&token, &alice)?;
/// assert!(authorize(&token, PackageAction::ReadPackage, &left_pad, ip, now).is_allow());
/// match authorize(&token, PackageAction::Publish, &left_pad, ip, now) {
///     Decision::Deny(deny) => assert_eq!(deny.reason(), Reason::KindForbidsAction),
///     Decision::Allow(_) | Decision::Challenge(_) => unreachable!("a read-only token never publishes"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
/// An unused decision warns:
///
/// ```compile_fail
/// # #![deny(unused_must_use)]
/// # use tollgate::*;
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
    let (presented, operation) = (Presented::new(token, client_ip, now), action.on(resource));
    decide(Question { presented, operation }, operation.action(), TokenProofs::check(&presented))
}

/// **The same without any token**: a public package is readable (V1), and everything else is denied.
///
/// For a request that carried no token. One that carried a bad token is [`deny_unknown_token`]'s: falling back to this
/// function is a second call that the server makes explicitly, or never.
///
/// ```
/// # use tollgate::*;
/// let left_pad = MissingPackage::new(PackageName::new("left-pad")?);
/// let decision = authorize_anonymous(PackageAction::ReadPackage.on(left_pad));
/// assert_eq!(decision.status(), 404);
/// # Ok::<(), NameError>(())
/// ```
pub fn authorize_anonymous(operation: Operation<'_>) -> Decision<'_> {
    if let Some(proof) = AnonymousProof::check(&operation) {
        return Decision::Allow(Allow::anonymous(operation, proof));
    }
    let reason = match (operation.action(), operation.package()) {
        (Action::ReadPackage, Some(PackageState::Missing(_))) => Reason::NoSuchPackage,
        _ => Reason::AuthenticationRequired,
    };
    Decision::Deny(Deny::without_token(Asked::NoToken(operation), reason))
}

/// **Explains a decision without any token**: [`authorize_anonymous`] with its one check.
#[must_use]
pub fn explain_anonymous(operation: Operation<'_>) -> Explanation<'_> {
    Explanation::without_token(authorize_anonymous(operation))
}

/// **The denial for a token that nobody knows**: a digest that is not on record, text that cannot be a secret, a stored
/// token that does not load. Never the answer for no token at all.
pub const fn deny_unknown_token(operation: Operation<'_>) -> Decision<'_> {
    Decision::Deny(Deny::without_token(Asked::UnknownToken(operation), Reason::TokenUnknown))
}

/// **What a token without its owner's record can tell**: a denial that no right of the owner would lift, or nothing.
#[must_use]
#[derive(Clone, Copy, Debug)]
pub enum EarlyAnswer<'a> {
    /// [`authorize`] denies this too, whoever the owner is and whatever the resource (its reason may be one that comes
    /// before this one, such as the account's cut-off).
    Deny(Deny<'a>),
    /// Nothing is decided. This is no allow.
    NotDecided,
}

impl<'a> TokenView<'a> {
    /// Whether the token is of no use for the action, asked before its owner's record is at hand: a recorded
    /// revocation, expiry, address, kind and permission (T1 to T3, K1, G1). For a proxy that refuses early.
    ///
    /// Reading a public package is denied by T only, as in [`authorize`].
    pub fn refuse_early(&'a self, action: Action, client_ip: ClientIp, now: Timestamp) -> EarlyAnswer<'a> {
        let asked = Asked::Early { token: self, action, client_ip, now };
        for check in rules::EARLY {
            let rules::Step { check, outcome, comparison: _ } = rules::early_step(check, self, action, client_ip, now);
            match outcome {
                rules::Outcome::Failed(_) => return EarlyAnswer::Deny(Deny::at(asked, Stop { check, outcome })),
                rules::Outcome::Passed
                | rules::Outcome::Allows
                | rules::Outcome::Challenged(_)
                | rules::Outcome::DoesNotApply => {}
            }
        }
        EarlyAnswer::NotDecided
    }
}

impl<'a> BoundToken<'a> {
    /// The token presented from an address at a time: T is decided here, once, for as many resources as you like.
    #[must_use]
    pub fn at(&'a self, client_ip: ClientIp, now: Timestamp) -> PresentedToken<'a> {
        let presented = Presented::new(self, client_ip, now);
        PresentedToken { presented, good: TokenProofs::check(&presented) }
    }
}

/// **A bound token at an address and a time.** Decides one resource or many.
#[derive(Clone, Copy, Debug)]
pub struct PresentedToken<'a> {
    presented: Presented<'a>,
    good: Result<TokenProofs, Stop>,
}

impl<'a> PresentedToken<'a> {
    pub(crate) const fn bound(&self) -> &'a BoundToken<'a> {
        self.presented.bound
    }

    /// Decides one operation, such as `PackageAction::Publish.on(&package)`.
    #[inline]
    pub fn decide(&self, operation: Operation<'a>) -> Decision<'a> {
        decide(Question { presented: self.presented, operation }, operation.action(), self.good)
    }

    /// The decision with every check behind it, in order.
    #[must_use]
    pub fn explain(&self, operation: Operation<'a>) -> Explanation<'a> {
        Explanation::of_bound(&Question { presented: self.presented, operation }, self.decide(operation))
    }

    /// Those of the packages that the token may read: what a listing or a search may show.
    pub fn readable<'p, P>(&self, packages: P) -> impl Iterator<Item = PackageView<'p>>
    where
        P: IntoIterator<Item: Into<PackageView<'p>>>,
        'p: 'a,
    {
        packages
            .into_iter()
            .map(Into::into)
            .filter(move |package| self.good.is_ok() && could_read(self.bound(), package))
    }
}

/// **Explains a decision**: [`authorize`] with every check behind it, in order, those after the first failure too.
#[must_use]
pub fn explain<'a, R>(
    token: &'a BoundToken<'a>,
    action: impl ActionOn<'a, R>,
    resource: R,
    client_ip: ClientIp,
    now: Timestamp,
) -> Explanation<'a> {
    token.at(client_ip, now).explain(action.on(resource))
}

/// One resource, with what came of T.
fn decide(question: Question<'_>, action: Action, good: Result<TokenProofs, Stop>) -> Decision<'_> {
    let case = Case::new(&question, action);
    let ruling = good.and_then(|good| rule(&case, good));
    answer(question, ruling)
}

/// What came of the checks, if none of them denied.
#[derive(Clone, Copy)]
enum Ruling {
    Public(PublicProofs),
    Granted(AllProofs),
    Challenged(AllButFactor, DemandedBy),
}

/// What is left of D1, in two copies for the compiler to make the most of: of a package, the checks of other resources
/// fall away.
#[expect(clippy::match_same_arms, reason = "two copies")]
#[inline]
fn rule(case: &Case<'_, '_>, good: TokenProofs) -> Result<Ruling, Stop> {
    match case.operation {
        Operation::Package { .. } => checked(case, good),
        Operation::Organization { .. }
        | Operation::CreateTeam { .. }
        | Operation::Team { .. }
        | Operation::ManageTeamAccess(_)
        | Operation::SharePackage(_)
        | Operation::Account { .. } => checked(case, good),
    }
}

/// D1, the table of contents of the policy. A check left out does not compile: an allow takes a proof of each.
#[expect(clippy::inline_always, reason = "for the two copies")]
#[inline(always)]
fn checked(case: &Case<'_, '_>, token: TokenProofs) -> Result<Ruling, Stop> {
    match all_but_factor(case, token)? {
        Passed::ByPublicRead(proofs) => Ok(Ruling::Public(proofs)),
        Passed::ByGrant(rest) => match prove::<rules::SecondFactorSettled, _>(case) {
            Ok(factor) => Ok(Ruling::Granted(AllProofs { rest, factor })),
            Err(Stop { check: _, outcome: rules::Outcome::Challenged(demanded_by) }) => {
                Ok(Ruling::Challenged(rest, demanded_by))
            }
            Err(stop) => Err(stop),
        },
    }
}

/// The ruling with what was asked: the one place where that is copied.
#[inline]
fn answer(question: Question<'_>, ruling: Result<Ruling, Stop>) -> Decision<'_> {
    match ruling {
        Ok(Ruling::Public(proofs)) => Decision::Allow(Allow::public(question, proofs)),
        Ok(Ruling::Granted(proofs)) => Decision::Allow(Allow::granted(question, proofs)),
        Ok(Ruling::Challenged(rest, demanded_by)) => Decision::Challenge(Challenge::new(question, rest, demanded_by)),
        Err(stop) => Decision::Deny(Deny::at(Asked::Bound(question), stop)),
    }
}

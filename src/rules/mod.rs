//! The checks of D1, one function each. `authorize` stops at the first that fails, `explain` runs them all.
//!
//! A check compares two sides and says what came of it: a [`Step`]. Only [`prove`] turns a step that did not fail into
//! a [`Proof`], and an allow is built from one proof of each: a check that is forgotten does not compile.
//!
//! A decision wants outcomes, an explanation comparisons too. The same function gives both: inlined where only the
//! outcome is read, it costs no more than a function that makes no comparison.

#![expect(clippy::inline_always, reason = "left to itself the compiler makes each comparison, and throws it away")]

mod ceiling;
mod comparison;
mod proofs;
mod reach;
mod reason;
mod second_factor;
mod token;

use core::{marker::PhantomData, ops::Deref};

use crate::{
    operation::{Action, BoundToken, Needs, Operation, Presented},
    token::TokenView,
    value::{ClientIp, Timestamp},
};

pub(crate) use ceiling::{NewNameValid, OwnAccount, OwnerRight, OwnerRole};
pub use comparison::{Comparison, DemandedBy};
pub(crate) use proofs::{AllButFactor, AllProofs, AnonymousProof, Passed, PublicProofs, TokenProofs, all_but_factor};
pub(crate) use reach::{
    CreationCovered, KindHasAction, OrganizationExists, OrganizationSelected, PackageExists, PackageSelected,
    PermissionForAction, PermissionForResource, PublicRead, could_read, public_read,
};
pub use reason::{Check, Reason};
pub(crate) use second_factor::SecondFactorSettled;
pub(crate) use token::{AddressAllowed, NotExpired, NotRevoked, OwnerActive};

/// One request about one resource, with all the facts. A decision keeps it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) presented: Presented<'a>,
    pub(crate) operation: Operation<'a>,
}

impl<'a> Question<'a> {
    #[inline(always)]
    pub(crate) const fn case(&self) -> Case<'_, 'a> {
        Case::new(self, self.operation.action())
    }
}

/// The question with its action and what a granular token needs for that: nearly every check asks for them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case<'q, 'a> {
    question: &'q Question<'a>,
    pub(crate) action: Action,
    pub(crate) needs: Needs,
}

impl<'a> Deref for Case<'_, 'a> {
    type Target = Question<'a>;

    #[inline(always)]
    fn deref(&self) -> &Question<'a> {
        self.question
    }
}

impl<'q, 'a> Case<'q, 'a> {
    /// `action` is the operation's.
    #[inline(always)]
    pub(crate) const fn new(question: &'q Question<'a>, action: Action) -> Self {
        Self { question, action, needs: action.needs() }
    }

    #[inline(always)]
    pub(crate) const fn bound(&self) -> &'a BoundToken<'a> {
        self.question.presented.bound
    }
}

/// What came of one check.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step<'a> {
    pub(crate) check: Check,
    pub(crate) outcome: Outcome,
    pub(crate) comparison: Option<Comparison<'a>>,
}

/// **What came of a check.**
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The two sides agree.
    Passed,
    /// They do not: this denies, unless an earlier check did.
    Failed(Reason),
    /// A public read (V1): this allows, unless an earlier check denied.
    Allows,
    /// A second factor is wanted: this challenges, unless another check denied.
    Challenged(DemandedBy),
    /// Nothing to compare: the action, the kind of token or what exists leaves the check out.
    DoesNotApply,
}

impl<'a> Step<'a> {
    #[inline(always)]
    pub(crate) const fn does_not_apply(check: Check) -> Self {
        Self { check, outcome: Outcome::DoesNotApply, comparison: None }
    }

    #[inline(always)]
    const fn new(check: Check, passes: bool, reason: Reason, comparison: Comparison<'a>) -> Self {
        let outcome = if passes { Outcome::Passed } else { Outcome::Failed(reason) };
        Self { check, outcome, comparison: Some(comparison) }
    }
}

/// A check as a type, so that a proof can say which one it is of, with what it reads: T reads no resource.
pub(crate) trait Rule<'a, Of> {
    fn step(of: &Of) -> Step<'a>;

    /// The step without its comparison. Of nearly every rule the compiler drops what makes that; a rule whose comparison
    /// is a search has an answer of its own.
    #[inline(always)]
    fn outcome(of: &Of) -> Stop {
        let Step { check, outcome, comparison: _ } = Self::step(of);
        Stop { check, outcome }
    }
}

/// The check `R` did not fail for the case that is being decided. Only [`prove`] makes one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Proof<R>(PhantomData<R>);

/// A check that ended the decision. What it compared is computed again by whoever asks: [`step`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stop {
    pub(crate) check: Check,
    pub(crate) outcome: Outcome,
}

/// Runs a check: a proof, or where the decision stops. Nothing here reads the comparison, so none is made.
#[inline(always)]
pub(crate) fn prove<'a, R, Of>(of: &Of) -> Result<Proof<R>, Stop>
where
    R: Rule<'a, Of>,
{
    let stop = R::outcome(of);
    match stop.outcome {
        Outcome::Passed | Outcome::DoesNotApply | Outcome::Allows => Ok(Proof(PhantomData)),
        Outcome::Failed(_) | Outcome::Challenged(_) => Err(stop),
    }
}

/// Runs a check whose passing decides at once (V1): a proof only if it did.
#[inline(always)]
pub(crate) fn prove_settled<'a, R, Of>(of: &Of) -> Option<Proof<R>>
where
    R: Rule<'a, Of>,
{
    (R::step(of).outcome == Outcome::Allows).then_some(Proof(PhantomData))
}

/// One check with both sides of its comparison.
pub(crate) fn step<'a>(check: Check, case: &Case<'_, 'a>) -> Step<'a> {
    match check {
        Check::NotRevoked => NotRevoked::step(&case.presented),
        Check::NotExpired => NotExpired::step(&case.presented),
        Check::AddressAllowed => AddressAllowed::step(&case.presented),
        Check::OwnerActive => OwnerActive::step(&case.presented),
        Check::KindHasAction => KindHasAction::step(case),
        Check::PermissionForAction => PermissionForAction::step(case),
        Check::OrganizationExists => OrganizationExists::step(case),
        Check::PackageExists => PackageExists::step(case),
        Check::PublicRead => PublicRead::step(case),
        Check::PermissionForResource => PermissionForResource::step(case),
        Check::OrganizationSelected => OrganizationSelected::step(case),
        Check::PackageSelected => PackageSelected::step(case),
        Check::CreationCovered => CreationCovered::step(case),
        Check::OwnerRole => OwnerRole::step(case),
        Check::OwnerRight => OwnerRight::step(case),
        Check::OwnAccount => OwnAccount::step(case),
        Check::NewNameValid => NewNameValid::step(case),
        Check::SecondFactor => SecondFactorSettled::step(case),
    }
}

/// The checks that need neither the owner's record nor a resource, in the order of D1.
pub(crate) const EARLY: [Check; 5] =
    [Check::NotRevoked, Check::NotExpired, Check::AddressAllowed, Check::KindHasAction, Check::PermissionForAction];

/// One of the [`EARLY`] checks. The others do not apply before the owner and the resource are at hand.
pub(crate) fn early_step<'a>(
    check: Check,
    token: &TokenView<'a>,
    action: Action,
    client_ip: ClientIp,
    now: Timestamp,
) -> Step<'a> {
    match check {
        Check::NotRevoked => token::not_revoked(token, None),
        Check::NotExpired => token::not_expired(token, now),
        Check::AddressAllowed => token::address_allowed(token, client_ip),
        Check::KindHasAction => reach::kind_has_action(token, action, action.needs()),
        Check::PermissionForAction => reach::permission_for_action(token, action, action.needs()),
        Check::OwnerActive
        | Check::OrganizationExists
        | Check::PackageExists
        | Check::PublicRead
        | Check::PermissionForResource
        | Check::OrganizationSelected
        | Check::PackageSelected
        | Check::CreationCovered
        | Check::OwnerRole
        | Check::OwnerRight
        | Check::OwnAccount
        | Check::NewNameValid
        | Check::SecondFactor => Step::does_not_apply(check),
    }
}

/// Every check in the order of D1.
pub(crate) fn all_steps<'a>(case: &Case<'_, 'a>) -> [Step<'a>; 18] {
    const ALL: [Check; 18] = match Check::ALL.as_chunks() {
        ([all], []) => *all,
        _ => unreachable!(), // evaluated when the crate is compiled
    };
    ALL.map(|check| step(check, case))
}

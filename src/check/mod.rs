//! The checks of D1, one function each. `authorize` stops at the first that fails, `explain` runs them all.
//!
//! A check compares two sides and says what came of it: a [`Step`]. Only [`prove`] turns a step that did not fail into
//! a [`Proof`], and an allow is built from one proof of each: a check that is forgotten does not compile.

mod factor;
mod owner;
mod proofs;
mod reach;
mod token;

use core::marker::PhantomData;

use crate::{
    bound::{BoundToken, Presented},
    comparison::Comparison,
    operation::Operation,
    reason::{Check, Reason},
};

pub(crate) use factor::SecondFactorSettled;
pub(crate) use owner::{NewNameValid, OwnAccount, OwnerRight, OwnerRole};
pub(crate) use proofs::{AllButFactor, AllProofs, AnonymousProof, Passed, PublicProofs, TokenProofs, all_but_factor};
pub(crate) use reach::{
    CreationCovered, KindHasAction, OrganizationExists, OrganizationSelected, PackageExists, PackageSelected,
    PermissionForAction, PermissionForResource, PublicRead, could_read, kind_has_action, permission_for_action,
    public_read,
};
pub(crate) use token::{
    AddressAllowed, NotExpired, NotRevoked, OwnerActive, address_allowed, not_expired, not_revoked,
};

/// One request about one resource, with all the facts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case<'a> {
    pub(crate) presented: Presented<'a>,
    pub(crate) operation: Operation<'a>,
}

impl<'a> Case<'a> {
    pub(crate) const fn bound(&self) -> &'a BoundToken<'a> {
        self.presented.bound
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
    Settled,
    /// A second factor is wanted: this challenges, unless another check denied.
    Challenged,
    /// Nothing to compare: the action, the kind of token or what exists leaves the check out.
    DoesNotApply,
}

impl<'a> Step<'a> {
    pub(crate) const fn does_not_apply(check: Check) -> Self {
        Self { check, outcome: Outcome::DoesNotApply, comparison: None }
    }

    const fn of(check: Check, passes: bool, reason: Reason, comparison: Comparison<'a>) -> Self {
        let outcome = if passes { Outcome::Passed } else { Outcome::Failed(reason) };
        Self { check, outcome, comparison: Some(comparison) }
    }
}

/// A check as a type, so that a proof can say which one it is of, with what it reads: T reads no resource.
pub(crate) trait Rule<'a, Of> {
    fn step(of: &Of) -> Step<'a>;
}

/// The check `R` did not fail for the case that is being decided. Only [`prove`] makes one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Proof<R>(PhantomData<R>);

/// Runs a check: a proof, or the step that denies or challenges.
pub(crate) fn prove<'a, R, Of>(of: &Of) -> Result<Proof<R>, Step<'a>>
where
    R: Rule<'a, Of>,
{
    let step = R::step(of);
    match step.outcome {
        Outcome::Passed | Outcome::DoesNotApply | Outcome::Settled => Ok(Proof(PhantomData)),
        Outcome::Failed(_) | Outcome::Challenged => Err(step),
    }
}

/// Runs a check whose passing decides at once (V1): a proof only if it did.
pub(crate) fn prove_settled<'a, R, Of>(of: &Of) -> Option<Proof<R>>
where
    R: Rule<'a, Of>,
{
    (R::step(of).outcome == Outcome::Settled).then_some(Proof(PhantomData))
}

/// Every check in the order of D1.
pub(crate) fn all_steps<'a>(case: &Case<'a>) -> [Step<'a>; 18] {
    [
        NotRevoked::step(&case.presented),
        NotExpired::step(&case.presented),
        AddressAllowed::step(&case.presented),
        OwnerActive::step(&case.presented),
        KindHasAction::step(case),
        PermissionForAction::step(case),
        OrganizationExists::step(case),
        PackageExists::step(case),
        PublicRead::step(case),
        PermissionForResource::step(case),
        OrganizationSelected::step(case),
        PackageSelected::step(case),
        CreationCovered::step(case),
        OwnerRole::step(case),
        OwnerRight::step(case),
        OwnAccount::step(case),
        NewNameValid::step(case),
        SecondFactorSettled::step(case),
    ]
}

//! The rules of a decision: one function for each check, and the list of all of them.
//!
//! A check compares two sides and returns the outcome and both sides of the comparison. The list at the end of this
//! file is the only one: the enum [`Check`], the decision, the refusal of a token before its owner is known and the
//! explanation all follow from it. Two places repeat a part of it by hand, and tests compare them with it: `could_read`
//! in `reach.rs`, and the inputs of a decision in `decision/basis.rs`. An allow can only be created from the private
//! type `Cleared`. Only this module creates one, after the required checks.
//!
//! A decision needs outcomes only; an explanation needs the comparisons too. Both call the same functions: they are
//! inlined, and the compiler drops a comparison that the caller does not read.

#![expect(
    clippy::inline_always,
    reason = "without it the compiler builds each comparison and then discards it: 240 to 350 more instructions for each \
              decision that comes past the first checks, an allow of 50 entries takes 59 % more"
)]

mod ceiling;
mod comparison;
mod reach;
mod reason;
mod second_factor;
mod token;

use crate::{
    operation::{Action, BoundToken, GranularRequirement, Operation, TokenUse},
    policy::DecisionPolicy,
    token::TokenView,
    value::{ClientIp, Timestamp, string_enum},
};

pub use comparison::{Comparison, DemandedBy};
pub(crate) use reach::could_read;
pub use reason::Reason;
pub(crate) use second_factor::could_be_bypassed;

/// Everything that a decision depends on: the use of a bound token, from an address and at a time, and the operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) token_use: TokenUse<'a>,
    pub(crate) operation: Operation<'a>,
}

/// A question together with its action and the action's requirement, which nearly every check reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'q, 'a> {
    pub(crate) question: &'q Question<'a>,
    pub(crate) action: Action,
    /// What a granular token needs for the action.
    pub(crate) needs: GranularRequirement,
}

impl<'q, 'a> Context<'q, 'a> {
    /// Creates the context of a question. `action` must be the action of the question's operation: the caller passes it
    /// because most callers know the action without reading the question.
    #[inline(always)]
    pub(crate) const fn new(question: &'q Question<'a>, action: Action) -> Self {
        Self { question, action, needs: action.needs() }
    }

    #[inline(always)]
    const fn bound(&self) -> &'a BoundToken<'a> {
        self.question.token_use.bound
    }

    #[inline(always)]
    const fn operation(&self) -> &'q Operation<'a> {
        &self.question.operation
    }
}

/// What is known of a request before the token's owner and the resource are looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EarlyQuestion<'a> {
    pub(crate) token: &'a TokenView<'a>,
    pub(crate) policy: DecisionPolicy,
    pub(crate) action: Action,
    pub(crate) client_ip: ClientIp,
    pub(crate) now: Timestamp,
}

/// **The outcome of a check.**
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The check passed.
    Passed,
    /// The check failed: the decision is a denial for this reason, unless an earlier check failed or allowed.
    Failed(Reason),
    /// Everyone may read the package ([V1](crate::docs::rules#v1)): the decision is an allow, unless an earlier check
    /// failed.
    Allows,
    /// A second factor is needed: the decision is a challenge, unless an earlier check failed or allowed.
    Challenged(DemandedBy),
    /// There is nothing to compare for this action, kind of token or resource.
    DoesNotApply,
}

/// The outcome of a check that can only pass or fail.
#[derive(Clone, Copy, Debug)]
enum RequirementOutcome {
    Passed,
    Failed(Reason),
    DoesNotApply,
}

/// The outcome of the check for a public read, which allows and never denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PublicReadOutcome {
    Allows,
    DoesNotApply,
}

/// The outcome of the check of the second factor, the only one that challenges.
#[derive(Clone, Copy, Debug)]
enum FactorOutcome {
    Passed,
    Failed(Reason),
    Challenged(DemandedBy),
    DoesNotApply,
}

impl From<RequirementOutcome> for Outcome {
    #[inline(always)]
    fn from(requirement: RequirementOutcome) -> Self {
        match requirement {
            RequirementOutcome::Passed => Self::Passed,
            RequirementOutcome::Failed(reason) => Self::Failed(reason),
            RequirementOutcome::DoesNotApply => Self::DoesNotApply,
        }
    }
}

impl From<PublicReadOutcome> for Outcome {
    #[inline(always)]
    fn from(opening: PublicReadOutcome) -> Self {
        match opening {
            PublicReadOutcome::Allows => Self::Allows,
            PublicReadOutcome::DoesNotApply => Self::DoesNotApply,
        }
    }
}

impl From<FactorOutcome> for Outcome {
    #[inline(always)]
    fn from(factor: FactorOutcome) -> Self {
        match factor {
            FactorOutcome::Passed => Self::Passed,
            FactorOutcome::Failed(reason) => Self::Failed(reason),
            FactorOutcome::Challenged(demanded_by) => Self::Challenged(demanded_by),
            FactorOutcome::DoesNotApply => Self::DoesNotApply,
        }
    }
}

/// What a check found: its outcome, and both sides of its comparison if it compared anything.
#[derive(Clone, Copy, Debug)]
struct Finding<'a, O = RequirementOutcome> {
    outcome: O,
    comparison: Option<Comparison<'a>>,
}

impl<'a> Finding<'a> {
    const DOES_NOT_APPLY: Self = Self { outcome: RequirementOutcome::DoesNotApply, comparison: None };

    #[inline(always)]
    const fn new(passes: bool, reason: Reason, comparison: Comparison<'a>) -> Self {
        let outcome = if passes { RequirementOutcome::Passed } else { RequirementOutcome::Failed(reason) };
        Self { outcome, comparison: Some(comparison) }
    }
}

impl<'a, O: Into<Outcome>> Finding<'a, O> {
    #[inline(always)]
    fn of_check(self, check: Check) -> Step<'a> {
        Step { check, outcome: self.outcome.into(), comparison: self.comparison }
    }
}

/// A check with its outcome and both sides of its comparison: a line of an explanation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step<'a> {
    pub(crate) check: Check,
    pub(crate) outcome: Outcome,
    pub(crate) comparison: Option<Comparison<'a>>,
}

/// The check that failed first, and the reason. The comparison is computed on demand, by running the check again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure {
    pub(crate) check: Check,
    pub(crate) reason: Reason,
}

#[inline(always)]
const fn require(check: Check, finding: Finding<'_>) -> Result<(), Failure> {
    match finding.outcome {
        RequirementOutcome::Passed | RequirementOutcome::DoesNotApply => Ok(()),
        RequirementOutcome::Failed(reason) => Err(Failure { check, reason }),
    }
}

/// Proof that every check of the token itself passed. Only [`check_token`] creates it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenCleared(());

/// Proof that no required check failed. Only [`check_operation`] creates it, and [`public_read_without_token`] for a
/// request without a token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cleared(());

/// The result of the checks of an operation.
///
/// It is one enum, and not a `Result` of a smaller one, with a tag of its own: to write and read the tags that the
/// compiler would pack into the other bytes takes 3 to 16 more instructions.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(crate) enum CheckedOperation {
    /// The operation is a read of a public package. The checks after [`Check::PublicRead`] were not run.
    PublicRead(Cleared),
    /// The operation passed by the token's grant or kind, under its owner's rights.
    Grant(Cleared),
    /// As for `Grant`, except that a second factor is still needed.
    AwaitingFactor(Cleared, DemandedBy),
    /// A required check failed.
    Failed(Failure),
}

/// Clears a read of a public package, the one operation that needs no token.
pub(crate) fn public_read_without_token(operation: &Operation<'_>) -> Option<Cleared> {
    (reach::public_read(operation).outcome == PublicReadOutcome::Allows).then_some(Cleared(()))
}

/// The check for a public read, as a step: the only one that applies without a token.
pub(crate) fn public_read_step<'a>(operation: Option<&Operation<'a>>) -> Step<'a> {
    match operation {
        Some(operation) => reach::public_read(operation).of_check(Check::PublicRead),
        None => Step { check: Check::PublicRead, outcome: Outcome::DoesNotApply, comparison: None },
    }
}

/// Derives everything from the list of checks. A row has the check's documentation, name, word and rule id, and how it
/// is run; a check that needs neither the owner nor the resource can be run `early` too.
macro_rules! checks {
    (
        token { $( $(#[$token_doc:meta])* $token:ident = $token_word:literal, $token_rule:literal:
            |$token_use:ident| $token_check:expr $(, early |$token_early_question:ident| $token_early:expr)?; )+ }
        before_public_read { $( $(#[$before_doc:meta])* $before:ident = $before_word:literal, $before_rule:literal:
            |$before_context:ident| $before_check:expr $(, early |$before_early_question:ident| $before_early:expr)?; )+ }
        public_read { $(#[$public_doc:meta])* $public:ident = $public_word:literal, $public_rule:literal:
            |$public_context:ident| $public_check:expr; }
        grant_and_owner { $( $(#[$grant_doc:meta])* $grant:ident = $grant_word:literal, $grant_rule:literal:
            |$grant_context:ident| $grant_check:expr; )+ }
        second_factor { $(#[$factor_doc:meta])* $factor:ident = $factor_word:literal, $factor_rule:literal:
            |$factor_context:ident| $factor_check:expr; }
    ) => {
        string_enum! {
            /// **The checks of a decision**, in the order in which they are run ([D1](crate::docs::rules#d1)). An
            /// [`Explanation`](crate::Explanation) has one step for each.
            #[non_exhaustive]
            pub enum Check: "check" {
                $( $(#[$token_doc])* $token = $token_word, )+
                $( $(#[$before_doc])* $before = $before_word, )+
                $(#[$public_doc])* $public = $public_word,
                $( $(#[$grant_doc])* $grant = $grant_word, )+
                $(#[$factor_doc])* $factor = $factor_word,
            }
        }

        impl Check {
            /// The id of the check's rule, or of the section of its rules, in [`docs::rules`](crate::docs::rules).
            #[must_use]
            pub const fn rule(self) -> &'static str {
                match self {
                    $( Self::$token => $token_rule, )+
                    $( Self::$before => $before_rule, )+
                    Self::$public => $public_rule,
                    $( Self::$grant => $grant_rule, )+
                    Self::$factor => $factor_rule,
                }
            }
        }

        /// Runs the checks of the token itself, up to the first that fails. They read no resource, so one run
        /// serves a request about any number of resources.
        #[inline(always)]
        pub(crate) fn check_token(token_use: &TokenUse<'_>) -> Result<TokenCleared, Failure> {
            $( require(Check::$token, { let $token_use = token_use; $token_check })?; )+
            Ok(TokenCleared(()))
        }

        /// Runs the other checks, up to the first that fails. The function does not read `ON_PACKAGE`: the parameter
        /// makes the compiler build a second copy for operations on packages. `check` in `decision/authorize.rs` has
        /// the measurements.
        #[inline(always)]
        pub(crate) fn check_operation<const ON_PACKAGE: bool>(context: &Context<'_, '_>, _: TokenCleared) -> CheckedOperation {
            $( if let Err(failure) = require(Check::$before, { let $before_context = context; $before_check }) {
                return CheckedOperation::Failed(failure);
            } )+
            match { let $public_context = context; $public_check }.outcome {
                PublicReadOutcome::Allows => return CheckedOperation::PublicRead(Cleared(())),
                PublicReadOutcome::DoesNotApply => {}
            }
            $( if let Err(failure) = require(Check::$grant, { let $grant_context = context; $grant_check }) {
                return CheckedOperation::Failed(failure);
            } )+
            match { let $factor_context = context; $factor_check }.outcome {
                FactorOutcome::Passed | FactorOutcome::DoesNotApply => CheckedOperation::Grant(Cleared(())),
                FactorOutcome::Challenged(demanded_by) => CheckedOperation::AwaitingFactor(Cleared(()), demanded_by),
                FactorOutcome::Failed(reason) => CheckedOperation::Failed(Failure { check: Check::$factor, reason }),
            }
        }

        /// Runs the checks that need neither the owner nor the resource, up to the first that fails.
        pub(crate) fn check_early(question: &EarlyQuestion<'_>) -> Result<(), Failure> {
            $( $( require(Check::$token, { let $token_early_question = question; $token_early })?; )? )+
            $( $( require(Check::$before, { let $before_early_question = question; $before_early })?; )? )+
            Ok(())
        }

        /// Runs every check, in order.
        pub(crate) fn all_steps<'a>(context: &Context<'_, 'a>) -> [Step<'a>; Check::ALL.len()] {
            [
                $( { let $token_use = &context.question.token_use; $token_check }.of_check(Check::$token), )+
                $( { let $before_context = context; $before_check }.of_check(Check::$before), )+
                { let $public_context = context; $public_check }.of_check(Check::$public),
                $( { let $grant_context = context; $grant_check }.of_check(Check::$grant), )+
                { let $factor_context = context; $factor_check }.of_check(Check::$factor),
            ]
        }

        /// Runs one check for its comparison.
        pub(crate) fn comparison<'a>(check: Check, context: &Context<'_, 'a>) -> Option<Comparison<'a>> {
            match check {
                $( Check::$token => { let $token_use = &context.question.token_use; $token_check }.comparison, )+
                $( Check::$before => { let $before_context = context; $before_check }.comparison, )+
                Check::$public => { let $public_context = context; $public_check }.comparison,
                $( Check::$grant => { let $grant_context = context; $grant_check }.comparison, )+
                Check::$factor => { let $factor_context = context; $factor_check }.comparison,
            }
        }

        /// Runs one of the early checks; `None` for a check that is not among them.
        pub(crate) fn early_step<'a>(check: Check, question: &EarlyQuestion<'a>) -> Option<Step<'a>> {
            match check {
                $( $( Check::$token => {
                    let $token_early_question = question;
                    Some($token_early.of_check(check))
                } )? )+
                $( $( Check::$before => {
                    let $before_early_question = question;
                    Some($before_early.of_check(check))
                } )? )+
                _ => None,
            }
        }
    };
}

checks! {
    // May the token be used at this time and from this address?
    token {
        /// The token is not revoked, and was made after the account's cut-off ([T1](crate::docs::rules#t1)).
        NotRevoked = "not-revoked", "T1":
            |used| token::not_revoked(&used.bound.token, used.bound.tokens_revoked_until),
            early |question| token::not_revoked(question.token, None);
        /// The token is not a legacy token, or the policy honours legacy tokens ([P1](crate::docs::rules#p1)).
        NotRetired = "not-retired", "P1":
            |used| token::not_retired(&used.bound.token, used.bound.policy),
            early |question| token::not_retired(question.token, question.policy);
        /// The time is before the token's expiry ([T2](crate::docs::rules#t2)).
        NotExpired = "not-expired", "T2":
            |used| token::not_expired(&used.bound.token, used.now),
            early |question| token::not_expired(question.token, question.now);
        /// The client's address is in one of the token's allowed ranges ([T3](crate::docs::rules#t3)).
        AddressAllowed = "address-allowed", "T3":
            |used| token::address_allowed(&used.bound.token, used.client_ip()),
            early |question| token::address_allowed(question.token, question.client_ip);
        /// The owner's account is active ([T4](crate::docs::rules#t4)).
        OwnerActive = "owner-active", "T4":
            |used| token::owner_active(&used.bound.owner());
    }
    // Could it do this to any resource at all, and does the resource exist?
    before_public_read {
        /// Tokens of this kind may do this ([K1](crate::docs::rules#k1)).
        KindHasAction = "kind-has-action", "K1":
            |context| reach::kind_has_action(&context.bound().token, context.action, context.needs),
            early |question| reach::kind_has_action(question.token, question.action, question.action.needs());
        /// The owner's account is not on hold, or the action does not wait for the end of a hold
        /// ([T5](crate::docs::rules#t5)).
        OwnerNotOnHold = "owner-not-on-hold", "T5":
            |context| token::owner_not_on_hold(&context.bound().owner(), context.action, context.question.token_use.now);
        /// A granular token has the permission that the action needs, whatever the resource
        /// ([G1](crate::docs::rules#g1)). `read-package` and `list-collaborators` wait for
        /// [`PermissionForResource`](Self::PermissionForResource).
        PermissionForAction = "permission-for-action", "G1":
            |context| reach::permission_for_action(&context.bound().token, context.action, context.needs),
            early |question| reach::permission_for_action(question.token, question.action, question.action.needs());
        /// The organization exists ([D1](crate::docs::rules#d1)).
        OrganizationExists = "organization-exists", "D1":
            |context| reach::organization_exists(context.operation());
        /// The package exists ([D1](crate::docs::rules#d1)).
        PackageExists = "package-exists", "D1":
            |context| reach::package_exists(context);
    }
    // Is it a read of a public package? Then it is allowed.
    public_read {
        /// Everyone may read a public package ([V1](crate::docs::rules#v1)).
        PublicRead = "public-read", "V1":
            |context| reach::public_read(context.operation());
    }
    // Does the token reach the resource, and may its owner do this now?
    grant_and_owner {
        /// A granular token has the permission that the action needs on this resource ([G1](crate::docs::rules#g1)).
        PermissionForResource = "permission-for-resource", "G1":
            |context| reach::permission_for_resource(context);
        /// The organization is in a granular token's selection ([G2](crate::docs::rules#g2)).
        OrganizationSelected = "organization-selected", "G2":
            |context| reach::organization_selected(context);
        /// The package is in a granular token's selection ([G2](crate::docs::rules#g2)).
        PackageSelected = "package-selected", "G2":
            |context| reach::package_selected(context);
        /// A granular token's selection covers a package that does not exist yet ([G3](crate::docs::rules#g3)).
        CreationCovered = "creation-covered", "G3":
            |context| reach::creation_covered(context);
        /// The owner has the role that the action needs in the organization ([C5](crate::docs::rules#c5)).
        OwnerRole = "owner-role", "C5":
            |context| ceiling::owner_role(context);
        /// The owner has the right that the action needs over the package ([C2](crate::docs::rules#c2) to
        /// [C5](crate::docs::rules#c5)).
        OwnerRight = "owner-right", "C":
            |context| ceiling::owner_right(context);
        /// The account is the owner's own ([C6](crate::docs::rules#c6)).
        OwnAccount = "own-account", "C6":
            |context| ceiling::own_account(context);
        /// A new package may have the name ([C3](crate::docs::rules#c3)).
        NewNameValid = "new-name-valid", "C3":
            |context| ceiling::new_name_valid(context);
    }
    // Is a second factor needed?
    second_factor {
        /// The second factor is shown, bypassed or not needed ([F](crate::docs::rules#f)).
        SecondFactor = "second-factor", "F":
            |context| second_factor::second_factor(context);
    }
}

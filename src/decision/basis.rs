//! The question that a decision answers, with the known facts, and the inputs that the checks read.

use crate::{
    decision::inputs::{DecisionInput, DecisionInputs},
    operation::{Action, Operation},
    policy::DecisionPolicy,
    rules::{Check, EarlyQuestion, Question},
    token::TokenView,
    value::{AllowedRanges, ClientIp, Timestamp},
};

/// The question that a decision answers, with the facts that were known.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Basis<'a> {
    /// A question about a token bound to its owner.
    Bound(Question<'a>),
    /// A question without a token.
    NoToken(Operation<'a>),
    /// A question with a token that is not on record.
    UnknownToken(Operation<'a>),
    /// A question about a token without its owner's record, and about an action on any resource.
    Early(EarlyQuestion<'a>),
    /// A question about an action on the caller's own account, without a token on record that identifies the account.
    NoAccount { action: Action, token_given: bool },
}

impl<'a> Basis<'a> {
    pub(crate) const fn operation(&self) -> Option<Operation<'a>> {
        match self {
            Self::Bound(question) => Some(question.operation),
            Self::NoToken(operation) | Self::UnknownToken(operation) => Some(*operation),
            Self::Early(_) | Self::NoAccount { .. } => None,
        }
    }

    pub(crate) const fn action(&self) -> Action {
        match self {
            Self::Bound(question) => question.operation.action(),
            Self::NoToken(operation) | Self::UnknownToken(operation) => operation.action(),
            Self::Early(question) => question.action,
            Self::NoAccount { action, .. } => *action,
        }
    }

    pub(crate) const fn token(&self) -> Option<&'a TokenView<'a>> {
        match self {
            Self::Bound(question) => Some(&question.token_use.bound.token),
            Self::Early(question) => Some(question.token),
            Self::NoToken(_) | Self::UnknownToken(_) | Self::NoAccount { .. } => None,
        }
    }

    /// Returns the policy that the decision is made under. Answers without a token on record do not depend on one.
    pub(crate) const fn policy(&self) -> Option<DecisionPolicy> {
        match self {
            Self::Bound(question) => Some(question.token_use.bound.policy),
            Self::Early(question) => Some(question.policy),
            Self::NoToken(_) | Self::UnknownToken(_) | Self::NoAccount { .. } => None,
        }
    }

    /// Returns the client's address and the time, if the question has a token on record.
    pub(crate) const fn place_and_time(&self) -> Option<(ClientIp, Timestamp)> {
        match self {
            Self::Bound(question) => Some((question.token_use.client_ip(), question.token_use.now)),
            Self::Early(question) => Some((question.client_ip, question.now)),
            Self::NoToken(_) | Self::UnknownToken(_) | Self::NoAccount { .. } => None,
        }
    }
}

/// Returns the inputs that were read by the checks up to and including `stopped_at`, or by all checks if `stopped_at`
/// is `None` ([D2](crate::docs::rules#d2)).
pub(crate) fn inputs(basis: &Basis<'_>, stopped_at: Option<Check>) -> DecisionInputs {
    let mut inputs = DecisionInputs::empty();
    let came_to = |check: Check| stopped_at.is_none_or(|last| check <= last);
    match basis {
        Basis::NoToken(operation) => {
            if operation.action() == Action::ReadPackage {
                inputs.insert(DecisionInput::Package);
            }
            return inputs;
        }
        Basis::UnknownToken(_) | Basis::NoAccount { token_given: true, .. } => {
            inputs.insert(DecisionInput::Token);
            return inputs;
        }
        Basis::NoAccount { token_given: false, .. } => return inputs,
        Basis::Bound(_) | Basis::Early(_) => inputs.insert(DecisionInput::Token),
    }
    let Some(token) = basis.token() else { return inputs };
    let bound = match basis {
        Basis::Bound(question) => Some(question),
        Basis::NoToken(_) | Basis::UnknownToken(_) | Basis::Early(_) | Basis::NoAccount { .. } => None,
    };
    // A token with a recorded revocation is denied whatever its owner's record says. Otherwise the account's cut-off,
    // which is in that record, is compared (T1).
    if bound.is_some() && token.revoked.is_none() {
        inputs.insert(DecisionInput::Owner);
    }
    let waits_for_hold = bound.is_some_and(|question| {
        question.token_use.bound.writes_held_until.is_some() && question.operation.action().waits_for_hold()
    });
    if (came_to(Check::NotExpired) && token.expires_at().is_some())
        || (came_to(Check::OwnerNotOnHold) && waits_for_hold)
    {
        inputs.insert(DecisionInput::Now);
    }
    if came_to(Check::AddressAllowed) && *token.allowed_ranges != AllowedRanges::Any {
        inputs.insert(DecisionInput::ClientIp);
    }
    if let Some(question) = bound {
        if came_to(Check::OrganizationExists) && question.operation.organization().is_some() {
            inputs.insert(DecisionInput::Organization);
        }
        if came_to(Check::PackageExists) && question.operation.package().is_some() {
            inputs.insert(DecisionInput::Package);
        }
    }
    inputs
}

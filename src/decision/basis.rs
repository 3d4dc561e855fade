//! The question that a decision answers, with the facts at hand, and which of them were read.

use crate::{
    decision::inputs::{DecisionInput, DecisionInputs},
    operation::{Action, Operation},
    policy::DecisionPolicy,
    rules::{Check, EarlyQuestion, Question},
    token::TokenView,
    value::{AllowedRanges, ClientIp, Timestamp},
};

/// The question that a decision answers, with as many of the facts as were at hand.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Basis<'a> {
    /// About a token bound to its owner.
    Bound(Question<'a>),
    /// Without a token.
    NoToken(Operation<'a>),
    /// With a token that is not on record.
    UnknownToken(Operation<'a>),
    /// About a token without its owner's record, and an action on any resource.
    Early(EarlyQuestion<'a>),
    /// About an action on "my own account", without a token that says whose account that is.
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

    /// The policy that the decision is made under. Answers without a token on record do not depend on one.
    pub(crate) const fn policy(&self) -> Option<DecisionPolicy> {
        match self {
            Self::Bound(question) => Some(question.token_use.bound.policy),
            Self::Early(question) => Some(question.policy),
            Self::NoToken(_) | Self::UnknownToken(_) | Self::NoAccount { .. } => None,
        }
    }

    /// The client's address and the time, if a token was read.
    pub(crate) const fn place_and_time(&self) -> Option<(ClientIp, Timestamp)> {
        match self {
            Self::Bound(question) => Some((question.token_use.client_ip(), question.token_use.now)),
            Self::Early(question) => Some((question.client_ip, question.now)),
            Self::NoToken(_) | Self::UnknownToken(_) | Self::NoAccount { .. } => None,
        }
    }
}

/// The inputs that were read up to and including the check that ended the decision, or by all checks if none did
/// ([D2](crate::docs::rules#d2)).
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
    // T1: a recorded revocation says all; without one the account's cut-off is looked at.
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

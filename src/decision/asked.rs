//! What was asked, with the facts that were at hand, and which of them were looked at.

use crate::{
    decision::inputs::{DecisionInput, DecisionInputs},
    operation::{Action, Operation},
    rules::{Check, Question},
    token::TokenView,
    value::{AllowedRanges, ClientIp, Timestamp},
};

/// What was asked, with as many of the facts as were at hand.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asked<'a> {
    /// Of a token bound to its owner.
    Bound(Question<'a>),
    /// Without any token.
    NoToken(Operation<'a>),
    /// With a token that nobody knows.
    UnknownToken(Operation<'a>),
    /// Of a token without its owner's record, about an action on any resource.
    Early { token: &'a TokenView<'a>, action: Action, client_ip: ClientIp, now: Timestamp },
    /// Of an account action whose account only a known token would have named: "my own".
    NoAccount { action: Action, token_given: bool },
}

impl<'a> Asked<'a> {
    pub(crate) const fn operation(&self) -> Option<Operation<'a>> {
        match self {
            Self::Bound(question) => Some(question.operation),
            Self::NoToken(operation) | Self::UnknownToken(operation) => Some(*operation),
            Self::Early { .. } | Self::NoAccount { .. } => None,
        }
    }

    pub(crate) const fn action(&self) -> Action {
        match self {
            Self::Bound(question) => question.operation.action(),
            Self::NoToken(operation) | Self::UnknownToken(operation) => operation.action(),
            Self::Early { action, .. } | Self::NoAccount { action, .. } => *action,
        }
    }

    pub(crate) const fn token(&self) -> Option<&'a TokenView<'a>> {
        match self {
            Self::Bound(question) => Some(&question.presented.bound.token),
            Self::Early { token, .. } => Some(token),
            Self::NoToken(_) | Self::UnknownToken(_) | Self::NoAccount { .. } => None,
        }
    }
}

/// D2: what was looked at up to and including the check that ended it (all of them, where none did).
pub(crate) fn inputs(asked: &Asked<'_>, stopped_at: Option<Check>) -> DecisionInputs {
    let mut inputs = DecisionInputs::empty();
    let came_to = |check: Check| stopped_at.is_none_or(|last| check <= last);
    match asked {
        Asked::NoToken(operation) => {
            if operation.action() == Action::ReadPackage {
                inputs.insert(DecisionInput::Package);
            }
            return inputs;
        }
        Asked::UnknownToken(_) | Asked::NoAccount { token_given: true, .. } => {
            inputs.insert(DecisionInput::Token);
            return inputs;
        }
        Asked::NoAccount { token_given: false, .. } => return inputs,
        Asked::Bound(_) | Asked::Early { .. } => inputs.insert(DecisionInput::Token),
    }
    let Some(token) = asked.token() else { return inputs };
    let bound = match asked {
        Asked::Bound(question) => Some(question),
        Asked::NoToken(_) | Asked::UnknownToken(_) | Asked::Early { .. } | Asked::NoAccount { .. } => None,
    };
    // T1: a recorded revocation says all; without one the account's cut-off is looked at.
    if bound.is_some() && token.revoked.is_none() {
        inputs.insert(DecisionInput::Owner);
    }
    if came_to(Check::NotExpired) && token.expires_at().is_some() {
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

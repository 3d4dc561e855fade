//! The decisions about one request, combined into one.

use crate::{
    decision::{Allow, Challenge, Decision, Deny},
    facts::{MaxFactorAge, VerifiedFactor},
};
use alloc::{boxed::Box, vec::Vec};

/// The decisions about one request, combined: the request is allowed only if every decision is an allow.
///
/// If a decision is a denial, the combined decision is the first denial. Otherwise, if a decision is a challenge, the
/// combined decision is the first challenge.
///
/// # Examples
///
/// ```
/// use tollgate::{
///     Package, PackageAction, authorize_anonymous,
///     facts::{PackageFacts, PublishingAccess, ScopeOwner, TeamGrants, UserGrants, Visibility},
///     npm::CombinedDecision,
/// };
///
/// let left_pad = Package::new(PackageFacts {
///     name: "left-pad".parse()?,
///     scope_owner: ScopeOwner::Unscoped,
///     visibility: Visibility::Public,
///     publishing_access: PublishingAccess::NoRequirement,
///     users: UserGrants::empty(),
///     teams: TeamGrants::empty(),
/// })?;
/// let read = authorize_anonymous(PackageAction::ReadPackage, &left_pad);
/// let publish = authorize_anonymous(PackageAction::Publish, &left_pad);
///
/// let combined = CombinedDecision::from_decisions([read.clone()], None);
/// assert!(matches!(combined, Some(CombinedDecision::Allow(allows)) if allows.len() == 1));
///
/// let combined = CombinedDecision::from_decisions([read, publish], None);
/// assert!(matches!(combined, Some(CombinedDecision::Deny(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "an ignored decision protects nothing"]
#[derive(Clone, Debug)]
pub enum CombinedDecision<'a> {
    /// Every decision is an allow. The allows are in the order of the decisions.
    Allow(Box<[Allow<'a>]>),
    /// No decision is a denial, and this is the first challenge. The owner must show a second factor.
    Challenge(Challenge<'a>),
    /// At least one decision is a denial, and this is the first denial.
    Deny(Deny<'a>),
}

/// Answers a challenge with a second factor that the owner has shown ([F6](crate::docs::rules#f6)). Every other
/// decision stays as it is.
pub(super) fn answered<'a>(
    decision: Decision<'a>,
    factor: Option<(&VerifiedFactor<'_>, MaxFactorAge)>,
) -> Decision<'a> {
    match (decision, factor) {
        (Decision::Challenge(challenge), Some((factor, max_age))) => challenge.answer(factor, max_age),
        (Decision::Allow(_) | Decision::Challenge(_) | Decision::Deny(_), _) => decision,
    }
}

impl<'a> CombinedDecision<'a> {
    /// Combines decisions. Returns `None` if there are no decisions, because then nothing is allowed.
    ///
    /// If the owner has shown a second factor, pass the factor with its maximum age. The factor then answers each
    /// challenge ([F6](crate::docs::rules#f6)).
    pub fn from_decisions(
        decisions: impl IntoIterator<Item = Decision<'a>>,
        factor: Option<(&VerifiedFactor<'_>, MaxFactorAge)>,
    ) -> Option<Self> {
        let (mut allows, mut first_challenge) = (Vec::new(), None);
        for decision in decisions {
            match answered(decision, factor) {
                Decision::Allow(allow) => allows.push(allow),
                Decision::Challenge(challenge) => {
                    first_challenge.get_or_insert(challenge);
                }
                Decision::Deny(deny) => return Some(Self::Deny(deny)),
            }
        }
        match first_challenge {
            Some(challenge) => Some(Self::Challenge(challenge)),
            None if allows.is_empty() => None,
            None => Some(Self::Allow(allows.into())),
        }
    }
}

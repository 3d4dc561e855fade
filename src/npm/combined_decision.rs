//! Several decisions about one request.

use alloc::{boxed::Box, vec::Vec};
use core::time::Duration;

use crate::{
    decision::{Allow, Challenge, Decision, Deny},
    facts::VerifiedFactor,
};

/// **Several decisions about one request, all of which must allow it.**
///
/// The first denial is the answer, else the first challenge; it is allowed only with an allow of each.
///
/// ```
/// # use tollgate::{
/// #     Allow, Deny, Package, PackageAction, authorize_anonymous,
/// #     facts::{PackageFacts, PublishingAccess, ScopeOwner, TeamGrants, UserGrants, Visibility},
/// #     npm::CombinedDecision,
/// # };
/// # let left_pad = Package::new(PackageFacts {
/// #     name: "left-pad".parse()?,
/// #     scope_owner: ScopeOwner::Unscoped,
/// #     visibility: Visibility::Public,
/// #     publishing_access: PublishingAccess::NoRequirement,
/// #     users: UserGrants::empty(),
/// #     teams: TeamGrants::empty(),
/// # })?;
/// let decide = |action: PackageAction| authorize_anonymous(action, &left_pad);
/// let Some(CombinedDecision::Allow(allows)) =
///     CombinedDecision::from_decisions([decide(PackageAction::ReadPackage)], None)
/// else {
///     panic!()
/// };
/// assert_eq!(allows.len(), 1);
///
/// let both = [decide(PackageAction::ReadPackage), decide(PackageAction::Publish)];
/// assert!(matches!(CombinedDecision::from_decisions(both, None), Some(CombinedDecision::Deny(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a decision that nobody looks at protects nothing"]
#[derive(Clone, Debug)]
pub enum CombinedDecision<'a> {
    /// Yes, with the allow of each, in order.
    Allow(Box<[Allow<'a>]>),
    /// Yes, once the owner has shown a second factor.
    Challenge(Challenge<'a>),
    /// No.
    Deny(Deny<'a>),
}

impl<'a> CombinedDecision<'a> {
    /// Puts decisions together. A second factor with the age that it may have answers each challenge (F6).
    ///
    /// `None` of no decisions at all: nothing was asked, and nothing is allowed.
    pub fn from_decisions(
        decisions: impl IntoIterator<Item = Decision<'a>>,
        factor: Option<(&VerifiedFactor<'_>, Duration)>,
    ) -> Option<Self> {
        let (mut allows, mut first_challenge) = (Vec::new(), None);
        for decision in decisions {
            let answered = match (decision, factor) {
                (Decision::Challenge(challenge), Some((factor, max_age))) => challenge.answer(factor, max_age),
                (decision, _) => decision,
            };
            match answered {
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

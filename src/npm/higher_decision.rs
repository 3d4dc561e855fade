//! The higher of two decisions, for a request that either of two access requests allows.

use crate::{
    decision::{Decision, Validity},
    facts::{MaxFactorAge, VerifiedFactor},
};

/// The higher of the decisions about two access requests, either of which allows the request.
///
/// An allow is higher than a challenge, and a challenge is higher than a denial. Of two equal decisions, the first one
/// counts.
///
/// This is for the removal of a team's access to a package, which
/// [`TeamAccessChange::access_request`](super::TeamAccessChange::access_request) and
/// [`TeamAccessChange::alternative`](super::TeamAccessChange::alternative) allow
/// ([C5](crate::docs::rules#c5)).
///
/// # Examples
///
/// ```
/// use tollgate::{
///     MissingPackage, PackageAction, PackageName, authorize_anonymous, decision::Validity,
///     npm::HigherDecision,
/// };
///
/// let left_pad = MissingPackage::new(PackageName::new("left-pad")?);
/// let publish = authorize_anonymous(PackageAction::Publish, left_pad);
/// let deprecate = authorize_anonymous(PackageAction::Deprecate, left_pad);
///
/// // Both are denials, so the first one counts.
/// let higher = HigherDecision::from_decisions(publish, Some(deprecate), None);
/// assert_eq!(higher.decision().action(), publish.action());
/// assert_eq!(higher.validity(), Validity::Always);
/// # Ok::<(), tollgate::value::NameError>(())
/// ```
#[must_use = "an ignored decision protects nothing"]
#[derive(Clone, Copy, Debug)]
pub struct HigherDecision<'a> {
    decision: Decision<'a>,
    validity: Validity,
}

impl<'a> HigherDecision<'a> {
    /// Returns the higher of two decisions. If the first one is an allow, or if there is no second one, it is the first
    /// one, and the second one is not looked at.
    ///
    /// If the owner has shown a second factor, pass the factor with its maximum age. The factor then answers each
    /// challenge before the decisions are compared ([F6](crate::docs::rules#f6)).
    pub fn from_decisions(
        first: Decision<'a>,
        second: Option<Decision<'a>>,
        factor: Option<(&VerifiedFactor<'_>, MaxFactorAge)>,
    ) -> Self {
        let first = super::combined_decision::answered(first, factor);
        let second = match (first, second) {
            (Decision::Allow(_), _) | (_, None) => return Self { decision: first, validity: first.validity() },
            (Decision::Challenge(_) | Decision::Deny(_), Some(second)) => second,
        };
        let second = super::combined_decision::answered(second, factor);
        let decision = if second.verdict() > first.verdict() { second } else { first };
        Self { decision, validity: earlier(first.validity(), second.validity()) }
    }

    /// Returns the decision that counts. A shown second factor has answered its challenge.
    pub const fn decision(&self) -> Decision<'a> {
        self.decision
    }

    /// Returns until when the decision holds if no fact changes. It holds only as long as both decisions do: when the
    /// lower one ends, it may become the higher one.
    #[must_use]
    pub const fn validity(&self) -> Validity {
        self.validity
    }
}

/// Returns the one of two validities that ends earlier. One for this request only ends before any other.
fn earlier(one: Validity, other: Validity) -> Validity {
    match (one, other) {
        (Validity::ThisRequestOnly, _) | (_, Validity::ThisRequestOnly) => Validity::ThisRequestOnly,
        (Validity::Always, end) | (end, Validity::Always) => end,
        (Validity::Until(one), Validity::Until(other)) => Validity::Until(one.min(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Validity, earlier};
    use crate::value::Timestamp;

    #[test]
    fn the_earlier_of_two_validities_is_the_one_that_ends_first() {
        let (soon, late) = (Validity::Until(Timestamp::UNIX_EPOCH), Validity::Until(Timestamp::MAX));
        let in_order = [Validity::ThisRequestOnly, soon, late, Validity::Always];
        for (place, one) in in_order.into_iter().enumerate() {
            for other in in_order.into_iter().skip(place) {
                assert_eq!(earlier(one, other), one);
                assert_eq!(earlier(other, one), one);
            }
        }
    }
}

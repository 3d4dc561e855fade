//! Assertions about decisions. A failed assertion prints the explanation of the decision.

use crate::{
    decision::{Allow, Challenge, Decision, Deny},
    rules::Reason,
};

/// Asserts that a decision is an allow, and returns the [`Allow`].
///
/// # Panics
///
/// Panics if the decision is a challenge or a denial. The message has every check, with its outcome and both sides of
/// its comparison.
///
/// # Examples
///
/// ```
/// use tollgate::{
///     ClientIp, PackageAction, Policy, authorize,
///     decision::AllowedBy,
///     testing::*,
///     token::LegacyKind,
///     value::GrantedPermission,
/// };
///
/// let alice = user("alice").build();
/// let left_pad = package("left-pad").user("alice", GrantedPermission::ReadWrite).build();
/// let token = legacy(LegacyKind::Publish, "alice").build();
/// let token = bind(Policy::NPM_2025_10, &token, &alice);
/// let decision = authorize(&token, PackageAction::Publish, &left_pad, ClientIp::UNKNOWN, now());
/// assert_eq!(assert_allowed(decision).allowed_by(), AllowedBy::Grant);
/// ```
///
/// A read-only token may not publish ([K1](crate::docs::rules#k1)):
///
/// ```should_panic
/// use tollgate::{
///     ClientIp, PackageAction, Policy, authorize,
///     testing::*,
///     token::LegacyKind,
///     value::GrantedPermission,
/// };
///
/// let alice = user("alice").build();
/// let left_pad = package("left-pad").user("alice", GrantedPermission::ReadWrite).build();
/// let token = legacy(LegacyKind::ReadOnly, "alice").build();
/// let token = bind(Policy::NPM_2025_10, &token, &alice);
/// let decision = authorize(&token, PackageAction::Publish, &left_pad, ClientIp::UNKNOWN, now());
/// assert_allowed(decision); // panics: expected an allow, found DENY publish `left-pad`: kind-forbids-action …
/// ```
#[track_caller]
#[expect(clippy::must_use_candidate, reason = "an assertion is made for its own sake")]
pub fn assert_allowed(decision: Decision<'_>) -> Allow<'_> {
    match decision {
        Decision::Allow(allow) => allow,
        Decision::Challenge(_) | Decision::Deny(_) => failed("an allow", decision),
    }
}

/// Asserts that a decision is a challenge, and returns the [`Challenge`].
///
/// # Panics
///
/// Panics if the decision is an allow or a denial. The message has every check, with its outcome and both sides of its
/// comparison.
///
/// # Examples
///
/// An account in the mode `auth-and-writes` is challenged when it publishes ([F4](crate::docs::rules#f4)):
///
/// ```
/// use tollgate::{
///     ClientIp, PackageAction, Policy, authorize,
///     facts::TwoFactorMode,
///     rules::DemandedBy,
///     testing::*,
///     token::LegacyKind,
///     value::GrantedPermission,
/// };
///
/// let alice = user("alice").two_factor(TwoFactorMode::AuthAndWrites).build();
/// let left_pad = package("left-pad").user("alice", GrantedPermission::ReadWrite).build();
/// let token = legacy(LegacyKind::Publish, "alice").build();
/// let token = bind(Policy::NPM_2025_10, &token, &alice);
/// let decision = authorize(&token, PackageAction::Publish, &left_pad, ClientIp::UNKNOWN, now());
/// assert_eq!(assert_challenged(decision).demanded_by(), DemandedBy::Account);
/// ```
///
/// An account without a second factor is not challenged, so the assertion fails:
///
/// ```should_panic
/// use tollgate::{
///     ClientIp, PackageAction, Policy, authorize,
///     testing::*,
///     token::LegacyKind,
///     value::GrantedPermission,
/// };
///
/// let alice = user("alice").build();
/// let left_pad = package("left-pad").user("alice", GrantedPermission::ReadWrite).build();
/// let token = legacy(LegacyKind::Publish, "alice").build();
/// let token = bind(Policy::NPM_2025_10, &token, &alice);
/// let decision = authorize(&token, PackageAction::Publish, &left_pad, ClientIp::UNKNOWN, now());
/// assert_challenged(decision); // panics: expected a challenge, found ALLOW publish `left-pad` …
/// ```
#[track_caller]
#[expect(clippy::must_use_candidate, reason = "an assertion is made for its own sake")]
pub fn assert_challenged(decision: Decision<'_>) -> Challenge<'_> {
    match decision {
        Decision::Challenge(challenge) => challenge,
        Decision::Allow(_) | Decision::Deny(_) => failed("a challenge", decision),
    }
}

/// Asserts that a decision is a denial for this reason, and returns the [`Deny`].
///
/// # Panics
///
/// Panics if the decision is an allow, a challenge, or a denial for another reason. The message has every check, with
/// its outcome and both sides of its comparison.
///
/// # Examples
///
/// ```
/// use tollgate::{
///     ClientIp, PackageAction, Policy, Reason, authorize,
///     testing::*,
///     token::LegacyKind,
///     value::GrantedPermission,
/// };
///
/// let alice = user("alice").build();
/// let left_pad = package("left-pad").user("alice", GrantedPermission::ReadWrite).build();
/// let token = legacy(LegacyKind::ReadOnly, "alice").build();
/// let token = bind(Policy::NPM_2025_10, &token, &alice);
/// let decision = authorize(&token, PackageAction::Publish, &left_pad, ClientIp::UNKNOWN, now());
/// assert_eq!(assert_denied(decision, Reason::KindForbidsAction).status(), 403);
/// ```
///
/// A denial for another reason fails the assertion:
///
/// ```should_panic
/// use tollgate::{
///     ClientIp, PackageAction, Policy, Reason, authorize,
///     testing::*,
///     token::LegacyKind,
///     value::GrantedPermission,
/// };
///
/// let alice = user("alice").build();
/// let left_pad = package("left-pad").user("alice", GrantedPermission::ReadWrite).build();
/// let token = legacy(LegacyKind::ReadOnly, "alice").build();
/// let token = bind(Policy::NPM_2025_10, &token, &alice);
/// let decision = authorize(&token, PackageAction::Publish, &left_pad, ClientIp::UNKNOWN, now());
/// assert_denied(decision, Reason::OwnerLacksPermission); // panics: … found DENY …: kind-forbids-action …
/// ```
#[track_caller]
#[expect(clippy::must_use_candidate, reason = "an assertion is made for its own sake")]
pub fn assert_denied(decision: Decision<'_>, reason: Reason) -> Deny<'_> {
    match decision {
        Decision::Deny(deny) if deny.reason() == reason => deny,
        Decision::Allow(_) | Decision::Challenge(_) | Decision::Deny(_) => {
            failed(format_args!("a denial, `{reason}`"), decision)
        }
    }
}

#[track_caller]
#[expect(clippy::panic, reason = "an assertion that fails panics")]
fn failed(expected: impl core::fmt::Display, decision: Decision<'_>) -> ! {
    panic!("expected {expected}, found\n{}", decision.explain())
}

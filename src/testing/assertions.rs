//! Assertions whose failure prints the explanation.

use crate::{
    decision::{Allow, Challenge, Decision, Deny},
    rules::Reason,
};

/// Asserts an allow, and gives it.
///
/// # Panics
/// The decision is another: with every check and both sides of what it compared.
///
/// ```should_panic
/// use tollgate::{ClientIp, PackageAction, authorize, testing::*, token::LegacyKind};
///
/// let (alice, token) = (user("alice").build(), legacy(LegacyKind::ReadOnly, "alice").build());
/// let left_pad = package("left-pad").build();
/// // DENY publish of `left-pad`: kind-forbids-action (K1), status 403 …
/// assert_allowed(authorize(&bind(&token, &alice), PackageAction::Publish, &left_pad, ClientIp::UNKNOWN, now()));
/// ```
#[track_caller]
#[expect(clippy::must_use_candidate, reason = "an assertion is made for its own sake")]
pub fn assert_allowed(decision: Decision<'_>) -> Allow<'_> {
    match decision {
        Decision::Allow(allow) => allow,
        Decision::Challenge(_) | Decision::Deny(_) => failed("an allow", decision),
    }
}

/// Asserts a challenge, and gives it.
///
/// # Panics
/// The decision is another: with every check and both sides of what it compared.
#[track_caller]
#[expect(clippy::must_use_candidate, reason = "an assertion is made for its own sake")]
pub fn assert_challenged(decision: Decision<'_>) -> Challenge<'_> {
    match decision {
        Decision::Challenge(challenge) => challenge,
        Decision::Allow(_) | Decision::Deny(_) => failed("a challenge", decision),
    }
}

/// Asserts a denial for that reason, and gives it.
///
/// # Panics
/// The decision is another, or a denial for another reason: with every check and both sides of what it compared.
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

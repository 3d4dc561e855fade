//! The check of the second factor ([F](crate::docs::rules#f)). It runs last, so that an operation that another
//! check denies is never challenged.

use super::{Context, FactorOutcome, Finding};
use crate::{
    facts::{PackageState, PublishingAccess, TwoFactorMode},
    operation::{Action, FactorClass, GranularRequirement},
    policy::{BypassCovers, DecisionPolicy},
    rules::{
        comparison::{Comparison, DemandedBy},
        reason::Reason,
    },
    token::{LegacyKind, Limits, TokenKind, TokenView, TwoFactorBypass},
    value::{GrantKind, Permission},
};

/// Whether the token bypasses the second factor ([F1](crate::docs::rules#f1)): it is an automation token, or a granular
/// token with 2FA bypass whose grant for this action, over packages or over organizations, is `read-write`.
#[inline(always)]
fn bypasses(token: &TokenView<'_>, needs: GranularRequirement) -> bool {
    match token.limits {
        Limits::Legacy(LegacyKind::Automation) => true,
        Limits::Legacy(LegacyKind::ReadOnly | LegacyKind::Publish) | Limits::Session { .. } => false,
        Limits::Granular(granular) => {
            let permission = match needs {
                GranularRequirement::Permission(GrantKind::Packages, _) => granular.packages.permission(),
                GranularRequirement::Permission(GrantKind::Organizations, _) => granular.organizations.permission(),
                GranularRequirement::Nothing | GranularRequirement::Never => Permission::NoAccess,
            };
            granular.bypass_2fa == TwoFactorBypass::On && permission == Permission::ReadWrite
        }
    }
}

/// Whether the policy lets a token bypass the second factor for actions of this class ([P5](crate::docs::rules#p5)).
///
/// The classes are ordered for this: one comparison takes up to 11 instructions less than a `match`
/// on both enums.
#[inline(always)]
fn is_covered(covers: BypassCovers, class: FactorClass) -> bool {
    let last_covered = match covers {
        BypassCovers::Everything => FactorClass::Governance,
        BypassCovers::AllButGovernance => FactorClass::Publish,
        BypassCovers::AllButGovernanceAndPublish => FactorClass::Approval,
    };
    class <= last_covered
}

/// Whether a token could bypass the second factor for the action, if the package allows a bypass.
pub(crate) fn could_be_bypassed(policy: DecisionPolicy, action: Action) -> bool {
    let class = action.factor_class();
    is_covered(policy.bypass_covers, class) && !matches!(class, FactorClass::Approval)
}

/// Whether a package with `two-factor-only` refuses tokens of this kind, with or without bypass
/// ([F2](crate::docs::rules#f2)).
#[inline(always)]
const fn is_refused_by_two_factor_only(kind: TokenKind) -> bool {
    match kind {
        TokenKind::Legacy(LegacyKind::Automation) | TokenKind::Granular => true,
        TokenKind::Legacy(LegacyKind::ReadOnly | LegacyKind::Publish) | TokenKind::Session => false,
    }
}

/// Challenges an operation that needs a second factor, because of the package's publishing access
/// ([F2](crate::docs::rules#f2), [F3](crate::docs::rules#f3)) or the account's mode ([F4](crate::docs::rules#f4)),
/// unless the token bypasses it. Denies the operation instead if the package refuses tokens of this kind, or if the
/// package needs a second factor and the account has none ([F5](crate::docs::rules#f5)).
#[inline(always)]
pub(super) fn second_factor<'a>(context: &Context<'_, 'a>) -> Finding<'a, FactorOutcome> {
    let class = context.action.factor_class();
    if class == FactorClass::None {
        return Finding { outcome: FactorOutcome::DoesNotApply, comparison: None };
    }
    let DecisionPolicy {
        edition: _,
        legacy_tokens: _, // not_retired
        least_publishing_access,
        bypass_covers,
        unscoped_packages: _, // Deny::status
    } = context.bound().policy;
    let token = &context.bound().token;
    let account = context.bound().two_factor;
    let bypass = is_covered(bypass_covers, class) && bypasses(token, context.needs);
    // A creation is a write on a package that has the least publishing access of the policy (P4).
    let (recorded, publishing_access) = match context.operation().package_ref() {
        None => (None, PublishingAccess::NoRequirement),
        Some(PackageState::Existing(package)) => {
            (Some(package.publishing_access), package.publishing_access.max(least_publishing_access))
        }
        Some(PackageState::Missing(_)) => (None, least_publishing_access),
    };
    let demander = || match recorded {
        Some(recorded) if recorded == publishing_access => DemandedBy::Package,
        Some(_) | None => DemandedBy::Policy,
    };
    let demanded_by = match (class, publishing_access) {
        (FactorClass::Approval, _) => Some(DemandedBy::Action),
        (_, PublishingAccess::TwoFactorOnly) => Some(demander()),
        (_, PublishingAccess::TwoFactorOrBypass) => (!bypass).then(demander),
        (_, PublishingAccess::NoRequirement) => {
            // The account's mode decides (F4): writes are challenged under auth-and-writes, changes of the account
            // under both modes.
            let is_demanded = match account {
                TwoFactorMode::AuthAndWrites => true,
                TwoFactorMode::AuthOnly => matches!(class, FactorClass::Auth),
                TwoFactorMode::Disabled => false,
            };
            (is_demanded && !bypass).then_some(DemandedBy::Account)
        }
    };
    let outcome = match demanded_by {
        None => FactorOutcome::Passed,
        Some(_)
            if recorded.is_some()
                && publishing_access == PublishingAccess::TwoFactorOnly
                && is_refused_by_two_factor_only(token.kind()) =>
        {
            FactorOutcome::Failed(Reason::TokensDisallowed)
        }
        Some(DemandedBy::Package | DemandedBy::Policy | DemandedBy::Action) if account == TwoFactorMode::Disabled => {
            FactorOutcome::Failed(Reason::SecondFactorNotEnrolled)
        }
        Some(demanded_by) => FactorOutcome::Challenged(demanded_by),
    };
    let publishing_access = match (recorded, publishing_access) {
        (None, PublishingAccess::NoRequirement) => None,
        (_, access) => Some(access),
    };
    let comparison = Comparison::SecondFactor { demanded_by, account, publishing_access, bypass };
    Finding { outcome, comparison: Some(comparison) }
}

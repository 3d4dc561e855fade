//! Checks of the token itself, from an address at a time ([T](crate::docs::rules#t)). They read no resource.

use super::Finding;
use crate::{
    facts::{AccountStatus, OwnerView},
    operation::Action,
    policy::{DecisionPolicy, LegacyTokens},
    rules::{comparison::Comparison, reason::Reason},
    token::{Limits, TokenView, is_expired, is_revoked},
    value::{ClientIp, Timestamp},
};

/// Denies a token that is revoked, or that was made at or before the account's cut-off
/// ([T1](crate::docs::rules#t1)). Before the owner's record is known, `cut_off` is `None`: the check then fails less
/// often, never more.
#[inline(always)]
pub(super) fn not_revoked<'a>(token: &TokenView<'a>, cut_off: Option<Timestamp>) -> Finding<'a> {
    let TokenView { id: _, owner: _, created, revoked, allowed_ranges: _, limits: _ } = *token;
    let passes = !is_revoked(created, revoked, cut_off);
    let comparison = Comparison::Revocation { created, revoked, cut_off };
    Finding::new(passes, Reason::TokenRevoked, comparison)
}

/// Denies a legacy token if the policy retires legacy tokens ([P1](crate::docs::rules#p1)).
#[inline(always)]
pub(super) fn not_retired<'a>(token: &TokenView<'a>, policy: DecisionPolicy) -> Finding<'a> {
    let DecisionPolicy {
        edition,
        legacy_tokens,
        least_publishing_access: _, // second_factor
        bypass_covers: _,           // second_factor
        unscoped_packages: _,       // Deny::status
    } = policy;
    let Limits::Legacy(kind) = token.limits else { return Finding::DOES_NOT_APPLY };
    let passes = match legacy_tokens {
        LegacyTokens::Honoured => true,
        LegacyTokens::Retired => false,
    };
    Finding::new(passes, Reason::TokenRetired, Comparison::Retirement { kind, legacy_tokens, edition })
}

/// Denies a token from the instant of its expiry on ([T2](crate::docs::rules#t2)). A time before the token was made is
/// not a reason to deny.
#[inline(always)]
pub(super) fn not_expired<'a>(token: &TokenView<'a>, now: Timestamp) -> Finding<'a> {
    let expires_at = token.expires_at();
    Finding::new(!is_expired(expires_at, now), Reason::TokenExpired, Comparison::Expiry { expires_at, now })
}

/// Denies a token used from an address outside its allowed ranges, or from an unknown address while it has ranges
/// ([T3](crate::docs::rules#t3)).
#[inline(always)]
pub(super) fn address_allowed<'a>(token: &TokenView<'a>, client_ip: ClientIp) -> Finding<'a> {
    let allowed = token.allowed_ranges;
    let comparison = Comparison::Address { client_ip, allowed };
    Finding::new(allowed.allow(client_ip), Reason::IpNotAllowed, comparison)
}

/// Denies writes and changes of the account while the owner's account is on hold ([T5](crate::docs::rules#t5)).
#[inline(always)]
pub(super) fn owner_not_on_hold<'a>(owner: &OwnerView<'a>, action: Action, now: Timestamp) -> Finding<'a> {
    match owner.writes_held_until {
        Some(until) if action.waits_for_hold() => {
            let comparison = Comparison::Hold { owner: owner.name, until, now };
            Finding::new(now >= until, Reason::OwnerOnHold, comparison)
        }
        Some(_) | None => Finding::DOES_NOT_APPLY,
    }
}

/// Denies every token of a suspended owner ([T4](crate::docs::rules#t4)).
#[inline(always)]
pub(super) fn owner_active<'a>(owner: &OwnerView<'a>) -> Finding<'a> {
    let (passes, status) = match owner.status {
        status @ AccountStatus::Active => (true, status),
        status @ AccountStatus::Suspended => (false, status),
    };
    let comparison = Comparison::OwnerStatus { owner: owner.name, status };
    Finding::new(passes, Reason::OwnerSuspended, comparison)
}

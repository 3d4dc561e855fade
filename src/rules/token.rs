//! T: is the token good, here and now? Before anything about the resource is looked at.

use super::Finding;
use crate::{
    facts::{AccountStatus, OwnerView},
    rules::{comparison::Comparison, reason::Reason},
    token::{TokenView, is_revoked},
    value::{ClientIp, Timestamp},
};

/// T1: [`is_revoked`]. Without the owner's record (`cut_off` absent) it can only fail less often.
#[inline(always)]
pub(super) fn not_revoked<'a>(token: &TokenView<'a>, cut_off: Option<Timestamp>) -> Finding<'a> {
    let TokenView { id: _, owner: _, created, revoked, allowed_ranges: _, limits: _ } = *token;
    let passes = !is_revoked(created, revoked, cut_off);
    let comparison = Comparison::Revocation { created, revoked, cut_off };
    Finding::new(passes, Reason::TokenRevoked, comparison)
}

/// T2: "`now >= expires_at`", dead at the instant. `now` before the token was made is not a reason.
#[inline(always)]
pub(super) fn not_expired<'a>(token: &TokenView<'a>, now: Timestamp) -> Finding<'a> {
    let expires_at = token.expires_at();
    let passes = expires_at.is_none_or(|expires_at| now < expires_at);
    Finding::new(passes, Reason::TokenExpired, Comparison::Expiry { expires_at, now })
}

/// T3: "the client address is in none of the allowed ranges, or is unknown while there are ranges".
#[inline(always)]
pub(super) fn address_allowed<'a>(token: &TokenView<'a>, client_ip: ClientIp) -> Finding<'a> {
    let allowed = token.allowed_ranges;
    let comparison = Comparison::Address { client_ip, allowed };
    Finding::new(allowed.allow(client_ip), Reason::IpNotAllowed, comparison)
}

/// T4: "the owner is suspended".
#[inline(always)]
pub(super) fn owner_active<'a>(owner: &OwnerView<'a>) -> Finding<'a> {
    let (passes, status) = match owner.status {
        status @ AccountStatus::Active => (true, status),
        status @ AccountStatus::Suspended => (false, status),
    };
    let comparison = Comparison::OwnerStatus { owner: owner.name, status };
    Finding::new(passes, Reason::OwnerSuspended, comparison)
}

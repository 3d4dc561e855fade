//! T: is the token good, here and now? Before anything about the resource is looked at.

use super::{Rule, Step};
use crate::{
    facts::{AccountStatus, OwnerView},
    operation::Presented,
    rules::{
        comparison::Comparison,
        reason::{Check, Reason},
    },
    token::{TokenView, is_revoked},
    value::{ClientIp, Timestamp},
};

/// T1: [`is_revoked`]. Without the owner's record (`cut_off` absent) it can only fail less often.
#[inline(always)]
pub(super) fn not_revoked<'a>(token: &TokenView<'a>, cut_off: Option<Timestamp>) -> Step<'a> {
    let TokenView { id: _, owner: _, created, revoked, allowed_ranges: _, limits: _ } = *token;
    let passes = !is_revoked(created, revoked, cut_off);
    let comparison = Comparison::Revocation { created, revoked, cut_off };
    Step::new(Check::NotRevoked, passes, Reason::TokenRevoked, comparison)
}

/// T2: "`now >= expires_at`", dead at the instant. `now` before the token was made is not a reason.
#[inline(always)]
pub(super) fn not_expired<'a>(token: &TokenView<'a>, now: Timestamp) -> Step<'a> {
    let expires_at = token.expires_at();
    let passes = expires_at.is_none_or(|expires_at| now < expires_at);
    Step::new(Check::NotExpired, passes, Reason::TokenExpired, Comparison::Expiry { expires_at, now })
}

/// T3: "the client address is in none of the allowed ranges, or is unknown while there are ranges".
#[inline(always)]
pub(super) fn address_allowed<'a>(token: &TokenView<'a>, client_ip: ClientIp) -> Step<'a> {
    let allowed = token.allowed_ranges;
    let comparison = Comparison::Address { client_ip, allowed };
    Step::new(Check::AddressAllowed, allowed.allow(client_ip), Reason::IpNotAllowed, comparison)
}

/// T4: "the owner is suspended".
#[inline(always)]
fn owner_active<'a>(owner: &OwnerView<'a>) -> Step<'a> {
    let (passes, status) = match owner.status {
        status @ AccountStatus::Active => (true, status),
        status @ AccountStatus::Suspended => (false, status),
    };
    let comparison = Comparison::OwnerStatus { owner: owner.name, status };
    Step::new(Check::OwnerActive, passes, Reason::OwnerSuspended, comparison)
}

macro_rules! rules {
    ($($name:ident: $presented:ident => $step:expr;)+) => {
        $(
            #[derive(Clone, Copy, Debug)]
            pub(crate) struct $name;
            impl<'a> Rule<'a, Presented<'a>> for $name {
                #[inline(always)]
                fn step($presented: &Presented<'a>) -> Step<'a> {
                    $step
                }
            }
        )+
    };
}

rules! {
    NotRevoked: presented => not_revoked(&presented.bound.token, presented.bound.tokens_revoked_until);
    NotExpired: presented => not_expired(&presented.bound.token, presented.now());
    AddressAllowed: presented => address_allowed(&presented.bound.token, presented.client_ip());
    OwnerActive: presented => owner_active(&presented.bound.owner());
}

//! Texts about tokens.

use maud::{Markup, html};
use tollgate::{
    Timestamp,
    policy::{LegacyTokens, Policy},
    token::{LegacyKind, OrganizationsGrant, PackageSelection, PackagesGrant, Token, TwoFactorBypass},
    value::AllowedRanges,
};

use crate::store::tokens::KeptToken;

/// The name of a token, or the words for a token that has none.
pub(crate) fn name(token: &Token) -> String {
    match token {
        Token::Granular(granular) => granular.name().to_string(),
        Token::Legacy(_) => "legacy token".to_owned(),
        Token::Session(_) | _ => "session".to_owned(),
    }
}

/// The kind of a token.
pub(crate) fn kind(token: &Token) -> &'static str {
    match token {
        Token::Granular(_) => "granular",
        Token::Legacy(legacy) => match legacy.kind() {
            LegacyKind::ReadOnly => "legacy, read-only",
            LegacyKind::Automation => "legacy, automation",
            LegacyKind::Publish | _ => "legacy, publish",
        },
        Token::Session(_) | _ => "session",
    }
}

/// The entries with commas between them.
pub(crate) fn list<T: ToString>(entries: &[T]) -> String {
    entries.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The permission on packages, and the packages.
pub(crate) fn packages(grant: &PackagesGrant) -> String {
    match grant {
        PackagesGrant::Granted { permission, selection } => match selection {
            PackageSelection::All => format!("{permission} on all packages"),
            PackageSelection::Only(only) => {
                let selected = [list(only.packages()), list(only.scopes())];
                let selected: Vec<String> = selected.into_iter().filter(|part| !part.is_empty()).collect();
                format!("{permission} on {}", selected.join(", "))
            }
            _ => permission.to_string(),
        },
        PackagesGrant::NoAccess | _ => "no access".to_owned(),
    }
}

/// The permission on organizations, and the organizations.
pub(crate) fn organizations(grant: &OrganizationsGrant) -> String {
    match grant {
        OrganizationsGrant::Granted { permission, selection } => {
            format!("{permission} on {}", list(selection.as_slice()))
        }
        OrganizationsGrant::NoAccess | _ => "no access".to_owned(),
    }
}

/// The settings and times of a token, as a list. `kept` is the token in the database, or `None` for a draft.
pub(crate) fn details(token: &Token, kept: Option<&KeptToken>, policy: &Policy) -> Markup {
    list_of(token, kept, (policy, true))
}

/// The same for an owner of an organization, without the packages and organizations that the owner may not know, and
/// without the words of the token's owner about it.
pub(crate) fn details_for_others(kept: &KeptToken, policy: &Policy) -> Markup {
    list_of(&kept.token, Some(kept), (policy, false))
}

fn list_of(token: &Token, kept: Option<&KeptToken>, (policy, is_own): (&Policy, bool)) -> Markup {
    let is_retired = matches!(token, Token::Legacy(_)) && policy.legacy_tokens() == LegacyTokens::Retired;
    html! {
        dl {
            @if let Some(kept) = kept { dt { "Text" } dd { code { (kept.hint) } } }
            dt { "Kind" } dd { (kind(token)) @if is_retired { " (refused by this registry)" } }
            @if let Token::Granular(granular) = token {
                @if is_own {
                    dt { "Packages" } dd { (packages(granular.packages())) }
                    dt { "Organizations" } dd { (organizations(granular.organizations())) }
                }
                dt { "Second factor" }
                dd { @match granular.bypass_2fa() {
                    TwoFactorBypass::On => "bypassed where the rules allow it",
                    TwoFactorBypass::Off | _ => "asked for where it is needed",
                } }
                @if is_own && !granular.description().as_str().is_empty() {
                    dt { "Description" } dd { (granular.description().as_str()) }
                }
            }
            dt { "IP addresses" }
            dd { @match token.allowed_ranges() {
                AllowedRanges::Any => "any",
                AllowedRanges::Only(ranges) => (list(ranges.as_slice())),
                _ => "unknown",
            } }
            dt { "Created" } dd { (time(token.created())) }
            dt { "Expires" } dd { @match token.as_view().expires_at() { Some(at) => (time(at)), None => "never" } }
            @if let Some(kept) = kept {
                dt { "Last used" }
                dd { @match kept.last_used {
                    Some(hour) => { "in the hour after " (time(hour)) },
                    None => "not yet",
                } }
            }
        }
    }
}

/// A time, to the minute.
pub(crate) fn time(at: Timestamp) -> Markup {
    let text = at.to_string();
    let minutes = text.get(..16).unwrap_or(&text).replace('T', " ");
    html! { time datetime=(text) { (minutes) " UTC" } }
}

//! Tokens of every kind, and their parts: ids, names, selections, grants and settings.

use core::time::Duration;
use std::{string::String, vec::Vec};

use proptest::{
    bool::weighted,
    collection::vec,
    option, prop_oneof,
    strategy::{BoxedStrategy, Just, Strategy},
};

use super::{
    names::{PACKAGES, SCOPES, USERS, known, organization_name, package_name, scope},
    one_of, text, valid,
    values::allowed_ranges,
};
use crate::{
    testing::build::{CREATED, time},
    token::{
        GranularSettings, GranularToken, LegacyKind, LegacyToken, OrganizationSelection, OrganizationsGrant,
        PackageOrScope, PackageSelection, PackagesGrant, SessionToken, Token, TokenDescription, TokenFacts, TokenId,
        TokenName, TwoFactorBypass,
    },
    value::{
        AllowedRanges, GrantedPermission, PackageName, PackagesPermission, Permission, Scope, Timestamp, UserName,
    },
};

/// Generates public ids of tokens: short ones, UUIDs, and other texts without control characters.
pub fn token_id() -> BoxedStrategy<TokenId> {
    let texts: BoxedStrategy<String> = prop_oneof![
        4 => text("t-[0-9]{1,3}"),
        2 => text("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
        1 => text("\\PC{1,60}"),
    ]
    .boxed();
    texts.prop_filter_map("no id", |text| text.parse().ok()).boxed()
}

/// Generates names of granular tokens, of 1 to 40 characters ([L6](crate::docs::rules#l6)).
pub fn token_name() -> BoxedStrategy<TokenName> {
    text("[A-Za-z0-9_-]([A-Za-z0-9_ -]{0,38}[A-Za-z0-9_-])?").prop_map(|text| valid(text.parse())).boxed()
}

/// Generates descriptions of granular tokens, of 0 to 120 characters ([L6](crate::docs::rules#l6)).
pub fn token_description() -> BoxedStrategy<TokenDescription> {
    text("(|\\PC{0,20}|\\PC{110,120})").prop_map(|text| valid(text.parse())).boxed()
}

/// Generates selections of all packages, or of one to five packages and scopes, most of them from a small world of
/// names.
///
/// Shrinks towards all packages.
pub fn package_selection() -> BoxedStrategy<PackageSelection> {
    let entry: BoxedStrategy<PackageOrScope> = prop_oneof![
        6 => known::<PackageName>(PACKAGES).prop_map(PackageOrScope::Package),
        4 => known::<Scope>(SCOPES).prop_map(PackageOrScope::Scope),
        1 => package_name().prop_map(PackageOrScope::Package),
        1 => scope().prop_map(PackageOrScope::Scope),
    ]
    .boxed();
    prop_oneof![
        1 => Just(PackageSelection::All),
        3 => vec(entry, 1..6).prop_map(|entries| valid(PackageSelection::only(entries))),
    ]
    .boxed()
}

/// Generates selections of one to three organizations.
pub fn organization_selection() -> BoxedStrategy<OrganizationSelection> {
    vec(organization_name(), 1..4).prop_map(|names| valid(OrganizationSelection::only(names))).boxed()
}

/// Generates permissions above `no-access`. `read-write` is three times as frequent as `read-only`.
pub(super) fn granted_permission() -> BoxedStrategy<GrantedPermission> {
    prop_oneof![3 => Just(GrantedPermission::ReadWrite), 1 => Just(GrantedPermission::ReadOnly)].boxed()
}

/// Generates permissions on packages. `read-write` is as frequent as the other two together.
fn packages_permission() -> BoxedStrategy<PackagesPermission> {
    prop_oneof![
        2 => Just(PackagesPermission::ReadWrite),
        1 => Just(PackagesPermission::StageOnly),
        1 => Just(PackagesPermission::ReadOnly),
    ]
    .boxed()
}

/// Generates grants over packages and scopes: no access, or a permission with a selection.
///
/// Shrinks towards no access.
pub fn packages_grant() -> BoxedStrategy<PackagesGrant> {
    let granted = (packages_permission(), package_selection());
    prop_oneof![
        1 => Just(PackagesGrant::NoAccess),
        5 => granted.prop_map(|(permission, selection)| PackagesGrant::Granted { permission, selection }),
    ]
    .boxed()
}

/// Generates grants over organizations: no access, or a permission with a selection.
///
/// Shrinks towards no access.
pub fn organizations_grant() -> BoxedStrategy<OrganizationsGrant> {
    let granted = (granted_permission(), organization_selection());
    prop_oneof![
        1 => Just(OrganizationsGrant::NoAccess),
        5 => granted.prop_map(|(permission, selection)| OrganizationsGrant::Granted { permission, selection }),
    ]
    .boxed()
}

/// Generates valid settings of a granular token that is made at [`CREATED`](crate::testing::CREATED) or earlier.
///
/// The settings keep the limits on expiry, permissions, texts and bypass ([L4](crate::docs::rules#l4) to
/// [L7](crate::docs::rules#l7)). Some lie exactly at a limit, such as an expiry after 24 hours. Shrinks towards short
/// texts, any address, no bypass, and an expiry after one day.
pub fn granular_settings() -> BoxedStrategy<GranularSettings> {
    settings((token_name(), token_description()).boxed())
}

/// Generates settings with these names and descriptions.
fn settings(texts: BoxedStrategy<(TokenName, TokenDescription)>) -> BoxedStrategy<GranularSettings> {
    let grants = (packages_grant(), organizations_grant()).prop_filter("no permission", |(packages, organizations)| {
        packages.permission().max(organizations.permission()) > Permission::NoAccess
    });
    (texts, lifetime(), allowed_ranges(), weighted(0.35), grants)
        .prop_map(|((name, description), lifetime, allowed_ranges, bypass, (packages, organizations))| {
            let may_bypass = packages.permission().max(organizations.permission()) == Permission::ReadWrite;
            GranularSettings {
                name,
                description,
                expires_at: lifetime.map_or(Timestamp::MAX, |lifetime| valid(time(CREATED).checked_add(lifetime))),
                allowed_ranges,
                bypass_2fa: if bypass && may_bypass { TwoFactorBypass::On } else { TwoFactorBypass::Off },
                packages,
                organizations,
            }
        })
        .boxed()
}

/// Generates the time from creation to expiry: one day, one nanosecond more than a day, nine weeks, a year, or `None`
/// for the latest possible expiry.
fn lifetime() -> BoxedStrategy<Option<Duration>> {
    const DAY: u64 = 86_400;
    const LIFETIMES: &[Option<Duration>] = &[
        Some(Duration::from_secs(DAY)),
        Some(Duration::new(DAY, 1)),
        Some(Duration::from_secs(63 * DAY)),
        Some(Duration::from_secs(365 * DAY)),
        None,
    ];
    one_of(LIFETIMES)
}

/// The facts of a token that has no owner yet.
#[derive(Clone, Debug)]
pub(super) struct OwnerlessToken {
    id: TokenId,
    pub(super) created: Timestamp,
    revoked: Option<Timestamp>,
    pub(super) kind: OwnerlessKind,
}

/// The kind of an [`OwnerlessToken`], with the facts that only this kind has.
#[derive(Clone, Debug)]
pub(super) enum OwnerlessKind {
    Legacy(LegacyKind, AllowedRanges),
    Granular(GranularSettings),
    /// The time from creation to expiry, and the ranges.
    Session(Duration, AllowedRanges),
}

impl OwnerlessToken {
    /// Creates the token, owned by this user.
    pub(super) fn with_owner(self, owner: UserName) -> Token {
        let Self { id, created, revoked, kind } = self;
        match kind {
            OwnerlessKind::Legacy(kind, ranges) => {
                LegacyToken::load(TokenFacts { id, owner, created, revoked }, kind, ranges).into()
            }
            OwnerlessKind::Session(lifetime, ranges) => {
                let expires_at = valid(created.checked_add(lifetime));
                SessionToken::load(TokenFacts { id, owner, created, revoked }, expires_at, ranges).into()
            }
            OwnerlessKind::Granular(settings) => {
                valid(GranularToken::load(TokenFacts { id, owner, created, revoked }, settings)).into()
            }
        }
    }
}

/// Generates tokens with a short id and name and no description. No decision depends on these texts, and short ones
/// make a failed question easy to read.
pub(super) fn plain_token() -> BoxedStrategy<OwnerlessToken> {
    let texts = (one_of(&["ci", "release bot"]), Just(TokenDescription::default()));
    let texts = texts.prop_map(|(name, description)| (valid(name.parse()), description));
    ownerless_token(one_of(&["t-1", "t-2"]).prop_map(|id| valid(id.parse())).boxed(), settings(texts.boxed()))
}

/// Generates tokens without an owner, with these ids and settings.
fn ownerless_token(
    id: BoxedStrategy<TokenId>,
    settings: BoxedStrategy<GranularSettings>,
) -> BoxedStrategy<OwnerlessToken> {
    // A session may be shorter than a granular token.
    const SESSION_LIFETIMES: &[Duration] =
        &[Duration::from_secs(1), Duration::from_hours(2), Duration::from_hours(400 * 24)];
    let legacy_kinds: BoxedStrategy<LegacyKind> = prop_oneof![
        3 => Just(LegacyKind::Publish),
        2 => Just(LegacyKind::Automation),
        1 => Just(LegacyKind::ReadOnly),
    ]
    .boxed();
    let session_lifetime = one_of(SESSION_LIFETIMES);
    let kind: BoxedStrategy<OwnerlessKind> = prop_oneof![
        2 => (legacy_kinds, allowed_ranges()).prop_map(|(kind, ranges)| OwnerlessKind::Legacy(kind, ranges)),
        3 => settings.prop_map(OwnerlessKind::Granular),
        1 => (session_lifetime, allowed_ranges()).prop_map(|(lifetime, ranges)| OwnerlessKind::Session(lifetime, ranges)),
    ]
    .boxed();
    let created = one_of(&[CREATED, "2025-10-30T11:59:59.999999999Z", "2025-10-29T12:00:00Z"]).prop_map(time);
    let revoked = option::weighted(0.03, one_of(&[CREATED, "2024-01-01T00:00:00Z", "9999-01-01T00:00:00Z"]));
    (id, created, revoked, kind)
        .prop_map(|(id, created, revoked, kind)| OwnerlessToken { id, created, revoked: revoked.map(time), kind })
        .boxed()
}

/// Generates tokens of every kind. The owner is `alice`, `bob` or `Alice`, and one in thirty tokens is revoked.
///
/// Shrinks towards a legacy publish token of `alice`.
pub fn token() -> BoxedStrategy<Token> {
    (ownerless_token(token_id(), granular_settings()), known(USERS))
        .prop_map(|(token, owner)| token.with_owner(owner))
        .boxed()
}

/// Returns the packages and scopes of a selection in one list. The list is empty if all packages are selected.
pub(super) fn entries(selection: &PackageSelection) -> Vec<PackageOrScope> {
    match selection {
        PackageSelection::All => Vec::new(),
        PackageSelection::Only(only) => {
            let packages = only.packages().iter().cloned().map(PackageOrScope::Package);
            packages.chain(only.scopes().iter().cloned().map(PackageOrScope::Scope)).collect()
        }
    }
}

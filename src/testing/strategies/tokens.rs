//! Tokens: grants, settings, and tokens of every kind.

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
        PackageOrScope, PackageSelection, PackagesGrant, Token, TokenDescription, TokenFacts, TokenId, TokenName,
        TwoFactorBypass,
    },
    value::{AllowedRanges, GrantedPermission, PackageName, Permission, Scope, Timestamp, UserName},
};

/// Public ids of tokens: short ones, UUIDs, and any text without control characters.
pub fn token_key() -> BoxedStrategy<TokenId> {
    let texts: BoxedStrategy<String> = prop_oneof![
        4 => text("t-[0-9]{1,3}"),
        2 => text("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
        1 => text("\\PC{1,60}"),
    ]
    .boxed();
    texts.prop_filter_map("no id", |text| text.parse().ok()).boxed()
}

/// Names of granular tokens (L6): `ci`, up to 40 characters.
pub fn token_name() -> BoxedStrategy<TokenName> {
    text("[A-Za-z0-9_-]([A-Za-z0-9_ -]{0,38}[A-Za-z0-9_-])?").prop_map(|text| valid(text.parse())).boxed()
}

/// Descriptions of granular tokens (L6): empty, or up to 120 characters of any kind.
pub fn token_description() -> BoxedStrategy<TokenDescription> {
    text("(|\\PC{0,20}|\\PC{110,120})").prop_map(|text| valid(text.parse())).boxed()
}

/// All packages, or one to five packages and scopes, most of them of the small world of names.
///
/// Shrinks to all.
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

/// One to three organizations.
pub fn organization_selection() -> BoxedStrategy<OrganizationSelection> {
    vec(organization_name(), 1..4).prop_map(|names| valid(OrganizationSelection::only(names))).boxed()
}

/// A permission above none, the higher of the two more often.
pub(super) fn granted_permission() -> BoxedStrategy<GrantedPermission> {
    prop_oneof![3 => Just(GrantedPermission::ReadWrite), 1 => Just(GrantedPermission::ReadOnly)].boxed()
}

/// No access to packages, or a permission over a selection.
///
/// Shrinks to no access.
pub fn packages_grant() -> BoxedStrategy<PackagesGrant> {
    let granted = (granted_permission(), package_selection());
    prop_oneof![
        1 => Just(PackagesGrant::NoAccess),
        5 => granted.prop_map(|(permission, selection)| PackagesGrant::Granted { permission, selection }),
    ]
    .boxed()
}

/// No access to organizations, or a permission over a selection.
///
/// Shrinks to no access.
pub fn organizations_grant() -> BoxedStrategy<OrganizationsGrant> {
    let granted = (granted_permission(), organization_selection());
    prop_oneof![
        1 => Just(OrganizationsGrant::NoAccess),
        5 => granted.prop_map(|(permission, selection)| OrganizationsGrant::Granted { permission, selection }),
    ]
    .boxed()
}

/// Settings that a granular token may have which is made at [`CREATED`](crate::testing::CREATED) or before: they keep
/// L4 to L7, at the edge too.
///
/// Shrinks to short texts, any address, no bypass, and a token that lives for a day.
pub fn granular_settings() -> BoxedStrategy<GranularSettings> {
    settings((token_name(), token_description()).boxed())
}

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

/// A day, a little more, two months, a year, or for ever.
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

/// A token that is still without its owner.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    id: TokenId,
    pub(super) created: Timestamp,
    revoked: Option<Timestamp>,
    pub(super) kind: DraftKind,
}

#[derive(Clone, Debug)]
pub(super) enum DraftKind {
    Legacy(LegacyKind, AllowedRanges),
    Granular(GranularSettings),
}

impl Draft {
    pub(super) fn of(self, owner: UserName) -> Token {
        let Self { id, created, revoked, kind } = self;
        match kind {
            DraftKind::Legacy(kind, ranges) => {
                LegacyToken::load(TokenFacts { id, owner, created, revoked }, kind, ranges).into()
            }
            DraftKind::Granular(settings) => {
                valid(GranularToken::load(TokenFacts { id, owner, created, revoked }, settings)).into()
            }
        }
    }
}

/// A token whose texts, which no decision looks at, are plain: a question stays short to read and quick to make.
pub(super) fn plain_draft() -> BoxedStrategy<Draft> {
    let texts = (one_of(&["ci", "release bot"]), Just(TokenDescription::default()));
    let texts = texts.prop_map(|(name, description)| (valid(name.parse()), description));
    draft(one_of(&["t-1", "t-2"]).prop_map(|id| valid(id.parse())).boxed(), settings(texts.boxed()))
}

fn draft(id: BoxedStrategy<TokenId>, settings: BoxedStrategy<GranularSettings>) -> BoxedStrategy<Draft> {
    let legacy_kinds: BoxedStrategy<LegacyKind> = prop_oneof![
        3 => Just(LegacyKind::Publish),
        2 => Just(LegacyKind::Automation),
        1 => Just(LegacyKind::ReadOnly),
    ]
    .boxed();
    let kind: BoxedStrategy<DraftKind> = prop_oneof![
        2 => (legacy_kinds, allowed_ranges()).prop_map(|(kind, ranges)| DraftKind::Legacy(kind, ranges)),
        3 => settings.prop_map(DraftKind::Granular),
    ]
    .boxed();
    let created = one_of(&[CREATED, "2025-10-30T11:59:59.999999999Z", "2025-10-29T12:00:00Z"]).prop_map(time);
    let revoked = option::weighted(0.03, one_of(&[CREATED, "2024-01-01T00:00:00Z", "9999-01-01T00:00:00Z"]));
    (id, created, revoked, kind)
        .prop_map(|(id, created, revoked, kind)| Draft { id, created, revoked: revoked.map(time), kind })
        .boxed()
}

/// Tokens of every kind, of one of the users `alice`, `bob` and `Alice`; one in thirty is revoked.
///
/// Shrinks to a legacy publish token of `alice`.
pub fn token() -> BoxedStrategy<Token> {
    (draft(token_key(), granular_settings()), known(USERS)).prop_map(|(draft, owner)| draft.of(owner)).boxed()
}

/// The entries of a selection, in one list; none for all packages.
pub(super) fn entries(selection: &PackageSelection) -> Vec<PackageOrScope> {
    match selection {
        PackageSelection::All => Vec::new(),
        PackageSelection::Only(only) => {
            let packages = only.packages().iter().cloned().map(PackageOrScope::Package);
            packages.chain(only.scopes().iter().cloned().map(PackageOrScope::Scope)).collect()
        }
    }
}

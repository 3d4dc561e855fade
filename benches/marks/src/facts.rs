//! The tokens, users and packages that the measurements share.

use std::fmt::Debug;

use tollgate::{
    ClientIp, Package, PackageName, Timestamp, Token, User,
    facts::{
        AccountStatus, Membership, Memberships, PackageFacts, PublishingAccess, ScopeOwner, TeamGrants, TwoFactorMode,
        UserFacts, UserGrants, Visibility,
    },
    token::{
        GranularSettings, GranularToken, OrganizationsGrant, PackageOrScope, PackageSelection, PackagesGrant,
        TokenDescription, TokenFacts, TokenId, TwoFactorBypass,
    },
    value::{AllowedRanges, GrantedPermission, PackagesPermission, Role, Scope},
};

/// Parses a value from a text that is known to be valid.
pub(crate) fn parsed<T: std::str::FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("a text of the bench's own")
}

pub(crate) fn now() -> Timestamp {
    parsed("2025-11-01T00:00:00Z")
}

/// Returns an address in the third of the four [`RANGES`].
pub(crate) fn client_ip() -> ClientIp {
    parsed("2001:db8::7")
}

pub(crate) const RANGES: [&str; 4] = ["10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32", "198.51.100.0/24"];

/// Returns this many selected entries, of which the last is `@scope24`, the scope that matches. Half of them are
/// packages and half are scopes.
pub(crate) fn entries(count: usize) -> Vec<PackageOrScope> {
    let scopes = (25 - count.div_ceil(2).min(25)..25).map(|n| parsed::<Scope>(&format!("@scope{n:02}")).into());
    let packages = (0..count / 2).map(|n| parsed::<PackageName>(&format!("package-{n}")).into());
    packages.chain(scopes).collect()
}

/// Returns the default settings of Alice's granular token, with this many entries. A measurement may change some of
/// them.
pub(crate) fn settings(count: usize) -> GranularSettings {
    GranularSettings {
        name: parsed("ci"),
        description: TokenDescription::default(),
        expires_at: parsed("2026-01-01T00:00:00Z"),
        allowed_ranges: AllowedRanges::only(RANGES.map(parsed)).expect("ranges"),
        bypass_2fa: TwoFactorBypass::On,
        packages: PackagesGrant::Granted {
            permission: PackagesPermission::ReadWrite,
            selection: PackageSelection::only(entries(count)).expect("a selection"),
        },
        organizations: OrganizationsGrant::NoAccess,
    }
}

pub(crate) fn key() -> TokenId {
    TokenId::new("t-1").expect("a key")
}

pub(crate) fn created() -> Timestamp {
    parsed("2025-10-30T12:00:00Z")
}

/// Returns Alice's token with these settings.
pub(crate) fn token_with(settings: GranularSettings) -> Token {
    GranularToken::load(TokenFacts { id: key(), owner: parsed("alice"), created: created(), revoked: None }, settings)
        .expect("a token")
        .into()
}

/// Returns Alice's token with this many entries.
pub(crate) fn token(count: usize) -> Token {
    token_with(settings(count))
}

/// Returns Alice's token that selects everything and may be used from any address.
pub(crate) fn token_for_all() -> Token {
    token_with(GranularSettings {
        allowed_ranges: AllowedRanges::Any,
        packages: PackagesGrant::Granted {
            permission: PackagesPermission::ReadWrite,
            selection: PackageSelection::All,
        },
        ..settings(1)
    })
}

pub(crate) fn alice(memberships: Memberships) -> User {
    User::new(UserFacts {
        name: parsed("alice"),
        status: AccountStatus::Active,
        two_factor: TwoFactorMode::AuthAndWrites,
        tokens_revoked_until: None,
        writes_held_until: None,
        memberships,
    })
    .expect("a user")
}

/// Returns Alice as a member of this many organizations, and of this many teams in each.
pub(crate) fn member(organizations: usize, teams: usize) -> User {
    let memberships = (0..organizations).map(|organization| {
        let teams = (0..teams).map(|n| parsed(&team_name(n)));
        Membership::new(parsed(&organization_name(organization)), Role::Member, teams).expect("a membership")
    });
    alice(Memberships::new(memberships).expect("memberships"))
}

/// Returns the name with this number. Names sort by their numbers.
pub(crate) fn organization_name(number: usize) -> String {
    format!("organization-{number:04}")
}

/// Returns the name with this number. Names sort by their numbers.
pub(crate) fn team_name(number: usize) -> String {
    format!("team-{number:04}")
}

/// Returns a private package with these grants, in the scope of a user other than Alice.
pub(crate) fn private(name: &str, users: UserGrants, teams: TeamGrants) -> Package {
    package(name, PublishingAccess::TwoFactorOrBypass, users, teams)
}

pub(crate) fn package(name: &str, access: PublishingAccess, users: UserGrants, teams: TeamGrants) -> Package {
    Package::new(PackageFacts {
        name: parsed(name),
        scope_owner: ScopeOwner::User,
        visibility: Visibility::Private,
        publishing_access: access,
        users,
        teams,
    })
    .expect("a package")
}

/// Returns a single grant, to Alice.
pub(crate) fn maintainer(permission: GrantedPermission) -> UserGrants {
    UserGrants::new([(parsed("alice"), permission)]).expect("a grant")
}

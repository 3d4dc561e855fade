//! Builders of users, packages and tokens, and helpers that parse names, times and ranges.

use core::{fmt::Display, str::FromStr};
use std::vec::Vec;

use super::valid;
use crate::{
    facts::{
        Account, AccountStatus, Membership, Memberships, MissingOrganization, MissingPackage, NewTeam, Organization,
        OrganizationAndPackage, OrganizationState, Package, PackageFacts, PackageState, PublishingAccess, ScopeOwner,
        Team, TeamAndPackage, TeamGrants, TwoFactorMode, User, UserFacts, UserGrants, Visibility,
    },
    operation::{
        AccountAction, Action, BoundToken, CreateTeam, Operation, OrganizationAction, PackageAction, SharePackage,
        TeamAccessAction, TeamAction,
    },
    policy::Policy,
    token::{
        GranularSettings, GranularToken, LegacyKind, LegacyToken, OrganizationSelection, OrganizationsGrant,
        PackageOrScope, PackageSelection, PackagesGrant, SessionToken, Token, TokenDescription, TokenFacts, TokenId,
        TwoFactorBypass,
    },
    value::{
        AllowedRanges, GrantedPermission, IpRange, OrganizationName, PackageName, PackagesPermission, Role, Scope,
        TeamName, Timestamp, UserName,
    },
};

/// The time at which tokens are created unless a builder sets another time, in RFC 3339.
pub const CREATED: &str = "2025-10-30T12:00:00Z";
/// The time of a request, in RFC 3339: a day and a half after [`CREATED`]. See [`now`].
pub const NOW: &str = "2025-11-01T00:00:00Z";
/// The time at which granular tokens expire unless a builder sets another time, in RFC 3339.
pub const EXPIRES: &str = "2026-01-01T00:00:00Z";

/// Parses a time in RFC 3339, such as `2025-11-01T00:00:00Z`.
///
/// # Panics
///
/// Panics if `text` is not a valid [`Timestamp`].
#[must_use]
#[track_caller]
pub fn time(text: &str) -> Timestamp {
    parsed(text)
}

/// Returns [`NOW`] as a [`Timestamp`].
#[must_use]
#[track_caller]
pub fn now() -> Timestamp {
    time(NOW)
}

/// Parses the name of a package, such as `left-pad` or `@acme/app`.
///
/// # Panics
///
/// Panics if `text` is not a valid [`PackageName`].
#[must_use]
#[track_caller]
pub fn package_name(text: &str) -> PackageName<&str> {
    valid(PackageName::new(text))
}

/// Parses the name of an organization.
///
/// # Panics
///
/// Panics if `text` is not a valid [`OrganizationName`].
#[must_use]
#[track_caller]
pub fn organization_name(text: &str) -> OrganizationName<&str> {
    valid(OrganizationName::new(text))
}

/// Parses the name of a team.
///
/// # Panics
///
/// Panics if `text` is not a valid [`TeamName`].
#[must_use]
#[track_caller]
pub fn team_name(text: &str) -> TeamName<&str> {
    valid(TeamName::new(text))
}

/// Parses the name of a user.
///
/// # Panics
///
/// Panics if `text` is not a valid [`UserName`].
#[must_use]
#[track_caller]
pub fn user_name(text: &str) -> UserName<&str> {
    valid(UserName::new(text))
}

/// Parses the public id of a token.
///
/// # Panics
///
/// Panics if `text` is not a valid [`TokenId`].
#[must_use]
#[track_caller]
pub fn token_id(text: &str) -> TokenId {
    valid(TokenId::new(text))
}

/// States that an organization with this name exists.
///
/// # Panics
///
/// Panics if `name` is not a valid [`OrganizationName`].
#[must_use]
#[track_caller]
pub fn organization(name: &str) -> Organization {
    Organization::new(parsed(name))
}

/// States that no organization with this name exists.
///
/// # Panics
///
/// Panics if `name` is not a valid [`OrganizationName`].
#[must_use]
#[track_caller]
pub fn missing_organization(name: &str) -> MissingOrganization<'_> {
    MissingOrganization::new(organization_name(name))
}

/// States that no package with this name exists.
///
/// # Panics
///
/// Panics if `name` is not a valid [`PackageName`].
#[must_use]
#[track_caller]
pub fn missing_package(name: &str) -> MissingPackage<'_> {
    MissingPackage::new(package_name(name))
}

/// Parses IP ranges in CIDR notation, such as `10.0.0.0/8`. An empty list allows any address.
///
/// The empty list is a convenience for tests: [`AllowedRanges::only`] returns an error for it.
///
/// # Panics
///
/// Panics if a text is not a valid [`IpRange`], or if there are more than 1,000 different ranges
/// ([L7](crate::docs::rules#l7)).
#[must_use]
#[track_caller]
pub fn ranges(texts: &[&str]) -> AllowedRanges {
    if texts.is_empty() {
        return AllowedRanges::Any;
    }
    valid(AllowedRanges::only(all_parsed::<IpRange>(texts)))
}

/// Binds a token to its owner, for decisions under a policy.
///
/// # Panics
///
/// Panics if `owner` is not the owner of `token`.
#[must_use]
#[track_caller]
pub fn bind<'a>(policy: Policy, token: &'a Token, owner: &'a User) -> BoundToken<'a> {
    valid(policy.bind(token, owner))
}

/// Creates a builder of a user who is active, has no second factor and is in no organization.
///
/// # Panics
///
/// Panics if `name` is not a valid [`UserName`].
///
/// # Examples
///
/// ```
/// use tollgate::{facts::TwoFactorMode, testing::user, value::Role};
///
/// let alice = user("alice")
///     .two_factor(TwoFactorMode::AuthAndWrites)
///     .member("acme", Role::Admin, &["developers"])
///     .build();
/// assert_eq!(alice.name().as_str(), "alice");
/// ```
///
/// A user has at most one membership in an organization:
///
/// ```should_panic
/// use tollgate::{testing::user, value::Role};
///
/// user("alice").member("acme", Role::Admin, &[]).member("acme", Role::Member, &["developers"]).build();
/// ```
#[must_use]
#[track_caller]
pub fn user(name: &str) -> UserBuilder {
    UserBuilder {
        name: parsed(name),
        status: AccountStatus::Active,
        two_factor: TwoFactorMode::Disabled,
        cut_off: None,
        held_until: None,
        memberships: Vec::new(),
    }
}

/// A builder of a [`User`], created by [`user`].
#[derive(Clone, Debug)]
pub struct UserBuilder {
    name: UserName,
    status: AccountStatus,
    two_factor: TwoFactorMode,
    cut_off: Option<Timestamp>,
    held_until: Option<Timestamp>,
    memberships: Vec<Membership>,
}

impl UserBuilder {
    /// Suspends the account ([T4](crate::docs::rules#t4)).
    #[must_use]
    #[track_caller]
    pub fn suspended(mut self) -> Self {
        self.status = AccountStatus::Suspended;
        self
    }

    /// Sets the account's two-factor mode ([F4](crate::docs::rules#f4)).
    #[must_use]
    #[track_caller]
    pub fn two_factor(mut self, mode: TwoFactorMode) -> Self {
        self.two_factor = mode;
        self
    }

    /// Revokes every token of the account that was created at or before this time, in RFC 3339
    /// ([T1](crate::docs::rules#t1)).
    ///
    /// # Panics
    ///
    /// Panics if `at` is not a valid [`Timestamp`].
    #[must_use]
    #[track_caller]
    pub fn tokens_revoked_until(mut self, at: &str) -> Self {
        self.cut_off = Some(time(at));
        self
    }

    /// Puts the account on hold until this time, in RFC 3339 ([T5](crate::docs::rules#t5)).
    ///
    /// # Panics
    ///
    /// Panics if `at` is not a valid [`Timestamp`].
    #[must_use]
    #[track_caller]
    pub fn writes_held_until(mut self, at: &str) -> Self {
        self.held_until = Some(time(at));
        self
    }

    /// Adds a membership in an organization, with the user's teams there.
    ///
    /// # Panics
    ///
    /// Panics if a name is not valid, or if a team is named twice.
    #[must_use]
    #[track_caller]
    pub fn member(mut self, organization: &str, role: Role, teams: &[&str]) -> Self {
        self.memberships.push(valid(Membership::new(parsed(organization), role, all_parsed(teams))));
        self
    }

    /// Builds the user.
    ///
    /// # Panics
    ///
    /// Panics if the user has two memberships in one organization, or a membership in an organization that has the same
    /// name as the user ([N4](crate::docs::rules#n4)).
    #[must_use]
    #[track_caller]
    pub fn build(self) -> User {
        let memberships = valid(Memberships::new(self.memberships));
        valid(User::new(UserFacts {
            name: self.name,
            status: self.status,
            two_factor: self.two_factor,
            tokens_revoked_until: self.cut_off,
            writes_held_until: self.held_until,
            memberships,
        }))
    }
}

/// Creates a builder of a package that is public, has no grants and requires no second factor.
///
/// The scope of a scoped package belongs to an organization, unless the builder sets another owner.
///
/// # Panics
///
/// Panics if `name` is not a valid [`PackageName`].
///
/// # Examples
///
/// ```
/// use tollgate::{testing::package, value::GrantedPermission};
///
/// let app = package("@acme/app")
///     .private()
///     .user("bob", GrantedPermission::ReadOnly)
///     .team("acme", "developers", GrantedPermission::ReadWrite)
///     .build();
/// assert_eq!(app.name().as_str(), "@acme/app");
/// ```
///
/// The scope of an unscoped package cannot belong to a user:
///
/// ```should_panic
/// use tollgate::testing::package;
///
/// package("left-pad").in_scope_of_a_user().build();
/// ```
#[must_use]
#[track_caller]
pub fn package(name: &str) -> PackageBuilder {
    let name: PackageName = parsed(name);
    PackageBuilder {
        scope_owner: if name.is_scoped() { ScopeOwner::Organization } else { ScopeOwner::Unscoped },
        name,
        visibility: Visibility::Public,
        publishing_access: PublishingAccess::NoRequirement,
        users: Vec::new(),
        teams: Vec::new(),
    }
}

/// A builder of a [`Package`], created by [`package`].
#[derive(Clone, Debug)]
pub struct PackageBuilder {
    name: PackageName,
    scope_owner: ScopeOwner,
    visibility: Visibility,
    publishing_access: PublishingAccess,
    users: Vec<(UserName, GrantedPermission)>,
    teams: Vec<(OrganizationName, TeamName, GrantedPermission)>,
}

impl PackageBuilder {
    /// Sets the owner of the scope to the user with the name of the scope.
    #[must_use]
    #[track_caller]
    pub fn in_scope_of_a_user(mut self) -> Self {
        self.scope_owner = ScopeOwner::User;
        self
    }

    /// Sets the owner of the scope to [`ScopeOwner::Nobody`]: no known user or organization.
    #[must_use]
    #[track_caller]
    pub fn in_scope_of_nobody(mut self) -> Self {
        self.scope_owner = ScopeOwner::Nobody;
        self
    }

    /// Makes the package private. An unscoped package is private under a policy with
    /// [`MayBePrivate`](crate::policy::UnscopedPackages::MayBePrivate) only ([P6](crate::docs::rules#p6)).
    #[must_use]
    #[track_caller]
    pub fn private(mut self) -> Self {
        self.visibility = Visibility::Private;
        self
    }

    /// Sets the publishing access: whether writing to the package needs a second factor ([F2](crate::docs::rules#f2),
    /// [F3](crate::docs::rules#f3)).
    #[must_use]
    #[track_caller]
    pub fn publishing_access(mut self, access: PublishingAccess) -> Self {
        self.publishing_access = access;
        self
    }

    /// Grants a permission on the package to a user ([C1](crate::docs::rules#c1)).
    ///
    /// # Panics
    ///
    /// Panics if `name` is not a valid [`UserName`].
    #[must_use]
    #[track_caller]
    pub fn user(mut self, name: &str, permission: GrantedPermission) -> Self {
        self.users.push((parsed(name), permission));
        self
    }

    /// Grants a permission on the package to a team ([C1](crate::docs::rules#c1)).
    ///
    /// # Panics
    ///
    /// Panics if a name is not valid.
    #[must_use]
    #[track_caller]
    pub fn team(mut self, organization: &str, team: &str, permission: GrantedPermission) -> Self {
        self.teams.push((parsed(organization), parsed(team), permission));
        self
    }

    /// Builds the package.
    ///
    /// # Panics
    ///
    /// Panics if there are two grants to one user or team, or if the scope's owner contradicts the name.
    #[must_use]
    #[track_caller]
    pub fn build(self) -> Package {
        let (users, teams) = (valid(UserGrants::new(self.users)), valid(TeamGrants::new(self.teams)));
        valid(Package::new(PackageFacts {
            name: self.name,
            scope_owner: self.scope_owner,
            visibility: self.visibility,
            publishing_access: self.publishing_access,
            users,
            teams,
        }))
    }
}

/// Creates a builder of a legacy token that is valid from any address and is not revoked.
///
/// The token's public id is the name of its kind, such as `read-only`.
///
/// # Panics
///
/// Panics if `owner` is not a valid [`UserName`].
///
/// # Examples
///
/// ```
/// use tollgate::{testing::legacy, token::LegacyKind};
///
/// let token = legacy(LegacyKind::Automation, "alice").ranges(&["10.0.0.0/8"]).build();
/// assert_eq!(token.id().as_str(), "automation");
/// ```
///
/// A range needs a prefix length ([T3](crate::docs::rules#t3)):
///
/// ```should_panic
/// use tollgate::{testing::legacy, token::LegacyKind};
///
/// legacy(LegacyKind::Automation, "alice").ranges(&["10.0.0.1"]);
/// ```
#[must_use]
#[track_caller]
pub fn legacy(kind: LegacyKind, owner: &str) -> LegacyBuilder {
    LegacyBuilder {
        id: token_id(kind.as_str()),
        owner: parsed(owner),
        kind,
        created: time(CREATED),
        revoked: None,
        ranges: AllowedRanges::Any,
    }
}

/// A builder of a legacy [`Token`], created by [`legacy`].
#[derive(Clone, Debug)]
pub struct LegacyBuilder {
    id: TokenId,
    owner: UserName,
    kind: LegacyKind,
    created: Timestamp,
    revoked: Option<Timestamp>,
    ranges: AllowedRanges,
}

impl LegacyBuilder {
    /// Sets the time at which the token was created, in RFC 3339.
    ///
    /// # Panics
    ///
    /// Panics if `at` is not a valid [`Timestamp`].
    #[must_use]
    #[track_caller]
    pub fn created(mut self, at: &str) -> Self {
        self.created = time(at);
        self
    }

    /// Revokes the token at this time, in RFC 3339 ([T1](crate::docs::rules#t1)).
    ///
    /// # Panics
    ///
    /// Panics if `at` is not a valid [`Timestamp`].
    #[must_use]
    #[track_caller]
    pub fn revoked(mut self, at: &str) -> Self {
        self.revoked = Some(time(at));
        self
    }

    /// Allows the token to be used only from these IP ranges, in CIDR notation ([T3](crate::docs::rules#t3)). An empty
    /// list allows any address.
    ///
    /// # Panics
    ///
    /// Panics if a text is not a valid [`IpRange`], or if there are more than 1,000 different ranges
    /// ([L7](crate::docs::rules#l7)).
    #[must_use]
    #[track_caller]
    pub fn ranges(mut self, texts: &[&str]) -> Self {
        self.ranges = ranges(texts);
        self
    }

    /// Builds the token.
    #[must_use]
    #[track_caller]
    pub fn build(self) -> Token {
        LegacyToken::load(
            TokenFacts { id: self.id, owner: self.owner, created: self.created, revoked: self.revoked },
            self.kind,
            self.ranges,
        )
        .into()
    }
}

/// Creates a builder of a session token that is valid from any address and is not revoked.
///
/// # Panics
///
/// Panics if `id` is not a valid [`TokenId`] or `owner` is not a valid [`UserName`].
///
/// # Examples
///
/// ```
/// use tollgate::{testing::session, token::TokenKind};
///
/// let login = session("t-1", "alice").expires("2025-11-01T02:00:00Z").build();
/// assert_eq!(login.kind(), TokenKind::Session);
/// ```
#[must_use]
#[track_caller]
pub fn session(id: &str, owner: &str) -> SessionBuilder {
    SessionBuilder {
        id: token_id(id),
        owner: parsed(owner),
        created: time(CREATED),
        revoked: None,
        expires_at: time(EXPIRES),
        ranges: AllowedRanges::Any,
    }
}

/// A builder of a session [`Token`], created by [`session`].
#[derive(Clone, Debug)]
pub struct SessionBuilder {
    id: TokenId,
    owner: UserName,
    created: Timestamp,
    revoked: Option<Timestamp>,
    expires_at: Timestamp,
    ranges: AllowedRanges,
}

impl SessionBuilder {
    /// Sets the time at which the token was created, in RFC 3339.
    ///
    /// # Panics
    ///
    /// Panics if `at` is not a valid [`Timestamp`].
    #[must_use]
    #[track_caller]
    pub fn created(mut self, at: &str) -> Self {
        self.created = time(at);
        self
    }

    /// Revokes the token at this time, in RFC 3339 ([T1](crate::docs::rules#t1)).
    ///
    /// # Panics
    ///
    /// Panics if `at` is not a valid [`Timestamp`].
    #[must_use]
    #[track_caller]
    pub fn revoked(mut self, at: &str) -> Self {
        self.revoked = Some(time(at));
        self
    }

    /// Sets the time at which the token expires, in RFC 3339 ([T2](crate::docs::rules#t2)).
    ///
    /// # Panics
    ///
    /// Panics if `at` is not a valid [`Timestamp`].
    #[must_use]
    #[track_caller]
    pub fn expires(mut self, at: &str) -> Self {
        self.expires_at = time(at);
        self
    }

    /// Allows the token to be used only from these IP ranges, in CIDR notation ([T3](crate::docs::rules#t3)). An empty
    /// list allows any address.
    ///
    /// # Panics
    ///
    /// Panics if a text is not a valid [`IpRange`], or if there are more than 1,000 different ranges
    /// ([L7](crate::docs::rules#l7)).
    #[must_use]
    #[track_caller]
    pub fn ranges(mut self, texts: &[&str]) -> Self {
        self.ranges = ranges(texts);
        self
    }

    /// Builds the token.
    #[must_use]
    #[track_caller]
    pub fn build(self) -> Token {
        SessionToken::load(
            TokenFacts { id: self.id, owner: self.owner, created: self.created, revoked: self.revoked },
            self.expires_at,
            self.ranges,
        )
        .into()
    }
}

/// Creates a builder of a granular token that is valid from any address, is not revoked and does not bypass the second
/// factor.
///
/// The token has no grant yet, and needs at least one grant: see [`packages`](GranularBuilder::packages) and
/// [`organizations`](GranularBuilder::organizations). The token's public id is its name.
///
/// # Panics
///
/// Panics if `name` is not a valid [`TokenName`](crate::token::TokenName) or `owner` is not a valid [`UserName`].
///
/// # Examples
///
/// ```
/// use tollgate::{
///     testing::{granular, only},
///     value::GrantedPermission,
/// };
///
/// let token = granular("ci", "alice")
///     .packages(GrantedPermission::ReadWrite, only(&["@acme", "left-pad"]))
///     .organizations(GrantedPermission::ReadOnly, &["acme"])
///     .bypass_2fa()
///     .build();
/// assert_eq!(token.id().as_str(), "ci");
/// ```
///
/// A token must have a grant ([L5](crate::docs::rules#l5)):
///
/// ```should_panic
/// use tollgate::testing::granular;
///
/// granular("ci", "alice").build();
/// ```
#[must_use]
#[track_caller]
pub fn granular(name: &str, owner: &str) -> GranularBuilder {
    GranularBuilder {
        owner: parsed(owner),
        created: time(CREATED),
        revoked: None,
        settings: GranularSettings {
            name: parsed(name),
            description: TokenDescription::default(),
            expires_at: time(EXPIRES),
            allowed_ranges: AllowedRanges::Any,
            bypass_2fa: TwoFactorBypass::Off,
            packages: PackagesGrant::NoAccess,
            organizations: OrganizationsGrant::NoAccess,
        },
    }
}

/// Selects all packages, for [`GranularBuilder::packages`].
#[must_use]
#[track_caller]
pub fn all() -> PackageSelection {
    PackageSelection::All
}

/// Selects these packages and scopes, for [`GranularBuilder::packages`].
///
/// An entry that starts with `@` and has no `/` is a scope, such as `@acme`. Any other entry is a package, such as
/// `@acme/app` or `left-pad`.
///
/// # Panics
///
/// Panics if an entry is not a valid name, or if there are no entries or more than 50 ([L2](crate::docs::rules#l2)).
#[must_use]
#[track_caller]
pub fn only(entries: &[&str]) -> PackageSelection {
    let mut selected: Vec<PackageOrScope> = Vec::new();
    for text in entries {
        selected.push(if text.starts_with('@') && !text.contains('/') {
            parsed::<Scope>(text).into()
        } else {
            parsed::<PackageName>(text).into()
        });
    }
    valid(PackageSelection::only(selected))
}

/// A builder of a granular [`Token`], created by [`granular`].
#[derive(Clone, Debug)]
pub struct GranularBuilder {
    owner: UserName,
    created: Timestamp,
    revoked: Option<Timestamp>,
    settings: GranularSettings,
}

impl GranularBuilder {
    /// Sets the time at which the token was created, in RFC 3339.
    ///
    /// # Panics
    ///
    /// Panics if `at` is not a valid [`Timestamp`].
    #[must_use]
    #[track_caller]
    pub fn created(mut self, at: &str) -> Self {
        self.created = time(at);
        self
    }

    /// Revokes the token at this time, in RFC 3339 ([T1](crate::docs::rules#t1)).
    ///
    /// # Panics
    ///
    /// Panics if `at` is not a valid [`Timestamp`].
    #[must_use]
    #[track_caller]
    pub fn revoked(mut self, at: &str) -> Self {
        self.revoked = Some(time(at));
        self
    }

    /// Sets the time at which the token expires, in RFC 3339 ([T2](crate::docs::rules#t2)).
    ///
    /// # Panics
    ///
    /// Panics if `at` is not a valid [`Timestamp`].
    #[must_use]
    #[track_caller]
    pub fn expires(mut self, at: &str) -> Self {
        self.settings.expires_at = time(at);
        self
    }

    /// Allows the token to be used only from these IP ranges, in CIDR notation ([T3](crate::docs::rules#t3)). An empty
    /// list allows any address.
    ///
    /// # Panics
    ///
    /// Panics if a text is not a valid [`IpRange`], or if there are more than 1,000 different ranges
    /// ([L7](crate::docs::rules#l7)).
    #[must_use]
    #[track_caller]
    pub fn ranges(mut self, texts: &[&str]) -> Self {
        self.settings.allowed_ranges = ranges(texts);
        self
    }

    /// Makes the token bypass the second factor ([F1](crate::docs::rules#f1)). Such a token must have a grant with
    /// `read-write` ([L7](crate::docs::rules#l7)).
    #[must_use]
    #[track_caller]
    pub fn bypass_2fa(mut self) -> Self {
        self.settings.bypass_2fa = TwoFactorBypass::On;
        self
    }

    /// Sets the grant over packages and scopes. [`all`] and [`only`] create a selection.
    #[must_use]
    #[track_caller]
    pub fn packages(mut self, permission: impl Into<PackagesPermission>, selection: PackageSelection) -> Self {
        self.settings.packages = PackagesGrant::Granted { permission: permission.into(), selection };
        self
    }

    /// Sets the grant over organizations.
    ///
    /// # Panics
    ///
    /// Panics if a name is not a valid [`OrganizationName`], or if there are no names or more than 50
    /// ([L3](crate::docs::rules#l3)).
    #[must_use]
    #[track_caller]
    pub fn organizations(mut self, permission: GrantedPermission, names: &[&str]) -> Self {
        let selection = valid(OrganizationSelection::only(all_parsed(names)));
        self.settings.organizations = OrganizationsGrant::Granted { permission, selection };
        self
    }

    /// Returns the settings alone, for [`GranularToken::issue`](crate::token::GranularToken::issue).
    #[must_use]
    #[track_caller]
    pub fn settings(self) -> GranularSettings {
        self.settings
    }

    /// Builds the token as a [`GranularToken`], for [`GranularTokenSet`](crate::token::GranularTokenSet).
    ///
    /// # Panics
    ///
    /// Panics if the token has no grant, expires less than 24 hours after its creation, or bypasses the second factor
    /// without a grant with `read-write` ([L4](crate::docs::rules#l4), [L5](crate::docs::rules#l5),
    /// [L7](crate::docs::rules#l7)).
    #[must_use]
    #[track_caller]
    pub fn build_granular(self) -> GranularToken {
        let id = token_id(self.settings.name.as_str());
        valid(GranularToken::load(
            TokenFacts { id, owner: self.owner, created: self.created, revoked: self.revoked },
            self.settings,
        ))
    }

    /// Builds the token.
    ///
    /// # Panics
    ///
    /// Panics in the same cases as [`build_granular`](Self::build_granular).
    #[must_use]
    #[track_caller]
    pub fn build(self) -> Token {
        self.build_granular().into()
    }
}

/// One resource of each kind: a package, an organization, a team and an account.
///
/// [`operation`](Self::operation) combines an action with the resources that it needs, so that a test can loop over
/// all actions.
///
/// # Examples
///
/// ```
/// use tollgate::{operation::Action, testing::*};
///
/// let resources = Resources {
///     package: missing_package("left-pad").into(),
///     organization: missing_organization("acme").into(),
///     team: team_name("developers"),
///     account: user_name("alice"),
/// };
/// for action in Action::ALL {
///     let operation = resources.operation(*action);
///     assert!(operation.action() == *action || *action == Action::PublishVersion);
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Resources<'a> {
    /// The package, existing or missing.
    pub package: PackageState<'a>,
    /// The organization, existing or missing.
    pub organization: OrganizationState<'a>,
    /// The name of a team of that organization.
    pub team: TeamName<&'a str>,
    /// The account, by the name of its user.
    pub account: UserName<&'a str>,
}

impl<'a> Resources<'a> {
    /// Creates the operation of an action on these resources. Resources that the action does not need are ignored.
    ///
    /// `create-package` and `publish-version` both become [`PackageAction::Publish`]. The operation then creates the
    /// package if it is missing, and publishes a version if it exists.
    ///
    /// # Panics
    ///
    /// Panics if the action is `create-team` and the team's name is not valid for a new team
    /// ([N4](crate::docs::rules#n4)).
    #[must_use]
    #[track_caller]
    pub fn operation(&self, action: Action) -> Operation<'a> {
        let Self { package, organization, team: name, account: user } = *self;
        let team = Team { organization, name };
        let account = Account { user };
        match action {
            Action::ReadPackage => PackageAction::ReadPackage.on(package),
            Action::ListCollaborators => PackageAction::ListCollaborators.on(package),
            Action::CreatePackage | Action::PublishVersion => PackageAction::Publish.on(package),
            Action::Unpublish => PackageAction::Unpublish.on(package),
            Action::Deprecate => PackageAction::Deprecate.on(package),
            Action::SetDistTag => PackageAction::SetDistTag.on(package),
            Action::ChangeVisibility => PackageAction::ChangeVisibility.on(package),
            Action::ChangePublishingAccess => PackageAction::ChangePublishingAccess.on(package),
            Action::ChangeMaintainers => PackageAction::ChangeMaintainers.on(package),
            Action::Stage => PackageAction::Stage.on(package),
            Action::ReadStage => PackageAction::ReadStage.on(package),
            Action::ApproveStage => PackageAction::ApproveStage.on(package),
            Action::RejectStage => PackageAction::RejectStage.on(package),
            Action::StarPackage => PackageAction::StarPackage.on(package),
            Action::ReadOrg => OrganizationAction::ReadOrg.on(organization),
            Action::ChangeOrgSettings => OrganizationAction::ChangeOrgSettings.on(organization),
            Action::AddMember => OrganizationAction::AddMember.on(organization),
            Action::RemoveMember => OrganizationAction::RemoveMember.on(organization),
            Action::ChangeMemberRole => OrganizationAction::ChangeMemberRole.on(organization),
            Action::ManageBilling => OrganizationAction::ManageBilling.on(organization),
            Action::RenameOrg => OrganizationAction::RenameOrg.on(organization),
            Action::DeleteOrg => OrganizationAction::DeleteOrg.on(organization),
            Action::CreateTeam => CreateTeam.on(valid(NewTeam::new(organization, name))),
            Action::DeleteTeam => TeamAction::DeleteTeam.on(team),
            Action::AddTeamMember => TeamAction::AddTeamMember.on(team),
            Action::RemoveTeamMember => TeamAction::RemoveTeamMember.on(team),
            Action::GrantTeamAccess => TeamAccessAction::GrantTeamAccess.on(TeamAndPackage { team, package }),
            Action::RevokeTeamAccess => TeamAccessAction::RevokeTeamAccess.on(TeamAndPackage { team, package }),
            Action::SharePackage => SharePackage.on(OrganizationAndPackage { organization, package }),
            Action::Whoami => AccountAction::Whoami.on(account),
            Action::RevokeSelf => AccountAction::RevokeSelf.on(account),
            Action::ReadProfile => AccountAction::ReadProfile.on(account),
            Action::ChangeProfile => AccountAction::ChangeProfile.on(account),
            Action::ChangePassword => AccountAction::ChangePassword.on(account),
            Action::EnrolTwoFactor => AccountAction::EnrolTwoFactor.on(account),
            Action::ConfigureTwoFactor => AccountAction::ConfigureTwoFactor.on(account),
            Action::ListTokens => AccountAction::ListTokens.on(account),
            Action::CreateToken => AccountAction::CreateToken.on(account),
            Action::RevokeToken => AccountAction::RevokeToken.on(account),
        }
    }
}

/// Parses a value, or panics with the `Display` text of the error, at the line that called the builder.
#[track_caller]
fn parsed<T: FromStr<Err: Display>>(text: &str) -> T {
    valid(text.parse())
}

/// Parses each value, as [`parsed`] does. (A closure would panic at its own line.)
#[track_caller]
fn all_parsed<T: FromStr<Err: Display>>(texts: &[&str]) -> Vec<T> {
    let mut values = Vec::new();
    for text in texts {
        values.push(parsed(text));
    }
    values
}

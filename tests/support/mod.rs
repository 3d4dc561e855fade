//! Builders that make a valid world in a few lines: users, packages, tokens, and operations on them.
//!
//! - Every builder starts from the plainest thing of its kind and names each departure from it.
//! - Texts are parsed on the way in, and a text that is no name panics: a slip in a test's own data fails the test.
//! - Nothing here decides anything. What a test expects is written in the test.
//!
//! ```ignore
//! let alice = user("alice").member("acme", Role::Admin, &["developers"]).two_factor(TwoFactor::AuthOnly).build();
//! let app = package("@acme/app").private().team("acme", "developers", GrantedPermission::ReadWrite).build();
//! let ci = granular("ci", "alice").packages(GrantedPermission::ReadWrite, only(&["@acme"])).build();
//! let decision = authorize(&bind(&ci, &alice), PackageAction::Publish, &app, ClientIp::UNKNOWN, now());
//! ```

#![expect(clippy::unwrap_used, clippy::panic, reason = "a slip in a test's own data fails the test")]

use tollgate::{
    Account, AccountAction, AccountStatus, Action, ActionOn, AllowedRanges, BoundToken, Bypass2fa, CreateTeam,
    GrantedPermission, GranularSettings, GranularToken, IpRange, LegacyKind, LegacyToken, ManageTeamAccess, Membership,
    Memberships, MissingOrganization, MissingPackage, NewTeam, Operation, Organization, OrganizationAction,
    OrganizationAndPackage, OrganizationName, OrganizationSelection, OrganizationState, OrganizationsGrant, Package,
    PackageAction, PackageName, PackageOrScope, PackageSelection, PackageState, PackagesGrant, PublishingAccess, Role,
    Scope, ScopeOwner, SharePackage, Team, TeamAction, TeamAndPackage, TeamGrants, TeamName, Timestamp, Token,
    TokenKey, TwoFactor, User, UserGrants, UserName, Visibility,
};

/// When tokens are made, unless a builder is told otherwise.
pub(crate) const CREATED: &str = "2025-10-30T12:00:00Z";
/// The time of a request.
pub(crate) const NOW: &str = "2025-11-01T00:00:00Z";
/// When granular tokens expire, unless a builder is told otherwise.
pub(crate) const EXPIRES: &str = "2026-01-01T00:00:00Z";

/// A time from its text.
pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// [`NOW`] as a time.
pub(crate) fn now() -> Timestamp {
    time(NOW)
}

/// The name of a package.
pub(crate) fn package_name(text: &str) -> PackageName<&str> {
    PackageName::new(text).unwrap()
}

/// The name of an organization.
pub(crate) fn organization_name(text: &str) -> OrganizationName<&str> {
    OrganizationName::new(text).unwrap()
}

/// The name of a team.
pub(crate) fn team_name(text: &str) -> TeamName<&str> {
    TeamName::new(text).unwrap()
}

/// The name of a user.
pub(crate) fn user_name(text: &str) -> UserName<&str> {
    UserName::new(text).unwrap()
}

/// A public id.
pub(crate) fn key(text: &str) -> TokenKey {
    TokenKey::new(text).unwrap()
}

/// An organization that exists.
pub(crate) fn organization(name: &str) -> Organization {
    Organization::new(name.parse().unwrap())
}

/// The name of an organization that does not exist.
pub(crate) fn missing_organization(name: &str) -> MissingOrganization<'_> {
    MissingOrganization::new(organization_name(name))
}

/// The name of a package that does not exist.
pub(crate) fn missing_package(name: &str) -> MissingPackage<'_> {
    MissingPackage::new(package_name(name))
}

/// Ranges in CIDR notation; none of them means any address.
pub(crate) fn ranges(texts: &[&str]) -> AllowedRanges {
    if texts.is_empty() {
        return AllowedRanges::Any;
    }
    AllowedRanges::only(texts.iter().map(|text| text.parse::<IpRange>().unwrap())).unwrap()
}

/// A token with its owner's record.
pub(crate) fn bind<'a>(token: &'a Token, owner: &'a User) -> BoundToken<'a> {
    BoundToken::bind(token, owner).unwrap()
}

/// A user: active, without a second factor, in no organization.
pub(crate) fn user(name: &str) -> UserBuilder {
    UserBuilder {
        name: name.parse().unwrap(),
        status: AccountStatus::Active,
        two_factor: TwoFactor::Disabled,
        cut_off: None,
        memberships: Vec::new(),
    }
}

/// See [`user`].
#[derive(Clone, Debug)]
pub(crate) struct UserBuilder {
    name: UserName,
    status: AccountStatus,
    two_factor: TwoFactor,
    cut_off: Option<Timestamp>,
    memberships: Vec<Membership>,
}

impl UserBuilder {
    pub(crate) fn suspended(mut self) -> Self {
        self.status = AccountStatus::Suspended;
        self
    }

    pub(crate) fn two_factor(mut self, mode: TwoFactor) -> Self {
        self.two_factor = mode;
        self
    }

    /// Revokes every token made at or before that time.
    pub(crate) fn tokens_revoked_until(mut self, at: &str) -> Self {
        self.cut_off = Some(time(at));
        self
    }

    /// A place in an organization, with the teams there.
    pub(crate) fn member(mut self, organization: &str, role: Role, teams: &[&str]) -> Self {
        let teams = teams.iter().map(|team| team.parse().unwrap());
        self.memberships.push(Membership::new(organization.parse().unwrap(), role, teams).unwrap());
        self
    }

    pub(crate) fn build(self) -> User {
        let memberships = Memberships::new(self.memberships).unwrap();
        User::new(self.name, self.status, self.two_factor, self.cut_off, memberships).unwrap()
    }
}

/// A package: public, without a requirement, without grants; of an organization's scope if it is scoped.
pub(crate) fn package(name: &str) -> PackageBuilder {
    let name: PackageName = name.parse().unwrap();
    PackageBuilder {
        scope_owner: if name.is_scoped() { ScopeOwner::Organization } else { ScopeOwner::Unscoped },
        name,
        visibility: Visibility::Public,
        publishing_access: PublishingAccess::NoRequirement,
        users: Vec::new(),
        teams: Vec::new(),
    }
}

/// See [`package`].
#[derive(Clone, Debug)]
pub(crate) struct PackageBuilder {
    name: PackageName,
    scope_owner: ScopeOwner,
    visibility: Visibility,
    publishing_access: PublishingAccess,
    users: Vec<(UserName, GrantedPermission)>,
    teams: Vec<(OrganizationName, TeamName, GrantedPermission)>,
}

impl PackageBuilder {
    /// The scope is that user's who has its name.
    pub(crate) fn in_scope_of_a_user(mut self) -> Self {
        self.scope_owner = ScopeOwner::User;
        self
    }

    /// The scope is nobody's that is known.
    pub(crate) fn in_scope_of_nobody(mut self) -> Self {
        self.scope_owner = ScopeOwner::Nobody;
        self
    }

    pub(crate) fn private(mut self) -> Self {
        self.visibility = Visibility::Private;
        self
    }

    pub(crate) fn publishing_access(mut self, access: PublishingAccess) -> Self {
        self.publishing_access = access;
        self
    }

    /// A grant to a user.
    pub(crate) fn user(mut self, name: &str, permission: GrantedPermission) -> Self {
        self.users.push((name.parse().unwrap(), permission));
        self
    }

    /// A grant to a team.
    pub(crate) fn team(mut self, organization: &str, team: &str, permission: GrantedPermission) -> Self {
        self.teams.push((organization.parse().unwrap(), team.parse().unwrap(), permission));
        self
    }

    pub(crate) fn build(self) -> Package {
        Package::new(
            self.name,
            self.scope_owner,
            self.visibility,
            self.publishing_access,
            UserGrants::new(self.users).unwrap(),
            TeamGrants::new(self.teams).unwrap(),
        )
        .unwrap()
    }
}

/// A legacy token: from any address, not revoked. Its public id is its kind.
pub(crate) fn legacy(kind: LegacyKind, owner: &str) -> LegacyBuilder {
    LegacyBuilder {
        key: key(kind.as_str()),
        owner: owner.parse().unwrap(),
        kind,
        created: time(CREATED),
        revoked: None,
        ranges: AllowedRanges::Any,
    }
}

/// See [`legacy`].
#[derive(Clone, Debug)]
pub(crate) struct LegacyBuilder {
    key: TokenKey,
    owner: UserName,
    kind: LegacyKind,
    created: Timestamp,
    revoked: Option<Timestamp>,
    ranges: AllowedRanges,
}

impl LegacyBuilder {
    pub(crate) fn revoked(mut self, at: &str) -> Self {
        self.revoked = Some(time(at));
        self
    }

    /// Only from these ranges.
    pub(crate) fn ranges(mut self, texts: &[&str]) -> Self {
        self.ranges = ranges(texts);
        self
    }

    pub(crate) fn build(self) -> Token {
        LegacyToken::load(self.key, self.owner, self.kind, self.created, self.revoked, self.ranges).into()
    }
}

/// A granular token: from any address, not revoked, without bypass, and with no grant yet (one is needed to build it).
/// Its public id is its name.
pub(crate) fn granular(name: &str, owner: &str) -> GranularBuilder {
    GranularBuilder {
        owner: owner.parse().unwrap(),
        created: time(CREATED),
        revoked: None,
        settings: GranularSettings {
            name: name.parse().unwrap(),
            description: "".parse().unwrap(),
            expires_at: time(EXPIRES),
            allowed_ranges: AllowedRanges::Any,
            bypass_2fa: Bypass2fa::Off,
            packages: PackagesGrant::NoAccess,
            organizations: OrganizationsGrant::NoAccess,
        },
    }
}

/// Every package.
pub(crate) fn all() -> PackageSelection {
    PackageSelection::All
}

/// Only these packages and scopes, in one list: `@acme` is a scope, `@acme/app` and `left-pad` are packages.
pub(crate) fn only(entries: &[&str]) -> PackageSelection {
    let entry = |text: &&str| -> PackageOrScope {
        if text.starts_with('@') && !text.contains('/') {
            text.parse::<Scope>().unwrap().into()
        } else {
            text.parse::<PackageName>().unwrap().into()
        }
    };
    PackageSelection::only(entries.iter().map(entry)).unwrap()
}

/// See [`granular`].
#[derive(Clone, Debug)]
pub(crate) struct GranularBuilder {
    owner: UserName,
    created: Timestamp,
    revoked: Option<Timestamp>,
    settings: GranularSettings,
}

impl GranularBuilder {
    pub(crate) fn created(mut self, at: &str) -> Self {
        self.created = time(at);
        self
    }

    pub(crate) fn revoked(mut self, at: &str) -> Self {
        self.revoked = Some(time(at));
        self
    }

    pub(crate) fn expires(mut self, at: &str) -> Self {
        self.settings.expires_at = time(at);
        self
    }

    /// Only from these ranges.
    pub(crate) fn ranges(mut self, texts: &[&str]) -> Self {
        self.settings.allowed_ranges = ranges(texts);
        self
    }

    /// Passes the second factor.
    pub(crate) fn bypass_2fa(mut self) -> Self {
        self.settings.bypass_2fa = Bypass2fa::On;
        self
    }

    /// A grant over packages, such as `(GrantedPermission::ReadOnly, only(&["@acme", "left-pad"]))`.
    pub(crate) fn packages(mut self, permission: GrantedPermission, selection: PackageSelection) -> Self {
        self.settings.packages = PackagesGrant::Granted { permission, selection };
        self
    }

    /// A grant over organizations.
    pub(crate) fn organizations(mut self, permission: GrantedPermission, names: &[&str]) -> Self {
        let selection = OrganizationSelection::only(names.iter().map(|name| name.parse().unwrap())).unwrap();
        self.settings.organizations = OrganizationsGrant::Granted { permission, selection };
        self
    }

    /// What a person would fill in to make it.
    pub(crate) fn settings(self) -> GranularSettings {
        self.settings
    }

    /// The token alone, for [`tollgate::GranularTokenSet`].
    pub(crate) fn build_granular(self) -> GranularToken {
        let key = key(self.settings.name.as_str());
        GranularToken::load(key, self.owner, self.created, self.revoked, self.settings).unwrap()
    }

    pub(crate) fn build(self) -> Token {
        self.build_granular().into()
    }
}

/// What actions may be about: one thing of each kind, of which an operation takes those that its action names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Things<'a> {
    pub(crate) package: PackageState<'a>,
    pub(crate) organization: OrganizationState<'a>,
    pub(crate) team: TeamName<&'a str>,
    pub(crate) account: UserName<&'a str>,
}

impl<'a> Things<'a> {
    /// The action on those of the things that it names. `create-package` and `publish-version` are both `publish`: which
    /// one it is, is for the package to say.
    pub(crate) fn operation(&self, action: Action) -> Operation<'a> {
        let Self { package, organization, team: name, account } = *self;
        let team = Team { organization, name };
        let word = action.requested_as();
        if let Ok(action) = word.parse::<PackageAction>() {
            return action.on(package);
        }
        if let Ok(action) = word.parse::<OrganizationAction>() {
            return action.on(organization);
        }
        if let Ok(action) = word.parse::<TeamAction>() {
            return action.on(team);
        }
        if let Ok(action) = word.parse::<AccountAction>() {
            return action.on(Account { user: account });
        }
        if action == Action::CreateTeam {
            CreateTeam.on(NewTeam::new(organization, name).unwrap())
        } else if action == Action::ManageTeamAccess {
            ManageTeamAccess.on(TeamAndPackage { team, package })
        } else if action == Action::SharePackage {
            SharePackage.on(OrganizationAndPackage { organization, package })
        } else {
            panic!("no kind of resource is known for `{action}`")
        }
    }
}

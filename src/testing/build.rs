//! Builders that make a valid token, user or package in a few lines.

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
        AccountAction, Action, BoundToken, CreateTeam, ManageTeamAccess, Operation, OrganizationAction, PackageAction,
        SharePackage, TeamAction,
    },
    token::{
        GranularSettings, GranularToken, LegacyKind, LegacyToken, OrganizationSelection, OrganizationsGrant,
        PackageOrScope, PackageSelection, PackagesGrant, Token, TokenDescription, TokenFacts, TokenId, TwoFactorBypass,
    },
    value::{
        AllowedRanges, GrantedPermission, IpRange, OrganizationName, PackageName, Role, Scope, TeamName, Timestamp,
        UserName,
    },
};

/// When tokens are made, unless a builder is told otherwise.
pub const CREATED: &str = "2025-10-30T12:00:00Z";
/// The time of a request.
pub const NOW: &str = "2025-11-01T00:00:00Z";
/// When granular tokens expire, unless a builder is told otherwise.
pub const EXPIRES: &str = "2026-01-01T00:00:00Z";

/// A time from its text.
#[must_use]
#[track_caller]
pub fn time(text: &str) -> Timestamp {
    parsed(text)
}

/// [`NOW`] as a time.
#[must_use]
#[track_caller]
pub fn now() -> Timestamp {
    time(NOW)
}

/// The name of a package.
#[must_use]
#[track_caller]
pub fn package_name(text: &str) -> PackageName<&str> {
    valid(PackageName::new(text))
}

/// The name of an organization.
#[must_use]
#[track_caller]
pub fn organization_name(text: &str) -> OrganizationName<&str> {
    valid(OrganizationName::new(text))
}

/// The name of a team.
#[must_use]
#[track_caller]
pub fn team_name(text: &str) -> TeamName<&str> {
    valid(TeamName::new(text))
}

/// The name of a user.
#[must_use]
#[track_caller]
pub fn user_name(text: &str) -> UserName<&str> {
    valid(UserName::new(text))
}

/// A public id.
#[must_use]
#[track_caller]
pub fn token_id(text: &str) -> TokenId {
    valid(TokenId::new(text))
}

/// An organization that exists.
#[must_use]
#[track_caller]
pub fn organization(name: &str) -> Organization {
    Organization::new(parsed(name))
}

/// The name of an organization that does not exist.
#[must_use]
#[track_caller]
pub fn missing_organization(name: &str) -> MissingOrganization<'_> {
    MissingOrganization::new(organization_name(name))
}

/// The name of a package that does not exist.
#[must_use]
#[track_caller]
pub fn missing_package(name: &str) -> MissingPackage<'_> {
    MissingPackage::new(package_name(name))
}

/// Ranges in CIDR notation; none of them means any address.
#[must_use]
#[track_caller]
pub fn ranges(texts: &[&str]) -> AllowedRanges {
    if texts.is_empty() {
        return AllowedRanges::Any;
    }
    valid(AllowedRanges::only(texts.iter().map(|text| parsed::<IpRange>(text))))
}

/// A token with its owner's record.
#[must_use]
#[track_caller]
pub fn bind<'a>(token: &'a Token, owner: &'a User) -> BoundToken<'a> {
    valid(BoundToken::bind(token, owner))
}

/// A user: active, without a second factor, in no organization.
#[must_use]
#[track_caller]
pub fn user(name: &str) -> UserBuilder {
    UserBuilder {
        name: parsed(name),
        status: AccountStatus::Active,
        two_factor: TwoFactorMode::Disabled,
        cut_off: None,
        memberships: Vec::new(),
    }
}

/// See [`user`].
#[derive(Clone, Debug)]
pub struct UserBuilder {
    name: UserName,
    status: AccountStatus,
    two_factor: TwoFactorMode,
    cut_off: Option<Timestamp>,
    memberships: Vec<Membership>,
}

impl UserBuilder {
    /// T4: suspended.
    #[must_use]
    #[track_caller]
    pub fn suspended(mut self) -> Self {
        self.status = AccountStatus::Suspended;
        self
    }

    /// F: the mode of the account.
    #[must_use]
    #[track_caller]
    pub fn two_factor(mut self, mode: TwoFactorMode) -> Self {
        self.two_factor = mode;
        self
    }

    /// Revokes every token made at or before that time.
    #[must_use]
    #[track_caller]
    pub fn tokens_revoked_until(mut self, at: &str) -> Self {
        self.cut_off = Some(time(at));
        self
    }

    /// A place in an organization, with the teams there.
    #[must_use]
    #[track_caller]
    pub fn member(mut self, organization: &str, role: Role, teams: &[&str]) -> Self {
        let teams = teams.iter().map(|team| parsed(team));
        self.memberships.push(valid(Membership::new(parsed(organization), role, teams)));
        self
    }

    /// The user.
    #[must_use]
    #[track_caller]
    pub fn build(self) -> User {
        let memberships = valid(Memberships::new(self.memberships));
        valid(User::new(UserFacts {
            name: self.name,
            status: self.status,
            two_factor: self.two_factor,
            tokens_revoked_until: self.cut_off,
            memberships,
        }))
    }
}

/// A package: public, without a requirement, without grants; of an organization's scope if it is scoped.
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

/// See [`package`].
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
    /// The scope is that user's who has its name.
    #[must_use]
    #[track_caller]
    pub fn in_scope_of_a_user(mut self) -> Self {
        self.scope_owner = ScopeOwner::User;
        self
    }

    /// The scope is nobody's that is known.
    #[must_use]
    #[track_caller]
    pub fn in_scope_of_nobody(mut self) -> Self {
        self.scope_owner = ScopeOwner::Nobody;
        self
    }

    /// V1: private. Scoped packages only.
    #[must_use]
    #[track_caller]
    pub fn private(mut self) -> Self {
        self.visibility = Visibility::Private;
        self
    }

    /// F2, F3: what the package asks of a write.
    #[must_use]
    #[track_caller]
    pub fn publishing_access(mut self, access: PublishingAccess) -> Self {
        self.publishing_access = access;
        self
    }

    /// A grant to a user.
    #[must_use]
    #[track_caller]
    pub fn user(mut self, name: &str, permission: GrantedPermission) -> Self {
        self.users.push((parsed(name), permission));
        self
    }

    /// A grant to a team.
    #[must_use]
    #[track_caller]
    pub fn team(mut self, organization: &str, team: &str, permission: GrantedPermission) -> Self {
        self.teams.push((parsed(organization), parsed(team), permission));
        self
    }

    /// The package.
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

/// A legacy token: from any address, not revoked. Its public id is its kind.
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

/// See [`legacy`].
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
    /// When it was made.
    #[must_use]
    #[track_caller]
    pub fn created(mut self, at: &str) -> Self {
        self.created = time(at);
        self
    }

    /// T1: revoked at that time.
    #[must_use]
    #[track_caller]
    pub fn revoked(mut self, at: &str) -> Self {
        self.revoked = Some(time(at));
        self
    }

    /// Only from these ranges; none of them means any address.
    #[must_use]
    #[track_caller]
    pub fn ranges(mut self, texts: &[&str]) -> Self {
        self.ranges = ranges(texts);
        self
    }

    /// The token.
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

/// A granular token: from any address, not revoked, without bypass, and with no grant yet (one is needed to build it).
/// Its public id is its name.
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

/// Every package.
#[must_use]
#[track_caller]
pub fn all() -> PackageSelection {
    PackageSelection::All
}

/// Only these packages and scopes, in one list: `@acme` is a scope, `@acme/app` and `left-pad` are packages.
#[must_use]
#[track_caller]
pub fn only(entries: &[&str]) -> PackageSelection {
    let entry = |text: &&str| -> PackageOrScope {
        if text.starts_with('@') && !text.contains('/') {
            parsed::<Scope>(text).into()
        } else {
            parsed::<PackageName>(text).into()
        }
    };
    valid(PackageSelection::only(entries.iter().map(entry)))
}

/// See [`granular`].
#[derive(Clone, Debug)]
pub struct GranularBuilder {
    owner: UserName,
    created: Timestamp,
    revoked: Option<Timestamp>,
    settings: GranularSettings,
}

impl GranularBuilder {
    /// When it was made.
    #[must_use]
    #[track_caller]
    pub fn created(mut self, at: &str) -> Self {
        self.created = time(at);
        self
    }

    /// T1: revoked at that time.
    #[must_use]
    #[track_caller]
    pub fn revoked(mut self, at: &str) -> Self {
        self.revoked = Some(time(at));
        self
    }

    /// T2: when it is dead.
    #[must_use]
    #[track_caller]
    pub fn expires(mut self, at: &str) -> Self {
        self.settings.expires_at = time(at);
        self
    }

    /// Only from these ranges; none of them means any address.
    #[must_use]
    #[track_caller]
    pub fn ranges(mut self, texts: &[&str]) -> Self {
        self.settings.allowed_ranges = ranges(texts);
        self
    }

    /// Passes the second factor.
    #[must_use]
    #[track_caller]
    pub fn bypass_2fa(mut self) -> Self {
        self.settings.bypass_2fa = TwoFactorBypass::On;
        self
    }

    /// A grant over packages, such as `(GrantedPermission::ReadOnly, only(&["@acme", "left-pad"]))`.
    #[must_use]
    #[track_caller]
    pub fn packages(mut self, permission: GrantedPermission, selection: PackageSelection) -> Self {
        self.settings.packages = PackagesGrant::Granted { permission, selection };
        self
    }

    /// A grant over organizations.
    #[must_use]
    #[track_caller]
    pub fn organizations(mut self, permission: GrantedPermission, names: &[&str]) -> Self {
        let selection = valid(OrganizationSelection::only(names.iter().map(|name| parsed(name))));
        self.settings.organizations = OrganizationsGrant::Granted { permission, selection };
        self
    }

    /// What a person would fill in to make it.
    #[must_use]
    #[track_caller]
    pub fn settings(self) -> GranularSettings {
        self.settings
    }

    /// The token alone, for [`GranularTokenSet`](crate::token::GranularTokenSet).
    #[must_use]
    #[track_caller]
    pub fn build_granular(self) -> GranularToken {
        let id = token_id(self.settings.name.as_str());
        valid(GranularToken::load(
            TokenFacts { id, owner: self.owner, created: self.created, revoked: self.revoked },
            self.settings,
        ))
    }

    /// The token.
    #[must_use]
    #[track_caller]
    pub fn build(self) -> Token {
        self.build_granular().into()
    }
}

/// What actions may be about: one thing of each kind, of which an operation takes those that its action names.
#[derive(Clone, Copy, Debug)]
pub struct Resources<'a> {
    /// The package, or that there is none.
    pub package: PackageState<'a>,
    /// The organization, or that there is none.
    pub organization: OrganizationState<'a>,
    /// The team of that organization.
    pub team: TeamName<&'a str>,
    /// The user whose account it is.
    pub account: UserName<&'a str>,
}

impl<'a> Resources<'a> {
    /// The action on those of the things that it names. `create-package` and `publish-version` are both `publish`: which
    /// one it is, is for the package to say.
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
            Action::ManageTeamAccess => ManageTeamAccess.on(TeamAndPackage { team, package }),
            Action::SharePackage => SharePackage.on(OrganizationAndPackage { organization, package }),
            Action::Whoami => AccountAction::Whoami.on(account),
            Action::RevokeSelf => AccountAction::RevokeSelf.on(account),
            Action::ReadProfile => AccountAction::ReadProfile.on(account),
            Action::ChangeProfile => AccountAction::ChangeProfile.on(account),
            Action::ConfigureTwoFactor => AccountAction::ConfigureTwoFactor.on(account),
            Action::ListTokens => AccountAction::ListTokens.on(account),
            Action::CreateToken => AccountAction::CreateToken.on(account),
            Action::RevokeToken => AccountAction::RevokeToken.on(account),
        }
    }
}

/// A value from its text; a text that is none panics with what is wrong with it, at the caller of the builder.
#[track_caller]
fn parsed<T: FromStr<Err: Display>>(text: &str) -> T {
    valid(text.parse())
}

//! Actions. There is one type of action for each kind of resource, so that an action on the wrong resource does not
//! compile.

use crate::{
    token::LegacyKind,
    value::{GrantKind, Permission, string_enum},
};

string_enum! {
    /// Any action, as decisions name it.
    ///
    /// A request to publish is one of two actions here, [`CreatePackage`](Self::CreatePackage) or
    /// [`PublishVersion`](Self::PublishVersion), depending on whether the package exists.
    ///
    /// A decision is requested with the action type of the resource: [`PackageAction`], [`OrganizationAction`],
    /// [`CreateTeam`], [`TeamAction`], [`ManageTeamAccess`], [`SharePackage`] or [`AccountAction`].
    ///
    /// [The table of actions](crate::docs::rules#actions) says which tokens may take each action.
    #[non_exhaustive]
    pub enum Action: "action" {
        /// Reads a package: its packument, manifests, tarballs, dist-tags and visibility.
        ReadPackage = "read-package",
        /// Lists the users and teams with a grant on the package.
        ListCollaborators = "list-collaborators",
        /// Publishes the first version of a new package, and sets its first visibility.
        CreatePackage = "create-package",
        /// Publishes a new version of an existing package.
        PublishVersion = "publish-version",
        /// Removes a version, or the whole package.
        Unpublish = "unpublish",
        /// Marks versions as deprecated, or removes the mark.
        Deprecate = "deprecate",
        /// Adds, moves or removes a dist-tag.
        SetDistTag = "set-dist-tag",
        /// Makes the package public or private.
        ChangeVisibility = "change-visibility",
        /// Changes whether writing to the package needs a second factor.
        ChangePublishingAccess = "change-publishing-access",
        /// Changes the users with a direct grant on the package.
        ChangeMaintainers = "change-maintainers",
        /// Stars the package, or removes the star.
        StarPackage = "star-package",
        /// Reads an organization: its settings, members and teams, and their packages.
        ReadOrg = "read-org",
        /// Changes the settings of the organization.
        ChangeOrgSettings = "change-org-settings",
        /// Adds a user to the organization.
        AddMember = "add-member",
        /// Removes a user from the organization.
        RemoveMember = "remove-member",
        /// Changes the role of a member.
        ChangeMemberRole = "change-member-role",
        /// Creates a team.
        CreateTeam = "create-team",
        /// Deletes a team.
        DeleteTeam = "delete-team",
        /// Adds a member to a team.
        AddTeamMember = "add-team-member",
        /// Removes a member from a team.
        RemoveTeamMember = "remove-team-member",
        /// Gives a team access to a package, or removes that access.
        ManageTeamAccess = "manage-team-access",
        /// Manages the plan and the payment of the organization.
        ManageBilling = "manage-billing",
        /// Renames the organization.
        RenameOrg = "rename-org",
        /// Deletes the organization.
        DeleteOrg = "delete-org",
        /// Shares a package with a team of another organization.
        SharePackage = "share-package",
        /// Returns the name of the owner of the token.
        Whoami = "whoami",
        /// Revokes the token that makes the request.
        RevokeSelf = "revoke-self",
        /// Reads the profile of the account.
        ReadProfile = "read-profile",
        /// Changes the profile of the account, including the password.
        ChangeProfile = "change-profile",
        /// Enrols or removes a second factor of the account.
        ConfigureTwoFactor = "configure-two-factor",
        /// Lists the tokens of the account.
        ListTokens = "list-tokens",
        /// Creates a token.
        CreateToken = "create-token",
        /// Revokes another token of the account.
        RevokeToken = "revoke-token",
    }
}

string_enum! {
    /// An action on a package that exists, or on the name of a package that does not exist.
    #[non_exhaustive]
    pub enum PackageAction: "package action" {
        /// [`Action::ReadPackage`].
        ReadPackage = "read-package",
        /// [`Action::ListCollaborators`].
        ListCollaborators = "list-collaborators",
        /// [`Action::CreatePackage`] if the package does not exist, and [`Action::PublishVersion`] if it does.
        Publish = "publish",
        /// [`Action::Unpublish`].
        Unpublish = "unpublish",
        /// [`Action::Deprecate`].
        Deprecate = "deprecate",
        /// [`Action::SetDistTag`].
        SetDistTag = "set-dist-tag",
        /// [`Action::ChangeVisibility`].
        ChangeVisibility = "change-visibility",
        /// [`Action::ChangePublishingAccess`].
        ChangePublishingAccess = "change-publishing-access",
        /// [`Action::ChangeMaintainers`].
        ChangeMaintainers = "change-maintainers",
        /// [`Action::StarPackage`].
        StarPackage = "star-package",
    }
}

string_enum! {
    /// An action on an organization.
    #[non_exhaustive]
    pub enum OrganizationAction: "organization action" {
        /// [`Action::ReadOrg`].
        ReadOrg = "read-org",
        /// [`Action::ChangeOrgSettings`].
        ChangeOrgSettings = "change-org-settings",
        /// [`Action::AddMember`].
        AddMember = "add-member",
        /// [`Action::RemoveMember`].
        RemoveMember = "remove-member",
        /// [`Action::ChangeMemberRole`].
        ChangeMemberRole = "change-member-role",
        /// [`Action::ManageBilling`].
        ManageBilling = "manage-billing",
        /// [`Action::RenameOrg`].
        RenameOrg = "rename-org",
        /// [`Action::DeleteOrg`].
        DeleteOrg = "delete-org",
    }
}

string_enum! {
    /// An action on a team.
    ///
    /// To create a team, use [`CreateTeam`]: its resource accepts only a name that a new team may have.
    #[non_exhaustive]
    pub enum TeamAction: "team action" {
        /// [`Action::DeleteTeam`].
        DeleteTeam = "delete-team",
        /// [`Action::AddTeamMember`].
        AddTeamMember = "add-team-member",
        /// [`Action::RemoveTeamMember`].
        RemoveTeamMember = "remove-team-member",
    }
}

string_enum! {
    /// An action on the account of a user.
    ///
    /// It is denied on any account but that of the token's owner ([C6](crate::docs::rules#c6)).
    #[non_exhaustive]
    pub enum AccountAction: "account action" {
        /// [`Action::Whoami`].
        Whoami = "whoami",
        /// [`Action::RevokeSelf`].
        RevokeSelf = "revoke-self",
        /// [`Action::ReadProfile`].
        ReadProfile = "read-profile",
        /// [`Action::ChangeProfile`].
        ChangeProfile = "change-profile",
        /// [`Action::ConfigureTwoFactor`].
        ConfigureTwoFactor = "configure-two-factor",
        /// [`Action::ListTokens`].
        ListTokens = "list-tokens",
        /// [`Action::CreateToken`].
        CreateToken = "create-token",
        /// [`Action::RevokeToken`].
        RevokeToken = "revoke-token",
    }
}

/// The action of creating a team, [`Action::CreateTeam`]. Its resource is a [`NewTeam`](crate::facts::NewTeam).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreateTeam;

/// The action of giving a team access to a package or removing that access, [`Action::ManageTeamAccess`]. Its resource
/// is a [`TeamAndPackage`](crate::facts::TeamAndPackage).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManageTeamAccess;

/// The action of sharing a package with a team of another organization, [`Action::SharePackage`]. Its resource is an
/// [`OrganizationAndPackage`](crate::facts::OrganizationAndPackage).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharePackage;

/// What an action needs of a granular token: the column "granular" of
/// [the table of actions](crate::docs::rules#actions).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GranularRequirement {
    /// At least this permission in the grant of this kind.
    Permission(GrantKind, Permission),
    /// No permission. Every granular token that is valid may take the action.
    Nothing,
    /// No granular token may take the action.
    Never,
}

/// The class of an action, which decides when it needs a second factor ([F](crate::docs::rules#f)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FactorClass {
    /// The action never needs a second factor. It changes nothing, or is `star-package` or `revoke-self`.
    None,
    /// The action changes the account itself.
    Auth,
    /// The action changes something other than the account.
    Write,
}

impl Action {
    /// Returns the word that requests this action, which is `publish` for [`CreatePackage`](Self::CreatePackage) and
    /// [`PublishVersion`](Self::PublishVersion), and [`as_str`](Self::as_str) for all others.
    #[must_use]
    pub const fn requested_as(self) -> &'static str {
        if matches!(self, Self::CreatePackage | Self::PublishVersion) {
            PackageAction::Publish.as_str()
        } else {
            self.as_str()
        }
    }

    /// Returns the kinds of legacy token that may take the action.
    #[inline]
    pub(crate) const fn legacy_kinds(self) -> &'static [LegacyKind] {
        self.table_row().0
    }

    /// Returns what the action needs of a granular token.
    #[inline]
    pub(crate) const fn needs(self) -> GranularRequirement {
        self.table_row().1
    }

    /// Returns the row of [the table of actions](crate::docs::rules#actions): the kinds of legacy token that may take
    /// the action, and what it needs of a granular token.
    #[inline]
    #[expect(clippy::match_same_arms, reason = "the rows of the table, in its order")]
    const fn table_row(self) -> (&'static [LegacyKind], GranularRequirement) {
        use GrantKind::{Organizations, Packages};
        use LegacyKind::{Automation, Publish, ReadOnly};
        use Permission::{ReadOnly as RO, ReadWrite as RW};
        const ALL_KINDS: &[LegacyKind] = &[ReadOnly, Automation, Publish];
        const WRITERS: &[LegacyKind] = &[Automation, Publish];
        const PUBLISH: &[LegacyKind] = &[Publish];
        match self {
            Self::ReadPackage => (ALL_KINDS, GranularRequirement::Permission(Packages, RO)),
            Self::ListCollaborators => (PUBLISH, GranularRequirement::Permission(Packages, RO)),
            Self::CreatePackage | Self::PublishVersion | Self::Unpublish | Self::Deprecate | Self::SetDistTag => {
                (WRITERS, GranularRequirement::Permission(Packages, RW))
            }
            Self::ChangeVisibility | Self::ChangePublishingAccess | Self::ChangeMaintainers => {
                (PUBLISH, GranularRequirement::Permission(Packages, RW))
            }
            Self::StarPackage => (PUBLISH, GranularRequirement::Never),
            Self::ReadOrg => (PUBLISH, GranularRequirement::Permission(Organizations, RO)),
            Self::ChangeOrgSettings | Self::AddMember | Self::RemoveMember | Self::ChangeMemberRole => {
                (PUBLISH, GranularRequirement::Permission(Organizations, RW))
            }
            Self::CreateTeam
            | Self::DeleteTeam
            | Self::AddTeamMember
            | Self::RemoveTeamMember
            | Self::ManageTeamAccess => (PUBLISH, GranularRequirement::Permission(Organizations, RW)),
            Self::ManageBilling | Self::RenameOrg | Self::DeleteOrg | Self::SharePackage => {
                (PUBLISH, GranularRequirement::Never)
            }
            Self::Whoami | Self::RevokeSelf => (ALL_KINDS, GranularRequirement::Nothing),
            Self::ReadProfile
            | Self::ChangeProfile
            | Self::ConfigureTwoFactor
            | Self::ListTokens
            | Self::CreateToken
            | Self::RevokeToken => (PUBLISH, GranularRequirement::Never),
        }
    }

    /// Returns the class of the action ([F](crate::docs::rules#f)).
    pub(crate) const fn factor_class(self) -> FactorClass {
        match self {
            Self::ChangeProfile | Self::ConfigureTwoFactor | Self::CreateToken | Self::RevokeToken => FactorClass::Auth,
            Self::CreatePackage
            | Self::PublishVersion
            | Self::Unpublish
            | Self::Deprecate
            | Self::SetDistTag
            | Self::ChangeVisibility
            | Self::ChangePublishingAccess
            | Self::ChangeMaintainers
            | Self::ChangeOrgSettings
            | Self::AddMember
            | Self::RemoveMember
            | Self::ChangeMemberRole
            | Self::CreateTeam
            | Self::DeleteTeam
            | Self::AddTeamMember
            | Self::RemoveTeamMember
            | Self::ManageTeamAccess
            | Self::ManageBilling
            | Self::RenameOrg
            | Self::DeleteOrg
            | Self::SharePackage => FactorClass::Write,
            Self::ReadPackage
            | Self::ListCollaborators
            | Self::ReadOrg
            | Self::ReadProfile
            | Self::ListTokens
            | Self::Whoami
            | Self::StarPackage
            | Self::RevokeSelf => FactorClass::None,
        }
    }
}

//! Actions: what a token is used for. One type for each kind of resource, so that the wrong pair does not compile.

use crate::{
    token::LegacyKind,
    value::{GrantKind, Permission, string_enum},
};

string_enum! {
    /// **Every action as a decision names it**: `publish` is here as the two things it can mean.
    ///
    /// To ask, use the action type of the resource: [`PackageAction`], [`OrganizationAction`], [`CreateTeam`],
    /// [`TeamAction`], [`ManageTeamAccess`], [`SharePackage`], [`AccountAction`].
    #[non_exhaustive]
    pub enum Action: "action" {
        /// Packument, manifest, tarball, tags, visibility.
        ReadPackage = "read-package",
        /// Who has a grant on the package.
        ListCollaborators = "list-collaborators",
        /// The first version of a new name, its first visibility included.
        CreatePackage = "create-package",
        /// A new version of a package that exists.
        PublishVersion = "publish-version",
        /// Takes a version or the package away.
        Unpublish = "unpublish",
        /// Marks versions as deprecated, or unmarks them.
        Deprecate = "deprecate",
        /// Moves or removes a tag.
        SetDistTag = "set-dist-tag",
        /// Public or private.
        ChangeVisibility = "change-visibility",
        /// What the package asks of those who write to it.
        ChangePublishingAccess = "change-publishing-access",
        /// Who maintains it.
        ChangeMaintainers = "change-maintainers",
        /// Stars or unstars it.
        StarPackage = "star-package",
        /// Settings, members, teams and their packages.
        ReadOrg = "read-org",
        /// Settings.
        ChangeOrgSettings = "change-org-settings",
        /// Takes someone in.
        AddMember = "add-member",
        /// Puts someone out.
        RemoveMember = "remove-member",
        /// Changes someone's role.
        ChangeMemberRole = "change-member-role",
        /// Makes a team.
        CreateTeam = "create-team",
        /// Unmakes a team.
        DeleteTeam = "delete-team",
        /// Puts a member into a team.
        AddTeamMember = "add-team-member",
        /// Takes a member out of a team.
        RemoveTeamMember = "remove-team-member",
        /// Gives a team access to a package, or takes it.
        ManageTeamAccess = "manage-team-access",
        /// Plans and payment.
        ManageBilling = "manage-billing",
        /// Another name for the organization.
        RenameOrg = "rename-org",
        /// The end of the organization.
        DeleteOrg = "delete-org",
        /// Lets another organization's team at a package.
        SharePackage = "share-package",
        /// Whose token this is.
        Whoami = "whoami",
        /// Revokes the token that asks.
        RevokeSelf = "revoke-self",
        /// The account's profile.
        ReadProfile = "read-profile",
        /// Changes the profile, the password among it.
        ChangeProfile = "change-profile",
        /// Enrols or removes a second factor.
        ConfigureTwoFactor = "configure-two-factor",
        /// Lists the account's tokens.
        ListTokens = "list-tokens",
        /// Makes a token.
        CreateToken = "create-token",
        /// Revokes another token of the account.
        RevokeToken = "revoke-token",
    }
}

string_enum! {
    /// **Actions on a package**: one that exists, or a name that is free.
    #[non_exhaustive]
    pub enum PackageAction: "package action" {
        /// [`Action::ReadPackage`].
        ReadPackage = "read-package",
        /// [`Action::ListCollaborators`].
        ListCollaborators = "list-collaborators",
        /// [`Action::CreatePackage`] where the name is free, else [`Action::PublishVersion`].
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
    /// **Actions on an organization.**
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
    /// **Actions on a team.** Making one is [`CreateTeam`], which takes a name that a new team may have.
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
    /// **Actions on an account**, which is only ever one's own (C6).
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

/// **Making a team**: [`Action::CreateTeam`], on a [`NewTeam`](crate::facts::NewTeam).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreateTeam;

/// **Giving a team access to a package, or taking it**: [`Action::ManageTeamAccess`], on a [`TeamAndPackage`](crate::facts::TeamAndPackage).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManageTeamAccess;

/// **Letting another organization at a package**: [`Action::SharePackage`], on an [`OrganizationAndPackage`](crate::facts::OrganizationAndPackage).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharePackage;

/// What a granular token needs for an action: the last column of the table in K and G.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// A permission on this side, at least so high.
    Permission(GrantKind, Permission),
    /// Nothing but being good.
    Nothing,
    /// No granular token may.
    Never,
}

/// Which second-factor rule an action falls under (F).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FactorClass {
    /// Changes nothing, or is `star-package` or `revoke-self`.
    None,
    /// Changes the account itself.
    Auth,
    /// Changes something else.
    Write,
}

impl Action {
    /// The word that asks for this action: `publish` for both of its meanings.
    #[must_use]
    pub const fn requested_as(self) -> &'static str {
        if matches!(self, Self::CreatePackage | Self::PublishVersion) {
            PackageAction::Publish.as_str()
        } else {
            self.as_str()
        }
    }

    /// Which legacy kinds have the action.
    #[inline]
    pub(crate) const fn legacy_kinds(self) -> &'static [LegacyKind] {
        self.row().0
    }

    /// What a granular token needs for it.
    #[inline]
    pub(crate) const fn needs(self) -> Needs {
        self.row().1
    }

    /// The row of the table in K and G: which legacy kinds have the action, and what a granular token needs.
    #[inline]
    #[expect(clippy::match_same_arms, reason = "the rows of the table, in its order")]
    const fn row(self) -> (&'static [LegacyKind], Needs) {
        use GrantKind::{Organizations, Packages};
        use LegacyKind::{Automation, Publish, ReadOnly};
        use Permission::{ReadOnly as RO, ReadWrite as RW};
        const ALL_KINDS: &[LegacyKind] = &[ReadOnly, Automation, Publish];
        const WRITERS: &[LegacyKind] = &[Automation, Publish];
        const PUBLISH: &[LegacyKind] = &[Publish];
        match self {
            Self::ReadPackage => (ALL_KINDS, Needs::Permission(Packages, RO)),
            Self::ListCollaborators => (PUBLISH, Needs::Permission(Packages, RO)),
            Self::CreatePackage | Self::PublishVersion | Self::Unpublish | Self::Deprecate | Self::SetDistTag => {
                (WRITERS, Needs::Permission(Packages, RW))
            }
            Self::ChangeVisibility | Self::ChangePublishingAccess | Self::ChangeMaintainers => {
                (PUBLISH, Needs::Permission(Packages, RW))
            }
            Self::StarPackage => (PUBLISH, Needs::Never),
            Self::ReadOrg => (PUBLISH, Needs::Permission(Organizations, RO)),
            Self::ChangeOrgSettings | Self::AddMember | Self::RemoveMember | Self::ChangeMemberRole => {
                (PUBLISH, Needs::Permission(Organizations, RW))
            }
            Self::CreateTeam
            | Self::DeleteTeam
            | Self::AddTeamMember
            | Self::RemoveTeamMember
            | Self::ManageTeamAccess => (PUBLISH, Needs::Permission(Organizations, RW)),
            Self::ManageBilling | Self::RenameOrg | Self::DeleteOrg | Self::SharePackage => (PUBLISH, Needs::Never),
            Self::Whoami | Self::RevokeSelf => (ALL_KINDS, Needs::Nothing),
            Self::ReadProfile
            | Self::ChangeProfile
            | Self::ConfigureTwoFactor
            | Self::ListTokens
            | Self::CreateToken
            | Self::RevokeToken => (PUBLISH, Needs::Never),
        }
    }

    /// F: *auth*, *write*, or no class.
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

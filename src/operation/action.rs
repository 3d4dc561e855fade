//! Actions. There is one type of action for each kind of resource, so that an action on the wrong resource does not
//! compile.

use crate::{
    token::{LegacyKind, TokenKind},
    value::{GrantKind, Permission, action::Action, string_enum},
};

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
        /// [`Action::Stage`].
        Stage = "stage",
        /// [`Action::ReadStage`].
        ReadStage = "read-stage",
        /// [`Action::ApproveStage`].
        ApproveStage = "approve-stage",
        /// [`Action::RejectStage`].
        RejectStage = "reject-stage",
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
        /// [`Action::ChangePassword`].
        ChangePassword = "change-password",
        /// [`Action::EnrolTwoFactor`].
        EnrolTwoFactor = "enrol-two-factor",
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

string_enum! {
    /// An action on the access of a team to a package. Its resource is a
    /// [`TeamAndPackage`](crate::facts::TeamAndPackage).
    #[non_exhaustive]
    pub enum TeamAccessAction: "team access action" {
        /// [`Action::GrantTeamAccess`].
        GrantTeamAccess = "grant-team-access",
        /// [`Action::RevokeTeamAccess`].
        RevokeTeamAccess = "revoke-team-access",
    }
}

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

/// The kinds of legacy token that may take an action. A publish token may take every action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kinds {
    All,
    /// Automation and publish tokens.
    Writers,
    /// Publish tokens only.
    Publish,
}

/// The class of an action, which decides when it needs a second factor ([F](crate::docs::rules#f)). The last four are
/// the class *write* of the rules, divided and ordered by what a bypass covers ([P5](crate::docs::rules#p5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FactorClass {
    /// The action never needs a second factor. It changes nothing, or is `star-package` or `revoke-self`.
    None,
    /// The action changes the account itself.
    Auth,
    /// A write on the versions of a package: unpublishing, deprecating, moving dist-tags.
    Versions,
    /// A write that decides about a staged version, which is always challenged.
    Approval,
    /// A write that publishes a version.
    Publish,
    /// Any other write.
    Governance,
}

impl Action {
    /// Returns `true` if tokens of this kind may take the action ([K1](crate::docs::rules#k1)). A session token may
    /// take every action that a legacy publish token may take.
    ///
    /// `needs` must be what the action needs of a granular token: most callers have it, and to read the table again
    /// takes 18 more instructions.
    #[inline]
    pub(crate) const fn is_for(self, kind: TokenKind, needs: GranularRequirement) -> bool {
        match kind {
            TokenKind::Legacy(LegacyKind::ReadOnly) => matches!(self.table_row().0, Kinds::All),
            TokenKind::Legacy(LegacyKind::Automation) => matches!(self.table_row().0, Kinds::All | Kinds::Writers),
            TokenKind::Legacy(LegacyKind::Publish) | TokenKind::Session => true,
            TokenKind::Granular => !matches!(needs, GranularRequirement::Never),
        }
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
    const fn table_row(self) -> (Kinds, GranularRequirement) {
        use GrantKind::{Organizations, Packages};
        use Kinds::{All as ALL_KINDS, Publish as PUBLISH, Writers as WRITERS};
        use Permission::{ReadOnly as RO, ReadWrite as RW, StageOnly as SO};
        match self {
            Self::ReadPackage => (ALL_KINDS, GranularRequirement::Permission(Packages, RO)),
            Self::ListCollaborators => (PUBLISH, GranularRequirement::Permission(Packages, RO)),
            Self::CreatePackage | Self::PublishVersion => (WRITERS, GranularRequirement::Permission(Packages, RW)),
            Self::Unpublish | Self::Deprecate | Self::SetDistTag => {
                (WRITERS, GranularRequirement::Permission(Packages, SO))
            }
            Self::ChangeVisibility | Self::ChangePublishingAccess | Self::ChangeMaintainers => {
                (PUBLISH, GranularRequirement::Permission(Packages, RW))
            }
            Self::Stage | Self::ReadStage => (WRITERS, GranularRequirement::Permission(Packages, SO)),
            Self::ApproveStage | Self::RejectStage => (PUBLISH, GranularRequirement::Permission(Packages, RW)),
            Self::StarPackage => (PUBLISH, GranularRequirement::Never),
            Self::ReadOrg => (PUBLISH, GranularRequirement::Permission(Organizations, RO)),
            Self::ChangeOrgSettings | Self::AddMember | Self::RemoveMember | Self::ChangeMemberRole => {
                (PUBLISH, GranularRequirement::Permission(Organizations, RW))
            }
            Self::CreateTeam
            | Self::DeleteTeam
            | Self::AddTeamMember
            | Self::RemoveTeamMember
            | Self::GrantTeamAccess
            | Self::RevokeTeamAccess => (PUBLISH, GranularRequirement::Permission(Organizations, RW)),
            Self::ManageBilling | Self::RenameOrg | Self::DeleteOrg | Self::SharePackage => {
                (PUBLISH, GranularRequirement::Never)
            }
            Self::Whoami | Self::RevokeSelf => (ALL_KINDS, GranularRequirement::Nothing),
            Self::ReadProfile
            | Self::ChangeProfile
            | Self::ChangePassword
            | Self::EnrolTwoFactor
            | Self::ConfigureTwoFactor
            | Self::ListTokens
            | Self::CreateToken
            | Self::RevokeToken => (PUBLISH, GranularRequirement::Never),
        }
    }

    /// Returns the class of the action ([F](crate::docs::rules#f)).
    pub(crate) const fn factor_class(self) -> FactorClass {
        match self {
            Self::ChangeProfile
            | Self::ChangePassword
            | Self::EnrolTwoFactor
            | Self::ConfigureTwoFactor
            | Self::CreateToken
            | Self::RevokeToken => FactorClass::Auth,
            Self::CreatePackage | Self::PublishVersion => FactorClass::Publish,
            Self::Unpublish | Self::Deprecate | Self::SetDistTag => FactorClass::Versions,
            Self::ApproveStage | Self::RejectStage => FactorClass::Approval,
            Self::ChangeVisibility
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
            | Self::GrantTeamAccess
            | Self::RevokeTeamAccess
            | Self::ManageBilling
            | Self::RenameOrg
            | Self::DeleteOrg
            | Self::SharePackage => FactorClass::Governance,
            Self::ReadPackage
            | Self::ListCollaborators
            | Self::Stage
            | Self::ReadStage
            | Self::ReadOrg
            | Self::ReadProfile
            | Self::ListTokens
            | Self::Whoami
            | Self::StarPackage
            | Self::RevokeSelf => FactorClass::None,
        }
    }
    /// Returns `true` if the action is denied while the owner's account is on hold ([T5](crate::docs::rules#t5)).
    #[inline]
    pub(crate) const fn waits_for_hold(self) -> bool {
        let makes_safer =
            matches!(self, Self::RejectStage | Self::RevokeToken | Self::ChangePassword | Self::EnrolTwoFactor);
        let changes = matches!(self, Self::Stage) || !matches!(self.factor_class(), FactorClass::None);
        changes && !makes_safer
    }
}

//! The words for actions.

use crate::value::string_enum;

string_enum! {
    /// Any action, as decisions name it.
    ///
    /// A request to publish is one of two actions here, [`CreatePackage`](Self::CreatePackage) or
    /// [`PublishVersion`](Self::PublishVersion), depending on whether the package exists.
    ///
    /// A decision is requested with the action type of the resource: [`PackageAction`](crate::PackageAction),
    /// [`OrganizationAction`](crate::OrganizationAction),
    /// [`CreateTeam`](crate::operation::CreateTeam), [`TeamAction`](crate::operation::TeamAction),
    /// [`TeamAccessAction`](crate::operation::TeamAccessAction), [`SharePackage`](crate::operation::SharePackage) or
    /// [`AccountAction`](crate::operation::AccountAction).
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
        /// Stages a version of the package, which waits until it is approved.
        Stage = "stage",
        /// Lists the staged versions of the package, and downloads them.
        ReadStage = "read-stage",
        /// Approves a staged version, which publishes it.
        ApproveStage = "approve-stage",
        /// Rejects a staged version, which removes it.
        RejectStage = "reject-stage",
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
        /// Gives a team access to a package.
        GrantTeamAccess = "grant-team-access",
        /// Removes a team's access to a package.
        RevokeTeamAccess = "revoke-team-access",
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
        /// Changes the profile of the account, but not the password.
        ChangeProfile = "change-profile",
        /// Changes the password of the account.
        ChangePassword = "change-password",
        /// Enrols the first second factor of an account that has none.
        EnrolTwoFactor = "enrol-two-factor",
        /// Changes the two-factor mode of the account, or takes its second factor away.
        ConfigureTwoFactor = "configure-two-factor",
        /// Lists the tokens of the account.
        ListTokens = "list-tokens",
        /// Creates a token.
        CreateToken = "create-token",
        /// Revokes another token of the account.
        RevokeToken = "revoke-token",
    }
}

impl Action {
    /// Returns the word that requests this action, which is `publish` for [`CreatePackage`](Self::CreatePackage) and
    /// [`PublishVersion`](Self::PublishVersion), and [`as_str`](Self::as_str) for all others.
    #[must_use]
    pub const fn requested_as(self) -> &'static str {
        if matches!(self, Self::CreatePackage | Self::PublishVersion) { "publish" } else { self.as_str() }
    }
}

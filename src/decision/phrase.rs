//! What a request would do, as a text for a person who knows npm's commands and not the words for actions.

use core::fmt;

use crate::{
    decision::basis::Basis,
    operation::{Action, Operation},
};

/// Returns what an action does, to any resource, and the words before the resource.
const fn phrases(action: Action) -> [&'static str; 2] {
    match action {
        Action::ReadPackage => ["read packages", "read"],
        Action::ListCollaborators => ["list collaborators", "list the collaborators of"],
        Action::CreatePackage | Action::PublishVersion => ["publish", "publish"],
        Action::Unpublish => ["unpublish", "unpublish"],
        Action::Deprecate => ["deprecate versions", "deprecate versions of"],
        Action::SetDistTag => ["change dist-tags", "change the dist-tags of"],
        Action::ChangeVisibility => ["change the visibility of packages", "change the visibility of"],
        Action::ChangePublishingAccess => {
            ["change the publishing access of packages", "change the publishing access of"]
        }
        Action::ChangeMaintainers => ["change maintainers", "change the maintainers of"],
        Action::Stage => ["stage versions", "stage versions of"],
        Action::ReadStage => ["read staged versions", "read staged versions of"],
        Action::ApproveStage => ["approve staged versions", "approve staged versions of"],
        Action::RejectStage => ["reject staged versions", "reject staged versions of"],
        Action::StarPackage => ["star packages", "star"],
        Action::ReadOrg => ["read organizations", "read the organization"],
        Action::ChangeOrgSettings => {
            ["change the settings of organizations", "change the settings of the organization"]
        }
        Action::AddMember => ["add members to organizations", "add members to the organization"],
        Action::RemoveMember => ["remove members from organizations", "remove members from the organization"],
        Action::ChangeMemberRole => ["change the roles of members", "change the roles of members of the organization"],
        Action::CreateTeam => ["create teams", "create the team"],
        Action::DeleteTeam => ["delete teams", "delete the team"],
        Action::AddTeamMember => ["add members to teams", "add members to the team"],
        Action::RemoveTeamMember => ["remove members from teams", "remove members from the team"],
        Action::GrantTeamAccess => ["give teams access to packages", "give a team access to"],
        Action::RevokeTeamAccess => ["remove the access of teams to packages", "remove the access of a team to"],
        Action::ManageBilling => ["manage the billing of organizations", "manage the billing of the organization"],
        Action::RenameOrg => ["rename organizations", "rename the organization"],
        Action::DeleteOrg => ["delete organizations", "delete the organization"],
        Action::SharePackage => ["share packages", "share"],
        Action::Whoami => ["read the name of the account", "read the name of the account"],
        Action::RevokeSelf => ["log out", "log out of the account"],
        Action::ReadProfile => ["read the profile of the account", "read the profile of the account"],
        Action::ChangeProfile => ["change the profile of the account", "change the profile of the account"],
        Action::ChangePassword => ["change the password of the account", "change the password of the account"],
        Action::EnrolTwoFactor => {
            ["enable two-factor authentication", "enable two-factor authentication for the account"]
        }
        Action::ConfigureTwoFactor => {
            ["change two-factor authentication", "change two-factor authentication for the account"]
        }
        Action::ListTokens => ["list tokens", "list the tokens of the account"],
        Action::CreateToken => ["create tokens", "create tokens for the account"],
        Action::RevokeToken => ["revoke tokens", "revoke tokens of the account"],
    }
}

/// Writes what an action does, such as `change dist-tags`.
pub(super) struct ActionPhrase(pub(super) Action);

impl fmt::Display for ActionPhrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [anything, _] = phrases(self.0);
        f.write_str(anything)
    }
}

/// Writes what an operation does, with its resource: ``change the dist-tags of `left-pad` ``.
pub(crate) struct OperationPhrase<'d, 'a>(pub(crate) &'d Operation<'a>);

impl fmt::Display for OperationPhrase<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(operation) = self;
        let [anything, before] = phrases(operation.action());
        match (operation.package(), operation.team(), operation.organization(), operation.account()) {
            (Some(package), None, Some(organization), _) => {
                write!(f, "{before} `{}` with the organization `{}`", package.name(), organization.name())
            }
            (Some(package), _, _, _) => write!(f, "{before} `{}`", package.name()),
            (None, Some(team), _, _) => write!(f, "{before} `{}:{}`", team.organization.name(), team.name),
            (None, None, Some(organization), _) => write!(f, "{before} `{}`", organization.name()),
            (None, None, None, Some(account)) => write!(f, "{before} `{}`", account.user),
            (None, None, None, None) => f.write_str(anything),
        }
    }
}

/// Writes what a request would do, with its resource if that has a name.
pub(super) struct RequestPhrase<'d, 'a>(pub(super) &'d Basis<'a>);

impl fmt::Display for RequestPhrase<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.operation() {
            Some(operation) => OperationPhrase(&operation).fmt(f),
            None => ActionPhrase(self.0.action()).fmt(f),
        }
    }
}

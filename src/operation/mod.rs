//! An action on a resource, in one closed form.

mod action;
mod bound_token;

use core::fmt;

pub use action::{
    AccountAction, Action, CreateTeam, ManageTeamAccess, OrganizationAction, PackageAction, SharePackage, TeamAction,
};
pub(crate) use action::{FactorClass, Needs};
pub(crate) use bound_token::TokenUse;
pub use bound_token::{BindError, BoundToken, OwnedBoundToken};

use crate::facts::{Account, NewTeam, OrganizationAndPackage, OrganizationState, PackageState, Team, TeamAndPackage};

/// **An action on a resource of its kind**: what `action.on(resource)` makes. Callers that know the action only at run
/// time build one of these.
///
/// The resource is named whole; no action has an optional one.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Operation<'a> {
    /// On a package.
    Package {
        /// The action.
        action: PackageAction,
        /// The package, or the free name.
        package: PackageState<'a>,
    },
    /// On an organization.
    Organization {
        /// The action.
        action: OrganizationAction,
        /// The organization.
        organization: OrganizationState<'a>,
    },
    /// Making a team.
    CreateTeam {
        /// The team to be.
        team: NewTeam<'a>,
    },
    /// On a team.
    Team {
        /// The action.
        action: TeamAction,
        /// The team.
        team: Team<'a>,
    },
    /// Giving a team access to a package, or taking it.
    ManageTeamAccess(TeamAndPackage<'a>),
    /// Letting another organization at a package.
    SharePackage(OrganizationAndPackage<'a>),
    /// On an account.
    Account {
        /// The action.
        action: AccountAction,
        /// The account.
        account: Account<'a>,
    },
}

impl<'a> Operation<'a> {
    /// The action as a decision names it: a publish is the creation of a package or of a version.
    #[must_use]
    #[inline]
    pub const fn action(&self) -> Action {
        match self {
            Self::Package { action, package } => match (action, package) {
                (PackageAction::ReadPackage, _) => Action::ReadPackage,
                (PackageAction::ListCollaborators, _) => Action::ListCollaborators,
                (PackageAction::Publish, PackageState::Missing(_)) => Action::CreatePackage,
                (PackageAction::Publish, PackageState::Existing(_)) => Action::PublishVersion,
                (PackageAction::Unpublish, _) => Action::Unpublish,
                (PackageAction::Deprecate, _) => Action::Deprecate,
                (PackageAction::SetDistTag, _) => Action::SetDistTag,
                (PackageAction::ChangeVisibility, _) => Action::ChangeVisibility,
                (PackageAction::ChangePublishingAccess, _) => Action::ChangePublishingAccess,
                (PackageAction::ChangeMaintainers, _) => Action::ChangeMaintainers,
                (PackageAction::StarPackage, _) => Action::StarPackage,
            },
            Self::Organization { action, organization: _ } => match action {
                OrganizationAction::ReadOrg => Action::ReadOrg,
                OrganizationAction::ChangeOrgSettings => Action::ChangeOrgSettings,
                OrganizationAction::AddMember => Action::AddMember,
                OrganizationAction::RemoveMember => Action::RemoveMember,
                OrganizationAction::ChangeMemberRole => Action::ChangeMemberRole,
                OrganizationAction::ManageBilling => Action::ManageBilling,
                OrganizationAction::RenameOrg => Action::RenameOrg,
                OrganizationAction::DeleteOrg => Action::DeleteOrg,
            },
            Self::CreateTeam { team: _ } => Action::CreateTeam,
            Self::Team { action, team: _ } => match action {
                TeamAction::DeleteTeam => Action::DeleteTeam,
                TeamAction::AddTeamMember => Action::AddTeamMember,
                TeamAction::RemoveTeamMember => Action::RemoveTeamMember,
            },
            Self::ManageTeamAccess(_) => Action::ManageTeamAccess,
            Self::SharePackage(_) => Action::SharePackage,
            Self::Account { action, account: _ } => match action {
                AccountAction::Whoami => Action::Whoami,
                AccountAction::RevokeSelf => Action::RevokeSelf,
                AccountAction::ReadProfile => Action::ReadProfile,
                AccountAction::ChangeProfile => Action::ChangeProfile,
                AccountAction::ConfigureTwoFactor => Action::ConfigureTwoFactor,
                AccountAction::ListTokens => Action::ListTokens,
                AccountAction::CreateToken => Action::CreateToken,
                AccountAction::RevokeToken => Action::RevokeToken,
            },
        }
    }

    /// The package that the operation names, if it names one.
    #[must_use]
    pub const fn package(&self) -> Option<PackageState<'a>> {
        self.package_in_place().copied()
    }

    /// The package that the operation names, where it is: to copy it costs more than to look at it.
    #[inline]
    pub(crate) const fn package_in_place(&self) -> Option<&PackageState<'a>> {
        match self {
            Self::Package { action: _, package } => Some(package),
            Self::ManageTeamAccess(resource) => Some(&resource.package),
            Self::SharePackage(resource) => Some(&resource.package),
            Self::Organization { .. } | Self::CreateTeam { .. } | Self::Team { .. } | Self::Account { .. } => None,
        }
    }

    /// The organization that the operation names, if it names one.
    #[must_use]
    pub const fn organization(&self) -> Option<OrganizationState<'a>> {
        match self {
            Self::Organization { action: _, organization } => Some(*organization),
            Self::CreateTeam { team } => Some(team.team().organization),
            Self::Team { action: _, team } => Some(team.organization),
            Self::ManageTeamAccess(resource) => Some(resource.team.organization),
            Self::SharePackage(resource) => Some(resource.organization),
            Self::Package { .. } | Self::Account { .. } => None,
        }
    }

    /// The team that the operation names, if it names one.
    #[must_use]
    pub const fn team(&self) -> Option<Team<'a>> {
        match self {
            Self::CreateTeam { team } => Some(team.team()),
            Self::Team { action: _, team } => Some(*team),
            Self::ManageTeamAccess(resource) => Some(resource.team),
            Self::Package { .. } | Self::Organization { .. } | Self::SharePackage(_) | Self::Account { .. } => None,
        }
    }

    /// The account that the operation names, if it names one.
    #[must_use]
    pub const fn account(&self) -> Option<Account<'a>> {
        match self {
            Self::Account { action: _, account } => Some(*account),
            Self::Package { .. }
            | Self::Organization { .. }
            | Self::CreateTeam { .. }
            | Self::Team { .. }
            | Self::ManageTeamAccess(_)
            | Self::SharePackage(_) => None,
        }
    }
}

/// The action as it is asked for and the whole resource, such as ``publish `@acme/app` ``.
impl fmt::Display for Operation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.action().requested_as())?;
        match (self.team(), self.organization()) {
            (Some(team), _) => write!(f, " `{}:{}`", team.organization.name(), team.name)?,
            (None, Some(organization)) => write!(f, " `{}`", organization.name())?,
            (None, None) => {}
        }
        if let Some(package) = self.package() {
            write!(f, " `{}`", package.name())?;
        }
        if let Some(account) = self.account() {
            write!(f, " `{}`", account.user)?;
        }
        Ok(())
    }
}

/// **An action and a resource that it can be taken on.** Implemented for these pairs and no others:
///
/// | action | resource |
/// |---|---|
/// | [`PackageAction`] | a package, or [a free name](crate::MissingPackage): [`PackageState`] |
/// | [`OrganizationAction`] | [`OrganizationState`] |
/// | [`CreateTeam`] | [`NewTeam`] |
/// | [`TeamAction`] | [`Team`] |
/// | [`ManageTeamAccess`] | [`TeamAndPackage`] |
/// | [`SharePackage`] | [`OrganizationAndPackage`] |
/// | [`AccountAction`] | [`Account`] |
///
/// Each action type has a method `on` that makes the [`Operation`]:
///
/// ```
/// use tollgate::{MissingPackage, PackageAction, PackageName, operation::Action};
///
/// let operation = PackageAction::Publish.on(MissingPackage::new(PackageName::new("left-pad")?));
/// assert_eq!(operation.action(), Action::CreatePackage);
/// # Ok::<(), tollgate::value::NameError>(())
/// ```
///
/// Any other pair does not compile:
///
/// ```compile_fail,E0277
/// use tollgate::{MissingPackage, OrganizationAction, PackageName};
///
/// let operation = OrganizationAction::AddMember.on(MissingPackage::new(PackageName::new("left-pad").unwrap()));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an action on `{Resource}`",
    label = "this action is not taken on such a resource"
)]
pub trait ActionOn<'a, Resource>: pair::Pair<'a, Resource> {}

impl<'a, A: pair::Pair<'a, R>, R> ActionOn<'a, R> for A {}

mod pair {
    use super::Operation;

    /// The pairs of [`ActionOn`](super::ActionOn). Private, so that no other crate adds one.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is not an action on `{Resource}`",
        label = "this action is not taken on such a resource"
    )]
    pub trait Pair<'a, Resource> {
        fn operation(self, resource: Resource) -> Operation<'a>;
    }
}
pub(crate) use pair::Pair;

/// Defines `on` for an action type, and pairs the type with its resource.
macro_rules! action_on {
    ($action:ty, $resource:ty, $what:literal, |$self:ident, $value:ident| $operation:expr) => {
        impl $action {
            #[doc = concat!("This action on ", $what, ".")]
            pub fn on<'a>(self, resource: impl Into<$resource>) -> Operation<'a> {
                let ($self, $value) = (self, resource.into());
                $operation
            }
        }

        impl<'a, R: Into<$resource>> Pair<'a, R> for $action {
            fn operation(self, resource: R) -> Operation<'a> {
                self.on(resource)
            }
        }
    };
}

action_on!(PackageAction, PackageState<'a>, "a package, or on a free name", |action, package| Operation::Package {
    action,
    package
});
action_on!(OrganizationAction, OrganizationState<'a>, "an organization", |action, organization| {
    Operation::Organization { action, organization }
});
action_on!(CreateTeam, NewTeam<'a>, "the team to create", |_action, team| Operation::CreateTeam { team });
action_on!(TeamAction, Team<'a>, "a team", |action, team| Operation::Team { action, team });
action_on!(ManageTeamAccess, TeamAndPackage<'a>, "a team and a package", |_action, resource| {
    Operation::ManageTeamAccess(resource)
});
action_on!(SharePackage, OrganizationAndPackage<'a>, "an organization and a package", |_action, resource| {
    Operation::SharePackage(resource)
});
action_on!(AccountAction, Account<'a>, "an account", |action, account| Operation::Account { action, account });

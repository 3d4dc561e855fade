//! Actions, the resources that they are taken on, and bound tokens: the parts of a question to decide.

mod action;
mod bound_token;

use core::fmt;

pub use action::{
    AccountAction, CreateTeam, OrganizationAction, PackageAction, SharePackage, TeamAccessAction, TeamAction,
};
pub(crate) use action::{FactorClass, GranularRequirement};
pub(crate) use bound_token::TokenUse;
pub use bound_token::{BindError, BoundToken, OwnedBoundToken};

pub use crate::value::action::Action;

use crate::facts::{Account, NewTeam, OrganizationAndPackage, OrganizationState, PackageState, Team, TeamAndPackage};

/// An action on a resource of the kind that the action is taken on.
///
/// The method `on` of each action type creates one, as in `PackageAction::Publish.on(&package)`. Code that learns the
/// action only at run time can construct a variant directly.
///
/// The resource is always complete: no action has an optional resource.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Operation<'a> {
    /// An action on a package.
    Package {
        /// The action.
        action: PackageAction,
        /// The package, or the name of a package that does not exist.
        package: PackageState<'a>,
    },
    /// An action on an organization.
    Organization {
        /// The action.
        action: OrganizationAction,
        /// The organization.
        organization: OrganizationState<'a>,
    },
    /// Creating a team.
    CreateTeam {
        /// The team to create.
        team: NewTeam<'a>,
    },
    /// An action on a team.
    Team {
        /// The action.
        action: TeamAction,
        /// The team.
        team: Team<'a>,
    },
    // Two variants and not one with an action: its word would make an operation larger, and a decision then larger than
    // the 128 bytes up to which the compiler copies it without calling a function, which takes 45 to 60 instructions.
    /// Giving a team access to a package.
    GrantTeamAccess(TeamAndPackage<'a>),
    /// Taking a team's access to a package away.
    RevokeTeamAccess(TeamAndPackage<'a>),
    /// Sharing a package with a team of another organization.
    SharePackage(OrganizationAndPackage<'a>),
    /// An action on an account.
    Account {
        /// The action.
        action: AccountAction,
        /// The account.
        account: Account<'a>,
    },
}

impl<'a> Operation<'a> {
    /// Returns the action as decisions name it.
    ///
    /// [`PackageAction::Publish`] is [`Action::CreatePackage`] if the package does not exist, and
    /// [`Action::PublishVersion`] if it does.
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
                (PackageAction::Stage, _) => Action::Stage,
                (PackageAction::ReadStage, _) => Action::ReadStage,
                (PackageAction::ApproveStage, _) => Action::ApproveStage,
                (PackageAction::RejectStage, _) => Action::RejectStage,
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
            Self::GrantTeamAccess(_) => Action::GrantTeamAccess,
            Self::RevokeTeamAccess(_) => Action::RevokeTeamAccess,
            Self::SharePackage(_) => Action::SharePackage,
            Self::Account { action, account: _ } => match action {
                AccountAction::Whoami => Action::Whoami,
                AccountAction::RevokeSelf => Action::RevokeSelf,
                AccountAction::ReadProfile => Action::ReadProfile,
                AccountAction::ChangeProfile => Action::ChangeProfile,
                AccountAction::ChangePassword => Action::ChangePassword,
                AccountAction::EnrolTwoFactor => Action::EnrolTwoFactor,
                AccountAction::ConfigureTwoFactor => Action::ConfigureTwoFactor,
                AccountAction::ListTokens => Action::ListTokens,
                AccountAction::CreateToken => Action::CreateToken,
                AccountAction::RevokeToken => Action::RevokeToken,
            },
        }
    }

    /// Returns the package that the operation names, or `None` if it names none.
    #[must_use]
    pub const fn package(&self) -> Option<PackageState<'a>> {
        self.package_ref().copied()
    }

    /// Returns a reference to the package that the operation names.
    #[inline]
    pub(crate) const fn package_ref(&self) -> Option<&PackageState<'a>> {
        match self {
            Self::Package { action: _, package } => Some(package),
            Self::GrantTeamAccess(resource) | Self::RevokeTeamAccess(resource) => Some(&resource.package),
            Self::SharePackage(resource) => Some(&resource.package),
            Self::Organization { .. } | Self::CreateTeam { .. } | Self::Team { .. } | Self::Account { .. } => None,
        }
    }

    /// Returns the organization that the operation names, or `None` if it names none.
    #[must_use]
    pub const fn organization(&self) -> Option<OrganizationState<'a>> {
        match self {
            Self::Organization { action: _, organization } => Some(*organization),
            Self::CreateTeam { team } => Some(team.team().organization),
            Self::Team { action: _, team } => Some(team.organization),
            Self::GrantTeamAccess(resource) | Self::RevokeTeamAccess(resource) => Some(resource.team.organization),
            Self::SharePackage(resource) => Some(resource.organization),
            Self::Package { .. } | Self::Account { .. } => None,
        }
    }

    /// Returns the team that the operation names, or `None` if it names none.
    #[must_use]
    pub const fn team(&self) -> Option<Team<'a>> {
        match self {
            Self::CreateTeam { team } => Some(team.team()),
            Self::Team { action: _, team } => Some(*team),
            Self::GrantTeamAccess(resource) | Self::RevokeTeamAccess(resource) => Some(resource.team),
            Self::Package { .. } | Self::Organization { .. } | Self::SharePackage(_) | Self::Account { .. } => None,
        }
    }

    /// Returns the account that the operation names, or `None` if it names none.
    #[must_use]
    pub const fn account(&self) -> Option<Account<'a>> {
        match self {
            Self::Account { action: _, account } => Some(*account),
            Self::Package { .. }
            | Self::Organization { .. }
            | Self::CreateTeam { .. }
            | Self::Team { .. }
            | Self::GrantTeamAccess(_)
            | Self::RevokeTeamAccess(_)
            | Self::SharePackage(_) => None,
        }
    }
}

/// Displays the action as it was requested, and the whole resource, such as ``publish `@acme/app` ``.
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

/// An action that can be taken on a resource of type `Resource`.
///
/// It is implemented for these pairs and no others:
///
/// | action | resource |
/// |---|---|
/// | [`PackageAction`] | [`PackageState`]: a package, or a [name without a package](crate::MissingPackage) |
/// | [`OrganizationAction`] | [`OrganizationState`] |
/// | [`CreateTeam`] | [`NewTeam`] |
/// | [`TeamAction`] | [`Team`] |
/// | [`TeamAccessAction`] | [`TeamAndPackage`] |
/// | [`SharePackage`] | [`OrganizationAndPackage`] |
/// | [`AccountAction`] | [`Account`] |
///
/// A resource is anything that converts into the type in the table. Each action type has a method `on` that creates the
/// [`Operation`]:
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

    /// The pairs of [`ActionOn`](super::ActionOn). The trait is private, so that no other crate can add a pair.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is not an action on `{Resource}`",
        label = "this action is not taken on such a resource"
    )]
    pub trait Pair<'a, Resource> {
        /// Returns the operation of this action on the resource.
        fn operation(self, resource: Resource) -> Operation<'a>;
    }
}
pub(crate) use pair::Pair;

/// Implements `on` for an action type, and [`Pair`] for the type and its resource.
macro_rules! action_on {
    ($action:ty, $resource:ty, $what:literal, |$self:ident, $value:ident| $operation:expr) => {
        impl $action {
            #[doc = concat!("Returns the operation of this action on ", $what, ".")]
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

action_on!(
    PackageAction,
    PackageState<'a>,
    "a package, or on the name of a package that does not exist",
    |action, package| Operation::Package { action, package }
);
action_on!(OrganizationAction, OrganizationState<'a>, "an organization", |action, organization| {
    Operation::Organization { action, organization }
});
action_on!(CreateTeam, NewTeam<'a>, "the team to create", |_action, team| Operation::CreateTeam { team });
action_on!(TeamAction, Team<'a>, "a team", |action, team| Operation::Team { action, team });
action_on!(TeamAccessAction, TeamAndPackage<'a>, "a team and a package", |action, resource| {
    match action {
        TeamAccessAction::GrantTeamAccess => Operation::GrantTeamAccess(resource),
        TeamAccessAction::RevokeTeamAccess => Operation::RevokeTeamAccess(resource),
    }
});
action_on!(SharePackage, OrganizationAndPackage<'a>, "an organization and a package", |_action, resource| {
    Operation::SharePackage(resource)
});
action_on!(AccountAction, Account<'a>, "an account", |action, account| Operation::Account { action, account });

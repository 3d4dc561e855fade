//! Organizations, teams and accounts, as resources that an action is taken on.

use crate::{
    facts::package::PackageState,
    value::{NameError, OrganizationName, TeamName, UserName},
};

/// An organization that exists.
///
/// It has only a name. Its members, their roles and their teams are facts about users: see
/// [`Membership`](crate::facts::Membership).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    name: OrganizationName,
}

impl Organization {
    /// States that an organization with this name exists.
    #[must_use]
    pub const fn new(name: OrganizationName) -> Self {
        Self { name }
    }

    /// Returns the name.
    #[must_use]
    pub const fn name(&self) -> &OrganizationName {
        &self.name
    }

    /// Returns a borrowed view of this organization. This copies no text.
    #[must_use]
    pub fn as_view(&self) -> OrganizationView<'_> {
        OrganizationView { name: self.name.as_borrowed() }
    }
}

/// A borrowed view of an organization that exists, from an [`Organization`] or from the caller's own storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrganizationView<'a> {
    pub(crate) name: OrganizationName<&'a str>,
}

impl<'a> OrganizationView<'a> {
    /// States that an organization with this name exists.
    #[must_use]
    pub const fn new(name: OrganizationName<&'a str>) -> Self {
        Self { name }
    }

    /// Returns the name.
    #[must_use]
    pub const fn name(&self) -> OrganizationName<&'a str> {
        self.name
    }
}

/// The name of an organization that does not exist.
///
/// Create one only after a look-up that succeeded and found no organization. A look-up that failed proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingOrganization<'a> {
    pub(crate) name: OrganizationName<&'a str>,
}

impl<'a> MissingOrganization<'a> {
    /// States that no organization with this name exists.
    #[must_use]
    pub const fn new(name: OrganizationName<&'a str>) -> Self {
        Self { name }
    }

    /// Returns the name.
    #[must_use]
    pub const fn name(&self) -> OrganizationName<&'a str> {
        self.name
    }
}

/// The result of looking up an organization by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrganizationState<'a> {
    /// The organization exists.
    Existing(OrganizationView<'a>),
    /// The organization does not exist.
    Missing(MissingOrganization<'a>),
}

impl<'a> OrganizationState<'a> {
    /// Returns the name that was looked up.
    #[must_use]
    pub const fn name(&self) -> OrganizationName<&'a str> {
        match self {
            Self::Existing(organization) => organization.name,
            Self::Missing(organization) => organization.name,
        }
    }
}

impl<'a> From<&'a Organization> for OrganizationState<'a> {
    fn from(organization: &'a Organization) -> Self {
        Self::Existing(organization.as_view())
    }
}

impl<'a> From<OrganizationView<'a>> for OrganizationState<'a> {
    fn from(organization: OrganizationView<'a>) -> Self {
        Self::Existing(organization)
    }
}

impl<'a> From<MissingOrganization<'a>> for OrganizationState<'a> {
    fn from(organization: MissingOrganization<'a>) -> Self {
        Self::Missing(organization)
    }
}

/// A team of an organization, which may or may not exist.
///
/// No rule depends on whether the team exists, so a decision does not ask ([D1](crate::docs::rules#d1)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Team<'a> {
    /// The organization that the team belongs to.
    pub organization: OrganizationState<'a>,
    /// The name of the team within the organization.
    pub name: TeamName<&'a str>,
}

/// A team to be created, with a name that a new team may have ([N4](crate::docs::rules#n4)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewTeam<'a> {
    team: Team<'a>,
}

impl<'a> NewTeam<'a> {
    /// Creates a new team from its organization and its name.
    ///
    /// # Errors
    ///
    /// The name contains a capital letter, which a new name may not.
    pub fn new(organization: impl Into<OrganizationState<'a>>, name: TeamName<&'a str>) -> Result<Self, NameError> {
        name.check_new()?;
        Ok(Self { team: Team { organization: organization.into(), name } })
    }

    /// Returns the team.
    #[must_use]
    pub const fn team(&self) -> Team<'a> {
        self.team
    }
}

/// The resource of `grant-team-access` and `revoke-team-access`: a team, and a package that it gets or loses access to.
#[derive(Clone, Copy, Debug)]
pub struct TeamAndPackage<'a> {
    /// The team.
    pub team: Team<'a>,
    /// The package.
    pub package: PackageState<'a>,
}

/// The resource of `share-package`: an organization, and a package that it shares with a team of another organization.
#[derive(Clone, Copy, Debug)]
pub struct OrganizationAndPackage<'a> {
    /// The organization that shares the package.
    pub organization: OrganizationState<'a>,
    /// The package.
    pub package: PackageState<'a>,
}

/// The resource of an account action: the account of a user.
///
/// Account actions are permitted only on the account of the token's own owner ([C6](crate::docs::rules#c6)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account<'a> {
    /// The user whose account it is.
    pub user: UserName<&'a str>,
}

impl<'a> From<UserName<&'a str>> for Account<'a> {
    fn from(user: UserName<&'a str>) -> Self {
        Self { user }
    }
}

//! Organizations, teams and accounts as the things that actions are taken on.

use crate::{
    facts::package::PackageState,
    value::{NameError, OrganizationName, TeamName, UserName},
};

/// **An organization that exists.** Its members and teams are facts about users ([`Membership`](crate::facts::user::Membership)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    name: OrganizationName,
}

impl Organization {
    /// States that an organization of that name exists.
    #[must_use]
    pub const fn new(name: OrganizationName) -> Self {
        Self { name }
    }

    /// The name.
    #[must_use]
    pub const fn name(&self) -> &OrganizationName {
        &self.name
    }

    /// What the checks read of it. Costs nothing.
    #[must_use]
    pub fn as_view(&self) -> OrganizationView<'_> {
        OrganizationView { name: self.name.as_borrowed() }
    }
}

/// **What the checks read of an organization**, borrowed: from an [`Organization`], or from other storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrganizationView<'a> {
    pub(crate) name: OrganizationName<&'a str>,
}

impl<'a> OrganizationView<'a> {
    /// States that an organization of that name exists.
    #[must_use]
    pub const fn new(name: OrganizationName<&'a str>) -> Self {
        Self { name }
    }

    /// The name.
    #[must_use]
    pub const fn name(&self) -> OrganizationName<&'a str> {
        self.name
    }
}

/// **The name of an organization that does not exist**, as a successful look-up found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingOrganization<'a> {
    pub(crate) name: OrganizationName<&'a str>,
}

impl<'a> MissingOrganization<'a> {
    /// States that no organization of that name exists.
    #[must_use]
    pub const fn new(name: OrganizationName<&'a str>) -> Self {
        Self { name }
    }
}

/// **What a look-up of an organization found**: the organization, or that there is none of that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrganizationState<'a> {
    /// It exists.
    Existing(OrganizationView<'a>),
    /// It does not.
    Missing(MissingOrganization<'a>),
}

impl<'a> OrganizationState<'a> {
    /// The name that was looked up.
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

/// **A team of an organization.** Whether it exists is not a question of rights and is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Team<'a> {
    /// The organization.
    pub organization: OrganizationState<'a>,
    /// The team's name in it.
    pub name: TeamName<&'a str>,
}

/// **A team to be created**: its name is one that a new team may have (N4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewTeam<'a> {
    team: Team<'a>,
}

impl<'a> NewTeam<'a> {
    /// Takes the name for a new team.
    ///
    /// # Errors
    /// The name has a capital letter.
    pub fn new(organization: impl Into<OrganizationState<'a>>, name: TeamName<&'a str>) -> Result<Self, NameError> {
        name.check_new()?;
        Ok(Self { team: Team { organization: organization.into(), name } })
    }

    /// The team.
    #[must_use]
    pub const fn team(&self) -> Team<'a> {
        self.team
    }
}

/// **A team and a package**: what `manage-team-access` is about.
#[derive(Clone, Copy, Debug)]
pub struct TeamAndPackage<'a> {
    /// The team that gets or loses access.
    pub team: Team<'a>,
    /// The package that it is access to.
    pub package: PackageState<'a>,
}

/// **An organization and a package**: what `share-package` is about.
#[derive(Clone, Copy, Debug)]
pub struct OrganizationAndPackage<'a> {
    /// The organization that shares.
    pub organization: OrganizationState<'a>,
    /// The package that it shares.
    pub package: PackageState<'a>,
}

/// **A user's account**, as the thing that an account action is taken on (C6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account<'a> {
    /// Whose account it is.
    pub user: UserName<&'a str>,
}

impl<'a> From<UserName<&'a str>> for Account<'a> {
    fn from(user: UserName<&'a str>) -> Self {
        Self { user }
    }
}

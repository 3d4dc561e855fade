//! Packages with their live state, and names of packages that do not exist.

use alloc::{boxed::Box, vec::Vec};

use crate::{
    facts::{team_index::Teams, user::Memberships},
    value::{
        GrantedPermission, NameSet, Named, OrganizationName, PackageName, Permission, TeamName, UserName, string_enum,
    },
};

string_enum! {
    /// **Who may read a package** (V1).
    #[non_exhaustive]
    pub enum Visibility: "visibility" {
        /// Everyone.
        Public = "public",
        /// Those with a right to it. Only scoped packages can be.
        Private = "private",
    }
}

string_enum! {
    /// **What a package asks of those who write to it** (F2, F3).
    #[non_exhaustive]
    pub enum PublishingAccess: "publishing access" {
        /// Nothing beyond what the account asks.
        NoRequirement = "no-requirement",
        /// A second factor, or a token that bypasses it.
        TwoFactorOrBypass = "two-factor-or-bypass",
        /// A second factor; tokens made for automation are refused.
        TwoFactorOnly = "two-factor-only",
    }
}

string_enum! {
    /// **Whose the scope of a package is**: a fact that the registry looks up with the package (C1, C4, C5, N4).
    #[non_exhaustive]
    pub enum ScopeOwner: "scope owner" {
        /// The package is unscoped.
        Unscoped = "unscoped",
        /// The user of that name.
        User = "user",
        /// The organization of that name.
        Organization = "organization",
        /// Nobody that is known: a direct grant does not count (C1).
        Nobody = "nobody",
    }
}

/// **A package as of this moment**: visibility, publishing access, whose its scope is, and who has a grant on it.
///
/// ```
/// use tollgate::{
///     Package,
///     facts::{PackageFacts, PublishingAccess, ScopeOwner, TeamGrants, UserGrants, Visibility},
///     value::GrantedPermission,
/// };
///
/// let app = Package::new(PackageFacts {
///     name: "@acme/app".parse()?,
///     scope_owner: ScopeOwner::Organization,
///     visibility: Visibility::Private,
///     publishing_access: PublishingAccess::TwoFactorOrBypass,
///     users: UserGrants::new([("bob".parse()?, GrantedPermission::ReadOnly)])?,
///     teams: TeamGrants::new([("acme".parse()?, "developers".parse()?, GrantedPermission::ReadWrite)])?,
/// })?;
/// assert_eq!(app.name().to_string(), "@acme/app");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    name: PackageName,
    scope_owner: ScopeOwner,
    visibility: Visibility,
    publishing_access: PublishingAccess,
    users: UserGrants,
    teams: TeamGrants,
}

/// **The facts that make a [`Package`]**, or, borrowed, a [`PackageView`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackageFacts<T: AsRef<str> = Box<str>, U = UserGrants, G = TeamGrants> {
    /// The package's name.
    pub name: PackageName<T>,
    /// Who owns the scope in the name.
    pub scope_owner: ScopeOwner,
    /// Who may read the package ([V1](crate::docs::rules#v1)).
    pub visibility: Visibility,
    /// What the package asks of those who write to it ([F2](crate::docs::rules#f2), [F3](crate::docs::rules#f3)).
    pub publishing_access: PublishingAccess,
    /// The grants to users ([C1](crate::docs::rules#c1)).
    pub users: U,
    /// The grants to teams ([C1](crate::docs::rules#c1)).
    pub teams: G,
}

impl Package {
    /// Takes a package's facts as of now.
    ///
    /// # Errors
    /// An unscoped package that is private ([V1](crate::docs::rules#v1)) or whose scope has an owner, or a scoped one
    /// said to be unscoped.
    pub fn new(facts: PackageFacts) -> Result<Self, PackageError> {
        let PackageFacts { name, scope_owner, visibility, publishing_access, users, teams } = facts;
        check_scope(name.as_borrowed(), scope_owner, visibility)?;
        Ok(Self { name, scope_owner, visibility, publishing_access, users, teams })
    }

    /// The name.
    #[must_use]
    pub const fn name(&self) -> &PackageName {
        &self.name
    }

    /// Who may read it.
    #[must_use]
    pub const fn visibility(&self) -> Visibility {
        self.visibility
    }

    /// What the checks read of it. Costs nothing.
    #[must_use]
    pub fn as_view(&self) -> PackageView<'_> {
        PackageView {
            name: self.name.as_borrowed(),
            scope_owner: self.scope_owner,
            visibility: self.visibility,
            publishing_access: self.publishing_access,
            users: &self.users,
            teams: &self.teams,
        }
    }
}

/// **What the checks read of a package**, borrowed: from a [`Package`], or from other storage of the same validated
/// values.
#[derive(Clone, Copy, Debug)]
pub struct PackageView<'a> {
    pub(crate) name: PackageName<&'a str>,
    pub(crate) scope_owner: ScopeOwner,
    pub(crate) visibility: Visibility,
    pub(crate) publishing_access: PublishingAccess,
    pub(crate) users: &'a UserGrants,
    pub(crate) teams: &'a TeamGrants,
}

fn check_scope(name: PackageName<&str>, scope_owner: ScopeOwner, visibility: Visibility) -> Result<(), PackageError> {
    if name.is_scoped() == (scope_owner == ScopeOwner::Unscoped) {
        return Err(PackageError::ScopeOwner { name: name.into_owned(), scope_owner });
    }
    if !name.is_scoped() && visibility == Visibility::Private {
        return Err(PackageError::PrivateUnscoped { name: name.into_owned() });
    }
    Ok(())
}

impl<'a> PackageView<'a> {
    /// Takes a package's facts as of now, borrowed from other storage.
    ///
    /// # Errors
    /// As [`Package::new`].
    pub fn new(facts: PackageFacts<&'a str, &'a UserGrants, &'a TeamGrants>) -> Result<Self, PackageError> {
        let PackageFacts { name, scope_owner, visibility, publishing_access, users, teams } = facts;
        check_scope(name, scope_owner, visibility)?;
        Ok(Self { name, scope_owner, visibility, publishing_access, users, teams })
    }

    /// The name.
    #[must_use]
    pub const fn name(&self) -> PackageName<&'a str> {
        self.name
    }

    /// Whether the scope of the package is that user's own.
    #[inline]
    pub(crate) fn is_in_scope_of_user(&self, user: UserName<&str>) -> bool {
        self.scope_owner == ScopeOwner::User && self.name.is_in_scope_named(user.into_str())
    }

    /// Whether the scope of the package is that organization's.
    #[inline]
    pub(crate) fn is_in_scope_of_organization(&self, organization: OrganizationName<&str>) -> bool {
        self.scope_owner == ScopeOwner::Organization && self.name.is_in_scope_named(organization.into_str())
    }

    /// C1: the highest permission that the user has on this package by grants or by owning its scope; that everyone
    /// may read a public package is not part of it.
    pub(crate) fn permission_of(&self, user: UserName<&str>, memberships: &Memberships) -> Permission {
        if self.is_in_scope_of_user(user) {
            return Permission::ReadWrite;
        }
        let direct = if self.direct_grants_count(memberships) { self.users.of(user) } else { Permission::NoAccess };
        match direct {
            Permission::ReadWrite => direct,
            Permission::NoAccess | Permission::ReadOnly => direct.max(self.teams.highest(memberships)),
        }
    }

    /// The same with what everyone has: a public package is readable (C2).
    pub(crate) fn effective_permission_of(&self, user: UserName<&str>, memberships: &Memberships) -> Permission {
        let granted = self.permission_of(user, memberships);
        match self.visibility {
            Visibility::Public => granted.max(Permission::ReadOnly),
            Visibility::Private => granted,
        }
    }

    /// C1: on a scope that is an organization's, only while a member of it; on one that nobody is known to own, never.
    fn direct_grants_count(&self, memberships: &Memberships) -> bool {
        match self.scope_owner {
            ScopeOwner::Unscoped | ScopeOwner::User => true,
            ScopeOwner::Nobody => false,
            ScopeOwner::Organization => self.name.scope().is_some_and(|scope| memberships.find_scope(scope).is_some()),
        }
    }
}

impl<'a> From<&'a Package> for PackageView<'a> {
    fn from(package: &'a Package) -> Self {
        package.as_view()
    }
}

/// **The name of a package that does not exist**: a fact that the registry looked up and found wanting.
///
/// A type of its own, so that a failed look-up cannot pass for it: make one only after a query that succeeded and found
/// nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingPackage<'a> {
    pub(crate) name: PackageName<&'a str>,
}

impl<'a> MissingPackage<'a> {
    /// States that no package of that name exists.
    #[must_use]
    pub const fn new(name: PackageName<&'a str>) -> Self {
        Self { name }
    }

    /// The free name.
    #[must_use]
    pub const fn name(&self) -> PackageName<&'a str> {
        self.name
    }
}

/// **What a look-up of a package found**: the package, or that there is none of that name.
#[derive(Clone, Copy, Debug)]
pub enum PackageState<'a> {
    /// It exists.
    Existing(PackageView<'a>),
    /// It does not.
    Missing(MissingPackage<'a>),
}

impl<'a> PackageState<'a> {
    /// The name that was looked up.
    #[must_use]
    pub const fn name(&self) -> PackageName<&'a str> {
        match self {
            Self::Existing(package) => package.name,
            Self::Missing(package) => package.name,
        }
    }
}

impl<'a> PackageState<'a> {
    /// The name, where it is.
    #[inline]
    pub(crate) const fn name_in_place(&self) -> &PackageName<&'a str> {
        match self {
            Self::Existing(package) => &package.name,
            Self::Missing(package) => &package.name,
        }
    }
}

impl<'a> From<&'a Package> for PackageState<'a> {
    fn from(package: &'a Package) -> Self {
        Self::Existing(package.as_view())
    }
}

impl<'a> From<PackageView<'a>> for PackageState<'a> {
    fn from(package: PackageView<'a>) -> Self {
        Self::Existing(package)
    }
}

impl<'a> From<MissingPackage<'a>> for PackageState<'a> {
    fn from(package: MissingPackage<'a>) -> Self {
        Self::Missing(package)
    }
}

/// **The users with a grant of their own on a package**, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserGrants(NameSet<UserGrant>);

type UserGrant = (UserName, GrantedPermission);

impl Named for UserGrant {
    #[inline]
    fn name_bytes(&self) -> &[u8] {
        self.0.as_str().as_bytes()
    }
}

impl UserGrants {
    /// Nobody.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// These users.
    ///
    /// # Errors
    /// Two grants to one user.
    pub fn new(grants: impl IntoIterator<Item = (UserName, GrantedPermission)>) -> Result<Self, PackageError> {
        let mut grants: Vec<_> = grants.into_iter().collect();
        grants.sort_unstable();
        for pair in grants.windows(2) {
            if let [(a, _), (b, _)] = pair
                && a == b
            {
                return Err(PackageError::TwoUserGrants { user: a.clone() });
            }
        }
        Ok(Self(NameSet::sorted(grants)))
    }

    #[inline]
    fn of(&self, user: UserName<&str>) -> Permission {
        self.0.find(user.into_str().as_bytes()).map_or(Permission::NoAccess, |(_, permission)| (*permission).into())
    }
}

/// **The teams with a grant on a package**, each once; teams of any organization (C1, C5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TeamGrants {
    read_write: Teams,
    read_only: Teams,
}

impl TeamGrants {
    /// No team.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// These teams.
    ///
    /// # Errors
    /// Two grants to one team.
    pub fn new(
        grants: impl IntoIterator<Item = (OrganizationName, TeamName, GrantedPermission)>,
    ) -> Result<Self, PackageError> {
        let mut grants: Vec<_> = grants.into_iter().collect();
        grants.sort_unstable();
        for pair in grants.windows(2) {
            if let [(organization, team, _), (other_organization, other_team, _)] = pair
                && organization == other_organization
                && team == other_team
            {
                return Err(PackageError::TwoTeamGrants { organization: organization.clone(), team: team.clone() });
            }
        }
        let (mut read_write, mut read_only) = (Vec::new(), Vec::new());
        for (organization, team, permission) in grants {
            match permission {
                GrantedPermission::ReadWrite => read_write.push((organization, team)),
                GrantedPermission::ReadOnly => read_only.push((organization, team)),
            }
        }
        Ok(Self { read_write: Teams::sorted(read_write), read_only: Teams::sorted(read_only) })
    }

    /// The highest grant to a team that the user is in while a member of its organization.
    fn highest(&self, memberships: &Memberships) -> Permission {
        let lists = [(&self.read_write, Permission::ReadWrite), (&self.read_only, Permission::ReadOnly)];
        let held = lists.into_iter().find(|(teams, _)| !teams.is_empty() && memberships.is_in_one_of(teams));
        held.map_or(Permission::NoAccess, |(_, permission)| permission)
    }
}

/// A package's state that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// V1: unscoped packages are always public.
    #[error("the unscoped package `{name}` as private: expected public, or a scoped name")]
    PrivateUnscoped {
        /// The package.
        name: PackageName,
    },
    /// An unscoped package with a scope's owner, or a scoped one without.
    #[error(
        "the package `{name}` with the scope owner `{scope_owner}`: expected `unscoped` for an unscoped name, and only for it"
    )]
    ScopeOwner {
        /// The package.
        name: PackageName,
        /// What was said of its scope.
        scope_owner: ScopeOwner,
    },
    /// Two grants to one user.
    #[error("two grants to the user `{user}`: expected one")]
    TwoUserGrants {
        /// The user.
        user: UserName,
    },
    /// Two grants to one team.
    #[error("two grants to the team `{organization}:{team}`: expected one")]
    TwoTeamGrants {
        /// The team's organization.
        organization: OrganizationName,
        /// The team.
        team: TeamName,
    },
}

#[cfg(test)]
mod tests;

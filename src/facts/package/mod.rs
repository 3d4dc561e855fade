//! Packages and the grants on them, and names of packages that do not exist.

use alloc::{boxed::Box, vec::Vec};

use crate::{
    facts::{team_index::Teams, user::Memberships},
    value::{
        GrantedPermission, NameSet, Named, OrganizationName, PackageName, Permission, TeamName, UserName, string_enum,
    },
};

string_enum! {
    /// The visibility of a package: who may read it ([V1](crate::docs::rules#v1)).
    #[non_exhaustive]
    pub enum Visibility: "visibility" {
        /// Everyone may read the package, with or without a token.
        Public = "public",
        /// Only users with a permission on the package may read it. Only a scoped package can be private.
        Private = "private",
    }
}

string_enum! {
    /// The publishing access of a package: whether writing to it needs a second factor.
    ///
    /// It applies to every action that writes to an existing package or changes who may
    /// ([F2](crate::docs::rules#f2), [F3](crate::docs::rules#f3)).
    #[non_exhaustive]
    pub enum PublishingAccess: "publishing access" {
        /// The package asks for nothing. The [mode](crate::facts::TwoFactorMode) of the account decides
        /// ([F4](crate::docs::rules#f4)).
        NoRequirement = "no-requirement",
        /// A write needs a second factor, or a token that bypasses it ([F1](crate::docs::rules#f1)).
        TwoFactorOrBypass = "two-factor-or-bypass",
        /// A write needs a second factor. Automation tokens and granular tokens are denied.
        TwoFactorOnly = "two-factor-only",
    }
}

string_enum! {
    /// The kind of owner that the scope of a package has.
    ///
    /// The owner has the name of the scope ([N4](crate::docs::rules#n4)), but the name does not tell whether it is a
    /// user or an organization. The registry looks that up together with the package. It decides which grants count
    /// ([C1](crate::docs::rules#c1)), who may change the visibility ([C4](crate::docs::rules#c4)) and which
    /// organization may give teams access ([C5](crate::docs::rules#c5)).
    #[non_exhaustive]
    pub enum ScopeOwner: "scope owner" {
        /// The package has no scope.
        Unscoped = "unscoped",
        /// The user with the name of the scope.
        User = "user",
        /// The organization with the name of the scope.
        Organization = "organization",
        /// The scope has no known owner. Direct grants to users do not count ([C1](crate::docs::rules#c1)).
        Nobody = "nobody",
    }
}

/// A package at the moment of a decision: its visibility, its publishing access, the owner of its scope, and its
/// grants.
///
/// # Examples
///
/// ```
/// use tollgate::{
///     Package,
///     facts::{PackageFacts, PublishingAccess, ScopeOwner, TeamGrants, UserGrants, Visibility},
///     value::GrantedPermission,
/// };
///
/// let facts = PackageFacts {
///     name: "@acme/app".parse()?,
///     scope_owner: ScopeOwner::Organization,
///     visibility: Visibility::Private,
///     publishing_access: PublishingAccess::TwoFactorOrBypass,
///     users: UserGrants::new([("bob".parse()?, GrantedPermission::ReadOnly)])?,
///     teams: TeamGrants::new([("acme".parse()?, "developers".parse()?, GrantedPermission::ReadWrite)])?,
/// };
/// let app = Package::new(facts.clone())?;
/// assert_eq!(app.name().as_str(), "@acme/app");
///
/// // An unscoped package cannot be private.
/// let unscoped = PackageFacts { name: "app".parse()?, scope_owner: ScopeOwner::Unscoped, ..facts };
/// assert!(Package::new(unscoped).is_err());
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

/// The facts about a package, from which a [`Package`] is created, or a [`PackageView`] if they are borrowed.
///
/// No field has a default, because a forgotten one could allow too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackageFacts<T: AsRef<str> = Box<str>, U = UserGrants, G = TeamGrants> {
    /// The name of the package.
    pub name: PackageName<T>,
    /// The kind of owner that the scope has, or [`ScopeOwner::Unscoped`] for an unscoped name.
    pub scope_owner: ScopeOwner,
    /// Who may read the package ([V1](crate::docs::rules#v1)).
    pub visibility: Visibility,
    /// Whether writing to the package needs a second factor ([F2](crate::docs::rules#f2),
    /// [F3](crate::docs::rules#f3)).
    pub publishing_access: PublishingAccess,
    /// The direct grants to users ([C1](crate::docs::rules#c1)).
    pub users: U,
    /// The grants to teams ([C1](crate::docs::rules#c1)).
    pub teams: G,
}

impl Package {
    /// Creates a package from the facts of this moment.
    ///
    /// # Errors
    ///
    /// - The name is unscoped and the scope owner is not [`ScopeOwner::Unscoped`], or the reverse.
    /// - The name is unscoped and the package is private. Unscoped packages are always public
    ///   ([V1](crate::docs::rules#v1)).
    pub fn new(facts: PackageFacts) -> Result<Self, PackageError> {
        let PackageFacts { name, scope_owner, visibility, publishing_access, users, teams } = facts;
        check_scope(name.as_borrowed(), scope_owner, visibility)?;
        Ok(Self { name, scope_owner, visibility, publishing_access, users, teams })
    }

    /// Returns the name.
    #[must_use]
    pub const fn name(&self) -> &PackageName {
        &self.name
    }

    /// Returns the visibility.
    #[must_use]
    pub const fn visibility(&self) -> Visibility {
        self.visibility
    }

    /// Returns a borrowed view of this package. This copies no text and no list.
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

/// A borrowed view of a package that exists, from a [`Package`] or from the caller's own storage.
#[derive(Clone, Copy, Debug)]
pub struct PackageView<'a> {
    pub(crate) name: PackageName<&'a str>,
    pub(crate) scope_owner: ScopeOwner,
    pub(crate) visibility: Visibility,
    pub(crate) publishing_access: PublishingAccess,
    pub(crate) users: &'a UserGrants,
    pub(crate) teams: &'a TeamGrants,
}

/// Checks that the scope owner and the visibility are possible for this name.
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
    /// Creates a view from borrowed facts of this moment.
    ///
    /// # Errors
    ///
    /// As for [`Package::new`], the name does not fit the scope owner, or an unscoped package is private.
    pub fn new(facts: PackageFacts<&'a str, &'a UserGrants, &'a TeamGrants>) -> Result<Self, PackageError> {
        let PackageFacts { name, scope_owner, visibility, publishing_access, users, teams } = facts;
        check_scope(name, scope_owner, visibility)?;
        Ok(Self { name, scope_owner, visibility, publishing_access, users, teams })
    }

    /// Returns the name.
    #[must_use]
    pub const fn name(&self) -> PackageName<&'a str> {
        self.name
    }

    /// Returns `true` if the scope of the package is owned by this user.
    #[inline]
    pub(crate) fn is_in_scope_of_user(&self, user: UserName<&str>) -> bool {
        self.scope_owner == ScopeOwner::User && self.name.is_in_scope_named(user.into_str())
    }

    /// Returns `true` if the scope of the package is owned by this organization.
    #[inline]
    pub(crate) fn is_in_scope_of_organization(&self, organization: OrganizationName<&str>) -> bool {
        self.scope_owner == ScopeOwner::Organization && self.name.is_in_scope_named(organization.into_str())
    }

    /// Returns the highest permission that the user has on this package by a direct grant, by teams, or by owning the
    /// scope ([C1](crate::docs::rules#c1)).
    ///
    /// That everyone may read a public package is not part of it: see
    /// [`effective_permission_of`](Self::effective_permission_of).
    pub(crate) fn permission_of(&self, user: UserName<&str>, memberships: &Memberships) -> Permission {
        if self.is_in_scope_of_user(user) {
            return Permission::ReadWrite;
        }
        let direct =
            if self.direct_grants_count(memberships) { self.users.permission_of(user) } else { Permission::NoAccess };
        match direct {
            Permission::ReadWrite => direct,
            Permission::NoAccess | Permission::ReadOnly => direct.max(self.teams.highest(memberships)),
        }
    }

    /// Returns the permission that the user has on this package, which is at least `read-only` if the package is public
    /// ([C2](crate::docs::rules#c2)).
    pub(crate) fn effective_permission_of(&self, user: UserName<&str>, memberships: &Memberships) -> Permission {
        let granted = self.permission_of(user, memberships);
        match self.visibility {
            Visibility::Public => granted.max(Permission::ReadOnly),
            Visibility::Private => granted,
        }
    }

    /// Returns `true` if direct grants to a user with these memberships count ([C1](crate::docs::rules#c1)).
    ///
    /// In the scope of an organization, they count while the user is a member of it. In a scope without a known owner,
    /// they never count.
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

/// The name of a package that does not exist.
///
/// Create one only after a look-up that succeeded and found no package. A look-up that failed proves nothing, and a
/// separate type keeps the two apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingPackage<'a> {
    pub(crate) name: PackageName<&'a str>,
}

impl<'a> MissingPackage<'a> {
    /// States that no package with this name exists.
    #[must_use]
    pub const fn new(name: PackageName<&'a str>) -> Self {
        Self { name }
    }

    /// Returns the name.
    #[must_use]
    pub const fn name(&self) -> PackageName<&'a str> {
        self.name
    }
}

/// The result of looking up a package by name.
#[derive(Clone, Copy, Debug)]
pub enum PackageState<'a> {
    /// The package exists.
    Existing(PackageView<'a>),
    /// The package does not exist.
    Missing(MissingPackage<'a>),
}

impl<'a> PackageState<'a> {
    /// Returns the name that was looked up.
    #[must_use]
    pub const fn name(&self) -> PackageName<&'a str> {
        match self {
            Self::Existing(package) => package.name,
            Self::Missing(package) => package.name,
        }
    }
}

impl<'a> PackageState<'a> {
    /// Returns a reference to the name that was looked up.
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

/// The direct grants on a package to users, at most one for each user.
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
    /// Creates a list without grants.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Creates a list of grants.
    ///
    /// # Errors
    ///
    /// Two grants are to one user.
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

    /// Returns the permission that the user has by a direct grant.
    #[inline]
    fn permission_of(&self, user: UserName<&str>) -> Permission {
        self.0.find(user.into_str().as_bytes()).map_or(Permission::NoAccess, |(_, permission)| (*permission).into())
    }
}

/// The grants on a package to teams, at most one for each team.
///
/// The teams may belong to any organization ([C1](crate::docs::rules#c1)). A team of an organization other than the
/// scope's owner gets a grant by `share-package` ([C5](crate::docs::rules#c5)).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TeamGrants {
    // Two lists, so that the first team in common with the user's decides the permission.
    read_write: Teams,
    read_only: Teams,
}

impl TeamGrants {
    /// Creates a list without grants.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Creates a list of grants: for each, the team's organization, the team and the permission.
    ///
    /// # Errors
    ///
    /// Two grants are to one team.
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

    /// Returns the highest permission granted to a team that the user is in.
    fn highest(&self, memberships: &Memberships) -> Permission {
        let lists = [(&self.read_write, Permission::ReadWrite), (&self.read_only, Permission::ReadOnly)];
        let held = lists.into_iter().find(|(teams, _)| !teams.is_empty() && memberships.is_in_one_of(teams));
        held.map_or(Permission::NoAccess, |(_, permission)| permission)
    }
}

/// The error returned when the facts about a package contradict each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// An unscoped package is private. Unscoped packages are always public ([V1](crate::docs::rules#v1)).
    #[error("the unscoped package `{name}` as private: expected public, or a scoped name")]
    PrivateUnscoped {
        /// The name of the package.
        name: PackageName,
    },
    /// The name is unscoped and the scope owner is not [`ScopeOwner::Unscoped`], or the reverse.
    #[error(
        "the package `{name}` with the scope owner `{scope_owner}`: expected `unscoped` for an unscoped name, and only for it"
    )]
    ScopeOwner {
        /// The name of the package.
        name: PackageName,
        /// The scope owner in the facts.
        scope_owner: ScopeOwner,
    },
    /// Two grants are to one user.
    #[error("two grants to the user `{user}`: expected one")]
    TwoUserGrants {
        /// The name of the user.
        user: UserName,
    },
    /// Two grants are to one team.
    #[error("two grants to the team `{organization}:{team}`: expected one")]
    TwoTeamGrants {
        /// The name of the team's organization.
        organization: OrganizationName,
        /// The name of the team.
        team: TeamName,
    },
}

#[cfg(test)]
mod tests;

//! Packages and the grants on them, and names of packages that do not exist.

use alloc::{boxed::Box, vec::Vec};

use crate::{
    facts::{external_ceiling::ExternalCeiling, team_index::Teams, user::Memberships},
    value::{
        GrantedPermission, HasName, NameForm, NameSet, OrganizationName, PackageName, Permission, TeamName, UserName,
        action::Action, string_enum,
    },
};

string_enum! {
    /// The visibility of a package: who may read it ([V1](crate::docs::rules#v1)).
    #[non_exhaustive]
    pub enum Visibility: "visibility" {
        /// Everyone may read the package, with or without a token.
        Public = "public",
        /// Only users with a permission on the package may read it. An unscoped package is private only where the
        /// policy says so ([P6](crate::docs::rules#p6)).
        Private = "private",
    }
}

string_enum! {
    /// The publishing access of a package: whether writing to it needs a second factor.
    ///
    /// This setting applies to every action that writes to an existing package, or that changes who may write to it
    /// ([F2](crate::docs::rules#f2), [F3](crate::docs::rules#f3)).
    #[non_exhaustive]
    pub enum PublishingAccess: "publishing access" {
        /// The package does not require a second factor, but the [mode](crate::facts::TwoFactorMode) of the account
        /// may ([F4](crate::docs::rules#f4)).
        NoRequirement = "no-requirement",
        /// A write needs a second factor, or a token that bypasses it ([F1](crate::docs::rules#f1)).
        TwoFactorOrBypass = "two-factor-or-bypass",
        /// A write needs a second factor. Automation tokens and granular tokens are denied.
        TwoFactorOnly = "two-factor-only",
    }
}

string_enum! {
    /// Whether the scope of a package belongs to a user or to an organization.
    ///
    /// The scope `@x` belongs to the user `x` or to the organization `x` ([N4](crate::docs::rules#n4)). The name does
    /// not tell which, so the registry looks it up together with the package. The scope owner determines which grants
    /// count ([C1](crate::docs::rules#c1)), who may change the visibility ([C4](crate::docs::rules#c4)) and which
    /// organization may give teams access ([C5](crate::docs::rules#c5)).
    #[non_exhaustive]
    pub enum ScopeOwner: "scope owner" {
        /// The package has no scope.
        Unscoped = "unscoped",
        /// The scope belongs to the user with the name of the scope.
        User = "user",
        /// The scope belongs to the organization with the name of the scope.
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
/// // An unscoped package has no owner of a scope.
/// let unscoped = PackageFacts { name: "app".parse()?, ..facts };
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

/// The facts about a package. [`Package::new`] takes them owned, and [`PackageView::new`] borrowed.
///
/// No field has a default, because a forgotten one could allow too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackageFacts<T: AsRef<str> = Box<str>, U = UserGrants, G = TeamGrants> {
    /// The name of the package.
    pub name: PackageName<T>,
    /// Whether the scope belongs to a user or to an organization. [`ScopeOwner::Unscoped`] for an unscoped name.
    pub scope_owner: ScopeOwner,
    /// Who may read the package ([V1](crate::docs::rules#v1)). An unscoped package is private only in a registry whose
    /// policy says so ([P6](crate::docs::rules#p6)).
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
    /// Creates a package from its current facts.
    ///
    /// # Errors
    ///
    /// The name is unscoped and the scope owner is not [`ScopeOwner::Unscoped`], or the reverse.
    pub fn new(facts: PackageFacts) -> Result<Self, PackageError> {
        let PackageFacts { name, scope_owner, visibility, publishing_access, users, teams } = facts;
        check_scope(name.as_borrowed(), scope_owner)?;
        Ok(Self { name, scope_owner, visibility, publishing_access, users, teams })
    }

    /// Returns the name of the package.
    #[must_use]
    pub const fn name(&self) -> &PackageName {
        &self.name
    }

    /// Returns the visibility: who may read the package.
    #[must_use]
    pub const fn visibility(&self) -> Visibility {
        self.visibility
    }

    /// Returns whether the scope belongs to a user or to an organization.
    #[must_use]
    pub const fn scope_owner(&self) -> ScopeOwner {
        self.scope_owner
    }

    /// Returns the publishing access: whether writing to the package needs a second factor.
    #[must_use]
    pub const fn publishing_access(&self) -> PublishingAccess {
        self.publishing_access
    }

    /// Returns the direct grants to users.
    #[must_use]
    pub const fn users(&self) -> &UserGrants {
        &self.users
    }

    /// Returns the grants to teams.
    #[must_use]
    pub const fn teams(&self) -> &TeamGrants {
        &self.teams
    }

    /// Returns a borrowed view of this package. This copies no text and no list.
    #[must_use]
    pub fn as_view(&self) -> PackageView<'_> {
        let (name_text, name_form) = self.name.as_borrowed().to_parts();
        PackageView {
            name_text,
            name_form,
            scope_owner: self.scope_owner,
            visibility: self.visibility,
            publishing_access: self.publishing_access,
            rights: Rights::Recorded(RecordedGrants { users: &self.users, teams: &self.teams }),
        }
    }
}

/// A borrowed view of a package that exists, from a [`Package`] or from the caller's own storage.
#[derive(Clone, Copy, Debug)]
pub struct PackageView<'a> {
    // The name in parts: what parsing found out about it shares a word with the other small fields. This keeps a
    // decision at 128 bytes and saves a call of `memcpy`, 45 to 120 instructions; see `docs::performance`.
    pub(crate) name_text: &'a str,
    pub(crate) name_form: NameForm,
    pub(crate) scope_owner: ScopeOwner,
    pub(crate) visibility: Visibility,
    pub(crate) publishing_access: PublishingAccess,
    pub(crate) rights: Rights<'a>,
}

/// What users may do with a package: the grants on record, or what the registry decided elsewhere.
///
/// The two variants share the space of two references, so that a decision is no larger than it is with grants alone.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rights<'a> {
    Recorded(RecordedGrants<'a>),
    DecidedElsewhere(&'a ExternalCeiling),
}

/// The grants on record for a package.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordedGrants<'a> {
    pub(crate) users: &'a UserGrants,
    pub(crate) teams: &'a TeamGrants,
}

/// Checks that the scope owner is possible for this name.
fn check_scope(name: PackageName<&str>, scope_owner: ScopeOwner) -> Result<(), PackageError> {
    if name.is_scoped() == (scope_owner == ScopeOwner::Unscoped) {
        return Err(PackageError::ScopeOwner { name: name.into_owned(), scope_owner });
    }
    Ok(())
}

impl<'a> PackageView<'a> {
    /// Creates a view that borrows the current facts.
    ///
    /// # Errors
    ///
    /// Returns an error if the name does not fit the scope owner, as [`Package::new`] does.
    pub fn new(facts: PackageFacts<&'a str, &'a UserGrants, &'a TeamGrants>) -> Result<Self, PackageError> {
        let PackageFacts { name, scope_owner, visibility, publishing_access, users, teams } = facts;
        check_scope(name, scope_owner)?;
        let (name_text, name_form) = name.to_parts();
        Ok(Self {
            name_text,
            name_form,
            scope_owner,
            visibility,
            publishing_access,
            rights: Rights::Recorded(RecordedGrants { users, teams }),
        })
    }

    /// Replaces the recorded grants by what the registry decided elsewhere ([C7](crate::docs::rules#c7)).
    #[must_use]
    pub const fn with_external_ceiling(self, ceiling: &'a ExternalCeiling) -> Self {
        Self { rights: Rights::DecidedElsewhere(ceiling), ..self }
    }

    /// Returns the name.
    #[must_use]
    #[inline]
    pub const fn name(&self) -> PackageName<&'a str> {
        PackageName::from_parts(self.name_text, self.name_form)
    }

    /// Returns the visibility: who may read the package.
    #[must_use]
    pub const fn visibility(&self) -> Visibility {
        self.visibility
    }

    /// Returns whether the scope belongs to a user or to an organization.
    #[must_use]
    pub const fn scope_owner(&self) -> ScopeOwner {
        self.scope_owner
    }

    /// Returns the publishing access: whether writing to the package needs a second factor.
    #[must_use]
    pub const fn publishing_access(&self) -> PublishingAccess {
        self.publishing_access
    }

    /// Returns the direct grants to users, or `None` if the registry decided the rights elsewhere
    /// ([C7](crate::docs::rules#c7)).
    #[must_use]
    pub const fn users(&self) -> Option<&'a UserGrants> {
        match self.rights {
            Rights::Recorded(grants) => Some(grants.users),
            Rights::DecidedElsewhere(_) => None,
        }
    }

    /// Returns the grants to teams, or `None` if the registry decided the rights elsewhere
    /// ([C7](crate::docs::rules#c7)).
    #[must_use]
    pub const fn teams(&self) -> Option<&'a TeamGrants> {
        match self.rights {
            Rights::Recorded(grants) => Some(grants.teams),
            Rights::DecidedElsewhere(_) => None,
        }
    }

    /// Returns `true` if the scope of the package is owned by this user.
    #[inline]
    pub(crate) fn is_in_scope_of_user(&self, user: UserName<&str>) -> bool {
        self.scope_owner == ScopeOwner::User && self.name().is_in_scope_named(user.into_str())
    }

    /// Returns `true` if the scope of the package is owned by this organization.
    #[inline]
    pub(crate) fn is_in_scope_of_organization(&self, organization: OrganizationName<&str>) -> bool {
        self.scope_owner == ScopeOwner::Organization && self.name().is_in_scope_named(organization.into_str())
    }

    /// Returns the highest permission that the user has on this package by a direct grant, by teams, or by owning the
    /// scope ([C1](crate::docs::rules#c1)).
    ///
    /// The visibility is not considered. [`read_permission_of`](Self::read_permission_of) includes that everyone may
    /// read a public package.
    pub(crate) fn permission_of(
        &self,
        grants: RecordedGrants<'_>,
        user: UserName<&str>,
        memberships: &Memberships,
    ) -> Permission {
        if self.is_in_scope_of_user(user) {
            return Permission::ReadWrite;
        }
        let direct =
            if self.direct_grants_count(memberships) { grants.users.permission_of(user) } else { Permission::NoAccess };
        match direct {
            Permission::ReadWrite => direct,
            Permission::NoAccess | Permission::ReadOnly | Permission::StageOnly => {
                direct.max(grants.teams.highest(memberships))
            }
        }
    }

    /// Returns the permission that the user has on this package. It is at least `read-only` if the package is public
    /// ([C2](crate::docs::rules#c2)).
    pub(crate) fn read_permission_of(
        &self,
        grants: RecordedGrants<'_>,
        user: UserName<&str>,
        memberships: &Memberships,
    ) -> Permission {
        let granted = self.permission_of(grants, user, memberships);
        match self.visibility {
            Visibility::Public => granted.max(Permission::ReadOnly),
            Visibility::Private => granted,
        }
    }

    /// Returns `true` if the user has read access to this package, whose visibility is not considered.
    pub(crate) fn is_readable_by(&self, user: UserName<&str>, memberships: &Memberships) -> bool {
        match self.rights {
            Rights::Recorded(grants) => self.permission_of(grants, user, memberships) >= Permission::ReadOnly,
            Rights::DecidedElsewhere(ceiling) => ceiling.allows(user, &self.name(), Action::ReadPackage),
        }
    }

    /// Returns the permission that the user has on this package, for a token that asks for `needs`
    /// ([L8](crate::docs::rules#l8)). A ceiling decided elsewhere is asked for `read-package` if the token asks for
    /// `read-only`, and for `publish-version` if it asks for more.
    pub(crate) fn permission_for_token(
        &self,
        user: UserName<&str>,
        memberships: &Memberships,
        needs: Permission,
    ) -> Permission {
        match self.rights {
            Rights::Recorded(grants) => self.read_permission_of(grants, user, memberships),
            Rights::DecidedElsewhere(ceiling) => {
                if needs > Permission::ReadOnly && ceiling.allows(user, &self.name(), Action::PublishVersion) {
                    Permission::ReadWrite
                } else if ceiling.allows(user, &self.name(), Action::ReadPackage) {
                    Permission::ReadOnly
                } else {
                    Permission::NoAccess
                }
            }
        }
    }

    /// Returns `true` if some team of the organization has a grant on this package.
    pub(crate) fn has_grant_to_team_of(&self, organization: OrganizationName<&str>) -> bool {
        match self.rights {
            Rights::Recorded(grants) => grants.teams.has_team_of(organization),
            Rights::DecidedElsewhere(_) => false,
        }
    }

    /// Returns `true` if the user has a direct grant on record that would be enough, and does not count
    /// ([C1](crate::docs::rules#c1)).
    pub(crate) fn has_ineffective_direct_grant(
        &self,
        user: UserName<&str>,
        memberships: &Memberships,
        needs: Permission,
    ) -> bool {
        match self.rights {
            Rights::Recorded(grants) => {
                let is_enough = |(name, permission): (&UserName, GrantedPermission)| {
                    *name == user && Permission::from(permission) >= needs
                };
                !self.direct_grants_count(memberships) && grants.users.iter().any(is_enough)
            }
            Rights::DecidedElsewhere(_) => false,
        }
    }

    /// Returns `true` if direct grants to a user with these memberships count ([C1](crate::docs::rules#c1)).
    ///
    /// In the scope of an organization, direct grants count while the user is a member of that organization. In a scope
    /// without a known owner, direct grants never count.
    #[expect(clippy::inline_always, reason = "a call takes 25 instructions more, on paths of 500; two functions ask")]
    #[inline(always)]
    fn direct_grants_count(&self, memberships: &Memberships) -> bool {
        match self.scope_owner {
            ScopeOwner::Unscoped | ScopeOwner::User => true,
            ScopeOwner::Nobody => false,
            ScopeOwner::Organization => {
                self.name().scope().is_some_and(|scope| memberships.find_scope(scope).is_some())
            }
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
/// Create a `MissingPackage` only after a look-up that succeeded and found no package. A look-up that failed does not
/// show that the package is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingPackage<'a> {
    pub(crate) name: PackageName<&'a str>,
    pub(crate) ceiling: Option<&'a ExternalCeiling>,
}

impl<'a> MissingPackage<'a> {
    /// States that no package with this name exists.
    #[must_use]
    pub const fn new(name: PackageName<&'a str>) -> Self {
        Self { name, ceiling: None }
    }

    /// Replaces the rule about creating a package by what the registry decided elsewhere
    /// ([C3](crate::docs::rules#c3), [C7](crate::docs::rules#c7)).
    #[must_use]
    pub const fn with_external_ceiling(self, ceiling: &'a ExternalCeiling) -> Self {
        Self { ceiling: Some(ceiling), ..self }
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
    #[inline]
    pub const fn name(&self) -> PackageName<&'a str> {
        match self {
            Self::Existing(package) => package.name(),
            Self::Missing(package) => package.name,
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
///
/// # Examples
///
/// ```
/// use tollgate::{facts::UserGrants, value::GrantedPermission};
///
/// let bob = ("bob".parse()?, GrantedPermission::ReadOnly);
/// let alice = ("alice".parse()?, GrantedPermission::ReadWrite);
/// let grants = UserGrants::new([bob.clone(), alice])?;
/// let rows: Vec<String> = grants.iter().map(|(user, permission)| format!("{user}: {permission}")).collect();
/// assert_eq!(rows, ["alice: read-write", "bob: read-only"]);
///
/// assert!(UserGrants::new([bob.clone(), bob]).is_err()); // two grants to one user
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserGrants(NameSet<UserGrant>);

type UserGrant = (UserName, GrantedPermission);

impl HasName for UserGrant {
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
    /// Returns an error if two grants are to the same user.
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

    /// Iterates over the grants, sorted by the name of the user.
    pub fn iter(&self) -> impl Iterator<Item = (&UserName, GrantedPermission)> {
        self.0.as_slice().iter().map(|(user, permission)| (user, *permission))
    }

    /// Returns the permission that the user has by a direct grant.
    #[inline]
    fn permission_of(&self, user: UserName<&str>) -> Permission {
        self.0.find(user.into_str().as_bytes()).map_or(Permission::NoAccess, |(_, permission)| (*permission).into())
    }
}

/// The grants on a package to teams, at most one for each team.
///
/// The teams may belong to any organization ([C1](crate::docs::rules#c1)). If an organization owns the scope of the
/// package, a team of another organization gets a grant only by `share-package` ([C5](crate::docs::rules#c5)).
///
/// # Examples
///
/// ```
/// use tollgate::{facts::TeamGrants, value::GrantedPermission};
///
/// let readers = ("acme".parse()?, "readers".parse()?, GrantedPermission::ReadOnly);
/// let ops = ("acme".parse()?, "ops".parse()?, GrantedPermission::ReadWrite);
/// let grants = TeamGrants::new([readers.clone(), ops])?;
/// let rows: Vec<String> =
///     grants.iter().map(|(organization, team, permission)| format!("{organization}:{team}: {permission}")).collect();
/// assert_eq!(rows, ["acme:ops: read-write", "acme:readers: read-only"]);
///
/// assert!(TeamGrants::new([readers.clone(), readers]).is_err()); // two grants to one team
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TeamGrants {
    // One list for each permission. The read-write list is searched first, and a user's team in it ends the search.
    read_write: Teams,
    read_only: Teams,
}

impl TeamGrants {
    /// Creates a list without grants.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Creates a list of grants. Each is an organization, a team of this organization, and a permission.
    ///
    /// # Errors
    ///
    /// Returns an error if two grants are to the same team.
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

    /// Iterates over the grants: those for reading and writing and then those for reading, each sorted by the names of
    /// the organization and the team.
    pub fn iter(&self) -> impl Iterator<Item = (&OrganizationName, &TeamName, GrantedPermission)> {
        let lists = [(&self.read_write, GrantedPermission::ReadWrite), (&self.read_only, GrantedPermission::ReadOnly)];
        lists.into_iter().flat_map(|(teams, permission)| {
            teams.iter().map(move |(organization, team)| (organization, team, permission))
        })
    }

    /// Returns `true` if a team of the organization has a grant.
    fn has_team_of(&self, organization: OrganizationName<&str>) -> bool {
        self.read_write.has_team_of(organization) || self.read_only.has_team_of(organization)
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
    /// Two grants are to the same user.
    #[error("two grants to the user `{user}`: expected one")]
    TwoUserGrants {
        /// The name of the user.
        user: UserName,
    },
    /// Two grants are to the same team.
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

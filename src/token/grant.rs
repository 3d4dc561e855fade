//! The two grants of a granular token, each a permission over a selection.
//!
//! A packages grant and an organizations grant are different types, so neither can be used in place of the other.

use alloc::vec::Vec;

use crate::value::{
    GrantedPermission, NameSet, OrganizationName, PackageName, PackagesPermission, Permission, Scope,
    limits::{MAX_ORGANIZATIONS, MAX_PACKAGES_AND_SCOPES},
};

/// What a granular token may do with packages: nothing, or a permission over a selection
/// ([L5](crate::docs::rules#l5)).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PackagesGrant {
    /// The token may do nothing with packages, except that it may read public packages, as every token may
    /// ([V1](crate::docs::rules#v1)).
    NoAccess,
    /// The token has a permission over a selection of packages and scopes.
    Granted {
        /// `read-only`, `stage-only` or `read-write`.
        permission: PackagesPermission,
        /// The packages that the permission is for.
        selection: PackageSelection,
    },
}

impl PackagesGrant {
    /// Returns the permission of the grant.
    #[must_use]
    pub fn permission(&self) -> Permission {
        match self {
            Self::NoAccess => Permission::NoAccess,
            Self::Granted { permission, selection: _ } => (*permission).into(),
        }
    }

    /// How the grant's selection covers the package, or `None` if it does not ([G2](crate::docs::rules#g2)).
    pub(crate) fn covers(&self, package: PackageName<&str>) -> Option<CoveredBy> {
        match self {
            Self::NoAccess => None,
            Self::Granted { permission: _, selection } => selection.covers(package),
        }
    }
}

/// The packages that a grant is for: all of them, or those of a list that is never empty
/// ([L5](crate::docs::rules#l5)).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PackageSelection {
    /// Every package that the owner may reach, including packages created later.
    All,
    /// Only the packages in a list of packages and scopes.
    Only(PackagesAndScopes),
}

impl PackageSelection {
    /// Selects only the given packages and scopes.
    ///
    /// Packages and scopes share one limit of 50, as in npm's form. Duplicates, and packages whose scope is selected
    /// too, are dropped before counting ([L2](crate::docs::rules#l2)).
    ///
    /// # Errors
    ///
    /// Returns an error if there is no entry, or if there are more than 50.
    ///
    /// # Examples
    ///
    /// ```
    /// use tollgate::{
    ///     PackageName,
    ///     token::{PackageSelection, SelectionError},
    ///     value::Scope,
    /// };
    ///
    /// let acme: Scope = "@acme".parse()?;
    /// let left_pad: PackageName = "left-pad".parse()?;
    /// assert!(PackageSelection::only([acme.into(), left_pad.into()]).is_ok());
    /// assert_eq!(PackageSelection::only([]), Err(SelectionError::Empty));
    /// # Ok::<(), tollgate::value::NameError>(())
    /// ```
    pub fn only(entries: impl IntoIterator<Item = PackageOrScope>) -> Result<Self, SelectionError> {
        PackagesAndScopes::new(entries).map(Self::Only)
    }

    /// How the selection covers the package, or `None` if it does not ([G2](crate::docs::rules#g2)).
    fn covers(&self, package: PackageName<&str>) -> Option<CoveredBy> {
        match self {
            Self::All => Some(CoveredBy::All),
            Self::Only(only) => only.covers(package),
        }
    }
}

/// The way in which a selection covers a package or an organization ([G2](crate::docs::rules#g2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CoveredBy {
    /// The selection is [`PackageSelection::All`].
    All,
    /// The selection has the scope of the package.
    Scope,
    /// The selection has exactly this name.
    Name,
}

/// An entry of a [`PackageSelection`]: a package or a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PackageOrScope {
    /// The package with exactly this name.
    Package(PackageName),
    /// Every package in this scope, including packages created later.
    Scope(Scope),
}

impl From<PackageName> for PackageOrScope {
    fn from(package: PackageName) -> Self {
        Self::Package(package)
    }
}

impl From<Scope> for PackageOrScope {
    fn from(scope: Scope) -> Self {
        Self::Scope(scope)
    }
}

/// A list of 1 to 50 packages and scopes, created by [`PackageSelection::only`].
///
/// The list is sorted. It has no duplicates and no package whose scope is in it ([L2](crate::docs::rules#l2)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackagesAndScopes {
    packages: NameSet<PackageName>,
    scopes: NameSet<Scope>,
}

impl PackagesAndScopes {
    fn new(entries: impl IntoIterator<Item = PackageOrScope>) -> Result<Self, SelectionError> {
        let entries = entries.into_iter();
        // The length that an iterator claims may be wrong, so the room is bounded.
        let room = entries.size_hint().0.min(MAX_PACKAGES_AND_SCOPES);
        let (mut packages, mut scopes) = (Vec::with_capacity(room), Vec::with_capacity(room));
        for entry in entries {
            match entry {
                PackageOrScope::Package(package) => packages.push(package),
                PackageOrScope::Scope(scope) => scopes.push(scope),
            }
        }
        let scopes = NameSet::new(scopes);
        packages.retain(|package| !contains_scope(&scopes, package.as_borrowed()));
        let packages = NameSet::new(packages);
        match packages.as_slice().len().saturating_add(scopes.as_slice().len()) {
            0 => Err(SelectionError::Empty),
            1..=MAX_PACKAGES_AND_SCOPES => Ok(Self { packages, scopes }),
            found => Err(SelectionError::TooManyPackagesAndScopes { found }),
        }
    }

    /// Returns the packages that are selected by name, sorted.
    #[must_use]
    pub const fn packages(&self) -> &[PackageName] {
        self.packages.as_slice()
    }

    /// Returns the selected scopes, sorted.
    #[must_use]
    pub const fn scopes(&self) -> &[Scope] {
        self.scopes.as_slice()
    }

    fn covers(&self, package: PackageName<&str>) -> Option<CoveredBy> {
        if contains_scope(&self.scopes, package) {
            return Some(CoveredBy::Scope);
        }
        self.packages.contains(package.into_str().as_bytes()).then_some(CoveredBy::Name)
    }
}

#[inline]
fn contains_scope(scopes: &NameSet<Scope>, package: PackageName<&str>) -> bool {
    package.scope_bytes().is_some_and(|scope| scopes.contains(scope))
}

/// What a granular token may do with organizations: nothing, or a permission over a list of them
/// ([L5](crate::docs::rules#l5)).
///
/// The grant is for an organization's settings, members and teams. It never allows reading or publishing a package
/// ([G2](crate::docs::rules#g2)).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OrganizationsGrant {
    /// The token may do nothing with organizations.
    NoAccess,
    /// The token has a permission over a list of organizations.
    Granted {
        /// `read-only` or `read-write`.
        permission: GrantedPermission,
        /// The organizations that the permission is for. There is no "all".
        selection: OrganizationSelection,
    },
}

impl OrganizationsGrant {
    /// Returns the permission of the grant.
    #[must_use]
    pub fn permission(&self) -> Permission {
        match self {
            Self::NoAccess => Permission::NoAccess,
            Self::Granted { permission, selection: _ } => (*permission).into(),
        }
    }

    /// How the grant's selection covers the organization, or `None` if it does not ([G2](crate::docs::rules#g2)).
    pub(crate) fn covers(&self, organization: OrganizationName<&str>) -> Option<CoveredBy> {
        match self {
            Self::NoAccess => None,
            Self::Granted { permission: _, selection } => {
                selection.0.contains(organization.into_str().as_bytes()).then_some(CoveredBy::Name)
            }
        }
    }
}

/// A list of 1 to 50 organizations, sorted and without duplicates ([L3](crate::docs::rules#l3)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationSelection(NameSet<OrganizationName>);

impl OrganizationSelection {
    /// Selects only the given organizations. Duplicates are dropped before counting.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no organization, or if there are more than 50
    /// ([L3](crate::docs::rules#l3)).
    pub fn only(organizations: impl IntoIterator<Item = OrganizationName>) -> Result<Self, SelectionError> {
        let organizations = NameSet::new(organizations.into_iter().collect());
        match organizations.as_slice().len() {
            0 => Err(SelectionError::Empty),
            1..=MAX_ORGANIZATIONS => Ok(Self(organizations)),
            found => Err(SelectionError::TooManyOrganizations { found }),
        }
    }

    /// Returns the organizations, sorted.
    #[must_use]
    pub const fn as_slice(&self) -> &[OrganizationName] {
        self.0.as_slice()
    }
}

/// The error returned when a list is not a valid selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectionError {
    /// The list is empty. An empty list never means everything ([L5](crate::docs::rules#l5)).
    #[error("empty selection: expected at least one entry")]
    Empty,
    /// There are more than [`MAX_PACKAGES_AND_SCOPES`] packages and scopes ([L2](crate::docs::rules#l2)).
    #[error("{found} packages and scopes: expected at most {MAX_PACKAGES_AND_SCOPES} together")]
    TooManyPackagesAndScopes {
        /// The number of packages and scopes, without duplicates and without packages whose scope is selected too.
        found: usize,
    },
    /// There are more than [`MAX_ORGANIZATIONS`] organizations ([L3](crate::docs::rules#l3)).
    #[error("{found} organizations: expected at most {MAX_ORGANIZATIONS}")]
    TooManyOrganizations {
        /// The number of organizations, without duplicates.
        found: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::{CoveredBy, OrganizationSelection, PackageOrScope, PackageSelection, SelectionError};
    use crate::value::{OrganizationName, PackageName, Scope};
    use alloc::{format, string::ToString, vec::Vec};

    fn package(text: &str) -> PackageOrScope {
        PackageOrScope::Package(text.parse().unwrap())
    }

    fn scope(text: &str) -> PackageOrScope {
        PackageOrScope::Scope(text.parse().unwrap())
    }

    fn packages(count: usize) -> Vec<PackageOrScope> {
        (0..count).map(|n| package(&format!("p{n}"))).collect()
    }

    fn scopes(count: usize) -> Vec<PackageOrScope> {
        (0..count).map(|n| scope(&format!("@s{n}"))).collect()
    }

    #[test]
    fn packages_and_scopes_together_are_at_most_50() {
        let only = |entries: Vec<PackageOrScope>| PackageSelection::only(entries).map(|_| ());
        assert_eq!(only([packages(25), scopes(25)].concat()), Ok(()));
        assert_eq!(only(packages(50)), Ok(()));
        assert_eq!(only(scopes(50)), Ok(()));
        let error = only([packages(50), scopes(1)].concat()).unwrap_err();
        assert_eq!(error.to_string(), "51 packages and scopes: expected at most 50 together");
        assert_eq!(only([packages(50), packages(1)].concat()), Ok(()), "a duplicate does not count");
        let inside: Vec<_> = (0..50).map(|n| package(&format!("@s0/p{n}"))).collect();
        assert_eq!(only([inside, scopes(50)].concat()), Ok(()), "packages of a selected scope do not count");
        assert_eq!(only(Vec::new()), Err(SelectionError::Empty));
        assert_eq!(SelectionError::Empty.to_string(), "empty selection: expected at least one entry");
    }

    #[test]
    fn organizations_are_1_to_50() {
        let only = |count: usize| {
            OrganizationSelection::only((0..count).map(|n| format!("o{n}").parse::<OrganizationName>().unwrap()))
        };
        assert!(only(50).is_ok());
        assert_eq!(only(51).unwrap_err().to_string(), "51 organizations: expected at most 50");
        assert_eq!(only(0), Err(SelectionError::Empty));
    }

    #[test]
    fn a_selection_covers_a_package_by_exact_name_or_by_scope() {
        let selection = PackageSelection::only([package("left-pad"), scope("acme"), package("@solo/one")]).unwrap();
        for (name, covered) in [
            ("left-pad", Some(CoveredBy::Name)),
            ("left-pa", None),
            ("Left-pad", None),
            ("@acme/app", Some(CoveredBy::Scope)),
            ("@acme-evil/app", None),
            ("acme", None),
            ("@solo/one", Some(CoveredBy::Name)),
            ("@solo/two", None),
        ] {
            assert_eq!(selection.covers(PackageName::new(name).unwrap()), covered, "{name}");
        }
        assert_eq!(PackageSelection::All.covers(PackageName::new("x").unwrap()), Some(CoveredBy::All));
        assert!(Scope::new("acme").is_ok());
    }
}

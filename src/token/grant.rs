//! What a granular token reaches: two grants, each a permission over a selection (L2, L3, L5, G2).
//!
//! A packages grant and an organizations grant are different types, so that neither can be asked for the other's.

use alloc::vec::Vec;

use crate::value::{
    GrantedPermission, NameSet, OrganizationName, PackageName, Permission, Scope,
    limits::{MAX_ORGANIZATIONS, MAX_PACKAGES_AND_SCOPES},
};

/// **What a granular token may do with packages**: nothing, or a permission over a selection (L5).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PackagesGrant {
    /// Nothing. (Public packages are readable all the same, V1.)
    NoAccess,
    /// A permission over a selection of packages and scopes.
    Granted {
        /// What may be done.
        permission: GrantedPermission,
        /// With which packages.
        selection: PackageSelection,
    },
}

impl PackagesGrant {
    /// The permission of the grant.
    #[must_use]
    pub fn permission(&self) -> Permission {
        match self {
            Self::NoAccess => Permission::NoAccess,
            Self::Granted { permission, selection: _ } => (*permission).into(),
        }
    }

    /// How the selection covers the package, if it does.
    pub(crate) fn covers(&self, package: &PackageName<&str>) -> Option<CoveredBy> {
        match self {
            Self::NoAccess => None,
            Self::Granted { permission: _, selection } => selection.covers(package),
        }
    }
}

/// **Which packages**: all, or the packages and scopes of a list that is never empty (L2, L5).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PackageSelection {
    /// Every package that the owner may reach, those to come included.
    All,
    /// Only these.
    Only(PackagesAndScopes),
}

impl PackageSelection {
    /// Only these packages and scopes, in one list as npm counts them.
    ///
    /// # Errors
    /// No entry at all, or more than 50 after dropping duplicates and packages whose scope is selected too (L2).
    ///
    /// ```
    /// use tollgate::{PackageName, token::PackageSelection, value::Scope};
    ///
    /// let acme = Scope::new("acme")?.into_owned();
    /// let left_pad: PackageName = "left-pad".parse()?;
    /// assert!(PackageSelection::only([acme.into(), left_pad.into()]).is_ok());
    /// assert!(PackageSelection::only([]).is_err());
    /// # Ok::<(), tollgate::value::NameError>(())
    /// ```
    pub fn only(entries: impl IntoIterator<Item = PackageOrScope>) -> Result<Self, SelectionError> {
        PackagesAndScopes::new(entries).map(Self::Only)
    }

    /// How the selection covers the package, if it does (G2).
    fn covers(&self, package: &PackageName<&str>) -> Option<CoveredBy> {
        match self {
            Self::All => Some(CoveredBy::All),
            Self::Only(only) => only.covers(package),
        }
    }
}

/// How a selection covers a package or an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CoveredBy {
    /// Everything is selected.
    All,
    /// The scope of the package is.
    Scope,
    /// The very name is.
    Name,
}

/// One entry of a selection of packages and scopes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PackageOrScope {
    /// One package by its exact name.
    Package(PackageName),
    /// Every package of a scope, those to come included.
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

/// A list of 1 to 50 packages and scopes: sorted, without duplicates or packages whose scope is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackagesAndScopes {
    packages: NameSet<PackageName>,
    scopes: NameSet<Scope>,
}

impl PackagesAndScopes {
    fn new(entries: impl IntoIterator<Item = PackageOrScope>) -> Result<Self, SelectionError> {
        let entries = entries.into_iter();
        let room = entries.size_hint().0.min(MAX_PACKAGES_AND_SCOPES);
        let (mut packages, mut scopes) = (Vec::with_capacity(room), Vec::with_capacity(room));
        for entry in entries {
            match entry {
                PackageOrScope::Package(package) => packages.push(package),
                PackageOrScope::Scope(scope) => scopes.push(scope),
            }
        }
        let scopes = NameSet::new(scopes);
        packages.retain(|package| !contains_scope(&scopes, &package.as_borrowed()));
        let packages = NameSet::new(packages);
        match packages.as_slice().len().saturating_add(scopes.as_slice().len()) {
            0 => Err(SelectionError::Empty),
            1..=MAX_PACKAGES_AND_SCOPES => Ok(Self { packages, scopes }),
            found => Err(SelectionError::TooManyPackagesAndScopes { found }),
        }
    }

    /// The packages selected by name, in their order.
    #[must_use]
    pub const fn packages(&self) -> &[PackageName] {
        self.packages.as_slice()
    }

    /// The scopes selected, in their order.
    #[must_use]
    pub const fn scopes(&self) -> &[Scope] {
        self.scopes.as_slice()
    }

    fn covers(&self, package: &PackageName<&str>) -> Option<CoveredBy> {
        if contains_scope(&self.scopes, package) {
            return Some(CoveredBy::Scope);
        }
        self.packages.contains(package.into_str().as_bytes()).then_some(CoveredBy::Name)
    }
}

#[inline]
fn contains_scope(scopes: &NameSet<Scope>, package: &PackageName<&str>) -> bool {
    package.scope_bytes().is_some_and(|scope| scopes.contains(scope))
}

/// **What a granular token may do with organizations**: nothing, or a permission over a list of them (L3, L5).
///
/// It reaches settings, members and teams; it never reads or publishes a package (G2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OrganizationsGrant {
    /// Nothing.
    NoAccess,
    /// A permission over a selection of organizations.
    Granted {
        /// What may be done.
        permission: GrantedPermission,
        /// With which organizations. There is no "all".
        selection: OrganizationSelection,
    },
}

impl OrganizationsGrant {
    /// The permission of the grant.
    #[must_use]
    pub fn permission(&self) -> Permission {
        match self {
            Self::NoAccess => Permission::NoAccess,
            Self::Granted { permission, selection: _ } => (*permission).into(),
        }
    }

    /// How the selection covers the organization, if it does.
    pub(crate) fn covers(&self, organization: OrganizationName<&str>) -> Option<CoveredBy> {
        match self {
            Self::NoAccess => None,
            Self::Granted { permission: _, selection } => {
                selection.0.contains(organization.into_str().as_bytes()).then_some(CoveredBy::Name)
            }
        }
    }
}

/// A list of 1 to 50 organizations: sorted, without duplicates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationSelection(NameSet<OrganizationName>);

impl OrganizationSelection {
    /// Only these organizations.
    ///
    /// # Errors
    /// No organization at all, or more than 50 different ones (L3).
    pub fn only(organizations: impl IntoIterator<Item = OrganizationName>) -> Result<Self, SelectionError> {
        let organizations = NameSet::new(organizations.into_iter().collect());
        match organizations.as_slice().len() {
            0 => Err(SelectionError::Empty),
            1..=MAX_ORGANIZATIONS => Ok(Self(organizations)),
            found => Err(SelectionError::TooManyOrganizations { found }),
        }
    }

    /// The organizations, in their order.
    #[must_use]
    pub const fn as_slice(&self) -> &[OrganizationName] {
        self.0.as_slice()
    }
}

/// A list that is no selection (L2, L3, L5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectionError {
    /// Nothing is selected. An empty list never means everything.
    #[error("empty selection: expected at least one entry")]
    Empty,
    /// More than [`MAX_PACKAGES_AND_SCOPES`].
    #[error("{found} packages and scopes: expected at most {MAX_PACKAGES_AND_SCOPES} together")]
    TooManyPackagesAndScopes {
        /// How many there are after dropping duplicates and packages whose scope is selected too.
        found: usize,
    },
    /// More than [`MAX_ORGANIZATIONS`].
    #[error("{found} organizations: expected at most {MAX_ORGANIZATIONS}")]
    TooManyOrganizations {
        /// How many there are without duplicates.
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
    fn fifty_packages_and_scopes_pass_together_and_51_fail() {
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
    fn organizations_have_a_budget_of_their_own() {
        let only = |count: usize| {
            OrganizationSelection::only((0..count).map(|n| format!("o{n}").parse::<OrganizationName>().unwrap()))
        };
        assert!(only(50).is_ok());
        assert_eq!(only(51).unwrap_err().to_string(), "51 organizations: expected at most 50");
        assert_eq!(only(0), Err(SelectionError::Empty));
    }

    #[test]
    fn a_selection_covers_by_exact_name_or_by_scope() {
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
            assert_eq!(selection.covers(&PackageName::new(name).unwrap()), covered, "{name}");
        }
        assert_eq!(PackageSelection::All.covers(&PackageName::new("x").unwrap()), Some(CoveredBy::All));
        assert!(Scope::new("acme").is_ok());
    }
}

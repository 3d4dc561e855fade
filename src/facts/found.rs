//! Results of look-ups that own their facts, for a caller that keeps them longer than a row.

use alloc::boxed::Box;

use crate::{
    facts::{MissingOrganization, MissingPackage, Organization, OrganizationState, Package, PackageState},
    value::{OrganizationName, PackageName, Quoted, excerpt},
};

/// The owned result of looking up a package by name: the package, or a name that no package has.
///
/// It is the owned form of [`PackageState`], for a cache or for the state of a request. Pass a reference to it wherever
/// a decision takes a package.
///
/// # Examples
///
/// ```
/// use std::collections::HashMap;
///
/// use tollgate::{
///     Package, PackageAction, PackageName, Reason, authorize_anonymous,
///     facts::{FoundPackage, PackageFacts, PublishingAccess, ScopeOwner, TeamGrants, UserGrants, Visibility},
/// };
///
/// type Failure = Box<dyn std::error::Error>;
///
/// /// The table of packages. A row that is not valid makes the query fail.
/// struct Table(HashMap<&'static str, &'static str>);
///
/// impl Table {
///     fn query(&self, name: PackageName<&str>) -> Result<Option<Package>, Failure> {
///         let Some(visibility) = self.0.get(name.as_str()) else { return Ok(None) };
///         let package = Package::new(PackageFacts {
///             name: name.into_owned(),
///             scope_owner: ScopeOwner::Unscoped,
///             visibility: visibility.parse()?,
///             publishing_access: PublishingAccess::TwoFactorOrBypass,
///             users: UserGrants::empty(),
///             teams: TeamGrants::empty(),
///         })?;
///         Ok(Some(package))
///     }
///
///     fn find(&self, name: &str) -> Result<FoundPackage, Failure> {
///         let name = PackageName::new(name)?;
///         FoundPackage::from_lookup(name, self.query(name))
///     }
/// }
///
/// let table = Table(HashMap::from([("left-pad", "public"), ("broken", "secret")]));
///
/// let left_pad = table.find("left-pad")?;
/// assert!(authorize_anonymous(PackageAction::ReadPackage, &left_pad).is_allow());
///
/// let free = table.find("right-pad")?;
/// assert_eq!(authorize_anonymous(PackageAction::ReadPackage, &free).status(), 404);
///
/// // A query that fails is no decision: it does not become a package that does not exist.
/// assert!(table.find("broken").is_err());
/// # Ok::<(), Failure>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundPackage {
    /// The package exists.
    Existing(Package),
    /// No package has this name. A look-up that failed does not show this: see [`from_lookup`](Self::from_lookup).
    Missing(PackageName),
}

impl FoundPackage {
    /// Creates the result from the name that was looked up and what the look-up returned.
    ///
    /// The error type of the look-up is the caller's own. It converts from a [`LookupError`], as
    /// `Box<dyn core::error::Error>` does.
    ///
    /// # Errors
    ///
    /// - The error of the look-up, if it failed. A look-up that failed does not show that the package is missing.
    /// - A [`LookupError`] if the look-up found a package of another name. A database that compares names without regard
    ///   to case does this, and two packages may have names that differ only in case ([N2](crate::docs::rules#n2)).
    pub fn from_lookup<E: From<LookupError>>(
        name: PackageName<&str>,
        lookup: Result<Option<Package>, E>,
    ) -> Result<Self, E> {
        match lookup? {
            None => Ok(Self::Missing(name.into_owned())),
            Some(package) if *package.name() == name => Ok(Self::Existing(package)),
            Some(package) => Err(LookupError::new("package", name.as_str(), package.name().as_str()).into()),
        }
    }

    /// Returns the name that was looked up.
    #[must_use]
    pub const fn name(&self) -> &PackageName {
        match self {
            Self::Existing(package) => package.name(),
            Self::Missing(name) => name,
        }
    }

    /// Returns the borrowed form of this result. This copies no text and no list.
    #[must_use]
    pub fn as_state(&self) -> PackageState<'_> {
        match self {
            Self::Existing(package) => package.into(),
            Self::Missing(name) => MissingPackage::new(name.as_borrowed()).into(),
        }
    }
}

impl<'a> From<&'a FoundPackage> for PackageState<'a> {
    fn from(found: &'a FoundPackage) -> Self {
        found.as_state()
    }
}

/// The owned result of looking up an organization by name: the organization, or a name that no organization has.
///
/// It is the owned form of [`OrganizationState`].
///
/// # Examples
///
/// ```
/// use tollgate::{
///     Organization, OrganizationAction, authorize_anonymous,
///     facts::{FoundOrganization, LookupError},
///     value::OrganizationName,
/// };
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let acme = OrganizationName::new("acme")?;
/// let row = Some(Organization::new(acme.into_owned()));
/// let found = FoundOrganization::from_lookup(acme, Ok::<_, LookupError>(row.clone()))?;
/// assert_eq!(found.name().as_str(), "acme");
/// assert_eq!(authorize_anonymous(OrganizationAction::ReadOrg, &found).status(), 401);
///
/// // The look-up of `globex` found `acme`.
/// let globex = OrganizationName::new("globex")?;
/// assert!(FoundOrganization::from_lookup(globex, Ok::<_, LookupError>(row)).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundOrganization {
    /// The organization exists.
    Existing(Organization),
    /// No organization has this name. A look-up that failed does not show this: see [`from_lookup`](Self::from_lookup).
    Missing(OrganizationName),
}

impl FoundOrganization {
    /// Creates the result from the name that was looked up and what the look-up returned.
    ///
    /// # Errors
    ///
    /// Returns the error of the look-up, if it failed, or a [`LookupError`] if the look-up found an organization of
    /// another name, as [`FoundPackage::from_lookup`] does.
    pub fn from_lookup<E: From<LookupError>>(
        name: OrganizationName<&str>,
        lookup: Result<Option<Organization>, E>,
    ) -> Result<Self, E> {
        match lookup? {
            None => Ok(Self::Missing(name.into_owned())),
            Some(organization) if *organization.name() == name => Ok(Self::Existing(organization)),
            Some(organization) => {
                Err(LookupError::new("organization", name.as_str(), organization.name().as_str()).into())
            }
        }
    }

    /// Returns the name that was looked up.
    #[must_use]
    pub const fn name(&self) -> &OrganizationName {
        match self {
            Self::Existing(organization) => organization.name(),
            Self::Missing(name) => name,
        }
    }

    /// Returns the borrowed form of this result. This copies no text.
    #[must_use]
    pub fn as_state(&self) -> OrganizationState<'_> {
        match self {
            Self::Existing(organization) => organization.into(),
            Self::Missing(name) => MissingOrganization::new(name.as_borrowed()).into(),
        }
    }
}

impl<'a> From<&'a FoundOrganization> for OrganizationState<'a> {
    fn from(found: &'a FoundOrganization) -> Self {
        found.as_state()
    }
}

/// The error returned when a look-up by name found something of another name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "looked up the {what} {} and found {}: expected one of the same name, capitals included",
    Quoted(asked),
    Quoted(found)
)]
pub struct LookupError {
    /// `package` or `organization`.
    what: &'static str,
    asked: Box<str>,
    found: Box<str>,
}

impl LookupError {
    fn new(what: &'static str, asked: &str, found: &str) -> Self {
        Self { what, asked: excerpt(asked), found: excerpt(found) }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};

    use super::{FoundOrganization, FoundPackage, LookupError};
    use crate::{
        facts::{
            Organization, OrganizationState, Package, PackageFacts, PackageState, PublishingAccess, ScopeOwner,
            TeamGrants, UserGrants, Visibility,
        },
        value::{OrganizationName, PackageName},
    };

    /// The error of a caller: a query that failed, or a look-up that found another name.
    #[derive(Debug, PartialEq)]
    enum Failure {
        Query,
        Lookup(String),
    }

    impl From<LookupError> for Failure {
        fn from(error: LookupError) -> Self {
            Self::Lookup(error.to_string())
        }
    }

    fn package(name: &str) -> Package {
        let facts = PackageFacts {
            name: name.parse().unwrap(),
            scope_owner: ScopeOwner::Unscoped,
            visibility: Visibility::Public,
            publishing_access: PublishingAccess::NoRequirement,
            users: UserGrants::empty(),
            teams: TeamGrants::empty(),
        };
        Package::new(facts).unwrap()
    }

    fn is_owned_and_shared<T: Clone + core::fmt::Debug + Eq + Send + Sync + 'static>(_: &T) {}

    #[test]
    fn a_package_is_existing_only_under_the_name_that_was_looked_up() {
        let find = |asked, lookup| FoundPackage::from_lookup(PackageName::new(asked).unwrap(), lookup);
        let found = find("JSONStream", Ok(Some(package("JSONStream")))).unwrap();
        is_owned_and_shared(&found);
        assert_eq!(found, FoundPackage::Existing(package("JSONStream")));
        assert_eq!(found.name().as_str(), "JSONStream");
        assert!(matches!(PackageState::from(&found), PackageState::Existing(_)));
        assert_eq!(found.as_state().name().as_str(), "JSONStream");

        let message = "looked up the package `jsonstream` and found `JSONStream`: expected one of the same name, capitals \
                       included";
        assert_eq!(find("jsonstream", Ok(Some(package("JSONStream")))), Err(Failure::Lookup(message.to_string())));
    }

    #[test]
    fn a_package_is_missing_only_after_a_query_that_succeeded() {
        let name = PackageName::new("left-pad").unwrap();
        let found = FoundPackage::from_lookup(name, Ok::<_, Failure>(None)).unwrap();
        assert_eq!(found, FoundPackage::Missing("left-pad".parse().unwrap()));
        assert_eq!(found.name().as_str(), "left-pad");
        assert!(matches!(PackageState::from(&found), PackageState::Missing(missing) if missing.name() == name));
        assert_eq!(FoundPackage::from_lookup(name, Err(Failure::Query)), Err(Failure::Query));
    }

    #[test]
    fn an_organization_is_found_as_a_package_is() {
        let organization = |name: &str| Organization::new(name.parse().unwrap());
        let find = |asked, lookup| FoundOrganization::from_lookup(OrganizationName::new(asked).unwrap(), lookup);
        let found = find("acme", Ok(Some(organization("acme")))).unwrap();
        is_owned_and_shared(&found);
        assert_eq!(found, FoundOrganization::Existing(organization("acme")));
        assert!(matches!(OrganizationState::from(&found), OrganizationState::Existing(_)));
        assert_eq!((found.name().as_str(), found.as_state().name().as_str()), ("acme", "acme"));

        let missing = find("acme", Ok(None)).unwrap();
        assert_eq!(missing, FoundOrganization::Missing("acme".parse().unwrap()));
        assert!(matches!(OrganizationState::from(&missing), OrganizationState::Missing(_)));
        assert_eq!((missing.name().as_str(), missing.as_state().name().as_str()), ("acme", "acme"));

        assert_eq!(find("acme", Err(Failure::Query)), Err(Failure::Query));
        let message =
            "looked up the organization `acme` and found `Acme`: expected one of the same name, capitals included";
        assert_eq!(find("acme", Ok(Some(organization("Acme")))), Err(Failure::Lookup(message.to_string())));
    }
}

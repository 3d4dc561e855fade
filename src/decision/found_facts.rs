//! The results of the look-ups of one request, for the decisions about it.

use alloc::vec::Vec;

use crate::{
    decision::{AccessRequest, ResourceFacts},
    facts::{ExternalCeiling, FoundOrganization, FoundPackage, PackageState},
    value::{OrganizationName, PackageName},
};

/// What a server found about the packages and organizations that a request names.
///
/// Look up what [`packages_to_find`](Self::packages_to_find) and
/// [`organizations_to_find`](Self::organizations_to_find) return, and add each result. A decision about a name that was
/// not looked up is an error, not a denial and not an allow.
///
/// # Examples
///
/// ```
/// use tollgate::{
///     ClientIp, PackageAction, Package, Timestamp,
///     decision::{AccessRequest, Caller, FoundFacts},
///     facts::{FoundPackage, LookupError},
/// };
///
/// let read = AccessRequest::Package { action: PackageAction::ReadPackage, package: "left-pad".parse()? };
/// let mut facts = FoundFacts::new();
/// let decide = |facts: &FoundFacts| {
///     read.decide(&Caller::NoToken, &facts.about(&read), ClientIp::UNKNOWN, Timestamp::UNIX_EPOCH).map(|d| d.status())
/// };
/// assert!(decide(&facts).is_err());
///
/// for name in facts.packages_to_find([&read]) {
///     let row: Result<Option<Package>, LookupError> = Ok(None); // the query found no row
///     facts.add_package(FoundPackage::from_lookup(name.as_borrowed(), row)?);
/// }
/// assert_eq!(decide(&facts)?, 404);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundFacts {
    packages: Vec<(FoundPackage, Option<ExternalCeiling>)>,
    organizations: Vec<FoundOrganization>,
}

impl FoundFacts {
    /// Creates facts of no look-up.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the result of looking up a package, in place of an earlier result for the same name and its ceiling.
    pub fn add_package(&mut self, package: FoundPackage) {
        self.put_package(package, None);
    }

    /// Adds the result of looking up a package, together with what the registry decided about it by rules of its own
    /// ([C7](crate::docs::rules#c7)).
    pub fn add_package_with_ceiling(&mut self, package: FoundPackage, ceiling: ExternalCeiling) {
        self.put_package(package, Some(ceiling));
    }

    fn put_package(&mut self, package: FoundPackage, ceiling: Option<ExternalCeiling>) {
        self.packages.retain(|(found, _)| found.name() != package.name());
        self.packages.push((package, ceiling));
    }

    /// Adds the result of looking up an organization, in place of an earlier result for the same name.
    pub fn add_organization(&mut self, organization: FoundOrganization) {
        self.organizations.retain(|found| found.name() != organization.name());
        self.organizations.push(organization);
    }

    /// Returns a copy in which the package is missing, if it was added. What the registry [decided about it by rules of its
    /// own](Self::add_package_with_ceiling) stays.
    ///
    /// A server can decide a publish twice before it takes its lock: with the facts as found, and with this copy. Under the
    /// lock it looks the package up again, and uses the decision that fits. An allow to create a package permits no
    /// new version of one that exists, and the reverse: `npm::PackumentChanges::allowed_by` returns an error for an allow
    /// that does not fit.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "serde")]
    /// # {
    /// use tollgate::{
    ///     ClientIp, PackageAction, PackageName, Policy, StoredToken,
    ///     decision::{AccessRequest, Caller, FoundFacts},
    ///     facts::{FoundPackage, StoredPackage, StoredUser},
    ///     operation::Action,
    /// };
    ///
    /// let token: StoredToken = serde_json::from_str(
    ///     r#"{"version": 1, "key": "t-1", "owner": "alice", "created": "2025-10-30T12:00:00Z", "revoked": null,
    ///         "cidr": null, "legacy": "publish"}"#,
    /// )?;
    /// let alice: StoredUser = serde_json::from_str(
    ///     r#"{"version": 1, "name": "alice", "status": "active", "two_factor": "auth-only",
    ///         "tokens_revoked_until": null, "writes_held_until": null, "orgs": []}"#,
    /// )?;
    /// let left_pad: StoredPackage = serde_json::from_str(
    ///     r#"{"version": 1, "name": "left-pad", "scope_owner": "unscoped", "visibility": "public",
    ///         "publishing_access": "no-requirement", "users": {}}"#,
    /// )?;
    /// let (token, alice) = (token.load()?, alice.load()?);
    /// let caller = Caller::Token(Policy::NPM_2025_10.bind(&token, &alice)?);
    ///
    /// let mut facts = FoundFacts::new();
    /// facts.add_package(FoundPackage::Existing(left_pad.load()?));
    /// let publish = AccessRequest::Package { action: PackageAction::Publish, package: "left-pad".parse()? };
    /// let decide = |facts: &FoundFacts| -> Result<(Action, bool), Box<dyn std::error::Error>> {
    ///     let decision =
    ///         publish.decide(&caller, &facts.about(&publish), ClientIp::UNKNOWN, "2025-11-01T00:00:00Z".parse()?)?;
    ///     Ok((decision.action(), decision.is_allow()))
    /// };
    ///
    /// // alice does not maintain the package, but if it is gone when she has the lock, she may create one.
    /// assert_eq!(decide(&facts)?, (Action::PublishVersion, false));
    /// assert_eq!(decide(&facts.with_package_missing(PackageName::new("left-pad")?))?, (Action::CreatePackage, true));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_package_missing(&self, package: PackageName<&str>) -> Self {
        let mut facts = self.clone();
        for (found, _) in &mut facts.packages {
            if *found.name() == package {
                *found = FoundPackage::Missing(package.into_owned());
            }
        }
        facts
    }

    /// Returns the packages that the access requests name and that have not been added, each once.
    pub fn packages_to_find<'r>(
        &self,
        access_requests: impl IntoIterator<Item = &'r AccessRequest>,
    ) -> Vec<PackageName> {
        let mut names: Vec<PackageName> = Vec::new();
        for name in access_requests.into_iter().filter_map(AccessRequest::package) {
            if self.package(name).is_none() && !names.iter().any(|other| *other == name) {
                names.push(name.into_owned());
            }
        }
        names
    }

    /// Returns the organizations that the access requests name and that have not been added, each once.
    pub fn organizations_to_find<'r>(
        &self,
        access_requests: impl IntoIterator<Item = &'r AccessRequest>,
    ) -> Vec<OrganizationName> {
        let mut names: Vec<OrganizationName> = Vec::new();
        for name in access_requests.into_iter().filter_map(AccessRequest::organization) {
            if self.organization(name).is_none() && !names.iter().any(|other| *other == name) {
                names.push(name.into_owned());
            }
        }
        names
    }

    /// Returns the result of looking up a package, or `None` if it was not added.
    #[must_use]
    pub fn package(&self, name: PackageName<&str>) -> Option<&FoundPackage> {
        self.packages.iter().map(|(package, _)| package).find(|package| *package.name() == name)
    }

    /// Returns the result of looking up an organization, or `None` if it was not added.
    #[must_use]
    pub fn organization(&self, name: OrganizationName<&str>) -> Option<&FoundOrganization> {
        self.organizations.iter().find(|organization| *organization.name() == name)
    }

    /// Returns the facts about the package and the organization that an access request names, as far as they were
    /// added.
    #[must_use]
    pub fn about(&self, access_request: &AccessRequest) -> ResourceFacts<'_> {
        let package = access_request.package().and_then(|name| {
            let (package, ceiling) = self.packages.iter().find(|(package, _)| *package.name() == name)?;
            Some(match (package.as_state(), ceiling) {
                (state, None) => state,
                (PackageState::Existing(view), Some(ceiling)) => view.with_external_ceiling(ceiling).into(),
                (PackageState::Missing(missing), Some(ceiling)) => missing.with_external_ceiling(ceiling).into(),
            })
        });
        let organization = access_request.organization().and_then(|name| Some(self.organization(name)?.as_state()));
        ResourceFacts { package, organization }
    }
}

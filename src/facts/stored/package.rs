//! The versioned document in which a registry stores a package's access.

use alloc::format;
use core::fmt;

use serde::{
    Deserialize, Serialize, Serializer,
    ser::{Error as _, SerializeMap},
};

use super::{
    StoredFactsError,
    fields::{AnyReference, RawPackage},
};
use crate::{
    facts::{Package, ScopeOwner, TeamGrants, UserGrants},
    value::{
        document::{self, Path},
        stored::{STORED_VERSION, Stored},
    },
};

/// A package as a registry stores it, with the grants on it: a document with a version, such as a JSON object.
///
/// - To store a package, serialize `StoredPackage::from(&package)`.
/// - To read a package, deserialize a `StoredPackage` and call [`load`](Self::load). A newer version, an unknown field or
///   a contradiction is an error. Pass that error to [`FoundPackage::from_lookup`](crate::facts::FoundPackage::from_lookup):
///   a package that does not load is not a package that does not exist.
/// - The owner of the scope is stored with the package. When a user or an organization with the name of the scope is
///   created or deleted, store its packages again.
///
/// # The fields
///
/// They are those of [a package in a world](crate::docs::format#world-package), with a version and the owner of the
/// scope.
///
/// | field | value |
/// |---|---|
/// | `version` | 1 |
/// | `name` | the name |
/// | `scope_owner` | `unscoped`, `user`, `organization` or `nobody` |
/// | `visibility` | `public` or `private` |
/// | `publishing_access` | `no-requirement`, `two-factor-or-bypass` or `two-factor-only` |
/// | `users` | an object: the name of a user → `read-only` or `read-write`; no grants if left out |
/// | `teams` | an object: `organization:team` → `read-only` or `read-write`; no grants if left out |
///
/// # Examples
///
/// ```
/// use tollgate::facts::{ScopeOwner, StoredPackage};
///
/// let text = r#"{
///     "version": 1,
///     "name": "@acme/app",
///     "scope_owner": "organization",
///     "visibility": "private",
///     "publishing_access": "two-factor-or-bypass",
///     "users": {"bob": "read-only"},
///     "teams": {"acme:developers": "read-write"}
/// }"#;
/// let stored: StoredPackage = serde_json::from_str(text)?;
/// let package = stored.load()?;
/// assert_eq!(package.scope_owner(), ScopeOwner::Organization);
///
/// // Storing the package and loading it again gives an equal package.
/// let again = serde_json::to_string(&StoredPackage::from(&package))?;
/// assert_eq!(serde_json::from_str::<StoredPackage>(&again)?.load()?, package);
///
/// // An unknown field might be a restriction, so the package does not load.
/// let newer = text.replace(r#""users""#, r#""frozen": true, "users""#);
/// let stored: StoredPackage = serde_json::from_str(&newer)?;
/// assert!(stored.load().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct StoredPackage(Stored<Package>);

/// Shows nothing of a document that was read. It is not checked yet, so it may have a secret in a wrong place.
impl fmt::Debug for StoredPackage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Stored::Document(_) => f.write_str("StoredPackage(…)"),
            Stored::Value(package) => write!(f, "StoredPackage({package:?})"),
        }
    }
}

impl From<&Package> for StoredPackage {
    fn from(package: &Package) -> Self {
        Self(Stored::Value(package.clone().into()))
    }
}

impl StoredPackage {
    /// Loads the package from the document.
    ///
    /// This checks the shape of the document and its values. It does not check what depends on other records: whether
    /// the users and organizations exist, who owns the scope, and whether the policy lets an unscoped package be private
    /// ([P6](crate::docs::rules#p6)).
    ///
    /// # Errors
    ///
    /// Returns an error if the version is newer than this crate knows, if a field is unknown, missing or of the wrong
    /// type, if a value is not valid, or if two facts contradict each other, as in [`Package::new`].
    pub fn load(&self) -> Result<Package, StoredFactsError> {
        const KNOWN: &[&str] = &["version", "name", "scope_owner", "visibility", "publishing_access", "users", "teams"];
        let path = Path::Top;
        self.0.load(
            KNOWN,
            |fields| {
                let scope_owner = fields.required("scope_owner", &path)?;
                let scope_owner: ScopeOwner = document::word(scope_owner, &path.field("scope_owner"))?;
                Ok((RawPackage::read(fields, &path)?, scope_owner))
            },
            |(raw, scope_owner), errors| raw.build(&AnyReference, |_| *scope_owner, &path, errors),
            |problem| StoredFactsError::new("package", problem),
        )
    }
}

impl<'de> Deserialize<'de> for StoredPackage {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Stored::deserialize(deserializer).map(Self)
    }
}

impl Serialize for StoredPackage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let loaded;
        let package = match &self.0 {
            Stored::Value(package) => &**package,
            Stored::Document(_) => {
                loaded = self.load().map_err(S::Error::custom)?;
                &loaded
            }
        };
        let mut map = serializer.serialize_map(Some(7))?;
        map.serialize_entry("version", &STORED_VERSION)?;
        map.serialize_entry("name", package.name())?;
        map.serialize_entry("scope_owner", &package.scope_owner())?;
        map.serialize_entry("visibility", &package.visibility())?;
        map.serialize_entry("publishing_access", &package.publishing_access())?;
        map.serialize_entry("users", &SerializeUsers(package.users()))?;
        map.serialize_entry("teams", &SerializeTeams(package.teams()))?;
        map.end()
    }
}

struct SerializeUsers<'p>(&'p UserGrants);

impl Serialize for SerializeUsers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter())
    }
}

struct SerializeTeams<'p>(&'p TeamGrants);

impl Serialize for SerializeTeams<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let grants = self.0.iter();
        serializer
            .collect_map(grants.map(|(organization, team, permission)| (format!("{organization}:{team}"), permission)))
    }
}

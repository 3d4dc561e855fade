//! The versioned document in which a registry stores a token.

use core::fmt;

use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};

use super::{
    GranularToken, OrganizationsGrant, PackageSelection, PackagesGrant, SessionToken, Token, TwoFactorBypass,
    stored_fields::RawToken,
};
use crate::value::{
    document::Path,
    stored::{STORED_VERSION, Stored, StoredProblem},
};

/// A token as a registry stores it: a document with a version, such as a JSON object.
///
/// - To store a token, serialize `StoredToken::from(&token)`.
/// - To read a token, deserialize a `StoredToken` and call [`load`](Self::load). A newer version, an unknown field or a
///   broken limit is an error. Treat a token that does not load as an unknown token ([L8](crate::docs::rules#l8)),
///   never as no token, and log the error, which names the field.
/// - The document holds no secret and no digest. Store it under the [`SecretDigest`](super::SecretDigest), so that a
///   request's token can be found.
///
/// # The fields
///
/// | field | value |
/// |---|---|
/// | `version` | 1 |
/// | `key` | the public id |
/// | `owner` | the name of the owner |
/// | `created` | the time of creation, such as `2025-10-30T12:00:00Z` |
/// | `revoked` | the time of revocation, or null |
/// | `cidr` | null for any address, or a list of ranges that is not empty |
/// | `legacy` | `read-only`, `automation` or `publish`; only a legacy token has this field |
/// | `granular` | the object below; only a granular token has this field |
/// | `session` | an object with `expires`, the time of expiry; only a session token has this field |
///
/// | field in `granular` | value |
/// |---|---|
/// | `name` | the name |
/// | `description` | the description; empty if left out |
/// | `expires` | the time of expiry |
/// | `bypass_2fa` | a boolean; false if left out |
/// | `packages_and_scopes` | an object with `permission` and `select`; no access if left out |
/// | `orgs` | an object with `permission` and `select`; no access if left out |
///
/// `permission` is `no-access`, `read-only` or `read-write`, and for packages and scopes also `stage-only`. A
/// permission above `no-access` has a `select`. For packages and scopes this is `"all"`, or an object with the lists
/// `packages` and `scopes`, of which one may be left out. For organizations it is a list of names. No list is empty.
///
/// # Examples
///
/// ```
/// use tollgate::StoredToken;
///
/// let text = r#"{
///     "version": 1,
///     "key": "t-1",
///     "owner": "alice",
///     "created": "2025-10-30T12:00:00Z",
///     "revoked": null,
///     "cidr": null,
///     "legacy": "publish"
/// }"#;
/// let stored: StoredToken = serde_json::from_str(text)?;
/// let token = stored.load()?;
/// assert_eq!(token.owner().as_str(), "alice");
///
/// // Storing the token and loading it again gives an equal token.
/// let again = serde_json::to_string(&StoredToken::from(&token))?;
/// assert_eq!(serde_json::from_str::<StoredToken>(&again)?.load()?, token);
///
/// // An unknown field might be a restriction, so the token does not load.
/// let newer = text.replace(r#""cidr""#, r#""weekdays": [1, 2], "cidr""#);
/// let stored: StoredToken = serde_json::from_str(&newer)?;
/// assert!(stored.load().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct StoredToken(Stored<Token>);

/// Shows nothing of a document that was read. It is not checked yet, so it may have a secret in a wrong place.
impl fmt::Debug for StoredToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Stored::Document(_) => f.write_str("StoredToken(…)"),
            Stored::Value(token) => write!(f, "StoredToken({token:?})"),
        }
    }
}

impl From<&Token> for StoredToken {
    fn from(token: &Token) -> Self {
        Self(Stored::Value(token.clone().into()))
    }
}

impl<'de> Deserialize<'de> for StoredToken {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Stored::deserialize(deserializer).map(Self)
    }
}

impl StoredToken {
    /// Loads the token from the document.
    ///
    /// This checks the shape of the document and the limits of the token. It does not check what depends on other
    /// records: the number of the account's tokens ([L1](crate::docs::rules#l1)), whether their names differ
    /// ([L6](crate::docs::rules#l6)), and the rights of the owner ([L8](crate::docs::rules#l8)).
    ///
    /// # Errors
    ///
    /// Returns an error if the version is newer than this crate knows, if a field is unknown, missing or of the wrong
    /// type, or if a value breaks a limit.
    pub fn load(&self) -> Result<Token, StoredTokenError> {
        const KNOWN: &[&str] =
            &["version", "key", "owner", "created", "revoked", "cidr", "legacy", "granular", "session"];
        self.0.load(
            KNOWN,
            |fields| RawToken::read(fields, &Path::Top, "key"),
            |raw, errors| raw.build(&Path::Top, "key", errors),
            |problem| match problem {
                StoredProblem::NewerVersion { found } => StoredTokenError::NewerVersion { found },
                StoredProblem::UnknownField { path } => StoredTokenError::UnknownField { path },
                StoredProblem::Malformed { message } => StoredTokenError::Malformed { message },
                StoredProblem::Invalid { message } => StoredTokenError::Invalid { message },
            },
        )
    }
}

/// The error returned when a [`StoredToken`] does not load.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoredTokenError {
    /// A newer version of this crate wrote the document.
    #[error("stored token of version {found}: expected 1, the newest that this version of the crate reads")]
    NewerVersion {
        /// The version in the document.
        found: u64,
    },
    /// The document has a field that this version of the crate does not know. The field might restrict the token, so
    /// the token must not be used without it.
    #[error("stored token with the unknown field `{path}`: expected none, for it might be a restriction")]
    UnknownField {
        /// The path of the field, such as `granular.only_from`.
        path: alloc::string::String,
    },
    /// A field is missing, or has the wrong type.
    #[error("malformed stored token: {message}")]
    Malformed {
        /// The path of the field, what was found and what was expected.
        message: alloc::string::String,
    },
    /// Every field has the right type, and a value is not valid.
    #[error("invalid stored token: {message}")]
    Invalid {
        /// For each such value, the path of its field, what was found and what was expected, separated by `; `.
        message: alloc::string::String,
    },
}

impl Serialize for StoredToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let loaded;
        let token = match &self.0 {
            Stored::Value(token) => &**token,
            Stored::Document(_) => {
                loaded = self.load().map_err(serde::ser::Error::custom)?;
                &loaded
            }
        };
        let mut map = serializer.serialize_map(Some(7))?;
        map.serialize_entry("version", &STORED_VERSION)?;
        map.serialize_entry("key", token.id())?;
        map.serialize_entry("owner", token.owner())?;
        map.serialize_entry("created", &token.created())?;
        map.serialize_entry("revoked", &token.revoked())?;
        map.serialize_entry("cidr", token.allowed_ranges())?;
        match token {
            Token::Legacy(legacy) => map.serialize_entry("legacy", &legacy.kind())?,
            Token::Granular(granular) => map.serialize_entry("granular", &SerializeGranular(granular))?,
            Token::Session(session) => map.serialize_entry("session", &SerializeSession(session))?,
        }
        map.end()
    }
}

struct SerializeSession<'t>(&'t SessionToken);

impl Serialize for SerializeSession<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("expires", &self.0.expires_at())?;
        map.end()
    }
}

struct SerializeGranular<'t>(&'t GranularToken);

impl Serialize for SerializeGranular<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(token) = self;
        let mut map = serializer.serialize_map(Some(6))?;
        map.serialize_entry("name", token.name())?;
        map.serialize_entry("description", token.description())?;
        map.serialize_entry("expires", &token.expires_at())?;
        map.serialize_entry("bypass_2fa", &(token.bypass_2fa() == TwoFactorBypass::On))?;
        map.serialize_entry("packages_and_scopes", &SerializePackages(token.packages()))?;
        map.serialize_entry("orgs", &SerializeOrganizations(token.organizations()))?;
        map.end()
    }
}

struct SerializePackages<'t>(&'t PackagesGrant);

impl Serialize for SerializePackages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("permission", &self.0.permission())?;
        match self.0 {
            PackagesGrant::NoAccess => {}
            PackagesGrant::Granted { permission: _, selection: PackageSelection::All } => {
                map.serialize_entry("select", "all")?;
            }
            PackagesGrant::Granted { permission: _, selection: PackageSelection::Only(only) } => {
                map.serialize_entry("select", &SerializeSelection(only))?;
            }
        }
        map.end()
    }
}

struct SerializeSelection<'t>(&'t super::PackagesAndScopes);

impl Serialize for SerializeSelection<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.0.packages().is_empty() {
            map.serialize_entry("packages", self.0.packages())?;
        }
        if !self.0.scopes().is_empty() {
            map.serialize_entry("scopes", self.0.scopes())?;
        }
        map.end()
    }
}

struct SerializeOrganizations<'t>(&'t OrganizationsGrant);

impl Serialize for SerializeOrganizations<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("permission", &self.0.permission())?;
        if let OrganizationsGrant::Granted { permission: _, selection } = self.0 {
            map.serialize_entry("select", selection.as_slice())?;
        }
        map.end()
    }
}

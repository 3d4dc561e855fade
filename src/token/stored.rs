//! The versioned form in which a registry stores a token.

use alloc::{boxed::Box, string::ToString, vec::Vec};
use core::fmt;

use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};

use super::{
    GranularToken, OrganizationsGrant, PackageSelection, PackagesGrant, Token, TwoFactorBypass, stored_fields::RawToken,
};
use crate::value::document::{self, ErrorAt, Fields, Node, Number, Path};

/// **A token as a registry stores it**: one JSON object (or the like) with a version.
///
/// - Writing: `StoredToken::from(&token)` is `Serialize`.
/// - Reading: deserialize it, then [`load`](Self::load). It loads whole or not at all: a newer version, an unknown
///   field and a broken limit are errors, never half a token. A token that does not load is an unknown one.
/// - It holds no secret and no digest: those are the key under which you store it.
///
/// ```
/// use tollgate::StoredToken;
///
/// let text = r#"{"version": 1, "key": "t-1", "owner": "alice", "created": "2025-10-30T12:00:00Z", "revoked": null,
///                "cidr": null, "legacy": "publish"}"#;
/// let stored: StoredToken = serde_json::from_str(text)?;
/// let token = stored.load()?;
/// let again = serde_json::to_string(&StoredToken::from(&token))?;
/// assert_eq!(serde_json::from_str::<StoredToken>(&again)?.load()?, token);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct StoredToken(Form);

/// What was read is not repeated before it has loaded: nobody knows yet what is in it.
impl fmt::Debug for StoredToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Read(_) => f.write_str("StoredToken(…)"),
            Form::Written(token) => write!(f, "StoredToken({token:?})"),
        }
    }
}

#[derive(Clone, PartialEq)]
enum Form {
    Read(Node),
    Written(Box<Token>),
}

/// The version of the stored form that this crate writes, and the newest that it reads.
const STORED_VERSION: u64 = 1;
/// The first form that this crate does not know.
const NEWER_VERSION: u64 = 2;

impl From<&Token> for StoredToken {
    fn from(token: &Token) -> Self {
        Self(Form::Written(token.clone().into()))
    }
}

impl<'de> Deserialize<'de> for StoredToken {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Node::deserialize(deserializer).map(|node| Self(Form::Read(node)))
    }
}

impl StoredToken {
    /// The token: its shape and limits are checked (L1 and the uniqueness of L6 are the account's), its owner's rights
    /// are not (L8).
    ///
    /// # Errors
    /// A newer version than this crate knows, a shape that is not version 1's, or a broken rule.
    pub fn load(&self) -> Result<Token, StoredTokenError> {
        let node = match &self.0 {
            Form::Written(token) => return Ok((**token).clone()),
            Form::Read(node) => node,
        };
        let path = Path::Top;
        let malformed = |error: ErrorAt| match error {
            ErrorAt { path, is_unknown_field: true, .. } => StoredTokenError::UnknownField { path },
            error => StoredTokenError::Malformed { message: error.to_string() },
        };
        let entries = document::object(node, &path).map_err(malformed)?;
        match entries.iter().find(|(name, _)| &**name == "version").map(|(_, version)| version) {
            Some(Node::Number(Number::Whole(STORED_VERSION))) => {}
            Some(Node::Number(Number::Whole(found @ NEWER_VERSION..))) => {
                return Err(StoredTokenError::NewerVersion { found: *found });
            }
            Some(_) => return Err(malformed(path.field("version").error("unknown version: expected 1"))),
            None => return Err(malformed(path.field("version").error("missing field"))),
        }
        let known = &["version", "key", "owner", "created", "revoked", "cidr", "legacy", "granular"];
        let fields = Fields::new(node, &path, known).map_err(malformed)?;
        let raw = RawToken::read(&fields, &path, "key").map_err(malformed)?;
        let mut errors = Vec::new();
        let token = raw.build(&path, "key", &mut errors);
        let broken = |errors: &[ErrorAt]| {
            let messages: Vec<_> = errors.iter().map(ToString::to_string).collect();
            StoredTokenError::Invalid { message: messages.join("; ") }
        };
        token.filter(|_| errors.is_empty()).ok_or_else(|| broken(&errors))
    }
}

/// A stored token that does not load.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoredTokenError {
    /// Written by a newer version of this crate.
    #[error("stored token of version {found}: expected 1, the newest that this version of the crate reads")]
    NewerVersion {
        /// The version found.
        found: u64,
    },
    /// A field of no version that this crate knows: it might be a restriction.
    #[error("stored token with the unknown field `{path}`: expected none, for it might be a restriction")]
    UnknownField {
        /// The path of the field, such as `granular.only_from`.
        path: alloc::string::String,
    },
    /// Not of the shape of version 1.
    #[error("malformed stored token: {message}")]
    Malformed {
        /// Where, and what.
        message: alloc::string::String,
    },
    /// A rule is broken.
    #[error("invalid stored token: {message}")]
    Invalid {
        /// Where, and what, each.
        message: alloc::string::String,
    },
}

impl Serialize for StoredToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let loaded;
        let token = match &self.0 {
            Form::Written(token) => &**token,
            Form::Read(_) => {
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
            Token::Granular(granular) => map.serialize_entry("granular", &WrittenGranular(granular))?,
        }
        map.end()
    }
}

struct WrittenGranular<'t>(&'t GranularToken);

impl Serialize for WrittenGranular<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(token) = self;
        let mut map = serializer.serialize_map(Some(6))?;
        map.serialize_entry("name", token.name())?;
        map.serialize_entry("description", token.description())?;
        map.serialize_entry("expires", &token.expires_at())?;
        map.serialize_entry("bypass_2fa", &(token.bypass_2fa() == TwoFactorBypass::On))?;
        map.serialize_entry("packages_and_scopes", &WrittenPackages(token.packages()))?;
        map.serialize_entry("orgs", &WrittenOrganizations(token.organizations()))?;
        map.end()
    }
}

struct WrittenPackages<'t>(&'t PackagesGrant);

impl Serialize for WrittenPackages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("permission", &self.0.permission())?;
        match self.0 {
            PackagesGrant::NoAccess => {}
            PackagesGrant::Granted { permission: _, selection: PackageSelection::All } => {
                map.serialize_entry("select", "all")?;
            }
            PackagesGrant::Granted { permission: _, selection: PackageSelection::Only(only) } => {
                map.serialize_entry("select", &WrittenSelect(only))?;
            }
        }
        map.end()
    }
}

struct WrittenSelect<'t>(&'t super::PackagesAndScopes);

impl Serialize for WrittenSelect<'_> {
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

struct WrittenOrganizations<'t>(&'t OrganizationsGrant);

impl Serialize for WrittenOrganizations<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("permission", &self.0.permission())?;
        if let OrganizationsGrant::Granted { permission: _, selection } = self.0 {
            map.serialize_entry("select", selection.as_slice())?;
        }
        map.end()
    }
}

//! The versioned document in which a registry stores a user.

use core::fmt;

use serde::{
    Deserialize, Serialize, Serializer,
    ser::{Error as _, SerializeMap},
};

use super::{
    StoredFactsError,
    fields::{AnyReference, RawUser},
};
use crate::{
    facts::{Membership, User},
    value::{
        document::{Path, keep},
        stored::{STORED_VERSION, Stored},
    },
};

/// A user as a registry stores it: a document with a version, such as a JSON object.
///
/// - To store a user, serialize `StoredUser::from(&user)`.
/// - To read a user, deserialize a `StoredUser` and call [`load`](Self::load). A newer version, an unknown field or a
///   contradiction is an error. It is a fault of the server, as a query that fails is: the user's rights are not known.
/// - The document changes with each right that the user gets or loses. Read it for each decision.
///
/// # The fields
///
/// They are those of [a user in a world](crate::docs::format#world-user), with a version.
///
/// | field | value |
/// |---|---|
/// | `version` | 1 |
/// | `name` | the name |
/// | `status` | `active` or `suspended` |
/// | `two_factor` | `disabled`, `auth-only` or `auth-and-writes` |
/// | `tokens_revoked_until` | the account's cut-off, such as `2025-10-30T12:00:00Z`, or null |
/// | `writes_held_until` | the end of the account's hold, or null |
/// | `orgs` | the list of the memberships, one for each organization; empty if left out |
///
/// | field of a membership | value |
/// |---|---|
/// | `name` | the name of the organization |
/// | `role` | `owner`, `admin` or `member` |
/// | `teams` | the list of the names of the organization's teams that the user is in; empty if left out |
///
/// # Examples
///
/// ```
/// use tollgate::facts::{AccountStatus, StoredUser};
///
/// let text = r#"{
///     "version": 1,
///     "name": "alice",
///     "status": "active",
///     "two_factor": "auth-and-writes",
///     "tokens_revoked_until": null,
///     "writes_held_until": null,
///     "orgs": [{"name": "acme", "role": "admin", "teams": ["developers"]}]
/// }"#;
/// let stored: StoredUser = serde_json::from_str(text)?;
/// let user = stored.load()?;
/// assert_eq!((user.name().as_str(), user.status()), ("alice", AccountStatus::Active));
///
/// // Storing the user and loading it again gives an equal user.
/// let again = serde_json::to_string(&StoredUser::from(&user))?;
/// assert_eq!(serde_json::from_str::<StoredUser>(&again)?.load()?, user);
///
/// // A hold that is left out is an error. It does not become a user without a hold.
/// let incomplete = text.replace(r#""writes_held_until": null,"#, "");
/// let stored: StoredUser = serde_json::from_str(&incomplete)?;
/// assert_eq!(stored.load().unwrap_err().to_string(), "malformed stored user: writes_held_until: missing field");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct StoredUser(Stored<User>);

/// Shows nothing of a document that was read. It is not checked yet, so it may have a secret in a wrong place.
impl fmt::Debug for StoredUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Stored::Document(_) => f.write_str("StoredUser(…)"),
            Stored::Value(user) => write!(f, "StoredUser({user:?})"),
        }
    }
}

impl From<&User> for StoredUser {
    fn from(user: &User) -> Self {
        Self(Stored::Value(user.clone().into()))
    }
}

impl StoredUser {
    /// Loads the user from the document.
    ///
    /// This checks the shape of the document and its values. It does not check whether the organizations exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the version is newer than this crate knows, if a field is unknown, missing or of the wrong
    /// type, if a value is not valid, or if two facts contradict each other, as in [`User::new`].
    pub fn load(&self) -> Result<User, StoredFactsError> {
        const KNOWN: &[&str] =
            &["version", "name", "status", "two_factor", "tokens_revoked_until", "writes_held_until", "orgs"];
        let path = Path::Top;
        self.0.load(
            KNOWN,
            |fields| RawUser::read(fields, &path),
            |raw, errors| {
                let facts = raw.build(&AnyReference, &path, errors)?;
                keep(User::new(facts), &path.field("orgs"), errors)
            },
            |problem| StoredFactsError::new("user", problem),
        )
    }
}

impl<'de> Deserialize<'de> for StoredUser {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Stored::deserialize(deserializer).map(Self)
    }
}

impl Serialize for StoredUser {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let loaded;
        let user = match &self.0 {
            Stored::Value(user) => &**user,
            Stored::Document(_) => {
                loaded = self.load().map_err(S::Error::custom)?;
                &loaded
            }
        };
        let mut map = serializer.serialize_map(Some(7))?;
        map.serialize_entry("version", &STORED_VERSION)?;
        map.serialize_entry("name", user.name())?;
        map.serialize_entry("status", &user.status())?;
        map.serialize_entry("two_factor", &user.two_factor())?;
        map.serialize_entry("tokens_revoked_until", &user.tokens_revoked_until())?;
        map.serialize_entry("writes_held_until", &user.writes_held_until())?;
        map.serialize_entry("orgs", &SerializeMemberships(user.memberships().as_slice()))?;
        map.end()
    }
}

struct SerializeMemberships<'u>(&'u [Membership]);

impl Serialize for SerializeMemberships<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(SerializeMembership))
    }
}

struct SerializeMembership<'u>(&'u Membership);

impl Serialize for SerializeMembership<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("name", self.0.organization())?;
        map.serialize_entry("role", &self.0.role())?;
        map.serialize_entry("teams", self.0.teams())?;
        map.end()
    }
}

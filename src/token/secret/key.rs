//! The public id of a token (S2).

use alloc::boxed::Box;
use core::{fmt, str::FromStr};

use crate::value::limits::MAX_TOKEN_KEY;

/// **The public id of a token** (npm's `key`): names a token in lists, logs and `npm token revoke`; opens nothing.
///
/// 1 to 512 bytes without control characters, compared byte for byte; npm's own are UUIDs.
///
/// ```
/// use tollgate::TokenKey;
///
/// assert_eq!(TokenKey::new("t-1")?.as_str(), "t-1");
/// assert!(TokenKey::new("").is_err());
/// # Ok::<(), tollgate::InvalidTokenKey>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenKey(Box<str>);

impl TokenKey {
    /// Takes an id that the registry made.
    ///
    /// # Errors
    /// Empty, longer than 512 bytes, or with a control character.
    pub fn new(text: &str) -> Result<Self, InvalidTokenKey> {
        if text.is_empty() || text.len() > MAX_TOKEN_KEY || text.chars().any(char::is_control) {
            Err(InvalidTokenKey)
        } else {
            Ok(Self(text.into()))
        }
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TokenKey {
    type Err = InvalidTokenKey;

    fn from_str(text: &str) -> Result<Self, InvalidTokenKey> {
        Self::new(text)
    }
}

impl fmt::Display for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKey({})", self.0)
    }
}

/// A text that is no [`TokenKey`]. It does not repeat the text, which might be a secret in the wrong place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid token id: expected 1 to {MAX_TOKEN_KEY} bytes without control characters")]
pub struct InvalidTokenKey;

#[cfg(feature = "serde")]
impl serde::Serialize for TokenKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for TokenKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::value::deserialize_from_str(deserializer, "token id")
    }
}

#[cfg(test)]
mod tests {
    use super::TokenKey;
    use alloc::string::ToString;

    #[test]
    fn a_public_id_is_short_and_printable() {
        assert!(TokenKey::new(&"k".repeat(512)).is_ok());
        for text in ["", "a\nb", &"k".repeat(513)] {
            let error = TokenKey::new(text).unwrap_err();
            assert_eq!(error.to_string(), "invalid token id: expected 1 to 512 bytes without control characters");
        }
    }
}

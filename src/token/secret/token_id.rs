//! The public id of a token, which npm calls `key`.

use alloc::boxed::Box;
use core::{fmt, str::FromStr};

use crate::value::limits::MAX_TOKEN_ID;

/// The public id of a token, which npm calls `key`.
///
/// The id names a token in lists, in logs and in `npm token revoke`. It is not a secret: a client that knows only the
/// id cannot use the token ([S2](crate::docs::rules#s2)).
///
/// An id is 1 to 512 bytes without control characters, and is compared byte for byte. npm's own ids are UUIDs.
///
/// # Examples
///
/// ```
/// use tollgate::token::TokenId;
///
/// assert_eq!(TokenId::new("t-1")?.as_str(), "t-1");
/// assert!(TokenId::new("").is_err());
/// # Ok::<(), tollgate::token::TokenIdError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(Box<str>);

impl TokenId {
    /// Creates an id from text.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is empty, is longer than 512 bytes or has a control character.
    pub fn new(text: &str) -> Result<Self, TokenIdError> {
        if text.is_empty() || text.len() > MAX_TOKEN_ID || text.chars().any(char::is_control) {
            Err(TokenIdError)
        } else {
            Ok(Self(text.into()))
        }
    }

    /// Returns the id as a string slice.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TokenId {
    type Err = TokenIdError;

    fn from_str(text: &str) -> Result<Self, TokenIdError> {
        Self::new(text)
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenId({})", self.0)
    }
}

/// The error returned when parsing a [`TokenId`] fails. The message does not repeat the text, which might be a secret
/// that a client sent in place of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid token id: expected 1 to {MAX_TOKEN_ID} bytes without control characters")]
pub struct TokenIdError;

#[cfg(feature = "serde")]
impl serde::Serialize for TokenId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for TokenId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::value::deserialize_from_str(deserializer, "token id")
    }
}

#[cfg(test)]
mod tests {
    use super::TokenId;
    use alloc::string::ToString;

    #[test]
    fn an_id_is_1_to_512_bytes_without_control_characters() {
        assert!(TokenId::new(&"k".repeat(512)).is_ok());
        for text in ["", "a\nb", &"k".repeat(513)] {
            let error = TokenId::new(text).unwrap_err();
            assert_eq!(error.to_string(), "invalid token id: expected 1 to 512 bytes without control characters");
        }
    }
}

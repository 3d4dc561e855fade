//! The JSON body of a request.

use alloc::{boxed::Box, string::ToString};
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error};

use crate::value::document::{ErrorAt, Node, Path, each_key_once};

/// The JSON body of a request, or a stored document that a body is compared with.
///
/// - Deserialize it with the JSON library that your server uses. A key that occurs twice in one object is an error at
///   any depth, because two readers of the document might use different values.
/// - A body of more than [`MAX_DOCUMENT_DEPTH`](crate::value::limits::MAX_DOCUMENT_DEPTH) levels is an error, whatever
///   depth the JSON library allows.
/// - `Debug` writes `Body(…)`, because the body may have a password in it.
///
/// # Examples
///
/// ```
/// use tollgate::npm::Body;
///
/// assert!(serde_json::from_str::<Body>(r#"{"package": "left-pad"}"#).is_ok());
/// assert!(serde_json::from_str::<Body>(r#"{"a": {"package": "left-pad", "package": "right-pad"}}"#).is_err());
/// ```
#[derive(Clone, PartialEq)]
pub struct Body(pub(super) Node);

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(…)")
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let node = Node::deserialize(deserializer)?;
        each_key_once(&node, &Path::Top).map_err(D::Error::custom)?;
        Ok(Self(node))
    }
}

/// The error returned when a body does not have a form that its endpoint accepts.
///
/// The message is for the client. It says which field is wrong and what was expected there, and does not repeat a value
/// that has the shape of a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BodyError {
    message: Box<str>,
}

impl BodyError {
    pub(super) fn new(message: impl fmt::Display) -> Self {
        Self { message: message.to_string().into() }
    }

    /// Returns the HTTP status to answer with, which is always 400.
    #[must_use]
    pub const fn status(&self) -> u16 {
        400
    }
}

impl From<ErrorAt> for BodyError {
    fn from(error: ErrorAt) -> Self {
        Self::new(error)
    }
}

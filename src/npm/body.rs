//! The JSON body of a request.

use alloc::{boxed::Box, string::ToString};
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error};

use crate::value::document::{ErrorAt, Node, Path, each_key_once};

/// **The JSON body of a request**, or a document as the registry has it, to be compared with one.
///
/// - Deserialize it from whatever the server reads JSON with. A key that stands twice in one object, anywhere, is an
///   error: two readers that each take another of the two would act on different documents.
/// - As deep as its reader lets it be: `serde_json` stops at 128 levels, and so should any other.
/// - Cannot be printed: there may be a password in it.
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

/// A body that is not what its endpoint takes.
///
/// The message names the place and what was expected there, for the client: it repeats nothing that has the shape of a
/// secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BodyError {
    message: Box<str>,
}

impl BodyError {
    pub(super) fn new(message: impl fmt::Display) -> Self {
        Self { message: message.to_string().into() }
    }

    /// 400.
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

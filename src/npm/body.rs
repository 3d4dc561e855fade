//! The JSON body of a request.

use alloc::{borrow::Cow, boxed::Box, string::ToString};
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error};

use crate::value::document::{ErrorAt, Fields, Node, Path, each_key_once};

/// A value in a body.
pub(super) type BodyNode<'a> = Node<Cow<'a, str>>;

/// A key of an object in a body, with its value.
pub(super) type BodyEntry<'a> = (Cow<'a, str>, BodyNode<'a>);

/// The fields of an object in a body.
pub(super) type BodyFields<'n> = Fields<'n, Cow<'n, str>>;

/// The JSON body of a request, or a stored document that a body is compared with.
///
/// - Deserialize it with the JSON library that your server uses. A key that occurs twice in one object is an error at
///   any depth, because two readers of the document might use different values.
/// - It borrows the text of its keys and strings from the input, if the JSON library lends it. `serde_json::from_slice`
///   and `from_str` lend every string without an escape, so that the tarball of a publish is not copied. To keep a body
///   for longer than its input, call [`into_owned`](Self::into_owned). From a `serde_json::Value`,
///   `Body::deserialize(value)` takes the text over, and `Body::deserialize(&value)` borrows it.
/// - A body of more than [`MAX_DOCUMENT_DEPTH`](crate::value::limits::MAX_DOCUMENT_DEPTH) levels is an error, whatever
///   depth the JSON library allows.
/// - The number of its values has no limit. A value takes 32 to 56 bytes of memory, and may take two bytes of the input,
///   so limit the length of the input accordingly.
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
pub struct Body<'a>(pub(super) BodyNode<'a>);

impl fmt::Debug for Body<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(…)")
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Body<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let node: BodyNode<'de> = Node::deserialize(deserializer)?;
        each_key_once(&node, &Path::Top).map_err(D::Error::custom)?;
        Ok(Self(node))
    }
}

impl Body<'_> {
    /// Copies what the body borrows from its input, so that it can be kept for longer than the input.
    #[must_use]
    pub fn into_owned(self) -> Body<'static> {
        Body(self.0.into_owned())
    }

    /// Returns the number of dist-tags in a document of a package, or 0 if the body has no object `dist-tags`.
    ///
    /// Comparing the tags with those of the stored document takes time that grows with their number. A registry that
    /// limits the tags of a package can refuse a body with more before it looks up anything.
    ///
    /// # Examples
    ///
    /// ```
    /// use tollgate::npm::Body;
    ///
    /// let body: Body = serde_json::from_str(r#"{"dist-tags": {"latest": "1.1.0", "next": "2.0.0-0"}}"#)?;
    /// assert_eq!(body.dist_tag_count(), 2);
    ///
    /// let body: Body = serde_json::from_str(r#"{"dist-tags": ["latest"]}"#)?;
    /// assert_eq!(body.dist_tag_count(), 0);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn dist_tag_count(&self) -> usize {
        match self.0.get("dist-tags") {
            Some(Node::Object(tags)) => tags.len(),
            Some(Node::Null | Node::Bool(_) | Node::Number(..) | Node::Text(_) | Node::List(_)) | None => 0,
        }
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

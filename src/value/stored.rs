//! Stored documents: objects with a version, which a registry keeps for a token, a user or a package.

use alloc::{
    boxed::Box,
    string::{String, ToString},
    vec::Vec,
};

use serde::{Deserialize, Deserializer};

use crate::value::document::{self, ErrorAt, Fields, Node, Number, Path};

/// The version that this crate writes, and the only one that it reads.
pub(crate) const STORED_VERSION: u64 = 1;
/// The lowest version that a newer version of this crate may have written.
const FIRST_NEWER_VERSION: u64 = 2;

/// The content of a stored document.
#[derive(Clone, PartialEq)]
pub(crate) enum Stored<T> {
    /// A document that was deserialized and is not checked yet.
    Document(Node),
    /// A value that is to be serialized.
    Value(Box<T>),
}

/// Why a stored document does not load.
pub(crate) enum StoredProblem {
    NewerVersion { found: u64 },
    UnknownField { path: String },
    Malformed { message: String },
    Invalid { message: String },
}

impl<'de, T> Deserialize<'de> for Stored<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Node::deserialize(deserializer).map(Self::Document)
    }
}

impl<T: Clone> Stored<T> {
    /// Loads the value.
    ///
    /// `known` has the names of the document's fields, `version` included. `read` checks the shape of the document and
    /// returns the first error. `build` checks the values and adds every error to the list. `error` makes the caller's
    /// error of a problem.
    pub(crate) fn load<'n, R, E>(
        &'n self,
        known: &[&str],
        read: impl FnOnce(&Fields<'n>) -> Result<R, ErrorAt>,
        build: impl FnOnce(&R, &mut Vec<ErrorAt>) -> Option<T>,
        error: impl Fn(StoredProblem) -> E,
    ) -> Result<T, E> {
        let node = match self {
            Self::Value(value) => return Ok((**value).clone()),
            Self::Document(node) => node,
        };
        let path = Path::Top;
        let malformed = |problem: ErrorAt| error(problem.into());
        let entries = document::object(node, &path).map_err(malformed)?;
        match entries.iter().find(|(name, _)| &**name == "version").map(|(_, version)| version) {
            Some(Node::Number(Number::Whole(STORED_VERSION))) => {}
            Some(Node::Number(Number::Whole(found @ FIRST_NEWER_VERSION..))) => {
                return Err(error(StoredProblem::NewerVersion { found: *found }));
            }
            Some(_) => return Err(malformed(path.field("version").error("unknown version: expected 1"))),
            None => return Err(malformed(path.field("version").error("missing field"))),
        }
        let fields = Fields::new(node, &path, known).map_err(malformed)?;
        let raw = read(&fields).map_err(malformed)?;
        let mut errors = Vec::new();
        let value = build(&raw, &mut errors);
        let broken = |errors: &[ErrorAt]| {
            let messages: Vec<_> = errors.iter().map(ToString::to_string).collect();
            error(StoredProblem::Invalid { message: messages.join("; ") })
        };
        value.filter(|_| errors.is_empty()).ok_or_else(|| broken(&errors))
    }
}

impl From<ErrorAt> for StoredProblem {
    fn from(error: ErrorAt) -> Self {
        match error {
            ErrorAt { path, is_unknown_field: true, .. } => Self::UnknownField { path },
            error => Self::Malformed { message: error.to_string() },
        }
    }
}

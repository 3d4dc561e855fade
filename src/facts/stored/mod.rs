//! The versioned documents in which a registry stores users and packages.

pub(crate) mod fields;
mod package;
mod user;

pub use package::StoredPackage;
pub use user::StoredUser;

use alloc::string::String;

use crate::value::stored::StoredProblem;

/// The error returned when a [`StoredUser`] or a [`StoredPackage`] does not load.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoredFactsError {
    /// A newer version of this crate wrote the document.
    #[error("stored {record} of version {found}: expected 1, the newest that this version of the crate reads")]
    NewerVersion {
        /// What is stored: `user` or `package`.
        record: &'static str,
        /// The version in the document.
        found: u64,
    },
    /// The document has a field that this version of the crate does not know. The field might be a restriction, so the
    /// user or the package must not be used without it.
    #[error("stored {record} with the unknown field `{path}`: expected none, for it might be a restriction")]
    UnknownField {
        /// What is stored: `user` or `package`.
        record: &'static str,
        /// The path of the field, such as `orgs[0].until`.
        path: String,
    },
    /// A field is missing, or has the wrong type.
    #[error("malformed stored {record}: {message}")]
    Malformed {
        /// What is stored: `user` or `package`.
        record: &'static str,
        /// The path of the field, what was found and what was expected.
        message: String,
    },
    /// Every field has the right type, and a value is not valid.
    #[error("invalid stored {record}: {message}")]
    Invalid {
        /// What is stored: `user` or `package`.
        record: &'static str,
        /// For each such value, the path of its field, what was found and what was expected, separated by `; `.
        message: String,
    },
}

impl StoredFactsError {
    fn new(record: &'static str, problem: StoredProblem) -> Self {
        match problem {
            StoredProblem::NewerVersion { found } => Self::NewerVersion { record, found },
            StoredProblem::UnknownField { path } => Self::UnknownField { record, path },
            StoredProblem::Malformed { message } => Self::Malformed { record, message },
            StoredProblem::Invalid { message } => Self::Invalid { record, message },
        }
    }
}

//! Why a request is none of npm's.

use crate::value::NameError;

/// What is wrong with the target of a request before it names anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathProblem {
    /// It does not begin with `/`.
    #[error("it does not start with `/`: expected a path")]
    NotAPath,
    /// Two slashes in a row, or one at the end.
    #[error("it has an empty segment: expected none between two slashes or at the end")]
    EmptySegment,
    /// A `.` or `..`, plain or encoded.
    #[error("it has the segment `.` or `..`: expected names")]
    DotSegment,
    /// A `%` that two hexadecimal digits do not follow.
    #[error("it has a `%` without two hexadecimal digits: expected percent-encoding")]
    Encoding,
    /// Something that is encoded twice, a backslash, `;`, `?` or `#`, a control character, or what is not ASCII.
    #[error("it has a character that no name has: expected visible ASCII without `\\`, `;`, `?` and `#`, decoded once")]
    Character,
    /// A `/` inside of what is one segment.
    #[error("it has a slash inside a segment: expected one only between scope and name")]
    Slash,
}

/// A method and a path that are no request of npm's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// The path is malformed.
    #[error("malformed path: {0}")]
    Path(#[from] PathProblem),
    /// A name in the path is none.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The tarball's file is not one of its package.
    #[error("a file that is no tarball of the package: expected `name-version.tgz`")]
    Tarball,
    /// A parameter of the query is missing, there twice, or not what its endpoint takes.
    #[error("malformed query: expected each parameter once, as the endpoint takes it")]
    Query,
    /// No endpoint has the path.
    #[error("no such endpoint")]
    UnknownEndpoint,
    /// The endpoint does not have the method.
    #[error("no such method on this endpoint")]
    UnknownMethod,
    /// An endpoint of npm's whose action is none of the rules': webhooks, trusted publishing, staged publishing.
    #[error("{what} is no action of the rules: it is not offered here")]
    NotModelled {
        /// What npm calls it.
        what: &'static str,
    },
}

impl EndpointError {
    /// The HTTP status: 400, 404 or 405.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Path(_) | Self::Name(_) | Self::Tarball | Self::Query => 400,
            Self::UnknownEndpoint | Self::NotModelled { .. } => 404,
            Self::UnknownMethod => 405,
        }
    }
}

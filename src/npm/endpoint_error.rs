//! The errors of classifying a request.

use crate::value::NameError;

/// The error returned when the path of a request is malformed, or when text is not a valid
/// [`PathText`](super::PathText).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathProblem {
    /// The path does not start with `/`.
    #[error("it does not start with `/`: expected a path")]
    NotAPath,
    /// The path has two slashes in a row, or a slash at its end.
    #[error("it has an empty segment: expected none between two slashes or at the end")]
    EmptySegment,
    /// A segment is `.` or `..`, plain or percent-encoded.
    #[error("it has the segment `.` or `..`: expected names")]
    DotSegment,
    /// A `%` is not followed by two hexadecimal digits.
    #[error("it has a `%` without two hexadecimal digits: expected percent-encoding")]
    Encoding,
    /// A character is a backslash, `;`, `?`, `#`, a space, a control character or not ASCII, or a character is still
    /// percent-encoded after decoding once.
    #[error(
        "it has a character that no path may have: expected visible ASCII without `\\`, `;`, `?` and `#`, decoded once"
    )]
    Character,
    /// A version, a tag, a revision or an id contains a `/`, plain or percent-encoded.
    #[error("it has a slash inside a segment: expected one only between scope and name")]
    Slash,
}

/// The error returned when a method and a path do not form a request that npm's clients send.
///
/// A message may repeat an invalid name, but no other part of the path, because the path may contain a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// The path is malformed.
    #[error("malformed path: {0}")]
    Path(#[from] PathProblem),
    /// A name in the path is not a valid name of a package, user, organization or team.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The file name of a tarball is not `name-version.tgz` with the name of the package in the path.
    #[error("a file that is no tarball of the package: expected `name-version.tgz`")]
    Tarball,
    /// A parameter that the endpoint needs is missing from the query, is in it twice, or has the wrong form.
    #[error("malformed query: expected each parameter once, as the endpoint takes it")]
    Query,
    /// No endpoint has this path.
    #[error("no such endpoint")]
    UnknownEndpoint,
    /// An endpoint has this path, but it does not have this method.
    #[error("no such method on this endpoint")]
    UnknownMethod,
    /// The endpoint belongs to a feature of npm for which the [rules](crate::docs::rules) have no action: webhooks or
    /// trusted publishing.
    #[error("{what} is no action of the rules: it is not offered here")]
    NotModelled {
        /// The feature, such as `trusted publishing`.
        what: &'static str,
    },
}

impl EndpointError {
    /// Returns the HTTP status to answer with: 400 for a malformed path, name or query, 404 for an endpoint that does
    /// not exist or is not modelled, or 405 for a method that the endpoint does not have.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Path(_) | Self::Name(_) | Self::Tarball | Self::Query => 400,
            Self::UnknownEndpoint | Self::NotModelled { .. } => 404,
            Self::UnknownMethod => 405,
        }
    }
}

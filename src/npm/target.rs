//! The target of a request: its path and query, split into parts that are percent-decoded exactly once.

use alloc::{borrow::Cow, boxed::Box, string::String, vec::Vec};
use core::{fmt, str::FromStr};

use super::endpoint_error::{EndpointError, PathProblem};
use crate::{
    decision::AccessRequest,
    operation::AccountAction,
    token::{Secret, SecretDigest, SecretError, TokenId, TokenIdError},
    value::{PackageName, Quoted, excerpt},
};

/// The query and the segments of the path, still percent-encoded.
#[derive(Debug)]
pub(super) struct Target<'r> {
    pub(super) segments: Vec<&'r str>,
    pub(super) query: &'r str,
}

impl<'r> Target<'r> {
    pub(super) fn split(target: &'r str) -> Result<Self, PathProblem> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = path.strip_prefix('/').ok_or(PathProblem::NotAPath)?;
        if !path.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#')) {
            return Err(PathProblem::Character);
        }
        let segments: Vec<&str> = if path.is_empty() { Vec::new() } else { path.split('/').collect() };
        if segments.contains(&"") {
            return Err(PathProblem::EmptySegment);
        }
        Ok(Self { segments, query })
    }

    /// Returns the decoded value of a parameter of the query, or `None` if the query does not have it.
    ///
    /// Returns an error if the query has the parameter twice, because another reader of the query might take the other
    /// value.
    pub(super) fn parameter(&self, name: &str) -> Result<Option<Cow<'r, str>>, EndpointError> {
        let mut values = self
            .query
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .filter(|(key, _)| decoded(key).is_ok_and(|key| key == name));
        let Some((_, value)) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(EndpointError::Query);
        }
        decoded(value).map(Some).map_err(EndpointError::Path)
    }
}

/// Percent-decodes text once. Each decoded byte must be visible ASCII. The other bytes are not checked here:
/// [`Target::split`] checks the bytes of the path, and the caller checks the bytes of the query.
pub(super) fn decoded(raw: &str) -> Result<Cow<'_, str>, PathProblem> {
    if !raw.contains('%') {
        return Ok(Cow::Borrowed(raw));
    }
    let mut decoded = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((plain, encoded)) = rest.split_once('%') {
        decoded.push_str(plain);
        let (digits, after) = encoded.split_at_checked(2).ok_or(PathProblem::Encoding)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(PathProblem::Encoding);
        }
        let byte = u8::from_str_radix(digits, 16).map_err(|_| PathProblem::Encoding)?;
        if !byte.is_ascii_graphic() {
            return Err(PathProblem::Character);
        }
        decoded.push(char::from(byte));
        rest = after;
    }
    decoded.push_str(rest);
    Ok(Cow::Owned(decoded))
}

/// Returns `true` if a version, tag, revision, id or token in a path may contain this byte.
///
/// A proxy in front of the registry may take `;`, `?` and `#` for the end of the path, and may decode `%` again.
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'/' | b'\\' | b'%' | b';' | b'?' | b'#')
}

/// Checks that every reader of the path, such as a proxy in front of the registry, reads the decoded segment in the
/// same way.
fn check_segment(text: &str) -> Result<(), PathProblem> {
    match text {
        "" => Err(PathProblem::EmptySegment),
        "." | ".." => Err(PathProblem::DotSegment),
        _ if text.contains('/') => Err(PathProblem::Slash),
        _ if text.bytes().all(is_plain) => Ok(()),
        _ => Err(PathProblem::Character),
    }
}

/// A version, a tag, a revision or the id of a staged version in a path, decoded.
///
/// The text is visible ASCII without `/`, `\`, `%`, `;`, `?` and `#`. It is not empty, `.` or `..`.
///
/// # Examples
///
/// ```
/// use tollgate::npm::PathText;
///
/// assert_eq!("1.0.0-beta.1".parse::<PathText>()?.as_str(), "1.0.0-beta.1");
/// assert!("../1.0.0".parse::<PathText>().is_err());
/// # Ok::<(), tollgate::npm::PathProblem>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathText(Box<str>);

impl PathText {
    /// Returns the decoded text as a string slice.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn decode(raw: &str) -> Result<Self, PathProblem> {
        decoded(raw)?.parse()
    }
}

impl FromStr for PathText {
    type Err = PathProblem;

    /// # Errors
    ///
    /// Returns an error if the text does not have the form that [`PathText`] describes.
    fn from_str(text: &str) -> Result<Self, PathProblem> {
        check_segment(text).map(|()| Self(text.into()))
    }
}

impl fmt::Display for PathText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for PathText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PathText({})", Quoted(&excerpt(&self.0)))
    }
}

/// A token in a path, named by its public id or by its secret.
///
/// `npm logout` sends the secret, and `npm token revoke` sends the public id or the secret. Because the text may be a
/// secret, this type has no `Display`, and its `Debug` writes `TokenInPath(…)`. Do not log the path of the request.
///
/// Some secrets are refused, because a proxy in front of the registry could read the path as a different path. These
/// secrets contain `\`, `%`, `;`, `?` or `#`, or one of the parts between their slashes is empty, `.` or `..`. A token
/// with such a secret can be revoked by its public id.
///
/// # Examples
///
/// ```
/// use tollgate::npm::{AccountRequest, Endpoint};
///
/// let Endpoint::Account(AccountRequest::RevokeToken { token }) =
///     Endpoint::classify("DELETE", "/-/npm/v1/tokens/token/t-1")?
/// else {
///     panic!("not a revocation")
/// };
/// assert_eq!(token.as_key()?.as_str(), "t-1");
/// assert_eq!(format!("{token:?}"), "TokenInPath(…)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct TokenInPath(Box<str>);

impl TokenInPath {
    pub(super) fn decode(raw: &str) -> Result<Self, PathProblem> {
        let token = decoded(raw)?;
        // A token in base64 may contain slashes. A proxy that decodes the path sees several segments here, and may
        // remove those that are empty, `.` or `..`.
        token.split('/').try_for_each(check_segment)?;
        Ok(Self(token.into()))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Returns the access request that must be allowed for a logout with this token: `revoke-self` if the HTTP request
    /// was authenticated with the same secret, otherwise `revoke-token`.
    ///
    /// `presented` is the digest of the secret that authenticated the HTTP request, or `None` if the HTTP request had
    /// no secret.
    #[must_use]
    pub fn revocation(&self, presented: Option<SecretDigest>) -> AccessRequest {
        let is_own = presented.is_some_and(|presented| SecretDigest::from_text(self.0.as_bytes()) == presented);
        let action = if is_own { AccountAction::RevokeSelf } else { AccountAction::RevokeToken };
        AccessRequest::Account { action, user: None }
    }

    /// Returns the token as a secret, so that its digest can be looked up.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not a valid [`Secret`].
    pub fn as_secret(&self) -> Result<Secret<'_>, SecretError> {
        Secret::new(&self.0)
    }

    /// Returns the token as a public id, which npm calls `key`.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not a valid [`TokenId`].
    pub fn as_key(&self) -> Result<TokenId, TokenIdError> {
        TokenId::new(&self.0)
    }
}

/// Compares the digests in constant time, because the texts may be secrets ([S2](crate::docs::rules#s2)).
impl PartialEq for TokenInPath {
    fn eq(&self, other: &Self) -> bool {
        SecretDigest::from_text(self.0.as_bytes()) == SecretDigest::from_text(other.0.as_bytes())
    }
}

impl Eq for TokenInPath {}

impl fmt::Debug for TokenInPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenInPath(…)")
    }
}

/// Parses the package name at the start of the segments. Returns the name and the remaining segments.
///
/// The name of a scoped package is one segment with an encoded slash, or two segments.
pub(super) fn package<'s, 'r>(segments: &'s [&'r str]) -> Result<(PackageName, &'s [&'r str]), EndpointError> {
    let (first, rest) = segments.split_first().ok_or(EndpointError::UnknownEndpoint)?;
    let first = decoded(first).map_err(EndpointError::Path)?;
    if !first.starts_with('@') || first.contains('/') {
        return Ok((first.parse()?, rest));
    }
    // A scope alone is not a package name, so parsing it returns the error to report.
    let Some((second, rest)) = rest.split_first() else { return Ok((first.parse()?, rest)) };
    let second = decoded(second).map_err(EndpointError::Path)?;
    let mut name = first.into_owned();
    name.push('/');
    name.push_str(&second);
    Ok((name.parse()?, rest))
}

//! The target of a request, taken apart and decoded exactly once.

use alloc::{borrow::Cow, boxed::Box, string::String, vec::Vec};
use core::{fmt, str::FromStr};

use super::invalid::{EndpointError, PathProblem};
use crate::{
    decision::AccessRequest,
    operation::AccountAction,
    token::{Secret, SecretDigest, SecretError, TokenId, TokenIdError},
    value::{PackageName, Quoted, excerpt},
};

/// A path as its segments, still encoded, and the query.
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

    /// The one value of a parameter of the query, decoded; none where it is not there.
    ///
    /// A parameter that is there twice is an error: two readers might each take another one.
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

/// Decodes a segment once.
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

/// What stands in a path as it is, such as a version or a tag. Whatever stands before the registry may take `;`, `?` and
/// `#` for the end of it, and `%` for an encoding.
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'/' | b'\\' | b'%' | b';' | b'?' | b'#')
}

/// A segment that every reader of the path takes for the same one.
fn check_segment(text: &str) -> Result<(), PathProblem> {
    match text {
        "" => Err(PathProblem::EmptySegment),
        "." | ".." => Err(PathProblem::DotSegment),
        _ if text.contains('/') => Err(PathProblem::Slash),
        _ if text.bytes().all(is_plain) => Ok(()),
        _ => Err(PathProblem::Character),
    }
}

/// **A version, tag or revision in a path**: visible ASCII without `/`, `\`, `%`, `;`, `?` and `#`, and neither `.` nor `..`.
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
    /// The text, decoded.
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
    /// A text that is none, as described at the type.
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

/// **A token in a path**, by its public id or by its very text: `npm logout` and `npm token revoke` send these.
///
/// It may be a secret, so it cannot be printed. A server must not log the path that it came from either.
///
/// A token whose text has `\`, `%`, `;`, `?` or `#`, or a slash at an end or next to another, is none here: whatever stands
/// before the registry could read the path as another one. It can be revoked by its public id.
#[derive(Clone)]
pub struct TokenInPath(Box<str>);

impl TokenInPath {
    pub(super) fn decode(raw: &str) -> Result<Self, PathProblem> {
        let token = decoded(raw)?;
        // A token in base64 may have a slash. What decodes a path before it resolves it sees more than one segment then, and
        // none of them may be one that it would take away.
        token.split('/').try_for_each(check_segment)?;
        Ok(Self(token.into()))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// What a logout with it asks for: `revoke-self` where it is the very token that was presented, else `revoke-token`.
    #[must_use]
    pub fn revocation(&self, presented: Option<SecretDigest>) -> AccessRequest {
        let is_own = presented.is_some_and(|presented| SecretDigest::of(self.0.as_bytes()) == presented);
        let action = if is_own { AccountAction::RevokeSelf } else { AccountAction::RevokeToken };
        AccessRequest::Account { action, user: None }
    }

    /// It as the text of a token.
    ///
    /// # Errors
    /// A text that no token has.
    pub fn as_secret(&self) -> Result<Secret<'_>, SecretError> {
        Secret::new(&self.0)
    }

    /// It as the public id of a token.
    ///
    /// # Errors
    /// A text that is no id.
    pub fn as_key(&self) -> Result<TokenId, TokenIdError> {
        TokenId::new(&self.0)
    }
}

/// By digest, in constant time, as secrets are compared (S2).
impl PartialEq for TokenInPath {
    fn eq(&self, other: &Self) -> bool {
        SecretDigest::of(self.0.as_bytes()) == SecretDigest::of(other.0.as_bytes())
    }
}

impl Eq for TokenInPath {}

impl fmt::Debug for TokenInPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenInPath(…)")
    }
}

/// A package at the start of the segments, `@scope/name` as one encoded segment or as two, and what follows it.
pub(super) fn package<'s, 'r>(segments: &'s [&'r str]) -> Result<(PackageName, &'s [&'r str]), EndpointError> {
    let (first, rest) = segments.split_first().ok_or(EndpointError::UnknownEndpoint)?;
    let first = decoded(first).map_err(EndpointError::Path)?;
    if !first.starts_with('@') || first.contains('/') {
        return Ok((first.parse()?, rest));
    }
    // A scope alone is no name, and the error says so.
    let Some((second, rest)) = rest.split_first() else { return Ok((first.parse()?, rest)) };
    let second = decoded(second).map_err(EndpointError::Path)?;
    let mut name = first.into_owned();
    name.push('/');
    name.push_str(&second);
    Ok((name.parse()?, rest))
}

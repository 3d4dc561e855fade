//! The token in the `authorization` headers of a request.

/// What the `authorization` headers of a request hold.
///
/// A request whose headers cannot be read is refused. It is never treated as a request without a token: the client
/// meant to be someone, and would be shown what everyone sees.
///
/// # Examples
///
/// ```
/// use tollgate::npm::{Answer, Credential, CredentialError};
///
/// assert_eq!(Credential::from_headers([b"Bearer npm_abc".as_slice()]), Credential::Token("npm_abc"));
/// assert_eq!(Credential::from_headers([]), Credential::Absent);
///
/// // Two headers: another server on the way may have read the other one.
/// let two = Credential::from_headers([b"Bearer a".as_slice(), b"Bearer b"]);
/// let Credential::Malformed(error) = two else { panic!("readable") };
/// assert_eq!(error, CredentialError::TwoHeaders);
/// assert_eq!(Answer::from(error).status(), 401);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[must_use = "a request is anonymous only if its credential is absent"]
pub enum Credential<'h> {
    /// There is no `authorization` header.
    Absent,
    /// The text after `Bearer`. Look the token up by the digest of its [`Secret`](crate::Secret). If the text is not a
    /// secret, or if no token is on record under its digest, the token is unknown:
    /// [`Caller::UnknownToken`](crate::decision::Caller::UnknownToken).
    Token(&'h str),
    /// The headers do not hold one token. Answer with [`Answer::from`](super::Answer).
    Malformed(CredentialError),
}

/// The error of `authorization` headers that do not hold one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// There are two `authorization` headers or more.
    #[error("two `authorization` headers: expected one")]
    TwoHeaders,
    /// The header has a name and a password (`Basic`). npm's client sends these when it logs in, and with every request if
    /// its configuration has `_auth`.
    #[error("a name and a password in the header `authorization`: expected `Bearer` and an access token")]
    Basic,
    /// The header is not visible ASCII characters and spaces.
    #[error("a character in the header `authorization` that no access token has: expected visible ASCII characters")]
    NotText,
    /// The header is not `Bearer` and one token.
    #[error("an `authorization` header of another form: expected `Bearer` and an access token")]
    NotBearer,
}

impl<'h> Credential<'h> {
    /// Reads the values of all `authorization` headers of a request.
    ///
    /// The word `Bearer` may be in any case, as for every scheme of HTTP.
    pub fn from_headers(authorization: impl IntoIterator<Item = &'h [u8]>) -> Self {
        let mut values = authorization.into_iter();
        let Some(value) = values.next() else { return Self::Absent };
        if values.next().is_some() {
            return Self::Malformed(CredentialError::TwoHeaders);
        }
        match bearer(value) {
            Ok(text) => Self::Token(text),
            Err(error) => Self::Malformed(error),
        }
    }

    /// Reads the `authorization` headers of a map of headers, as [`from_headers`](Self::from_headers) does.
    #[cfg(feature = "http")]
    pub fn from_header_map(headers: &'h http::HeaderMap) -> Self {
        Self::from_headers(headers.get_all(http::header::AUTHORIZATION).iter().map(http::HeaderValue::as_bytes))
    }
}

fn bearer(value: &[u8]) -> Result<&str, CredentialError> {
    if !value.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(CredentialError::NotText);
    }
    let text = core::str::from_utf8(value).map_err(|_| CredentialError::NotText)?;
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    let token = token.trim_matches(' ');
    if scheme.eq_ignore_ascii_case("basic") {
        return Err(CredentialError::Basic);
    }
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() || token.contains(' ') {
        return Err(CredentialError::NotBearer);
    }
    Ok(token)
}

/// Writes no token: the text may be a secret.
impl core::fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Absent => f.write_str("Absent"),
            Self::Token(_) => f.write_str("Token(…)"),
            Self::Malformed(error) => write!(f, "Malformed({error:?})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Credential, CredentialError};

    #[test]
    fn one_bearer_token_is_the_only_form_that_is_a_token() {
        use Credential::{Absent, Malformed, Token};
        use CredentialError::{Basic, NotBearer, NotText, TwoHeaders};
        for (values, expected) in [
            ([].as_slice(), Absent),
            (&["Bearer abc"], Token("abc")),
            (&["bEARER abc"], Token("abc")),
            (&["Bearer   abc "], Token("abc")),
            (&["Bearer abc", "Bearer abc"], Malformed(TwoHeaders)),
            (&["", ""], Malformed(TwoHeaders)),
            (&["Basic YTpi"], Malformed(Basic)),
            (&["basic"], Malformed(Basic)),
            (&[""], Malformed(NotBearer)),
            (&["Bearer"], Malformed(NotBearer)),
            (&["Bearer "], Malformed(NotBearer)),
            (&["Bearerabc"], Malformed(NotBearer)),
            (&[" Bearer abc"], Malformed(NotBearer)),
            (&["Bearer a b"], Malformed(NotBearer)),
            (&["Token abc"], Malformed(NotBearer)),
            (&["abc"], Malformed(NotBearer)),
            (&["Bearer a\tb"], Malformed(NotText)),
            (&["Bearer\tabc"], Malformed(NotText)),
            (&["Bearer ab\u{e9}"], Malformed(NotText)),
            (&["Bearer ab\u{7f}"], Malformed(NotText)),
            (&["Bearer a\r\nx: y"], Malformed(NotText)),
        ] {
            assert_eq!(Credential::from_headers(values.iter().map(|value| value.as_bytes())), expected, "{values:?}");
        }
        assert_eq!(Credential::from_headers([b"Bearer \xff".as_slice()]), Malformed(NotText));
    }

    #[test]
    fn debug_writes_no_token() {
        assert_eq!(alloc::format!("{:?}", Credential::Token("npm_secret")), "Token(…)");
        assert_eq!(alloc::format!("{:?}", Credential::Malformed(CredentialError::Basic)), "Malformed(Basic)");
    }
}

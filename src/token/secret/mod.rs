//! The secret of a token, and what a registry stores and shows in place of the secret.
//!
//! [`Secret`] is the text that a client sends, [`SecretDigest`] is what a registry stores, [`TokenId`] is the public
//! id, and [`SecretHint`] is what a registry shows to a person. No conversion between these four types is implicit.

mod digest;
mod mint;
mod token_id;

use core::{fmt, str::FromStr};

pub use digest::{SecretDigest, SecretDigestError};
pub use mint::{MintError, MintedSecret, SecretPrefix, SecretPrefixError};
pub use token_id::{TokenId, TokenIdError};

use crate::value::{
    is_hexadecimal,
    limits::{MAX_SECRET, SECRET_CHECKSUM_CHARACTERS, SECRET_RANDOM_CHARACTERS},
};

/// The secret text of a token, borrowed from the request that carried it.
///
/// The text is 1 to 512 visible ASCII characters ([S1](crate::docs::rules#s1)). It is never normalised: a text that
/// differs in the case of one letter is another secret. To find the token, look up the [`digest`](Self::digest).
///
/// # Examples
///
/// ```
/// use tollgate::{
///     Secret,
///     token::{SecretError, SecretForm, SecretPrefix},
/// };
///
/// let secret = Secret::new("0123456789abcdef0123456789abcdef")?;
/// assert_eq!(secret.form(&SecretPrefix::default()), SecretForm::Hexadecimal);
/// assert_eq!(format!("{secret:?}"), "Secret(…)");
///
/// assert_eq!(Secret::new("two words").unwrap_err(), SecretError::NotVisibleAscii);
/// # Ok::<(), SecretError>(())
/// ```
///
/// A secret cannot be printed, compared or serialized ([S3](crate::docs::rules#s3)), because it has no `Display`, no
/// `==` and no `Serialize`:
///
/// ```compile_fail,E0277
/// let secret = tollgate::Secret::new("0123456789abcdef0123456789abcdef").unwrap();
/// println!("{secret}");
/// ```
/// ```compile_fail,E0369
/// let secret = tollgate::Secret::new("0123456789abcdef0123456789abcdef").unwrap();
/// let _ = secret == secret;
/// ```
/// ```compile_fail,E0277
/// fn stored<T: serde::Serialize>(_: T) {}
/// stored(tollgate::Secret::new("0123456789abcdef0123456789abcdef").unwrap());
/// ```
#[derive(Clone, Copy)]
pub struct Secret<'a>(&'a str);

impl<'a> Secret<'a> {
    /// Creates a secret from the text that the client sent.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not 1 to 512 visible ASCII characters. No token has such a text. Treat the
    /// request as a request with an unknown token ([`deny_unknown_token`](crate::deny_unknown_token)), never as a
    /// request without a token ([T](crate::docs::rules#t)).
    pub fn new(text: &'a str) -> Result<Self, SecretError> {
        if text.is_empty() {
            return Err(SecretError::Empty);
        }
        if text.len() > MAX_SECRET {
            return Err(SecretError::TooLong);
        }
        // `fold` and not `all`: without an early exit, the compiler checks many bytes with one instruction. Checking a
        // secret of 40 bytes takes 76 instructions instead of 293.
        if !text.bytes().fold(true, |visible, byte| visible & byte.is_ascii_graphic()) {
            return Err(SecretError::NotVisibleAscii);
        }
        Ok(Self(text))
    }

    /// Returns the SHA-256 of the whole text. A registry stores this digest with the token, and finds the token by it
    /// ([S2](crate::docs::rules#s2)).
    #[must_use]
    pub fn digest(&self) -> SecretDigest {
        SecretDigest::from_text(self.0.as_bytes())
    }

    /// Returns the first and the last four characters, for a list that a person reads ([S3](crate::docs::rules#s3)).
    #[must_use]
    pub fn hint(&self) -> SecretHint {
        SecretHint::from_text(self.0)
    }

    /// Returns the text, for the one response that tells a new token to its owner.
    #[cfg(feature = "npm")]
    pub(crate) const fn text(&self) -> &'a str {
        self.0
    }

    /// Returns which of the known forms the text has ([S1](crate::docs::rules#s1)).
    ///
    /// The form helps to find typos, and helps scanners that search code for secrets. It authenticates nothing, and a
    /// registry should not refuse a token because of its form.
    #[must_use]
    pub fn form(&self, prefix: &SecretPrefix) -> SecretForm {
        if let Some(body) = self.0.strip_prefix(prefix.as_str())
            && let Some((random, checksum)) = body.split_at_checked(SECRET_RANDOM_CHARACTERS)
            && checksum.len() == SECRET_CHECKSUM_CHARACTERS
            && body.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            let matches = checksum.bytes().eq(mint::checksum_of(random));
            return SecretForm::Prefixed(if matches { Checksum::Valid } else { Checksum::Invalid });
        }
        if is_hexadecimal(self.0) { SecretForm::Hexadecimal } else { SecretForm::Opaque }
    }
}

impl fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The form of a secret's text ([S1](crate::docs::rules#s1)), which [`Secret::form`] returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretForm {
    /// 32 hexadecimal digits, without dashes or with the dashes of a UUID. npm's legacy tokens have this form.
    Hexadecimal,
    /// The prefix and 36 of `[0-9A-Za-z]`, which are 30 random characters and 6 of checksum.
    Prefixed(Checksum),
    /// Any other text of visible ASCII characters.
    Opaque,
}

/// Whether the last six characters of a prefixed secret are the checksum of the 30 characters before them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Checksum {
    /// The checksum matches.
    Valid,
    /// The checksum does not match. The text has a typo, or another registry issued it.
    Invalid,
}

/// The error returned when a text cannot be a [`Secret`]. The message does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The text is empty.
    #[error("empty secret: expected 1 to {MAX_SECRET} visible ASCII characters")]
    Empty,
    /// The text has more than [`MAX_SECRET`] bytes.
    #[error("secret too long: expected 1 to {MAX_SECRET} visible ASCII characters")]
    TooLong,
    /// The text has a space, a control character or a character that is not ASCII.
    #[error("secret with a character that is not visible ASCII: expected 1 to {MAX_SECRET} visible ASCII characters")]
    NotVisibleAscii,
}

/// The first and the last four characters of a secret, by which its owner recognises it.
///
/// The hint of a secret with fewer than 16 characters shows no character, so no hint shows more than half of a secret
/// ([S3](crate::docs::rules#s3)). The text form is `abcd…mnop`, or `…` if no character is shown.
///
/// # Examples
///
/// ```
/// use tollgate::{
///     Secret,
///     token::{SecretHint, SecretHintError},
/// };
///
/// assert_eq!(Secret::new("abcdefghijklmnop")?.hint().to_string(), "abcd…mnop");
/// assert_eq!(Secret::new("abcdefghijklmno")?.hint().to_string(), "…");
/// assert_eq!("abcdefghijklmnop".parse::<SecretHint>(), Err(SecretHintError));
/// # Ok::<(), tollgate::token::SecretError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SecretHint(Option<([u8; 4], [u8; 4])>);

impl SecretHint {
    fn from_text(text: &str) -> Self {
        let bytes = text.as_bytes();
        Self(if bytes.len() < 16 { None } else { bytes.first_chunk().copied().zip(bytes.last_chunk().copied()) })
    }
}

impl FromStr for SecretHint {
    type Err = SecretHintError;

    /// Parses a hint in the form that [`Display`](fmt::Display) writes.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is neither `…` alone nor four visible ASCII characters followed by `…` and four
    /// more.
    fn from_str(text: &str) -> Result<Self, SecretHintError> {
        let (first, last) = text.split_once('…').ok_or(SecretHintError)?;
        let four = |text: &str| {
            <[u8; 4]>::try_from(text.as_bytes()).ok().filter(|bytes| bytes.iter().all(u8::is_ascii_graphic))
        };
        match (first, last) {
            ("", "") => Ok(Self(None)),
            _ => four(first).zip(four(last)).map(|ends| Self(Some(ends))).ok_or(SecretHintError),
        }
    }
}

/// The error returned when parsing a [`SecretHint`] fails. The message does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid secret hint: expected `…`, or it between four and four visible ASCII characters")]
pub struct SecretHintError;

impl fmt::Display for SecretHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        let Some((first, last)) = self.0 else { return f.write_char('…') };
        first.iter().try_for_each(|byte| f.write_char(char::from(*byte)))?;
        f.write_char('…')?;
        last.iter().try_for_each(|byte| f.write_char(char::from(*byte)))
    }
}

impl fmt::Debug for SecretHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretHint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::{Checksum, Secret, SecretError, SecretForm, SecretHint, SecretHintError, SecretPrefix};
    use alloc::string::ToString;

    #[test]
    fn a_text_that_almost_has_a_form_is_opaque() {
        let npm = SecretPrefix::default();
        let form = |text: &str| Secret::new(text).unwrap().form(&npm);
        assert_eq!(form("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"), SecretForm::Prefixed(Checksum::Valid));
        assert_eq!(form("npm_abcdefghijklmnopqrstuvwxyz01232LolCn"), SecretForm::Prefixed(Checksum::Invalid));
        assert_eq!(form("npm_abcdefghijklmnopqrstuvwxyz01232LolC"), SecretForm::Opaque);
        assert_eq!(form("npm_abcdefghijklmnopqrstuvwxyz01232LolCmm"), SecretForm::Opaque);
        assert_eq!(form("npm_abcdefghijklmnopqrstuvwxyz0123-LolCm"), SecretForm::Opaque);
        assert_eq!(form("NPM_abcdefghijklmnopqrstuvwxyz01232LolCm"), SecretForm::Opaque);
        assert_eq!(form("0123456789abcdef0123456789ABCDEF"), SecretForm::Hexadecimal);
        assert_eq!(form("01234567-89ab-cdef-0123-456789abcdef"), SecretForm::Hexadecimal);
        assert_eq!(form("012345678-9ab-cdef-0123-456789abcdef"), SecretForm::Opaque);
        assert_eq!(form("0123456789abcdef0123456789ABCDEg"), SecretForm::Opaque);
        let acme: SecretPrefix = "acme_".parse().unwrap();
        let secret = Secret::new("acme_abcdefghijklmnopqrstuvwxyz01232LolCm").unwrap();
        assert_eq!(secret.form(&acme), SecretForm::Prefixed(Checksum::Valid));
        assert_eq!(secret.form(&npm), SecretForm::Opaque);
    }

    #[test]
    fn a_secret_is_1_to_512_visible_ascii_characters() {
        assert_eq!(Secret::new("").unwrap_err(), SecretError::Empty);
        assert!(Secret::new(&"x".repeat(512)).is_ok());
        assert_eq!(Secret::new(&"x".repeat(513)).unwrap_err(), SecretError::TooLong);
        for text in ["a b", "a\tb", "a\0", "é", "a\u{7f}", " a", "a\n"] {
            assert_eq!(Secret::new(text).unwrap_err(), SecretError::NotVisibleAscii);
        }
        assert_eq!(SecretError::Empty.to_string(), "empty secret: expected 1 to 512 visible ASCII characters");
        assert_eq!(SecretError::TooLong.to_string(), "secret too long: expected 1 to 512 visible ASCII characters");
        assert_eq!(
            SecretError::NotVisibleAscii.to_string(),
            "secret with a character that is not visible ASCII: expected 1 to 512 visible ASCII characters",
        );
    }

    #[test]
    fn a_hint_shows_8_of_16_characters_and_none_of_15() {
        assert_eq!(Secret::new("abcdefghijklmnop").unwrap().hint().to_string(), "abcd…mnop");
        assert_eq!(Secret::new("abcdefghijklmno").unwrap().hint().to_string(), "…");
    }

    #[test]
    fn a_hint_parses_from_its_own_text_and_from_no_other() {
        for text in ["abcdefghijklmnop", "abcdefghijklmno", "……"] {
            let Ok(secret) = Secret::new(text) else { continue };
            assert_eq!(secret.hint().to_string().parse(), Ok(secret.hint()));
        }
        for text in ["", "abcd", "abcd…", "…mnop", "abcd…mno", "abcde…mnop", "ab d…mnop", "abcd……mnop", "é…é", "éé…éé"]
        {
            assert_eq!(text.parse::<SecretHint>(), Err(SecretHintError), "{text}");
        }
        assert_eq!(
            SecretHintError.to_string(),
            "invalid secret hint: expected `…`, or it between four and four visible ASCII characters"
        );
    }
}

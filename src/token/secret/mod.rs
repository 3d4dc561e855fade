//! The secret that a client sends, and what is kept of it (S1 to S3).
//!
//! Four types, none of which turns into another by accident: [`Secret`] is the text, [`SecretDigest`] what is stored,
//! [`TokenId`] the public id, [`SecretHint`] what a person is shown.

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

/// **The text of a token**, borrowed from the request that carried it (S1).
///
/// - 1 to 512 visible ASCII characters; never normalised, so another spelling is another token.
/// - Cannot be printed, serialized or compared: [`digest`](Self::digest) is what you look up.
///
/// ```
/// use tollgate::{Secret, token::SecretForm};
///
/// let secret = Secret::new("0123456789abcdef0123456789abcdef")?;
/// assert_eq!(secret.form(&Default::default()), SecretForm::Hexadecimal);
/// assert_eq!(format!("{secret:?}"), "Secret(…)");
/// assert!(Secret::new("two words").is_err());
/// # Ok::<(), tollgate::token::SecretError>(())
/// ```
///
/// A secret has no `Display`, no `Serialize` and no `==`:
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
    /// Takes the text as it was sent.
    ///
    /// # Errors
    /// Not 1 to 512 visible ASCII characters. Such a text is no token that anybody could have: the decision for it is
    /// `token-unknown`, never that of no token at all.
    pub fn new(text: &'a str) -> Result<Self, SecretError> {
        if text.is_empty() {
            return Err(SecretError::Empty);
        }
        if text.len() > MAX_SECRET {
            return Err(SecretError::TooLong);
        }
        // Every byte is looked at, for a processor looks at many at once where it need not stop.
        if !text.bytes().fold(true, |visible, byte| visible & byte.is_ascii_graphic()) {
            return Err(SecretError::NotVisibleAscii);
        }
        Ok(Self(text))
    }

    /// SHA-256 of the whole text: what is stored and looked up (S2).
    #[must_use]
    pub fn digest(&self) -> SecretDigest {
        SecretDigest::of(self.0.as_bytes())
    }

    /// The first and last four characters, for lists that a person reads.
    #[must_use]
    pub fn hint(&self) -> SecretHint {
        SecretHint::of(self.0)
    }

    /// Which of the known shapes the text has. A filter against typos and for scanners, never an authentication:
    /// refuse nothing because of it by default.
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

/// The shape of a secret's text (S1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretForm {
    /// 32 hexadecimal digits, with dashes where a UUID has them or without any.
    Hexadecimal,
    /// The prefix, 30 characters and 6 of checksum.
    Prefixed(Checksum),
    /// Any other text of visible ASCII.
    Opaque,
}

/// Whether the last six characters of a prefixed secret are the checksum of the 30 before them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Checksum {
    /// They are.
    Valid,
    /// They are not: a typo, or a token of another maker.
    Invalid,
}

/// A text that cannot be a secret. It does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// No character at all.
    #[error("empty secret: expected 1 to {MAX_SECRET} visible ASCII characters")]
    Empty,
    /// More than [`MAX_SECRET`] bytes.
    #[error("secret too long: expected 1 to {MAX_SECRET} visible ASCII characters")]
    TooLong,
    /// A space, a control character, or something beyond ASCII.
    #[error("secret with a character that is not visible ASCII: expected 1 to {MAX_SECRET} visible ASCII characters")]
    NotVisibleAscii,
}

/// **The first and last four characters of a secret**, so that its owner can tell tokens apart (S3).
///
/// Of a text shorter than 16 characters nothing is shown, so that never more than half of a secret is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SecretHint(Option<([u8; 4], [u8; 4])>);

impl SecretHint {
    fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        Self(if bytes.len() < 16 { None } else { bytes.first_chunk().copied().zip(bytes.last_chunk().copied()) })
    }
}

impl FromStr for SecretHint {
    type Err = SecretHintError;

    /// Reads a hint as it is [printed](fmt::Display), from storage.
    ///
    /// # Errors
    /// Anything but `…`, or it between four and four visible ASCII characters.
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

/// A text that is no [`SecretHint`]. It does not repeat the text.
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
    fn forms_are_told_apart_and_their_near_misses_are_opaque() {
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
    fn a_hint_shows_four_and_four_of_16_characters_and_nothing_of_15() {
        assert_eq!(Secret::new("abcdefghijklmnop").unwrap().hint().to_string(), "abcd…mnop");
        assert_eq!(Secret::new("abcdefghijklmno").unwrap().hint().to_string(), "…");
    }

    #[test]
    fn a_hint_is_read_as_it_is_printed() {
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

//! The secret that a client sends, and what is kept of it (S1 to S3).
//!
//! Four types, none of which turns into another by accident: [`Secret`] is the text, [`SecretDigest`] what is stored,
//! [`TokenKey`] the public id, [`SecretHint`] what a person is shown.

use alloc::{boxed::Box, string::String};
use core::{fmt, str::FromStr};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::limits::{MAX_SECRET, MAX_TOKEN_KEY, SECRET_CHECKSUM_CHARACTERS, SECRET_RANDOM_CHARACTERS};

/// **The text of a token**, borrowed from the request that carried it (S1).
///
/// - 1 to 512 visible ASCII characters; never normalised, so another spelling is another token.
/// - Cannot be printed, serialized or compared: [`digest`](Self::digest) is what you look up.
///
/// ```
/// use tollgate::{Secret, SecretForm};
///
/// let secret = Secret::new("0123456789abcdef0123456789abcdef")?;
/// assert_eq!(secret.form(&Default::default()), SecretForm::Hexadecimal);
/// assert_eq!(format!("{secret:?}"), "Secret(…)");
/// assert!(Secret::new("two words").is_err());
/// # Ok::<(), tollgate::InvalidSecret>(())
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
    pub fn new(text: &'a str) -> Result<Self, InvalidSecret> {
        if text.is_empty() {
            return Err(InvalidSecret::Empty);
        }
        if text.len() > MAX_SECRET {
            return Err(InvalidSecret::TooLong);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidSecret::NotVisibleAscii);
        }
        Ok(Self(text))
    }

    /// SHA-256 of the whole text: what is stored and looked up (S2).
    #[must_use]
    pub fn digest(&self) -> SecretDigest {
        SecretDigest(Sha256::digest(self.0.as_bytes()).into())
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
        if let Some(body) = self.0.strip_prefix(&*prefix.0)
            && let Some((random, checksum)) = body.split_at_checked(SECRET_RANDOM_CHARACTERS)
            && checksum.len() == SECRET_CHECKSUM_CHARACTERS
            && body.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            let matches = checksum.bytes().eq(checksum_of(random));
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

/// 32 hexadecimal digits, or the same with dashes after 8, 12, 16 and 20 of them.
fn is_hexadecimal(text: &str) -> bool {
    match text.len() {
        32 => text.bytes().all(|byte| byte.is_ascii_hexdigit()),
        36 => text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        }),
        _ => false,
    }
}

/// A text that cannot be a secret. It does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSecret {
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

/// **What stands before the 36 characters of a minted secret**: `npm_`, or a private registry's own (S1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretPrefix(Box<str>);

impl Default for SecretPrefix {
    fn default() -> Self {
        Self("npm_".into())
    }
}

impl FromStr for SecretPrefix {
    type Err = InvalidSecretPrefix;

    /// # Errors
    /// Not 1 to 16 of `A-Za-z0-9_` ending in `_`.
    fn from_str(text: &str) -> Result<Self, InvalidSecretPrefix> {
        let fits = text.len() <= 16 && text.ends_with('_');
        if fits && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            Ok(Self(text.into()))
        } else {
            Err(InvalidSecretPrefix)
        }
    }
}

/// A text that is no [`SecretPrefix`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid secret prefix: expected 1 to 16 of `A-Za-z0-9_`, the last of them `_`")]
pub struct InvalidSecretPrefix;

/// The order of digits in base 62 (S1).
const BASE_62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn base_62(value: u32) -> Option<u8> {
    BASE_62.get(usize::try_from(value).ok()?).copied()
}

/// CRC-32/IEEE of the 30 random characters, in six digits of base 62, padded with `0` on the left.
fn checksum_of(random: &str) -> [u8; SECRET_CHECKSUM_CHARACTERS] {
    let mut rest = crc_32(random.as_bytes());
    let mut digits = [b'0'; SECRET_CHECKSUM_CHARACTERS];
    for digit in digits.iter_mut().rev() {
        *digit = base_62(rest.checked_rem(62).unwrap_or_default()).unwrap_or(b'0');
        rest = rest.checked_div(62).unwrap_or_default();
    }
    digits
}

/// CRC-32/IEEE (reflected polynomial `EDB88320`), bit by bit: 30 bytes once in a token's life need no table.
fn crc_32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

/// **A newly minted secret**, the only type that owns one: show it once, store its digest, forget it.
///
/// ```
/// use tollgate::{Checksum, MintedSecret, SecretForm, SecretPrefix};
///
/// // 64 bytes of a cryptographic generator; these here are not random.
/// let bytes: Vec<u8> = (0..64).map(|n| n * 3).collect();
/// let prefix = SecretPrefix::default();
/// let minted = MintedSecret::mint(&prefix, &bytes)?;
/// assert_eq!(minted.as_secret().form(&prefix), SecretForm::Prefixed(Checksum::Valid));
/// assert_eq!(minted.expose().len(), 40);
/// assert!(MintedSecret::mint(&prefix, &bytes[..29]).is_err());
/// # Ok::<(), tollgate::NotEnoughRandomness>(())
/// ```
pub struct MintedSecret(String);

impl MintedSecret {
    /// Makes a secret from the caller's random bytes, which must come from a cryptographic generator; 64 of
    /// them fall short in fewer than one call of 10^34.
    ///
    /// Unbiased: each byte gives its low six bits, a number from 0 to 63 that is as uniform as the byte; 62 and 63
    /// are thrown away rather than folded back, so each of the 62 characters is equally likely. (Taking a byte modulo
    /// 62 would make the first eight characters a quarter likelier than the others.)
    ///
    /// # Errors
    /// Fewer than 30 of the bytes gave a character: draw fresh ones and call again.
    pub fn mint(prefix: &SecretPrefix, random_bytes: &[u8]) -> Result<Self, NotEnoughRandomness> {
        let mut characters = random_bytes.iter().filter_map(|byte| base_62(u32::from(byte & 0b11_1111)));
        let mut random = String::with_capacity(SECRET_RANDOM_CHARACTERS);
        while random.len() < SECRET_RANDOM_CHARACTERS {
            random.push(char::from(characters.next().ok_or(NotEnoughRandomness)?));
        }
        let mut text = String::from(&*prefix.0);
        text.push_str(&random);
        text.extend(checksum_of(&random).map(char::from));
        Ok(Self(text))
    }

    /// The text itself, to be handed to its owner once.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The secret as a client will send it.
    #[must_use]
    pub fn as_secret(&self) -> Secret<'_> {
        Secret(&self.0)
    }
}

impl fmt::Debug for MintedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MintedSecret(…)")
    }
}

/// The random bytes did not give 30 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not enough random bytes: expected 64, at least 30 of which are not 62 or 63 in their low six bits")]
pub struct NotEnoughRandomness;

/// **SHA-256 of a secret's text**: what a registry stores and looks tokens up by (S2).
///
/// - `==` takes the same time wherever the first difference stands.
/// - Text form: 64 lower-case hexadecimal digits, by [`to_hex`](Self::to_hex) and serde only.
#[derive(Clone, Copy)]
pub struct SecretDigest([u8; 32]);

impl SecretDigest {
    /// A digest that was stored as bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The digest as 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        use fmt::Write;
        let mut text = String::with_capacity(64);
        for byte in self.0 {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

impl FromStr for SecretDigest {
    type Err = InvalidSecretDigest;

    /// # Errors
    /// Anything but 64 lower-case hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, InvalidSecretDigest> {
        let mut bytes = [0; 32];
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != bytes.len() || !rest.is_empty() {
            return Err(InvalidSecretDigest);
        }
        let digit = |byte: u8| match byte {
            b'0'..=b'9' | b'a'..=b'f' => char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()),
            _ => None,
        };
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            let (high, low) = digit(*high).zip(digit(*low)).ok_or(InvalidSecretDigest)?;
            *byte = (high << 4) | low;
        }
        Ok(Self(bytes))
    }
}

/// A text that is no [`SecretDigest`]. It does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid SHA-256 digest: expected 64 lower-case hexadecimal digits")]
pub struct InvalidSecretDigest;

impl PartialEq for SecretDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SecretDigest {}

impl core::hash::Hash for SecretDigest {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretDigest(…)")
    }
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

/// **The public id of a token** (npm's `key`): names a token in lists, logs and `npm token revoke`; opens nothing.
///
/// 1 to 512 bytes without control characters, compared byte for byte; npm's own are UUIDs.
///
/// ```
/// use tollgate::TokenKey;
///
/// assert_eq!(TokenKey::new("t-1")?.as_str(), "t-1");
/// assert!(TokenKey::new("").is_err());
/// # Ok::<(), tollgate::InvalidTokenKey>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenKey(Box<str>);

impl TokenKey {
    /// Takes an id that the registry made.
    ///
    /// # Errors
    /// Empty, longer than 512 bytes, or with a control character.
    pub fn new(text: &str) -> Result<Self, InvalidTokenKey> {
        if text.is_empty() || text.len() > MAX_TOKEN_KEY || text.chars().any(char::is_control) {
            Err(InvalidTokenKey)
        } else {
            Ok(Self(text.into()))
        }
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TokenKey {
    type Err = InvalidTokenKey;

    fn from_str(text: &str) -> Result<Self, InvalidTokenKey> {
        Self::new(text)
    }
}

impl fmt::Display for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKey({})", self.0)
    }
}

/// A text that is no [`TokenKey`]. It does not repeat the text, which might be a secret in the wrong place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid token id: expected 1 to {MAX_TOKEN_KEY} bytes without control characters")]
pub struct InvalidTokenKey;

#[cfg(feature = "serde")]
mod serde_impls {
    use super::{SecretDigest, TokenKey};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    impl Serialize for SecretDigest {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(&self.to_hex())
        }
    }

    impl<'de> Deserialize<'de> for SecretDigest {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            crate::words::deserialize_from_str(deserializer, "SHA-256 digest")
        }
    }

    impl Serialize for TokenKey {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(self.as_str())
        }
    }

    impl<'de> Deserialize<'de> for TokenKey {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            crate::words::deserialize_from_str(deserializer, "token id")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Checksum, InvalidSecret, InvalidSecretDigest, MintedSecret, NotEnoughRandomness, Secret, SecretDigest,
        SecretForm, SecretPrefix, TokenKey, checksum_of, crc_32,
    };
    use alloc::{format, string::ToString, vec::Vec};

    #[test]
    fn the_checksum_is_crc_32_in_base_62_padded_with_zeros() {
        assert_eq!(crc_32(b"123456789"), 0xCBF4_3926); // the check value of the CRC catalogue
        for (random, checksum) in [
            ("000000000000000000000000000000", "2C8GjS"),
            ("abcdefghijklmnopqrstuvwxyz0123", "2LolCm"),
            ("000000000000000000000000000405", "00azb7"),
        ] {
            assert_eq!(&checksum_of(random), checksum.as_bytes());
        }
    }

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
        assert_eq!(Secret::new("").unwrap_err(), InvalidSecret::Empty);
        assert!(Secret::new(&"x".repeat(512)).is_ok());
        assert_eq!(Secret::new(&"x".repeat(513)).unwrap_err(), InvalidSecret::TooLong);
        for text in ["a b", "a\tb", "a\0", "é", "a\u{7f}", " a", "a\n"] {
            assert_eq!(Secret::new(text).unwrap_err(), InvalidSecret::NotVisibleAscii);
        }
        assert_eq!(InvalidSecret::Empty.to_string(), "empty secret: expected 1 to 512 visible ASCII characters");
        assert_eq!(InvalidSecret::TooLong.to_string(), "secret too long: expected 1 to 512 visible ASCII characters");
        assert_eq!(
            InvalidSecret::NotVisibleAscii.to_string(),
            "secret with a character that is not visible ASCII: expected 1 to 512 visible ASCII characters",
        );
    }

    #[test]
    fn minting_throws_62_and_63_away_and_takes_every_other_low_six_bits_once() {
        let prefix = SecretPrefix::default();
        // Every low-six-bit value four times over the bytes 0 to 255: each character comes from exactly four bytes.
        let mut counts = [0_u32; 128];
        for byte in 0..=255_u8 {
            let bytes: Vec<u8> = core::iter::once(byte).chain(core::iter::repeat_n(0, 30)).collect();
            let minted = MintedSecret::mint(&prefix, &bytes).unwrap();
            let character = minted.expose().as_bytes()[4];
            if byte & 63 < 62 {
                counts[usize::from(character)] += 1;
            } else {
                assert_eq!(character, b'0', "62 and 63 are skipped");
            }
        }
        assert!(counts.iter().all(|count| [0, 4].contains(count)));
        assert_eq!(counts.iter().sum::<u32>(), 62 * 4);
        assert_eq!(MintedSecret::mint(&prefix, &[0; 29]).unwrap_err(), NotEnoughRandomness);
        assert_eq!(MintedSecret::mint(&prefix, &[62; 64]).unwrap_err(), NotEnoughRandomness);
        assert!(MintedSecret::mint(&prefix, &[0; 30]).is_ok());
        assert_eq!(
            NotEnoughRandomness.to_string(),
            "not enough random bytes: expected 64, at least 30 of which are not 62 or 63 in their low six bits",
        );
    }

    #[test]
    fn the_digest_is_sha_256_of_the_whole_text() {
        let digest = Secret::new("abc").unwrap().digest();
        let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest.to_hex(), hex);
        assert_eq!(hex.parse::<SecretDigest>().unwrap(), digest);
        assert_ne!(Secret::new("abd").unwrap().digest(), digest);
        assert_eq!(SecretDigest::from_bytes(*digest.as_bytes()), digest);
        for text in ["", &hex[1..], &hex.to_uppercase(), &format!("{hex}0"), &format!("g{}", &hex[1..])] {
            assert_eq!(text.parse::<SecretDigest>().unwrap_err(), InvalidSecretDigest);
        }
        assert_eq!(
            InvalidSecretDigest.to_string(),
            "invalid SHA-256 digest: expected 64 lower-case hexadecimal digits"
        );
    }

    #[test]
    fn a_hint_shows_four_and_four_of_16_characters_and_nothing_of_15() {
        assert_eq!(Secret::new("abcdefghijklmnop").unwrap().hint().to_string(), "abcd…mnop");
        assert_eq!(Secret::new("abcdefghijklmno").unwrap().hint().to_string(), "…");
    }

    #[test]
    fn a_prefix_is_short_and_ends_in_an_underscore() {
        for (text, valid) in [("npm_", true), ("_", true), ("a_b_", true), ("npm", false), ("", false), ("n-_", false)]
        {
            assert_eq!(text.parse::<SecretPrefix>().is_ok(), valid, "{text}");
        }
        assert!("123456789012345_".parse::<SecretPrefix>().is_ok());
        let error = "1234567890123456_".parse::<SecretPrefix>().unwrap_err();
        assert_eq!(error.to_string(), "invalid secret prefix: expected 1 to 16 of `A-Za-z0-9_`, the last of them `_`");
    }

    #[test]
    fn a_public_id_is_short_and_printable() {
        assert!(TokenKey::new(&"k".repeat(512)).is_ok());
        for text in ["", "a\nb", &"k".repeat(513)] {
            let error = TokenKey::new(text).unwrap_err();
            assert_eq!(error.to_string(), "invalid token id: expected 1 to 512 bytes without control characters");
        }
    }
}

//! Creates a secret from the caller's random bytes, and computes the checksum in a secret.

use alloc::{boxed::Box, string::String};
use core::{fmt, str::FromStr};

use super::Secret;
use crate::value::limits::{SECRET_CHECKSUM_CHARACTERS, SECRET_RANDOM_CHARACTERS};

/// The prefix of a minted secret, such as the default `npm_` ([S1](crate::docs::rules#s1)).
///
/// A private registry can choose its own prefix. A prefix is 1 to 16 ASCII letters, digits and `_`, and ends in `_`.
///
/// # Examples
///
/// ```
/// use tollgate::token::{SecretPrefix, SecretPrefixError};
///
/// assert!("acme_".parse::<SecretPrefix>().is_ok());
/// assert_eq!("acme".parse::<SecretPrefix>(), Err(SecretPrefixError));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretPrefix(Box<str>);

impl SecretPrefix {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for SecretPrefix {
    fn default() -> Self {
        Self("npm_".into())
    }
}

impl FromStr for SecretPrefix {
    type Err = SecretPrefixError;

    /// # Errors
    ///
    /// Returns an error if the text is not 1 to 16 of `A-Za-z0-9_`, or does not end in `_`.
    fn from_str(text: &str) -> Result<Self, SecretPrefixError> {
        let fits = text.len() <= 16 && text.ends_with('_');
        if fits && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            Ok(Self(text.into()))
        } else {
            Err(SecretPrefixError)
        }
    }
}

/// The error returned when parsing a [`SecretPrefix`] fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid secret prefix: expected 1 to 16 of `A-Za-z0-9_`, ending in `_`")]
pub struct SecretPrefixError;

/// The digits of base 62, in the order of their values from 0 to 61 ([S1](crate::docs::rules#s1)).
const BASE_62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn base_62(value: u32) -> Option<u8> {
    BASE_62.get(usize::try_from(value).ok()?).copied()
}

/// Returns the checksum of the 30 random characters: their CRC-32/IEEE as six digits of base 62, padded on the left
/// with `0` ([S1](crate::docs::rules#s1)).
pub(super) fn checksum_of(random: &str) -> [u8; SECRET_CHECKSUM_CHARACTERS] {
    let mut rest = crc_32(random.as_bytes());
    let mut digits = [b'0'; SECRET_CHECKSUM_CHARACTERS];
    for digit in digits.iter_mut().rev() {
        *digit = base_62(rest.checked_rem(62).unwrap_or_default()).unwrap_or(b'0');
        rest = rest.checked_div(62).unwrap_or_default();
    }
    digits
}

/// Returns the CRC-32/IEEE (reflected polynomial `EDB88320`) of `bytes`.
///
/// The function processes one bit at a time. A table of 1 KiB would make the function faster. But the function reads
/// only 30 bytes, and is called only to mint a secret or to find the form of a secret. No decision calls it.
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

/// A secret that was just created from random bytes.
///
/// A `MintedSecret` owns the text of the secret. Show the text to the token's owner once, store the
/// [digest](Secret::digest) of [`as_secret`](Self::as_secret), and drop the value. `Debug` writes `MintedSecret(…)`,
/// and there is no `Display` and no `Serialize` ([S3](crate::docs::rules#s3)).
///
/// # Examples
///
/// ```
/// use tollgate::token::{Checksum, MintError, MintedSecret, SecretForm, SecretPrefix};
///
/// // In a registry these 64 bytes come from a cryptographic random number generator.
/// let random_bytes: Vec<u8> = (0..64).map(|n| n * 3).collect();
/// let prefix = SecretPrefix::default();
///
/// let minted = MintedSecret::mint(&prefix, &random_bytes)?;
/// assert_eq!(minted.expose().len(), 40);
/// assert!(minted.expose().starts_with("npm_"));
/// assert_eq!(minted.as_secret().form(&prefix), SecretForm::Prefixed(Checksum::Valid));
///
/// // 29 bytes cannot give 30 characters.
/// assert_eq!(MintedSecret::mint(&prefix, &random_bytes[..29]).unwrap_err(), MintError);
/// # Ok::<(), MintError>(())
/// ```
pub struct MintedSecret(String);

impl MintedSecret {
    /// Mints a secret: the prefix, 30 random characters, and 6 characters of checksum ([S1](crate::docs::rules#s1)).
    ///
    /// The random bytes must come from a cryptographic random number generator. Pass 64 bytes: they give fewer than 30
    /// characters with a probability of less than 10^-34.
    ///
    /// Every character is equally likely. The low six bits of a byte are a number from 0 to 63. A number from 0 to 61
    /// gives a character, and a byte with 62 or 63 is skipped. (Taking each byte modulo 62 would make the first eight
    /// characters a quarter more likely than the others.)
    ///
    /// # Errors
    ///
    /// Returns an error if fewer than 30 of the bytes give a character. Draw new bytes and call again.
    pub fn mint(prefix: &SecretPrefix, random_bytes: &[u8]) -> Result<Self, MintError> {
        let mut characters = random_bytes.iter().filter_map(|byte| base_62(u32::from(byte & 0b11_1111)));
        let mut random = String::with_capacity(SECRET_RANDOM_CHARACTERS);
        while random.len() < SECRET_RANDOM_CHARACTERS {
            random.push(char::from(characters.next().ok_or(MintError)?));
        }
        let mut text = String::from(&*prefix.0);
        text.push_str(&random);
        text.extend(checksum_of(&random).map(char::from));
        Ok(Self(text))
    }

    /// Returns the text of the secret. Show it to the token's owner once, and write it nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Borrows the minted secret as a [`Secret`], which is also the type of a secret that a client sends.
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

/// The error returned when the random bytes give fewer than 30 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not enough random bytes: expected at least 30 whose low six bits are not 62 or 63 (pass 64)")]
pub struct MintError;

#[cfg(test)]
mod tests {
    use super::{MintError, MintedSecret, SecretPrefix, checksum_of, crc_32};
    use alloc::{string::ToString, vec::Vec};

    #[test]
    fn the_checksum_is_crc_32_in_base_62_padded_with_zeros() {
        assert_eq!(crc_32(b"123456789"), 0xCBF4_3926); // the check value in the catalogue of CRC algorithms
        for (random, checksum) in [
            ("000000000000000000000000000000", "2C8GjS"),
            ("abcdefghijklmnopqrstuvwxyz0123", "2LolCm"),
            ("000000000000000000000000000405", "00azb7"),
        ] {
            assert_eq!(&checksum_of(random), checksum.as_bytes());
        }
    }

    #[test]
    fn minting_skips_62_and_63_and_each_character_comes_from_four_byte_values() {
        let prefix = SecretPrefix::default();
        // Among the bytes 0 to 255 each value of the low six bits occurs four times.
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
        assert_eq!(MintedSecret::mint(&prefix, &[0; 29]).unwrap_err(), MintError);
        assert_eq!(MintedSecret::mint(&prefix, &[62; 64]).unwrap_err(), MintError);
        assert!(MintedSecret::mint(&prefix, &[0; 30]).is_ok());
        assert_eq!(
            MintError.to_string(),
            "not enough random bytes: expected at least 30 whose low six bits are not 62 or 63 (pass 64)",
        );
    }

    #[test]
    fn a_prefix_is_short_and_ends_in_an_underscore() {
        for (text, valid) in [("npm_", true), ("_", true), ("a_b_", true), ("npm", false), ("", false), ("n-_", false)]
        {
            assert_eq!(text.parse::<SecretPrefix>().is_ok(), valid, "{text}");
        }
        assert!("123456789012345_".parse::<SecretPrefix>().is_ok());
        let error = "1234567890123456_".parse::<SecretPrefix>().unwrap_err();
        assert_eq!(error.to_string(), "invalid secret prefix: expected 1 to 16 of `A-Za-z0-9_`, ending in `_`");
    }
}

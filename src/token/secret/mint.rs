//! Making a secret from randomness that the caller brings, and its checksum (S1, S3).

use alloc::{boxed::Box, string::String};
use core::{fmt, str::FromStr};

use super::Secret;
use crate::value::limits::{SECRET_CHECKSUM_CHARACTERS, SECRET_RANDOM_CHARACTERS};

/// **What stands before the 36 characters of a minted secret**: `npm_`, or a private registry's own (S1).
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
    /// Not 1 to 16 of `A-Za-z0-9_` ending in `_`.
    fn from_str(text: &str) -> Result<Self, SecretPrefixError> {
        let fits = text.len() <= 16 && text.ends_with('_');
        if fits && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            Ok(Self(text.into()))
        } else {
            Err(SecretPrefixError)
        }
    }
}

/// A text that is no [`SecretPrefix`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid secret prefix: expected 1 to 16 of `A-Za-z0-9_`, the last of them `_`")]
pub struct SecretPrefixError;

/// The order of digits in base 62 (S1).
const BASE_62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn base_62(value: u32) -> Option<u8> {
    BASE_62.get(usize::try_from(value).ok()?).copied()
}

/// CRC-32/IEEE of the 30 random characters, in six digits of base 62, padded with `0` on the left.
pub(super) fn checksum_of(random: &str) -> [u8; SECRET_CHECKSUM_CHARACTERS] {
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
/// use tollgate::token::{Checksum, MintedSecret, SecretForm, SecretPrefix};
///
/// // 64 bytes of a cryptographic generator; these here are not random.
/// let bytes: Vec<u8> = (0..64).map(|n| n * 3).collect();
/// let prefix = SecretPrefix::default();
/// let minted = MintedSecret::mint(&prefix, &bytes)?;
/// assert_eq!(minted.as_secret().form(&prefix), SecretForm::Prefixed(Checksum::Valid));
/// assert_eq!(minted.expose().len(), 40);
/// assert!(MintedSecret::mint(&prefix, &bytes[..29]).is_err());
/// # Ok::<(), tollgate::token::MintError>(())
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
pub struct MintError;

#[cfg(test)]
mod tests {
    use super::{MintError, MintedSecret, SecretPrefix, checksum_of, crc_32};
    use alloc::{string::ToString, vec::Vec};

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
        assert_eq!(MintedSecret::mint(&prefix, &[0; 29]).unwrap_err(), MintError);
        assert_eq!(MintedSecret::mint(&prefix, &[62; 64]).unwrap_err(), MintError);
        assert!(MintedSecret::mint(&prefix, &[0; 30]).is_ok());
        assert_eq!(
            MintError.to_string(),
            "not enough random bytes: expected 64, at least 30 of which are not 62 or 63 in their low six bits",
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
        assert_eq!(error.to_string(), "invalid secret prefix: expected 1 to 16 of `A-Za-z0-9_`, the last of them `_`");
    }
}

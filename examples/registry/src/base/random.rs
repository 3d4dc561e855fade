//! Randomness, which comes from the operating system only.

use tollgate::token::{MintedSecret, SecretPrefix, TokenId};

use crate::base::{
    digest::hex,
    failure::{Failure, other},
};

fn bytes<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(other)?;
    Ok(bytes)
}

/// The text of a new access token.
pub(crate) fn token_secret() -> Result<MintedSecret, Failure> {
    MintedSecret::mint(&SecretPrefix::default(), &bytes::<64>()?).map_err(other)
}

/// The public id of a new access token: 128 bits in hexadecimal, without dashes, because npm's client hides texts that
/// look like a UUID.
pub(crate) fn token_id() -> Result<TokenId, Failure> {
    TokenId::new(&hex(&bytes::<16>()?)).map_err(other)
}

/// The id of a staged version: a random UUID, because npm's client takes no other form.
pub(crate) fn stage_id() -> Result<String, Failure> {
    let mut bytes = bytes::<16>()?;
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
    *version = (*version & 0x0f) | 0x40;
    *variant = (*variant & 0x3f) | 0x80;
    let hex = hex(&bytes);
    let part = |range: std::ops::Range<usize>| hex.get(range).unwrap_or_default();
    Ok([part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-"))
}

/// 128 bits in hexadecimal, for a revision, a password, or the secret part of a URL.
pub(crate) fn nonce() -> Result<String, Failure> {
    Ok(hex(&bytes::<16>()?))
}

/// The salt of a password's hash: 128 bits.
pub(crate) fn salt() -> Result<[u8; 16], Failure> {
    bytes()
}

/// The shared secret of a second factor: 160 bits.
pub(crate) fn totp_secret() -> Result<[u8; 20], Failure> {
    bytes()
}

/// A recovery code: 80 bits in hexadecimal.
pub(crate) fn recovery_code() -> Result<String, Failure> {
    Ok(hex(&bytes::<10>()?))
}

/// One random byte. A request that is tried again computes its pause from it, so that two requests pause for different
/// times.
pub(crate) fn byte() -> Result<u8, Failure> {
    let [byte] = bytes::<1>()?;
    Ok(byte)
}

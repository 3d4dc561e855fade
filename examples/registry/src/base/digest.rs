//! Bytes and digests in hexadecimal.

use std::fmt::Write;

use sha2::{Digest, Sha512};

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The SHA-512 of bytes, in hexadecimal.
pub(crate) fn sha512(bytes: &[u8]) -> String {
    hex(&Sha512::digest(bytes))
}

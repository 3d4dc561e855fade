//! SHA-512 as text.

use std::fmt::Write;

use sha2::{Digest, Sha512};

/// The SHA-512 of bytes, in hexadecimal.
pub(crate) fn sha512(bytes: &[u8]) -> String {
    Sha512::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

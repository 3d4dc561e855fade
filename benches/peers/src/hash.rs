//! The unit of measurement, the SHA-256 of the text of a token, and its implementation.

use std::hint::black_box;

use sha2::{Digest, Sha256};

use crate::{
    asked::{Asked, prepared},
    question::Verdict,
};

/// The text of the token. It is a `&str`, so that its length is known only at run time, as in a registry.
const TOKEN: &str = "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";

/// The digest of the text, as `sha256sum` prints it.
const DIGEST: &str = "6df68089c704f7494d8b8b5178b78066a1fd903beb8977878275994e3d553d2f";

pub fn prepare() -> Box<dyn Asked> {
    prepared(
        || Sha256::digest(black_box(TOKEN).as_bytes()),
        |digest| {
            let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            Verdict::allow_if(digest == DIGEST)
        },
    )
}

/// Returns the implementation of SHA-256, detected as `sha2` does: first its configuration, then the processor.
pub fn backend() -> &'static str {
    if cfg!(any(sha2_backend = "soft", sha2_256_backend = "soft")) {
        return "soft, as configured";
    }
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    if std::arch::is_x86_feature_detected!("sha") && std::arch::is_x86_feature_detected!("sse4.1") {
        return "SHA-NI";
    }
    #[cfg(target_arch = "aarch64")]
    if std::arch::is_aarch64_feature_detected!("sha2") {
        return "ARMv8 SHA2";
    }
    "soft"
}

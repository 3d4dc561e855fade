//! Bodies as JSON.

use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use crate::base::failure::Failure;

/// The most values that a body may have. Each takes some 80 bytes in memory, and as few as two in the body.
const MAX_VALUES: usize = 1_000_000;

/// What a [`Body`](tollgate::npm::Body) is, for the texts of errors.
pub(crate) const KEYS_ONCE: &str = "an object with each key once";

/// Parses a body as JSON.
///
/// # Errors
/// Status 413 if the body has more than a million values, and 400 if it is malformed.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    // Every value but the first follows one of three bytes. None of them occurs in base 64, so a tarball adds nothing.
    let separators = bytes.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count();
    if separators > MAX_VALUES {
        let text = format!("a body of too many values: expected at most {MAX_VALUES}");
        return Err(Failure::refused(StatusCode::PAYLOAD_TOO_LARGE, text));
    }
    serde_json::from_slice(bytes).map_err(malformed)
}

/// Parses a small body, in which any value may be a password, as a JSON object.
///
/// # Errors
/// Status 400. An error about a value would repeat the value, so the text says what was `expected` instead. An error
/// about the syntax names a line and a column, and repeats nothing of the body.
pub(crate) fn parse_with_password<T: DeserializeOwned>(bytes: &[u8], expected: &str) -> Result<T, Failure> {
    let unexpected = || Failure::bad_request(format!("unexpected JSON body: expected {expected}"));
    match serde_json::from_slice(bytes) {
        // serde would read a list as a struct, and later readers would repeat a value that is found instead of an
        // object.
        Ok(_) if bytes.trim_ascii_start().first() != Some(&b'{') => Err(unexpected()),
        Err(error) if error.is_data() => Err(unexpected()),
        outcome => outcome.map_err(malformed),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` passes the error by value")]
fn malformed(error: serde_json::Error) -> Failure {
    Failure::bad_request(format!("malformed JSON body: {error}"))
}

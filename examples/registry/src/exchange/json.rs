//! Parses the bodies of requests as JSON.

use axum::http::StatusCode;
use serde::Deserialize;

use crate::base::failure::Failure;

/// The maximum number of values in a body. A value takes about 80 bytes in memory, but may take only two bytes in the
/// body.
const MAX_VALUES: usize = 1_000_000;

/// The description of a [`Body`](tollgate::npm::Body) in the texts of errors.
pub(crate) const KEYS_ONCE: &str = "an object with each key once";

/// Parses a body as JSON.
///
/// # Errors
/// Status 413 if the body has more than a million values, and 400 if it is malformed.
pub(crate) fn parse<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Result<T, Failure> {
    // Before every value except the first, or before its key, there is one of these three bytes. None of them occurs in
    // base 64, so a tarball adds nothing to the count.
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
/// Status 400. The error text of `serde_json` about a value would repeat the value, so the text has only what was
/// `expected`. The error text about the syntax has a line and a column, and repeats nothing of the body.
pub(crate) fn parse_with_password<'b, T: Deserialize<'b>>(bytes: &'b [u8], expected: &str) -> Result<T, Failure> {
    let unexpected = || Failure::bad_request(format!("unexpected JSON body: expected {expected}"));
    match serde_json::from_slice(bytes) {
        // serde reads a list as a struct too. If `T` is not a struct, an error of later code would repeat the value
        // that it finds instead of an object.
        Ok(_) if bytes.trim_ascii_start().first() != Some(&b'{') => Err(unexpected()),
        Err(error) if error.is_data() => Err(unexpected()),
        outcome => outcome.map_err(malformed),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` passes the error by value")]
fn malformed(error: serde_json::Error) -> Failure {
    Failure::bad_request(format!("malformed JSON body: {error}"))
}

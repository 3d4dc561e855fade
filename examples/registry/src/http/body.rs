//! Bodies, bounded in size and in time.

use std::time::Duration;

use axum::{
    body::{Body as HttpBody, Bytes},
    http::{HeaderMap, StatusCode, header},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::failure::{Failure, other};

/// The largest document with a tarball: base 64 makes four bytes of three, so tarballs may have 48 MiB.
pub(crate) const MAX_PUBLISH: usize = 64 * 1024 * 1024;
/// The largest list of dependencies to be audited.
pub(crate) const MAX_AUDIT: usize = 8 * 1024 * 1024;
/// The largest of every other body.
pub(crate) const MAX_OTHER: usize = 64 * 1024;

/// A document that is larger than this, or does not say how large it is, needs one of few places: it is in memory whole.
const SMALL_PUBLISH: usize = 1024 * 1024;
/// The places.
static LARGE: Semaphore = Semaphore::const_new(16);

/// How long a document with a tarball may take to arrive.
const PUBLISH_TIMEOUT: Duration = Duration::from_mins(5);
/// How long every other body may.
pub(crate) const OTHER_TIMEOUT: Duration = Duration::from_secs(30);

/// Reads a body whole.
pub(crate) async fn read(headers: &HeaderMap, mut body: HttpBody, limit: usize) -> Result<Bytes, Failure> {
    let too_large =
        || Failure::refused(StatusCode::PAYLOAD_TOO_LARGE, format!("body too large: expected at most {limit} bytes"));
    if length(headers).is_some_and(|length| length > limit) {
        discard(headers, body, limit).await;
        return Err(too_large());
    }
    let timeout = if limit == MAX_PUBLISH { PUBLISH_TIMEOUT } else { OTHER_TIMEOUT };
    let collected = tokio::time::timeout(timeout, Limited::new(&mut body, limit).collect()).await;
    match collected {
        Err(_) => Err(Failure::refused(StatusCode::REQUEST_TIMEOUT, "the body took too long to arrive")),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            discard(headers, body, limit).await;
            Err(too_large())
        }
        Ok(Err(_)) => Err(Failure::bad_request("the body broke off")),
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
    }
}

/// Waits for a place for a large document; it has to be kept for as long as the document is in memory.
pub(crate) async fn place(headers: &HeaderMap, limit: usize) -> Result<Option<SemaphorePermit<'static>>, Failure> {
    let is_small = length(headers).is_some_and(|length| length <= SMALL_PUBLISH);
    if limit != MAX_PUBLISH || is_small {
        return Ok(None);
    }
    LARGE.acquire().await.map(Some).map_err(other)
}

fn length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Lets a body that nobody wants go by, unread, for a while: a client that is still sending would see its connection
/// break instead of the answer.
pub(crate) async fn discard(headers: &HeaderMap, mut body: HttpBody, limit: usize) {
    // Whoever waits to be asked for the body gets the answer instead.
    if headers.contains_key(header::EXPECT) {
        return;
    }
    let mut left = limit.saturating_mul(2);
    let discarded = async {
        while let Some(Ok(frame)) = body.frame().await {
            left = match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
                Some(left) => left,
                None => return,
            };
        }
    };
    // Too slow is as good as too long.
    let _ = tokio::time::timeout(OTHER_TIMEOUT, discarded).await;
}

/// The most values that a body may have. Each takes some eighty bytes in memory, and may be two in the body.
const MAX_VALUES: usize = 1_000_000;

/// Takes a body for JSON. Every value but the first comes after one of three bytes, which base 64 has not.
pub(crate) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    let separators = bytes.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count();
    if separators > MAX_VALUES {
        let text = format!("a body of too many values: expected at most {MAX_VALUES}");
        return Err(Failure::refused(StatusCode::PAYLOAD_TOO_LARGE, text));
    }
    serde_json::from_slice(bytes).map_err(malformed)
}

/// The same for an object that may have a password in it, in whatever place, and is never large. An error about a value
/// repeats the value, so what was `expected` is said instead; one of syntax says where it is, and nothing of what is there.
pub(crate) fn json_with_password<T: DeserializeOwned>(bytes: &[u8], expected: &str) -> Result<T, Failure> {
    let unexpected = || Failure::bad_request(format!("unexpected JSON body: expected {expected}"));
    match serde_json::from_slice(bytes) {
        // Whoever reads it next would take a list for an object, or say what was found in the place of one.
        Ok(_) if bytes.trim_ascii_start().first() != Some(&b'{') => Err(unexpected()),
        Err(error) if error.is_data() => Err(unexpected()),
        outcome => outcome.map_err(malformed),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn malformed(error: serde_json::Error) -> Failure {
    Failure::bad_request(format!("malformed JSON body: {error}"))
}

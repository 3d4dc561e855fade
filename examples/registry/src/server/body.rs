//! Reads bodies from the connection, bounded in size and in time.

use axum::{
    body::{Body as HttpBody, Bytes},
    http::{HeaderMap, StatusCode, header},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{
    base::failure::{Failure, other},
    endpoints::table::BodyKind,
};

/// The size in bytes up to which a document is read without a permit.
const SMALL_DOCUMENT: usize = 1024 * 1024;
/// The permits for documents that are larger or of unknown length. They limit the memory that is used, because a
/// document is in memory as a whole.
static LARGE_DOCUMENTS: Semaphore = Semaphore::const_new(16);

/// Reads a whole body.
///
/// # Errors
/// Status 413 for a body that is too large, 408 for a body that takes too long, and 400 for a body that breaks off.
pub(crate) async fn read(headers: &HeaderMap, mut body: HttpBody, kind: BodyKind) -> Result<Bytes, Failure> {
    let limit = kind.max_bytes();
    let too_large =
        || Failure::refused(StatusCode::PAYLOAD_TOO_LARGE, format!("body too large: expected at most {limit} bytes"));
    if length(headers).is_some_and(|length| length > limit) {
        discard(headers, body, kind).await;
        return Err(too_large());
    }
    let collected = tokio::time::timeout(kind.timeout(), Limited::new(&mut body, limit).collect()).await;
    match collected {
        Err(_) => Err(Failure::refused(StatusCode::REQUEST_TIMEOUT, "the body took too long to arrive")),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            discard(headers, body, kind).await;
            Err(too_large())
        }
        Ok(Err(_)) => Err(Failure::bad_request("the body broke off")),
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
    }
}

/// Waits for the permit that a large document needs. The caller keeps it for as long as the document is in memory.
pub(crate) async fn permit(headers: &HeaderMap, kind: BodyKind) -> Result<Option<SemaphorePermit<'static>>, Failure> {
    let is_small = length(headers).is_some_and(|length| length <= SMALL_DOCUMENT);
    if kind != BodyKind::Document || is_small {
        return Ok(None);
    }
    LARGE_DOCUMENTS.acquire().await.map(Some).map_err(other)
}

fn length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Receives a body and drops it, for at most 30 seconds and up to twice the size limit of its kind. Otherwise a client
/// that is still sending would see a broken connection instead of the response.
pub(crate) async fn discard(headers: &HeaderMap, mut body: HttpBody, kind: BodyKind) {
    // A client that expects `100 Continue` has not begun to send, and gets the response instead.
    if headers.contains_key(header::EXPECT) {
        return;
    }
    let mut left = kind.max_bytes().saturating_mul(2);
    let discarded = async {
        while let Some(Ok(frame)) = body.frame().await {
            left = match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
                Some(left) => left,
                None => return,
            };
        }
    };
    // If the body takes too long, the server stops receiving, as it does if the body is too large.
    let _ = tokio::time::timeout(BodyKind::Small.timeout(), discarded).await;
}

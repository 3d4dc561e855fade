//! Reads bodies from the connection, bounded in size, in time and in memory.

use std::{pin::pin, time::Duration};

use axum::{
    body::{Body as HttpBody, Bytes},
    http::{HeaderMap, StatusCode, header},
};
use http_body_util::BodyExt;
use tokio::time::{sleep, timeout};

use crate::{
    base::failure::Failure,
    endpoints::table::BodyKind,
    exchange::budget::{Budget, Reserved},
};

/// While a document arrives, memory is reserved in steps of this many bytes.
const STEP: usize = 256 * 1024;
/// The minimum number of bytes of a document that must arrive in each [`PERIOD`].
const SLOWEST: usize = 64 * 1024;
const PERIOD: Duration = Duration::from_secs(10);

/// A body that was read, with its part of the memory.
#[derive(Debug, Default)]
pub(crate) struct ReadBody {
    pub(crate) bytes: Bytes,
    _reserved: Vec<Reserved>,
}

/// The client that sends a body, and the budget from which memory for the body is reserved.
#[derive(Clone, Copy)]
pub(crate) struct Sender<'s> {
    pub(crate) budget: &'s Budget,
    /// The account or the address of the client.
    pub(crate) client: &'s str,
}

/// Reads a whole body. The body of an audit is received and dropped, unless there is a service that answers it.
///
/// # Errors
/// Status 413 for a body that is too large, 408 for a body that takes too long, 400 for a body that breaks off, and 503
/// if the memory for it is not free.
pub(crate) async fn read(
    headers: &HeaderMap,
    mut body: HttpBody,
    kind: BodyKind,
    sender: Sender<'_>,
) -> Result<ReadBody, Failure> {
    let limit = kind.max_bytes();
    let too_large = || Failure::refused(StatusCode::PAYLOAD_TOO_LARGE, too_large(kind));
    if length(headers).is_some_and(|length| length > limit) {
        discard(headers, body, kind).await;
        return Err(too_large());
    }
    let mut read = Reading { kind, sender, read: Vec::new(), reserved: Vec::new(), room: 0, received: 0 };
    match timeout(kind.timeout(), read.all(&mut body)).await {
        Err(_) => Err(slow()),
        Ok(Err(failure)) => Err(failure),
        Ok(Ok(false)) => {
            discard(headers, body, kind).await;
            Err(too_large())
        }
        Ok(Ok(true)) => Ok(ReadBody { bytes: read.read.into(), _reserved: read.reserved }),
    }
}

fn too_large(kind: BodyKind) -> String {
    let limit = kind.max_bytes();
    match kind {
        // A document has the tarball in base 64, which is a third longer.
        BodyKind::Document => {
            let tarball = limit.saturating_div(4).saturating_mul(3);
            format!(
                "publish too large: expected at most {limit} bytes, which hold a tarball of less than {tarball} bytes"
            )
        }
        BodyKind::None | BodyKind::Audit | BodyKind::PassedAudit | BodyKind::Small => {
            format!("body too large: expected at most {limit} bytes")
        }
    }
}

fn slow() -> Failure {
    Failure::refused(StatusCode::REQUEST_TIMEOUT, "the body took too long to arrive")
}

/// A body that is being read.
struct Reading<'s> {
    kind: BodyKind,
    sender: Sender<'s>,
    read: Vec<u8>,
    reserved: Vec<Reserved>,
    /// How many bytes are reserved.
    room: usize,
    /// How many bytes were received.
    received: usize,
}

impl Reading<'_> {
    /// Reads the body to its end. Returns `false` when it turns out to be too large.
    async fn all(&mut self, body: &mut HttpBody) -> Result<bool, Failure> {
        let (mut period, mut before) = (pin!(sleep(PERIOD)), 0_usize);
        loop {
            let frame = tokio::select! {
                frame = body.frame() => frame,
                () = &mut period => {
                    if self.kind == BodyKind::Document && self.received.saturating_sub(before) < SLOWEST {
                        return Err(slow());
                    }
                    before = self.received;
                    period.set(sleep(PERIOD));
                    continue;
                }
            };
            let data = match frame {
                None => break,
                Some(Err(_)) => return Err(Failure::bad_request("the body broke off")),
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            };
            self.received = self.received.saturating_add(data.len());
            if self.received > self.kind.max_bytes() {
                return Ok(false);
            }
            match self.kind {
                BodyKind::Audit | BodyKind::None => {}
                BodyKind::Small => self.read.extend_from_slice(&data),
                BodyKind::Document | BodyKind::PassedAudit => {
                    if self.reserve(self.received).await? == Memory::WaitedFor {
                        // The server was slow, and not the client, so a new period begins.
                        before = self.received;
                        period.set(sleep(PERIOD));
                    }
                    self.read.extend_from_slice(&data);
                }
            }
        }
        // The decoded tarball takes up to three quarters of the size of the document, beside the document itself.
        if self.kind == BodyKind::Document {
            self.reserve(self.received.saturating_mul(2)).await?;
        }
        Ok(true)
    }

    async fn reserve(&mut self, needed: usize) -> Result<Memory, Failure> {
        let missing = needed.saturating_sub(self.room);
        if missing == 0 {
            return Ok(Memory::Free);
        }
        let (step, Sender { budget, client }) = (missing.next_multiple_of(STEP), self.sender);
        let (reserved, memory) = match budget.try_reserve(client, step) {
            Ok(reserved) => (reserved, Memory::Free),
            Err(_) => (budget.reserve(client, step).await?, Memory::WaitedFor),
        };
        self.reserved.push(reserved);
        self.room = self.room.saturating_add(step);
        Ok(memory)
    }
}

/// Whether the memory for a body was free at once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Memory {
    Free,
    WaitedFor,
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
    let _ = timeout(BodyKind::Small.timeout(), discarded).await;
}

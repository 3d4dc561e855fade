//! The time after which a response with status 404 is sent.
//!
//! To find a private package, and to log why it is hidden, takes some microseconds more than to find none. A caller who
//! measures many responses could tell the two apart.

use std::time::Duration;

use axum::http::StatusCode;
use tokio::time::{Instant, sleep};

/// How soon after its request a response with status 404 is sent.
const NOT_FOUND_TIME: Duration = Duration::from_millis(2);

/// Waits until a response with this status may be sent.
pub(crate) async fn wait(status: StatusCode, started: Instant) {
    if status == StatusCode::NOT_FOUND {
        sleep(NOT_FOUND_TIME.saturating_sub(started.elapsed())).await;
    }
}

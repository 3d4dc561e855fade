//! The clock. The server reads it when a request comes in, and again when the transaction of the request begins.

use std::time::SystemTime;

use tollgate::Timestamp;

use crate::base::failure::{Failure, other};

/// The time now.
///
/// # Errors
/// The clock shows a time outside the years 0000 to 9999.
pub(crate) fn now() -> Result<Timestamp, Failure> {
    #[expect(
        clippy::disallowed_methods,
        reason = "tollgate takes the time as an argument, and this function reads the clock for it"
    )]
    let now = SystemTime::now();
    now.try_into().map_err(other)
}

/// Whole seconds since 1970, rounded down.
pub(crate) fn unix_seconds(at: Timestamp) -> i64 {
    let seconds = at.unix_nanoseconds().div_euclid(1_000_000_000);
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

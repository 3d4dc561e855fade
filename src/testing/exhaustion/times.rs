//! The times that all worlds and requests use.

/// The time at which a token is made, unless its state has another.
pub(super) const CREATED: &str = "2025-10-30T12:00:00Z";
/// The time at which a granular or session token expires, unless its state has another.
pub(super) const EXPIRES: &str = "2026-01-01T00:00:00Z";
/// The time of every request.
pub(super) const NOW: &str = "2025-11-10T00:00:00Z";
/// The ends of a hold: just before the request, at its time, just after it, and after the token's expiry.
pub(super) const HOLDS: [&str; 4] =
    ["2025-11-09T23:59:59.999999999Z", NOW, "2025-11-10T00:00:00.000000001Z", "2026-06-01T00:00:00Z"];

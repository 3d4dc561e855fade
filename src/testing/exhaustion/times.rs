//! The times of every world.

/// When a token is made, unless its state says otherwise.
pub(super) const CREATED: &str = "2025-10-30T12:00:00Z";
/// When a granular one expires, unless its state says otherwise.
pub(super) const EXPIRES: &str = "2026-01-01T00:00:00Z";
/// When every request is made.
pub(super) const NOW: &str = "2025-11-10T00:00:00Z";

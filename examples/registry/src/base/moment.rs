//! The policy and the time at which something is done.

use tollgate::{Policy, Timestamp};

/// **The policy and the time** at which a token is issued or an account changes. Both are arguments everywhere, because
/// nothing below reads the clock or chooses an edition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// The edition that the server runs under.
    pub(crate) policy: Policy,
    pub(crate) now: Timestamp,
}

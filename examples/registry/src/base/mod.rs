//! What every layer uses: failures, the clock, randomness, and the names of logs.

pub(crate) mod clock;
pub(crate) mod failure;
pub(crate) mod log_target;
pub(crate) mod random;

//! The code that every layer uses: failures, the clock, the policy with a time, randomness, the attempts of a
//! transaction, digests, semaphores by name, the form of times in documents, and the log targets.

pub(crate) mod clock;
pub(crate) mod digest;
pub(crate) mod failure;
pub(crate) mod log_target;
pub(crate) mod milliseconds;
pub(crate) mod moment;
pub(crate) mod named_semaphores;
pub(crate) mod random;
pub(crate) mod retry;

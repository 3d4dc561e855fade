//! The crate against the oracle, a second implementation of the rules in `tests/oracle`: on random worlds, on every
//! combination of facts, and on the conformance vectors.

#[path = "../oracle/mod.rs"]
mod oracle;
#[cfg(feature = "directory")]
#[path = "../support/scenario_files.rs"]
mod scenario_files;

#[cfg(feature = "testing")]
mod conformance;
#[cfg(feature = "testing")]
mod exhaustion;
mod oracle_selftest;
#[cfg(feature = "directory")]
mod random_worlds;

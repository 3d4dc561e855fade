//! The rules of `tollgate` as a Cedar policy set, and the comparison of its answers with the crate's.
//!
//! Data flows one way: a world and its requests as JSON become [`entities`] and [`question`]s, [`policies`] answers
//! them, [`compare`] holds the answers against the crate's decisions.
#![forbid(unsafe_code)]

pub mod compare;
pub mod entities;
pub mod policies;
pub mod question;
pub mod values;

/// Where the random worlds and requests come from. Of its own decisions nothing is used.
#[path = "../../oracle/mod.rs"]
mod oracle;

/// What can go wrong here: a mistake in the policies, the schema or the translation, never an answer.
pub type Mistake = Box<dyn std::error::Error + Send + Sync>;

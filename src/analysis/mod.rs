//! Questions about a whole registry, over a [`Directory`](crate::directory::Directory).
//!
//! [`what_if`] says what would break: which answers change if the registry changes, such as to a later edition of npm's
//! rules.

mod questions;
mod what_if;

pub use what_if::{
    Answer, ChangedAnswer, ChangedGroup, Changes, WhatIf, WhatIfError, Witness, what_if, what_if_requested,
};

//! Questions about a whole registry, over a [`Directory`](crate::directory::Directory).
//!
//! [`what_if`] returns which answers change if the registry changes, for example if it moves to a later edition of
//! npm's rules.

mod questions;
mod what_if;

pub use what_if::{
    AnswerSummary, ChangedAnswer, ChangedGroup, Changes, WhatIf, WhatIfError, Witness, what_if, what_if_requested,
};

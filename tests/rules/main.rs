//! The rules, asked of the crate in three ways: as one table of every action, as laws over arbitrary questions, and as the
//! list of effective access that a token's page shows.
#![cfg(feature = "testing")]

mod action_table;
mod effective_access;
mod laws;

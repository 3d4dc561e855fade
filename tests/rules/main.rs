//! The rules, asked of the crate in four ways: as one table of every action, as laws over arbitrary questions, as the list of
//! effective access that a token's page shows, and as the order of the checks.
#![cfg(feature = "testing")]

mod action_table;
mod check_order;
mod effective_access;
mod laws;

//! The rules, asked of the crate: as one table of every action, as laws over arbitrary questions, as the list of effective
//! access that a token's page shows, as the order of the checks, with a ceiling decided elsewhere, and when a token is issued
//! under a policy.
#![cfg(feature = "testing")]

mod action_table;
mod check_order;
mod editions;
mod effective_access;
mod external_ceiling;
mod issuing;
mod laws;
mod what_if;

//! Decisions case by case: the scenario files, the texts that a decision gives to clients and operators, and the kit that
//! lets other crates write such cases.
#![cfg(feature = "testing")]

#[path = "../support/callers.rs"]
mod callers;
#[path = "../support/scenario_files.rs"]
mod scenario_files;
#[path = "../support/snapshot.rs"]
mod snapshot;
#[path = "../support/told.rs"]
mod told;

mod assertions;
mod audit_record;
mod scenario_runner;
mod scenarios;
mod texts;

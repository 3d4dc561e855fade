//! Decisions case by case: the scenario files, the texts that a decision gives to clients and operators, and the kit that
//! lets other crates write such cases.
#![cfg(feature = "testing")]

mod assertions;
mod scenario_runner;
mod scenarios;
mod texts;

//! Agreement: the crate and the oracle, which share no code, answer requests to an arbitrary world alike.
//!
//! * A world that obeys the rules loads.
//! * Each request gets the oracle's answer, and every form of the decision agrees (`shared/comparison.rs`).
//! * The world with one thing removed, or with a later edition of the policy, loads too, and no decision is raised
//!   (rule D5).
//! * Rights that are decided elsewhere give the same decision as recorded rights that say the same, and with fewer of
//!   them no decision is raised (rule C7, `shared/ceiling.rs`).
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tollgate::directory::{Directory, World};

#[path = "shared/ceiling.rs"]
mod ceiling;
#[path = "shared/comparison.rs"]
mod comparison;
#[path = "../../tests/oracle/mod.rs"]
mod oracle;
#[path = "shared/program.rs"]
mod program;

fn load(world: &Value) -> Directory {
    let read: World = serde_json::from_value(world.clone()).expect("a world is JSON");
    Directory::load(&read).unwrap_or_else(|error| panic!("a world that keeps the rules loads: {error}\n{world}"))
}

fuzz_target!(|bytes: &[u8]| {
    let program = program::read(bytes);
    let directory = load(&program.world);
    let mut decided = Vec::new();
    for json in &program.requests {
        decided.extend(comparison::compare(&program.world, &directory, json));
    }
    for (index, left_out) in &program.elsewhere {
        ceiling::compare(&program.world, &directory, &program.requests[*index], *left_out);
    }
    for (what, world) in &program.lesser {
        let directory = load(world);
        for (before, request) in &decided {
            let caller = directory.caller(request);
            let decision = directory.decide(&caller, request);
            let raised = decision.verdict() > *before;
            assert!(
                !raised,
                "{before}, but with {what} less: {}\n{world}",
                directory.decide(&caller, request).explain()
            );
        }
    }
});

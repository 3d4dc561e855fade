//! A generated world and requests about it: the crate and the oracle, which shares nothing with it, answer alike.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tollgate::directory::{DecisionLine, Directory, RequestLine, World};

#[path = "../../tests/oracle/mod.rs"]
mod oracle;

fuzz_target!(|seeds: (u64, u64)| {
    let document = oracle::worlds::world(seeds.0);
    let world: World = serde_json::from_value(document.clone()).expect("a generated world is JSON");
    let directory = Directory::load(&world).unwrap_or_else(|error| panic!("a generated world loads: {error}"));
    for request in oracle::worlds::requests(&document, seeds.1, 50) {
        let expected = oracle::decide(&document, &request);
        let line: RequestLine = serde_json::from_value(request.clone()).expect("any JSON reads");
        let found = match line.parse() {
            Ok(parsed) => {
                let caller = directory.caller(&parsed);
                serde_json::to_value(DecisionLine::decided(&parsed, &directory.decide(&caller, &parsed)))
            }
            Err(error) => serde_json::to_value(DecisionLine::error(&error)),
        };
        let mut found = found.expect("a line is JSON");
        if let Some(error) = found.get_mut("error") {
            *error = Value::Bool(true); // the text is not compared
        }
        assert_eq!(found, expected, "world {}, request {request}", seeds.0);
    }
});

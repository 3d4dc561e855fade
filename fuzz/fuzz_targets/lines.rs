//! Lines: any bytes as a world on the first line and a request on each other line. If the world loads, the crate and
//! the oracle answer each request alike.
//!
//! * A line of JSON with a duplicate key is not a valid request. Neither the first nor the last value is used.
//! * Every other request gets the oracle's answer, and every form of the decision agrees (`shared/comparison.rs`).
//! * The same request with every other token of the world, without a token, and a day later is compared too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use tollgate::directory::{DecisionLine, Directory, Request, RequestLine, World};

#[path = "shared/comparison.rs"]
mod comparison;
#[path = "shared/duplicate_keys.rs"]
mod duplicate_keys;
#[path = "../../tests/oracle/mod.rs"]
mod oracle;

/// Asserts that a line with a duplicate key is refused.
fn no_request(text: &str, json: &Value) {
    let line: RequestLine = serde_json::from_str(text).expect("any JSON reads");
    let error = line.parse().expect_err("a key is there twice");
    let line = serde_json::to_value(DecisionLine::error(&error)).expect("a line is JSON");
    assert!(line["id"].is_null() || line["id"] == json["id"], "{line}");
}

/// Compares the same request with every other token, without a token, and a day later.
fn neighbours(world: &Value, directory: &Directory, json: &Value, request: &Request) {
    let mut neighbour = json.clone();
    let fields = neighbour.as_object_mut().expect("a request is an object");
    fields.remove("secret");
    for token in directory.tokens().iter().take(8) {
        neighbour["token"] = json!(token.id());
        comparison::compare(world, directory, &neighbour).expect("a request like the one before");
    }
    neighbour["token"] = Value::Null;
    comparison::compare(world, directory, &neighbour).expect("a request like the one before");
    if let Ok(later) = request.now().checked_add(tollgate::value::limits::MIN_LIFETIME) {
        let mut neighbour = json.clone();
        neighbour["now"] = json!(later);
        comparison::compare(world, directory, &neighbour).expect("a request like the one before");
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let mut lines = text.split('\n');
    let first = lines.next().unwrap_or_default();
    let Ok(read) = serde_json::from_str::<World>(first) else { return };
    // The oracle requires a world that loads.
    let Ok(directory) = Directory::load(&read) else { return };
    let world: Value = serde_json::from_str(first).expect("what reads is JSON");
    for line in lines.filter(|line| !line.trim().is_empty()).take(16) {
        let Ok(json) = serde_json::from_str::<Value>(line) else {
            assert!(serde_json::from_str::<RequestLine>(line).is_err());
            continue;
        };
        if duplicate_keys::has_duplicate_keys(line) {
            no_request(line, &json);
        } else if let Some((_, request)) = comparison::compare(&world, &directory, &json) {
            neighbours(&world, &directory, &json, &request);
        }
    }
});

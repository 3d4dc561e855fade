//! Converts a world of version 1 of the rules to version 2.

use std::{
    fs::File,
    io::{BufReader, Write},
    path::Path,
};

use serde_json::{Map, Value, json};
use tollgate::directory::{Directory, World};

use crate::{Failure, Outcome};

/// Prints the world under the policy that version 1 had built in, with no account on hold.
///
/// The result is loaded before it is printed, so an invalid world is an error and is not printed.
pub(crate) fn run(path: &Path, mut out: impl Write) -> Result<Outcome, Failure> {
    let file = File::open(path).map_err(|error| Failure::in_file(path, &error))?;
    let world: Value = serde_json::from_reader(BufReader::new(file)).map_err(|error| Failure::in_file(path, &error))?;
    let world = converted(world);
    let read: World = serde_json::from_value(world.clone()).map_err(|error| Failure::in_file(path, &error))?;
    Directory::load(&read).map_err(|error| Failure::Message(error.to_string()))?;
    serde_json::to_writer_pretty(&mut out, &world).map_err(|error| Failure::Output(error.into()))?;
    writeln!(out)?;
    out.flush()?;
    Ok(Outcome::AllDecided)
}

/// Adds what version 2 requires and version 1 did not have. A field that is there already stays.
fn converted(mut world: Value) -> Value {
    if let Some(top) = world.as_object_mut() {
        add(top, "policy", json!("npm-2025-10"));
        for user in top.get_mut("users").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(user) = user.as_object_mut() {
                add(user, "writes_held_until", Value::Null);
            }
        }
    }
    world
}

fn add(fields: &mut Map<String, Value>, name: &str, value: Value) {
    fields.entry(name).or_insert(value);
}

//! Converts a world of version 1 of the rules to version 2.

use std::{
    fmt,
    fs::File,
    io::{BufReader, Write},
    path::Path,
};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value, json};
use tollgate::directory::{Directory, World};

use crate::{Failure, Outcome};

/// Prints the world under the policy that version 1 had built in, with no account on hold.
///
/// The result is loaded before it is printed, so an invalid world is an error and is not printed.
pub(crate) fn run(path: &Path, mut out: impl Write) -> Result<Outcome, Failure> {
    let file = File::open(path).map_err(|error| Failure::in_file(path, &error))?;
    let Document(world) =
        serde_json::from_reader(BufReader::new(file)).map_err(|error| Failure::in_file(path, &error))?;
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

/// A JSON document in which no object has a key twice.
///
/// [`Value`] keeps the last of several values of a key and drops the others without an error. A token that is revoked
/// in the first of them and not in the last would come out as one that works.
struct Document(Value);

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DocumentVisitor;

        impl<'de> Visitor<'de> for DocumentVisitor {
            type Value = Document;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_unit<E>(self) -> Result<Document, E> {
                Ok(Document(Value::Null))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Document, E> {
                Ok(Document(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Document, E> {
                Ok(Document(value.into()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Document, E> {
                Ok(Document(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Document, E> {
                Ok(Document(Number::from_f64(value).map_or(Value::Null, Value::Number)))
            }

            fn visit_str<E>(self, value: &str) -> Result<Document, E> {
                Ok(Document(value.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Document, A::Error> {
                let mut items = Vec::new();
                while let Some(Document(item)) = access.next_element()? {
                    items.push(item);
                }
                Ok(Document(Value::Array(items)))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Document, A::Error> {
                let mut fields = Map::new();
                while let Some(name) = access.next_key::<String>()? {
                    let Document(value) = access.next_value()?;
                    if fields.contains_key(&name) {
                        return Err(A::Error::custom(format_args!("duplicate key {name:?}: expected each once")));
                    }
                    fields.insert(name, value);
                }
                Ok(Document(Value::Object(fields)))
            }
        }

        deserializer.deserialize_any(DocumentVisitor)
    }
}

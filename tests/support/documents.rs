//! JSON documents with one thing changed. A place is a JSON pointer (RFC 6901).
#![allow(clippy::allow_attributes, reason = "the programs that share this file have lints of their own")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a place that is not there fails the test")]

use serde_json::Value;

/// Splits a pointer into its parent's and the last key.
fn parent_and_key(pointer: &str) -> (&str, String) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    (parent, key.replace("~1", "/").replace("~0", "~"))
}

/// The document with another value at the place. A field of an object that is not there is added.
#[track_caller]
pub(crate) fn with(mut document: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = parent_and_key(pointer);
    match document.pointer_mut(parent) {
        Some(Value::Array(items)) => *key.parse().ok().and_then(|at: usize| items.get_mut(at)).unwrap() = value,
        Some(Value::Object(entries)) => drop(entries.insert(key, value)),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => panic!("no place {pointer}"),
    }
    document
}

/// The document without the field at the place, which must be there.
#[track_caller]
pub(crate) fn without(mut document: Value, pointer: &str) -> Value {
    let (parent, key) = parent_and_key(pointer);
    document.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(&key).unwrap();
    document
}

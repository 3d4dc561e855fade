//! npm's HTTP: paths, bodies, answers, and the address of a client behind proxies.
#![cfg(feature = "npm")]
#![cfg_attr(feature = "testing", expect(clippy::unwrap_used, reason = "a slip in a test's own data fails the test"))]

#[cfg(feature = "testing")]
#[path = "../support/callers.rs"]
mod callers;
#[cfg(feature = "testing")]
#[path = "../support/documents.rs"]
mod documents;

#[cfg(feature = "testing")]
mod answers;
#[cfg(feature = "testing")]
mod attacks;
#[cfg(feature = "testing")]
mod bodies;
#[cfg(feature = "testing")]
mod decider;
mod endpoints;
#[cfg(feature = "testing")]
mod packument;
#[cfg(feature = "testing")]
mod proxies;
#[cfg(feature = "testing")]
mod recording;
#[cfg(feature = "testing")]
mod staging;
#[cfg(feature = "testing")]
mod teams;
#[cfg(feature = "testing")]
mod token_requests;

#[cfg(feature = "testing")]
use serde::Deserialize;

/// The body of a request.
#[cfg(feature = "testing")]
#[track_caller]
fn body(value: serde_json::Value) -> tollgate::npm::Body<'static> {
    tollgate::npm::Body::deserialize(value).unwrap()
}

/// The body of a request from its text, which may have one key twice.
#[cfg(feature = "testing")]
#[track_caller]
fn body_from_text(text: &str) -> tollgate::npm::Body<'_> {
    serde_json::from_str(text).unwrap()
}

#[cfg(feature = "testing")]
#[track_caller]
fn name(text: &str) -> tollgate::PackageName {
    text.parse().unwrap()
}

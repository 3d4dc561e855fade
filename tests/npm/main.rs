//! npm's HTTP: paths, bodies, answers, and the address of a client behind proxies.
#![cfg(feature = "npm")]

#[cfg(feature = "testing")]
mod answers;
#[cfg(feature = "testing")]
mod attacks;
#[cfg(feature = "testing")]
mod bodies;
mod endpoints;
#[cfg(feature = "testing")]
mod packument;
#[cfg(feature = "testing")]
mod proxies;
#[cfg(feature = "testing")]
mod recording;
#[cfg(feature = "testing")]
mod token_requests;

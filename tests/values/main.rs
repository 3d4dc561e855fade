//! Values: what parses, what prints, what is stored, and what an error says.

#[cfg(feature = "testing")]
#[path = "../support/snapshot.rs"]
mod snapshot;

#[cfg(all(feature = "directory", feature = "npm"))]
mod depth;
#[cfg(feature = "testing")]
mod error_messages;
mod package_names;
#[cfg(feature = "testing")]
mod properties;
#[cfg(feature = "directory")]
mod secrets;
#[cfg(feature = "testing")]
mod stored_facts;
#[cfg(feature = "testing")]
mod values;

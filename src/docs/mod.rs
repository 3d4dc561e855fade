//! The long-form documentation: the rules, npm's editions, the file formats, how to run a registry with this crate and
//! how to move one over, the design, the guarantees and the measurements.
//!
//! Each module is one page and contains no items.

// As a file, a page links by the definitions at its end. Here `links.txt` comes first and defines the same labels as Rust
// paths: the first definition of a label counts.

#[doc = include_str!("links.txt")]
#[doc = include_str!("rules.md")]
pub mod rules {}

#[doc = include_str!("links.txt")]
#[doc = include_str!("format.md")]
pub mod format {}

#[doc = include_str!("links.txt")]
#[doc = include_str!("editions.md")]
pub mod editions {}

#[doc = include_str!("links.txt")]
#[doc = include_str!("caching.md")]
pub mod caching {}

#[doc = include_str!("links.txt")]
#[doc = include_str!("operating.md")]
pub mod operating {}

#[doc = include_str!("links.txt")]
#[doc = include_str!("moving.md")]
pub mod moving {}

#[doc = include_str!("links.txt")]
#[doc = include_str!("upgrading.md")]
pub mod upgrading {}

#[doc = include_str!("links.txt")]
#[doc = include_str!("design.md")]
pub mod design {}

#[doc = include_str!("links.txt")]
#[doc = include_str!("guarantees.md")]
pub mod guarantees {}

#[doc = include_str!("links.txt")]
#[doc = include_str!("performance.md")]
#[doc = include_str!("growth.svg")]
pub mod performance {}

#[cfg(feature = "testing")]
#[doc = include_str!("links.txt")]
#[doc = include_str!("links_testing.txt")]
#[doc = include_str!("testing.md")]
pub mod testing {}

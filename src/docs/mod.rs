//! The long-form documentation: the rules, npm's editions, the file formats, the design, the guarantees and the
//! measurements.
//!
//! Each module is one page and contains no items.

#[doc = include_str!("rules.md")]
pub mod rules {}

#[doc = include_str!("format.md")]
pub mod format {}

#[doc = include_str!("editions.md")]
pub mod editions {}

#[doc = include_str!("design.md")]
pub mod design {}

#[doc = include_str!("guarantees.md")]
pub mod guarantees {}

#[doc = include_str!("performance.md")]
#[doc = include_str!("growth.svg")]
pub mod performance {}

#[cfg(feature = "testing")]
#[doc = include_str!("testing.md")]
pub mod testing {}

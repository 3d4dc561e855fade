//! The facts for the measurements in `paths/`.
//!
//! Every value is created, and every question decided and checked once, before counting begins. The values live as long
//! as the program. So the count includes neither their creation nor their destruction, nor anything that happens only
//! at a first call, such as the detection of processor features.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "a benchmark that cannot be set up stops"
)]

mod denials;
mod directory;
mod editions;
mod many;
mod world;

pub use denials::denied;
pub use directory::{ADDRESS, NAME, SECRET, directory};
pub use editions::{Answer, Exists, elsewhere, on_hold, under};
pub use many::{grants, listing, ranges};
pub use world::{
    Covered, Kind, Question, acme, bound, bound_under, organization, package, parsed, question, stored, token, user,
};

/// Leaks a value, so that it lives as long as the program and its destruction is not counted.
pub fn kept<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

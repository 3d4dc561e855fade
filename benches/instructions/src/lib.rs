//! The facts that the paths in `paths/` are measured over. Everything here is made, asked once and checked before the
//! counting begins, and lives as long as the program: neither making nor dropping it is counted, and what is set up at
//! a first call (the detection of processor features, say) is.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "a benchmark that cannot be set up stops"
)]

mod denials;
mod directory;
mod many;
mod world;

pub use denials::denied;
pub use directory::{ADDRESS, NAME, SECRET, directory};
pub use many::{grants, listing, ranges};
pub use world::{Covered, Kind, Question, acme, bound, organization, package, parsed, question, stored, token, user};

/// Keeps a value for as long as the program runs.
pub fn kept<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

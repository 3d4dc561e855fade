//! What stands around the library: the `decide` example, the README, and the layers of `src/`.

#[cfg(feature = "directory")]
mod decide_example;
mod layers;
mod readme;

//! What stands around the library: the `decide` example, the README, links, and the layers of `src/`.

#[cfg(feature = "directory")]
mod decide_example;
mod layers;
mod links;
mod readme;

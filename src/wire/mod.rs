//! npm's wire: what the npm client's requests ask for, and how an answer reaches the person.
mod body;

pub use body::{Body, InvalidBody};

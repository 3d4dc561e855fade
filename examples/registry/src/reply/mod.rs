//! Responses in npm's form.

pub(crate) mod compression;
pub(crate) mod equal_time;
pub(crate) mod npm_word;
pub(crate) mod refusal;
pub(crate) mod response;

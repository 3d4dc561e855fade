//! One request in one transaction: its caller, the facts about what it names, the decisions, and its line in the log.

pub(crate) mod caller;
pub(crate) mod context;
pub(crate) mod decisions;
pub(crate) mod json;
pub(crate) mod log_line;
pub(crate) mod prepared;
pub(crate) mod readable;
pub(crate) mod services;

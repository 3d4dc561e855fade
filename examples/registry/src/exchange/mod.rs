//! One request in one transaction: its caller, the facts about the resources that it names, the decisions, and its log
//! line.

pub(crate) mod audits;
pub(crate) mod budget;
pub(crate) mod caller;
pub(crate) mod code_check;
pub(crate) mod collaborators;
pub(crate) mod comparison;
pub(crate) mod context;
pub(crate) mod decisions;
pub(crate) mod json;
pub(crate) mod kept;
pub(crate) mod log_line;
pub(crate) mod own_membership;
pub(crate) mod page;
pub(crate) mod peer;
pub(crate) mod plain_words;
pub(crate) mod prepared;
pub(crate) mod readable;
pub(crate) mod services;

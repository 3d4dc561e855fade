//! The steps from a request to its response: what the path requires, the body, the transaction.

pub(crate) mod body;
pub(crate) mod request;

//! Connections, limits and timeouts, and the way of a request from the socket to a transaction and back.

pub(crate) mod body;
pub(crate) mod connections;
pub(crate) mod request;
pub(crate) mod router;
pub(crate) mod write_timeout;

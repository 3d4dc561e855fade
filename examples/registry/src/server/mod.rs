//! Connections, limits, timeouts, and the steps from a request on a connection to its response.

pub(crate) mod body;
pub(crate) mod connections;
pub(crate) mod request;
pub(crate) mod router;
pub(crate) mod write_timeout;

//! Connections, with their limits and timeouts, and the routes.

pub(crate) mod connections;
pub(crate) mod router;
pub(crate) mod write_timeout;

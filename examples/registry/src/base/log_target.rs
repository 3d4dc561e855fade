//! The targets of log lines, by which `RUST_LOG` selects lines. The targets are constants, so that moving code to
//! another module does not change them.

/// The line of each request.
pub(crate) const REQUEST: &str = "request";
/// Faults of the server while it answers a request.
pub(crate) const HTTP: &str = "tollgate_registry::http";
/// Faults of the server while it answers a request for a page.
pub(crate) const WEB: &str = "tollgate_registry::http::web";
/// Start, connections, and shutdown.
pub(crate) const SERVER: &str = "tollgate_registry::server";

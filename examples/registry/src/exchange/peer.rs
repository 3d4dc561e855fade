//! The other end of a connection.

use std::net::SocketAddr;

/// The address of the other end of a request's connection, stored in the extensions of the request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

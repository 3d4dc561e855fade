//! What every request shares.

use std::net::SocketAddr;

use tollgate::npm::TrustedProxies;

use crate::store::{database::Store, tarballs::Tarballs};

/// **What every request shares**: the data, and how clients reach the server.
#[derive(Debug)]
pub(crate) struct Services {
    pub(crate) store: Store,
    pub(crate) tarballs: Tarballs,
    pub(crate) proxies: TrustedProxies,
    /// The configured URL that clients put before a path.
    pub(crate) public_url: Option<String>,
    /// The address that the server listens on.
    pub(crate) address: SocketAddr,
}

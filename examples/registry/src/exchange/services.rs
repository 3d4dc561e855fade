//! The data and the settings that all requests share.

use std::net::SocketAddr;

use tollgate::{Policy, npm::TrustedProxies};

use crate::store::{database::Store, tarballs::Tarballs};

/// **The data and the settings that all requests share.**
#[derive(Debug)]
pub(crate) struct Services {
    pub(crate) store: Store,
    pub(crate) tarballs: Tarballs,
    /// The policy of every decision, and of every token that is issued.
    pub(crate) policy: Policy,
    pub(crate) proxies: TrustedProxies,
    /// The URL that clients put before a path, if it is configured.
    pub(crate) public_url: Option<String>,
    /// The address that the server listens on.
    pub(crate) address: SocketAddr,
}

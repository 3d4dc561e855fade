//! The data and the settings that all requests share.

use std::{net::SocketAddr, sync::Arc};

use tokio::sync::Semaphore;
use tollgate::{Policy, npm::TrustedProxies};

use crate::{
    credentials::hashing::Hashing,
    exchange::{audits::Audits, budget::Budget, kept::KeptContent},
    store::{database::Store, tarballs::Tarballs, token_uses::TokenUses},
};

/// **The data and the settings that all requests share.**
#[derive(Debug)]
pub(crate) struct Services {
    pub(crate) store: Store,
    pub(crate) tarballs: Tarballs,
    pub(crate) hashing: Hashing,
    pub(crate) budget: Budget,
    pub(crate) kept: KeptContent,
    /// The permits for requests that look at every package.
    pub(crate) listings: Semaphore,
    /// The permits to open a tarball that is published.
    pub(crate) tarball_checks: Arc<Semaphore>,
    pub(crate) token_uses: TokenUses,
    /// The service for audits, if there is one.
    pub(crate) audits: Option<Audits>,
    /// The policy of every decision, and of every token that is issued.
    pub(crate) policy: Policy,
    /// Whether every person may create an account, and not only the operator.
    pub(crate) sign_up_is_open: bool,
    pub(crate) proxies: TrustedProxies,
    /// The URL that clients put before a path, if it is configured.
    pub(crate) public_url: Option<String>,
    /// The address that the server listens on.
    pub(crate) address: SocketAddr,
}

//! npm's requests over HTTP.

use std::{net::SocketAddr, sync::Arc};

use axum::Router;

use crate::{config::Config, failure::Failure, store::Store, tarballs::Tarballs};

/// Who is at the other end of the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// What every request needs.
#[derive(Clone, Debug)]
pub(crate) struct App(Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) tarballs: Tarballs,
}

impl App {
    pub(crate) fn new(store: Store, tarballs: Tarballs, _config: &Config, _address: SocketAddr) -> Result<Self, Failure> {
        Ok(Self(Arc::new(Inner { store, tarballs })))
    }
}

pub(crate) fn router(app: App) -> Router {
    Router::new().with_state(app)
}

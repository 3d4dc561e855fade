//! Starts the server.

use std::{io::Write, os::unix::fs::DirBuilderExt, sync::Arc};

use tokio::net::TcpListener;
use tollgate::{Policy, npm::TrustedProxies};

use crate::{
    base::{
        clock,
        failure::{Failure, other},
        log_target,
        moment::Moment,
    },
    exchange::services::Services,
    program::{command_line::Config, demo, newest_edition},
    server::{connections, router},
    store::{database::Store, tarballs::Tarballs},
};

/// Opens the database that the configuration names, and creates the data folder.
pub(crate) async fn open_store(config: &Config) -> Result<Store, Failure> {
    // The database contains the secrets of second factors, so other users of the machine must not read the folder.
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&config.data).map_err(other)?;
    Store::open(&config.database_url()).await
}

/// Serves until the process is told to stop.
pub(crate) async fn serve(config: Config) -> Result<(), Failure> {
    let store = open_store(&config).await?;
    let tarballs = Tarballs::open(&config.data.join("tarballs"))?;
    let listener = TcpListener::bind(config.listen).await.map_err(other)?;
    let address = listener.local_addr().map_err(other)?;
    let policy = Policy::from(config.edition);
    let demo = demo::make_user(&store, Moment { policy, now: clock::now()? }).await?;
    // Tests and scripts wait for the first of these lines.
    let mut lines = format!(
        "listening on http://{address}/\n\
         deciding by the edition {policy}\n\
         {}\n",
        newest_edition::line(&policy)
    );
    if let Some(demo) = demo {
        lines.push_str(&demo.instructions(address, &policy));
    }
    write_out(&lines)?;
    tracing::info!(target: log_target::SERVER, edition = %policy, "listening on {address}");
    let services = Services {
        store: store.clone(),
        tarballs,
        policy,
        proxies: TrustedProxies::new(config.trusted_proxies),
        public_url: config.public_url,
        address,
    };
    connections::accept(&listener, &router::router(Arc::new(services))).await?;
    store.close().await;
    tracing::info!(target: log_target::SERVER, "stopped");
    Ok(())
}

fn write_out(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(other)
}

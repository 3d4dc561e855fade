//! From the start to the end of the server: data, listener, connections, and a shutdown that finishes what has begun.

use std::{io::Write, net::SocketAddr, os::unix::fs::DirBuilderExt, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tower::ServiceExt;

use crate::{
    clock,
    config::Config,
    demo,
    failure::{Failure, other},
    http::{self, App, Peer},
    patience::Patient,
    store::Store,
    tarballs::Tarballs,
};

/// How long the headers of a request may take, the wait for the next one on the same connection included.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a client may take none of its answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Connections at one time; more of them wait to be accepted.
const MAX_CONNECTIONS: usize = 1024;
/// How long requests that have begun may go on when the server is told to stop.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(20);

/// Opens the database that the configuration names.
pub(crate) async fn open_store(config: &Config) -> Result<Store, Failure> {
    // The secrets of second factors are in there: it is nobody else's to read.
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&config.data).map_err(other)?;
    Store::open(&config.database_url()).await
}

/// Serves until the process is told to stop.
pub(crate) async fn serve(config: Config) -> Result<(), Failure> {
    let store = open_store(&config).await?;
    let tarballs = Tarballs::open(&config.data.join("tarballs"))?;
    let listener = TcpListener::bind(config.listen).await.map_err(other)?;
    let address = listener.local_addr().map_err(other)?;
    let demo = demo::make_user(&store, clock::now()?).await?;
    // The one line that tests and scripts wait for comes first.
    let mut lines = format!("listening on http://{address}/\n");
    if let Some(demo) = demo {
        lines.push_str(&demo.instructions(address));
    }
    write_out(&lines)?;
    let router = http::router(App::new(store.clone(), tarballs, &config, address));
    accept(&listener, &router).await?;
    store.close().await;
    tracing::info!("stopped");
    Ok(())
}

fn write_out(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(other)
}

async fn accept(listener: &TcpListener, router: &Router) -> Result<(), Failure> {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut stop = std::pin::pin!(stop_signal()?);
    loop {
        let place = tokio::select! {
            place = places.clone().acquire_owned() => place.map_err(other)?,
            () = &mut stop => break,
        };
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, mostly: some come back when connections end.
                    tracing::warn!("cannot accept: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let (router, watcher) = (router.clone(), graceful.watcher());
        tokio::spawn(async move {
            serve_connection(stream, peer, router, watcher).await;
            drop(place);
        });
    }
    tracing::info!("stopping: requests that have begun are finished");
    if tokio::time::timeout(SHUTDOWN_TIMEOUT, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests took too long and were cut off");
    }
    Ok(())
}

async fn serve_connection(stream: TcpStream, peer: SocketAddr, router: Router, watcher: Watcher) {
    // Answers are small and written at once: waiting for more to send only makes them late.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(Patient::new(stream, WRITE_TIMEOUT)), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!("connection: {error}");
    }
}

/// Completes when the process gets SIGINT or SIGTERM.
fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt()).map_err(other)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(other)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => (),
            _ = terminate.recv() => (),
        }
    })
}

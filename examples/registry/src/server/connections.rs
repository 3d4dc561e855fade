//! Accepts connections, limits them, and shuts them down.

use std::{net::SocketAddr, sync::Arc, time::Duration};

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
    base::{
        failure::{Failure, other},
        log_target,
    },
    exchange::peer::Peer,
    server::write_timeout::WriteTimeout,
};

/// How long the headers of a request may take, including the wait for the next request on the same connection.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// The time in which a client must accept at least [`SLOWEST`] bytes of a response.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
const SLOWEST: usize = 64 * 1024;
/// The maximum number of connections at one time. Further connections wait to be accepted.
const MAX_CONNECTIONS: usize = 1024;
/// How long requests that have begun may go on after the server is told to stop.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(20);

/// Accepts connections until the process gets SIGINT or SIGTERM, and then finishes the requests that have begun.
pub(crate) async fn accept(listener: &TcpListener, router: &Router) -> Result<(), Failure> {
    let graceful = GracefulShutdown::new();
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut stop = std::pin::pin!(stop_signal()?);
    loop {
        let permit = tokio::select! {
            permit = permits.clone().acquire_owned() => permit.map_err(other)?,
            () = &mut stop => break,
        };
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // The usual cause is too many open files. Waiting helps, because files are closed when connections
                    // end.
                    tracing::warn!(target: log_target::SERVER, "cannot accept: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let (router, watcher) = (router.clone(), graceful.watcher());
        tokio::spawn(async move {
            serve_connection(stream, peer, router, watcher).await;
            drop(permit);
        });
    }
    tracing::info!(target: log_target::SERVER, "stopping: requests that have begun are finished");
    if tokio::time::timeout(SHUTDOWN_TIMEOUT, graceful.shutdown()).await.is_err() {
        tracing::warn!(target: log_target::SERVER, "some requests took too long and were cut off");
    }
    Ok(())
}

async fn serve_connection(stream: TcpStream, peer: SocketAddr, router: Router, watcher: Watcher) {
    // Responses are written at once. Nagle's algorithm would only delay them.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(WriteTimeout::new(stream, WRITE_TIMEOUT, SLOWEST)), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(target: log_target::SERVER, "connection: {error}");
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

//! The routes: the pages of a login by browser, and npm's endpoints.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{StatusCode, header},
    response::Response,
    routing::get,
};
use tower_http::timeout::TimeoutLayer;

use crate::{
    base::log_target,
    endpoints::{login_page, table::BodyKind},
    exchange::{log_line::LogLine, peer::Peer, services::Services},
    reply::{
        compression::{self, Coding},
        refusal::NPM_NOTICE,
        response,
    },
    server::request,
};

/// How long a request may take, including a body that arrives slowly.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(330);

/// The router. The paths of a login by browser have handlers here, and `tollgate` classifies all other paths.
pub(crate) fn router(services: Arc<Services>) -> Router {
    let form_timeout = TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, BodyKind::Small.timeout());
    let form_limits = (DefaultBodyLimit::max(BodyKind::Small.max_bytes()), form_timeout);
    Router::new()
        .route("/-/v1/login/form/{login}", get(login_page::show).post(login_page::submit).layer(form_limits))
        // If a `HEAD` ran the handler of `GET`, it would consume the login and drop the token.
        .route("/-/v1/login/done/{done}", get(login_page::poll).head(async || StatusCode::METHOD_NOT_ALLOWED))
        .fallback(handle)
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_TIMEOUT))
        .with_state(services)
}

/// Answers a request for one of npm's endpoints, and writes its line of the log.
async fn handle(State(services): State<Arc<Services>>, request: Request) -> Response {
    let started = tokio::time::Instant::now();
    let mut log_line = LogLine::default();
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
    let coding = Coding::accepted(request.method(), request.headers());
    let answered = request::answer(&services, request, peer, &mut log_line).await;
    let mut response = answered.and_then(|response| compression::encoded(response, coding)).unwrap_or_else(|failure| {
        if failure.is_fault() {
            tracing::error!(target: log_target::HTTP, "{failure}");
        }
        response::from_failure(&failure)
    });
    // A response is valid only for this caller and this moment. A response with a notice gets `no-store`, because npm's
    // client does not show the notice of a response that it may store.
    let cache = if response.headers().contains_key(NPM_NOTICE) { "no-store" } else { "private, no-cache" };
    response::set_header(&mut response, header::CACHE_CONTROL, cache);
    log_line.write(response.status().as_u16(), started.elapsed().as_millis());
    response
}

//! The routes: the pages for browsers, and npm's endpoints.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::Response,
    routing::{any, get},
};
use tower_http::timeout::TimeoutLayer;

use crate::{
    base::{
        failure::{Failure, other},
        log_target,
    },
    endpoints::table::BodyKind,
    exchange::{context::RequestContext, log_line::LogLine, peer::Peer, services::Services},
    pipeline::request,
    reply::{
        compression::{self, Coding},
        equal_time,
        refusal::NPM_NOTICE,
        response,
    },
    web::{
        html::{self, ROOT},
        npm_login, routes,
    },
};

/// How long a request may take, including a body that arrives slowly.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(330);

/// The router. The pages have handlers here, and `tollgate` classifies all other paths.
pub(crate) fn router(services: Arc<Services>) -> Router {
    let form_timeout = TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, BodyKind::Small.timeout());
    let web = any(routes::answer).layer(form_timeout);
    Router::new()
        .route("/", get(front))
        .route("/-/web", web.clone())
        .route("/-/web/{*page}", web.clone())
        .route("/-/v1/login/form/{login}", web)
        // If a `HEAD` ran the handler of `GET`, it would consume the login and drop the token.
        .route("/-/v1/login/done/{done}", get(npm_login::poll).head(async || StatusCode::METHOD_NOT_ALLOWED))
        .fallback(handle)
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_TIMEOUT))
        .with_state(services)
}

/// Sends a browser to the pages. npm's clients do not accept HTML.
async fn front(state: State<Arc<Services>>, request: Request) -> Response {
    let accepted = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepted.contains("text/html") { html::redirect(ROOT) } else { handle(state, request).await }
}

/// Answers a request for one of npm's endpoints, and writes its line of the log.
async fn handle(State(services): State<Arc<Services>>, request: Request) -> Response {
    let started = tokio::time::Instant::now();
    let mut log_line = LogLine::default();
    let coding = Coding::accepted(request.method(), request.headers());
    let answered = answer(&services, request, &mut log_line).await;
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
    equal_time::wait(response.status(), started).await;
    response
}

async fn answer(services: &Services, request: Request, log_line: &mut LogLine) -> Result<Response, Failure> {
    let Some(Peer(peer)) = request.extensions().get() else { return Err(other("a request without a connection")) };
    let context = RequestContext::read(services, request.headers(), *peer)?;
    request::answer(services, context, request, log_line).await
}

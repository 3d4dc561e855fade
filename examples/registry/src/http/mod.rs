//! npm's requests over HTTP: from the socket to a transaction and back.

mod account;
mod answer;
mod asker;
mod body;
mod exchange;
mod form;
mod listings;
mod login;
mod organization;
mod package;
mod prepare;
mod put;
mod reply;
mod request;
mod respond;
mod tokens;
mod trail;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::{StatusCode, header, request::Parts},
    response::Response,
    routing::get,
};
use tollgate::{
    ClientIp,
    npm::{AccountRequest, Endpoint, OpenRequest, OrganizationRequest, PackageRequest, TeamRequest, TrustedProxies},
};
use tower_http::timeout::TimeoutLayer;

use self::{exchange::Exchange, prepare::Prepared, request::Asked, trail::Trail};
use crate::{
    clock,
    config::Config,
    failure::{Failure, other},
    random,
    store::{Store, Tx},
    tarballs::Tarballs,
};

/// How long a request may take in all, a body that arrives slowly included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(330);
/// How often a request is begun anew when another one has written what it read.
const MAX_ATTEMPTS: u32 = 10;

/// Who is at the other end of the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// What every request needs.
#[derive(Clone, Debug)]
pub(crate) struct App(Arc<Inner>);

/// The same, shared.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) tarballs: Tarballs,
    proxies: TrustedProxies,
    public_url: Option<String>,
    address: SocketAddr,
}

impl App {
    pub(crate) fn new(store: Store, tarballs: Tarballs, config: &Config, address: SocketAddr) -> Self {
        let proxies = TrustedProxies::new(config.trusted_proxies.iter().copied());
        Self(Arc::new(Inner { store, tarballs, proxies, public_url: config.public_url.clone(), address }))
    }
}

/// The routes: the pages of a login in the browser, and npm's endpoints, which `tollgate` tells apart.
pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/-/v1/login/form/{login}", get(form::show).post(form::submit).layer(form::bounds()))
        // A look at the headers alone would use the login up, and its token would be nobody's.
        .route("/-/v1/login/done/{done}", get(form::poll).head(async || StatusCode::METHOD_NOT_ALLOWED))
        .fallback(handle)
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_TIMEOUT))
        .with_state(app)
}

async fn handle(State(app): State<App>, request: Request) -> Response {
    let started = tokio::time::Instant::now();
    let mut trail = Trail::default();
    let mut response = match answer(&app.0, request, &mut trail).await {
        Ok(response) => response,
        Err(failure) => {
            if !matches!(failure, Failure::Refused { .. }) {
                tracing::error!("{failure}");
            }
            reply::failure(&failure)
        }
    };
    // Whatever it is, it is for whoever asked and for now. npm's client shows no notice of an answer that it may keep.
    let cache = if response.headers().contains_key("npm-notice") { "no-store" } else { "private, no-cache" };
    reply::set(&mut response, header::CACHE_CONTROL, cache);
    trail.write(response.status().as_u16(), started.elapsed().as_millis());
    response
}

async fn answer(app: &Inner, request: Request, trail: &mut Trail) -> Result<Response, Failure> {
    let (parts, http_body) = request.into_parts();
    let asked = asked(app, &parts)?;
    trail.client_ip(asked.client_ip);
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let endpoint = match Endpoint::classify(parts.method.as_str(), target) {
        Ok(endpoint) => endpoint,
        Err(error) => {
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
            return Err(Failure::refused(status, error));
        }
    };
    trail.endpoint(respond::name(&endpoint));
    let mut incoming = Incoming { endpoint, asked, bytes: Bytes::new(), prepared: Prepared::default(), parts };
    let mut _place = None;
    if let Some(limit) = body_limit(&incoming.endpoint) {
        // Whoever is refused by the path alone is not listened to any longer.
        let mut exchange = incoming.exchange(app, trail, app.store.snapshot().await?).await?;
        let refused = exchange.decide_path(&incoming.endpoint.required_access()).await?;
        drop(exchange);
        if let Some(refused) = refused {
            body::discard(&incoming.parts.headers, http_body, limit).await;
            return Ok(refused);
        }
        let headers = &incoming.parts.headers;
        if limit != body::MAX_AUDIT && headers.contains_key(header::CONTENT_ENCODING) {
            return Err(Failure::refused(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "a compressed body: expected a plain one",
            ));
        }
        _place = body::place(headers, limit).await?;
        incoming.bytes = body::read(headers, http_body, limit).await?;
        incoming.prepared = prepare::prepare(app, &incoming.asked, &incoming.endpoint, &incoming.bytes).await?;
    }
    incoming.in_transaction(app, trail).await
}

/// A request as it came in, whole.
struct Incoming {
    endpoint: Endpoint,
    asked: Asked,
    bytes: Bytes,
    prepared: Prepared,
    parts: Parts,
}

impl Incoming {
    async fn exchange<'r>(&'r self, app: &'r Inner, trail: &'r mut Trail, tx: Tx) -> Result<Exchange<'r>, Failure> {
        Exchange::begin(app, &self.asked, &self.bytes, &self.prepared, trail, tx).await
    }

    /// Runs the request in a transaction, from the facts on, until no other writer was in the way.
    async fn in_transaction(&mut self, app: &Inner, trail: &mut Trail) -> Result<Response, Failure> {
        let mut attempt = 0_u32;
        loop {
            attempt = attempt.saturating_add(1);
            match self.once(app, trail).await {
                Err(failure) if failure.is_transient() && attempt < MAX_ATTEMPTS => {
                    // Longer each time, and not in step with the other.
                    let millis = u64::from(attempt).saturating_mul(u64::from(random::byte()?).saturating_add(1));
                    tokio::time::sleep(Duration::from_millis(millis.min(500))).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn once(&mut self, app: &Inner, trail: &mut Trail) -> Result<Response, Failure> {
        let writes = respond::writes(&self.endpoint);
        let tx = if writes { app.store.writing().await? } else { app.store.snapshot().await? };
        // It is later now: a body may have taken minutes, and what has run out since is of no use any longer.
        self.asked.now = clock::now()?;
        let mut exchange = self.exchange(app, trail, tx).await?;
        let mut response = respond::respond(&mut exchange, &self.endpoint, &self.parts).await?;
        let Exchange { tx, notice, .. } = exchange;
        // Nothing is acknowledged that is not on disk. A refusal commits too: a wrong guess is counted.
        tx.commit().await?;
        if let Some(notice) = notice {
            reply::set(&mut response, answer::NPM_NOTICE, notice);
        }
        Ok(response)
    }
}

/// Reads what does not depend on the endpoint.
fn asked(app: &Inner, parts: &Parts) -> Result<Asked, Failure> {
    let peer = parts.extensions.get::<Peer>().ok_or_else(|| other("a request without a connection"))?;
    Ok(Asked {
        credentials: request::credentials(&parts.headers),
        one_time_password: request::one_time_password(&parts.headers),
        client_ip: client_ip(app, peer.0, parts),
        now: clock::now()?,
        base: request::base(&parts.headers, app.public_url.as_deref(), app.address),
    })
}

/// Where the client is: the peer, or what trusted proxies say. A header that is no text is a hop that is no address.
fn client_ip(app: &Inner, peer: SocketAddr, parts: &Parts) -> ClientIp {
    let forwarded: Vec<&str> =
        parts.headers.get_all("x-forwarded-for").iter().map(|value| value.to_str().unwrap_or_default()).collect();
    app.proxies.client_ip(peer.ip().into(), forwarded)
}

/// How large the body of a request may be; none where no body is read.
const fn body_limit(endpoint: &Endpoint) -> Option<usize> {
    use {OrganizationRequest as Org, PackageRequest as Package, TeamRequest as Team};
    let is_document =
        matches!(endpoint, Endpoint::Package { request: Package::Write | Package::WriteRevision { .. }, .. });
    let is_other = matches!(
        endpoint,
        Endpoint::Package { request: Package::WriteDistTag { .. } | Package::WriteAccess, .. }
            | Endpoint::Organization { request: Org::WriteMember | Org::DeleteMember | Org::CreateTeam, .. }
            | Endpoint::Team {
                request: Team::WritePackage | Team::DeletePackage | Team::WriteMember | Team::DeleteMember,
                ..
            }
            | Endpoint::Account(AccountRequest::WriteProfile | AccountRequest::CreateToken)
            | Endpoint::Open(OpenRequest::Login { .. } | OpenRequest::LoginRevision { .. } | OpenRequest::WebLogin)
    );
    if is_document {
        return Some(body::MAX_PUBLISH);
    }
    if is_other {
        return Some(body::MAX_OTHER);
    }
    if matches!(endpoint, Endpoint::Open(OpenRequest::ReadAdvisories | OpenRequest::ReadAudit)) {
        return Some(body::MAX_AUDIT);
    }
    None
}

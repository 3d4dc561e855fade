//! Answers a request: finds its endpoint, decides what its path requires, reads its body, and runs its transaction.

use std::{net::SocketAddr, time::Duration};

use axum::{
    body::Bytes,
    extract::Request,
    http::{StatusCode, header, request::Parts},
    response::Response,
};
use tollgate::npm::Endpoint;

use crate::{
    base::{
        clock,
        failure::{Failure, other},
        random,
    },
    endpoints::{
        dispatch,
        table::{self, BodyKind},
    },
    exchange::{
        context::RequestContext,
        decisions::{Exchange, Received},
        log_line::LogLine,
        prepared::Prepared,
        services::Services,
    },
    reply::{refusal::NPM_NOTICE, response},
    server::body,
};

/// The number of times that the transaction of a request is tried when other transactions interfere.
const MAX_ATTEMPTS: u32 = 10;
/// The longest pause before another attempt.
const MAX_PAUSE: Duration = Duration::from_millis(500);

/// Answers a request that comes from `peer`.
pub(crate) async fn answer(
    services: &Services,
    request: Request,
    peer: Option<SocketAddr>,
    log_line: &mut LogLine,
) -> Result<Response, Failure> {
    let (parts, http_body) = request.into_parts();
    let peer = peer.ok_or_else(|| other("a request without a connection"))?;
    let context = RequestContext::read(services, &parts.headers, peer)?;
    log_line.set_client_ip(context.client_ip);
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let endpoint = match Endpoint::classify(parts.method.as_str(), target) {
        Ok(endpoint) => endpoint,
        Err(error) => {
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
            return Err(Failure::refused(status, error));
        }
    };
    let entry = table::entry(&endpoint);
    log_line.set_endpoint(entry.log_name);
    let mut incoming = Incoming { services, endpoint, context, parts };
    let mut _permit = None;
    let mut bytes = Bytes::new();
    let mut prepared = Prepared::default();
    if entry.body != BodyKind::None {
        // If the path alone is enough to refuse the caller, the body is not processed.
        if let Some(refused) = incoming.decide_path(log_line).await? {
            body::discard(&incoming.parts.headers, http_body, entry.body).await;
            return Ok(refused);
        }
        let headers = &incoming.parts.headers;
        if entry.body != BodyKind::Audit && headers.contains_key(header::CONTENT_ENCODING) {
            return Err(Failure::refused(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "a compressed body: expected a plain one",
            ));
        }
        _permit = body::permit(headers, entry.body).await?;
        bytes = body::read(headers, http_body, entry.body).await?;
        prepared = dispatch::prepare(services, &incoming.context, &incoming.endpoint, &bytes).await?;
    }
    incoming.answer_in_transaction(&ReadBody { bytes: &bytes, prepared: &prepared }, log_line).await
}

/// A request without its body.
struct Incoming<'s> {
    services: &'s Services,
    endpoint: Endpoint,
    context: RequestContext,
    parts: Parts,
}

/// The body of a request, and what was prepared from it. Both are empty before the body is read.
struct ReadBody<'b> {
    bytes: &'b Bytes,
    prepared: &'b Prepared<'b>,
}

impl Incoming<'_> {
    fn received<'r>(&'r self, body: &ReadBody<'r>) -> Received<'r> {
        let Self { services, context, .. } = self;
        Received { services, context, body: body.bytes, prepared: body.prepared }
    }

    /// Decides what the path alone requires, in a transaction of its own.
    async fn decide_path(&self, log_line: &mut LogLine) -> Result<Option<Response>, Failure> {
        let tx = self.services.store.snapshot().await?;
        let nothing = ReadBody { bytes: &Bytes::new(), prepared: &Prepared::default() };
        let mut exchange = Exchange::begin(self.received(&nothing), log_line, tx).await?;
        exchange.decide_path(&self.endpoint.required_access()).await
    }

    /// Answers the request in a transaction. If other transactions interfere, this function begins a new transaction,
    /// which looks up all facts again.
    async fn answer_in_transaction(
        &mut self,
        body: &ReadBody<'_>,
        log_line: &mut LogLine,
    ) -> Result<Response, Failure> {
        let mut attempt = 0_u32;
        loop {
            attempt = attempt.saturating_add(1);
            match self.answer_once(body, log_line).await {
                Err(failure) if failure.is_transient() && attempt < MAX_ATTEMPTS => {
                    // The pauses get longer, and are random, so that two requests do not interfere again.
                    let millis = u64::from(attempt).saturating_mul(u64::from(random::byte()?).saturating_add(1));
                    tokio::time::sleep(Duration::from_millis(millis).min(MAX_PAUSE)).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn answer_once(&mut self, body: &ReadBody<'_>, log_line: &mut LogLine) -> Result<Response, Failure> {
        let store = &self.services.store;
        let tx = if self.endpoint.is_write() { store.writing().await? } else { store.snapshot().await? };
        // The body may have taken minutes to arrive. A token that expired in the meantime must count as expired.
        self.context.now = clock::now()?;
        let mut exchange = Exchange::begin(self.received(body), log_line, tx).await?;
        let mut response = dispatch::respond(&mut exchange, &self.endpoint, &self.parts).await?;
        let Exchange { tx, notice, .. } = exchange;
        // The response is sent after the commit, so everything that it acknowledges is on disk. The transaction of a
        // refusal is committed too, because it may have counted a wrong guess.
        tx.commit().await?;
        if let Some(notice) = notice {
            response::set_header(&mut response, NPM_NOTICE, notice);
        }
        Ok(response)
    }
}

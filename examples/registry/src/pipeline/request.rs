//! Answers a request: finds its endpoint, decides what its path requires, reads its body, and runs its transaction.

use std::borrow::Cow;

use axum::{
    body::Bytes,
    extract::Request,
    http::{Method, StatusCode, header, request::Parts},
    response::Response,
};
use tollgate::npm::{AccountRequest, Endpoint, EndpointError, OpenRequest, OrganizationRequest};

use crate::{
    base::{
        clock,
        failure::{Failure, other},
        retry::Attempts,
    },
    endpoints::{
        dispatch::{self, MemoryRead},
        put_package,
        required_access::required_access,
        service,
        table::{self, BodyKind},
    },
    exchange::{
        audits::Audit,
        code_check::{self, CodeCheck},
        comparison::{Comparison, ReceivedVersion},
        context::RequestContext,
        decisions::{Decided, Exchange, Received},
        log_line::LogLine,
        prepared::Prepared,
        services::Services,
    },
    pipeline::body,
    reply::{refusal::NPM_NOTICE, response},
    store::turns::Writer,
};

/// Answers a request. `context` has what its headers say about the caller.
pub(crate) async fn answer(
    services: &Services,
    context: RequestContext,
    request: Request,
    log_line: &mut LogLine,
) -> Result<Response, Failure> {
    let (parts, http_body) = request.into_parts();
    log_line.set_client_ip(context.client_ip);
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    // The answer to a `HEAD` is the one to a `GET`, of which the connection sends only the head.
    let method = if parts.method == Method::HEAD { Method::GET } else { parts.method.clone() };
    let endpoint = match Endpoint::classify(method.as_str(), target) {
        Ok(endpoint) => endpoint,
        Err(EndpointError::UnknownMethod) => return Ok(other_method(target)),
        // A file that no package has, as any other that is missing.
        Err(error @ EndpointError::Tarball) => return Err(Failure::not_found(error)),
        Err(error) => {
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
            return Err(Failure::refused(status, error));
        }
    };
    let entry = table::entry(&endpoint);
    log_line.set_endpoint(entry.log_name);
    if let Some(answer) = service::answer(&endpoint) {
        return answer;
    }
    let _listing =
        if lists_packages(&endpoint) { Some(services.listings.acquire().await.map_err(other)?) } else { None };
    let writer = Writer::of_address(context.client_ip);
    let mut incoming = Incoming { services, endpoint, context, parts, writer };
    let mut body_read = body::ReadBody::default();
    let mut prepared = Prepared::default();
    if entry.body != BodyKind::None || incoming.endpoint.is_write() {
        // If the path alone is enough to refuse the caller, the body is not processed, and no turn to write is taken.
        match incoming.decide_path(log_line).await? {
            PathDecision::Refused(refused) => {
                body::discard(&incoming.parts.headers, http_body, entry.body).await;
                return Ok(refused);
            }
            PathDecision::GoOn(writer) => incoming.writer = writer,
        }
    }
    let body_kind = match (entry.body, &services.audits) {
        (BodyKind::Audit, Some(_)) => BodyKind::PassedAudit,
        (kind, _) => kind,
    };
    if body_kind != BodyKind::None {
        let headers = &incoming.parts.headers;
        if !matches!(body_kind, BodyKind::Audit | BodyKind::PassedAudit)
            && headers.contains_key(header::CONTENT_ENCODING)
        {
            return Err(Failure::refused(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "a compressed body: expected a plain one",
            ));
        }
        let sender = body::Sender { budget: &services.budget, client: incoming.writer.place() };
        body_read = body::read(headers, http_body, body_kind, sender).await?;
        if let (BodyKind::PassedAudit, Some(audits)) = (body_kind, &services.audits) {
            let audit = Audit { path: &incoming.endpoint.to_path(), headers, body: &body_read.bytes };
            return audits.answer(audit, &services.budget, incoming.writer.place()).await;
        }
        prepared = dispatch::prepare(services, &incoming.context, &incoming.endpoint, &body_read.bytes).await?;
    }
    if is_urgent(&incoming.endpoint) {
        incoming.writer = incoming.writer.urgent();
    }
    incoming.answer_in_transaction(&ReadBody { bytes: &body_read.bytes, prepared: &prepared }, log_line).await
}

/// The response to a path with a method that it does not have: status 405, with the methods that it has.
fn other_method(target: &str) -> Response {
    let has = |method: &&str| Endpoint::classify(method, target).is_ok();
    let methods: Vec<&str> = ["GET", "HEAD", "PUT", "POST", "DELETE"].into_iter().filter(has).collect();
    let mut response = response::error(StatusCode::METHOD_NOT_ALLOWED, &EndpointError::UnknownMethod.to_string());
    response::set_header(&mut response, header::ALLOW, &methods.join(", "));
    response
}

/// Whether the request looks at every package.
const fn lists_packages(endpoint: &Endpoint) -> bool {
    matches!(
        endpoint,
        Endpoint::Open(OpenRequest::Search | OpenRequest::ReadStars { .. })
            | Endpoint::Account(AccountRequest::ReadPackages { .. })
            | Endpoint::Organization { request: OrganizationRequest::ReadPackages, .. }
    )
}

/// Whether the request takes access away, so that it does not wait in the queue of those who write.
const fn is_urgent(endpoint: &Endpoint) -> bool {
    matches!(endpoint, Endpoint::Account(AccountRequest::RevokeToken { .. } | AccountRequest::Logout { .. }))
}

/// A request without its body.
struct Incoming<'s> {
    services: &'s Services,
    endpoint: Endpoint,
    context: RequestContext,
    parts: Parts,
    /// Who takes a turn to write, if the request writes.
    writer: Writer,
}

/// The body of a request, and what was prepared from it. Both are empty before the body is read.
struct ReadBody<'b> {
    bytes: &'b Bytes,
    prepared: &'b Prepared<'b>,
}

/// What the path alone requires.
enum PathDecision {
    Refused(Response),
    /// The body may be read. If the request writes, this takes a turn.
    GoOn(Writer),
}

/// The result of an attempt to answer a request.
enum Attempt {
    Answered(Response),
    /// A decision depends on the code that the request shows.
    CodeNeeded,
}

impl Attempt {
    /// The result of an exchange that ended with this response.
    fn ended(exchange: &Exchange<'_>, response: Response) -> Self {
        if exchange.needs_code { Self::CodeNeeded } else { Self::Answered(response) }
    }
}

impl Incoming<'_> {
    fn received<'r>(&'r self, body: &ReadBody<'r>, code: CodeCheck) -> Received<'r> {
        let Self { services, context, .. } = self;
        let package = match &self.endpoint {
            Endpoint::Package { package, .. } => Some(package.as_borrowed()),
            Endpoint::Organization { .. }
            | Endpoint::Team { .. }
            | Endpoint::Account(_)
            | Endpoint::Open(_)
            | Endpoint::Stage(_)
            | _ => None,
        };
        Received { services, context, package, body: body.bytes, prepared: body.prepared, code, comparison: None }
    }

    /// Decides what the path alone requires, in a transaction of its own.
    async fn decide_path(&self, log_line: &mut LogLine) -> Result<PathDecision, Failure> {
        let tx = self.services.store.snapshot().await?;
        let nothing = ReadBody { bytes: &Bytes::new(), prepared: &Prepared::default() };
        let mut exchange = Exchange::begin(self.received(&nothing, CodeCheck::NotYet), log_line, tx).await?;
        Ok(match exchange.decide_path(&required_access(&self.endpoint)).await? {
            Some(refused) => PathDecision::Refused(refused),
            None => PathDecision::GoOn(exchange.writer()),
        })
    }

    /// Answers the request in a transaction. If other transactions interfere, this function begins a new transaction,
    /// which looks up all facts again.
    ///
    /// The code that the request shows is checked when a decision depends on it, between two attempts.
    async fn answer_in_transaction(
        &mut self,
        body: &ReadBody<'_>,
        log_line: &mut LogLine,
    ) -> Result<Response, Failure> {
        let (mut attempts, mut code, mut received) = (Attempts::default(), CodeCheck::NotYet, None);
        loop {
            // The body may have taken minutes to arrive. A token that expired in the meantime must count as expired.
            self.context.now = clock::now()?;
            match self.attempt(body, code, &mut received, log_line).await {
                Ok(Attempt::Answered(response)) => return Ok(response),
                Ok(Attempt::CodeNeeded) => code = code_check::check(self.services, &self.context, &self.writer).await?,
                Err(failure) => attempts.after(failure).await?,
            }
        }
    }

    /// Answers the request once. The document of a package is compared, decided and received in a snapshot first.
    async fn attempt(
        &self,
        body: &ReadBody<'_>,
        code: CodeCheck,
        received: &mut Option<ReceivedVersion>,
        log_line: &mut LogLine,
    ) -> Result<Attempt, Failure> {
        let Some((name, target)) = self.endpoint.put_target() else {
            return self.carry_out(self.received(body, code), log_line).await;
        };
        let _turn = self.services.store.document_turn(&self.writer, name.as_borrowed()).await?;
        let tx = self.services.store.snapshot().await?;
        let mut exchange = Exchange::begin(self.received(body, code), log_line, tx).await?;
        let stored = put_package::stored(&mut exchange, name).await?;
        let changes = put_package::compare(body.prepared.document.as_ref(), name, target, stored.as_ref())?;
        let mut published = None;
        if received.is_none() {
            match put_package::decide(&mut exchange, &changes).await? {
                Decided::Allowed(new) => published = new,
                Decided::Refused(response) => return Ok(Attempt::ended(&exchange, response)),
            }
        }
        drop(exchange);
        if let Some(new) = published {
            *received = Some(put_package::receive(self.services, new).await?);
        }
        let revision = stored.as_ref().map(|stored| stored.revision.as_str());
        let comparison = Comparison { changes: &changes, revision, received: received.as_ref() };
        let with_comparison = Received { comparison: Some(comparison), ..self.received(body, code) };
        self.carry_out(with_comparison, log_line).await
    }

    /// Answers the request, from memory if that is possible.
    async fn carry_out(&self, received: Received<'_>, log_line: &mut LogLine) -> Result<Attempt, Failure> {
        if let Some(read) = MemoryRead::from_endpoint(&self.endpoint) {
            match self.answer_from_memory(read, received, log_line).await {
                Ok(Some(response)) => return Ok(Attempt::Answered(response)),
                Ok(None) => {}
                Err(failure) => {
                    if failure.is_unreachable() {
                        self.services.store.renew_connections().await;
                    }
                    return Err(failure);
                }
            }
        }
        self.run_handler(received, log_line).await
    }

    /// Answers a read with one query, if its response is in memory or is a refusal.
    async fn answer_from_memory(
        &self,
        read: MemoryRead<'_>,
        received: Received<'_>,
        log_line: &mut LogLine,
    ) -> Result<Option<Response>, Failure> {
        let tx = self.services.store.one_query().await?;
        let mut exchange = Exchange::begin(received, log_line, tx).await?;
        let response = dispatch::respond_from_memory(&mut exchange, read, &self.endpoint, &self.parts).await?;
        let Exchange { tx, notice, needs_code, .. } = exchange;
        tx.commit().await?;
        Ok(response.filter(|_| !needs_code).map(|response| with_notice(response, notice)))
    }

    /// Runs the handler in its transaction, and commits it.
    async fn run_handler(&self, received: Received<'_>, log_line: &mut LogLine) -> Result<Attempt, Failure> {
        let (store, writer) = (&self.services.store, &self.writer);
        let tx = if self.endpoint.is_write() { store.writing(writer).await? } else { store.snapshot().await? };
        let mut exchange = Exchange::begin(received, log_line, tx).await?;
        let response = dispatch::respond(&mut exchange, &self.endpoint, &self.parts).await?;
        if exchange.needs_code {
            return Ok(Attempt::CodeNeeded);
        }
        let Exchange { tx, notice, .. } = exchange;
        // The response is sent after the commit, so everything that it acknowledges is on disk.
        tx.commit().await?;
        Ok(Attempt::Answered(with_notice(response, notice)))
    }
}

/// The response with a notice for the person, if there is one.
fn with_notice(mut response: Response, notice: Option<Cow<'static, str>>) -> Response {
    if let Some(notice) = notice {
        response::set_header(&mut response, NPM_NOTICE, &notice);
    }
    response
}

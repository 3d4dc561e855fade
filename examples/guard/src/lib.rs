//! Decides each request of npm's clients before a registry behind it sees it: an axum service with its rows in SQLite.

mod patterns;

use std::{
    error::Error,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use axum::{
    Router,
    body::{Body as HttpBody, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{Response, StatusCode, header::AUTHORIZATION},
    response::IntoResponse,
};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{from_slice, from_str};
use tollgate::{
    Package, PackageName, Policy, Secret, StoredToken, Timestamp, Token, User,
    decision::{Caller, FoundFacts},
    facts::{FoundOrganization, FoundPackage, StoredPackage, StoredUser},
    npm::{
        Answer, BeforeBody, Body, Credential, Decider, Endpoint, PackageRequest, PackumentChanges, StoredPackument,
        TrustedProxies, WithBody,
    },
};
use tower::ServiceExt;

/// The largest body in bytes: npm's client sends a tarball in base 64.
const MAX_BODY: usize = 64 * 1024 * 1024;

pub use patterns::Patterns;

type Failure = Box<dyn Error + Send + Sync>;

/// What the guard decides by.
#[derive(Debug)]
pub struct Guard {
    /// The tables `tokens`, `users` and `packages`, with their records in tollgate's stored forms.
    pub rows: Mutex<Connection>,
    /// The policy of every decision.
    pub policy: Policy,
    /// The proxies in front of the guard.
    pub proxies: TrustedProxies,
    /// Rights of the registry's own kind, in place of the grants on record.
    pub patterns: Option<Patterns>,
    /// The registry behind the guard.
    pub registry: Router,
}

/// Whether the request goes on to the registry, or is answered here.
enum Step {
    Forward(Request),
    Answer(Answer),
}

/// Answers each request: `Router::new().fallback(handle).with_state(guard)`.
pub async fn handle(
    State(guard): State<Arc<Guard>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response<HttpBody> {
    match guard.decide(peer, request).await {
        Ok(Step::Forward(request)) => guard.registry.clone().oneshot(request).await.into_response(),
        Ok(Step::Answer(answer)) => Response::<String>::from(&answer).map(HttpBody::from),
        // A fault of the server: a query that failed, or a row that does not load. A real server logs it.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl Guard {
    async fn decide(&self, peer: SocketAddr, mut request: Request) -> Result<Step, Failure> {
        // Who asks, from where, when, and for what.
        let now = Timestamp::try_from(SystemTime::now())?;
        let client_ip = self.proxies.client_ip_from_headers(peer, request.headers());
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
        let endpoint = match Endpoint::classify(request.method().as_str(), target) {
            Ok(endpoint) => endpoint,
            Err(error) => return Ok(Step::Answer(Answer::from(&error))),
        };
        let known = match Credential::from_header_map(request.headers()) {
            Credential::Malformed(error) => return Ok(Step::Answer(Answer::from(&error))),
            Credential::Absent => None,
            Credential::Token(text) => Some(self.token(text)?),
        };
        request.headers_mut().remove(AUTHORIZATION); // the registry behind the guard never sees a token
        let caller = match &known {
            None => Caller::NoToken,
            Some(None) => Caller::UnknownToken,
            Some(Some((token, owner))) => Caller::Token(self.policy.bind(token, owner)?),
        };
        // What the path requires.
        let required = endpoint.required_access();
        let mut facts = FoundFacts::new();
        for name in facts.packages_to_find(required.access_requests()) {
            let found = FoundPackage::from_lookup(name.as_borrowed(), self.package(&name))?;
            match (&self.patterns, &known) {
                (Some(patterns), Some(Some((_, owner)))) => patterns.add(&mut facts, found, owner),
                (_, _) => facts.add_package(found),
            }
        }
        for name in facts.organizations_to_find(required.access_requests()) {
            facts.add_organization(FoundOrganization::Missing(name)); // this registry has none
        }
        let decider = Decider { caller: &caller, facts: &facts, client_ip, now, factor: None };
        match decider.before_body(&required)? {
            BeforeBody::Refused(refused) => return Ok(Step::Answer(refused.answer().clone())),
            BeforeBody::Challenged(challenged) => return Ok(Step::Answer(challenged.answer().clone())),
            BeforeBody::Go(_) => return Ok(Step::Forward(request)),
            BeforeBody::BodyDecides => {}
        }
        // What the body asks for. Of the requests whose body decides, this registry offers those that put a document.
        let Some((package, to)) = endpoint.put_target() else { return Ok(Step::Answer(Answer::not_offered())) };
        let stored = match facts.package(package.as_borrowed()) {
            Some(FoundPackage::Existing(found)) => Some((self.document(package).await?, found.visibility())),
            Some(FoundPackage::Missing(_)) | None => None,
        };
        let (parts, body) = request.into_parts();
        let bytes = to_bytes(body, MAX_BODY).await?;
        let Ok(sent) = from_slice::<Body<'_>>(&bytes) else { return Ok(Step::Answer(Answer::malformed_body())) };
        let stored = stored.as_ref().map(|(document, seen)| StoredPackument { document, visibility: *seen });
        let changes = match PackumentChanges::read(package, to, &sent, stored) {
            Ok(changes) => changes,
            Err(error) => return Ok(Step::Answer(Answer::from(&error))),
        };
        Ok(match decider.decide_all(changes.access_requests())? {
            WithBody::Refused(refused) => Step::Answer(refused.answer().clone()),
            WithBody::Challenged(challenged) => Step::Answer(challenged.answer().clone()),
            WithBody::Go(allowed) => match changes.allowed_by(allowed.allows()) {
                Ok(_) => Step::Forward(Request::from_parts(parts, HttpBody::from(bytes.clone()))),
                Err(error) => Step::Answer(Answer::from(&error)),
            },
        })
    }

    /// The token of this text and its owner, or `None` for a text that is not on record.
    fn token(&self, text: &str) -> Result<Option<(Token, User)>, Failure> {
        let Ok(secret) = Secret::new(text) else { return Ok(None) };
        let digest = secret.digest().to_hex();
        let Some(token) = self.row("SELECT record FROM tokens WHERE digest = ?1", &digest)? else { return Ok(None) };
        // A token that does not load is unknown (D5).
        let Ok(token) = from_str::<StoredToken>(&token)?.load() else { return Ok(None) };
        let owner = self.row("SELECT record FROM users WHERE name = ?1", token.owner().as_str())?;
        let owner = from_str::<StoredUser>(&owner.ok_or("a token without an owner")?)?.load()?;
        Ok(Some((token, owner)))
    }

    fn package(&self, name: &PackageName) -> Result<Option<Package>, Failure> {
        let row = self.row("SELECT record FROM packages WHERE name = ?1", name.as_str())?;
        row.map(|row| Ok(from_str::<StoredPackage>(&row)?.load()?)).transpose()
    }

    fn row(&self, query: &str, key: &str) -> Result<Option<String>, Failure> {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(rows.query_row(query, params![key], |row| row.get(0)).optional()?)
    }

    /// The present document of a package, from the registry behind the guard.
    async fn document(&self, package: &PackageName) -> Result<Body<'static>, Failure> {
        let read = Endpoint::Package { package: package.clone(), request: PackageRequest::Read };
        let request = Request::get(read.to_path()).body(HttpBody::empty())?;
        let response = self.registry.clone().oneshot(request).await?;
        let bytes = to_bytes(response.into_body(), MAX_BODY).await?;
        Ok(from_slice::<Body<'_>>(&bytes)?.into_owned())
    }
}

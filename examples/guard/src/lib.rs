//! Decides each request of npm's clients before a registry behind it sees it: an axum service with its rows in SQLite.

mod patterns;

use std::{
    fmt::Display,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use axum::{
    Router,
    body::{Body as HttpBody, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, Response, request::Parts},
};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Deserialize;
use serde_json::{from_slice, from_str, json, to_vec};
use tollgate::{
    Package, PackageName, Policy, Secret, StoredToken, Timestamp, Token, User,
    decision::{Caller, FoundFacts},
    facts::{FoundPackage, StoredPackage, StoredUser},
    npm::{
        Answer, BeforeBody, Body, Credential, Decider, Endpoint, PackageRequest, PackumentChanges, PutTarget,
        StoredPackument, TrustedProxies, WithBody,
    },
};
use tower::ServiceExt;

/// The largest body in bytes: npm's client sends a tarball in base 64.
const MAX_BODY: usize = 64 * 1024 * 1024;

pub use patterns::Patterns;

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

/// Answers each request: `Router::new().fallback(handle).with_state(guard)`.
pub async fn handle(
    State(guard): State<Arc<Guard>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response<HttpBody> {
    let answered = guard.answer(peer, request).await;
    answered.unwrap_or_else(|answer| Response::<String>::from(&answer).map(HttpBody::from))
}

/// A fault of the server: a query that failed, or a row that does not load. A real server logs it.
fn fault(_: impl Display) -> Answer {
    Answer::server_error()
}

/// What the registry behind the guard gets: a body, and a notice for the client that its token was ignored.
type Allowed = (Vec<u8>, Option<&'static str>);

fn path_and_query(head: &Parts) -> &str {
    head.uri.path_and_query().map_or("/", |target| target.as_str())
}

impl Guard {
    async fn answer(&self, peer: SocketAddr, request: Request) -> Result<Response<HttpBody>, Answer> {
        let (head, body) = request.into_parts();
        let (body, notice) = if let Some(allowed) = self.decide(peer, &head, None)? {
            allowed
        } else {
            let body = to_bytes(body, MAX_BODY).await.map_err(|_| Answer::body_too_large())?;
            // Everything is decided again, since a body may take its time.
            self.decide(peer, &head, Some(&body))?.ok_or_else(|| fault("the body does not decide"))?
        };
        let request = Request::builder().method(&head.method).uri(path_and_query(&head));
        let request = request.header("content-type", "application/json").body(HttpBody::from(body)).map_err(fault)?;
        let mut response = self.registry.clone().oneshot(request).await.map_err(fault)?;
        if let Some(notice) = notice {
            response.headers_mut().insert("npm-notice", HeaderValue::from_static(notice));
        }
        Ok(response)
    }

    /// Returns what to forward, an answer in its place, or `None` if the body is needed.
    fn decide(&self, peer: SocketAddr, head: &Parts, body: Option<&[u8]>) -> Result<Option<Allowed>, Answer> {
        // Who asks, from where, when, and for what.
        let now = Timestamp::try_from(SystemTime::now()).map_err(fault)?;
        let client_ip = self.proxies.client_ip_from_headers(peer.ip(), &head.headers);
        let endpoint = Endpoint::classify(head.method.as_str(), path_and_query(head))?;
        let Endpoint::Package { package, request } = &endpoint else {
            return Err(Answer::not_offered());
        };
        let known = match Credential::from_header_map(&head.headers) {
            Credential::Malformed(error) => return Err(error.into()),
            Credential::Absent => None,
            Credential::Token(text) => Some(self.token(text)?),
        };
        let caller = match &known {
            None => Caller::NoToken,
            Some(None) => Caller::UnknownToken,
            Some(Some((token, owner))) => Caller::Token(self.policy.bind(token, owner).map_err(fault)?),
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
        let decider = Decider { caller: &caller, facts: &facts, client_ip, now, factor: None };
        match decider.before_body(&required)? {
            BeforeBody::Refused(refused) => return Err(refused.into()),
            BeforeBody::Challenged(challenged) => return Err(challenged.into()),
            BeforeBody::Go(allowed) if head.method.is_safe() => return Ok(Some((Vec::new(), allowed.notice()))),
            BeforeBody::BodyDecides if *request == PackageRequest::Write => {}
            BeforeBody::Go(_) | BeforeBody::BodyDecides => return Err(Answer::not_offered()),
        }
        // Of what a body may ask for, this registry offers a new version of a package.
        let Some(FoundPackage::Existing(found)) = facts.package(package.as_borrowed()) else {
            return Err(Answer::not_offered());
        };
        let Some(body) = body else { return Ok(None) };
        let sent = from_slice::<Body<'_>>(body).map_err(|_| Answer::malformed_body())?;
        // The registry refuses a version that it has. Nothing else of its document is compared, since nothing else is sent.
        let document = Body::deserialize(json!({"name": package})).map_err(fault)?;
        let stored = StoredPackument { document: &document, visibility: found.visibility() };
        let changes = PackumentChanges::read(package, PutTarget::Package, &sent, Some(stored))?;
        if changes.access_requests().iter().any(|asked| asked.action() != "publish") {
            return Err(Answer::not_offered());
        }
        let allowed = match decider.decide_all(changes.access_requests())? {
            WithBody::Refused(refused) => return Err(refused.into()),
            WithBody::Challenged(challenged) => return Err(challenged.into()),
            WithBody::Go(allowed) => changes.allowed_by(allowed.allows())?,
        };
        let document = allowed.publication().ok_or_else(Answer::not_offered)?.document(package);
        Ok(Some((to_vec(&document).map_err(fault)?, None)))
    }

    /// The token of this text and its owner, or `None` for a text that is not on record.
    fn token(&self, text: &str) -> Result<Option<(Token, User)>, Answer> {
        let Ok(secret) = Secret::new(text) else { return Ok(None) };
        let row = self.row("SELECT record FROM tokens WHERE digest = ?1", &secret.digest().to_hex())?;
        // A token that does not load is an unknown token (L8). A real server logs the error.
        let token = row.and_then(|row| from_str::<StoredToken>(&row).ok()?.load().ok());
        let Some(token) = token else { return Ok(None) };
        let owner = self.row("SELECT record FROM users WHERE name = ?1", token.owner().as_str())?;
        let owner = owner.ok_or_else(|| fault("a token without an owner"))?;
        let owner = from_str::<StoredUser>(&owner).map_err(fault)?.load().map_err(fault)?;
        Ok(Some((token, owner)))
    }

    fn package(&self, name: &PackageName) -> Result<Option<Package>, Answer> {
        let row = self.row("SELECT record FROM packages WHERE name = ?1", name.as_str())?;
        row.map(|row| from_str::<StoredPackage>(&row).map_err(fault)?.load().map_err(fault)).transpose()
    }

    fn row(&self, query: &str, key: &str) -> Result<Option<String>, Answer> {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.query_row(query, params![key], |row| row.get(0)).optional().map_err(fault)
    }
}

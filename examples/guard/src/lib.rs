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
    body::{Body as HttpBody, Bytes, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{Response, StatusCode, request::Parts},
};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{from_slice, from_str};
use tollgate::{
    Package, PackageName, Policy, Secret, StoredToken, Timestamp, Token, User,
    decision::{AccessRequest, Caller, FoundFacts},
    facts::{FoundPackage, StoredPackage, StoredUser},
    npm::{
        Answer, BeforeBody, Body, Credential, Decider, Endpoint, PackageRequest, PackumentChanges, StoredPackument,
        TrustedProxies, WithBody,
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

/// The actions that this registry offers. The others would change what the guard has on record.
fn check_offered(asked: &[AccessRequest]) -> Result<(), Answer> {
    let is_offered = |asked: &AccessRequest| {
        matches!(asked.action(), "read-package" | "list-collaborators" | "publish" | "deprecate" | "set-dist-tag")
    };
    if asked.iter().all(is_offered) { Ok(()) } else { Err(Answer::not_offered()) }
}

impl Guard {
    async fn answer(&self, peer: SocketAddr, request: Request) -> Result<Response<HttpBody>, Answer> {
        let (head, body) = request.into_parts();
        self.decide(peer, &head, None).await?;
        let body = to_bytes(body, MAX_BODY).await.map_err(|_| Answer::body_too_large())?;
        // Everything is decided again, since a body may take its time.
        self.decide(peer, &head, Some(&body)).await?;
        // The registry gets nothing of the client's headers: neither the token nor a charset to read the body by.
        let request = Request::builder().method(head.method).uri(head.uri).header("content-type", "application/json");
        let request = request.body(HttpBody::from(body)).map_err(fault)?;
        self.registry.clone().oneshot(request).await.map_err(fault)
    }

    /// Returns an answer to a request that is not allowed. Without a body, decides what the method and the path require.
    async fn decide(&self, peer: SocketAddr, head: &Parts, body: Option<&Bytes>) -> Result<(), Answer> {
        // Who asks, from where, when, and for what.
        let now = Timestamp::try_from(SystemTime::now()).map_err(fault)?;
        let client_ip = self.proxies.client_ip_from_headers(peer.ip(), &head.headers);
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
        let endpoint @ Endpoint::Package { .. } = Endpoint::classify(head.method.as_str(), target)? else {
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
            BeforeBody::Go(_) => return check_offered(required.access_requests()),
            BeforeBody::BodyDecides => {}
        }
        // What the body asks for.
        let (package, to) = endpoint.put_target().ok_or_else(Answer::not_offered)?;
        let Some(FoundPackage::Existing(found)) = facts.package(package.as_borrowed()) else {
            return Err(Answer::not_offered());
        };
        let Some(body) = body else { return Ok(()) };
        let sent = from_slice::<Body<'_>>(body).map_err(|_| Answer::malformed_body())?;
        let document = self.document(package).await?;
        let stored = StoredPackument { document: &document, visibility: found.visibility() };
        let changes = PackumentChanges::read(package, to, &sent, Some(stored))?;
        match decider.decide_all(changes.access_requests())? {
            WithBody::Refused(refused) => return Err(refused.into()),
            WithBody::Challenged(challenged) => return Err(challenged.into()),
            WithBody::Go(allowed) => changes.allowed_by(allowed.allows())?,
        };
        check_offered(changes.access_requests())
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

    /// The present document of a package, from the registry behind the guard.
    async fn document(&self, package: &PackageName) -> Result<Body<'static>, Answer> {
        let read = Endpoint::Package { package: package.clone(), request: PackageRequest::Read };
        let request = Request::get(read.to_path()).body(HttpBody::empty()).map_err(fault)?;
        let response = self.registry.clone().oneshot(request).await.map_err(fault)?;
        if response.status() != StatusCode::OK {
            return Err(fault("the registry does not return the document"));
        }
        let bytes = to_bytes(response.into_body(), MAX_BODY).await.map_err(fault)?;
        Ok(from_slice::<Body<'_>>(&bytes).map_err(fault)?.into_owned())
    }
}

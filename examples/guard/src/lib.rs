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
    body::{Body as HttpBody, Bytes, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{Response, StatusCode, request::Parts},
    response::IntoResponse,
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

/// What happens to a request.
enum Step {
    /// It goes to the registry, with this body.
    Forward(Bytes),
    Answer(Answer),
    /// Its body decides. Then everything is decided again, since a body may take its time.
    ReadBody,
}

/// Answers each request: `Router::new().fallback(handle).with_state(guard)`.
pub async fn handle(
    State(guard): State<Arc<Guard>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response<HttpBody> {
    // A fault of the server: a query that failed, or a row that does not load. A real server logs it.
    guard.answer(peer, request).await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// The actions that this registry offers. The others would change what the guard has on record.
fn is_offered(asked: &AccessRequest) -> bool {
    matches!(asked.action(), "read-package" | "list-collaborators" | "publish" | "deprecate" | "set-dist-tag")
}

impl Guard {
    async fn answer(&self, peer: SocketAddr, request: Request) -> Result<Response<HttpBody>, Failure> {
        let (head, body) = request.into_parts();
        let mut step = self.decide(peer, &head, None).await?;
        if let Step::ReadBody = step {
            let Ok(body) = to_bytes(body, MAX_BODY).await else {
                return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response());
            };
            step = self.decide(peer, &head, Some(body)).await?;
        }
        match step {
            Step::Forward(body) => {
                // The registry gets nothing of the client's headers: neither the token nor a charset to read the body by.
                let request = Request::builder().method(head.method).uri(head.uri);
                let request = request.header("content-type", "application/json").body(HttpBody::from(body))?;
                Ok(self.registry.clone().oneshot(request).await?)
            }
            Step::Answer(answer) => Ok(Response::<String>::from(&answer).map(HttpBody::from)),
            Step::ReadBody => Err("the body was read, and does not decide".into()),
        }
    }

    async fn decide(&self, peer: SocketAddr, head: &Parts, body: Option<Bytes>) -> Result<Step, Failure> {
        // Who asks, from where, when, and for what.
        let now = Timestamp::try_from(SystemTime::now())?;
        let client_ip = self.proxies.client_ip_from_headers(peer, &head.headers);
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
        let endpoint = match Endpoint::classify(head.method.as_str(), target) {
            Ok(endpoint @ Endpoint::Package { .. }) => endpoint,
            Ok(_) => return Ok(Step::Answer(Answer::not_offered())),
            Err(error) => return Ok(Step::Answer(Answer::from(&error))),
        };
        let known = match Credential::from_header_map(&head.headers) {
            Credential::Malformed(error) => return Ok(Step::Answer(Answer::from(&error))),
            Credential::Absent => None,
            Credential::Token(text) => Some(self.token(text)?),
        };
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
        let decider = Decider { caller: &caller, facts: &facts, client_ip, now, factor: None };
        match decider.before_body(&required)? {
            BeforeBody::Refused(refused) => return Ok(Step::Answer(refused.answer().clone())),
            BeforeBody::Challenged(challenged) => return Ok(Step::Answer(challenged.answer().clone())),
            BeforeBody::Go(_) if required.access_requests().iter().all(is_offered) => {
                return Ok(body.map_or(Step::ReadBody, Step::Forward));
            }
            BeforeBody::Go(_) => return Ok(Step::Answer(Answer::not_offered())),
            BeforeBody::BodyDecides => {}
        }
        // What the body asks for.
        let (Some((package, to)), Some(FoundPackage::Existing(found))) = (
            endpoint.put_target(),
            required.access_requests().first().and_then(|asked| facts.package(asked.package()?)),
        ) else {
            return Ok(Step::Answer(Answer::not_offered()));
        };
        let Some(bytes) = body else { return Ok(Step::ReadBody) };
        let Ok(sent) = from_slice::<Body<'_>>(&bytes) else { return Ok(Step::Answer(Answer::malformed_body())) };
        let document = self.document(package).await?;
        let stored = StoredPackument { document: &document, visibility: found.visibility() };
        let changes = match PackumentChanges::read(package, to, &sent, Some(stored)) {
            Ok(changes) => changes,
            Err(error) => return Ok(Step::Answer(Answer::from(&error))),
        };
        Ok(match decider.decide_all(changes.access_requests())? {
            WithBody::Refused(refused) => Step::Answer(refused.answer().clone()),
            WithBody::Challenged(challenged) => Step::Answer(challenged.answer().clone()),
            WithBody::Go(allowed) => match changes.allowed_by(allowed.allows()) {
                Ok(_) if changes.access_requests().iter().all(is_offered) => Step::Forward(bytes.clone()),
                Ok(_) => Step::Answer(Answer::not_offered()),
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
        let Some(token) = from_str::<StoredToken>(&token).ok().and_then(|token| token.load().ok()) else {
            return Ok(None);
        };
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
        if response.status() != StatusCode::OK {
            return Err("the registry does not return the document".into());
        }
        let bytes = to_bytes(response.into_body(), MAX_BODY).await?;
        Ok(from_slice::<Body<'_>>(&bytes)?.into_owned())
    }
}

//! The service for audits, to which the server passes the lists of dependencies that clients send.
//!
//! The service gets the list and its media type, and nothing about the client: no credentials and no address.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, Request, Uri, header},
    response::Response,
};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::{sync::Semaphore, time::timeout};

use crate::{
    base::{
        failure::{Failure, other},
        log_target,
    },
    exchange::budget::{Budget, Reserved},
    reply::response,
};

/// How long the service may take to answer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The maximum number of bytes of an answer.
const MAX_ANSWER: usize = 8 * 1024 * 1024;
/// How many audits the service answers at one time. The others wait.
const AT_ONCE: usize = 8;

/// **The service for audits** of a registry that has one.
#[derive(Debug)]
pub(crate) struct Audits {
    /// The URL before the path of an audit, without a slash at its end.
    url: String,
    client: Client<HttpConnector, Full<Bytes>>,
    permits: Semaphore,
}

/// An audit that a client asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Audit<'a> {
    pub(crate) path: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Bytes,
}

impl Audits {
    /// The service at this URL.
    ///
    /// # Errors
    /// The URL does not begin with `http://` and a host.
    pub(crate) fn new(url: &str) -> Result<Self, Failure> {
        let parsed: Result<Uri, _> = url.parse();
        let is_http = parsed.is_ok_and(|uri| uri.scheme_str() == Some("http") && uri.authority().is_some());
        if !is_http {
            return Err(other(format!(
                "the service for audits has the URL `{url}`: expected one that begins with `http://` and a host"
            )));
        }
        let client = Client::builder(TokioExecutor::new()).build_http();
        Ok(Self { url: url.trim_end_matches('/').to_owned(), client, permits: Semaphore::new(AT_ONCE) })
    }

    /// Passes an audit to the service, and its answer to the client.
    ///
    /// # Errors
    /// Status 502 if the service does not answer, and 503 if the memory for the answer is not free.
    pub(crate) async fn answer(&self, audit: Audit<'_>, budget: &Budget, client: &str) -> Result<Response, Failure> {
        let reserved = budget.reserve(client, MAX_ANSWER).await?;
        let answered = timeout(TIMEOUT, self.ask(audit)).await.unwrap_or_else(|_| Err(other("no answer in time")));
        let (mut response, body) = answered.map_err(|failure| {
            tracing::error!(target: log_target::HTTP, "the service for audits: {failure}");
            Failure::bad_gateway("the service for audits did not answer: try again later")
        })?;
        *response.body_mut() = Body::from(Bytes::from_owner(Answer { body, _reserved: reserved }));
        Ok(response)
    }

    async fn ask(&self, audit: Audit<'_>) -> Result<(Response, Bytes), Failure> {
        let _permit = self.permits.acquire().await.map_err(other)?;
        let mut request = Request::post(format!("{}{}", self.url, audit.path));
        for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING] {
            if let Some(value) = audit.headers.get(&name) {
                request = request.header(name, value);
            }
        }
        let request = request.header(header::ACCEPT, "application/json").body(Full::new(audit.body.clone()));
        let answer = self.client.request(request.map_err(other)?).await.map_err(other)?;
        if answer.status().is_server_error() || answer.status().is_redirection() {
            return Err(other(answer.status()));
        }
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await.map_err(other)?.to_bytes();
        let mut response = Response::new(Body::empty());
        *response.status_mut() = parts.status;
        response::set_header(&mut response, header::CONTENT_TYPE, "application/json");
        Ok((response, body))
    }
}

/// The body of an answer, with its part of the memory budget.
struct Answer {
    body: Bytes,
    _reserved: Reserved,
}

impl AsRef<[u8]> for Answer {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

#[cfg(test)]
mod tests {
    use super::Audits;

    #[tokio::test]
    async fn the_url_of_the_service_is_one_with_http() {
        for url in ["http://127.0.0.1:1", "http://audits.example.test/npm/"] {
            assert!(!Audits::new(url).unwrap().url.ends_with('/'), "{url}");
        }
        for url in ["https://audits.example.test", "audits.example.test", "/npm", "", "http://"] {
            assert!(Audits::new(url).is_err(), "{url}");
        }
    }
}

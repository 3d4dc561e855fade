//! The requests that a page sends on behalf of its browser. They take the same steps as the requests of npm's client, so
//! a page can do nothing that npm's client could not.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{Method, header},
};
use serde_json::Value;

use crate::{
    base::failure::{Failure, other},
    exchange::{
        context::{Credentials, RequestContext},
        log_line::LogLine,
    },
    pipeline::request,
    reply::response,
    web::{
        refusal::{MAX_RESPONSE, Refusal},
        visitor::Visitor,
    },
};

/// **A request in npm's form.**
#[derive(Clone, Debug)]
pub(crate) struct InternalRequest<'r> {
    pub(crate) method: Method,
    pub(crate) path: &'r str,
    pub(crate) body: Option<Value>,
    /// The one-time password that the person has filled in.
    pub(crate) one_time_password: &'r str,
}

impl<'r> InternalRequest<'r> {
    /// A `GET` without a body and without a one-time password.
    pub(crate) const fn get(path: &'r str) -> Self {
        Self { method: Method::GET, path, body: None, one_time_password: "" }
    }

    /// Sends the request as the visitor. Returns the JSON of the response, or the refusal.
    pub(crate) async fn send(self, visitor: &Visitor<'_>) -> Result<Result<Value, Refusal>, Failure> {
        let answered = self.text(visitor).await?;
        Ok(answered.map(|text| serde_json::from_slice(&text).unwrap_or(Value::Null)))
    }

    /// Sends the request as the visitor. Returns the text of the response, with its part of the memory budget, or the
    /// refusal.
    pub(crate) async fn text(self, visitor: &Visitor<'_>) -> Result<Result<Bytes, Refusal>, Failure> {
        let code = self.one_time_password.trim();
        let context = RequestContext {
            credentials: visitor.session().map_or(Credentials::None, |session| Credentials::Bearer(session.to_owned())),
            one_time_password: Some(code.to_owned()).filter(|code| !code.is_empty()),
            client_ip: visitor.context.client_ip,
            now: visitor.context.now,
            base_url: visitor.context.base_url.clone(),
        };
        let body = self.body.map(|body| body.to_string()).unwrap_or_default();
        let request = Request::builder()
            .method(self.method)
            .uri(self.path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CONTENT_LENGTH, body.len())
            .body(Body::from(body))
            .map_err(other)?;
        let mut log_line = LogLine::default();
        let answered = request::answer(visitor.services, context, request, &mut log_line).await;
        let response = match answered {
            Ok(response) => response,
            Err(failure @ Failure::Refused { .. }) => response::from_failure(&failure),
            Err(failure) => return Err(failure),
        };
        log_line.write(response.status().as_u16(), 0);
        if response.status().is_success() {
            return Ok(Ok(to_bytes(response.into_body(), MAX_RESPONSE).await.map_err(other)?));
        }
        Ok(Err(Refusal::read(response).await?))
    }
}

//! The routes of the pages.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{Method, StatusCode, header},
    response::Response,
};
use futures_util::FutureExt;
use http_body_util::BodyExt;
use maud::html;

use crate::{
    base::{
        failure::{Failure, other},
        log_target,
    },
    exchange::{budget::Reserved, log_line::LogLine, services::Services},
    reply::{equal_time, response},
    store::{logins::Purpose, turns::Writer},
    web::{
        entry,
        html::{Page, ROOT, page, redirect},
        membership::{self, Step},
        new_token, npm_login, organizations, package,
        problem::Problem,
        security, tokens,
        visitor::Visitor,
    },
};

/// How long a browser may keep the style and the script.
const ASSET_LIFETIME: &str = "public, max-age=300";

/// Answers a request for a page, and writes its line of the log.
pub(crate) async fn answer(State(services): State<Arc<Services>>, request: Request) -> Response {
    let started = tokio::time::Instant::now();
    let (parts, body) = request.into_parts();
    let mut visitor = match Visitor::read(&services, &parts) {
        Ok(visitor) => visitor,
        Err(failure) => return response::from_failure(&failure),
    };
    let mut log_line = LogLine::default();
    log_line.set_client_ip(visitor.context.client_ip);
    let path = parts.uri.path().to_owned();
    let answered = route(&mut visitor, &mut log_line, (&parts.method, &path), body).await;
    let response = answered.unwrap_or_else(|problem| problem_page(&visitor, problem));
    let response = within_budget(&visitor, response).unwrap_or_else(|failure| response::from_failure(&failure));
    log_line.write(response.status().as_u16(), started.elapsed().as_millis());
    equal_time::wait(response.status(), started).await;
    response
}

/// Reserves memory for a page, which lasts as long as the browser reads it: an account may have many tokens, and a browser
/// may be slow.
fn within_budget(visitor: &Visitor<'_>, response: Response) -> Result<Response, Failure> {
    /// Smaller pages need no reservation, as other small responses do not.
    const SMALL: usize = 64 * 1024;
    let (head, body) = response.into_parts();
    // The body is in memory as a whole, so there is nothing to wait for.
    let text = body.collect().now_or_never().ok_or_else(|| other("a page that is not complete"))?;
    let text = text.map_err(other)?.to_bytes();
    let writer = Writer::of_address(visitor.context.client_ip);
    let body = if text.len() > SMALL {
        // The page is in memory already, so it does not wait for its part.
        let reserved = visitor.services.budget.try_reserve(writer.place(), text.len()).map_err(|_| Failure::Busy)?;
        Body::from(Bytes::from_owner(ReservedPage { text, _reserved: reserved }))
    } else {
        Body::from(text)
    };
    Ok(Response::from_parts(head, body))
}

/// The text of a page, with its part of the memory budget.
struct ReservedPage {
    text: Bytes,
    _reserved: Reserved,
}

impl AsRef<[u8]> for ReservedPage {
    fn as_ref(&self) -> &[u8] {
        &self.text
    }
}

/// Finds the page of a path.
async fn route(
    visitor: &mut Visitor<'_>,
    log: &mut LogLine,
    (method, path): (&Method, &str),
    body: Body,
) -> Result<Response, Problem> {
    if let Some(nonce) = path.strip_prefix("/-/v1/login/form/") {
        log.set_endpoint("web-npm-login");
        return match *method {
            Method::GET | Method::HEAD => npm_login::show(visitor, nonce).await,
            Method::POST => npm_login::submit(visitor, nonce, body).await,
            _ => Err(wrong_method()),
        };
    }
    let path = path.strip_prefix(ROOT).unwrap_or_default().trim_matches('/').replace("%2f", "/").replace("%40", "@");
    let steps: Vec<&str> = path.split('/').collect();
    let is_post = match *method {
        // For a `HEAD`, the connection sends only the head of the response.
        Method::GET | Method::HEAD => false,
        Method::POST => true,
        _ => return Err(wrong_method()),
    };
    log.set_endpoint("web");
    match (is_post, steps.as_slice()) {
        (false, [""]) => {
            Ok(redirect(&format!("{ROOT}/{}", if visitor.session().is_some() { "tokens" } else { "log-in" })))
        }
        (false, ["style.css"]) => Ok(asset("text/css", include_str!("style.css"))),
        (false, ["copy.js"]) => Ok(asset("text/javascript", include_str!("copy.js"))),
        (false, ["log-in"]) => entry::show(visitor, Purpose::Login),
        (true, ["log-in"]) => entry::submit(visitor, Purpose::Login, body).await,
        (false, ["sign-up"]) => entry::show(visitor, Purpose::CreateAccount),
        (true, ["sign-up"]) => entry::submit(visitor, Purpose::CreateAccount, body).await,
        (true, ["log-out"]) => entry::log_out(visitor, body).await,
        (false, ["tokens"]) => tokens::list(visitor, log).await,
        (false, ["tokens", "new"]) => new_token::show(visitor, log).await,
        (true, ["tokens", "new"]) => new_token::submit(visitor, log, body).await,
        (false, ["tokens", "revoke-all"]) => tokens::confirm_revoke_all(visitor, log).await,
        (true, ["tokens", "revoke-all"]) => tokens::revoke_all(visitor, log, body).await,
        (false, ["tokens", id, "revoke"]) => tokens::confirm_revoke(visitor, log, id).await,
        (true, ["tokens", id, "revoke"]) => tokens::revoke(visitor, log, id, body).await,
        (false, ["security"]) => security::show(visitor, log).await,
        (true, ["security", "second-factor"]) => security::change_second_factor(visitor, log, body).await,
        (true, ["security", "password"]) => security::change_password(visitor, log, body).await,
        (false, ["organizations"]) => organizations::list(visitor, log).await,
        (false, ["organizations", name]) => organizations::show(visitor, log, name).await,
        (_, ["organizations", name, step]) => {
            let step = (*name, Step::from_path(step).ok_or_else(Problem::not_found)?);
            if is_post {
                membership::submit(visitor, log, step, body).await
            } else {
                membership::confirm(visitor, log, step).await
            }
        }
        (false, ["packages", name @ ..]) => package::show(visitor, log, &name.join("/")).await,
        (_, _) => Err(Problem::not_found()),
    }
}

fn wrong_method() -> Problem {
    Problem::Refused {
        status: StatusCode::METHOD_NOT_ALLOWED,
        text: "no such method on this page: expected `GET` or `POST`".to_owned(),
    }
}

fn asset(kind: &str, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    response::set_header(&mut response, header::CONTENT_TYPE, kind);
    response::set_header(&mut response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    response::set_header(&mut response, header::CACHE_CONTROL, ASSET_LIFETIME);
    response
}

fn problem_page(visitor: &Visitor<'_>, problem: Problem) -> Response {
    let (status, text) = match problem {
        Problem::NotLoggedIn => return redirect(&format!("{ROOT}/log-in")),
        Problem::Refused { status, text } => (status, text),
        Problem::Failed(failure) => {
            if failure.is_fault() {
                tracing::error!(target: log_target::WEB, "{failure}");
            }
            (response::from_failure(&failure).status(), failure.client_text())
        }
    };
    let content = html! {
        p.problem role="alert" { (text) }
        p { a href=(ROOT) { "Go to the start page" } }
    };
    let mut response = page(status, visitor, &Page { title: "This did not work", user: None, content });
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response::set_header(&mut response, header::ALLOW, "GET, HEAD, POST");
    }
    response
}

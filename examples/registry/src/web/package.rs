//! The page of a package, with the people who can publish it.

use axum::{http::StatusCode, response::Response};
use maud::html;
use serde_json::{Map, Value};
use tollgate::PackageName;

use crate::{
    exchange::{caller::FoundCaller, log_line::LogLine},
    web::{
        html::{Page, page},
        internal::InternalRequest,
        problem::Problem,
        visitor::Visitor,
    },
};

/// The page of a package. A visitor who may not read the package gets the same page as for one that does not exist.
pub(crate) async fn show(visitor: &Visitor<'_>, log_line: &mut LogLine, name: &str) -> Result<Response, Problem> {
    let Ok(name) = name.parse::<PackageName>() else { return Err(Problem::not_found()) };
    let user = match visitor.exchange(log_line).await?.caller {
        FoundCaller::Token { owner, .. } => Some(owner.name().clone()),
        FoundCaller::NoToken | FoundCaller::UnknownToken => None,
    };
    let escaped = name.as_str().replace('/', "%2f");
    let document = match InternalRequest::get(&format!("/{escaped}")).send(visitor).await? {
        Ok(document) => document,
        Err(refusal) => return Err(refusal.into_problem()),
    };
    let collaborators = match InternalRequest::get(&format!("/-/package/{escaped}/collaborators")).send(visitor).await?
    {
        Ok(Value::Object(collaborators)) => Some(collaborators),
        Ok(_) | Err(_) => None,
    };
    let text = |field: &str| document.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let latest = document.get("dist-tags").and_then(|tags| tags.get("latest")).and_then(Value::as_str);
    let versions = document.get("versions").and_then(Value::as_object).map_or(0, Map::len);
    let content = html! {
        p { (text("description")) }
        dl {
            dt { "Latest version" } dd { (latest.unwrap_or("none")) }
            dt { "Versions" } dd { (versions) }
            dt { "Install" } dd { code { "npm install " (name) } }
        }
        h2 { "Who can publish" }
        @match &collaborators {
            Some(collaborators) => (people(collaborators)),
            None => p { "You may not see who can publish this package." },
        }
    };
    Ok(page(StatusCode::OK, visitor, &Page { title: name.as_str(), user: user.as_ref(), content }))
}

fn people(collaborators: &Map<String, Value>) -> maud::Markup {
    let with = |word: &str| {
        let held = collaborators.iter().filter(|(_, permission)| permission.as_str() == Some(word));
        held.map(|(user, _)| user.clone()).collect::<Vec<_>>()
    };
    let (writers, readers) = (with("write"), with("read"));
    html! {
        p.hint { "A person who can publish as a member of a team is shown only to members of the organization." }
        @if writers.is_empty() { p { "There is no user whom you may see. The owners of its scope can publish it too." } }
        ul { @for user in writers { li { (user) } } }
        @if !readers.is_empty() {
            h2 { "Who can read it" }
            ul { @for user in readers { li { (user) } } }
        }
    }
}

//! The page of a package, with the people who can publish it.

use std::collections::BTreeMap;

use axum::{http::StatusCode, response::Response};
use maud::html;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value};
use tollgate::PackageName;

use crate::{
    base::failure::other,
    exchange::log_line::LogLine,
    web::{
        html::{Page, page},
        internal::InternalRequest,
        problem::Problem,
        visitor::Visitor,
    },
};

/// What the page shows of the document of a package. The rest is not kept: as values, a document takes many times the memory
/// of its text.
#[derive(Deserialize)]
struct Document {
    description: Option<Description>,
    #[serde(rename = "dist-tags")]
    tags: Tags,
    #[expect(clippy::zero_sized_map_values, reason = "serde reads an object as a map, and its values are not kept")]
    versions: BTreeMap<String, IgnoredAny>,
}

#[derive(Deserialize)]
struct Tags {
    latest: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Description {
    Text(String),
    /// A publisher may send any value.
    Other(IgnoredAny),
}

/// The page of a package. A visitor who may not read the package gets the same page as for one that does not exist.
pub(crate) async fn show(visitor: &Visitor<'_>, log_line: &mut LogLine, name: &str) -> Result<Response, Problem> {
    let Ok(name) = name.parse::<PackageName>() else { return Err(Problem::not_found()) };
    let user = visitor.name(log_line).await?;
    let escaped = name.as_str().replace('/', "%2f");
    let document = match InternalRequest::get(&format!("/{escaped}")).text(visitor).await? {
        // A document has up to 16 MiB, and other requests go on meanwhile.
        Ok(text) => tokio::task::block_in_place(|| serde_json::from_slice::<Document>(&text)).map_err(other)?,
        Err(refusal) => return Err(refusal.into_problem()),
    };
    let collaborators = match InternalRequest::get(&format!("/-/package/{escaped}/collaborators")).send(visitor).await?
    {
        Ok(Value::Object(collaborators)) => Some(collaborators),
        Ok(_) | Err(_) => None,
    };
    let content = html! {
        @if let Some(Description::Text(text)) = &document.description { p { (text) } }
        dl {
            dt { "Latest version" } dd { (document.tags.latest.as_deref().unwrap_or("none")) }
            dt { "Versions" } dd { (document.versions.len()) }
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

//! Staged versions: staging one, reading those that wait, and approving or rejecting one.

use axum::{http::request::Parts, response::Response};
use serde_json::{Value, json};
use tollgate::{PackageAction, PackageName, decision::AccessRequest, npm::StageRequest};

use crate::{
    base::{
        failure::{Failure, other},
        milliseconds::in_milliseconds,
    },
    endpoints::{put_package, tarball},
    exchange::{
        comparison::Comparison,
        decisions::{Decided, Exchange, allowed},
        page::Page,
    },
    reply::{refusal, response},
    store::{
        dist_tags,
        packages::{self, NewVersion},
        staged::{self, NewStaged, Staged},
    },
};

/// `POST /-/stage/package/:package`: stages a version. Its tags are set when it is approved.
pub(crate) async fn stage(exchange: &mut Exchange<'_>, name: &PackageName) -> Result<Response, Failure> {
    let Comparison { changes, revision: compared, received } = exchange.comparison()?;
    put_package::expect_compared(exchange, name, compared).await?;
    let allowed = exchange.decide_and(changes.access_requests(), |allows| changes.allowed_by(allows)).await?;
    let allowed = allowed!(allowed).map_err(put_package::not_allowed)?;
    let publication = allowed.staged().ok_or_else(|| other("a staged version without a version"))?;
    dist_tags::check_count_at_once(publication.tags().len())?;
    let received = received.ok_or_else(|| other("a staged version that was not received"))?;
    let staged_by = exchange.owner_name()?;
    let new = NewStaged {
        package: name.as_borrowed(),
        version: publication.version(),
        manifest: &received.manifest,
        deprecated: received.deprecated.clone(),
        tags: publication.tags(),
        tarball: received.tarball.id(),
        staged_by: staged_by.as_borrowed(),
    };
    let id = staged::insert(&mut exchange.tx, new, exchange.context.now).await?;
    received.tarball.place().await?;
    Ok(response::created(&json!({ "message": "version staged", "stageId": id })))
}

/// Answers a request about versions that are staged.
pub(crate) async fn answer(
    exchange: &mut Exchange<'_>,
    request: &StageRequest,
    parts: &Parts,
) -> Result<Response, Failure> {
    match request {
        StageRequest::List { package } => list(exchange, package.as_ref(), parts).await,
        StageRequest::Read { id } => match found(exchange, request, id.as_str()).await? {
            Decided::Allowed(staged) => Ok(response::ok(&item(&staged))),
            Decided::Refused(response) => Ok(response),
        },
        StageRequest::ReadTarball { id } => match found(exchange, request, id.as_str()).await? {
            Decided::Allowed(staged) => {
                tarball::stream_by_id(&exchange.services.tarballs, &staged.tarball, parts).await
            }
            Decided::Refused(response) => Ok(response),
        },
        StageRequest::Approve { id } => {
            let staged = allowed!(found(exchange, request, id.as_str()).await?);
            approve(exchange, &staged).await?;
            Ok(response::ok(&json!({ "ok": "version published" })))
        }
        StageRequest::Reject { id } => {
            let staged = allowed!(found(exchange, request, id.as_str()).await?);
            staged::remove(&mut exchange.tx, &staged.id).await?;
            Ok(response::no_content())
        }
        _ => Err(Failure::not_offered()),
    }
}

/// The staged version with this id, if the request on its package is allowed. A caller who may not read the staged
/// version gets the response to an unknown id.
async fn found(exchange: &mut Exchange<'_>, request: &StageRequest, id: &str) -> Result<Decided<Staged>, Failure> {
    let Some(staged) = staged::by_id(&mut exchange.tx, id).await? else {
        return Ok(Decided::Refused(refusal::unknown_stage()));
    };
    if let Decided::Refused(_) = exchange.decide(&[read_stage(&staged.package)]).await? {
        return Ok(Decided::Refused(refusal::unknown_stage()));
    }
    Ok(match exchange.decide(&[request.access_request(&staged.package)]).await? {
        Decided::Allowed(()) => Decided::Allowed(staged),
        Decided::Refused(response) => Decided::Refused(response),
    })
}

fn read_stage(package: &PackageName) -> AccessRequest {
    AccessRequest::Package { action: PackageAction::ReadStage, package: package.clone() }
}

/// Publishes a staged version.
///
/// # Errors
/// Status 409 if the version has been published in the meantime, and 413 if the package would be too large.
async fn approve(exchange: &mut Exchange<'_>, staged: &Staged) -> Result<(), Failure> {
    let (tx, now, package) = (&mut exchange.tx, exchange.context.now, staged.package.as_borrowed());
    let manifest = packages::manifest_text(&staged.manifest)?;
    let new = NewVersion { version: &staged.version, manifest: &manifest, tarball: &staged.tarball };
    packages::insert_version(tx, package, &new, now).await?;
    packages::deprecate(tx, package, &staged.version, staged.deprecated.clone()).await?;
    for tag in &staged.tags {
        dist_tags::set(tx, package, tag, &staged.version).await?;
    }
    dist_tags::ensure_latest(tx, package).await?;
    packages::check_size(tx, package).await?;
    packages::renew_revision(tx, package, now).await?;
    staged::remove(tx, &staged.id).await
}

/// The packages with staged versions that the caller may read.
async fn readable(exchange: &mut Exchange<'_>) -> Result<Vec<PackageName>, Failure> {
    let mut readable = Vec::new();
    for package in staged::packages(&mut exchange.tx).await? {
        if exchange.may(&read_stage(&package)).await? {
            readable.push(package);
        }
    }
    Ok(readable)
}

/// `GET /-/stage`: one page of the staged versions of a package, or of every package whose staged versions the caller
/// may read.
async fn list(exchange: &mut Exchange<'_>, package: Option<&PackageName>, parts: &Parts) -> Result<Response, Failure> {
    let page = Page::from_query(parts)?;
    // The decision by the path has allowed the list of one package.
    let packages = if let Some(package) = package { vec![package.clone()] } else { readable(exchange).await? };
    let mut items = Vec::new();
    for package in packages {
        items.extend(staged::of_package(&mut exchange.tx, package.as_borrowed()).await?.iter().map(item));
    }
    let total = items.len();
    let items: Vec<Value> = items.into_iter().skip(page.start()).take(page.size).collect();
    Ok(response::ok(&json!({ "items": items, "total": total, "page": page.number, "perPage": page.size })))
}

/// A staged version in npm's form.
fn item(staged: &Staged) -> Value {
    json!({
        "id": staged.id,
        "packageName": staged.package,
        "version": staged.version,
        "tag": staged.tags.first(),
        "createdAt": in_milliseconds(&staged.since),
        "actor": staged.user,
        "actorType": "user",
        "shasum": staged.manifest.get("dist").and_then(|dist| dist.get("shasum")),
    })
}

//! Packages: reading them, changing their access, and deleting them.

use axum::{
    body::Body,
    http::{StatusCode, header},
    response::Response,
};
use serde_json::{Map, Value, json};
use tollgate::{
    PackageName,
    facts::{FoundPackage, Visibility},
    npm::{AccessChange, PathText},
};

use crate::{
    base::failure::{Failure, other},
    exchange::decisions::{Exchange, allowed},
    reply::{npm_word::npm_word, response},
    store::{
        dist_tags, packages, packument,
        tarballs::{TarballId, Tarballs},
    },
};

/// The document of a package, in which URLs begin with the base URL of this request.
///
/// # Errors
/// There is no such package. Handlers call this only for a package that they know to exist, so the error is a bug in
/// the handler.
pub(crate) async fn document(exchange: &mut Exchange<'_>, name: &PackageName) -> Result<Value, Failure> {
    let base = exchange.context.base_url.clone();
    let document = packument::packument(&mut exchange.tx, name.as_borrowed(), &base).await?;
    document.ok_or_else(|| other("a package was read that does not exist"))
}

/// Checks that the client has read the current revision of the package.
///
/// The body is compared with the stored document. If the client had read an older document, the comparison would show
/// later changes by other clients as changes that this client wants to undo.
///
/// # Errors
/// Status 409 if the client sends another revision or no revision.
pub(crate) async fn expect_revision(
    exchange: &mut Exchange<'_>,
    name: &PackageName,
    revision: Option<&str>,
) -> Result<(), Failure> {
    let present = packument::revision(&mut exchange.tx, name.as_borrowed()).await?;
    if revision == Some(&present) {
        return Ok(());
    }
    Err(Failure::conflict("the package has changed since it was read: expected its present revision, read it again"))
}

/// `GET /:package`: the document.
pub(crate) async fn read(exchange: &mut Exchange<'_>, name: &PackageName) -> Result<Response, Failure> {
    Ok(response::ok(&document(exchange, name).await?))
}

/// `GET /:package/:version`: the manifest of a version. The path may have a dist-tag in place of the version.
pub(crate) async fn manifest(
    exchange: &mut Exchange<'_>,
    name: &PackageName,
    version: &PathText,
) -> Result<Response, Failure> {
    let document = document(exchange, name).await?;
    let tagged = document.get("dist-tags").and_then(|tags| tags.get(version.as_str())).and_then(Value::as_str);
    let manifest = document.get("versions").and_then(|versions| versions.get(tagged.unwrap_or(version.as_str())));
    manifest.map(response::ok).ok_or_else(|| Failure::not_found(format!("version not found: {version}")))
}

/// `GET /:package/-/:name-:version.tgz`: the tarball, streamed from its file.
pub(crate) async fn tarball(
    exchange: &mut Exchange<'_>,
    name: &PackageName,
    version: &PathText,
) -> Result<Response, Failure> {
    let id = packages::tarball(&mut exchange.tx, name.as_borrowed(), version.as_str()).await?;
    let id = id.ok_or_else(|| Failure::not_found(format!("version not found: {version}")))?;
    stream(&exchange.services.tarballs, &id).await
}

/// A tarball, streamed from its file.
pub(crate) async fn stream(tarballs: &Tarballs, id: &TarballId) -> Result<Response, Failure> {
    let found = tarballs.get(id).await?;
    let length = found.meta.size;
    let mut response = Response::new(Body::from_stream(found.into_stream()));
    response::set_header(&mut response, header::CONTENT_TYPE, "application/octet-stream");
    response::set_header(&mut response, header::CONTENT_LENGTH, &length.to_string());
    Ok(response)
}

/// `GET /-/package/:package/visibility`: whether the package is public.
pub(crate) async fn visibility(exchange: &mut Exchange<'_>, name: &PackageName) -> Result<Response, Failure> {
    match exchange.package(name.as_borrowed()).await? {
        FoundPackage::Existing(package) => {
            Ok(response::ok(&json!({ "public": package.visibility() == Visibility::Public })))
        }
        FoundPackage::Missing(_) => Err(other("the visibility of a package that does not exist")),
    }
}

/// `GET /-/package/:package/collaborators`: the users who have a grant, directly or by a team, each with npm's word for
/// the highest permission.
pub(crate) async fn collaborators(exchange: &mut Exchange<'_>, name: &PackageName) -> Result<Response, Failure> {
    let held = packages::collaborators(&mut exchange.tx, name.as_borrowed()).await?;
    let words: Map<String, Value> =
        held.into_iter().map(|(user, permission)| (user, npm_word(permission).into())).collect();
    Ok(response::ok(&Value::Object(words)))
}

/// `GET /-/npm/v1/attestations/:package@:version`: always 404, because no attestations are stored.
pub(crate) fn attestations() -> Result<Response, Failure> {
    Err(Failure::not_found("this registry keeps no attestations"))
}

/// `POST /-/package/:package/access`: changes the visibility or the publishing access.
pub(crate) async fn write_access(exchange: &mut Exchange<'_>, name: &PackageName) -> Result<Response, Failure> {
    let change = AccessChange::read(&exchange.body()?).map_err(response::invalid_body)?;
    allowed!(exchange.decide(&change.access_requests(name)).await?);
    let package = name.as_borrowed();
    if let Some(visibility) = change.visibility() {
        if visibility == Visibility::Private && !name.is_scoped() {
            let text = format!("the unscoped package `{name}` as private: expected public, or a scoped name");
            return Err(Failure::refused(StatusCode::BAD_REQUEST, text));
        }
        packages::set_visibility(&mut exchange.tx, package, visibility).await?;
    }
    if let Some(access) = change.publishing_access() {
        packages::set_publishing_access(&mut exchange.tx, package, access).await?;
    }
    packages::renew_revision(&mut exchange.tx, package, exchange.context.now).await?;
    Ok(response::ok(&json!({ "ok": "access updated" })))
}

/// `DELETE /:package/-rev/:revision`: deletes the package with all its versions.
pub(crate) async fn delete(
    exchange: &mut Exchange<'_>,
    name: &PackageName,
    revision: &PathText,
) -> Result<Response, Failure> {
    expect_revision(exchange, name, Some(revision.as_str())).await?;
    packages::delete(&mut exchange.tx, name.as_borrowed()).await?;
    Ok(response::ok(&json!({ "ok": "package deleted" })))
}

/// `DELETE /:package/-/:name-:version.tgz/-rev/:revision`: removes a version if it still exists.
pub(crate) async fn delete_tarball(
    exchange: &mut Exchange<'_>,
    name: &PackageName,
    version: &PathText,
    revision: &PathText,
) -> Result<Response, Failure> {
    let (package, done) = (name.as_borrowed(), json!({ "ok": "tarball deleted" }));
    // npm's client removes the version from the document first, so in most cases nothing is left to do.
    if packages::tarball(&mut exchange.tx, package, version.as_str()).await?.is_none() {
        return Ok(response::ok(&done));
    }
    expect_revision(exchange, name, Some(revision.as_str())).await?;
    packages::remove_version(&mut exchange.tx, package, version.as_str()).await?;
    dist_tags::ensure_latest(&mut exchange.tx, package).await?;
    packages::renew_revision(&mut exchange.tx, package, exchange.context.now).await?;
    Ok(response::ok(&done))
}

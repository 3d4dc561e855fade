//! A package: what is read of it, and the small changes.

use axum::{
    body::Body,
    http::{StatusCode, header},
    response::Response,
};
use serde_json::{Value, json};
use tollgate::{
    PackageName,
    facts::Visibility,
    npm::{AccessChange, PackageRequest, PathText},
    value::Permission,
};

use super::{
    exchange::{Exchange, allowed},
    reply,
    respond::not_offered,
};
use crate::{
    failure::{Failure, fact, other},
    store::{dist_tags, facts::FoundPackage, packages, packument},
};

/// What the path alone asks for, which has been allowed.
pub(crate) async fn respond(
    exchange: &mut Exchange<'_>,
    name: &PackageName,
    request: &PackageRequest,
) -> Result<Response, Failure> {
    match request {
        PackageRequest::Read => Ok(reply::ok(&document(exchange, name).await?)),
        PackageRequest::ReadManifest { version } => manifest(exchange, name, version).await,
        PackageRequest::ReadTarball { version } => tarball(exchange, name, version).await,
        PackageRequest::ReadDistTags => {
            Ok(reply::ok(&json!(dist_tags::all(&mut exchange.tx, name.as_borrowed()).await?)))
        }
        PackageRequest::ReadVisibility => visibility(exchange, name).await,
        PackageRequest::ReadAttestations { .. } => Err(Failure::not_found("this registry keeps no attestations")),
        PackageRequest::ReadCollaborators => collaborators(exchange, name).await,
        PackageRequest::Delete { revision } => {
            expect_revision(exchange, name, Some(revision.as_str())).await?;
            packages::delete(&mut exchange.tx, name.as_borrowed()).await?;
            Ok(reply::ok(&json!({ "ok": "package deleted" })))
        }
        PackageRequest::DeleteTarball { version, revision } => delete_version(exchange, name, version, revision).await,
        PackageRequest::WriteDistTag { tag } => {
            let version = exchange.body()?.version().map_err(reply::invalid)?;
            dist_tags::set(&mut exchange.tx, name.as_borrowed(), tag.as_str(), version.as_str()).await?;
            packages::touch(&mut exchange.tx, name.as_borrowed(), exchange.asked.now).await?;
            Ok(reply::created(&json!({ "ok": "dist-tags updated" })))
        }
        PackageRequest::DeleteDistTag { tag } => delete_tag(exchange, name, tag).await,
        // The body says what they are: they have their own places.
        PackageRequest::Write | PackageRequest::WriteRevision { .. } | PackageRequest::WriteAccess => {
            Err(other("a write that was decided by its path"))
        }
        _ => Err(not_offered()),
    }
}

/// The package's document. Whoever gets here was allowed something about a package that exists.
pub(crate) async fn document(exchange: &mut Exchange<'_>, name: &PackageName) -> Result<Value, Failure> {
    let base = exchange.asked.base.clone();
    let document = packument::packument(&mut exchange.tx, name.as_borrowed(), &base).await?;
    document.ok_or_else(|| other("a package was read that does not exist"))
}

/// That the client has seen the package as it is now. What it sends is compared with that, so what others have done since
/// would look like its own wish to undo it.
pub(crate) async fn expect_revision(
    exchange: &mut Exchange<'_>,
    name: &PackageName,
    revision: Option<&str>,
) -> Result<(), Failure> {
    let now = packument::revision(&mut exchange.tx, name.as_borrowed()).await?;
    if revision == Some(&now) {
        return Ok(());
    }
    Err(Failure::conflict("the package has changed since it was read: expected its present revision, read it again"))
}

async fn manifest(exchange: &mut Exchange<'_>, name: &PackageName, version: &PathText) -> Result<Response, Failure> {
    let document = document(exchange, name).await?;
    let tagged = document.get("dist-tags").and_then(|tags| tags.get(version.as_str())).and_then(Value::as_str);
    let manifest = document.get("versions").and_then(|versions| versions.get(tagged.unwrap_or(version.as_str())));
    manifest.map(reply::ok).ok_or_else(|| Failure::not_found(format!("version not found: {version}")))
}

async fn tarball(exchange: &mut Exchange<'_>, name: &PackageName, version: &PathText) -> Result<Response, Failure> {
    let id = packages::tarball(&mut exchange.tx, name.as_borrowed(), version.as_str()).await?;
    let id = id.ok_or_else(|| Failure::not_found(format!("version not found: {version}")))?;
    let found = exchange.app.tarballs.get(&id).await?;
    let length = found.meta.size;
    let mut response = Response::new(Body::from_stream(found.into_stream()));
    reply::set(&mut response, header::CONTENT_TYPE, "application/octet-stream");
    reply::set(&mut response, header::CONTENT_LENGTH, &length.to_string());
    Ok(response)
}

async fn visibility(exchange: &mut Exchange<'_>, name: &PackageName) -> Result<Response, Failure> {
    match exchange.package(name.as_borrowed()).await? {
        FoundPackage::Existing(package) => {
            Ok(reply::ok(&json!({ "public": package.visibility() == Visibility::Public })))
        }
        FoundPackage::Missing(_) => Err(other("the visibility of a package that does not exist")),
    }
}

async fn collaborators(exchange: &mut Exchange<'_>, name: &PackageName) -> Result<Response, Failure> {
    let held = packages::collaborators(&mut exchange.tx, name.as_borrowed()).await?;
    let words: serde_json::Map<String, Value> =
        held.into_iter().map(|(user, permission)| (user, npm_word(permission).into())).collect();
    Ok(reply::ok(&Value::Object(words)))
}

/// npm's word for a permission in listings.
pub(crate) const fn npm_word(permission: Permission) -> &'static str {
    match permission {
        Permission::ReadWrite => "write",
        Permission::ReadOnly | Permission::NoAccess | _ => "read",
    }
}

async fn delete_version(
    exchange: &mut Exchange<'_>,
    name: &PackageName,
    version: &PathText,
    revision: &PathText,
) -> Result<Response, Failure> {
    let (package, done) = (name.as_borrowed(), json!({ "ok": "tarball deleted" }));
    // npm's client has taken the version out of the document before, so mostly there is nothing left to do.
    if packages::tarball(&mut exchange.tx, package, version.as_str()).await?.is_none() {
        return Ok(reply::ok(&done));
    }
    expect_revision(exchange, name, Some(revision.as_str())).await?;
    packages::remove_version(&mut exchange.tx, package, version.as_str()).await?;
    dist_tags::ensure_latest(&mut exchange.tx, package).await?;
    packages::touch(&mut exchange.tx, package, exchange.asked.now).await?;
    Ok(reply::ok(&done))
}

async fn delete_tag(exchange: &mut Exchange<'_>, name: &PackageName, tag: &PathText) -> Result<Response, Failure> {
    if tag.as_str() == "latest" {
        return Err(Failure::bad_request("the tag `latest` cannot be removed: expected another tag"));
    }
    let package = name.as_borrowed();
    if !dist_tags::all(&mut exchange.tx, package).await?.contains_key(tag.as_str()) {
        return Err(Failure::not_found(format!("there is no tag `{tag}`")));
    }
    dist_tags::remove(&mut exchange.tx, package, tag.as_str()).await?;
    packages::touch(&mut exchange.tx, package, exchange.asked.now).await?;
    Ok(reply::ok(&json!({ "ok": "dist-tag removed" })))
}

/// `POST /-/package/:package/access`.
pub(crate) async fn write_access(exchange: &mut Exchange<'_>, name: &PackageName) -> Result<Response, Failure> {
    let change = AccessChange::read(&exchange.body()?).map_err(reply::invalid)?;
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
    packages::touch(&mut exchange.tx, package, exchange.asked.now).await?;
    Ok(reply::ok(&json!({ "ok": "access updated" })))
}

/// The name, for messages and documents of ours.
pub(crate) fn parsed(text: &str) -> Result<PackageName<&str>, Failure> {
    fact(PackageName::new(text))
}

//! `PUT` to a package: publishes, deprecates or unpublishes versions, and changes dist-tags, maintainers, visibility
//! and stars. `tollgate` compares the body with the stored document, and lists the changes that the body makes.

use axum::response::Response;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha1::{Digest, Sha1};
use sha2::Sha512;
use tollgate::{
    PackageName,
    facts::{FoundPackage, Visibility},
    npm::{AllowedChanges, Body, ChangesNotAllowedError, PackumentChanges, Publication, PutTarget, StoredPackument},
};

use crate::{
    base::failure::{Failure, other},
    endpoints::package,
    exchange::{
        decisions::{Exchange, allowed},
        json,
        prepared::Prepared,
    },
    reply::response,
    store::{
        accounts, dist_tags,
        packages::{self, NewPackage, NewVersion, Star},
        tarballs::TarballId,
    },
};

/// The parts of the path of a `PUT`, except the name of the package.
#[derive(Clone, Copy)]
pub(crate) struct Put<'r> {
    pub(crate) target: PutTarget,
    /// The revision in the path.
    pub(crate) revision: Option<&'r str>,
}

/// Parses the document of a package before the transaction, and checks that it has no more dist-tags than a package may
/// have. Other writers would wait while the document is parsed, and while so many tags are compared.
///
/// # Errors
/// Status 400 for a malformed document, and 413 for too many values or tags.
pub(crate) fn prepare_document(bytes: &[u8]) -> Result<Prepared<'_>, Failure> {
    let document: Body<'_> = json::parse(bytes)?;
    dist_tags::check_count(document.dist_tag_count())?;
    Ok(Prepared { document: Some(document), ..Prepared::default() })
}

/// Decides every change that the body makes to the stored document. If every change is allowed, makes these changes and
/// no others.
pub(crate) async fn put(exchange: &mut Exchange<'_>, name: &PackageName, put: Put<'_>) -> Result<Response, Failure> {
    let stored = stored(exchange, name).await?;
    let packument = stored.as_ref().map(|(document, visibility)| StoredPackument { document, visibility: *visibility });
    let changes = PackumentChanges::read(name, put.target, exchange.document()?, packument);
    let changes = changes.map_err(response::invalid_body)?;
    let allowed = exchange.decide_and(changes.access_requests(), |allows| changes.allowed_by(allows)).await?;
    let allowed = allowed!(allowed).map_err(not_allowed)?;
    let revision = put.revision.or(changes.revision());
    // A publish only adds to the document, and sends no revision. Any other change must be based on the current
    // document.
    if stored.is_some() && (allowed.publication().is_none() || revision.is_some()) {
        package::expect_revision(exchange, name, revision).await?;
    }
    apply(exchange, allowed).await?;
    let text = if allowed.is_creation() { "package created" } else { "package updated" };
    Ok(response::created(&json!({ "ok": text, "success": true })))
}

/// The failure for changes that were decided and cannot be made.
pub(crate) fn not_allowed(error: ChangesNotAllowedError) -> Failure {
    match error.status() {
        400 => Failure::bad_request(error),
        409 => Failure::conflict(error),
        _ => other(error),
    }
}

/// The document of the package as this caller would read it, and its visibility. `None` if the package does not exist.
pub(crate) async fn stored(
    exchange: &mut Exchange<'_>,
    name: &PackageName,
) -> Result<Option<(Body<'static>, Visibility)>, Failure> {
    let FoundPackage::Existing(found) = exchange.package(name.as_borrowed()).await? else { return Ok(None) };
    let document = package::document(exchange, name).await?;
    let document = Body::deserialize(document).map_err(other)?;
    Ok(Some((document, found.visibility())))
}

/// Makes the changes that were allowed, all of them and no others.
async fn apply(exchange: &mut Exchange<'_>, changes: AllowedChanges<'_, '_>) -> Result<(), Failure> {
    let (package, now) = (changes.package().as_borrowed(), exchange.context.now);
    let published = changes.publication().map_or(0, |publication| publication.tags().len());
    let set = changes.dist_tags().iter().filter(|(_, version)| version.is_some()).count();
    dist_tags::check_count_at_once(published.saturating_add(set))?;
    if changes.is_creation() {
        let visibility = changes.visibility().unwrap_or_else(|| first_visibility(changes.package()));
        let creator = exchange.token()?.1.name().clone();
        let new = NewPackage { name: package, visibility, creator: creator.as_borrowed() };
        packages::create(&mut exchange.tx, new, now).await?;
    } else if let Some(visibility) = changes.visibility() {
        packages::set_visibility(&mut exchange.tx, package, visibility).await?;
    }
    if let Some(publication) = changes.publication() {
        publish(exchange, changes.package(), publication).await?;
    }
    for (tag, version) in changes.dist_tags() {
        match version {
            Some(version) => dist_tags::set(&mut exchange.tx, package, tag, version).await?,
            None => dist_tags::remove(&mut exchange.tx, package, tag).await?,
        }
    }
    for (version, message) in changes.deprecations() {
        packages::deprecate(&mut exchange.tx, package, version, message.map(str::to_owned)).await?;
    }
    for version in changes.removals() {
        packages::remove_version(&mut exchange.tx, package, version).await?;
    }
    if let Some(maintainers) = changes.maintainers() {
        packages::set_maintainers(&mut exchange.tx, package, maintainers).await?;
    }
    let user = exchange.token()?.1.name().clone();
    if let Some(star) = changes.starred_by(user.as_borrowed()) {
        let star = if star { Star::On } else { Star::Off };
        packages::set_star(&mut exchange.tx, package, user.as_borrowed(), star).await?;
    }
    dist_tags::ensure_latest(&mut exchange.tx, package).await?;
    packages::renew_revision(&mut exchange.tx, package, now).await
}

/// Stores a new version: its tarball, its manifest, and its dist-tags.
async fn publish(
    exchange: &mut Exchange<'_>,
    name: &PackageName,
    publication: &Publication<'_>,
) -> Result<(), Failure> {
    let received = receive(exchange, publication).await?;
    let (package, now, version) = (name.as_borrowed(), exchange.context.now, publication.version());
    let new = NewVersion { version, manifest: &received.manifest, tarball: &received.tarball };
    packages::insert_version(&mut exchange.tx, package, &new, now).await?;
    packages::deprecate(&mut exchange.tx, package, version, received.deprecated).await?;
    for tag in publication.tags() {
        dist_tags::set(&mut exchange.tx, package, tag, version).await?;
    }
    Ok(())
}

/// A version whose tarball is on disk, and whose manifest is as it will be stored.
pub(crate) struct ReceivedVersion {
    pub(crate) manifest: Value,
    pub(crate) deprecated: Option<String>,
    pub(crate) tarball: TarballId,
}

/// Reads the manifest and the tarball of a version, and stores the tarball.
pub(crate) async fn receive(
    exchange: &mut Exchange<'_>,
    publication: &Publication<'_>,
) -> Result<ReceivedVersion, Failure> {
    if publication.provenance().is_some() {
        return Err(Failure::bad_request("provenance is not kept here: expected a publish without it"));
    }
    let Value::Object(manifest) = serde_json::to_value(publication.manifest()).map_err(other)? else {
        return Err(other("a manifest that is no object"));
    };
    let tarball = BASE64_STANDARD.decode(publication.tarball());
    let tarball = tarball.map_err(|_| Failure::bad_request("the tarball is not in base 64"))?;
    let (mut manifest, deprecated) = manifest_to_store(manifest, &tarball)?;
    let publisher = exchange.token()?.1.name().clone();
    let email = accounts::email(&mut exchange.tx, publisher.as_borrowed()).await?.unwrap_or_default();
    manifest.insert("_npmUser".into(), json!({ "name": publisher, "email": email }));
    // The tarball is on disk before the rows that name it are committed.
    let tarball = exchange.services.tarballs.put(tarball).await?;
    Ok(ReceivedVersion { manifest: Value::Object(manifest), deprecated, tarball })
}

/// The visibility of a new package if the publisher does not choose one. As in npm, a scoped package is then private.
fn first_visibility(name: &PackageName) -> Visibility {
    if name.is_scoped() { Visibility::Private } else { Visibility::Public }
}

/// Returns the manifest with the digests of its tarball, and the deprecation message if the client sent one in the
/// manifest.
///
/// # Errors
/// Status 400 if `dist` is not an object, or if a digest in `dist` is not the digest of the tarball.
fn manifest_to_store(
    mut manifest: Map<String, Value>,
    tarball: &[u8],
) -> Result<(Map<String, Value>, Option<String>), Failure> {
    let integrity = format!("sha512-{}", BASE64_STANDARD.encode(Sha512::digest(tarball)));
    let shasum = Sha1::digest(tarball).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let mut dist = match manifest.remove("dist") {
        Some(Value::Object(dist)) => dist,
        None => Map::new(),
        Some(_) => return Err(Failure::bad_request("`dist` of the manifest: expected an object")),
    };
    for (field, expected) in [("integrity", &integrity), ("shasum", &shasum)] {
        let sent = dist.insert(field.into(), expected.clone().into());
        if sent.is_some_and(|sent| sent.as_str() != Some(expected)) {
            return Err(Failure::bad_request(format!("`dist.{field}` of the manifest is not that of the tarball")));
        }
    }
    // The server writes the URL of the tarball and the maintainers into each response. It makes no signatures and no
    // attestations.
    for field in ["tarball", "signatures", "attestations"] {
        dist.remove(field);
    }
    manifest.remove("maintainers");
    manifest.insert("dist".into(), Value::Object(dist));
    let deprecated = match manifest.remove("deprecated") {
        Some(Value::String(message)) if !message.is_empty() => Some(message),
        _ => None,
    };
    Ok((manifest, deprecated))
}

//! `PUT` to a package: publishes, deprecates or unpublishes versions, and changes dist-tags, maintainers, visibility
//! and stars. `tollgate` compares the body with the stored document, and lists the changes that the body makes.
//!
//! The slow work is done in a snapshot before the transaction: comparing the document, reading the manifest, and
//! writing the tarball.

use std::time::Duration;

use axum::response::Response;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha1::{Digest, Sha1};
use sha2::Sha512;
use tokio::time::timeout;
use tollgate::{
    PackageName, Policy, UserName,
    facts::{FoundPackage, ScopeOwner, Visibility},
    npm::{AllowedChanges, Body, ChangesNotAllowedError, PackumentChanges, Publication, PutTarget, StoredPackument},
    policy::UnscopedPackages,
    value::OrganizationName,
};

use crate::{
    base::{
        digest,
        failure::{Failure, fact, other},
    },
    endpoints::{
        document::{self, DocumentText, Wanted},
        package,
    },
    exchange::{
        collaborators,
        comparison::{Comparison, ReceivedVersion, StoredDocument},
        decisions::{Decided, Exchange, allowed},
        json,
        prepared::Prepared,
        services::Services,
    },
    reply::response,
    store::{
        dist_tags, facts, organizations,
        packages::{self, MaintainersChange, NewPackage, NewVersion, Star},
        packument, tarball_content,
    },
};

/// The longest time that a tarball waits until it is opened.
const OPENING_TIMEOUT: Duration = Duration::from_secs(10);

/// Parses the document of a package before the transaction, and checks that it has no more dist-tags than a package may
/// have. Other writers would wait while the document is parsed, and while so many tags are compared.
///
/// # Errors
/// Status 400 for a malformed document, and 413 for too many values or tags.
pub(crate) fn prepare_document(bytes: &[u8]) -> Result<Prepared<'_>, Failure> {
    let document: Body<'_> = tokio::task::block_in_place(|| json::parse(bytes))?;
    dist_tags::check_count(document.dist_tag_count())?;
    Ok(Prepared { document: Some(document), ..Prepared::default() })
}

/// Compares the document in the body with the stored one. The result is the list of the changes that the body makes.
pub(crate) fn compare<'r>(
    document: Option<&'r Body<'r>>,
    name: &PackageName,
    target: PutTarget,
    stored: Option<&'r StoredDocument>,
) -> Result<PackumentChanges<'r>, Failure> {
    let document = document.ok_or_else(|| other("a document of a package that was not parsed"))?;
    let stored = stored.map(|stored| StoredPackument { document: &stored.document, visibility: stored.visibility });
    // A document has up to a million values, and other requests go on meanwhile.
    let changes = tokio::task::block_in_place(|| PackumentChanges::read(name, target, document, stored));
    changes.map_err(response::invalid_body)
}

/// A version that the caller may publish or stage, before its tarball is received.
#[derive(Debug)]
pub(crate) struct NewPublication<'c, 'a> {
    package: &'c PackageName,
    publication: &'c Publication<'a>,
    publisher: UserName,
}

/// Decides the changes in a snapshot. Returns the version that they publish or stage, if they do.
///
/// So other writers do not wait for a document that is refused. The changes are decided again in the transaction that
/// makes them.
pub(crate) async fn decide<'c, 'a>(
    exchange: &mut Exchange<'_>,
    changes: &'c PackumentChanges<'a>,
) -> Result<Decided<Option<NewPublication<'c, 'a>>>, Failure> {
    let allowed = exchange.decide_and(changes.access_requests(), |allows| changes.allowed_by(allows)).await?;
    let allowed = match allowed {
        Decided::Allowed(allowed) => allowed.map_err(not_allowed)?,
        Decided::Refused(response) => return Ok(Decided::Refused(response)),
    };
    for (_, message) in allowed.deprecations() {
        packages::check_deprecation(*message)?;
    }
    let Some(publication) = allowed.publication().or(allowed.staged()) else { return Ok(Decided::Allowed(None)) };
    let publisher = exchange.owner_name()?;
    Ok(Decided::Allowed(Some(NewPublication { package: allowed.package(), publication, publisher })))
}

/// Decides every change that the body makes to the stored document. If every change is allowed, makes these changes and
/// no others.
pub(crate) async fn put(
    exchange: &mut Exchange<'_>,
    name: &PackageName,
    revision: Option<&str>,
) -> Result<Response, Failure> {
    let Comparison { changes, revision: compared, received } = exchange.comparison()?;
    expect_compared(exchange, name, compared).await?;
    let allowed = exchange.decide_and(changes.access_requests(), |allows| changes.allowed_by(allows)).await?;
    let allowed = allowed!(allowed).map_err(not_allowed)?;
    let revision = revision.or(changes.revision());
    // A publish only adds to the document, and sends no revision. Any other change must be based on the current
    // document.
    if compared.is_some() && (allowed.publication().is_none() || revision.is_some()) {
        package::expect_same_revision(compared, revision)?;
    }
    apply(exchange, allowed, received).await?;
    let text = if allowed.is_creation() { "package created" } else { "package updated" };
    Ok(response::created(&json!({ "ok": text, "success": true })))
}

/// Checks that the stored document is still the one with which the body was compared.
///
/// # Errors
/// [`Failure::Overtaken`], after which the request is tried again.
pub(crate) async fn expect_compared(
    exchange: &mut Exchange<'_>,
    name: &PackageName,
    compared: Option<&str>,
) -> Result<(), Failure> {
    let present = packument::revision(&mut exchange.tx, name.as_borrowed()).await?;
    if present.as_deref() == compared { Ok(()) } else { Err(Failure::Overtaken) }
}

/// The failure for changes that were decided and cannot be made.
pub(crate) fn not_allowed(error: ChangesNotAllowedError) -> Failure {
    match error.status() {
        400 => Failure::bad_request(error),
        409 => Failure::conflict(error),
        _ => other(error),
    }
}

/// The document of the package as this caller would read it. `None` if the package does not exist.
pub(crate) async fn stored(exchange: &mut Exchange<'_>, name: &PackageName) -> Result<Option<StoredDocument>, Failure> {
    let FoundPackage::Existing(found) = exchange.package(name.as_borrowed()).await? else { return Ok(None) };
    let revision = packument::revision(&mut exchange.tx, name.as_borrowed()).await?;
    let revision = revision.ok_or_else(|| other("a package without a revision"))?;
    // The rows take the size once, the text takes it once, and two parsed trees take the rest.
    let DocumentText { text, reserved, .. } = document::build(exchange, name, Wanted::Full, 8).await?;
    let read = || Body::deserialize(serde_json::from_str::<Value>(&text)?);
    let document = tokio::task::block_in_place(read).map_err(other)?;
    Ok(Some(StoredDocument { document, visibility: found.visibility(), revision, _reserved: reserved }))
}

/// Makes the changes that were allowed, all of them and no others.
async fn apply(
    exchange: &mut Exchange<'_>,
    changes: AllowedChanges<'_, '_>,
    received: Option<&ReceivedVersion>,
) -> Result<(), Failure> {
    let (package, now) = (changes.package().as_borrowed(), exchange.context.now);
    let published = changes.publication().map_or(0, |publication| publication.tags().len());
    let set = changes.dist_tags().iter().filter(|(_, version)| version.is_some()).count();
    dist_tags::check_count_at_once(published.saturating_add(set))?;
    if changes.is_creation() {
        let visibility =
            changes.visibility().unwrap_or_else(|| first_visibility(exchange.services.policy, changes.package()));
        let creator = exchange.owner_name()?;
        let new = NewPackage { name: package, visibility, creator: creator.as_borrowed() };
        packages::create(&mut exchange.tx, new, now).await?;
    } else if let Some(visibility) = changes.visibility() {
        packages::set_visibility(&mut exchange.tx, package, visibility).await?;
    }
    if let Some(publication) = changes.publication() {
        let received = received.ok_or_else(|| other("a version that was not received"))?;
        publish(exchange, changes.package(), publication, received).await?;
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
        set_maintainers(exchange, changes.package(), maintainers).await?;
    }
    let user = exchange.owner_name()?;
    if let Some(star) = changes.starred_by(user.as_borrowed()) {
        let star = if star { Star::On } else { Star::Off };
        packages::set_star(&mut exchange.tx, package, user.as_borrowed(), star).await?;
    }
    // Every user who may read a package may star it. A star must not outdate the document that a maintainer has read.
    if changes_document(changes) {
        dist_tags::ensure_latest(&mut exchange.tx, package).await?;
        packages::check_size(&mut exchange.tx, package).await?;
        packages::renew_revision(&mut exchange.tx, package, now).await?;
    }
    // This is done after every check, so that a publish that is refused leaves no tarball.
    if let Some(received) = received {
        received.tarball.place().await?;
    }
    Ok(())
}

/// Makes these users the owners of the package, which are the users who may write to it.
///
/// The list that was sent is a change of the list that the caller sees. So a user whom the caller does not see stays, and a
/// user on the list may have the permission by a team, and not by a grant of the user's own.
async fn set_maintainers(exchange: &mut Exchange<'_>, name: &PackageName, sent: &[UserName]) -> Result<(), Failure> {
    let package = name.as_borrowed();
    let seen: Vec<UserName> = collaborators::writers(exchange, package)
        .await?
        .iter()
        .map(|user| fact(user.parse()))
        .collect::<Result<_, _>>()?;
    let without = |these: &[UserName], those: &[UserName]| {
        these.iter().filter(|user| !those.contains(user)).cloned().collect::<Vec<_>>()
    };
    let change = MaintainersChange { added: without(sent, &seen), removed: without(&seen, sent) };
    packages::change_maintainers(&mut exchange.tx, package, &change).await?;
    let mut notices = Vec::new();
    let still = collaborators::writers(exchange, package).await?;
    for user in change.removed.iter().filter(|user| still.iter().any(|name| name == user.as_str())) {
        notices.push(format!("`{user}` may still write to `{name}`, by a team"));
    }
    if let (ScopeOwner::Organization, Some(scope)) =
        (facts::scope_owner(&mut exchange.tx, package).await?, package.scope())
    {
        let organization: OrganizationName = fact(scope.as_str().parse())?;
        let members = organizations::members(&mut exchange.tx, organization.as_borrowed()).await?;
        for user in change.added.iter().filter(|user| !members.contains_key(user.as_str())) {
            notices.push(format!(
                "`{user}` is not a member of the organization `{organization}`, so this gives no access to `{name}` yet: \
                 an owner of the organization invites the user with `npm org set {organization} {user}`"
            ));
        }
    }
    if !notices.is_empty() {
        exchange.notice = Some(notices.join("; ").into());
    }
    Ok(())
}

/// Whether the changes include more than stars.
fn changes_document(changes: AllowedChanges<'_, '_>) -> bool {
    changes.publication().is_some()
        || changes.visibility().is_some()
        || changes.maintainers().is_some()
        || !changes.dist_tags().is_empty()
        || !changes.deprecations().is_empty()
        || !changes.removals().is_empty()
}

/// Stores a new version: its manifest and its dist-tags.
async fn publish(
    exchange: &mut Exchange<'_>,
    name: &PackageName,
    publication: &Publication<'_>,
    received: &ReceivedVersion,
) -> Result<(), Failure> {
    let (package, now, version) = (name.as_borrowed(), exchange.context.now, publication.version());
    let new = NewVersion { version, manifest: &received.manifest, tarball: received.tarball.id() };
    packages::insert_version(&mut exchange.tx, package, &new, now).await?;
    packages::deprecate(&mut exchange.tx, package, version, received.deprecated.clone()).await?;
    for tag in publication.tags() {
        dist_tags::set(&mut exchange.tx, package, tag, version).await?;
    }
    Ok(())
}

/// Reads the manifest and the tarball of a version, and writes the tarball to the disk. This takes a while, so the caller
/// holds no connection to the database meanwhile.
pub(crate) async fn receive(services: &Services, new: NewPublication<'_, '_>) -> Result<ReceivedVersion, Failure> {
    let NewPublication { package, publication, publisher } = new;
    if publication.provenance().is_some() {
        return Err(Failure::bad_request("provenance is not kept here: expected a publish without it"));
    }
    let read = || {
        let Value::Object(manifest) = serde_json::to_value(publication.manifest()).map_err(other)? else {
            return Err(other("a manifest that is not an object"));
        };
        let tarball = BASE64_STANDARD.decode(publication.tarball());
        let tarball = tarball.map_err(|_| Failure::bad_request("the tarball is not in base 64"))?;
        let (mut manifest, deprecated) = manifest_to_store(manifest, &tarball)?;
        manifest.insert("_npmUser".into(), json!({ "name": publisher, "email": "" }));
        packages::check_deprecation(deprecated.as_deref())?;
        Ok((packages::manifest_text(&Value::Object(manifest))?, deprecated, tarball))
    };
    // A tarball has up to 48 MiB, and other requests go on meanwhile.
    let (manifest, deprecated, tarball) = tokio::task::block_in_place(read)?;
    let tarball = opened(services, tarball, (package.clone(), publication.version().to_owned())).await?;
    let tarball = services.tarballs.receive(tarball).await?;
    Ok(ReceivedVersion { manifest, deprecated, tarball })
}

/// Opens a tarball, and returns it if it contains this version of the package. Few tarballs are opened at one time, each
/// in a thread of its own.
async fn opened(
    services: &Services,
    tarball: Vec<u8>,
    (package, version): (PackageName, String),
) -> Result<Vec<u8>, Failure> {
    let permit = timeout(OPENING_TIMEOUT, services.tarball_checks.clone().acquire_owned()).await;
    let permit = permit.map_err(|_| Failure::Busy)?.map_err(other)?;
    let open = move || {
        // The thread holds the permit, because it goes on if the client disconnects.
        let _permit = permit;
        tarball_content::check(&tarball, package.as_borrowed(), &version).map(|()| tarball)
    };
    tokio::task::spawn_blocking(open).await.map_err(other)?
}

/// The visibility of a new package if the publisher does not choose one: private, unless the package has no scope and
/// the policy makes every such package public ([P6](tollgate::docs::rules#p6)).
fn first_visibility(policy: Policy, name: &PackageName) -> Visibility {
    let may_be_private = name.is_scoped() || policy.unscoped_packages() == UnscopedPackages::MayBePrivate;
    if may_be_private { Visibility::Private } else { Visibility::Public }
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
    let shasum = digest::hex(&Sha1::digest(tarball));
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

//! Packages: reading them, changing their access, and deleting them.

use axum::{http::StatusCode, response::Response};
use serde_json::{Map, Value, json};
use tollgate::{
    PackageName,
    facts::{FoundPackage, PublishingAccess, TwoFactorMode, Visibility},
    npm::{AccessChange, PathText},
    policy::UnscopedPackages,
};

use crate::{
    base::failure::{Failure, other},
    exchange::{
        collaborators,
        decisions::{Exchange, allowed},
    },
    reply::{npm_word::npm_word, response},
    store::{dist_tags, packages, packument},
};

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
    expect_same_revision(present.as_deref(), revision)
}

/// Checks that the revision which the client sends is the present one.
///
/// # Errors
/// Status 409 if the client sends another revision or no revision.
pub(crate) fn expect_same_revision(present: Option<&str>, sent: Option<&str>) -> Result<(), Failure> {
    if present.is_some() && sent == present {
        return Ok(());
    }
    Err(Failure::conflict("the package has changed since it was read: expected its present revision, read it again"))
}

/// `GET /:package/:version`: the manifest of a version. The path may have a dist-tag in place of the version, or a range of
/// versions, of which the highest is answered.
pub(crate) async fn manifest(
    exchange: &mut Exchange<'_>,
    name: &PackageName,
    version: &PathText,
) -> Result<Response, Failure> {
    let base = exchange.context.base_url.clone();
    let manifest = packument::manifest(&mut exchange.tx, name.as_borrowed(), version.as_str(), &base).await?;
    let manifest = manifest.ok_or_else(|| Failure::not_found(format!("version not found: {version}")))?;
    Ok(response::ok(&Value::Object(manifest)))
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
/// the highest permission. Those who have it by a team are listed for a caller who may see its members.
pub(crate) async fn collaborators(exchange: &mut Exchange<'_>, name: &PackageName) -> Result<Response, Failure> {
    let held = collaborators::visible(exchange, name.as_borrowed()).await?;
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
        let is_always_public = exchange.services.policy.unscoped_packages() == UnscopedPackages::AlwaysPublic;
        if visibility == Visibility::Private && !name.is_scoped() && is_always_public {
            let text = format!("the unscoped package `{name}` as private: expected public, or a scoped name");
            return Err(Failure::refused(StatusCode::BAD_REQUEST, text));
        }
        packages::set_visibility(&mut exchange.tx, package, visibility).await?;
    }
    if let Some(access) = change.publishing_access() {
        let two_factor = exchange.token()?.1.two_factor();
        if access != PublishingAccess::NoRequirement && two_factor == TwoFactorMode::Disabled {
            // The user could neither publish the package nor take the requirement back.
            let text = format!(
                "`{name}` would require a second factor, and your account has none: enable it first, with `npm profile \
                 enable-2fa auth-and-writes`"
            );
            return Err(Failure::refused(StatusCode::FORBIDDEN, text));
        }
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

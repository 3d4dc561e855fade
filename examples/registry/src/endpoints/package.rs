//! Packages: reading them, changing their access, and deleting them.

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::{Map, Value, json};
use tollgate::{
    PackageName,
    facts::{FoundPackage, Visibility},
    npm::{AccessChange, PathText},
    policy::UnscopedPackages,
};

use crate::{
    base::{
        digest,
        failure::{Failure, other},
    },
    exchange::{
        budget::Reserved,
        decisions::{Exchange, allowed},
        document::{Document, DocumentName},
    },
    reply::{npm_word::npm_word, response},
    store::{
        dist_tags, packages,
        packument::{self, Form},
        tarballs::{TarballId, Tarballs},
    },
};

/// The JSON text of the document of a package, in which URLs begin with the base URL of this request.
#[derive(Debug)]
pub(crate) struct DocumentText {
    pub(crate) text: String,
    pub(crate) reserved: Reserved,
}

/// Builds the document of a package. `copies` is how many times its size is needed in memory.
///
/// # Errors
/// There is no such package. Handlers call this only for a package that they know to exist, so the error is a bug in
/// the handler. [`Failure::NoMemory`] if the memory is not free.
pub(crate) async fn document(
    exchange: &mut Exchange<'_>,
    name: &PackageName,
    form: Form,
    copies: usize,
) -> Result<DocumentText, Failure> {
    let size = usize::try_from(packages::size(&mut exchange.tx, name.as_borrowed()).await?).map_err(other)?;
    let (budget, writer) = (&exchange.services.budget, exchange.writer());
    let reserved = budget.try_reserve(writer.place(), size.saturating_mul(copies))?;
    let base = exchange.context.base_url.clone();
    let text = packument::packument(&mut exchange.tx, name.as_borrowed(), &base, form).await?;
    let text = text.ok_or_else(|| other("a package was read that does not exist"))?;
    Ok(DocumentText { text, reserved })
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

/// The media type of the abbreviated form of a document.
const ABBREVIATED: &str = "application/vnd.npm.install-v1+json";

/// `GET /:package`: the document, in the abbreviated form if the client asks for that. A client that has the same text
/// already gets status 304.
pub(crate) async fn read(
    exchange: &mut Exchange<'_>,
    name: &PackageName,
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_abbreviated = text(header::ACCEPT).contains(ABBREVIATED);
    let (form, media_type) =
        if is_abbreviated { (Form::Abbreviated, ABBREVIATED) } else { (Form::Full, "application/json") };
    let (document, reserved) = shown(exchange, name, form).await?;
    let is_known =
        text(header::IF_NONE_MATCH).split(',').any(|known| known.trim().trim_start_matches("W/") == document.etag);
    let body = match (is_known, reserved) {
        (true, _) => Body::empty(),
        (false, None) => Body::from(document.text),
        (false, Some(reserved)) => Body::from(Bytes::from_owner(Held { text: document.text, _reserved: reserved })),
    };
    let mut response = Response::new(body);
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        response::set_header(&mut response, header::CONTENT_TYPE, media_type);
    }
    response.headers_mut().insert(header::ETAG, document.etag);
    response::set_header(&mut response, header::VARY, "accept");
    Ok(response)
}

/// The maximum number of bytes of a document that takes no part of the memory for large ones.
const SMALL: usize = 64 * 1024;

/// A large document that is being sent.
struct Held {
    text: Bytes,
    _reserved: Reserved,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.text
    }
}

/// The document as clients get it, and the memory that it takes if it is large. The text is kept in memory for the next
/// request.
async fn shown(
    exchange: &mut Exchange<'_>,
    name: &PackageName,
    form: Form,
) -> Result<(Document, Option<Reserved>), Failure> {
    let stamp = exchange.document_stamp.clone().ok_or_else(|| other("a package was read that does not exist"))?;
    let key = DocumentName { stamp, form, base_url: exchange.context.base_url.clone() };
    let services = exchange.services;
    if let Some(document) = services.documents.get(&key) {
        let is_large = document.text.len() > SMALL;
        let reserve = || services.budget.try_reserve(exchange.writer().place(), document.text.len());
        let reserved = is_large.then(reserve).transpose()?;
        return Ok((document, reserved));
    }
    // The rows and the text.
    let DocumentText { text, reserved } = self::document(exchange, name, form, 2).await?;
    let etag = format!("\"{}\"", digest::sha512(text.as_bytes()));
    let document = Document { text: text.into(), etag: HeaderValue::from_str(&etag).map_err(other)? };
    services.documents.insert(key, document.clone());
    let reserved = Some(reserved).filter(|_| document.text.len() > SMALL);
    Ok((document, reserved))
}

/// `GET /:package/:version`: the manifest of a version. The path may have a dist-tag in place of the version.
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
    let (body, length) = if let Some(bytes) = tarballs.small(id).await? {
        (Body::from(bytes.clone()), u64::try_from(bytes.len()).map_err(other)?)
    } else {
        let found = tarballs.get(id).await?;
        let length = found.meta.size;
        (Body::from_stream(found.into_stream()), length)
    };
    let mut response = Response::new(body);
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
        let is_always_public = exchange.services.policy.unscoped_packages() == UnscopedPackages::AlwaysPublic;
        if visibility == Visibility::Private && !name.is_scoped() && is_always_public {
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

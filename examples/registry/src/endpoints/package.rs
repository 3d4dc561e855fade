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
        kept::{Document, DocumentName, TarballName},
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
    let form = asked_form(headers);
    let document = match kept_document(exchange, form)? {
        Some(document) => document,
        None => new_document(exchange, name, form).await?,
    };
    Ok(with_document(document, form, headers))
}

/// The response of [`read`] if the document is in memory.
pub(crate) fn read_kept(exchange: &Exchange<'_>, headers: &HeaderMap) -> Result<Option<Response>, Failure> {
    let form = asked_form(headers);
    Ok(kept_document(exchange, form)?.map(|document| with_document(document, form, headers)))
}

fn header_text(headers: &HeaderMap, name: HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn asked_form(headers: &HeaderMap) -> Form {
    if header_text(headers, header::ACCEPT).contains(ABBREVIATED) { Form::Abbreviated } else { Form::Full }
}

/// A document to be sent, and its part of the memory if it is large.
type ShownDocument = (Document, Option<Reserved>);

/// The maximum number of bytes of a document that takes no part of the memory for large ones.
const SMALL: usize = 64 * 1024;

fn document_name(exchange: &Exchange<'_>, form: Form) -> Option<DocumentName> {
    let stamp = exchange.document_stamp.clone()?;
    Some(DocumentName { stamp, form, base_url: exchange.context.base_url.clone() })
}

/// The document as clients get it, if it is in memory.
fn kept_document(exchange: &Exchange<'_>, form: Form) -> Result<Option<ShownDocument>, Failure> {
    let Exchange { services, .. } = exchange;
    let document = document_name(exchange, form).and_then(|name| services.kept.documents.get(&name));
    let Some(document) = document else { return Ok(None) };
    let size = document.text.len();
    let reserved =
        if size > SMALL { Some(services.budget.try_reserve(exchange.writer().place(), size)?) } else { None };
    Ok(Some((document, reserved)))
}

/// The document as clients get it, built from its rows. It is kept in memory for the next request.
async fn new_document(exchange: &mut Exchange<'_>, name: &PackageName, form: Form) -> Result<ShownDocument, Failure> {
    // The rows and the text.
    let DocumentText { text, reserved } = document(exchange, name, form, 2).await?;
    let etag = format!("\"{}\"", digest::sha512(text.as_bytes()));
    // Without the room in which the text has grown.
    let text = text.into_boxed_str().into_boxed_bytes().into();
    let document = Document { text, etag: HeaderValue::from_str(&etag).map_err(other)? };
    if let Some(name) = document_name(exchange, form) {
        exchange.services.kept.documents.insert(name, document.clone(), document.text.len());
    }
    let reserved = if document.text.len() > SMALL { Some(reserved) } else { None };
    Ok((document, reserved))
}

fn with_document((document, reserved): ShownDocument, form: Form, headers: &HeaderMap) -> Response {
    let known = header_text(headers, header::IF_NONE_MATCH);
    let is_known = known.split(',').any(|known| known.trim().trim_start_matches("W/") == document.etag);
    let mut response = Response::new(match (is_known, reserved) {
        (true, _) => Body::empty(),
        (false, None) => Body::from(document.text),
        (false, Some(reserved)) => Body::from(Bytes::from_owner(Held { text: document.text, _reserved: reserved })),
    });
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        let media_type = match form {
            Form::Abbreviated => ABBREVIATED,
            Form::Full => "application/json",
        };
        response::set_header(&mut response, header::CONTENT_TYPE, media_type);
    }
    response.headers_mut().insert(header::ETAG, document.etag);
    response::set_header(&mut response, header::VARY, "accept");
    response
}

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

/// `GET /:package/-/:name-:version.tgz`: the tarball. A small one is kept in memory, and a larger one is streamed from
/// its file.
pub(crate) async fn tarball(
    exchange: &mut Exchange<'_>,
    name: &PackageName,
    version: &PathText,
) -> Result<Response, Failure> {
    let id = packages::tarball(&mut exchange.tx, name.as_borrowed(), version.as_str()).await?;
    let id = id.ok_or_else(|| Failure::not_found(format!("version not found: {version}")))?;
    let Some(bytes) = exchange.services.tarballs.small(&id).await? else {
        return stream(&exchange.services.tarballs, &id).await;
    };
    if let Some(name) = tarball_name(exchange, version) {
        exchange.services.kept.tarballs.insert(name, bytes.clone(), bytes.len());
    }
    Ok(with_tarball(Body::from(bytes.clone()), &bytes.len().to_string()))
}

/// The response of [`tarball`] if the tarball is in memory.
pub(crate) fn tarball_kept(exchange: &Exchange<'_>, version: &PathText) -> Option<Response> {
    let bytes = exchange.services.kept.tarballs.get(&tarball_name(exchange, version)?)?;
    let length = bytes.len().to_string();
    Some(with_tarball(Body::from(bytes), &length))
}

fn tarball_name(exchange: &Exchange<'_>, version: &PathText) -> Option<TarballName> {
    Some(TarballName { stamp: exchange.document_stamp.clone()?, version: version.as_str().to_owned() })
}

/// A tarball, streamed from its file.
pub(crate) async fn stream(tarballs: &Tarballs, id: &TarballId) -> Result<Response, Failure> {
    let found = tarballs.get(id).await?;
    let length = found.meta.size.to_string();
    Ok(with_tarball(Body::from_stream(found.into_stream()), &length))
}

fn with_tarball(body: Body, length: &str) -> Response {
    let mut response = Response::new(body);
    response::set_header(&mut response, header::CONTENT_TYPE, "application/octet-stream");
    response::set_header(&mut response, header::CONTENT_LENGTH, length);
    response
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

//! The document of a package: building it, and sending it. Texts that were sent are kept in memory.

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
    response::Response,
};
use tollgate::{PackageName, value::OrganizationName};

use crate::{
    base::{
        digest,
        failure::{Failure, other},
    },
    exchange::{
        budget::Reserved,
        collaborators,
        decisions::Exchange,
        kept::{Document, DocumentName, StampedPackage},
    },
    reply::response,
    store::{
        packages::{self, Outline},
        packument::{self, Form},
    },
};

/// The media type of the abbreviated form of a document.
const ABBREVIATED: &str = "application/vnd.npm.install-v1+json";

/// The maximum number of bytes of a document that is sent without a part of the memory for large ones.
const SMALL: usize = 64 * 1024;

/// How much of a document is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Everything that the caller may see.
    Full,
    /// What an install needs.
    Abbreviated,
}

impl Wanted {
    fn from_headers(headers: &HeaderMap) -> Self {
        let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if accepted.contains(ABBREVIATED) { Self::Abbreviated } else { Self::Full }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Full => "application/json",
            Self::Abbreviated => ABBREVIATED,
        }
    }
}

/// The JSON text of the document of a package, in which URLs begin with the base URL of this request.
#[derive(Debug)]
pub(crate) struct DocumentText {
    pub(crate) text: String,
    form: Form,
    /// The organizations whose teams have grants on the package.
    organizations_of_teams: Vec<OrganizationName>,
    pub(crate) reserved: Reserved,
}

/// Builds the document of a package. The handler needs memory for `copies` times its size.
///
/// # Errors
/// There is no such package. Handlers call this only for a package that they know to exist, so the error is a bug in
/// the handler. [`Failure::NoMemory`] if the memory is not free.
pub(crate) async fn build(
    exchange: &mut Exchange<'_>,
    name: &PackageName,
    wanted: Wanted,
    copies: usize,
) -> Result<DocumentText, Failure> {
    let Outline { size, organizations_of_teams } = packages::outline(&mut exchange.tx, name.as_borrowed()).await?;
    let size = usize::try_from(size).map_err(other)?;
    let (budget, writer) = (&exchange.services.budget, exchange.writer());
    let reserved = budget.try_reserve(writer.place(), size.saturating_mul(copies))?;
    let form = match wanted {
        Wanted::Full => full_form(exchange, &organizations_of_teams).await?,
        Wanted::Abbreviated => Form::Abbreviated,
    };
    let base = exchange.context.base_url.clone();
    let text = packument::packument(&mut exchange.tx, name.as_borrowed(), &base, &form).await?;
    let text = text.ok_or_else(|| other("a package was read that does not exist"))?;
    Ok(DocumentText { text, form, organizations_of_teams, reserved })
}

/// The form with everything that this caller may see of a package on which teams of these organizations have grants. This
/// makes no query.
async fn full_form(exchange: &mut Exchange<'_>, organizations_of_teams: &[OrganizationName]) -> Result<Form, Failure> {
    Ok(Form::Full { teams_of: collaborators::readable(exchange, organizations_of_teams.iter().cloned()).await? })
}

/// `GET /:package`: the document, in the abbreviated form if the client asks for that. A client that has the same text
/// already gets status 304.
pub(crate) async fn read(
    exchange: &mut Exchange<'_>,
    name: &PackageName,
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    let wanted = Wanted::from_headers(headers);
    // The rows take the size once, and the text takes it once.
    let built = build(exchange, name, wanted, 2).await?;
    let DocumentText { text, form, organizations_of_teams, reserved } = built;
    // A weak one, because the response may be compressed, and is then equivalent and not the same.
    let etag = format!("W/\"{}\"", digest::sha512(text.as_bytes()));
    // Without the room in which the text has grown.
    let document = Document { text: text.into_boxed_str().into_boxed_bytes().into(), etag };
    if let Some(package) = exchange.stamped.clone() {
        let kept = &exchange.services.kept;
        let bytes = organizations_of_teams.iter().map(|name| name.as_str().len()).sum();
        kept.organizations_of_teams.insert(package.clone(), organizations_of_teams, bytes);
        kept.documents.insert(document_name(exchange, package, form), document.clone(), document.text.len());
    }
    let reserved = Some(reserved).filter(|_| document.text.len() > SMALL);
    Ok(response(document, reserved, wanted, headers))
}

/// The response of [`read`] if the document is in memory. This makes no query.
pub(crate) async fn read_kept(exchange: &mut Exchange<'_>, headers: &HeaderMap) -> Result<Option<Response>, Failure> {
    let kept = &exchange.services.kept;
    let Some(package) = exchange.stamped.clone() else { return Ok(None) };
    let wanted = Wanted::from_headers(headers);
    let form = match wanted {
        Wanted::Full => {
            let Some(organizations) = kept.organizations_of_teams.get(&package) else { return Ok(None) };
            full_form(exchange, &organizations).await?
        }
        Wanted::Abbreviated => Form::Abbreviated,
    };
    let Some(document) = kept.documents.get(&document_name(exchange, package, form)) else { return Ok(None) };
    let size = document.text.len();
    let reserved =
        if size > SMALL { Some(exchange.services.budget.try_reserve(exchange.writer().place(), size)?) } else { None };
    Ok(Some(response(document, reserved, wanted, headers)))
}

fn document_name(exchange: &Exchange<'_>, package: StampedPackage, form: Form) -> DocumentName {
    DocumentName { package, form, base_url: exchange.context.base_url.clone() }
}

fn response(document: Document, reserved: Option<Reserved>, wanted: Wanted, headers: &HeaderMap) -> Response {
    let Document { text, etag } = document;
    let mut response = if response::is_known(headers, &etag) {
        response::not_modified(&etag)
    } else {
        let body = match reserved {
            None => text,
            Some(reserved) => Bytes::from_owner(Large { text, _reserved: reserved }),
        };
        let mut response = Response::new(Body::from(body));
        response::set_header(&mut response, header::CONTENT_TYPE, wanted.media_type());
        response::set_header(&mut response, header::ETAG, &etag);
        response
    };
    response::set_header(&mut response, header::VARY, "accept, accept-encoding");
    response
}

/// A large document that is being sent, with its part of the memory.
struct Large {
    text: Bytes,
    _reserved: Reserved,
}

impl AsRef<[u8]> for Large {
    fn as_ref(&self) -> &[u8] {
        &self.text
    }
}

//! The documents and the small tarballs that are kept in memory.
//!
//! Everything is found by the package and the stamp of its document, which the request reads in its own snapshot together
//! with the facts by which it is decided. Each change of a document gives it another stamp. A version that is published
//! or removed is such a change, and so is each change of the users who have a grant. So what is kept is never out of date.
//!
//! Callers may see different maintainers in a document: those who may write by a team are shown to callers who may read the
//! team's organization. Which organizations a package concerns is kept, so that this can be decided for each request
//! without a query. The organizations that the caller may read are in [`Form`], which is a part of the name of a text.

use axum::body::Bytes;
use tollgate::{PackageName, value::OrganizationName};

use crate::store::{kept::Kept, packument::Form, tarballs::TarballId};

/// How many bytes of documents are kept in memory, and how many of tarballs.
const MAX_BYTES: usize = 32 * 1024 * 1024;
/// How many bytes of names of organizations are kept in memory.
const MAX_BYTES_OF_NAMES: usize = 4 * 1024 * 1024;

/// **What is kept in memory** of packages that are requested often.
#[derive(Debug)]
pub(crate) struct KeptContent {
    /// The organizations whose teams have grants on a package.
    pub(crate) organizations_of_teams: Kept<StampedPackage, Vec<OrganizationName>>,
    pub(crate) documents: Kept<DocumentName, Document>,
    pub(crate) tarballs: Kept<TarballName, Tarball>,
}

impl KeptContent {
    pub(crate) fn new() -> Self {
        Self {
            organizations_of_teams: Kept::new(MAX_BYTES_OF_NAMES),
            documents: Kept::new(MAX_BYTES),
            tarballs: Kept::new(MAX_BYTES),
        }
    }
}

/// A package as it is in a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StampedPackage {
    pub(crate) package: PackageName,
    pub(crate) stamp: String,
}

/// What the text of a document depends on.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct DocumentName {
    pub(crate) package: StampedPackage,
    pub(crate) form: Form,
    /// The URL that clients put before a path.
    pub(crate) base_url: String,
}

/// A document as a client gets it.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) text: Bytes,
    pub(crate) etag: String,
}

/// What the tarball of a version depends on.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct TarballName {
    pub(crate) package: StampedPackage,
    pub(crate) version: String,
}

/// A small tarball.
#[derive(Clone, Debug)]
pub(crate) struct Tarball {
    pub(crate) id: TarballId,
    pub(crate) bytes: Bytes,
}

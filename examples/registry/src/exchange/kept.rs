//! The documents and the small tarballs that are kept in memory.
//!
//! Both are found by the stamp of the package's document, which the request reads in its own snapshot together with the
//! facts by which it is decided. Each change of a document gives it another stamp, and a version that is published or
//! removed is such a change. So what is kept is never out of date.

use axum::{body::Bytes, http::HeaderValue};

use crate::store::{kept::Kept, packument::Form};

/// How many bytes of documents are kept in memory, and how many of tarballs.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// **What is kept in memory** of packages that are requested often.
#[derive(Debug)]
pub(crate) struct KeptContent {
    pub(crate) documents: Kept<DocumentName, Document>,
    pub(crate) tarballs: Kept<TarballName, Bytes>,
}

impl KeptContent {
    pub(crate) fn new() -> Self {
        Self { documents: Kept::new(MAX_BYTES), tarballs: Kept::new(MAX_BYTES) }
    }
}

/// What the text of a document depends on.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct DocumentName {
    pub(crate) stamp: String,
    pub(crate) form: Form,
    /// The URL that clients put before a path.
    pub(crate) base_url: String,
}

/// A document as a client gets it.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) text: Bytes,
    pub(crate) etag: HeaderValue,
}

/// Which tarball a version has.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct TarballName {
    pub(crate) stamp: String,
    pub(crate) version: String,
}

//! The texts of documents, kept in memory.
//!
//! A text is found by the stamp of the document, which the request reads in its own snapshot, after the decision that the
//! caller may read the package. Each change of a document gives it another stamp, so a kept text is never out of date.

use axum::{body::Bytes, http::HeaderValue};

use crate::store::{kept::Kept, packument::Form};

/// How many bytes of documents are kept in memory.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// **The texts of documents** that are requested often.
#[derive(Debug)]
pub(crate) struct KeptDocuments(Kept<DocumentName, Document>);

/// What a text depends on.
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

impl KeptDocuments {
    pub(crate) fn new() -> Self {
        Self(Kept::new(MAX_BYTES))
    }

    pub(crate) fn get(&self, name: &DocumentName) -> Option<Document> {
        self.0.get(name)
    }

    pub(crate) fn insert(&self, name: DocumentName, document: Document) {
        let bytes = document.text.len();
        self.0.insert(name, document, bytes);
    }
}

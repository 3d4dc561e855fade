//! The document of a package in a request, compared with the stored one.
//!
//! The comparison is made in a snapshot before the transaction that writes, because inside that transaction other
//! writers would wait for it. The transaction checks that the stored document has not changed since the comparison.

use tollgate::{
    facts::Visibility,
    npm::{Body, PackumentChanges},
};

use crate::{exchange::budget::Reserved, store::tarballs::IncomingTarball};

/// The document of a package as the caller of the request would read it.
#[derive(Debug)]
pub(crate) struct StoredDocument {
    pub(crate) document: Body<'static>,
    pub(crate) visibility: Visibility,
    pub(crate) revision: String,
    /// The memory of the document.
    pub(crate) _reserved: Reserved,
}

/// A version whose tarball is on disk, and whose manifest is ready to be stored.
#[derive(Debug)]
pub(crate) struct ReceivedVersion {
    /// The text of the manifest.
    pub(crate) manifest: String,
    pub(crate) deprecated: Option<String>,
    pub(crate) tarball: IncomingTarball,
}

/// **The changes that the body makes to the stored document.**
#[derive(Clone, Copy, Debug)]
pub(crate) struct Comparison<'r> {
    pub(crate) changes: &'r PackumentChanges<'r>,
    /// The revision of the stored document, or `None` if there is no such package.
    pub(crate) revision: Option<&'r str>,
    /// The version that the body publishes or stages.
    pub(crate) received: Option<&'r ReceivedVersion>,
}

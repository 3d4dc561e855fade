//! The document of a package in a request, compared with the stored one.
//!
//! The comparison is made in a snapshot, before the transaction that writes, because other writers would wait meanwhile.
//! The transaction makes sure that the stored document has not changed since.

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
    /// The memory that it takes.
    pub(crate) _reserved: Reserved,
}

/// A version whose tarball is on disk, and whose manifest is as it will be stored.
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

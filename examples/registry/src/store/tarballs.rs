//! Tarballs, each in a file that is named by the SHA-512 of its bytes.
//!
//! A tarball is on disk and synced before the rows that name it are committed, so `kill -9` at any moment leaves the
//! whole version or none of it. A tarball without rows cannot be requested.

use std::{fmt::Write, path::Path, sync::Arc};

use object_store::{ObjectStoreExt, PutPayload, local::LocalFileSystem, path::Path as Key};
use sha2::{Digest, Sha512};

use crate::base::failure::{Failure, other};

/// **The SHA-512 of a tarball's bytes**, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TarballId(String);

impl TarballId {
    /// The id that a row of the database has.
    pub(crate) const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The id of a tarball with these bytes.
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let mut text = String::new();
        for byte in Sha512::digest(bytes) {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The path in the folder of tarballs. There is a subfolder for each value of the first byte, so that no folder has
    /// too many files.
    fn key(&self) -> Key {
        let first = self.0.get(..2).unwrap_or("00");
        Key::from_iter([first, self.0.as_str()])
    }
}

/// **The folder of tarballs.**
#[derive(Clone, Debug)]
pub(crate) struct Tarballs {
    store: Arc<LocalFileSystem>,
}

impl Tarballs {
    /// Opens the folder, and creates it if it does not exist.
    ///
    /// # Errors
    /// The folder cannot be created.
    pub(crate) fn open(folder: &Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder).map_err(other)?;
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self { store: Arc::new(store) })
    }

    /// Writes a tarball, whole or not at all. When this returns, the tarball survives a power cut.
    pub(crate) async fn put(&self, bytes: Vec<u8>) -> Result<TarballId, Failure> {
        let id = TarballId::new(&bytes);
        self.store.put(&id.key(), PutPayload::from(bytes)).await?;
        Ok(id)
    }

    /// Opens a tarball, which is read in pieces.
    pub(crate) async fn get(&self, id: &TarballId) -> Result<object_store::GetResult, Failure> {
        Ok(self.store.get(&id.key()).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::{TarballId, Tarballs};

    #[tokio::test]
    async fn a_tarball_is_read_back_by_the_digest_of_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let tarballs = Tarballs::open(&folder.path().join("tarballs")).unwrap();
        let id = tarballs.put(b"bytes".to_vec()).await.unwrap();
        assert_eq!(id, TarballId::new(b"bytes"));
        assert_eq!(tarballs.put(b"bytes".to_vec()).await.unwrap(), id);
        assert_eq!(tarballs.get(&id).await.unwrap().bytes().await.unwrap(), &b"bytes"[..]);
        assert!(tarballs.get(&TarballId::new(b"others")).await.is_err());
    }
}

//! Tarballs, each in a file that is named by the SHA-512 of its bytes.
//!
//! A tarball is written to the subfolder `incoming`, before the transaction that stores its version, and gets its lasting
//! name as the last step before the commit. So `kill -9` at any moment leaves the whole version or none of it, and a
//! publish that is refused leaves no file. A tarball without rows cannot be requested, and is
//! [collected](crate::store::collection) later.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{body::Bytes, http::StatusCode};
use futures_util::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, local::LocalFileSystem, path::Path as Key};

use crate::base::{
    clock, digest,
    failure::{Failure, other},
    log_target, random,
};

/// The subfolder of the tarballs that are being received.
const INCOMING: &str = "incoming";

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
        Self(digest::sha512(bytes))
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

fn is_incoming(key: &Key) -> bool {
    key.parts().next().is_some_and(|part| part.as_ref() == INCOMING)
}

/// **The folder of tarballs.**
#[derive(Clone, Debug)]
pub(crate) struct Tarballs {
    store: Arc<LocalFileSystem>,
    folder: PathBuf,
    /// How many bytes of the disk stay free.
    reserve: u64,
}

/// The maximum number of bytes of a tarball that is read as a whole.
const SMALL: u64 = 64 * 1024;

impl Tarballs {
    /// Opens the folder. No tarball is received if that left fewer bytes of the disk than `reserve`.
    ///
    /// # Errors
    /// The folder does not exist.
    pub(crate) fn open(folder: &Path, reserve: u64) -> Result<Self, Failure> {
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), folder: folder.to_owned(), reserve })
    }

    /// Writes a tarball to a file that is removed again, unless it is [placed](IncomingTarball::place). When this returns,
    /// the file survives a power cut.
    ///
    /// # Errors
    /// Status 507 if too little of the disk would be free.
    pub(crate) async fn receive(&self, bytes: Vec<u8>) -> Result<IncomingTarball, Failure> {
        self.check_free_space(bytes.len())?;
        let id = TarballId::new(&bytes);
        let key = Key::from_iter([INCOMING, random::nonce()?.as_str()]);
        // Made before the file, so that the file is removed if this is dropped meanwhile.
        let incoming = IncomingTarball { tarballs: self.clone(), key, id, is_placed: AtomicBool::new(false) };
        self.store.put(&incoming.key, PutPayload::from(bytes)).await?;
        Ok(incoming)
    }

    fn check_free_space(&self, length: usize) -> Result<(), Failure> {
        let disk = rustix::fs::statvfs(&self.folder).map_err(other)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        let needed = self.reserve.saturating_add(u64::try_from(length).map_err(other)?);
        if free >= needed {
            return Ok(());
        }
        tracing::error!(target: log_target::SERVER, "a publish was refused, because only {free} bytes of the disk are free");
        Err(Failure::refused(StatusCode::INSUFFICIENT_STORAGE, "the disk of the registry is almost full: try later"))
    }

    /// All tarballs that have their lasting name, each with its path in the folder.
    pub(crate) async fn all(&self) -> Result<Vec<(TarballId, Key)>, Failure> {
        let listed: Vec<_> = self.store.list(None).try_collect().await?;
        let keys = listed.into_iter().map(|file| file.location).filter(|key| !is_incoming(key));
        Ok(keys.filter_map(|key| Some((TarballId::from_stored(key.filename()?.to_owned()), key))).collect())
    }

    /// Removes the files of publishes that began longer ago than `age` and did not end. Returns their number.
    pub(crate) async fn remove_abandoned(&self, age: Duration) -> Result<u64, Failure> {
        let now = clock::now()?.unix_nanoseconds();
        let listed: Vec<_> = self.store.list(Some(&Key::from(INCOMING))).try_collect().await?;
        let mut removed = 0_u64;
        for file in listed {
            let written = i128::from(file.last_modified.timestamp()).saturating_mul(1_000_000_000);
            if now.saturating_sub(written) > i128::try_from(age.as_nanos()).map_err(other)? {
                self.remove(&file.location).await?;
                removed = removed.saturating_add(1);
            }
        }
        Ok(removed)
    }

    /// Removes a file.
    pub(crate) async fn remove(&self, key: &Key) -> Result<(), Failure> {
        Ok(self.store.delete(key).await?)
    }

    /// The bytes of a small tarball, or `None` for a larger one.
    pub(crate) async fn small(&self, id: &TarballId) -> Result<Option<Bytes>, Failure> {
        let found = self.get(id).await?;
        if found.meta.size > SMALL {
            return Ok(None);
        }
        Ok(Some(found.bytes().await?))
    }

    /// Opens a tarball, which is read in pieces.
    pub(crate) async fn get(&self, id: &TarballId) -> Result<object_store::GetResult, Failure> {
        Ok(self.store.get(&id.key()).await?)
    }
}

/// **A tarball that was received**, in a file that is removed unless the version is stored.
#[derive(Debug)]
pub(crate) struct IncomingTarball {
    tarballs: Tarballs,
    key: Key,
    id: TarballId,
    is_placed: AtomicBool,
}

impl IncomingTarball {
    pub(crate) const fn id(&self) -> &TarballId {
        &self.id
    }

    /// Gives the file its lasting name. This is the last step before the rows that name it are committed. To do it again
    /// in another attempt changes nothing.
    pub(crate) async fn place(&self) -> Result<(), Failure> {
        if !self.is_placed.load(Ordering::Acquire) {
            self.tarballs.store.rename(&self.key, &self.id.key()).await?;
            self.is_placed.store(true, Ordering::Release);
        }
        Ok(())
    }
}

impl Drop for IncomingTarball {
    fn drop(&mut self) {
        if !self.is_placed.load(Ordering::Acquire)
            && let Ok(path) = self.tarballs.store.path_to_filesystem(&self.key)
        {
            // Without a file there is nothing to remove. One that cannot be removed is collected later.
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{TarballId, Tarballs};

    fn files(folder: &Path) -> usize {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
    }

    #[tokio::test]
    async fn a_tarball_is_read_back_by_the_digest_of_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let tarballs = Tarballs::open(folder.path(), 0).unwrap();
        for _ in 0..2 {
            let incoming = tarballs.receive(b"bytes".to_vec()).await.unwrap();
            assert_eq!(*incoming.id(), TarballId::new(b"bytes"));
            incoming.place().await.unwrap();
            incoming.place().await.unwrap();
        }
        assert_eq!(tarballs.get(&TarballId::new(b"bytes")).await.unwrap().bytes().await.unwrap(), &b"bytes"[..]);
        assert!(tarballs.get(&TarballId::new(b"others")).await.is_err());
        assert_eq!(files(folder.path()), 1);
    }

    #[tokio::test]
    async fn a_tarball_that_is_not_placed_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let tarballs = Tarballs::open(folder.path(), 0).unwrap();
        let incoming = tarballs.receive(b"bytes".to_vec()).await.unwrap();
        assert!(tarballs.get(incoming.id()).await.is_err());
        assert_eq!(files(folder.path()), 1);
        drop(incoming);
        assert_eq!(files(folder.path()), 0);
    }

    #[tokio::test]
    async fn nothing_is_received_when_the_disk_is_almost_full() {
        let folder = tempfile::tempdir().unwrap();
        let tarballs = Tarballs::open(folder.path(), u64::MAX).unwrap();
        assert!(tarballs.receive(b"bytes".to_vec()).await.unwrap_err().to_string().starts_with("507"));
        assert_eq!(files(folder.path()), 0);
    }
}

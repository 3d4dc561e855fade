//! Small tarballs for publishes that no npm client makes.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use tar::{Builder, EntryType, Header};

/// The tarball of a version. It has the text "the tarball of" with the name and the version, and is not compressed.
pub(crate) fn tarball(name: &str, version: &str) -> Vec<u8> {
    large_tarball(name, version, 0)
}

/// A tarball with a file of so many bytes.
pub(crate) fn large_tarball(name: &str, version: &str, bytes: usize) -> Vec<u8> {
    let manifest = json!({ "name": name, "version": version }).to_string();
    let readme = format!("the tarball of {name} {version}");
    tarball_of(&[
        ("package/package.json", manifest.as_bytes()),
        ("package/README.md", readme.as_bytes()),
        ("package/data", &vec![7; bytes]),
    ])
}

/// A tarball with these files, each a path with its content.
pub(crate) fn tarball_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::none()));
    for (path, content) in files {
        builder.append(&header(path, content.len()), *content).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

/// The head of a file in an archive. The content follows it.
pub(crate) fn tarball_head(path: &str, size: usize) -> Vec<u8> {
    header(path, size).as_bytes().to_vec()
}

fn header(path: &str, size: usize) -> Header {
    let mut header = Header::new_ustar();
    // The library would refuse a path such as `../a`.
    header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
    header.set_entry_type(EntryType::Regular);
    header.set_size(u64::try_from(size).unwrap());
    header.set_mode(0o644);
    header.set_cksum();
    header
}

/// Bytes that are compressed with gzip.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

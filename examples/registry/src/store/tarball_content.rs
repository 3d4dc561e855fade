//! What a tarball contains. A tarball is opened before its version is stored, so that the package which a client unpacks
//! is the one that was published.
//!
//! Two programs may read one archive differently, and then one checks what the other does not unpack. So an archive is
//! refused unless every reader sees the same files in it: one folder with plain files, each with one name.

use std::io::{Read, Result as IoResult};

use flate2::bufread::MultiGzDecoder;
use serde::Deserialize;
use tar::{Archive, Entry};
use tollgate::PackageName;

use crate::{base::failure::Failure, store::tar_header};

/// How many bytes a tarball may have when it is unpacked. A small tarball can unpack to a thousand times its size.
const MAX_UNPACKED: u64 = 512 * 1024 * 1024;
/// The maximum number of entries: files, folders, and the long names before them.
const MAX_ENTRIES: usize = 100_000;
/// The maximum number of bytes of `package.json`.
const MAX_PACKAGE_JSON: u64 = 1024 * 1024;
/// The maximum number of bytes of an entry that has the name of the next one. npm's client ignores a larger one.
const MAX_EXTENSION: u64 = 1024 * 1024;

/// The limits on what is read of a tarball.
#[derive(Clone, Copy)]
struct Limits {
    unpacked: u64,
    entries: usize,
}

/// The fields of `package.json` that npm's client reads.
#[derive(Debug, Deserialize)]
struct PackageJson {
    name: String,
    version: String,
}

/// Opens a tarball, and checks that it contains this version of the package and nothing outside its folder.
///
/// # Errors
/// Status 400 for a tarball that is malformed or too large, or that contains something else.
pub(crate) fn check(tarball: &[u8], package: PackageName<&str>, version: &str) -> Result<(), Failure> {
    let found = open(tarball, Limits { unpacked: MAX_UNPACKED, entries: MAX_ENTRIES })?;
    if found.name != package.as_str() {
        let text = format!("`package.json` in the tarball has the name `{}`: expected `{package}`", found.name);
        return Err(Failure::bad_request(text));
    }
    if cleaned(&found.version) != Some(version.to_owned()) {
        let text = format!("`package.json` in the tarball has the version `{}`: expected `{version}`", found.version);
        return Err(Failure::bad_request(text));
    }
    Ok(())
}

/// The version as npm's client publishes it: without build metadata, and without a `v` or `=` at its beginning.
fn cleaned(version: &str) -> Option<String> {
    let text = version.trim().trim_start_matches(|letter: char| matches!(letter, 'v' | '=') || letter.is_whitespace());
    let mut version = semver::Version::parse(text).ok()?;
    version.build = semver::BuildMetadata::EMPTY;
    Some(version.to_string())
}

/// Reads the whole tarball, and returns its `package.json`.
fn open(tarball: &[u8], limits: Limits) -> Result<PackageJson, Failure> {
    // One byte more than the limit, so that a tarball of exactly the limit is told from a larger one.
    let unpacked = MultiGzDecoder::new(tarball).take(limits.unpacked.saturating_add(1));
    let mut archive = Archive::new(unpacked);
    // Some readers end at the first empty block, and some go on after it.
    archive.set_ignore_zeros(true);
    let outcome = read(&mut archive, limits.entries);
    if archive.into_inner().limit() == 0 {
        let text = format!("the tarball unpacks to more than {} bytes: expected fewer", limits.unpacked);
        return Err(Failure::bad_request(text));
    }
    let json = outcome?.ok_or_else(|| refused("has no `package.json` in its folder", "one"))?;
    let json = json.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&json).trim_ascii_start();
    let expected = "an object with the texts `name` and `version`";
    // serde reads a list as a struct too.
    if json.first() != Some(&b'{') {
        return Err(refused("has a `package.json` that is no object", expected));
    }
    serde_json::from_slice(json)
        .map_err(|error| refused(&format!("has a malformed `package.json` ({error})"), expected))
}

/// Reads every entry, and returns the bytes of `package.json`.
fn read<R: Read>(archive: &mut Archive<R>, max_entries: usize) -> Result<Option<Vec<u8>>, Failure> {
    let (mut folder, mut about_next) = (Folder::default(), AboutEntry::default());
    // The names that follow in entries of their own are read here: the library would read them without a limit.
    for (number, entry) in archive.entries().map_err(malformed)?.raw(true).enumerate() {
        if number >= max_entries {
            return Err(refused(&format!("has more than {max_entries} entries"), "fewer"));
        }
        let mut entry = entry.map_err(malformed)?;
        if let Some(ambiguity) = tar_header::ambiguity(entry.header()) {
            return Err(refused(&format!("has {} with {ambiguity}", shown(&entry)), "a plain header"));
        }
        let kind = entry.header().entry_type();
        let is_about_next = kind.is_gnu_longname() || kind.is_pax_local_extensions();
        // Older clients of npm take it as the size of this entry.
        if is_about_next && about_next.size.is_some() {
            return Err(refused("has a size before another header", "it directly before its file"));
        }
        if kind.is_file() || kind.is_dir() {
            folder.add(&mut entry, std::mem::take(&mut about_next))?;
        } else if kind.is_gnu_longname() {
            about_next.path = Some(gnu_name(&mut entry)?);
        } else if kind.is_pax_local_extensions() {
            about_next.read(&mut entry)?;
        } else if kind.is_pax_global_extensions() {
            let mut about_all = AboutEntry::default();
            about_all.read(&mut entry)?;
            if about_all != AboutEntry::default() {
                return Err(refused("has a name or a size for all entries", "one for each"));
            }
        } else {
            return Err(refused(&format!("has {}", shown(&entry)), "only files and folders"));
        }
    }
    Ok(folder.package_json)
}

/// What stands before an entry, in entries of their own, and is true of it in place of its header.
#[derive(Debug, Default, PartialEq, Eq)]
struct AboutEntry {
    path: Option<Vec<u8>>,
    /// The size, as text.
    size: Option<String>,
}

impl AboutEntry {
    /// Reads the fields in an entry of POSIX's form.
    fn read<R: Read>(&mut self, entry: &mut Entry<'_, R>) -> Result<(), Failure> {
        let bytes = bytes(entry, MAX_EXTENSION, "a header")?;
        let fields =
            tar_header::fields(&bytes).ok_or_else(|| refused("has malformed fields of an entry", "plain ones"))?;
        for (key, value) in fields {
            match key.as_str() {
                "path" => self.path = Some(value.to_vec()),
                "size" => self.size = Some(String::from_utf8_lossy(value).into_owned()),
                "mtime" | "atime" | "ctime" | "uid" | "gid" | "uname" | "gname" | "comment" | "charset"
                | "hdrcharset" => {}
                // The field of a vendor. With the ones of GNU, a file is more than its bytes in the archive.
                vendor if vendor.contains('.') && !vendor.starts_with("GNU.sparse.") => {}
                unknown => return Err(refused(&format!("has the field `{unknown}` of an entry"), "a known one")),
            }
        }
        Ok(())
    }
}

/// The name in an entry of GNU's form, which ends at the first NUL.
fn gnu_name<R: Read>(entry: &mut Entry<'_, R>) -> Result<Vec<u8>, Failure> {
    let mut name = bytes(entry, MAX_EXTENSION, "a name")?;
    if !tar_header::ends_at_nul(&name) {
        return Err(refused("has a name with bytes after its end", "none"));
    }
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    name.truncate(end);
    Ok(name)
}

/// The one folder of a tarball. npm's client unpacks what is in it, and leaves the folder's own name out.
#[derive(Default)]
struct Folder {
    name: Option<String>,
    package_json: Option<Vec<u8>>,
}

impl Folder {
    fn add<R: Read>(&mut self, entry: &mut Entry<'_, R>, about: AboutEntry) -> Result<(), Failure> {
        let size = entry.header().entry_size().map_err(malformed)?;
        if about.size.is_some_and(|other| other != size.to_string()) {
            return Err(refused(&format!("has two sizes of {}", shown(entry)), "one"));
        }
        let is_folder = entry.header().entry_type().is_dir();
        let own = String::from_utf8_lossy(&entry.header().path_bytes()).into_owned();
        let path = match about.path {
            None => own,
            Some(path) => {
                // npm's client falls back to the name in the header if one of these letters is cut in two as it arrives.
                if !path.is_ascii() && (is_package_json(&own) || (own.ends_with('/') && !is_folder)) {
                    return Err(refused(&format!("has two names of {}", shown(entry)), "one"));
                }
                String::from_utf8(path).map_err(|_| not_text())?
            }
        };
        if path.contains(char::REPLACEMENT_CHARACTER) {
            return Err(not_text());
        }
        // npm's client reads what follows a folder as the next entry, whatever the folder's size.
        if is_folder && size != 0 {
            return Err(refused(&format!("has the folder `{path}` with content"), "none"));
        }
        let inside = path.strip_suffix('/').filter(|_| is_folder).unwrap_or(&path);
        let (top, rest) = match inside.split_once('/') {
            Some((top, rest)) => (top, Some(rest)),
            None => (inside, None),
        };
        let is_plain =
            |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', '\0']) && !names_drive(part);
        if !inside.split('/').all(is_plain) || (rest.is_none() && !is_folder) {
            return Err(refused(&format!("has the entry `{path}`"), "every entry in one folder, such as `package/`"));
        }
        let name = self.name.get_or_insert_with(|| top.to_owned());
        if name != top {
            let text = format!("has the entry `{path}` outside the folder `{name}`");
            return Err(refused(&text, "every entry in one folder, such as `package/`"));
        }
        if is_package_json(inside) {
            if rest != Some("package.json") || is_folder || self.package_json.is_some() {
                return Err(refused(&format!("has the entry `{path}`"), "one file `package.json`"));
            }
            self.package_json = Some(bytes(entry, MAX_PACKAGE_JSON, "`package.json`")?);
        }
        Ok(())
    }
}

/// Whether this is the path of `package.json` in the folder. On some computers, capitals make no difference in a name.
fn is_package_json(path: &str) -> bool {
    let folded = |text: &str| text.to_uppercase().to_lowercase();
    path.split_once('/').is_some_and(|(_, rest)| folded(rest) == "package.json")
}

/// Whether a part of a path begins with the name of a drive, such as `c:`. npm's client leaves that out, on every computer.
fn names_drive(part: &str) -> bool {
    let mut letters = part.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic()) && letters.next() == Some(':')
}

fn not_text() -> Failure {
    refused("has a name that is not UTF-8", "text")
}

/// The content of an entry.
///
/// # Errors
/// Status 400 if the content is larger than `most` or is cut short.
fn bytes<R: Read>(entry: &mut Entry<'_, R>, most: u64, what: &str) -> Result<Vec<u8>, Failure> {
    let size = entry.header().entry_size().map_err(malformed)?;
    if size > most {
        return Err(refused(&format!("has {what} of {size} bytes"), &format!("at most {most}")));
    }
    let mut bytes = Vec::new();
    let read: IoResult<usize> = entry.read_to_end(&mut bytes);
    match read.map(u64::try_from) {
        Ok(Ok(read)) if read == size => Ok(bytes),
        Ok(_) => Err(refused(&format!("is cut short in {what}"), "a whole archive")),
        Err(error) => Err(malformed(error)),
    }
}

/// An entry in the text of a refusal.
fn shown<R: Read>(entry: &Entry<'_, R>) -> String {
    let kind = entry.header().entry_type();
    let kind = if kind.is_symlink() || kind.is_hard_link() { "link" } else { "entry" };
    format!("the {kind} `{}`", String::from_utf8_lossy(&entry.header().path_bytes()))
}

fn refused(found: &str, expected: &str) -> Failure {
    Failure::bad_request(format!("the tarball {found}: expected {expected}"))
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` passes the error by value")]
fn malformed(error: std::io::Error) -> Failure {
    refused(&format!("cannot be read ({error})"), "a tar archive, compressed with gzip")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use tar::{Builder, EntryType, Header};

    use super::{Limits, MAX_PACKAGE_JSON, check, cleaned, open};

    const JSON: &str = r#"{ "name": "left", "version": "1.0.0", "scripts": {} }"#;

    /// A tar archive that is being written.
    struct Tar(Builder<Vec<u8>>);

    impl Tar {
        fn new() -> Self {
            Self(Builder::new(Vec::new()))
        }

        /// Adds an entry with exactly this path, also one that the library refuses to write.
        fn entry(mut self, kind: EntryType, path: &str, content: &[u8]) -> Self {
            let mut header = Header::new_ustar();
            header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
            header.set_entry_type(kind);
            header.set_size(u64::try_from(content.len()).unwrap());
            header.set_mode(0o644);
            header.set_cksum();
            self.0.append(&header, content).unwrap();
            self
        }

        fn file(self, path: &str, content: &str) -> Self {
            self.entry(EntryType::Regular, path, content.as_bytes())
        }

        /// Adds fields of the next entry.
        fn fields(mut self, fields: &[(&str, &str)]) -> Self {
            self.0.append_pax_extensions(fields.iter().map(|(key, value)| (*key, value.as_bytes()))).unwrap();
            self
        }

        fn bytes(self) -> Vec<u8> {
            self.0.into_inner().unwrap()
        }

        fn outcome(self) -> Result<(), String> {
            outcome(&gzip(&self.bytes()))
        }
    }

    fn package() -> Tar {
        Tar::new().file("package/package.json", JSON)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn outcome(tarball: &[u8]) -> Result<(), String> {
        check(tarball, "left".try_into().unwrap(), "1.0.0").map_err(|failure| failure.to_string())
    }

    #[track_caller]
    fn refused(outcome: Result<(), String>, text: &str) {
        let refused = outcome.unwrap_err();
        assert!(refused.starts_with("400") && refused.contains(text), "{refused}");
    }

    #[test]
    fn a_tarball_has_the_name_and_the_version_of_its_package() {
        let json = |name: &str, version: &str| {
            let json = format!("{{ \"name\": \"{name}\", \"version\": \"{version}\" }}");
            Tar::new().file("package/package.json", &json).outcome()
        };
        json("left", "1.0.0").unwrap();
        for version in ["v1.0.0", "=1.0.0", " = v1.0.0 ", "1.0.0+build.5"] {
            json("left", version).unwrap();
        }
        refused(json("right", "1.0.0"), "`package.json` in the tarball has the name `right`: expected `left`");
        refused(json("Left", "1.0.0"), "the name `Left`");
        refused(json("left", "1.0.1"), "`package.json` in the tarball has the version `1.0.1`: expected `1.0.0`");
        for version in ["1.0.0-build.5", "1.0", "", "^1.0.0"] {
            refused(json("left", version), "has the version");
        }
        assert_eq!(cleaned("v1.2.3-rc.1+sha.0").as_deref(), Some("1.2.3-rc.1"));
    }

    #[test]
    fn the_folder_may_have_any_name_and_there_is_one() {
        let (folder, file) = (EntryType::Directory, EntryType::Regular);
        Tar::new().entry(folder, "left-abc123/", b"").file("left-abc123/package.json", JSON).outcome().unwrap();
        package().file("package/lib/a..b/.c.js", "").entry(folder, "package/lib", b"").outcome().unwrap();
        for path in ["other/a.js", "package-2/a.js"] {
            refused(package().file(path, "").outcome(), "outside the folder `package`");
        }
        for path in [
            "package/../a.js",
            "../a.js",
            "/package/a.js",
            "/etc/passwd",
            "package//a.js",
            "package/./a.js",
            "./package/a.js",
            "package/..\\a.js",
            "a.js",
            "package/lib/",
        ] {
            refused(package().file(path, "").outcome(), "every entry in one folder");
        }
        refused(package().entry(folder, "../", b"").outcome(), "every entry in one folder");
        refused(Tar::new().entry(file, "package.json", JSON.as_bytes()).outcome(), "every entry in one folder");
    }

    #[test]
    fn links_and_devices_are_refused() {
        package().entry(EntryType::Regular, "package/a", b"").outcome().unwrap();
        for kind in [EntryType::Symlink, EntryType::Link] {
            refused(package().entry(kind, "package/a", b"").outcome(), "the tarball has the link `package/a`");
        }
        for kind in [EntryType::Char, EntryType::Block, EntryType::Fifo, EntryType::GNUSparse, EntryType::new(b'X')] {
            refused(package().entry(kind, "package/a", b"").outcome(), "expected only files and folders");
        }
    }

    #[test]
    fn what_has_no_package_json_of_the_right_form_is_refused() {
        refused(outcome(b"x"), "cannot be read");
        refused(outcome(b""), "cannot be read");
        refused(outcome(&gzip(&[7; 2_000])), "expected a tar archive, compressed with gzip");
        refused(outcome(&package().bytes()), "expected a tar archive, compressed with gzip");
        refused(Tar::new().file("package/index.js", "").outcome(), "has no `package.json`");
        refused(Tar::new().file("package/lib/package.json", JSON).outcome(), "has no `package.json`");
        for json in ["", "[\"left\", \"1.0.0\"]", "{", "{}", r#"{ "name": "left" }"#, r#"{ "name": 1, "version": 2 }"#]
        {
            refused(Tar::new().file("package/package.json", json).outcome(), "`package.json`");
        }
        let twice = format!("{{ \"name\": \"right\", {}", &JSON[1..]);
        refused(Tar::new().file("package/package.json", &twice).outcome(), "duplicate field `name`");
        Tar::new().file("package/package.json", &format!("\u{feff}{JSON}")).outcome().unwrap();
    }

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        for path in ["package/package.json", "package/PACKAGE.json"] {
            refused(package().file(path, JSON).outcome(), "expected one file `package.json`");
        }
        // An entry after the end, a second archive, and bytes that are neither.
        let mut bytes = package().bytes();
        bytes.extend(package().bytes());
        refused(outcome(&gzip(&bytes)), "expected one file `package.json`");
        let mut members = gzip(&package().bytes());
        members.extend(gzip(&package().bytes()));
        refused(outcome(&members), "expected one file `package.json`");
        let mut garbage = gzip(&package().bytes());
        garbage.extend(b"garbage");
        refused(outcome(&garbage), "cannot be read");
        // A folder with content, which npm's client reads as entries.
        refused(package().entry(EntryType::Directory, "package/lib", &[0; 512]).outcome(), "with content");
        // An archive that breaks off.
        let whole = gzip(&package().file("package/a", "content").bytes());
        refused(outcome(&whole[..whole.len() - 4]), "cannot be read");
        let bytes = package().bytes();
        refused(outcome(&gzip(&bytes[..520])), "is cut short");
    }

    #[test]
    fn what_npm_reads_as_an_entry_of_its_own_is_refused() {
        let mut header = Header::new_ustar();
        header.set_path("package/a").unwrap();
        header.set_link_name("b").unwrap();
        header.set_size(0);
        header.set_cksum();
        let mut with_target = package();
        with_target.0.append(&header, &[][..]).unwrap();
        refused(with_target.outcome(), "the entry `package/a` with the target of a link");
        // npm's client unpacks each of these as `package.json`.
        for path in ["package/c:package.json", "package/C:/package.json"] {
            refused(package().file(path, JSON).outcome(), "every entry in one folder");
        }
        refused(package().file("package/pac\u{212a}age.json", JSON).outcome(), "one file `package.json`");
        let extended =
            |fields: &[u8], file: &str| package().entry(EntryType::XHeader, "x", fields).file(file, JSON).outcome();
        let hidden = b"11 mtime=1\n\n29 path=package/package.json\n";
        refused(extended(hidden, "package/a"), "malformed fields");
        refused(extended(b"023 path=package/a.bin\n", "package/a"), "malformed fields");
        refused(extended("22 path=package/ä.js\n".as_bytes(), "package/package.json"), "two names");
        extended("22 path=package/ä.js\n".as_bytes(), "package/a").unwrap();
        let name = |name: &[u8]| package().entry(EntryType::GNULongName, "L", name).file("package/a", "").outcome();
        refused(name(b"package/lib\0\n/"), "a name with bytes after its end");
        // An older client takes the size as the one of the long name.
        let size = package().fields(&[("size", "1")]).entry(EntryType::GNULongName, "L", b"package/b\0");
        refused(size.file("package/a", "a").outcome(), "a size before another header");
    }

    #[test]
    fn long_names_are_read_as_npm_reads_them() {
        let long = format!("package/{}/a.js", "x".repeat(200));
        let size = JSON.len().to_string();
        package().fields(&[("path", &long), ("mtime", "1"), ("SCHILY.ino", "2")]).file("a", "").outcome().unwrap();
        package().entry(EntryType::GNULongName, "L", format!("{long}\0").as_bytes()).file("a", "").outcome().unwrap();
        let named = |fields: &[(&str, &str)]| Tar::new().fields(fields).file("a", JSON).outcome();
        named(&[("path", "package/package.json"), ("size", &size)]).unwrap();
        refused(named(&[("path", "package/package.json"), ("size", "1")]), "two sizes");
        refused(named(&[("path", "package/package.json"), ("type", "Directory")]), "the field `type`");
        refused(named(&[("path", "package/package.json"), ("GNU.sparse.size", "1")]), "the field `GNU.sparse.size`");
        refused(named(&[("path", "/package/package.json")]), "every entry in one folder");
        refused(package().entry(EntryType::GNULongName, "L", b"../a\0").file("package/a", "").outcome(), "`../a`");
        let after = Tar::new().fields(&[("size", "1")]).entry(EntryType::GNULongName, "L", b"package/package.json");
        refused(after.file("a", JSON).outcome(), "a size before another header");
        // For all entries. GitHub's archives have a comment there.
        let global = |field: &[u8]| {
            Tar::new().entry(EntryType::XGlobalHeader, "g", field).file("package/package.json", JSON).outcome()
        };
        global(b"20 comment=a commit\n").unwrap();
        refused(global(b"29 path=package/package.json\n"), "for all entries");
    }

    #[test]
    fn a_tarball_is_read_within_limits() {
        let tar = package().file("package/a", &"a".repeat(1_000)).bytes();
        let (tarball, size) = (gzip(&tar), u64::try_from(tar.len()).unwrap());
        let within = |unpacked, entries| {
            open(&tarball, Limits { unpacked, entries }).map(drop).map_err(|failure| failure.to_string())
        };
        within(size, 2).unwrap();
        refused(within(size - 1, 2), "unpacks to more than");
        refused(within(512, 2), "unpacks to more than 512 bytes");
        refused(within(size, 1), "has more than 1 entries");
        let padded = |length: u64| {
            let padding = " ".repeat(usize::try_from(length).unwrap() - JSON.len());
            Tar::new().file("package/package.json", &format!("{JSON}{padding}")).outcome()
        };
        padded(MAX_PACKAGE_JSON).unwrap();
        refused(padded(MAX_PACKAGE_JSON + 1), "`package.json` of 1048577 bytes");
        // A name that would be kept in memory.
        let name = vec![b'a'; 2 * 1024 * 1024];
        refused(package().entry(EntryType::GNULongName, "L", &name).outcome(), "a name of 2097152 bytes");
    }
}

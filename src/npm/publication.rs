//! A new version that a client publishes, and the check that all names in it agree.

use alloc::{collections::BTreeMap, format, string::String, vec::Vec};
use core::fmt;

use serde::{Serialize, Serializer};

use super::body::BodyNode;
use crate::value::{
    PackageName, Quoted,
    document::{self, ErrorAt, Node, Path, wrong_kind},
    excerpt,
};

/// A new version of a package, with its tarball.
///
/// The path, the document, the manifest of the version and the attachments must all have the same package name, or
/// reading the body fails. In 2021, a registry service of npm checked one of these names and another service used a
/// different one, so that anyone could publish any package.
#[derive(Clone)]
pub struct Publication<'a> {
    version: &'a str,
    manifest: Manifest<'a>,
    tags: Vec<&'a str>,
    tarball: &'a str,
    provenance: Option<&'a str>,
}

/// See [`Publication::document`].
#[derive(Serialize)]
struct Document<'p, 'a> {
    #[serde(rename = "_id")]
    id: &'p PackageName,
    name: &'p PackageName,
    #[serde(rename = "dist-tags")]
    dist_tags: BTreeMap<&'a str, &'a str>,
    versions: BTreeMap<&'a str, Manifest<'a>>,
    #[serde(rename = "_attachments")]
    attachments: BTreeMap<String, Attachment<'a>>,
}

#[derive(Serialize)]
struct Attachment<'a> {
    content_type: &'static str,
    data: &'a str,
    /// The length of the tarball in bytes.
    length: usize,
}

impl fmt::Debug for Publication<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publication").field("version", &self.version).field("tags", &self.tags).finish_non_exhaustive()
    }
}

impl<'a> Publication<'a> {
    /// Returns the version, such as `1.0.0`.
    #[must_use]
    pub const fn version(&self) -> &'a str {
        self.version
    }

    /// Returns the manifest of the version, which is the value of the version in the body's `versions`.
    #[must_use]
    pub const fn manifest(&self) -> Manifest<'a> {
        self.manifest
    }

    /// Returns the tags that the body sets to the new version, such as `latest`.
    #[must_use]
    pub fn tags(&self) -> &[&'a str] {
        &self.tags
    }

    /// Returns the tarball, encoded in base64. This crate neither decodes nor checks the tarball.
    #[must_use]
    pub const fn tarball(&self) -> &'a str {
        self.tarball
    }

    /// Returns the provenance bundle, which is a JSON document as text, or `None` if the body has none. This crate does
    /// not check the bundle.
    #[must_use]
    pub const fn provenance(&self) -> Option<&'a str> {
        self.provenance
    }

    /// Returns the document that publishes this version and changes nothing else, for a proxy that passes a publish on.
    /// What else the client wrote is not in it, nor is the provenance bundle.
    #[must_use]
    pub fn document<'p>(&self, package: &'p PackageName) -> impl Serialize + use<'a, 'p> {
        let Self { version, manifest, tags, tarball, provenance: _ } = self;
        let digits = tarball.trim_end_matches('=').len();
        Document {
            id: package,
            name: package,
            dist_tags: tags.iter().map(|tag| (*tag, *version)).collect(),
            versions: BTreeMap::from([(*version, *manifest)]),
            attachments: BTreeMap::from([(
                format!("{package}-{version}.tgz"),
                Attachment {
                    content_type: "application/octet-stream",
                    data: tarball,
                    // Four digits of base64 are three bytes.
                    length: digits.saturating_sub(digits.div_ceil(4)),
                },
            )]),
        }
    }

    pub(super) fn read(package: &PackageName, body: &'a BodyNode<'a>) -> Result<Self, ErrorAt> {
        let top = Path::Top;
        let required = |name: &'static str| body.get(name).ok_or_else(|| top.field(name).error("missing field"));
        // If the body has a name, it was already compared with the path. A publish must have a name.
        required("name")?;
        let (mut version, mut tarball, mut provenance) = ("", "", None);
        let path = top.field("_attachments");
        let mut tarballs = 0_usize;
        let attachments = document::object(required("_attachments")?, &path)?;
        for (file, attachment) in attachments {
            let path = path.field(file);
            let data = attachment.get("data").ok_or_else(|| path.field("data").error("missing field"))?;
            let data = document::text(data, &path.field("data"))?;
            if let Some(of_tarball) = attachment_version(package, file, ".tgz") {
                tarballs = tarballs.saturating_add(1);
                (version, tarball) = (of_tarball, data);
            } else if attachment_version(package, file, ".sigstore").is_some() {
                if provenance.replace(data).is_some() {
                    return Err(path.error("provenance twice: expected one bundle"));
                }
            } else {
                let expected = "the package's name, `-`, a version and `.tgz` or `.sigstore`";
                return Err(path.error(format!("a file of another name: expected {expected}")));
            }
        }
        if tarballs != 1 {
            return Err(path.error(format!("{tarballs} tarballs: expected one, of one new version")));
        }
        // A bundle for another version would be stored as the provenance of the new version.
        let is_of_another =
            |file: &str| attachment_version(package, file, ".sigstore").is_some_and(|of_bundle| of_bundle != version);
        if let Some((file, _)) = attachments.iter().find(|(file, _)| is_of_another(file)) {
            return Err(path.field(file).error("provenance of another version: expected that of the tarball"));
        }
        if !is_semantic(version) {
            return Err(path.error(
                "an invalid version in the name of the tarball: expected a semantic version without build metadata",
            ));
        }
        let versions = top.field("versions");
        let entries = document::object(required("versions")?, &versions)?;
        let Some((_, manifest)) = entries.iter().find(|(key, _)| &**key == version) else {
            return Err(versions.error("no manifest of the version in the attachments: expected one"));
        };
        let mut read = Self { version, manifest: Manifest(manifest), tags: Vec::new(), tarball, provenance };
        if let Some(tags) = body.get("dist-tags") {
            let path = top.field("dist-tags");
            for (tag, tagged) in document::object(tags, &path)? {
                if document::text(tagged, &path.field(tag))? == version {
                    read.tags.push(tag);
                }
            }
        }
        Ok(read)
    }
}

/// The manifest of a new version, as the client sent it.
///
/// Serializing it writes what was sent, the fields in their order. An integer is between -2⁶³ and 2⁶⁴ - 1; any other
/// number is a double-precision one, as the deserializer of the body gave it.
///
/// `name`, `version` and `_id` are those of the [`Publication`]. Do not trust `dist`, `maintainers` and `_npmUser`: the
/// client may write anything there.
///
/// # Examples
///
/// ```
/// # use tollgate::npm::Publication;
/// use serde_json::{Map, Value};
///
/// fn to_store(publication: &Publication<'_>) -> serde_json::Result<Value> {
///     let mut manifest = serde_json::to_value(publication.manifest())?;
///     manifest["dist"] = Value::Object(Map::new()); // the digests of the tarball, which the registry computes
///     Ok(manifest)
/// }
/// ```
#[derive(Clone, Copy)]
pub struct Manifest<'a>(&'a BodyNode<'a>);

impl fmt::Debug for Manifest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Manifest(…)")
    }
}

impl Serialize for Manifest<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// The maximum length of a version that npm's `semver` accepts, in bytes.
const MAX_VERSION: usize = 256;

/// The greatest number in a version that npm's `semver` accepts: `Number.MAX_SAFE_INTEGER` of JavaScript.
const MAX_NUMBER: u64 = (1 << 53) - 1;

/// Returns whether the text is a semantic version, by the grammar of semver.org, without build metadata.
///
/// npm's client removes build metadata, and two versions that differ only in their build metadata count as the same
/// version.
fn is_semantic(version: &str) -> bool {
    let is_number = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'))
    };
    let is_identifier =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_prerelease =
        |text: &str| is_identifier(text) && (is_number(text) || !text.bytes().all(|byte| byte.is_ascii_digit()));
    let (core, prerelease) = version.split_once('-').map_or((version, None), |(core, after)| (core, Some(after)));
    version.len() <= MAX_VERSION
        && core.split('.').count() == 3
        && core.split('.').all(|text| is_number(text) && text.parse().is_ok_and(|number: u64| number <= MAX_NUMBER))
        && prerelease.is_none_or(|text| text.split('.').all(is_prerelease))
}

/// Returns the version in the file name of an attachment. npm's client writes the whole package name before the
/// version, and other clients leave out the scope.
fn attachment_version<'f>(package: &PackageName, file: &'f str, extension: &str) -> Option<&'f str> {
    let bare = super::classify::bare_name(package);
    let after = file.strip_prefix(package.as_str()).or_else(|| file.strip_prefix(bare))?;
    after.strip_prefix('-')?.strip_suffix(extension)
}

/// Checks that the manifest of a version names the package in the path, and the version that is its key in `versions`.
pub(super) fn check_manifest(
    package: &PackageName,
    version: &str,
    manifest: &BodyNode<'_>,
    path: &Path<'_>,
) -> Result<(), ErrorAt> {
    let Node::Object(_) = manifest else { return Err(wrong_kind(manifest, path, "an object")) };
    let id = format!("{package}@{version}");
    for (name, expected, is_required) in
        [("name", package.as_str(), true), ("version", version, true), ("_id", id.as_str(), false)]
    {
        let path = path.field(name);
        match manifest.get(name) {
            Some(node) if document::text(node, &path)? == expected => {}
            Some(_) => {
                let expected = excerpt(expected);
                return Err(path.error(format!("another than it stands under: expected {}", Quoted(&expected))));
            }
            None if is_required => return Err(path.error("missing field")),
            None => {}
        }
    }
    Ok(())
}

//! The document of a package as npm's client reads it. It is built from rows, and not stored.

use std::{borrow::Cow, collections::BTreeMap};

use nodejs_semver::{Range, Version};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tollgate::{PackageName, value::OrganizationName};

use crate::{
    base::{
        failure::{Failure, fact, other},
        milliseconds::in_milliseconds,
    },
    store::{
        collaborators::{self, Collaborator},
        database::Tx,
        dist_tags,
    },
};

/// The fields that the document takes from the manifest of `latest`.
const FROM_LATEST: [&str; 9] =
    ["description", "homepage", "keywords", "repository", "author", "bugs", "license", "readme", "readmeFilename"];

/// How much of a package its document contains.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    /// Everything.
    Full {
        /// The organizations whose members are shown as maintainers if they may write by a team.
        teams_of: Vec<OrganizationName>,
    },
    /// What an install needs, in the form that npm's client asks for.
    Abbreviated,
}

/// The fields that the abbreviated form takes from a manifest.
const FOR_INSTALL: [&str; 20] = [
    "name",
    "version",
    "deprecated",
    "dependencies",
    "optionalDependencies",
    "devDependencies",
    "bundleDependencies",
    "bundledDependencies",
    "peerDependencies",
    "peerDependenciesMeta",
    "acceptDependencies",
    "bin",
    "directories",
    "dist",
    "engines",
    "funding",
    "os",
    "cpu",
    "libc",
    "_hasShrinkwrap",
];

/// The manifest in the abbreviated form.
fn abbreviated(mut manifest: Map<String, Value>) -> Map<String, Value> {
    let has_script =
        |scripts: &Value| ["preinstall", "install", "postinstall"].iter().any(|name| scripts.get(name).is_some());
    let has_install_script = manifest.get("scripts").is_some_and(has_script)
        || manifest.get("gypfile").and_then(Value::as_bool) == Some(true);
    manifest.retain(|field, _| FOR_INSTALL.contains(&field.as_str()));
    // npm's client runs the install scripts of a version only if this field is there.
    if has_install_script {
        manifest.insert("hasInstallScript".into(), true.into());
    }
    manifest
}

/// The rows of a document.
#[derive(Default)]
struct Rows {
    package: Option<PackageRow>,
    versions: Vec<VersionRow>,
    tags: BTreeMap<String, String>,
    collaborators: Vec<Collaborator>,
    stars: Map<String, Value>,
}

struct PackageRow {
    revision: String,
    created: String,
    modified: String,
}

struct VersionRow {
    version: String,
    manifest: String,
    published: String,
    deprecated: Option<String>,
}

/// The rows that every form of a document needs.
macro_rules! rows_for_install {
    () => {
        "SELECT 'package', revision, created, modified, NULL FROM packages WHERE name = $1 UNION ALL \
         SELECT 'version', version, manifest, published, deprecated FROM versions WHERE package = $1 UNION ALL \
         SELECT 'tag', tag, version, NULL, NULL FROM dist_tags WHERE package = $1"
    };
}

const ROWS_FOR_INSTALL: &str = rows_for_install!();
const ALL_ROWS: &str = concat!(
    rows_for_install!(),
    " UNION ALL \
     SELECT 'star', user_name, NULL, NULL, NULL FROM stars WHERE package = $1 UNION ALL \
     SELECT 'user', user_name, permission, NULL, NULL FROM package_users WHERE package = $1 UNION ALL \
     SELECT 'team', m.user_name, t.permission, t.organization, NULL FROM package_teams t \
     JOIN team_members m ON m.organization = t.organization AND m.team = t.team WHERE t.package = $1"
);

/// Reads the rows of a document with one query.
async fn rows(tx: &mut Tx, name: PackageName<&str>, form: &Form) -> Result<Rows, Failure> {
    type Row = (String, String, Option<String>, Option<String>, Option<String>);
    let query = match form {
        Form::Full { .. } => ALL_ROWS,
        Form::Abbreviated => ROWS_FOR_INSTALL,
    };
    let found: Vec<Row> = sqlx::query_as(query).bind(name.as_str().to_owned()).fetch_all(&mut **tx).await?;
    let mut rows = Rows::default();
    for (kind, key, first, second, deprecated) in found {
        match (kind.as_str(), first, second) {
            ("package", Some(created), Some(modified)) => {
                rows.package = Some(PackageRow { revision: key, created, modified });
            }
            ("version", Some(manifest), Some(published)) => {
                rows.versions.push(VersionRow { version: key, manifest, published, deprecated });
            }
            ("tag", Some(version), None) => drop(rows.tags.insert(key, version)),
            ("star", None, None) => drop(rows.stars.insert(key, true.into())),
            ("user", Some(permission), None) => {
                let permission = fact(permission.parse())?;
                rows.collaborators.push(Collaborator { user: key, permission, by_team_of: None });
            }
            ("team", Some(permission), Some(organization)) => {
                let (permission, by_team_of) = (fact(permission.parse())?, Some(fact(organization.parse())?));
                rows.collaborators.push(Collaborator { user: key, permission, by_team_of });
            }
            (kind, ..) => return Err(Failure::Row(format!("a `{kind}` of `{name}`"))),
        }
    }
    rows.versions.sort_unstable_by(|a, b| (&a.published, &a.version).cmp(&(&b.published, &b.version)));
    Ok(rows)
}

/// The JSON text of the document of a package, or `None` if there is no such package. The URLs of its tarballs begin with
/// `base`. Only one manifest at a time is parsed, because a parsed value takes much more memory than its text.
pub(crate) async fn packument(
    tx: &mut Tx,
    name: PackageName<&str>,
    base: &str,
    form: &Form,
) -> Result<Option<String>, Failure> {
    let Rows { package, versions: rows, tags, collaborators, stars } = rows(tx, name, form).await?;
    let Some(PackageRow { revision, created, modified }) = package else { return Ok(None) };
    let (mut versions, mut time) = (ObjectText::default(), Map::new());
    let mut document = ObjectText::default();
    let Form::Full { teams_of } = form else {
        document.field("name", name.as_str())?;
        for VersionRow { version, manifest, deprecated, .. } in rows {
            let manifest = shown_manifest(&manifest, tarball_url(name, &version, base), deprecated)?;
            versions.field(&version, &abbreviated(manifest))?;
        }
        document.field("dist-tags", &tags)?;
        document.text_field("versions", &versions.end())?;
        document.field("modified", &in_milliseconds(&modified))?;
        return Ok(Some(document.end()));
    };
    document.field("_id", name.as_str())?;
    document.field("_rev", &revision_text(&revision))?;
    document.field("name", name.as_str())?;
    time.insert("created".into(), in_milliseconds(&created).into());
    time.insert("modified".into(), in_milliseconds(&modified).into());
    for VersionRow { version, manifest, published, deprecated } in rows {
        let url = tarball_url(name, &version, base);
        let manifest = shown_manifest(&manifest, url, deprecated)?;
        versions.field(&version, &manifest)?;
        if tags.get("latest") == Some(&version) {
            for field in FROM_LATEST {
                if let Some(value) = manifest.get(field) {
                    document.field(field, value)?;
                }
            }
        }
        time.insert(version, in_milliseconds(&published).into());
    }
    document.field("dist-tags", &tags)?;
    document.text_field("versions", &versions.end())?;
    document.field("time", &time)?;
    let maintainers = collaborators::writers(collaborators::shown(collaborators, teams_of));
    document.field("maintainers", &shown_users(maintainers))?;
    document.field("users", &stars)?;
    Ok(Some(document.end()))
}

/// The manifest of a version as npm's client reads it. `version` may be a dist-tag, or a range of versions, of which the
/// highest is meant. `None` if there is no such version.
pub(crate) async fn manifest(
    tx: &mut Tx,
    name: PackageName<&str>,
    version: &str,
    base: &str,
) -> Result<Option<Map<String, Value>>, Failure> {
    let tags = dist_tags::all(tx, name).await?;
    let version = match tags.get(version) {
        Some(tagged) => Cow::Borrowed(tagged.as_str()),
        None => highest(tx, name, version).await?.map_or(Cow::Borrowed(version), Cow::Owned),
    };
    let row: Option<(String, Option<String>)> =
        sqlx::query_as("SELECT manifest, deprecated FROM versions WHERE package = $1 AND version = $2")
            .bind(name.as_str().to_owned())
            .bind(version.clone().into_owned())
            .fetch_optional(&mut **tx)
            .await?;
    let shown =
        |(manifest, deprecated): (String, _)| shown_manifest(&manifest, tarball_url(name, &version, base), deprecated);
    row.map(shown).transpose()
}

/// The highest version in a range such as `^1.0.0`, by the rules of npm's client. A version by itself is a range too.
async fn highest(tx: &mut Tx, name: PackageName<&str>, range: &str) -> Result<Option<String>, Failure> {
    let Ok(range) = Range::parse(range) else { return Ok(None) };
    let rows: Vec<(String,)> = sqlx::query_as("SELECT version FROM versions WHERE package = $1")
        .bind(name.as_str().to_owned())
        .fetch_all(&mut **tx)
        .await?;
    let versions: Vec<Version> = rows.into_iter().filter_map(|(version,)| Version::parse(version).ok()).collect();
    Ok(range.max_satisfying(&versions).map(ToString::to_string))
}

/// The text of a JSON object that is being written.
#[derive(Default)]
struct ObjectText(String);

impl ObjectText {
    fn field(&mut self, name: &str, value: &(impl Serialize + ?Sized)) -> Result<(), Failure> {
        self.text_field(name, &serde_json::to_string(value).map_err(other)?)
    }

    /// Writes a field whose value is this JSON text.
    fn text_field(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.0.push_str(&serde_json::to_string(name).map_err(other)?);
        self.0.push(':');
        self.0.push_str(value);
        Ok(())
    }

    fn end(mut self) -> String {
        self.0.push_str(if self.0.is_empty() { "{}" } else { "}" });
        self.0
    }
}

/// A revision in `CouchDB`'s form, which clients expect: a number, a dash, and hexadecimal digits.
fn revision_text(revision: &str) -> String {
    format!("1-{revision}")
}

/// A stored manifest with the URL of its tarball and the message of its deprecation.
fn shown_manifest(
    stored: &str,
    tarball_url: String,
    deprecated: Option<String>,
) -> Result<Map<String, Value>, Failure> {
    let mut manifest: Map<String, Value> = fact(serde_json::from_str(stored))?;
    if let Some(dist) = manifest.get_mut("dist").and_then(Value::as_object_mut) {
        dist.insert("tarball".into(), tarball_url.into());
    }
    if let Some(message) = deprecated {
        manifest.insert("deprecated".into(), message.into());
    }
    Ok(manifest)
}

fn tarball_url(name: PackageName<&str>, version: &str, base: &str) -> String {
    let basename = name.as_str().rsplit('/').next().unwrap_or_default();
    format!("{base}/{name}/-/{basename}-{version}.tgz")
}

/// Users in npm's form. An email address is shown only to its owner, and npm expects a text.
fn shown_users(names: Vec<String>) -> Vec<Value> {
    names.into_iter().map(|name| json!({ "name": name, "email": "" })).collect()
}

/// The current revision of a package, in the form in which the document has it. `None` if there is no such package.
pub(crate) async fn revision(tx: &mut Tx, name: PackageName<&str>) -> Result<Option<String>, Failure> {
    let row: Option<(String,)> = sqlx::query_as("SELECT revision FROM packages WHERE name = $1")
        .bind(name.as_str().to_owned())
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.map(|(revision,)| revision_text(&revision)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{ObjectText, abbreviated};

    #[test]
    fn the_text_of_an_object_is_json() {
        let mut text = ObjectText::default();
        assert_eq!(ObjectText::default().end(), "{}");
        text.field("a\"b", &1).unwrap();
        text.text_field("c", "[2]").unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text.end()).unwrap(), json!({ "a\"b": 1, "c": [2] }));
    }

    #[test]
    fn the_abbreviated_form_has_what_an_install_needs() {
        let shown = |manifest: Value| Value::Object(abbreviated(manifest.as_object().unwrap().clone()));
        let manifest = json!({
            "name": "left", "version": "1.0.0", "readme": "long", "scripts": { "test": "x" }, "bin": "left.js",
            "dependencies": { "right": "1" }, "dist": { "integrity": "sha512-x" }, "_npmUser": { "name": "alice" },
        });
        let short = json!({
            "name": "left", "version": "1.0.0", "bin": "left.js", "dependencies": { "right": "1" },
            "dist": { "integrity": "sha512-x" },
        });
        assert_eq!(shown(manifest), short);
        for (manifest, has_script) in [
            (json!({ "scripts": { "postinstall": "x" } }), true),
            (json!({ "scripts": { "preinstall": "x" } }), true),
            (json!({ "gypfile": true }), true),
            (json!({ "scripts": { "prepare": "x" }, "gypfile": false }), false),
        ] {
            assert_eq!(shown(manifest).get("hasInstallScript").is_some(), has_script);
        }
    }
}

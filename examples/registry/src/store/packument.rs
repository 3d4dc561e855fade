//! The document of a package as npm's client reads it. It is built from rows for each request, and not stored.

use serde_json::{Map, Value, json};
use tollgate::PackageName;

use crate::{
    base::failure::{Failure, fact},
    store::{accounts, database::Tx, dist_tags, packages},
};

/// The fields that the document takes from the manifest of `latest`.
const FROM_LATEST: [&str; 9] =
    ["description", "homepage", "keywords", "repository", "author", "bugs", "license", "readme", "readmeFilename"];

/// The document of a package, or `None` if there is no such package. The URLs of its tarballs begin with `base`.
pub(crate) async fn packument(tx: &mut Tx, name: PackageName<&str>, base: &str) -> Result<Option<Value>, Failure> {
    let row: Option<(String, String, String)> =
        sqlx::query_as("SELECT revision, created, modified FROM packages WHERE name = $1")
            .bind(name.as_str().to_owned())
            .fetch_optional(&mut **tx)
            .await?;
    let Some((revision, created, modified)) = row else { return Ok(None) };
    let rows: Vec<(String, String, Option<String>, String)> = sqlx::query_as(
        "SELECT version, manifest, deprecated, published FROM versions WHERE package = $1 ORDER BY published, version",
    )
    .bind(name.as_str().to_owned())
    .fetch_all(&mut **tx)
    .await?;
    let tags = dist_tags::all(tx, name).await?;
    let (mut versions, mut time) = (Map::new(), Map::new());
    time.insert("created".into(), created.into());
    time.insert("modified".into(), modified.into());
    for (version, manifest, deprecated, published) in rows {
        let url = tarball_url(name, &version, base);
        versions.insert(version.clone(), shown_manifest(&manifest, url, deprecated)?);
        time.insert(version, published.into());
    }
    let mut document = Map::new();
    document.insert("_id".into(), name.as_str().into());
    document.insert("_rev".into(), revision_text(&revision).into());
    document.insert("name".into(), name.as_str().into());
    if let Some(latest) = tags.get("latest").and_then(|latest| versions.get(latest)) {
        for field in FROM_LATEST {
            if let Some(value) = latest.get(field) {
                document.insert(field.into(), value.clone());
            }
        }
    }
    document.insert("dist-tags".into(), json!(tags));
    document.insert("versions".into(), Value::Object(versions));
    document.insert("time".into(), Value::Object(time));
    document.insert("maintainers".into(), maintainers(tx, name).await?);
    document.insert("users".into(), stars(tx, name).await?);
    Ok(Some(Value::Object(document)))
}

/// A revision in `CouchDB`'s form, which clients expect: a number, a dash, and hexadecimal digits.
fn revision_text(revision: &str) -> String {
    format!("1-{revision}")
}

/// A stored manifest with the URL of its tarball and the message of its deprecation.
fn shown_manifest(stored: &str, tarball_url: String, deprecated: Option<String>) -> Result<Value, Failure> {
    let mut manifest: Map<String, Value> = fact(serde_json::from_str(stored))?;
    if let Some(dist) = manifest.get_mut("dist").and_then(Value::as_object_mut) {
        dist.insert("tarball".into(), tarball_url.into());
    }
    if let Some(message) = deprecated {
        manifest.insert("deprecated".into(), message.into());
    }
    Ok(Value::Object(manifest))
}

fn tarball_url(name: PackageName<&str>, version: &str, base: &str) -> String {
    let basename = name.as_str().rsplit('/').next().unwrap_or_default();
    format!("{base}/{name}/-/{basename}-{version}.tgz")
}

async fn maintainers(tx: &mut Tx, name: PackageName<&str>) -> Result<Value, Failure> {
    let mut list = Vec::new();
    for user in packages::maintainers(tx, name).await? {
        let email = accounts::email(tx, fact(user.as_str().try_into())?).await?;
        list.push(json!({ "name": user, "email": email.unwrap_or_default() }));
    }
    Ok(list.into())
}

async fn stars(tx: &mut Tx, name: PackageName<&str>) -> Result<Value, Failure> {
    let rows: Vec<(String,)> = sqlx::query_as("SELECT user_name FROM stars WHERE package = $1")
        .bind(name.as_str().to_owned())
        .fetch_all(&mut **tx)
        .await?;
    let stars: Map<String, Value> = rows.into_iter().map(|(user,)| (user, true.into())).collect();
    Ok(Value::Object(stars))
}

/// The current revision of a package, in the form in which the document has it.
pub(crate) async fn revision(tx: &mut Tx, name: PackageName<&str>) -> Result<String, Failure> {
    let row: (String,) = sqlx::query_as("SELECT revision FROM packages WHERE name = $1")
        .bind(name.as_str().to_owned())
        .fetch_one(&mut **tx)
        .await?;
    Ok(revision_text(&row.0))
}

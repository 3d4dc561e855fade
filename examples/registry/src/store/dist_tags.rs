//! Dist-tags: names for versions of a package.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use tollgate::PackageName;

use crate::{
    base::failure::{Failure, other},
    store::{database::Tx, packages},
};

/// The tags of a package, each with its version.
pub(crate) async fn all(tx: &mut Tx, name: PackageName<&str>) -> Result<BTreeMap<String, String>, Failure> {
    let rows: Vec<(String, String)> = sqlx::query_as("SELECT tag, version FROM dist_tags WHERE package = $1")
        .bind(name.as_str().to_owned())
        .fetch_all(&mut **tx)
        .await?;
    Ok(rows.into_iter().collect())
}

/// The maximum number of tags that one request adds or moves. Each tag takes several statements, and other writers wait
/// meanwhile.
const MAX_TAGS_AT_ONCE: usize = 100;
/// The maximum number of tags of a package. The document of a package has all its tags, and is built in memory.
const MAX_TAGS: usize = 1000;
/// The maximum number of bytes of a tag, the same as for the name of a new package. PostgreSQL cannot index texts that
/// are much longer.
const MAX_TAG_LENGTH: usize = 214;

/// Checks the number of tags of a package.
///
/// # Errors
/// Status 413 above [`MAX_TAGS`].
pub(crate) fn check_count(tags: usize) -> Result<(), Failure> {
    at_most(MAX_TAGS, tags, "dist-tags")
}

/// Checks the number of tags that one request sets.
///
/// # Errors
/// Status 413 above [`MAX_TAGS_AT_ONCE`].
pub(crate) fn check_count_at_once(tags: usize) -> Result<(), Failure> {
    at_most(MAX_TAGS_AT_ONCE, tags, "dist-tags to set at once")
}

fn at_most(limit: usize, found: usize, what: &str) -> Result<(), Failure> {
    if found <= limit {
        return Ok(());
    }
    Err(Failure::refused(StatusCode::PAYLOAD_TOO_LARGE, format!("{found} {what}: expected at most {limit}")))
}

/// Points a tag at a version.
///
/// # Errors
/// Status 404 if the version does not exist, 400 if the tag is too long or could be read as a range of versions, and
/// 413 if the package would have too many tags.
pub(crate) async fn set(tx: &mut Tx, name: PackageName<&str>, tag: &str, version: &str) -> Result<(), Failure> {
    if packages::tarball(tx, name, version).await?.is_none() {
        return Err(Failure::not_found(format!("version not found: {version}")));
    }
    if tag.len() > MAX_TAG_LENGTH {
        let found = tag.len();
        return Err(Failure::bad_request(format!("a tag of {found} bytes: expected at most {MAX_TAG_LENGTH}")));
    }
    // npm has this rule too, because `npm install` would read such a tag as a range and never as a tag.
    if semver::VersionReq::parse(tag.strip_prefix('v').unwrap_or(tag)).is_ok() {
        return Err(Failure::bad_request(format!(
            "the tag `{tag}` reads as a range of versions: expected another name"
        )));
    }
    // If the tag exists, it is moved, and the number of tags stays the same.
    let (others,): (i64,) = sqlx::query_as(
        "SELECT COUNT(*) FROM dist_tags WHERE package = $1 AND NOT EXISTS \
         (SELECT 1 FROM dist_tags WHERE package = $1 AND tag = $2)",
    )
    .bind(name.as_str().to_owned())
    .bind(tag.to_owned())
    .fetch_one(&mut **tx)
    .await?;
    check_count(usize::try_from(others).map_err(other)?.saturating_add(1))?;
    sqlx::query(
        "INSERT INTO dist_tags (package, tag, version) VALUES ($1, $2, $3) \
         ON CONFLICT (package, tag) DO UPDATE SET version = excluded.version",
    )
    .bind(name.as_str().to_owned())
    .bind(tag.to_owned())
    .bind(version.to_owned())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Removes a tag.
pub(crate) async fn remove(tx: &mut Tx, name: PackageName<&str>, tag: &str) -> Result<(), Failure> {
    sqlx::query("DELETE FROM dist_tags WHERE package = $1 AND tag = $2")
        .bind(name.as_str().to_owned())
        .bind(tag.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Sets the tag `latest` to the highest version if the package has versions but no such tag. npm installs `latest` when
/// no version is given.
pub(crate) async fn ensure_latest(tx: &mut Tx, name: PackageName<&str>) -> Result<(), Failure> {
    if all(tx, name).await?.contains_key("latest") {
        return Ok(());
    }
    let rows: Vec<(String,)> = sqlx::query_as("SELECT version FROM versions WHERE package = $1")
        .bind(name.as_str().to_owned())
        .fetch_all(&mut **tx)
        .await?;
    let versions = rows.iter().filter_map(|(version,)| semver::Version::parse(version).ok());
    // A release wins over any prerelease.
    match versions.max_by_key(|version| (version.pre.is_empty(), version.clone())) {
        Some(latest) => {
            set(tx, name, "latest", &latest.to_string()).await?;
            packages::renew_document_stamp(tx, name).await
        }
        None => Ok(()),
    }
}

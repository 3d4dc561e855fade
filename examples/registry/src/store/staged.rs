//! Versions that are staged: they wait until a person approves or rejects them.

use serde_json::Value;
use tollgate::{PackageName, Timestamp, UserName};

use crate::{
    base::{
        failure::{Failure, fact, other},
        random,
    },
    store::{database::Tx, tarballs::TarballId},
};

/// The maximum number of versions of a package that wait at one time.
const MAX_STAGED: i64 = 100;

/// A version to be staged.
#[derive(Debug)]
pub(crate) struct NewStaged<'a> {
    pub(crate) package: PackageName<&'a str>,
    pub(crate) version: &'a str,
    /// The text of the manifest.
    pub(crate) manifest: &'a str,
    pub(crate) deprecated: Option<String>,
    pub(crate) tags: &'a [&'a str],
    pub(crate) tarball: &'a TarballId,
    pub(crate) staged_by: UserName<&'a str>,
}

/// A version that waits.
#[derive(Debug)]
pub(crate) struct Staged {
    pub(crate) id: String,
    pub(crate) package: PackageName,
    pub(crate) version: String,
    pub(crate) manifest: Value,
    pub(crate) deprecated: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) tarball: TarballId,
    /// The user whose token staged it.
    pub(crate) user: String,
    /// The time at which it was staged, as RFC 3339 text.
    pub(crate) since: String,
}

/// Stages a version, and returns its id.
///
/// # Errors
/// Status 409 if too many versions of the package wait.
pub(crate) async fn insert(tx: &mut Tx, new: NewStaged<'_>, now: Timestamp) -> Result<String, Failure> {
    let (waiting,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM staged_versions WHERE package = $1")
        .bind(new.package.as_str().to_owned())
        .fetch_one(&mut **tx)
        .await?;
    if waiting >= MAX_STAGED {
        let text = format!("{waiting} versions of `{}` wait: expected fewer than {MAX_STAGED}", new.package);
        return Err(Failure::conflict(text));
    }
    let id = random::stage_id()?;
    sqlx::query(
        "INSERT INTO staged_versions (id, package, version, manifest, deprecated, tags, tarball, staged_by, staged) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(id.clone())
    .bind(new.package.as_str().to_owned())
    .bind(new.version.to_owned())
    .bind(new.manifest.to_owned())
    .bind(new.deprecated)
    .bind(serde_json::to_string(new.tags).map_err(other)?)
    .bind(new.tarball.as_str().to_owned())
    .bind(new.staged_by.as_str().to_owned())
    .bind(now.to_string())
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

type Row = (String, String, String, String, Option<String>, String, String, String, String);

fn staged(row: Row) -> Result<Staged, Failure> {
    let (id, package, version, manifest, deprecated, tags, tarball, user, since) = row;
    Ok(Staged {
        id,
        package: fact(package.parse())?,
        version,
        manifest: fact(serde_json::from_str(&manifest))?,
        deprecated,
        tags: fact(serde_json::from_str(&tags))?,
        tarball: TarballId::from_stored(tarball),
        user,
        since,
    })
}

/// The staged version with this id.
pub(crate) async fn by_id(tx: &mut Tx, id: &str) -> Result<Option<Staged>, Failure> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT id, package, version, manifest, deprecated, tags, tarball, staged_by, staged FROM staged_versions \
         WHERE id = $1",
    )
    .bind(id.to_owned())
    .fetch_optional(&mut **tx)
    .await?;
    row.map(staged).transpose()
}

/// The names of the packages that have staged versions, sorted.
pub(crate) async fn packages(tx: &mut Tx) -> Result<Vec<PackageName>, Failure> {
    let rows: Vec<(String,)> =
        sqlx::query_as("SELECT DISTINCT package FROM staged_versions").fetch_all(&mut **tx).await?;
    let mut names: Vec<String> = rows.into_iter().map(|(name,)| name).collect();
    names.sort_unstable();
    names.into_iter().map(|name| fact(name.parse())).collect()
}

/// The staged versions of a package, oldest first.
pub(crate) async fn of_package(tx: &mut Tx, package: PackageName<&str>) -> Result<Vec<Staged>, Failure> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, package, version, manifest, deprecated, tags, tarball, staged_by, staged FROM staged_versions \
         WHERE package = $1 ORDER BY staged, id",
    )
    .bind(package.as_str().to_owned())
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(staged).collect()
}

/// Removes a staged version.
pub(crate) async fn remove(tx: &mut Tx, id: &str) -> Result<(), Failure> {
    sqlx::query("DELETE FROM staged_versions WHERE id = $1").bind(id.to_owned()).execute(&mut **tx).await?;
    Ok(())
}

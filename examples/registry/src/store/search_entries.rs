//! The entries of packages in the search. They are stored with the packages, so that a search builds no documents.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tollgate::PackageName;

use crate::{
    base::failure::{Failure, fact, other},
    store::{
        database::{Store, Tx},
        turns::Writer,
    },
};

/// The maximum number of characters of a description and of a keyword. The rest is cut off.
const MAX_TEXT: usize = 255;
/// The maximum number of keywords of a package. Further ones are left out.
const MAX_KEYWORDS: usize = 30;

/// The fields of a package, beside its name, that a search compares and shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct SearchEntry {
    /// The version that the tag `latest` points to.
    pub(crate) version: String,
    pub(crate) description: String,
    pub(crate) keywords: Vec<String>,
    /// The time of the last change of the package, as RFC 3339 text.
    pub(crate) modified: String,
}

/// All entries, by package.
pub(crate) async fn all(tx: &mut Tx) -> Result<BTreeMap<String, SearchEntry>, Failure> {
    let rows: Vec<(String, String, String, String, String)> = sqlx::query_as(
        "SELECT e.package, e.version, e.description, e.keywords, p.modified \
         FROM search_entries e JOIN packages p ON p.name = e.package",
    )
    .fetch_all(&mut **tx)
    .await?;
    let entry = |(package, version, description, keywords, modified): (String, String, String, String, String)| {
        let keywords = fact(serde_json::from_str(&keywords))?;
        Ok((package, SearchEntry { version, description, keywords, modified }))
    };
    rows.into_iter().map(entry).collect()
}

/// Brings the entry of a package up to date, after its versions or its dist-tags changed.
pub(crate) async fn renew(tx: &mut Tx, name: PackageName<&str>) -> Result<(), Failure> {
    let latest: Option<(String,)> =
        sqlx::query_as("SELECT version FROM dist_tags WHERE package = $1 AND tag = 'latest'")
            .bind(name.as_str().to_owned())
            .fetch_optional(&mut **tx)
            .await?;
    let present: Option<(String,)> = sqlx::query_as("SELECT version FROM search_entries WHERE package = $1")
        .bind(name.as_str().to_owned())
        .fetch_optional(&mut **tx)
        .await?;
    if latest == present {
        return Ok(());
    }
    sqlx::query("DELETE FROM search_entries WHERE package = $1")
        .bind(name.as_str().to_owned())
        .execute(&mut **tx)
        .await?;
    let Some((version,)) = latest else { return Ok(()) };
    let (manifest,): (String,) = sqlx::query_as("SELECT manifest FROM versions WHERE package = $1 AND version = $2")
        .bind(name.as_str().to_owned())
        .bind(version.clone())
        .fetch_one(&mut **tx)
        .await?;
    let manifest: Map<String, Value> = fact(serde_json::from_str(&manifest))?;
    // PostgreSQL cannot store a NUL character.
    let text = |value: &Value| {
        value
            .as_str()
            .map(|text| text.chars().filter(|character| *character != '\0').take(MAX_TEXT).collect::<String>())
    };
    let keywords = manifest.get("keywords").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let keywords: Vec<String> = keywords.iter().filter_map(text).take(MAX_KEYWORDS).collect();
    sqlx::query("INSERT INTO search_entries (package, version, description, keywords) VALUES ($1, $2, $3, $4)")
        .bind(name.as_str().to_owned())
        .bind(version)
        .bind(manifest.get("description").and_then(text).unwrap_or_default())
        .bind(serde_json::to_string(&keywords).map_err(other)?)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Makes the entries of packages that an earlier version of this program stored without one.
pub(crate) async fn fill(store: &Store) -> Result<(), Failure> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT package FROM dist_tags WHERE tag = 'latest' AND package NOT IN (SELECT package FROM search_entries)",
    )
    .fetch_all(&mut *store.snapshot().await?)
    .await?;
    for (name,) in rows {
        let mut tx = store.writing(&Writer::of_server("search entries")).await?;
        renew(&mut tx, fact(name.as_str().try_into())?).await?;
        tx.commit().await?;
    }
    Ok(())
}

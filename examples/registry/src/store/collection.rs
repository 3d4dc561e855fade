//! Removes the tarballs that no version needs any more: of versions that were unpublished or rejected, and of publishes
//! during which the process was killed.

use std::time::Duration;

use crate::{
    base::failure::Failure,
    store::{
        database::{Store, Tx},
        tarballs::{TarballId, Tarballs},
        turns::Writer,
    },
};

/// The age at which a file of a publish that did not end is removed. No publish takes so long.
const ABANDONED: Duration = Duration::from_hours(24);

/// Removes the tarballs that no row names, and returns their number.
pub(crate) async fn collect(store: &Store, tarballs: &Tarballs) -> Result<u64, Failure> {
    let mut removed = tarballs.remove_abandoned(ABANDONED).await?;
    for (id, key) in tarballs.all().await? {
        if is_named(&mut store.snapshot().await?, &id).await? {
            continue;
        }
        // No other transaction writes until this one ends. So no version that needs the tarball is stored between this
        // second look and the removal.
        let mut tx = store.writing(&Writer::of_server("collection")).await?;
        if !is_named(&mut tx, &id).await? {
            tarballs.remove(&key).await?;
            removed = removed.saturating_add(1);
        }
    }
    Ok(removed)
}

async fn is_named(tx: &mut Tx, id: &TarballId) -> Result<bool, Failure> {
    let row: Option<(String,)> = sqlx::query_as(
        "SELECT version FROM versions WHERE tarball = $1 UNION ALL \
         SELECT version FROM staged_versions WHERE tarball = $1 LIMIT 1",
    )
    .bind(id.as_str().to_owned())
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.is_some())
}

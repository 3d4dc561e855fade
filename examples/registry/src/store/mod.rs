//! The database: SQLite or PostgreSQL, with one set of queries.
//!
//! Every request is one transaction. A request that only reads has one snapshot. Those that write come one after the
//! other, on all replicas: each reads the facts, has them decided and writes, and nobody else writes from its first look to
//! its commit. So nothing is written by a right that was gone before the commit, not even in the same instant, and nothing
//! is cached between requests.
//!
//! - SQLite: `BEGIN IMMEDIATE`.
//! - PostgreSQL: serializable, and a lock on `names` that comes before the snapshot. Serializable alone would not do: it
//!   may order a write before a revocation that was acknowledged earlier.
//!
//! *Price:* one write at a time. Reads, of which a registry has thousands for each write, wait for nobody.

pub(crate) mod accounts;
pub(crate) mod dist_tags;
pub(crate) mod facts;
pub(crate) mod guesses;
pub(crate) mod logins;
pub(crate) mod organizations;
pub(crate) mod packages;
pub(crate) mod packument;
pub(crate) mod tokens;

#[cfg(test)]
mod tests;

use std::{sync::Once, time::Duration};

use sqlx::{
    AnyPool, Executor,
    any::{AnyConnectOptions, AnyPoolOptions},
};

use crate::failure::Failure;

/// A transaction. Dropped without a commit, it has changed nothing.
pub(crate) type Tx = sqlx::Transaction<'static, sqlx::Any>;

/// Connections at one time; each serves one request.
const MAX_CONNECTIONS: u32 = 16;
/// How long a request waits for a connection before it is answered that the server is busy.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// **The database.**
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pool: AnyPool,
    dialect: Dialect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// What each connection is told first.
    const fn settings(self) -> &'static [&'static str] {
        match self {
            // Readers beside the writer, and no commit is acknowledged that a power cut would undo.
            Self::Sqlite => &[
                "PRAGMA busy_timeout = 10000",
                "PRAGMA journal_mode = WAL",
                "PRAGMA synchronous = FULL",
                "PRAGMA foreign_keys = ON",
            ],
            // A replica that hangs does not keep the others from writing for ever.
            Self::Postgres => &["SET lock_timeout = '10s'", "SET idle_in_transaction_session_timeout = '60s'"],
        }
    }
}

impl Store {
    /// Connects to `sqlite:…` or `postgres:…` and brings the tables up to date.
    ///
    /// # Errors
    /// The database is neither, cannot be reached, or has tables of a newer version.
    pub(crate) async fn open(url: &str) -> Result<Self, Failure> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(sqlx::any::install_default_drivers);
        let dialect = match url.split_once(':') {
            Some(("sqlite", _)) => Dialect::Sqlite,
            Some(("postgres" | "postgresql", _)) => Dialect::Postgres,
            _ => return Err(Failure::Other("database URL: expected `sqlite:…` or `postgres:…`".into())),
        };
        let options: AnyConnectOptions = url.parse()?;
        let pool = AnyPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    for setting in dialect.settings() {
                        connection.execute(*setting).await?;
                    }
                    Ok(())
                })
            })
            .connect_with(options)
            .await?;
        let store = Self { pool, dialect };
        store.migrate().await?;
        Ok(store)
    }

    /// One consistent view of everything, for a request that only reads.
    pub(crate) async fn snapshot(&self) -> Result<Tx, Failure> {
        let begin = match self.dialect {
            Dialect::Sqlite => "BEGIN",
            Dialect::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        Ok(self.pool.begin_with(begin).await?)
    }

    /// The same for a request that may write: the only one until it ends. Any step may fail for another writer's sake all
    /// the same ([`is_transient`](Failure::is_transient)); then everything read is void.
    pub(crate) async fn writing(&self) -> Result<Tx, Failure> {
        match self.dialect {
            Dialect::Sqlite => Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?),
            Dialect::Postgres => {
                let mut tx = self.pool.begin_with("BEGIN ISOLATION LEVEL SERIALIZABLE").await?;
                // A lock takes no snapshot, so what is read next is as of now that nobody else writes.
                sqlx::query("LOCK TABLE names IN SHARE ROW EXCLUSIVE MODE").execute(&mut *tx).await?;
                Ok(tx)
            }
        }
    }

    /// Brings the tables up to date. Another process may be doing the same, and then has done it.
    async fn migrate(&self) -> Result<(), Failure> {
        let mut attempt = 0_u8;
        loop {
            attempt = attempt.saturating_add(1);
            match sqlx::migrate!().run(&self.pool).await {
                Err(_) if attempt < 5 => tokio::time::sleep(Duration::from_millis(200)).await,
                outcome => return Ok(outcome?),
            }
        }
    }

    /// Lets the connections go, and SQLite its log.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

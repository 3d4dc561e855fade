//! The database: SQLite or PostgreSQL, with one set of queries.
//!
//! Every request is one transaction. A request that only reads has one snapshot. A request that writes reads the facts,
//! has them decided and writes under one transaction that no other writer runs beside (SQLite: `BEGIN IMMEDIATE`) or that
//! only commits if it might as well have run alone (PostgreSQL: serializable; else it runs again from the facts on). So
//! nothing is written by a right that was gone before the commit, and nothing is cached between requests.

pub(crate) mod accounts;
pub(crate) mod facts;
pub(crate) mod guesses;
pub(crate) mod logins;
pub(crate) mod organizations;
pub(crate) mod packages;
pub(crate) mod packument;
pub(crate) mod tokens;

#[cfg(test)]
mod races;

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
                    if dialect == Dialect::Sqlite {
                        // Readers beside the writer, and no commit is acknowledged that a power cut would undo.
                        connection.execute("PRAGMA journal_mode = WAL").await?;
                        connection.execute("PRAGMA synchronous = FULL").await?;
                        connection.execute("PRAGMA foreign_keys = ON").await?;
                        connection.execute("PRAGMA busy_timeout = 10000").await?;
                    }
                    Ok(())
                })
            })
            .connect_with(options)
            .await?;
        sqlx::migrate!().run(&pool).await?;
        Ok(Self { pool, dialect })
    }

    /// One consistent view of everything, for a request that only reads.
    pub(crate) async fn snapshot(&self) -> Result<Tx, Failure> {
        let begin = match self.dialect {
            Dialect::Sqlite => "BEGIN",
            Dialect::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        Ok(self.pool.begin_with(begin).await?)
    }

    /// The same for a request that may write. Any step may fail for another writer's sake
    /// ([`is_transient`](Failure::is_transient)); then everything read is void.
    pub(crate) async fn writing(&self) -> Result<Tx, Failure> {
        let begin = match self.dialect {
            Dialect::Sqlite => "BEGIN IMMEDIATE",
            Dialect::Postgres => "BEGIN ISOLATION LEVEL SERIALIZABLE",
        };
        Ok(self.pool.begin_with(begin).await?)
    }

    /// Lets the connections go, and SQLite its log.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

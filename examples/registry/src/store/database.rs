//! The database: SQLite or PostgreSQL, with one set of queries.
//!
//! Every request is answered in one transaction. A request that only reads has one snapshot. Requests that write run
//! one after the other, on all replicas: from the moment at which such a request reads its first fact to its commit, no
//! other transaction writes. So no write is committed that rests on a permission that was removed before the commit.
//! Nothing is cached between requests.
//!
//! - SQLite: `BEGIN IMMEDIATE`.
//! - PostgreSQL: the isolation level `SERIALIZABLE`, and a lock on the table `names` that is taken before the snapshot.
//!   The isolation level alone is not enough: it may order a write before a revocation that was acknowledged earlier.
//!
//! The price is that there is only one write at a time. Reads never wait, and a registry has thousands of reads for
//! each write.

use std::{sync::Once, time::Duration};

use sqlx::{
    AnyPool, Executor,
    any::{AnyConnectOptions, AnyPoolOptions},
};

use crate::base::failure::Failure;

/// A transaction. If it is dropped without a commit, it changes nothing.
pub(crate) type Tx = sqlx::Transaction<'static, sqlx::Any>;

/// The maximum number of connections to the database at one time. Each connection serves one transaction.
const MAX_CONNECTIONS: u32 = 16;
/// How long a request waits for a connection. After that the response is 503.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// **A connection pool of the database.**
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
    /// The statements that each new connection runs first.
    const fn settings(self) -> &'static [&'static str] {
        match self {
            // WAL lets readers run beside the writer. With FULL, a power cut does not undo a commit that was
            // acknowledged.
            Self::Sqlite => &[
                "PRAGMA busy_timeout = 10000",
                "PRAGMA journal_mode = WAL",
                "PRAGMA synchronous = FULL",
                "PRAGMA foreign_keys = ON",
            ],
            // A replica that hangs must not keep the other replicas from writing.
            Self::Postgres => &["SET lock_timeout = '10s'", "SET idle_in_transaction_session_timeout = '60s'"],
        }
    }
}

impl Store {
    /// Connects to the database at `sqlite:…` or `postgres:…`, and brings its tables up to date.
    ///
    /// # Errors
    /// The URL has another scheme, the database cannot be reached, or its tables have a newer version.
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

    /// Begins a transaction with one consistent view of all data, for a request that only reads.
    pub(crate) async fn snapshot(&self) -> Result<Tx, Failure> {
        let begin = match self.dialect {
            Dialect::Sqlite => "BEGIN",
            Dialect::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        Ok(self.pool.begin_with(begin).await?)
    }

    /// Begins a transaction for a request that may write. No other transaction writes until this one ends.
    ///
    /// A statement may still fail because of another transaction ([`is_transient`](Failure::is_transient)). The caller
    /// must then discard everything that it has read, and begin a new transaction.
    pub(crate) async fn writing(&self) -> Result<Tx, Failure> {
        match self.dialect {
            Dialect::Sqlite => Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?),
            Dialect::Postgres => {
                let mut tx = self.pool.begin_with("BEGIN ISOLATION LEVEL SERIALIZABLE").await?;
                // The statement `LOCK` takes no snapshot. The next statement does, and no other transaction writes
                // then.
                sqlx::query("LOCK TABLE names IN SHARE ROW EXCLUSIVE MODE").execute(&mut *tx).await?;
                Ok(tx)
            }
        }
    }

    /// Brings the tables up to date. If another process does this at the same time, an attempt may fail, and a later
    /// attempt finds the tables up to date.
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

    /// Closes the connections. SQLite then removes its write-ahead log.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

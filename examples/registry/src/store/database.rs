//! The database: SQLite or PostgreSQL, with one set of queries.
//!
//! Every request is one transaction. A request that only reads has one snapshot. Requests that write run one after the
//! other, on all replicas: from the moment at which one reads its first fact to its commit, no other transaction
//! writes. So a right that was removed before the commit permits no write, not even in the same instant, and nothing is
//! cached between requests.
//!
//! - SQLite: `BEGIN IMMEDIATE`.
//! - PostgreSQL: the isolation level `SERIALIZABLE`, and a lock on the table `names` that is taken before the snapshot.
//!   The isolation level alone is not enough: it may order a write before a revocation that was acknowledged earlier.
//!
//! *Price:* one write at a time. Reads, of which a registry has thousands for each write, never wait.

use std::{sync::Once, time::Duration};

use sqlx::{
    AnyPool, Executor,
    any::{AnyConnectOptions, AnyPoolOptions},
};

use crate::base::failure::Failure;

/// A transaction. If it is dropped without a commit, it changes nothing.
pub(crate) type Tx = sqlx::Transaction<'static, sqlx::Any>;

/// The most connections to the database at one time. Each serves one request.
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
            // WAL lets readers run beside the writer. FULL acknowledges no commit that a power cut would undo.
            Self::Sqlite => &[
                "PRAGMA busy_timeout = 10000",
                "PRAGMA journal_mode = WAL",
                "PRAGMA synchronous = FULL",
                "PRAGMA foreign_keys = ON",
            ],
            // A replica that hangs must not keep the others from writing.
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

    /// Begins a transaction for a request that may write. No other one writes until it ends.
    ///
    /// Its statements may still fail because of another transaction ([`is_transient`](Failure::is_transient)). Then
    /// everything that was read is void.
    pub(crate) async fn writing(&self) -> Result<Tx, Failure> {
        match self.dialect {
            Dialect::Sqlite => Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?),
            Dialect::Postgres => {
                let mut tx = self.pool.begin_with("BEGIN ISOLATION LEVEL SERIALIZABLE").await?;
                // A lock takes no snapshot. The next statement does, and by then no other transaction writes.
                sqlx::query("LOCK TABLE names IN SHARE ROW EXCLUSIVE MODE").execute(&mut *tx).await?;
                Ok(tx)
            }
        }
    }

    /// Brings the tables up to date. If another process is doing the same, an attempt fails and the next one finds the
    /// work done.
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

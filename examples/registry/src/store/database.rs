//! The database: SQLite or PostgreSQL, with one set of queries.
//!
//! Every request is answered in one transaction, which decides again what was decided before it began. A request that
//! only reads has a snapshot. Requests that write run one after the other, on all replicas: from the moment at which such
//! a request reads its first fact to its commit, no other transaction writes. So no write is committed that rests on a
//! permission that was removed before the commit. No token and no decision is kept for a later request.
//!
//! - SQLite: `BEGIN IMMEDIATE`.
//! - PostgreSQL: the isolation level `SERIALIZABLE`, and a lock on the table `names` that is taken before the snapshot.
//!   The isolation level alone is not enough: it may order a write before a revocation that was acknowledged earlier.
//!
//! The price is that there is only one write at a time. Reads never wait for writers: they have connections of their
//! own. The order of the writers is in [`turns`](crate::store::turns).

use std::{
    ops::{Deref, DerefMut},
    path::PathBuf,
    sync::{Arc, Once},
    time::Duration,
};

use sqlx::{
    AnyConnection, AnyPool, Executor,
    any::{AnyConnectOptions, AnyPoolOptions},
    sqlite::SqliteConnectOptions,
};
use tollgate::PackageName;

use crate::{
    base::failure::{Failure, is_lost},
    store::{
        dialect::{ACQUIRE_TIMEOUT, Dialect},
        statements::{Statement, Statements},
        turns::{DocumentTurn, OperatorLock, Turn, Turns, Writer},
    },
};

/// **A transaction.** If it is dropped without a commit, it changes nothing.
#[derive(Debug)]
pub(crate) struct Tx(Kind);

#[derive(Debug)]
enum Kind {
    /// A transaction that only reads.
    Snapshot(sqlx::Transaction<'static, sqlx::Any>),
    /// A transaction that may write. Its turn ends with it.
    Writing(sqlx::Transaction<'static, sqlx::Any>, Turn),
    /// One query that only reads.
    Statement(Statement),
}

impl Tx {
    /// Makes every change of the transaction, or none. One that only reads has no changes, and just ends.
    pub(crate) async fn commit(self) -> Result<(), Failure> {
        match self.0 {
            Kind::Snapshot(_) => Ok(()),
            Kind::Statement(statement) => {
                statement.keep();
                Ok(())
            }
            Kind::Writing(transaction, _turn) => transaction.commit().await.map_err(|error| {
                // The changes may have been committed. Another attempt could make them twice.
                if is_lost(&error) { Failure::Unreachable(error) } else { Failure::Database(error) }
            }),
        }
    }
}

impl Deref for Tx {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        match &self.0 {
            Kind::Snapshot(transaction) | Kind::Writing(transaction, _) => transaction,
            Kind::Statement(statement) => &statement.connection,
        }
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        match &mut self.0 {
            Kind::Snapshot(transaction) | Kind::Writing(transaction, _) => transaction,
            Kind::Statement(statement) => &mut statement.connection,
        }
    }
}

/// The maximum number of connections for transactions that only read.
const READERS: u32 = 16;
/// The maximum number of connections for transactions that may write. One of them writes, while the previous one
/// returns to the pool.
const WRITERS: u32 = 2;

/// **The database**, with its connections.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    readers: AnyPool,
    writers: AnyPool,
    statements: Arc<Statements>,
    turns: Arc<Turns>,
    dialect: Dialect,
}

impl Store {
    /// The file of the database at an `sqlite:…` URL, or `None` for another URL.
    ///
    /// # Errors
    /// The URL begins with `sqlite:` and is malformed.
    pub(crate) fn file(url: &str) -> Result<Option<PathBuf>, Failure> {
        if !url.starts_with("sqlite:") {
            return Ok(None);
        }
        let options: SqliteConnectOptions = url.parse()?;
        Ok(Some(options.get_filename().to_owned()))
    }

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
        let lock = Self::file(url)?.map(|file| OperatorLock::beside(&file)).transpose()?;
        let store = Self {
            writers: connect(url, dialect, WRITERS, &[]).await?,
            readers: connect(url, dialect, READERS, dialect.reader_settings()).await?,
            statements: Arc::new(Statements::new(url.parse()?, dialect)),
            turns: Arc::new(Turns::new(lock)),
            dialect,
        };
        store.migrate().await?;
        Ok(store)
    }

    /// Begins a transaction with one consistent view of all data, for a request that only reads.
    pub(crate) async fn snapshot(&self) -> Result<Tx, Failure> {
        let begin = match self.dialect {
            Dialect::Sqlite => "BEGIN",
            Dialect::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        Ok(Tx(Kind::Snapshot(self.readers.begin_with(begin).await?)))
    }

    /// Takes a connection for one query, which has a consistent view of all data of its own. For a second query, the
    /// caller must begin a [`snapshot`](Self::snapshot), and read everything again.
    pub(crate) async fn one_query(&self) -> Result<Tx, Failure> {
        Ok(Tx(Kind::Statement(self.statements.take().await?)))
    }

    /// Closes the connections for one query that are not in use, after one of them has failed.
    pub(crate) async fn renew_connections(&self) {
        self.statements.close_idle().await;
    }

    /// Begins a transaction for a request that may write, when it is the writer's turn. No other transaction writes
    /// until this one ends.
    ///
    /// A statement may still fail because of another transaction ([`is_transient`](Failure::is_transient)). The caller
    /// must then discard everything that it has read, and begin a new transaction.
    ///
    /// # Errors
    /// [`Failure::Busy`] if the turn did not come within ten seconds.
    pub(crate) async fn writing(&self, writer: &Writer) -> Result<Tx, Failure> {
        let turn = self.turns.take(writer).await?;
        let transaction = match self.dialect {
            Dialect::Sqlite => self.writers.begin_with("BEGIN IMMEDIATE").await?,
            Dialect::Postgres => {
                let mut transaction = self.writers.begin_with("BEGIN ISOLATION LEVEL SERIALIZABLE").await?;
                // The statement `LOCK` takes no snapshot. The next statement does, and no other transaction writes
                // then.
                sqlx::query("LOCK TABLE names IN SHARE ROW EXCLUSIVE MODE").execute(&mut *transaction).await?;
                transaction
            }
        };
        Ok(Tx(Kind::Writing(transaction, turn)))
    }

    /// Waits for the turn to compare a document of this package with the stored one, and to write it.
    pub(crate) async fn document_turn(
        &self,
        writer: &Writer,
        package: PackageName<&str>,
    ) -> Result<DocumentTurn, Failure> {
        self.turns.take_document(writer, package).await
    }

    /// Brings the tables up to date. If another process does this at the same time, an attempt may fail, and a later
    /// attempt finds the tables up to date.
    async fn migrate(&self) -> Result<(), Failure> {
        let mut attempt = 0_u8;
        loop {
            attempt = attempt.saturating_add(1);
            match sqlx::migrate!().run(&self.writers).await {
                Err(_) if attempt < 5 => tokio::time::sleep(Duration::from_millis(200)).await,
                outcome => return Ok(outcome?),
            }
        }
    }

    /// Closes the connections. SQLite then removes its write-ahead log.
    pub(crate) async fn close(&self) {
        self.statements.close_idle().await;
        self.readers.close().await;
        self.writers.close().await;
    }
}

/// Connects to the database. Each new connection runs the settings of the dialect, and then `last`.
async fn connect(
    url: &str,
    dialect: Dialect,
    connections: u32,
    last: &'static [&'static str],
) -> Result<AnyPool, Failure> {
    let options: AnyConnectOptions = url.parse()?;
    let pool = AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // The connection to a server may have been lost. One to a file is not.
        .test_before_acquire(dialect == Dialect::Postgres)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                for setting in dialect.settings().iter().chain(last) {
                    connection.execute(*setting).await?;
                }
                Ok(())
            })
        })
        .connect_with(options)
        .await?;
    Ok(pool)
}

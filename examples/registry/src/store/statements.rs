//! Connections for requests that need one query and no more.
//!
//! One statement is a snapshot of its own, so such a request needs no transaction. A pool of sqlx asks a connection
//! whether it still works whenever it comes back, and with it a read takes a sixth more of the processor's time. These
//! connections are not asked: one that fails is closed, with all that wait for use.

use std::{
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use sqlx::{AnyConnection, ConnectOptions, Connection, Executor, any::AnyConnectOptions};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::{
    base::failure::{Failure, other},
    store::dialect::{ACQUIRE_TIMEOUT, Dialect},
};

/// The maximum number of connections.
const CONNECTIONS: usize = 8;

/// **The connections.** The one that was used last is used next.
#[derive(Debug)]
pub(crate) struct Statements {
    options: AnyConnectOptions,
    dialect: Dialect,
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<AnyConnection>>>,
}

/// **A connection for one query.** It is closed if it is dropped.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) connection: AnyConnection,
    idle: Arc<Mutex<Vec<AnyConnection>>>,
    _permit: OwnedSemaphorePermit,
}

impl Statement {
    /// Keeps the connection for the next request.
    pub(crate) fn keep(self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(self.connection);
    }
}

impl Statements {
    pub(crate) fn new(options: AnyConnectOptions, dialect: Dialect) -> Self {
        Self { options, dialect, permits: Arc::new(Semaphore::new(CONNECTIONS)), idle: Arc::default() }
    }

    /// Waits for a connection.
    ///
    /// # Errors
    /// [`Failure::Busy`] if none was free for ten seconds.
    pub(crate) async fn take(&self) -> Result<Statement, Failure> {
        let permit = timeout(ACQUIRE_TIMEOUT, self.permits.clone().acquire_owned()).await;
        let permit = permit.map_err(|_| Failure::Busy)?.map_err(other)?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        Ok(Statement { connection, idle: self.idle.clone(), _permit: permit })
    }

    async fn connect(&self) -> Result<AnyConnection, Failure> {
        let mut connection = self.options.connect().await?;
        for setting in self.dialect.settings().iter().chain(self.dialect.reader_settings()) {
            connection.execute(*setting).await?;
        }
        Ok(connection)
    }

    /// Closes the connections that are not in use.
    pub(crate) async fn close_idle(&self) {
        let idle = mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for connection in idle {
            // A connection that is lost cannot be closed.
            let _ = connection.close().await;
        }
    }
}

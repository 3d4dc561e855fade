//! The two databases, and how a connection to each is set up.

use std::time::Duration;

/// How long a request waits for a connection. After that the response is 503.
pub(crate) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// The statements that each new connection runs first.
    pub(crate) const fn settings(self) -> &'static [&'static str] {
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

    /// The statements that a new connection for reads runs after them. A read that writes is a mistake in the code, and
    /// the database refuses it.
    pub(crate) const fn reader_settings(self) -> &'static [&'static str] {
        match self {
            Self::Sqlite => &["PRAGMA query_only = ON"],
            Self::Postgres => &["SET default_transaction_read_only = on"],
        }
    }
}

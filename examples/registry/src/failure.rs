//! What goes wrong that is no decision: a request that makes no sense, or a fault of ours.

use std::fmt::Display;

use axum::http::StatusCode;

/// **Why a request has no answer of its own.** Never a denial: those are decisions.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The request cannot be carried out as it stands: the status and the text for the client.
    #[error("{status}: {text}")]
    Refused {
        /// The status to answer.
        status: StatusCode,
        /// The text, which the client may see.
        text: String,
    },
    /// The database.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The migrations.
    #[error("migrations: {0}")]
    Migrations(#[from] sqlx::migrate::MigrateError),
    /// The folder of tarballs.
    #[error("tarballs: {0}")]
    Tarballs(#[from] object_store::Error),
    /// A row that is no fact: it was written by something else, or by a newer version.
    #[error("unreadable row: {0}")]
    Row(String),
    /// Anything else that the operator has to look at.
    #[error("{0}")]
    Other(String),
}

impl Failure {
    /// The client's fault, with a text for it.
    pub(crate) fn refused(status: StatusCode, text: impl Display) -> Self {
        Self::Refused { status, text: text.to_string() }
    }

    /// 400.
    pub(crate) fn bad_request(text: impl Display) -> Self {
        Self::refused(StatusCode::BAD_REQUEST, text)
    }

    /// 404, for things that are no question of rights: a version, a team, a tag.
    pub(crate) fn not_found(text: impl Display) -> Self {
        Self::refused(StatusCode::NOT_FOUND, text)
    }

    /// 409.
    pub(crate) fn conflict(text: impl Display) -> Self {
        Self::refused(StatusCode::CONFLICT, text)
    }

    /// What the client may be told.
    pub(crate) fn client_text(&self) -> String {
        match self {
            Self::Refused { text, .. } => text.clone(),
            Self::Database(_) | Self::Migrations(_) | Self::Tarballs(_) | Self::Row(_) | Self::Other(_) => {
                "internal error".to_owned()
            }
        }
    }

    /// Whether another transaction was in the way: the same again, from the facts on, may well succeed.
    pub(crate) fn is_transient(&self) -> bool {
        // PostgreSQL: serialization failure, deadlock. SQLite: a snapshot that is too old, locked. A unique violation is two
        // writers who both found nothing; the second look finds what the first wrote.
        self.has_code(&["40001", "40P01", "261", "517", "6"])
            || matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_unique_violation())
    }

    /// Whether others wrote for so long that this one gave up waiting.
    pub(crate) fn is_busy(&self) -> bool {
        // PostgreSQL: the lock's timeout. SQLite: busy, after its timeout.
        self.has_code(&["55P03", "5"]) || matches!(self, Self::Database(sqlx::Error::PoolTimedOut))
    }

    fn has_code(&self, codes: &[&str]) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else { return false };
        error.code().is_some_and(|code| codes.contains(&&*code))
    }
}

/// Free text that a column of its own can have: PostgreSQL has no NUL in a text, so SQLite gets none either.
pub(crate) fn storable(what: &str, text: &str) -> Result<(), Failure> {
    if text.contains('\0') {
        return Err(Failure::bad_request(format!("{what} with a NUL character: expected text")));
    }
    Ok(())
}

/// Takes a stored value for a fact.
pub(crate) fn fact<T, E: Display>(parsed: Result<T, E>) -> Result<T, Failure> {
    parsed.map_err(|error| Failure::Row(error.to_string()))
}

/// An error that only the operator can do something about.
pub(crate) fn other(error: impl Display) -> Failure {
    Failure::Other(error.to_string())
}

//! Errors that are not decisions: a request that cannot be carried out, or a fault of the server.

use std::fmt::Display;

use axum::http::StatusCode;
use tollgate::facts::LookupError;

/// **The error of a request or command** that cannot be carried out. A denial is a decision, and never a `Failure`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The request is refused because of its content or of the stored data, and not by a decision.
    #[error("{status}: {text}")]
    Refused {
        /// The status of the response.
        status: StatusCode,
        /// The text of the response, which the client may see.
        text: String,
    },
    /// The database returned an error.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The tables could not be brought up to date.
    #[error("migrations: {0}")]
    Migrations(#[from] sqlx::migrate::MigrateError),
    /// The folder of tarballs could not be read or written.
    #[error("tarballs: {0}")]
    Tarballs(#[from] object_store::Error),
    /// A row cannot be read, because another program or a newer version of this program wrote it.
    #[error("unreadable row: {0}")]
    Row(String),
    /// Another request changed what this one is based on, while this one waited for its turn.
    #[error("overtaken by another request")]
    Overtaken,
    /// Other requests have taken the memory that this request needs. A request does not wait for memory while its
    /// transaction is open.
    #[error("out of the memory for large documents")]
    NoMemory,
    /// The server is busy with other requests, and this one waited for too long.
    #[error("busy")]
    Busy,
    /// The database cannot be reached, and whether a transaction was committed is not known.
    #[error("the database cannot be reached: {0}")]
    Unreachable(sqlx::Error),
    /// Another fault, which the operator has to look at.
    #[error("{0}")]
    Other(String),
}

impl Failure {
    /// A refusal with a status and a text for the client.
    pub(crate) fn refused(status: StatusCode, text: impl Display) -> Self {
        Self::Refused { status, text: text.to_string() }
    }

    /// A refusal with status 400.
    pub(crate) fn bad_request(text: impl Display) -> Self {
        Self::refused(StatusCode::BAD_REQUEST, text)
    }

    /// A refusal with status 404, for things whose existence is no secret to the caller: a version, a team, a tag.
    pub(crate) fn not_found(text: impl Display) -> Self {
        Self::refused(StatusCode::NOT_FOUND, text)
    }

    /// A refusal with status 404, for an endpoint that `tollgate` knows and this server does not offer.
    pub(crate) fn not_offered() -> Self {
        Self::not_found("not offered here")
    }

    /// A refusal with status 502.
    pub(crate) fn bad_gateway(text: impl Display) -> Self {
        Self::refused(StatusCode::BAD_GATEWAY, text)
    }

    /// A refusal with status 409.
    pub(crate) fn conflict(text: impl Display) -> Self {
        Self::refused(StatusCode::CONFLICT, text)
    }

    /// The text for the client. The text for a fault of the server is `internal error`, and says nothing about the
    /// fault.
    pub(crate) fn client_text(&self) -> String {
        match self {
            Self::Refused { text, .. } => text.clone(),
            _ if self.is_unreachable() => "the database of this registry cannot be reached: try again soon".to_owned(),
            _ if self.is_transient() || self.is_busy() => "too many requests at this moment: try once more".to_owned(),
            Self::Overtaken
            | Self::NoMemory
            | Self::Busy
            | Self::Database(_)
            | Self::Migrations(_)
            | Self::Tarballs(_)
            | Self::Row(_)
            | Self::Unreachable(_)
            | Self::Other(_) => "internal error".to_owned(),
        }
    }

    /// Whether this is a fault of the server, which the operator has to look at.
    pub(crate) const fn is_fault(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::Overtaken | Self::NoMemory | Self::Busy => false,
            Self::Database(_)
            | Self::Migrations(_)
            | Self::Tarballs(_)
            | Self::Row(_)
            | Self::Unreachable(_)
            | Self::Other(_) => true,
        }
    }

    /// Whether another transaction interfered. A new attempt, which reads the facts again, may succeed.
    pub(crate) fn is_transient(&self) -> bool {
        // PostgreSQL: serialization failure, deadlock. SQLite: a snapshot that is too old, locked. A unique violation
        // means that two writers both found no row; the next attempt finds the row that the other one wrote.
        matches!(self, Self::Overtaken | Self::NoMemory)
            || self.has_code(&["40001", "40P01", "261", "517", "6"])
            || matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_unique_violation())
    }

    /// Whether the transaction waited for other writers until its timeout.
    pub(crate) fn is_busy(&self) -> bool {
        // PostgreSQL: the timeout of a lock. SQLite: busy, after its timeout.
        self.has_code(&["55P03", "5"]) || matches!(self, Self::Busy | Self::Database(sqlx::Error::PoolTimedOut))
    }

    /// Whether the database cannot be reached, or is starting or stopping.
    pub(crate) fn is_unreachable(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Database(error) | Self::Migrations(sqlx::migrate::MigrateError::Execute(error)) => is_lost(error),
            Self::Migrations(_)
            | Self::Refused { .. }
            | Self::Tarballs(_)
            | Self::Row(_)
            | Self::Overtaken
            | Self::NoMemory
            | Self::Busy
            | Self::Other(_) => false,
        }
    }

    fn has_code(&self, codes: &[&str]) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else { return false };
        error.code().is_some_and(|code| codes.contains(&&*code))
    }
}

/// Whether the error says that there is no connection.
pub(crate) fn is_lost(error: &sqlx::Error) -> bool {
    if let sqlx::Error::Database(error) = error {
        // PostgreSQL: connection failures, and a server that starts or stops.
        return error
            .code()
            .is_some_and(|code| code.starts_with("08") || matches!(&*code, "57P01" | "57P02" | "57P03"));
    }
    matches!(
        error,
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed
    )
}

/// Refuses a text with a NUL character. PostgreSQL cannot store such a text. SQLite could, but the text is refused for
/// both databases, so that they behave alike.
pub(crate) fn storable(what: &str, text: &str) -> Result<(), Failure> {
    if text.contains('\0') {
        return Err(Failure::bad_request(format!("{what} with a NUL character: expected text")));
    }
    Ok(())
}

/// A database that finds a row of another name than the one asked for cannot be used.
impl From<LookupError> for Failure {
    fn from(error: LookupError) -> Self {
        Self::Row(error.to_string())
    }
}

/// Turns the error of a stored value that does not parse into [`Failure::Row`].
pub(crate) fn fact<T, E: Display>(parsed: Result<T, E>) -> Result<T, Failure> {
    parsed.map_err(|error| Failure::Row(error.to_string()))
}

/// Turns any error into [`Failure::Other`].
pub(crate) fn other(error: impl Display) -> Failure {
    Failure::Other(error.to_string())
}

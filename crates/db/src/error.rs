//! What can go wrong, told without a row's data.

use std::{error::Error as StdError, fmt, sync::Arc};

use tokio_postgres::{
    error::{Severity, SqlState},
    types::WrongType,
};

use crate::secured::{Refused, RefusedReason};

type Cause = Arc<dyn StdError + Send + Sync>;

/// Why a statement, a transaction or a connection failed.
///
/// Neither `Display` nor `Debug` nor the chain of sources holds a value from a row or a parameter: the server's
/// DETAIL is never kept, and its message is dropped where it quotes values (see [`ServerReport`]).
#[derive(Debug, Clone, thiserror::Error)]
pub enum DbError {
    /// No connection could be made, or the connection was lost. What was sent outside a transaction may or may
    /// not have taken effect; a transaction was rolled back. The next use connects again.
    #[error("the database cannot be reached")]
    Unavailable(#[source] Cause),
    /// All connections for transactions stayed busy for [`crate::TRANSACTION_WAIT`].
    #[error("no database connection became free in time")]
    PoolTimeout,
    /// The server refused a statement. Inside a transaction the transaction is lost with it.
    #[error("{statement} failed: {report}")]
    Statement {
        /// The name of the [`crate::Sql`], or the operation.
        statement: &'static str,
        /// What kind of failure (PostgreSQL manual, appendix A).
        sqlstate: SqlState,
        /// What the server said.
        report: Box<ServerReport>,
    },
    /// The connection was lost while the server was committing: the changes are there as a whole or not at all,
    /// and this side cannot know which.
    #[error("the outcome of a commit is unknown")]
    CommitUnknown(#[source] Cause),
    /// A statement that answers with one row answered with another number of rows.
    #[error("{statement} answered with {rows} rows")]
    RowCount {
        /// The name of the statement.
        statement: &'static str,
        /// How many rows there were.
        rows: usize,
    },
    /// A parameter or a column does not fit its Rust type, or a column does not exist: a mistake in the program.
    #[error("a value does not fit the statement: {0}")]
    Value(String),
}

/// The parts of a server's error that hold no personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerReport {
    /// The five characters of the SQLSTATE.
    pub sqlstate: String,
    /// The primary message. Empty for class 22 (data exception), whose messages quote the offending value.
    pub message: String,
    /// The schema, if the error is about an object in one.
    pub schema: Option<String>,
    /// The table.
    pub table: Option<String>,
    /// The column.
    pub column: Option<String>,
    /// The constraint that would have been violated.
    pub constraint: Option<String>,
}

impl fmt::Display for ServerReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SQLSTATE {}", self.sqlstate)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}

impl ServerReport {
    fn new(error: &tokio_postgres::error::DbError) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let sqlstate = error.code().code().to_owned();
        // Class 22: `invalid input syntax for type integer: "…"` and its like repeat what was sent.
        let message = if sqlstate.starts_with("22") { String::new() } else { error.message().to_owned() };
        Self {
            sqlstate,
            message,
            schema: owned(error.schema()),
            table: owned(error.table()),
            column: owned(error.column()),
            constraint: owned(error.constraint()),
        }
    }
}

impl DbError {
    /// The SQLSTATE, when the server refused a statement.
    pub fn sqlstate(&self) -> Option<&SqlState> {
        match self {
            Self::Statement { sqlstate, .. } => Some(sqlstate),
            _ => None,
        }
    }

    /// The constraint that a statement would have violated.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Statement { report, .. } => report.constraint.as_deref(),
            _ => None,
        }
    }

    /// Why a server on a network refused the connection, if that is what happened.
    pub fn refused(&self) -> Option<RefusedReason> {
        let Self::Unavailable(cause) = self else { return None };
        cause.downcast_ref::<Refused>().map(|refused| refused.reason)
    }

    /// 23505: the row exists already.
    pub fn is_unique_violation(&self) -> bool {
        self.sqlstate() == Some(&SqlState::UNIQUE_VIOLATION)
    }

    /// 23503: the row that is referred to does not exist, or a row still refers to this one.
    pub fn is_foreign_key_violation(&self) -> bool {
        self.sqlstate() == Some(&SqlState::FOREIGN_KEY_VIOLATION)
    }

    /// 23514: a CHECK constraint refused the row.
    pub fn is_check_violation(&self) -> bool {
        self.sqlstate() == Some(&SqlState::CHECK_VIOLATION)
    }

    /// 42501: the role may not do this.
    pub fn is_permission_denied(&self) -> bool {
        self.sqlstate() == Some(&SqlState::INSUFFICIENT_PRIVILEGE)
    }

    /// 57014: the statement took longer than allowed, or an operator ended it.
    pub fn is_cancelled(&self) -> bool {
        self.sqlstate() == Some(&SqlState::QUERY_CANCELED)
    }

    /// 40001 and 40P01: nothing happened, and the same transaction may succeed when tried again.
    pub fn is_worth_repeating(&self) -> bool {
        let state = self.sqlstate();
        state == Some(&SqlState::T_R_SERIALIZATION_FAILURE) || state == Some(&SqlState::T_R_DEADLOCK_DETECTED)
    }

    /// Whether the database is away, too busy or out of room (class 53), so that the caller should be told to
    /// come back later.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::PoolTimeout | Self::CommitUnknown(_) => true,
            Self::Statement { sqlstate, .. } => sqlstate.code().starts_with("53"),
            _ => false,
        }
    }

    pub(crate) fn unavailable(cause: impl StdError + Send + Sync + 'static) -> Self {
        Self::Unavailable(Arc::new(cause))
    }

    /// Sorts a failure of `statement`.
    pub(crate) fn in_statement(statement: &'static str, error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(server) if !ends_connection(server) => Self::Statement {
                statement,
                sqlstate: server.code().clone(),
                report: Box::new(ServerReport::new(server)),
            },
            Some(_) => Self::unavailable(error),
            None if is_connection_loss(&error) => Self::unavailable(error),
            None => Self::Value(format!("{statement}: {}", describe_value_error(&error))),
        }
    }

    /// Sorts a failure of COMMIT. An ordinary error means that the server rolled back; all else is unknown.
    pub(crate) fn in_commit(error: tokio_postgres::Error) -> Self {
        match Self::in_statement("COMMIT", error) {
            Self::Unavailable(cause) => Self::CommitUnknown(cause),
            other => other,
        }
    }

    /// A commit that cannot be, because a statement of the transaction failed or was abandoned.
    pub(crate) fn transaction_failed() -> Self {
        let sqlstate = SqlState::IN_FAILED_SQL_TRANSACTION;
        let report = ServerReport {
            sqlstate: sqlstate.code().to_owned(),
            message: "a statement of the transaction failed, so it was rolled back".to_owned(),
            schema: None,
            table: None,
            column: None,
            constraint: None,
        };
        Self::Statement { statement: "COMMIT", sqlstate, report: Box::new(report) }
    }
}

/// So that `row.try_get(…)?` works.
impl From<tokio_postgres::Error> for DbError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::in_statement("a row", error)
    }
}

/// What the server said, without personal data, if `error` came from the server.
pub(crate) fn server_report(error: &tokio_postgres::Error) -> Option<ServerReport> {
    error.as_db_error().map(ServerReport::new)
}

/// Whether the server ends the connection with this error.
fn ends_connection(error: &tokio_postgres::error::DbError) -> bool {
    let is_connection_exception = error.code().code().starts_with("08");
    matches!(error.parsed_severity(), Some(Severity::Fatal | Severity::Panic)) || is_connection_exception
}

/// Whether the stream broke, as opposed to a value that could not be written or read.
fn is_connection_loss(error: &tokio_postgres::Error) -> bool {
    let cause = error.source();
    error.is_closed() || cause.is_some_and(|cause| cause.is::<std::io::Error>())
}

/// An error and what caused it, one after the other, with those that an I/O error only wraps.
pub(crate) fn causes<'e>(
    error: &'e (dyn StdError + 'static),
) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        wrapped.map(|wrapped| wrapped as &(dyn StdError + 'static)).or_else(move || error.source())
    })
}

/// The driver's sentence, and the cause only when it speaks of types: other causes may quote the value.
fn describe_value_error(error: &tokio_postgres::Error) -> String {
    match error.source().and_then(|cause| cause.downcast_ref::<WrongType>()) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

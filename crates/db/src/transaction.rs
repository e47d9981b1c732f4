//! Several statements that happen together or not at all.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use deadpool::managed::Object;
use futures_util::future::join;
use tokio_postgres::Row;

use crate::{
    DbError, Params, Sql,
    database::{Connections, at_most_one, exactly_one},
};

/// A transaction on a connection of its own, at the level READ COMMITTED.
///
/// `BEGIN` is written together with the first statement, so n statements and [`commit`](Self::commit) take
/// n + 1 round trips, and a transaction without a statement takes none. Statements that are polled
/// concurrently are pipelined in the order of their first poll.
///
/// Dropping it rolls back. The connection is used again only once the server has confirmed that.
pub struct Transaction {
    /// Empty only once the transaction has ended.
    connection: Option<Object<Connections>>,
    has_begun: AtomicBool,
    /// Statements that have not succeeded: under way, failed or abandoned. Any of these forbids a commit,
    /// because the server answers COMMIT in a failed transaction with a ROLLBACK that looks like success.
    unsettled: AtomicUsize,
}

impl Transaction {
    pub(crate) fn new(connection: Object<Connections>) -> Self {
        let (has_begun, unsettled) = (AtomicBool::new(false), AtomicUsize::new(0));
        Self { connection: Some(connection), has_begun, unsettled }
    }

    /// Runs one statement and returns its rows.
    pub async fn query(&self, sql: &Sql, params: Params<'_>) -> Result<Vec<Row>, DbError> {
        let connection = self.connection()?;
        self.run(sql, connection.query(sql, params)).await
    }

    /// Runs one statement that answers with at most one row; more are [`DbError::RowCount`].
    pub async fn query_opt(&self, sql: &Sql, params: Params<'_>) -> Result<Option<Row>, DbError> {
        at_most_one(sql, self.query(sql, params).await?)
    }

    /// Runs one statement that answers with exactly one row; any other number is [`DbError::RowCount`].
    pub async fn query_one(&self, sql: &Sql, params: Params<'_>) -> Result<Row, DbError> {
        exactly_one(sql, self.query(sql, params).await?)
    }

    /// Runs one statement and returns how many rows it changed.
    pub async fn execute(&self, sql: &Sql, params: Params<'_>) -> Result<u64, DbError> {
        let connection = self.connection()?;
        self.run(sql, connection.execute(sql, params)).await
    }

    /// Makes the changes last; they are on the server's disk when this returns.
    ///
    /// Errors: [`DbError::CommitUnknown`] if the connection was lost on the way; any other error means that
    /// nothing was changed. A transaction in which a statement failed or was abandoned half-way is not
    /// committed (SQLSTATE 25P02).
    pub async fn commit(mut self) -> Result<(), DbError> {
        if self.unsettled.load(Ordering::Relaxed) > 0 {
            return Err(DbError::transaction_failed());
        }
        if self.has_begun.load(Ordering::Relaxed) {
            let connection = self.connection()?;
            if connection.is_closed() {
                return Err(lost());
            }
            connection.command("COMMIT").await.map_err(DbError::in_commit)?;
        }
        self.connection = None;
        Ok(())
    }

    /// Undoes the changes and waits until the server has done so. Dropping does the same without waiting.
    pub async fn rollback(mut self) -> Result<(), DbError> {
        if self.has_begun.load(Ordering::Relaxed) {
            let outcome = self.connection()?.command("ROLLBACK").await;
            outcome.map_err(|error| DbError::in_statement("ROLLBACK", error))?;
        }
        self.connection = None;
        Ok(())
    }

    fn connection(&self) -> Result<&Object<Connections>, DbError> {
        self.connection.as_ref().ok_or_else(lost)
    }

    /// Awaits `statement`, with `BEGIN` in front of it if it is the first.
    async fn run<T>(
        &self,
        sql: &Sql,
        statement: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, DbError> {
        self.unsettled.fetch_add(1, Ordering::Relaxed);
        let outcome = if self.has_begun.swap(true, Ordering::Relaxed) {
            statement.await
        } else {
            // `join` polls in this order, and a first poll queues the message: BEGIN goes first.
            let (begun, outcome) = join(self.connection()?.command("BEGIN"), statement).await;
            match (begun, outcome) {
                (Ok(()), outcome) => outcome,
                // The statement ran by itself and took effect by itself.
                (Err(error), Ok(_)) => return Err(DbError::CommitUnknown(Arc::new(error))),
                (Err(error), Err(_)) => Err(error),
            }
        };
        let value = outcome.map_err(|error| DbError::in_statement(sql.name(), error))?;
        self.unsettled.fetch_sub(1, Ordering::Relaxed);
        Ok(value)
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        if !self.has_begun.load(Ordering::Relaxed) {
            return;
        }
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(roll_back(connection))),
            // Without a runtime nothing can be sent; closing the connection rolls back as well.
            Err(_) => drop(Object::take(connection)),
        }
    }
}

/// Returns the connection to the pool once the transaction on it has ended, or closes it.
async fn roll_back(connection: Object<Connections>) {
    let doubtful = Doubtful(Some(connection));
    if let Some(connection) = &doubtful.0
        && connection.command("ROLLBACK").await.is_ok()
    {
        doubtful.trust();
    }
}

/// A connection whose state is unknown: it is closed when dropped, also when its task is cancelled.
struct Doubtful(Option<Object<Connections>>);

impl Doubtful {
    fn trust(mut self) {
        self.0 = None;
    }
}

impl Drop for Doubtful {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(Object::take(connection));
        }
    }
}

fn lost() -> DbError {
    DbError::unavailable(io::Error::from(io::ErrorKind::NotConnected))
}

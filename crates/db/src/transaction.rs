//! Several statements that happen together or not at all.

use std::{
    io,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use deadpool::managed::Object;
use futures_util::future::maybe_done;
use tokio_postgres::Row;

use crate::{
    DbError, Params, Sql,
    connection::{Connection, lock},
    database::{Connections, at_most_one, exactly_one},
    flight::{Flight, Owned, OwnedParams, queue},
    writer::{self, Watch},
};

/// A transaction on a connection of its own, at the level READ COMMITTED.
///
/// `BEGIN` is written together with the first statement, so n statements and [`commit`](Self::commit) take
/// n + 1 round trips, and a transaction without a statement takes none. Statements that are put off by
/// [`defer`](Self::defer) take none. Statements that are polled concurrently are pipelined in the order of their first
/// poll.
///
/// Dropping it rolls back. The connection is used again only once the server has confirmed that.
pub struct Transaction {
    /// Empty only once the transaction has ended.
    connection: Option<Object<Connections>>,
    has_begun: AtomicBool,
    /// Statements that go ahead of the next one, or of COMMIT.
    deferred: Mutex<Vec<Owned>>,
    /// Statements that have not succeeded: under way, failed or abandoned. Any of these forbids a commit,
    /// because the server answers COMMIT in a failed transaction with a ROLLBACK that looks like success.
    unsettled: AtomicUsize,
    watch: Option<Watch>,
    /// Whether the server was told that this is the writer's transaction.
    is_marked: AtomicBool,
    /// Whether a watched statement has changed a row.
    has_changed: AtomicBool,
    /// Who is told once it has ended.
    listeners: Mutex<Vec<Listener>>,
    /// Who is told of its success.
    succeeded: Mutex<Vec<Listener>>,
}

/// Something that is called once.
type Listener = Box<dyn FnOnce() + Send>;

impl Transaction {
    pub(crate) fn new(connection: Object<Connections>, watch: Option<Watch>) -> Self {
        Self {
            connection: Some(connection),
            has_begun: AtomicBool::new(false),
            deferred: Mutex::default(),
            unsettled: AtomicUsize::new(0),
            watch,
            is_marked: AtomicBool::new(false),
            has_changed: AtomicBool::new(false),
            listeners: Mutex::default(),
            succeeded: Mutex::default(),
        }
    }

    /// Runs one statement and returns its rows.
    pub async fn query(&self, sql: &Sql, params: Params<'_>) -> Result<Vec<Row>, DbError> {
        let connection = self.connection()?;
        self.run(sql, connection.query(sql, params), |rows| rows.len() as u64).await
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
        self.run(sql, connection.execute(sql, params), |rows| *rows).await
    }

    /// Puts a statement off whose answer nobody needs: it is written together with the next statement, ahead of it, or
    /// with `COMMIT`, so that it takes no round trip of its own. When it fails, what it travelled with fails with its
    /// error. Such statements happen in the order in which they were put off.
    pub async fn defer(&self, sql: &Sql, params: OwnedParams) -> Result<(), DbError> {
        self.prepare(self.connection()?, sql).await?;
        lock(&self.deferred).push(Owned { sql: *sql, params });
        Ok(())
    }

    /// Calls `tell` once the transaction has ended: after its COMMIT also when nobody waits for the outcome any more. What
    /// the outcome is, whoever is told has to see for themselves.
    pub fn after_commit(&self, tell: impl FnOnce() + Send + 'static) {
        lock(&self.listeners).push(Box::new(tell));
    }

    /// Calls `tell` when [`commit`](Self::commit) has succeeded, before it returns; never otherwise.
    pub fn on_success(&self, tell: impl FnOnce() + Send + 'static) {
        lock(&self.succeeded).push(Box::new(tell));
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
        let deferred = std::mem::take(&mut *lock(&self.deferred));
        if self.has_begun.load(Ordering::Relaxed) || !deferred.is_empty() {
            let outcome = self.send_commit(&deferred).await?;
            // Whatever came of it, and before anybody hears of it.
            self.watch.iter().filter(|_| self.has_changed.load(Ordering::Relaxed)).for_each(Watch::changed);
            tell(std::mem::take(&mut *lock(&self.listeners)));
            outcome?;
        }
        self.connection = None;
        tell(std::mem::take(&mut *lock(&self.succeeded)));
        Ok(())
    }

    /// The outer error means that COMMIT was not sent.
    async fn send_commit(&self, deferred: &[Owned]) -> Result<Result<(), DbError>, DbError> {
        let connection = self.connection()?;
        if connection.is_closed() {
            return Err(lost());
        }
        let mut flight = self.flight(connection, deferred, false);
        // Values that do not fit fail here, and without that statement nothing may be committed.
        flight.queue().await?;
        let committed = connection.command(self.end()).await;
        // A statement that is refused takes the transaction with it, and COMMIT then answers as if nothing were wrong.
        let outcome = flight.land().await.and(committed.map_err(DbError::in_commit));
        Ok(outcome)
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

    /// How the transaction ends. One that was marked as the writer's and is so no longer tells the next writer.
    fn end(&self) -> &'static str {
        let is_writer = self.watch.as_ref().is_some_and(Watch::is_held);
        if self.is_marked.load(Ordering::Relaxed) && !is_writer {
            writer::NOTIFY_AND_COMMIT
        } else {
            "COMMIT"
        }
    }

    /// What the server must hear before a statement, or before a COMMIT with statements ahead of it.
    fn prelude(&self, is_watched: bool) -> Option<&'static str> {
        let begins = !self.has_begun.swap(true, Ordering::Relaxed);
        let marks = is_watched
            && self.watch.as_ref().is_some_and(Watch::is_held)
            && !self.is_marked.swap(true, Ordering::Relaxed);
        match (begins, marks) {
            (false, false) => None,
            (true, false) => Some("BEGIN"),
            (false, true) => Some(writer::MARK),
            (true, true) => Some(writer::BEGIN_AND_MARK),
        }
    }

    /// The messages that go ahead of a statement, or of COMMIT.
    fn flight<'f>(&self, connection: &'f Connection, deferred: &'f [Owned], is_watched: bool) -> Flight<'f> {
        let changes = deferred.iter().any(|statement| statement.sql.is_watched());
        self.has_changed.fetch_or(changes, Ordering::Relaxed);
        Flight::new(connection, self.prelude(is_watched || changes), deferred)
    }

    fn connection(&self) -> Result<&Object<Connections>, DbError> {
        self.connection.as_ref().ok_or_else(lost)
    }

    /// Has `sql` prepared, because what is not would be sent later than what comes after it.
    async fn prepare(&self, connection: &Connection, sql: &Sql) -> Result<(), DbError> {
        self.unsettled.fetch_add(1, Ordering::Relaxed);
        connection.prepare(sql).await.map_err(|error| DbError::in_statement(sql.name(), error))?;
        self.unsettled.fetch_sub(1, Ordering::Relaxed);
        Ok(())
    }

    /// Awaits `statement`, with what must go ahead of it.
    async fn run<T>(
        &self,
        sql: &Sql,
        statement: impl Future<Output = Result<T, tokio_postgres::Error>>,
        rows: impl Fn(&T) -> u64,
    ) -> Result<T, DbError> {
        let connection = self.connection()?;
        self.prepare(connection, sql).await?;
        self.unsettled.fetch_add(1, Ordering::Relaxed);
        let deferred = std::mem::take(&mut *lock(&self.deferred));
        let mut flight = self.flight(connection, &deferred, sql.is_watched());
        flight.queue().await?;
        let mut statement = pin!(maybe_done(statement));
        queue(statement.as_mut()).await;
        let landed = flight.land().await;
        statement.as_mut().await;
        let outcome = statement.take_output().ok_or_else(lost)?;
        let value = match (landed, outcome) {
            (Ok(()), outcome) => outcome.map_err(|error| DbError::in_statement(sql.name(), error))?,
            (Err(error), Err(_)) => return Err(error),
            // There was no transaction, so the statement ran by itself and took effect by itself.
            (Err(error), Ok(_)) => return Err(DbError::CommitUnknown(Arc::new(error))),
        };
        if sql.is_watched() && rows(&value) > 0 {
            self.has_changed.store(true, Ordering::Relaxed);
        }
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
            Ok(runtime) => {
                // A commit may be under way that nobody waits for any more: what it changed is told after it.
                let watch = self.watch.take().filter(|_| self.has_changed.load(Ordering::Relaxed));
                let listeners = std::mem::take(&mut *lock(&self.listeners));
                drop(runtime.spawn(async move {
                    roll_back(connection).await;
                    watch.iter().for_each(Watch::changed);
                    tell(listeners);
                }));
            }
            // Without a runtime nothing can be sent; closing the connection rolls back as well.
            Err(_) => drop(Object::take(connection)),
        }
    }
}

fn tell(listeners: Vec<Listener>) {
    listeners.into_iter().for_each(|listener| listener());
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

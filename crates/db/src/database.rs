//! One database as one role.

use std::{io, sync::Arc, time::Duration};

use deadpool::{
    Runtime,
    managed::{Manager, Metrics, Pool, PoolConfig, PoolError, QueueMode, RecycleError, RecycleResult},
};
use tokio_postgres::Row;

use crate::{
    Claim, Connect, DbError, Login, Params, Sql, Transaction,
    connection::{Connection, Opener, is_stale_plan},
    flight::OwnedParams,
    group::Group,
    lane::Lane,
    writer::{Cover, Stamp, Watch},
};

/// How many transactions run at the same time. A server process costs megabytes, so a tenant gets few.
pub const MAX_TRANSACTIONS: usize = 4;
/// How long [`Database::begin`] waits for one of them to end.
pub const TRANSACTION_WAIT: Duration = Duration::from_secs(2);

/// Makes the connections of the transaction pool.
pub(crate) struct Connections(Opener);

impl Manager for Connections {
    type Type = Connection;
    type Error = DbError;

    async fn create(&self) -> Result<Connection, DbError> {
        self.0.open_for_transactions().await
    }

    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<DbError> {
        let is_good = !connection.is_closed() && self.0.is_good();
        if is_good { Ok(()) } else { Err(RecycleError::message("closed, or another process's to make")) }
    }
}

/// A database as one role sees it. Clones share the connections. Nothing is opened before the first statement.
///
/// Use it within one tokio runtime with I/O and time enabled; a current-thread runtime will do.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    opener: Opener,
    lane: Arc<Lane>,
    group: Arc<Group>,
    pool: Pool<Connections>,
    watch: Option<Watch>,
}

/// Has the pool's library ask how many processors there are, which it does once, for a default that nobody uses, and by
/// reading a file: to be called before files are out of reach where the first [`Database`] is made later than that.
pub fn prepare_for_sandbox() {
    let _ = PoolConfig::default();
}

impl Database {
    /// The database that `login` names, reached through `connect`.
    pub fn new(connect: Arc<dyn Connect>, login: Login) -> Self {
        Self::over(Opener::new(connect, login), None)
    }

    /// The same, and while the lane is open it tries to be the database's one writer: see [`Database::stamp`].
    pub fn as_writer(connect: Arc<dyn Connect>, login: Login) -> Self {
        Self::over(Opener::new(connect, login), Some(Watch::default()))
    }

    /// The same, over connections that are good only while this process has the claim; what is asked without it fails as if
    /// the server could not be reached. Close the idle ones when it is lost.
    pub fn under(connect: Arc<dyn Connect>, login: Login, claim: Arc<Claim>) -> Self {
        Self::over(Opener::new(connect, login).under(claim), None)
    }

    /// The same database over connections of its own, so that what runs there never waits for what runs here. It
    /// is nobody's writer, so no [`Sql::watched`] statement belongs there. Idle connections are closed through it,
    /// and [`Database::open_connections`] of either counts both.
    pub fn apart(&self) -> Self {
        Self::over(self.0.opener.clone(), None)
    }

    fn over(opener: Opener, watch: Option<Watch>) -> Self {
        let pool = Pool::builder(Connections(opener.clone()))
            .max_size(MAX_TRANSACTIONS)
            .wait_timeout(Some(TRANSACTION_WAIT))
            // The connection used last is used first, so that the others can grow idle and be closed.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .build()
            .unwrap_or_else(|_| unreachable!("building fails only when timeouts have no runtime"));
        let lane = Arc::new(Lane::new(opener.clone(), watch.clone()));
        Self(Arc::new(Inner { lane, group: Arc::default(), opener, pool, watch }))
    }

    /// Begins to open the lane, for whoever will ask first. A failure is nobody's: who asks then tries again.
    pub fn open_lane(&self) {
        let lane = self.0.lane.clone();
        tokio::spawn(async move { lane.connection().await.map(drop) });
    }

    /// Waits until others on the database have said something with a notification on [`crate::CHANNEL`], and takes it; for
    /// ever while this process is not the writer.
    pub async fn words_of_others(&self) -> Vec<String> {
        match &self.0.watch {
            Some(watch) => watch.words().await,
            None => std::future::pending().await,
        }
    }

    /// The present state of what [`Sql::watched`] statements change, while this process is the writer: what was
    /// read after this call is true for as long as the call answers the same. `None` while it is not the writer,
    /// or has no connection to hear of others by. Costs no round trip.
    pub fn stamp(&self) -> Option<Stamp> {
        self.0.watch.as_ref().and_then(Watch::stamp)
    }

    /// Tries to become the writer if the lane is open and another process was the writer when it was opened. Call
    /// it now and then.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub async fn seek_writer_lock(&self) -> Result<(), DbError> {
        self.0.lane.seek_writer_lock().await
    }

    fn cover(&self, sql: &Sql) -> Cover<'_> {
        Cover::new(self.0.watch.as_ref().filter(|_| sql.is_watched()))
    }

    /// Runs one statement on the lane and returns its rows.
    pub async fn query(&self, sql: &Sql, params: Params<'_>) -> Result<Vec<Row>, DbError> {
        let connection = self.0.lane.connection().await?;
        let cover = self.cover(sql);
        let outcome = match connection.query(sql, params).await {
            // Outside a transaction a statement that failed did nothing, so it can be tried again.
            Err(error) if is_stale_plan(&error) => connection.query(sql, params).await,
            outcome => outcome,
        };
        if outcome.as_ref().is_ok_and(Vec::is_empty) {
            cover.nothing_changed();
        }
        outcome.map_err(|error| DbError::in_statement(sql.name(), error))
    }

    /// Runs one statement that answers with at most one row; more are [`DbError::RowCount`].
    pub async fn query_opt(&self, sql: &Sql, params: Params<'_>) -> Result<Option<Row>, DbError> {
        at_most_one(sql, self.query(sql, params).await?)
    }

    /// Runs one statement that answers with exactly one row; any other number is [`DbError::RowCount`].
    pub async fn query_one(&self, sql: &Sql, params: Params<'_>) -> Result<Row, DbError> {
        exactly_one(sql, self.query(sql, params).await?)
    }

    /// Runs one statement on the lane and returns how many rows it changed.
    pub async fn execute(&self, sql: &Sql, params: Params<'_>) -> Result<u64, DbError> {
        let connection = self.0.lane.connection().await?;
        let cover = self.cover(sql);
        let outcome = match connection.execute(sql, params).await {
            Err(error) if is_stale_plan(&error) => connection.execute(sql, params).await,
            outcome => outcome,
        };
        if outcome.as_ref().is_ok_and(|rows| *rows == 0) {
            cover.nothing_changed();
        }
        outcome.map_err(|error| DbError::in_statement(sql.name(), error))
    }

    /// Runs one statement that writes, on the lane, and returns its rows. Statements that come while others are being
    /// committed share one commit and its flush, and nothing else: each fails or succeeds by itself. It must
    /// not be [`Sql::watched`].
    pub async fn query_grouped(&self, sql: &Sql, params: OwnedParams) -> Result<Vec<Row>, DbError> {
        debug_assert!(!sql.is_watched(), "{}: a group is not covered", sql.name());
        self.0.group.query(&self.0.lane, sql, params).await
    }

    /// Reserves a connection for a transaction. The server hears of it with the first statement.
    pub async fn begin(&self) -> Result<Transaction, DbError> {
        match self.0.pool.get().await {
            Ok(connection) => Ok(Transaction::new(connection, self.0.watch.clone())),
            Err(PoolError::Timeout(_)) => Err(DbError::PoolTimeout),
            Err(PoolError::Backend(error)) => Err(error),
            Err(_) => Err(DbError::unavailable(io::Error::other("the pool is closed"))),
        }
    }

    /// Closes the connections on which nothing ran for `idle`. Call it now and then: a connection costs the
    /// server several times what an idle engine costs.
    pub fn close_idle(&self, idle: Duration) {
        self.0.lane.close_idle(idle);
        self.0.pool.retain(|connection, _| connection.idle_time() < idle);
    }

    /// How many connections are open, the lane's included.
    pub fn open_connections(&self) -> usize {
        self.0.opener.open_connections()
    }
}

pub(crate) fn at_most_one(sql: &Sql, mut rows: Vec<Row>) -> Result<Option<Row>, DbError> {
    match rows.len() {
        0 | 1 => Ok(rows.pop()),
        rows => Err(DbError::RowCount { statement: sql.name(), rows }),
    }
}

pub(crate) fn exactly_one(sql: &Sql, rows: Vec<Row>) -> Result<Row, DbError> {
    at_most_one(sql, rows)?.ok_or(DbError::RowCount { statement: sql.name(), rows: 0 })
}

/// Prepares each statement on the server, which checks its text against the schema and the role's rights on
/// names, without running it. For the test that every registered statement fits the migrated schema.
///
/// Returns all failures, not only the first.
pub async fn prepare_all(database: &Database, statements: &[&Sql]) -> Result<(), Vec<DbError>> {
    let connection = database.0.lane.connection().await.map_err(|error| vec![error])?;
    let mut failures = Vec::new();
    for sql in statements {
        if let Err(error) = connection.prepare(sql).await {
            failures.push(DbError::in_statement(sql.name(), error));
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(failures) }
}

//! One connection: its driver task and its prepared statements.

use std::{
    collections::HashMap,
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, timeout},
};
use tokio_postgres::{
    AsyncMessage, Client, Config, NoTls, Row, SimpleQueryMessage, Statement, config::SslMode, error::SqlState,
};

use futures_util::future::poll_fn;

use crate::{
    Claim, Connect, DbError, Login, Params, Sql,
    writer::{self, Listener, Watch},
};

/// How long connecting and authenticating may take together.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// What the server calls our sessions. It is the same for all tenants, because other roles can see it.
pub(crate) const APPLICATION_NAME: &str = "kiavi";
macro_rules! session_options {
    () => {
        "-c synchronous_commit=on -c statement_timeout=5000 -c idle_in_transaction_session_timeout=10000"
    };
}
/// Session settings, sent with the startup packet so that they cost no round trip. A commit that is reported
/// is on the disk; no statement runs longer than 5 s; no transaction waits for its client longer than 10 s.
const SESSION_OPTIONS: &str = session_options!();
/// The same for transactions, which look rows up by their keys. A plan is made once for a connection, from what a table is at
/// that time; one that reads a small table from end to end is kept while the table grows, until somebody analyzes it, and
/// until then every sign-in reads all of it. Where there is no index, a table is read all the same.
const TRANSACTION_OPTIONS: &str = concat!(session_options!(), " -c enable_seqscan=off");

/// Everything that opening a connection needs.
#[derive(Clone)]
pub(crate) struct Opener {
    connect: Arc<dyn Connect>,
    login: Arc<Login>,
    /// How many connections have a living driver task.
    open: Arc<AtomicUsize>,
    /// What connections are good under.
    claim: Option<Arc<Claim>>,
}

impl Opener {
    pub(crate) fn new(connect: Arc<dyn Connect>, login: Login) -> Self {
        Self { connect, login: Arc::new(login), open: Arc::default(), claim: None }
    }

    /// The same, for connections that are good only while this process has the claim.
    pub(crate) fn under(self, claim: Arc<Claim>) -> Self {
        Self { claim: Some(claim), ..self }
    }

    /// Whether connections may be used.
    pub(crate) fn is_good(&self) -> bool {
        self.claim.as_ref().is_none_or(|claim| claim.is_held())
    }

    pub(crate) fn open_connections(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// A connection for single statements.
    pub(crate) async fn open(&self) -> Result<Connection, DbError> {
        self.open_with(SESSION_OPTIONS).await
    }

    /// A connection for transactions.
    pub(crate) async fn open_for_transactions(&self) -> Result<Connection, DbError> {
        self.open_with(TRANSACTION_OPTIONS).await
    }

    async fn open_with(&self, options: &str) -> Result<Connection, DbError> {
        if !self.is_good() {
            return Err(Claim::lost());
        }
        let counted = Counted::new(self.open.clone());
        let client = dial(&*self.connect, &self.login, Some(options), (counted, None)).await?;
        if let Some(claim) = &self.claim {
            claim.admit(&client).await?;
        }
        Ok(Connection::new(client))
    }

    /// The same, and tries to become the writer. One round trip more.
    pub(crate) async fn open_writer(&self, watch: &Watch) -> Result<Connection, DbError> {
        let counted = Counted::new(self.open.clone());
        let (listener, lane) = watch.listener();
        let client =
            dial(&*self.connect, &self.login, Some(SESSION_OPTIONS), (counted, Some(listener))).await?;
        let connection = Connection { lane, ..Connection::new(client) };
        connection.take_writer_lock(watch).await?;
        Ok(connection)
    }
}

/// Connects, logs in and starts the task that drives the connection until either side closes it.
pub(crate) async fn dial(
    connect: &dyn Connect,
    login: &Login,
    options: Option<&str>,
    (counted, listener): (Counted, Option<Listener>),
) -> Result<Client, DbError> {
    let mut config = Config::new();
    config.user(&login.user).dbname(&login.database).application_name(APPLICATION_NAME);
    if let Some(options) = options {
        config.options(options);
    }
    let watched = (counted, listener);
    let attempt = async {
        let stream = connect.connect().await.map_err(DbError::unavailable)?;
        match connect.secured() {
            Some(secured) => Ok(drive(secured.log_in(stream, &mut config).await?, watched)),
            None => {
                config.ssl_mode(SslMode::Disable);
                let connected = config.connect_raw(stream, NoTls).await.map_err(DbError::unavailable)?;
                Ok(drive(connected, watched))
            }
        }
    };
    let outcome = timeout(CONNECT_TIMEOUT, attempt).await;
    outcome.map_err(|_| DbError::unavailable(io::Error::from(io::ErrorKind::TimedOut)))?
}

/// Starts the task that drives a connection.
fn drive<S, T>(
    (client, mut driver): (Client, tokio_postgres::Connection<S, T>),
    (counted, listener): (Counted, Option<Listener>),
) -> Client
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        while let Some(message) = poll_fn(|cx| driver.poll_message(cx)).await {
            match (message, &listener) {
                (Ok(AsyncMessage::Notification(heard)), Some(listener)) => listener.heard(heard.payload()),
                (Ok(_), _) => {}
                (Err(error), _) => {
                    tracing::debug!(%error, "a database connection ended");
                    break;
                }
            }
        }
        drop((counted, listener));
    });
    client
}

/// Counts one open connection while it lives.
pub(crate) struct Counted(Arc<AtomicUsize>);

impl Counted {
    pub(crate) fn new(open: Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self(open)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection with the statements that were prepared on it.
pub(crate) struct Connection {
    /// Dropped before the statements, so that they do not each send a message to close themselves.
    client: Client,
    statements: Mutex<HashMap<(usize, usize), Statement>>,
    last_used: Mutex<Instant>,
    /// The number of this lane among those that wanted to be the writer; 0 for others.
    lane: u64,
}

impl Connection {
    fn new(client: Client) -> Self {
        Self { client, statements: Mutex::default(), last_used: Mutex::new(Instant::now()), lane: 0 }
    }

    /// Tries to become the writer and notes the outcome.
    pub(crate) async fn take_writer_lock(&self, watch: &Watch) -> Result<(), DbError> {
        let answers = self.client.simple_query(writer::TAKE).await;
        let answers = answers.map_err(|error| DbError::in_statement("TAKE_WRITER_LOCK", error))?;
        let is_taken = answers
            .iter()
            .any(|answer| matches!(answer, SimpleQueryMessage::Row(row) if row.get(0) == Some("on")));
        if is_taken {
            watch.taken_by(self.lane);
        }
        Ok(())
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    pub(crate) fn idle_time(&self) -> Duration {
        lock(&self.last_used).elapsed()
    }

    /// Runs a command without parameters or result, such as `BEGIN`.
    pub(crate) async fn command(&self, text: &str) -> Result<(), tokio_postgres::Error> {
        self.client.batch_execute(text).await
    }

    pub(crate) async fn query(
        &self,
        sql: &Sql,
        params: Params<'_>,
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        let statement = self.prepare(sql).await?;
        let outcome = self.client.query(&statement, params).await;
        self.settle(sql, outcome)
    }

    pub(crate) async fn execute(&self, sql: &Sql, params: Params<'_>) -> Result<u64, tokio_postgres::Error> {
        let statement = self.prepare(sql).await?;
        let outcome = self.client.execute(&statement, params).await;
        self.settle(sql, outcome)
    }

    pub(crate) async fn prepare(&self, sql: &Sql) -> Result<Statement, tokio_postgres::Error> {
        let prepared = lock(&self.statements).get(&sql.key()).cloned();
        if let Some(statement) = prepared {
            return Ok(statement);
        }
        let statement = self.client.prepare(sql.text()).await?;
        lock(&self.statements).insert(sql.key(), statement.clone());
        Ok(statement)
    }

    fn settle<T>(
        &self,
        sql: &Sql,
        outcome: Result<T, tokio_postgres::Error>,
    ) -> Result<T, tokio_postgres::Error> {
        *lock(&self.last_used) = Instant::now();
        if outcome.as_ref().is_err_and(is_stale_plan) {
            lock(&self.statements).remove(&sql.key());
        }
        outcome
    }
}

/// Whether a prepared statement no longer fits the schema, because a migration changed it under us: "cached
/// plan must not change result type", or the statement is gone.
pub(crate) fn is_stale_plan(error: &tokio_postgres::Error) -> bool {
    let state = error.code();
    state == Some(&SqlState::FEATURE_NOT_SUPPORTED) || state == Some(&SqlState::INVALID_SQL_STATEMENT_NAME)
}

/// A poisoned lock is used on: what these guard has no invariant that a panic could break.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! One process at a time: a claim on a database, and connections that are good only while the process has it.
//!
//! The claim is an advisory lock ([`CLAIM`]) that one connection has for as long as it lives, the keeper. Every connection of a
//! [`crate::Database`] under a claim has another lock, shared ([`USE`]), and is used only if the keeper has answered after that.
//! Whoever takes the claim has to get the second lock for a moment, alone: as long as a connection of a process before is open,
//! they do not. So a process that has lost its keeper and does not know yet can change nothing beside a successor, and
//! neither has to look at a clock.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::timeout;
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::{
    Connect, DbError, Login,
    connection::{Counted, dial, lock},
};

/// Whoever has it is the one process ("kiavione" as bytes).
const CLAIM: i64 = 7_739_824_595_815_853_669;
/// Who uses the database has it, shared ("kiaviuse" as bytes).
const USE: i64 = 7_739_824_595_816_248_165;

/// How long the keeper may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest name of a session (PostgreSQL manual, `NAMEDATALEN`).
const MAX_NAME: usize = 63;

/// A keeper whose process or machine is gone is noticed by the server within half a minute, and not after hours.
const KEEP_ALIVE: &str =
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3";

/// Sessions that have one of the two locks, but for this one.
const HOLDERS: &str =
    "SELECT a.pid, a.application_name, a.usename, coalesce(host(a.client_addr), 'this machine'),
       to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
  FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
 WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND a.pid <> pg_backend_pid()
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND (l.classid::bigint << 32) + l.objid::bigint = ANY (ARRAY[$1::bigint, $2::bigint])
 ORDER BY (l.classid::bigint << 32) + l.objid::bigint = $1::bigint DESC, a.backend_start LIMIT 1";

/// Why a claim was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// Another process has it.
    #[error("the database is in use by {0}")]
    Taken(Holder),
    /// The server cannot be asked.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Who has a claim, as far as the server tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holder {
    /// The server's number of the session.
    pub session: Option<i32>,
    /// What the process calls itself, where it is and since when, in a few words.
    pub told: String,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.told.is_empty() { "another process" } else { &self.told })
    }
}

/// The claim of a process on a database.
pub struct Claim {
    connect: Arc<dyn Connect>,
    login: Login,
    /// What the process is called in the server's list of sessions.
    name: String,
    keeper: Mutex<Option<Arc<Client>>>,
}

impl Claim {
    /// A claim that is not taken yet. `name` tells people who has it; what is no visible ASCII of it, or too long, is left out.
    pub fn new(connect: Arc<dyn Connect>, login: Login, name: &str) -> Self {
        let is_plain = |c: &char| c.is_ascii_graphic() || *c == ' ';
        let name = name.chars().filter(is_plain).take(MAX_NAME).collect();
        Self { connect, login, name, keeper: Mutex::default() }
    }

    /// Takes the claim.
    ///
    /// # Errors
    /// [`ClaimError::Taken`] while another process has it, or has still connections that it opened under it.
    pub async fn take(&self) -> Result<(), ClaimError> {
        let keeper = dial(&*self.connect, &self.login, None, (Counted::new(Arc::default()), None)).await?;
        let failed = |error| DbError::in_statement("TAKE_CLAIM", error);
        keeper
            .execute("SELECT set_config('application_name', $1, false)", &[&self.name])
            .await
            .map_err(failed)?;
        keeper.batch_execute(KEEP_ALIVE).await.map_err(failed)?;
        for key in [CLAIM, USE] {
            let question = format!("SELECT pg_try_advisory_lock({key})");
            if !is_true(&keeper, &question).await.map_err(failed)? {
                return Err(ClaimError::Taken(holder(&keeper).await));
            }
        }
        keeper.batch_execute(&format!("SELECT pg_advisory_unlock({USE})")).await.map_err(failed)?;
        *lock(&self.keeper) = Some(Arc::new(keeper));
        Ok(())
    }

    /// Whether the claim is there, as far as this process knows.
    pub fn is_held(&self) -> bool {
        lock(&self.keeper).as_ref().is_some_and(|keeper| !keeper.is_closed())
    }

    /// Whether the claim is there. One that is not is given up: from then on no connection is opened or used.
    pub async fn check(&self) -> bool {
        let Some(keeper) = lock(&self.keeper).clone() else { return false };
        let answered = timeout(PATIENCE, keeper.batch_execute("SELECT")).await;
        let is_there = matches!(answered, Ok(Ok(())));
        if !is_there {
            let mut current = lock(&self.keeper);
            // Another one may have been taken meanwhile.
            if current.as_ref().is_some_and(|current| Arc::ptr_eq(current, &keeper)) {
                *current = None;
            }
        }
        is_there
    }

    /// Lets a new connection be used, in this order: its lock, then the keeper's answer.
    pub(crate) async fn admit(&self, client: &Client) -> Result<(), DbError> {
        let question = format!("SELECT pg_try_advisory_lock_shared({USE})");
        let is_free = is_true(client, &question).await;
        if is_free.map_err(|error| DbError::in_statement("ADMIT", error))? && self.check().await {
            return Ok(());
        }
        Err(Self::lost())
    }

    pub(crate) fn lost() -> DbError {
        DbError::unavailable(io::Error::other("another instance may use the database"))
    }
}

/// Who has the claim. Not every server tells everybody.
async fn holder(keeper: &Client) -> Holder {
    let rows = keeper.query(HOLDERS, &[&CLAIM, &USE]).await.inspect_err(|error| {
        tracing::debug!(%error, "the server does not tell who uses a database");
    });
    let Some(row) = rows.ok().and_then(|rows| rows.into_iter().next()) else { return Holder::default() };
    let text = |column: usize| row.try_get::<_, Option<&str>>(column).ok().flatten().unwrap_or_default();
    let (name, role, address, since) = (text(1), text(2), text(3), text(4));
    let told = format!("\"{name}\", connected as {role} from {address} since {since} UTC");
    Holder { session: row.try_get(0).ok(), told }
}

async fn is_true(client: &Client, question: &str) -> Result<bool, tokio_postgres::Error> {
    let answers = client.simple_query(question).await?;
    Ok(answers.iter().any(|answer| matches!(answer, SimpleQueryMessage::Row(row) if row.get(0) == Some("t"))))
}

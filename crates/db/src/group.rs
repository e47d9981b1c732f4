//! Group commit: statements of different callers in one transaction.
//!
//! A statement that writes costs a flush of the log, which takes longer than everything else about it, and the
//! lane's one connection flushes for one statement after the other. So whoever comes while others are being
//! committed waits, and then all who waited share a `BEGIN`, a `COMMIT` and one round trip. Whoever comes alone runs
//! at once, as a statement by itself.
//!
//! They share nothing but the flush: when a statement of a group fails the group is rolled back, and each of the
//! others runs again by itself.

use std::{
    pin::pin,
    sync::{Arc, Mutex},
};

use futures_util::future::maybe_done;
use tokio::sync::oneshot;
use tokio_postgres::Row;

use crate::{
    DbError, Sql,
    connection::{Connection, is_stale_plan, lock},
    flight::{Owned, OwnedParams, queue},
    lane::Lane,
};

/// How many statements share one commit at most: bounds what a failure repeats, and how long row locks are held.
pub(crate) const LARGEST_GROUP: usize = 64;

type Answer = Result<Vec<Row>, DbError>;

/// One caller's statement.
struct Member {
    statement: Owned,
    answer: oneshot::Sender<Answer>,
}

impl Member {
    async fn query(&self, connection: &Connection) -> Result<Vec<Row>, tokio_postgres::Error> {
        connection.query(&self.statement.sql, &self.statement.values()).await
    }

    /// Runs the statement by itself.
    async fn run(self, connection: &Connection) {
        let outcome = match self.query(connection).await {
            // It did nothing, so it can be tried again.
            Err(error) if is_stale_plan(&error) => self.query(connection).await,
            outcome => outcome,
        };
        let name = self.statement.sql.name();
        self.tell(outcome.map_err(|error| DbError::in_statement(name, error)));
    }

    fn tell(self, answer: Answer) {
        // Whoever asked may have gone; the statement took effect all the same.
        let _ = self.answer.send(answer);
    }
}

/// Those who wait, and whether somebody is running.
#[derive(Default)]
pub(crate) struct Group(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    waiting: Vec<Member>,
    is_running: bool,
}

impl Group {
    /// Runs one statement, in a transaction with those of others who come at the same time. When this returns, what
    /// it changed is on the server's disk.
    pub(crate) async fn query(self: &Arc<Self>, lane: &Arc<Lane>, sql: &Sql, params: OwnedParams) -> Answer {
        let (answer, answered) = oneshot::channel();
        let is_first = {
            let mut queue = lock(&self.0);
            queue.waiting.push(Member { statement: Owned { sql: *sql, params }, answer });
            !std::mem::replace(&mut queue.is_running, true)
        };
        if is_first {
            // A task of its own: it works for others too, who must not depend on this caller's patience.
            let (group, lane) = (Arc::clone(self), Arc::clone(lane));
            tokio::spawn(async move { group.run(&lane).await });
        }
        answered.await.unwrap_or_else(|error| Err(DbError::unavailable(error)))
    }

    async fn run(&self, lane: &Lane) {
        let _running = Running(self);
        while let Some(members) = self.next() {
            match lane.connection().await {
                Ok(connection) => run_group(&connection, members).await,
                Err(error) => members.into_iter().for_each(|member| member.tell(Err(error.clone()))),
            }
        }
    }

    /// Those who come next; when nobody does, the next who comes is the first.
    fn next(&self) -> Option<Vec<Member>> {
        let mut queue = lock(&self.0);
        let count = queue.waiting.len().min(LARGEST_GROUP);
        queue.is_running = count > 0;
        (count > 0).then(|| queue.waiting.drain(..count).collect())
    }
}

/// Those who run for all. When they break down, whoever waits is told so, and the next who comes is the first.
struct Running<'g>(&'g Group);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            *lock(&self.0.0) = Queue::default();
        }
    }
}

async fn run_group(connection: &Connection, mut members: Vec<Member>) {
    if members.len() > 1 {
        members = match run_together(connection, members).await {
            Ok(()) => return,
            Err(undone) => undone,
        };
    }
    for member in members {
        member.run(connection).await;
    }
}

/// Runs all in one transaction and tells them; gives back those that are to run again by themselves.
async fn run_together(connection: &Connection, members: Vec<Member>) -> Result<(), Vec<Member>> {
    // What is not prepared yet would be sent too late.
    for member in &members {
        if connection.prepare(&member.statement.sql).await.is_err() {
            return Err(members);
        }
    }
    let (outcomes, committed) = {
        let mut begin = pin!(maybe_done(connection.command("BEGIN")));
        let mut statements: Vec<_> =
            members.iter().map(|member| Box::pin(maybe_done(member.query(connection)))).collect();
        let mut commit = pin!(maybe_done(connection.command("COMMIT")));
        // They travel in this order, and together.
        queue(begin.as_mut()).await;
        for statement in &mut statements {
            queue(statement.as_mut()).await;
        }
        queue(commit.as_mut()).await;
        begin.as_mut().await;
        let mut outcomes = Vec::with_capacity(statements.len());
        for mut statement in statements {
            statement.as_mut().await;
            outcomes.push(statement.as_mut().take_output());
        }
        commit.as_mut().await;
        let begun = begin.as_mut().take_output().unwrap_or(Ok(()));
        (outcomes, begun.and(commit.as_mut().take_output().unwrap_or(Ok(()))))
    };
    tell_all(members, outcomes.into_iter().flatten().collect(), committed)
}

/// The server answers the COMMIT of a failed transaction with a rollback that looks like success, so a commit counts
/// only if the server refused no statement. One that was never sent, because its values do not fit, hinders nobody.
fn tell_all(
    members: Vec<Member>,
    outcomes: Vec<Result<Vec<Row>, tokio_postgres::Error>>,
    committed: Result<(), tokio_postgres::Error>,
) -> Result<(), Vec<Member>> {
    let is_refused = |outcome: &Result<_, tokio_postgres::Error>| {
        outcome.as_ref().is_err_and(|error| error.as_db_error().is_some())
    };
    if committed.is_ok() && outcomes.iter().any(is_refused) {
        return Err(members);
    }
    let committed = committed.map_err(DbError::in_commit);
    for (member, outcome) in members.into_iter().zip(outcomes) {
        let name = member.statement.sql.name();
        let outcome = outcome.map_err(|error| DbError::in_statement(name, error));
        member.tell(committed.clone().and(outcome));
    }
    Ok(())
}

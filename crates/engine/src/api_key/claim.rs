//! Uses of keys, decided and counted in batches.
//!
//! A use by itself would cost the server a transaction, and above all its flush of the log. So whoever comes while
//! [`BATCHES`] are under way waits, and all who waited form the next one; whoever comes alone is a batch of one. A
//! batch is one transaction of two statements, in two round trips however many uses there are: the first locks and
//! reads the rows of all keys that are shown, then [`judge`] decides use after use in the order in which they came,
//! and the second writes what became of the rows, together with COMMIT. So up to [`LARGEST_BATCH`] requests share one
//! commit and its flush. A batch that refuses all changes nothing, and rolls back without a flush.
//!
//! A request may show keys that depend on each other: one that asks, and one that is asked about. Each is used only
//! if those before it passed, in the same transaction.
//!
//! The locks are held until the commit, so that uses of one key take turns however many engines there are, and nobody
//! is told of a use before it is on the disk. They are taken in the order of the hashes, so that two engines never
//! wait for each other. Better Auth's own server, working on the same table, guards its changes by the values that it
//! read, so the two can race and both stay exact.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kiavi_db::{Database, DbError, OwnedParams, Row, Sql, ToSql, Transaction};
use serde_json::Value;
use tokio::sync::oneshot;

use super::{
    ApiKey, key_columns,
    verdict::{Claimed, Demand, Found, Verdict, judge},
};
use crate::user::{User, user_columns};

/// How many requests share one commit at most: bounds how long rows are locked.
const LARGEST_BATCH: usize = 64;
/// How many batches are under way at a time: one is decided while another is flushed.
const BATCHES: usize = 2;

/// `$1` hashes, in the order in which their rows are to be locked. The moment of a key is taken outside the query that
/// locks it, so after its row was waited for; `clock_timestamp()` and not `now()` for the same reason.
///
/// The plan is the same for one key and for many, in a table of which the server has counted nothing yet too: each row
/// is looked up by itself (`LATERAL`, and `OFFSET 0` keeps it so). The array comes through a query of its own because
/// the planner then takes it for equally long whether it knows the values or not: otherwise it would find a plan for
/// the values at hand cheaper, and make one for every batch.
pub(super) const LOCK: Sql = Sql::new(
    "API_KEY_LOCK",
    concat!(
        "SELECT k.key, date_trunc('milliseconds', clock_timestamp()), k.permissions, ",
        key_columns!(),
        ", ",
        user_columns!(),
        r#" FROM unnest((SELECT $1::text[])) AS shown (key)
           CROSS JOIN LATERAL (SELECT * FROM public.apikey WHERE key = shown.key FOR UPDATE) k
           LEFT JOIN LATERAL (SELECT * FROM public."user" WHERE id = k."referenceId" OFFSET 0) u ON true"#
    ),
);

/// Where the key's columns begin in [`LOCK`].
const FIRST_KEY_COLUMN: usize = 3;

/// `$1` row ids, and the new values of each. The first comes as in [`LOCK`].
pub(super) const COUNT: Sql = Sql::new(
    "API_KEY_COUNT",
    r#"UPDATE public.apikey k SET
         remaining = used.remaining,
         "lastRefillAt" = used.last_refill_at,
         "requestCount" = used.request_count,
         "lastRequest" = used.last_request,
         "updatedAt" = used.at
       FROM unnest((SELECT $1::text[]), $2::int[], $3::timestamptz[], $4::int[], $5::timestamptz[],
         $6::timestamptz[]) AS used (id, remaining, last_refill_at, request_count, last_request, at)
       WHERE k.id = used.id"#,
);

/// A key that may not be used.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) verdict: Verdict,
    /// The row that is refused, where one was found.
    pub(super) row: Option<RefusedRow>,
}

/// Whom a refusal is about.
#[derive(Debug)]
pub(super) struct RefusedRow {
    pub(super) id: String,
    pub(super) owner: String,
}

/// A key that is shown, and what it is to be good for.
pub(super) struct Shown {
    hash: String,
    config: Option<String>,
    permissions: Option<Value>,
}

impl Shown {
    pub(super) fn new(hash: String, demand: Demand<'_>) -> Self {
        Self { hash, config: demand.config.map(str::to_owned), permissions: demand.permissions.cloned() }
    }
}

/// What became of the keys of one request, in their order. Those after a refused one were not used, and are absent.
pub(super) type Outcomes = Vec<Result<Claimed, Refused>>;

/// The keys of one request, which wait for their batch.
struct Request {
    shown: Vec<Shown>,
    is_limited: bool,
    answer: oneshot::Sender<Result<Outcomes, DbError>>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Request>,
    running: usize,
}

/// The uses of one tenant's keys.
pub(super) struct Claims(Arc<Shared>);

struct Shared {
    database: Database,
    queue: Mutex<Queue>,
}

impl Claims {
    pub(super) fn new(database: Database) -> Self {
        Self(Arc::new(Shared { database, queue: Mutex::default() }))
    }

    /// Uses each of the keys once, as long as those before it may be used. When this returns, the uses are on the
    /// server's disk, all or none. A caller who goes away before that may have used the keys all the same.
    ///
    /// # Errors
    /// When the batch failed: it counted nothing, unless the error is [`DbError::CommitUnknown`].
    pub(super) async fn claim(&self, shown: Vec<Shown>, is_limited: bool) -> Result<Outcomes, DbError> {
        let (answer, answered) = oneshot::channel();
        let is_runner_wanted = {
            let mut queue = self.0.queue();
            queue.waiting.push(Request { shown, is_limited, answer });
            let is_wanted = queue.running < BATCHES;
            queue.running += usize::from(is_wanted);
            is_wanted
        };
        if is_runner_wanted {
            // A task of its own: it works for others too, who must not depend on this caller's patience.
            let shared = Arc::clone(&self.0);
            tokio::spawn(async move { shared.run().await });
        }
        answered.await.unwrap_or_else(|error| Err(DbError::Unavailable(Arc::new(error))))
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn run(&self) {
        let _running = Running(self);
        while let Some(batch) = self.next() {
            let outcome = match decide(&self.database, &batch).await {
                // It did nothing, and whom it was in the way of has gone on.
                Err(error) if error.is_worth_repeating() => decide(&self.database, &batch).await,
                outcome => outcome,
            };
            tell(batch, outcome);
        }
    }

    /// Those who come next; when nobody does, one batch less is under way.
    fn next(&self) -> Option<Vec<Request>> {
        let mut queue = self.queue();
        let count = queue.waiting.len().min(LARGEST_BATCH);
        if count == 0 {
            queue.running -= 1;
            return None;
        }
        Some(queue.waiting.drain(..count).collect())
    }
}

/// Those who run for all. When they break down, whoever waits is told so, and who comes next has others run.
struct Running<'s>(&'s Shared);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut queue = self.0.queue();
            queue.running -= 1;
            queue.waiting.clear();
        }
    }
}

fn tell(batch: Vec<Request>, outcome: Result<Vec<Result<Outcomes, DbError>>, DbError>) {
    let answers = outcome.unwrap_or_else(|error| batch.iter().map(|_| Err(error.clone())).collect());
    for (request, answer) in batch.into_iter().zip(answers) {
        // Whoever asked may have gone.
        let _ = request.answer.send(answer);
    }
}

/// A row that is locked, as the uses so far have made it.
struct Held {
    found: Found,
    is_used: bool,
}

/// Rows by the hash of the key. One that cannot be read concerns those who show that key.
type Rows = HashMap<String, Result<Held, DbError>>;

/// Decides and counts one batch: an answer for each request, in their order.
async fn decide(database: &Database, batch: &[Request]) -> Result<Vec<Result<Outcomes, DbError>>, DbError> {
    let transaction = database.begin().await?;
    let mut rows = lock(&transaction, batch).await?;
    let answers = batch.iter().map(|request| request.judge(&mut rows)).collect();
    if count(&transaction, &rows).await? {
        transaction.commit().await?;
    } else {
        transaction.rollback().await?;
    }
    Ok(answers)
}

async fn lock(transaction: &Transaction, batch: &[Request]) -> Result<Rows, DbError> {
    let hashes: BTreeSet<&str> =
        batch.iter().flat_map(|request| &request.shown).map(|key| key.hash.as_str()).collect();
    let hashes: Vec<&str> = hashes.into_iter().collect();
    let rows = transaction.query(&LOCK, &[&hashes]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, read(row)))).collect()
}

fn read(row: &Row) -> Result<Held, DbError> {
    let key = ApiKey::from_row(row, FIRST_KEY_COLUMN)?;
    let first_user_column = FIRST_KEY_COLUMN + ApiKey::WIDTH;
    let has_owner = row.try_get::<_, Option<&str>>(first_user_column + User::WIDTH - 1)?.is_some();
    let owner = has_owner.then(|| User::from_row(row, first_user_column)).transpose()?;
    let found = Found { key, permissions: row.try_get(2)?, owner, now: row.try_get(1)? };
    Ok(Held { found, is_used: false })
}

impl Request {
    /// Uses key after key, as long as they pass.
    fn judge(&self, rows: &mut Rows) -> Result<Outcomes, DbError> {
        let mut outcomes = Vec::with_capacity(self.shown.len());
        for shown in &self.shown {
            let outcome = shown.judge(rows, self.is_limited)?;
            let is_refused = outcome.is_err();
            outcomes.push(outcome);
            if is_refused {
                break;
            }
        }
        Ok(outcomes)
    }
}

impl Shown {
    /// Decides this use on the row as those before it have left it.
    fn judge(&self, rows: &mut Rows, is_limited: bool) -> Result<Result<Claimed, Refused>, DbError> {
        let held = match rows.get_mut(&self.hash) {
            Some(Ok(held)) => held,
            Some(Err(error)) => return Err(error.clone()),
            None => return Ok(Err(Refused { verdict: Verdict::Unknown, row: None })),
        };
        let demand = Demand { config: self.config.as_deref(), permissions: self.permissions.as_ref() };
        Ok(match judge(&held.found, demand, is_limited) {
            Ok(claimed) => {
                held.found.key = claimed.key.clone();
                held.is_used = true;
                Ok(claimed)
            }
            Err(verdict) => {
                let key = &held.found.key;
                let row = RefusedRow { id: key.id.clone(), owner: key.reference_id.clone() };
                Err(Refused { verdict, row: Some(row) })
            }
        })
    }
}

/// Has the rows that were used written together with COMMIT; `false` if there are none.
async fn count(transaction: &Transaction, rows: &Rows) -> Result<bool, DbError> {
    let used = rows.values().flatten().filter(|held| held.is_used).map(|held| &held.found.key);
    let used: Vec<&ApiKey> = used.collect();
    if used.is_empty() {
        return Ok(false);
    }
    let values: OwnedParams = vec![
        column(&used, |key| key.id.clone()),
        column(&used, |key| key.remaining),
        column(&used, |key| key.last_refill_at),
        column(&used, |key| key.request_count),
        column(&used, |key| key.last_request),
        column(&used, |key| key.updated_at),
    ];
    transaction.defer(&COUNT, values).await?;
    Ok(true)
}

fn column<T>(keys: &[&ApiKey], of: impl Fn(&ApiKey) -> T) -> Box<dyn ToSql + Sync + Send>
where
    T: ToSql + Sync + Send + 'static,
{
    Box::new(keys.iter().map(|key| of(key)).collect::<Vec<T>>())
}

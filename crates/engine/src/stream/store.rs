//! The slice's statements.

use std::time::Duration;

use jiff::Timestamp;
use kiavi_db::{Database, DbError, Row, Sql, Transaction};

use crate::audit::StoredEvent;

pub(super) const STATEMENTS: &[&Sql] = &[
    &REGISTER,
    &TAKE,
    &READ,
    &FIX,
    &RENEW,
    &SENT,
    &FAILED,
    &TELL,
    &SKIP,
    &CONDITIONS,
    &RETRY,
    &MOVE,
    &FORGET_REMOVED,
];

/// A new stream begins with what is sealed from now on. One that leads elsewhere now goes on where it was, and at once.
const REGISTER: Sql = Sql::new(
    "STREAM_REGISTER",
    "INSERT INTO kiavi.audit_stream AS s (id, target, next)
     SELECT new.id, new.target, (SELECT coalesce(max(index) + 1, 0) FROM kiavi.audit_leaf)
     FROM unnest($1::text[], $2::text[]) AS new (id, target)
     ON CONFLICT (id) DO UPDATE SET target = excluded.target, until = NULL, failures = 0, failing_since = NULL,
       fault = NULL, is_told = false, next_attempt_at = now()
     WHERE s.target <> excluded.target",
);

/// Where the stream `$1` is: its next event, up to where a batch was begun, the first event that is kept, how many are
/// sealed, since when the next one waits, and in how many seconds it may be sent. If that is now, it is leased by `$2` for `$3`
/// seconds, provided that `$4`. The row's lock puts two engines one after the other, and the second looks every 2 s
/// whether the first, which may end at any moment, has it still.
const TAKE: Sql = Sql::new(
    "STREAM_TAKE",
    "WITH stream AS (
       SELECT s.next, s.until, s.failures, greatest(next_attempt_at,
         CASE WHEN leased_by <> $2 AND leased_until > now()
              THEN least(leased_until, now() + interval '2 seconds') END) AS due,
         (SELECT coalesce(max(p.until), 0) FROM kiavi.audit_pruning p) AS first,
         (SELECT coalesce(max(l.index) + 1, 0) FROM kiavi.audit_leaf l) AS size
       FROM kiavi.audit_stream s WHERE id = $1 FOR UPDATE
     ), leased AS (
       UPDATE kiavi.audit_stream SET leased_by = $2, leased_until = now() + make_interval(secs => $3)
       WHERE id = $1 AND $4 AND EXISTS (SELECT FROM stream WHERE due <= now() AND next < size)
     )
     SELECT s.next, s.until, s.failures, s.first, s.size, extract(epoch FROM s.due - now())::float8,
       (SELECT extract(epoch FROM now() - e.at)::float8 FROM kiavi.audit_leaf l JOIN kiavi.audit_event e USING (seq)
        WHERE l.index = s.next)
     FROM stream s",
);

const READ: Sql = Sql::new(
    "STREAM_READ",
    "SELECT l.index, e.seq, e.id::text, e.body, e.at FROM kiavi.audit_leaf l JOIN kiavi.audit_event e USING (seq)
     WHERE l.index >= $1 AND l.index < $2 ORDER BY l.index LIMIT $3",
);

/// Whatever happens, the batch of `$1` that begins at `$2` ends at `$3`.
const FIX: Sql =
    Sql::new("STREAM_FIX", "UPDATE kiavi.audit_stream SET until = $3 WHERE id = $1 AND next = $2");

/// Has `$2` keep a stream that it leased for `$3` seconds from now on.
const RENEW: Sql = Sql::new(
    "STREAM_RENEW",
    "UPDATE kiavi.audit_stream SET leased_until = now() + make_interval(secs => $3)
     WHERE id = $1 AND leased_by = $2",
);

/// What began at `$3` was sent up to `$4`; not if somebody has moved the stream meanwhile.
const SENT: Sql = Sql::new(
    "STREAM_SENT",
    "UPDATE kiavi.audit_stream SET next = CASE WHEN next = $3 THEN $4 ELSE next END, until = NULL, sent_at = now(),
       failures = 0, failing_since = NULL, fault = NULL, is_told = false,
       leased_until = CASE WHEN leased_by = $2 THEN NULL ELSE leased_until END
     WHERE id = $1",
);

/// Leaves the stream alone for `$4` seconds because of `$3`. Whether somebody is to be told: it has failed for `$5` seconds.
const FAILED: Sql = Sql::new(
    "STREAM_FAILED",
    "UPDATE kiavi.audit_stream SET failures = failures + 1, failing_since = coalesce(failing_since, now()), fault = $3,
       next_attempt_at = now() + make_interval(secs => $4),
       leased_until = CASE WHEN leased_by = $2 THEN NULL ELSE leased_until END
     WHERE id = $1
     RETURNING NOT is_told AND failing_since <= now() - make_interval(secs => $5)",
);

const TELL: Sql =
    Sql::new("STREAM_TELL", "UPDATE kiavi.audit_stream SET is_told = true WHERE id = $1 AND NOT is_told");

/// Goes on with the first event that is kept.
const SKIP: Sql = Sql::new(
    "STREAM_SKIP",
    "UPDATE kiavi.audit_stream SET next = $3, until = NULL WHERE id = $1 AND next = $2",
);

const CONDITIONS: Sql = Sql::new(
    "STREAM_CONDITIONS",
    "SELECT s.id, s.next, s.failures, s.failing_since, s.next_attempt_at, s.fault, s.sent_at,
       greatest(sealed.size - s.next, 0) AS behind,
       (SELECT e.at FROM kiavi.audit_leaf l JOIN kiavi.audit_event e USING (seq) WHERE l.index = s.next)
     FROM kiavi.audit_stream s
     CROSS JOIN (SELECT coalesce(max(index) + 1, 0) AS size FROM kiavi.audit_leaf) sealed
     WHERE s.id = ANY ($1)",
);

const RETRY: Sql =
    Sql::new("STREAM_RETRY", "UPDATE kiavi.audit_stream SET next_attempt_at = now() WHERE id = $1");

/// Has a stream go on at `$2`, or at the end of what is sealed. Where it was, and where it is.
const MOVE: Sql = Sql::new(
    "STREAM_MOVE",
    "WITH before AS (SELECT next FROM kiavi.audit_stream WHERE id = $1 FOR UPDATE)
     UPDATE kiavi.audit_stream s SET until = NULL, next_attempt_at = now(),
       next = least($2, (SELECT coalesce(max(index) + 1, 0) FROM kiavi.audit_leaf))
     FROM before WHERE id = $1 RETURNING before.next, s.next",
);

const FORGET_REMOVED: Sql = Sql::new(
    "STREAM_FORGET_REMOVED",
    "DELETE FROM kiavi.audit_stream WHERE id <> ALL ($1) AND next_attempt_at < now() - interval '30 days'",
);

/// Where a stream is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) next: i64,
    /// The end of a batch that was begun.
    pub(super) until: Option<i64>,
    pub(super) failures: i32,
    /// The first event that is kept.
    pub(super) first: i64,
    /// Sealed events.
    pub(super) size: i64,
    /// How long it is to be left alone; `None`: it is this process's to send now.
    pub(super) pause: Option<Duration>,
    /// For how long the next event has waited.
    pub(super) behind: Option<Duration>,
}

/// How a stream does.
#[derive(Default)]
pub(super) struct Condition {
    pub(super) id: String,
    pub(super) next: i64,
    pub(super) failures: i32,
    pub(super) failing_since: Option<Timestamp>,
    pub(super) next_attempt_at: Option<Timestamp>,
    pub(super) fault: Option<String>,
    pub(super) sent_at: Option<Timestamp>,
    pub(super) behind: i64,
    pub(super) behind_since: Option<Timestamp>,
}

/// A sealed event, with its index and its time.
pub(super) struct Sealed {
    pub(super) index: i64,
    pub(super) at: Timestamp,
    pub(super) event: StoredEvent,
}

pub(super) async fn register(database: &Database, streams: &[(&str, String)]) -> Result<(), DbError> {
    let (ids, targets): (Vec<&str>, Vec<&str>) =
        streams.iter().map(|(id, target)| (*id, target.as_str())).unzip();
    database.execute(&REGISTER, &[&ids, &targets]).await.map(drop)
}

/// Where the stream is, leased if it is due and `takes` says so; `None` when it is not known yet.
pub(super) async fn take(
    database: &Database,
    id: &str,
    relay: &str,
    lease: Duration,
    takes: bool,
) -> Result<Option<Head>, DbError> {
    let row = database.query_opt(&TAKE, &[&id, &relay, &lease.as_secs_f64(), &takes]).await?;
    let Some(row) = row else { return Ok(None) };
    let (seconds, waited): (f64, Option<f64>) = (row.try_get(5)?, row.try_get(6)?);
    let duration = |seconds: f64| Duration::from_secs_f64(seconds.clamp(0.0, 86_400.0 * 36_500.0));
    Ok(Some(Head {
        next: row.try_get(0)?,
        until: row.try_get(1)?,
        failures: row.try_get(2)?,
        first: row.try_get(3)?,
        size: row.try_get(4)?,
        // Never zero: the clock that sleeps and the clock that decides are two.
        pause: (seconds > 0.0).then(|| duration(seconds) + Duration::from_millis(50)),
        behind: waited.map(duration),
    }))
}

/// Up to `limit` sealed events from one index to before another.
pub(super) async fn read(
    database: &Database,
    (from, until): (i64, i64),
    limit: i64,
) -> Result<Vec<Sealed>, DbError> {
    let rows = database.query(&READ, &[&from, &until, &limit]).await?;
    rows.iter().map(sealed).collect()
}

fn sealed(row: &Row) -> Result<Sealed, DbError> {
    let id: &str = row.try_get(2)?;
    let id = id.parse().map_err(|_| DbError::Value("audit_event.id".to_owned()))?;
    let event = StoredEvent { seq: row.try_get(1)?, id, body: row.try_get(3)? };
    Ok(Sealed { index: row.try_get(0)?, at: row.try_get(4)?, event })
}

pub(super) async fn fix(database: &Database, id: &str, from: i64, until: i64) -> Result<(), DbError> {
    database.execute(&FIX, &[&id, &from, &until]).await.map(drop)
}

pub(super) async fn renew(
    database: &Database,
    id: &str,
    relay: &str,
    lease: Duration,
) -> Result<(), DbError> {
    database.execute(&RENEW, &[&id, &relay, &lease.as_secs_f64()]).await.map(drop)
}

pub(super) async fn sent(
    database: &Database,
    (id, relay): (&str, &str),
    (from, until): (i64, i64),
) -> Result<(), DbError> {
    database.execute(&SENT, &[&id, &relay, &from, &until]).await.map(drop)
}

/// Notes a failure; whether it has failed for all of `patience` and nobody was told.
pub(super) async fn failed(
    database: &Database,
    (id, relay): (&str, &str),
    fault: &str,
    pause: Duration,
    patience: Duration,
) -> Result<bool, DbError> {
    let (pause, patience) = (pause.as_secs_f64(), patience.as_secs_f64());
    let row = database.query_opt(&FAILED, &[&id, &relay, &fault, &pause, &patience]).await?;
    row.map_or(Ok(false), |row| row.try_get(0).map_err(DbError::from))
}

/// Notes that somebody is told; `false` when they were.
pub(super) async fn tell(transaction: &Transaction, id: &str) -> Result<bool, DbError> {
    Ok(transaction.execute(&TELL, &[&id]).await? > 0)
}

/// Passes over events that are no longer kept; `false` when somebody else did.
pub(super) async fn skip(transaction: &Transaction, id: &str, from: i64, to: i64) -> Result<bool, DbError> {
    Ok(transaction.execute(&SKIP, &[&id, &from, &to]).await? > 0)
}

pub(super) async fn conditions(database: &Database, ids: &[&str]) -> Result<Vec<Condition>, DbError> {
    let rows = database.query(&CONDITIONS, &[&ids]).await?;
    let condition = |row: &Row| {
        Ok(Condition {
            id: row.try_get(0)?,
            next: row.try_get(1)?,
            failures: row.try_get(2)?,
            failing_since: row.try_get(3)?,
            next_attempt_at: row.try_get(4)?,
            fault: row.try_get(5)?,
            sent_at: row.try_get(6)?,
            behind: row.try_get(7)?,
            behind_since: row.try_get(8)?,
        })
    };
    rows.iter().map(condition).collect()
}

pub(super) async fn retry(database: &Database, id: &str) -> Result<(), DbError> {
    database.execute(&RETRY, &[&id]).await.map(drop)
}

/// Has a stream go on at an index; from where to where it moved.
pub(super) async fn move_to(
    transaction: &Transaction,
    id: &str,
    index: i64,
) -> Result<Option<(i64, i64)>, DbError> {
    let row = transaction.query_opt(&MOVE, &[&id, &index]).await?;
    row.map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).transpose()
}

/// Forgets streams beside `known`, those of the settings.
pub(crate) async fn forget_removed(database: &Database, known: &[&str]) -> Result<u64, DbError> {
    database.execute(&FORGET_REMOVED, &[&known]).await
}

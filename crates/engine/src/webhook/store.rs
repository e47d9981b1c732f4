//! Statements of the relay.

use std::time::Duration;

use kiavi_db::{Database, DbError, Sql, Transaction};

use super::{endpoints::Endpoint, flow::Verdict, send::Attempt};

pub(super) const STATEMENTS: &[&Sql] =
    &[&REGISTER, &TAKE, &RENEW, &RECORD, &GIVE_UP, &DISABLE, &SETTLE_REMOVED, &FORGET_REMOVED, &FORGET_OLD];

/// Endpoints begin anew when their URL changes.
const REGISTER: Sql = Sql::new(
    "WEBHOOK_REGISTER",
    "INSERT INTO kiavi.webhook_endpoint AS e (id, url) SELECT * FROM unnest($1::text[], $2::text[])
     ON CONFLICT (id) DO UPDATE SET url = excluded.url, failures = 0, failing_since = NULL,
       next_attempt_at = now(), disabled_at = NULL, disabled_because = NULL
     WHERE e.url <> excluded.url",
);

/// The oldest row that an endpoint (`$1`) has not had, and in how many seconds it is due. If that is now and it is not
/// too late for it, the endpoint is leased by `$2` for `$3` seconds, provided that `$4`. The row's lock puts two
/// engines one after the other: the second sees the lease of the first, which may end at any moment, so it looks every 2 s.
const TAKE: Sql = Sql::new(
    "WEBHOOK_TAKE",
    "WITH endpoint AS (
       SELECT id, failures, greatest(next_attempt_at,
         CASE WHEN leased_by <> $2 AND leased_until > now()
              THEN least(leased_until, now() + interval '2 seconds') END) AS due
       FROM kiavi.webhook_endpoint WHERE id = $1 AND disabled_at IS NULL FOR UPDATE
     ), head AS (
       SELECT d.position, d.event_id, d.body, d.expires_at, d.expires_at <= now() AS is_late, e.due, e.failures
       FROM kiavi.webhook_delivery d JOIN endpoint e ON e.id = d.endpoint
       WHERE d.endpoint = $1 AND d.state = 'pending' ORDER BY d.position LIMIT 1
     ), leased AS (
       UPDATE kiavi.webhook_endpoint SET leased_by = $2, leased_until = now() + make_interval(secs => $3)
       WHERE id = $1 AND $4 AND EXISTS (SELECT FROM head WHERE due <= now() AND NOT is_late)
     )
     SELECT position, event_id::text, body, is_late, failures,
       extract(epoch FROM least(due, expires_at) - now())::float8 AS seconds FROM head",
);

/// Has `$2` keep an endpoint that it leased for `$3` seconds from now on.
const RENEW: Sql = Sql::new(
    "WEBHOOK_RENEW",
    "UPDATE kiavi.webhook_endpoint SET leased_until = now() + make_interval(secs => $3)
     WHERE id = $1 AND leased_by = $2",
);

/// Notes what became of an attempt at `$2`: an answer with `$4` after `$5` ms that began with `$7`, or the fault `$6`. If
/// the endpoint did not take it (`$3`), it is left alone for `$8` seconds. Ends the lease of `$10`. Tells whether the endpoint
/// has taken nothing for `$9` seconds.
const RECORD: Sql = Sql::new(
    "WEBHOOK_RECORD",
    "WITH landed AS (
       UPDATE kiavi.webhook_delivery SET attempts = attempts + 1,
         state = CASE WHEN $3 THEN 'delivered' ELSE state END,
         settled_at = CASE WHEN $3 THEN now() ELSE settled_at END
       WHERE position = $2 RETURNING position
     ), noted AS (
       INSERT INTO kiavi.webhook_attempt (delivery, status, duration_ms, fault, answer)
       SELECT position, $4, $5, $6, $7 FROM landed
     )
     UPDATE kiavi.webhook_endpoint SET
       failures = CASE WHEN $3 THEN 0 ELSE failures + 1 END,
       failing_since = CASE WHEN $3 THEN NULL ELSE coalesce(failing_since, now()) END,
       next_attempt_at = CASE WHEN $3 THEN next_attempt_at ELSE now() + make_interval(secs => $8) END,
       leased_until = CASE WHEN leased_by = $10 THEN NULL ELSE leased_until END
     WHERE id = $1
     RETURNING coalesce(failing_since <= now() - make_interval(secs => $9), false)",
);

const GIVE_UP: Sql = Sql::new(
    "WEBHOOK_GIVE_UP",
    "UPDATE kiavi.webhook_delivery SET state = 'failed', settled_at = now()
     WHERE endpoint = $1 AND state = 'pending' AND expires_at <= now()",
);

/// Nothing more is written for it from now on, and what waits is given up.
const DISABLE: Sql = Sql::new(
    "WEBHOOK_DISABLE",
    "WITH disabled AS (
       UPDATE kiavi.webhook_endpoint SET disabled_at = now(), disabled_because = $2, leased_by = NULL,
         leased_until = NULL
       WHERE id = $1 AND disabled_at IS NULL RETURNING id
     ), settled AS (
       UPDATE kiavi.webhook_delivery d SET state = 'failed', settled_at = now()
       FROM disabled WHERE d.endpoint = disabled.id AND d.state = 'pending' RETURNING 1
     )
     SELECT (SELECT count(*) FROM settled) FROM disabled",
);

/// What waited for endpoints that the settings have no more. Not what is new: a process on its way out may have an older
/// list than the one that writes.
const SETTLE_REMOVED: Sql = Sql::new(
    "WEBHOOK_SETTLE_REMOVED",
    "UPDATE kiavi.webhook_delivery SET state = 'failed', settled_at = now()
     WHERE state = 'pending' AND endpoint <> ALL ($1) AND created_at < now() - interval '10 minutes'",
);

const FORGET_REMOVED: Sql = Sql::new(
    "WEBHOOK_FORGET_REMOVED",
    "DELETE FROM kiavi.webhook_endpoint WHERE id <> ALL ($1) AND next_attempt_at < now() - interval '30 days'",
);

/// Rows are there to be looked at and sent again for 30 days.
const FORGET_OLD: Sql = Sql::new(
    "WEBHOOK_FORGET_OLD",
    "DELETE FROM kiavi.webhook_delivery WHERE position IN (
       SELECT position FROM kiavi.webhook_delivery WHERE created_at < now() - interval '30 days'
       LIMIT 1000 FOR UPDATE SKIP LOCKED)",
);

/// What is at the head of an endpoint's line.
pub(super) struct Head {
    pub(super) position: i64,
    pub(super) id: String,
    pub(super) body: String,
    /// Whether it is given up.
    pub(super) is_late: bool,
    /// Attempts at the endpoint that failed since the last one that did not.
    pub(super) failures: i32,
    /// How long it has to wait; `None`: it is this process's to send now.
    pub(super) pause: Option<Duration>,
}

/// Makes the endpoints of the settings known.
pub(super) async fn register(database: &Database, endpoints: &[Endpoint]) -> Result<(), DbError> {
    let (ids, urls): (Vec<&str>, Vec<&str>) =
        endpoints.iter().map(|endpoint| (endpoint.id.as_str(), endpoint.url.as_str())).unzip();
    database.execute(&REGISTER, &[&ids, &urls]).await.map(drop)
}

/// The head of an endpoint's line; `None` when nothing waits or the endpoint is disabled. Leases the endpoint for
/// `relay` if the head may be sent now and `takes` says so.
pub(super) async fn take(
    database: &Database,
    endpoint: &str,
    relay: &str,
    lease: Duration,
    takes: bool,
) -> Result<Option<Head>, DbError> {
    let row = database.query_opt(&TAKE, &[&endpoint, &relay, &lease.as_secs_f64(), &takes]).await?;
    let Some(row) = row else { return Ok(None) };
    let seconds: f64 = row.try_get(5)?;
    // Never zero: the clock that sleeps and the clock that decides are two.
    let pause = (seconds > 0.0).then(|| Duration::from_secs_f64(seconds.min(86_400.0) + 0.05));
    Ok(Some(Head {
        position: row.try_get(0)?,
        id: row.try_get(1)?,
        body: row.try_get(2)?,
        is_late: row.try_get(3)?,
        failures: row.try_get(4)?,
        pause,
    }))
}

/// Has `relay` keep an endpoint for another `lease`, unless somebody else has it by now.
pub(super) async fn renew(
    database: &Database,
    endpoint: &str,
    relay: &str,
    lease: Duration,
) -> Result<(), DbError> {
    database.execute(&RENEW, &[&endpoint, &relay, &lease.as_secs_f64()]).await.map(drop)
}

/// Notes an attempt of `relay`, after which a failing endpoint rests for `pause`. Whether it has failed for all of
/// `patience`.
pub(super) async fn record(
    database: &Database,
    endpoint: &str,
    relay: &str,
    position: i64,
    attempt: &Attempt,
    pause: Duration,
    patience: Duration,
) -> Result<bool, DbError> {
    let Attempt { verdict, status, duration_ms, fault, answer, .. } = attempt;
    let is_taken = *verdict == Verdict::Taken;
    let (pause, patience) = (pause.as_secs_f64(), patience.as_secs_f64());
    let row = database
        .query_opt(
            &RECORD,
            &[&endpoint, &position, &is_taken, status, duration_ms, fault, answer, &pause, &patience, &relay],
        )
        .await?;
    row.map_or(Ok(false), |row| row.try_get(0).map_err(DbError::from))
}

/// Gives up what an endpoint did not take in time; how much that is.
pub(super) async fn give_up(transaction: &Transaction, endpoint: &str) -> Result<u64, DbError> {
    transaction.execute(&GIVE_UP, &[&endpoint]).await
}

/// Sends nothing more to an endpoint; how much waited for it, `None` if it is disabled already.
pub(super) async fn disable(
    transaction: &Transaction,
    endpoint: &str,
    because: &str,
) -> Result<Option<i64>, DbError> {
    let row = transaction.query_opt(&DISABLE, &[&endpoint, &because]).await?;
    row.map(|row| row.try_get(0).map_err(DbError::from)).transpose()
}

/// Settles what is owed to endpoints beside `known`, those of the settings.
pub(crate) async fn settle_removed(database: &Database, known: &[&str]) -> Result<u64, DbError> {
    let settled = database.execute(&SETTLE_REMOVED, &[&known]).await?;
    database.execute(&FORGET_REMOVED, &[&known]).await?;
    Ok(settled)
}

/// Forgets the oldest rows.
pub(crate) async fn forget_old(database: &Database) -> Result<u64, DbError> {
    database.execute(&FORGET_OLD, &[]).await
}

//! Statements of the operators' routes.

use jiff::Timestamp;
use kiavi_db::{Database, DbError, Row, Sql, Transaction};

use super::wire::{AttemptView, DeliveryView};

pub(super) const STATEMENTS: &[&Sql] =
    &[&ENDPOINTS, &ENABLE, &DELIVERIES, &DELIVERY, &ATTEMPTS, &REPLAY_ONE, &REPLAY_FAILED];

const ENDPOINTS: Sql = Sql::new(
    "WEBHOOK_ENDPOINTS",
    "SELECT id, failures, failing_since, next_attempt_at, disabled_at, disabled_because,
       (SELECT count(*) FROM kiavi.webhook_delivery d WHERE d.endpoint = e.id AND d.state = 'pending')
     FROM kiavi.webhook_endpoint e WHERE id = ANY ($1)",
);

/// Has an endpoint begin anew. Whether there was anything to forgive.
const ENABLE: Sql = Sql::new(
    "WEBHOOK_ENABLE",
    "UPDATE kiavi.webhook_endpoint SET failures = 0, failing_since = NULL, next_attempt_at = now(),
       disabled_at = NULL, disabled_because = NULL
     WHERE id = $1 AND (failures > 0 OR disabled_at IS NOT NULL)",
);

macro_rules! delivery_columns {
    () => {
        "SELECT position, endpoint, event_id::text, type, state, attempts, created_at, expires_at, settled_at"
    };
}

/// Before a position, the newest first; of an endpoint, in a state, of a type, where these are given.
const DELIVERIES: Sql = Sql::new(
    "WEBHOOK_DELIVERIES",
    concat!(
        delivery_columns!(),
        " FROM kiavi.webhook_delivery
          WHERE position < $1 AND ($2::text IS NULL OR endpoint = $2) AND ($3::text IS NULL OR state = $3)
            AND ($4::text IS NULL OR type = $4)
          ORDER BY position DESC LIMIT $5"
    ),
);

const DELIVERY: Sql = Sql::new(
    "WEBHOOK_DELIVERY",
    concat!(delivery_columns!(), ", body FROM kiavi.webhook_delivery WHERE position = $1"),
);

const ATTEMPTS: Sql = Sql::new(
    "WEBHOOK_ATTEMPTS",
    "SELECT at, status, duration_ms, fault, answer FROM kiavi.webhook_attempt WHERE delivery = $1 ORDER BY at",
);

/// Has what is settled sent again: at its place in the line, which is before everything newer, for `$2` seconds. Only to
/// endpoints that are sent anything (`$3`). Tells of whom.
const REPLAY_ONE: Sql = Sql::new(
    "WEBHOOK_REPLAY_ONE",
    "UPDATE kiavi.webhook_delivery d SET state = 'pending', settled_at = NULL,
       expires_at = now() + make_interval(secs => $2)
     FROM kiavi.webhook_endpoint e
     WHERE d.position = $1 AND d.state <> 'pending' AND e.id = d.endpoint AND e.id = ANY ($3)
       AND e.disabled_at IS NULL
     RETURNING d.endpoint",
);

/// The same for everything that was given up since `$1`, of one endpoint or of all.
const REPLAY_FAILED: Sql = Sql::new(
    "WEBHOOK_REPLAY_FAILED",
    "UPDATE kiavi.webhook_delivery d SET state = 'pending', settled_at = NULL,
       expires_at = now() + make_interval(secs => $2)
     FROM kiavi.webhook_endpoint e
     WHERE d.created_at >= $1 AND d.state = 'failed' AND e.id = d.endpoint AND e.id = ANY ($3)
       AND e.disabled_at IS NULL
     RETURNING d.endpoint",
);

/// How an endpoint does.
#[derive(Default)]
pub(super) struct Condition {
    pub(super) id: String,
    pub(super) failures: i32,
    pub(super) failing_since: Option<Timestamp>,
    pub(super) next_attempt_at: Option<Timestamp>,
    pub(super) disabled_at: Option<Timestamp>,
    pub(super) disabled_because: Option<String>,
    pub(super) pending: i64,
}

/// What a list is to show.
pub(super) struct Filter<'a> {
    /// Only what comes before this position.
    pub(super) before: i64,
    pub(super) endpoint: Option<&'a str>,
    pub(super) state: Option<&'a str>,
    pub(super) kind: Option<&'a str>,
    pub(super) limit: i64,
}

/// How these endpoints do; one that was never seen has no row yet.
pub(super) async fn conditions(database: &Database, ids: &[&str]) -> Result<Vec<Condition>, DbError> {
    let rows = database.query(&ENDPOINTS, &[&ids]).await?;
    let condition = |row: &Row| {
        Ok(Condition {
            id: row.try_get(0)?,
            failures: row.try_get(1)?,
            failing_since: row.try_get(2)?,
            next_attempt_at: row.try_get(3)?,
            disabled_at: row.try_get(4)?,
            disabled_because: row.try_get(5)?,
            pending: row.try_get(6)?,
        })
    };
    rows.iter().map(condition).collect()
}

/// Forgives an endpoint its failures; whether there were any.
pub(super) async fn enable(transaction: &Transaction, id: &str) -> Result<bool, DbError> {
    Ok(transaction.execute(&ENABLE, &[&id]).await? > 0)
}

/// A page of what was and will be sent.
pub(super) async fn deliveries(
    database: &Database,
    filter: &Filter<'_>,
) -> Result<Vec<DeliveryView>, DbError> {
    let Filter { before, endpoint, state, kind, limit } = filter;
    let rows = database.query(&DELIVERIES, &[before, endpoint, state, kind, limit]).await?;
    rows.iter().map(delivery_view).collect()
}

/// One of these, with its body and its attempts, the first one first.
pub(super) async fn delivery(
    database: &Database,
    position: i64,
) -> Result<Option<(DeliveryView, String, Vec<AttemptView>)>, DbError> {
    let Some(row) = database.query_opt(&DELIVERY, &[&position]).await? else { return Ok(None) };
    let attempts = database.query(&ATTEMPTS, &[&position]).await?;
    let attempt = |row: &Row| {
        Ok(AttemptView {
            at: row.try_get(0)?,
            status: row.try_get(1)?,
            duration_ms: row.try_get(2)?,
            fault: row.try_get(3)?,
            answer: row.try_get(4)?,
        })
    };
    let attempts = attempts.iter().map(attempt).collect::<Result<_, DbError>>()?;
    Ok(Some((delivery_view(&row)?, row.try_get(9)?, attempts)))
}

/// Has one sent again; to whom, if it may be.
pub(super) async fn replay_one(
    transaction: &Transaction,
    position: i64,
    seconds: f64,
    endpoints: &[&str],
) -> Result<Vec<String>, DbError> {
    replayed(transaction.query(&REPLAY_ONE, &[&position, &seconds, &endpoints]).await?)
}

/// Has everything sent again that was given up since; to whom, once for each event.
pub(super) async fn replay_failed(
    transaction: &Transaction,
    since: Timestamp,
    seconds: f64,
    endpoints: &[&str],
) -> Result<Vec<String>, DbError> {
    replayed(transaction.query(&REPLAY_FAILED, &[&since, &seconds, &endpoints]).await?)
}

fn replayed(rows: Vec<Row>) -> Result<Vec<String>, DbError> {
    rows.iter().map(|row| row.try_get(0).map_err(DbError::from)).collect()
}

fn delivery_view(row: &Row) -> Result<DeliveryView, DbError> {
    let position: i64 = row.try_get(0)?;
    Ok(DeliveryView {
        id: position.to_string(),
        endpoint: row.try_get(1)?,
        event: row.try_get(2)?,
        kind: row.try_get(3)?,
        state: row.try_get(4)?,
        attempts: row.try_get(5)?,
        created_at: row.try_get(6)?,
        expires_at: row.try_get(7)?,
        settled_at: row.try_get(8)?,
    })
}

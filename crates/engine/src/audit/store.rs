//! The log's statements. The runtime role may insert and nothing else.

use std::time::Duration;

use jiff::Timestamp;
use kiavi_db::{AdminConnection, Database, DbError, OwnedParams, Sql, ToSql, Transaction};
use serde_json::Value;

use super::EventType;

pub(super) const STATEMENTS: &[&Sql] =
    &[&INSERT_EVENT, &INSERT_EVENT_ONCE, &PUBLISH_EVENT, &PUBLISH_EVENT_ONCE, &INSERT_CONTROL_EVENT];

macro_rules! insert_event {
    () => {
        "INSERT INTO kiavi.audit_event
           (id, at, type, outcome, request_id, actor, subject, method, ip, user_agent, detail)
         VALUES ($1::text::uuid, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    };
}

const INSERT_EVENT: Sql = Sql::new("INSERT_EVENT", insert_event!());
// Without a conflict target: naming one takes the right to read the column.
const INSERT_EVENT_ONCE: Sql =
    Sql::new("INSERT_EVENT_ONCE", concat!(insert_event!(), " ON CONFLICT DO NOTHING"));

// The event (`$1` to `$11`) and what is owed of it, `$12`, to the endpoints `$13` for `$14` seconds, in one statement, so
// that there is never one without the other.
macro_rules! publish {
    ($insert:expr) => {
        concat!(
            "WITH event AS (",
            $insert,
            ")
             INSERT INTO kiavi.webhook_delivery (endpoint, event_id, type, body, expires_at)
             SELECT wanting.id, $1::text::uuid, $3, $12, now() + make_interval(secs => $14)
             FROM unnest($13::text[]) AS wanting (id)
             WHERE NOT EXISTS (
               SELECT FROM kiavi.webhook_endpoint e WHERE e.id = wanting.id AND e.disabled_at IS NOT NULL)
             ON CONFLICT (endpoint, event_id) DO NOTHING"
        )
    };
}

const PUBLISH_EVENT: Sql = Sql::new("PUBLISH_EVENT", publish!(insert_event!()));
const PUBLISH_EVENT_ONCE: Sql =
    Sql::new("PUBLISH_EVENT_ONCE", publish!(concat!(insert_event!(), " ON CONFLICT DO NOTHING")));

/// At the database's time; by an operator through control.
const INSERT_CONTROL_EVENT: Sql = Sql::new(
    "INSERT_CONTROL_EVENT",
    "INSERT INTO kiavi.audit_event (id, at, type, outcome, actor, method, detail)
     VALUES ($1::text::uuid, now(), $2, 'success', 'operator:' || $3::text, 'management', $4)
     ON CONFLICT DO NOTHING",
);

/// An event as it is written.
pub(crate) struct EventRow {
    pub(crate) id: String,
    pub(crate) at: Timestamp,
    pub(crate) kind: EventType,
    pub(crate) outcome: &'static str,
    pub(crate) request_id: Option<String>,
    pub(crate) actor: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) method: Option<String>,
    pub(crate) ip: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) detail: Option<Value>,
}

/// What is owed of an event, and to whom.
pub(super) struct Publication {
    pub(super) body: String,
    /// Ids of endpoints.
    pub(super) endpoints: Vec<String>,
    /// For how long it is tried.
    pub(super) life: Duration,
}

impl EventRow {
    fn values(self, publication: Option<Publication>) -> OwnedParams {
        let mut values: OwnedParams = vec![
            Box::new(self.id),
            Box::new(self.at),
            Box::new(self.kind.name()),
            Box::new(self.outcome),
            Box::new(self.request_id),
            Box::new(self.actor),
            Box::new(self.subject),
            Box::new(self.method),
            Box::new(self.ip),
            Box::new(self.user_agent),
            Box::new(self.detail),
        ];
        if let Some(Publication { body, endpoints, life }) = publication {
            values.push(Box::new(body));
            values.push(Box::new(endpoints));
            values.push(Box::new(life.as_secs_f64()));
        }
        values
    }
}

/// Travels with what follows in the transaction, at the latest with its COMMIT.
pub(super) async fn insert(
    transaction: &Transaction,
    row: EventRow,
    publication: Option<Publication>,
) -> Result<(), DbError> {
    let sql = if publication.is_some() { PUBLISH_EVENT } else { INSERT_EVENT };
    transaction.defer(&sql, row.values(publication)).await
}

/// Shares its commit with others that come at the same time.
pub(super) async fn insert_alone(
    database: &Database,
    row: EventRow,
    publication: Option<Publication>,
) -> Result<(), DbError> {
    let sql = if publication.is_some() { PUBLISH_EVENT } else { INSERT_EVENT };
    database.query_grouped(&sql, row.values(publication)).await.map(drop)
}

/// The same, unless there is one with its id.
pub(super) async fn insert_once(
    database: &Database,
    row: EventRow,
    publication: Option<Publication>,
) -> Result<(), DbError> {
    let sql = if publication.is_some() { PUBLISH_EVENT_ONCE } else { INSERT_EVENT_ONCE };
    database.query_grouped(&sql, row.values(publication)).await.map(drop)
}

pub(super) async fn insert_by_control(
    connection: &AdminConnection,
    id: &str,
    kind: &str,
    operator: &str,
    detail: &Value,
) -> Result<(), DbError> {
    let values: [&(dyn ToSql + Sync); 4] = [&id, &kind, &operator, detail];
    connection.execute(INSERT_CONTROL_EVENT.text(), &values).await.map(drop)
}

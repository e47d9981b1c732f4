//! The log's statements. The runtime role may insert and nothing else.

use jiff::Timestamp;
use kiavi_db::{AdminConnection, Database, DbError, OwnedParams, Sql, ToSql, Transaction};
use serde_json::Value;

pub(super) const STATEMENTS: &[&Sql] = &[&INSERT_EVENT, &INSERT_EVENT_ONCE, &INSERT_CONTROL_EVENT];

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

/// At the database's time; by an operator through control.
const INSERT_CONTROL_EVENT: Sql = Sql::new(
    "INSERT_CONTROL_EVENT",
    "INSERT INTO kiavi.audit_event (id, at, type, outcome, actor, method, detail)
     VALUES ($1::text::uuid, now(), $2, 'success', 'operator:' || $3::text, 'management', $4)
     ON CONFLICT DO NOTHING",
);

pub(super) struct EventRow {
    pub(super) id: String,
    pub(super) at: Timestamp,
    pub(super) kind: &'static str,
    pub(super) outcome: &'static str,
    pub(super) request_id: Option<String>,
    pub(super) actor: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) method: Option<String>,
    pub(super) ip: Option<String>,
    pub(super) user_agent: Option<String>,
    pub(super) detail: Option<Value>,
}

impl EventRow {
    fn values(self) -> OwnedParams {
        vec![
            Box::new(self.id),
            Box::new(self.at),
            Box::new(self.kind),
            Box::new(self.outcome),
            Box::new(self.request_id),
            Box::new(self.actor),
            Box::new(self.subject),
            Box::new(self.method),
            Box::new(self.ip),
            Box::new(self.user_agent),
            Box::new(self.detail),
        ]
    }
}

/// Travels with what follows in the transaction, at the latest with its COMMIT.
pub(super) async fn insert(transaction: &Transaction, row: EventRow) -> Result<(), DbError> {
    transaction.defer(&INSERT_EVENT, row.values()).await
}

/// Shares its commit with others that come at the same time.
pub(super) async fn insert_alone(database: &Database, row: EventRow) -> Result<(), DbError> {
    database.query_grouped(&INSERT_EVENT, row.values()).await.map(drop)
}

/// The same, unless there is one with its id.
pub(super) async fn insert_once(database: &Database, row: EventRow) -> Result<(), DbError> {
    database.query_grouped(&INSERT_EVENT_ONCE, row.values()).await.map(drop)
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

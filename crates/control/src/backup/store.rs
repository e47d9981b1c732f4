//! The rows of runs and of the schedule.

use jiff::Timestamp;
use kiavi_base::EventId;
use kiavi_db::{Database, DbError, Row, Sql, Transaction};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

pub(crate) const INSERT_RUN: Sql = Sql::new(
    "INSERT_RUN",
    "INSERT INTO backup_run (id, kind, tenant_id, slug, place, name, succeeded, detail)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
);
// Those of one tenant, or of all; the newest first.
pub(crate) const RUNS: Sql = Sql::new(
    "RUNS",
    "SELECT id, kind, tenant_id, slug, place, name, at, succeeded, detail, removed_at FROM backup_run
     WHERE ($1::text IS NULL OR tenant_id = $1) AND ($2::text IS NULL OR kind = $2)
     ORDER BY at DESC, id DESC LIMIT $3",
);
pub(crate) const RUN: Sql = Sql::new(
    "RUN",
    "SELECT id, kind, tenant_id, slug, place, name, at, succeeded, detail, removed_at FROM backup_run
     WHERE id = $1 AND tenant_id = $2",
);
pub(crate) const FORGET_RUNS: Sql =
    Sql::new("FORGET_RUNS", "DELETE FROM backup_run WHERE at < now() - interval '400 days'");
pub(crate) const SCHEDULE: Sql = Sql::new("SCHEDULE", "SELECT document FROM backup_schedule");
pub(crate) const SET_SCHEDULE: Sql = Sql::new(
    "SET_SCHEDULE",
    "INSERT INTO backup_schedule (document) VALUES ($1)
     ON CONFLICT (is_the_one) DO UPDATE SET document = $1, changed_at = now()",
);

/// What was run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RunKind {
    /// An archive was to be made.
    Backup,
    /// An archive was to be restored for a trial.
    Drill,
}

impl RunKind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Backup => "backup",
            Self::Drill => "drill",
        }
    }
}

/// What became of a backup or of a drill.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Run {
    /// What was run.
    pub(crate) kind: RunKind,
    /// The tenant's id.
    pub(crate) tenant_id: String,
    /// The name that the tenant had.
    pub(crate) slug: String,
    /// Where the archive is.
    pub(crate) place: String,
    /// What it is called there.
    #[serde(default)]
    pub(crate) name: Option<String>,
    /// Whether it came about.
    pub(crate) succeeded: bool,
    /// Rows, bytes and seconds, or what was in the way.
    #[schema(value_type = Object)]
    pub(crate) detail: Value,
}

/// A run, and when it ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeptRun {
    /// Names the run.
    pub(crate) id: String,
    /// When it ended.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Timestamp,
    /// When its archive was removed, because it is kept no longer.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) removed_at: Option<Timestamp>,
    #[serde(flatten)]
    pub(crate) run: Run,
}

/// Writes a run down, and forgets those that are of last year.
pub(crate) async fn insert(transaction: &Transaction, id: EventId, run: &Run) -> Result<(), DbError> {
    let Run { kind, tenant_id, slug, place, name, succeeded, detail } = run;
    let values: [&(dyn kiavi_db::ToSql + Sync); 8] =
        [&id.to_string(), &kind.as_str(), tenant_id, slug, place, name, succeeded, detail];
    transaction.execute(&INSERT_RUN, &values).await?;
    transaction.execute(&FORGET_RUNS, &[]).await?;
    Ok(())
}

/// The newest runs.
pub(crate) async fn runs(
    database: &Database,
    tenant: Option<&str>,
    kind: Option<RunKind>,
    limit: i64,
) -> Result<Vec<KeptRun>, DbError> {
    let kind = kind.map(RunKind::as_str);
    database.query(&RUNS, &[&tenant, &kind, &limit]).await?.iter().map(run).collect()
}

/// One of a tenant's runs.
pub(crate) async fn find(database: &Database, id: &str, tenant: &str) -> Result<Option<KeptRun>, DbError> {
    database.query_opt(&RUN, &[&id, &tenant]).await?.as_ref().map(run).transpose()
}

fn run(row: &Row) -> Result<KeptRun, DbError> {
    let kind = match row.try_get("kind")? {
        "drill" => RunKind::Drill,
        _ => RunKind::Backup,
    };
    let run = Run {
        kind,
        tenant_id: row.try_get("tenant_id")?,
        slug: row.try_get("slug")?,
        place: row.try_get("place")?,
        name: row.try_get("name")?,
        succeeded: row.try_get("succeeded")?,
        detail: row.try_get("detail")?,
    };
    Ok(KeptRun {
        id: row.try_get("id")?,
        at: row.try_get("at")?,
        removed_at: row.try_get("removed_at")?,
        run,
    })
}

/// The schedule, if there is one.
pub(crate) async fn schedule(database: &Database) -> Result<Option<Value>, DbError> {
    database.query_opt(&SCHEDULE, &[]).await?.map(|row| Ok(row.try_get(0)?)).transpose()
}

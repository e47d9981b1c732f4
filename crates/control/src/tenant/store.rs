//! The rows of tenants and of their steps.

use jiff::Timestamp;
use kiavi_base::{Slug, TenantId, WorkspaceId};
use kiavi_db::{Database, DbError, Row, Sql, Transaction};
use serde_json::Value;

use super::{SecretChange, Target, Tenant, TenantState};
use crate::{step::Step, workspace::store::parsed};

macro_rules! tenant_columns {
    () => {
        "id, workspace_id, slug, uid, state, target, settings, settings_version, settings_delivered, last_error,
         created_at, reason, destroy_at, asked, reached, schema_version, secret_change, secret_from,
         retry_at,
         (SELECT hostname FROM tenant_hostname h WHERE h.tenant_id = tenant.id AND h.role = 'primary')
           AS primary_hostname"
    };
}

pub(crate) use tenant_columns;

pub(crate) const TENANT_BY_ID: Sql =
    Sql::new("TENANT_BY_ID", concat!("SELECT ", tenant_columns!(), " FROM tenant WHERE id = $1"));
pub(crate) const TENANT_BY_SLUG: Sql =
    Sql::new("TENANT_BY_SLUG", concat!("SELECT ", tenant_columns!(), " FROM tenant WHERE slug = $1"));
// Without the tenant that is the console's own. `$3` is a part of the name, or the id; `$4` a state. Both lists follow an index on the name.
macro_rules! matching {
    () => {
        "slug > $1 AND target <> 'spare' AND slug <> 'console'
           AND ($3::text IS NULL OR position($3 in slug) > 0 OR id = $3) AND ($4::text IS NULL OR state = $4)
         ORDER BY slug LIMIT $2"
    };
}
pub(crate) const TENANTS_AFTER: Sql =
    Sql::new("TENANTS_AFTER", concat!("SELECT ", tenant_columns!(), " FROM tenant WHERE ", matching!()));
pub(crate) const TENANTS_OF_WORKSPACE_AFTER: Sql = Sql::new(
    "TENANTS_OF_WORKSPACE_AFTER",
    concat!("SELECT ", tenant_columns!(), " FROM tenant WHERE workspace_id = $5 AND ", matching!()),
);
pub(crate) const INSERT_TENANT: Sql = Sql::new(
    "INSERT_TENANT",
    concat!(
        "INSERT INTO tenant (id, slug, settings, target, workspace_id) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (slug) DO NOTHING RETURNING ",
        tenant_columns!()
    ),
);
pub(crate) const STEPS: Sql = Sql::new(
    "STEPS",
    "SELECT step, started_at, finished_at, attempts FROM provisioning_step WHERE tenant_id = $1",
);
pub(crate) const START_STEP: Sql = Sql::new(
    "START_STEP",
    "INSERT INTO provisioning_step AS s (tenant_id, step, started_at) VALUES ($1, $2, clock_timestamp())
     ON CONFLICT (tenant_id, step) DO UPDATE SET started_at = clock_timestamp(), attempts = s.attempts + 1
     RETURNING started_at",
);
// Not when it has to be done again since it was begun.
pub(crate) const FINISH_STEP: Sql = Sql::new(
    "FINISH_STEP",
    "UPDATE provisioning_step SET finished_at = now() WHERE tenant_id = $1 AND step = $2 AND started_at = $3",
);
pub(crate) const STEPS_TO_DO: Sql = Sql::new(
    "STEPS_TO_DO",
    "UPDATE provisioning_step SET started_at = clock_timestamp(), finished_at = NULL, attempts = 0
     WHERE tenant_id = $1 AND step = ANY ($2)",
);
// A tenant that is where it was goes on being there until it is somewhere else.
pub(crate) const SET_STATE: Sql = Sql::new(
    "SET_STATE",
    "UPDATE tenant SET failures = 0, retry_at = NULL, last_error = NULL,
            state = CASE WHEN state IN ('running', 'suspended', 'deleted', 'deleting') THEN state ELSE $2 END
     WHERE id = $1",
);
// Only what was asked before counts as done, and only for the target that it was done for.
pub(crate) const SET_REACHED: Sql = Sql::new(
    "SET_REACHED",
    "UPDATE tenant SET state = $3, reached = $4, failures = 0, retry_at = NULL, last_error = NULL
     WHERE id = $1 AND target = $2 AND (reached < $4 OR state <> $3)",
);
pub(crate) const SET_SCHEMA_VERSION: Sql =
    Sql::new("SET_SCHEMA_VERSION", "UPDATE tenant SET schema_version = $2 WHERE id = $1");
/// Of a tenant that is switched off, if nobody else was faster.
pub(crate) const MIGRATE_STOPPED: Sql = Sql::new(
    "MIGRATE_STOPPED",
    "UPDATE tenant SET schema_version = $2 WHERE id = $1 AND schema_version < $2 AND target IN ('suspended', 'deleted')",
);
pub(crate) const SET_FAILED: Sql = Sql::new(
    "SET_FAILED",
    "UPDATE tenant SET state = CASE target WHEN 'destroyed' THEN 'deleting' ELSE 'failed' END,
            last_error = $2, failures = failures + 1,
            retry_at = now() + make_interval(secs => least($3::double precision, power(2, least(failures, 16))))
     WHERE id = $1",
);
pub(crate) const DELETE_TENANT: Sql =
    Sql::new("DELETE_TENANT", "DELETE FROM tenant WHERE id = $1 AND target = 'destroyed'");
// Spares last: somebody waits for the others.
pub(crate) const DUE_TENANTS: Sql = Sql::new(
    "DUE_TENANTS",
    "SELECT id FROM tenant WHERE reached < asked AND target <> 'importing'
       AND (retry_at IS NULL OR retry_at <= now()) ORDER BY target = 'spare', created_at LIMIT 32",
);
// What is due, and what waits for a pause to be over.
pub(crate) const BACKLOG: Sql =
    Sql::new("BACKLOG", "SELECT count(*) FROM tenant WHERE reached < asked AND target <> 'importing'");
pub(crate) const TENANTS_BY_STATE: Sql =
    Sql::new("TENANTS_BY_STATE", "SELECT state, count(*) FROM tenant GROUP BY state ORDER BY state");
pub(crate) const NEXT_RETRY: Sql = Sql::new(
    "NEXT_RETRY",
    "SELECT extract(epoch FROM min(at) - now())::double precision FROM (
       SELECT retry_at AS at FROM tenant WHERE reached < asked AND target <> 'importing' AND retry_at > now()
       UNION ALL SELECT destroy_at FROM tenant WHERE target = 'deleted') AS times",
);
pub(crate) const OVERDUE_TENANTS: Sql = Sql::new(
    "OVERDUE_TENANTS",
    "SELECT id FROM tenant WHERE target = 'deleted' AND destroy_at <= now() ORDER BY destroy_at LIMIT 32",
);
// Whether it is still being imported decides: one that is to be removed meanwhile is not started.
pub(crate) const FINISH_IMPORT: Sql =
    Sql::new("FINISH_IMPORT", "UPDATE tenant SET target = 'running' WHERE id = $1 AND target = 'importing'");
pub(crate) const GIVE_UP_IMPORTS: Sql = Sql::new(
    "GIVE_UP_IMPORTS",
    "UPDATE tenant SET target = 'destroyed', state = 'deleting' WHERE target = 'importing'",
);
pub(crate) const OUTDATED_SCHEMAS_TO_DO: Sql = Sql::new(
    "OUTDATED_SCHEMAS_TO_DO",
    "UPDATE provisioning_step SET finished_at = NULL
     WHERE step = 'schema' AND tenant_id IN (SELECT id FROM tenant WHERE schema_version < $1)",
);
// What the privileged process knows, it has from this process's predecessor, or from nobody.
pub(crate) const ANNOUNCEMENTS_TO_DO: Sql = Sql::new(
    "ANNOUNCEMENTS_TO_DO",
    "UPDATE provisioning_step SET finished_at = NULL
     WHERE step IN ('running', 'stopped') AND finished_at IS NOT NULL",
);
pub(crate) const ALL_TO_DO: Sql = Sql::new(
    "ALL_TO_DO",
    "UPDATE tenant SET asked = reached + 1, retry_at = NULL,
            state = CASE state WHEN 'running' THEN 'schema' ELSE state END",
);
// One on which nothing else is under way.
pub(crate) const START_AGAIN: Sql = Sql::new(
    "START_AGAIN",
    "WITH again AS (UPDATE tenant SET asked = asked + 1
                    WHERE id = $1 AND state = 'running' AND reached = asked RETURNING id)
     UPDATE provisioning_step SET started_at = clock_timestamp(), finished_at = NULL, attempts = 0
     WHERE step = 'running' AND tenant_id IN (SELECT id FROM again)",
);

/// Longest pause before a failed step is tried again, in seconds.
pub(crate) const MAX_RETRY_SECONDS: f64 = 60.0;

/// How a step of a tenant stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StepRow {
    pub(crate) step: Step,
    pub(crate) started_at: Timestamp,
    pub(crate) finished_at: Option<Timestamp>,
    pub(crate) attempts: i32,
}

/// The tenant with this id or, failing that, this name.
pub(crate) async fn find(database: &Database, id_or_slug: &str) -> Result<Option<Tenant>, DbError> {
    let row = match id_or_slug.parse::<TenantId>() {
        Ok(id) => database.query_opt(&TENANT_BY_ID, &[&id.as_str()]).await?,
        // What cannot be a name is not asked for: the database has no text with every character.
        Err(_) => match id_or_slug.parse::<Slug>() {
            Ok(slug) => database.query_opt(&TENANT_BY_SLUG, &[&slug.as_str()]).await?,
            Err(_) => None,
        },
    };
    row.as_ref().map(tenant).transpose()
}

/// Which tenants, and how many.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// Of this workspace only.
    pub(crate) workspace: Option<WorkspaceId>,
    /// With names after this one.
    pub(crate) after: String,
    /// Whose name has this in it, or whose id it is.
    pub(crate) text: Option<String>,
    pub(crate) state: Option<TenantState>,
    pub(crate) limit: i64,
}

/// Tenants by name.
pub(crate) async fn list(database: &Database, filter: &Filter) -> Result<Vec<Tenant>, DbError> {
    let state = filter.state.map(TenantState::as_str);
    let Filter { after, limit, text, .. } = filter;
    let rows = match &filter.workspace {
        None => database.query(&TENANTS_AFTER, &[after, limit, text, &state]).await?,
        Some(workspace) => {
            let workspace = workspace.as_str();
            database.query(&TENANTS_OF_WORKSPACE_AFTER, &[after, limit, text, &state, &workspace]).await?
        }
    };
    rows.iter().map(tenant).collect()
}

/// Writes a new tenant down. `None` when the name is taken.
pub(crate) async fn insert(
    transaction: &Transaction,
    id: &TenantId,
    slug: &Slug,
    settings: &Value,
    target: Target,
    workspace: &WorkspaceId,
) -> Result<Option<Tenant>, DbError> {
    let values: [&(dyn kiavi_db::ToSql + Sync); 5] =
        [&id.as_str(), &slug.as_str(), settings, &target.as_str(), &workspace.as_str()];
    let row = transaction.query_opt(&INSERT_TENANT, &values).await?;
    row.as_ref().map(tenant).transpose()
}

/// The steps of a tenant that were begun, in their order.
pub(crate) async fn steps(database: &Database, id: &TenantId) -> Result<Vec<StepRow>, DbError> {
    let rows = database.query(&STEPS, &[&id.as_str()]).await?;
    let mut steps = rows.iter().filter_map(|row| step(row).transpose()).collect::<Result<Vec<_>, _>>()?;
    steps.sort_by_key(|row| row.step);
    Ok(steps)
}

/// The ids of tenants that are not where they should be and whose pause is over.
pub(crate) async fn due(database: &Database) -> Result<Vec<TenantId>, DbError> {
    let rows = database.query(&DUE_TENANTS, &[]).await?;
    rows.iter().map(|row| parsed(row.try_get(0)?)).collect()
}

/// Notes that a step begins; since when.
pub(crate) async fn start_step(database: &Database, id: &TenantId, step: Step) -> Result<Timestamp, DbError> {
    Ok(database.query_one(&START_STEP, &[&id.as_str(), &step.as_str()]).await?.try_get(0)?)
}

/// The ids of deleted tenants whose grace period is over.
pub(crate) async fn overdue(database: &Database) -> Result<Vec<TenantId>, DbError> {
    let rows = database.query(&OVERDUE_TENANTS, &[]).await?;
    rows.iter().map(|row| parsed(row.try_get(0)?)).collect()
}

/// Seconds until the next pause or grace period is over.
pub(crate) async fn seconds_to_next_retry(database: &Database) -> Result<Option<f64>, DbError> {
    Ok(database.query_one(&NEXT_RETRY, &[]).await?.try_get(0)?)
}

pub(crate) fn tenant(row: &Row) -> Result<Tenant, DbError> {
    let uid: i64 = row.try_get("uid")?;
    Ok(Tenant {
        id: parsed(row.try_get("id")?)?,
        workspace: parsed(row.try_get("workspace_id")?)?,
        slug: parsed(row.try_get("slug")?)?,
        uid: u32::try_from(uid).map_err(|_| DbError::Value("tenant.uid".into()))?,
        state: TenantState::parse(row.try_get("state")?),
        target: Target::parse(row.try_get("target")?),
        settings: row.try_get("settings")?,
        settings_version: row.try_get("settings_version")?,
        settings_delivered: row.try_get("settings_delivered")?,
        last_error: row.try_get("last_error")?,
        created_at: row.try_get("created_at")?,
        retry_at: row.try_get("retry_at")?,
        reason: row.try_get("reason")?,
        destroy_at: row.try_get("destroy_at")?,
        asked: row.try_get("asked")?,
        reached: row.try_get("reached")?,
        schema_version: row.try_get("schema_version")?,
        secret_change: secret_change(row)?,
        primary_hostname: row.try_get::<_, Option<&str>>("primary_hostname")?.map(parsed).transpose()?,
    })
}

fn secret_change(row: &Row) -> Result<Option<(SecretChange, u32)>, DbError> {
    let (change, from): (Option<&str>, Option<i32>) =
        (row.try_get("secret_change")?, row.try_get("secret_from")?);
    Ok(change.and_then(SecretChange::parse).zip(from.and_then(|from| from.try_into().ok())))
}

/// A row of a step that this version knows.
pub(crate) fn step(row: &Row) -> Result<Option<StepRow>, DbError> {
    let Some(step) = Step::parse(row.try_get("step")?) else { return Ok(None) };
    Ok(Some(StepRow {
        step,
        started_at: row.try_get("started_at")?,
        finished_at: row.try_get("finished_at")?,
        attempts: row.try_get("attempts")?,
    }))
}

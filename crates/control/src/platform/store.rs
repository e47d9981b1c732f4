//! What the control plane's database knows of all workspaces.

use jiff::Timestamp;
use kiavi_base::{TenantId, WorkspaceId};
use kiavi_db::{Database, DbError, Row, Sql, ToSql};

use super::{EngineFilter, Job, JobState};
use crate::{
    Control, Tenant, TenantState,
    tenant::store::{StepRow, step, tenant, tenant_columns},
    workspace::store::parsed,
};

macro_rules! workspace_slug {
    () => {
        "(SELECT w.slug FROM workspace w WHERE w.id = tenant.workspace_id) AS workspace_slug"
    };
}

// `$3` is a part of the name or of a name that it is reached by, or the id.
macro_rules! matching {
    () => {
        "slug > $1
           AND ($3::text IS NULL OR position($3 in slug) > 0 OR id = $3 OR EXISTS (
             SELECT FROM tenant_hostname h WHERE h.tenant_id = tenant.id AND position($3 in h.hostname) > 0))
           AND ($4::text IS NULL OR workspace_id = $4)"
    };
}

// Only the size of what the control plane may connect to can be asked for; while it is being made that is nothing.
pub(crate) const INSTANCE_TENANTS: Sql = Sql::new(
    "INSTANCE_TENANTS",
    concat!(
        "SELECT ",
        tenant_columns!(),
        ", ",
        workspace_slug!(),
        ", ARRAY(SELECT h.hostname FROM tenant_hostname h WHERE h.tenant_id = tenant.id AND h.role <> 'former'
                 ORDER BY h.hostname) AS hostnames,
           (SELECT CASE WHEN has_database_privilege(d.oid, 'CONNECT') THEN pg_database_size(d.oid) END
            FROM pg_database d WHERE d.datname = tenant.id) AS database_bytes,
           (SELECT max(r.at) FROM backup_run r
            WHERE r.tenant_id = tenant.id AND r.kind = 'backup' AND r.succeeded) AS backed_up_at
         FROM tenant WHERE target <> 'spare' AND ",
        matching!(),
        " AND ($5::text IS NULL OR state = $5) ORDER BY slug LIMIT $2"
    ),
);
pub(crate) const INSTANCE_ENGINES: Sql = Sql::new(
    "INSTANCE_ENGINES",
    concat!(
        "SELECT id, slug, ",
        workspace_slug!(),
        " FROM tenant WHERE ",
        matching!(),
        " AND CASE $5::text WHEN 'all' THEN state = 'running' OR id = ANY ($6)
                      WHEN 'sleeping' THEN state = 'running' AND NOT id = ANY ($6)
                      ELSE id = ANY ($6) END
         ORDER BY slug LIMIT $2"
    ),
);
// As the reconciler has them, and those that are filled by whoever brings their data. A spare that is ready is no job.
pub(crate) const INSTANCE_JOBS: Sql = Sql::new(
    "INSTANCE_JOBS",
    concat!(
        "SELECT * FROM (SELECT ",
        tenant_columns!(),
        ", ",
        workspace_slug!(),
        ", CASE WHEN last_error IS NOT NULL THEN 'failed'
                WHEN target = 'importing' OR EXISTS (
                  SELECT FROM provisioning_step s
                  WHERE s.tenant_id = tenant.id AND s.finished_at IS NULL AND s.attempts > 0) THEN 'running'
                ELSE 'waiting' END AS job_state
         FROM tenant WHERE reached < asked AND ",
        matching!(),
        ") AS job WHERE $5::text IS NULL OR job_state = $5 ORDER BY slug LIMIT $2"
    ),
);
pub(crate) const STEPS_OF_SEVERAL: Sql = Sql::new(
    "STEPS_OF_SEVERAL",
    "SELECT tenant_id, step, started_at, finished_at, attempts FROM provisioning_step WHERE tenant_id = ANY ($1)",
);
pub(crate) const COUNT_JOBS: Sql = Sql::new(
    "COUNT_JOBS",
    "SELECT count(*), count(*) FILTER (WHERE last_error IS NOT NULL) FROM tenant WHERE reached < asked",
);
// All but those that have no tables yet, or no more. One that failed has the more to lose.
pub(crate) const LAST_BACKUPS: Sql = Sql::new(
    "LAST_BACKUPS",
    "SELECT slug,
            (SELECT max(r.at) FROM backup_run r
             WHERE r.tenant_id = tenant.id AND r.kind = 'backup' AND r.succeeded AND r.place = $1),
            (SELECT max(r.at) FROM backup_run r
             WHERE r.tenant_id = tenant.id AND r.kind = 'drill' AND r.succeeded AND r.place = $1)
     FROM tenant WHERE target <> 'spare' AND state NOT IN ('requested', 'secret', 'role', 'database', 'deleting')
     ORDER BY slug",
);
pub(crate) const LAST_INSTANCE_BACKUP: Sql = Sql::new(
    "LAST_INSTANCE_BACKUP",
    "SELECT max(at) FILTER (WHERE kind = 'backup'), max(at) FILTER (WHERE kind = 'drill'),
            max(at) FILTER (WHERE kind = 'drill' AND detail->>'opened_with' = 'identity')
     FROM backup_run WHERE tenant_id = $2 AND succeeded AND place = $1",
);

/// Of which tenants something is wanted, and how much of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// With names after this one.
    pub(crate) after: String,
    /// Whose name, or a name that they are reached by, has this in it, or whose id it is.
    pub(crate) text: Option<String>,
    pub(crate) workspace: Option<WorkspaceId>,
    pub(crate) limit: i64,
}

impl Filter {
    /// The rows of a statement of this filter and `more`. In a transaction of its own: what is asked of many databases takes
    /// longer than others should wait for behind it.
    async fn rows(
        &self,
        database: &Database,
        statement: &Sql,
        more: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, DbError> {
        let workspace = self.workspace.as_ref().map(WorkspaceId::as_str);
        let mut values: Vec<&(dyn ToSql + Sync)> = vec![&self.after, &self.limit, &self.text, &workspace];
        values.extend_from_slice(more);
        let transaction = database.begin().await?;
        let rows = transaction.query(statement, &values).await?;
        transaction.rollback().await?;
        Ok(rows)
    }
}

/// A tenant as the platform's owners see it.
#[derive(Debug, Clone)]
pub(crate) struct TenantOfInstance {
    pub(crate) tenant: Tenant,
    /// The slug of its workspace.
    pub(crate) workspace: String,
    /// What it is reached by beside the name of its slug.
    pub(crate) hostnames: Vec<String>,
    /// Size of its database; `None` while there is none.
    pub(crate) database_bytes: Option<i64>,
    /// When the newest archive of it was made.
    pub(crate) backed_up_at: Option<Timestamp>,
}

/// Tenants of all workspaces by name.
pub(crate) async fn tenants(
    database: &Database,
    filter: &Filter,
    state: Option<TenantState>,
) -> Result<Vec<TenantOfInstance>, DbError> {
    let state = state.map(TenantState::as_str);
    let rows = filter.rows(database, &INSTANCE_TENANTS, &[&state]).await?;
    let found = |row: &Row| {
        Ok(TenantOfInstance {
            tenant: tenant(row)?,
            workspace: row.try_get("workspace_slug")?,
            hostnames: row.try_get("hostnames")?,
            database_bytes: row.try_get("database_bytes")?,
            backed_up_at: row.try_get("backed_up_at")?,
        })
    };
    rows.iter().map(found).collect()
}

/// A tenant that has an engine.
#[derive(Debug, Clone)]
pub(crate) struct EngineOf {
    pub(crate) tenant: TenantId,
    pub(crate) slug: String,
    /// The slug of its workspace.
    pub(crate) workspace: String,
}

/// Tenants with engines by name.
pub(crate) async fn engines(
    database: &Database,
    filter: &Filter,
    which: &EngineFilter,
) -> Result<Vec<EngineOf>, DbError> {
    let (kind, ids) = match which {
        EngineFilter::All(ids) => ("all", ids),
        EngineFilter::Sleeping(ids) => ("sleeping", ids),
        EngineFilter::These(ids) => ("these", ids),
    };
    let rows = filter.rows(database, &INSTANCE_ENGINES, &[&kind, ids]).await?;
    let found = |row: &Row| {
        Ok(EngineOf {
            tenant: parsed(row.try_get("id")?)?,
            slug: row.try_get("slug")?,
            workspace: row.try_get("workspace_slug")?,
        })
    };
    rows.iter().map(found).collect()
}

/// What is recorded of a tenant's step.
pub(super) struct StepOf {
    pub(super) tenant: TenantId,
    pub(super) row: StepRow,
}

/// Tenants that are not where they should be, by name.
pub(crate) async fn jobs(
    control: &Control,
    filter: &Filter,
    state: Option<JobState>,
) -> Result<Vec<Job>, DbError> {
    let database = &control.parts().database;
    let state = state.map(JobState::as_str);
    let rows = filter.rows(database, &INSTANCE_JOBS, &[&state]).await?;
    let ids = rows.iter().map(|row| row.try_get("id")).collect::<Result<Vec<&str>, _>>()?;
    let recorded = database.query(&STEPS_OF_SEVERAL, &[&ids]).await?;
    let of_step = |row: &Row| {
        let tenant = parsed(row.try_get("tenant_id")?)?;
        Ok(step(row)?.map(|row| StepOf { tenant, row }))
    };
    let steps: Vec<_> =
        recorded.iter().filter_map(|row| of_step(row).transpose()).collect::<Result<_, DbError>>()?;
    let job = |row: &Row| {
        let state = JobState::parse(row.try_get("job_state")?);
        let state = state.ok_or_else(|| DbError::Value("the state of a job".to_owned()))?;
        let tenant = tenant(row)?;
        let way = control.way(tenant.target);
        Ok(Job::new(tenant, row.try_get("workspace_slug")?, state, &way, &steps))
    };
    rows.iter().map(job).collect()
}

/// How many jobs there are, and how many of them failed.
pub(super) async fn count_jobs(database: &Database) -> Result<(i64, i64), DbError> {
    let row = database.query_one(&COUNT_JOBS, &[]).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// When a tenant's newest archive was made, and when one was last restored for a trial.
pub(super) struct LastBackup {
    pub(super) slug: String,
    pub(super) made: Option<Timestamp>,
    pub(super) tried: Option<Timestamp>,
}

/// Those of the instance itself and of all tenants whose archives are at this place; and when an identity of the operator's
/// last opened the instance's.
pub(super) async fn last_backups(
    database: &Database,
    place: &str,
) -> Result<(LastBackup, Option<Timestamp>, Vec<LastBackup>), DbError> {
    let row = database.query_one(&LAST_INSTANCE_BACKUP, &[&place, &crate::log::INSTANCE]).await?;
    let own =
        LastBackup { slug: "the instance itself".to_owned(), made: row.try_get(0)?, tried: row.try_get(1)? };
    let rows = database.query(&LAST_BACKUPS, &[&place]).await?;
    let of_row =
        |row: &Row| Ok(LastBackup { slug: row.try_get(0)?, made: row.try_get(1)?, tried: row.try_get(2)? });
    Ok((own, row.try_get(2)?, rows.iter().map(of_row).collect::<Result<_, DbError>>()?))
}

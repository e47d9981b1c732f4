//! Bringing a schema forward.

use refinery::{Runner, error::Kind};

use crate::{AdminConnection, DbError, error::server_report, quote_ident};

/// The schema of the history table, and of all tables that are not upstream's.
const SCHEMA: &str = "kiavi";
const HISTORY_TABLE: &str = "kiavi.schema_history";
/// The advisory lock under which migrations of one database take turns ("kiavi" as bytes).
const MIGRATION_LOCK: i64 = 0x6b_69_61_76_69;

/// One step of a schema's history. Once released it never changes: the history holds its checksum.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Its place in the order, from 1.
    pub version: i32,
    /// What it does, in letters, digits and underscores.
    pub name: &'static str,
    /// One or more statements, run in one transaction together with the entry in the history.
    pub sql: &'static str,
}

/// Why a schema could not be brought forward.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The server refused something outside the migrations themselves.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The list and the history disagree, or a step failed. The steps before it have been applied.
    #[error("the schema cannot be migrated: {0}")]
    Migration(String),
}

/// Applies those of `migrations` that the history (`kiavi.schema_history`) does not have yet, each in a
/// transaction of its own, and returns how many that were. Concurrent calls on one database take turns.
///
/// With `owner_role` the steps run as that role, which then owns what they make; the connection's role must be
/// a member of it, and may create schemas in the database.
///
/// Errors: a step that was changed, removed, or put before one that was already applied is refused before
/// anything runs.
pub async fn migrate(
    connection: &mut AdminConnection,
    migrations: &[Migration],
    owner_role: Option<&str>,
) -> Result<usize, MigrateError> {
    connection.execute("SELECT pg_advisory_lock($1)", &[&MIGRATION_LOCK]).await?;
    let outcome = migrate_alone(connection, migrations, owner_role).await;
    // The connection may be used on, whatever happened: give back the role and the lock.
    let undone = connection.batch_execute("RESET ROLE").await;
    let unlocked = connection.execute("SELECT pg_advisory_unlock($1)", &[&MIGRATION_LOCK]).await;
    let applied = outcome?;
    undone?;
    unlocked?;
    Ok(applied)
}

async fn migrate_alone(
    connection: &mut AdminConnection,
    migrations: &[Migration],
    owner_role: Option<&str>,
) -> Result<usize, MigrateError> {
    let known = connection.query("SELECT 1 FROM pg_namespace WHERE nspname = $1", &[&SCHEMA]).await?;
    if known.is_empty() {
        let owner =
            owner_role.map(|role| format!(" AUTHORIZATION {}", quote_ident(role))).unwrap_or_default();
        connection.batch_execute(&format!("CREATE SCHEMA {SCHEMA}{owner}")).await?;
    }
    if let Some(role) = owner_role {
        connection.batch_execute(&format!("SET ROLE {}", quote_ident(role))).await?;
    }
    let steps = migrations
        .iter()
        .map(|step| refinery::Migration::unapplied(&format!("V{}__{}", step.version, step.name), step.sql))
        .collect::<Result<Vec<_>, _>>()
        .map_err(refused)?;
    let mut runner = Runner::new(&steps);
    runner.set_migration_table_name(HISTORY_TABLE);
    let report = runner.run_async(connection.client()).await.map_err(refused)?;
    Ok(report.applied_migrations().len())
}

/// Keeps the sentence only: the driver's own error could quote rows, when a step fails on data.
fn refused(error: refinery::Error) -> MigrateError {
    MigrateError::Migration(match error.kind() {
        Kind::Connection(step, cause) => match cause.downcast_ref().and_then(server_report) {
            Some(report) => format!("{step}: {report}"),
            None => step.clone(),
        },
        other => other.to_string(),
    })
}

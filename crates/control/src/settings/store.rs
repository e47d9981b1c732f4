//! The rows of settings versions.

use jiff::Timestamp;
use kiavi_base::{EventId, TenantId};
use kiavi_db::{Database, DbError, Row, Sql, Transaction};
use serde_json::Value;

use crate::Tenant;

macro_rules! version_columns {
    () => {
        "version, document, changes, actor, comment, event_id::text AS event_id, at"
    };
}

pub(crate) const INSERT_FIRST_SETTINGS: Sql = Sql::new(
    "INSERT_FIRST_SETTINGS",
    "INSERT INTO tenant_settings_version (tenant_id, version, document, actor) VALUES ($1, $2, $3, $4)",
);
// Whether the version is still the one that the change was made from decides: one of two changes at once is refused.
pub(crate) const CHANGE_SETTINGS: Sql = Sql::new(
    "CHANGE_SETTINGS",
    "WITH changed AS (
       UPDATE tenant SET settings = $3, settings_version = settings_version + 1, asked = asked + 1, failures = 0,
              retry_at = NULL
       WHERE id = $1 AND settings_version = $2 AND target IN ('running', 'suspended')
       RETURNING id, settings_version)
     INSERT INTO tenant_settings_version (tenant_id, version, document, changes, actor, comment, event_id)
     SELECT id, settings_version, $3, $4, $5, $6, $7::text::uuid FROM changed",
);
pub(crate) const SETTINGS_VERSION: Sql = Sql::new(
    "SETTINGS_VERSION",
    concat!(
        "SELECT ",
        version_columns!(),
        " FROM tenant_settings_version WHERE tenant_id = $1 AND version = $2"
    ),
);
pub(crate) const SETTINGS_VERSIONS_BEFORE: Sql = Sql::new(
    "SETTINGS_VERSIONS_BEFORE",
    concat!(
        "SELECT ",
        version_columns!(),
        " FROM tenant_settings_version WHERE tenant_id = $1 AND version < $2 ORDER BY version DESC LIMIT $3"
    ),
);
pub(crate) const SETTINGS_VERSIONS_AFTER: Sql = Sql::new(
    "SETTINGS_VERSIONS_AFTER",
    concat!(
        "SELECT ",
        version_columns!(),
        " FROM tenant_settings_version WHERE tenant_id = $1 AND version > $2 AND version <= $3 ORDER BY version"
    ),
);
pub(crate) const SET_SETTINGS_DELIVERED: Sql = Sql::new(
    "SET_SETTINGS_DELIVERED",
    "UPDATE tenant SET settings_delivered = greatest(settings_delivered, $2), state = 'running', failures = 0,
            retry_at = NULL, last_error = NULL
     WHERE id = $1 AND target = 'running'",
);

/// One version of a tenant's settings.
#[derive(Debug, Clone)]
pub(crate) struct SettingsVersion {
    pub(crate) version: i32,
    /// As it is stored: secrets are references.
    pub(crate) document: Value,
    /// What differs from the version before; secrets are masked.
    pub(crate) changes: Value,
    pub(crate) actor: String,
    pub(crate) comment: Option<String>,
    /// The event of the change; the version that came with the tenant has none.
    pub(crate) event_id: Option<String>,
    pub(crate) at: Timestamp,
}

/// A version to be written.
pub(crate) struct NewVersion<'a> {
    pub(crate) document: &'a Value,
    pub(crate) changes: &'a Value,
    pub(crate) actor: &'a str,
    pub(crate) comment: Option<&'a str>,
    pub(crate) event: EventId,
}

/// Writes down what a new tenant begins with.
pub(crate) async fn insert_first(
    transaction: &Transaction,
    tenant: &Tenant,
    actor: &str,
) -> Result<(), DbError> {
    let values: [&(dyn kiavi_db::ToSql + Sync); 4] =
        [&tenant.id.as_str(), &tenant.settings_version, &tenant.settings, &actor];
    transaction.execute(&INSERT_FIRST_SETTINGS, &values).await.map(drop)
}

/// Makes `new` the version after `old`; `false` when another version is the current one by now, or the tenant is
/// deleted. What a suspended tenant is given, its engine has once it is resumed.
pub(crate) async fn change(
    transaction: &Transaction,
    tenant: &TenantId,
    old: i32,
    new: &NewVersion<'_>,
) -> Result<bool, DbError> {
    let NewVersion { document, changes, actor, comment, event } = new;
    let event = event.to_string();
    let changed = transaction
        .execute(&CHANGE_SETTINGS, &[&tenant.as_str(), &old, document, changes, actor, comment, &event])
        .await?;
    Ok(changed == 1)
}

/// One version.
pub(crate) async fn version(
    database: &Database,
    tenant: &TenantId,
    version: i32,
) -> Result<Option<SettingsVersion>, DbError> {
    let row = database.query_opt(&SETTINGS_VERSION, &[&tenant.as_str(), &version]).await?;
    row.as_ref().map(settings_version).transpose()
}

/// Up to `limit` versions below `before`, newest first.
pub(crate) async fn versions_before(
    database: &Database,
    tenant: &TenantId,
    before: i32,
    limit: i64,
) -> Result<Vec<SettingsVersion>, DbError> {
    let rows = database.query(&SETTINGS_VERSIONS_BEFORE, &[&tenant.as_str(), &before, &limit]).await?;
    rows.iter().map(settings_version).collect()
}

/// The versions after `after` up to `last`, oldest first.
pub(crate) async fn versions_after(
    database: &Database,
    tenant: &TenantId,
    after: i32,
    last: i32,
) -> Result<Vec<SettingsVersion>, DbError> {
    let rows = database.query(&SETTINGS_VERSIONS_AFTER, &[&tenant.as_str(), &after, &last]).await?;
    rows.iter().map(settings_version).collect()
}

fn settings_version(row: &Row) -> Result<SettingsVersion, DbError> {
    Ok(SettingsVersion {
        version: row.try_get("version")?,
        document: row.try_get("document")?,
        changes: row.try_get("changes")?,
        actor: row.try_get("actor")?,
        comment: row.try_get("comment")?,
        event_id: row.try_get("event_id")?,
        at: row.try_get("at")?,
    })
}

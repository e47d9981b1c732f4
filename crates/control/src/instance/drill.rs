//! An archive of the instance, brought back for a trial.
//!
//! What an empty machine would do is done here by the same statements: the control plane's tables are made anew and the
//! archive takes its place in them, in a schema that only this transaction ever sees. It is rolled back, so nothing is left of
//! it, whatever dies.

use kiavi_base::TenantId;
use kiavi_db::{AdminConnection, DbError};
use kiavi_moving::{archive::Manifest, stream::InvalidStream};
use kiavi_vault::VaultError;

use super::bring_back::{Taken, bare, beside, check, refused, sealed_keys, take_in};
use crate::{
    Control, MIGRATIONS, backup,
    backup::KeyError,
    error::StepError,
    log,
    provision::{Counts, Frames, IMPORT_BEGIN, ImportError},
};

/// The schema of the trial, in the control plane's own database.
const SCRATCH: &str = "kiavi_drill";

/// Tables whose rows are afterwards exactly those of the archive.
const SAME: [&str; 10] = [
    "public.workspace",
    "public.person",
    "public.member",
    "public.invitation",
    "public.management_key",
    "public.audit_event",
    "public.backup_run",
    "public.backup_schedule",
    "public.ended",
    "public.tenant_family",
];

/// Of tenants, their names and their domains: how many there are to be restored, and how many there should be.
const LOST: [(&str, &str); 3] = [
    (
        "public.tenant",
        "SELECT (SELECT count(*) FROM lost_tenant),
                (SELECT count(*) FROM (SELECT id FROM back_tenant WHERE target IN ('running', 'suspended', 'deleted')
                                       UNION SELECT id FROM back_lost_tenant) t)",
    ),
    (
        "public.tenant_hostname",
        "SELECT (SELECT coalesce(sum(jsonb_array_length(hostnames)), 0) FROM lost_tenant),
                (SELECT count(*) FROM back_tenant_hostname h JOIN back_tenant t ON t.id = h.tenant_id
                 WHERE t.target IN ('running', 'suspended', 'deleted'))
                + (SELECT coalesce(sum(jsonb_array_length(hostnames)), 0) FROM back_lost_tenant)",
    ),
    (
        "public.tenant_domain",
        "SELECT (SELECT coalesce(sum(jsonb_array_length(domains)), 0) FROM lost_tenant),
                (SELECT count(*) FROM back_tenant_domain d JOIN back_tenant t ON t.id = d.tenant_id
                 WHERE t.target IN ('running', 'suspended', 'deleted'))
                + (SELECT coalesce(sum(jsonb_array_length(domains)), 0) FROM back_lost_tenant)",
    ),
];

/// What a trial showed.
#[derive(Debug)]
pub(crate) struct Tried {
    pub(crate) counts: Counts,
    /// Tenants that could be restored then, each from its own archive.
    pub(crate) tenants: Vec<(String, String)>,
    /// Keys of the instance in it that open with the vault's master key.
    pub(crate) vault_keys: usize,
    /// Tenants that are here, whose keys to their archives can be had.
    pub(crate) tenant_keys: usize,
}

/// Takes everything in, compares, and leaves nothing of it.
///
/// # Errors
/// [`ControlError::InvalidImport`](crate::ControlError::InvalidImport) when the archive is none of an instance's, is of another
/// version, or has a key that does not open; when the stream breaks, rows are missing, or database or vault fail.
pub(crate) async fn drill(
    control: &Control,
    manifest: &Manifest,
    frames: &mut Frames,
) -> Result<Tried, ImportError> {
    check(manifest)?;
    let server = &control.parts().server;
    let inside = server.administer(server.own_database()).await?;
    let begin = format!("{IMPORT_BEGIN}; CREATE SCHEMA {SCRATCH}; SET LOCAL search_path = {SCRATCH}");
    inside.batch_execute(&begin).await?;
    for step in MIGRATIONS {
        inside.batch_execute(step.sql).await?;
    }
    let Taken { counts, keys, .. } = take_in(&inside, SCRATCH, manifest, false, frames).await?;
    compare(&inside).await?;
    let tenants = tenants(&inside).await?;
    inside.batch_execute("ROLLBACK").await?;
    let vault_keys = open_keys(control, &keys).await?;
    let tenant_keys = open_tenant_keys(control, &tenants).await?;
    Ok(Tried { counts, tenants, vault_keys, tenant_keys })
}

/// Whether the tables have what came.
async fn compare(inside: &AdminConnection) -> Result<(), ImportError> {
    let same = SAME.iter().map(|name| {
        let (own, beside) = (bare(name), beside(name));
        (*name, format!("SELECT (SELECT count(*) FROM {own}), (SELECT count(*) FROM {beside})"))
    });
    let lost = LOST.iter().map(|(name, statement)| (*name, (*statement).to_owned()));
    for (table, statement) in same.chain(lost) {
        let row = inside.query_opt(&statement, &[]).await?.ok_or(InvalidStream)?;
        let count = |index: usize| row.try_get::<_, i64>(index).map_err(DbError::from);
        let (arrived, sent) = (count(0)?.unsigned_abs(), count(1)?.unsigned_abs());
        if arrived != sent {
            return Err(ImportError::Count { table: table.to_owned(), arrived, sent });
        }
    }
    Ok(())
}

/// Ids and names of the tenants that would be lost then.
async fn tenants(inside: &AdminConnection) -> Result<Vec<(String, String)>, DbError> {
    let rows = inside.query("SELECT id, slug FROM lost_tenant ORDER BY slug", &[]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// How many keys of the instance there are; each opens with the vault's master key.
async fn open_keys(control: &Control, lines: &str) -> Result<usize, ImportError> {
    let (vault, instance) = (&control.parts().vault, log::instance()?);
    let keys = sealed_keys(lines)?;
    for (name, sealed) in &keys {
        match vault.check_sealed(&instance, name, sealed).await {
            Ok(()) => {}
            Err(VaultError::Damaged | VaultError::WrongMasterKey) => {
                return refused(&format!(
                    "The instance's key {name} in it does not open with the vault's master key. If that was changed since, make \
                     another archive now, and keep the earlier key as long as the earlier archives."
                ));
            }
            Err(error) => return Err(StepError::from(error).into()),
        }
    }
    Ok(keys.len())
}

/// How many of these tenants have a key to their archives here. One that has none was not backed up yet, or is not here any more.
async fn open_tenant_keys(control: &Control, tenants: &[(String, String)]) -> Result<usize, ImportError> {
    let mut opened = 0;
    for (id, slug) in tenants {
        let id: TenantId = id.parse().map_err(|_| InvalidStream)?;
        match backup::has_key(control, &id).await {
            Ok(is_there) => opened += usize::from(is_there),
            Err(KeyError::Vault(error)) if error.is_temporary() => return Err(StepError::from(error).into()),
            Err(error) => {
                return refused(&format!(
                    "The key of {slug} to its archives cannot be had: {}.",
                    crate::error::chain(&error)
                ));
            }
        }
    }
    Ok(opened)
}

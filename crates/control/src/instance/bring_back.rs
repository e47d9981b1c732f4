//! Taking an instance's archive in.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use kiavi_db::{AdminConnection, DbError};
use kiavi_moving::{
    TableShape,
    archive::{FORMAT, Manifest, Summary},
    stream::{Frame, InvalidStream},
};
use kiavi_vault::{SecretName, VaultError};
use serde_json::json;

use super::{ARCHIVED, KEYS, SLUG, VAULT_KEYS};
use crate::{
    Control, ControlError, MIGRATIONS,
    audit::{self, Event, EventType, Outcome},
    caller::Actor,
    error::StepError,
    log,
    provision::{Counts, Frames, IMPORT_BEGIN, ImportError, copy_table},
};

/// The schema of the control plane's own tables.
const OWN_SCHEMA: &str = "public";

/// The most that the keys of an instance are, in bytes.
const MAX_KEYS: usize = 64 * 1024;

/// Nothing that this would mix with. What was made at the first start is replaced.
const IS_EMPTY: &str = "SELECT (SELECT count(*) FROM workspace) = 1 AND NOT EXISTS (SELECT FROM member)
    AND NOT EXISTS (SELECT FROM lost_tenant)
    AND NOT EXISTS (SELECT FROM tenant WHERE target <> 'spare' AND slug <> 'console')";

/// Management keys that were revoked since are not known, so all are, unless that is asked for.
const REVOKE_KEYS: &str = "UPDATE back_management_key SET revoked_at = now() WHERE revoked_at IS NULL";

/// What was archived takes the place of what the first start made. What is not known of any tenant's data is not made of its
/// row: the tenants are lost until they are restored.
const TAKE_PLACE: &str = "
    UPDATE workspace SET slug = id;
    INSERT INTO workspace SELECT * FROM back_workspace;
    UPDATE tenant SET workspace_id = (SELECT id FROM back_workspace WHERE slug = 'default');
    UPDATE management_key SET workspace_id = (SELECT id FROM back_workspace WHERE slug = 'default')
      WHERE workspace_id IS NOT NULL;
    DELETE FROM workspace WHERE id NOT IN (SELECT id FROM back_workspace);
    INSERT INTO person SELECT * FROM back_person ON CONFLICT DO NOTHING;
    INSERT INTO member SELECT * FROM back_member;
    INSERT INTO invitation SELECT * FROM back_invitation;
    INSERT INTO management_key SELECT * FROM back_management_key;
    INSERT INTO audit_event SELECT * FROM back_audit_event ON CONFLICT DO NOTHING;
    INSERT INTO backup_run SELECT * FROM back_backup_run ON CONFLICT DO NOTHING;
    DELETE FROM backup_schedule WHERE EXISTS (SELECT FROM back_backup_schedule);
    INSERT INTO backup_schedule SELECT * FROM back_backup_schedule;
    INSERT INTO ended SELECT * FROM back_ended ON CONFLICT DO NOTHING;
    INSERT INTO tenant_family SELECT * FROM back_tenant_family ON CONFLICT DO NOTHING;
    DELETE FROM owner_link WHERE EXISTS (SELECT FROM member WHERE role = 'owner');
    INSERT INTO lost_tenant (id, slug, workspace_id, hostnames, domains)
      SELECT t.id, t.slug, t.workspace_id,
        coalesce((SELECT jsonb_agg(to_jsonb(h)) FROM back_tenant_hostname h WHERE h.tenant_id = t.id), '[]'),
        coalesce((SELECT jsonb_agg(to_jsonb(d)) FROM back_tenant_domain d WHERE d.tenant_id = t.id), '[]')
      FROM back_tenant t WHERE t.target IN ('running', 'suspended', 'deleted');
    INSERT INTO lost_tenant SELECT * FROM back_lost_tenant ON CONFLICT DO NOTHING;
    SELECT setval('tenant_uid', greatest((SELECT last_value FROM tenant_uid),
                                         (SELECT max(uid) FROM back_tenant)));";

/// What is to be brought back.
pub(crate) struct Order {
    pub(crate) manifest: Manifest,
    /// Management keys stay good, although nobody knows which were revoked since.
    pub(crate) keeps_keys: bool,
    /// The vault here has another master key, and the instance's own keys are made anew.
    pub(crate) leaves_vault_keys: bool,
}

/// What was.
#[derive(Debug)]
pub(crate) struct BroughtBack {
    pub(crate) counts: Counts,
    /// Management keys that were revoked by this.
    pub(crate) revoked_keys: u64,
    /// Keys of the instance that its vault has again.
    pub(crate) vault_keys: usize,
}

/// Takes everything in, or nothing.
///
/// # Errors
/// [`ControlError::InvalidImport`] when the archive is none of an instance's, is of another version, or this instance has
/// something that it would be mixed with; when the stream breaks, or database or vault fail.
pub(crate) async fn bring_back(
    control: &Control,
    actor: &Actor,
    order: &Order,
    frames: &mut Frames,
) -> Result<BroughtBack, ImportError> {
    check(&order.manifest)?;
    let server = &control.parts().server;
    let inside = server.administer(server.own_database()).await?;
    inside.batch_execute(IMPORT_BEGIN).await?;
    // Nobody makes a tenant or a member meanwhile.
    inside
        .batch_execute("LOCK TABLE workspace, tenant, member, lost_tenant IN SHARE ROW EXCLUSIVE MODE")
        .await?;
    let empty = inside.query_opt(IS_EMPTY, &[]).await?;
    let is_empty = empty.map(|row| row.try_get::<_, bool>(0)).transpose().map_err(DbError::from)?;
    if is_empty != Some(true) {
        return refused(
            "This instance has tenants, workspaces or members of its own: bring one back on an empty machine.",
        );
    }
    let Taken { counts, keys, revoked_keys } =
        take_in(&inside, OWN_SCHEMA, &order.manifest, order.keeps_keys, frames).await?;
    let vault_keys = if order.leaves_vault_keys { 0 } else { take_keys(control, &keys).await? };
    let brought = BroughtBack { counts, revoked_keys, vault_keys };
    let of = json!({ "taken_at": order.manifest.taken_at, "id": order.manifest.archive });
    let detail = json!({
        "archive": of, "rows": brought.counts, "revoked_keys": brought.revoked_keys, "vault_keys": brought.vault_keys,
    });
    let (kind, outcome) = (EventType::InstanceBroughtBack, Outcome::Success);
    let event = Event { kind, outcome, actor, subject: SLUG, detail };
    audit::record_inside(control, &inside, &event).await?;
    inside.batch_execute("COMMIT").await?;
    audit::committed_inside(&event);
    Ok(brought)
}

/// What an archive's rows became.
pub(super) struct Taken {
    pub(super) counts: Counts,
    /// The instance's keys, as [`sealed_keys`] reads them.
    pub(super) keys: String,
    pub(super) revoked_keys: u64,
}

/// The archive's rows into the control plane's tables, which are in `schema` and are what its first start makes of them.
pub(super) async fn take_in(
    inside: &AdminConnection,
    schema: &str,
    manifest: &Manifest,
    keeps_keys: bool,
    frames: &mut Frames,
) -> Result<Taken, ImportError> {
    let (counts, keys) = copy(inside, schema, manifest, frames).await?;
    let revoked_keys = match keeps_keys {
        true => 0,
        false => inside.execute(REVOKE_KEYS, &[]).await?,
    };
    inside.batch_execute(TAKE_PLACE).await?;
    Ok(Taken { counts, keys, revoked_keys })
}

pub(super) fn refused<T>(text: &str) -> Result<T, ImportError> {
    Err(ControlError::InvalidImport(text.to_owned()).into())
}

pub(super) fn check(manifest: &Manifest) -> Result<(), ImportError> {
    if manifest.tenant.id != log::INSTANCE {
        return refused("It is the archive of a tenant: restore it with kiavi restore.");
    }
    let newest = MIGRATIONS.last().map(|step| step.version);
    if manifest.format != FORMAT || Some(manifest.schema_version) != newest {
        let program = &manifest.program;
        let text = format!(
            "The archive was made by version {program}, whose database is another: bring the instance back with that \
             version, then upgrade it."
        );
        return refused(&text);
    }
    let is_ours = |table: &TableShape| table.name == VAULT_KEYS || ARCHIVED.contains(&table.name.as_str());
    match manifest.tables.iter().find(|table| !is_ours(table)) {
        Some(table) => {
            refused(&format!("The archive has a table \"{}\" that does not belong there.", table.name))
        }
        None => Ok(()),
    }
}

/// Every table beside its own, and the instance's keys.
async fn copy(
    inside: &AdminConnection,
    schema: &str,
    manifest: &Manifest,
    frames: &mut Frames,
) -> Result<(Counts, String), ImportError> {
    for name in ARCHIVED {
        let (beside, own) = (beside(name), format!("{schema}.{}", bare(name)));
        let beside =
            format!("CREATE TEMPORARY TABLE {beside} (LIKE {own} INCLUDING DEFAULTS) ON COMMIT DROP");
        inside.batch_execute(&beside).await?;
    }
    let (mut counts, mut keys, mut is_told) = (Counts::new(), String::new(), false);
    loop {
        match frames.next().await? {
            Frame::Table(name) if !is_told => {
                let table = manifest.tables.iter().find(|table| table.name == name).ok_or(InvalidStream)?;
                let rows = match name == VAULT_KEYS {
                    true => read(&name, frames, &mut keys).await?,
                    false => {
                        let beside =
                            TableShape { name: format!("pg_temp.{}", beside(&name)), ..table.clone() };
                        copy_table(inside, &name, &beside.copy_in(), frames).await?
                    }
                };
                if counts.insert(name, rows).is_some() {
                    return Err(InvalidStream.into());
                }
            }
            Frame::Summary(json) if !is_told => {
                let summary: Summary = serde_json::from_slice(&json).map_err(|_| InvalidStream)?;
                compare(manifest, &counts, &summary)?;
                is_told = true;
            }
            Frame::End if is_told => return Ok((counts, keys)),
            _ => return Err(InvalidStream.into()),
        }
    }
}

/// What a table is called while it is beside its own.
pub(super) fn beside(name: &str) -> String {
    format!("back_{}", bare(name))
}

/// A table's name without its schema.
pub(super) fn bare(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// A table that goes into none; how many rows it has.
async fn read(name: &str, frames: &mut Frames, text: &mut String) -> Result<u64, ImportError> {
    let mut bytes = Vec::new();
    loop {
        match frames.next().await? {
            Frame::Rows(piece) if bytes.len() + piece.len() <= MAX_KEYS => bytes.extend_from_slice(&piece),
            Frame::EndOfTable(count) => {
                *text = String::from_utf8(bytes).map_err(|_| InvalidStream)?;
                let arrived = text.lines().count() as u64;
                let (table, sent) = (name.to_owned(), count.rows);
                return if arrived == sent {
                    Ok(sent)
                } else {
                    Err(ImportError::Count { table, arrived, sent })
                };
            }
            _ => return Err(InvalidStream.into()),
        }
    }
}

fn compare(manifest: &Manifest, counts: &Counts, summary: &Summary) -> Result<(), ImportError> {
    for table in &manifest.tables {
        let arrived = *counts.get(&table.name).ok_or(InvalidStream)?;
        let sent = summary.tables.get(&table.name).ok_or(InvalidStream)?.rows;
        if arrived != sent {
            return Err(ImportError::Count { table: table.name.clone(), arrived, sent });
        }
    }
    Ok(())
}

/// Has the vault take its sealed keys back; how many.
async fn take_keys(control: &Control, lines: &str) -> Result<usize, ImportError> {
    let (vault, instance) = (&control.parts().vault, log::instance()?);
    let keys = sealed_keys(lines)?;
    for (name, sealed) in &keys {
        match vault.take_sealed(&instance, name, sealed).await {
            Ok(()) => {}
            Err(VaultError::Damaged | VaultError::WrongMasterKey) => {
                return refused(
                    "The vault here has another master key than the instance had: give it that key before the first start, or \
                     go on without the keys of the instance.",
                );
            }
            Err(error) => return Err(StepError::from(error).into()),
        }
    }
    Ok(keys.len())
}

/// The keys of the instance that are in an archive, each as its vault had it.
pub(super) fn sealed_keys(lines: &str) -> Result<BTreeMap<SecretName, Vec<u8>>, InvalidStream> {
    let mut keys = BTreeMap::new();
    for (name, sealed) in lines.lines().filter_map(|line| line.split_once('\t')) {
        if !KEYS.contains(&name) {
            return Err(InvalidStream);
        }
        let sealed = STANDARD.decode(sealed).map_err(|_| InvalidStream)?;
        keys.insert(name.parse().map_err(|_| InvalidStream)?, sealed);
    }
    Ok(keys)
}

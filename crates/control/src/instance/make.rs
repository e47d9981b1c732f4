//! An archive of the instance.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use kiavi_base::EventId;
use kiavi_crypto::age::Recipient;
use kiavi_moving::{
    Snapshot, TableShape,
    archive::{FORMAT, Manifest, Part, TenantFacts},
};
use kiavi_vault::SecretName;
use serde_json::json;

use super::{ARCHIVED, KEYS, SLUG, VAULT_KEY_COLUMNS, VAULT_KEYS};
use crate::{
    Control,
    audit::{self, Event, EventType, Outcome},
    backup::{self, Backup, BackupError},
    caller::Actor,
    error::StepError,
    log,
};

/// Takes the snapshot and everything else that is in the archive; the log tells that it leaves.
pub(crate) async fn open(
    control: &Control,
    actor: &Actor,
    recipients: Vec<Recipient>,
) -> Result<Backup, BackupError> {
    let (parts, id) = (control.parts(), log::instance()?);
    let (key, key_version) = backup::own_key(control, &id).await?;
    let inside = parts.server.administer(parts.server.own_database()).await?;
    let snapshot = Snapshot::begin(inside, parts.server.own_role()).await?;
    let there = snapshot.tables().await?;
    let archived = |name: &&str| there.iter().find(|table| table.name == **name).cloned();
    let manifest = Manifest {
        format: FORMAT,
        archive: EventId::new(parts.clock.now(), &*parts.rng).to_string(),
        part: Part::Data,
        taken_at: snapshot.taken_at().await?,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        tenant: TenantFacts {
            id: log::INSTANCE.to_owned(),
            slug: SLUG.to_owned(),
            url: parts.console_origin.clone(),
            hostnames: Vec::new(),
        },
        schema_version: snapshot.schema_version().await?,
        tables: Vec::new(),
        settings: None,
        secret: None,
    };
    let data = ARCHIVED.iter().filter_map(archived).collect();
    let keys = vec![(shape_of_keys(), keys(control).await?)];
    record(control, actor, &manifest, &recipients).await?;
    let own = (id, key, key_version);
    Ok(Backup::of_instance(control.clone(), snapshot, own, recipients, manifest, data, keys))
}

/// How the table with the instance's keys looks.
fn shape_of_keys() -> TableShape {
    let columns = VAULT_KEY_COLUMNS.map(str::to_owned).to_vec();
    TableShape { name: VAULT_KEYS.to_owned(), columns }
}

/// The instance's keys as the vault has them, one a line. None, where the vault is a store elsewhere: there they stay.
async fn keys(control: &Control) -> Result<Bytes, StepError> {
    let (vault, instance) = (&control.parts().vault, log::instance()?);
    let mut lines = String::new();
    for name in KEYS {
        let parsed: SecretName = name.parse().map_err(|_| StepError::SecretMissing)?;
        if let Some(sealed) = vault.sealed(&instance, &parsed).await? {
            lines.push_str(&format!("{name}\t{}\n", STANDARD.encode(sealed)));
        }
    }
    Ok(lines.into())
}

async fn record(
    control: &Control,
    actor: &Actor,
    manifest: &Manifest,
    recipients: &[Recipient],
) -> Result<(), BackupError> {
    let recipients: Vec<_> = recipients.iter().map(ToString::to_string).collect();
    let detail = json!({ "archive": manifest.archive, "recipients": recipients });
    let (subject, outcome) = (SLUG, Outcome::Success);
    let event = Event { kind: EventType::InstanceBackedUp, outcome, actor, subject, detail };
    let transaction = control.parts().database.begin().await?;
    audit::record(control, &transaction, &event).await?;
    Ok(transaction.commit().await?)
}

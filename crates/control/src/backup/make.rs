//! An archive of a tenant, as a stream of what is encrypted already.
//!
//! The stream has the frames of `kiavi_moving::stream`: its head says what comes; each part of the archive is a table whose
//! rows are the bytes of its file; the summary says what is in it.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::StreamExt;
use kiavi_base::{EventId, TenantId};
use kiavi_crypto::{
    Zeroizing,
    age::{FileKey, InvalidAgeKey, Recipient},
};
use kiavi_db::DbError;
use kiavi_moving::{
    AuditHead, Snapshot, SnapshotError, TableShape,
    archive::{
        ArchiveError, ArchiveWriter, BackupKey, Check, FORMAT, Manifest, Part, Summary, TenantFacts,
        wrap_for_tenant,
    },
    stream::{Count, Frame},
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::key::{self, KeyError};
use crate::{
    Archived, Control, Tenant, address,
    audit::{self, Event, EventType, Outcome},
    caller::Actor,
    error::StepError,
    provision::{connect_to, current_secret},
    settings::secrets,
    tenant::owner_role,
};

/// Longest piece of a file that is sent at once, in bytes.
const PIECE: usize = 256 * 1024;

/// Why there is no archive.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackupError {
    #[error("the tenant's key to its archives could not be had")]
    Key(#[from] KeyError),
    #[error("the tenant's database failed")]
    Database(#[from] DbError),
    #[error("the tenant's database cannot be read")]
    Snapshot(#[from] SnapshotError),
    #[error("the tenant's secrets could not be had")]
    Step(#[from] StepError),
    #[error("a recipient cannot be used")]
    Recipient(#[from] InvalidAgeKey),
    #[error("the archive could not be written")]
    Archive(#[from] ArchiveError),
    #[error("the archive could not be compressed")]
    Compression(#[from] std::io::Error),
    #[error("whoever asked for it has gone away")]
    Unwanted,
}

impl BackupError {
    /// Whether the secret store did not answer, which passes.
    pub(crate) fn vault_is_away(&self) -> bool {
        match self {
            Self::Key(KeyError::Vault(error)) => error.is_temporary(),
            Self::Step(error) => error.vault_is_away(),
            _ => false,
        }
    }
}

/// An archive that is about to be written.
pub(crate) struct Backup {
    control: Control,
    snapshot: Snapshot,
    /// Whose own key opens it, beside the recipients'.
    own: (TenantId, BackupKey, u32),
    recipients: Vec<Recipient>,
    manifest: Manifest,
    data: Vec<TableShape>,
    person_keys: Vec<TableShape>,
    /// Tables that are in no database, after the others, with their rows.
    more: Vec<(TableShape, Bytes)>,
    audit_head: Option<AuditHead>,
}

/// Takes the snapshot and everything else that is in an archive; the log tells that it leaves.
pub(crate) async fn open(
    control: &Control,
    actor: &Actor,
    tenant: Tenant,
    recipients: Vec<Recipient>,
) -> Result<Backup, BackupError> {
    let (parts, id) = (control.parts(), &tenant.id);
    let (key, key_version) = key::current(control, id).await?;
    let opened = secrets::opened(&*parts.vault, id, &tenant.settings).await.map_err(StepError::from)?;
    let secret = current_secret(control, &tenant).await?.to_text().to_string();
    let snapshot = Snapshot::begin(connect_to(control, id.as_str()).await?, &owner_role(id)).await?;
    let of = |wanted: Archived| {
        let archived = move |table: &TableShape| parts.schema.archived(&table.name) == wanted;
        move |tables: &[TableShape]| tables.iter().filter(|table| archived(table)).cloned().collect()
    };
    let tables = snapshot.tables().await?;
    let (data, person_keys): (Vec<_>, Vec<_>) =
        (of(Archived::Kept)(&tables), of(Archived::PersonKeys)(&tables));
    let address = address::address(control, &tenant).await.map_err(StepError::from)?;
    let manifest = Manifest {
        format: FORMAT,
        archive: EventId::new(parts.clock.now(), &*parts.rng).to_string(),
        part: Part::Data,
        taken_at: snapshot.taken_at().await?,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        tenant: TenantFacts {
            id: id.to_string(),
            slug: tenant.slug.to_string(),
            url: address.base_url,
            hostnames: address.hostnames.iter().map(ToString::to_string).collect(),
        },
        schema_version: snapshot.schema_version().await?,
        tables: Vec::new(),
        settings: Some(opened),
        secret: Some(secret),
    };
    let has_log = tables.iter().any(|table| table.name == "kiavi.audit_event");
    let audit_head = if has_log { snapshot.audit_head().await? } else { None };
    record(control, actor, &tenant, &manifest, &recipients).await?;
    let (control, own, more) = (control.clone(), (tenant.id, key, key_version), Vec::new());
    Ok(Backup { control, snapshot, own, recipients, manifest, data, person_keys, more, audit_head })
}

async fn record(
    control: &Control,
    actor: &Actor,
    tenant: &Tenant,
    manifest: &Manifest,
    recipients: &[Recipient],
) -> Result<(), BackupError> {
    let recipients: Vec<_> = recipients.iter().map(ToString::to_string).collect();
    let detail = json!({ "slug": tenant.slug, "archive": manifest.archive, "recipients": recipients });
    let (subject, outcome) = (tenant.id.as_str(), Outcome::Success);
    let event = Event { kind: EventType::TenantBackedUp, outcome, actor, subject, detail };
    let transaction = control.parts().database.begin().await?;
    audit::record(control, &transaction, &event).await?;
    Ok(transaction.commit().await?)
}

impl Backup {
    /// The same of the instance itself. Its own key is for trials: where the archive is needed, the key is lost.
    pub(crate) fn of_instance(
        control: Control,
        snapshot: Snapshot,
        own: (TenantId, BackupKey, u32),
        recipients: Vec<Recipient>,
        manifest: Manifest,
        data: Vec<TableShape>,
        more: Vec<(TableShape, Bytes)>,
    ) -> Self {
        let (person_keys, audit_head) = (Vec::new(), None);
        Self { control, snapshot, own, recipients, manifest, data, person_keys, more, audit_head }
    }

    /// Writes everything to `out`. What ends without [`Frame::End`] is no archive.
    pub(crate) async fn write(self, out: &mpsc::Sender<Bytes>) -> Result<(), BackupError> {
        let Manifest { archive, taken_at, tenant, schema_version, .. } = &self.manifest;
        let head = json!({
            "archive": archive, "taken_at": taken_at, "tenant": tenant.id, "slug": tenant.slug,
            "schema_version": schema_version,
        });
        send(out, &Frame::Head(head.to_string().into())).await?;
        let mut told: BTreeMap<&str, Value> = BTreeMap::new();
        // First, so that whoever has the other part has had this one.
        if !self.person_keys.is_empty() {
            let summary = self.write_part(Part::PersonKeys, &self.person_keys, out).await?;
            told.insert(Part::PersonKeys.as_str(), json!(summary));
        }
        let summary = self.write_part(Part::Data, &self.data, out).await?;
        told.insert(Part::Data.as_str(), json!(summary));
        send(out, &Frame::Summary(json!(told).to_string().into())).await?;
        send(out, &Frame::End).await
    }

    async fn write_part(
        &self,
        part: Part,
        tables: &[TableShape],
        out: &mpsc::Sender<Bytes>,
    ) -> Result<Summary, BackupError> {
        send(out, &Frame::Table(part.as_str().to_owned())).await?;
        let mut file = self.file(out)?;
        let more = if part == Part::Data { &self.more[..] } else { &[] };
        let shapes = tables.iter().chain(more.iter().map(|(table, _)| table)).cloned().collect();
        let mut manifest = Manifest { part, tables: shapes, ..self.manifest.clone() };
        if part == Part::PersonKeys {
            (manifest.settings, manifest.secret) = (None, None);
        }
        let head = Zeroizing::new(json!(manifest).to_string().into_bytes());
        file.put(&Frame::Head(Bytes::copy_from_slice(&head))).await?;
        for table in tables {
            file.put(&Frame::Table(table.name.clone())).await?;
            let mut rows = std::pin::pin!(self.snapshot.rows(table).await?);
            while let Some(piece) = rows.next().await {
                file.put(&Frame::Rows(piece?)).await?;
            }
            let rows = file.check.rows_of_table();
            file.put(&Frame::EndOfTable(Count { rows })).await?;
        }
        for (table, rows) in more {
            file.put(&Frame::Table(table.name.clone())).await?;
            if !rows.is_empty() {
                file.put(&Frame::Rows(rows.clone())).await?;
            }
            let rows = file.check.rows_of_table();
            file.put(&Frame::EndOfTable(Count { rows })).await?;
        }
        let mut summary = file.check.seen().clone();
        summary.audit_head = self.audit_head.clone().filter(|_| part == Part::Data);
        file.put(&Frame::Summary(json!(summary).to_string().into())).await?;
        file.put(&Frame::End).await?;
        file.finish().await?;
        Ok(summary)
    }

    /// A file with a key of its own, for whose it is and for whoever else was named.
    fn file<'o>(&self, out: &'o mpsc::Sender<Bytes>) -> Result<File<'o>, BackupError> {
        let rng = &*self.control.parts().rng;
        let key = FileKey::random(rng);
        let (id, own, version) = &self.own;
        let mut stanzas = vec![wrap_for_tenant(own, id, *version, &key, rng)];
        for recipient in &self.recipients {
            stanzas.push(recipient.wrap(&key, rng)?);
        }
        let writer = ArchiveWriter::new(&key, &stanzas, rng)?;
        Ok(File { writer, check: Check::default(), out, bytes: 0 })
    }
}

/// A file of an archive on its way out.
struct File<'o> {
    writer: ArchiveWriter,
    check: Check,
    out: &'o mpsc::Sender<Bytes>,
    bytes: u64,
}

impl File<'_> {
    async fn put(&mut self, frame: &Frame) -> Result<(), BackupError> {
        self.check.take(frame)?;
        let ready = self.writer.push(frame)?;
        self.pass(ready).await
    }

    async fn finish(mut self) -> Result<(), BackupError> {
        let writer = self.writer;
        let ready = writer.finish()?;
        self.bytes += ready.len() as u64;
        for piece in ready.chunks(PIECE) {
            send(self.out, &Frame::Rows(Bytes::copy_from_slice(piece))).await?;
        }
        send(self.out, &Frame::EndOfTable(Count { rows: self.bytes })).await
    }

    async fn pass(&mut self, ready: Vec<u8>) -> Result<(), BackupError> {
        self.bytes += ready.len() as u64;
        let mut ready = Bytes::from(ready);
        while !ready.is_empty() {
            let piece = ready.split_to(ready.len().min(PIECE));
            send(self.out, &Frame::Rows(piece)).await?;
        }
        Ok(())
    }
}

async fn send(out: &mpsc::Sender<Bytes>, frame: &Frame) -> Result<(), BackupError> {
    out.send(frame.encode()).await.map_err(|_| BackupError::Unwanted)
}

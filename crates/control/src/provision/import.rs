//! A tenant that takes in another server's data.
//!
//! It is made as any other, up to its tables, by whoever brings the data and not by the reconciler. Then all rows and
//! the event are one transaction of its database, and only when that is done may it run. Whatever goes wrong before
//! removes it again: by its own name when it can still be done now, else at the next start ([`Control::open`]).

use std::{collections::BTreeMap, time::Duration};

use axum::body::{Body, BodyDataStream};
use futures_util::StreamExt;
use kiavi_base::{EventId, SecretSlice, Slug, TenantId, WorkspaceId};
use kiavi_crypto::TenantSecret;
use kiavi_db::{AdminConnection, DbError, Sql, quote_ident};
use kiavi_moving::stream::{Decoder, Frame, InvalidStream};
use serde_json::{Value, json};

use super::{postgres, request, run, secret::secret_name};
use crate::{
    Control, ControlError, Tenant, TenantEvent, TenantEventKind,
    audit::{self, Event, EventType, Outcome},
    caller::{Actor, operator_name},
    error::{Failure, StepError, chain},
    tenant::{create, owner_role, store},
};

/// How long who brings the data may be silent: another server may have much to sort before its first row.
const SILENCE: Duration = Duration::from_secs(600);
/// How long what failed waits for its remains to be gone.
const REMOVAL_WAIT: Duration = Duration::from_secs(20);
pub(super) const IMPORTED: Sql = Sql::new(
    "IMPORTED",
    "SELECT detail->'rows' FROM audit_event WHERE subject = $1 AND type = 'tenant.imported' ORDER BY id DESC LIMIT 1",
);

/// What COPY text is written as.
pub(crate) const BEGIN: &str = "BEGIN; SET LOCAL client_encoding = 'UTF8'; SET LOCAL TimeZone = 'UTC';
    SET LOCAL DateStyle = 'ISO, YMD'";

/// Rows by table.
pub(crate) type Counts = BTreeMap<String, u64>;

/// What the tenant is to be.
pub(crate) struct ImportOrder {
    pub(crate) slug: Slug,
    pub(crate) workspace: WorkspaceId,
    pub(crate) settings: Value,
    /// The secret that comes along; without it the tenant gets one of its own.
    pub(crate) secret: Option<TenantSecret>,
}

/// Why an import came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    #[error(transparent)]
    Stream(#[from] InvalidStream),
    #[error("the data ended early")]
    CutOff,
    #[error("the rows of {table} were refused")]
    Rows {
        table: String,
        #[source]
        cause: DbError,
    },
    #[error("{table} has {arrived} rows where {sent} were sent")]
    Count { table: String, arrived: u64, sent: u64 },
    #[error("the log does not end where the archive's summary says")]
    Head,
    #[error("the tenant could not be made")]
    Step(#[from] StepError),
    #[error("the event could not be written")]
    Event(#[source] Failure),
    #[error(transparent)]
    Control(#[from] ControlError),
}

impl From<DbError> for ImportError {
    fn from(error: DbError) -> Self {
        Self::Step(error.into())
    }
}

/// The frames of a request's body.
pub(crate) struct Frames {
    body: BodyDataStream,
    decoder: Decoder,
}

impl Frames {
    pub(crate) fn new(body: Body) -> Self {
        Self { body: body.into_data_stream(), decoder: Decoder::default() }
    }

    /// The next frame.
    pub(crate) async fn next(&mut self) -> Result<Frame, ImportError> {
        loop {
            if let Some(frame) = self.decoder.next_frame()? {
                return Ok(frame);
            }
            match tokio::time::timeout(SILENCE, self.body.next()).await {
                Ok(Some(Ok(bytes))) => self.decoder.push(&bytes),
                Ok(Some(Err(_)) | None) | Err(_) => return Err(ImportError::CutOff),
            }
        }
    }
}

/// Makes the tenant with all that `frames` bring, or nothing. What it answers with may start. An idempotency key is
/// written down with the last step only: what comes to nothing can be asked for again with the same.
pub(crate) async fn import(
    control: &Control,
    actor: &Actor,
    order: ImportOrder,
    frames: &mut Frames,
) -> Result<(Tenant, Counts), ImportError> {
    let ImportOrder { slug, workspace, settings, secret } = order;
    let beginning = &Actor { attempt: None, ..actor.clone() };
    let tenant = create::create_for_import(control, beginning, &slug, &workspace, settings).await?;
    let filled = async {
        make(control, &tenant, secret).await?;
        let counts = fill(control, actor, &tenant, frames).await?;
        Ok(counts)
    };
    match filled.await {
        Ok(counts) => {
            control.changed(&tenant);
            control.wake_reconciler();
            Ok((tenant, counts))
        }
        #[cfg(test)]
        Err(error @ ImportError::Step(StepError::Interrupted)) => Err(error),
        Err(error) => {
            give_up(control, beginning, &tenant, &error).await;
            Err(error)
        }
    }
}

/// Everything that a tenant has before requests may reach it.
async fn make(control: &Control, tenant: &Tenant, secret: Option<TenantSecret>) -> Result<(), StepError> {
    if let Some(secret) = secret {
        let text = SecretSlice::from(secret.to_text().as_bytes().to_vec());
        control.parts().vault.put(&tenant.id, &secret_name(), &text).await?;
    }
    for step in control.way(tenant.target) {
        run(control, tenant, step).await?;
    }
    Ok(())
}

/// Copies the rows and lets the tenant run.
async fn fill(
    control: &Control,
    actor: &Actor,
    tenant: &Tenant,
    frames: &mut Frames,
) -> Result<Counts, ImportError> {
    let (parts, id) = (control.parts(), &tenant.id);
    let inside = postgres::connect_to(control, id.as_str()).await?;
    let begin = format!("{BEGIN}; SET LOCAL ROLE {}", quote_ident(&owner_role(id)));
    inside.batch_execute(&begin).await?;
    let counts = copy(&inside, frames).await?;
    let (name, event) = (actor.name(), EventId::new(parts.clock.now(), &*parts.rng));
    let detail = json!({ "slug": tenant.slug, "rows": counts });
    let (kind, operator) = (TenantEventKind::Imported, operator_name(&name));
    let told = TenantEvent { id: event, kind, operator: &operator, detail: &detail };
    parts.schema.record(&inside, told).await.map_err(ImportError::Event)?;
    control.reach("before the rows are committed")?;
    inside.batch_execute("COMMIT").await?;
    control.reach("after the rows are committed")?;

    let transaction = parts.database.begin().await?;
    if transaction.execute(&store::FINISH_IMPORT, &[&id.as_str()]).await? == 0 {
        return Err(StepError::Unwanted.into());
    }
    let outcome = Outcome::Success;
    let told = Event { kind: kind.event(), outcome, actor, subject: id.as_str(), detail };
    audit::record_as(&transaction, event, &told).await?;
    transaction.commit().await?;
    Ok(counts)
}

/// How many rows an import brought, as its event tells it.
pub(crate) async fn imported(control: &Control, id: &TenantId) -> Result<Counts, DbError> {
    let row = control.parts().database.query_opt(&IMPORTED, &[&id.as_str()]).await?;
    let rows = row.map(|row| row.try_get::<_, Value>(0)).transpose()?.unwrap_or_default();
    serde_json::from_value(rows).map_err(|_| DbError::Value("the rows of an import".into()))
}

/// Every table of the stream into its own, up to the stream's end.
async fn copy(inside: &AdminConnection, frames: &mut Frames) -> Result<Counts, ImportError> {
    let mut counts = Counts::new();
    loop {
        match frames.next().await? {
            Frame::End => return Ok(counts),
            Frame::Table(name) => {
                let table = kiavi_moving::table(&name).ok_or(InvalidStream)?;
                let rows =
                    copy_untriggered(inside, (&name, &table.quoted()), &table.copy_in(), frames).await?;
                if counts.insert(name, rows).is_some() {
                    return Err(InvalidStream.into());
                }
            }
            Frame::Head(_) | Frame::Rows(_) | Frame::EndOfTable(_) | Frame::Summary(_) => {
                return Err(InvalidStream.into());
            }
        }
    }
}

/// The rows of one table, which `statement` copies, without what triggers would do: one event tells of all of them. How many
/// they were.
pub(super) async fn copy_untriggered(
    inside: &AdminConnection,
    (table, quoted): (&str, &str),
    statement: &str,
    frames: &mut Frames,
) -> Result<u64, ImportError> {
    inside.batch_execute(&format!("ALTER TABLE {quoted} DISABLE TRIGGER USER")).await?;
    let rows = copy_table(inside, table, statement, frames).await?;
    inside.batch_execute(&format!("ALTER TABLE {quoted} ENABLE TRIGGER USER")).await?;
    Ok(rows)
}

/// The same of a table that has no triggers.
pub(crate) async fn copy_table(
    inside: &AdminConnection,
    table: &str,
    statement: &str,
    frames: &mut Frames,
) -> Result<u64, ImportError> {
    let refused = |cause| ImportError::Rows { table: table.to_owned(), cause };
    let mut rows = inside.copy_in(statement).await.map_err(refused)?;
    loop {
        match frames.next().await? {
            Frame::Rows(piece) => rows.send(piece).await.map_err(refused)?,
            Frame::EndOfTable(count) => {
                let (table, sent) = (table.to_owned(), count.rows);
                let arrived = rows.finish().await.map_err(refused)?;
                let is_whole = arrived == sent;
                return is_whole.then_some(sent).ok_or(ImportError::Count { table, arrived, sent });
            }
            Frame::Head(_) | Frame::Table(_) | Frame::Summary(_) | Frame::End => {
                return Err(InvalidStream.into());
            }
        }
    }
}

/// Has everything removed that was made, and waits for it, so that the import can be tried again at once.
pub(super) async fn give_up(control: &Control, actor: &Actor, tenant: &Tenant, error: &ImportError) {
    tracing::warn!(tenant = %tenant.id, error = chain(error), "an import came to nothing and is taken back");
    let removed = async {
        let transaction = control.parts().database.begin().await?;
        let detail = json!({ "slug": tenant.slug, "cause": error.to_string() });
        let (subject, outcome) = (tenant.id.as_str(), Outcome::Failure);
        let event = Event { kind: EventType::TenantImportFailed, outcome, actor, subject, detail };
        audit::record(control, &transaction, &event).await?;
        transaction.commit().await?;
        remove(control, actor, tenant, REMOVAL_WAIT).await?;
        Ok::<_, ControlError>(())
    };
    if let Err(error) = removed.await {
        tracing::error!(tenant = %tenant.id, error = chain(&error), "a failed import could not be removed yet");
    }
}

/// Has the tenant removed with all that it has, and waits for it; whether it is gone. Later will do, too: the reconciler does
/// not forget it.
pub(super) async fn remove(
    control: &Control,
    actor: &Actor,
    tenant: &Tenant,
    at_most: Duration,
) -> Result<bool, ControlError> {
    request::destroy(control, actor, &tenant.id).await?;
    let gone = tokio::time::timeout(at_most, control.wait(&tenant.id, |_| false)).await;
    Ok(matches!(gone, Ok(Ok(None))))
}

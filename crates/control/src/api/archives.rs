//! Archives: one as a stream, and its key.
//!
//! Whoever asks stores archives and finds them again; what is encrypted is made here, because here is the database.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Extension, Json,
    body::Body,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::stream;
use kiavi_crypto::age::Recipient;
use kiavi_moving::stream::{Frame, MEDIA_TYPE};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::mpsc;
use utoipa::ToSchema;

use super::{Problem, code::Code, idempotency::KeepInstead, input::Sent};
use crate::{
    Control, Tenant,
    audit::{self, Event, EventType, Outcome},
    backup::{self, Backup, BackupError, KeyError},
    caller::Actor,
    error::chain,
    tenant::Target,
};

/// Pieces that wait for who stores them.
const PIECES_WAITING: usize = 8;
/// Recipients beside the tenant.
const MAX_RECIPIENTS: usize = 16;

/// For whom an archive is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedBackup {
    /// Recipients as `age` knows them (`age1…`), who can open it too: without the instance, and when the tenant is
    /// destroyed.
    #[serde(default)]
    recipients: Vec<String>,
}

impl WantedBackup {
    /// The recipients, as far as they are some.
    pub(super) fn recipients(&self) -> Result<Vec<Recipient>, Problem> {
        let recipients: Result<Vec<Recipient>, _> = self.recipients.iter().map(|text| text.parse()).collect();
        let recipients = recipients.map_err(|error| Problem::invalid_body(format!("{error}.")))?;
        if recipients.len() > MAX_RECIPIENTS {
            return Err(Problem::invalid_body(format!("There are {MAX_RECIPIENTS} recipients at most.")));
        }
        Ok(recipients)
    }
}

/// Back a tenant up
///
/// One snapshot of its database, its settings and its secret, as a stream of files that are encrypted already: for the
/// tenant, whose key is destroyed with it, and for the recipients. A stream without its end is no archive.
#[utoipa::path(post, path = "/tenants/{tenant}/backup", tag = "Backups", request_body = WantedBackup,
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "The archive", body = Vec<u8>, content_type = MEDIA_TYPE),
))]
pub(super) async fn make(
    State(control): State<Control>,
    actor: Actor,
    Extension(tenant): Extension<Arc<Tenant>>,
    Sent(wanted): Sent<WantedBackup>,
) -> Result<Response, Problem> {
    match tenant.target {
        Target::Running | Target::Suspended | Target::Deleted => {}
        Target::Destroyed | Target::Spare => return Err(Code::TenantDeleting.into()),
        Target::Importing => return Err(Code::TenantImporting.into()),
    }
    let backup = backup::open(&control, &actor, (*tenant).clone(), wanted.recipients()?).await?;
    Ok(answer(backup, Arc::from(tenant.id.as_str())))
}

/// An archive as it is written; `of` says whose it is.
pub(super) fn answer(backup: Backup, of: Arc<str>) -> Response {
    let (out, waiting) = mpsc::channel(PIECES_WAITING);
    tokio::spawn(async move {
        let Err(error) = backup.write(&out).await else { return };
        tracing::warn!(tenant = %of, error = chain(&error), "a backup came to nothing");
        // Without an end; whoever still listens is told why.
        let reason = Frame::Summary(json!({ "error": chain(&error) }).to_string().into());
        let _ = out.send(reason.encode()).await;
    });
    let pieces = stream::unfold(waiting, |mut waiting: mpsc::Receiver<Bytes>| async move {
        let piece = waiting.recv().await?;
        Some((Ok::<_, Infallible>(piece), waiting))
    });
    ([(header::CONTENT_TYPE, MEDIA_TYPE)], Body::from_stream(pieces)).into_response()
}

impl From<BackupError> for Problem {
    fn from(error: BackupError) -> Self {
        match error {
            error if error.vault_is_away() => Self::vault_unavailable(&error),
            BackupError::Recipient(error) => Self::invalid_body(format!("{error}.")),
            BackupError::Database(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Header(_) | KeyError::Gone => Self::plain(Code::ArchiveKeyNotFound),
            KeyError::Vault(ref cause) if cause.is_temporary() => Self::vault_unavailable(&error),
            KeyError::Vault(_) => Self::internal(&error),
            KeyError::Database(error) => error.into(),
        }
    }
}

/// An archive to be opened.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ArchiveHeader {
    /// The header of its file, in Base64.
    header: String,
}

/// What opens an archive.
#[derive(Serialize, ToSchema)]
pub(super) struct ArchiveKey {
    /// The key of this one file, in Base64. Null where the request is a repetition.
    file_key: Option<String>,
    /// The id of the tenant that it is of.
    tenant: String,
}

/// Open an archive
///
/// The key of one file, by its header, if the tenant that it is of is here, or if it is of this instance. The log tells of it.
#[utoipa::path(post, path = "/archives/open", tag = "Backups", request_body = ArchiveHeader, responses(
    (status = 200, description = "The key", body = ArchiveKey),
))]
pub(super) async fn open(
    State(control): State<Control>,
    actor: Actor,
    Sent(sent): Sent<ArchiveHeader>,
) -> Result<Response, Problem> {
    let header = STANDARD.decode(&sent.header);
    let header = header.map_err(|error| Problem::invalid_body(format!("header: {error}.")))?;
    let (owner, key) = backup::file_key(&control, &header).await?;
    let (subject, outcome) = (owner.id.as_str(), Outcome::Success);
    let detail = json!({ "slug": owner.slug });
    let event = Event { kind: EventType::ArchiveOpened, outcome, actor: &actor, subject, detail };
    let transaction = control.parts().database.begin().await?;
    audit::record(&control, &transaction, &event).await?;
    transaction.commit().await?;
    let id = owner.id.to_string();
    let kept = KeepInstead(json!(ArchiveKey { file_key: None, tenant: id.clone() }));
    let file_key = Some(STANDARD.encode(key.expose()));
    let mut response = Json(ArchiveKey { file_key, tenant: id }).into_response();
    response.extensions_mut().insert(kept);
    Ok(response)
}

//! An archive on its way to the instance that makes a tenant of it.

use bytes::Bytes;
use kiavi_moving::{
    TableShape,
    archive::{Manifest, Summary},
    stream::{Frame, MEDIA_TYPE},
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{
    name::keys_beside,
    open::{Archive, ArchiveFile, Opener},
    place::Place,
    progress::{Progress, Step},
};
use crate::client::{Client, ClientError, idempotency_key};

/// Frames that wait for the instance.
const FRAMES_WAITING: usize = 16;

/// What is sent of an archive.
pub(super) struct Order<'a> {
    pub(super) slug: &'a str,
    pub(super) place: &'a Place,
    pub(super) name: &'a str,
    pub(super) archive: &'a Archive,
    /// Tables whose rows stay in the archive.
    pub(super) left: &'a [&'a str],
    pub(super) keeps: Keeps,
    pub(super) what: What,
    /// The order that this carries out, which is done once however often it is begun.
    pub(super) order: Option<&'a str>,
}

/// What is to become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A tenant.
    Tenant,
    /// A tenant for a trial, of which nothing is left.
    Drill,
    /// The instance itself, for a trial, of which nothing is left.
    InstanceDrill,
    /// The instance itself.
    Instance { keep_keys: bool, without_vault_keys: bool },
}

impl What {
    fn path(self) -> &'static str {
        match self {
            Self::Tenant | Self::Drill => "/v1/restores",
            Self::InstanceDrill => "/v1/instance/drill",
            Self::Instance { .. } => "/v1/instance/restore",
        }
    }
}

/// What comes back although it may have ended since.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Keeps {
    pub(super) ended: bool,
    pub(super) api_keys: bool,
}

impl Order<'_> {
    /// What the instance has to know first.
    pub(super) fn head(&self) -> Value {
        let manifest = &self.archive.data.manifest;
        if self.what == What::InstanceDrill {
            return json!({ "manifest": manifest });
        }
        if let What::Instance { keep_keys, without_vault_keys } = self.what {
            return json!({
                "manifest": manifest, "keep_keys": keep_keys, "without_vault_keys": without_vault_keys,
            });
        }
        let person_keys: &[TableShape] =
            self.archive.person_keys.as_ref().map(|part| &part.manifest.tables[..]).unwrap_or_default();
        json!({
            "slug": self.slug, "manifest": manifest, "person_keys": person_keys, "drill": self.what == What::Drill,
            "keep_ended": self.keeps.ended, "keep_api_keys": self.keeps.api_keys, "order": self.order,
        })
    }

    fn summary(&self) -> Summary {
        let mut summary = self.archive.data.summary.clone();
        if let Some(part) = &self.archive.person_keys {
            summary.tables.extend(part.summary.tables.clone());
        }
        summary
    }

    /// Rows that stay in the archive.
    pub(super) fn left_rows(&self, table: &str) -> u64 {
        self.archive.data.summary.tables.get(table).map_or(0, |content| content.rows)
    }

    /// Sends everything; what the instance answers once it has it.
    pub(super) async fn send(
        &self,
        client: &Client,
        opener: &Opener<'_>,
        progress: &Progress,
    ) -> Result<Value, ClientError> {
        progress.doing(Step::Restoring, "Restoring");
        let (frames, waiting) = mpsc::channel(FRAMES_WAITING);
        let reading = async {
            // Ends the body when it is done, or has failed: then without its end, which the instance takes for nothing.
            let frames = frames;
            put(&frames, &Frame::Head(self.head().to_string().into())).await?;
            if let Some(part) = &self.archive.person_keys {
                self.pass(&keys_beside(self.name), &part.manifest, opener, &frames, progress).await?;
            }
            self.pass(self.name, &self.archive.data.manifest, opener, &frames, progress).await?;
            put(&frames, &Frame::Summary(json!(self.summary()).to_string().into())).await?;
            put(&frames, &Frame::End).await
        };
        let key = self.order.map_or_else(idempotency_key, str::to_owned);
        let sending = client.post_stream(self.what.path(), (MEDIA_TYPE, &key), waiting);
        let (read, answered) = tokio::join!(reading, sending);
        match read {
            Err(Stopped::Archive(error)) => Err(error),
            // Whoever stopped taking has said why.
            Ok(()) | Err(Stopped::Unwanted) => answered,
        }
    }

    /// The tables of one file. It was read before, and is checked as it was then: it may be another by now.
    async fn pass(
        &self,
        name: &str,
        known: &Manifest,
        opener: &Opener<'_>,
        frames: &mpsc::Sender<Bytes>,
        progress: &Progress,
    ) -> Result<(), Stopped> {
        let mut file = ArchiveFile::open(self.place, name, opener).await?;
        let mut is_left = false;
        while let Some(frame) = file.next(progress).await? {
            match &frame {
                Frame::Head(json) => {
                    let again: Option<Manifest> = serde_json::from_slice(json).ok();
                    if again.is_none_or(|again| again.archive != known.archive || again.part != known.part) {
                        let other = "The archive is another one than a moment ago.".to_owned();
                        return Err(ClientError::Failed(other).into());
                    }
                    continue;
                }
                Frame::Table(table) => is_left = self.left.contains(&table.as_str()),
                Frame::Summary(_) | Frame::End => continue,
                Frame::Rows(_) | Frame::EndOfTable(_) => {}
            }
            if !is_left {
                put(frames, &frame).await?;
            }
        }
        Ok(())
    }
}

/// Why sending ended before its time.
enum Stopped {
    Archive(ClientError),
    Unwanted,
}

impl From<ClientError> for Stopped {
    fn from(error: ClientError) -> Self {
        Self::Archive(error)
    }
}

async fn put(frames: &mpsc::Sender<Bytes>, frame: &Frame) -> Result<(), Stopped> {
    frames.send(frame.encode()).await.map_err(|_| Stopped::Unwanted)
}

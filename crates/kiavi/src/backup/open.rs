//! Reading an archive, wherever it is, with whichever key there is.

use std::path::PathBuf;

use base64::{Engine, engine::general_purpose::STANDARD};
use clap::Args;
use futures_util::StreamExt;
use kiavi_crypto::age::{AgeError, FileKey, Header, Identity};
use kiavi_moving::{
    archive::{ArchiveError, ArchiveReader, Check, Manifest, Part, Summary},
    stream::Frame,
};
use serde_json::json;

use super::{
    name::keys_beside,
    place::{Place, Reading},
    progress::{Progress, Step},
};
use crate::{
    client::{Client, ClientError},
    log::chain,
    settings_input::read_text,
    tenant::text,
};

/// With what archives are opened.
#[derive(Debug, Clone, Args)]
pub(crate) struct Keys {
    /// A file with identities (AGE-SECRET-KEY-1…), one of which the archive was made for; without it the instance is asked
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
}

/// Who opens archives: identities, or the instance that has the tenant.
pub(super) enum Opener<'c> {
    Identities(Vec<Identity>),
    Instance(&'c Client),
}

impl<'c> Opener<'c> {
    pub(super) fn new(client: &'c Client, keys: &Keys) -> Result<Self, ClientError> {
        let Some(file) = &keys.identity else { return Ok(Self::Instance(client)) };
        let text = read_text(file)?;
        let identities = Identity::all_in(&text)
            .map_err(|error| ClientError::Input(format!("{}: {error}.", file.display())))?;
        Ok(Self::Identities(identities))
    }

    async fn key(&self, header: &Header, bytes: &[u8]) -> Result<FileKey, ClientError> {
        match self {
            Self::Identities(identities) => {
                let opened = identities.iter().map(|identity| identity.unwrap(header));
                let opened = opened.reduce(|one, other| one.or(other));
                opened.unwrap_or(Err(AgeError::NotForThisKey)).map_err(|error| damaged(&error.into()))
            }
            Self::Instance(client) => {
                let answer =
                    client.post("/v1/archives/open", &json!({ "header": STANDARD.encode(bytes) })).await?;
                let key = STANDARD.decode(text(&answer, "file_key")).unwrap_or_default();
                FileKey::from_bytes(&key).map_err(|error| damaged(&error.into()))
            }
        }
    }
}

pub(super) fn damaged(error: &ArchiveError) -> ClientError {
    ClientError::Input(format!("The archive cannot be used: {}.", chain(error)))
}

/// An archive's file that is being read.
pub(super) struct ArchiveFile {
    reading: Reading,
    reader: ArchiveReader,
    check: Check,
    is_over: bool,
    bytes: u64,
    recipients: usize,
}

impl ArchiveFile {
    /// Reads the header and has it opened.
    pub(super) async fn open(place: &Place, name: &str, opener: &Opener<'_>) -> Result<Self, ClientError> {
        let mut reading = place.read(name).await?;
        let mut bytes = Vec::new();
        let (header, length) = loop {
            if let Some(read) = Header::read(&bytes).map_err(|error| damaged(&error.into()))? {
                break read;
            }
            match reading.next().await {
                Some(piece) => bytes.extend_from_slice(&piece?),
                None => return Err(damaged(&AgeError::CutShort.into())),
            }
        };
        let key = opener.key(&header, &bytes[..length]).await?;
        let mut reader = ArchiveReader::new(key).map_err(|error| damaged(&error))?;
        reader.push(&bytes[length..]).map_err(|error| damaged(&error))?;
        let (bytes, recipients) = (bytes.len() as u64, recipients_of(&header));
        Ok(Self { reading, reader, check: Check::default(), is_over: false, bytes, recipients })
    }

    /// The next frame, checked; `None` after the last.
    pub(super) async fn next(&mut self, progress: &Progress) -> Result<Option<Frame>, ClientError> {
        loop {
            if let Some(frame) = self.reader.next_frame().map_err(|error| damaged(&error))? {
                self.check.take(&frame).map_err(|error| damaged(&error))?;
                return Ok(Some(frame));
            }
            if self.is_over {
                let is_whole = self.check.is_whole();
                return if is_whole { Ok(None) } else { Err(damaged(&AgeError::CutShort.into())) };
            }
            match self.reading.next().await {
                Some(piece) => {
                    let piece = piece?;
                    self.bytes += piece.len() as u64;
                    progress.advance(piece.len());
                    self.reader.push(&piece).map_err(|error| damaged(&error))?;
                }
                None => {
                    self.is_over = true;
                    self.reader.finish().map_err(|error| damaged(&error))?;
                }
            }
        }
    }

    /// Reads to the end; what there is.
    pub(super) async fn verify(mut self, progress: &Progress) -> Result<Verified, ClientError> {
        while self.next(progress).await?.is_some() {}
        let (Some(manifest), Some(summary)) = (self.check.manifest(), self.check.summary()) else {
            return Err(damaged(&AgeError::CutShort.into()));
        };
        let (manifest, summary) = (manifest.clone(), summary.clone());
        Ok(Verified { manifest, summary, bytes: self.bytes, recipients: self.recipients })
    }
}

/// A file that was read to its end and is whole.
pub(super) struct Verified {
    pub(super) manifest: Manifest,
    pub(super) summary: Summary,
    pub(super) bytes: u64,
    /// Who can open it beside the tenant, or the instance.
    pub(super) recipients: usize,
}

/// How many recipients a header names. Whoever opened the file knows that nobody changed it.
fn recipients_of(header: &Header) -> usize {
    const KIND: &str = "X25519";
    header.stanzas.iter().filter(|stanza| stanza.arguments.first().is_some_and(|kind| kind == KIND)).count()
}

/// Both files of an archive, read to their ends.
pub(super) struct Archive {
    pub(super) data: Verified,
    /// Absent where there never were any, and after their time.
    pub(super) person_keys: Option<Verified>,
}

impl Archive {
    /// Reads everything, and makes sure that the files belong together.
    pub(super) async fn verify(
        place: &Place,
        name: &str,
        opener: &Opener<'_>,
        progress: &Progress,
    ) -> Result<Self, ClientError> {
        progress.doing(Step::Reading, "Reading the archive");
        let data = ArchiveFile::open(place, name, opener).await?.verify(progress).await?;
        let keys = keys_beside(name);
        let person_keys = match place.has(&keys).await? {
            true => Some(ArchiveFile::open(place, &keys, opener).await?.verify(progress).await?),
            false => None,
        };
        let (manifest, other) = (&data.manifest, person_keys.as_ref().map(|part| &part.manifest));
        let fits =
            other.is_none_or(|other| other.archive == manifest.archive && other.part == Part::PersonKeys);
        if manifest.part != Part::Data || !fits {
            return Err(ClientError::Input(format!("{name} and its keys of persons are not one archive.")));
        }
        Ok(Self { data, person_keys })
    }
}

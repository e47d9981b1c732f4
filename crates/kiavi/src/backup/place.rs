//! Where archives are: a folder, or a store that speaks S3.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use super::{Credentials, bucket, folder, name::Name};
use crate::client::ClientError;

const BUCKET: &str = "s3://";

/// A place with archives.
pub(super) enum Place {
    Folder(folder::Folder),
    Bucket(bucket::Bucket),
}

/// A file in a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    /// Its path in the place, with slashes.
    pub(super) name: String,
    pub(super) bytes: u64,
}

/// A file on its way into a place. It is there when it is finished, and before that nobody sees it.
pub(super) enum Writing {
    Folder(folder::Writing),
    Bucket(bucket::Writing),
}

/// A file's bytes as they come.
pub(super) type Reading = std::pin::Pin<Box<dyn Stream<Item = Result<Bytes, ClientError>> + Send>>;

/// Whether a text names a store and not a file.
pub(super) fn is_bucket(text: &str) -> bool {
    text.starts_with(BUCKET)
}

impl Place {
    /// The place that a text names.
    pub(super) fn open(text: &str, credentials: &Credentials) -> Result<Self, ClientError> {
        match text.strip_prefix(BUCKET) {
            Some(rest) => Ok(Self::Bucket(bucket::Bucket::open(rest, credentials.credentials.as_deref())?)),
            None => Ok(Self::Folder(folder::Folder::new(PathBuf::from(text)))),
        }
    }

    /// The place that a file is in, and its name there.
    pub(super) fn of_file(text: &str, credentials: &Credentials) -> Result<(Self, String), ClientError> {
        let unnamed = || ClientError::Input(format!("{text:?} names no file."));
        if is_bucket(text) {
            let (place, name) = text.rsplit_once('/').ok_or_else(unnamed)?;
            return Ok((Self::open(place, credentials)?, name.to_owned()));
        }
        let path = Path::new(text);
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(unnamed)?;
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        Ok((Self::Folder(folder::Folder::new(parent.unwrap_or(Path::new(".")).to_owned())), name.to_owned()))
    }

    /// Every file that is there, in no order.
    pub(super) async fn list(&self) -> Result<Vec<Stored>, ClientError> {
        match self {
            Self::Folder(folder) => folder.list(),
            Self::Bucket(bucket) => bucket.list().await,
        }
    }

    /// What the newest archive of the tenant with this id is called; those with keys of persons aside.
    pub(super) async fn newest(&self, tenant: &str) -> Result<Option<String>, ClientError> {
        Ok(newest_of(&self.list().await?, tenant))
    }

    /// Begins a new file.
    pub(super) async fn create(&self, name: &str) -> Result<Writing, ClientError> {
        match self {
            Self::Folder(folder) => folder.create(name).map(Writing::Folder),
            Self::Bucket(bucket) => bucket.create(name).await.map(Writing::Bucket),
        }
    }

    /// Reads a file.
    pub(super) async fn read(&self, name: &str) -> Result<Reading, ClientError> {
        match self {
            Self::Folder(folder) => Ok(folder.read(name)?.boxed()),
            Self::Bucket(bucket) => Ok(bucket.read(name).await?.boxed()),
        }
    }

    /// Removes a file. What is not there need not go.
    pub(super) async fn remove(&self, name: &str) -> Result<(), ClientError> {
        match self {
            Self::Folder(folder) => folder.remove(name),
            Self::Bucket(bucket) => bucket.remove(name).await,
        }
    }

    /// Whether there is a file of this name.
    pub(super) async fn has(&self, name: &str) -> Result<bool, ClientError> {
        match self {
            Self::Folder(folder) => Ok(folder.has(name)),
            Self::Bucket(bucket) => bucket.has(name).await,
        }
    }
}

/// What the newest of a tenant's archives is called, among these.
pub(super) fn newest_of(stored: &[Stored], tenant: &str) -> Option<String> {
    let archives = stored.iter().filter_map(|stored| Some((Name::parse(&stored.name)?, &stored.name)));
    let ours = archives.filter(|((name, is_keys), _)| name.tenant == tenant && !is_keys);
    ours.max_by(|((one, _), _), ((other, _), _)| one.cmp(other)).map(|(_, name)| name.clone())
}

impl Writing {
    /// Takes the next bytes.
    pub(super) async fn write(&mut self, bytes: Bytes) -> Result<(), ClientError> {
        match self {
            Self::Folder(writing) => writing.write(&bytes),
            Self::Bucket(writing) => writing.write(bytes).await,
        }
    }

    /// Has the file be there. Once this returns it survives a power cut.
    pub(super) async fn finish(self) -> Result<(), ClientError> {
        match self {
            Self::Folder(writing) => writing.finish(),
            Self::Bucket(writing) => writing.finish().await,
        }
    }

    /// Leaves nothing of it.
    pub(super) async fn abandon(self) {
        match self {
            // Its end is that of the file.
            Self::Folder(_) => {}
            Self::Bucket(writing) => writing.abandon().await,
        }
    }
}

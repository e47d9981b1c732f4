//! A store that speaks S3.

use std::path::Path;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};
use object_store::{
    ObjectStore, ObjectStoreExt, WriteMultipart,
    aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey},
    path::Path as Key,
};

use super::place::Stored;
use crate::{client::ClientError, log::chain};

/// Parts of an upload that are under way at a time. A part is held in memory until it has arrived.
const PARTS: usize = 4;
/// Bytes of a part: a store takes ten thousand of them.
const PART: usize = 16 * 1024 * 1024;

/// A bucket, and where in it.
pub(super) struct Bucket {
    store: AmazonS3,
    prefix: Key,
}

fn failed(error: &object_store::Error) -> ClientError {
    ClientError::Failed(format!("The store refused: {}.", chain(error).trim_end_matches('.')))
}

impl Bucket {
    /// `rest` is `BUCKET/PREFIX`. Credentials are in the environment or in the file, and never in arguments.
    pub(super) fn open(rest: &str, credentials: Option<&Path>) -> Result<Self, ClientError> {
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(ClientError::Input("Name a bucket: s3://BUCKET/PREFIX.".to_owned()));
        }
        let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
        let mut endpoint = std::env::var("AWS_ENDPOINT_URL").ok();
        if let Some(file) = credentials {
            for (name, value) in settings(file)? {
                if name == "aws_endpoint_url" {
                    endpoint = Some(value);
                    continue;
                }
                let key = name.parse::<AmazonS3ConfigKey>().map_err(|_| {
                    let name = name.to_ascii_uppercase();
                    ClientError::Input(format!("{}: {name} is no setting of a store.", file.display()))
                })?;
                builder = builder.with_config(key, value);
            }
        }
        if let Some(endpoint) = endpoint {
            // In clear to this machine only: archives are encrypted, but credentials would be seen.
            builder = builder.with_allow_http(is_here(&endpoint)).with_endpoint(endpoint);
        }
        let store = builder.build().map_err(|error| failed(&error))?;
        Ok(Self { store, prefix: Key::from(prefix) })
    }

    fn key(&self, name: &str) -> Key {
        Key::from(format!("{}/{name}", self.prefix))
    }

    pub(super) async fn list(&self) -> Result<Vec<Stored>, ClientError> {
        let depth = self.prefix.parts().count();
        let listed = self.store.list(Some(&self.prefix)).map_ok(|object| {
            let parts: Vec<_> =
                object.location.parts().skip(depth).map(|part| part.as_ref().to_owned()).collect();
            Stored { name: parts.join("/"), bytes: object.size }
        });
        listed.try_collect().await.map_err(|error| failed(&error))
    }

    pub(super) async fn create(&self, name: &str) -> Result<Writing, ClientError> {
        let upload = self.store.put_multipart(&self.key(name)).await.map_err(|error| failed(&error))?;
        Ok(Writing(WriteMultipart::new_with_chunk_size(upload, PART)))
    }

    pub(super) async fn read(
        &self,
        name: &str,
    ) -> Result<impl Stream<Item = Result<Bytes, ClientError>> + Send + use<>, ClientError> {
        let object = self.store.get(&self.key(name)).await.map_err(|error| failed(&error))?;
        Ok(object.into_stream().map(|piece| piece.map_err(|error| failed(&error))))
    }

    pub(super) async fn remove(&self, name: &str) -> Result<(), ClientError> {
        match self.store.delete(&self.key(name)).await {
            Err(object_store::Error::NotFound { .. }) | Ok(()) => Ok(()),
            Err(error) => Err(failed(&error)),
        }
    }

    pub(super) async fn has(&self, name: &str) -> Result<bool, ClientError> {
        match self.store.head(&self.key(name)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(failed(&error)),
        }
    }
}

/// Whether an endpoint is on this machine.
fn is_here(endpoint: &str) -> bool {
    let url = url::Url::parse(endpoint).ok();
    match url.as_ref().and_then(url::Url::host) {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// What names a store and gives access to it, by names in lower case: the lines of the file, or else the environment.
pub(crate) fn credentials(file: Option<&Path>) -> Result<Vec<(String, String)>, ClientError> {
    if let Some(file) = file {
        return settings(file);
    }
    let of_stores = std::env::vars().filter(|(name, _)| name.starts_with("AWS_"));
    Ok(of_stores.map(|(name, value)| (name.to_ascii_lowercase(), value)).collect())
}

/// The lines `NAME=VALUE` of a file, names in lower case.
fn settings(file: &Path) -> Result<Vec<(String, String)>, ClientError> {
    let text = crate::settings_input::read_text(file)?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let line = line.strip_prefix("export ").unwrap_or(line);
            let (name, value) = line.split_once('=').ok_or_else(|| {
                ClientError::Input(format!("{}: write each line as NAME=VALUE.", file.display()))
            })?;
            let value = value.trim().trim_matches('"');
            Ok((name.trim().to_ascii_lowercase(), value.to_owned()))
        })
        .collect()
}

/// An upload in parts. The object is there once it is completed.
pub(super) struct Writing(WriteMultipart);

impl Writing {
    pub(super) async fn write(&mut self, bytes: Bytes) -> Result<(), ClientError> {
        self.0.wait_for_capacity(PARTS).await.map_err(|error| failed(&error))?;
        self.0.put(bytes);
        Ok(())
    }

    pub(super) async fn finish(self) -> Result<(), ClientError> {
        self.0.finish().await.map(drop).map_err(|error| failed(&error))
    }

    pub(super) async fn abandon(self) {
        // What a store keeps of it, its rules for unfinished uploads remove.
        let _ = self.0.abort().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_spoken_to_in_clear() {
        for here in ["http://localhost:9000", "http://127.0.0.1:9000", "http://[::1]:9000"] {
            assert!(is_here(here), "{here}");
        }
        for there in ["http://s3.example", "http://10.0.0.1:9000", "http://localhost.example", "nonsense"] {
            assert!(!is_here(there), "{there}");
        }
    }
}

//! A tenant in a file: a snapshot of its database, its settings and its secret, compressed and encrypted.
//!
//! ```text
//! archive = age v1 file of ( Zstandard of ( frames ) )
//! frames  = head (manifest), *( table, *rows, end of table ), summary, end
//! ```
//!
//! The file key is wrapped for the tenant (`kiavi.dev/tenant`, [`wrap_for_tenant`]) and for recipients of the operator's,
//! as `age` knows them. Nothing of the content is given out that is not proved to be what was written, and what was cut
//! short has no end. The keys of persons are a part of their own, which is kept for a shorter time.

mod check;
mod key;
mod manifest;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

use std::io;

use kiavi_crypto::age::AgeError;

pub use check::{Check, Step};
pub use key::{BackupKey, tenant_of, unwrap_for_tenant, wrap_for_tenant};
pub use manifest::{Content, FORMAT, Manifest, Part, Summary, TenantFacts};
pub use reader::ArchiveReader;
pub use writer::ArchiveWriter;

use crate::stream::InvalidStream;

/// Why an archive cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It is no such file, was changed, is not whole, or is not for this key.
    #[error(transparent)]
    Age(#[from] AgeError),
    /// It was encrypted as it is, and its content is not what this program writes.
    #[error("the archive's content is not what this program writes")]
    Content(#[from] InvalidStream),
    /// The same, in the compression.
    #[error("the archive's compression is damaged")]
    Compression(#[source] io::Error),
    /// A table has other rows than the archive's summary says.
    #[error("the rows of {0} are not those that the archive's summary tells of")]
    Rows(String),
    /// It is of a later program.
    #[error("the archive has format {0}, which this version does not know: use a newer one")]
    Newer(u32),
}

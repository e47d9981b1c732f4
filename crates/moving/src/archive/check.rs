//! Whether frames are a whole archive, and what its summary says they are.

use std::fmt::Write as _;

use kiavi_crypto::Sha256;

use super::{ArchiveError, Content, FORMAT, Manifest, Summary};
use crate::stream::{Frame, InvalidStream};

/// Follows the frames of an archive from the first to the last, also while it is written.
#[derive(Default)]
pub struct Check {
    manifest: Option<Manifest>,
    /// The table that is being read.
    table: Option<(String, Content, Sha256)>,
    seen: Summary,
    told: Option<Summary>,
    is_over: bool,
}

/// What a frame was, to whoever follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The manifest is known now.
    Head,
    /// Something in between.
    Within,
    /// The archive is whole.
    End,
}

impl Check {
    /// Takes the next frame.
    ///
    /// # Errors
    /// When it does not belong here, or a table's rows are not what the summary says.
    pub fn take(&mut self, frame: &Frame) -> Result<Step, ArchiveError> {
        if self.is_over || self.manifest.is_none() != matches!(frame, Frame::Head(_)) {
            return Err(InvalidStream.into());
        }
        match frame {
            Frame::Head(json) => {
                self.manifest = Some(read(json)?);
                return Ok(Step::Head);
            }
            Frame::Table(name) => self.begin(name)?,
            Frame::Rows(piece) => {
                let (_, content, hash) = self.table.as_mut().ok_or(InvalidStream)?;
                content.bytes += piece.len() as u64;
                // A row of COPY text ends with a line feed and has none inside.
                content.rows += piece.iter().filter(|byte| **byte == b'\n').count() as u64;
                hash.update(piece);
            }
            Frame::EndOfTable(count) => {
                let (name, mut content, hash) = self.table.take().ok_or(InvalidStream)?;
                if content.rows != count.rows {
                    return Err(ArchiveError::Rows(name));
                }
                content.sha256 = hex(&hash.finish());
                self.seen.tables.insert(name, content);
            }
            Frame::Summary(json) => {
                let told: Summary = serde_json::from_slice(json).map_err(|_| InvalidStream)?;
                self.compare(&told)?;
                self.told = Some(told);
            }
            Frame::End => {
                self.told.as_ref().ok_or(InvalidStream)?;
                self.is_over = true;
                return Ok(Step::End);
            }
        }
        Ok(Step::Within)
    }

    /// Tables come in the order of the manifest.
    fn begin(&mut self, name: &str) -> Result<(), ArchiveError> {
        let tables = self.manifest.as_ref().map(|manifest| &manifest.tables[..]).unwrap_or_default();
        let is_next = tables.get(self.seen.tables.len()).is_some_and(|table| table.name == name);
        if !is_next || self.table.is_some() || self.told.is_some() {
            return Err(InvalidStream.into());
        }
        self.table = Some((name.to_owned(), Content::default(), Sha256::default()));
        Ok(())
    }

    fn compare(&self, told: &Summary) -> Result<(), ArchiveError> {
        let expected = self.manifest.as_ref().map_or(0, |manifest| manifest.tables.len());
        if self.table.is_some() || self.told.is_some() || self.seen.tables.len() != expected {
            return Err(InvalidStream.into());
        }
        match self.seen.tables.iter().find(|(name, content)| told.tables.get(*name) != Some(content)) {
            Some((name, _)) => Err(ArchiveError::Rows(name.clone())),
            None if told.tables.len() != expected => Err(InvalidStream.into()),
            None => Ok(()),
        }
    }

    /// What the archive says of itself, once its first frame was there.
    pub fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// Rows of the table that is being read, up to now.
    pub fn rows_of_table(&self) -> u64 {
        self.table.as_ref().map_or(0, |(_, content, _)| content.rows)
    }

    /// What was read up to now.
    pub fn seen(&self) -> &Summary {
        &self.seen
    }

    /// The archive's own summary, once it was there.
    pub fn summary(&self) -> Option<&Summary> {
        self.told.as_ref()
    }

    /// Whether the last frame was there.
    pub fn is_whole(&self) -> bool {
        self.is_over
    }
}

/// The number of the format first: of a later one nothing else need be readable.
fn read(json: &[u8]) -> Result<Manifest, ArchiveError> {
    #[derive(serde::Deserialize)]
    struct Any {
        format: u32,
    }
    let Any { format } = serde_json::from_slice(json).map_err(|_| InvalidStream)?;
    if format != FORMAT {
        return Err(ArchiveError::Newer(format));
    }
    Ok(serde_json::from_slice(json).map_err(|_| InvalidStream)?)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

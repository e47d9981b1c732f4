//! Frames into an archive.

use std::io::{self, Write};

use kiavi_base::Rng;
use kiavi_crypto::age::{FileKey, Header, Sealer, Stanza};
use zstd::stream::write::Encoder;

use crate::stream::Frame;

/// Zstandard's level: beyond it files get little smaller, and whoever writes them slower.
const LEVEL: i32 = 3;

/// Writes an archive, piece by piece. Holds some hundred kilobytes, whatever the archive's size.
pub struct ArchiveWriter {
    encoder: Encoder<'static, Vec<u8>>,
    sealer: Sealer,
    /// The header, until it is given out.
    header: Vec<u8>,
}

impl ArchiveWriter {
    /// A new archive for whom `stanzas` wrap the key.
    ///
    /// # Errors
    /// When the compression cannot be set up.
    pub fn new(key: &FileKey, stanzas: &[Stanza], rng: &dyn Rng) -> io::Result<Self> {
        Ok(Self {
            encoder: Encoder::new(Vec::new(), LEVEL)?,
            sealer: Sealer::new(key, rng),
            header: Header::write(key, stanzas),
        })
    }

    /// Takes the next frame; what of the file is ready, which may be nothing.
    ///
    /// # Errors
    /// When the compression fails.
    pub fn push(&mut self, frame: &Frame) -> io::Result<Vec<u8>> {
        self.encoder.write_all(&frame.encode())?;
        let compressed = std::mem::take(self.encoder.get_mut());
        let mut ready = std::mem::take(&mut self.header);
        ready.extend(self.sealer.push(&compressed));
        Ok(ready)
    }

    /// The rest of the file, after [`Frame::End`].
    ///
    /// # Errors
    /// When the compression fails.
    pub fn finish(self) -> io::Result<Vec<u8>> {
        let (mut ready, mut sealer) = (self.header, self.sealer);
        ready.extend(sealer.push(&self.encoder.finish()?));
        ready.extend(sealer.finish());
        Ok(ready)
    }
}

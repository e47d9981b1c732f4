//! Frames out of an archive.

use kiavi_crypto::age::{AgeError, FileKey, Opener};
use zstd::stream::raw::{DParameter, Decoder as Decompressor, InBuffer, Operation, OutBuffer};

use super::ArchiveError;
use crate::stream::{Decoder, Frame};

/// Largest window that is decompressed, as a power of two: 8 MB.
const MAX_WINDOW: u32 = 23;
/// Decompressed at a time, in bytes: however much a few bytes may stand for, no more than this is held.
const PIECE: usize = 64 * 1024;

/// Reads an archive, piece by piece. What it gives out was written by somebody who had the file's key.
pub struct ArchiveReader {
    opener: Option<Opener>,
    decompressor: Decompressor<'static>,
    /// Proved, and not yet decompressed from here on.
    compressed: Vec<u8>,
    at: usize,
    frames: Decoder,
    /// Whether the compressed data has come to its end.
    is_over: bool,
    /// Whether the decompressor may hold more than it has given out: it takes being asked for nothing as an error.
    has_more: bool,
    piece: Vec<u8>,
}

impl ArchiveReader {
    /// The content of the file with this key.
    ///
    /// # Errors
    /// When the decompression cannot be set up.
    pub fn new(key: FileKey) -> Result<Self, ArchiveError> {
        let mut decompressor = Decompressor::new().map_err(ArchiveError::Compression)?;
        let limit = DParameter::WindowLogMax(MAX_WINDOW);
        decompressor.set_parameter(limit).map_err(ArchiveError::Compression)?;
        Ok(Self {
            opener: Some(Opener::new(key)),
            decompressor,
            compressed: Vec::new(),
            at: 0,
            frames: Decoder::default(),
            is_over: false,
            has_more: false,
            piece: vec![0; PIECE],
        })
    }

    /// Takes what comes after the header. Then ask for [`Self::next_frame`] until there is none.
    ///
    /// # Errors
    /// When it was changed.
    pub fn push(&mut self, sealed: &[u8]) -> Result<(), ArchiveError> {
        let opener = self.opener.as_mut().ok_or(AgeError::Changed)?;
        let plain = opener.push(sealed)?;
        self.take(&plain);
        Ok(())
    }

    /// The file has come to its end. Then ask for [`Self::next_frame`] until there is none; the last is [`Frame::End`].
    ///
    /// # Errors
    /// When something is missing.
    pub fn finish(&mut self) -> Result<(), ArchiveError> {
        let plain = self.opener.take().ok_or(AgeError::CutShort)?.finish()?;
        self.take(&plain);
        Ok(())
    }

    fn take(&mut self, plain: &[u8]) {
        self.compressed.drain(..self.at);
        self.at = 0;
        self.compressed.extend_from_slice(plain);
    }

    /// The next frame, if it is there.
    ///
    /// # Errors
    /// When the content is not what [`super::ArchiveWriter`] writes.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, ArchiveError> {
        loop {
            if let Some(frame) = self.frames.next_frame()? {
                return Ok(Some(frame));
            }
            if self.at == self.compressed.len() && !self.has_more {
                return Ok(None);
            }
            if self.is_over {
                // Nothing comes after the end.
                return Err(crate::stream::InvalidStream.into());
            }
            let mut input = InBuffer::around(&self.compressed[self.at..]);
            let mut output = OutBuffer::around(&mut self.piece[..]);
            let left = self.decompressor.run(&mut input, &mut output).map_err(ArchiveError::Compression)?;
            let (read, written) = (input.pos(), output.pos());
            self.at += read;
            (self.is_over, self.has_more) = (left == 0, left > 0 && written == PIECE);
            self.frames.push(&self.piece[..written]);
        }
    }
}

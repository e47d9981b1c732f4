//! How a source's rows travel to who writes them: frames of a kind, a length and a content.
//!
//! ```text
//! stream  = head, *( table, *rows, end of table ), [ summary ], end
//! frame   = kind (1 byte), length (4 bytes, big-endian), content
//! ```
//!
//! A stream without its end is no stream: whoever was cut off has sent nothing.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize};

/// The media type.
pub const MEDIA_TYPE: &str = "application/vnd.kiavi.import";
/// Longest content of a frame, in bytes.
pub const MAX_FRAME: usize = 1024 * 1024;

const HEADER: usize = 5;
const HEAD: u8 = 1;
const TABLE: u8 = 2;
const ROWS: u8 = 3;
const END_OF_TABLE: u8 = 4;
const END: u8 = 5;
const SUMMARY: u8 = 6;

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// What comes, as JSON. First of all.
    Head(Bytes),
    /// Rows of this table follow.
    Table(String),
    /// A piece of COPY text, which may end anywhere in a row.
    Rows(Bytes),
    /// There were so many rows.
    EndOfTable(Count),
    /// What came, as JSON, for whoever checks it. After the tables, in archives.
    Summary(Bytes),
    /// That is all.
    End,
}

/// How many rows a table had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Rows.
    pub rows: u64,
}

/// What was sent is no such stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stream is not what this program writes")]
pub struct InvalidStream;

impl Frame {
    /// The frame as bytes.
    pub fn encode(&self) -> Bytes {
        let (kind, content): (u8, Bytes) = match self {
            Self::Head(json) => (HEAD, json.clone()),
            Self::Table(name) => (TABLE, name.clone().into()),
            Self::Rows(piece) => (ROWS, piece.clone()),
            Self::EndOfTable(count) => (END_OF_TABLE, count.rows.to_be_bytes().to_vec().into()),
            Self::Summary(json) => (SUMMARY, json.clone()),
            Self::End => (END, Bytes::new()),
        };
        let mut bytes = BytesMut::with_capacity(HEADER + content.len());
        bytes.put_u8(kind);
        bytes.put_u32(u32::try_from(content.len()).unwrap_or(u32::MAX));
        bytes.put(content);
        bytes.freeze()
    }

    fn decode(kind: u8, content: Bytes) -> Result<Self, InvalidStream> {
        match kind {
            HEAD => Ok(Self::Head(content)),
            TABLE => String::from_utf8(content.into()).map(Self::Table).map_err(|_| InvalidStream),
            ROWS => Ok(Self::Rows(content)),
            END_OF_TABLE => {
                let rows = <[u8; 8]>::try_from(&*content).map_err(|_| InvalidStream)?;
                Ok(Self::EndOfTable(Count { rows: u64::from_be_bytes(rows) }))
            }
            SUMMARY => Ok(Self::Summary(content)),
            END if content.is_empty() => Ok(Self::End),
            _ => Err(InvalidStream),
        }
    }
}

/// Puts frames together from bytes that arrive in any pieces. Holds one frame and one piece at most.
#[derive(Debug, Default)]
pub struct Decoder(BytesMut);

impl Decoder {
    /// Takes what has arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// The next frame, once it is complete.
    ///
    /// # Errors
    /// When there is something else.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, InvalidStream> {
        let Some((header, _)) = self.0.split_first_chunk::<HEADER>() else { return Ok(None) };
        let [kind, length @ ..] = *header;
        let length = usize::try_from(u32::from_be_bytes(length)).map_err(|_| InvalidStream)?;
        if length > MAX_FRAME {
            return Err(InvalidStream);
        }
        if self.0.len() < HEADER + length {
            return Ok(None);
        }
        self.0.advance(HEADER);
        Frame::decode(kind, self.0.split_to(length).freeze()).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(bytes: &[u8], size: usize) -> Result<Vec<Frame>, InvalidStream> {
        let (mut decoder, mut frames) = (Decoder::default(), Vec::new());
        for piece in bytes.chunks(size) {
            decoder.push(piece);
            while let Some(frame) = decoder.next_frame()? {
                frames.push(frame);
            }
        }
        Ok(frames)
    }

    proptest! {
        #[test]
        fn frames_arrive_in_whatever_pieces(rows: Vec<u8>, name in "[a-z]{1,9}", count: u64, size in 1usize..40) {
            let frames = [
                Frame::Head(Bytes::from_static(b"{}")),
                Frame::Table(name),
                Frame::Rows(rows.into()),
                Frame::EndOfTable(Count { rows: count }),
                Frame::Summary(Bytes::from_static(b"{}")),
                Frame::End,
            ];
            let bytes: Vec<u8> = frames.iter().flat_map(Frame::encode).collect();
            prop_assert_eq!(decoded(&bytes, size), Ok(frames.to_vec()));
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = decoded(&bytes, 7);
        }
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        for bytes in
            [&[9, 0, 0, 0, 0][..], &[ROWS, 0xff, 0, 0, 0], &[END, 0, 0, 0, 1, 0], &[TABLE, 0, 0, 0, 1, 0xff]]
        {
            assert_eq!(decoded(bytes, 64), Err(InvalidStream), "{bytes:?}");
        }
    }
}

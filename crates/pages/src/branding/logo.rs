//! A tenant's logo: a small picture of dots, kept in the settings and served from the tenant's own host.
//!
//! No SVG, which is a program as much as a picture, and nothing that is loaded from elsewhere. What is taken is only what
//! these few checks understand from end to end; no picture is ever decoded here.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

/// Bytes of a logo: with one, all that a first visit loads stays below 50 kB.
pub const LOGO_LIMIT: usize = 8 * 1024;
/// The longest side in pixels.
const LONGEST: u32 = 1_024;
/// The shortest side in pixels.
const SHORTEST: u32 = 16;

/// A picture that was checked; base64 of the file in the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Logo {
    bytes: Vec<u8>,
    kind: Kind,
    size: (u32, u32),
}

/// A format of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Png,
    Jpeg,
    WebP,
}

/// Why a file is no logo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogoFault {
    /// The text in the settings is no file.
    #[error("a logo is the base64 of a file")]
    Base64,
    /// Too many bytes.
    #[error("a logo has at most 8 KiB; save it smaller, 400 pixels wide are enough")]
    TooLarge,
    /// Not a whole picture of a format that we take.
    #[error("a logo is a PNG, JPEG or WebP file")]
    Format,
    /// It moves.
    #[error("a logo does not move")]
    Animated,
    /// Too small or too large to show.
    #[error("a logo has 16 to 1,024 pixels on each side")]
    Size,
}

impl Logo {
    /// Checks a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(bytes: Vec<u8>) -> Result<Self, LogoFault> {
        if bytes.len() > LOGO_LIMIT {
            return Err(LogoFault::TooLarge);
        }
        let (kind, size) = match bytes.as_slice() {
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, chunks @ ..] => (Kind::Png, png(chunks)?),
            [0xff, 0xd8, segments @ ..] => (Kind::Jpeg, jpeg(segments).ok_or(LogoFault::Format)?),
            [b'R', b'I', b'F', b'F', rest @ ..] => (Kind::WebP, webp(rest)?),
            _ => return Err(LogoFault::Format),
        };
        let fits = |side| (SHORTEST..=LONGEST).contains(&side);
        if fits(size.0) && fits(size.1) { Ok(Self { bytes, kind, size }) } else { Err(LogoFault::Size) }
    }

    /// The file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its `Content-Type`.
    pub const fn content_type(&self) -> &'static str {
        match self.kind {
            Kind::Png => "image/png",
            Kind::Jpeg => "image/jpeg",
            Kind::WebP => "image/webp",
        }
    }

    /// What its name ends in.
    pub(super) const fn extension(&self) -> &'static str {
        match self.kind {
            Kind::Png => "png",
            Kind::Jpeg => "jpg",
            Kind::WebP => "webp",
        }
    }

    /// Width and height in pixels.
    pub const fn size(&self) -> (u32, u32) {
        self.size
    }

    /// The file as text.
    pub fn base64(&self) -> String {
        STANDARD.encode(&self.bytes)
    }
}

impl TryFrom<String> for Logo {
    type Error = LogoFault;

    fn try_from(text: String) -> Result<Self, LogoFault> {
        Self::new(STANDARD.decode(text.trim()).map_err(|_| LogoFault::Base64)?)
    }
}

impl From<Logo> for String {
    fn from(logo: Logo) -> Self {
        logo.base64()
    }
}

/// The size that a PNG says, if its chunks go on to its last byte (PNG Third Edition §5).
fn png(mut chunks: &[u8]) -> Result<(u32, u32), LogoFault> {
    let mut size = None;
    loop {
        let (head, rest) = chunks.split_first_chunk::<8>().ok_or(LogoFault::Format)?;
        let [a, b, c, d, name @ ..] = *head;
        let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).map_err(|_| LogoFault::Format)?;
        let end = length.checked_add(4).ok_or(LogoFault::Format)?;
        let (body, next) = rest.split_at_checked(end).ok_or(LogoFault::Format)?;
        match (&name, size) {
            (b"IHDR", None) if length == 13 => size = Some((be(body, 0)?, be(body, 4)?)),
            (b"acTL", _) => return Err(LogoFault::Animated),
            (b"IEND", Some(size)) if next.is_empty() => return Ok(size),
            (b"IEND", _) | (_, None) => return Err(LogoFault::Format),
            _ => {}
        }
        chunks = next;
    }
}

fn be(bytes: &[u8], at: usize) -> Result<u32, LogoFault> {
    let four = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()).ok_or(LogoFault::Format)?;
    Ok(u32::from_be_bytes(*four))
}

/// The size in the frame header of a JPEG that ends where it says (ITU-T T.81 §B.2).
fn jpeg(mut segments: &[u8]) -> Option<(u32, u32)> {
    if !segments.ends_with(&[0xff, 0xd9]) {
        return None;
    }
    loop {
        let [0xff, marker, high, low, ..] = *segments else { return None };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let body = segments.get(4..length.checked_add(2)?)?;
        // SOF0 to SOF15, without the three of these numbers that are other segments.
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            let [_, y1, y0, x1, x0, ..] = *body else { return None };
            return Some((u16::from_be_bytes([x1, x0]).into(), u16::from_be_bytes([y1, y0]).into()));
        }
        segments = &segments[length + 2..];
    }
}

/// The size of a still WebP that ends where it says (RFC 9649 §2).
fn webp(rest: &[u8]) -> Result<(u32, u32), LogoFault> {
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(LogoFault::Format)?;
    if usize::try_from(u32::from_le_bytes(*length)).ok() != Some(rest.len()) {
        return Err(LogoFault::Format);
    }
    let chunk = rest.strip_prefix(b"WEBP").and_then(|chunks| chunks.split_first_chunk::<8>());
    let (head, data) = chunk.ok_or(LogoFault::Format)?;
    match (&head[..4], data) {
        // Lossy: a key frame has its start code and its size in the first ten bytes (RFC 6386 §9.1).
        (b"VP8 ", [_, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1, ..]) => {
            let side = |low: &u8, high: &u8| u32::from(u16::from_le_bytes([*low, *high]) & 0x3fff);
            Ok((side(w0, w1), side(h0, h1)))
        }
        // Lossless: fourteen bits each, less one (RFC 9649 §3.4).
        (b"VP8L", [0x2f, a, b, c, d, ..]) => {
            let bits = u32::from_le_bytes([*a, *b, *c, *d]);
            Ok(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1))
        }
        // Extended: flags, three reserved bytes, three bytes each, less one (RFC 9649 §2.7).
        (b"VP8X", [flags, _, _, _, w0, w1, w2, h0, h1, h2, ..]) => {
            let side = |a: &u8, b: &u8, c: &u8| u32::from_le_bytes([*a, *b, *c, 0]) + 1;
            if flags & 0b10 != 0 {
                Err(LogoFault::Animated)
            } else {
                Ok((side(w0, w1, w2), side(h0, h1, h2)))
            }
        }
        _ => Err(LogoFault::Format),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        [&length[..], name, body, &[0; 4]].concat()
    }

    fn png_of(width: u32, height: u32, more: &[u8]) -> Vec<u8> {
        let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
        let start = b"\x89PNG\r\n\x1a\n".to_vec();
        [start, chunk(b"IHDR", &head), more.to_vec(), chunk(b"IEND", b"")].concat()
    }

    fn jpeg_of(width: u16, height: u16) -> Vec<u8> {
        let [w, h] = [width.to_be_bytes(), height.to_be_bytes()];
        let frame = [&[0xff, 0xc0, 0, 8, 8][..], &h, &w, &[1]].concat();
        [&[0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2][..], &frame, &[0xff, 0xda, 0, 2, 7, 7, 0xff, 0xd9]].concat()
    }

    fn webp_of(chunk: &[u8]) -> Vec<u8> {
        let rest = [b"WEBP", chunk].concat();
        [b"RIFF", &u32::try_from(rest.len()).unwrap().to_le_bytes()[..], &rest].concat()
    }

    #[test]
    fn the_three_formats_say_their_size() {
        let lossy = b"VP8 \0\0\0\0\x10\0\0\x9d\x01\x2a\x40\x01\x60\0rest";
        let lossless = [&b"VP8L\0\0\0\0\x2f"[..], &((319u32) | (95 << 14)).to_le_bytes()].concat();
        let extended = b"VP8X\0\0\0\0\x10\0\0\0\x3f\x01\0\x5f\0\0";
        for (file, kind) in [
            (png_of(320, 96, b""), "image/png"),
            (jpeg_of(320, 96), "image/jpeg"),
            (webp_of(lossy), "image/webp"),
            (webp_of(&lossless), "image/webp"),
            (webp_of(extended), "image/webp"),
        ] {
            let logo = Logo::new(file).unwrap();
            assert_eq!((logo.size(), logo.content_type()), ((320, 96), kind));
            assert_eq!(Logo::try_from(logo.base64()), Ok(logo));
        }
    }

    #[test]
    fn what_is_no_still_picture_of_a_fit_size_is_refused() {
        let trailing = [png_of(32, 32, b""), b"<script>".to_vec()].concat();
        for (file, fault) in [
            (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec(), LogoFault::Format),
            (b"GIF89a\x20\0\x20\0".to_vec(), LogoFault::Format),
            (trailing, LogoFault::Format),
            (b"\x89PNG\r\n\x1a\n".to_vec(), LogoFault::Format),
            (png_of(32, 32, &chunk(b"acTL", &[0; 8])), LogoFault::Animated),
            (png_of(15, 32, b""), LogoFault::Size),
            (png_of(32, 1_025, b""), LogoFault::Size),
            (png_of(u32::MAX, u32::MAX, b""), LogoFault::Size),
            (webp_of(b"VP8X\0\0\0\0\x02\0\0\0\x3f\x01\0\x5f\0\0"), LogoFault::Animated),
            (png_of(32, 32, &chunk(b"IDAT", &[0; LOGO_LIMIT])), LogoFault::TooLarge),
        ] {
            assert_eq!(Logo::new(file), Err(fault));
        }
        assert_eq!(Logo::try_from("data:image/png;base64,AAAA".to_owned()), Err(LogoFault::Base64));
    }

    proptest! {
        #[test]
        fn no_file_panics(start in 0..4usize, rest in proptest::collection::vec(any::<u8>(), 0..200)) {
            let starts: [&[u8]; 4] = [b"\x89PNG\r\n\x1a\n", &[0xff, 0xd8], b"RIFF", b""];
            let _ = Logo::new([starts[start], &rest].concat());
        }
    }
}

//! The payload: chunks of 64 KiB, sealed with ChaCha20-Poly1305 under a counter and a mark for the last (STREAM).

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use kiavi_base::{Rng, random_bytes};

use super::{AgeError, FileKey, derive};

/// Plaintext of a chunk that is not the last, in bytes.
pub const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
const SALT: usize = 16;

/// The key of a payload, and how many chunks it has sealed or opened.
struct Chunks {
    key: LessSafeKey,
    number: u64,
}

impl Chunks {
    #[allow(clippy::expect_used, reason = "ChaCha20-Poly1305 takes every 32-byte key")]
    fn new(file_key: &FileKey, salt: &[u8]) -> Self {
        let key = derive(file_key.expose(), salt, b"payload");
        let key = UnboundKey::new(&CHACHA20_POLY1305, &*key).expect("the length is the algorithm's");
        Self { key: LessSafeKey::new(key), number: 0 }
    }

    /// The nonce of the next chunk: eleven bytes of counter, one that says whether it is the last.
    fn nonce(&mut self, is_last: bool) -> Nonce {
        let mut nonce = [0; 12];
        nonce[3..11].copy_from_slice(&self.number.to_be_bytes());
        nonce[11] = u8::from(is_last);
        self.number += 1;
        Nonce::assume_unique_for_key(nonce)
    }

    #[allow(clippy::expect_used, reason = "sealing fails only past 2^38 bytes")]
    fn seal(&mut self, mut chunk: Vec<u8>, is_last: bool) -> Vec<u8> {
        let nonce = self.nonce(is_last);
        self.key
            .seal_in_place_append_tag(nonce, Aad::empty(), &mut chunk)
            .expect("a chunk is far below the limit");
        chunk
    }

    fn open(&mut self, chunk: &mut Vec<u8>, is_last: bool) -> Result<(), AgeError> {
        let nonce = self.nonce(is_last);
        let opened = self.key.open_in_place(nonce, Aad::empty(), chunk);
        let length = opened.map_err(|_| AgeError::Changed)?.len();
        chunk.truncate(length);
        Ok(())
    }
}

/// Writes a payload. Holds one chunk.
pub struct Sealer {
    chunks: Chunks,
    plain: Vec<u8>,
    sealed: Vec<u8>,
}

impl Sealer {
    /// The payload of a new file.
    pub fn new(key: &FileKey, rng: &dyn Rng) -> Self {
        let salt: [u8; SALT] = random_bytes(rng);
        Self { chunks: Chunks::new(key, &salt), plain: Vec::new(), sealed: salt.to_vec() }
    }

    /// Takes plaintext; what of the file is ready.
    pub fn push(&mut self, plain: &[u8]) -> Vec<u8> {
        self.plain.extend_from_slice(plain);
        // A chunk is sealed when something is known to follow it: only then it is known not to be the last.
        while self.plain.len() > CHUNK {
            let rest = self.plain.split_off(CHUNK);
            let chunk = std::mem::replace(&mut self.plain, rest);
            self.sealed.extend(self.chunks.seal(chunk, false));
        }
        std::mem::take(&mut self.sealed)
    }

    /// The rest of the file.
    pub fn finish(mut self) -> Vec<u8> {
        let last = self.chunks.seal(self.plain, true);
        self.sealed.extend(last);
        self.sealed
    }
}

/// Reads a payload. Gives out nothing that is not proved to be what was sealed, and holds two chunks at most.
pub struct Opener {
    key: FileKey,
    chunks: Option<Chunks>,
    sealed: Vec<u8>,
}

impl Opener {
    /// The payload of a file.
    pub fn new(key: FileKey) -> Self {
        Self { key, chunks: None, sealed: Vec::new() }
    }

    /// Takes what comes after the header, in any pieces; the plaintext that is certain.
    ///
    /// # Errors
    /// [`AgeError::Changed`].
    pub fn push(&mut self, sealed: &[u8]) -> Result<Vec<u8>, AgeError> {
        self.sealed.extend_from_slice(sealed);
        let chunks = match &mut self.chunks {
            Some(chunks) => chunks,
            None if self.sealed.len() < SALT => return Ok(Vec::new()),
            None => {
                let rest = self.sealed.split_off(SALT);
                let salt = std::mem::replace(&mut self.sealed, rest);
                self.chunks.insert(Chunks::new(&self.key, &salt))
            }
        };
        let mut plain = Vec::new();
        while self.sealed.len() > CHUNK + TAG {
            let rest = self.sealed.split_off(CHUNK + TAG);
            let mut chunk = std::mem::replace(&mut self.sealed, rest);
            chunks.open(&mut chunk, false)?;
            plain.append(&mut chunk);
        }
        Ok(plain)
    }

    /// The end of the plaintext, once there is nothing more.
    ///
    /// # Errors
    /// [`AgeError::CutShort`] when something is missing.
    pub fn finish(self) -> Result<Vec<u8>, AgeError> {
        let mut chunks = self.chunks.ok_or(AgeError::CutShort)?;
        let (mut last, is_first) = (self.sealed, chunks.number == 0);
        if last.len() < TAG {
            return Err(AgeError::CutShort);
        }
        // Whether it was changed or something is missing after it cannot be told apart.
        chunks.open(&mut last, true).map_err(|_| AgeError::CutShort)?;
        // Only a file without content ends with an empty chunk (age.md, "Payload").
        if last.is_empty() && !is_first { Err(AgeError::Changed) } else { Ok(last) }
    }
}

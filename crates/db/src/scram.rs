//! No password for a server that asks for it in another way than by SCRAM.
//!
//! The driver would answer a request for the password itself, or for its MD5. And a server that lets everybody in has
//! not shown that it knows the password either, which SCRAM has both sides do (RFC 5802 §3).

use std::io;

/// A request for authentication: `R`, four bytes of length, four bytes of method (PostgreSQL manual §55.7).
const REQUEST: u8 = b'R';
const REQUEST_BYTES: usize = 9;
/// AuthenticationSASL.
const SASL: [u8; 4] = [0, 0, 0, 10];

/// The server wants something else than SCRAM.
#[derive(Debug, thiserror::Error)]
#[error("the server does not ask for SCRAM-SHA-256")]
pub(crate) struct NotScram;

/// Looks at the server's first message, which may arrive in any pieces.
#[derive(Debug, Default)]
pub(crate) struct ScramOnly {
    seen: Vec<u8>,
}

impl ScramOnly {
    /// Takes what was read, before the driver does. `true` once nothing more needs to be looked at.
    ///
    /// # Errors
    /// When the first message asks for anything but SASL, whose one mechanism here is SCRAM.
    pub(crate) fn look_at(&mut self, read: &[u8]) -> io::Result<bool> {
        let missing = REQUEST_BYTES - self.seen.len();
        self.seen.extend_from_slice(&read[..read.len().min(missing)]);
        match self.seen.as_slice() {
            // Nothing yet, or the end of the stream.
            [] => Ok(false),
            [REQUEST, ..] if self.seen.len() < REQUEST_BYTES => Ok(false),
            [REQUEST, .., a, b, c, d] if [*a, *b, *c, *d] != SASL => Err(io::Error::other(NotScram)),
            // An error's report, for the driver to read.
            _ => Ok(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(pieces: &[&[u8]]) -> Result<bool, String> {
        let mut guard = ScramOnly::default();
        let mut is_done = false;
        for piece in pieces {
            is_done = guard.look_at(piece).map_err(|error| error.to_string())?;
        }
        Ok(is_done)
    }

    #[test]
    fn only_scram_passes_in_whatever_pieces() {
        let sasl = b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0";
        assert_eq!(verdict(&[sasl]), Ok(true));
        assert_eq!(verdict(&[&sasl[..1], &sasl[1..8], &sasl[8..]]), Ok(true));
        assert_eq!(verdict(&[&sasl[..8]]), Ok(false));
        assert_eq!(verdict(&[b"E\0\0\0\x10SFATAL\0"]), Ok(true));
        for other in [0_u8, 3, 5, 7] {
            let request = [b'R', 0, 0, 0, 8, 0, 0, 0, other];
            assert!(verdict(&[&request]).is_err(), "{other}");
            assert!(verdict(&[&request[..5], &request[5..]]).is_err(), "{other}");
        }
    }
}

//! The name in a TLS ClientHello, which stays in the socket (RFC 8446 §4.1.2, RFC 6066 §3).
//!
//! A parser of our own, because this process has nothing of cryptography in it, and rustls, which has one, cannot be
//! without. It reads no more than it needs; the engine's rustls judges the rest. A test compares the two.

use kiavi_base::Hostname;

use crate::peek::{Glance, MAX_PEEK_BYTES};

/// RFC 8446 §5.1: the content type of handshake records, and the bytes of a record's head.
const HANDSHAKE: u8 = 22;
const RECORD_HEAD: usize = 5;
/// RFC 8446 §5.1: the most bytes of one record.
const MAX_RECORD: usize = 1 << 14;
/// RFC 8446 §4: the type of this message, and the bytes of a message's head.
const CLIENT_HELLO: u8 = 1;
const MESSAGE_HEAD: usize = 4;
/// RFC 8446 §4.1.2: the version and the random bytes that a hello begins with.
const VERSION_AND_RANDOM: usize = 2 + 32;
/// RFC 6066 §1.1 and §3: the extension, and the one type of name that there is.
const SERVER_NAME: u16 = 0;
const HOST_NAME: u8 = 0;

/// Why there is no name.
#[derive(Debug, PartialEq, Eq)]
enum Refused {
    /// It is none, or not one that can be served.
    Nameless,
    /// It is no ClientHello.
    Malformed,
}

/// Reads the name that the client wants from the first bytes of a TLS connection: one ClientHello, in however many
/// records (RFC 8446 §5.1).
pub(crate) fn glance(bytes: &[u8]) -> Glance {
    let unfinished = || if bytes.len() < MAX_PEEK_BYTES { Glance::Unfinished } else { Glance::Unusable };
    let message = match reassembled(bytes) {
        Ok(Some(message)) => message,
        Ok(None) => return unfinished(),
        Err(_) => return Glance::Unusable,
    };
    match server_name(&message) {
        Ok(name) => Glance::Host(name),
        Err(Refused::Nameless) => Glance::Nameless,
        Err(Refused::Malformed) => Glance::Unusable,
    }
}

/// The body of the first handshake message; `None` while it is not complete.
fn reassembled(bytes: &[u8]) -> Result<Option<Vec<u8>>, Refused> {
    let (mut rest, mut message) = (bytes, Vec::new());
    loop {
        // What is known to be wrong is wrong at once, not when the record is complete.
        if rest.first().is_some_and(|kind| *kind != HANDSHAKE) || rest.get(1).is_some_and(|major| *major != 3)
        {
            return Err(Refused::Malformed);
        }
        let Some((head, more)) = rest.split_first_chunk::<RECORD_HEAD>() else { return Ok(None) };
        let length = usize::from(u16::from_be_bytes([head[3], head[4]]));
        if length == 0 || length > MAX_RECORD {
            return Err(Refused::Malformed);
        }
        let (fragment, more) = more.split_at(length.min(more.len()));
        let is_whole = fragment.len() == length;
        message.extend_from_slice(fragment);
        if message.first().is_some_and(|kind| *kind != CLIENT_HELLO) {
            return Err(Refused::Malformed);
        }
        if let Some(head) = message.first_chunk::<MESSAGE_HEAD>() {
            let length = u32::from_be_bytes([0, head[1], head[2], head[3]]) as usize;
            if length > MAX_PEEK_BYTES {
                return Err(Refused::Malformed);
            }
            if message.len() >= MESSAGE_HEAD + length {
                // RFC 8446 §5.1: nothing follows a hello in its flight, and keys change with it.
                let is_alone = message.len() == MESSAGE_HEAD + length;
                message.drain(..MESSAGE_HEAD);
                return if is_alone { Ok(Some(message)) } else { Err(Refused::Malformed) };
            }
        }
        if !is_whole {
            return Ok(None);
        }
        rest = more;
    }
}

/// The name in a ClientHello's body.
fn server_name(hello: &[u8]) -> Result<Hostname, Refused> {
    let mut hello = Reader(hello);
    hello.take(VERSION_AND_RANDOM)?;
    // legacy_session_id, cipher_suites, legacy_compression_methods.
    hello.short_vector()?;
    hello.vector()?;
    hello.short_vector()?;
    // TLS 1.2 knows of hellos without extensions (RFC 5246 §7.4.1.2).
    if hello.0.is_empty() {
        return Err(Refused::Nameless);
    }
    let mut extensions = Reader(hello.vector()?);
    hello.end()?;
    let mut names = None;
    while !extensions.0.is_empty() {
        let (kind, content) = (extensions.number()?, extensions.vector()?);
        // RFC 8446 §4.2: no extension comes twice.
        if kind == SERVER_NAME && names.replace(content).is_some() {
            return Err(Refused::Malformed);
        }
    }
    let mut extension = Reader(names.ok_or(Refused::Nameless)?);
    let mut list = Reader(extension.vector()?);
    extension.end()?;
    // RFC 6066 §3: one name of each type, and there is one type.
    let (kind, name) = (list.take(1)?, list.vector()?);
    list.end()?;
    if kind != [HOST_NAME] {
        return Err(Refused::Malformed);
    }
    let name = std::str::from_utf8(name).map_err(|_| Refused::Malformed)?;
    name.to_ascii_lowercase().parse().map_err(|_| Refused::Nameless)
}

/// Bytes that are read from the front (RFC 8446 §3).
struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, length: usize) -> Result<&'b [u8], Refused> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Refused::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    /// A number of two bytes.
    fn number(&mut self) -> Result<u16, Refused> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Refused::Malformed)?;
        self.0 = rest;
        Ok(u16::from_be_bytes(*taken))
    }

    /// A vector whose length has one byte.
    fn short_vector(&mut self) -> Result<&'b [u8], Refused> {
        let length = self.take(1)?[0];
        self.take(length.into())
    }

    /// A vector whose length has two bytes.
    fn vector(&mut self) -> Result<&'b [u8], Refused> {
        let length = self.number()?;
        self.take(length.into())
    }

    fn end(&self) -> Result<(), Refused> {
        if self.0.is_empty() { Ok(()) } else { Err(Refused::Malformed) }
    }
}

#[cfg(test)]
mod tests;

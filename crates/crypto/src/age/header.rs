//! The header: who can open the file.

use aws_lc_rs::hmac;
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use secrecy::zeroize::Zeroizing;

use super::{AgeError, FileKey, derive};

/// Longest header that is read, in bytes.
pub const HEADER_LIMIT: usize = 64 * 1024;

const VERSION: &str = "age-encryption.org/v1\n";
const STANZA: &str = "-> ";
const FOOTER: &str = "---";
/// Characters of a full line of a stanza's body.
const COLUMNS: usize = 64;

/// Canonical Base64 without padding (age.md, "ABNF definition of file header").
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// The file key, wrapped for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stanza {
    /// The kind of recipient, and what it needs to know to unwrap. Visible ASCII, and one at least.
    pub arguments: Vec<String>,
    /// The wrapped key.
    pub body: Vec<u8>,
}

/// A header that was read. Whether it is whole is known with the file key ([`Header::check`]).
#[derive(Debug, Clone)]
pub struct Header {
    /// For each recipient.
    pub stanzas: Vec<Stanza>,
    /// All that the code covers.
    covered: Vec<u8>,
    code: Vec<u8>,
}

impl Header {
    /// The header of a new file, as bytes.
    pub fn write(key: &FileKey, stanzas: &[Stanza]) -> Vec<u8> {
        let mut text = VERSION.to_owned();
        for Stanza { arguments, body } in stanzas {
            text.push_str(STANZA);
            text.push_str(&arguments.join(" "));
            text.push('\n');
            let body = BASE64.encode(body);
            let mut rest = body.as_str();
            // The last line is shorter than the others, and may be empty.
            while let Some((line, more)) = rest.split_at_checked(COLUMNS) {
                text.push_str(line);
                text.push('\n');
                rest = more;
            }
            text.push_str(rest);
            text.push('\n');
        }
        text.push_str(FOOTER);
        let code = hmac::sign(&code_key(key), text.as_bytes());
        format!("{text} {}\n", BASE64.encode(code)).into_bytes()
    }

    /// Reads the header at the beginning of `bytes`, and how long it is; `None` when more has to come first.
    ///
    /// # Errors
    /// [`AgeError::Format`] when there is none.
    pub fn read(bytes: &[u8]) -> Result<Option<(Self, usize)>, AgeError> {
        let begins = &VERSION.as_bytes()[..bytes.len().min(VERSION.len())];
        if !bytes.starts_with(begins) {
            return Err(AgeError::Format);
        }
        let Some(end) = end_of(bytes) else {
            return if bytes.len() < HEADER_LIMIT { Ok(None) } else { Err(AgeError::Format) };
        };
        let text = std::str::from_utf8(&bytes[..end]).map_err(|_| AgeError::Format)?;
        Ok(Some((Self::parse(text).ok_or(AgeError::Format)?, end)))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_prefix(VERSION)?.strip_suffix('\n')?.split('\n').peekable();
        let mut stanzas = Vec::new();
        while let Some(line) = lines.next_if(|line| line.starts_with(STANZA)) {
            let arguments: Vec<_> = line[STANZA.len()..].split(' ').map(str::to_owned).collect();
            let is_plain = |argument: &String| {
                !argument.is_empty() && argument.bytes().all(|byte| byte.is_ascii_graphic())
            };
            let mut body = String::new();
            loop {
                let line = lines.next()?;
                body.push_str(line);
                match line.len() {
                    COLUMNS => {}
                    0..COLUMNS => break,
                    _ => return None,
                }
            }
            let body = BASE64.decode(body).ok()?;
            arguments.iter().all(is_plain).then(|| stanzas.push(Stanza { arguments, body }))?;
        }
        let last = lines.next()?;
        let code = BASE64.decode(last.strip_prefix(FOOTER)?.strip_prefix(' ')?).ok()?;
        let covered = text.len() - 1 - last.len() + FOOTER.len();
        let is_whole = lines.next().is_none() && !stanzas.is_empty();
        is_whole.then(|| Self { stanzas, covered: text.as_bytes()[..covered].to_vec(), code })
    }

    /// Makes sure that the header is the one that was written with this key.
    ///
    /// # Errors
    /// [`AgeError::Header`].
    pub fn check(&self, key: &FileKey) -> Result<(), AgeError> {
        hmac::verify(&code_key(key), &self.covered, &self.code).map_err(|_| AgeError::Header)
    }
}

fn code_key(key: &FileKey) -> hmac::Key {
    let derived: Zeroizing<[u8; 32]> = derive(key.expose(), &[], b"header");
    hmac::Key::new(hmac::HMAC_SHA256, &*derived)
}

/// Where the header ends: after the line that begins with the footer.
fn end_of(bytes: &[u8]) -> Option<usize> {
    let limited = &bytes[..bytes.len().min(HEADER_LIMIT)];
    let footer = limited.windows(5).position(|window| window == b"\n--- ")? + 1;
    let line = limited[footer..].iter().position(|byte| *byte == b'\n')?;
    Some(footer + line + 1)
}

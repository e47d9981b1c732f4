//! The part of the DNS's wire format that a question for TXT records needs (RFC 1035 §4).

/// Bytes of a header (RFC 1035 §4.1.1).
const HEADER: usize = 12;
/// The longest name, in bytes (RFC 1035 §2.3.4).
const MAX_NAME: usize = 255;
/// The longest label, in bytes (RFC 1035 §2.3.4).
const MAX_LABEL: usize = 63;
/// The most CNAMEs that are gone through.
const MAX_ALIASES: usize = 8;

/// Types of records (RFC 1035 §3.2.2), and the class of the Internet (§3.2.4).
const CNAME: u16 = 5;
const TXT: u16 = 16;
const INTERNET: u16 = 1;

/// Bits of a header: an answer, its opcode, cut off, and its code.
const IS_ANSWER: u16 = 0x8000;
const OPCODE: u16 = 0x7800;
const IS_CUT_OFF: u16 = 0x0200;
const WANTS_RECURSION: u16 = 0x0100;
const CODE: u16 = 0x000f;

/// There is no such name (RFC 1035 §4.1.1).
const NO_SUCH_NAME: u16 = 3;

/// What a name server says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// The TXT records, of each the strings in a row.
    Texts(Vec<Vec<u8>>),
    /// There is no such name, or no such record.
    Absent,
    /// It does not know, with its code.
    Failed(u16),
}

/// The question for the TXT records of a name. `None` when it is none, or too long.
pub(super) fn query(name: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(HEADER + MAX_NAME + 4);
    // The number, the flags, one question and nothing else.
    for word in [0, WANTS_RECURSION, 1, 0, 0, 0] {
        bytes.extend_from_slice(&word.to_be_bytes());
    }
    for label in name.split('.') {
        let length =
            u8::try_from(label.len()).ok().filter(|length| (1..=MAX_LABEL).contains(&(*length).into()))?;
        bytes.push(length);
        bytes.extend_from_slice(label.as_bytes());
    }
    bytes.push(0);
    if bytes.len() - HEADER > MAX_NAME {
        return None;
    }
    bytes.extend_from_slice(&TXT.to_be_bytes());
    bytes.extend_from_slice(&INTERNET.to_be_bytes());
    Some(bytes)
}

/// Reads the answer to `query`. `None` when it is none: what is not understood to its end is not believed.
pub(super) fn parse(answer: &[u8], query: &[u8]) -> Option<Reply> {
    let mut reader = Reader { bytes: answer, at: 0 };
    let [number, flags, questions, answers, _, _] = [(); 6].map(|()| reader.word());
    let (number, flags, questions, answers) = (number?, flags?, questions?, answers?);
    let is_answer = flags & IS_ANSWER != 0 && flags & (OPCODE | IS_CUT_OFF) == 0;
    if !is_answer || number.to_be_bytes() != query.get(..2)? {
        return None;
    }
    match flags & CODE {
        0 => {}
        NO_SUCH_NAME => return Some(Reply::Absent),
        code => return Some(Reply::Failed(code)),
    }
    let asked = Reader { bytes: query, at: HEADER }.question()?;
    if questions != 1 || reader.question()? != asked {
        return None;
    }
    let records: Vec<_> = (0..answers).map(|_| reader.record()).collect::<Option<_>>()?;
    let name = canonical(&records, &asked.name);
    let texts = records.into_iter().filter(|record| record.name == name);
    let texts: Vec<_> = texts.filter_map(|record| record.text()).collect();
    Some(if texts.is_empty() { Reply::Absent } else { Reply::Texts(texts) })
}

/// Where the CNAMEs of an answer lead from a name (RFC 1034 §3.6.2).
fn canonical(records: &[Record<'_>], name: &[u8]) -> Vec<u8> {
    let mut name = name.to_vec();
    for _ in 0..MAX_ALIASES {
        let alias = records.iter().find(|record| record.name == name && record.target.is_some());
        match alias.and_then(|record| record.target.clone()) {
            Some(target) => name = target,
            None => break,
        }
    }
    name
}

/// A question (RFC 1035 §4.1.2).
#[derive(PartialEq, Eq)]
struct Question {
    name: Vec<u8>,
    kind: u16,
    class: u16,
}

/// A record of an answer (RFC 1035 §4.1.3).
struct Record<'a> {
    /// Whose, in lower case: names are compared without regard to it (RFC 4343).
    name: Vec<u8>,
    kind: u16,
    /// Of a CNAME.
    target: Option<Vec<u8>>,
    data: &'a [u8],
}

impl Record<'_> {
    /// The strings of a TXT record in a row (RFC 1035 §3.3.14). `None` when it is none.
    fn text(&self) -> Option<Vec<u8>> {
        if self.kind != TXT {
            return None;
        }
        let (mut text, mut rest) = (Vec::new(), self.data);
        while let Some((length, after)) = rest.split_first() {
            let (part, after) = after.split_at_checked(usize::from(*length))?;
            text.extend_from_slice(part);
            rest = after;
        }
        Some(text)
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(length)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn word(&mut self) -> Option<u16> {
        let bytes = self.take(2)?.first_chunk()?;
        Some(u16::from_be_bytes(*bytes))
    }

    fn question(&mut self) -> Option<Question> {
        Some(Question { name: self.name()?, kind: self.word()?, class: self.word()? })
    }

    fn record(&mut self) -> Option<Record<'a>> {
        let (name, kind, class) = (self.name()?, self.word()?, self.word()?);
        let _time_to_live = self.take(4)?;
        let length = usize::from(self.word()?);
        let start = self.at;
        let data = self.take(length)?;
        let kind = if class == INTERNET { kind } else { 0 };
        let target = match kind {
            CNAME => {
                let mut inside = Reader { bytes: self.bytes, at: start };
                let target = inside.name()?;
                // A name of another length than its record's is none.
                (inside.at == self.at).then_some(target)
            }
            _ => None,
        };
        Some(Record { name, kind, target, data })
    }

    /// A name without compression, in lower case. A pointer leads back, and further back than the one before (RFC 1035
    /// §4.1.4), so this ends.
    fn name(&mut self) -> Option<Vec<u8>> {
        let mut name = Vec::new();
        let (mut at, mut limit, mut after) = (self.at, self.at, None);
        loop {
            let length = *self.bytes.get(at)?;
            match length >> 6 {
                0 if length == 0 => {
                    self.at = after.unwrap_or(at + 1);
                    return Some(name);
                }
                0 => {
                    let label = self.bytes.get(at..at + 1 + usize::from(length))?;
                    name.extend(label.iter().map(u8::to_ascii_lowercase));
                    if name.len() >= MAX_NAME {
                        return None;
                    }
                    at += label.len();
                }
                3 => {
                    let low = *self.bytes.get(at + 1)?;
                    let target = usize::from(u16::from_be_bytes([length & 0x3f, low]));
                    if target >= limit {
                        return None;
                    }
                    after.get_or_insert(at + 2);
                    (at, limit) = (target, target);
                }
                // Reserved.
                _ => return None,
            }
        }
    }
}

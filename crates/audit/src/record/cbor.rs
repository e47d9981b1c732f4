//! Deterministic CBOR of JSON without floats (RFC 8949 §4.2.1).

use minicbor::{Decoder, Encoder, data::Type};
use serde_json::{Number, Value};

use super::Facts;

/// Deepest nesting of facts.
const MAX_DEPTH: usize = 16;

/// Why an event cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// There is a number that is no integer of 64 bits.
    #[error("facts of an event have no fractions")]
    Float,
    /// Nobody needs that, and a decoder would have to follow it.
    #[error("facts of an event are nested at most {MAX_DEPTH} deep")]
    Depth,
    /// An entry of a log has a length of 16 bits (C2SP tlog-tiles).
    #[error("an event has at most 65535 bytes")]
    Length,
}

/// Why bytes are no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// They are not the encoding of anything that is an event.
    #[error("it is not an event of a known version")]
    Malformed,
    /// They mean an event, written in another way than the one that there is.
    #[error("it is an event in an encoding that is not deterministic")]
    NotDeterministic,
}

impl From<minicbor::decode::Error> for DecodeError {
    fn from(_: minicbor::decode::Error) -> Self {
        Self::Malformed
    }
}

/// Writing to a vector does not fail, so neither do these.
pub(super) struct Writer(Encoder<Vec<u8>>);

/// What `minicbor` says of a vector.
type Written<'a> = Result<&'a mut Encoder<Vec<u8>>, minicbor::encode::Error<std::convert::Infallible>>;

fn infallible(written: Written<'_>) {
    // The only other variant of the error is a message of a custom encoder, and there is none.
    debug_assert!(written.is_ok());
}

impl Writer {
    pub(super) fn new() -> Self {
        Self(Encoder::new(Vec::with_capacity(512)))
    }

    pub(super) fn array(&mut self, length: usize) {
        infallible(self.0.array(length as u64));
    }

    pub(super) fn text(&mut self, text: &str) {
        infallible(self.0.str(text));
    }

    pub(super) fn optional_text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => infallible(self.0.null()),
        }
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        infallible(self.0.bytes(bytes));
    }

    pub(super) fn integer(&mut self, number: i64) {
        infallible(self.0.i64(number));
    }

    pub(super) fn optional_facts(&mut self, facts: Option<&Facts>) -> Result<(), EncodeError> {
        match facts {
            Some(facts) => self.map(facts, 0),
            None => {
                infallible(self.0.null());
                Ok(())
            }
        }
    }

    pub(super) fn map(&mut self, facts: &Facts, depth: usize) -> Result<(), EncodeError> {
        if depth > MAX_DEPTH {
            return Err(EncodeError::Depth);
        }
        infallible(self.0.map(facts.len() as u64));
        let mut entries: Vec<_> = facts.iter().collect();
        // §4.2.1: by the bytes of the encoded keys. A longer text has a greater head, so length comes first.
        entries.sort_unstable_by(|(a, _), (b, _)| (a.len(), a.as_bytes()).cmp(&(b.len(), b.as_bytes())));
        for (key, value) in entries {
            self.text(key);
            self.value(value, depth + 1)?;
        }
        Ok(())
    }

    fn value(&mut self, value: &Value, depth: usize) -> Result<(), EncodeError> {
        if depth > MAX_DEPTH {
            return Err(EncodeError::Depth);
        }
        match value {
            Value::Null => infallible(self.0.null()),
            Value::Bool(is) => infallible(self.0.bool(*is)),
            Value::Number(number) => self.number(number)?,
            Value::String(text) => self.text(text),
            Value::Array(items) => {
                self.array(items.len());
                items.iter().try_for_each(|item| self.value(item, depth + 1))?;
            }
            Value::Object(facts) => self.map(facts, depth)?,
        }
        Ok(())
    }

    fn number(&mut self, number: &Number) -> Result<(), EncodeError> {
        match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => infallible(self.0.u64(number)),
            (None, Some(number)) => infallible(self.0.i64(number)),
            (None, None) => return Err(EncodeError::Float),
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0.into_writer()
    }
}

/// Reads what [`Writer`] writes, and more: whoever calls encodes again and compares.
pub(super) struct Reader<'b>(Decoder<'b>);

impl<'b> Reader<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self(Decoder::new(bytes))
    }

    pub(super) fn array(&mut self) -> Result<u64, DecodeError> {
        self.0.array()?.ok_or(DecodeError::NotDeterministic)
    }

    pub(super) fn text(&mut self) -> Result<&'b str, DecodeError> {
        Ok(self.0.str()?)
    }

    pub(super) fn optional_text(&mut self) -> Result<Option<String>, DecodeError> {
        if self.is_null()? { Ok(None) } else { Ok(Some(self.text()?.to_owned())) }
    }

    pub(super) fn bytes(&mut self) -> Result<&'b [u8], DecodeError> {
        Ok(self.0.bytes()?)
    }

    pub(super) fn fixed<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        self.bytes()?.try_into().map_err(|_| DecodeError::Malformed)
    }

    pub(super) fn integer(&mut self) -> Result<i64, DecodeError> {
        Ok(self.0.i64()?)
    }

    pub(super) fn optional_facts(&mut self) -> Result<Option<Facts>, DecodeError> {
        if self.is_null()? { Ok(None) } else { self.map(0).map(Some) }
    }

    /// Takes a null, if there is one.
    fn is_null(&mut self) -> Result<bool, DecodeError> {
        let is_null = self.0.datatype()? == Type::Null;
        if is_null {
            self.0.null()?;
        }
        Ok(is_null)
    }

    pub(super) fn map(&mut self, depth: usize) -> Result<Facts, DecodeError> {
        if depth > MAX_DEPTH {
            return Err(DecodeError::Malformed);
        }
        let length = self.0.map()?.ok_or(DecodeError::NotDeterministic)?;
        let mut facts = Facts::new();
        for _ in 0..length {
            let key = self.text()?.to_owned();
            if facts.insert(key, self.value(depth + 1)?).is_some() {
                return Err(DecodeError::Malformed);
            }
        }
        Ok(facts)
    }

    fn value(&mut self, depth: usize) -> Result<Value, DecodeError> {
        if depth > MAX_DEPTH {
            return Err(DecodeError::Malformed);
        }
        Ok(match self.0.datatype()? {
            Type::U8 | Type::U16 | Type::U32 | Type::U64 => self.0.u64()?.into(),
            Type::I8 | Type::I16 | Type::I32 | Type::I64 => self.0.i64()?.into(),
            Type::String => self.text()?.into(),
            Type::Bool => self.0.bool()?.into(),
            Type::Null => {
                self.0.null()?;
                Value::Null
            }
            Type::Array => {
                let length = self.array()?;
                // Not reserved: the length is only a claim, and each item takes a byte at least.
                (0..length).map(|_| self.value(depth + 1)).collect::<Result<Vec<_>, _>>()?.into()
            }
            Type::Map => self.map(depth)?.into(),
            _ => return Err(DecodeError::Malformed),
        })
    }

    /// Whether everything was read.
    pub(super) fn is_at_end(&self) -> bool {
        self.0.position() == self.0.input().len()
    }
}

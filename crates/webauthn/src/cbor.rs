//! A bounded view of CBOR items, decoded by `minicbor`.
//!
//! Authenticators encode in the CTAP2 canonical form (WebAuthn L3 §2.2.2): definite lengths, no tags, no
//! duplicate keys. The order of keys is not enforced, because shipped authenticators get it wrong.

use minicbor::{Decoder, data::Type};

/// Deepest nesting of arrays and maps. An attestation object needs three.
const MAX_DEPTH: usize = 6;

/// Most entries of one array or map. The largest real one, a TPM statement, has six.
const MAX_ENTRIES: usize = 64;

/// The item is not well-formed, not in the canonical subset, or larger than allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

impl From<minicbor::decode::Error> for Malformed {
    fn from(_: minicbor::decode::Error) -> Self {
        Self
    }
}

/// One data item; bytes and text borrow from the input.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'b> {
    Integer(i64),
    Bytes(&'b [u8]),
    Text(&'b str),
    Array(Vec<Value<'b>>),
    Map(Vec<(Value<'b>, Value<'b>)>),
    Bool(bool),
    Null,
}

impl<'b> Value<'b> {
    /// The item at the start of `input` and the bytes after it.
    pub(crate) fn parse_prefix(input: &'b [u8]) -> Result<(Self, &'b [u8]), Malformed> {
        let mut decoder = Decoder::new(input);
        let value = item(&mut decoder, 0)?;
        let rest = input.get(decoder.position()..).ok_or(Malformed)?;
        Ok((value, rest))
    }

    /// The only item of `input`; bytes after it are refused.
    pub(crate) fn parse(input: &'b [u8]) -> Result<Self, Malformed> {
        match Self::parse_prefix(input)? {
            (value, []) => Ok(value),
            _ => Err(Malformed),
        }
    }

    /// The value under a text key of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.find(&Value::Text(key))
    }

    /// The value under an integer key of a map.
    pub(crate) fn label(&self, label: i64) -> Option<&Self> {
        self.find(&Value::Integer(label))
    }

    fn find(&self, key: &Value<'_>) -> Option<&Self> {
        self.entries()?.iter().find_map(|(k, v)| (k == key).then_some(v))
    }

    pub(crate) fn entries(&self) -> Option<&[(Value<'b>, Value<'b>)]> {
        if let Self::Map(entries) = self { Some(entries) } else { None }
    }

    pub(crate) fn integer(&self) -> Option<i64> {
        if let Self::Integer(number) = self { Some(*number) } else { None }
    }

    pub(crate) fn bytes(&self) -> Option<&'b [u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    pub(crate) fn text(&self) -> Option<&'b str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(crate) fn array(&self) -> Option<&[Value<'b>]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }
}

fn item<'b>(decoder: &mut Decoder<'b>, depth: usize) -> Result<Value<'b>, Malformed> {
    if depth > MAX_DEPTH {
        return Err(Malformed);
    }
    match decoder.datatype()? {
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 => {
            Ok(Value::Integer(decoder.i64()?))
        }
        Type::Bytes => Ok(Value::Bytes(decoder.bytes()?)),
        Type::String => Ok(Value::Text(decoder.str()?)),
        Type::Bool => Ok(Value::Bool(decoder.bool()?)),
        Type::Null => decoder.null().map(|()| Value::Null).map_err(Malformed::from),
        Type::Array => {
            let length = length(decoder.array()?)?;
            (0..length).map(|_| item(decoder, depth + 1)).collect::<Result<_, _>>().map(Value::Array)
        }
        Type::Map => map(decoder, depth),
        _ => Err(Malformed),
    }
}

fn map<'b>(decoder: &mut Decoder<'b>, depth: usize) -> Result<Value<'b>, Malformed> {
    let mut entries: Vec<(Value<'b>, Value<'b>)> = Vec::new();
    for _ in 0..length(decoder.map()?)? {
        let key = item(decoder, depth + 1)?;
        if !matches!(key, Value::Integer(_) | Value::Text(_))
            || entries.iter().any(|(known, _)| *known == key)
        {
            return Err(Malformed);
        }
        entries.push((key, item(decoder, depth + 1)?));
    }
    Ok(Value::Map(entries))
}

/// A definite length within bounds.
fn length(declared: Option<u64>) -> Result<usize, Malformed> {
    let length = usize::try_from(declared.ok_or(Malformed)?).map_err(|_| Malformed)?;
    if length > MAX_ENTRIES { Err(Malformed) } else { Ok(length) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encode(value: &Value<'_>, encoder: &mut minicbor::Encoder<Vec<u8>>) {
        let _ = match value {
            Value::Integer(n) => encoder.i64(*n),
            Value::Bytes(b) => encoder.bytes(b),
            Value::Text(t) => encoder.str(t),
            Value::Bool(b) => encoder.bool(*b),
            Value::Null => encoder.null(),
            Value::Array(items) => {
                encoder.array(items.len() as u64).unwrap();
                items.iter().for_each(|item| encode(item, encoder));
                Ok(encoder)
            }
            Value::Map(entries) => {
                encoder.map(entries.len() as u64).unwrap();
                for (key, value) in entries {
                    encode(key, encoder);
                    encode(value, encoder);
                }
                Ok(encoder)
            }
        };
    }

    fn any_value() -> impl Strategy<Value = Value<'static>> {
        let leaf = prop_oneof![
            any::<i64>().prop_map(Value::Integer),
            any::<bool>().prop_map(Value::Bool),
            Just(Value::Null),
            Just(Value::Bytes(b"some bytes")),
            Just(Value::Text("some text")),
        ];
        leaf.prop_recursive(3, 24, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
                prop::collection::btree_map(any::<i8>(), inner, 0..6).prop_map(|map| {
                    Value::Map(map.into_iter().map(|(k, v)| (Value::Integer(k.into()), v)).collect())
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_bytes_panic(input in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = Value::parse(&input);
        }

        #[test]
        fn what_is_encoded_is_read_back(value in any_value(), extra in any::<u8>()) {
            let mut encoder = minicbor::Encoder::new(Vec::new());
            encode(&value, &mut encoder);
            let mut bytes = encoder.into_writer();
            prop_assert_eq!(Value::parse(&bytes), Ok(value));
            bytes.push(extra);
            prop_assert_eq!(Value::parse(&bytes), Err(Malformed));
        }
    }

    #[test]
    fn what_the_canonical_form_forbids_is_refused() {
        for (what, bytes) in [
            ("nothing", &[][..]),
            ("indefinite array", &[0x9f, 0x01, 0xff]),
            ("indefinite map", &[0xbf, 0xff]),
            ("indefinite bytes", &[0x5f, 0x41, 0x01, 0xff]),
            ("tag", &[0xc0, 0x01]),
            ("float", &[0xf9, 0x3c, 0x00]),
            ("duplicate key", &[0xa2, 0x01, 0x02, 0x01, 0x03]),
            ("duplicate key in two widths", &[0xa2, 0x01, 0x02, 0x18, 0x01, 0x03]),
            ("a map as key", &[0xa1, 0xa0, 0x01]),
            ("bytes that end early", &[0x42, 0x01]),
            ("a length no input can have", &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            ("too many entries", &[&[0x98, 65][..], &[0; 65]].concat()),
            ("too deep", &[0x81; 40]),
            ("text that is not UTF-8", &[0x61, 0xff]),
        ] {
            assert_eq!(Value::parse(bytes), Err(Malformed), "{what}");
        }
    }
}

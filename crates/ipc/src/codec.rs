//! CBOR for types that are text with rules: a value that breaks them does not decode.

use std::str::FromStr;

use minicbor::{Decoder, Encoder};

use crate::{FdTable, IpcError, Message};

/// `#[cbor(with = "crate::codec::text")]`
pub(crate) mod text {
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};

    use super::{Decoder, Encoder, FromStr};

    pub(crate) fn encode<C, T: AsRef<str>, W: Write>(
        value: &T,
        e: &mut Encoder<W>,
        _ctx: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        e.str(value.as_ref())?.ok()
    }

    pub(crate) fn decode<C, T: FromStr>(d: &mut Decoder<'_>, _ctx: &mut C) -> Result<T, DecodeError> {
        d.str()?.parse().map_err(|_| DecodeError::message("text breaks its type's rules"))
    }
}

/// `#[cbor(with = "crate::codec::texts")]`: at most [`MAX_TEXTS`] of them.
pub(crate) mod texts {
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};

    use super::{Decoder, Encoder, FromStr};

    /// The most hostnames, or servers outside, that a tenant may have.
    pub(crate) const MAX_TEXTS: u64 = 64;

    pub(crate) fn encode<C, T: AsRef<str>, W: Write>(
        values: &[T],
        e: &mut Encoder<W>,
        _ctx: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        e.array(values.len() as u64)?;
        for value in values {
            e.str(value.as_ref())?;
        }
        Ok(())
    }

    pub(crate) fn decode<C, T: FromStr>(d: &mut Decoder<'_>, ctx: &mut C) -> Result<Vec<T>, DecodeError> {
        let length = d.array()?.filter(|length| *length <= MAX_TEXTS);
        let length = length.ok_or_else(|| DecodeError::message("list too long"))?;
        (0..length).map(|_| super::text::decode(d, ctx)).collect()
    }
}

/// `#[cbor(with = "crate::codec::optional_texts")]`: as [`texts`], or nothing; written by `Display`.
pub(crate) mod optional_texts {
    use std::fmt::Display;

    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};

    use super::{Decoder, Encoder, FromStr};

    pub(crate) fn encode<C, T: Display, W: Write>(
        values: &Option<Vec<T>>,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        match values {
            Some(values) => {
                super::texts::encode(&values.iter().map(ToString::to_string).collect::<Vec<_>>(), e, ctx)
            }
            None => e.null()?.ok(),
        }
    }

    pub(crate) fn decode<C, T: FromStr>(
        d: &mut Decoder<'_>,
        ctx: &mut C,
    ) -> Result<Option<Vec<T>>, DecodeError> {
        if d.datatype()? == minicbor::data::Type::Null {
            d.null()?;
            return Ok(None);
        }
        super::texts::decode(d, ctx).map(Some)
    }
}

pub(crate) fn to_packet<T: Message>(message: &T) -> Result<(Vec<u8>, FdTable), IpcError> {
    let mut table = FdTable::default();
    let mut bytes = Vec::with_capacity(128);
    minicbor::encode_with(message, &mut bytes, &mut table)
        .map_err(|_| IpcError::Malformed("this message cannot be encoded"))?;
    Ok((bytes, table))
}

pub(crate) fn from_packet<T: Message>(bytes: &[u8], mut table: FdTable) -> Result<T, IpcError> {
    let mut decoder = Decoder::new(bytes);
    let message =
        decoder.decode_with(&mut table).map_err(|_| IpcError::Malformed("not a message of this channel"))?;
    if decoder.position() != bytes.len() {
        return Err(IpcError::Malformed("bytes after the message"));
    }
    if !table.is_used_up() {
        return Err(IpcError::Malformed("descriptors that the message does not name"));
    }
    Ok(message)
}

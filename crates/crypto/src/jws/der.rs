//! The numbers in an RSA private key. AWS-LC gives the key as PKCS #8 only, a JWK names each number.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    signature::RsaKeyPair,
};

use super::{
    JwsError,
    jwk::{PrivateJwk, encode},
};

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// The private JWK of a key: PrivateKeyInfo (RFC 5208 §5) around RSAPrivateKey (RFC 8017 §A.1.2).
pub(super) fn rsa_private_jwk(key: &RsaKeyPair) -> Result<PrivateJwk, JwsError> {
    let der: Pkcs8V1Der<'_> = key.as_der().map_err(|_| JwsError::Library)?;
    read(der.as_ref()).ok_or(JwsError::Library)
}

fn read(der: &[u8]) -> Option<PrivateJwk> {
    let mut info = Reader(Reader(der).take(SEQUENCE)?);
    info.take(INTEGER)?; // version
    info.take(SEQUENCE)?; // algorithm
    let mut numbers = Reader(Reader(info.take(OCTET_STRING)?).take(SEQUENCE)?);
    numbers.take(INTEGER)?; // version
    let mut next = || numbers.take(INTEGER).map(|number| encode(unsigned(number)));
    // RFC 8017 §A.1.2 and RFC 7518 §6.3 have the same order.
    Some(PrivateJwk::Rsa {
        n: next()?,
        e: next()?,
        d: next()?,
        p: next()?,
        q: next()?,
        dp: next()?,
        dq: next()?,
        qi: next()?,
    })
}

/// A positive INTEGER without the zero that DER puts before a high bit (X.690 §8.3).
fn unsigned(number: &[u8]) -> &[u8] {
    number.strip_prefix(&[0]).unwrap_or(number)
}

/// What is left of a run of DER elements (X.690 §8.1).
struct Reader<'d>(&'d [u8]);

impl<'d> Reader<'d> {
    /// The content of the next element, which must have this tag.
    fn take(&mut self, tag: u8) -> Option<&'d [u8]> {
        let (first, rest) = self.0.split_first()?;
        let (length, rest) = length(rest)?;
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        (*first == tag).then_some(content)
    }
}

/// A definite length of at most two bytes (X.690 §8.1.3): no key of ours is longer.
fn length(der: &[u8]) -> Option<(usize, &[u8])> {
    match der {
        [short, rest @ ..] if *short < 0x80 => Some((usize::from(*short), rest)),
        [0x81, one, rest @ ..] => Some((usize::from(*one), rest)),
        [0x82, high, low, rest @ ..] => Some((usize::from(*high) << 8 | usize::from(*low), rest)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_bytes_panic(der: Vec<u8>) {
            let _ = read(&der);
            let wrapped = [&[SEQUENCE, 0x82, 0, u8::try_from(der.len() % 256).unwrap()][..], &der].concat();
            let _ = read(&wrapped);
        }
    }
}

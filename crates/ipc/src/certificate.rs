//! What a host's TLS is made of, as it travels from control through the launcher, which does not read it, to the
//! engine that proves with it whom a client is connected to.

use std::fmt;

use kiavi_base::Hostname;
use minicbor::{Decode, Encode};
use secrecy::zeroize::Zeroizing;

use crate::codec::texts::MAX_TEXTS;
use crate::{Fd, SealedDocument, SealedDocumentError};

/// Certificates with their keys, and answers to a certificate authority's challenges.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Certificates {
    /// At most [`Certificates::MAX_CERTIFICATES`]. Where several have a name, the first is shown.
    #[n(0)]
    pub certificates: Vec<Certificate>,
    /// What a certificate authority is to be answered now; at most [`Certificates::MAX_CHALLENGES`].
    #[n(1)]
    pub challenges: Vec<Challenge>,
}

/// A certificate with its key. The key cannot be printed and is wiped when dropped.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Certificate {
    /// The names that it is shown for; at least one, at most 64. They may be fewer than it has.
    #[n(0)]
    #[cbor(with = "crate::codec::texts")]
    pub names: Vec<Hostname>,
    /// The certificate itself and those that lead to a root, each DER, in the order of RFC 8446 §4.4.2; at most
    /// [`Certificates::MAX_CHAIN`] of at most [`Certificates::MAX_CERTIFICATE_BYTES`].
    #[n(1)]
    #[cbor(with = "chain")]
    pub chain: Vec<Vec<u8>>,
    /// Its private key: PKCS#8 (RFC 5958), DER; at most [`Certificates::MAX_KEY_BYTES`].
    #[n(2)]
    #[cbor(with = "key")]
    pub key: Zeroizing<Vec<u8>>,
}

/// What proves to a certificate authority whose a host is.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub enum Challenge {
    /// RFC 8737 §3: shown to who asks for its name with the protocol `acme-tls/1` and no other, and to nobody else.
    #[n(0)]
    TlsAlpn01(#[n(0)] Certificate),
    /// RFC 8555 §8.3: answered at `/.well-known/acme-challenge/TOKEN`.
    #[n(1)]
    Http01 {
        /// 1 to 128 characters of the base64url alphabet.
        #[n(0)]
        token: String,
        /// The token, a dot and the account key's thumbprint; at most 256 characters.
        #[n(1)]
        key_authorization: String,
    },
}

/// Certificates could not be sealed or read.
#[derive(Debug, thiserror::Error)]
pub enum CertificatesError {
    /// Their document.
    #[error(transparent)]
    Document(#[from] SealedDocumentError),
    /// Their content is not what [`Certificates`] says. The text names the first thing that is wrong.
    #[error("not certificates: {0}")]
    Content(&'static str),
}

impl Certificates {
    /// The most certificates: one for each name that a tenant may have.
    pub const MAX_CERTIFICATES: usize = MAX_TEXTS as usize;

    /// The most challenges at a time: one for each name, in either way.
    pub const MAX_CHALLENGES: usize = 2 * MAX_TEXTS as usize;

    /// The most certificates of one chain.
    pub const MAX_CHAIN: usize = 8;

    /// The largest certificate of a chain, in bytes.
    pub const MAX_CERTIFICATE_BYTES: usize = 16 * 1024;

    /// The largest private key, in bytes: RSA of 4096 bits has 2.4 kB.
    pub const MAX_KEY_BYTES: usize = 4 * 1024;

    /// Seals them.
    ///
    /// # Errors
    /// When they break a bound, or are more than a document holds.
    pub fn seal(&self) -> Result<SealedDocument, CertificatesError> {
        self.check().map_err(CertificatesError::Content)?;
        // With room for everything, so that no copy of a key is left behind by growing.
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.size()));
        minicbor::encode(self, &mut *bytes).map_err(|_| CertificatesError::Content("cannot be encoded"))?;
        Ok(SealedDocument::seal(&bytes)?)
    }

    /// Reads what [`Certificates::seal`] has sealed.
    ///
    /// # Errors
    /// When it is not that.
    pub fn open(document: Fd) -> Result<Self, CertificatesError> {
        let bytes = SealedDocument::accept(document)?.read()?;
        let read: Self =
            minicbor::decode(&bytes).map_err(|_| CertificatesError::Content("cannot be decoded"))?;
        read.check().map_err(CertificatesError::Content)?;
        Ok(read)
    }

    /// What is answered at `/.well-known/acme-challenge/TOKEN`, if anything is.
    pub fn key_authorization(&self, wanted: &str) -> Option<&str> {
        self.challenges.iter().find_map(|challenge| match challenge {
            Challenge::Http01 { token, key_authorization } if token == wanted => {
                Some(key_authorization.as_str())
            }
            _ => None,
        })
    }

    fn check(&self) -> Result<(), &'static str> {
        if self.certificates.len() > Self::MAX_CERTIFICATES {
            return Err("too many certificates");
        }
        if self.challenges.len() > Self::MAX_CHALLENGES {
            return Err("too many challenges");
        }
        self.certificates.iter().try_for_each(Certificate::check)?;
        self.challenges.iter().try_for_each(Challenge::check)
    }

    /// At least the bytes that they are encoded in.
    fn size(&self) -> usize {
        let challenges = self.challenges.iter().map(|challenge| match challenge {
            Challenge::TlsAlpn01(certificate) => certificate.size(),
            Challenge::Http01 { token, key_authorization } => token.len() + key_authorization.len(),
        });
        let certificates = self.certificates.iter().map(Certificate::size);
        certificates.chain(challenges).map(|size| size + 32).sum::<usize>() + 32
    }
}

impl Certificate {
    fn check(&self) -> Result<(), &'static str> {
        if self.names.is_empty() || self.names.len() > MAX_TEXTS as usize {
            return Err("a certificate is for 1 to 64 names");
        }
        if self.chain.is_empty() || self.chain.len() > Certificates::MAX_CHAIN {
            return Err("a chain has 1 to 8 certificates");
        }
        let fits = |der: &Vec<u8>| (1..=Certificates::MAX_CERTIFICATE_BYTES).contains(&der.len());
        if !self.chain.iter().all(fits) {
            return Err("a certificate is empty or too large");
        }
        if self.key.is_empty() || self.key.len() > Certificates::MAX_KEY_BYTES {
            return Err("a key is empty or too large");
        }
        Ok(())
    }

    fn size(&self) -> usize {
        let names = self.names.iter().map(|name| name.as_ref().len() + 8);
        let chain = self.chain.iter().map(|der| der.len() + 8);
        names.chain(chain).sum::<usize>() + self.key.len() + 32
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("names", &self.names).finish_non_exhaustive()
    }
}

impl Challenge {
    fn check(&self) -> Result<(), &'static str> {
        match self {
            Self::TlsAlpn01(certificate) => certificate.check(),
            Self::Http01 { token, key_authorization } => {
                // RFC 8555 §8.3: the base64url alphabet, no padding.
                let is_text = |text: &str| {
                    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
                };
                if token.len() > 128 || !is_text(token) {
                    return Err("a token is 1 to 128 characters of base64url");
                }
                // RFC 8555 §8.1.
                let thumbprint = key_authorization.strip_prefix(token.as_str());
                let thumbprint = thumbprint.and_then(|rest| rest.strip_prefix('.'));
                match thumbprint {
                    Some(thumbprint) if key_authorization.len() <= 256 && is_text(thumbprint) => Ok(()),
                    _ => Err("a key authorization is its token, a dot and a thumbprint"),
                }
            }
        }
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TlsAlpn01(certificate) => f.debug_tuple("TlsAlpn01").field(&certificate.names).finish(),
            Self::Http01 { token, .. } => {
                f.debug_struct("Http01").field("token", token).finish_non_exhaustive()
            }
        }
    }
}

/// A list of byte strings, at most [`Certificates::MAX_CHAIN`] of them.
mod chain {
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decoder, Encoder};

    pub(super) fn encode<C, W: Write>(
        chain: &[Vec<u8>],
        e: &mut Encoder<W>,
        _ctx: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        e.array(chain.len() as u64)?;
        for der in chain {
            e.bytes(der)?;
        }
        Ok(())
    }

    pub(super) fn decode<C>(d: &mut Decoder<'_>, _ctx: &mut C) -> Result<Vec<Vec<u8>>, DecodeError> {
        let length = d.array()?.filter(|length| *length <= super::Certificates::MAX_CHAIN as u64);
        let length = length.ok_or_else(|| DecodeError::message("chain too long"))?;
        (0..length).map(|_| d.bytes().map(<[u8]>::to_vec)).collect()
    }
}

/// Bytes that are wiped.
mod key {
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decoder, Encoder};

    use super::Zeroizing;

    pub(super) fn encode<C, W: Write>(
        key: &Zeroizing<Vec<u8>>,
        e: &mut Encoder<W>,
        _ctx: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        e.bytes(key)?.ok()
    }

    pub(super) fn decode<C>(d: &mut Decoder<'_>, _ctx: &mut C) -> Result<Zeroizing<Vec<u8>>, DecodeError> {
        d.bytes().map(|key| Zeroizing::new(key.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn certificate() -> impl Strategy<Value = Certificate> {
        let names = vec("[a-z]{1,9}\\.[a-z]{2,9}".prop_map(|name| name.parse().unwrap()), 1..4);
        (names, vec(vec(any::<u8>(), 1..300), 1..4), vec(any::<u8>(), 1..300))
            .prop_map(|(names, chain, key)| Certificate { names, chain, key: Zeroizing::new(key) })
    }

    fn challenge() -> impl Strategy<Value = Challenge> {
        prop_oneof![
            certificate().prop_map(Challenge::TlsAlpn01),
            ("[A-Za-z0-9_-]{1,43}", "[A-Za-z0-9_-]{43}").prop_map(|(token, thumbprint)| {
                let key_authorization = format!("{token}.{thumbprint}");
                Challenge::Http01 { token, key_authorization }
            }),
        ]
    }

    fn certificates() -> impl Strategy<Value = Certificates> {
        (vec(certificate(), 0..4), vec(challenge(), 0..4))
            .prop_map(|(certificates, challenges)| Certificates { certificates, challenges })
    }

    fn one() -> Certificate {
        Certificate {
            names: vec!["shop.example".parse().unwrap()],
            chain: vec![vec![7; 9]],
            key: Zeroizing::new(vec![250, 251, 252]),
        }
    }

    fn http_01(token: &str, key_authorization: &str) -> Challenge {
        Challenge::Http01 { token: token.to_owned(), key_authorization: key_authorization.to_owned() }
    }

    #[test]
    fn what_breaks_a_bound_is_neither_sealed_nor_read() {
        let with = |certificate: Certificate| Certificates {
            certificates: vec![certificate],
            ..Certificates::default()
        };
        let asking = |challenge| Certificates { challenges: vec![challenge], ..Certificates::default() };
        let large = vec![0; Certificates::MAX_CERTIFICATE_BYTES + 1];
        let broken = [
            with(Certificate { names: Vec::new(), ..one() }),
            with(Certificate { chain: Vec::new(), ..one() }),
            with(Certificate { chain: vec![Vec::new()], ..one() }),
            with(Certificate { chain: vec![large], ..one() }),
            with(Certificate { key: Zeroizing::default(), ..one() }),
            with(Certificate { key: Zeroizing::new(vec![0; Certificates::MAX_KEY_BYTES + 1]), ..one() }),
            asking(http_01("", ".x")),
            asking(http_01("a/b", "a/b.x")),
            asking(http_01("a", "b.x")),
            asking(http_01("a", "a.")),
            asking(http_01("a", &format!("a.{}", "x".repeat(300)))),
            Certificates { certificates: vec![one(); 65], ..Certificates::default() },
            Certificates { challenges: vec![http_01("a", "a.x"); 129], ..Certificates::default() },
        ];
        for broken in broken {
            assert!(matches!(broken.seal(), Err(CertificatesError::Content(_))), "{broken:?}");
            let sealed = SealedDocument::seal(&minicbor::to_vec(&broken).unwrap()).unwrap();
            assert!(matches!(Certificates::open(sealed.fd()), Err(CertificatesError::Content(_))));
        }
    }

    #[test]
    fn a_token_finds_its_own_answer() {
        let challenges = vec![Challenge::TlsAlpn01(one()), http_01("a", "a.x"), http_01("b", "b.y")];
        let certificates = Certificates { challenges, ..Certificates::default() };
        assert_eq!(certificates.key_authorization("b"), Some("b.y"));
        assert_eq!(certificates.key_authorization("c"), None);
    }

    #[test]
    fn no_key_is_printed() {
        let challenges = vec![Challenge::TlsAlpn01(one())];
        let printed = format!("{:?}", Certificates { certificates: vec![one()], challenges });
        assert!(printed.contains("shop.example") && !printed.contains("251"), "{printed}");
    }

    proptest! {
        #[test]
        fn certificates_arrive_as_they_were(certificates in certificates()) {
            let opened = Certificates::open(certificates.seal().unwrap().fd()).unwrap();
            prop_assert_eq!(opened, certificates);
        }

        #[test]
        fn what_is_encoded_has_room(certificates in certificates()) {
            prop_assert!(minicbor::to_vec(&certificates).unwrap().len() <= certificates.size());
        }

        #[test]
        fn no_bytes_make_it_panic(
            bytes in vec(any::<u8>(), 0..200), certificates in certificates(), at in any::<usize>(), with in any::<u8>(),
        ) {
            let _ = Certificates::open(SealedDocument::seal(&bytes).unwrap().fd());
            let mut encoded = minicbor::to_vec(&certificates).unwrap();
            let at = at % encoded.len();
            encoded[at] = with;
            let _ = Certificates::open(SealedDocument::seal(&encoded).unwrap().fd());
        }
    }
}

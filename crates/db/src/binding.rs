//! The channel binding `tls-server-end-point` (RFC 5929 §4): the hash of the certificate that the server has shown,
//! which SCRAM then signs, so that who stands between with another certificate is found out.

use rustls::crypto::{
    aws_lc_rs::cipher_suite::{TLS13_AES_128_GCM_SHA256, TLS13_AES_256_GCM_SHA384},
    hash::Hash,
};

const SEQUENCE: u8 = 0x30;
const OBJECT_IDENTIFIER: u8 = 0x06;

/// RFC 5758 §3.2 and RFC 4055 §5, as the content of an object identifier.
const ECDSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const ECDSA_WITH_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
const RSA_WITH_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5];
const RSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
const RSA_WITH_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12];

/// The binding to a certificate (DER). `None` where the RFC defines none (Ed25519), or its hash is not among ours: SCRAM
/// then goes without, as the certificate itself has been verified.
pub(crate) fn server_end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let hash = hash_of(signature_algorithm(certificate)?)?;
    Some(hash.hash(certificate).as_ref().to_vec())
}

/// RFC 5929 §4.1: the hash of the certificate's signature, but SHA-256 in place of SHA-1.
fn hash_of(algorithm: &[u8]) -> Option<&'static dyn Hash> {
    let suite = match algorithm {
        ECDSA_WITH_SHA256 | RSA_WITH_SHA256 | RSA_WITH_SHA1 => TLS13_AES_128_GCM_SHA256,
        ECDSA_WITH_SHA384 | RSA_WITH_SHA384 => TLS13_AES_256_GCM_SHA384,
        _ => return None,
    };
    Some(suite.tls13()?.common.hash_provider)
}

/// RFC 5280 §4.1: `Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OID, … }, … }`.
fn signature_algorithm(certificate: &[u8]) -> Option<&[u8]> {
    let (certificate, _) = element(certificate, SEQUENCE)?;
    let (_, rest) = element(certificate, SEQUENCE)?;
    let (algorithm, _) = element(rest, SEQUENCE)?;
    element(algorithm, OBJECT_IDENTIFIER).map(|(identifier, _)| identifier)
}

/// The content of the first element, if it has this tag, and what follows it (X.690 §8.1.3).
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = der.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    (*first == tag).then(|| rest.split_at_checked(length)).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, KeyPair, SignatureAlgorithm};

    use super::*;

    fn length_of(algorithm: &'static SignatureAlgorithm) -> Option<usize> {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let certificate = CertificateParams::new(["a".to_owned()]).unwrap().self_signed(&key).unwrap();
        server_end_point(certificate.der()).map(|hash| hash.len())
    }

    #[test]
    fn the_hash_is_that_of_the_certificates_signature() {
        assert_eq!(length_of(&rcgen::PKCS_ECDSA_P256_SHA256), Some(32));
        assert_eq!(length_of(&rcgen::PKCS_ECDSA_P384_SHA384), Some(48));
        assert_eq!(length_of(&rcgen::PKCS_ED25519), None);
    }

    proptest! {
        #[test]
        fn no_certificate_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = server_end_point(&bytes);
        }
    }
}

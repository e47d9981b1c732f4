//! Credential public keys in COSE form (RFC 9052 §7, RFC 9053, RFC 8230), as WebAuthn L3 §5.8.5 narrows them.

use kiavi_crypto::{EcdsaCurve, RsaScheme, VerifyingKey};
use serde::{Serialize, Serializer};

use crate::{CeremonyError, cbor::Value};

/// A signature algorithm by its number in the IANA COSE registry. `RS1` (SHA-1) is left out on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// −8 with Ed25519.
    EdDsa,
    /// −7: ECDSA on P-256 with SHA-256.
    Es256,
    /// −35: ECDSA on P-384 with SHA-384.
    Es384,
    /// −36: ECDSA on P-521 with SHA-512.
    Es512,
    /// −37: RSASSA-PSS with SHA-256.
    Ps256,
    /// −38: RSASSA-PSS with SHA-384.
    Ps384,
    /// −39: RSASSA-PSS with SHA-512.
    Ps512,
    /// −257: RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// −258: RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// −259: RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
}

impl Algorithm {
    /// Every algorithm that signatures can be verified with.
    pub const ALL: [Self; 10] = [
        Self::EdDsa,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
    ];

    /// What Better Auth offers for new credentials, in its order.
    pub const OFFERED: [Self; 3] = [Self::EdDsa, Self::Es256, Self::Rs256];

    /// The COSE number.
    pub const fn identifier(self) -> i64 {
        match self {
            Self::EdDsa => -8,
            Self::Es256 => -7,
            Self::Es384 => -35,
            Self::Es512 => -36,
            Self::Ps256 => -37,
            Self::Ps384 => -38,
            Self::Ps512 => -39,
            Self::Rs256 => -257,
            Self::Rs384 => -258,
            Self::Rs512 => -259,
        }
    }

    fn from_identifier(identifier: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.identifier() == identifier)
    }

    /// The one key type and parameters that go with the algorithm.
    const fn family(self) -> Family {
        match self {
            Self::EdDsa => Family::Ed25519,
            Self::Es256 => Family::Ecdsa(EcdsaCurve::P256, 1),
            Self::Es384 => Family::Ecdsa(EcdsaCurve::P384, 2),
            Self::Es512 => Family::Ecdsa(EcdsaCurve::P521, 3),
            Self::Ps256 => Family::Rsa(RsaScheme::PssSha256),
            Self::Ps384 => Family::Rsa(RsaScheme::PssSha384),
            Self::Ps512 => Family::Rsa(RsaScheme::PssSha512),
            Self::Rs256 => Family::Rsa(RsaScheme::Pkcs1Sha256),
            Self::Rs384 => Family::Rsa(RsaScheme::Pkcs1Sha384),
            Self::Rs512 => Family::Rsa(RsaScheme::Pkcs1Sha512),
        }
    }
}

impl Serialize for Algorithm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.identifier())
    }
}

enum Family {
    Ed25519,
    Ecdsa(EcdsaCurve, i64),
    Rsa(RsaScheme),
}

// RFC 9052 §7.1 and RFC 9053 §7: labels and values of key parameters.
const KTY: i64 = 1;
const ALG: i64 = 3;
const CRV_OR_N: i64 = -1;
const X_OR_E: i64 = -2;
const Y: i64 = -3;
const KTY_OKP: i64 = 1;
const KTY_EC2: i64 = 2;
const KTY_RSA: i64 = 3;
const CRV_ED25519: i64 = 6;

/// Whether a stored COSE key is one that a signature can be verified with.
pub fn is_usable_key(cose: &[u8]) -> bool {
    CredentialKey::parse(cose).is_ok()
}

/// A credential's public key, checked to be a usable key of its algorithm.
#[derive(Debug)]
pub(crate) struct CredentialKey {
    pub(crate) algorithm: Algorithm,
    /// Whether the map has nothing but what the algorithm needs, as WebAuthn L3 §6.5.1 demands.
    pub(crate) minimal: bool,
    key: VerifyingKey,
}

impl CredentialKey {
    /// Reads a key from its whole encoding.
    pub(crate) fn parse(cose: &[u8]) -> Result<Self, CeremonyError> {
        let map = Value::parse(cose).map_err(|_| CeremonyError::Malformed("public key"))?;
        Self::from_map(&map)
    }

    pub(crate) fn from_map(map: &Value<'_>) -> Result<Self, CeremonyError> {
        let integer = |label| map.label(label).and_then(Value::integer).ok_or(CeremonyError::InvalidKey);
        let bytes = |label| map.label(label).and_then(Value::bytes).ok_or(CeremonyError::InvalidKey);
        let expect = |label, value| (integer(label)? == value).then_some(()).ok_or(CeremonyError::InvalidKey);

        let entries = map.entries().ok_or(CeremonyError::Malformed("public key"))?.len();
        let algorithm =
            Algorithm::from_identifier(integer(ALG)?).ok_or(CeremonyError::AlgorithmNotAllowed)?;
        let (key, parameters) = match algorithm.family() {
            Family::Ed25519 => {
                expect(KTY, KTY_OKP)?;
                expect(CRV_OR_N, CRV_ED25519)?;
                (VerifyingKey::ed25519(bytes(X_OR_E)?), 4)
            }
            Family::Ecdsa(curve, curve_id) => {
                expect(KTY, KTY_EC2)?;
                expect(CRV_OR_N, curve_id)?;
                // WebAuthn L3 §5.8.5: no compressed points, so y is a byte string.
                (VerifyingKey::ecdsa(curve, bytes(X_OR_E)?, bytes(Y)?), 5)
            }
            Family::Rsa(scheme) => {
                expect(KTY, KTY_RSA)?;
                (VerifyingKey::rsa(scheme, bytes(CRV_OR_N)?, bytes(X_OR_E)?), 4)
            }
        };
        let key = key.map_err(|_| CeremonyError::InvalidKey)?;
        Ok(Self { algorithm, minimal: entries == parameters, key })
    }

    /// Checks a signature (WebAuthn L3 §6.5.5).
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), CeremonyError> {
        self.key.verify(message, signature).map_err(|_| CeremonyError::InvalidSignature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An ES256 key whose point is on the curve (SEC 2 §2.4.2: the base point).
    const X: [u8; 32] = [
        0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77,
        0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96,
    ];
    const Y_COORDINATE: [u8; 32] = [
        0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b,
        0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
    ];

    fn es256() -> Vec<(Value<'static>, Value<'static>)> {
        [(KTY, Value::Integer(2)), (ALG, Value::Integer(-7)), (CRV_OR_N, Value::Integer(1))]
            .into_iter()
            .chain([(X_OR_E, Value::Bytes(&X)), (Y, Value::Bytes(&Y_COORDINATE))])
            .map(|(label, value)| (Value::Integer(label), value))
            .collect()
    }

    fn with(label: i64, value: Value<'static>) -> Result<CredentialKey, CeremonyError> {
        let mut entries = es256();
        entries.retain(|(key, _)| *key != Value::Integer(label));
        entries.push((Value::Integer(label), value));
        CredentialKey::from_map(&Value::Map(entries))
    }

    #[test]
    fn a_key_that_contradicts_its_algorithm_is_refused() {
        assert!(CredentialKey::from_map(&Value::Map(es256())).unwrap().minimal);
        assert_eq!(with(KTY, Value::Integer(3)).unwrap_err(), CeremonyError::InvalidKey);
        assert_eq!(with(CRV_OR_N, Value::Integer(2)).unwrap_err(), CeremonyError::InvalidKey);
        assert_eq!(with(ALG, Value::Integer(-8)).unwrap_err(), CeremonyError::InvalidKey);
        assert_eq!(with(Y, Value::Bool(true)).unwrap_err(), CeremonyError::InvalidKey);
        assert_eq!(with(Y, Value::Bytes(&X)).unwrap_err(), CeremonyError::InvalidKey);
        for unknown in [0, -65535, -47, 7] {
            assert_eq!(with(ALG, Value::Integer(unknown)).unwrap_err(), CeremonyError::AlgorithmNotAllowed);
        }
    }

    #[test]
    fn further_parameters_are_noticed() {
        assert!(!with(2, Value::Bytes(b"kid")).unwrap().minimal);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(input in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = CredentialKey::parse(&input);
        }
    }
}

//! Attestation objects (WebAuthn L3 §6.5.4) and the shapes of their statements (§8).

use crate::{CeremonyError, authenticator_data::AuthenticatorData, cbor::Value, cose::CredentialKey};

/// A registered attestation statement format (WebAuthn L3 §8.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttestationFormat {
    /// No statement (§8.7).
    None,
    /// §8.2.
    Packed,
    /// §8.3.
    Tpm,
    /// §8.4.
    AndroidKey,
    /// §8.5.
    AndroidSafetyNet,
    /// §8.6.
    FidoU2f,
    /// §8.8.
    Apple,
}

impl AttestationFormat {
    const ALL: [Self; 7] = [
        Self::None,
        Self::Packed,
        Self::Tpm,
        Self::AndroidKey,
        Self::AndroidSafetyNet,
        Self::FidoU2f,
        Self::Apple,
    ];

    /// The identifier on the wire.
    pub const fn identifier(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Packed => "packed",
            Self::Tpm => "tpm",
            Self::AndroidKey => "android-key",
            Self::AndroidSafetyNet => "android-safetynet",
            Self::FidoU2f => "fido-u2f",
            Self::Apple => "apple",
        }
    }

    /// The members a statement of this format must have. `packed` may lack `x5c`: then it is a self attestation.
    const fn members(self) -> &'static [(&'static str, Kind)] {
        use Kind::{Bytes, Certificates, Integer, Text};
        match self {
            Self::None => &[],
            Self::Packed => &[("alg", Integer), ("sig", Bytes)],
            Self::Tpm => &[
                ("ver", Text),
                ("alg", Integer),
                ("x5c", Certificates),
                ("sig", Bytes),
                ("certInfo", Bytes),
                ("pubArea", Bytes),
            ],
            Self::AndroidKey => &[("alg", Integer), ("sig", Bytes), ("x5c", Certificates)],
            Self::AndroidSafetyNet => &[("ver", Text), ("response", Bytes)],
            Self::FidoU2f => &[("x5c", Certificates), ("sig", Bytes)],
            Self::Apple => &[("x5c", Certificates)],
        }
    }
}

/// What a member of a statement holds.
#[derive(Clone, Copy)]
enum Kind {
    Integer,
    Bytes,
    Text,
    Certificates,
}

impl Kind {
    fn matches(self, value: &Value<'_>) -> bool {
        match self {
            Self::Integer => value.integer().is_some(),
            Self::Bytes => value.bytes().is_some(),
            Self::Text => value.text().is_some(),
            Self::Certificates => value
                .array()
                .is_some_and(|chain| !chain.is_empty() && chain.iter().all(|c| c.bytes().is_some())),
        }
    }
}

/// An attestation object whose statement has the shape of its format.
#[derive(Debug)]
pub(crate) struct AttestationObject<'b> {
    pub(crate) format: AttestationFormat,
    pub(crate) auth_data: AuthenticatorData<'b>,
    auth_data_bytes: &'b [u8],
    statement: Value<'b>,
}

impl<'b> AttestationObject<'b> {
    /// Reads the whole of `input` (WebAuthn L3 §7.1 step 13).
    pub(crate) fn parse(input: &'b [u8]) -> Result<Self, CeremonyError> {
        const MALFORMED: CeremonyError = CeremonyError::Malformed("attestation object");
        let object = Value::parse(input).map_err(|_| MALFORMED)?;
        let identifier = object.get("fmt").and_then(Value::text).ok_or(MALFORMED)?;
        let auth_data_bytes = object.get("authData").and_then(Value::bytes).ok_or(MALFORMED)?;
        let statement = object.get("attStmt").ok_or(MALFORMED)?;

        // WebAuthn L3 §7.1 step 21: a case-sensitive match.
        let format = AttestationFormat::ALL
            .into_iter()
            .find(|format| format.identifier() == identifier)
            .ok_or(CeremonyError::UnsupportedAttestation)?;
        check_shape(format, statement)?;
        let auth_data = AuthenticatorData::parse(auth_data_bytes)?;
        Ok(Self { format, auth_data, auth_data_bytes, statement: statement.clone() })
    }

    /// Checks the signature of a self attestation, the one kind whose key is at hand (WebAuthn L3 §8.2,
    /// "if x5c is not present"). Every other statement is accepted without being believed, which §7.1 step 24
    /// permits: the credential counts as one without attestation.
    pub(crate) fn verify_self_attestation(
        &self,
        key: &CredentialKey,
        client_data_hash: &[u8; 32],
    ) -> Result<(), CeremonyError> {
        if self.format != AttestationFormat::Packed || self.statement.get("x5c").is_some() {
            return Ok(());
        }
        let algorithm = self.statement.get("alg").and_then(Value::integer);
        let signature = self.statement.get("sig").and_then(Value::bytes).unwrap_or_default();
        if algorithm != Some(key.algorithm.identifier()) {
            return Err(CeremonyError::Malformed("attestation statement"));
        }
        key.verify(&[self.auth_data_bytes, client_data_hash].concat(), signature)
    }
}

fn check_shape(format: AttestationFormat, statement: &Value<'_>) -> Result<(), CeremonyError> {
    const MALFORMED: CeremonyError = CeremonyError::Malformed("attestation statement");
    let entries = statement.entries().ok_or(MALFORMED)?;
    let complete = format
        .members()
        .iter()
        .all(|(name, kind)| statement.get(name).is_some_and(|value| kind.matches(value)));
    let chain_is_one = statement.get("x5c").is_none_or(|chain| Kind::Certificates.matches(chain));
    // WebAuthn L3 §8.7: the statement of "none" is the empty map.
    let empty_if_none = format != AttestationFormat::None || entries.is_empty();
    if complete && chain_is_one && empty_if_none { Ok(()) } else { Err(MALFORMED) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_statement_must_have_its_formats_shape() {
        let text = Value::Text;
        let empty = Value::Map(vec![]);
        let signed = Value::Map(vec![(text("alg"), Value::Integer(-7)), (text("sig"), Value::Bytes(&[]))]);
        let unchained =
            Value::Map(vec![(text("x5c"), Value::Array(vec![])), (text("sig"), Value::Bytes(&[]))]);
        assert!(check_shape(AttestationFormat::None, &empty).is_ok());
        assert!(check_shape(AttestationFormat::Packed, &signed).is_ok());
        assert!(check_shape(AttestationFormat::None, &signed).is_err());
        assert!(check_shape(AttestationFormat::FidoU2f, &unchained).is_err());
        assert!(check_shape(AttestationFormat::Tpm, &signed).is_err());
        for format in AttestationFormat::ALL.into_iter().skip(1) {
            assert!(check_shape(format, &empty).is_err(), "{format:?}");
            assert!(check_shape(format, &Value::Null).is_err(), "{format:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(input in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = AttestationObject::parse(&input);
        }
    }
}

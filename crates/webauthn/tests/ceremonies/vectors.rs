//! The test vectors of WebAuthn Level 3. Their random inputs come from HKDF-SHA-256, as the specification's
//! section "Test Vectors" describes, and are derived here; only what a private key made is read from a file.

use kiavi_crypto::hmac_sha256;
use kiavi_webauthn::{
    Algorithm, AttestationFormat, AuthenticationResponse, AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse, Base64Url, CeremonyError, RegisteredCredential, RegistrationResponse,
    RelyingParty, StoredCredential, UserVerification, verify_authentication, verify_registration,
};

const OUTPUTS: &str = include_str!("w3c_level_3.txt");

const UP: u8 = 0x01;
const BE: u8 = 0x08;
const BS: u8 = 0x10;

/// The specification's source of random values: one salt after the other.
struct Derivation {
    info: &'static str,
    salt: u8,
}

impl Derivation {
    /// HKDF (RFC 5869 §2.2, §2.3).
    fn next(&mut self, length: usize) -> Vec<u8> {
        let extracted = hmac_sha256(&[self.salt], b"WebAuthn test vectors");
        self.salt += 1;
        let (mut okm, mut block) = (Vec::new(), Vec::new());
        for counter in 1..=u8::MAX {
            block =
                hmac_sha256(&extracted, &[&block[..], self.info.as_bytes(), &[counter]].concat()).to_vec();
            okm.extend(&block);
            if okm.len() >= length {
                break;
            }
        }
        okm.truncate(length);
        okm
    }

    fn skip(&mut self, values: u8) {
        self.salt += values;
    }

    fn client_data(&mut self, kind: &str, challenge: &[u8]) -> Vec<u8> {
        let challenge = Base64Url::encode(challenge);
        let is_framed = self.info.ends_with(".topOrigin") || self.info.ends_with(".crossOrigin");
        let mut json = format!(
            r#"{{"type":"{kind}","challenge":"{challenge}","origin":"https://example.org","crossOrigin":{is_framed}"#
        );
        if self.info.ends_with(".topOrigin") {
            json.push_str(r#","topOrigin":"https://example.com""#);
        }
        if self.next(1)[0] & 1 == 1 {
            let random = Base64Url::encode(&self.next(16));
            json.push_str(
                r#","extraData":"clientDataJSON may be extended with additional fields in the future, "#,
            );
            json.push_str(&format!(r#"such as this: {random}""#));
        }
        json.push('}');
        json.into_bytes()
    }
}

/// One pair of ceremonies.
struct Vector {
    info: &'static str,
    create_challenge: Vec<u8>,
    registration: RegistrationResponse,
    aaguid: Vec<u8>,
    flags: u8,
    get_challenge: Vec<u8>,
    authentication: AuthenticationResponse,
}

impl Vector {
    fn derive(info: &'static str, attestation_object: Vec<u8>, signature: Vec<u8>) -> Self {
        let mut values = Derivation { info, salt: 0 };
        let challenge_length = if info == "packed.ES512" { 128 } else { 32 };
        let id_length = if info.ends_with("long-credential-id") { 1023 } else { 32 };

        let create_challenge = values.next(challenge_length);
        values.skip(u8::from(info != "packed.RS256")); // the credential's private key
        let client_data = values.client_data("webauthn.create", &create_challenge);
        let aaguid = values.next(16);
        let credential_id = Base64Url(values.next(id_length));
        let drawn = if info.starts_with("fido-u2f") { 0 } else { values.next(1)[0] & 0x1c };
        let flags = if drawn & BE == 0 { drawn & !(BE | BS) } else { drawn };
        values.skip(match info.split('.').next() {
            Some("none" | "packed-self") => 0,
            Some("android-key" | "apple") => 1, // the certificate's serial number
            _ => 2,                             // the attestation key as well
        });
        let registration = RegistrationResponse {
            id: credential_id.clone(),
            raw_id: credential_id.clone(),
            kind: "public-key".to_owned(),
            response: AuthenticatorAttestationResponse {
                client_data_json: Base64Url(client_data),
                attestation_object: Base64Url(attestation_object),
                transports: None,
            },
        };

        let get_challenge = values.next(challenge_length);
        let client_data = values.client_data("webauthn.get", &get_challenge);
        let drawn = values.next(1)[0] & 0x14;
        let assertion_flags = (if flags & BE == 0 { drawn & !BS } else { drawn }) | (flags & BE) | UP;
        let rp_id_hash = kiavi_crypto::sha256(b"example.org");
        let authentication = AuthenticationResponse {
            id: credential_id.clone(),
            raw_id: credential_id,
            kind: "public-key".to_owned(),
            response: AuthenticatorAssertionResponse {
                client_data_json: Base64Url(client_data),
                authenticator_data: Base64Url([&rp_id_hash[..], &[assertion_flags], &[0; 4]].concat()),
                signature: Base64Url(signature),
                user_handle: None,
            },
        };
        Self { info, create_challenge, registration, aaguid, flags, get_challenge, authentication }
    }

    fn register(&self) -> Result<RegisteredCredential, CeremonyError> {
        verify_registration(&relying_party(), &self.create_challenge, &self.registration)
    }

    fn authenticate(&self, credential: &RegisteredCredential) -> Result<(), CeremonyError> {
        let stored = StoredCredential {
            credential_id: credential.credential_id.clone(),
            public_key_cose: credential.public_key_cose.clone(),
            counter: credential.counter,
            backup_eligible: credential.backup_eligible,
            user_handle: None,
        };
        verify_authentication(&relying_party(), &self.get_challenge, &stored, &self.authentication).map(drop)
    }
}

fn relying_party() -> RelyingParty {
    let mut relying_party = RelyingParty::new("example.org", "Example", ["https://example.org"]);
    relying_party.user_verification = UserVerification::Preferred;
    relying_party.algorithms = Algorithm::ALL.to_vec();
    relying_party
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn vectors() -> Vec<Vector> {
    let lines = OUTPUTS.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let parts: Vec<_> = line.split(' ').collect();
            Vector::derive(parts[0], unhex(parts[1]), unhex(parts[2]))
        })
        .collect()
}

/// What the relying party does not do, with the reason it gives.
fn expected_refusal(info: &str) -> Option<CeremonyError> {
    match info {
        "none.ES256.crossOrigin" | "none.ES256.topOrigin" => Some(CeremonyError::CrossOrigin),
        "packed.Ed448" => Some(CeremonyError::AlgorithmNotAllowed),
        _ => None,
    }
}

#[test]
fn every_vector_is_accepted_or_refused_for_a_stated_reason() {
    for vector in vectors() {
        match (vector.register(), expected_refusal(vector.info)) {
            (Err(reason), Some(expected)) => assert_eq!(reason, expected, "{}", vector.info),
            (Ok(credential), None) => {
                assert_eq!(credential.credential_id, vector.registration.id.0, "{}", vector.info);
                assert_eq!(credential.aaguid[..], vector.aaguid, "{}", vector.info);
                assert_eq!(credential.backup_eligible, vector.flags & BE != 0, "{}", vector.info);
                assert_eq!(credential.backed_up, vector.flags & BS != 0, "{}", vector.info);
                assert_eq!(vector.authenticate(&credential), Ok(()), "{}", vector.info);
            }
            (other, expected) => panic!("{}: {other:?}, expected {expected:?}", vector.info),
        }
    }
}

#[test]
fn the_vectors_cover_every_format_but_the_retired_one() {
    let formats: Vec<_> =
        vectors().iter().filter_map(|v| v.register().ok()).map(|c| c.attestation_format).collect();
    for format in [
        AttestationFormat::None,
        AttestationFormat::Packed,
        AttestationFormat::Tpm,
        AttestationFormat::AndroidKey,
        AttestationFormat::Apple,
        AttestationFormat::FidoU2f,
    ] {
        assert!(formats.contains(&format), "{format:?}");
    }
}

#[test]
fn one_changed_byte_breaks_an_assertion() {
    for vector in vectors().iter_mut().filter(|v| expected_refusal(v.info).is_none()) {
        let credential = vector.register().unwrap();
        let length = vector.authentication.response.signature.0.len();
        vector.authentication.response.signature.0[length - 1] ^= 1;
        assert_eq!(vector.authenticate(&credential), Err(CeremonyError::InvalidSignature), "{}", vector.info);
        vector.authentication.response.signature.0[length - 1] ^= 1;
        vector.authentication.response.authenticator_data.0[36] ^= 1; // the counter
        assert_eq!(vector.authenticate(&credential), Err(CeremonyError::InvalidSignature), "{}", vector.info);
    }
}

#[test]
fn no_truncated_or_extended_attestation_object_is_accepted() {
    for mut vector in vectors() {
        let whole = vector.registration.response.attestation_object.0.clone();
        for length in (0..whole.len()).step_by(whole.len().div_ceil(40)) {
            vector.registration.response.attestation_object.0 = whole[..length].to_vec();
            assert!(vector.register().is_err(), "{} cut to {length}", vector.info);
        }
        vector.registration.response.attestation_object.0 = [&whole[..], &[0]].concat();
        assert!(vector.register().is_err(), "{} with a byte more", vector.info);
    }
}

#[test]
fn a_self_attestation_must_verify() {
    let mut vector = vectors().into_iter().find(|v| v.info == "packed-self.ES256").unwrap();
    let object = &mut vector.registration.response.attestation_object.0;
    let signature = object.windows(3).position(|w| w == b"sig").unwrap();
    object[signature + 20] ^= 1;
    assert_eq!(vector.register(), Err(CeremonyError::InvalidSignature));
}

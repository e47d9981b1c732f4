//! A WebAuthn authenticator and browser in one, for tests.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kiavi_crypto::sha256;
use minicbor::Encoder;
use serde_json::{Value, json};

/// How the next ceremonies are held. The default is a well-behaved platform passkey.
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// Claim this origin instead of the page's.
    pub origin: Option<String>,
    /// Sign this challenge (base64url) instead of the one that was given.
    pub challenge: Option<String>,
    /// Sign for this RP ID instead of the one in the options.
    pub rp_id: Option<String>,
    /// Claim this type of client data instead of the ceremony's.
    pub client_data_type: Option<String>,
    /// Add `crossOrigin: true`.
    pub is_cross_origin: bool,
    /// Add `topOrigin`.
    pub top_origin: Option<String>,
    /// The UP flag.
    pub is_user_present: bool,
    /// The UV flag.
    pub is_user_verified: bool,
    /// The BE flag.
    pub is_backup_eligible: bool,
    /// The BS flag.
    pub is_backed_up: bool,
    /// Report this counter instead of the credential's next one.
    pub counter: Option<u32>,
    /// Break the signature.
    pub is_signature_tampered: bool,
    /// Answer with this user handle instead of the one stored at registration.
    pub user_handle: Option<Vec<u8>>,
    /// Put these bytes after the attestation object.
    pub trailing_bytes: Vec<u8>,
    /// Give a new credential this id.
    pub credential_id: Option<Vec<u8>>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            origin: None,
            challenge: None,
            rp_id: None,
            client_data_type: None,
            is_cross_origin: false,
            top_origin: None,
            is_user_present: true,
            is_user_verified: true,
            is_backup_eligible: true,
            is_backed_up: true,
            counter: None,
            is_signature_tampered: false,
            user_handle: None,
            trailing_bytes: Vec::new(),
            credential_id: None,
        }
    }
}

/// One ES256 credential.
struct Credential {
    id: Vec<u8>,
    rp_id: String,
    user_handle: Vec<u8>,
    key: EcdsaKeyPair,
    counter: u32,
}

/// Makes and uses ES256 credentials, as a browser would pass them on in JSON. Counters start at 1 and grow by 1,
/// which keeps the relying party's counter check in play.
#[derive(Default)]
pub struct SoftAuthenticator {
    /// What goes wrong.
    pub behaviour: Behaviour,
    credentials: Vec<Credential>,
}

const AAGUID: [u8; 16] = *b"soft-authenticat";

impl SoftAuthenticator {
    /// A well-behaved authenticator without credentials.
    pub fn new() -> Self {
        Self::default()
    }

    /// The ids of its credentials, oldest first.
    pub fn credential_ids(&self) -> Vec<String> {
        self.credentials.iter().map(|credential| URL_SAFE_NO_PAD.encode(&credential.id)).collect()
    }

    /// `navigator.credentials.create()` on a page of `origin`: a `RegistrationResponseJSON` without
    /// `clientExtensionResults`, as Better Auth's client sends it. `None` when a credential is excluded.
    pub fn create(&mut self, options: &Value, origin: &str) -> Option<Value> {
        let known = self.credential_ids();
        let excluded = options["excludeCredentials"].as_array().into_iter().flatten();
        if excluded.filter_map(|entry| entry["id"].as_str()).any(|id| known.iter().any(|k| k == id)) {
            return None;
        }
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("key generation");
        let point = key.public_key().as_ref();
        let id = self.behaviour.credential_id.clone().unwrap_or_else(|| sha256(point).to_vec());
        let rp_id = options["rp"]["id"].as_str().expect("rp.id").to_owned();
        let user_handle =
            URL_SAFE_NO_PAD.decode(options["user"]["id"].as_str().expect("user.id")).expect("base64url");
        let credential = Credential { id, rp_id, user_handle, key, counter: 0 };

        let client_data = self.client_data("webauthn.create", options, origin);
        let attested = attested_credential_data(&credential);
        let auth_data = [self.authenticator_data(&credential.rp_id, 0, true), attested].concat();
        let mut object = attestation_object(&auth_data);
        object.extend(&self.behaviour.trailing_bytes);
        let encoded = URL_SAFE_NO_PAD.encode(&credential.id);
        self.credentials.push(credential);
        Some(json!({
            "id": encoded,
            "rawId": encoded,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(client_data),
                "attestationObject": URL_SAFE_NO_PAD.encode(object),
                "transports": ["internal"],
            },
        }))
    }

    /// `navigator.credentials.get()` on a page of `origin`: an `AuthenticationResponseJSON` without
    /// `clientExtensionResults`. `None` when no credential fits. The newest that fits answers.
    pub fn get(&mut self, options: &Value, origin: &str) -> Option<Value> {
        let rp_id = options["rpId"].as_str().expect("rpId");
        let allowed: Option<Vec<_>> = options["allowCredentials"]
            .as_array()
            .map(|list| list.iter().filter_map(|entry| entry["id"].as_str()).collect());
        let fits = |credential: &Credential| {
            credential.rp_id == rp_id
                && allowed
                    .as_ref()
                    .is_none_or(|ids| ids.contains(&URL_SAFE_NO_PAD.encode(&credential.id).as_str()))
        };
        let index = self.credentials.iter().rposition(fits)?;
        self.credentials[index].counter += 1;
        let credential = &self.credentials[index];

        let client_data = self.client_data("webauthn.get", options, origin);
        let auth_data = self.authenticator_data(&credential.rp_id, credential.counter, false);
        let signed = [&auth_data[..], &sha256(&client_data)].concat();
        let mut signature =
            credential.key.sign(&SystemRandom::new(), &signed).expect("signing").as_ref().to_vec();
        if self.behaviour.is_signature_tampered {
            *signature.last_mut().expect("not empty") ^= 1;
        }
        let id = URL_SAFE_NO_PAD.encode(&credential.id);
        let handle = self.behaviour.user_handle.as_ref().unwrap_or(&credential.user_handle);
        Some(json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(client_data),
                "authenticatorData": URL_SAFE_NO_PAD.encode(auth_data),
                "signature": URL_SAFE_NO_PAD.encode(signature),
                "userHandle": URL_SAFE_NO_PAD.encode(handle),
            },
        }))
    }

    fn client_data(&self, ceremony: &str, options: &Value, origin: &str) -> Vec<u8> {
        let behaviour = &self.behaviour;
        let challenge = behaviour.challenge.as_deref().or(options["challenge"].as_str()).expect("challenge");
        let mut client_data = json!({
            "type": behaviour.client_data_type.as_deref().unwrap_or(ceremony),
            "challenge": challenge,
            "origin": behaviour.origin.as_deref().unwrap_or(origin),
            "crossOrigin": behaviour.is_cross_origin,
        });
        if let Some(top_origin) = &behaviour.top_origin {
            client_data["topOrigin"] = json!(top_origin);
        }
        client_data.to_string().into_bytes()
    }

    /// WebAuthn L3 §6.1, up to the counter.
    fn authenticator_data(&self, rp_id: &str, counter: u32, is_attested: bool) -> Vec<u8> {
        let behaviour = &self.behaviour;
        let flags = u8::from(behaviour.is_user_present)
            | u8::from(behaviour.is_user_verified) << 2
            | u8::from(behaviour.is_backup_eligible) << 3
            | u8::from(behaviour.is_backed_up) << 4
            | u8::from(is_attested) << 6;
        let rp_id = behaviour.rp_id.as_deref().unwrap_or(rp_id);
        [&sha256(rp_id.as_bytes())[..], &[flags], &behaviour.counter.unwrap_or(counter).to_be_bytes()]
            .concat()
    }
}

/// WebAuthn L3 §6.5.1.
fn attested_credential_data(credential: &Credential) -> Vec<u8> {
    let length = u16::try_from(credential.id.len()).expect("an id of two length bytes");
    let (x, y) = credential.key.public_key().as_ref()[1..].split_at(32);
    let mut key = Encoder::new(Vec::new());
    key.map(5).unwrap().u8(1).unwrap().u8(2).unwrap(); // kty: EC2
    key.u8(3).unwrap().i8(-7).unwrap(); // alg: ES256
    key.i8(-1).unwrap().u8(1).unwrap(); // crv: P-256
    key.i8(-2).unwrap().bytes(x).unwrap().i8(-3).unwrap().bytes(y).unwrap();
    [&AAGUID[..], &length.to_be_bytes(), &credential.id, &key.into_writer()].concat()
}

/// WebAuthn L3 §6.5.4, with no attestation statement.
fn attestation_object(auth_data: &[u8]) -> Vec<u8> {
    let mut object = Encoder::new(Vec::new());
    object.map(3).unwrap().str("fmt").unwrap().str("none").unwrap().str("attStmt").unwrap().map(0).unwrap();
    object.str("authData").unwrap().bytes(auth_data).unwrap();
    object.into_writer()
}

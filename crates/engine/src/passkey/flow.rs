//! Decisions about passkeys: no I/O.

use axum::http::StatusCode;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use kiavi_base::{EmailAddress, Rng, random_bytes};
use kiavi_crypto::{Purpose, TenantSecret, hmac_sha256};
use kiavi_webauthn::{
    AuthenticatorAttachment, Base64Url, CredentialDescriptor, RegisteredCredential, RelyingParty,
    StoredCredential, UserEntity,
};
use serde::{Deserialize, Serialize};

use super::Passkey;
use crate::{ApiError, Settings, UserVerification, session::CurrentUser, user::User};

/// Characters of a challenge's reference.
pub(super) const REFERENCE_LENGTH: usize = 32;

/// Bytes of a challenge (WebAuthn L3 §13.4.3 asks for 16 or more).
const CHALLENGE_BYTES: usize = 32;

/// Characters of a passkey's name.
const NAME_LIMIT: usize = 128;

/// A started ceremony, in the form Better Auth keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub(super) enum Challenge {
    Registration {
        expected_challenge: Base64Url,
        user_data: Registrant,
        /// The address of a user who is yet to be made; `None` for one who is signed in.
        context: Option<String>,
    },
    Authentication {
        expected_challenge: Base64Url,
        user_data: Claimant,
    },
}

/// Whom a registration is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Registrant {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) display_name: Option<String>,
}

/// Whose credentials were offered for an authentication; an empty id when anybody's may answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claimant {
    pub(super) id: String,
}

/// Sensitive steps want a recent sign-in.
pub(super) fn require_fresh(current: &CurrentUser) -> Result<(), ApiError> {
    if current.is_fresh {
        Ok(())
    } else {
        Err(ApiError::new(StatusCode::FORBIDDEN, "SESSION_NOT_FRESH", "Session is not fresh"))
    }
}

/// A passkey's name, trimmed; the issue in Better Auth's words.
pub(super) fn checked_name(name: &str) -> Result<&str, String> {
    let name = name.trim();
    if name.chars().count() > NAME_LIMIT {
        return Err(format!("Too big: expected string to have <={NAME_LIMIT} characters"));
    }
    // PostgreSQL's text holds every character but this one.
    if name.contains('\0') { Err("Invalid string".to_owned()) } else { Ok(name) }
}

/// The same for a name that must be there.
pub(super) fn required_name(name: &str) -> Result<&str, ApiError> {
    let issue = match checked_name(name) {
        Ok("") => "Too small: expected string to have >=1 characters".to_owned(),
        Ok(name) => return Ok(name),
        Err(issue) => issue,
    };
    Err(ApiError::validation(format!("[body.name] {issue}")))
}

pub(super) fn new_challenge(rng: &dyn Rng) -> Base64Url {
    Base64Url(random_bytes::<CHALLENGE_BYTES>(rng).to_vec())
}

/// A reference is looked up only if it looks like one.
pub(super) fn is_reference(text: &str) -> bool {
    text.len() == REFERENCE_LENGTH
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// The relying party of a tenant: its settings and nothing of the request.
pub(super) fn relying_party(settings: &Settings) -> RelyingParty {
    let origins = std::iter::once(settings.base_url.origin())
        .chain(settings.passkey.origins.iter().map(String::as_str));
    let mut relying_party = RelyingParty::new(settings.rp_id(), &settings.app_name, origins);
    relying_party.user_verification = match settings.passkey.user_verification {
        UserVerification::Required => kiavi_webauthn::UserVerification::Required,
        UserVerification::Preferred => kiavi_webauthn::UserVerification::Preferred,
    };
    relying_party
}

/// A user's handle: stable, and noise to everybody without the tenant's secret (WebAuthn L3 §14.6.1).
pub(super) fn user_handle(secret: &TenantSecret, user_id: &str) -> Vec<u8> {
    hmac_sha256(&secret.subkey(Purpose::UserHandle), user_id.as_bytes()).to_vec()
}

/// The handle that an assertion's must equal: the user's, or the one that they had under an earlier version of the
/// secret if it is the one claimed, because a passkey keeps the handle that it was made with. Better Auth gave its
/// credentials random handles and kept none; they have a shape that ours cannot have by chance, and there is
/// nothing to compare them with.
fn expected_handle(secret: &TenantSecret, user_id: &str, claimed: Option<&Base64Url>) -> Option<Vec<u8>> {
    let is_foreign = claimed.is_some_and(|handle| {
        handle.0.len() == 32 && handle.0.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    });
    let earlier = |claimed: &Base64Url| {
        let mut handles = secret
            .earlier_subkeys(Purpose::UserHandle)
            .map(|subkey| hmac_sha256(&subkey, user_id.as_bytes()).to_vec());
        handles.find(|handle| *handle == claimed.0)
    };
    (!is_foreign).then(|| claimed.and_then(earlier).unwrap_or_else(|| user_handle(secret, user_id)))
}

/// What a ceremony's options say about the user.
pub(super) fn user_entity(secret: &TenantSecret, registrant: &Registrant) -> UserEntity {
    UserEntity {
        id: Base64Url(user_handle(secret, &registrant.id)),
        name: registrant.name.clone(),
        display_name: registrant.display_name.clone().unwrap_or_else(|| registrant.name.clone()),
    }
}

/// A signed-in user as registrant. `name` is what the authenticator shows.
pub(super) fn known_registrant(user: &User, name: Option<&str>) -> Registrant {
    let address = if user.email.is_empty() { &user.id } else { &user.email };
    let name = name.filter(|name| !name.is_empty()).unwrap_or(address);
    Registrant { id: user.id.clone(), name: name.to_owned(), display_name: Some(address.clone()) }
}

/// Somebody without an account as registrant.
pub(super) fn new_registrant(id: String, address: &EmailAddress, name: Option<&str>) -> Registrant {
    let name = name.filter(|name| !name.is_empty()).unwrap_or(address.as_str());
    Registrant { id, name: name.to_owned(), display_name: Some(address.to_string()) }
}

/// The name that a new user gets: what they gave, and not the address that stood in for it.
pub(super) fn new_user_name(registrant: &Registrant) -> &str {
    if registrant.display_name.as_ref() == Some(&registrant.name) { "" } else { &registrant.name }
}

/// The credentials of a list as options name them. Transports are split as Better Auth does, which makes one empty
/// hint of an empty column; browsers skip hints that they do not know.
pub(super) fn descriptors(passkeys: &[Passkey]) -> Vec<CredentialDescriptor> {
    let transports = |passkey: &Passkey| {
        passkey.transports.iter().flat_map(|joined| joined.split(',')).map(str::to_owned).collect()
    };
    passkeys
        .iter()
        .map(|passkey| CredentialDescriptor::new(passkey.credential_id.clone(), transports(passkey)))
        .collect()
}

/// The attachment that a query asks for.
pub(super) fn attachment(text: &str) -> Option<AuthenticatorAttachment> {
    match text {
        "platform" => Some(AuthenticatorAttachment::Platform),
        "cross-platform" => Some(AuthenticatorAttachment::CrossPlatform),
        _ => None,
    }
}

/// A stored row as the ceremony wants it; `None` when the row is damaged.
pub(super) fn stored_credential(
    secret: &TenantSecret,
    passkey: &Passkey,
    claimed_handle: Option<&Base64Url>,
) -> Option<StoredCredential> {
    // Better Auth writes padded base64 and reads base64url too.
    let key = passkey.public_key.trim_end_matches('=');
    let public_key_cose =
        STANDARD.decode(&passkey.public_key).or_else(|_| URL_SAFE_NO_PAD.decode(key)).ok()?;
    Some(StoredCredential {
        credential_id: Base64Url::decode(&passkey.credential_id)?,
        public_key_cose,
        counter: u32::try_from(passkey.counter).unwrap_or(0),
        backup_eligible: passkey.device_type == MULTI_DEVICE,
        user_handle: expected_handle(secret, &passkey.user_id, claimed_handle),
    })
}

const MULTI_DEVICE: &str = "multiDevice";
const SINGLE_DEVICE: &str = "singleDevice";

/// The text columns of a new row.
pub(super) struct Columns {
    pub(super) public_key: String,
    pub(super) credential_id: String,
    pub(super) counter: i32,
    pub(super) device_type: &'static str,
    pub(super) transports: String,
    pub(super) aaguid: String,
}

pub(super) fn columns(credential: &RegisteredCredential) -> Columns {
    Columns {
        public_key: STANDARD.encode(&credential.public_key_cose),
        credential_id: Base64Url::encode(&credential.credential_id),
        counter: stored_counter(credential.counter),
        device_type: if credential.backup_eligible { MULTI_DEVICE } else { SINGLE_DEVICE },
        transports: credential.transports.join(","),
        aaguid: uuid(&credential.aaguid),
    }
}

/// The column holds 31 bits; a larger counter stays at the top, where only a smaller one is refused.
pub(super) fn stored_counter(counter: u32) -> i32 {
    i32::try_from(counter).unwrap_or(i32::MAX)
}

/// RFC 9562 §4, lower-case.
fn uuid(bytes: &[u8; 16]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> TenantSecret {
        TenantSecret::new("kYv3xPq9TzW6uRb2NcE8sJm4HfLd7GaQ".to_owned().into())
    }

    #[test]
    fn challenges_are_kept_as_better_auth_keeps_them() {
        let registration = Challenge::Registration {
            expected_challenge: Base64Url(vec![0; 3]),
            user_data: Registrant { id: "u".into(), name: "n".into(), display_name: Some("d".into()) },
            context: None,
        };
        let text = concat!(
            r#"{"type":"registration","expectedChallenge":"AAAA","#,
            r#""userData":{"id":"u","name":"n","displayName":"d"},"context":null}"#
        );
        assert_eq!(serde_json::to_string(&registration).unwrap(), text);
        assert_eq!(serde_json::from_str::<Challenge>(text).unwrap(), registration);
        let authentication = Challenge::Authentication {
            expected_challenge: Base64Url(vec![0; 3]),
            user_data: Claimant::default(),
        };
        let text = r#"{"type":"authentication","expectedChallenge":"AAAA","userData":{"id":""}}"#;
        assert_eq!(serde_json::to_string(&authentication).unwrap(), text);
        assert_eq!(serde_json::from_str::<Challenge>(text).unwrap(), authentication);
    }

    #[test]
    fn a_handle_is_stable_and_differs_by_user() {
        assert_eq!(user_handle(&secret(), "a"), user_handle(&secret(), "a"));
        assert_ne!(user_handle(&secret(), "a"), user_handle(&secret(), "b"));
        assert_eq!(user_handle(&secret(), "a").len(), 32);
    }

    #[test]
    fn only_handles_of_better_auths_shape_go_uncompared() {
        let ours = Some(user_handle(&secret(), "a"));
        let foreign = Base64Url(b"abcdefghijklmnopqrstuvwxyz012345".to_vec());
        assert_eq!(expected_handle(&secret(), "a", Some(&foreign)), None);
        let others = Base64Url(user_handle(&secret(), "b"));
        let short = Base64Url(b"abc".to_vec());
        for claimed in [None, Some(&others), Some(&short), Some(&Base64Url(vec![]))] {
            assert_eq!(expected_handle(&secret(), "a", claimed), ours);
        }
    }

    #[test]
    fn a_handle_from_before_a_rotation_still_counts() {
        let version =
            |version, text: &str| kiavi_crypto::SecretVersion { version, text: text.to_owned().into() };
        let versions =
            [version(2, "a-newer-secret-a-newer-secret-00"), version(1, "kYv3xPq9TzW6uRb2NcE8sJm4HfLd7GaQ")];
        let rotated = TenantSecret::versioned(versions, None).unwrap();
        let (before, others) = (user_handle(&secret(), "a"), user_handle(&secret(), "b"));
        assert_ne!(user_handle(&rotated, "a"), before);
        let expected = |claimed: &[u8]| expected_handle(&rotated, "a", Some(&Base64Url(claimed.to_vec())));
        assert_eq!(expected(&before), Some(before.clone()));
        assert_eq!(expected(&others), Some(user_handle(&rotated, "a")));
    }

    #[test]
    fn counters_stop_at_the_columns_top() {
        assert_eq!(stored_counter(7), 7);
        assert_eq!(stored_counter(u32::MAX), i32::MAX);
    }

    #[test]
    fn an_aaguid_is_a_dashed_uuid() {
        assert_eq!(uuid(&[0; 16]), "00000000-0000-0000-0000-000000000000");
        assert_eq!(
            uuid(b"\xea\x9b\x8dfM\x01\x1d!<\xe4\xb6\xb4\x8c\xb5u\xd4"),
            "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4"
        );
    }
}

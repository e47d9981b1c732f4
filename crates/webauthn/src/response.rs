//! What a browser sends: `RegistrationResponseJSON` and `AuthenticationResponseJSON` (WebAuthn L3 §5.1).
//!
//! Members that are not needed are ignored: Better Auth's client leaves out `clientExtensionResults`, and browsers
//! add parsed copies of what the attestation object says.

use serde::{Deserialize, Serialize};

use crate::{Base64Url, CeremonyError};

/// `RegistrationResponseJSON`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationResponse {
    /// The credential id.
    pub id: Base64Url,
    /// The credential id again.
    pub raw_id: Base64Url,
    /// Always `public-key`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The authenticator's part.
    pub response: AuthenticatorAttestationResponse,
}

/// `AuthenticatorAttestationResponseJSON`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticatorAttestationResponse {
    /// The client data, byte for byte as hashed.
    #[serde(rename = "clientDataJSON")]
    pub client_data_json: Base64Url,
    /// CBOR.
    pub attestation_object: Base64Url,
    /// How the authenticator can be reached.
    #[serde(default)]
    pub transports: Option<Vec<String>>,
}

/// `AuthenticationResponseJSON`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticationResponse {
    /// The credential id.
    pub id: Base64Url,
    /// The credential id again.
    pub raw_id: Base64Url,
    /// Always `public-key`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The authenticator's part.
    pub response: AuthenticatorAssertionResponse,
}

/// `AuthenticatorAssertionResponseJSON`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticatorAssertionResponse {
    /// The client data, byte for byte as hashed.
    #[serde(rename = "clientDataJSON")]
    pub client_data_json: Base64Url,
    /// What was signed, with the hash of the client data.
    pub authenticator_data: Base64Url,
    /// The signature.
    pub signature: Base64Url,
    /// The user handle, when the authenticator keeps one.
    #[serde(default)]
    pub user_handle: Option<Base64Url>,
}

/// The checks on the envelope that both ceremonies share.
pub(crate) fn check_envelope(kind: &str, id: &Base64Url, raw_id: &Base64Url) -> Result<(), CeremonyError> {
    if kind != "public-key" {
        return Err(CeremonyError::NotAPublicKey);
    }
    if id != raw_id {
        return Err(CeremonyError::CredentialIdMismatch);
    }
    // WebAuthn L3 §7.1 step 25.
    if raw_id.0.is_empty() || raw_id.0.len() > crate::MAX_CREDENTIAL_ID_BYTES {
        return Err(CeremonyError::CredentialIdLength);
    }
    Ok(())
}

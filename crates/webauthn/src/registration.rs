//! The registration ceremony (WebAuthn L3 §7.1).

use kiavi_crypto::sha256;

use crate::{
    AttestationFormat, CeremonyError, RegistrationResponse, RelyingParty,
    attestation::AttestationObject,
    authenticator_data::AuthenticatorData,
    client_data::{self, Ceremony},
    cose::CredentialKey,
    response::check_envelope,
};

/// Most transports that are kept of one credential; six are registered (WebAuthn L3 §5.8.4).
const MAX_TRANSPORTS: usize = 8;

/// Longest name of a transport that is kept.
const MAX_TRANSPORT_LENGTH: usize = 32;

/// A credential record to store (WebAuthn L3 §7.1 step 27).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredCredential {
    /// The credential id, 1 to 1023 bytes. Whether it is taken is the store's to say (step 26).
    pub credential_id: Vec<u8>,
    /// The public key as the authenticator encoded it.
    pub public_key_cose: Vec<u8>,
    /// The signature counter.
    pub counter: u32,
    /// Whether the credential may be synchronised to other devices.
    pub backup_eligible: bool,
    /// Whether it is at present.
    pub backed_up: bool,
    /// Whether the user was verified.
    pub user_verified: bool,
    /// The authenticator's model, all zero when it does not say. Not proven.
    pub aaguid: [u8; 16],
    /// How to reach the authenticator, as the browser says.
    pub transports: Vec<String>,
    /// The format of the statement that came along.
    pub attestation_format: AttestationFormat,
}

/// Judges a registration for `challenge`. Steps 1 to 4 of §7.1 happen in the browser; steps 26 and 29 (uniqueness,
/// storing) are the caller's.
///
/// # Errors
/// The first check that fails.
pub fn verify_registration(
    relying_party: &RelyingParty,
    challenge: &[u8],
    credential: &RegistrationResponse,
) -> Result<RegisteredCredential, CeremonyError> {
    check_envelope(&credential.kind, &credential.id, &credential.raw_id)?;
    let response = &credential.response;
    let client_data_json = &response.client_data_json.0;
    client_data::check(client_data_json, Ceremony::Create, relying_party, challenge)?; // steps 5 to 11
    let client_data_hash = sha256(client_data_json); // step 12
    let object = AttestationObject::parse(&response.attestation_object.0)?; // steps 13 and 21
    let auth_data = &object.auth_data;
    check_flags(relying_party, auth_data)?; // steps 14 to 17

    let attested = auth_data.attested.as_ref().ok_or(CeremonyError::Malformed("authenticator data"))?;
    // The browser's id is not signed by anything; what is stored is the authenticator's.
    if attested.credential_id != credential.raw_id.0 {
        return Err(CeremonyError::CredentialIdMismatch);
    }
    let key = CredentialKey::parse(attested.public_key)?;
    // §6.5.1: no optional parameters.
    if !key.minimal {
        return Err(CeremonyError::InvalidKey);
    }
    // Step 20.
    if !relying_party.algorithms.contains(&key.algorithm) {
        return Err(CeremonyError::AlgorithmNotAllowed);
    }
    object.verify_self_attestation(&key, &client_data_hash)?; // steps 22 to 24

    Ok(RegisteredCredential {
        credential_id: attested.credential_id.to_vec(),
        public_key_cose: attested.public_key.to_vec(),
        counter: auth_data.sign_count,
        backup_eligible: auth_data.backup_eligible,
        backed_up: auth_data.backed_up,
        user_verified: auth_data.user_verified,
        aaguid: attested.aaguid,
        transports: plausible_transports(response.transports.as_deref().unwrap_or_default()),
        attestation_format: object.format,
    })
}

/// The checks on authenticator data that both ceremonies share (§7.1 steps 14 to 17, §7.2 steps 15 to 18).
pub(crate) fn check_flags(
    relying_party: &RelyingParty,
    auth_data: &AuthenticatorData<'_>,
) -> Result<(), CeremonyError> {
    if auth_data.rp_id_hash != sha256(relying_party.id.as_bytes()) {
        return Err(CeremonyError::RelyingPartyMismatch);
    }
    if !auth_data.user_present {
        return Err(CeremonyError::UserNotPresent);
    }
    if relying_party.user_verification == crate::UserVerification::Required && !auth_data.user_verified {
        return Err(CeremonyError::UserNotVerified);
    }
    if auth_data.backed_up && !auth_data.backup_eligible {
        return Err(CeremonyError::BackupFlags);
    }
    Ok(())
}

/// Transports are hints that go back to the browser later. Names that no registry could hold are dropped, so that
/// a comma-joined column can be split again.
fn plausible_transports(claimed: &[String]) -> Vec<String> {
    let plausible = |name: &&String| {
        (1..=MAX_TRANSPORT_LENGTH).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    claimed.iter().filter(plausible).take(MAX_TRANSPORTS).cloned().collect()
}

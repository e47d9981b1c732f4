//! The authentication ceremony (WebAuthn L3 §7.2).

use kiavi_crypto::{constant_time_eq, sha256};

use crate::{
    AuthenticationResponse, CeremonyError, RelyingParty,
    authenticator_data::AuthenticatorData,
    client_data::{self, Ceremony},
    cose::CredentialKey,
    registration::check_flags,
    response::check_envelope,
};

/// What the store knows of the credential that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCredential {
    /// The credential id.
    pub credential_id: Vec<u8>,
    /// The public key as registered.
    pub public_key_cose: Vec<u8>,
    /// The counter of the last ceremony.
    pub counter: u32,
    /// Backup eligibility at registration; it never changes.
    pub backup_eligible: bool,
    /// The handle of the user who owns the credential. `None` when it is unknown: then none is compared.
    pub user_handle: Option<Vec<u8>>,
}

/// What an accepted assertion says; the record is to be updated with it (§7.2 step 24).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assertion {
    /// The new signature counter.
    pub counter: u32,
    /// Whether the user was verified.
    pub user_verified: bool,
    /// Whether the credential is backed up at present.
    pub backed_up: bool,
}

/// Judges an assertion for `challenge` by the credential `stored`. Steps 1 to 4 of §7.2 happen in the browser;
/// finding the credential by its id and comparing it with the list that was offered (steps 5 and 6) is the caller's.
///
/// # Errors
/// The first check that fails. The signature is checked before the counter, so
/// [`CeremonyError::CounterRegressed`] is a true sign of a copied authenticator.
pub fn verify_authentication(
    relying_party: &RelyingParty,
    challenge: &[u8],
    stored: &StoredCredential,
    credential: &AuthenticationResponse,
) -> Result<Assertion, CeremonyError> {
    check_envelope(&credential.kind, &credential.id, &credential.raw_id)?;
    if credential.raw_id.0 != stored.credential_id {
        return Err(CeremonyError::CredentialIdMismatch);
    }
    let response = &credential.response;
    // Step 6: the user handle, when present, is the owner's.
    if let (Some(claimed), Some(owner)) = (&response.user_handle, &stored.user_handle)
        && !constant_time_eq(&claimed.0, owner)
    {
        return Err(CeremonyError::UserHandleMismatch);
    }
    let client_data_json = &response.client_data_json.0;
    client_data::check(client_data_json, Ceremony::Get, relying_party, challenge)?; // steps 8 to 14
    let auth_data = AuthenticatorData::parse(&response.authenticator_data.0)?;
    check_flags(relying_party, &auth_data)?; // steps 15 to 18
    // §6.1: an assertion carries no attested credential.
    if auth_data.attested.is_some() {
        return Err(CeremonyError::Malformed("authenticator data"));
    }
    // Step 19: eligibility for backup is a property of the credential.
    if auth_data.backup_eligible != stored.backup_eligible {
        return Err(CeremonyError::BackupFlags);
    }
    // Steps 20 and 21.
    let signed = [&response.authenticator_data.0[..], &sha256(client_data_json)].concat();
    CredentialKey::parse(&stored.public_key_cose)?.verify(&signed, &response.signature.0)?;
    // Step 22: either counter in use means that it must grow.
    if (auth_data.sign_count != 0 || stored.counter != 0) && auth_data.sign_count <= stored.counter {
        return Err(CeremonyError::CounterRegressed);
    }
    Ok(Assertion {
        counter: auth_data.sign_count,
        user_verified: auth_data.user_verified,
        backed_up: auth_data.backed_up,
    })
}

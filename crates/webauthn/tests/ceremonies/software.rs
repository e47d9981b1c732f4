//! Ceremonies with an authenticator whose every answer is well-formed and, one thing at a time, wrong.

use kiavi_testkit::{Behaviour, SoftAuthenticator};
use kiavi_webauthn::{
    Assertion, Base64Url, CeremonyError, RegisteredCredential, RelyingParty, StoredCredential, UserEntity,
    UserVerification, verify_authentication, verify_registration,
};
use proptest::prelude::*;
use serde_json::json;

const ORIGIN: &str = "https://shop.example";
const CHALLENGE: [u8; 32] = [5; 32];
const HANDLE: [u8; 32] = [6; 32];

fn relying_party() -> RelyingParty {
    RelyingParty::new("shop.example", "Shop", [ORIGIN])
}

fn register(device: &mut SoftAuthenticator) -> Result<RegisteredCredential, CeremonyError> {
    let user =
        UserEntity { id: Base64Url(HANDLE.to_vec()), name: "ada".to_owned(), display_name: "Ada".to_owned() };
    let options = relying_party().creation_options(&CHALLENGE, user, vec![], None);
    let response = device.create(&serde_json::to_value(options).unwrap(), ORIGIN).unwrap();
    verify_registration(&relying_party(), &CHALLENGE, &serde_json::from_value(response).unwrap())
}

fn stored(credential: &RegisteredCredential) -> StoredCredential {
    StoredCredential {
        credential_id: credential.credential_id.clone(),
        public_key_cose: credential.public_key_cose.clone(),
        counter: credential.counter,
        backup_eligible: credential.backup_eligible,
        user_handle: Some(HANDLE.to_vec()),
    }
}

fn authenticate(
    device: &mut SoftAuthenticator,
    stored: &StoredCredential,
) -> Result<Assertion, CeremonyError> {
    let options = relying_party().request_options(&CHALLENGE, None);
    let response = device.get(&serde_json::to_value(options).unwrap(), ORIGIN).unwrap();
    verify_authentication(&relying_party(), &CHALLENGE, stored, &serde_json::from_value(response).unwrap())
}

/// A device with one credential, and its record.
fn registered() -> (SoftAuthenticator, StoredCredential) {
    let mut device = SoftAuthenticator::new();
    let credential = register(&mut device).unwrap();
    (device, stored(&credential))
}

#[test]
fn a_passkey_registers_and_signs_in() {
    let (mut device, mut record) = registered();
    for expected in 1..4 {
        let assertion = authenticate(&mut device, &record).unwrap();
        assert_eq!(assertion, Assertion { counter: expected, user_verified: true, backed_up: true });
        record.counter = assertion.counter;
    }
}

/// Things that go wrong in the same way in both ceremonies.
fn common_faults() -> Vec<(Behaviour, CeremonyError)> {
    let good = Behaviour::default;
    vec![
        (Behaviour { origin: Some("https://evil.example".into()), ..good() }, CeremonyError::OriginMismatch),
        (Behaviour { challenge: Some("AAAA".into()), ..good() }, CeremonyError::ChallengeMismatch),
        (Behaviour { challenge: Some(String::new()), ..good() }, CeremonyError::ChallengeMismatch),
        (Behaviour { rp_id: Some("evil.example".into()), ..good() }, CeremonyError::RelyingPartyMismatch),
        (Behaviour { client_data_type: Some("payment.get".into()), ..good() }, CeremonyError::WrongCeremony),
        (Behaviour { is_cross_origin: true, ..good() }, CeremonyError::CrossOrigin),
        (Behaviour { top_origin: Some(ORIGIN.into()), ..good() }, CeremonyError::CrossOrigin),
        (Behaviour { is_user_present: false, ..good() }, CeremonyError::UserNotPresent),
        (Behaviour { is_user_verified: false, ..good() }, CeremonyError::UserNotVerified),
        (Behaviour { is_backup_eligible: false, ..good() }, CeremonyError::BackupFlags),
    ]
}

#[test]
fn a_registration_with_one_fault_is_refused_for_it() {
    let good = Behaviour::default;
    let more = [
        (Behaviour { client_data_type: Some("webauthn.get".into()), ..good() }, CeremonyError::WrongCeremony),
        (Behaviour { trailing_bytes: vec![0], ..good() }, CeremonyError::Malformed("attestation object")),
        (Behaviour { credential_id: Some(vec![]), ..good() }, CeremonyError::CredentialIdLength),
        (Behaviour { credential_id: Some(vec![1; 1024]), ..good() }, CeremonyError::CredentialIdLength),
    ];
    for (behaviour, reason) in common_faults().into_iter().chain(more) {
        let mut device = SoftAuthenticator::new();
        device.behaviour = behaviour;
        assert_eq!(register(&mut device), Err(reason), "{:?}", device.behaviour);
    }
}

#[test]
fn an_assertion_with_one_fault_is_refused_for_it() {
    let good = Behaviour::default;
    let more = [
        (
            Behaviour { client_data_type: Some("webauthn.create".into()), ..good() },
            CeremonyError::WrongCeremony,
        ),
        (Behaviour { is_signature_tampered: true, ..good() }, CeremonyError::InvalidSignature),
        (Behaviour { user_handle: Some(vec![7; 32]), ..good() }, CeremonyError::UserHandleMismatch),
        (Behaviour { user_handle: Some(vec![]), ..good() }, CeremonyError::UserHandleMismatch),
        (Behaviour { is_backup_eligible: false, is_backed_up: false, ..good() }, CeremonyError::BackupFlags),
    ];
    let (mut device, record) = registered();
    for (behaviour, reason) in common_faults().into_iter().chain(more) {
        device.behaviour = behaviour;
        assert_eq!(authenticate(&mut device, &record), Err(reason), "{:?}", device.behaviour);
    }
    device.behaviour = good();
    assert!(authenticate(&mut device, &record).is_ok(), "and without a fault it is accepted");
}

#[test]
fn the_counter_must_grow_once_either_side_uses_it() {
    let (mut device, mut record) = registered();
    for (known, reported, accepted) in [
        (0, 0, true),
        (0, 1, true),
        (5, 6, true),
        (5, 5, false),
        (5, 4, false),
        (5, 0, false),
        (0x7fff_ffff, 0xffff_ffff, true),
        (0xffff_ffff, 0xffff_ffff, false),
    ] {
        record.counter = known;
        device.behaviour.counter = Some(reported);
        let outcome = authenticate(&mut device, &record);
        let expected = if accepted { Ok(reported) } else { Err(CeremonyError::CounterRegressed) };
        assert_eq!(outcome.map(|assertion| assertion.counter), expected, "{known} then {reported}");
    }
}

#[test]
fn preferred_verification_accepts_its_absence_and_reports_it() {
    let mut relaxed = relying_party();
    relaxed.user_verification = UserVerification::Preferred;
    let (mut device, record) = registered();
    device.behaviour.is_user_verified = false;
    let options = serde_json::to_value(relaxed.request_options(&CHALLENGE, None)).unwrap();
    assert_eq!(options["userVerification"], "preferred");
    let response = serde_json::from_value(device.get(&options, ORIGIN).unwrap()).unwrap();
    assert!(!verify_authentication(&relaxed, &CHALLENGE, &record, &response).unwrap().user_verified);
}

#[test]
fn ids_that_disagree_are_refused() {
    let (mut device, record) = registered();
    let options = serde_json::to_value(relying_party().request_options(&CHALLENGE, None)).unwrap();
    let response = device.get(&options, ORIGIN).unwrap();
    let judge = |field: &str, value: &str| {
        let mut response = response.clone();
        response[field] = json!(value);
        verify_authentication(
            &relying_party(),
            &CHALLENGE,
            &record,
            &serde_json::from_value(response).unwrap(),
        )
    };
    assert_eq!(judge("id", "AQ"), Err(CeremonyError::CredentialIdMismatch));
    assert_eq!(judge("rawId", "AQ"), Err(CeremonyError::CredentialIdMismatch));
    assert_eq!(judge("type", "password"), Err(CeremonyError::NotAPublicKey));
    let other = StoredCredential { credential_id: vec![1], ..record.clone() };
    let response = serde_json::from_value(response.clone()).unwrap();
    assert_eq!(
        verify_authentication(&relying_party(), &CHALLENGE, &other, &response),
        Err(CeremonyError::CredentialIdMismatch)
    );
}

#[test]
fn a_claimed_id_that_is_not_the_attested_one_is_refused() {
    let mut device = SoftAuthenticator::new();
    let user =
        UserEntity { id: Base64Url(HANDLE.to_vec()), name: "a".to_owned(), display_name: "a".to_owned() };
    let options =
        serde_json::to_value(relying_party().creation_options(&CHALLENGE, user, vec![], None)).unwrap();
    let mut response = device.create(&options, ORIGIN).unwrap();
    (response["id"], response["rawId"]) = (json!("AQ"), json!("AQ"));
    let response = serde_json::from_value(response).unwrap();
    assert_eq!(
        verify_registration(&relying_party(), &CHALLENGE, &response),
        Err(CeremonyError::CredentialIdMismatch)
    );
}

#[test]
fn transports_that_no_registry_holds_are_dropped() {
    let mut device = SoftAuthenticator::new();
    let user =
        UserEntity { id: Base64Url(HANDLE.to_vec()), name: "a".to_owned(), display_name: "a".to_owned() };
    let options =
        serde_json::to_value(relying_party().creation_options(&CHALLENGE, user, vec![], None)).unwrap();
    let mut response = device.create(&options, ORIGIN).unwrap();
    response["response"]["transports"] = json!(["usb", "a,b", "", "INTERNAL", "smart-card"]);
    let response = serde_json::from_value(response).unwrap();
    let credential = verify_registration(&relying_party(), &CHALLENGE, &response).unwrap();
    assert_eq!(credential.transports, ["usb", "smart-card"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever byte of what was signed is changed, the assertion is refused and nothing panics.
    #[test]
    fn any_change_to_an_assertion_is_refused(at in any::<prop::sample::Index>(), mask in 1..=u8::MAX) {
        let (mut device, record) = registered();
        let options = serde_json::to_value(relying_party().request_options(&CHALLENGE, None)).unwrap();
        let response = device.get(&options, ORIGIN).unwrap();
        let mut changed: kiavi_webauthn::AuthenticationResponse = serde_json::from_value(response).unwrap();
        let part = &mut changed.response;
        let (data, rest) = (part.authenticator_data.0.len(), part.client_data_json.0.len());
        let index = at.index(data + rest);
        if index < data {
            part.authenticator_data.0[index] ^= mask;
        } else {
            part.client_data_json.0[index - data] ^= mask;
        }
        prop_assert!(verify_authentication(&relying_party(), &CHALLENGE, &record, &changed).is_err());
    }
}

//! The same ceremonies, judged by kiavi-webauthn and by webauthn-rs-core. The two must agree, but for the
//! differences that are named here; and whatever bytes are changed, what we accept the oracle accepts too.

use std::time::Duration;

use kiavi_testkit::{Behaviour, SoftAuthenticator};
use kiavi_webauthn::{
    RegisteredCredential, RelyingParty, StoredCredential, verify_authentication, verify_registration,
};
use proptest::prelude::*;
use serde_json::Value;
use url::Url;
use webauthn_rs_core::{
    WebauthnCore,
    proto::{AuthenticationState, Credential, RegistrationState},
};
use webauthn_rs_proto::UserVerificationPolicy;

const ORIGIN: &str = "https://shop.example";
const HANDLE: [u8; 32] = [6; 32];

fn ours() -> RelyingParty {
    RelyingParty::new("shop.example", "Shop", [ORIGIN])
}

fn oracle() -> WebauthnCore {
    let origins = vec![Url::parse(ORIGIN).unwrap()];
    WebauthnCore::new_unsafe_experts_only(
        "Shop",
        "shop.example",
        origins,
        Duration::from_secs(60),
        None,
        None,
    )
}

fn challenge(options: &Value) -> Vec<u8> {
    kiavi_webauthn::Base64Url::decode(options["challenge"].as_str().unwrap()).unwrap()
}

/// Registration options of the oracle, so that both judge answers to one challenge.
fn creation() -> (Value, RegistrationState) {
    let builder = oracle().new_challenge_register_builder(&HANDLE, "ada", "Ada").unwrap();
    let builder = builder.user_verification_policy(UserVerificationPolicy::Required);
    let (options, state) = oracle().generate_challenge_register(builder).unwrap();
    (serde_json::to_value(options).unwrap()["publicKey"].clone(), state)
}

fn judge_registration(
    response: &Value,
    options: &Value,
    state: &RegistrationState,
) -> (Option<RegisteredCredential>, Option<Credential>) {
    let mine = serde_json::from_value(response.clone())
        .ok()
        .and_then(|response| verify_registration(&ours(), &challenge(options), &response).ok());
    let theirs = serde_json::from_value(response.clone())
        .ok()
        .and_then(|response| oracle().register_credential(&response, state, None).ok());
    (mine, theirs)
}

/// A device with one credential that both have registered.
fn registered() -> (SoftAuthenticator, StoredCredential, Credential) {
    let mut device = SoftAuthenticator::new();
    let (options, state) = creation();
    let response = device.create(&options, ORIGIN).unwrap();
    let (mine, theirs) = judge_registration(&response, &options, &state);
    let (mine, theirs) = (mine.expect("we accept"), theirs.expect("the oracle accepts"));
    let stored = StoredCredential {
        credential_id: mine.credential_id,
        public_key_cose: mine.public_key_cose,
        counter: mine.counter,
        backup_eligible: mine.backup_eligible,
        user_handle: Some(HANDLE.to_vec()),
    };
    (device, stored, theirs)
}

fn request(credential: &Credential) -> (Value, AuthenticationState) {
    let required = Some(UserVerificationPolicy::Required);
    let builder = oracle().new_challenge_authenticate_builder(vec![credential.clone()], required).unwrap();
    let (options, state) = oracle().generate_challenge_authenticate(builder).unwrap();
    (serde_json::to_value(options).unwrap()["publicKey"].clone(), state)
}

/// Whether we and whether the oracle accept.
fn judge_assertion(
    response: &Value,
    options: &Value,
    stored: &StoredCredential,
    state: &AuthenticationState,
) -> (bool, bool) {
    let mine = serde_json::from_value(response.clone())
        .is_ok_and(|response| verify_authentication(&ours(), &challenge(options), stored, &response).is_ok());
    let theirs = serde_json::from_value(response.clone())
        .is_ok_and(|response| oracle().authenticate_credential(&response, state).is_ok());
    (mine, theirs)
}

/// Faults of both ceremonies, and whether the oracle overlooks them.
fn faults() -> Vec<(&'static str, Behaviour, bool)> {
    let good = Behaviour::default;
    vec![
        ("none", good(), true),
        ("origin", Behaviour { origin: Some("https://evil.example".into()), ..good() }, false),
        ("scheme", Behaviour { origin: Some("http://shop.example".into()), ..good() }, false),
        ("subdomain", Behaviour { origin: Some("https://a.shop.example".into()), ..good() }, false),
        ("port", Behaviour { origin: Some("https://shop.example:8443".into()), ..good() }, false),
        ("challenge", Behaviour { challenge: Some("AAAA".into()), ..good() }, false),
        ("relying party", Behaviour { rp_id: Some("evil.example".into()), ..good() }, false),
        ("type", Behaviour { client_data_type: Some("payment.get".into()), ..good() }, false),
        ("absent user", Behaviour { is_user_present: false, ..good() }, false),
        ("unverified user", Behaviour { is_user_verified: false, ..good() }, false),
        ("backed up without eligibility", Behaviour { is_backup_eligible: false, ..good() }, false),
        // The oracle parses origins as URLs and does not know `topOrigin`.
        ("origin in capitals", Behaviour { origin: Some("https://SHOP.example".into()), ..good() }, true),
        ("origin with a path", Behaviour { origin: Some("https://shop.example/".into()), ..good() }, true),
        ("top origin", Behaviour { top_origin: Some(ORIGIN.into()), ..good() }, true),
    ]
}

#[test]
fn registrations_are_judged_alike() {
    let framed = ("framed", Behaviour { is_cross_origin: true, ..Behaviour::default() }, false);
    for (what, behaviour, oracle_accepts) in faults().into_iter().chain([framed]) {
        let mut device = SoftAuthenticator::new();
        device.behaviour = behaviour;
        let (options, state) = creation();
        let response = device.create(&options, ORIGIN).unwrap();
        let (mine, theirs) = judge_registration(&response, &options, &state);
        assert_eq!((mine.is_some(), theirs.is_some()), (what == "none", oracle_accepts), "{what}");
    }
}

#[test]
fn assertions_are_judged_alike() {
    let good = Behaviour::default;
    let more = [
        ("signature", Behaviour { is_signature_tampered: true, ..good() }, false),
        ("lost eligibility", Behaviour { is_backup_eligible: false, is_backed_up: false, ..good() }, false),
        // The oracle looks at `crossOrigin` in registrations only, and leaves the user handle to its caller.
        ("framed", Behaviour { is_cross_origin: true, ..good() }, true),
        ("user handle", Behaviour { user_handle: Some(vec![7; 32]), ..good() }, true),
    ];
    let (mut device, stored, credential) = registered();
    for (what, behaviour, oracle_accepts) in faults().into_iter().chain(more) {
        device.behaviour = behaviour;
        let (options, state) = request(&credential);
        let response = device.get(&options, ORIGIN).unwrap();
        assert_eq!(
            judge_assertion(&response, &options, &stored, &state),
            (what == "none", oracle_accepts),
            "{what}"
        );
    }
}

#[test]
fn counters_are_judged_alike() {
    let (mut device, mut stored, mut credential) = registered();
    for (known, reported) in [(0, 0), (0, 1), (5, 6), (5, 5), (5, 4), (5, 0), (7, u32::MAX)] {
        (stored.counter, credential.counter) = (known, known);
        device.behaviour.counter = Some(reported);
        let (options, state) = request(&credential);
        let response = device.get(&options, ORIGIN).unwrap();
        let (mine, theirs) = judge_assertion(&response, &options, &stored, &state);
        assert_eq!(mine, theirs, "{known} then {reported}");
    }
}

/// Changes one byte of one base64url member.
fn change(response: &mut Value, member: &str, at: prop::sample::Index, mask: u8) {
    let text = response["response"][member].as_str().unwrap();
    let mut bytes = kiavi_webauthn::Base64Url::decode(text).unwrap();
    let index = at.index(bytes.len());
    bytes[index] ^= mask;
    response["response"][member] = kiavi_webauthn::Base64Url::encode(&bytes).into();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_changed_registration_that_we_accept_the_oracle_accepts(
        member in prop_oneof![Just("clientDataJSON"), Just("attestationObject")],
        at in any::<prop::sample::Index>(),
        mask in 1..=u8::MAX,
    ) {
        let (options, state) = creation();
        let mut response = SoftAuthenticator::new().create(&options, ORIGIN).unwrap();
        change(&mut response, member, at, mask);
        let (mine, theirs) = judge_registration(&response, &options, &state);
        prop_assert!(mine.is_none() || theirs.is_some());
    }

    #[test]
    fn a_changed_assertion_is_refused_by_both(
        member in prop_oneof![Just("clientDataJSON"), Just("authenticatorData")],
        at in any::<prop::sample::Index>(),
        mask in 1..=u8::MAX,
    ) {
        let (mut device, stored, credential) = registered();
        let (options, state) = request(&credential);
        let mut response = device.get(&options, ORIGIN).unwrap();
        change(&mut response, member, at, mask);
        prop_assert_eq!(judge_assertion(&response, &options, &stored, &state), (false, false));
    }
}

//! One token that is right, and every way to make it wrong.

use kiavi_crypto::Es256SigningKey;
use proptest::prelude::*;
use serde_json::json;

use super::*;

const PEM: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgtS+ftUMCHXkX0PaT
m8O2Ecalw6XyvJ0DRuderuCHfYyhRANCAAQ14Lii4Izaxwf5D5oXHqqGbSJp0LZ+
7v/ra4i8B8znWmgrgPj10plHj1lqEfVrzwoa2Q9sx2XVQF6gqY/n5O/Z
-----END PRIVATE KEY-----";
const NOW: i64 = 1_800_000_000;
const ISSUERS: [&str; 1] = ["https://id.example"];

fn keys() -> JwkSet {
    JwkSet::parse(br#"{"keys":[{"kty":"EC","crv":"P-256","kid":"k1","alg":"ES256","use":"sig","x":"NeC4ouCM2scH-Q-aFx6qhm0iadC2fu7_62uIvAfM51o","y":"aCuA-PXSmUePWWoR9WvPChrZD2zHZdVAXqCpj-fk79k"}]}"#)
        .unwrap()
}

fn claims() -> Value {
    json!({
        "iss": "https://id.example", "sub": "ada", "aud": "client", "iat": NOW - 10, "exp": NOW + 300,
        "nonce": "nonce", "at_hash": Algorithm::Es256.half_hash("access"),
    })
}

fn sign(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = Es256SigningKey::from_pem(PEM).unwrap().sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn header() -> Value {
    json!({ "alg": "ES256", "kid": "k1", "typ": "JWT" })
}

fn check_with(token: &str, change: impl FnOnce(&mut Expected<'_>)) -> Result<Claims, IdTokenError> {
    let issuers = ISSUERS.map(str::to_owned);
    let mut expected = Expected {
        issuers: &issuers,
        audiences: &["client", "phone"],
        nonce: NonceRule::Exact("nonce"),
        access_token: Some("access"),
        algorithms: &[Algorithm::Es256],
        now: NOW,
        max_age: None,
    };
    change(&mut expected);
    verify_id_token(token, &keys(), &expected)
}

fn changed(name: &str, value: Value) -> Result<Claims, IdTokenError> {
    let mut claims = claims();
    match value {
        Value::Null => claims.as_object_mut().unwrap().remove(name),
        value => claims.as_object_mut().unwrap().insert(name.to_owned(), value),
    };
    check_with(&sign(&header(), &claims), |_| {})
}

#[test]
fn a_right_token_is_taken() {
    let verified = check_with(&sign(&header(), &claims()), |_| {}).unwrap();
    assert_eq!(verified.subject(), "ada");
    assert!(changed("at_hash", Value::Null).is_ok(), "at_hash need not be there with a code");
    assert!(changed("aud", json!(["client"])).is_ok());
    assert!(changed("azp", json!("phone")).is_ok());
    assert!(check_with(&sign(&json!({ "alg": "ES256" }), &claims()), |_| {}).is_ok(), "one key needs no id");
}

#[test]
fn every_wrong_claim_has_its_own_refusal() {
    use IdTokenError::*;
    for (name, value, error) in [
        ("iss", json!("https://evil.example"), Issuer),
        ("iss", json!("https://id.example/"), Issuer),
        ("iss", Value::Null, Issuer),
        ("aud", json!("other"), Audience),
        ("aud", json!(["client", "other"]), Audience),
        ("aud", json!([]), Audience),
        ("aud", Value::Null, Audience),
        ("aud", json!(["client", "phone"]), AuthorizedParty),
        ("azp", json!("other"), AuthorizedParty),
        ("exp", json!(NOW - 60), Time),
        ("exp", Value::Null, Time),
        ("exp", json!("never"), Time),
        ("iat", json!(NOW + 61), Time),
        ("iat", Value::Null, Time),
        ("nbf", json!(NOW + 61), Time),
        ("nonce", json!("other"), Nonce),
        ("nonce", Value::Null, Nonce),
        ("at_hash", json!("AAAA"), AccessTokenHash),
        ("at_hash", json!(7), AccessTokenHash),
        ("sub", Value::Null, Subject),
        ("sub", json!(""), Subject),
        ("sub", json!("a".repeat(256)), Subject),
    ] {
        assert_eq!(changed(name, value.clone()).unwrap_err(), error, "{name} = {value}");
    }
}

#[test]
fn clocks_may_differ_by_a_minute() {
    assert!(changed("exp", json!(NOW - 59)).is_ok());
    assert!(changed("iat", json!(NOW + 60)).is_ok());
}

#[test]
fn a_header_cannot_choose_the_rules() {
    use IdTokenError::*;
    let with = |header: Value| check_with(&sign(&header, &claims()), |_| {}).unwrap_err();
    for alg in ["none", "HS256", "RS256", "es256", ""] {
        assert_eq!(with(json!({ "alg": alg, "kid": "k1" })), Algorithm, "{alg}");
    }
    assert_eq!(with(json!({ "kid": "k1" })), Algorithm);
    assert_eq!(with(json!({ "alg": "ES256", "kid": "k2" })), UnknownKey);
    assert_eq!(with(json!({ "alg": "ES256", "kid": 1 })), Malformed);
    assert_eq!(with(json!({ "alg": "ES256", "kid": "k1", "crit": ["b64"], "b64": false })), Malformed);
    assert_eq!(with(json!({ "alg": "ES256", "kid": "k1", "typ": "at+jwt" })), Malformed);
    let token = sign(&header(), &claims());
    let (signed, _) = token.rsplit_once('.').unwrap();
    assert_eq!(check_with(&format!("{signed}."), |_| {}).unwrap_err(), Signature);
    let forged = token.replacen(&URL_SAFE_NO_PAD.encode(claims().to_string())[..20], &"A".repeat(20), 1);
    assert_eq!(check_with(&forged, |_| {}).unwrap_err(), Signature);
    let nameless = sign(&json!({ "alg": "ES256" }), &claims());
    let (signed, _) = nameless.rsplit_once('.').unwrap();
    assert_eq!(check_with(&format!("{signed}."), |_| {}).unwrap_err(), UnknownKey, "it may be of a new key");
}

#[test]
fn a_native_token_is_young_and_its_nonce_may_be_hashed() {
    let mut old = claims();
    old["iat"] = json!(NOW - 3_661);
    let token = sign(&header(), &old);
    assert!(check_with(&token, |_| {}).is_ok());
    assert_eq!(check_with(&token, |e| e.max_age = Some(3_600)).unwrap_err(), IdTokenError::Time);
    let mut hashed = claims();
    hashed["nonce"] = json!("78377b525757b494427f89014f97d79928f3938d14eb51e20fb5dec9834eb304");
    let token = sign(&header(), &hashed);
    assert!(check_with(&token, |e| e.nonce = NonceRule::ExactOrHashed("nonce")).is_ok());
    assert_eq!(check_with(&token, |_| {}).unwrap_err(), IdTokenError::Nonce);
    assert!(check_with(&token, |e| e.nonce = NonceRule::Any).is_ok());
}

#[test]
fn a_tenant_in_the_issuer_is_the_token_s_own() {
    let issuers = ["https://login.example/{tid}/v2.0".to_owned()];
    let with = |issuer: &str, tid: Value| {
        let mut claims = claims();
        claims["iss"] = json!(issuer);
        claims["tid"] = tid;
        let expected = Expected {
            issuers: &issuers,
            audiences: &["client"],
            nonce: NonceRule::Any,
            access_token: None,
            algorithms: &[Algorithm::Es256],
            now: NOW,
            max_age: None,
        };
        verify_id_token(&sign(&header(), &claims), &keys(), &expected)
    };
    assert!(with("https://login.example/t-1/v2.0", json!("t-1")).is_ok());
    for (issuer, tid) in [
        ("https://login.example/t-1/v2.0", json!("t-2")),
        ("https://login.example/{tid}/v2.0", Value::Null),
        ("https://login.example/{tid}/v2.0", json!("{tid}")),
        ("https://login.example/x/../v2.0", json!("x/..")),
    ] {
        assert_eq!(with(issuer, tid).unwrap_err(), IdTokenError::Issuer, "{issuer}");
    }
}

proptest! {
    #[test]
    fn no_token_panics(text in ".{0,200}", a in "[A-Za-z0-9_-]{0,60}", b in "[A-Za-z0-9_-]{0,60}") {
        let _ = check_with(&text, |_| {});
        let _ = check_with(&format!("{a}.{b}.{a}"), |_| {});
    }

    #[test]
    fn no_claim_panics(name in "iss|aud|azp|exp|iat|nbf|nonce|at_hash|sub|tid", number: f64, text in ".{0,40}") {
        let _ = changed(&name, json!(number));
        let _ = changed(&name, json!(text));
        let _ = changed(&name, json!([text, number]));
    }

    #[test]
    fn a_changed_byte_is_noticed(index in 0usize..1000, flip in 1u8..64) {
        let mut token = sign(&header(), &claims()).into_bytes();
        let index = index % token.len();
        token[index] ^= flip;
        let good = sign(&header(), &claims());
        if let Ok(token) = String::from_utf8(token) {
            // Base64 of a last character may spell the same bytes in two ways; the decoder refuses one of them.
            let is_refused = token == good || check_with(&token, |_| {}).is_err();
            prop_assert!(is_refused);
        }
    }
}

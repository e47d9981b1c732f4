//! Passkeys through the router, with a software authenticator.

mod abuse;
mod management;
mod notices;
mod policy;
mod recovery;
mod sign_up;

use axum::http::StatusCode;
use kiavi_testkit::SoftAuthenticator;
use serde_json::{Value, json};

use crate::{
    UserVerification,
    tests::{Answer, Browser, ORIGIN, TestTenant},
};

const REGISTER_OPTIONS: &str = "/passkey/generate-register-options";
const VERIFY_REGISTRATION: &str = "/passkey/verify-registration";
const AUTHENTICATE_OPTIONS: &str = "/passkey/generate-authenticate-options";
const VERIFY_AUTHENTICATION: &str = "/passkey/verify-authentication";

/// Asks for options and answers them with a new credential.
async fn register(browser: &mut Browser, device: &mut SoftAuthenticator) -> Answer {
    let options = browser.get(REGISTER_OPTIONS).await;
    assert_eq!(options.status, StatusCode::OK, "{:?}", options.json);
    let response = device.create(&options.json, ORIGIN).expect("the device makes a credential");
    browser.post(VERIFY_REGISTRATION, json!({ "response": response, "name": " Laptop " })).await
}

/// Asks for options and answers them with a credential of the device.
async fn authenticate(browser: &mut Browser, device: &mut SoftAuthenticator) -> Answer {
    let options = browser.get(AUTHENTICATE_OPTIONS).await;
    assert_eq!(options.status, StatusCode::OK, "{:?}", options.json);
    let response = device.get(&options.json, ORIGIN).expect("the device has a credential");
    browser.post(VERIFY_AUTHENTICATION, json!({ "response": response })).await
}

/// A signed-in user with one passkey.
async fn owner(tenant: &TestTenant, email: &str) -> (Browser, SoftAuthenticator) {
    let mut browser = tenant.signed_in(email).await;
    let mut device = SoftAuthenticator::new();
    let answer = register(&mut browser, &mut device).await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.json);
    (browser, device)
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_passkey_is_registered_and_signs_in_where_nobody_is_known() {
    let tenant = TestTenant::new().await;
    let (mut browser, mut device) = owner(&tenant, "ada@example.com").await;
    let listed = browser.get("/passkey/list-user-passkeys").await;
    assert_eq!(listed.json[0]["name"], "Laptop");
    let order = [
        "name",
        "publicKey",
        "userId",
        "credentialID",
        "counter",
        "deviceType",
        "backedUp",
        "transports",
        "createdAt",
        "aaguid",
        "id",
    ];
    let positions: Vec<_> =
        order.iter().map(|key| listed.text.find(&format!("\"{key}\":")).unwrap()).collect();
    assert!(positions.is_sorted(), "{}", listed.text);
    assert_eq!(listed.json[0]["deviceType"], "multiDevice");
    assert_eq!(listed.json[0]["transports"], "internal");
    assert_eq!(listed.json[0]["aaguid"], "736f6674-2d61-7574-6865-6e7469636174");

    let mut stranger = tenant.browser();
    let answer = authenticate(&mut stranger, &mut device).await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.json);
    assert_eq!(keys(&answer.json), ["session", "user"]);
    assert_eq!(answer.json["user"]["email"], "ada@example.com");
    let session = stranger.get("/get-session").await;
    assert_eq!(session.json["session"]["token"], answer.json["session"]["token"]);
    assert_eq!(tenant.value::<i32>("SELECT counter FROM passkey", &[]).await, 1);
    assert_eq!((tenant.events("passkey.created").await, tenant.events("session.created").await), (1, 2));
    assert_eq!(authenticate(&mut tenant.browser(), &mut device).await.status, StatusCode::OK, "and again");
}

#[tokio::test]
async fn options_have_better_auths_shape_and_a_signed_cookie() {
    let tenant = TestTenant::new().await;
    let (mut browser, _) = owner(&tenant, "ada@example.com").await;
    let options =
        browser.get(&format!("{REGISTER_OPTIONS}?authenticatorAttachment=platform&name=Ada%20L")).await;
    let cookie = options.set_cookies()[0];
    assert!(cookie.starts_with("better-auth.better-auth-passkey="), "{cookie}");
    assert!(cookie.contains("; Max-Age=300; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
    assert_eq!(options.headers["cache-control"], "no-store");
    let json = &options.json;
    assert_eq!(json["rp"], json!({ "name": "demo", "id": "demo.localhost" }));
    assert_eq!(
        (&json["user"]["name"], &json["user"]["displayName"]),
        (&json!("Ada L"), &json!("ada@example.com"))
    );
    assert_eq!(json["user"]["id"].as_str().unwrap().len(), 43);
    assert_eq!(json["challenge"].as_str().unwrap().len(), 43);
    assert_eq!(json["excludeCredentials"][0]["transports"], json!(["internal"]));
    let selection = json!({
        "residentKey": "preferred", "userVerification": "required", "authenticatorAttachment": "platform",
        "requireResidentKey": false,
    });
    assert_eq!(json["authenticatorSelection"], selection);

    let offered = browser.get(AUTHENTICATE_OPTIONS).await;
    assert_eq!(offered.json["allowCredentials"][0]["type"], "public-key");
    let mut anonymous = tenant.browser();
    let open = anonymous.get(AUTHENTICATE_OPTIONS).await;
    assert_eq!(keys(&open.json).len(), 4, "{}", open.text);
    assert!(open.text.starts_with(r#"{"rpId":"demo.localhost","challenge":""#), "{}", open.text);
    assert!(open.text.ends_with(r#","timeout":60000,"userVerification":"required"}"#), "{}", open.text);
}

#[tokio::test]
async fn a_users_handle_is_stable_and_says_nothing() {
    let tenant = TestTenant::new().await;
    let mut ada = tenant.signed_in("ada@example.com").await;
    let mut eve = tenant.signed_in("eve@example.com").await;
    let first = ada.get(REGISTER_OPTIONS).await.json["user"]["id"].clone();
    assert_eq!(ada.get(REGISTER_OPTIONS).await.json["user"]["id"], first);
    assert_ne!(eve.get(REGISTER_OPTIONS).await.json["user"]["id"], first);
}

#[tokio::test]
async fn a_challenge_row_reads_as_better_auths() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let options = browser.get(REGISTER_OPTIONS).await;
    let cookie = browser.cookies.iter().find(|(name, _)| name.ends_with("better-auth-passkey")).unwrap();
    let reference = cookie.1.split('.').next().unwrap().to_owned();
    let sql = "SELECT value FROM verification WHERE identifier = $1";
    let value: String = tenant.value(sql, &[&reference]).await;
    let value: Value = serde_json::from_str(&value).unwrap();
    assert_eq!(keys(&value).len(), 4);
    assert_eq!((&value["type"], &value["context"]), (&json!("registration"), &Value::Null));
    assert_eq!(value["expectedChallenge"], options.json["challenge"]);
    assert_eq!(value["userData"]["displayName"], "ada@example.com");
    assert_eq!(reference.len(), 32);
}

#[tokio::test]
async fn create_session_answers_with_row_session_and_user() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let old = browser.clone();
    let options = browser.get(REGISTER_OPTIONS).await;
    let response = SoftAuthenticator::new().create(&options.json, ORIGIN).unwrap();
    let body = json!({ "response": response, "createSession": true });
    let answer = browser.post(VERIFY_REGISTRATION, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.json);
    assert_eq!(answer.json["name"], Value::Null);
    assert_eq!(answer.json["user"]["email"], "ada@example.com");
    let session = browser.get("/get-session").await;
    assert_eq!(session.json["session"]["token"], answer.json["session"]["token"]);
    assert_eq!(old.clone().get("/get-session").await.text, "null", "the browser's earlier session ended");
}

#[tokio::test]
async fn the_device_is_told_what_it_has_already() {
    let tenant = TestTenant::new().await;
    let (mut browser, mut device) = owner(&tenant, "ada@example.com").await;
    let options = browser.get(REGISTER_OPTIONS).await;
    assert!(device.create(&options.json, ORIGIN).is_none(), "excludeCredentials names it");
}

#[tokio::test]
async fn verification_may_be_left_to_the_device_by_a_setting() {
    let relaxed = TestTenant::with(|s| s.passkey.user_verification = UserVerification::Preferred).await;
    let strict = TestTenant::new().await;
    for (tenant, expected, told) in
        [(relaxed, StatusCode::OK, "preferred"), (strict, StatusCode::BAD_REQUEST, "required")]
    {
        let (_, mut device) = owner(&tenant, "ada@example.com").await;
        device.behaviour.is_user_verified = false;
        let mut browser = tenant.browser();
        assert_eq!(browser.get(AUTHENTICATE_OPTIONS).await.json["userVerification"], told);
        assert_eq!(authenticate(&mut browser, &mut device).await.status, expected);
    }
}

#[tokio::test]
async fn a_passkey_that_better_auth_registered_signs_in() {
    let tenant = TestTenant::new().await;
    let (_, mut device) = owner(&tenant, "ada@example.com").await;
    // Better Auth gave it a random handle, and reads keys in base64url too.
    device.behaviour.user_handle = Some(b"abcdefghijklmnopqrstuvwxyz012345".to_vec());
    let sql = r#"UPDATE passkey SET "publicKey" = rtrim(translate("publicKey", '+/', '-_'), '=')"#;
    tenant.admin.execute(sql, &[]).await.unwrap();
    assert_eq!(authenticate(&mut tenant.browser(), &mut device).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_large_counter_signs_in_and_a_smaller_one_does_not() {
    let tenant = TestTenant::new().await;
    let (_, mut device) = owner(&tenant, "ada@example.com").await;
    device.behaviour.counter = Some(u32::MAX);
    assert_eq!(authenticate(&mut tenant.browser(), &mut device).await.status, StatusCode::OK);
    assert_eq!(tenant.value::<i32>("SELECT counter FROM passkey", &[]).await, i32::MAX);
    for counter in [0, 5, i32::MAX.unsigned_abs()] {
        device.behaviour.counter = Some(counter);
        let answer = authenticate(&mut tenant.browser(), &mut device).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::BAD_REQUEST, "AUTHENTICATION_FAILED"),
            "{counter}"
        );
    }
    assert_eq!(
        (tenant.events("passkey.counter_regressed").await, tenant.events("passkey.refused").await),
        (3, 0)
    );
    let event = tenant.newest("passkey.counter_regressed").await;
    assert_eq!((event.outcome.as_str(), event.subject().is_some()), ("failure", true));
    assert_eq!(event.fact("reason"), "the signature counter did not increase");
}

#[tokio::test]
async fn a_banned_user_is_told_so_and_the_counter_moved() {
    let tenant = TestTenant::new().await;
    let (_, mut device) = owner(&tenant, "ada@example.com").await;
    tenant.admin.execute(r#"UPDATE "user" SET banned = true"#, &[]).await.unwrap();
    let answer = authenticate(&mut tenant.browser(), &mut device).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "BANNED_USER"));
    assert_eq!(tenant.value::<i32>("SELECT counter FROM passkey", &[]).await, 1);
    assert_eq!(tenant.events("session.refused").await, 1);
}

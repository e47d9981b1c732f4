//! Accounts that begin with a passkey.

use axum::http::StatusCode;
use kiavi_testkit::SoftAuthenticator;
use serde_json::{Value, json};

use super::{REGISTER_OPTIONS, VERIFY_REGISTRATION, authenticate};
use crate::tests::{Answer, Browser, ORIGIN, TestTenant};

async fn tenant() -> TestTenant {
    TestTenant::with(|settings| settings.passkey.allows_sign_up = true).await
}

async fn sign_up(browser: &mut Browser, device: &mut SoftAuthenticator, query: &str) -> Answer {
    let options = browser.get(&format!("{REGISTER_OPTIONS}?{query}")).await;
    assert_eq!(options.status, StatusCode::OK, "{:?}", options.json);
    let response = device.create(&options.json, ORIGIN).unwrap();
    browser.post(VERIFY_REGISTRATION, json!({ "response": response, "createSession": true })).await
}

#[tokio::test]
async fn a_passkey_and_an_address_make_an_account() {
    let tenant = tenant().await;
    let (mut browser, mut device) = (tenant.browser(), SoftAuthenticator::new());
    let answer = sign_up(&mut browser, &mut device, "context=Ada%40example.com&name=Ada").await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.json);
    let user = &answer.json["user"];
    assert_eq!((&user["email"], &user["emailVerified"]), (&json!("ada@example.com"), &json!(false)));
    assert_eq!((&user["name"], &user["id"]), (&json!("Ada"), &answer.json["userId"]));
    assert_eq!(browser.get("/get-session").await.json["user"]["id"], user["id"]);
    let again = authenticate(&mut tenant.browser(), &mut device).await;
    assert_eq!((again.status, &again.json["user"]["id"]), (StatusCode::OK, &user["id"]));
    assert_eq!((tenant.events("user.created").await, tenant.events("passkey.created").await), (1, 1));

    let nameless =
        sign_up(&mut tenant.browser(), &mut SoftAuthenticator::new(), "context=eve%40example.com").await;
    assert_eq!(nameless.json["user"]["name"], "");
}

#[tokio::test]
async fn an_address_that_is_taken_gets_no_passkey() {
    let tenant = tenant().await;
    tenant.signed_in("ada@example.com").await;
    let answer =
        sign_up(&mut tenant.browser(), &mut SoftAuthenticator::new(), "context=ada%40example.com").await;
    assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "FAILED_TO_VERIFY_REGISTRATION"));
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM passkey", &[]).await, 0);
    assert_eq!(tenant.value::<i64>(r#"SELECT count(*) FROM "user""#, &[]).await, 1);
}

#[tokio::test]
async fn a_refused_registration_makes_no_account() {
    let tenant = tenant().await;
    let (mut browser, mut device) = (tenant.browser(), SoftAuthenticator::new());
    device.behaviour.is_user_verified = false;
    let answer = sign_up(&mut browser, &mut device, "context=ada%40example.com").await;
    assert_eq!(answer.code(), "FAILED_TO_VERIFY_REGISTRATION");
    assert_eq!(tenant.value::<i64>(r#"SELECT count(*) FROM "user""#, &[]).await, 0);
}

#[tokio::test]
async fn it_must_be_allowed_and_name_an_address() {
    let query = "context=ada%40example.com";
    let closed = TestTenant::with(|settings| {
        settings.passkey.allows_sign_up = true;
        settings.is_sign_up_open = false;
    });
    for tenant in [TestTenant::new().await, closed.await] {
        let answer = tenant.browser().get(&format!("{REGISTER_OPTIONS}?{query}")).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "UNAUTHORIZED"));
    }
    let tenant = tenant().await;
    let answer = tenant.browser().get(REGISTER_OPTIONS).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "UNAUTHORIZED"));
    let answer = tenant.browser().get(&format!("{REGISTER_OPTIONS}?context=nobody")).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "RESOLVED_USER_INVALID"));
}

#[tokio::test]
async fn a_signed_in_users_challenge_is_worth_nothing_without_their_session() {
    let tenant = tenant().await;
    let mut ada = tenant.signed_in("ada@example.com").await;
    let options = ada.get(&format!("{REGISTER_OPTIONS}?context=eve%40example.com")).await;
    let body = json!({ "response": SoftAuthenticator::new().create(&options.json, ORIGIN).unwrap() });
    let mut other = tenant.browser();
    other.cookies = ada.cookies.iter().filter(|(name, _)| name.ends_with("passkey")).cloned().collect();
    let answer = other.post(VERIFY_REGISTRATION, body).await;
    let told = (answer.status, answer.code());
    assert_eq!(told, (StatusCode::UNAUTHORIZED, "YOU_ARE_NOT_ALLOWED_TO_REGISTER_THIS_PASSKEY"));
    assert_eq!(answer.json["session"], Value::Null);
}

//! What owners are told by mail.

use axum::http::StatusCode;
use kiavi_testkit::SoftAuthenticator;
use serde_json::json;

use super::{REGISTER_OPTIONS, VERIFY_REGISTRATION, owner, register};
use crate::{
    OutgoingMail,
    tests::{Browser, ORIGIN, TestTenant},
};

const FIREFOX: (&str, &str) =
    ("user-agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0");

async fn id_of_first(browser: &mut Browser) -> String {
    let listed = browser.get("/passkey/list-user-passkeys").await;
    listed.json[0]["id"].as_str().unwrap().to_owned()
}

/// The mails that are delivered, without those with codes.
async fn notices(tenant: &TestTenant) -> Vec<OutgoingMail> {
    crate::outbox::deliver_due(tenant.state()).await.unwrap();
    let mails = tenant.mailbox.mails.lock().unwrap();
    mails.iter().filter(|mail| mail.subject.contains("passkey")).cloned().collect()
}

#[tokio::test]
async fn a_new_passkey_is_told_with_time_device_and_advice() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let options = browser.get(REGISTER_OPTIONS).await;
    let response = SoftAuthenticator::new().create(&options.json, ORIGIN).unwrap();
    let body = json!({ "response": response }).to_string();
    let answer = browser.send(axum::http::Method::POST, VERIFY_REGISTRATION, Some(body), &[FIREFOX]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let told = notices(&tenant).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].to.as_str(), "ada@example.com");
    assert_eq!(told[0].subject, "A passkey was added to your account for demo");
    for part in [&told[0].text, &told[0].html] {
        assert!(part.contains("on 24 November 2026 at 12:00 (UTC). Device: Firefox on Windows."), "{part}");
        assert!(part.contains("Was it not you?"), "{part}");
    }
}

#[tokio::test]
async fn a_removed_passkey_is_told_in_the_readers_language() {
    let tenant = TestTenant::new().await;
    let (mut browser, _) = owner(&tenant, "ada@example.com").await;
    let body = json!({ "id": id_of_first(&mut browser).await }).to_string();
    let german = [("accept-language", "de")];
    let path = "/passkey/delete-passkey";
    let answer = browser.send(axum::http::Method::POST, path, Some(body), &german).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    crate::outbox::deliver_due(tenant.state()).await.unwrap();
    let mails = tenant.mailbox.mails.lock().unwrap();
    assert!(mails.iter().any(|mail| mail.subject == "Ein Passkey wurde von Ihrem Konto bei demo entfernt"));
}

#[tokio::test]
async fn an_operators_removal_names_support_and_no_device() {
    let tenant = TestTenant::new().await;
    let (mut browser, _) = owner(&tenant, "ada@example.com").await;
    let user: String = tenant.value(r#"SELECT id FROM "user""#, &[]).await;
    let mut operator = tenant.operator();
    let listed = operator.get(&format!("/passkey/list-user-passkeys?userId={user}")).await;
    let id = listed.json[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(operator.get("/passkey/list-user-passkeys").await.status, StatusCode::BAD_REQUEST);
    let answer = operator.post("/passkey/delete-passkey", json!({ "id": id })).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, r#"{"status":true}"#));
    let told = notices(&tenant).await.pop().unwrap();
    assert!(
        told.text.contains("Support removed a passkey") && !told.text.contains("Device"),
        "{}",
        told.text
    );
    let event = tenant.newest("passkey.deleted").await;
    assert_eq!((event.actor(), event.method.as_deref()), (Some("operator:test"), Some("management")));
    assert_eq!(browser.get("/passkey/list-user-passkeys").await.text, "[]");
    let again = operator.post("/passkey/delete-passkey", json!({ "id": id })).await;
    assert_eq!((again.status, again.code()), (StatusCode::NOT_FOUND, "PASSKEY_NOT_FOUND"));
}

#[tokio::test]
async fn nobody_is_told_who_has_proved_no_address_or_where_it_is_switched_off() {
    let tenant = TestTenant::with(|settings| settings.passkey.allows_sign_up = true).await;
    let mut browser = tenant.browser();
    let options = browser.get(&format!("{REGISTER_OPTIONS}?context=ada%40example.com")).await;
    let response = SoftAuthenticator::new().create(&options.json, ORIGIN).unwrap();
    let body = json!({ "response": response, "createSession": true });
    assert_eq!(browser.post(VERIFY_REGISTRATION, body).await.status, StatusCode::OK);
    assert_eq!(register(&mut browser, &mut SoftAuthenticator::new()).await.status, StatusCode::OK);
    assert!(notices(&tenant).await.is_empty(), "the address may be a stranger's");

    let quiet = TestTenant::with(|settings| settings.notices.passkeys = false).await;
    owner(&quiet, "ada@example.com").await;
    assert!(notices(&quiet).await.is_empty());
}

#[tokio::test]
async fn a_refused_registration_owes_no_mail() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let mut device = SoftAuthenticator::new();
    device.behaviour.is_user_verified = false;
    assert_eq!(register(&mut browser, &mut device).await.status, StatusCode::BAD_REQUEST);
    assert!(notices(&tenant).await.is_empty());
}

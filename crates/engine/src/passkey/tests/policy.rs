//! Where passkeys are required, mail is no way around them.

use axum::http::StatusCode;
use serde_json::json;

use super::{authenticate, owner};
use crate::{PasskeyPolicy, tests::TestTenant};

async fn tenant() -> TestTenant {
    TestTenant::with(|settings| {
        settings.passkey.policy = PasskeyPolicy::Required;
        settings.magic_link.is_enabled = true;
    })
    .await
}

/// Why sign-ins were refused, in order.
async fn causes(tenant: &TestTenant) -> Vec<String> {
    let refused = tenant.log("session.refused").await;
    refused
        .iter()
        .map(|event| format!("{} {}", event.method.as_deref().unwrap(), event.fact("reason")))
        .collect()
}

#[tokio::test]
async fn whoever_has_a_passkey_signs_in_with_nothing_else() {
    let tenant = tenant().await;
    let (mut browser, mut device) = owner(&tenant, "ada@example.com").await;
    let refused = tenant.browser().sign_in(&tenant, "ada@example.com").await;
    assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "PASSKEY_REQUIRED"));
    assert!(refused.set_cookies().is_empty());

    let mut stranger = tenant.browser();
    let asked = stranger.post("/sign-in/magic-link", json!({ "email": "ada@example.com" })).await;
    assert_eq!(asked.status, StatusCode::OK);
    let link = tenant.newest_link().await;
    let token = link.split("token=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let form = ("content-type", "application/x-www-form-urlencoded");
    let body = Some(format!("token={token}"));
    stranger.send(axum::http::Method::POST, "//sign-in/link", body, &[form]).await;
    assert_eq!(stranger.get("/get-session").await.text, "null");

    assert_eq!(causes(&tenant).await, ["email_otp passkey_required", "magic_link passkey_required"]);
    assert_eq!(tenant.events("session.created").await, 1, "the one before there was a passkey");
    assert_ne!(browser.get("/get-session").await.text, "null", "which goes on");
    assert_eq!(authenticate(&mut tenant.browser(), &mut device).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_refused_code_is_used_up() {
    let tenant = tenant().await;
    owner(&tenant, "ada@example.com").await;
    let mut browser = tenant.browser();
    let ask = json!({ "email": "ada@example.com", "type": "sign-in" });
    browser.post("/email-otp/send-verification-otp", ask).await;
    let attempt = json!({ "email": "ada@example.com", "otp": tenant.newest_code().await });
    assert_eq!(browser.post("/sign-in/email-otp", attempt.clone()).await.code(), "PASSKEY_REQUIRED");
    assert_eq!(browser.post("/sign-in/email-otp", attempt).await.code(), "INVALID_OTP");
}

#[tokio::test]
async fn whoever_has_none_signs_in_by_code_and_a_preferred_passkey_stops_nobody() {
    let required = tenant().await;
    required.signed_in("ada@example.com").await;
    required.signed_in("ada@example.com").await;

    let preferred = TestTenant::new().await;
    owner(&preferred, "ada@example.com").await;
    preferred.signed_in("ada@example.com").await;
}

#[tokio::test]
async fn the_last_one_is_removed_by_an_operator_only_and_mail_then_signs_in() {
    let tenant = tenant().await;
    let (mut browser, _) = owner(&tenant, "ada@example.com").await;
    let id: String = tenant.value("SELECT id FROM passkey", &[]).await;
    let own = browser.post("/passkey/delete-passkey", json!({ "id": id })).await;
    assert_eq!((own.status, own.code()), (StatusCode::BAD_REQUEST, "LAST_SIGN_IN_METHOD"));
    let removed = tenant.operator().post("/passkey/delete-passkey", json!({ "id": id })).await;
    assert_eq!(removed.status, StatusCode::OK, "{}", removed.text);
    tenant.signed_in("ada@example.com").await;
}

//! Listing, naming and removing.

use axum::http::StatusCode;
use kiavi_testkit::SoftAuthenticator;
use serde_json::{Value, json};

use super::{authenticate, owner, register};
use crate::tests::{Browser, TestTenant};

const LIST: &str = "/passkey/list-user-passkeys";
const UPDATE: &str = "/passkey/update-passkey";
const DELETE: &str = "/passkey/delete-passkey";

async fn first_id(browser: &mut Browser) -> Value {
    browser.get(LIST).await.json[0]["id"].clone()
}

#[tokio::test]
async fn an_owner_lists_and_renames() {
    let tenant = TestTenant::new().await;
    let (mut ada, _) = owner(&tenant, "ada@example.com").await;
    let mut eve = tenant.signed_in("eve@example.com").await;
    assert_eq!(eve.get(LIST).await.text, "[]");
    let id = first_id(&mut ada).await;
    let renamed = ada.post(UPDATE, json!({ "id": id, "name": "  Phone " })).await;
    assert_eq!(renamed.status, StatusCode::OK);
    assert_eq!((&renamed.json["passkey"]["name"], &renamed.json["passkey"]["id"]), (&json!("Phone"), &id));
    assert_eq!(tenant.events("passkey.updated").await, 1);
    for body in [
        json!({ "id": id }),
        json!({ "id": id, "name": "  " }),
        json!({ "id": id, "name": "a\u{0}" }),
        json!({ "id": id, "name": "é".repeat(129) }),
        json!({ "id": 1, "name": "a" }),
    ] {
        let answer = ada.post(UPDATE, body).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"));
    }
}

#[tokio::test]
async fn nobody_touches_anothers_passkey() {
    let tenant = TestTenant::new().await;
    let (mut ada, _) = owner(&tenant, "ada@example.com").await;
    let (mut eve, _) = owner(&tenant, "eve@example.com").await;
    let id = first_id(&mut ada).await;
    let answer = eve.post(UPDATE, json!({ "id": id, "name": "mine" })).await;
    let told = (answer.status, answer.code());
    assert_eq!(told, (StatusCode::UNAUTHORIZED, "YOU_ARE_NOT_ALLOWED_TO_REGISTER_THIS_PASSKEY"));
    let answer = eve.post(DELETE, json!({ "id": id })).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::UNAUTHORIZED, ""));
    for (path, id) in [(UPDATE, "unknown"), (DELETE, "unknown"), (DELETE, "a\u{0}b")] {
        let answer = eve.post(path, json!({ "id": id, "name": "x" })).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::NOT_FOUND, "PASSKEY_NOT_FOUND"));
    }
    let mut nobody = tenant.browser();
    for answer in [
        nobody.get(LIST).await,
        nobody.post(UPDATE, json!({ "id": id, "name": "x" })).await,
        nobody.post(DELETE, json!({ "id": id })).await,
    ] {
        assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "UNAUTHORIZED"));
    }
    assert_eq!(ada.get(LIST).await.json[0]["name"], "Laptop");
}

#[tokio::test]
async fn the_last_passkey_goes_only_if_a_proved_address_stays() {
    let tenant = TestTenant::new().await;
    let (mut ada, _) = owner(&tenant, "ada@example.com").await;
    register(&mut ada, &mut SoftAuthenticator::new()).await;
    tenant.admin.execute(r#"UPDATE "user" SET "emailVerified" = false"#, &[]).await.unwrap();
    let listed = ada.get(LIST).await.json;
    let removals = listed.as_array().unwrap().iter().map(|passkey| {
        let (mut browser, body) = (ada.clone(), json!({ "id": passkey["id"] }));
        async move { browser.post(DELETE, body).await }
    });
    let answers = futures_util::future::join_all(removals).await;
    let codes: Vec<_> = answers.iter().map(|answer| (answer.status, answer.code())).collect();
    assert!(codes.contains(&(StatusCode::OK, "")), "{codes:?}");
    assert!(codes.contains(&(StatusCode::BAD_REQUEST, "LAST_SIGN_IN_METHOD")), "{codes:?}");

    tenant.admin.execute(r#"UPDATE "user" SET "emailVerified" = true"#, &[]).await.unwrap();
    let id = first_id(&mut ada).await;
    assert_eq!(ada.post(DELETE, json!({ "id": id })).await.text, r#"{"status":true}"#);
    assert_eq!(ada.get(LIST).await.text, "[]");
    assert_eq!(tenant.events("passkey.deleted").await, 2);
}

#[tokio::test]
async fn removing_wants_a_recent_session() {
    let tenant = TestTenant::new().await;
    let (mut ada, _) = owner(&tenant, "ada@example.com").await;
    let id = first_id(&mut ada).await;
    tenant
        .admin
        .execute(r#"UPDATE session SET "createdAt" = now() - interval '25 hours'"#, &[])
        .await
        .unwrap();
    let answer = ada.post(DELETE, json!({ "id": id })).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "SESSION_NOT_FRESH"));
}

#[tokio::test]
async fn the_day_of_the_last_sign_in_is_noted_and_shown_to_the_owner() {
    let tenant = TestTenant::new().await;
    let (mut browser, mut device) = owner(&tenant, "ada@example.com").await;
    let used = "Last used";
    assert!(!browser.get("//account").await.text.contains(used), "never so far");
    assert_eq!(authenticate(&mut tenant.browser(), &mut device).await.status, StatusCode::OK);
    let days = "SELECT ((now() AT TIME ZONE 'UTC')::date - day)::int FROM kiavi.passkey_use";
    assert_eq!(tenant.value::<i32>(days, &[]).await, 0);
    let earlier = "UPDATE kiavi.passkey_use SET day = '2026-11-22'";
    tenant.admin.execute(earlier, &[]).await.unwrap();
    let page = browser.get("//account").await.text;
    assert!(page.contains("Last used 2 days ago") && page.contains("datetime=\"2026-11-22\""), "{page}");
    assert_eq!(authenticate(&mut tenant.browser(), &mut device).await.status, StatusCode::OK);
    assert_eq!(tenant.value::<i32>(days, &[]).await, 0, "the newest counts");
    device.behaviour.is_signature_tampered = true;
    tenant.admin.execute(earlier, &[]).await.unwrap();
    assert_ne!(authenticate(&mut tenant.browser(), &mut device).await.status, StatusCode::OK);
    assert!(tenant.value::<i32>(days, &[]).await > 0, "a refused one is no use");
    tenant.admin.execute("DELETE FROM passkey", &[]).await.unwrap();
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM kiavi.passkey_use", &[]).await, 0);
}

//! Accounts and their tokens.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::Setup;
use crate::{Rate, egress::EgressError, tests::Browser};

async fn signed_in() -> (Setup, Browser, String) {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.browser();
    setup.sign_in(&mut browser, "work").await;
    let id = setup.tenant.value("SELECT id FROM account", &[]).await;
    (setup, browser, id)
}

async fn end_access_token(setup: &Setup) {
    let sql = r#"UPDATE account SET "accessTokenExpiresAt" = now()"#;
    setup.tenant.admin.batch_execute(sql).await.unwrap();
}

#[tokio::test]
async fn an_access_token_is_given_and_refreshed_when_it_is_due() {
    let (setup, mut browser, id) = signed_in().await;
    let answer = browser.post("/get-access-token", json!({ "accountId": id })).await;
    assert_eq!(
        (&answer.json["accessToken"], &answer.json["scopes"]),
        (&json!("access-1"), &json!(["openid", "email"]))
    );
    assert!(answer.json["accessTokenExpiresAt"].as_str().unwrap().ends_with('Z'), "{}", answer.text);
    assert!(answer.json["idToken"].as_str().unwrap().starts_with("eyJ"));
    end_access_token(&setup).await;
    let answer = browser.post("/get-access-token", json!({ "accountId": id })).await;
    assert_eq!(answer.json["accessToken"], "access-2");
    end_access_token(&setup).await;
    let answer = browser.post("/get-access-token", json!({ "accountId": id })).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (400, "FAILED_TO_GET_ACCESS_TOKEN"),
        "refresh-2 is not taken"
    );
}

#[tokio::test]
async fn tokens_are_refreshed() {
    let (setup, mut browser, id) = signed_in().await;
    let answer = browser.post("/refresh-token", json!({ "accountId": id })).await;
    let expected = json!({ "accessToken": "access-2", "refreshToken": "refresh-2", "providerId": "work", "accountId": id });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&answer.json[name], value, "{name}");
    }
    setup.provider.behave(|b| b.way = Some(EgressError::Unreachable));
    let answer = browser.post("/refresh-token", json!({ "accountId": id })).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (400, "FAILED_TO_REFRESH_ACCESS_TOKEN"));
    setup.tenant.admin.batch_execute(r#"UPDATE account SET "refreshToken" = NULL"#).await.unwrap();
    let answer = browser.post("/refresh-token", json!({ "accountId": id })).await;
    assert_eq!(answer.code(), "REFRESH_TOKEN_NOT_FOUND");
}

#[tokio::test]
async fn tokens_in_clear_from_a_server_that_does_not_encrypt_are_read() {
    let (setup, mut browser, id) = signed_in().await;
    let sql = r#"UPDATE account SET "accessToken" = 'ya29.clear', "idToken" = NULL"#;
    setup.tenant.admin.batch_execute(sql).await.unwrap();
    let answer = browser.post("/get-access-token", json!({ "accountId": id })).await;
    assert_eq!((&answer.json["accessToken"], answer.json.get("idToken")), (&json!("ya29.clear"), None));
}

#[tokio::test]
async fn what_the_provider_says_now() {
    let (setup, mut browser, id) = signed_in().await;
    let answer = browser.get(&format!("/account-info?accountId={id}")).await;
    assert_eq!(answer.json["account"], json!({ "id": id, "providerId": "work", "accountId": "ada-at-work" }));
    assert_eq!(answer.json["user"]["emailVerified"], true);
    assert_eq!(answer.json["data"]["sub"], "ada-at-work");
    assert_eq!(browser.get("/account-info").await.code(), "VALIDATION_ERROR");
    assert_eq!(browser.get("/account-info?accountId=%00").await.code(), "ACCOUNT_NOT_FOUND");
    assert_eq!(setup.tenant.browser().get(&format!("/account-info?accountId={id}")).await.status, 401);
}

#[tokio::test]
async fn tokens_are_their_user_s_only() {
    let (setup, _, id) = signed_in().await;
    let mut other = setup.tenant.signed_in("eve@example.com").await;
    for path in ["/get-access-token", "/refresh-token"] {
        let answer = other.post(path, json!({ "accountId": id })).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (400, "ACCOUNT_NOT_FOUND"), "{path}");
        let answer = setup.tenant.browser().post(path, json!({ "accountId": id })).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (401, ""), "{path}");
        for body in [
            json!({}),
            json!({ "providerId": "work" }),
            json!({ "accountId": id, "x": 1 }),
            json!([]),
            Value::Null,
        ] {
            assert_eq!(other.post(path, body.clone()).await.code(), "VALIDATION_ERROR", "{path} {body}");
        }
    }
}

#[tokio::test]
async fn a_refresh_token_is_used_once_however_many_ask() {
    let (setup, browser, id) = signed_in().await;
    end_access_token(&setup).await;
    let answers = join_all((0..8).map(|_| {
        let (mut browser, body) = (browser.clone(), json!({ "accountId": id }));
        async move { browser.post("/get-access-token", body).await.json["accessToken"].clone() }
    }))
    .await;
    assert!(answers.iter().all(|token| token == "access-2"), "{answers:?}");
    let requests = setup.provider.requests.lock().unwrap();
    let refreshes = requests.iter().filter(|(_, _, body)| body.contains("grant_type=refresh_token"));
    assert_eq!(refreshes.count(), 1);
}

#[tokio::test]
async fn a_user_has_a_provider_asked_so_often_only() {
    let setup = Setup::with(|s| s.social.calls_per_user = Some(Rate { limit: 2, window_seconds: 60 })).await;
    let mut browser = setup.tenant.browser();
    setup.sign_in(&mut browser, "work").await;
    let id: String = setup.tenant.value("SELECT id FROM account", &[]).await;
    let path = format!("/account-info?accountId={id}");
    for status in [200, 200, 429] {
        assert_eq!(browser.get(&path).await.status.as_u16(), status);
    }
    assert_eq!(browser.post("/refresh-token", json!({ "accountId": id })).await.status.as_u16(), 429);
    let answer = browser.post("/get-access-token", json!({ "accountId": id })).await;
    assert_eq!(answer.status.as_u16(), 200, "what is kept costs nobody anything");
}

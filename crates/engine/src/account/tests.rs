use axum::http::StatusCode;
use serde_json::json;

use crate::tests::{Browser, TestTenant};

const LINK: &str = r#"INSERT INTO account (id, "accountId", "providerId", "userId", scope, "accessToken", password, "updatedAt")
    SELECT $1, 'subject', $2, id, ' openid, email,,', 'secret-at', 'secret-pw', now() FROM "user" WHERE email = $3"#;

async fn link(tenant: &TestTenant, id: &str, provider: &str, email: &str) {
    assert_eq!(tenant.admin.execute(LINK, &[&id, &provider, &email]).await.unwrap(), 1);
}

async fn unlink(browser: &mut Browser, id: &str) -> String {
    let answer = browser.post("/unlink-account", json!({ "accountId": id })).await;
    match answer.status {
        StatusCode::OK => answer.text,
        _ => answer.code().to_owned(),
    }
}

const DONE: &str = r#"{"status":true}"#;
const LAST: &str = "FAILED_TO_UNLINK_LAST_ACCOUNT";

#[tokio::test]
async fn accounts_are_told_without_their_secrets() {
    let tenant = TestTenant::new().await;
    assert_eq!(tenant.browser().get("/list-accounts").await.code(), "UNAUTHORIZED");
    let (mut ada, mut eve) =
        (tenant.signed_in("ada@example.com").await, tenant.signed_in("eve@example.com").await);
    assert_eq!(ada.get("/list-accounts").await.text, "[]");
    link(&tenant, "a1", "github", "ada@example.com").await;
    let answer = ada.get("/list-accounts").await;
    let mut keys: Vec<_> = answer.json[0].as_object().unwrap().keys().cloned().collect();
    keys.sort();
    assert_eq!(keys, ["accountId", "createdAt", "id", "providerId", "scopes", "updatedAt", "userId"]);
    assert_eq!(answer.json[0]["scopes"], json!(["openid", "email"]));
    assert!(!answer.text.contains("secret"), "{}", answer.text);
    assert_eq!(eve.get("/list-accounts").await.text, "[]");
}

#[tokio::test]
async fn an_account_goes_and_the_last_one_stays() {
    let tenant = TestTenant::new().await;
    let mut ada = tenant.signed_in("ada@example.com").await;
    assert_eq!(unlink(&mut ada, "a1").await, "ACCOUNT_NOT_FOUND", "of a user with none");
    link(&tenant, "a1", "github", "ada@example.com").await;
    link(&tenant, "a2", "google", "ada@example.com").await;
    assert_eq!(unlink(&mut ada, "nothing").await, "ACCOUNT_NOT_FOUND");
    assert_eq!(unlink(&mut ada, "a\u{0}").await, "ACCOUNT_NOT_FOUND");
    assert_eq!(unlink(&mut ada, "a1").await, DONE);
    assert_eq!(unlink(&mut ada, "a2").await, LAST);
    assert_eq!(unlink(&mut ada, "a1").await, LAST, "before it is looked for");
    assert_eq!(tenant.events("account.unlinked").await, 1);
    assert_eq!(ada.post("/unlink-account", json!({})).await.code(), "VALIDATION_ERROR");
}

#[tokio::test]
async fn the_last_one_may_go_where_something_else_signs_in() {
    let tenant = TestTenant::with(|settings| settings.account.allow_unlinking_all = true).await;
    let mut ada = tenant.signed_in("ada@example.com").await;
    link(&tenant, "a1", "github", "ada@example.com").await;
    tenant.admin.execute(r#"UPDATE "user" SET "emailVerified" = false"#, &[]).await.unwrap();
    assert_eq!(unlink(&mut ada, "a1").await, LAST, "nothing would be left");
    link(&tenant, "a2", "credential", "ada@example.com").await;
    assert_eq!(unlink(&mut ada, "a1").await, LAST, "a password opens nothing here");
    let passkey = r#"INSERT INTO passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
                     SELECT 'p1', '', id, 'c', 0, 'singleDevice', false FROM "user""#;
    tenant.admin.execute(passkey, &[]).await.unwrap();
    assert_eq!(unlink(&mut ada, "a1").await, DONE, "a passkey is left");
    tenant
        .admin
        .batch_execute(r#"DELETE FROM passkey; UPDATE "user" SET "emailVerified" = true"#)
        .await
        .unwrap();
    assert_eq!(unlink(&mut ada, "a2").await, DONE, "a proved address is left");
}

#[tokio::test]
async fn nobody_unlinks_for_another_and_an_old_sign_in_is_not_enough() {
    let tenant = TestTenant::new().await;
    let (mut ada, mut eve) =
        (tenant.signed_in("ada@example.com").await, tenant.signed_in("eve@example.com").await);
    for (id, email) in [("a1", "ada@example.com"), ("a2", "ada@example.com"), ("e1", "eve@example.com")] {
        link(&tenant, id, "github", email).await;
    }
    link(&tenant, "e2", "google", "eve@example.com").await;
    assert_eq!(unlink(&mut eve, "a1").await, "ACCOUNT_NOT_FOUND");
    let age = r#"UPDATE session SET "createdAt" = now() - interval '25 hours'"#;
    tenant.admin.execute(age, &[]).await.unwrap();
    assert_eq!(unlink(&mut ada, "a1").await, "SESSION_NOT_FRESH");
    assert_eq!(unlink(&mut tenant.browser(), "a1").await, "UNAUTHORIZED");
}

#[tokio::test]
async fn of_two_that_go_at_a_time_one_stays() {
    let tenant = TestTenant::new().await;
    let ada = tenant.signed_in("ada@example.com").await;
    for n in 0..20 {
        link(&tenant, &format!("a{n}"), "github", "ada@example.com").await;
    }
    let tries = (0..20).map(|n| {
        let mut browser = ada.clone();
        async move { unlink(&mut browser, &format!("a{n}")).await }
    });
    let answers = futures_util::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|answer| *answer == DONE).count(), 19, "{answers:?}");
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM account", &[]).await, 1);
}

use axum::http::{Method, StatusCode, header};
use serde_json::Value;

use crate::tests::{Answer, Browser, TestTenant};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

async fn ask(browser: &mut Browser) -> Answer {
    browser.send(Method::POST, "//account/export", Some(String::new()), &[FORM]).await
}

fn lists<'a>(copy: &'a Value, name: &str) -> &'a Vec<Value> {
    copy[name].as_array().unwrap()
}

#[tokio::test]
async fn a_copy_has_everything_of_its_person_and_nothing_secret_or_of_others() {
    let tenant = TestTenant::new().await;
    let mut ada = tenant.signed_in("ada@example.com").await;
    let _eve = tenant.signed_in("eve@example.com").await;
    let things = r#"
        INSERT INTO account (id, "accountId", "providerId", "userId", "accessToken", "updatedAt")
          SELECT id, 'subject-of-' || id, 'github', id, 'token-of-' || id, now() FROM "user";
        INSERT INTO passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
          SELECT id, 'public-of-' || id, id, id, 0, 'singleDevice', false FROM "user";
        INSERT INTO apikey (id, "configId", "referenceId", key, name, start, "createdAt", "updatedAt")
          SELECT id, 'default', id, 'hash-of-' || id, 'Robot', 'kia_ab', now(), now() FROM "user""#;
    tenant.admin.batch_execute(things).await.unwrap();
    let answer = ask(&mut ada).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
    assert_eq!(answer.headers[header::CONTENT_DISPOSITION], "attachment; filename=\"account.json\"");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    let copy: Value = serde_json::from_str(&answer.text).unwrap();
    let id: String = tenant.value(r#"SELECT id FROM "user" WHERE email = 'ada@example.com'"#, &[]).await;
    let other: String = tenant.value(r#"SELECT id FROM "user" WHERE email = 'eve@example.com'"#, &[]).await;
    let token: String = tenant.value(r#"SELECT token FROM session WHERE "userId" = $1"#, &[&id]).await;
    assert_eq!(copy["user"]["email"], "ada@example.com");
    assert_eq!(lists(&copy, "accounts")[0]["accountId"], format!("subject-of-{id}"));
    assert_eq!(lists(&copy, "passkeys")[0]["publicKey"], format!("public-of-{id}"));
    assert_eq!(lists(&copy, "sessions")[0]["by"], "own");
    assert_eq!(lists(&copy, "apiKeys")[0]["name"], "Robot");
    let signed_in = lists(&copy, "events").iter().find(|event| event["type"] == "session.created").unwrap();
    assert_eq!((&signed_in["by"], signed_in["ipAddress"].is_string()), (&Value::from("own"), true));
    assert_eq!(copy["eventsAreComplete"], true);
    for secret in
        [format!("token-of-{id}"), format!("hash-of-{id}"), token, other, "eve@example.com".to_owned()]
    {
        assert!(!answer.text.contains(&secret), "{secret}");
    }
    assert_eq!(tenant.events("user.exported").await, 1);
}

#[tokio::test]
async fn a_copy_wants_a_recent_sign_in_by_the_person_and_is_rare() {
    let tenant = TestTenant::new().await;
    let mut stranger = tenant.browser();
    assert_eq!(ask(&mut stranger).await.headers[header::LOCATION], "/sign-in");
    let mut ada = tenant.signed_in("ada@example.com").await;
    tenant.admin.execute(r#"UPDATE session SET "createdAt" = now() - interval '2 days'"#, &[]).await.unwrap();
    assert_eq!(ask(&mut ada).await.status, StatusCode::SEE_OTHER);
    let page = ada.send(Method::GET, "//account", None, &[]).await;
    assert!(page.text.contains("data-notice=\"sign-in-again\""));
    assert_eq!(tenant.events("user.exported").await, 0);
    tenant.admin.execute(r#"UPDATE session SET "createdAt" = now()"#, &[]).await.unwrap();
    for _ in 0..5 {
        assert_eq!(ask(&mut ada).await.status, StatusCode::OK);
    }
    assert_eq!(ask(&mut ada).await.status, StatusCode::SEE_OTHER);
    let page = ada.send(Method::GET, "//account", None, &[]).await;
    assert!(page.text.contains("data-notice=\"rate-limited\""));
    assert_eq!(tenant.events("user.exported").await, 5);
}

#[tokio::test]
async fn of_what_others_did_a_copy_tells_neither_who_nor_from_where() {
    let tenant = TestTenant::new().await;
    let mut ada = tenant.signed_in("ada@example.com").await;
    let id: String = tenant.value(r#"SELECT id FROM "user""#, &[]).await;
    let mut operator = tenant.operator();
    operator
        .post("/admin/update-user", serde_json::json!({ "userId": id, "data": { "name": "Ada L." } }))
        .await;
    let copy: Value = serde_json::from_str(&ask(&mut ada).await.text).unwrap();
    let event = lists(&copy, "events").iter().find(|event| event["type"] == "user.updated").unwrap();
    assert_eq!((&event["by"], &event["ipAddress"]), (&Value::from("other"), &Value::Null));
    assert_eq!(copy["user"]["name"], "Ada L.");
}

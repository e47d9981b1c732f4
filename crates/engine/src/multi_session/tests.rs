use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::tests::{Answer, Browser, TestTenant};

const PREFIX: &str = "better-auth.session_token_multi-";

async fn tenant() -> TestTenant {
    TestTenant::with(|settings| settings.multi_session.is_enabled = true).await
}

/// A browser in which both have signed in, Eve last.
async fn both(tenant: &TestTenant) -> Browser {
    let mut browser = tenant.signed_in("ada@example.com").await;
    assert_eq!(browser.sign_in(tenant, "eve@example.com").await.status, StatusCode::OK);
    browser
}

async fn active(browser: &mut Browser) -> Value {
    browser.get("/get-session").await.json["user"]["email"].clone()
}

async fn list(browser: &mut Browser) -> Vec<Value> {
    browser.get("/multi-session/list-device-sessions").await.json.as_array().unwrap().clone()
}

/// The handle of a user's session in the list.
async fn handle(browser: &mut Browser, email: &str) -> Value {
    let list = list(browser).await;
    list.iter().find(|one| one["user"]["email"] == email).expect("a session")["session"]["token"].clone()
}

async fn call(browser: &mut Browser, verb: &str, token: &Value) -> Answer {
    browser.post(&format!("/multi-session/{verb}"), json!({ "sessionToken": token })).await
}

fn kept(browser: &Browser) -> usize {
    browser.cookies.iter().filter(|(name, _)| name.starts_with(PREFIX)).count()
}

#[tokio::test]
async fn two_people_share_a_browser_and_take_turns() {
    let tenant = tenant().await;
    let mut browser = both(&tenant).await;
    assert_eq!((active(&mut browser).await, kept(&browser)), (json!("eve@example.com"), 2));
    let told = list(&mut browser).await;
    assert_eq!(told.len(), 2);
    let tokens: Vec<String> = {
        let rows = tenant.admin.query("SELECT token FROM session", &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    };
    assert!(told.iter().all(|one| !tokens.contains(&one["session"]["token"].as_str().unwrap().to_owned())));

    let ada = handle(&mut browser, "ada@example.com").await;
    let answer = call(&mut browser, "set-active", &ada).await;
    assert_eq!((&answer.json["user"]["email"], answer.set_cookies().len()), (&json!("ada@example.com"), 1));
    assert!(tokens.contains(&answer.json["session"]["token"].as_str().unwrap().to_owned()));
    assert_eq!(active(&mut browser).await, "ada@example.com");
    assert_eq!(tenant.events("session.switched").await, 1);
}

#[tokio::test]
async fn a_cookie_reads_as_upstreams() {
    let tenant = tenant().await;
    let answer = tenant.browser().sign_in(&tenant, "ada@example.com").await;
    let token = answer.json["token"].as_str().unwrap();
    let lines = answer.set_cookies();
    assert!(lines[1].starts_with(&format!("{PREFIX}{}={token}.", token.to_lowercase())), "{lines:?}");
    assert!(lines[1].ends_with("%3D; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"), "{lines:?}");
}

#[tokio::test]
async fn the_same_person_has_one_session_in_a_browser() {
    let tenant = tenant().await;
    let mut browser = both(&tenant).await;
    browser.sign_in(&tenant, "ada@example.com").await;
    assert_eq!((list(&mut browser).await.len(), kept(&browser)), (2, 2));
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM session", &[]).await, 2);
    assert_eq!(tenant.events("session.revoked").await, 1);
}

#[tokio::test]
async fn only_what_the_browser_has_a_signed_cookie_for_counts() {
    let tenant = tenant().await;
    let mut browser = both(&tenant).await;
    let mut zoe = tenant.signed_in("zoe@example.com").await;
    let hers = handle(&mut zoe, "zoe@example.com").await;
    let token = zoe.get("/get-session").await.json["session"]["token"].clone();
    for foreign in [&hers, &token, &json!("nothing"), &json!("\u{0}")] {
        for verb in ["set-active", "revoke"] {
            let answer = call(&mut browser, verb, foreign).await;
            assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "INVALID_SESSION_TOKEN"));
        }
    }
    // A cookie under another name, and one without a signature.
    let token = token.as_str().unwrap();
    let signed = kiavi_crypto::sign_cookie(&tenant.state().secret, token);
    browser.cookies.push((format!("{PREFIX}other"), signed));
    browser.cookies.push((format!("{PREFIX}{}", token.to_lowercase()), format!("{token}.x")));
    assert_eq!(list(&mut browser).await.len(), 2);
    assert_eq!(active(&mut zoe).await, "zoe@example.com");
    assert_eq!(tenant.browser().get("/multi-session/list-device-sessions").await.text, "[]");
    assert_eq!(call(&mut tenant.browser(), "revoke", &hers).await.code(), "UNAUTHORIZED");
    assert_eq!(browser.post("/multi-session/revoke", json!({})).await.code(), "VALIDATION_ERROR");
}

#[tokio::test]
async fn ending_the_active_one_leaves_the_next_one() {
    let tenant = tenant().await;
    let mut browser = both(&tenant).await;
    let (ada, eve) =
        (handle(&mut browser, "ada@example.com").await, handle(&mut browser, "eve@example.com").await);
    assert_eq!(call(&mut browser, "revoke", &eve).await.text, r#"{"status":true}"#);
    assert_eq!((active(&mut browser).await, kept(&browser)), (json!("ada@example.com"), 1));
    let answer = call(&mut browser, "revoke", &ada).await;
    assert_eq!((answer.text.as_str(), browser.cookies.len()), (r#"{"status":true}"#, 0));
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM session", &[]).await, 0);
    assert_eq!(tenant.events("session.revoked").await, 2);
}

#[tokio::test]
async fn a_session_that_lives_on_is_kept_as_long() {
    let tenant = tenant().await;
    let mut browser = both(&tenant).await;
    let due = r#"UPDATE session SET "expiresAt" = now() + interval '1 day'"#;
    tenant.admin.execute(due, &[]).await.unwrap();
    let answer = browser.get("/get-session").await;
    let cookies = answer.set_cookies();
    assert_eq!(cookies.len(), 2, "{cookies:?}");
    assert!(cookies.iter().all(|cookie| cookie.contains("Max-Age=604800")), "{cookies:?}");
}

#[tokio::test]
async fn signing_out_ends_them_all() {
    let tenant = tenant().await;
    let mut browser = both(&tenant).await;
    let mut elsewhere = tenant.signed_in("ada@example.com").await;
    browser.post("/sign-out", json!({})).await;
    assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM session", &[]).await, 1);
    assert_eq!(active(&mut elsewhere).await, "ada@example.com");
}

#[tokio::test]
async fn a_full_browser_keeps_no_more_and_ended_ones_are_not_listed() {
    let tenant = TestTenant::with(|settings| {
        settings.multi_session.is_enabled = true;
        settings.multi_session.maximum_sessions = 2;
    })
    .await;
    let mut browser = both(&tenant).await;
    browser.sign_in(&tenant, "zoe@example.com").await;
    assert_eq!((active(&mut browser).await, kept(&browser)), (json!("zoe@example.com"), 2));
    assert_eq!(list(&mut browser).await.len(), 2);
    tenant.admin.execute(r#"UPDATE session SET "expiresAt" = now()"#, &[]).await.unwrap();
    assert!(list(&mut browser).await.is_empty());
}

#[tokio::test]
async fn switched_off_it_is_not_there() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let answer = browser.get("/multi-session/list-device-sessions").await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NOT_FOUND, ""));
    assert_eq!((kept(&browser), browser.cookies.len()), (0, 1));
}

#[tokio::test]
async fn a_program_ends_no_sessions() {
    let tenant = TestTenant::with(|settings| {
        (settings.multi_session.is_enabled, settings.api_key.sessions) = (true, true);
    })
    .await;
    let mut browser = both(&tenant).await;
    let key = browser.post("/api-key/create", json!({})).await.json["key"].clone();
    let ada = handle(&mut browser, "ada@example.com").await;
    let body = Some(json!({ "sessionToken": ada }).to_string());
    let headers = [("x-api-key", key.as_str().unwrap())];
    let answer = browser.send(Method::POST, "/multi-session/revoke", body, &headers).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "UNAUTHORIZED"));
    assert_eq!(list(&mut browser).await.len(), 2);
}

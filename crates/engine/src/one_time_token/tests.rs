use axum::http::StatusCode;
use serde_json::json;

use crate::{
    Rate,
    tests::{Answer, Browser, TestTenant},
};

async fn tenant() -> TestTenant {
    TestTenant::with(|settings| settings.one_time_token.is_enabled = true).await
}

async fn generate(browser: &mut Browser) -> String {
    browser.get("/one-time-token/generate").await.json["token"].as_str().unwrap().to_owned()
}

async fn verify(browser: &mut Browser, token: &str) -> Answer {
    browser.post("/one-time-token/verify", json!({ "token": token })).await
}

#[tokio::test]
async fn a_session_is_carried_elsewhere_once() {
    let tenant = tenant().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let token = generate(&mut browser).await;
    assert_eq!(token.len(), 32);
    let stored: String = tenant.value("SELECT identifier FROM verification", &[]).await;
    assert!(stored.starts_with("one-time-token:") && !stored.contains(&token), "{stored}");

    let mut other = tenant.browser();
    let answer = verify(&mut other, &token).await;
    let own = browser.get("/get-session").await.json;
    assert_eq!((&answer.json["session"]["id"], &answer.json["user"]), (&own["session"]["id"], &own["user"]));
    assert_eq!(other.get("/get-session").await.json["session"]["id"], own["session"]["id"]);
    let again = verify(&mut tenant.browser(), &token).await;
    assert_eq!(
        (again.status, &again.json),
        (StatusCode::BAD_REQUEST, &json!({ "message": "Invalid token" }))
    );
    let events = ["one_time_token.created", "one_time_token.accepted"];
    assert_eq!((tenant.events(events[0]).await, tenant.events(events[1]).await), (1, 1));
}

#[tokio::test]
async fn of_twenty_that_bring_it_at_a_time_one_gets_the_session() {
    let tenant = tenant().await;
    let token = generate(&mut tenant.signed_in("ada@example.com").await).await;
    let tries = (0..20).map(|_| {
        let (mut browser, token) = (tenant.browser(), token.clone());
        async move { verify(&mut browser, &token).await.status }
    });
    let answers = futures_util::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
}

#[tokio::test]
async fn a_late_token_and_one_of_an_ended_session_are_refused() {
    let tenant = tenant().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let token = generate(&mut browser).await;
    let expire = r#"UPDATE verification SET "expiresAt" = now() - interval '1 second'"#;
    tenant.admin.execute(expire, &[]).await.unwrap();
    assert_eq!(verify(&mut tenant.browser(), &token).await.json["message"], "Invalid token");

    let token = generate(&mut browser).await;
    tenant.admin.execute(r#"UPDATE session SET "expiresAt" = now()"#, &[]).await.unwrap();
    let answer = verify(&mut tenant.browser(), &token).await;
    assert_eq!((&answer.json["message"], answer.set_cookies().len()), (&json!("Session expired"), 0));

    let mut browser = tenant.signed_in("ada@example.com").await;
    let token = generate(&mut browser).await;
    browser.post("/sign-out", json!({})).await;
    assert_eq!(verify(&mut tenant.browser(), &token).await.json["message"], "Session not found");
}

#[tokio::test]
async fn it_replaces_the_session_of_the_browser_but_not_itself() {
    let tenant = tenant().await;
    let mut ada = tenant.signed_in("ada@example.com").await;
    let mut eve = tenant.signed_in("eve@example.com").await;
    let mut earlier = eve.clone();
    let token = generate(&mut ada).await;
    verify(&mut eve, &token).await;
    assert_eq!(earlier.get("/get-session").await.text, "null");
    let token = generate(&mut ada).await;
    assert_eq!(verify(&mut ada, &token).await.status, StatusCode::OK);
    assert!(ada.get("/get-session").await.json.is_object());
}

#[tokio::test]
async fn it_needs_a_session_a_token_and_a_trusted_page() {
    let tenant = tenant().await;
    assert_eq!(tenant.browser().get("/one-time-token/generate").await.code(), "UNAUTHORIZED");
    let mut browser = tenant.browser();
    assert_eq!(browser.post("/one-time-token/verify", json!({})).await.code(), "VALIDATION_ERROR");
    for odd in ["", "\u{0}", "x"] {
        assert_eq!(verify(&mut browser, odd).await.json["message"], "Invalid token");
    }
    browser.origin = Some("https://evil.example".to_owned());
    assert_eq!(verify(&mut browser, "x").await.code(), "INVALID_ORIGIN");
}

#[tokio::test]
async fn a_token_of_another_purpose_is_none() {
    let tenant = TestTenant::with(|settings| {
        settings.one_time_token.is_enabled = true;
        settings.magic_link.is_enabled = true;
    })
    .await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    browser.post("/sign-in/magic-link", json!({ "email": "ada@example.com" })).await;
    let link = tenant.newest_link().await;
    let token = link.split_once("token=").unwrap().1.split('&').next().unwrap().to_owned();
    assert_eq!(verify(&mut browser, &token).await.json["message"], "Invalid token");
}

#[tokio::test]
async fn one_user_gets_no_flood_of_tokens() {
    let tenant = TestTenant::with(|settings| {
        settings.one_time_token.is_enabled = true;
        settings.one_time_token.per_user = Rate { limit: 2, window_seconds: 60 };
    })
    .await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(browser.get("/one-time-token/generate").await.status.as_u16());
    }
    assert_eq!(answers, [200, 200, 429]);
}

#[tokio::test]
async fn switched_off_it_is_not_there() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    assert_eq!(browser.get("/one-time-token/generate").await.status, StatusCode::NOT_FOUND);
    assert_eq!(verify(&mut browser, "x").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn wrong_tokens_are_noted_and_few() {
    let tenant = TestTenant::with(|settings| {
        settings.one_time_token.is_enabled = true;
        settings.rate_limits.code_check_per_network = Some(Rate { limit: 3, window_seconds: 60 });
    })
    .await;
    let mut ada = tenant.signed_in("ada@example.com").await;
    let token = generate(&mut ada).await;
    ada.post("/sign-out", json!({})).await;
    let mut browser = tenant.browser().from([198, 51, 100, 7]);
    for token in ["x", "y", &token] {
        assert_eq!(verify(&mut browser, token).await.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(verify(&mut browser, "z").await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(tenant.events("one_time_token.refused").await, 3);
}

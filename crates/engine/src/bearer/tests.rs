use axum::http::Method;
use kiavi_crypto::signed_value;
use serde_json::{Value, json};

use super::BearerSettings;
use crate::{
    Settings,
    tests::{Answer, Browser, ORIGIN, TestTenant},
};

fn enabled(settings: &mut Settings) {
    settings.bearer.is_enabled = true;
}

async fn session_with(browser: &mut Browser, authorization: &str) -> Answer {
    browser.send(Method::GET, "/get-session", None, &[("authorization", authorization)]).await
}

/// Signs in; the answer's token as clients without cookies keep it, and the token alone.
async fn tokens(tenant: &TestTenant) -> (String, String) {
    let answer = tenant.browser().sign_in(tenant, "ada@example.com").await;
    let exposed = answer.headers["access-control-expose-headers"].to_str().unwrap();
    assert!(exposed.contains("set-auth-token"));
    let signed = answer.headers["set-auth-token"].to_str().unwrap().to_owned();
    (signed, answer.json["token"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_told_token_is_the_session_and_its_signature_counts() {
    let tenant = TestTenant::with(enabled).await;
    let (signed, raw) = tokens(&tenant).await;
    assert_eq!(signed, signed_value(&tenant.state().secret, &raw));
    let mut client = tenant.browser();
    let encoded = signed.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    for good in [format!("Bearer {signed}"), format!("bearer  {signed}"), format!("BEARER {encoded}")] {
        assert_eq!(session_with(&mut client, &good).await.json["session"]["token"], raw.as_str(), "{good}");
    }
    let other = TestTenant::with(enabled).await;
    let foreign = signed_value(&other.state().secret, &raw);
    let id: String = tenant.value("SELECT id FROM session", &[]).await;
    for bad in [
        format!("Bearer {raw}"),
        format!("Bearer {id}"),
        format!("Bearer {}", signed.to_lowercase()),
        format!("Bearer {foreign}"),
        format!("Basic {signed}"),
        format!("Bearer{signed}"),
        "Bearer ".to_owned(),
        "B".to_owned(),
        "Bearer é.é".to_owned(),
    ] {
        let answer = session_with(&mut client, &bad).await;
        assert_eq!((answer.text.as_str(), answer.set_cookies().len()), ("null", 0), "{bad}");
    }
}

#[tokio::test]
async fn it_acts_without_cookies_and_signs_out() {
    let tenant = TestTenant::with(enabled).await;
    let (signed, _) = tokens(&tenant).await;
    let mut client = tenant.browser();
    client.origin = None;
    let header = format!("Bearer {signed}");
    let body = Some(json!({ "name": "Ada" }).to_string());
    let answer = client.send(Method::POST, "/update-user", body, &[("authorization", &header)]).await;
    assert_eq!(answer.text, r#"{"status":true}"#);
    assert_eq!(answer.headers["set-auth-token"], signed.as_str());
    client.cookies.clear();
    let answer = client.send(Method::POST, "/sign-out", None, &[("authorization", &header)]).await;
    assert_eq!(answer.text, r#"{"success":true}"#);
    assert!(!answer.headers.contains_key("set-auth-token"));
    assert_eq!(session_with(&mut client, &header).await.text, "null");
    assert_eq!(tenant.events("session.revoked").await, 1);
}

#[tokio::test]
async fn the_header_wins_over_the_cookie_and_a_wrong_one_counts_as_none() {
    let tenant = TestTenant::with(enabled).await;
    let (signed, _) = tokens(&tenant).await;
    let mut eve = tenant.signed_in("eve@example.com").await;
    let answer = session_with(&mut eve, &format!("Bearer {signed}")).await;
    assert_eq!(answer.json["user"]["email"], "ada@example.com");
    let answer = session_with(&mut eve, "Bearer wrong.signature").await;
    assert_eq!(answer.json["user"]["email"], "eve@example.com");
    // With a cookie the origin is asked for, header or not.
    eve.origin = Some("https://evil.example".to_owned());
    let header = format!("Bearer {signed}");
    let answer = eve.send(Method::POST, "/sign-out", None, &[("authorization", &header)]).await;
    assert_eq!(answer.code(), "INVALID_ORIGIN");
}

#[tokio::test]
async fn tokens_alone_count_only_where_the_tenant_says_so_and_handles_nowhere() {
    let tenant = TestTenant::with(|settings| {
        settings.bearer = BearerSettings { is_enabled: true, allows_unsigned: true }
    })
    .await;
    let (_, raw) = tokens(&tenant).await;
    let mut client = tenant.browser();
    assert!(session_with(&mut client, &format!("Bearer {raw}")).await.json.is_object());
    let id: String = tenant.value("SELECT id FROM session", &[]).await;
    assert_eq!(session_with(&mut client, &format!("Bearer {id}")).await.json, Value::Null);
}

#[tokio::test]
async fn switched_off_it_neither_reads_nor_tells() {
    let tenant = TestTenant::new().await;
    let answer = tenant.browser().sign_in(&tenant, "ada@example.com").await;
    assert!(!answer.headers.contains_key("set-auth-token"));
    let token = answer.json["token"].as_str().unwrap();
    let signed = signed_value(&tenant.state().secret, token);
    assert_eq!(session_with(&mut tenant.browser(), &format!("Bearer {signed}")).await.text, "null");
}

#[tokio::test]
async fn pages_elsewhere_may_read_what_is_told() {
    let tenant = TestTenant::with(|settings| {
        enabled(settings);
        settings.trusted_origins = vec!["https://app.example".to_owned()];
    })
    .await;
    let mut browser = tenant.browser();
    for (origin, exposed) in [(ORIGIN, "set-auth-token"), ("https://app.example", "set-auth-jwt")] {
        browser.origin = Some(origin.to_owned());
        let answer = browser.sign_in(&tenant, "ada@example.com").await;
        let told = answer.headers["access-control-expose-headers"].to_str().unwrap();
        assert!(told.contains("set-auth-token") && told.contains(exposed), "{told}");
    }
}

#[tokio::test]
async fn a_request_by_token_leaves_the_cookies_of_another_session_alone() {
    let tenant = TestTenant::with(enabled).await;
    let (signed, raw) = tokens(&tenant).await;
    let mut eve = tenant.signed_in("eve@example.com").await;
    let own = eve.token().await;
    let header = format!("Bearer {signed}");
    let authorization = [("authorization", header.as_str())];
    let body = Some(json!({ "name": "Ada" }).to_string());
    let answer = eve.send(Method::POST, "/update-user", body, &authorization).await;
    assert_eq!(
        (answer.set_cookies().len(), &answer.headers["set-auth-token"]),
        (0, &signed.parse().unwrap())
    );
    // Due to be extended: the row is, and no cookie is set.
    let due = r#"UPDATE session SET "expiresAt" = now() + interval '1 day' WHERE token = $1"#;
    tenant.admin.execute(due, &[&raw]).await.unwrap();
    let answer = session_with(&mut eve, &header).await;
    assert_eq!(
        (answer.json["user"]["email"].as_str(), answer.set_cookies().len()),
        (Some("ada@example.com"), 0)
    );
    // Ended, then unknown: neither ends what the browser has.
    let late = r#"UPDATE session SET "expiresAt" = now() - interval '1 second' WHERE token = $1"#;
    tenant.admin.execute(late, &[&raw]).await.unwrap();
    for _ in 0..2 {
        let answer = session_with(&mut eve, &header).await;
        assert_eq!((answer.text.as_str(), answer.set_cookies().len()), ("null", 0));
    }
    assert_eq!(eve.get("/get-session").await.json["session"]["token"], own.as_str());
}

#[tokio::test]
async fn signing_out_by_token_ends_that_session_alone() {
    let tenant = TestTenant::with(|settings| {
        enabled(settings);
        settings.multi_session.is_enabled = true;
    })
    .await;
    let (signed, raw) = tokens(&tenant).await;
    let mut eve = tenant.signed_in("eve@example.com").await;
    let header = format!("Bearer {signed}");
    let answer = eve.send(Method::POST, "/sign-out", None, &[("authorization", &header)]).await;
    assert_eq!((answer.status.as_u16(), answer.set_cookies().len()), (200, 0));
    assert!(eve.get("/get-session").await.json.is_object());
    let left: i64 = tenant.value("SELECT count(*) FROM session WHERE token = $1", &[&raw]).await;
    assert_eq!(left, 0);
    // A browser that shows the token of its own cookie means that session.
    let own = signed_value(&tenant.state().secret, &eve.token().await);
    let header = format!("Bearer {own}");
    let answer = eve.send(Method::POST, "/sign-out", None, &[("authorization", &header)]).await;
    assert!(answer.set_cookies().iter().any(|line| line.starts_with("better-auth.session_token=;")));
    assert!(eve.cookies.is_empty(), "{:?}", eve.cookies);
}

//! Requests that act by a key.

use axum::http::Method;

use super::*;
use crate::Rate;

async fn with_sessions() -> TestTenant {
    TestTenant::with(|s| {
        s.api_key.sessions = true;
        s.api_key.is_rate_limit_enabled = false;
        s.email_otp.is_change_email_enabled = true;
    })
    .await
}

async fn get(tenant: &TestTenant, path: &str, key: &str) -> Answer {
    tenant.browser().send(Method::GET, path, None, &[("x-api-key", key)]).await
}

async fn post(tenant: &TestTenant, path: &str, key: &str, body: Value) -> Answer {
    tenant.browser().send(Method::POST, path, Some(body.to_string()), &[("x-api-key", key)]).await
}

#[tokio::test]
async fn a_key_is_nothing_where_the_tenant_does_not_allow_it() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let (key, _) = make(&mut browser, json!({})).await;
    assert_eq!(get(&tenant, "/get-session", &key).await.text, "null");
    assert_eq!(get(&tenant, "/api-key/list", &key).await.code(), "UNAUTHORIZED");
    assert_eq!(tenant.value::<i32>(r#"SELECT "requestCount" FROM apikey"#, &[]).await, 0);
}

#[tokio::test]
async fn a_key_answers_for_its_owner_in_upstreams_shape() {
    let tenant = with_sessions().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let (key, id) = make(&mut browser, json!({})).await;
    let answer = get(&tenant, "/get-session", &key).await;
    let user = browser.get("/get-session").await.json["user"].clone();
    assert_eq!((&answer.json["user"], answer.set_cookies().len()), (&user, 0));
    let session = &answer.json["session"];
    let names: Vec<_> = session.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = ["createdAt", "expiresAt", "id", "ipAddress", "token", "updatedAt", "userAgent", "userId"];
    assert_eq!(names, expected);
    assert!(answer.text.starts_with(r#"{"user":"#) && answer.text.contains(r#""session":{"id":"#));
    assert_eq!(
        (&session["id"], &session["token"], &session["userId"]),
        (&json!(id), &json!(key), &user["id"])
    );
    let at = |name: &str| session[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(at("expiresAt").duration_since(at("createdAt")).as_millis(), 604_800, "upstream's quirk");
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM session", &[]).await, 1, "no session is stored");
    // Over the cookie of somebody else the key wins.
    let mut eve = tenant.signed_in("eve@example.com").await;
    let answer = eve.send(Method::GET, "/get-session", None, &[("x-api-key", &key)]).await;
    assert_eq!(answer.json["user"]["id"], user["id"]);
}

#[tokio::test]
async fn a_key_that_is_refused_ends_the_request_whatever_it_was_for() {
    let tenant = with_sessions().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let (key, _) = make(&mut browser, json!({})).await;
    let unknown = "x".repeat(64);
    for (key, status, code) in [("short", 403, "INVALID_API_KEY"), (&unknown, 401, "INVALID_API_KEY")] {
        for path in ["/ok", "/get-session", "/api-key/list"] {
            let answer = browser.send(Method::GET, path, None, &[("x-api-key", key)]).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{path}");
        }
    }
    let two = [("x-api-key", key.as_str()), ("x-api-key", key.as_str())];
    assert_eq!(browser.send(Method::GET, "/ok", None, &two).await.code(), "INVALID_API_KEY");
    sql(&tenant, "UPDATE apikey SET enabled = false").await;
    assert_eq!(get(&tenant, "/ok", &key).await.code(), "KEY_DISABLED");
    sql(&tenant, r#"UPDATE apikey SET enabled = true; UPDATE "user" SET banned = true"#).await;
    assert_eq!(get(&tenant, "/ok", &key).await.code(), "USER_BANNED");
    sql(&tenant, r#"DELETE FROM "user""#).await;
    let removed = get(&tenant, "/get-session", &key).await;
    assert_eq!(
        (removed.status, removed.code()),
        (StatusCode::UNAUTHORIZED, "INVALID_REFERENCE_ID_FROM_API_KEY")
    );
}

#[tokio::test]
async fn limits_count_every_request_and_are_told_with_the_wait() {
    let tenant = TestTenant::with(|s| (s.api_key.sessions, s.api_key.rate_limit_max) = (true, 2)).await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let (key, _) = make(&mut browser, json!({})).await;
    for _ in 0..2 {
        assert_eq!(get(&tenant, "/ok", &key).await.status, StatusCode::OK);
    }
    let refused = get(&tenant, "/ok", &key).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let start = r#"{"message":"Rate limit exceeded.","code":"RATE_LIMITED","details":{"tryAgainIn":"#;
    assert!(
        refused.text.starts_with(start) && refused.headers.contains_key("x-retry-after"),
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn a_key_reads_and_changes_what_is_its_owners_but_no_means_of_access() {
    let tenant = with_sessions().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let (key, id) = make(&mut browser, json!({})).await;
    assert_eq!(get(&tenant, "/api-key/list", &key).await.json["total"], 1);
    let renamed = post(&tenant, "/update-user", &key, json!({ "name": "Program" })).await;
    assert_eq!((renamed.text.as_str(), renamed.set_cookies().len()), (r#"{"status":true}"#, 0));
    let method = "SELECT method FROM kiavi.audit_event WHERE type = 'user.updated'";
    assert_eq!(tenant.value::<String>(method, &[]).await, "api_key");
    // Sensitive endpoints: 401, as with Better Auth.
    for (path, body) in [
        ("/revoke-session", json!({ "token": "x" })),
        ("/revoke-sessions", json!({})),
        ("/revoke-other-sessions", json!({})),
        ("/change-email", json!({ "newEmail": "eve@example.com" })),
        ("/change-password", json!({ "newPassword": "x", "currentPassword": "x" })),
        ("/verify-password", json!({ "password": "x" })),
        ("/email-otp/request-email-change", json!({ "newEmail": "eve@example.com" })),
        ("/email-otp/change-email", json!({ "newEmail": "eve@example.com", "otp": "123456" })),
    ] {
        let answer = post(&tenant, path, &key, body).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "UNAUTHORIZED"), "{path}");
    }
    // Where we are stricter.
    for path in ["/list-sessions", "/passkey/generate-register-options"] {
        assert_eq!(get(&tenant, path, &key).await.code(), "SESSION_NOT_FRESH", "{path}");
    }
    assert_eq!(post(&tenant, "/api-key/create", &key, json!({})).await.code(), "UNAUTHORIZED_SESSION");
    let longer = json!({ "keyId": id, "expiresIn": null });
    assert_eq!(post(&tenant, "/api-key/update", &key, longer).await.code(), "UNAUTHORIZED_SESSION");
    assert_eq!(post(&tenant, "/api-key/delete", &key, json!({ "keyId": id })).await.code(), "UNAUTHORIZED");
    assert!(browser.get("/get-session").await.json.is_object());
}

#[tokio::test]
async fn where_the_tenant_asks_for_it_a_key_passes_for_a_recent_sign_in_as_upstream() {
    let tenant = TestTenant::with(|s| {
        s.api_key.sessions = true;
        s.compatibility.api_keys_are_fresh_sign_ins = true;
    })
    .await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let (key, id) = make(&mut browser, json!({})).await;
    assert_eq!(get(&tenant, "/list-sessions", &key).await.json.as_array().unwrap().len(), 1);
    assert_eq!(post(&tenant, "/api-key/create", &key, json!({})).await.status, StatusCode::OK);
    assert_eq!(post(&tenant, "/revoke-sessions", &key, json!({})).await.code(), "UNAUTHORIZED");
    assert_eq!(post(&tenant, "/api-key/delete", &key, json!({ "keyId": id })).await.status, StatusCode::OK);
}

#[tokio::test]
async fn hosted_pages_know_no_keys() {
    let tenant = with_sessions().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let (key, _) = make(&mut browser, json!({})).await;
    let answer = tenant.browser().send(Method::GET, "//account", None, &[("x-api-key", &key)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn expired_keys_are_swept() {
    let tenant = with_sessions().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    for _ in 0..2 {
        make(&mut browser, json!({})).await;
    }
    sql(&tenant, r#"UPDATE apikey SET "expiresAt" = now() - interval '1 second' WHERE ctid IN (SELECT ctid FROM apikey LIMIT 1)"#).await;
    crate::housekeeping::sweep(tenant.state()).await;
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM apikey", &[]).await, 1);
}

#[tokio::test]
async fn a_key_is_looked_at_whatever_else_is_wrong_with_the_request() {
    let tenant = TestTenant::with(|s| {
        (s.api_key.sessions, s.api_key.verify_route) = (true, true);
        s.api_key.unknown_per_network = Some(Rate { limit: 4, window_seconds: 10 });
        s.rate_limits.general = Some(Rate { limit: 1, window_seconds: 10 });
    })
    .await;
    // Else whoever adds the header would be counted by nothing.
    let unknown = "x".repeat(64);
    let headers = [("x-api-key", unknown.as_str())];
    let foreign = [("x-api-key", unknown.as_str()), ("cookie", "a=b"), ("origin", "https://evil.example")];
    let mut program = tenant.browser();
    program.origin = None;
    for (method, path, body, headers) in [
        (Method::GET, "/callback/google", None, &headers[..]),
        (Method::POST, "/update-user", Some("{"), &headers[..]),
        (Method::POST, "/update-user", Some("{}"), &foreign[..]),
        (Method::POST, "/api-key/verify", Some("{"), &headers[..]),
    ] {
        let answer = program.send(method, path, body.map(str::to_owned), headers).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (401, "INVALID_API_KEY"), "{path} {body:?}");
    }
    for (method, path) in [(Method::GET, "/callback/google"), (Method::POST, "/api-key/verify")] {
        let answer = program.send(method, path, None, &headers).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
    }
}

//! What holds for every path: routing, order of checks, headers, limits.

use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::{ORIGIN, TestTenant};
use crate::Rate;

#[tokio::test]
async fn whatever_is_no_route_is_404_without_a_body() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    for (method, path) in [
        (Method::GET, "/nothing"),
        (Method::GET, ""),
        (Method::GET, "/"),
        (Method::GET, "/ok/"),
        (Method::GET, "/%6fk"),
        (Method::GET, "/OK"),
        (Method::GET, "/ok;x"),
        (Method::GET, "/x/%2e%2e/ok"),
        (Method::HEAD, "/ok"),
        (Method::OPTIONS, "/ok"),
        (Method::POST, "/ok"),
        (Method::GET, "/sign-out"),
        (Method::DELETE, "/get-session"),
        (Method::POST, "/set-password"),
    ] {
        let answer = browser.send(method.clone(), path, None, &[]).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NOT_FOUND, ""), "{method} {path}");
        assert!(!answer.headers.contains_key(header::CONTENT_TYPE), "{method} {path}");
    }
}

#[tokio::test]
async fn ok_and_error() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    let ok = browser.get("/ok").await;
    assert_eq!(ok.text, r#"{"ok":true}"#);
    assert_eq!(ok.headers[header::CONTENT_TYPE], "application/json");
    for name in ["x-request-id", "content-security-policy", "x-content-type-options", "referrer-policy"] {
        assert!(ok.headers.contains_key(name), "{name}");
    }
    for (query, location) in [
        ("?error=state_mismatch", "/?error=state_mismatch"),
        ("?error=%3Cb%3E&error_description=%3Cb%3E", "/?error=UNKNOWN&error_description=%3Cb%3E"),
        ("", "/?error=UNKNOWN"),
    ] {
        let answer = browser.get(&format!("/error{query}")).await;
        assert_eq!(
            (answer.status, answer.headers["location"].to_str().unwrap()),
            (StatusCode::FOUND, location)
        );
    }
}

#[tokio::test]
async fn a_body_is_json_and_small() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    let mut send = async |body: String, kind: &str| {
        let answer = browser.send(Method::POST, "/sign-out", Some(body), &[("content-type", kind)]).await;
        (answer.status.as_u16(), answer.json["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(send("{}".into(), "application/json").await, (200, String::new()));
    assert_eq!(send("{".into(), "application/json").await, (400, "BAD_REQUEST".into()));
    assert_eq!(send("a=b".into(), "text/plain").await, (415, "UNSUPPORTED_MEDIA_TYPE".into()));
    let long = format!("\"{}\"", "a".repeat(70_000));
    assert_eq!(send(long, "application/json").await, (413, "PAYLOAD_TOO_LARGE".into()));
}

#[tokio::test]
async fn an_origin_that_is_not_trusted_is_refused_on_every_route_that_changes_something() {
    let tenant = TestTenant::new().await;
    let signed_in = tenant.signed_in("ada@example.com").await;
    for path in [
        "/sign-out",
        "/revoke-session",
        "/revoke-sessions",
        "/revoke-other-sessions",
        "/update-user",
        "/email-otp/send-verification-otp",
        "/sign-in/email-otp",
        "/email-otp/verify-email",
        "/email-otp/check-verification-otp",
        "/email-otp/change-email",
        "/admin/create-user",
        "/admin/update-user",
        "/admin/set-role",
        "/admin/ban-user",
        "/admin/unban-user",
        "/admin/remove-user",
        "/admin/impersonate-user",
        "/admin/stop-impersonating",
        "/admin/revoke-user-session",
        "/admin/revoke-user-sessions",
        "/change-password",
        "/get-session",
    ] {
        let mut foreign = signed_in.clone();
        foreign.origin = Some("https://evil.example".to_owned());
        let answer = foreign.post(path, json!({})).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "INVALID_ORIGIN"), "{path}");
        foreign.origin = None;
        let answer = foreign.post(path, json!({})).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::FORBIDDEN, "MISSING_OR_NULL_ORIGIN"),
            "{path}"
        );
    }
    let mut still = signed_in.clone();
    assert!(still.get("/get-session").await.json.is_object());
}

#[tokio::test]
async fn malformed_json_is_told_before_the_origin_and_the_origin_before_the_schema() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    browser.origin = Some("https://evil.example".to_owned());
    let answer = browser.send(Method::POST, "/revoke-session", Some("{".into()), &[]).await;
    assert_eq!(answer.code(), "BAD_REQUEST");
    assert_eq!(browser.post("/revoke-session", json!([])).await.code(), "INVALID_ORIGIN");
}

#[tokio::test]
async fn a_place_to_go_must_be_trusted_even_where_it_is_not_used() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    let answer = browser.post("/sign-out", json!({ "callbackURL": "https://evil.example" })).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "INVALID_CALLBACK_URL"));
    let answer = browser.post("/sign-out", json!({ "errorCallbackURL": 7 })).await;
    assert_eq!(answer.json, json!({ "message": "Invalid errorCallbackURL: expected a string" }));
    assert_eq!(browser.post("/sign-out", json!({ "callbackURL": "/home" })).await.status, StatusCode::OK);
    assert_eq!(
        browser.post("/sign-out?callbackURL=//evil.example", json!({})).await.code(),
        "INVALID_CALLBACK_URL"
    );
}

#[tokio::test]
async fn a_sign_in_form_on_a_foreign_page_is_refused() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    let body = json!({ "email": "ada@example.com", "type": "sign-in" }).to_string();
    let headers = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
    let path = "/email-otp/send-verification-otp";
    let answer = browser.send(Method::POST, path, Some(body.clone()), &headers).await;
    assert_eq!(answer.code(), "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED");
    browser.origin = None;
    let answer = browser.send(Method::POST, path, Some(body), &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!(answer.code(), "MISSING_OR_NULL_ORIGIN");
}

#[tokio::test]
async fn trusted_foreign_pages_get_cors_and_others_do_not() {
    let tenant = TestTenant::with(|s| s.trusted_origins = vec!["https://app.example".to_owned()]).await;
    let mut browser = tenant.browser();
    let preflight = [("access-control-request-method", "POST")];
    for (origin, status, allowed) in [
        ("https://app.example", 204, Some("https://app.example")),
        ("https://evil.example", 404, None),
        (ORIGIN, 404, None),
    ] {
        browser.origin = Some(origin.to_owned());
        let answer = browser.send(Method::OPTIONS, "/get-session", None, &preflight).await;
        let told = answer.headers.get("access-control-allow-origin").map(|value| value.to_str().unwrap());
        assert_eq!((answer.status.as_u16(), told), (status, allowed), "{origin}");
    }
}

#[tokio::test]
async fn the_general_limit_counts_by_network_and_path() {
    let tenant =
        TestTenant::with(|s| s.rate_limits.general = Some(Rate { limit: 2, window_seconds: 10 })).await;
    let (mut one, mut other) = (tenant.browser(), tenant.browser());
    other.peer = [192, 0, 2, 2].into();
    for _ in 0..2 {
        assert_eq!(one.get("/ok").await.status, StatusCode::OK);
    }
    let refused = one.get("/ok").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers["x-retry-after"], "5");
    assert_eq!(refused.json, json!({ "message": "Too many requests. Please try again later." }));
    assert_eq!(other.get("/ok").await.status, StatusCode::OK);
    assert_eq!(one.get("/get-session").await.json, Value::Null);
    tenant.clock.advance(jiff::SignedDuration::from_secs(5));
    assert_eq!(one.get("/ok").await.status, StatusCode::OK);
}

#[tokio::test]
async fn passwords_answer_as_switched_off() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    let sign_in = json!({ "email": "ada@example.com", "password": "correct horse" });
    let sign_up = json!({ "name": "Ada", "email": "ada@example.com", "password": "correct horse" });
    for (path, body, code) in [
        ("/sign-in/email", sign_in.clone(), "EMAIL_PASSWORD_DISABLED"),
        ("/sign-up/email", sign_up, "EMAIL_PASSWORD_SIGN_UP_DISABLED"),
        ("/request-password-reset", json!({ "email": "ada@example.com" }), "RESET_PASSWORD_DISABLED"),
        ("/reset-password", json!({ "newPassword": "correct horse" }), "INVALID_TOKEN"),
        ("/send-verification-email", json!({ "email": "ada@example.com" }), "VERIFICATION_EMAIL_NOT_ENABLED"),
        ("/sign-in/email", json!({}), "VALIDATION_ERROR"),
    ] {
        let answer = browser.post(path, body).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, code), "{path}");
    }
    let change = json!({ "newPassword": "correct horse", "currentPassword": "x" });
    assert_eq!(browser.post("/change-password", change.clone()).await.code(), "UNAUTHORIZED");
    let mut signed_in = tenant.signed_in("ada@example.com").await;
    assert_eq!(signed_in.post("/change-password", change).await.code(), "CREDENTIAL_ACCOUNT_NOT_FOUND");
    let link = signed_in.get("/reset-password/abc?callbackURL=/reset").await;
    assert_eq!(link.headers["location"], format!("{ORIGIN}/reset?error=INVALID_TOKEN").as_str());
    let link = signed_in.get("/reset-password/abc?callbackURL=https://evil.example").await;
    assert_eq!(link.code(), "INVALID_CALLBACK_URL");
    let link = signed_in.get("/verify-email?token=x&callbackURL=/welcome?a=1").await;
    assert_eq!(link.headers["location"], "/welcome?a=1&error=INVALID_TOKEN");
    let link = signed_in.get("/verify-email?token=x").await;
    assert_eq!((link.status, link.code()), (StatusCode::UNAUTHORIZED, "INVALID_TOKEN"));
}

#[tokio::test]
async fn a_request_counts_as_busy_until_it_is_answered() {
    let tenant = TestTenant::new().await;
    let guard = tenant.engine.busy().enter();
    assert_eq!(tenant.engine.busy().count(), 1);
    drop(guard);
    tenant.browser().get("/ok").await;
    assert_eq!(tenant.engine.busy().count(), 0);
}

#[tokio::test]
async fn who_comes_after_a_thousand_others_is_told_to_come_back_and_the_operator_is_not() {
    let tenant = TestTenant::new().await;
    let mut guards: Vec<_> = (0..1_024).map(|_| tenant.engine.busy().enter()).collect();
    let refused = tenant.browser().get("/ok").await;
    assert_eq!((refused.status, refused.code()), (StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE"));
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(tenant.operator().get("/ok").await.status, StatusCode::OK);
    guards.pop();
    assert_eq!(tenant.browser().get("/ok").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_operator_is_named_in_the_log_and_has_no_general_limit() {
    let tenant = TestTenant::with(|settings| {
        settings.rate_limits.general = Some(Rate { limit: 1, window_seconds: 60 })
    })
    .await;
    let mut operator = tenant.operator();
    for _ in 0..3 {
        assert_eq!(operator.get("/ok").await.status, StatusCode::OK);
    }
    let body = json!({ "email": "ada@example.com", "type": "sign-in" });
    operator.post("/email-otp/send-verification-otp", body).await;
    let sql = "SELECT DISTINCT actor FROM kiavi.audit_event";
    let actors = tenant.admin.query(sql, &[]).await.unwrap();
    let actors: Vec<String> = actors.iter().map(|row| row.get(0)).collect();
    assert_eq!(actors, ["operator:test"]);
    assert_eq!(tenant.events("code.requested").await, 1);
}

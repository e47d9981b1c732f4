//! What one tenant issued is nothing to another.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::TestTenant;

#[tokio::test]
async fn a_session_cookie_of_one_tenant_is_refused_by_another() {
    let (a, b) = (TestTenant::new().await, TestTenant::new().await);
    let signed_in = a.signed_in("ada@example.com").await;
    b.signed_in("ada@example.com").await;
    let mut visitor = b.browser();
    visitor.cookies = signed_in.cookies.clone();
    let answer = visitor.get("/get-session").await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, "null"));
    assert_eq!(visitor.get("/list-sessions").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn even_a_row_copied_into_the_other_database_opens_nothing() {
    let (a, b) = (TestTenant::new().await, TestTenant::new().await);
    let signed_in = a.signed_in("ada@example.com").await;
    b.signed_in("ada@example.com").await;
    let token: String = a.value("SELECT token FROM session", &[]).await;
    b.admin.execute("UPDATE session SET token = $1", &[&token]).await.unwrap();
    let mut visitor = b.browser();
    visitor.cookies = signed_in.cookies.clone();
    assert_eq!(visitor.get("/get-session").await.json, Value::Null);
}

#[tokio::test]
async fn a_code_of_one_tenant_is_refused_by_another() {
    let (a, b) = (TestTenant::new().await, TestTenant::new().await);
    let ask = json!({ "email": "ada@example.com", "type": "sign-in" });
    a.browser().post("/email-otp/send-verification-otp", ask.clone()).await;
    let code = a.newest_code().await;
    let body = json!({ "email": "ada@example.com", "otp": code });
    assert_eq!(b.browser().post("/sign-in/email-otp", body.clone()).await.code(), "INVALID_OTP");
    // Not even when the row itself is carried over: the hash is keyed by the tenant's secret.
    let row =
        a.admin.query_opt("SELECT id, identifier, value FROM verification", &[]).await.unwrap().unwrap();
    let (id, identifier, value): (String, String, String) = (row.get(0), row.get(1), row.get(2));
    let sql = r#"INSERT INTO verification (id, identifier, value, "expiresAt")
                 VALUES ($1, $2, $3, now() + interval '5 minutes')"#;
    b.admin.execute(sql, &[&id, &identifier, &value]).await.unwrap();
    assert_eq!(b.browser().post("/sign-in/email-otp", body.clone()).await.code(), "INVALID_OTP");
    assert_eq!(a.browser().post("/sign-in/email-otp", body).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_request_for_another_host_is_misdirected() {
    let tenant = TestTenant::new().await;
    let request = |host: &'static str| {
        let request =
            axum::http::Request::builder().method(Method::GET).uri("/api/auth/ok").header("host", host);
        tower::ServiceExt::oneshot(tenant.router.clone(), request.body(axum::body::Body::empty()).unwrap())
    };
    assert_eq!(request("demo.localhost").await.unwrap().status(), StatusCode::OK);
    let refused = request("other.localhost").await.unwrap();
    assert_eq!(refused.status(), StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(refused.headers()["connection"], "close");
}

#[tokio::test]
async fn a_former_name_leads_to_the_one_that_the_tenant_has() {
    let tenant = TestTenant::with(|settings| {
        settings.former_hostnames = std::iter::once("old.localhost".parse().unwrap()).collect();
    })
    .await;
    for (method, path) in [
        (Method::GET, "/sign-in?to=%2Fa&b=c%20d"),
        (Method::POST, "/api/auth/sign-out"),
        (Method::GET, "/nothing//here"),
    ] {
        let request =
            axum::http::Request::builder().method(method).uri(path).header("host", "old.localhost:8080");
        let request = request.body(axum::body::Body::empty()).unwrap();
        let moved = tower::ServiceExt::oneshot(tenant.router.clone(), request).await.unwrap();
        assert_eq!(moved.status(), StatusCode::PERMANENT_REDIRECT, "{path}");
        let origin = tenant.state().settings.base_url.origin().to_owned();
        assert_eq!(moved.headers()["location"], format!("{origin}{path}"));
        assert_eq!(moved.headers()["cache-control"], "no-store");
        assert!(!moved.headers().contains_key("set-cookie"));
    }
}

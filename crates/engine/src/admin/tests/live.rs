//! The list of all who are signed in.

use axum::http::StatusCode;
use serde_json::json;

use crate::tests::TestTenant;

#[tokio::test]
async fn operators_see_who_is_signed_in_and_nobody_else_does() {
    let tenant = TestTenant::new().await;
    for mut browser in [tenant.browser(), tenant.administrator().await] {
        assert_eq!(browser.get("/admin/view-sessions").await.status, StatusCode::NOT_FOUND);
    }
    for name in ["ada", "grace", "mary"] {
        tenant.signed_in(&format!("{name}@example.com")).await;
    }
    let mut operator = tenant.operator();
    let mut seen = Vec::new();
    let mut path = "/admin/view-sessions?limit=2".to_owned();
    loop {
        let page = operator.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        assert!(!page.text.contains("token"), "{}", page.text);
        let told = page.json["sessions"].as_array().unwrap();
        seen.extend(told.iter().map(|one| one["email"].as_str().unwrap().to_owned()));
        let Some(next) = page.json["next"].as_str() else { break };
        path = format!("/admin/view-sessions?limit=2&before={next}");
    }
    seen.sort_unstable();
    let all = ["ada", "grace", "mary", "root"].map(|name| format!("{name}@example.com"));
    assert_eq!(seen, all, "each once");

    let page = operator.get("/admin/view-sessions?email=Ada%40example.com").await;
    let told = page.json["sessions"].as_array().unwrap();
    assert_eq!(told.len(), 1);
    let id = told[0]["id"].clone();
    let ended = operator.post("/admin/revoke-user-session", json!({ "sessionToken": id })).await;
    assert_eq!(ended.status, StatusCode::OK, "{}", ended.text);
    let page = operator.get("/admin/view-sessions?email=ada%40example.com").await;
    assert_eq!(page.json["sessions"], json!([]));
    assert_eq!(operator.get("/admin/view-sessions?ip=192.0.2.200").await.json["sessions"], json!([]));
    for wrong in ["ip=x", "before=x", "limit=x", "email=%00", "surprise=1&ip=%00"] {
        let refused = operator.get(&format!("/admin/view-sessions?{wrong}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    assert!(tenant.events("sessions.listed").await >= 4);
}

//! Operators are written down; others do not find the door.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::tests::TestTenant;

const CHANGED: &str = "//management/settings-changed";
const EVENT: &str = "0193a5c0-0000-7000-8000-0123456789ab";

fn change() -> Value {
    json!({ "id": EVENT, "version": 2, "changes": [{ "path": "app_name", "from": "demo", "to": "Demo" }] })
}

#[tokio::test]
async fn a_change_of_the_settings_is_logged_once_under_controls_own_id() {
    let tenant = TestTenant::new().await;
    let mut operator = tenant.operator();
    for _ in 0..2 {
        assert_eq!(operator.post(CHANGED, change()).await.status, StatusCode::OK);
    }
    let events = tenant.log("settings.changed").await;
    let [event] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((event.id.as_str(), event.actor()), (EVENT, Some("operator:test")));
    assert_eq!(event.method.as_deref(), Some("management"));
    assert_eq!(event.facts.as_ref().unwrap()["changes"][0]["to"], "Demo");
}

#[tokio::test]
async fn nobody_else_finds_the_door() {
    let tenant = TestTenant::new().await;
    let mut signed_in = tenant.signed_in("ada@example.com").await;
    for browser in [&mut tenant.browser(), &mut signed_in] {
        let answer = browser.post(CHANGED, change()).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NOT_FOUND, ""));
    }
    assert_eq!(tenant.operator().get(CHANGED).await.status, StatusCode::NOT_FOUND);
    assert_eq!(tenant.events("settings.changed").await, 0);
}

#[tokio::test]
async fn what_control_would_not_say_is_refused() {
    let tenant = TestTenant::new().await;
    for wrong in [json!({}), json!({ "id": "1", "version": 2, "changes": [] }), json!([])] {
        let answer = tenant.operator().post(CHANGED, wrong).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"));
    }
    let mut operator = tenant.operator();
    let answer = operator
        .send(Method::POST, CHANGED, Some(change().to_string()), &[("content-type", "text/plain")])
        .await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn every_request_of_an_operator_is_written_down_before_it_is_served() {
    let tenant = TestTenant::new().await;
    tenant.browser().get("/get-session?who=visitor").await;
    assert_eq!(tenant.events("management.requested").await, 0);
    tenant.operator().get("/get-session?email=ada@example.com").await;
    let event = tenant.newest("management.requested").await;
    assert_eq!(event.facts, Some(json!({ "method": "GET", "path": "/api/auth/get-session" })));
    assert_eq!(event.actor(), Some("operator:test"));
}

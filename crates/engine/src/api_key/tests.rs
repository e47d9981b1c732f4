//! API keys through the router.

mod manage;
mod race;
mod session;
mod verify;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::tests::{Answer, Browser, TestTenant};

/// Makes a key as the signed-in user; its text and its row id.
async fn make(browser: &mut Browser, body: Value) -> (String, String) {
    told(&browser.post("/api-key/create", body).await)
}

fn told(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let text = |name: &str| answer.json[name].as_str().unwrap().to_owned();
    (text("key"), text("id"))
}

/// Makes a key as an operator, for the signed-in user of `browser`.
async fn make_as_operator(tenant: &TestTenant, browser: &mut Browser, mut body: Value) -> (String, String) {
    body["userId"] = user_id(browser).await;
    told(&tenant.operator().post("/api-key/create", body).await)
}

async fn user_id(browser: &mut Browser) -> Value {
    browser.get("/get-session").await.json["user"]["id"].clone()
}

/// Verifies a key as an operator.
async fn verify(tenant: &TestTenant, key: &str) -> Answer {
    tenant.operator().post("/api-key/verify", json!({ "key": key })).await
}

/// `valid`, or the code of the refusal.
fn verdict(answer: &Answer) -> &str {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    match answer.json["valid"].as_bool().unwrap() {
        true => {
            assert!(answer.json["error"].is_null() && answer.json["key"]["key"].is_null(), "{}", answer.text);
            "valid"
        }
        false => {
            assert!(answer.json["key"].is_null(), "{}", answer.text);
            answer.json["error"]["code"].as_str().unwrap()
        }
    }
}

/// Changes rows behind the engine's back.
async fn sql(tenant: &TestTenant, statement: &str) {
    tenant.admin.batch_execute(statement).await.unwrap();
}

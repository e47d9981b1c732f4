//! What becomes of passkeys, from their offer on.

use axum::http::Method;
use jiff::{SignedDuration, Timestamp};
use kiavi_testkit::SoftAuthenticator;
use serde_json::{Value, json};

use super::{
    super::{
        count, count_due,
        funnel::{Step, Steps},
    },
    all, rebuilt,
};
use crate::tests::{Browser, ORIGIN, TestTenant};

const OPTIONS: &str = "/passkey/generate-authenticate-options";
const CREATION_OPTIONS: &str = "/passkey/generate-register-options";

/// Opens a hosted page, or presses its button.
async fn page(browser: &mut Browser, method: Method, path: &str) {
    let form = ("content-type", "application/x-www-form-urlencoded");
    let body = (method == Method::POST).then(String::new);
    browser.send(method, &format!("/{path}"), body, &[form]).await;
}

async fn funnel(tenant: &TestTenant) -> Value {
    let told = tenant.operator().get("/analytics?from=2026-11-24").await.json;
    told["points"].as_array().unwrap().last().unwrap()["passkey_funnel"].clone()
}

#[tokio::test]
async fn offers_and_beginnings_are_counted_beside_what_came_of_them() {
    let tenant = TestTenant::new().await;
    let mut ada = tenant.signed_in("ada@example.com").await;
    page(&mut ada, Method::GET, "/sign-in/passkey").await;
    let mut device = SoftAuthenticator::new();
    let options = ada.get(CREATION_OPTIONS).await.json;
    let response = device.create(&options, ORIGIN).unwrap();
    ada.post("/passkey/verify-registration", json!({ "response": response })).await;
    let mut bob = tenant.signed_in("bob@example.com").await;
    page(&mut bob, Method::GET, "/sign-in/passkey").await;
    page(&mut bob, Method::POST, "/sign-in/passkey").await;
    let mut stranger = tenant.browser();
    page(&mut stranger, Method::GET, "/sign-in").await;
    for answers in [false, true] {
        let options = stranger.get(OPTIONS).await.json;
        let mut response = device.get(&options, ORIGIN).unwrap();
        if !answers {
            response["response"]["signature"] = "AAAA".into();
        }
        stranger.post("/passkey/verify-authentication", json!({ "response": response })).await;
    }
    stranger.get(OPTIONS).await;
    assert_eq!(
        funnel(&tenant).await,
        json!({
            "sign_in": { "offered": 1, "started": 3, "completed": 1, "failed": 1 },
            "creation": { "offered": 2, "declined": 1, "started": 1, "completed": 1, "failed": 0 },
        })
    );
    assert_eq!(tenant.events("passkey.offered").await, 1, "one event for all of it");
    let live = all(&tenant).await;
    assert_eq!(live, rebuilt(&tenant).await);
}

#[tokio::test]
async fn however_many_ask_it_is_an_event_a_minute() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    for _ in 0..3 {
        browser.get(OPTIONS).await;
        count_due(tenant.state(), false).await.unwrap();
    }
    assert_eq!(tenant.events("passkey.offered").await, 1, "the others wait");
    tenant.clock.advance(SignedDuration::from_secs(60));
    count_due(tenant.state(), false).await.unwrap();
    assert_eq!(tenant.events("passkey.offered").await, 2);
    count(tenant.state()).await.unwrap();
    assert_eq!(tenant.events("passkey.offered").await, 2, "there is nothing to tell");
    assert_eq!(funnel(&tenant).await["sign_in"]["started"], 3);
}

#[tokio::test]
async fn what_was_offered_before_midnight_is_told_of_that_day() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    browser.get(OPTIONS).await;
    tenant.clock.advance(SignedDuration::from_hours(24));
    browser.get(OPTIONS).await;
    count(tenant.state()).await.unwrap();
    let sql = "SELECT count(*) FROM kiavi.activity_count WHERE metric = 'passkeys' AND count = 1";
    let days: i64 = tenant.value(sql, &[]).await;
    assert_eq!(days, 2);
}

#[test]
fn the_first_wakes_and_the_others_go_with_it() {
    let (mut steps, at) = (Steps::default(), Timestamp::UNIX_EPOCH);
    assert_eq!(steps.rest(at), None);
    assert!(steps.add(Step::SignInOffered, at, Timestamp::MAX));
    assert!(!steps.add(Step::SignInStarted, at, Timestamp::MAX));
    assert_eq!(steps.rest(at), Some(SignedDuration::ZERO), "nothing was told yet");
}

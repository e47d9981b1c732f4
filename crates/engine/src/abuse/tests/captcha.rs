use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::{SEND, ask, detail, mails};
use crate::{
    Rate,
    abuse::captcha::solve,
    tests::{Answer, Browser, TestTenant},
};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn work(more: Value) -> Value {
    let mut captcha = json!({ "kind": "proof_of_work", "bits": 8 });
    captcha.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    captcha
}

async fn tenant(more: Value) -> TestTenant {
    let captcha = serde_json::from_value(work(more)).unwrap();
    TestTenant::with(|settings| {
        settings.magic_link.is_enabled = true;
        settings.abuse.captcha = Some(captcha);
    })
    .await
}

async fn solved(browser: &mut Browser) -> String {
    let challenge = browser.get("/captcha/challenge").await;
    assert_eq!((challenge.status, &challenge.json["kind"]), (StatusCode::OK, &json!("proof_of_work")));
    assert_eq!(challenge.headers[header::CACHE_CONTROL], "no-store");
    let bits = u8::try_from(challenge.json["bits"].as_u64().unwrap()).unwrap();
    solve(challenge.json["challenge"].as_str().unwrap(), bits)
}

async fn ask_with(browser: &mut Browser, answer: &str) -> Answer {
    let body = json!({ "email": "ada@example.com", "type": "sign-in" }).to_string();
    browser.send(Method::POST, SEND, Some(body), &[("x-captcha-response", answer)]).await
}

#[tokio::test]
async fn a_code_costs_an_answer_that_works_once() {
    let tenant = tenant(json!({})).await;
    let mut browser = tenant.browser();
    let bare = ask(&mut browser, "ada@example.com").await;
    assert_eq!(bare.status, StatusCode::BAD_REQUEST);
    assert_eq!(bare.json, json!({ "message": "Missing CAPTCHA response", "code": "MISSING_RESPONSE" }));
    let answer = solved(&mut browser).await;
    assert_eq!(ask_with(&mut browser, &answer).await.text, r#"{"success":true}"#);
    let again = ask_with(&mut browser, &answer).await;
    assert_eq!(again.status, StatusCode::FORBIDDEN);
    let refused = json!({ "message": "Captcha verification failed", "code": "VERIFICATION_FAILED" });
    assert_eq!(again.json, refused);
    assert_eq!(
        detail(&tenant, "captcha.refused").await,
        json!({ "kind": "proof_of_work", "reason": "used" })
    );
    assert_eq!(mails(&tenant).await, 1);
}

#[tokio::test]
async fn of_many_who_bring_one_answer_at_a_time_one_passes() {
    let tenant = tenant(json!({})).await;
    let answer = solved(&mut tenant.browser()).await;
    let asks = (0..20).map(|_| {
        let (mut browser, answer) = (tenant.browser(), answer.clone());
        async move { ask_with(&mut browser, &answer).await.status }
    });
    let answers = futures_util::future::join_all(asks).await;
    assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
}

#[tokio::test]
async fn an_answer_is_for_its_network_its_time_and_its_tenant() {
    let (tenant, other) = (tenant(json!({})).await, tenant(json!({})).await);
    let refused = |answer: Answer| (answer.status.as_u16(), answer.code().to_owned());
    let no = (403, "VERIFICATION_FAILED".to_owned());
    let mut browser = tenant.browser();
    let answer = solved(&mut browser).await;
    let mut elsewhere = tenant.browser().from([192, 0, 2, 2]);
    assert_eq!(refused(ask_with(&mut elsewhere, &answer).await), no);
    assert_eq!(refused(ask_with(&mut other.browser(), &answer).await), no);
    assert_eq!(refused(ask_with(&mut browser, "garbage").await), no);
    tenant.clock.advance(jiff::SignedDuration::from_secs(300));
    assert_eq!(refused(ask_with(&mut browser, &answer).await), no);
    assert_eq!(detail(&tenant, "captcha.refused").await["reason"], "expired");
    let answer = solved(&mut browser).await;
    assert_eq!(ask_with(&mut browser, &answer).await.status, StatusCode::OK);
}

#[tokio::test]
async fn it_guards_what_the_settings_say_and_never_an_operator() {
    let tenant = tenant(json!({ "applies_to": ["link"] })).await;
    let mut browser = tenant.browser();
    assert_eq!(ask(&mut browser, "ada@example.com").await.status, StatusCode::OK);
    let link = json!({ "email": "ada@example.com" });
    assert_eq!(browser.post("/sign-in/magic-link", link.clone()).await.code(), "MISSING_RESPONSE");
    let answer = solved(&mut browser).await;
    let headers = [("x-captcha-response", answer.as_str())];
    let sent = browser.send(Method::POST, "/sign-in/magic-link", Some(link.to_string()), &headers).await;
    assert_eq!(sent.status, StatusCode::OK);
    assert_eq!(tenant.operator().post("/sign-in/magic-link", link).await.status, StatusCode::OK);
    let page = browser.send(Method::GET, "//sign-in", None, &[]).await;
    assert!(!page.text.contains("<proof-of-work"), "{}", page.text);
}

#[tokio::test]
async fn answers_are_counted_by_network() {
    let tenant = tenant(json!({})).await;
    let mut browser = tenant.at_another_engine(&tenant.browser(), |parts| {
        parts.settings.rate_limits.captcha_per_network = Some(Rate { limit: 2, window_seconds: 3_600 });
    });
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(ask_with(&mut browser, "garbage").await.status.as_u16());
    }
    assert_eq!(answers, [403, 403, 429]);
}

#[tokio::test]
async fn the_hosted_page_asks_for_the_work_and_takes_it() {
    let tenant = tenant(json!({})).await;
    let mut browser = tenant.browser();
    let page = browser.send(Method::GET, "//sign-in", None, &[]).await;
    assert!(page.text.contains("<proof-of-work challenge=\"/api/auth/captcha/challenge\""));
    assert!(page.text.contains("<noscript>") && page.text.contains("/_kiavi/assets/proof."));
    let bare = "email=ada%40example.com".to_owned();
    let refused = browser.send(Method::POST, "//sign-in", Some(bare.clone()), &[FORM]).await;
    assert_eq!(refused.headers[header::LOCATION], "/sign-in");
    let told = browser.send(Method::GET, "//sign-in", None, &[]).await;
    assert!(told.text.contains("id=\"notice\"") && told.text.contains("data-notice=\"captcha-failed\""));
    assert_eq!(mails(&tenant).await, 0);

    let form = format!("{bare}&captcha={}", solved(&mut browser).await);
    let sent = browser.send(Method::POST, "//sign-in", Some(form), &[FORM]).await;
    assert_eq!(sent.headers[header::LOCATION], "/sign-in/code?sent=yes");
    let resent = browser.send(Method::POST, "//sign-in/code/resend", Some(String::new()), &[FORM]).await;
    assert_eq!(resent.headers[header::LOCATION], "/sign-in/code");
    assert_eq!(mails(&tenant).await, 2);
}

#[tokio::test]
async fn pages_of_trusted_origins_may_send_the_header() {
    let tenant = tenant(json!({})).await;
    let mut browser = tenant.at_another_engine(&tenant.browser(), |parts| {
        parts.settings.trusted_origins = vec!["https://app.example".to_owned()];
    });
    browser.origin = Some("https://app.example".to_owned());
    let preflight = [("access-control-request-method", "POST")];
    let answer = browser.send(Method::OPTIONS, SEND, None, &preflight).await;
    let allowed = answer.headers["access-control-allow-headers"].to_str().unwrap();
    assert!(allowed.contains("x-captcha-response"), "{allowed}");
}

#[tokio::test]
async fn without_a_captcha_there_is_no_challenge() {
    let tenant = TestTenant::new().await;
    assert_eq!(tenant.browser().get("/captcha/challenge").await.status, StatusCode::NOT_FOUND);
}

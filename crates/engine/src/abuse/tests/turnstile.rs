use std::sync::{Arc, Mutex};

use axum::http::{Method, Request, Response, StatusCode, header};
use bytes::Bytes;
use kiavi_db::BoxFuture;
use serde_json::{Value, json};

use super::{SEND, detail, mails};
use crate::{
    egress::{EgressError, HttpClient},
    tests::{Answer, TestTenant},
};

/// Answers as told and keeps what it was asked.
struct Server {
    answer: Mutex<Result<(u16, Value), EgressError>>,
    asked: Mutex<Vec<(String, Value)>>,
}

impl HttpClient for Server {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, EgressError>> {
        let body = serde_json::from_slice(request.body()).unwrap();
        self.asked.lock().unwrap().push((request.uri().to_string(), body));
        let answer = self.answer.lock().unwrap().clone();
        let respond = |(status, body): (u16, Value)| {
            Response::builder().status(status).body(Bytes::from(body.to_string())).unwrap()
        };
        Box::pin(async move { answer.map(respond) })
    }
}

async fn tenant() -> (TestTenant, Arc<Server>) {
    let answer = Mutex::new(Ok((200, json!({ "success": true }))));
    let server = Arc::new(Server { answer, asked: Mutex::default() });
    let captcha = json!({ "kind": "turnstile", "site_key": "1x00", "secret_key": "hush" });
    let captcha = serde_json::from_value(captcha).unwrap();
    let tenant =
        TestTenant::reaching(server.clone(), |settings| settings.abuse.captcha = Some(captcha)).await;
    (tenant, server)
}

async fn ask_with(tenant: &TestTenant, token: &str) -> Answer {
    let body = json!({ "email": "ada@example.com", "type": "sign-in" }).to_string();
    let headers = [("x-captcha-response", token)];
    tenant.browser().send(Method::POST, SEND, Some(body), &headers).await
}

#[tokio::test]
async fn the_server_decides_and_learns_nothing_of_the_visitor() {
    let (tenant, server) = tenant().await;
    assert_eq!(ask_with(&tenant, "").await.code(), "MISSING_RESPONSE");
    assert_eq!(ask_with(&tenant, "t0k3n").await.status, StatusCode::OK);
    let url = "https://challenges.cloudflare.com/turnstile/v0/siteverify".to_owned();
    let asked = json!({ "secret": "hush", "response": "t0k3n" });
    assert_eq!(*server.asked.lock().unwrap(), [(url, asked)]);

    let no = json!({ "success": false, "error-codes": ["timeout-or-duplicate"] });
    *server.answer.lock().unwrap() = Ok((200, no));
    let refused = ask_with(&tenant, "t0k3n").await;
    assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "VERIFICATION_FAILED"));
    let told = json!({ "kind": "turnstile", "reason": "rejected" });
    assert_eq!(detail(&tenant, "captcha.refused").await, told);
    assert_eq!(ask_with(&tenant, &"x".repeat(2_049)).await.code(), "VERIFICATION_FAILED");
    assert_eq!(server.asked.lock().unwrap().len(), 2, "what cannot be a token is not asked about");
    assert_eq!(mails(&tenant).await, 1);
}

#[tokio::test]
async fn nothing_passes_while_nobody_can_be_asked() {
    let (tenant, server) = tenant().await;
    let wrong_key = json!({ "success": false, "error-codes": ["invalid-input-secret"] });
    for answer in [
        Err(EgressError::Deadline),
        Err(EgressError::Refused),
        Ok((500, json!({ "success": true }))),
        Ok((200, json!("what?"))),
        Ok((404, json!({}))),
        Ok((200, wrong_key)),
    ] {
        *server.answer.lock().unwrap() = answer.clone();
        let told = ask_with(&tenant, "t0k3n").await;
        assert_eq!((told.status.as_u16(), told.code()), (503, "SERVICE_UNAVAILABLE"), "{answer:?}");
        assert!(!told.text.contains("hush"));
    }
    assert_eq!(mails(&tenant).await, 0);
}

#[tokio::test]
async fn its_server_is_reached_without_being_listed_and_its_secret_is_not_printed() {
    let (tenant, _) = tenant().await;
    let settings = &tenant.state().settings;
    let hosts: Vec<_> = settings.egress_hosts().iter().map(ToString::to_string).collect();
    assert_eq!(hosts, ["challenges.cloudflare.com:443"]);
    assert!(!format!("{settings:?}").contains("hush"));
    let document = serde_json::to_vec(settings).unwrap();
    assert_eq!(crate::Settings::from_json(&document).unwrap(), *settings, "it travels with the document");
    let challenge = tenant.browser().get("/captcha/challenge").await;
    assert_eq!(challenge.json, json!({ "kind": "turnstile", "siteKey": "1x00" }));
}

#[tokio::test]
async fn only_a_page_with_the_widget_loads_its_script() {
    let (tenant, _) = tenant().await;
    let mut browser = tenant.browser();
    let page = browser.send(Method::GET, "//sign-in", None, &[]).await;
    let policy =
        |answer: &Answer| answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(policy(&page).contains("script-src 'self' https://challenges.cloudflare.com;"));
    assert!(policy(&page).contains("frame-src https://challenges.cloudflare.com;"));
    assert!(page.text.contains("src=\"https://challenges.cloudflare.com/turnstile/v0/api.js\""));
    assert!(page.text.contains("data-sitekey=\"1x00\" data-response-field-name=\"captcha\""));
    let other = browser.send(Method::GET, "//sign-out", None, &[]).await;
    assert!(!policy(&other).contains("cloudflare"));
    let plain = TestTenant::new().await;
    let page = plain.browser().send(Method::GET, "//sign-in", None, &[]).await;
    assert!(!policy(&page).contains("cloudflare") && !page.text.contains("cloudflare"));
}

//! Limits, lists and captchas through the router.

mod captcha;
mod limits;
mod lists;
mod turnstile;

use serde_json::{Value, json};

use crate::tests::{Answer, Browser, TestTenant};

const SEND: &str = "/email-otp/send-verification-otp";

async fn ask(browser: &mut Browser, email: &str) -> Answer {
    browser.post(SEND, json!({ "email": email, "type": "sign-in" })).await
}

async fn try_code(browser: &mut Browser, email: &str, code: &str) -> Answer {
    browser.post("/sign-in/email-otp", json!({ "email": email, "otp": code })).await
}

async fn mails(tenant: &TestTenant) -> i64 {
    tenant.value("SELECT count(*) FROM kiavi.outbox", &[]).await
}

/// The detail of the newest event of a type.
async fn detail(tenant: &TestTenant, kind: &str) -> Value {
    tenant.facts(kind).await
}

//! Signing in with a provider, through the router, with a provider that answers in this process.

mod abuse;
mod accounts;
mod conflict;
mod fake_provider;
mod hosted;
mod keys;
mod linking;
mod native;
mod notices;
mod page;
mod races;
mod revocation;
mod sign_in;

use std::sync::Arc;

use fake_provider::FakeProvider;
use serde_json::{Value, json};

use super::settings::ProviderSettings;
use crate::{
    Settings,
    tests::{Answer, Browser, TestTenant},
};

/// A tenant with four providers: `work` by discovery, and the known `github`, `google` and `line`.
struct Setup {
    tenant: TestTenant,
    provider: Arc<FakeProvider>,
}

fn providers() -> Vec<ProviderSettings> {
    let list = json!([
        { "id": "work", "name": "Work", "client_id": "client", "client_secret": "hunter2",
          "discovery_url": "https://id.example/.well-known/openid-configuration" },
        { "id": "github", "client_id": "gh", "client_secret": "gh-secret" },
        { "id": "google", "client_id": "client", "client_secret": "g-secret", "further_client_ids": ["phone"] },
        { "id": "line", "client_id": "line-client", "client_secret": "l-secret" },
    ]);
    serde_json::from_value(list).unwrap()
}

impl Setup {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let provider = Arc::new(FakeProvider::new());
        let tenant = TestTenant::reaching(provider.clone(), |settings| {
            settings.social.providers = providers();
            change(settings);
        })
        .await;
        Self { tenant, provider }
    }

    /// Begins a sign-in and lets the visitor agree at the provider; the path to come back by.
    async fn begin(&self, browser: &mut Browser, body: Value) -> String {
        let answer = browser.post("/sign-in/social", body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        self.provider.agree(answer.json["url"].as_str().unwrap())
    }

    /// A whole sign-in with a provider.
    async fn sign_in(&self, browser: &mut Browser, provider: &str) -> Answer {
        let body = json!({ "provider": provider, "callbackURL": "/home", "errorCallbackURL": "/failed?a=b" });
        let path = self.begin(browser, body).await;
        browser.get(&path).await
    }

    async fn users(&self) -> i64 {
        self.tenant.value(r#"SELECT count(*) FROM "user""#, &[]).await
    }

    async fn sessions(&self) -> i64 {
        self.tenant.value("SELECT count(*) FROM session", &[]).await
    }
}

/// Where an answer sends the browser.
fn location(answer: &Answer) -> &str {
    assert_eq!(answer.status, 302, "{}", answer.text);
    answer.headers["location"].to_str().unwrap()
}

//! The buttons of the sign-in page, without script.

use axum::http::Method;
use serde_json::json;

use super::{Setup, location};
use crate::tests::{Answer, Browser};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

pub(super) async fn open(browser: &mut Browser, path: &str) -> Answer {
    browser.send(Method::GET, &format!("/{path}"), None, &[]).await
}

pub(super) async fn press(browser: &mut Browser, provider: &str) -> Answer {
    let form = format!("provider={provider}");
    browser.send(Method::POST, "//sign-in/social", Some(form), &[FORM]).await
}

/// Presses a button and agrees at the provider; where the browser is then.
pub(super) async fn sign_in(setup: &Setup, browser: &mut Browser) -> String {
    let page = press(browser, "work").await;
    agree(setup, browser, &page).await
}

/// Agrees at the provider that a page leads to; where the browser is then.
pub(super) async fn agree(setup: &Setup, browser: &mut Browser, page: &Answer) -> String {
    assert!(page.text.contains("http-equiv=\"refresh\""), "{}", page.text);
    let href = page.text.split_once("href=\"https://id.example").unwrap().1.split('"').next().unwrap();
    let url = format!("https://id.example{}", href.replace("&amp;", "&").replace("&#38;", "&"));
    let path = setup.provider.agree(&url);
    location(&browser.get(&path).await).to_owned()
}

async fn told(browser: &mut Browser, path: &str) -> String {
    assert_eq!(open(browser, path).await.headers["location"], "/sign-in");
    let page = open(browser, "/sign-in").await;
    let notice = page.text.split_once("id=\"notice\"").unwrap().1;
    notice.split_once("data-notice=\"").unwrap().1.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn buttons_come_in_the_order_of_the_settings_and_lead_there_and_back() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.browser();
    let page = open(&mut browser, "/sign-in").await.text;
    let places: Vec<_> = ["Continue with Work", "Continue with GitHub", "Continue with Google"]
        .iter()
        .map(|words| page.find(words).unwrap())
        .collect();
    assert!(places.is_sorted());
    assert_eq!(sign_in(&setup, &mut browser).await, "/sign-in/passkey");
    assert!(open(&mut browser, "/sign-in/passkey").await.text.contains("<passkey-create"));
    assert!(open(&mut browser, "/account").await.text.contains("ada@example.com"));
}

#[tokio::test]
async fn what_came_to_nothing_is_told_on_the_first_page() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.browser();
    setup.tenant.signed_in("ada@example.com").await;
    setup.provider.behave(|b| b.claims = json!({ "email_verified": false }));
    let failed = sign_in(&setup, &mut browser).await;
    assert_eq!(failed, "/sign-in/failed?error=account_not_linked");
    assert_eq!(open(&mut browser, &failed).await.headers["location"], "/sign-in/connect");
    browser.cookies.retain(|(name, _)| !name.ends_with("pending_link"));
    assert_eq!(told(&mut browser, &failed).await, "account-conflict");
    for (path, notice) in [
        ("/sign-in/failed?error=access_denied", "provider-denied"),
        ("/sign-in/failed?error=email_not_found", "provider-unverified"),
        ("/sign-in/failed?error=invalid_code&error_description=x", "provider-failed"),
        ("/sign-in/failed?error=%3Cb%3E", "unexpected"),
        ("/?error=state_mismatch", "flow-expired"),
    ] {
        assert_eq!(told(&mut browser, path).await, notice, "{path}");
    }
    setup.provider.behave(|b| b.way = Some(crate::egress::EgressError::Unreachable));
    setup.tenant.clock.advance(jiff::SignedDuration::from_hours(48));
    let answer = press(&mut browser, "work").await;
    assert_eq!(answer.headers["location"], "/sign-in", "{}", answer.text);
}

#[tokio::test]
async fn a_form_of_another_site_begins_nothing() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.browser();
    browser.origin = Some("https://evil.example".to_owned());
    assert_eq!(press(&mut browser, "work").await.status, 403);
    assert_eq!(setup.provider.count(""), 0);
}

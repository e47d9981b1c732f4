//! From "you already have an account" to a linked one: two proofs, one browser, ten minutes, once.

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::{
    Setup,
    hosted::{open, sign_in},
};
use crate::tests::{Answer, Browser};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const PAGE: &str = "/sign-in/connect";
const CONFIRM: &str = "/sign-in/connect/confirm";
const EMAIL: &str = "ada@example.com";

async fn submit(browser: &mut Browser, path: &str, form: &str) -> String {
    let answer = browser.send(Method::POST, &format!("/{path}"), Some(form.to_owned()), &[FORM]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.text);
    answer.headers["location"].to_str().unwrap().to_owned()
}

fn notice(page: &Answer) -> Option<&str> {
    let (_, rest) = page.text.split_once("id=\"notice\"")?;
    rest.split_once("data-notice=\"")?.1.split('"').next()
}

async fn accounts(setup: &Setup) -> i64 {
    setup.tenant.value("SELECT count(*) FROM account", &[]).await
}

async fn waiting(setup: &Setup) -> i64 {
    let sql = "SELECT count(*) FROM verification WHERE starts_with(identifier, 'pending-link:')";
    setup.tenant.value(sql, &[]).await
}

/// A tenant with Ada, whose provider does not vouch for her address; and her browser, after she met the conflict.
async fn conflict() -> (Setup, Browser) {
    let setup = Setup::new().await;
    setup.tenant.signed_in(EMAIL).await;
    let browser = meet(&setup, setup.tenant.browser()).await;
    (setup, browser)
}

async fn meet(setup: &Setup, mut browser: Browser) -> Browser {
    setup.provider.behave(|b| b.claims = json!({ "email_verified": false }));
    let failed = sign_in(setup, &mut browser).await;
    assert_eq!(failed, "/sign-in/failed?error=account_not_linked");
    assert_eq!(open(&mut browser, &failed).await.headers["location"], PAGE);
    browser
}

#[tokio::test]
async fn a_code_proves_the_address_and_links_in_one_go() {
    let (setup, mut browser) = conflict().await;
    let page = open(&mut browser, PAGE).await;
    assert!(page.text.contains("Work") && page.text.contains("a…\u{2060}@example.com"));
    assert!(!page.text.contains(EMAIL), "the address is not told");
    assert_eq!(submit(&mut browser, PAGE, "").await, "/sign-in/code?sent=yes");
    assert!(open(&mut browser, "/sign-in/code").await.text.contains("Then we link Work"));
    let code = setup.tenant.newest_code().await;
    let wrong = if code == "000000" { "111111" } else { "000000" };
    assert_eq!(submit(&mut browser, "/sign-in/code", &format!("code={wrong}")).await, "/sign-in/code");
    assert_eq!((accounts(&setup).await, waiting(&setup).await), (0, 1));
    assert_eq!(submit(&mut browser, "/sign-in/code", &format!("code={code}")).await, "/sign-in/passkey");
    assert_eq!(notice(&open(&mut browser, "/sign-in/passkey").await), Some("account-linked"));
    assert_eq!((accounts(&setup).await, waiting(&setup).await), (1, 0));
    assert!(!browser.cookies.iter().any(|(name, _)| name.ends_with("pending_link")));
    let facts = setup.tenant.facts("account.linked").await;
    assert_eq!((&facts["provider"], &facts["after"]), (&json!("work"), &json!("conflict")));
    // From now on the provider signs in, whatever it says of the address; and its tokens are there.
    assert_eq!(sign_in(&setup, &mut setup.tenant.browser()).await, "/sign-in/passkey");
    let id: String = setup.tenant.value("SELECT id FROM account", &[]).await;
    let answer = browser.post("/get-access-token", json!({ "accountId": id })).await;
    assert_eq!(answer.json["accessToken"], "access-1");
}

#[tokio::test]
async fn the_notice_reaches_whoever_has_a_passkey_already() {
    let (setup, mut browser) = conflict().await;
    let passkey = r#"INSERT INTO passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
                     SELECT 'p1', '', id, 'c', 0, 'singleDevice', false FROM "user""#;
    setup.tenant.admin.execute(passkey, &[]).await.unwrap();
    submit(&mut browser, PAGE, "").await;
    let code = setup.tenant.newest_code().await;
    assert_eq!(submit(&mut browser, "/sign-in/code", &format!("code={code}")).await, "/sign-in/passkey");
    assert_eq!(open(&mut browser, "/sign-in/passkey").await.headers["location"], "/sign-in/done");
    assert_eq!(open(&mut browser, "/sign-in/done").await.headers["location"], "/account");
    let page = open(&mut browser, "/account").await;
    assert_eq!(notice(&page), Some("account-linked"));
    assert!(page.text.contains("Unlink Work"));
}

/// A passkey signs in by script and comes back to the page, as any sign-in in this browser would.
#[tokio::test]
async fn a_sign_in_after_the_conflict_is_a_proof_and_the_button_links() {
    let (setup, mut browser) = conflict().await;
    assert!(!open(&mut browser, PAGE).await.text.contains(CONFIRM));
    browser.sign_in(&setup.tenant, EMAIL).await;
    let page = open(&mut browser, PAGE).await;
    assert!(page.text.contains(CONFIRM) && page.text.contains("Link Work"), "{}", page.text);
    assert_eq!((accounts(&setup).await, waiting(&setup).await), (0, 1), "a page links nothing");
    assert_eq!(submit(&mut browser, CONFIRM, "").await, "/sign-in/passkey");
    assert_eq!((accounts(&setup).await, waiting(&setup).await), (1, 0));
    assert_eq!(open(&mut browser, PAGE).await.headers["location"], "/sign-in");
}

#[tokio::test]
async fn a_sign_in_from_before_proves_nothing() {
    let setup = Setup::new().await;
    let browser = setup.tenant.signed_in(EMAIL).await;
    let mut browser = meet(&setup, browser).await;
    assert!(!open(&mut browser, PAGE).await.text.contains(CONFIRM));
    assert_eq!(submit(&mut browser, CONFIRM, "").await, PAGE);
    assert_eq!((accounts(&setup).await, waiting(&setup).await), (0, 1));
}

#[tokio::test]
async fn a_sign_in_as_somebody_else_ends_it() {
    let (setup, mut browser) = conflict().await;
    browser.sign_in(&setup.tenant, "eve@example.com").await;
    let page = open(&mut browser, PAGE).await;
    assert_eq!(notice(&page), Some("connect-other"));
    assert!(!page.text.contains(CONFIRM));
    assert_eq!(submit(&mut browser, CONFIRM, "").await, "/sign-in/passkey");
    assert_eq!(notice(&open(&mut browser, "/sign-in/passkey").await), Some("connect-other"));
    assert_eq!((accounts(&setup).await, waiting(&setup).await), (0, 0));
    let log = setup.tenant.log("").await;
    assert_eq!(log.iter().filter(|event| event.fact("cause") == "conflict_not_proved").count(), 1);
}

#[tokio::test]
async fn whoever_acts_as_the_user_proves_nothing() {
    let (setup, mut browser) = conflict().await;
    let id = setup.tenant.id_of(EMAIL).await;
    let session = setup.tenant.operator().post("/admin/impersonate-user", json!({ "userId": id })).await;
    let token = session.json["session"]["token"].as_str().unwrap();
    let value = kiavi_crypto::sign_cookie(&setup.tenant.state().secret, token);
    browser.cookies.push(("better-auth.session_token".to_owned(), value));
    assert!(!open(&mut browser, PAGE).await.text.contains(CONFIRM));
    assert_eq!(submit(&mut browser, CONFIRM, "").await, PAGE);
    assert_eq!((accounts(&setup).await, waiting(&setup).await), (0, 1));
}

#[tokio::test]
async fn another_browser_has_nothing_to_link() {
    let (setup, browser) = conflict().await;
    let mut other = setup.tenant.signed_in(EMAIL).await;
    assert_eq!(open(&mut other, PAGE).await.headers["location"], "/sign-in");
    assert_eq!(submit(&mut other, CONFIRM, "").await, "/sign-in/passkey");
    assert_eq!(notice(&open(&mut other, "/sign-in/passkey").await), Some("connect-expired"));
    // The reference alone, unsigned, and as the row names it, are none either.
    let sql = "SELECT identifier FROM verification WHERE starts_with(identifier, 'pending-link:')";
    let named: String = setup.tenant.value(sql, &[]).await;
    let (name, value) = browser.cookies.iter().find(|(name, _)| name.ends_with("pending_link")).unwrap();
    let unsigned = value.split('.').next().unwrap().to_owned();
    for forged in [named.split(':').nth(1).unwrap().to_owned(), unsigned] {
        let mut forger = other.clone();
        forger.cookies.push((name.clone(), forged));
        submit(&mut forger, CONFIRM, "").await;
    }
    assert_eq!((accounts(&setup).await, waiting(&setup).await), (0, 1));
}

#[tokio::test]
async fn it_waits_for_ten_minutes() {
    let (setup, mut browser) = conflict().await;
    let life = r#"SELECT extract(epoch FROM "expiresAt" - "createdAt")::float8 FROM verification
                  WHERE starts_with(identifier, 'pending-link:')"#;
    assert!((setup.tenant.value::<f64>(life, &[]).await - 600.0).abs() < 1.0);
    browser.sign_in(&setup.tenant, EMAIL).await;
    let late = r#"UPDATE verification SET "expiresAt" = now() - interval '1 second'"#;
    setup.tenant.admin.execute(late, &[]).await.unwrap();
    assert_eq!(open(&mut browser, PAGE).await.headers["location"], "/sign-in");
    submit(&mut browser, CONFIRM, "").await;
    assert_eq!(notice(&open(&mut browser, "/sign-in/passkey").await), Some("connect-expired"));
    assert_eq!((accounts(&setup).await, waiting(&setup).await), (0, 0));
}

#[tokio::test]
async fn of_ten_confirmations_at_a_time_one_links() {
    let (setup, mut browser) = conflict().await;
    browser.sign_in(&setup.tenant, EMAIL).await;
    let tries = (0..10).map(|_| {
        let mut browser = browser.clone();
        async move { submit(&mut browser, CONFIRM, "").await }
    });
    futures_util::future::join_all(tries).await;
    assert_eq!((accounts(&setup).await, setup.tenant.events("account.linked").await), (1, 1));
}

/// What an attacker can prepare: a user with Ada's address, unproved, and a passkey of the attacker's.
#[tokio::test]
async fn an_address_that_nobody_proved_here_wants_the_code() {
    let setup = Setup::new().await;
    let planted = r#"
        INSERT INTO "user" (id, name, email, "emailVerified") VALUES ('planted', '', 'ada@example.com', false);
        INSERT INTO passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
          VALUES ('p1', 'key', 'planted', 'credential', 0, 'singleDevice', false);"#;
    setup.tenant.admin.batch_execute(planted).await.unwrap();
    let mut browser = meet(&setup, setup.tenant.browser()).await;
    let session = r#"INSERT INTO session (id, token, "userId", "expiresAt", "createdAt", "updatedAt")
        SELECT 's1', 'token', 'planted', now() + interval '1 day', max("createdAt") + interval '1 ms', now()
        FROM verification"#;
    setup.tenant.admin.execute(session, &[]).await.unwrap();
    let mut attacker = browser.clone();
    let value = kiavi_crypto::sign_cookie(&setup.tenant.state().secret, "token");
    attacker.cookies.push(("better-auth.session_token".to_owned(), value));
    let page = open(&mut attacker, PAGE).await;
    assert_eq!(notice(&page), Some("connect-needs-code"));
    assert!(!page.text.contains(CONFIRM));
    assert_eq!(submit(&mut attacker, CONFIRM, "").await, PAGE);
    assert_eq!((accounts(&setup).await, waiting(&setup).await), (0, 1));

    submit(&mut browser, PAGE, "").await;
    let code = setup.tenant.newest_code().await;
    submit(&mut browser, "/sign-in/code", &format!("code={code}")).await;
    assert_eq!(accounts(&setup).await, 1);
    let passkeys: i64 = setup.tenant.value("SELECT count(*) FROM passkey", &[]).await;
    assert_eq!(passkeys, 0, "what was planted is gone");
    assert!(attacker.get("/get-session").await.json.is_null());
}

#[tokio::test]
async fn it_can_be_left_and_goes_with_its_user() {
    let (setup, mut browser) = conflict().await;
    assert_eq!(submit(&mut browser, "/sign-in/connect/cancel", "").await, "/sign-in");
    assert_eq!(waiting(&setup).await, 0);
    assert!(!browser.cookies.iter().any(|(name, _)| name.ends_with("pending_link")));
    meet(&setup, setup.tenant.browser()).await;
    let id = setup.tenant.id_of(EMAIL).await;
    setup.tenant.operator().post("/admin/remove-user", json!({ "userId": id })).await;
    assert_eq!(waiting(&setup).await, 0);
}

#[tokio::test]
async fn what_waits_is_sealed() {
    let (setup, _) = conflict().await;
    let sql = "SELECT value FROM verification WHERE starts_with(identifier, 'pending-link:')";
    let value: String = setup.tenant.value(sql, &[]).await;
    for secret in ["example.com", "access-1", "refresh-1", "work"] {
        assert!(!value.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_sign_in_that_an_app_began_comes_back_to_the_app() {
    let setup = Setup::new().await;
    setup.tenant.signed_in(EMAIL).await;
    setup.provider.behave(|b| b.claims = json!({ "email_verified": false }));
    let mut browser = setup.tenant.browser();
    let asked = json!({ "provider": "work", "callbackURL": "/welcome" });
    let path = setup.begin(&mut browser, asked).await;
    let failed = browser.get(&path).await.headers["location"].to_str().unwrap().to_owned();
    let failed = failed.strip_prefix("http://demo.localhost:8080").unwrap().to_owned();
    let home = open(&mut browser, &failed).await.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(open(&mut browser, &home).await.headers["location"], PAGE);
    submit(&mut browser, PAGE, "").await;
    let code = setup.tenant.newest_code().await;
    assert_eq!(submit(&mut browser, "/sign-in/code", &format!("code={code}")).await, "/welcome");
    assert_eq!(accounts(&setup).await, 1);
}

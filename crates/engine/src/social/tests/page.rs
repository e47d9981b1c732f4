//! Linked accounts on the account page.

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::{
    Setup,
    hosted::{agree, open},
};
use crate::tests::{Answer, Browser};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

async fn post(browser: &mut Browser, path: &str, form: &str) -> Answer {
    browser.send(Method::POST, &format!("/{path}"), Some(form.to_owned()), &[FORM]).await
}

async fn told(browser: &mut Browser, path: &str, form: &str) -> String {
    let answer = post(browser, path, form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.text);
    let page = open(browser, answer.headers["location"].to_str().unwrap()).await;
    let notice = page.text.split_once("id=\"notice\"").unwrap().1;
    notice.split_once("data-notice=\"").unwrap().1.split('"').next().unwrap().to_owned()
}

async fn link(setup: &Setup, browser: &mut Browser) -> String {
    let page = post(browser, "/account/accounts/link", "provider=work").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    agree(setup, browser, &page).await
}

async fn account_id(setup: &Setup) -> String {
    setup.tenant.value("SELECT id FROM account", &[]).await
}

#[tokio::test]
async fn a_person_links_and_unlinks() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.signed_in("ada@example.com").await;
    let page = open(&mut browser, "/account").await.text;
    assert!(page.contains("No other service is linked yet.") && page.contains("Link Work"));
    assert_eq!(link(&setup, &mut browser).await, "/account?notice=account-linked");
    let page = open(&mut browser, "/account?notice=account-linked").await.text;
    assert!(page.contains("data-notice=\"account-linked\""));
    assert!(page.contains("Unlink Work") && !page.contains("Link Work"), "linked already");
    let id = account_id(&setup).await;
    let mut stranger = setup.tenant.signed_in("eve@example.com").await;
    let form = format!("id={id}");
    assert_eq!(told(&mut stranger, "/account/accounts/unlink", &form).await, "account-gone");
    assert_eq!(told(&mut browser, "/account/accounts/unlink", &form).await, "account-unlinked");
    assert_eq!(told(&mut browser, "/account/accounts/unlink", &form).await, "account-gone");
    assert_eq!(told(&mut browser, "/account/accounts/unlink", "id=%00").await, "account-gone");
    assert_eq!(setup.tenant.events("account.unlinked").await, 1);
}

#[tokio::test]
async fn the_last_way_to_sign_in_stays() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.signed_in("ada@example.com").await;
    link(&setup, &mut browser).await;
    let form = format!("id={}", account_id(&setup).await);
    setup.tenant.admin.execute(r#"UPDATE "user" SET "emailVerified" = false"#, &[]).await.unwrap();
    assert_eq!(told(&mut browser, "/account/accounts/unlink", &form).await, "account-last");
    let passkey = r#"INSERT INTO passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
                     SELECT 'p1', '', id, 'c', 0, 'singleDevice', false FROM "user""#;
    setup.tenant.admin.execute(passkey, &[]).await.unwrap();
    assert_eq!(told(&mut browser, "/account/accounts/unlink", &form).await, "account-unlinked");
}

#[tokio::test]
async fn both_want_a_recent_sign_in_and_the_person_themselves() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.signed_in("ada@example.com").await;
    link(&setup, &mut browser).await;
    let unlink = format!("id={}", account_id(&setup).await);
    let forms =
        [("/account/accounts/link", "provider=google"), ("/account/accounts/unlink", unlink.as_str())];
    for (path, form) in forms {
        let answer = post(&mut setup.tenant.browser(), path, form).await;
        assert_eq!(answer.headers["location"], "/sign-in", "{path}");
        let mut foreign = browser.clone();
        foreign.origin = Some("https://evil.example".to_owned());
        assert_eq!(post(&mut foreign, path, form).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let sql = r#"UPDATE session SET "createdAt" = now() - interval '25 hours'"#;
    setup.tenant.admin.execute(sql, &[]).await.unwrap();
    for (path, form) in forms {
        assert_eq!(told(&mut browser, path, form).await, "sign-in-again", "{path}");
    }
    let mut root = setup.tenant.administrator().await;
    let id = setup.tenant.id_of("ada@example.com").await;
    root.post("/admin/impersonate-user", json!({ "userId": id })).await;
    let page = open(&mut root, "/account").await.text;
    assert!(page.contains("Work") && !page.contains("Unlink") && !page.contains("Link Google"));
    for (path, form) in forms {
        assert_eq!(told(&mut root, path, form).await, "not-while-acting", "{path}");
    }
    let answer = root.post("/link-social", json!({ "provider": "google" })).await;
    assert_eq!(answer.code(), "SESSION_NOT_FRESH");
    let account = account_id(&setup).await;
    let answer = root.post("/refresh-token", json!({ "accountId": account })).await;
    assert_eq!(answer.code(), "SESSION_NOT_FRESH");
}

#[tokio::test]
async fn what_came_to_nothing_is_told_on_the_account_page() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.signed_in("other@example.com").await;
    let failed = link(&setup, &mut browser).await;
    assert_eq!(failed, "/account/accounts/failed?error=email_does_not_match");
    for (code, notice) in [
        ("email_does_not_match", "account-other-email"),
        ("account_already_linked_to_different_user", "account-taken"),
        ("unable_to_link_account", "account-unable"),
        ("access_denied", "provider-denied"),
    ] {
        let answer = open(&mut browser, &format!("/account/accounts/failed?error={code}")).await;
        assert_eq!(answer.headers["location"], "/account");
        let page = open(&mut browser, "/account").await.text;
        assert!(page.contains("id=\"notice\"") && page.contains(&format!("data-notice=\"{notice}\"")));
    }
    assert_eq!(told(&mut browser, "/account/accounts/link", "provider=nothing").await, "unexpected");
}

#[tokio::test]
async fn without_providers_there_is_no_such_section() {
    let setup = Setup::with(|settings| settings.social.providers.clear()).await;
    let mut browser = setup.tenant.signed_in("ada@example.com").await;
    assert!(!open(&mut browser, "/account").await.text.contains("Linked accounts"));
    // What was linked while there were providers can still be unlinked; a password is no account of this kind.
    for (id, provider) in [("a1", "github"), ("a2", "credential")] {
        let sql = r#"INSERT INTO account (id, "accountId", "providerId", "userId", "updatedAt")
                     SELECT $1, 'x', $2, id, now() FROM "user""#;
        setup.tenant.admin.execute(sql, &[&id, &provider]).await.unwrap();
    }
    let page = open(&mut browser, "/account").await.text;
    assert!(page.contains("Unlink GitHub") && !page.contains("Unlink credential"));
}

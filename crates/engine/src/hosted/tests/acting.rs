//! An administrator who acts as a user sees so on every page, and finds back.

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::{FORM, location, notice, open, submit};
use crate::{
    tests::{Browser, TestTenant},
    user::Deletion,
};

/// What stands between the two is the time at which it ends.
const BANNER: [&str; 2] =
    ["You are acting as target@example.com until ", " UTC, signed in by root@example.com."];
const STOP: &str = "/account/stop-acting";

fn tells(page: &str) -> bool {
    BANNER.iter().all(|words| page.contains(words))
}

/// An administrator's browser that acts as `target@example.com`.
async fn acting(tenant: &TestTenant) -> Browser {
    let mut root = tenant.administrator().await;
    tenant.add_user("target", "target@example.com").await;
    let answer = root.post("/admin/impersonate-user", json!({ "userId": "target" })).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    root
}

#[tokio::test]
async fn it_is_told_on_every_page() {
    let tenant = TestTenant::new().await;
    let mut root = acting(&tenant).await;
    for path in ["/account", "/sign-out", "/sign-in?again=yes", "/nowhere"] {
        let page = open(&mut root, path).await.text;
        assert!(tells(&page) && page.contains(STOP), "{path}: {page}");
    }
    let refused = root.send(Method::POST, "//account/profile", Some("{}".to_owned()), &[]).await;
    assert!(refused.status.is_client_error() && tells(&refused.text), "an error is a page, too");
    let mut user = tenant.signed_in("ada@example.com").await;
    assert!(!open(&mut user, "/account").await.text.contains("class=\"acting\""));
}

#[tokio::test]
async fn the_button_leads_back_to_the_administrator() {
    let tenant = TestTenant::new().await;
    let mut root = acting(&tenant).await;
    assert_eq!(submit(&mut root, STOP, "").await, "/account");
    let page = open(&mut root, "/account").await;
    assert_eq!(notice(&page), Some("acting-stopped"));
    assert!(page.text.contains("root@example.com") && !page.text.contains("class=\"acting\""));
    assert_eq!(tenant.events("impersonation.stopped").await, 1);
    let left = r#"SELECT count(*) FROM session WHERE "impersonatedBy" IS NOT NULL"#;
    assert_eq!(tenant.value::<i64>(left, &[]).await, 0);
    assert_eq!(submit(&mut root, STOP, "").await, "/account", "twice does no harm");
    assert_eq!(submit(&mut tenant.browser(), STOP, "").await, "/sign-in");
}

#[tokio::test]
async fn without_a_way_back_it_leads_out() {
    let tenant = TestTenant::new().await;
    let mut root = acting(&tenant).await;
    let sql = r#"DELETE FROM session WHERE "impersonatedBy" IS NULL"#;
    tenant.admin.execute(sql, &[]).await.unwrap();
    assert_eq!(submit(&mut root, STOP, "").await, "/sign-in");
    assert_eq!(notice(&open(&mut root, "/sign-in").await), Some("session-ended"));
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM session", &[]).await, 0);
    assert!(!root.cookies.iter().any(|(name, _)| name.contains("session")), "{:?}", root.cookies);
}

#[tokio::test]
async fn an_operator_is_named_and_led_out() {
    let tenant = TestTenant::new().await;
    tenant.add_user("target", "target@example.com").await;
    let answer = tenant.operator().post("/admin/impersonate-user", json!({ "userId": "target" })).await;
    let token = answer.json["session"]["token"].as_str().unwrap();
    let mut browser = tenant.browser();
    let value = kiavi_crypto::sign_cookie(&tenant.state().secret, token);
    browser.cookies.push(("better-auth.session_token".to_owned(), value));
    assert!(open(&mut browser, "/account").await.text.contains("signed in by test."));
    assert_eq!(submit(&mut browser, STOP, "").await, "/sign-in");
    assert_eq!(tenant.events("impersonation.stopped").await, 1);
}

#[tokio::test]
async fn what_only_the_user_may_do_is_neither_offered_nor_done() {
    for deletion in [Deletion::FreshSession, Deletion::Mail] {
        let tenant = TestTenant::with(|settings| settings.user.deletion = deletion).await;
        let mut root = acting(&tenant).await;
        let page = open(&mut root, "/account").await.text;
        assert!(!page.contains("/account/delete") && !page.contains("<passkey-create"));
        assert_eq!(location(&open(&mut root, "/account/delete").await), "/account");
        assert_eq!(submit(&mut root, "/account/delete", "").await, "/account");
        assert_eq!(notice(&open(&mut root, "/account").await), Some("not-while-acting"));
        for body in [json!({}), json!({ "token": "x" })] {
            let answer = root.post("/delete-user", body).await;
            let refusal = (answer.status, answer.code());
            assert_eq!(refusal, (StatusCode::FORBIDDEN, "SESSION_NOT_FRESH"));
        }
        assert_eq!(tenant.events("user.deletion_requested").await, 0);
        assert_eq!(tenant.value::<i64>(r#"SELECT count(*) FROM "user""#, &[]).await, 2);
        // Nor is a passkey of the administrator's asked for, or their browser greeted with the user's address.
        assert_eq!(location(&open(&mut root, "/sign-in/passkey").await), "/sign-in/done");
        let done = open(&mut root, "/sign-in/done").await;
        assert!(done.set_cookies().iter().all(|line| !line.contains("hosted_returning")));
    }
}

#[tokio::test]
async fn a_passkey_of_the_user_s_stays() {
    let tenant = TestTenant::new().await;
    let mut root = acting(&tenant).await;
    let sql = r#"INSERT INTO passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
                 VALUES ('p1', '', 'target', 'c', 0, 'singleDevice', false)"#;
    tenant.admin.execute(sql, &[]).await.unwrap();
    assert_eq!(submit(&mut root, "/account/passkeys/remove", "id=p1").await, "/account");
    let page = open(&mut root, "/account").await;
    assert_eq!(notice(&page), Some("not-while-acting"));
    assert!(!page.text.contains("/account/passkeys/remove"));
}

#[tokio::test]
async fn the_log_names_the_administrator_behind_what_is_done() {
    let tenant = TestTenant::new().await;
    let mut root = acting(&tenant).await;
    submit(&mut root, "/account/profile", "name=Target").await;
    let (actor, subject, _, detail) = tenant.newest_event("user.updated").await;
    assert_eq!((actor.as_str(), subject.as_deref()), ("target", Some("target")));
    assert_eq!(detail["impersonated_by"], tenant.id_of("root@example.com").await);
    root.origin = Some("https://evil.example".to_owned());
    let foreign = root.send(Method::POST, &format!("/{STOP}"), None, &[FORM]).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
}

//! What is answered from memory, and when no more.

use crate::tests::{Browser, RUNTIME_ROLE, TestTenant};

/// A tenant whose engine may keep sessions, and somebody whose session is kept.
async fn kept(email: &str) -> (TestTenant, Browser) {
    let tenant = TestTenant::new_writer().await;
    let mut browser = tenant.browser();
    browser.sign_in(&tenant, email).await;
    for _ in 0..3 {
        assert_eq!(browser.get("/get-session").await.json["user"]["email"], email);
    }
    (tenant, browser)
}

/// Takes or gives the right to read sessions, without which only memory can answer.
async fn reading(tenant: &TestTenant, change: &str) {
    tenant.admin.batch_execute(&format!("{change} {RUNTIME_ROLE}")).await.unwrap();
}

async fn until_session(browser: &mut Browser, holds: impl Fn(&serde_json::Value) -> bool) {
    let waiting = async {
        while !holds(&browser.get("/get-session").await.json) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), waiting).await.unwrap();
}

#[tokio::test]
async fn a_session_check_needs_no_database() {
    let (tenant, mut browser) = kept("ada@example.com").await;
    reading(&tenant, "REVOKE SELECT ON public.session FROM").await;
    let answer = browser.get("/get-session").await;
    assert_eq!(answer.json["user"]["email"], "ada@example.com");
    let refused = browser.get("/list-sessions").await;
    assert_eq!(refused.status, 500, "what is sensitive reads the database");
    reading(&tenant, "GRANT SELECT ON public.session TO").await;
}

#[tokio::test]
async fn a_revoked_session_is_gone_at_once() {
    let (_tenant, mut browser) = kept("ada@example.com").await;
    let mut elsewhere = browser.clone();
    browser.post("/sign-out", serde_json::json!({})).await;
    assert_eq!(elsewhere.get("/get-session").await.text, "null");
}

#[tokio::test]
async fn a_changed_user_is_told_at_once() {
    let (_tenant, mut browser) = kept("ada@example.com").await;
    let mut elsewhere = browser.clone();
    browser.post("/update-user", serde_json::json!({ "name": "Ada" })).await;
    assert_eq!(elsewhere.get("/get-session").await.json["user"]["name"], "Ada");
}

#[tokio::test]
async fn a_change_by_hand_is_heard() {
    let (tenant, mut browser) = kept("ada@example.com").await;
    tenant.admin.batch_execute(r#"UPDATE public."user" SET name = 'By hand'"#).await.unwrap();
    until_session(&mut browser, |json| json["user"]["name"] == "By hand").await;
    tenant.admin.batch_execute("DELETE FROM public.session").await.unwrap();
    until_session(&mut browser, serde_json::Value::is_null).await;
}

#[tokio::test]
async fn a_second_engine_keeps_nothing_and_is_heard() {
    let (tenant, mut browser) = kept("ada@example.com").await;
    let second = tenant.second_engine();
    let mut elsewhere = browser.clone().at(&second);
    for _ in 0..3 {
        elsewhere.get("/get-session").await;
    }
    assert_eq!(second.state().database.stamp(), None);
    elsewhere.post("/sign-out", serde_json::json!({})).await;
    until_session(&mut browser, serde_json::Value::is_null).await;
}

#[tokio::test]
async fn without_its_connection_an_engine_reads_again() {
    let (tenant, mut browser) = kept("ada@example.com").await;
    tenant.state().database.close_idle(std::time::Duration::ZERO);
    assert_eq!(tenant.state().database.stamp(), None);
    // A new connection, a new lock, a new stamp: nothing that was kept before counts.
    reading(&tenant, "REVOKE SELECT ON public.session FROM").await;
    assert_eq!(browser.get("/get-session").await.status, 500);
    reading(&tenant, "GRANT SELECT ON public.session TO").await;
}

#[test]
fn every_statement_that_changes_sessions_or_users_is_watched() {
    for sql in crate::statements() {
        let text = sql.text().split_whitespace().collect::<Vec<_>>().join(" ");
        let changes = ["UPDATE", "DELETE FROM", "TRUNCATE"]
            .iter()
            .flat_map(|verb| [r#"public.session"#, r#"public."user""#].map(|table| format!("{verb} {table}")))
            .any(|change| text.contains(&change));
        assert_eq!(sql.is_watched(), changes, "{}: {text}", sql.name());
    }
}

use axum::http::{Method, StatusCode, header};
use serde_json::json;

use crate::{
    outbox,
    tests::{Answer, Browser, TestTenant},
    user::Deletion,
};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const DELETED: &str = r#"{"success":true,"message":"User deleted"}"#;
const MAILED: &str = r#"{"success":true,"message":"Verification email sent"}"#;

async fn tenant(deletion: Deletion) -> TestTenant {
    TestTenant::with(|settings| settings.user.deletion = deletion).await
}

async fn ask(browser: &mut Browser, body: serde_json::Value) -> Answer {
    browser.post("/delete-user", body).await
}

async fn users(tenant: &TestTenant) -> i64 {
    tenant.value(r#"SELECT count(*) FROM "user""#, &[]).await
}

/// Asks for the mail; the path and query of its link.
async fn link(tenant: &TestTenant, browser: &mut Browser) -> String {
    assert_eq!(ask(browser, json!({ "callbackURL": "/bye" })).await.text, MAILED);
    tenant.newest_link().await
}

fn query(link: &str) -> &str {
    link.split_once('?').unwrap().1
}

fn token(link: &str) -> &str {
    query(link).strip_prefix("token=").unwrap().split('&').next().unwrap()
}

async fn open(browser: &mut Browser, target: &str, accept: &str) -> Answer {
    browser.send(Method::GET, &format!("/{target}"), None, &[("accept", accept)]).await
}

async fn confirm(browser: &mut Browser, form: &str) -> Answer {
    browser.send(Method::POST, "//account/delete", Some(form.to_owned()), &[FORM]).await
}

fn location(answer: &Answer) -> &str {
    answer.headers[header::LOCATION].to_str().unwrap()
}

#[tokio::test]
async fn where_it_is_off_there_is_no_such_thing() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let answer = ask(&mut browser, json!({})).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NOT_FOUND, ""));
    assert_eq!(ask(&mut tenant.browser(), json!({})).await.code(), "UNAUTHORIZED");
    let answer = browser.get("/delete-user/callback?token=x").await;
    assert_eq!(answer.json, json!({ "message": "Not found", "code": "NOT_FOUND" }));
    assert_eq!(open(&mut browser, "/account/delete", "text/html").await.status, StatusCode::NOT_FOUND);
    assert_eq!(confirm(&mut browser, "").await.status, StatusCode::NOT_FOUND);
    assert!(!open(&mut browser, "/account", "text/html").await.text.contains("/account/delete"));
    assert_eq!(users(&tenant).await, 1);
}

#[tokio::test]
async fn a_recent_sign_in_deletes_everything_of_its_user_and_nothing_of_others() {
    let tenant = tenant(Deletion::FreshSession).await;
    let mut eve = tenant.signed_in("eve@example.com").await;
    let mut ada = tenant.signed_in("ada@example.com").await;
    let mut elsewhere = tenant.signed_in("ada@example.com").await;
    let things = r#"
        INSERT INTO account (id, "accountId", "providerId", "userId", "updatedAt") SELECT id, 'x', 'github', id, now() FROM "user";
        INSERT INTO passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
          SELECT id, '', id, id, 0, 'singleDevice', false FROM "user";
        INSERT INTO apikey (id, "configId", "referenceId", key, "createdAt", "updatedAt")
          SELECT id, 'default', id, id, now(), now() FROM "user";
        INSERT INTO verification (id, identifier, value, "expiresAt")
          SELECT n || u.id, i, v, now() + interval '1 hour' FROM "user" u, LATERAL (VALUES
            (1, 'sign-in-otp-' || u.email, 'h:0'), (2, 'email-verification-otp-' || u.email, 'h:0'),
            (3, 'change-email-otp-' || u.id || ':new@example.com', 'h:0'), (4, 'delete-account-x', u.id),
            (5, 'magic-link:x', '{"type":"magic-link","email":"' || u.email || '"}'),
            (6, 'one-time-token:x', (SELECT max(token) FROM session WHERE "userId" = u.id))) AS t (n, i, v)"#;
    tenant.admin.batch_execute(things).await.unwrap();
    assert_eq!(ask(&mut ada, json!({ "password": "x" })).await.code(), "CREDENTIAL_ACCOUNT_NOT_FOUND");
    let answer = ask(&mut ada, json!({})).await;
    assert_eq!((answer.text.as_str(), answer.set_cookies().len()), (DELETED, 3));
    for (table, left) in
        [("\"user\"", 1), ("session", 1), ("account", 1), ("passkey", 1), ("apikey", 1), ("verification", 6)]
    {
        assert_eq!(tenant.value::<i64>(&format!("SELECT count(*) FROM {table}"), &[]).await, left, "{table}");
    }
    assert_eq!(elsewhere.get("/get-session").await.text, "null");
    assert!(eve.get("/get-session").await.json.is_object());
    assert_eq!(tenant.events("user.deleted").await, 1);
    let mail = tenant.newest_mail().await;
    assert_eq!(mail.to.as_str(), "ada@example.com");
    assert!(mail.subject.contains("was deleted"), "{}", mail.subject);
    assert_eq!(ask(&mut ada, json!({})).await.code(), "UNAUTHORIZED");
}

#[tokio::test]
async fn an_old_sign_in_is_not_enough() {
    let tenant = tenant(Deletion::FreshSession).await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let age = r#"UPDATE session SET "createdAt" = now() - interval '25 hours'"#;
    tenant.admin.execute(age, &[]).await.unwrap();
    let answer = ask(&mut browser, json!({})).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "SESSION_EXPIRED"));
    assert_eq!(location(&confirm(&mut browser, "").await), "/account");
    let page = open(&mut browser, "/account", "text/html").await;
    assert!(page.text.contains("data-notice=\"sign-in-again\""));
    assert_eq!(users(&tenant).await, 1);
}

#[tokio::test]
async fn a_person_deletes_their_account_on_the_page() {
    let tenant = tenant(Deletion::FreshSession).await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    assert!(open(&mut browser, "/account", "text/html").await.text.contains("href=\"/account/delete\""));
    let page = open(&mut browser, "/account/delete", "text/html").await;
    assert!(page.text.contains("ada@example.com") && page.text.contains("action=\"/account/delete\""));
    let done = confirm(&mut browser, "callbackURL=https%3A%2F%2Fevil.example").await;
    assert_eq!(done.status, StatusCode::OK);
    assert!(!done.text.contains("evil.example"), "{}", done.text);
    assert_eq!(users(&tenant).await, 0);
    assert_eq!(
        location(&open(&mut browser, "/account/delete", "text/html").await),
        "/sign-in?redirect=%2Faccount%2Fdelete"
    );
}

#[tokio::test]
async fn a_mailed_link_asks_and_its_button_deletes() {
    let tenant = tenant(Deletion::Mail).await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let link = link(&tenant, &mut browser).await;
    assert!(link.starts_with("/api/auth/delete-user/callback?token="), "{link}");
    let stored: String = tenant.value("SELECT identifier FROM verification", &[]).await;
    assert!(stored.starts_with("delete-account-") && !stored.contains(token(&link)), "{stored}");
    // A scanner follows everything, with the user's cookies and without.
    for mut scanner in [tenant.browser(), browser.clone()] {
        for accept in ["*/*", "text/html"] {
            let answer = open(&mut scanner, &link, accept).await;
            if answer.status == StatusCode::FOUND {
                let page = location(&answer).to_owned();
                open(&mut scanner, &page, accept).await;
            }
        }
    }
    assert_eq!(users(&tenant).await, 1);
    let page = location(&open(&mut browser, &link, "text/html").await).to_owned();
    assert!(
        open(&mut browser, &page, "text/html").await.text.contains(&format!("value=\"{}\"", token(&link)))
    );
    let done = confirm(&mut browser, query(&link)).await;
    assert!(done.text.contains("content=\"3;url=/bye\""), "{}", done.text);
    assert_eq!(users(&tenant).await, 0);
    assert_eq!((tenant.events("user.deletion_requested").await, tenant.events("user.deleted").await), (1, 1));
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_asked_to_and_comes_back() {
    let tenant = tenant(Deletion::Mail).await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let link = link(&tenant, &mut browser).await;
    let mut phone = tenant.browser();
    let page = location(&open(&mut phone, &link, "text/html").await).to_owned();
    let to = location(&open(&mut phone, &page, "text/html").await).to_owned();
    assert!(to.starts_with("/sign-in?redirect=%2Faccount%2Fdelete%3Ftoken%3D"), "{to}");
    open(&mut phone, &to, "text/html").await;
    phone.sign_in(&tenant, "ada@example.com").await;
    assert_eq!(location(&open(&mut phone, "/sign-in/done", "text/html").await), page);
    assert_eq!(confirm(&mut phone, query(&link)).await.status, StatusCode::OK);
    assert_eq!(users(&tenant).await, 0);
}

#[tokio::test]
async fn a_program_meets_upstreams_answers() {
    let tenant = tenant(Deletion::Mail).await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let link = link(&tenant, &mut browser).await;
    let mut eve = tenant.signed_in("eve@example.com").await;
    for (browser, target, status, code) in [
        (&mut tenant.browser(), link.as_str(), 404, "FAILED_TO_GET_USER_INFO"),
        (&mut browser.clone(), "/api/auth/delete-user/callback?token=x", 404, "INVALID_TOKEN"),
        (&mut eve, link.as_str(), 404, "INVALID_TOKEN"),
        (&mut browser.clone(), "/api/auth/delete-user/callback", 400, "VALIDATION_ERROR"),
    ] {
        let answer = open(browser, target, "*/*").await;
        assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{target}");
    }
    let evil = format!("/api/auth/delete-user/callback?token={}&callbackURL=//evil.example", token(&link));
    assert_eq!(open(&mut browser, &evil, "text/html").await.code(), "INVALID_CALLBACK_URL");
    assert_eq!(
        ask(&mut browser, json!({ "callbackURL": "//evil.example" })).await.code(),
        "INVALID_CALLBACK_URL"
    );
    assert_eq!(ask(&mut browser, json!({ "token": "x" })).await.code(), "INVALID_TOKEN");
    assert_eq!(ask(&mut browser, json!({ "token": token(&link) })).await.text, DELETED);
    assert_eq!(users(&tenant).await, 1);
}

#[tokio::test]
async fn a_link_under_another_session_is_used_up_and_deletes_nobody() {
    let tenant = tenant(Deletion::Mail).await;
    let mut ada = tenant.signed_in("ada@example.com").await;
    let link = link(&tenant, &mut ada).await;
    let mut eve = tenant.signed_in("eve@example.com").await;
    assert_eq!(
        location(&open(&mut eve, &format!("/account/delete?{}", query(&link)), "text/html").await),
        "/account"
    );
    assert_eq!(ask(&mut eve, json!({ "token": token(&link) })).await.code(), "INVALID_TOKEN");
    assert_eq!(ask(&mut ada, json!({ "token": token(&link) })).await.code(), "INVALID_TOKEN");
    assert_eq!(users(&tenant).await, 2);
}

#[tokio::test]
async fn a_late_link_deletes_nobody() {
    let tenant = tenant(Deletion::Mail).await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let link = link(&tenant, &mut browser).await;
    let expire = r#"UPDATE verification SET "expiresAt" = now() - interval '1 second'"#;
    tenant.admin.execute(expire, &[]).await.unwrap();
    assert_eq!(location(&confirm(&mut browser, query(&link)).await), "/account");
    let page = open(&mut browser, "/account", "text/html").await;
    assert!(page.text.contains("data-notice=\"link-expired\""));
    assert_eq!(users(&tenant).await, 1);
}

#[tokio::test]
async fn of_twenty_confirmations_at_a_time_one_deletes() {
    let tenant = tenant(Deletion::Mail).await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let link = link(&tenant, &mut browser).await;
    let tries = (0..20).map(|_| {
        let (mut browser, token) = (browser.clone(), token(&link).to_owned());
        async move { ask(&mut browser, json!({ "token": token })).await.status }
    });
    let answers = futures_util::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|status| !status.is_server_error()), "{answers:?}");
    assert_eq!((users(&tenant).await, tenant.events("user.deleted").await), (0, 1));
}

#[tokio::test]
async fn the_page_sends_the_mail_and_says_so() {
    let tenant = tenant(Deletion::Mail).await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    assert_eq!(location(&confirm(&mut browser, "").await), "/account/delete");
    let page = open(&mut browser, "/account/delete", "text/html").await;
    assert!(page.text.contains("data-notice=\"deletion-mail-sent\""));
    outbox::deliver_due(tenant.state()).await.unwrap();
    assert!(tenant.newest_link().await.contains("/delete-user/callback?token="));
    assert_eq!(users(&tenant).await, 1);
}

#[tokio::test]
async fn a_tenant_may_let_links_act_at_once() {
    let tenant = TestTenant::with(|settings| {
        settings.user.deletion = Deletion::Mail;
        settings.compatibility.links_act_on_get = true;
    })
    .await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let link = link(&tenant, &mut browser).await;
    let answer = open(&mut browser, &link, "text/html").await;
    assert_eq!((answer.status, location(&answer)), (StatusCode::FOUND, "/bye"));
    assert_eq!(users(&tenant).await, 0);
}

use axum::http::{Method, StatusCode, header};
use serde_json::json;

use crate::{
    Rate, Settings, outbox,
    tests::{Answer, Browser, ORIGIN, TestTenant},
};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

async fn tenant_with(change: impl FnOnce(&mut Settings)) -> TestTenant {
    TestTenant::with(|settings| {
        settings.magic_link.is_enabled = true;
        change(settings);
    })
    .await
}

async fn tenant() -> TestTenant {
    tenant_with(|_| {}).await
}

async fn ask(browser: &mut Browser, body: serde_json::Value) -> Answer {
    browser.post("/sign-in/magic-link", body).await
}

/// Asks for a link to `ada@example.com`; its path and query.
async fn link(tenant: &TestTenant) -> String {
    let answer = ask(&mut tenant.browser(), json!({ "email": "Ada@example.com", "name": "Ada" })).await;
    assert_eq!(answer.text, r#"{"status":true}"#);
    tenant.newest_link().await
}

async fn open(browser: &mut Browser, target: &str) -> Answer {
    browser.send(Method::GET, &format!("/{target}"), None, &[]).await
}

fn location(answer: &Answer) -> String {
    answer.headers[header::LOCATION].to_str().unwrap().to_owned()
}

/// What follows `?` in a link: also the form of its page.
fn query(link: &str) -> &str {
    link.split_once('?').unwrap().1
}

fn token(link: &str) -> &str {
    query(link).strip_prefix("token=").unwrap().split('&').next().unwrap()
}

async fn confirm(browser: &mut Browser, form: &str) -> Answer {
    browser.send(Method::POST, "//sign-in/link", Some(form.to_owned()), &[FORM]).await
}

/// The notice that the next page tells.
async fn notice(browser: &mut Browser, path: &str) -> String {
    let page = open(browser, path).await.text;
    let (_, rest) = page.split_once("data-notice=\"").unwrap_or_else(|| panic!("no notice: {page}"));
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_link_opens_a_page_whose_button_signs_in() {
    let tenant = tenant().await;
    let link = link(&tenant).await;
    assert!(link.starts_with("/api/auth/magic-link/verify?token="), "{link}");
    let mut browser = tenant.browser();
    // A scanner follows everything, more than once.
    for _ in 0..3 {
        let page = location(&open(&mut browser, &link).await);
        assert!(page.starts_with("/sign-in/link?token="), "{page}");
        let page = open(&mut browser, &page).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains("a…\u{2060}@example.com") && !page.text.contains("ada@example.com"));
        browser.send(Method::HEAD, &format!("/{link}"), None, &[]).await;
    }
    // A choice of language keeps the link.
    let page = location(&open(&mut browser, &link).await);
    let other = location(&open(&mut browser, &format!("{page}&lang=de")).await);
    assert_eq!(other, page);
    assert!(open(&mut browser, &other).await.text.contains(&format!("value=\"{}\"", token(&link))));
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM session", &[]).await, 0);
    let signed_in = confirm(&mut browser, query(&link)).await;
    assert_eq!(
        (signed_in.status, location(&signed_in).as_str()),
        (StatusCode::SEE_OTHER, "/sign-in/passkey")
    );
    let session = browser.get("/get-session").await;
    assert_eq!(
        (
            &session.json["user"]["email"],
            &session.json["user"]["name"],
            &session.json["user"]["emailVerified"]
        ),
        (&json!("ada@example.com"), &json!("Ada"), &json!(true))
    );
    for event in ["link.requested", "link.accepted", "user.created", "session.created"] {
        assert_eq!(tenant.events(event).await, 1, "{event}");
    }
    let again = confirm(&mut tenant.browser(), query(&link)).await;
    assert!(location(&again).starts_with("/sign-in/link?token="));
    assert_eq!(tenant.events("link.refused").await, 1);
}

#[tokio::test]
async fn at_rest_a_link_is_a_hash_in_upstreams_form() {
    let tenant = tenant().await;
    let link = link(&tenant).await;
    let (identifier, value): (String, String) = {
        let row =
            tenant.admin.query_opt("SELECT identifier, value FROM verification", &[]).await.unwrap().unwrap();
        (row.get(0), row.get(1))
    };
    assert_eq!(identifier, format!("magic-link:{}", crate::verification::token_hash(token(&link))));
    assert_eq!(value, r#"{"type":"magic-link","email":"ada@example.com","name":"Ada"}"#);
}

#[tokio::test]
async fn of_twenty_that_press_the_button_at_a_time_one_signs_in() {
    let tenant = tenant().await;
    let link = link(&tenant).await;
    let tries = (0..20).map(|_| {
        let (mut browser, form) = (tenant.browser(), query(&link).to_owned());
        async move { location(&confirm(&mut browser, &form).await) }
    });
    let answers = futures_util::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|to| *to == "/sign-in/passkey").count(), 1, "{answers:?}");
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM session", &[]).await, 1);
}

#[tokio::test]
async fn it_leads_back_to_where_the_app_wants_it() {
    let tenant = tenant_with(|s| s.trusted_origins = vec!["https://app.example".to_owned()]).await;
    let body = json!({
        "email": "ada@example.com", "callbackURL": "/shop", "newUserCallbackURL": "/welcome",
        "errorCallbackURL": "https://app.example/failed?x=1",
    });
    let mut browser = tenant.browser();
    for next in ["/welcome", "/shop"] {
        ask(&mut tenant.browser(), body.clone()).await;
        let link = tenant.newest_link().await;
        confirm(&mut browser, query(&link)).await;
        assert_eq!(location(&open(&mut browser, "/sign-in/done").await), next);
        let late = location(&open(&mut browser, &link).await);
        let failed = "https://app.example/failed?x=1&error=INVALID_TOKEN";
        assert_eq!(location(&open(&mut tenant.browser(), &late).await), failed);
    }
    let plain = link(&tenant).await;
    confirm(&mut browser, query(&plain)).await;
    assert_eq!(location(&open(&mut browser, "/sign-in/done").await), "/account");
    // What is in the form is as little trusted as what was in the query.
    let evil = link(&tenant).await;
    let form = format!("token={}&callbackURL=https%3A%2F%2Fevil.example", token(&evil));
    confirm(&mut browser, &form).await;
    assert_eq!(location(&open(&mut browser, "/sign-in/done").await), "/account");
}

#[tokio::test]
async fn a_late_link_is_told_on_the_sign_in_page() {
    let tenant = tenant().await;
    let link = link(&tenant).await;
    let expire = r#"UPDATE verification SET "expiresAt" = now() - interval '1 second'"#;
    tenant.admin.execute(expire, &[]).await.unwrap();
    let mut browser = tenant.browser();
    let page = location(&open(&mut browser, &link).await);
    assert_eq!(location(&open(&mut browser, &page).await), "/sign-in");
    assert_eq!(notice(&mut browser, "/sign-in").await, "link-expired");
    let page = location(&confirm(&mut browser, query(&link)).await);
    assert_eq!(location(&open(&mut browser, &page).await), "/sign-in");
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM session", &[]).await, 0);
}

#[tokio::test]
async fn untrusted_targets_and_wrong_bodies_are_refused() {
    let tenant = tenant().await;
    let mut browser = tenant.browser();
    for (body, code) in [
        (
            json!({ "email": "ada@example.com", "callbackURL": "https://evil.example" }),
            "INVALID_CALLBACK_URL",
        ),
        (
            json!({ "email": "ada@example.com", "errorCallbackURL": "//evil.example" }),
            "INVALID_ERROR_CALLBACK_URL",
        ),
        (json!({ "email": "nonsense" }), "VALIDATION_ERROR"),
        (json!({ "email": "ada@example.com", "name": 1 }), "VALIDATION_ERROR"),
        (json!({}), "VALIDATION_ERROR"),
    ] {
        assert_eq!(ask(&mut browser, body.clone()).await.code(), code, "{body}");
    }
    for name in ["callbackURL", "newUserCallbackURL", "errorCallbackURL"] {
        let answer = browser.get(&format!("/magic-link/verify?token=x&{name}=https://evil.example")).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "INVALID_CALLBACK_URL"), "{name}");
    }
    assert_eq!(browser.get("/magic-link/verify").await.code(), "VALIDATION_ERROR");
    browser.origin = Some("https://evil.example".to_owned());
    assert_eq!(ask(&mut browser, json!({ "email": "ada@example.com" })).await.code(), "INVALID_ORIGIN");
    assert_eq!(confirm(&mut browser, "token=x").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn known_and_unknown_addresses_answer_alike_and_one_of_them_gets_mail() {
    let tenant = tenant_with(|settings| settings.is_sign_up_open = false).await;
    let insert =
        r#"INSERT INTO "user" (id, name, email, "emailVerified") VALUES ('u1', '', 'ada@example.com', true)"#;
    tenant.admin.execute(insert, &[]).await.unwrap();
    let mut told = Vec::new();
    for email in ["ada@example.com", "nobody@example.com"] {
        told.push(ask(&mut tenant.browser(), json!({ "email": email })).await.text);
    }
    assert_eq!(told[0], told[1]);
    outbox::deliver_due(tenant.state()).await.unwrap();
    assert_eq!(tenant.mailbox.mails.lock().unwrap().len(), 1);
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM verification", &[]).await, 2);
}

#[tokio::test]
async fn links_and_codes_share_the_budget_of_mails() {
    let two = Some(Rate { limit: 2, window_seconds: 60 });
    let tenant = tenant_with(|settings| settings.rate_limits.code_send_per_address = two).await;
    let mut browser = tenant.browser();
    let mut answers = Vec::new();
    for path in ["/sign-in/magic-link", "/email-otp/send-verification-otp", "/sign-in/magic-link"] {
        let body = json!({ "email": "ada@example.com", "type": "sign-in" });
        answers.push(browser.post(path, body).await.status.as_u16());
    }
    assert_eq!(answers, [200, 200, 429]);
    let one = Some(Rate { limit: 1, window_seconds: 60 });
    let tenant = tenant_with(|settings| settings.rate_limits.code_check_per_network = one).await;
    let mut browser = tenant.browser();
    confirm(&mut browser, "token=x").await;
    assert_eq!(location(&confirm(&mut browser, "token=x").await), "/sign-in");
    assert_eq!(notice(&mut browser, "/sign-in").await, "rate-limited");
}

#[tokio::test]
async fn the_link_of_a_banned_user_is_used_up_and_signs_nobody_in() {
    let tenant = tenant().await;
    tenant.signed_in("ada@example.com").await;
    let link = link(&tenant).await;
    tenant.admin.execute(r#"UPDATE "user" SET banned = true"#, &[]).await.unwrap();
    let mut browser = tenant.browser();
    assert_eq!(location(&confirm(&mut browser, query(&link)).await), "/sign-in");
    assert_eq!(notice(&mut browser, "/sign-in").await, "suspended");
    assert_eq!(tenant.events("session.refused").await, 1);
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM verification", &[]).await, 0);
}

#[tokio::test]
async fn a_link_proves_the_address() {
    let tenant = tenant().await;
    let people = r#"INSERT INTO "user" (id, name, email, "emailVerified") VALUES ('u1', '', 'ada@example.com', false);
        INSERT INTO session (id, "expiresAt", token, "updatedAt", "userId")
          VALUES ('s1', now() + interval '1 day', 'stolen', now(), 'u1')"#;
    tenant.admin.batch_execute(people).await.unwrap();
    let link = link(&tenant).await;
    let mut browser = tenant.browser();
    confirm(&mut browser, query(&link)).await;
    assert_eq!(browser.get("/get-session").await.json["user"]["id"], "u1");
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM session WHERE token = 'stolen'", &[]).await, 0);
    assert_eq!(tenant.events("unproven_access.revoked").await, 1);
}

#[tokio::test]
async fn a_tenant_may_let_links_act_at_once() {
    let tenant = tenant_with(|settings| settings.compatibility.links_act_on_get = true).await;
    let first = link(&tenant).await;
    let mut browser = tenant.browser();
    assert_eq!(location(&open(&mut browser, &first).await), format!("{ORIGIN}/"));
    assert!(browser.get("/get-session").await.json.is_object());
    let again = location(&open(&mut tenant.browser(), &first).await);
    assert_eq!(again, format!("{ORIGIN}/?error=INVALID_TOKEN"));
    let second = link(&tenant).await;
    let answer = browser.get(&format!("/magic-link/verify?token={}", token(&second))).await;
    let mut keys: Vec<_> = answer.json.as_object().unwrap().keys().cloned().collect();
    keys.sort();
    assert_eq!(keys, ["session", "token", "user"]);
    let third = link(&tenant).await;
    tenant.admin.execute(r#"UPDATE "user" SET banned = true"#, &[]).await.unwrap();
    let answer = open(&mut tenant.browser(), &third).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "BANNED_USER"));
}

#[tokio::test]
async fn switched_off_it_is_not_there() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    assert_eq!(ask(&mut browser, json!({ "email": "a@example.com" })).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/magic-link/verify?token=x").await.text, "");
    assert_eq!(open(&mut browser, "/sign-in/link?token=x").await.status, StatusCode::NOT_FOUND);
    assert_eq!(confirm(&mut browser, "token=x").await.status, StatusCode::NOT_FOUND);
}

//! A member of the workspace comes from the console, acts as a user for a while, and finds back.

use axum::http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{location, notice, open, submit};
use crate::tests::{Answer, Browser, TestTenant};

const DOOR: &str = "//management/acting";
const PAGE: &str = "/sign-in/acting";
const STOP: &str = "/account/stop-acting";
const BACK: &str = "http://console.localhost:8080/w/acme/t/demo/users/target";
const ACTING: &str = r#"SELECT count(*) FROM session WHERE "impersonatedBy" = 'operator:test'"#;

fn wanted() -> Value {
    json!({
        "userId": "target", "reason": " Ticket 4711: invoice is missing ", "minutes": 15,
        "label": "sam@support.example", "back": BACK,
    })
}

async fn tenant() -> TestTenant {
    let tenant = TestTenant::new().await;
    tenant.add_user("target", "target@example.com").await;
    tenant
}

async fn ask(tenant: &TestTenant, body: Value) -> Answer {
    tenant.operator().post(DOOR, body).await
}

/// The path and query of a link.
async fn link(tenant: &TestTenant, body: Value) -> String {
    let answer = ask(tenant, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let url = answer.json["url"].as_str().unwrap();
    url.strip_prefix("http://demo.localhost:8080").expect("on the tenant's host").to_owned()
}

/// Opens a link; the page that it leads to.
async fn follow(browser: &mut Browser, link: &str) -> Answer {
    let opened = open(browser, link).await;
    assert_eq!((opened.status, location(&opened).as_str()), (StatusCode::SEE_OTHER, PAGE), "{}", opened.text);
    open(browser, PAGE).await
}

/// A browser that acts as `target@example.com`, by the operator `test`.
async fn acting(tenant: &TestTenant, mut browser: Browser) -> Browser {
    let link = link(tenant, wanted()).await;
    follow(&mut browser, &link).await;
    assert_eq!(submit(&mut browser, PAGE, "").await, "/account");
    browser
}

/// Presses the button; the key of what is told instead.
async fn refused(browser: &mut Browser) -> Option<String> {
    let answer = browser.send(Method::POST, &format!("/{PAGE}"), Some(String::new()), &[super::FORM]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text);
    let (_, rest) = answer.text.split_once("data-notice=\"")?;
    rest.split('"').next().map(str::to_owned)
}

#[tokio::test]
async fn a_member_acts_for_a_while_and_the_log_says_who_why_and_for_how_long() {
    let tenant = tenant().await;
    let mut sam = tenant.browser();
    let link = link(&tenant, wanted()).await;
    let token = link.split_once("token=").unwrap().1;
    let stored: String =
        tenant.value("SELECT identifier FROM verification WHERE identifier LIKE 'acting-link:%'", &[]).await;
    assert!(!stored.contains(token));
    let page = follow(&mut sam, &link).await;
    assert_eq!(page.status, StatusCode::OK);
    for told in ["target@example.com", "15 minutes", "Ticket 4711: invoice is missing"] {
        assert!(page.text.contains(told), "{told}: {}", page.text);
    }
    assert!(!page.text.contains(token), "nothing on the page works by itself");
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM session", &[]).await, 0, "looking begins nothing");

    assert_eq!(submit(&mut sam, PAGE, "").await, "/account");
    let told = sam.get("/get-session").await.json;
    assert_eq!(
        (&told["user"]["id"], &told["session"]["impersonatedBy"]),
        (&json!("target"), &json!("operator:test"))
    );
    let account = open(&mut sam, "/account").await.text;
    assert!(account.contains("You are acting as target@example.com until "), "{account}");
    assert!(account.contains(" UTC, signed in by sam@support.example."), "{account}");
    let lasts = r#"SELECT round(extract(epoch FROM "expiresAt" - "createdAt"))::float8 FROM session"#;
    assert!((tenant.value::<f64>(lasts, &[]).await - 900.0).abs() < 1.0);

    for (kind, facts) in [("impersonation.offered", 1), ("impersonation.started", 2)] {
        let event = tenant.newest(kind).await;
        assert_eq!((event.actor(), event.subject()), (Some("operator:test"), Some("target")), "{kind}");
        assert_eq!(event.method.as_deref(), Some("management"));
        let told = event.facts.unwrap();
        assert_eq!(
            (told.as_object().unwrap().len(), &told["seconds"]),
            (facts, &json!(900)),
            "{kind}: {told}"
        );
        assert_eq!(event.personal, Some(json!({ "reason": "Ticket 4711: invoice is missing" })), "{kind}");
    }
    submit(&mut sam, "/account/profile", "name=Target").await;
    assert_eq!(tenant.facts("user.updated").await["impersonated_by"], "operator:test");
}

#[tokio::test]
async fn the_button_leads_back_to_the_console_and_nothing_of_it_stays() {
    let tenant = tenant().await;
    let mut sam = acting(&tenant, tenant.browser()).await;
    let answer = sam.send(Method::POST, &format!("/{STOP}"), Some(String::new()), &[super::FORM]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.text.contains(&format!("content=\"0;url={BACK}\"")), "{}", answer.text);
    assert!(!answer.text.contains("class=\"acting\""));
    assert_eq!(tenant.value::<i64>(ACTING, &[]).await, 0);
    assert!(!sam.cookies.iter().any(|(name, _)| name.contains("session")), "{:?}", sam.cookies);
    let left = "SELECT count(*) FROM verification WHERE identifier LIKE 'acting%'";
    assert_eq!(tenant.value::<i64>(left, &[]).await, 0);
    let (actor, subject, ..) = tenant.newest_event("impersonation.stopped").await;
    assert_eq!((actor.as_str(), subject.as_deref()), ("operator:test", Some("target")));
}

#[tokio::test]
async fn a_link_is_opened_within_a_minute_and_used_once() {
    let tenant = tenant().await;
    let mut sam = tenant.browser();
    let late = link(&tenant, wanted()).await;
    tenant.clock.advance(SignedDuration::from_secs(61));
    let answer = open(&mut sam, &late).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text.contains("data-notice=\"acting-link\""), "{}", answer.text);
    assert_eq!(open(&mut sam, PAGE).await.status, StatusCode::BAD_REQUEST, "nothing was given");

    // What was opened in time can be read for some minutes.
    let in_time = link(&tenant, wanted()).await;
    follow(&mut sam, &in_time).await;
    tenant.clock.advance(SignedDuration::from_secs(120));
    assert_eq!(open(&mut sam, PAGE).await.status, StatusCode::OK);
    tenant.clock.advance(SignedDuration::from_mins(4));
    assert_eq!(refused(&mut sam).await.as_deref(), Some("acting-link"), "but not for ever");

    let once = link(&tenant, wanted()).await;
    follow(&mut sam, &once).await;
    let mut thief = sam.clone();
    submit(&mut sam, PAGE, "").await;
    assert_eq!(refused(&mut thief).await.as_deref(), Some("acting-link"));
    assert_eq!(tenant.facts("impersonation.refused").await["cause"], "link");
    let expired = link(&tenant, wanted()).await;
    follow(&mut thief, &expired).await;
    let expire = r#"UPDATE verification SET "expiresAt" = now() WHERE identifier LIKE 'acting-link:%'"#;
    tenant.admin.execute(expire, &[]).await.unwrap();
    assert_eq!(refused(&mut thief).await.as_deref(), Some("acting-link"));
    assert_eq!(tenant.value::<i64>(ACTING, &[]).await, 1);
}

#[tokio::test]
async fn of_ten_that_press_the_button_one_acts() {
    let tenant = tenant().await;
    let mut sam = tenant.browser();
    let link = link(&tenant, wanted()).await;
    follow(&mut sam, &link).await;
    let presses = (0..10).map(|_| {
        let mut browser = sam.clone();
        async move {
            browser.send(Method::POST, &format!("/{PAGE}"), Some(String::new()), &[super::FORM]).await.status
        }
    });
    let answers = futures_util::future::join_all(presses).await;
    assert_eq!(answers.iter().filter(|status| **status == StatusCode::SEE_OTHER).count(), 1, "{answers:?}");
    assert_eq!(tenant.value::<i64>(ACTING, &[]).await, 1);
}

#[tokio::test]
async fn a_session_of_the_browsers_own_waits_and_comes_back() {
    let tenant = tenant().await;
    let mut sam = tenant.signed_in("sam@support.example").await;
    let own = sam.token().await;
    let link = link(&tenant, wanted()).await;
    assert!(follow(&mut sam, &link).await.text.contains("You are signed in here as sam@support.example."));
    submit(&mut sam, PAGE, "").await;
    assert_eq!(sam.get("/get-session").await.json["user"]["id"], "target");
    sam.send(Method::POST, &format!("/{STOP}"), Some(String::new()), &[super::FORM]).await;
    assert_eq!(sam.token().await, own);

    // By the API as well.
    let mut sam = acting(&tenant, sam).await;
    let answer = sam.post("/admin/stop-impersonating", json!({})).await;
    assert_eq!(answer.json["session"]["token"], own.as_str());
    // Where it has ended meanwhile there is nothing to come back to.
    let mut sam = acting(&tenant, sam).await;
    tenant.admin.execute(r#"DELETE FROM session WHERE "impersonatedBy" IS NULL"#, &[]).await.unwrap();
    let answer = sam.post("/admin/stop-impersonating", json!({})).await;
    assert_eq!(answer.json, json!({ "session": null, "user": null }));
}

#[tokio::test]
async fn who_acts_already_goes_over_to_the_next_and_ends_the_first() {
    let tenant = tenant().await;
    tenant.add_user("second", "second@example.com").await;
    let mut sam = tenant.signed_in("sam@support.example").await;
    let own = sam.token().await;
    sam = acting(&tenant, sam).await;
    let mut next = wanted();
    next["userId"] = "second".into();
    let link = link(&tenant, next).await;
    let page = follow(&mut sam, &link).await.text;
    assert!(page.contains("You are acting as target@example.com") && !page.contains("signed in here as"));
    submit(&mut sam, PAGE, "").await;
    assert_eq!(sam.get("/get-session").await.json["user"]["id"], "second");
    assert_eq!(tenant.value::<i64>(ACTING, &[]).await, 1);
    assert_eq!(tenant.newest_event("impersonation.stopped").await.1.as_deref(), Some("target"));
    sam.send(Method::POST, &format!("/{STOP}"), Some(String::new()), &[super::FORM]).await;
    assert_eq!(sam.token().await, own, "it waited all along");
}

#[tokio::test]
async fn nobody_acts_as_administrators_as_the_banned_or_where_it_is_switched_off() {
    let tenant = tenant().await;
    let change = async |sql: &str| tenant.admin.batch_execute(sql).await.unwrap();
    for (sql, code, cause) in [
        ("UPDATE \"user\" SET role = 'user,admin'", "YOU_CANNOT_IMPERSONATE_ADMINS", "admin"),
        ("UPDATE \"user\" SET role = 'user', banned = true", "BANNED_USER", "banned"),
        ("DELETE FROM \"user\"", "USER_NOT_FOUND", "user_not_found"),
    ] {
        change("DELETE FROM \"user\"").await;
        tenant.add_user("target", "target@example.com").await;
        // What becomes so while somebody reads the page counts too.
        let mut sam = tenant.browser();
        let link = link(&tenant, wanted()).await;
        follow(&mut sam, &link).await;
        change(sql).await;
        let answer = ask(&tenant, wanted()).await;
        assert_eq!(answer.code(), code, "{}", answer.text);
        assert!(answer.status.is_client_error());
        assert_eq!(tenant.facts("impersonation.refused").await["cause"], cause);
        assert_eq!(refused(&mut sam).await.as_deref(), Some("acting-refused"), "{cause}");
        assert_eq!(tenant.events("impersonation.started").await, 0);
    }
    let off = TestTenant::with(|settings| settings.admin.is_operator_impersonation_enabled = false).await;
    off.add_user("target", "target@example.com").await;
    for path in [DOOR, "/admin/impersonate-user"] {
        let body = if path == DOOR { wanted() } else { json!({ "userId": "target" }) };
        let answer = off.operator().post(path, body).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::FORBIDDEN, "OPERATORS_MAY_NOT_IMPERSONATE"),
            "{path}"
        );
    }
    assert_eq!(off.events("impersonation.refused").await, 2);
    let mut root = off.administrator().await;
    let answer = root.post("/admin/impersonate-user", json!({ "userId": "target" })).await;
    assert_eq!(answer.status, StatusCode::OK, "the tenant's own administrators are no operators");
}

#[tokio::test]
async fn a_ban_that_has_run_out_bans_nobody() {
    let tenant = tenant().await;
    let over = r#"UPDATE "user" SET banned = true, "banExpires" = '2026-01-01T00:00:00Z'"#;
    tenant.admin.execute(over, &[]).await.unwrap();
    acting(&tenant, tenant.browser()).await;
    assert_eq!(tenant.events("user.unbanned").await, 1);
}

#[tokio::test]
async fn only_control_asks_and_only_for_what_can_be() {
    let tenant = tenant().await;
    let mut root = tenant.administrator().await;
    assert_eq!(root.post(DOOR, wanted()).await.status, StatusCode::NOT_FOUND);
    let with = |name: &str, value: Value| {
        let mut body = wanted();
        body[name] = value;
        body
    };
    for wrong in [
        with("reason", "no".into()),
        with("reason", "a".repeat(201).into()),
        with("reason", "two\nlines".into()),
        with("minutes", 0.into()),
        with("minutes", 61.into()),
        with("label", "".into()),
        with("back", "/account".into()),
        with("more", true.into()),
    ] {
        let answer = ask(&tenant, wrong.clone()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    let answer = ask(&tenant, with("userId", "nobody\0".into())).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::NOT_FOUND, "USER_NOT_FOUND"));
    let mut statuses = Vec::new();
    for _ in 0..40 {
        statuses.push(ask(&tenant, wanted()).await.status);
    }
    assert!(statuses.contains(&StatusCode::TOO_MANY_REQUESTS), "{statuses:?}");
}

#[tokio::test]
async fn the_settings_bound_the_time() {
    let tenant = TestTenant::with(|settings| settings.admin.impersonation_seconds = 120).await;
    tenant.add_user("target", "target@example.com").await;
    let mut sam = tenant.browser();
    let link = link(&tenant, wanted()).await;
    assert!(follow(&mut sam, &link).await.text.contains("2 minutes"));
    submit(&mut sam, PAGE, "").await;
    assert_eq!(tenant.facts("impersonation.started").await["seconds"], 120);
}

#[tokio::test]
async fn the_user_is_no_more_active_for_it() {
    let tenant = tenant().await;
    let mut sam = acting(&tenant, tenant.browser()).await;
    sam.get("/get-session").await;
    open(&mut sam, "/account").await;
    crate::analytics::count(tenant.state()).await.unwrap();
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM kiavi.activity", &[]).await, 0);
    assert_eq!(tenant.events("user.active").await, 0);
    let mut user = tenant.signed_in("target@example.com").await;
    user.get("/get-session").await;
    crate::analytics::count(tenant.state()).await.unwrap();
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM kiavi.activity", &[]).await, 1);
}

#[tokio::test]
async fn what_is_only_the_users_to_change_stays_as_it_is() {
    let tenant = TestTenant::with(|settings| {
        settings.session.fresh_age_seconds = 0;
        settings.email_otp.is_change_email_enabled = true;
    })
    .await;
    tenant.add_user("target", "target@example.com").await;
    let mut user = tenant.signed_in("target@example.com").await;
    let own = user.get("/get-session").await.json["session"]["id"].as_str().unwrap().to_owned();
    let mut sam = acting(&tenant, tenant.browser()).await;
    for (path, body) in [
        ("/revoke-session", json!({ "token": own })),
        ("/revoke-sessions", json!({})),
        ("/revoke-other-sessions", json!({})),
        ("/change-email", json!({ "newEmail": "sam@support.example" })),
        ("/email-otp/request-email-change", json!({ "newEmail": "sam@support.example" })),
        ("/email-otp/change-email", json!({ "newEmail": "sam@support.example", "otp": "000000" })),
        ("/unlink-account", json!({ "accountId": "a1" })),
        ("/passkey/verify-registration", json!({ "response": {} })),
    ] {
        let answer = sam.post(path, body).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "SESSION_NOT_FRESH"), "{path}");
    }
    for (path, form) in [
        ("/account/sessions/revoke", format!("id={own}")),
        ("/account/sessions/revoke-others", String::new()),
        ("/account/export", String::new()),
    ] {
        assert_eq!(submit(&mut sam, path, &form).await, "/account", "{path}");
        assert_eq!(notice(&open(&mut sam, "/account").await), Some("not-while-acting"), "{path}");
    }
    let page = open(&mut sam, "/account").await.text;
    assert!(!page.contains("/account/sessions/revoke"), "nor is it offered: {page}");
    assert!(user.get("/get-session").await.json.is_object());
    // The session in which they act is theirs to end.
    let acting = sam.get("/get-session").await.json["session"]["id"].clone();
    assert_eq!(sam.post("/revoke-session", json!({ "token": acting })).await.status, StatusCode::OK);
    assert_eq!(sam.get("/get-session").await.json, Value::Null);
}

#[tokio::test]
async fn the_user_sees_that_somebody_acts_and_can_end_it() {
    let tenant = tenant().await;
    let mut user = tenant.signed_in("target@example.com").await;
    let words = "is signed in as you";
    assert!(!open(&mut user, "/account").await.text.contains(words));
    let mut sam = acting(&tenant, tenant.browser()).await;
    let page = open(&mut user, "/account").await.text;
    assert!(page.contains(words) && !page.contains("sam@support.example"), "{page}");
    assert!(!open(&mut sam, "/account").await.text.contains(words));
    let listed = user.get("/list-sessions").await.json;
    assert_eq!(listed.as_array().unwrap().len(), 1, "Better Auth's list has own sessions only");
    let id: String = tenant.value(r#"SELECT id FROM session WHERE "impersonatedBy" IS NOT NULL"#, &[]).await;
    submit(&mut user, "/account/sessions/revoke", &format!("id={id}")).await;
    assert_eq!(sam.get("/get-session").await.json, Value::Null);
}

#[tokio::test]
async fn another_sites_form_begins_nothing() {
    let tenant = tenant().await;
    let mut sam = tenant.browser();
    let link = link(&tenant, wanted()).await;
    follow(&mut sam, &link).await;
    sam.origin = Some("https://evil.example".to_owned());
    let answer = sam.send(Method::POST, &format!("/{PAGE}"), Some(String::new()), &[super::FORM]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(tenant.value::<i64>(ACTING, &[]).await, 0);
}

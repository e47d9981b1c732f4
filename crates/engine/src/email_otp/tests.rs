use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::{
    Delivery, Rate, outbox,
    tests::{Answer, Browser, TestTenant},
};

async fn ask(browser: &mut Browser, email: &str, kind: &str) -> Answer {
    browser.post("/email-otp/send-verification-otp", json!({ "email": email, "type": kind })).await
}

async fn try_code(browser: &mut Browser, email: &str, code: &str) -> Answer {
    browser.post("/sign-in/email-otp", json!({ "email": email, "otp": code })).await
}

/// A code that is not `code`.
fn other_than(code: &str) -> String {
    let first = if code.starts_with('0') { '1' } else { '0' };
    format!("{first}{}", &code[1..])
}

#[tokio::test]
async fn an_unknown_address_signs_up_and_a_known_one_signs_in() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    ask(&mut browser, "Ada@Example.com", "sign-in").await;
    let code = tenant.newest_code().await;
    assert!(code.len() == 6);
    let body = json!({ "email": "ADA@example.com", "otp": code, "name": "Ada", "unknown": 1 });
    let answer = browser.post("/sign-in/email-otp", body).await;
    let mut keys: Vec<_> = answer.json.as_object().unwrap().keys().cloned().collect();
    keys.sort();
    assert_eq!(keys, ["token", "user"]);
    assert_eq!(
        (&answer.json["user"]["name"], &answer.json["user"]["email"]),
        (&json!("Ada"), &json!("ada@example.com"))
    );
    let session = browser.get("/get-session").await;
    assert_eq!(session.json["session"]["token"], answer.json["token"]);
    let again = tenant.browser().sign_in(&tenant, "ada@example.com").await;
    assert_eq!(again.json["user"]["id"], answer.json["user"]["id"]);
    assert_eq!((tenant.events("user.created").await, tenant.events("session.created").await), (1, 2));
}

#[tokio::test]
async fn a_code_works_once_however_many_try_it_at_a_time() {
    let tenant = TestTenant::new().await;
    ask(&mut tenant.browser(), "ada@example.com", "sign-in").await;
    let code = tenant.newest_code().await;
    let tries = (0..20).map(|_| {
        let (mut browser, code) = (tenant.browser(), code.clone());
        async move { try_code(&mut browser, "ada@example.com", &code).await.status }
    });
    let answers = futures_util::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM session", &[]).await, 1);
    assert_eq!(try_code(&mut tenant.browser(), "ada@example.com", &code).await.code(), "INVALID_OTP");
}

#[tokio::test]
async fn at_rest_a_code_is_a_hash_and_the_letter_is_sealed() {
    let tenant = TestTenant::new().await;
    ask(&mut tenant.browser(), "ada@example.com", "sign-in").await;
    let sealed: Vec<u8> = tenant.value("SELECT sealed FROM kiavi.outbox", &[]).await;
    assert!(!String::from_utf8_lossy(&sealed).contains("ada"));
    let value: String = tenant
        .value("SELECT value FROM verification WHERE identifier = $1", &[&"sign-in-otp-ada@example.com"])
        .await;
    let code = tenant.newest_code().await;
    assert!(value.ends_with(":0") && !value.contains(&code) && value.len() == 45, "{value}");
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM kiavi.outbox", &[]).await, 0);
}

#[tokio::test]
async fn three_wrong_tries_then_the_code_is_gone() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    ask(&mut browser, "ada@example.com", "sign-in").await;
    let code = tenant.newest_code().await;
    for _ in 0..3 {
        let answer = try_code(&mut browser, "ada@example.com", &other_than(&code)).await;
        assert_eq!(answer.json, json!({ "message": "Invalid OTP", "code": "INVALID_OTP" }));
    }
    let answer = try_code(&mut browser, "ada@example.com", &code).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "TOO_MANY_ATTEMPTS"));
    assert_eq!(try_code(&mut browser, "ada@example.com", &code).await.code(), "INVALID_OTP");
    assert_eq!(tenant.events("code.refused").await, 5);
}

#[tokio::test]
async fn a_late_code_is_told_so_once() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    ask(&mut browser, "ada@example.com", "sign-in").await;
    let code = tenant.newest_code().await;
    tenant
        .admin
        .execute(r#"UPDATE verification SET "expiresAt" = now() - interval '1 second'"#, &[])
        .await
        .unwrap();
    assert_eq!(try_code(&mut browser, "ada@example.com", &code).await.code(), "OTP_EXPIRED");
    assert_eq!(try_code(&mut browser, "ada@example.com", &code).await.code(), "INVALID_OTP");
}

#[tokio::test]
async fn the_budget_of_guesses_outlives_codes_and_networks() {
    let tenant = TestTenant::with(|settings| {
        settings.email_otp.guesses = Rate { limit: 4, window_seconds: 3_600 };
    })
    .await;
    let mut answers = Vec::new();
    for round in 0..3 {
        let mut browser = tenant.browser();
        browser.peer = [192, 0, 2, round + 1].into();
        ask(&mut browser, "ada@example.com", "sign-in").await;
        let wrong = other_than(&tenant.newest_code().await);
        for _ in 0..2 {
            answers.push(try_code(&mut browser, "ada@example.com", &wrong).await.status.as_u16());
        }
    }
    assert_eq!(answers, [400, 400, 400, 400, 429, 429]);
    let code = tenant.newest_code().await;
    let refused = try_code(&mut tenant.browser(), "ada@example.com", &code).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers.contains_key("x-retry-after"));
    assert_eq!(tenant.browser().sign_in(&tenant, "eve@example.com").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_right_code_gives_the_whole_budget_again_and_a_look_does_not() {
    let tenant = TestTenant::with(|settings| {
        settings.email_otp.guesses = Rate { limit: 2, window_seconds: 3_600 };
    })
    .await;
    let mut browser = tenant.browser();
    for _ in 0..4 {
        ask(&mut browser, "ada@example.com", "sign-in").await;
        let code = tenant.newest_code().await;
        assert_eq!(try_code(&mut browser, "ada@example.com", &other_than(&code)).await.code(), "INVALID_OTP");
        assert_eq!(try_code(&mut browser, "ada@example.com", &code).await.status, StatusCode::OK);
    }
    ask(&mut browser, "ada@example.com", "sign-in").await;
    let body = json!({ "email": "ada@example.com", "type": "sign-in", "otp": tenant.newest_code().await });
    let mut looks = Vec::new();
    for _ in 0..3 {
        looks.push(browser.post("/email-otp/check-verification-otp", body.clone()).await.status.as_u16());
    }
    assert_eq!(looks, [200, 200, 429]);
}

#[tokio::test]
async fn known_and_unknown_addresses_answer_alike_when_sign_up_is_closed() {
    let tenant = TestTenant::with(|settings| settings.is_sign_up_open = false).await;
    tenant
        .admin
        .execute(r#"INSERT INTO "user" (id, name, email, "emailVerified") VALUES ('u1', '', 'ada@example.com', true)"#, &[])
        .await
        .unwrap();
    let mut told = Vec::new();
    for email in ["ada@example.com", "nobody@example.com"] {
        let mut browser = tenant.browser();
        let mut answers = vec![ask(&mut browser, email, "sign-in").await.text];
        for _ in 0..5 {
            answers.push(try_code(&mut browser, email, "0").await.text);
        }
        told.push(answers);
    }
    assert_eq!(told[0], told[1]);
    outbox::deliver_due(tenant.state()).await.unwrap();
    assert_eq!(tenant.mailbox.mails.lock().unwrap().len(), 1);
    assert_eq!(tenant.browser().sign_in(&tenant, "ada@example.com").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_code_for_one_purpose_serves_no_other() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    ask(&mut browser, "ada@example.com", "email-verification").await;
    let code = tenant.newest_code().await;
    assert_eq!(try_code(&mut browser, "ada@example.com", &code).await.code(), "INVALID_OTP");
    let verified =
        browser.post("/email-otp/verify-email", json!({ "email": "ada@example.com", "otp": code })).await;
    assert_eq!((&verified.json["status"], &verified.json["token"]), (&json!(true), &Value::Null));
    assert_eq!(verified.json["user"]["emailVerified"], true);
}

#[tokio::test]
async fn access_set_up_before_the_address_was_proved_ends_with_the_proof() {
    for keeps in [false, true] {
        let tenant = TestTenant::with(|s| s.compatibility.keeps_unproven_passkeys = keeps).await;
        tenant
            .admin
            .batch_execute(
                r#"INSERT INTO "user" (id, name, email, "emailVerified") VALUES ('u1', '', 'ada@example.com', false);
                   INSERT INTO session (id, "expiresAt", token, "updatedAt", "userId")
                     VALUES ('s1', now() + interval '1 day', 'stolen', now(), 'u1');
                   INSERT INTO account (id, "accountId", "providerId", "userId", "updatedAt")
                     VALUES ('a1', 'x', 'github', 'u1', now());
                   INSERT INTO passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
                     VALUES ('p1', '', 'u1', 'c', 0, 'singleDevice', false);
                   INSERT INTO apikey (id, "configId", "referenceId", key, "createdAt", "updatedAt")
                     VALUES ('k1', 'default', 'u1', 'hash', now(), now())"#,
            )
            .await
            .unwrap();
        let mut browser = tenant.signed_in("ada@example.com").await;
        assert_eq!(browser.get("/get-session").await.json["user"]["id"], "u1");
        let left: i64 = tenant
            .value("SELECT (SELECT count(*) FROM account) + (SELECT count(*) FROM session WHERE token = 'stolen')", &[])
            .await;
        let passkeys: i64 = tenant.value("SELECT count(*) FROM passkey", &[]).await;
        let keys: i64 = tenant.value("SELECT count(*) FROM apikey", &[]).await;
        assert_eq!((left, passkeys, keys), (0, i64::from(keeps), i64::from(keeps)));
        assert_eq!(tenant.events("unproven_access.revoked").await, 1);
    }
}

#[tokio::test]
async fn a_body_never_names_what_the_server_sets() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    ask(&mut browser, "ada@example.com", "sign-in").await;
    let code = tenant.newest_code().await;
    let body = json!({ "email": "ada@example.com", "otp": code, "role": "admin" });
    let answer = browser.post("/sign-in/email-otp", body).await;
    assert_eq!(
        answer.json,
        json!({ "message": "role is not allowed to be set", "code": "FIELD_NOT_ALLOWED" })
    );
    assert_eq!(
        try_code(&mut browser, "ada@example.com", &code).await.code(),
        "INVALID_OTP",
        "the code is used up"
    );
    assert_eq!(tenant.value::<i64>(r#"SELECT count(*) FROM "user""#, &[]).await, 0);
}

#[tokio::test]
async fn a_banned_user_is_refused_until_the_ban_runs_out() {
    let tenant = TestTenant::new().await;
    tenant.signed_in("ada@example.com").await;
    tenant.admin.execute(r#"UPDATE "user" SET banned = true"#, &[]).await.unwrap();
    let answer = tenant.browser().sign_in(&tenant, "ada@example.com").await;
    assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "BANNED_USER"));
    assert!(answer.set_cookies().is_empty());
    assert_eq!(tenant.events("session.refused").await, 1);
    tenant.admin.execute(r#"UPDATE "user" SET "banExpires" = now() - interval '1 s'"#, &[]).await.unwrap();
    assert_eq!(tenant.browser().sign_in(&tenant, "ada@example.com").await.status, StatusCode::OK);
    assert!(!tenant.value::<bool>(r#"SELECT banned FROM "user""#, &[]).await);
}

#[tokio::test]
async fn what_is_no_address_or_no_type_is_refused() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    assert_eq!(ask(&mut browser, "nonsense", "sign-in").await.code(), "INVALID_EMAIL");
    let long = format!("{}@example.com", "a".repeat(300));
    assert_eq!(ask(&mut browser, &long, "sign-in").await.code(), "INVALID_EMAIL");
    let answer = ask(&mut browser, "ada@example.com", "change-email").await;
    assert_eq!(answer.json, json!({ "message": "Invalid OTP type" }));
    assert_eq!(ask(&mut browser, "ada@example.com", "other").await.code(), "VALIDATION_ERROR");
    assert_eq!(try_code(&mut browser, "nonsense", "123456").await.code(), "INVALID_OTP");
    assert_eq!(try_code(&mut browser, "ada@example.com", &"1".repeat(1_000)).await.code(), "INVALID_OTP");
}

#[tokio::test]
async fn one_address_gets_no_flood_of_mail() {
    let tenant = TestTenant::with(|settings| {
        settings.rate_limits.code_send_per_address = Some(Rate { limit: 2, window_seconds: 60 });
    })
    .await;
    let mut browser = tenant.browser();
    let mut answers = Vec::new();
    for peer in 1..=3 {
        browser.peer = [192, 0, 2, peer].into();
        answers.push(ask(&mut browser, "ada@example.com", "sign-in").await.status.as_u16());
    }
    assert_eq!(answers, [200, 200, 429]);
    assert_eq!(ask(&mut browser, "eve@example.com", "sign-in").await.status, StatusCode::OK);
    assert_eq!(tenant.events("rate_limit.exceeded").await, 1);
}

#[tokio::test]
async fn a_limit_holds_under_concurrency() {
    let tenant = TestTenant::with(|settings| {
        settings.rate_limits.code_send_per_network = Some(Rate { limit: 5, window_seconds: 3_600 });
    })
    .await;
    let asks = (0..20).map(|n| {
        let mut browser = tenant.browser();
        async move { ask(&mut browser, &format!("user{n}@example.com"), "sign-in").await.status }
    });
    let answers = futures_util::future::join_all(asks).await;
    assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 5);
}

#[tokio::test]
async fn mail_that_is_deferred_is_tried_again_and_mail_that_is_late_is_dropped() {
    let tenant = TestTenant::new().await;
    *tenant.mailbox.answer.lock().unwrap() = Delivery::Deferred;
    ask(&mut tenant.browser(), "ada@example.com", "sign-in").await;
    let next = outbox::deliver_due(tenant.state()).await.unwrap().expect("one is owed");
    assert!(next > Duration::from_secs(1) && next < Duration::from_secs(4), "{next:?}");
    assert_eq!(tenant.mailbox.mails.lock().unwrap().len(), 1);
    tenant.admin.execute("UPDATE kiavi.outbox SET next_attempt_at = now()", &[]).await.unwrap();
    outbox::deliver_due(tenant.state()).await.unwrap();
    let ids: Vec<_> = tenant.mailbox.mails.lock().unwrap().iter().map(|mail| mail.id.clone()).collect();
    assert!(ids.len() == 2 && ids[0] == ids[1], "{ids:?}");
    let late = "UPDATE kiavi.outbox SET expires_at = now(), next_attempt_at = now()";
    tenant.admin.execute(late, &[]).await.unwrap();
    assert_eq!(outbox::deliver_due(tenant.state()).await.unwrap(), None);
    assert_eq!(tenant.events("mail.expired").await, 1);
    *tenant.mailbox.answer.lock().unwrap() = Delivery::Refused;
    ask(&mut tenant.browser(), "ada@example.com", "sign-in").await;
    assert_eq!(outbox::deliver_due(tenant.state()).await.unwrap(), None);
    assert_eq!(tenant.events("mail.refused").await, 1);
}

#[tokio::test]
async fn moving_to_another_address() {
    let tenant = TestTenant::with(|settings| settings.email_otp.is_change_email_enabled = true).await;
    tenant.signed_in("taken@example.com").await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let mut request =
        async |new: &str| browser.post("/email-otp/request-email-change", json!({ "newEmail": new })).await;
    assert_eq!(request("ADA@example.com").await.json["message"], "Email is the same");
    let before = tenant.mailbox.mails.lock().unwrap().len();
    assert_eq!(request("taken@example.com").await.text, r#"{"success":true}"#);
    outbox::deliver_due(tenant.state()).await.unwrap();
    assert_eq!(tenant.mailbox.mails.lock().unwrap().len(), before, "nobody is told");
    assert_eq!(request("new@example.com").await.text, r#"{"success":true}"#);
    let code = tenant.newest_code().await;
    let body = json!({ "newEmail": "new@example.com", "otp": code });
    let mut eve = tenant.signed_in("eve@example.com").await;
    assert_eq!(eve.post("/email-otp/change-email", body.clone()).await.code(), "INVALID_OTP");
    let answer = browser.post("/email-otp/change-email", body.clone()).await;
    assert_eq!((answer.text.as_str(), answer.set_cookies().len()), (r#"{"success":true}"#, 1));
    let again = browser.post("/email-otp/change-email", body).await;
    assert_eq!(again.json, json!({ "message": "Email is the same" }));
    assert_eq!(browser.get("/get-session").await.json["user"]["email"], "new@example.com");
    let plain = TestTenant::new().await;
    let mut browser = plain.signed_in("ada@example.com").await;
    let answer =
        browser.post("/email-otp/request-email-change", json!({ "newEmail": "b@example.com" })).await;
    assert_eq!(answer.json, json!({ "message": "Change email with OTP is disabled" }));
}

#[tokio::test]
async fn upstreams_way_to_change_the_address_sends_the_same_code_and_the_old_address_is_told() {
    let tenant = TestTenant::with(|settings| settings.email_otp.is_change_email_enabled = true).await;
    tenant.signed_in("taken@example.com").await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let mut request =
        async |new: &str| browser.post("/change-email", json!({ "newEmail": new, "callbackURL": "/" })).await;
    assert_eq!(request("ADA@example.com").await.json, json!({ "message": "Email is the same" }));
    assert_eq!(request("nonsense").await.code(), "VALIDATION_ERROR");
    let before = tenant.mailbox.mails.lock().unwrap().len();
    assert_eq!(request("taken@example.com").await.text, r#"{"status":true}"#);
    outbox::deliver_due(tenant.state()).await.unwrap();
    assert_eq!(tenant.mailbox.mails.lock().unwrap().len(), before, "nobody is told");
    assert_eq!(request("new@example.com").await.text, r#"{"status":true}"#);
    let code = tenant.newest_code().await;
    let body = json!({ "newEmail": "new@example.com", "otp": code });
    let tries = (0..20).map(|_| {
        let (mut browser, body) = (browser.clone(), body.clone());
        async move { browser.post("/email-otp/change-email", body).await.status }
    });
    let answers = futures_util::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
    assert_eq!(browser.get("/get-session").await.json["user"]["email"], "new@example.com");
    assert_eq!(tenant.events("email.changed").await, 1);
    let notice = tenant.newest_mail().await;
    assert_eq!(notice.to.as_str(), "ada@example.com");
    assert!(notice.text.contains("n•••@example.com") && !notice.text.contains("new@"), "{}", notice.text);
}

#[tokio::test]
async fn changing_the_address_needs_the_setting_a_session_and_a_recent_sign_in() {
    let body = json!({ "newEmail": "new@example.com" });
    let plain = TestTenant::new().await;
    assert_eq!(plain.browser().post("/change-email", body.clone()).await.code(), "UNAUTHORIZED");
    let mut browser = plain.signed_in("ada@example.com").await;
    let answer = browser.post("/change-email", body.clone()).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "CHANGE_EMAIL_DISABLED"));
    let tenant = TestTenant::with(|settings| settings.email_otp.is_change_email_enabled = true).await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let age = r#"UPDATE session SET "createdAt" = now() - interval '25 hours'"#;
    tenant.admin.execute(age, &[]).await.unwrap();
    for path in ["/change-email", "/email-otp/request-email-change"] {
        assert_eq!(browser.post(path, body.clone()).await.code(), "SESSION_NOT_FRESH", "{path}");
    }
    let body = json!({ "newEmail": "new@example.com", "otp": "123456" });
    assert_eq!(browser.post("/email-otp/change-email", body).await.code(), "SESSION_NOT_FRESH");
}

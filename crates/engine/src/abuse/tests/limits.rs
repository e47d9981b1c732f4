use axum::http::StatusCode;
use kiavi_testkit::SoftAuthenticator;
use serde_json::json;

use super::{ask, detail, mails, try_code};
use crate::{
    Rate,
    tests::{Browser, ORIGIN, TestTenant},
};

const ADA: &str = "ada@example.com";

fn from(tenant: &TestTenant, last: u8) -> Browser {
    tenant.browser().from([192, 0, 2, last])
}

#[tokio::test]
async fn many_networks_together_meet_the_tenants_limit_of_codes() {
    let tenant = TestTenant::with(|settings| {
        settings.rate_limits.code_send_per_tenant = Some(Rate { limit: 3, window_seconds: 3_600 });
    })
    .await;
    let mut answers = Vec::new();
    for last in 1..=5 {
        let answer = ask(&mut from(&tenant, last), &format!("user{last}@example.com")).await;
        answers.push(answer.status.as_u16());
    }
    assert_eq!((answers, mails(&tenant).await), (vec![200, 200, 200, 429, 429], 3));
    assert_eq!(
        detail(&tenant, "rate_limit.exceeded").await,
        json!({ "limit": "code_send", "counted_by": "tenant" })
    );
}

#[tokio::test]
async fn a_network_that_is_refused_uses_up_nothing_of_the_tenants() {
    let tenant = TestTenant::with(|settings| {
        settings.rate_limits.code_send_per_network = Some(Rate { limit: 1, window_seconds: 3_600 });
        settings.rate_limits.code_send_per_tenant = Some(Rate { limit: 2, window_seconds: 3_600 });
    })
    .await;
    let mut flooder = from(&tenant, 1);
    for n in 0..5 {
        ask(&mut flooder, &format!("user{n}@example.com")).await;
    }
    assert_eq!(ask(&mut from(&tenant, 2), ADA).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_tenants_limit_is_told_alike_for_known_and_unknown_addresses() {
    let tenant = TestTenant::with(|settings| {
        settings.is_sign_up_open = false;
        settings.rate_limits.code_send_per_tenant = Some(Rate { limit: 2, window_seconds: 3_600 });
    })
    .await;
    let insert = r#"INSERT INTO "user" (id, name, email, "emailVerified") VALUES ('u1', '', $1, true)"#;
    tenant.admin.execute(insert, &[&ADA]).await.unwrap();
    for (email, status) in [("nobody@example.com", 200), (ADA, 200), ("nobody@example.com", 429), (ADA, 429)]
    {
        assert_eq!(ask(&mut tenant.browser(), email).await.status.as_u16(), status, "{email}");
    }
}

#[tokio::test]
async fn many_networks_together_meet_the_tenants_limit_of_tries() {
    let tenant = TestTenant::with(|settings| {
        settings.rate_limits.code_check_per_tenant = Some(Rate { limit: 3, window_seconds: 3_600 });
    })
    .await;
    let mut answers = Vec::new();
    for last in 1..=5 {
        let email = format!("user{last}@example.com");
        answers.push(try_code(&mut from(&tenant, last), &email, "000000").await.status.as_u16());
    }
    assert_eq!(answers, [400, 400, 400, 429, 429]);
}

#[tokio::test]
async fn the_steps_of_one_limit_are_counted_exactly_however_many_come_at_a_time() {
    let tenant = TestTenant::with(|settings| {
        settings.rate_limits.code_send_per_tenant = Some(Rate { limit: 7, window_seconds: 3_600 });
    })
    .await;
    let asks = (0..30).map(|n| {
        let mut browser = from(&tenant, n);
        async move { ask(&mut browser, &format!("user{n}@example.com")).await.status }
    });
    let answers = futures_util::future::join_all(asks).await;
    assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 7, "{answers:?}");
}

/// ASVS 5.0 §6.3.1: no malicious lock-out.
#[tokio::test]
async fn whoever_uses_up_an_addresss_guesses_keeps_no_passkey_out() {
    let tenant = TestTenant::with(|settings| {
        settings.email_otp.guesses = Rate { limit: 2, window_seconds: 43_200 };
        settings.rate_limits.code_check_per_tenant = Some(Rate { limit: 5, window_seconds: 3_600 });
    })
    .await;
    let mut owner = tenant.signed_in(ADA).await;
    let mut device = SoftAuthenticator::new();
    let options = owner.get("/passkey/generate-register-options").await;
    let response = device.create(&options.json, ORIGIN).unwrap();
    let made = owner.post("/passkey/verify-registration", json!({ "response": response })).await;
    assert_eq!(made.status, StatusCode::OK, "{:?}", made.json);

    ask(&mut from(&tenant, 66), ADA).await;
    let code = tenant.newest_code().await;
    let wrong = if code == "000000" { "111111" } else { "000000" };
    for last in 66..72 {
        try_code(&mut from(&tenant, last), ADA, wrong).await;
    }
    assert_eq!(try_code(&mut from(&tenant, 1), ADA, &code).await.status, StatusCode::TOO_MANY_REQUESTS);

    let mut elsewhere = from(&tenant, 1);
    let options = elsewhere.get("/passkey/generate-authenticate-options").await;
    let response = device.get(&options.json, ORIGIN).unwrap();
    let answer = elsewhere.post("/passkey/verify-authentication", json!({ "response": response })).await;
    assert_eq!((answer.status, &answer.json["user"]["email"]), (StatusCode::OK, &json!(ADA)));
}

#[tokio::test]
async fn guesses_are_in_a_table_that_survives_a_crash_of_the_server() {
    let tenant = TestTenant::new().await;
    ask(&mut tenant.browser(), ADA).await;
    let code = tenant.newest_code().await;
    let wrong = if code == "000000" { "111111" } else { "000000" };
    try_code(&mut tenant.browser(), ADA, wrong).await;
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM kiavi.guess_budget", &[]).await, 1);
    let persistence = "SELECT relpersistence::text FROM pg_class WHERE oid = $1::text::regclass";
    for (table, kept) in [("kiavi.guess_budget", "p"), ("kiavi.rate_limit", "u")] {
        assert_eq!(tenant.value::<String>(persistence, &[&table]).await, kept, "{table}");
    }
    assert_eq!(try_code(&mut tenant.browser(), ADA, &code).await.status, StatusCode::OK);
    let left = tenant.value::<i64>("SELECT count(*) FROM kiavi.guess_budget", &[]).await;
    assert_eq!(left, 0, "a right code gives the budget back");
}

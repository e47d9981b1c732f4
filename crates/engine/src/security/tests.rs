//! What operators see of the limits, through the router.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::{
    Rate,
    audit::address_reference,
    tests::{Answer, Browser, TestTenant},
};

const ADA: &str = "ada@example.com";
const HOUR: u32 = 3_600;

async fn ask(browser: &mut Browser, email: &str) -> StatusCode {
    let body = json!({ "email": email, "type": "sign-in" });
    browser.post("/email-otp/send-verification-otp", body).await.status
}

async fn try_code(browser: &mut Browser, email: &str, code: &str) -> StatusCode {
    browser.post("/sign-in/email-otp", json!({ "email": email, "otp": code })).await.status
}

/// Uses up the guesses of an address, two of them, from the network `last`; the code that would be right.
async fn guess_wrong(tenant: &TestTenant, last: u8, email: &str) -> String {
    let mut guesser = tenant.browser().from([192, 0, 2, last]);
    ask(&mut guesser, email).await;
    let code = tenant.newest_code().await;
    let wrong = if code == "000000" { "111111" } else { "000000" };
    for _ in 0..2 {
        assert_eq!(try_code(&mut guesser, email, wrong).await, StatusCode::BAD_REQUEST);
    }
    code
}

async fn with_two_guesses() -> TestTenant {
    TestTenant::with(|settings| settings.email_otp.guesses = Rate { limit: 2, window_seconds: 12 * HOUR })
        .await
}

async fn read(tenant: &TestTenant, path: &str) -> Value {
    let answer = tenant.operator().get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json
}

async fn unlock(tenant: &TestTenant, who: &str) -> Answer {
    tenant.operator().post("/security/unlock", json!({ "who": who })).await
}

fn row<'a>(limits: &'a Value, setting: &str) -> &'a Value {
    let rows = limits["limits"].as_array().unwrap();
    rows.iter().find(|row| row["setting"] == setting).unwrap_or_else(|| panic!("no {setting}"))
}

#[tokio::test]
async fn each_limit_tells_what_it_refused_and_whose_requests_these_were() {
    let tenant = TestTenant::with(|settings| {
        settings.rate_limits.code_send_per_network = Some(Rate { limit: 2, window_seconds: HOUR });
        settings.rate_limits.code_send_per_address = Some(Rate { limit: 1, window_seconds: HOUR });
        settings.rate_limits.general = Some(Rate { limit: 5, window_seconds: HOUR });
    })
    .await;
    let mut flooder = tenant.browser().from([192, 0, 2, 66]);
    let mut answers = Vec::new();
    for _ in 0..6 {
        answers.push(ask(&mut flooder, ADA).await.as_u16());
    }
    assert_eq!(answers, [200, 429, 429, 429, 429, 429]);
    let limits = read(&tenant, "/security/limits").await;
    let told = |setting: &str| {
        let row = row(&limits, setting);
        (row["refused"]["week"].clone(), row["offenders"][0]["who"].clone())
    };
    let reference = address_reference(tenant.state(), ADA);
    assert_eq!(told("rate_limits.code_send_per_address"), (json!(1), json!(reference)), "{limits}");
    assert_eq!(told("rate_limits.code_send_per_network"), (json!(3), json!("192.0.2.66")));
    assert_eq!(told("rate_limits.general"), (json!(1), json!("192.0.2.66")));
    assert_eq!(told("rate_limits.code_send_per_tenant"), (json!(0), Value::Null));
    let off = row(&limits, "rate_limits.session_check");
    assert_eq!((&off["rate"], &off["is_in_memory"]), (&Value::Null, &json!(true)));
    let elsewhere = row(&limits, "social.failed_per_network");
    assert_eq!((&elsewhere["refused"], &elsewhere["told_as"]), (&Value::Null, &json!("account.refused")));
    assert_eq!((&limits["is_complete"], &limits["untold"]["week"]), (&json!(true), &json!(0)));
}

#[tokio::test]
async fn an_offender_whom_the_log_knows_is_called_by_their_address() {
    let tenant = TestTenant::with(|settings| {
        settings.rate_limits.code_send_per_address = Some(Rate { limit: 2, window_seconds: HOUR });
    })
    .await;
    tenant.signed_in(ADA).await;
    for _ in 0..2 {
        ask(&mut tenant.browser(), ADA).await;
    }
    let limits = read(&tenant, "/security/limits").await;
    let offender = &row(&limits, "rate_limits.code_send_per_address")["offenders"][0];
    assert_eq!(offender["user"]["email"], ADA, "{limits}");
}

#[tokio::test]
async fn whom_a_limit_keeps_out_is_told_and_let_in_again() {
    let tenant = with_two_guesses().await;
    let code = guess_wrong(&tenant, 66, ADA).await;
    let mut owner = tenant.browser();
    assert_eq!(try_code(&mut owner, ADA, &code).await, StatusCode::TOO_MANY_REQUESTS);

    let told = read(&tenant, "/security/lock-outs").await;
    let reference = address_reference(tenant.state(), ADA);
    let [lock_out] = told["lock_outs"].as_array().unwrap().as_slice() else { panic!("{told}") };
    assert_eq!((&lock_out["who"], &lock_out["counted_by"]), (&json!(reference), &json!("address")));
    assert_eq!(
        (&lock_out["limits"][0]["setting"], &lock_out["refused"]),
        (&json!("email_otp.guesses"), &json!(1))
    );
    assert!(lock_out["limits"][0]["seconds"].as_u64().unwrap() > 5 * u64::from(HOUR), "{told}");
    assert_eq!((&told["total"], &told["without_guesses"]), (&json!(1), &json!(1)));
    assert!(!told.to_string().contains(ADA), "nobody has that address: {told}");

    assert_eq!(unlock(&tenant, &reference).await.json, json!({ "lifted": ["email_otp.guesses"] }));
    let event = tenant.newest("rate_limit.lifted").await;
    assert_eq!(event.subject.map(|subject| subject.reference), Some(reference.clone()));
    assert_eq!(event.facts, Some(json!({ "limits": ["email_otp.guesses"], "counted_by": "target" })));
    assert_eq!(read(&tenant, "/security/lock-outs").await["lock_outs"], json!([]));
    assert_eq!(try_code(&mut owner, ADA, &code).await, StatusCode::OK);

    assert_eq!(unlock(&tenant, &reference).await.json, json!({ "lifted": [] }), "nothing keeps them out");
    assert_eq!(tenant.events("rate_limit.lifted").await, 1);
}

#[tokio::test]
async fn whoever_guessed_all_is_locked_out_before_anybody_is_refused() {
    let tenant = with_two_guesses().await;
    tenant.signed_in(ADA).await;
    guess_wrong(&tenant, 66, ADA).await;
    let told = read(&tenant, "/security/lock-outs").await;
    let lock_out = &told["lock_outs"][0];
    assert_eq!((&lock_out["user"]["email"], &lock_out["refused"]), (&json!(ADA), &json!(0)), "{told}");
    assert_eq!(unlock(&tenant, "  Ada@Example.com ").await.json["lifted"], json!(["email_otp.guesses"]));
}

#[tokio::test]
async fn the_addresses_of_a_network_are_one_offender_until_they_are_forgotten() {
    let tenant = TestTenant::with(|settings| {
        settings.rate_limits.code_send_per_network = Some(Rate { limit: 1, window_seconds: HOUR });
    })
    .await;
    for (network, host) in [(1, 1), (1, 2), (1, 3), (1, 3), (2, 1), (2, 2)] {
        let address = [0x2001, 0xdb8, 0, network, 0, 0, 0, host];
        ask(&mut tenant.browser().from(address), "a@example.com").await;
    }
    let limits = read(&tenant, "/security/limits").await;
    let told = row(&limits, "rate_limits.code_send_per_network");
    let offenders: Vec<_> = told["offenders"].as_array().unwrap().iter().collect();
    let of = |place: usize| (&offenders[place]["who"], &offenders[place]["refused"]["day"]);
    assert_eq!(of(0), (&json!("2001:db8:0:1::"), &json!(3)), "{limits}");
    assert_eq!((of(1), offenders.len()), ((&json!("2001:db8:0:2::"), &json!(1)), 2));
    let kept_out = read(&tenant, "/security/lock-outs").await;
    let who = |place: usize| (&kept_out["lock_outs"][place]["who"], &kept_out["lock_outs"][place]["refused"]);
    let mut told = [who(0), who(1)];
    told.sort_by_key(|(who, _)| who.to_string());
    assert_eq!(told, [(&json!("2001:db8:0:1::"), &json!(3)), (&json!("2001:db8:0:2::"), &json!(1))]);

    let forget = "SELECT kiavi.audit_forget(user_id) FROM kiavi.audit_subject WHERE user_id LIKE 'visitor:%'";
    tenant.admin.batch_execute(forget).await.unwrap();
    let limits = read(&tenant, "/security/limits").await;
    let told = row(&limits, "rate_limits.code_send_per_network");
    assert_eq!((&told["refused"]["week"], &told["offenders"]), (&json!(4), &json!([])), "{limits}");
    assert_eq!(read(&tenant, "/security/lock-outs").await["lock_outs"], json!([]));
}

/// Bodies that are none stand for those that nobody looks at.
#[tokio::test]
async fn no_mail_and_no_guess_is_opened_to_tell_who_is_kept_out() {
    let tenant = TestTenant::with(|settings| {
        settings.email_otp.guesses = Rate { limit: 2, window_seconds: 12 * HOUR };
        settings.rate_limits.code_send_per_address = Some(Rate { limit: 3, window_seconds: HOUR });
    })
    .await;
    tenant.signed_in(ADA).await;
    guess_wrong(&tenant, 66, ADA).await;
    for _ in 0..3 {
        ask(&mut tenant.browser(), ADA).await;
    }
    let spoil =
        "UPDATE kiavi.audit_event SET body = '\\x00' WHERE type IN ('code.requested', 'code.refused')";
    tenant.admin.batch_execute(spoil).await.unwrap();
    let kept_out = read(&tenant, "/security/lock-outs").await;
    let [lock_out] = kept_out["lock_outs"].as_array().unwrap().as_slice() else { panic!("{kept_out}") };
    assert_eq!(lock_out["user"]["email"], ADA, "{kept_out}");
    let limits = read(&tenant, "/security/limits").await;
    let told = row(&limits, "rate_limits.code_send_per_address");
    assert_eq!((&told["refused"]["day"], &told["offenders"][0]["user"]["email"]), (&json!(2), &json!(ADA)));
}

#[tokio::test]
async fn a_network_and_everybody_are_let_in_again() {
    let tenant = TestTenant::with(|settings| {
        settings.rate_limits.code_send_per_network = Some(Rate { limit: 1, window_seconds: HOUR });
        settings.rate_limits.code_send_per_tenant = Some(Rate { limit: 2, window_seconds: HOUR });
    })
    .await;
    let mut browser = tenant.browser().from([192, 0, 2, 9]);
    for email in ["a@example.com", "b@example.com"] {
        ask(&mut browser, email).await;
    }
    let mut other = tenant.browser().from([192, 0, 2, 10]);
    ask(&mut other, "c@example.com").await;
    let told = read(&tenant, "/security/lock-outs").await;
    let who: Vec<_> = told["lock_outs"].as_array().unwrap().iter().map(|one| one["who"].clone()).collect();
    assert!(who.contains(&json!("192.0.2.9")) && who.contains(&json!("tenant")), "{told}");

    assert_eq!(ask(&mut browser, "b@example.com").await, StatusCode::TOO_MANY_REQUESTS);
    let lifted = unlock(&tenant, "192.0.2.9").await.json;
    assert_eq!(lifted, json!({ "lifted": ["rate_limits.code_send_per_network"] }));
    let event = tenant.newest("rate_limit.lifted").await;
    assert!(!serde_json::to_string(&event.facts).unwrap().contains("192.0.2.9"), "no address in the clear");
    assert_eq!(ask(&mut browser, "b@example.com").await, StatusCode::TOO_MANY_REQUESTS, "the tenant's");
    unlock(&tenant, "192.0.2.9").await;
    let lifted = unlock(&tenant, "tenant").await.json;
    assert_eq!(lifted, json!({ "lifted": ["rate_limits.code_send_per_tenant"] }));
    assert_eq!(ask(&mut browser, "b@example.com").await, StatusCode::OK);
}

#[tokio::test]
async fn a_rate_is_tried_on_what_the_log_has() {
    let tenant = TestTenant::with(|settings| {
        settings.rate_limits.code_send_per_network = Some(Rate { limit: 3, window_seconds: HOUR });
    })
    .await;
    let mut browser = tenant.browser().from([192, 0, 2, 9]);
    for email in ["a@example.com", "b@example.com", "c@example.com", "d@example.com"] {
        ask(&mut browser, email).await;
    }
    ask(&mut tenant.browser().from([192, 0, 2, 10]), "a@example.com").await;
    let path = "/security/dry-run?setting=rate_limits.code_send_per_network";
    let stricter = read(&tenant, &format!("{path}&limit=1&window_seconds={HOUR}")).await;
    let outcome = &stricter["outcome"];
    assert_eq!((&outcome["uses"], &outcome["nameless"]), (&json!(5), &json!(0)), "{stricter}");
    let once = json!({ "requests": 1, "networks": 1, "people": 0 });
    assert_eq!(outcome["did"], once, "a refusal by network names no address");
    assert_eq!(outcome["as_set"], once);
    assert_eq!(outcome["would"], json!({ "requests": 3, "networks": 1, "people": 2 }));
    let looser = read(&tenant, &format!("{path}&limit=9&window_seconds={HOUR}")).await;
    assert_eq!(looser["outcome"]["would"]["requests"], 0);
    assert_eq!(tenant.events("rate_limit.exceeded").await, 1, "nothing is counted in truth");
}

#[tokio::test]
async fn the_addresses_of_a_network_are_one_network_when_a_rate_is_tried() {
    let tenant = TestTenant::new().await;
    for (network, host, email) in [(1, 1, "a@example.com"), (1, 2, "b@example.com"), (2, 1, "c@example.com")]
    {
        let address = [0x2001, 0xdb8, 0, network, 0, 0, 0, host];
        ask(&mut tenant.browser().from(address), email).await;
    }
    let path = "/security/dry-run?setting=rate_limits.code_send_per_network&limit=1&window_seconds=3600";
    let told = read(&tenant, path).await;
    assert_eq!(told["outcome"]["would"], json!({ "requests": 1, "networks": 1, "people": 1 }), "{told}");
    // The limit of the tenant counts no networks, and tells from how many the refused came all the same.
    let path = "/security/dry-run?setting=rate_limits.code_send_per_tenant&limit=1&window_seconds=3600";
    let told = read(&tenant, path).await;
    assert_eq!(told["outcome"]["would"], json!({ "requests": 2, "networks": 2, "people": 2 }), "{told}");
}

#[tokio::test]
async fn somebody_is_one_person_by_their_address_and_as_a_user() {
    let tenant = TestTenant::new().await;
    // A code for an address that is nobody's, and one for the user who has it then.
    tenant.signed_in(ADA).await;
    ask(&mut tenant.browser(), ADA).await;
    let path = "/security/dry-run?setting=rate_limits.code_send_per_address&limit=1&window_seconds=86400";
    let outcome = &read(&tenant, path).await["outcome"];
    assert_eq!(outcome["uses"], 2, "{outcome}");
    assert_eq!(outcome["would"], json!({ "requests": 1, "networks": 1, "people": 1 }));
}

/// Bodies that are none stand for those that nobody looks at.
#[tokio::test]
async fn no_more_is_opened_to_try_a_rate_than_one_event_of_each_address() {
    let tenant = with_two_guesses().await;
    guess_wrong(&tenant, 66, ADA).await;
    for email in ["b@example.com", "c@example.com"] {
        ask(&mut tenant.browser().from([192, 0, 2, 66]), email).await;
    }
    let spoil = async |which: &str| {
        let spoil = format!("UPDATE kiavi.audit_event SET body = '\\x00' WHERE {which}");
        tenant.admin.batch_execute(&spoil).await.unwrap();
    };
    let requested = "type = 'code.requested'";
    spoil(&format!("{requested} AND seq > (SELECT min(seq) FROM kiavi.audit_event WHERE {requested})")).await;
    let path = "/security/dry-run?setting=rate_limits.code_send_per_network&limit=1&window_seconds=3600";
    let outcome = &read(&tenant, path).await["outcome"];
    assert_eq!(outcome["would"], json!({ "requests": 2, "networks": 1, "people": 2 }), "{outcome}");
    // Where nobody is refused, and guesses are counted by addresses, it is none.
    spoil(requested).await;
    let path = "/security/dry-run?setting=email_otp.guesses&limit=5&window_seconds=3600";
    let outcome = &read(&tenant, path).await["outcome"];
    assert_eq!((&outcome["uses"], &outcome["would"]["requests"]), (&json!(2), &json!(0)), "{outcome}");
}

#[tokio::test]
async fn guesses_are_tried_as_they_are_counted() {
    let tenant = with_two_guesses().await;
    guess_wrong(&tenant, 66, ADA).await;
    let path = "/security/dry-run?setting=email_otp.guesses&window_seconds=43200&limit=1";
    let outcome = &read(&tenant, path).await["outcome"];
    assert_eq!(outcome["did"]["requests"], 0, "{outcome}");
    assert_eq!(outcome["would"], json!({ "requests": 1, "networks": 1, "people": 1 }));
    let path = "/security/dry-run?setting=rate_limits.code_check_per_network&window_seconds=60&limit=1";
    assert_eq!(read(&tenant, path).await["outcome"]["would"]["requests"], 1);
}

#[tokio::test]
async fn what_the_log_does_not_have_is_not_guessed() {
    let tenant = TestTenant::new().await;
    let path = "/security/dry-run?setting=rate_limits.general&limit=1&window_seconds=1";
    let told = read(&tenant, path).await;
    assert_eq!((&told["outcome"], &told["tried"]["limit"]), (&Value::Null, &json!(1)));
    for wrong in [
        "setting=rate_limits.nothing&limit=1&window_seconds=1",
        "setting=email_otp.guesses&limit=0&window_seconds=1",
    ] {
        let answer = tenant.operator().get(&format!("/security/dry-run?{wrong}")).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"), "{wrong}");
    }
    for nobody in ["", "nobody", "address:12", "address:ZZZZZZZZZZZZZZZZZZZZZZZZ", "1.2.3"] {
        let answer = unlock(&tenant, nobody).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"), "{nobody}");
    }
}

#[tokio::test]
async fn nobody_else_finds_it() {
    let tenant = TestTenant::new().await;
    let mut signed_in = tenant.signed_in(ADA).await;
    for browser in [&mut tenant.browser(), &mut signed_in] {
        for path in ["/security/limits", "/security/lock-outs", "/security/dry-run"] {
            let answer = browser.get(path).await;
            assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NOT_FOUND, ""), "{path}");
        }
        let answer = browser.post("/security/unlock", json!({ "who": ADA })).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NOT_FOUND, ""));
    }
}

//! What must not work.

use axum::http::StatusCode;
use kiavi_testkit::{Behaviour, SoftAuthenticator};
use serde_json::{Value, json};

use super::{
    AUTHENTICATE_OPTIONS, REGISTER_OPTIONS, VERIFY_AUTHENTICATION, VERIFY_REGISTRATION, authenticate, owner,
    register,
};
use crate::{
    Rate,
    tests::{ORIGIN, TestTenant},
};

#[tokio::test]
async fn a_challenge_works_once_however_many_answer_it_at_a_time() {
    let tenant = TestTenant::new().await;
    let (_, mut device) = owner(&tenant, "ada@example.com").await;
    let mut browser = tenant.browser();
    let options = browser.get(AUTHENTICATE_OPTIONS).await;
    let response = device.get(&options.json, ORIGIN).unwrap();
    let tries = (0..10).map(|_| {
        let (mut browser, body) = (browser.clone(), json!({ "response": response }));
        async move { browser.post(VERIFY_AUTHENTICATION, body).await }
    });
    let answers = futures_util::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::OK).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.code() == "CHALLENGE_NOT_FOUND").count(), 9);
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM session", &[]).await, 2);
}

#[tokio::test]
async fn a_wrong_answer_uses_the_challenge_up() {
    let tenant = TestTenant::new().await;
    let (_, mut device) = owner(&tenant, "ada@example.com").await;
    let mut browser = tenant.browser();
    let options = browser.get(AUTHENTICATE_OPTIONS).await;
    device.behaviour.is_signature_tampered = true;
    let wrong = device.get(&options.json, ORIGIN).unwrap();
    device.behaviour = Behaviour::default();
    let right = device.get(&options.json, ORIGIN).unwrap();
    let answer = browser.post(VERIFY_AUTHENTICATION, json!({ "response": wrong })).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "AUTHENTICATION_FAILED"));
    let answer = browser.post(VERIFY_AUTHENTICATION, json!({ "response": right })).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "CHALLENGE_NOT_FOUND"));
    assert_eq!(tenant.events("passkey.refused").await, 2);
    assert_eq!(tenant.value::<i32>("SELECT counter FROM passkey", &[]).await, 0);
}

#[tokio::test]
async fn an_assertion_with_one_fault_is_refused() {
    let tenant = TestTenant::with(|settings| settings.rate_limits.passkey_per_credential = None).await;
    let (_, mut device) = owner(&tenant, "ada@example.com").await;
    let (mut eve, _) = owner(&tenant, "eve@example.com").await;
    let handle = eve.get(REGISTER_OPTIONS).await.json["user"]["id"].as_str().unwrap().to_owned();
    let handle = kiavi_webauthn::Base64Url::decode(&handle);
    let good = Behaviour::default;
    for behaviour in [
        Behaviour { origin: Some("http://evil.localhost:8080".into()), ..good() },
        Behaviour { challenge: Some("AAAA".into()), ..good() },
        Behaviour { rp_id: Some("localhost".into()), ..good() },
        Behaviour { client_data_type: Some("webauthn.create".into()), ..good() },
        Behaviour { is_cross_origin: true, ..good() },
        Behaviour { top_origin: Some("https://frame.example".into()), ..good() },
        Behaviour { is_user_present: false, ..good() },
        Behaviour { is_user_verified: false, ..good() },
        Behaviour { is_backup_eligible: false, ..good() },
        Behaviour { is_backup_eligible: false, is_backed_up: false, ..good() },
        Behaviour { user_handle: handle, ..good() },
    ] {
        device.behaviour = behaviour;
        let answer = authenticate(&mut tenant.browser(), &mut device).await;
        let told = (answer.status, answer.code());
        assert_eq!(told, (StatusCode::BAD_REQUEST, "AUTHENTICATION_FAILED"), "{:?}", device.behaviour);
        assert!(answer.set_cookies().is_empty());
    }
    device.behaviour = good();
    assert_eq!(authenticate(&mut tenant.browser(), &mut device).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_registration_with_one_fault_is_refused() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let good = Behaviour::default;
    for behaviour in [
        Behaviour { origin: Some("http://evil.localhost:8080".into()), ..good() },
        Behaviour { challenge: Some("AAAA".into()), ..good() },
        Behaviour { rp_id: Some("localhost".into()), ..good() },
        Behaviour { is_cross_origin: true, ..good() },
        Behaviour { is_user_verified: false, ..good() },
        Behaviour { is_backup_eligible: false, ..good() },
        Behaviour { trailing_bytes: vec![0], ..good() },
        Behaviour { credential_id: Some(vec![1; 1024]), ..good() },
    ] {
        let mut device = SoftAuthenticator::new();
        device.behaviour = behaviour;
        let answer = register(&mut browser, &mut device).await;
        let told = (answer.status, answer.code());
        assert_eq!(
            told,
            (StatusCode::BAD_REQUEST, "FAILED_TO_VERIFY_REGISTRATION"),
            "{:?}",
            device.behaviour
        );
    }
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM passkey", &[]).await, 0);
    assert_eq!(tenant.events("passkey.refused").await, 8);
}

#[tokio::test]
async fn malformed_answers_are_the_clients_fault() {
    let tenant = TestTenant::with(|settings| settings.rate_limits.passkey_per_credential = None).await;
    let (mut browser, device) = owner(&tenant, "ada@example.com").await;
    let id = &device.credential_ids()[0];
    for response in [
        Value::Null,
        json!({}),
        json!([]),
        json!("x"),
        json!({ "id": 1 }),
        json!({ "id": "a\u{0}b" }),
        json!({ "id": "unknown" }),
        json!({ "id": id }),
        json!({ "id": id, "rawId": id, "type": "public-key", "response": {} }),
        json!({ "id": id, "rawId": id, "type": "public-key", "response": {
            "clientDataJSON": "!", "authenticatorData": "", "signature": "", "attestationObject": "" } }),
        json!({ "id": id, "rawId": id, "type": "public-key", "response": {
            "clientDataJSON": "", "authenticatorData": "", "signature": "", "attestationObject": "" } }),
    ] {
        browser.get(AUTHENTICATE_OPTIONS).await;
        let answer = browser.post(VERIFY_AUTHENTICATION, json!({ "response": response })).await;
        let codes: &[_] = match response.is_object() {
            true => &["AUTHENTICATION_FAILED", "PASSKEY_NOT_FOUND"],
            false => &["VALIDATION_ERROR"],
        };
        assert!(answer.status.is_client_error() && codes.contains(&answer.code()), "{response}: {answer:?}");
        browser.get(REGISTER_OPTIONS).await;
        let answer = browser.post(VERIFY_REGISTRATION, json!({ "response": response })).await;
        assert_eq!(answer.code(), "FAILED_TO_VERIFY_REGISTRATION", "{response}");
    }
    for (path, body) in [
        (VERIFY_AUTHENTICATION, json!([])),
        (VERIFY_REGISTRATION, json!({ "response": {}, "name": 1 })),
        (VERIFY_REGISTRATION, json!({ "response": {}, "createSession": "yes" })),
        (VERIFY_REGISTRATION, json!({ "response": {}, "name": "x".repeat(129) })),
    ] {
        let answer = browser.post(path, body).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"), "{path}");
    }
    let answer = browser.get(&format!("{REGISTER_OPTIONS}?authenticatorAttachment=x")).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"));
}

#[tokio::test]
async fn a_challenge_of_the_other_ceremony_is_refused_and_gone() {
    let tenant = TestTenant::new().await;
    let (mut browser, mut device) = owner(&tenant, "ada@example.com").await;
    let options = browser.get(AUTHENTICATE_OPTIONS).await;
    let response = device.get(&options.json, ORIGIN).unwrap();
    let answer = browser.post(VERIFY_REGISTRATION, json!({ "response": response })).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "CHALLENGE_NOT_FOUND"));
    let answer = browser.post(VERIFY_AUTHENTICATION, json!({ "response": response })).await;
    assert_eq!(answer.code(), "CHALLENGE_NOT_FOUND");
}

#[tokio::test]
async fn without_its_cookie_a_challenge_is_not_found() {
    let tenant = TestTenant::new().await;
    let (_, mut device) = owner(&tenant, "ada@example.com").await;
    let options = tenant.browser().get(AUTHENTICATE_OPTIONS).await;
    let body = json!({ "response": device.get(&options.json, ORIGIN).unwrap() });
    let answer = tenant.browser().post(VERIFY_AUTHENTICATION, body.clone()).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "CHALLENGE_NOT_FOUND"));
    let mut forger = tenant.browser();
    let forged = format!("{}.{}", "a".repeat(32), "A".repeat(43) + "=");
    forger.cookies.push(("better-auth.better-auth-passkey".into(), forged));
    assert_eq!(forger.post(VERIFY_AUTHENTICATION, body).await.code(), "CHALLENGE_NOT_FOUND");
}

#[tokio::test]
async fn a_late_challenge_is_not_found() {
    let tenant = TestTenant::new().await;
    let (_, mut device) = owner(&tenant, "ada@example.com").await;
    let mut browser = tenant.browser();
    let options = browser.get(AUTHENTICATE_OPTIONS).await;
    let sql = r#"UPDATE verification SET "expiresAt" = now() - interval '1 second'"#;
    tenant.admin.execute(sql, &[]).await.unwrap();
    let body = json!({ "response": device.get(&options.json, ORIGIN).unwrap() });
    assert_eq!(browser.post(VERIFY_AUTHENTICATION, body).await.code(), "CHALLENGE_NOT_FOUND");
}

#[tokio::test]
async fn only_a_recent_session_of_the_same_user_registers() {
    let tenant = TestTenant::new().await;
    let mut ada = tenant.signed_in("ada@example.com").await;
    let mut eve = tenant.signed_in("eve@example.com").await;
    let options = ada.get(REGISTER_OPTIONS).await;
    let body = json!({ "response": SoftAuthenticator::new().create(&options.json, ORIGIN).unwrap() });
    let challenge = ada.cookies.iter().find(|(name, _)| name.ends_with("passkey")).unwrap().clone();
    eve.cookies.push(challenge);
    let answer = eve.post(VERIFY_REGISTRATION, body.clone()).await;
    let told = (answer.status, answer.code());
    assert_eq!(told, (StatusCode::UNAUTHORIZED, "YOU_ARE_NOT_ALLOWED_TO_REGISTER_THIS_PASSKEY"));
    assert_eq!(ada.post(VERIFY_REGISTRATION, body.clone()).await.code(), "CHALLENGE_NOT_FOUND");

    tenant
        .admin
        .execute(r#"UPDATE session SET "createdAt" = now() - interval '25 hours'"#, &[])
        .await
        .unwrap();
    for answer in [ada.get(REGISTER_OPTIONS).await, ada.post(VERIFY_REGISTRATION, body.clone()).await] {
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "SESSION_NOT_FRESH"));
    }
    let mut nobody = tenant.browser();
    for answer in [nobody.get(REGISTER_OPTIONS).await, nobody.post(VERIFY_REGISTRATION, body).await] {
        assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "UNAUTHORIZED"));
    }
}

#[tokio::test]
async fn one_credential_is_registered_once_however_many_try_at_a_time() {
    let tenant = TestTenant::new().await;
    let mut browsers = Vec::new();
    for name in ["ada", "eve", "bob"] {
        let mut browser = tenant.signed_in(&format!("{name}@example.com")).await;
        let mut device = SoftAuthenticator::new();
        device.behaviour.credential_id = Some(vec![9; 16]);
        let options = browser.get(REGISTER_OPTIONS).await;
        browsers.push((browser, json!({ "response": device.create(&options.json, ORIGIN).unwrap() })));
    }
    let tries = browsers
        .into_iter()
        .map(|(mut b, body)| async move { b.post(VERIFY_REGISTRATION, body).await.status });
    let answers = futures_util::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM passkey", &[]).await, 1);
}

#[tokio::test]
async fn a_signed_in_user_is_answered_for_by_their_own_passkeys_only() {
    let tenant = TestTenant::new().await;
    let (mut ada, _) = owner(&tenant, "ada@example.com").await;
    let (_, mut eve) = owner(&tenant, "eve@example.com").await;
    let mut options = ada.get(AUTHENTICATE_OPTIONS).await.json;
    options.as_object_mut().unwrap().remove("allowCredentials");
    let body = json!({ "response": eve.get(&options, ORIGIN).unwrap() });
    let answer = ada.post(VERIFY_AUTHENTICATION, body).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "AUTHENTICATION_FAILED"));
}

#[tokio::test]
async fn wrong_answers_are_limited_by_credential_and_lock_nobody_out() {
    let tenant = TestTenant::new().await;
    let (_, mut ada) = owner(&tenant, "ada@example.com").await;
    let (_, mut eve) = owner(&tenant, "eve@example.com").await;
    ada.behaviour.is_signature_tampered = true;
    let mut statuses = Vec::new();
    for number in 0..20 {
        let mut browser = tenant.browser();
        browser.peer = [198, 51, 100, number].into();
        statuses.push(authenticate(&mut browser, &mut ada).await.status);
    }
    assert_eq!(statuses[0], StatusCode::UNAUTHORIZED);
    assert_eq!(statuses[19], StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(authenticate(&mut tenant.browser(), &mut eve).await.status, StatusCode::OK, "another user");
    ada.behaviour = Behaviour::default();
    assert_eq!(authenticate(&mut tenant.browser(), &mut ada).await.status, StatusCode::OK, "the owner");
}

#[tokio::test]
async fn one_network_cannot_fill_the_table_and_others_go_on() {
    let rate = Rate { limit: 5, window_seconds: 60 };
    let tenant = TestTenant::with(|settings| settings.rate_limits.passkey_per_network = Some(rate)).await;
    let mut browser = tenant.browser();
    let mut last = StatusCode::OK;
    for _ in 0..12 {
        last = browser.get(AUTHENTICATE_OPTIONS).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    assert!(tenant.value::<i64>("SELECT count(*) FROM verification", &[]).await <= 6);
    let mut other = tenant.browser();
    other.peer = [203, 0, 113, 7].into();
    assert_eq!(other.get(AUTHENTICATE_OPTIONS).await.status, StatusCode::OK);
}

/// Whoever sends answers to no challenge of ours, from however many networks, fills no log.
#[tokio::test]
async fn refusals_about_nobody_are_counted_when_there_are_many() {
    let tenant = TestTenant::new().await;
    for number in 0..120u8 {
        let mut browser = tenant.browser().from([198, 51, 100, number]);
        for _ in 0..2 {
            let answer = browser.post(VERIFY_AUTHENTICATION, json!({ "response": { "id": "AAAA" } })).await;
            assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "CHALLENGE_NOT_FOUND"));
        }
    }
    assert_eq!(tenant.events("passkey.refused").await, 100);
    tenant.clock.advance(jiff::SignedDuration::from_secs(61));
    crate::housekeeping::sweep(tenant.state()).await;
    assert_eq!(tenant.facts("refusals.counted").await["refusals"], json!({ "passkey.refused": 140 }));
}

use std::net::IpAddr;

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::{ask, detail, mails, try_code};
use crate::{
    AbuseSettings,
    tests::{Browser, ORIGIN, TestTenant},
};

async fn tenant(abuse: serde_json::Value) -> TestTenant {
    let abuse: AbuseSettings = serde_json::from_value(abuse).unwrap();
    TestTenant::with(|settings| {
        settings.magic_link.is_enabled = true;
        settings.passkey.allows_sign_up = true;
        settings.abuse = abuse;
    })
    .await
}

#[tokio::test]
async fn a_refused_domain_meets_the_same_answer_and_no_mail_leaves() {
    let tenant = tenant(json!({
        "blocked_domains": ["Bücher.example", "evil.org"], "refuses_disposable_domains": true,
    }))
    .await;
    let mut browser = tenant.browser();
    let usual = ask(&mut browser, "ada@example.com").await;
    assert_eq!(mails(&tenant).await, 1);
    for (email, cause) in [
        ("a@evil.org", "blocked_domain"),
        ("a@Mail.EVIL.org", "blocked_domain"),
        ("a@xn--bcher-kva.example", "blocked_domain"),
        ("a@mailinator.com", "disposable_domain"),
        ("a@x.yopmail.com", "disposable_domain"),
    ] {
        let answer = ask(&mut browser, email).await;
        assert_eq!((answer.status, &answer.text), (usual.status, &usual.text), "{email}");
        let told = json!({ "purpose": "sign-in", "sent": false, "cause": cause });
        assert_eq!(detail(&tenant, "code.requested").await, told, "{email}");
        let link = browser.post("/sign-in/magic-link", json!({ "email": email })).await;
        assert_eq!((link.status, link.json), (StatusCode::OK, json!({ "status": true })));
        assert_eq!(detail(&tenant, "link.requested").await, json!({ "sent": false, "cause": cause }));
    }
    assert_eq!(mails(&tenant).await, 1);
    assert_eq!(ask(&mut browser, "a@notevil.org").await.text, usual.text);
    assert_eq!(mails(&tenant).await, 2);
    assert_eq!(
        detail(&tenant, "code.requested").await,
        json!({ "purpose": "sign-in", "sent": true, "cause": null })
    );
}

#[tokio::test]
async fn where_domains_are_allowed_only_these_sign_up() {
    let tenant = tenant(
        json!({ "allowed_domains": ["example.com", "mailinator.com"], "blocked_domains": ["bad.example.com"],
            "refuses_disposable_domains": true }),
    )
    .await;
    let mut browser = tenant.browser();
    for (email, sent) in [
        ("a@example.com", true),
        ("a@sub.example.com", true),
        ("a@mailinator.com", true),
        ("a@bad.example.com", false),
        ("a@example.org", false),
        ("a@notexample.com", false),
    ] {
        ask(&mut browser, email).await;
        assert_eq!(detail(&tenant, "code.requested").await["sent"], sent, "{email}");
    }
}

#[tokio::test]
async fn a_list_locks_out_nobody_who_is_a_user_but_stops_whoever_has_a_code_already() {
    let tenant = TestTenant::new().await;
    tenant.signed_in("ada@evil.org").await;
    ask(&mut tenant.browser(), "eve@evil.org").await;
    let code = tenant.newest_code().await;
    let listed = |browser: &Browser| {
        tenant.at_another_engine(browser, |parts| {
            parts.settings.abuse.blocked_domains = ["evil.org".parse().unwrap()].into();
        })
    };
    let mut browser = listed(&tenant.browser());
    assert_eq!(try_code(&mut browser, "eve@evil.org", &code).await.code(), "INVALID_OTP");
    assert_eq!(browser.sign_in(&tenant, "ada@evil.org").await.status, StatusCode::OK);
}

#[tokio::test]
async fn no_passkey_and_no_change_of_address_leads_around_a_list() {
    let tenant = tenant(json!({ "blocked_domains": ["evil.org"] })).await;
    let mut browser = tenant.browser();
    let mut device = kiavi_testkit::SoftAuthenticator::new();
    let options = browser.get("/passkey/generate-register-options?context=eve%40evil.org").await;
    let response = device.create(&options.json, ORIGIN).unwrap();
    let body = json!({ "response": response, "createSession": true });
    let answer = browser.post("/passkey/verify-registration", body).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "FAILED_TO_VERIFY_REGISTRATION"));

    let ada = tenant.signed_in("ada@example.com").await;
    let mut ada =
        tenant.at_another_engine(&ada, |parts| parts.settings.email_otp.is_change_email_enabled = true);
    let moved = ada.post("/email-otp/request-email-change", json!({ "newEmail": "ada@evil.org" })).await;
    assert_eq!((moved.status, mails(&tenant).await), (StatusCode::OK, 0));
    assert_eq!(detail(&tenant, "code.requested").await["cause"], "blocked_domain");
}

#[tokio::test]
async fn nothing_is_answered_to_a_blocked_network_but_that_it_is() {
    let tenant = tenant(json!({ "blocked_networks": ["198.51.100.0/24", "2001:db8::/32"] })).await;
    let mut blocked = tenant.browser().from([198, 51, 100, 7]);
    for path in ["/ok", "/get-session", "/nothing"] {
        let answer = blocked.get(path).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "NETWORK_BLOCKED"), "{path}");
    }
    assert_eq!(ask(&mut blocked, "ada@example.com").await.code(), "NETWORK_BLOCKED");
    let page = blocked.send(Method::GET, "//sign-in", None, &[]).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.text.contains("data-notice=\"network-blocked\""), "{}", page.text);
    assert_eq!(tenant.browser().get("/ok").await.status, StatusCode::OK);
    let mut operator = tenant.operator().from([198, 51, 100, 7]);
    assert_eq!(operator.get("/ok").await.status, StatusCode::OK, "the list is the operator's own");

    let settings = &tenant.state().settings;
    for (address, is_blocked) in
        [("2001:db8:1::1", true), ("2001:db9::1", false), ("::ffff:198.51.100.1", true), ("::1", false)]
    {
        let address: IpAddr = address.parse().unwrap();
        assert_eq!(crate::abuse::is_blocked(settings, address), is_blocked, "{address}");
    }
}

//! The account page and the way out.

use axum::http::StatusCode;

use super::{location, notice, open, sign_in, submit};
use crate::tests::TestTenant;

#[tokio::test]
async fn a_person_names_themselves() {
    let tenant = TestTenant::new().await;
    let mut browser = sign_in(&tenant).await;
    assert_eq!(submit(&mut browser, "/account/profile", "name=+Ada+%3Ci%3E+").await, "/account");
    let page = open(&mut browser, "/account").await;
    assert_eq!(notice(&page), Some("profile-saved"));
    assert!(page.text.contains("value=\"Ada &#60;i&#62;\""));
    for bad in ["%00".to_owned(), "a%0ab".to_owned(), "x".repeat(101)] {
        submit(&mut browser, "/account/profile", &format!("name={bad}")).await;
        assert_eq!(notice(&open(&mut browser, "/account").await), Some("name-invalid"));
    }
    assert_eq!(tenant.value::<String>(r#"SELECT name FROM "user""#, &[]).await, "Ada <i>");
}

const PASSKEYS: &str = r#"INSERT INTO passkey
    (id, name, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp", transports, "createdAt", aaguid)
    SELECT 'key-' || id, NULL, 'x', id, 'c-' || id, 0, 'multiDevice', true, 'internal', now(),
      'fbfc3007-154e-4ecc-8c0b-6e020557d7bd' FROM "user""#;

#[tokio::test]
async fn passkeys_are_named_and_removed_by_their_owner() {
    let tenant = TestTenant::new().await;
    let mut browser = sign_in(&tenant).await;
    let mut other = tenant.browser();
    submit(&mut other, "/sign-in", "email=eve%40example.com").await;
    let code = tenant.newest_code().await;
    submit(&mut other, "/sign-in/code", &format!("code={code}")).await;
    tenant.admin.execute(PASSKEYS, &[]).await.unwrap();
    assert_eq!(location(&open(&mut browser, "/sign-in/passkey").await), "/sign-in/done");
    assert!(open(&mut browser, "/account").await.text.contains("iCloud Keychain"));
    let mine: String =
        tenant.value(r#"SELECT 'key-' || id FROM "user" WHERE email = 'ada@example.com'"#, &[]).await;

    submit(&mut other, "/account/passkeys/rename", &format!("id={mine}&name=Mine")).await;
    submit(&mut other, "/account/passkeys/remove", &format!("id={mine}")).await;
    let page = open(&mut browser, "/account").await;
    assert!(page.text.contains("iCloud Keychain") && !page.text.contains("Mine"));

    submit(&mut browser, "/account/passkeys/rename", &format!("id={mine}&name=+")).await;
    assert_eq!(notice(&open(&mut browser, "/account").await), Some("name-invalid"));
    submit(&mut browser, "/account/passkeys/rename", &format!("id={mine}&name=Laptop")).await;
    let page = open(&mut browser, "/account").await;
    assert_eq!(notice(&page), Some("passkey-renamed"));
    assert!(page.text.contains("Laptop"));
    submit(&mut browser, "/account/passkeys/remove", &format!("id={mine}")).await;
    let page = open(&mut browser, "/account").await;
    assert_eq!(notice(&page), Some("passkey-removed"));
    assert!(!page.text.contains("Laptop"));
    for id in [mine.as_str(), "", "%00"] {
        submit(&mut browser, "/account/passkeys/remove", &format!("id={id}")).await;
        assert_eq!(notice(&open(&mut browser, "/account").await), Some("passkey-gone"), "{id}");
    }
}

#[tokio::test]
async fn sessions_are_ended_by_their_owner() {
    let tenant = TestTenant::new().await;
    let (mut browser, mut second, mut third) =
        (sign_in(&tenant).await, sign_in(&tenant).await, sign_in(&tenant).await);
    let mut stranger = tenant.signed_in("eve@example.com").await;
    let page = open(&mut browser, "/account").await;
    let ids: Vec<_> = page
        .text
        .split("action=\"/account/sessions/revoke\"")
        .skip(1)
        .map(|rest| rest.split_once("value=\"").unwrap().1.split('"').next().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 2);
    let tokens: String = tenant.value("SELECT string_agg(token, ' ') FROM session", &[]).await;
    assert!(tokens.split(' ').all(|token| !page.text.contains(token)), "a page names no token");

    submit(&mut stranger, "/account/sessions/revoke", &format!("id={}", ids[0])).await;
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM session", &[]).await, 4);
    submit(&mut browser, "/account/sessions/revoke", &format!("id={}", ids[0])).await;
    assert_eq!(notice(&open(&mut browser, "/account").await), Some("session-revoked"));
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM session", &[]).await, 3);
    submit(&mut browser, "/account/sessions/revoke-others", "").await;
    assert_eq!(notice(&open(&mut browser, "/account").await), Some("sessions-revoked"));
    assert_eq!(open(&mut browser, "/account").await.status, StatusCode::OK);
    for ended in [&mut second, &mut third] {
        assert_eq!(submit(ended, "/account/profile", "name=x").await, "/sign-in");
        assert_eq!(notice(&open(ended, "/sign-in").await), Some("session-ended"));
    }
}

#[tokio::test]
async fn signing_out_asks_and_ends_the_session() {
    let tenant = TestTenant::new().await;
    let mut browser = sign_in(&tenant).await;
    open(&mut browser, "/sign-in/done").await;
    assert!(open(&mut browser, "/sign-out").await.text.contains("action=\"/sign-out\""));
    assert_eq!(submit(&mut browser, "/sign-out", "").await, "/sign-out");
    assert!(open(&mut browser, "/sign-out").await.text.contains("href=\"/sign-in\""));
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM session", &[]).await, 0);
    assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);
}

#[tokio::test]
async fn a_person_moves_to_another_address() {
    let tenant = TestTenant::with(|settings| settings.email_otp.is_change_email_enabled = true).await;
    let mut browser = sign_in(&tenant).await;
    assert!(open(&mut browser, "/account").await.text.contains("href=\"/account/email\""));
    for (typed, told) in [("nobody", "email-invalid"), ("ada%40example.com", "email-same")] {
        assert_eq!(submit(&mut browser, "/account/email", &format!("email={typed}")).await, "/account/email");
        assert_eq!(notice(&open(&mut browser, "/account/email").await), Some(told));
    }
    submit(&mut browser, "/account/email", "email=ada%40example.org").await;
    let page = open(&mut browser, "/account/email").await;
    assert!(page.text.contains("ada@example.org") && page.text.contains("action=\"/account/email/code\""));
    submit(&mut browser, "/account/email/code", "code=000000").await;
    assert_eq!(notice(&open(&mut browser, "/account/email").await), Some("code-wrong"));
    submit(&mut browser, "/account/email/resend", "").await;
    let code = tenant.newest_code().await;
    assert_eq!(submit(&mut browser, "/account/email/code", &format!("code={code}")).await, "/account");
    let page = open(&mut browser, "/account").await;
    assert_eq!(notice(&page), Some("email-changed"));
    assert!(page.text.contains("ada@example.org") && !page.text.contains("ada@example.com"));
    assert_eq!(tenant.events("email.changed").await, 1);
}

#[tokio::test]
async fn an_address_of_somebody_else_gets_no_mail_and_the_page_tells_nothing() {
    let tenant = TestTenant::with(|settings| settings.email_otp.is_change_email_enabled = true).await;
    let _eve = tenant.signed_in("eve@example.com").await;
    let mut browser = sign_in(&tenant).await;
    let mails = |tenant: &TestTenant| tenant.mailbox.mails.lock().unwrap().len();
    let before = mails(&tenant);
    submit(&mut browser, "/account/email", "email=eve%40example.com").await;
    crate::outbox::deliver_due(tenant.state()).await.unwrap();
    let page = open(&mut browser, "/account/email").await;
    assert_eq!((notice(&page), mails(&tenant)), (None, before));
    assert!(page.text.contains("action=\"/account/email/code\""), "as with any other");
    submit(&mut browser, "/account/email/code", "code=123456").await;
    assert_eq!(notice(&open(&mut browser, "/account/email").await), Some("code-wrong"));
}

#[tokio::test]
async fn moving_wants_a_recent_sign_in_and_a_tenant_that_lets_people_move() {
    let tenant = TestTenant::new().await;
    let mut browser = sign_in(&tenant).await;
    assert_eq!(open(&mut browser, "/account/email").await.status, StatusCode::NOT_FOUND);
    assert!(!open(&mut browser, "/account").await.text.contains("/account/email"));

    let tenant = TestTenant::with(|settings| settings.email_otp.is_change_email_enabled = true).await;
    let mut stranger = tenant.browser();
    assert_eq!(
        location(&open(&mut stranger, "/account/email").await),
        "/sign-in?redirect=%2Faccount%2Femail"
    );
    let mut browser = sign_in(&tenant).await;
    submit(&mut browser, "/account/email", "email=ada%40example.org").await;
    assert_eq!(submit(&mut browser, "/account/email/cancel", "").await, "/account");
    submit(&mut browser, "/account/email/code", "code=123456").await;
    assert_eq!(notice(&open(&mut browser, "/account/email").await), Some("flow-expired"));
    tenant.admin.execute(r#"UPDATE session SET "createdAt" = now() - interval '2 days'"#, &[]).await.unwrap();
    assert_eq!(location(&open(&mut browser, "/account/email").await), "/account");
    assert_eq!(notice(&open(&mut browser, "/account").await), Some("sign-in-again"));
}

#[tokio::test]
async fn a_passkey_of_another_device_leads_to_an_offer_for_this_one() {
    let tenant = TestTenant::new().await;
    let mut browser = sign_in(&tenant).await;
    tenant.admin.execute(PASSKEYS, &[]).await.unwrap();
    assert!(open(&mut browser, "/sign-out").await.status.is_success());
    assert_eq!(location(&open(&mut browser, "/sign-in/passkey").await), "/sign-in/done");
    let page = open(&mut browser, "/sign-in/passkey?nearby=yes").await;
    assert!(
        page.text.contains("on this device too") && page.text.contains("nearby=yes&#38;lang=de"),
        "{}",
        page.text
    );
    assert_eq!(submit(&mut browser, "/sign-in/passkey", "").await, "/sign-in/done");
    assert_eq!(
        location(&open(&mut browser, "/sign-in/passkey?nearby=yes").await),
        "/sign-in/done",
        "it rests"
    );
}

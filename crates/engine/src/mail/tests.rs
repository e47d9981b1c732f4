//! Mail through the router: a tenant's own words, and addresses that get none.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Template, TemplateKind};
use crate::{
    Delivery, outbox,
    tests::{Answer, TestTenant},
};

async fn ask(tenant: &TestTenant, email: &str) -> Answer {
    let body = json!({ "email": email, "type": "sign-in" });
    let answer = tenant.browser().post("/email-otp/send-verification-otp", body).await;
    outbox::deliver_due(tenant.state()).await.unwrap();
    answer
}

fn sent(tenant: &TestTenant) -> usize {
    tenant.mailbox.mails.lock().unwrap().len()
}

fn answer_with(tenant: &TestTenant, delivery: Delivery) {
    *tenant.mailbox.answer.lock().unwrap() = delivery;
}

#[tokio::test]
async fn a_tenants_words_are_sent_in_their_language_and_ours_in_others() {
    let tenant = TestTenant::with(|settings| {
        settings.app_name = "Tom & Co".into();
        settings.mail.reply_to = Some("Help@Shop.Example".into());
        let template = Template {
            subject: "Code {{code}}".into(),
            text: "Hello from {{app}}: {{code}}, {{minutes}} min".into(),
            html: "<p>{{app}}: <b>{{code}}</b></p>".into(),
        };
        let by_locale = [("en".to_owned(), template)].into();
        settings.mail.templates.insert(TemplateKind::SignInCode, by_locale);
    })
    .await;
    ask(&tenant, "ada@example.com").await;
    let mail = tenant.newest_mail().await;
    let code = mail.subject.strip_prefix("Code ").unwrap();
    assert_eq!(mail.text, format!("Hello from Tom & Co: {code}, 5 min"));
    assert_eq!(mail.html, format!("<p>Tom &amp; Co: <b>{code}</b></p>"));
    assert_eq!(mail.reply_to.unwrap().as_str(), "help@shop.example");

    let body = json!({ "email": "ada@example.com", "type": "sign-in" }).to_string();
    let (path, german) = ("/email-otp/send-verification-otp", [("accept-language", "de")]);
    tenant.browser().send(axum::http::Method::POST, path, Some(body), &german).await;
    outbox::deliver_due(tenant.state()).await.unwrap();
    let mails = tenant.mailbox.mails.lock().unwrap();
    assert!(mails.iter().any(|mail| mail.subject.ends_with("ist Ihr Code für Tom & Co")));
}

#[tokio::test]
async fn operators_look_at_mails_and_drafts() {
    let tenant = TestTenant::new().await;
    let mut operator = tenant.operator();
    for letter in ["sign_in_code", "sign_in_link", "deletion_link", "user_deleted", "passkey_removed", "test"]
    {
        let answer = operator.post("/mail/preview", json!({ "letter": letter, "locale": "de" })).await;
        assert_eq!(answer.status, StatusCode::OK, "{letter}: {}", answer.text);
        for part in ["subject", "text", "html"] {
            assert!(!answer.json[part].as_str().unwrap().is_empty(), "{letter} {part}");
        }
    }
    let draft = |html: &str| -> Value { json!({ "subject": "Hi", "text": "{{code}}", "html": html }) };
    let body = json!({ "letter": "sign_in_code", "template": draft("<b>{{code}}</b>") });
    let answer = operator.post("/mail/preview", body).await;
    assert_eq!(answer.json, json!({ "subject": "Hi", "text": "123456", "html": "<b>123456</b>" }));
    for (body, told) in [
        (json!({ "letter": "sign_in_code", "template": draft("{{token}}") }), "html] names {{token}}"),
        (json!({ "letter": "sign_in_code", "template": 1 }), "[body.template]"),
        (json!({ "letter": "user_deleted", "template": draft("") }), "keeps our words"),
        (json!({ "letter": "sign_in_code", "locale": "xx" }), "[body.locale]"),
        (json!({ "letter": "other" }), "[body.letter]"),
    ] {
        let answer = operator.post("/mail/preview", body).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"));
        assert!(answer.text.contains(told), "{}", answer.text);
    }
}

#[tokio::test]
async fn an_operator_tries_out_whether_mail_arrives() {
    let tenant = TestTenant::new().await;
    let mut operator = tenant.operator();
    let answer = operator.post("/mail/test", json!({ "email": "Ada@example.com", "locale": "de" })).await;
    assert_eq!(answer.json, json!({ "delivery": "delivered", "fault": null }), "{}", answer.text);
    let mail = tenant.newest_mail().await;
    assert_eq!((mail.to.as_str(), mail.subject.as_str()), ("ada@example.com", "Testnachricht von demo"));
    answer_with(&tenant, Delivery::Deferred);
    let answer = operator.post("/mail/test", json!({ "email": "ada@example.com" })).await;
    assert_eq!(answer.json["delivery"], "deferred");
    outbox::deliver_due(tenant.state()).await.unwrap();
    assert_eq!(sent(&tenant), 2, "it is tried once");
    for body in [json!({}), json!({ "email": "nobody" }), json!({ "email": "a@b.example", "locale": "xx" })] {
        assert_eq!(operator.post("/mail/test", body).await.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn to_everybody_else_the_paths_are_not_there() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    for (path, body) in [
        ("/mail/preview", json!({ "letter": "sign_in_code" })),
        ("/mail/unsuppress", json!({ "email": "ada@example.com" })),
        ("/mail/test", json!({ "email": "ada@example.com" })),
    ] {
        let answer = browser.post(path, body).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NOT_FOUND, ""), "{path}");
    }
    assert_eq!(browser.get("/mail/suppressions").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_address_that_nobody_is_at_gets_no_more_mail_until_an_operator_lifts_it() {
    let tenant = TestTenant::new().await;
    answer_with(&tenant, Delivery::RecipientRefused);
    let first = ask(&tenant, "gone@example.com").await;
    answer_with(&tenant, Delivery::Delivered);
    let second = ask(&tenant, "Gone@Example.com").await;
    assert_eq!((first.status, &first.text), (second.status, &second.text), "the answers stay the same");
    assert_eq!(sent(&tenant), 1, "the second was not even tried");
    ask(&tenant, "ada@example.com").await;
    assert_eq!(sent(&tenant), 2, "others get theirs");
    assert_eq!((tenant.events("mail.refused").await, tenant.events("mail.suppressed").await), (1, 1));
    let listed: String = tenant.value("SELECT address_hash FROM kiavi.mail_suppression", &[]).await;
    assert!(listed.starts_with("address:") && !listed.contains("gone"), "{listed}");

    let mut operator = tenant.operator();
    assert_eq!(operator.get("/mail/suppressions").await.text, r#"{"count":1}"#);
    let lift = json!({ "email": "GONE@example.com" });
    assert_eq!(operator.post("/mail/unsuppress", lift.clone()).await.text, r#"{"lifted":true}"#);
    assert_eq!(operator.post("/mail/unsuppress", lift).await.text, r#"{"lifted":false}"#);
    assert_eq!(operator.get("/mail/suppressions").await.text, r#"{"count":0}"#);
    assert_eq!(tenant.events("mail.unsuppressed").await, 1);
    ask(&tenant, "gone@example.com").await;
    assert_eq!(sent(&tenant), 3);
}

#[tokio::test]
async fn a_message_that_is_refused_says_nothing_about_its_address() {
    let tenant = TestTenant::new().await;
    answer_with(&tenant, Delivery::Refused);
    ask(&tenant, "ada@example.com").await;
    ask(&tenant, "ada@example.com").await;
    assert_eq!((sent(&tenant), tenant.events("mail.suppressed").await), (2, 0));
}

#[tokio::test]
async fn an_old_entry_is_forgotten() {
    let tenant = TestTenant::new().await;
    let insert = "INSERT INTO kiavi.mail_suppression (address_hash, reason, at)
                  VALUES ('old', 'x', now() - interval '366 days'), ('new', 'x', now())";
    tenant.admin.execute(insert, &[]).await.unwrap();
    crate::housekeeping::sweep(tenant.state()).await;
    let left: String =
        tenant.value("SELECT string_agg(address_hash, ' ') FROM kiavi.mail_suppression", &[]).await;
    assert_eq!(left, "new");
}

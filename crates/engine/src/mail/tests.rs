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
    for path in ["/mail/suppressions", "/mail/deliveries"] {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
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

/// What the list says of each mail that has landed: kind, address, state.
async fn landed(tenant: &TestTenant, query: &str) -> Vec<(String, Option<String>, String)> {
    let answer = tenant.operator().get(&format!("/mail/deliveries?{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let text = |row: &Value, name: &str| row[name].as_str().map(str::to_owned);
    let rows = answer.json["deliveries"].as_array().unwrap().iter();
    rows.map(|row| (text(row, "letter").unwrap(), text(row, "email"), text(row, "state").unwrap())).collect()
}

fn row(letter: &str, email: &str, state: &str) -> (String, Option<String>, String) {
    (letter.to_owned(), Some(email.to_owned()), state.to_owned())
}

#[tokio::test]
async fn an_operator_sees_what_became_of_each_mail() {
    let tenant = TestTenant::new().await;
    ask(&tenant, "ada@example.com").await;
    answer_with(&tenant, Delivery::RecipientRefused);
    ask(&tenant, "gone@example.com").await;
    ask(&tenant, "Gone@example.com").await;
    answer_with(&tenant, Delivery::Refused);
    ask(&tenant, "eve@example.com").await;
    let (ada, eve) = (
        row("sign_in_code", "ada@example.com", "accepted"),
        row("sign_in_code", "eve@example.com", "refused"),
    );
    let (first, second) = (
        row("sign_in_code", "gone@example.com", "refused"),
        row("sign_in_code", "gone@example.com", "suppressed"),
    );
    assert_eq!(landed(&tenant, "").await, [eve.clone(), second.clone(), first.clone(), ada.clone()]);
    assert_eq!(landed(&tenant, "email=GONE@example.com").await, [second.clone(), first.clone()]);
    assert_eq!(landed(&tenant, "state=accepted").await, [ada]);
    assert_eq!(landed(&tenant, "letter=test").await, []);
    let mut operator = tenant.operator();
    let page = operator.get("/mail/deliveries?limit=3").await.json;
    let suppressed = |page: &Value| -> Vec<bool> {
        page["deliveries"].as_array().unwrap().iter().map(|row| row["is_suppressed"] == true).collect()
    };
    assert_eq!(suppressed(&page), [false, true, true]);
    let next = format!("limit=3&cursor={}", page["next"].as_str().unwrap());
    assert_eq!(landed(&tenant, &next).await.len(), 1);
    for wrong in ["state=other", "cursor=x", "surprise="] {
        let answer = operator.get(&format!("/mail/deliveries?{wrong}")).await;
        let is_refused = answer.status == StatusCode::BAD_REQUEST;
        assert_eq!(is_refused, wrong != "surprise=", "{wrong}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_mail_that_waits_is_shown_with_what_is_in_its_way_and_can_be_tried_at_once() {
    let tenant = TestTenant::new().await;
    answer_with(&tenant, Delivery::Deferred);
    ask(&tenant, "ada@example.com").await;
    let mut operator = tenant.operator();
    let told = operator.get("/mail/deliveries?email=ada@example.com").await.json;
    assert_eq!((&told["deliveries"], &told["waiting_count"]), (&json!([]), &json!(1)));
    let waiting = &told["waiting"][0];
    assert_eq!((&waiting["letter"], &waiting["email"]), (&json!("sign_in_code"), &json!("ada@example.com")));
    assert_eq!(operator.get("/mail/deliveries?email=eve@example.com").await.json["waiting"], json!([]));
    assert_eq!(operator.get("/mail/deliveries?state=accepted").await.json["waiting"], json!([]));
    // As one that the relay has put off because of a fault.
    tenant.admin.execute("UPDATE kiavi.outbox SET fault = 'try_later'", &[]).await.unwrap();
    answer_with(&tenant, Delivery::Delivered);
    let body = json!({ "id": waiting["id"] });
    assert_eq!(operator.post("/mail/retry", body.clone()).await.text, r#"{"retried":true}"#);
    outbox::deliver_due(tenant.state()).await.unwrap();
    assert_eq!(landed(&tenant, "").await, [row("sign_in_code", "ada@example.com", "accepted")]);
    assert_eq!(operator.post("/mail/retry", body).await.text, r#"{"retried":false}"#);
}

#[tokio::test]
async fn what_somebody_was_sent_goes_with_them() {
    let tenant = TestTenant::new().await;
    tenant.signed_in("ada@example.com").await;
    outbox::deliver_due(tenant.state()).await.unwrap();
    tenant.signed_in("eve@example.com").await;
    outbox::deliver_due(tenant.state()).await.unwrap();
    // Of the address that she had before as well.
    let change = r#"UPDATE public."user" SET email = 'ada@new.example' WHERE email = 'ada@example.com'"#;
    tenant.admin.execute(change, &[]).await.unwrap();
    ask(&tenant, "ada@new.example").await;
    assert_eq!(landed(&tenant, "").await.len(), 3);
    // One that is under way when she goes.
    answer_with(&tenant, Delivery::Deferred);
    ask(&tenant, "ada@new.example").await;
    tenant.admin.execute(r#"DELETE FROM public."user" WHERE email = 'ada@new.example'"#, &[]).await.unwrap();
    answer_with(&tenant, Delivery::Delivered);
    tenant.admin.execute("UPDATE kiavi.outbox SET next_attempt_at = now()", &[]).await.unwrap();
    outbox::deliver_due(tenant.state()).await.unwrap();
    assert_eq!(
        landed(&tenant, "").await,
        [
            ("sign_in_code".into(), None, "accepted".into()),
            row("sign_in_code", "eve@example.com", "accepted")
        ]
    );
    // One that landed in the same moment.
    let late = "INSERT INTO kiavi.mail_delivery (id, letter, address, user_id, state, attempts, owed_at)
                VALUES ('x', 'test', 'ada@new.example', 'gone', 'accepted', 1, now())";
    tenant.admin.execute(late, &[]).await.unwrap();
    crate::housekeeping::sweep(tenant.state()).await;
    assert_eq!(landed(&tenant, "letter=test").await, []);
}

#[tokio::test]
async fn old_deliveries_are_forgotten() {
    let tenant = TestTenant::new().await;
    let insert = "INSERT INTO kiavi.mail_delivery (id, letter, address, state, attempts, owed_at, at) VALUES
        ('old', 'test', 'a@b.example', 'accepted', 1, now(), now() - interval '31 days'),
        ('new', 'test', 'a@b.example', 'accepted', 1, now(), now())";
    tenant.admin.execute(insert, &[]).await.unwrap();
    crate::housekeeping::sweep(tenant.state()).await;
    let left: String = tenant.value("SELECT string_agg(id, ' ') FROM kiavi.mail_delivery", &[]).await;
    assert_eq!(left, "new");
}

#[tokio::test]
async fn our_words_as_a_template_say_what_our_mails_say() {
    let tenant = TestTenant::new().await;
    let mut operator = tenant.operator();
    for letter in TemplateKind::NAMES {
        for locale in kiavi_base::Locale::ALL.map(kiavi_base::Locale::tag) {
            let asked = json!({ "letter": letter, "locale": locale });
            let template = operator.post("/mail/template", asked.clone()).await;
            assert_eq!(template.status, StatusCode::OK, "{letter} {locale}: {}", template.text);
            let ours = operator.post("/mail/preview", asked.clone()).await.json;
            let mut drafted = asked;
            drafted["template"] = template.json;
            // One character has two names in HTML.
            let drafted = operator.post("/mail/preview", drafted).await.json.to_string();
            let ours = ours.to_string().replace("&#38;", "&amp;");
            assert_eq!(drafted.replace("&#38;", "&amp;"), ours, "{letter} {locale}");
        }
    }
    let other = operator.post("/mail/template", json!({ "letter": "user_deleted" })).await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_draft_is_sent_for_a_trial_before_it_is_saved() {
    let tenant = TestTenant::new().await;
    let template = json!({ "subject": "Draft {{code}}", "text": "{{code}}", "html": "{{code}}" });
    let body = json!({ "email": "ada@example.com", "letter": "sign_in_code", "template": template });
    let answer = tenant.operator().post("/mail/test", body).await;
    assert_eq!(answer.json["delivery"], "delivered", "{}", answer.text);
    assert_eq!(tenant.newest_mail().await.subject, "Draft 123456");
    let body = json!({ "email": "ada@example.com", "template": template });
    assert_eq!(tenant.operator().post("/mail/test", body).await.status, StatusCode::BAD_REQUEST);
}

//! The way back by mail of somebody who has passkeys, and what it must not be: a way to lock them out.

use axum::http::StatusCode;
use kiavi_testkit::SoftAuthenticator;
use serde_json::{Value, json};

use super::{authenticate, owner, register};
use crate::tests::{Answer, Browser, TestTenant};

const LIST: &str = "/passkey/list-user-passkeys";
const DELETE: &str = "/passkey/delete-passkey";
const ADA: &str = "ada@example.com";

async fn id_of_first(browser: &mut Browser) -> Value {
    browser.get(LIST).await.json[0]["id"].clone()
}

async fn remove(browser: &mut Browser, id: &Value) -> Answer {
    browser.post(DELETE, json!({ "id": id })).await
}

fn told(answer: &Answer) -> (StatusCode, &str) {
    (answer.status, answer.code())
}

const HELD: (StatusCode, &str) = (StatusCode::FORBIDDEN, "RECOVERY_WAIT");

async fn notices(tenant: &TestTenant) -> usize {
    crate::outbox::deliver_due(tenant.state()).await.unwrap();
    let mails = tenant.mailbox.mails.lock().unwrap();
    mails.iter().filter(|mail| mail.subject.starts_with("Somebody signed in")).count()
}

/// Has everything be longer ago.
async fn earlier(tenant: &TestTenant, interval: &str) {
    let change = format!(
        r#"UPDATE kiavi.recovery SET since = since - interval '{interval}';
           UPDATE public.passkey SET "createdAt" = "createdAt" - interval '{interval}'"#
    );
    tenant.admin.batch_execute(&change).await.unwrap();
}

#[tokio::test]
async fn who_signs_in_by_mail_cannot_remove_the_passkeys_of_before_until_the_owner_could_hear_of_it() {
    let tenant = TestTenant::new().await;
    let (mut ada, _) = owner(&tenant, ADA).await;
    let old = id_of_first(&mut ada).await;
    assert_eq!(tenant.events("recovery.started").await, 0, "she had none when she came");
    let mut reader = tenant.browser();
    reader.sign_in(&tenant, ADA).await;
    assert_eq!((notices(&tenant).await, tenant.events("recovery.started").await), (1, 1));
    assert_eq!(told(&remove(&mut reader, &old).await), HELD);
    assert_eq!(told(&remove(&mut ada, &old).await), HELD, "whoever it is that is signed in");
    // A passkey that they make gives them no more.
    let mut device = SoftAuthenticator::new();
    assert_eq!(register(&mut reader, &mut device).await.status, StatusCode::OK);
    let mut again = tenant.browser();
    assert_eq!(authenticate(&mut again, &mut device).await.status, StatusCode::OK);
    assert_eq!(told(&remove(&mut again, &old).await), HELD);
    // Coming again makes the wait no longer, and writes no second mail.
    earlier(&tenant, "23 hours").await;
    tenant.browser().sign_in(&tenant, ADA).await;
    assert_eq!(told(&remove(&mut again, &old).await), HELD);
    earlier(&tenant, "2 hours").await;
    assert_eq!(remove(&mut again, &old).await.status, StatusCode::OK);
    assert_eq!((notices(&tenant).await, tenant.events("recovery.started").await), (1, 1));
}

#[tokio::test]
async fn who_still_has_a_passkey_of_before_ends_the_wait() {
    let tenant = TestTenant::new().await;
    let (mut ada, mut device) = owner(&tenant, ADA).await;
    let old = id_of_first(&mut ada).await;
    tenant.browser().sign_in(&tenant, ADA).await;
    assert_eq!(told(&remove(&mut ada, &old).await), HELD);
    let mut back = tenant.browser();
    assert_eq!(authenticate(&mut back, &mut device).await.status, StatusCode::OK);
    assert_eq!(tenant.events("recovery.ended").await, 1);
    assert_eq!(authenticate(&mut tenant.browser(), &mut device).await.status, StatusCode::OK);
    assert_eq!(tenant.events("recovery.ended").await, 1, "there is nothing more to end");
    assert_eq!(remove(&mut back, &old).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_operator_removes_a_passkey_at_any_time() {
    let tenant = TestTenant::new().await;
    let (mut ada, _) = owner(&tenant, ADA).await;
    let old = id_of_first(&mut ada).await;
    tenant.browser().sign_in(&tenant, ADA).await;
    assert_eq!(told(&remove(&mut ada, &old).await), HELD);
    assert_eq!(remove(&mut tenant.operator(), &old).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_tenant_may_do_without_the_wait() {
    let tenant = TestTenant::with(|settings| settings.passkey.recovery_wait_seconds = 0).await;
    let (mut ada, _) = owner(&tenant, ADA).await;
    let old = id_of_first(&mut ada).await;
    tenant.browser().sign_in(&tenant, ADA).await;
    assert_eq!((notices(&tenant).await, tenant.events("recovery.started").await), (0, 0));
    assert_eq!(remove(&mut ada, &old).await.status, StatusCode::OK);
}

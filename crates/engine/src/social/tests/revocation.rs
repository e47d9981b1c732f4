//! Tokens go back to their provider when they are of no use here any more.

use serde_json::json;
use url::form_urlencoded;

use super::{Setup, location};
use crate::{egress::EgressError, outbox, tests::Browser, user::Deletion};

/// Nothing but tokens is owed here.
async fn without_notices(deletion: Deletion) -> Setup {
    Setup::with(|settings| {
        settings.notices.accounts = false;
        settings.user.deletion = deletion;
        settings.account.allow_unlinking_all = true;
    })
    .await
}

async fn with_endpoint(deletion: Deletion) -> (Setup, Browser) {
    let setup = without_notices(deletion).await;
    setup.provider.behave(|b| b.metadata = json!({ "revocation_endpoint": "https://id.example/revoke" }));
    let mut browser = setup.tenant.browser();
    assert_eq!(location(&setup.sign_in(&mut browser, "work").await), "/home");
    (setup, browser)
}

async fn unlink(setup: &Setup, browser: &mut Browser) {
    let id: String = setup.tenant.value("SELECT id FROM account", &[]).await;
    let answer = browser.post("/unlink-account", json!({ "accountId": id })).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

async fn owed(setup: &Setup) -> i64 {
    setup.tenant.value("SELECT count(*) FROM kiavi.outbox", &[]).await
}

async fn deliver(setup: &Setup) {
    outbox::deliver_due(setup.tenant.state()).await.unwrap();
}

/// The outcomes of the events, in order.
async fn outcomes(setup: &Setup) -> String {
    let sql = "SELECT coalesce(string_agg(outcome, ','), '') FROM kiavi.audit_event
               WHERE type = 'provider_tokens.revoked'";
    setup.tenant.value(sql, &[]).await
}

fn revocations(setup: &Setup) -> Vec<Vec<(String, String)>> {
    let requests = setup.provider.requests.lock().unwrap();
    let forms = requests.iter().filter(|(_, url, _)| url.ends_with("/revoke"));
    forms.map(|(_, _, body)| form_urlencoded::parse(body.as_bytes()).into_owned().collect()).collect()
}

#[tokio::test]
async fn an_unlinked_account_s_refresh_token_goes_back_after_commit() {
    let (setup, mut browser) = with_endpoint(Deletion::Off).await;
    unlink(&setup, &mut browser).await;
    assert_eq!((owed(&setup).await, revocations(&setup).len()), (1, 0));
    let sealed: Vec<u8> = setup.tenant.value("SELECT sealed FROM kiavi.outbox", &[]).await;
    assert!(!String::from_utf8_lossy(&sealed).contains("refresh-1"));
    deliver(&setup).await;
    let expected = [
        ("token", "refresh-1"),
        ("token_type_hint", "refresh_token"),
        ("client_id", "client"),
        ("client_secret", "hunter2"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    assert_eq!(revocations(&setup), [expected]);
    assert_eq!((owed(&setup).await, outcomes(&setup).await.as_str()), (0, "success"));
}

#[tokio::test]
async fn an_access_token_goes_back_where_there_is_no_other() {
    let (setup, mut browser) = with_endpoint(Deletion::Off).await;
    setup.tenant.admin.execute(r#"UPDATE account SET "refreshToken" = NULL"#, &[]).await.unwrap();
    unlink(&setup, &mut browser).await;
    deliver(&setup).await;
    let form = revocations(&setup).remove(0);
    assert!(form.contains(&("token".into(), "access-1".into())), "{form:?}");
    assert!(form.contains(&("token_type_hint".into(), "access_token".into())), "{form:?}");
}

#[tokio::test]
async fn the_tokens_of_a_user_who_goes_go_back() {
    let (setup, mut browser) = with_endpoint(Deletion::FreshSession).await;
    assert_eq!(browser.post("/delete-user", json!({})).await.status, 200);
    deliver(&setup).await;
    assert_eq!((revocations(&setup).len(), outcomes(&setup).await.as_str()), (1, "success"));

    setup.sign_in(&mut browser, "work").await;
    let id = setup.tenant.id_of("ada@example.com").await;
    setup.tenant.operator().post("/admin/remove-user", json!({ "userId": id })).await;
    deliver(&setup).await;
    assert_eq!(revocations(&setup).len(), 2);
}

#[tokio::test]
async fn a_provider_that_takes_none_back_is_left_alone() {
    let setup = without_notices(Deletion::Off).await;
    let mut browser = setup.tenant.browser();
    setup.sign_in(&mut browser, "work").await;
    unlink(&setup, &mut browser).await;
    deliver(&setup).await;
    assert_eq!((owed(&setup).await, outcomes(&setup).await.as_str()), (0, ""));
    // GitHub is known to have no such endpoint: nothing is owed.
    let github = r#"INSERT INTO account (id, "accountId", "providerId", "userId", "accessToken", "updatedAt")
                    SELECT 'g', 'x', 'github', id, 'token', now() FROM "user""#;
    setup.tenant.admin.execute(github, &[]).await.unwrap();
    unlink(&setup, &mut browser).await;
    assert_eq!((owed(&setup).await, revocations(&setup).len()), (0, 0));
}

#[tokio::test]
async fn a_known_provider_s_endpoint_is_known() {
    let setup = without_notices(Deletion::Off).await;
    let mut browser = setup.tenant.signed_in("ada@example.com").await;
    let google = r#"INSERT INTO account (id, "accountId", "providerId", "userId", "accessToken", "updatedAt")
                    SELECT 'g', 'x', 'google', id, 'in-clear', now() FROM "user""#;
    setup.tenant.admin.execute(google, &[]).await.unwrap();
    unlink(&setup, &mut browser).await;
    deliver(&setup).await;
    assert_eq!(setup.provider.count("https://oauth2.googleapis.com/revoke"), 1);
}

#[tokio::test]
async fn one_that_cannot_be_reached_is_tried_again_for_an_hour() {
    let (setup, mut browser) = with_endpoint(Deletion::Off).await;
    setup.provider.behave(|b| b.way = Some(EgressError::Unreachable));
    unlink(&setup, &mut browser).await;
    deliver(&setup).await;
    assert_eq!((owed(&setup).await, outcomes(&setup).await.as_str()), (1, ""));
    setup.provider.behave(|b| (b.way, b.revocation) = (None, 503));
    setup.tenant.admin.execute("UPDATE kiavi.outbox SET next_attempt_at = now()", &[]).await.unwrap();
    deliver(&setup).await;
    assert_eq!((owed(&setup).await, outcomes(&setup).await.as_str()), (1, ""));
    let late = "UPDATE kiavi.outbox SET expires_at = now() - interval '1 second', next_attempt_at = now()";
    setup.tenant.admin.execute(late, &[]).await.unwrap();
    deliver(&setup).await;
    assert_eq!((owed(&setup).await, outcomes(&setup).await.as_str()), (0, "failure"));
    assert_eq!(setup.tenant.events("mail.expired").await, 0);
}

#[tokio::test]
async fn one_that_refuses_is_not_asked_again() {
    let (setup, mut browser) = with_endpoint(Deletion::Off).await;
    setup.provider.behave(|b| b.revocation = 400);
    unlink(&setup, &mut browser).await;
    deliver(&setup).await;
    assert_eq!((owed(&setup).await, outcomes(&setup).await.as_str()), (0, "failure"));
}

//! What happens at the same moment. One side is a transaction of the test's own, which ends when the other waits for it.

use serde_json::json;

use super::{Setup, location};
use crate::tests::{Answer, Browser};

/// A user whose address nobody has proved, with the account and the session of whoever set it up.
const PLANTED: &str = r#"
    INSERT INTO "user" (id, name, email, "emailVerified") VALUES ('planted', '', 'ada@example.com', false);
    INSERT INTO account (id, "accountId", "providerId", "userId", "updatedAt")
      VALUES ('a1', 'ada-at-work', 'work', 'planted', now());
    INSERT INTO session (id, token, "userId", "expiresAt", "updatedAt")
      VALUES ('s1', 'early', 'planted', now() + interval '1 day', now());"#;

async fn planted() -> Setup {
    let setup = Setup::new().await;
    setup.tenant.admin.batch_execute(PLANTED).await.unwrap();
    setup.provider.behave(|b| b.claims = json!({ "email_verified": false }));
    setup
}

/// `steps` are done in a transaction that is committed as soon as `request` waits for it.
async fn meanwhile(setup: &Setup, steps: &str, request: impl Future<Output = Answer>) -> Answer {
    let admin = &setup.tenant.admin;
    admin.batch_execute(&format!("BEGIN; {steps}")).await.unwrap();
    let commit = async {
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while setup.tenant.value::<i64>(waits, &[]).await == 0 {
            admin.batch_execute("SELECT pg_stat_clear_snapshot()").await.unwrap();
            tokio::task::yield_now().await;
        }
        admin.batch_execute("COMMIT").await.unwrap();
    };
    tokio::join!(request, commit).0
}

/// The address's owner proves it with a code.
async fn prove(setup: &Setup) -> (Browser, String) {
    let mut owner = setup.tenant.browser();
    let body = json!({ "email": "ada@example.com", "type": "sign-in" });
    owner.post("/email-otp/send-verification-otp", body).await;
    (owner, setup.tenant.newest_code().await)
}

async fn rows(setup: &Setup, table: &str) -> i64 {
    setup.tenant.value(&format!("SELECT count(*) FROM {table}"), &[]).await
}

#[tokio::test]
async fn a_sign_in_by_an_account_that_is_being_removed_is_none() {
    let setup = planted().await;
    let mut attacker = setup.tenant.browser();
    let body = json!({ "provider": "work", "errorCallbackURL": "/failed" });
    let path = setup.begin(&mut attacker, body).await;
    let steps = r#"DELETE FROM session; DELETE FROM account; UPDATE "user" SET "emailVerified" = true;"#;
    let answer = meanwhile(&setup, steps, attacker.get(&path)).await;
    assert_eq!(location(&answer), "/failed?error=account_not_linked");
    assert_eq!((rows(&setup, "session").await, rows(&setup, "account").await), (0, 0));
}

#[tokio::test]
async fn a_session_that_begins_while_the_owner_proves_the_address_ends() {
    let setup = planted().await;
    let (mut owner, code) = prove(&setup).await;
    // A sign-in by the account, which holds its row until the session is there.
    let steps = r#"UPDATE account SET "updatedAt" = now();
        INSERT INTO session (id, token, "userId", "expiresAt", "updatedAt")
          VALUES ('s2', 'late', 'planted', now() + interval '1 day', now());"#;
    let redeem = owner.post("/sign-in/email-otp", json!({ "email": "ada@example.com", "otp": code }));
    assert_eq!(meanwhile(&setup, steps, redeem).await.status, 200);
    let left: i64 =
        setup.tenant.value("SELECT count(*) FROM session WHERE token IN ('early', 'late')", &[]).await;
    assert_eq!((left, rows(&setup, "session").await, rows(&setup, "account").await), (0, 1, 0));
}

#[tokio::test]
async fn an_account_that_is_linked_while_the_owner_proves_the_address_goes() {
    let setup = planted().await;
    let (mut owner, code) = prove(&setup).await;
    // A linking, which holds the session that it is done in.
    let steps = r#"SELECT 1 FROM session WHERE token = 'early' FOR SHARE;
        INSERT INTO account (id, "accountId", "providerId", "userId", "updatedAt")
          VALUES ('a2', 'mallory', 'github', 'planted', now());"#;
    let redeem = owner.post("/sign-in/email-otp", json!({ "email": "ada@example.com", "otp": code }));
    assert_eq!(meanwhile(&setup, steps, redeem).await.status, 200);
    assert_eq!((rows(&setup, "session").await, rows(&setup, "account").await), (1, 0));
}

#[tokio::test]
async fn nothing_is_added_by_a_session_that_is_ending() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.signed_in("ada@example.com").await;
    let body = json!({ "provider": "work", "callbackURL": "/account", "errorCallbackURL": "/failed" });
    let begun = browser.post("/link-social", body).await;
    let path = setup.provider.agree(begun.json["url"].as_str().unwrap());
    let answer = meanwhile(&setup, "DELETE FROM session;", browser.get(&path)).await;
    assert_eq!(location(&answer), "/failed?error=unable_to_link_account");
    assert_eq!(rows(&setup, "account").await, 0);

    let mut browser = setup.tenant.signed_in("ada@example.com").await;
    let key = browser.post("/api-key/create", json!({}));
    assert_eq!(meanwhile(&setup, "DELETE FROM session;", key).await.code(), "UNAUTHORIZED_SESSION");
    assert_eq!(rows(&setup, "apikey").await, 0);
}

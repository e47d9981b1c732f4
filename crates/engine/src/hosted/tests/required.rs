//! The pages where passkeys are required.

use axum::http::StatusCode;

use super::{location, notice, open, sign_in, submit};
use crate::{PasskeyPolicy, tests::TestTenant};

async fn tenant() -> TestTenant {
    TestTenant::with(|settings| settings.passkey.policy = PasskeyPolicy::Required).await
}

/// Gives everybody a passkey.
async fn give_passkeys(tenant: &TestTenant) {
    let insert = r#"INSERT INTO passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
                    SELECT 'p' || id, 'key', id, 'credential' || id, 0, 'singleDevice', false FROM "user""#;
    tenant.admin.execute(insert, &[]).await.unwrap();
}

#[tokio::test]
async fn without_a_passkey_every_way_on_leads_to_making_one() {
    let tenant = tenant().await;
    let mut browser = sign_in(&tenant).await;
    let page = open(&mut browser, "/sign-in/passkey").await;
    assert!(page.text.contains("<passkey-create") && !page.text.contains("Not now"), "{}", page.text);
    assert!(page.text.contains("action=\"/sign-out\""), "there is a way out");
    assert_eq!(location(&open(&mut browser, "/sign-in/done").await), "/sign-in/passkey");
    assert_eq!(submit(&mut browser, "/sign-in/passkey", "").await, "/sign-in/passkey");
    assert_eq!(
        open(&mut browser, "/sign-in/passkey").await.status,
        StatusCode::OK,
        "declining is not counted"
    );
    give_passkeys(&tenant).await;
    assert_eq!(location(&open(&mut browser, "/sign-in/passkey").await), "/sign-in/done");
    assert_eq!(location(&open(&mut browser, "/sign-in/done").await), "/account");
}

#[tokio::test]
async fn the_way_back_survives_the_making() {
    let tenant = tenant().await;
    let mut browser = tenant.browser();
    open(&mut browser, "/sign-in?redirect=%2Fshop").await;
    submit(&mut browser, "/sign-in", "email=ada%40example.com").await;
    let code = tenant.newest_code().await;
    submit(&mut browser, "/sign-in/code", &format!("code={code}")).await;
    assert_eq!(location(&open(&mut browser, "/sign-in/done").await), "/sign-in/passkey");
    give_passkeys(&tenant).await;
    assert_eq!(location(&open(&mut browser, "/sign-in/done").await), "/shop");
}

#[tokio::test]
async fn with_a_passkey_a_code_leads_back_to_it() {
    let tenant = tenant().await;
    sign_in(&tenant).await;
    give_passkeys(&tenant).await;
    let mut browser = sign_in(&tenant).await;
    let page = open(&mut browser, "/sign-in").await;
    assert_eq!(notice(&page), Some("passkey-required"));
    assert!(page.text.contains("<passkey-sign-in"));
    assert_eq!(location(&open(&mut browser, "/account").await), "/sign-in");
}

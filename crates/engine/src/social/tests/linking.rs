//! When an account and a user are the same person.

use serde_json::json;

use super::{Setup, location};

/// A user whose address nobody has proved, with a session and a passkey: what an attacker can prepare.
const PLANTED: &str = r#"
    INSERT INTO "user" (id, name, email, "emailVerified") VALUES ('planted', '', 'ada@example.com', false);
    INSERT INTO session (id, token, "userId", "expiresAt", "updatedAt")
      VALUES ('s1', 'token', 'planted', now() + interval '1 day', now());
    INSERT INTO passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
      VALUES ('p1', 'key', 'planted', 'credential', 0, 'singleDevice', false);"#;

const NOT_LINKED: &str = "/failed?a=b&error=account_not_linked";

#[tokio::test]
async fn an_address_that_both_sides_proved_joins_them() {
    let setup = Setup::new().await;
    setup.tenant.signed_in("ada@example.com").await;
    let mut browser = setup.tenant.browser();
    assert_eq!(location(&setup.sign_in(&mut browser, "work").await), "/home");
    assert_eq!(browser.get("/get-session").await.json["user"]["email"], "ada@example.com");
    assert_eq!((setup.users().await, setup.tenant.events("account.linked").await), (1, 1));
}

#[tokio::test]
async fn an_address_that_the_provider_did_not_prove_joins_nobody() {
    let setup = Setup::new().await;
    setup.tenant.signed_in("ada@example.com").await;
    for told in [json!(false), json!(null), json!("false")] {
        setup.provider.behave(|b| b.claims = json!({ "email_verified": told }));
        let answer = setup.sign_in(&mut setup.tenant.browser(), "work").await;
        assert_eq!(location(&answer), NOT_LINKED, "{told}");
    }
    let accounts: i64 = setup.tenant.value("SELECT count(*) FROM account", &[]).await;
    assert_eq!(accounts, 0);
    assert_eq!(setup.tenant.facts("account.refused").await["cause"], "account_not_linked");
}

#[tokio::test]
async fn trust_stands_in_for_silence_and_not_for_a_no() {
    let setup = Setup::with(|s| s.social.providers[0].trusted = true).await;
    setup.tenant.signed_in("ada@example.com").await;
    setup.provider.behave(|b| b.claims = json!({ "email_verified": false }));
    assert_eq!(location(&setup.sign_in(&mut setup.tenant.browser(), "work").await), NOT_LINKED);
    setup.provider.behave(|b| b.claims = json!({ "email_verified": null }));
    assert_eq!(location(&setup.sign_in(&mut setup.tenant.browser(), "work").await), "/home");
}

#[tokio::test]
async fn a_user_whose_address_nobody_proved_is_not_joined() {
    let setup = Setup::new().await;
    setup.tenant.admin.batch_execute(PLANTED).await.unwrap();
    assert_eq!(location(&setup.sign_in(&mut setup.tenant.browser(), "work").await), NOT_LINKED);
    // The owner proves the address with a code: what was planted goes, and now the provider joins.
    setup.tenant.signed_in("ada@example.com").await;
    let passkeys: i64 = setup.tenant.value("SELECT count(*) FROM passkey", &[]).await;
    assert_eq!(passkeys, 0);
    assert_eq!(location(&setup.sign_in(&mut setup.tenant.browser(), "work").await), "/home");
}

#[tokio::test]
async fn a_proof_by_the_provider_ends_what_was_set_up_before_it() {
    let setup = Setup::new().await;
    setup.provider.behave(|b| b.claims = json!({ "email_verified": false }));
    let mut browser = setup.tenant.browser();
    assert_eq!(location(&setup.sign_in(&mut browser, "work").await), "/home");
    let more = r#"
        INSERT INTO account (id, "accountId", "providerId", "userId", "updatedAt")
          SELECT 'other', 'mallory', 'github', id, now() FROM "user";
        INSERT INTO passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
          SELECT 'p1', 'key', id, 'credential', 0, 'singleDevice', false FROM "user""#;
    setup.tenant.admin.batch_execute(more).await.unwrap();
    setup.provider.behave(|b| b.claims = json!({}));
    let mut owner = setup.tenant.browser();
    assert_eq!(location(&setup.sign_in(&mut owner, "work").await), "/home");
    assert_eq!(owner.get("/get-session").await.json["user"]["emailVerified"], true);
    assert!(browser.get("/get-session").await.json.is_null(), "the session from before has ended");
    let left: String = setup
        .tenant
        .value(
            r#"SELECT string_agg("providerId", ',') FROM account WHERE NOT EXISTS (SELECT 1 FROM passkey)"#,
            &[],
        )
        .await;
    assert_eq!(left, "work", "the account that is the proof stays");
    assert_eq!(setup.tenant.events("unproven_access.revoked").await, 1);
}

#[tokio::test]
async fn sign_up_can_be_closed() {
    let closed = "/failed?a=b&error=signup_disabled";
    let setup = Setup::with(|s| s.social.providers[0].disable_sign_up = true).await;
    assert_eq!(location(&setup.sign_in(&mut setup.tenant.browser(), "work").await), closed);
    let setup = Setup::with(|s| s.is_sign_up_open = false).await;
    assert_eq!(location(&setup.sign_in(&mut setup.tenant.browser(), "work").await), closed);
    let setup = Setup::with(|s| s.abuse.blocked_domains = ["example.com".parse().unwrap()].into()).await;
    assert_eq!(location(&setup.sign_in(&mut setup.tenant.browser(), "work").await), closed);
    let setup = Setup::with(|s| s.social.providers[0].disable_implicit_sign_up = true).await;
    assert_eq!(location(&setup.sign_in(&mut setup.tenant.browser(), "work").await), closed);
    let mut browser = setup.tenant.browser();
    let asked = json!({ "provider": "work", "callbackURL": "/home", "requestSignUp": true });
    let path = setup.begin(&mut browser, asked).await;
    assert_eq!(location(&browser.get(&path).await), "/home");
}

#[tokio::test]
async fn without_an_address_and_with_a_ban_nobody_gets_in() {
    let setup = Setup::new().await;
    setup.provider.behave(|b| b.claims = json!({ "email": null }));
    let answer = setup.sign_in(&mut setup.tenant.browser(), "work").await;
    assert_eq!(location(&answer), "/failed?a=b&error=email_not_found");
    setup.provider.behave(|b| b.claims = json!({}));
    setup.sign_in(&mut setup.tenant.browser(), "work").await;
    setup.tenant.admin.batch_execute(r#"UPDATE "user" SET banned = true"#).await.unwrap();
    let answer = setup.sign_in(&mut setup.tenant.browser(), "work").await;
    assert!(location(&answer).starts_with("/failed?a=b&error=BANNED_USER&error_description="));
    assert_eq!(setup.tenant.events("session.refused").await, 1);
}

#[tokio::test]
async fn a_signed_in_user_links_an_account() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.signed_in("ada@example.com").await;
    let before = browser.get("/get-session").await.json["session"]["id"].clone();
    let body = json!({ "provider": "work", "callbackURL": "/account", "errorCallbackURL": "/failed" });
    let link = async |browser: &mut crate::tests::Browser| {
        let begun = browser.post("/link-social", body.clone()).await;
        let path = setup.provider.agree(begun.json["url"].as_str().unwrap());
        location(&browser.get(&path).await).to_owned()
    };
    assert_eq!(link(&mut browser).await, "/account");
    assert_eq!(browser.get("/get-session").await.json["session"]["id"], before, "no new session");
    assert_eq!(link(&mut browser).await, "/account", "again, the tokens are brought up to date");
    let accounts: i64 = setup.tenant.value("SELECT count(*) FROM account", &[]).await;
    assert_eq!(accounts, 1);

    let mut other = setup.tenant.signed_in("eve@example.com").await;
    assert_eq!(link(&mut other).await, "/failed?error=email_does_not_match");
    setup.provider.behave(|b| b.claims = json!({ "email": "eve@example.com" }));
    assert_eq!(link(&mut other).await, "/failed?error=account_already_linked_to_different_user");
    setup
        .provider
        .behave(|b| b.claims = json!({ "email": "eve@example.com", "sub": "eve", "email_verified": false }));
    assert_eq!(link(&mut other).await, "/failed?error=unable_to_link_account");
    assert_eq!(setup.tenant.browser().post("/link-social", body.clone()).await.code(), "UNAUTHORIZED");
}

#[tokio::test]
async fn a_linking_ends_with_the_session_that_began_it() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.signed_in("ada@example.com").await;
    let begun =
        browser.post("/link-social", json!({ "provider": "work", "errorCallbackURL": "/failed" })).await;
    let value: String = setup.tenant.value("SELECT value FROM verification", &[]).await;
    let token = browser.get("/get-session").await.json["session"]["token"].as_str().unwrap().to_owned();
    assert!(!value.contains(&token), "the state's row holds no session token");
    let path = setup.provider.agree(begun.json["url"].as_str().unwrap());
    browser.post("/sign-out", json!({})).await;
    assert_eq!(location(&browser.get(&path).await), "/failed?error=unable_to_link_account");
}

#[tokio::test]
async fn another_address_is_linked_only_where_the_tenant_allows_it() {
    let setup = Setup::with(|s| s.social.allows_different_emails = true).await;
    let mut browser = setup.tenant.signed_in("other@example.com").await;
    let begun = browser.post("/link-social", json!({ "provider": "work", "callbackURL": "/account" })).await;
    let path = setup.provider.agree(begun.json["url"].as_str().unwrap());
    assert_eq!(location(&browser.get(&path).await), "/account");
    let email = browser.get("/get-session").await.json["user"]["email"].clone();
    assert_eq!(email, "other@example.com", "the user's own address stays");
}

#[tokio::test]
async fn an_address_that_a_tenant_of_microsoft_s_wrote_joins_nobody() {
    let discovery = "https://id.example/.well-known/openid-configuration";
    let setup = Setup::with(|s| {
        let mut microsoft = s.social.providers[0].clone();
        microsoft.id = "microsoft".to_owned();
        microsoft.discovery_url = Some(discovery.to_owned());
        microsoft.trusted = true;
        s.social.providers.push(microsoft);
    })
    .await;
    setup.tenant.signed_in("ada@example.com").await;
    setup.provider.behave(|b| b.claims = json!({ "oid": "o-1", "email_verified": null }));
    assert_eq!(location(&setup.sign_in(&mut setup.tenant.browser(), "microsoft").await), NOT_LINKED);
    let claims = json!({ "oid": "o-1", "email": "ada@example.com", "email_verified": null,
        "verified_primary_email": ["ada@example.com"] });
    setup.provider.behave(|b| b.claims = claims);
    assert_eq!(location(&setup.sign_in(&mut setup.tenant.browser(), "microsoft").await), "/home");
    let subject: String = setup.tenant.value(r#"SELECT "accountId" FROM account"#, &[]).await;
    assert_eq!(subject, "o-1");
}

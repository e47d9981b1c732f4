//! Making, publishing and replacing keys.

use axum::http::StatusCode;
use futures_util::future::join_all;
use jiff::SignedDuration;
use kiavi_base::ExposeSecret;
use kiavi_crypto::{JwsAlgorithm, PublicJwk, SecretVersion, SigningKey, SystemRng, TenantSecret};
use serde_json::{Value, json};

use super::{Token, token};
use crate::{
    jwt::{TokenAlgorithm, delete_unpublished},
    tests::{Browser, TestTenant},
};

/// After this much time the keys are read again.
const STALE: SignedDuration = SignedDuration::from_secs(11);

async fn key_set(browser: &mut Browser) -> Value {
    let answer = browser.get("/jwks").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json
}

fn ids(key_set: &Value) -> Vec<&str> {
    key_set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap()).collect()
}

async fn run(tenant: &TestTenant, sql: &str) {
    tenant.admin.batch_execute(sql).await.unwrap();
}

async fn live_keys(tenant: &TestTenant) -> i64 {
    let sql = r#"SELECT count(*) FROM jwks WHERE "expiresAt" IS NULL OR "expiresAt" > now()"#;
    tenant.value(sql, &[]).await
}

/// WK-15, at two engines on one database.
#[tokio::test]
async fn however_many_ask_first_there_is_one_key() {
    let tenant = TestTenant::with(|settings| settings.rate_limits.general = None).await;
    let signed_in = tenant.signed_in("ada@example.com").await;
    let replica = tenant.at_another_engine(&signed_in, |_| {});
    let calls = (0..50).map(|number| {
        let mut browser = if number % 2 == 0 { signed_in.clone() } else { replica.clone() };
        async move {
            if number % 3 == 0 {
                vec![token(&mut browser).await.header["kid"].as_str().unwrap().to_owned()]
            } else {
                ids(&key_set(&mut browser).await).into_iter().map(str::to_owned).collect()
            }
        }
    });
    let seen = join_all(calls).await;
    assert!(seen.iter().all(|ids| ids == &seen[0] && ids.len() == 1), "{seen:?}");
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM jwks", &[]).await, 1);
    assert_eq!(tenant.events("signing_key.created").await, 1);
}

#[tokio::test]
async fn a_key_is_stored_as_better_auth_stores_it() {
    let tenant = TestTenant::new().await;
    let set = key_set(&mut tenant.browser()).await;
    let columns = r#"SELECT to_jsonb(jwks) FROM jwks"#;
    let row: Value = tenant.value(columns, &[]).await;
    assert_eq!(
        (&row["alg"], &row["crv"], &row["expiresAt"]),
        (&json!("EdDSA"), &json!("Ed25519"), &Value::Null)
    );
    assert_eq!((row["id"].as_str().unwrap().len(), ids(&set)), (32, vec![row["id"].as_str().unwrap()]));
    let envelope: String = serde_json::from_str(row["privateKey"].as_str().unwrap()).unwrap();
    let private = tenant.state().secret.decrypt(&envelope).unwrap();
    let public: Value = serde_json::from_str(row["publicKey"].as_str().unwrap()).unwrap();
    let mut expected: Value = serde_json::from_str(&private).unwrap();
    expected.as_object_mut().unwrap().remove("d").unwrap();
    assert_eq!(public, expected);
    let published =
        json!({ "alg": "EdDSA", "crv": "Ed25519", "kty": "OKP", "x": public["x"], "kid": row["id"] });
    assert_eq!(set, json!({ "keys": [published] }));
}

#[tokio::test]
async fn the_key_set_may_be_cached_for_as_long_as_the_tenant_says() {
    let tenant = TestTenant::with(|settings| settings.jwt.jwks_max_age_seconds = 120).await;
    let answer = tenant.browser().get("/jwks").await;
    assert_eq!(answer.headers["cache-control"], "public, max-age=120");
    assert_eq!(
        (&answer.headers["content-type"], &answer.headers["vary"]),
        (&"application/json".parse().unwrap(), &"origin".parse().unwrap())
    );
}

#[tokio::test]
async fn keys_are_answered_from_memory_and_read_again_after_a_while() {
    let tenant = TestTenant::with(|settings| settings.rate_limits.general = None).await;
    let mut browser = tenant.browser();
    let first = key_set(&mut browser).await;
    let key = SigningKey::generate(JwsAlgorithm::Es256).unwrap();
    let public = serde_json::to_string(key.public_jwk()).unwrap();
    let insert = format!(
        r#"INSERT INTO jwks (id, "publicKey", "privateKey", "createdAt", alg, crv)
           VALUES ('of-another-server', '{public}', '"00"', now(), 'ES256', 'P-256')"#
    );
    run(&tenant, &insert).await;
    assert_eq!(key_set(&mut browser).await, first);
    tenant.clock.advance(STALE);
    assert_eq!(ids(&key_set(&mut browser).await), ["of-another-server", ids(&first)[0]]);
    tenant.clock.advance(SignedDuration::from_hours(-1));
    run(&tenant, "DELETE FROM jwks WHERE id = 'of-another-server'").await;
    assert_eq!(key_set(&mut browser).await, first, "a clock that was set back is no reason to wait");
}

#[tokio::test]
async fn rotation_is_lazy_and_old_keys_stay_for_the_grace_period() {
    let tenant = TestTenant::with(|settings| settings.jwt.rotation_interval_seconds = Some(3_600)).await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let old = token(&mut browser).await;
    let left = r#"SELECT extract(epoch FROM "expiresAt" - "createdAt")::float8 FROM jwks"#;
    assert_eq!(tenant.value::<f64>(left, &[]).await, 3_600.0);

    run(&tenant, r#"UPDATE jwks SET "expiresAt" = now() - interval '1 s'"#).await;
    tenant.clock.advance(STALE);
    let new = token(&mut browser).await;
    assert_ne!(new.header["kid"], old.header["kid"]);
    let set = key_set(&mut browser).await;
    assert!(old.verifies_with(&set) && new.verifies_with(&set));
    assert_eq!(live_keys(&tenant).await, 1);
    assert_eq!(tenant.events("signing_key.rotated").await, 1);

    let end = r#"UPDATE jwks SET "expiresAt" = now() - interval '30 d 1 s' WHERE "expiresAt" < now()"#;
    run(&tenant, end).await;
    tenant.clock.advance(STALE);
    let set = key_set(&mut browser).await;
    assert!(!old.verifies_with(&set) && new.verifies_with(&set));

    let settings = &tenant.state().settings.jwt;
    assert_eq!(delete_unpublished(&tenant.runtime(), settings).await.unwrap(), 0, "not at once");
    run(&tenant, r#"UPDATE jwks SET "expiresAt" = now() - interval '31 d 1 s' WHERE "expiresAt" < now()"#)
        .await;
    assert_eq!(delete_unpublished(&tenant.runtime(), settings).await.unwrap(), 1);
}

#[tokio::test]
async fn a_key_signs_no_longer_than_the_database_says() {
    let tenant = TestTenant::with(|settings| settings.jwt.rotation_interval_seconds = Some(3_600)).await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let old = token(&mut browser).await;
    run(&tenant, r#"UPDATE jwks SET "expiresAt" = now() + interval '4 s'"#).await;
    tenant.clock.advance(STALE);
    assert_eq!(token(&mut browser).await.header["kid"], old.header["kid"]);
    // The engine's clock measures the four seconds, the database's had said that there are no more.
    run(&tenant, r#"UPDATE jwks SET "expiresAt" = now()"#).await;
    tenant.clock.advance(SignedDuration::from_secs(4));
    assert_ne!(token(&mut browser).await.header["kid"], old.header["kid"]);
}

#[tokio::test]
async fn a_rotation_interval_counts_for_a_key_that_was_made_without_an_end() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let old = token(&mut browser).await;
    run(&tenant, r#"UPDATE jwks SET "createdAt" = now() - interval '2 h'"#).await;
    let rotates = |parts: &mut crate::EngineParts| parts.settings.jwt.rotation_interval_seconds = Some(3_600);
    let mut browser = tenant.at_another_engine(&browser, rotates);
    let new = token(&mut browser).await;
    assert_ne!(new.header["kid"], old.header["kid"]);
    assert!(old.verifies_with(&key_set(&mut browser).await));
    assert_eq!(live_keys(&tenant).await, 1);
}

#[tokio::test]
async fn a_key_that_does_not_open_is_replaced_and_stays_published() {
    let tenant = TestTenant::new().await;
    let browser = tenant.signed_in("ada@example.com").await;
    let old = token(&mut browser.clone()).await;
    let foreign = TenantSecret::new("another-secret-another-secret-00".to_owned().into());
    let envelope = serde_json::to_string(&foreign.encrypt(&SystemRng, "{}")).unwrap();
    for damaged in [envelope.as_str(), "", "\"zz\"", "{}"] {
        run(&tenant, &format!(r#"UPDATE jwks SET "privateKey" = '{damaged}'"#)).await;
        let mut browser = tenant.at_another_engine(&browser, |_| {});
        let new = token(&mut browser).await;
        assert_ne!(new.header["kid"], old.header["kid"]);
        let set = key_set(&mut browser).await;
        assert!(new.verifies_with(&set) && old.verifies_with(&set));
        assert_eq!(live_keys(&tenant).await, 1, "no key is left for Better Auth to stumble over");
        assert!(browser.get("/get-session").await.headers.contains_key("set-auth-jwt"));
    }
}

#[tokio::test]
async fn a_rotated_secret_opens_the_keys_from_before() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let first = key_set(&mut browser).await;
    let version = |version, text: &str| SecretVersion { version, text: text.to_owned().into() };
    let before = tenant.state().secret.expose_secret().to_owned();
    let versions = [version(2, "the-new-secret-the-new-secret-00")];
    let rotated = TenantSecret::versioned(versions, Some(before.into())).unwrap();
    browser = tenant.at_another_engine(&browser, |parts| parts.secret = rotated.clone());
    let token = token(&mut browser).await;
    assert_eq!(token.header["kid"], ids(&first)[0]);
    assert!(token.verifies_with(&first));
}

#[tokio::test]
async fn another_algorithm_takes_effect_with_a_new_key() {
    let tenant = TestTenant::new().await;
    let browser = tenant.signed_in("ada@example.com").await;
    let old = token(&mut browser.clone()).await;
    for (algorithm, name, curve) in [
        (TokenAlgorithm::Es256, "ES256", Some("P-256")),
        (TokenAlgorithm::Es512, "ES512", Some("P-521")),
        (TokenAlgorithm::Rs256, "RS256", None),
        (TokenAlgorithm::Ps256, "PS256", None),
    ] {
        let mut browser =
            tenant.at_another_engine(&browser, |parts| parts.settings.jwt.algorithm = algorithm);
        let new = token(&mut browser).await;
        assert_eq!(new.header["alg"], name);
        let set = key_set(&mut browser).await;
        let key = &set["keys"][0];
        assert_eq!(
            (&key["kid"], &key["alg"], key["crv"].as_str()),
            (&new.header["kid"], &json!(name), curve)
        );
        assert!(serde_json::from_value::<PublicJwk>(key.clone()).is_ok());
        assert!(old.verifies_with(&set));
        assert_eq!(live_keys(&tenant).await, 1);
        let crv: Option<String> = tenant.value("SELECT crv FROM jwks WHERE alg = $1", &[&name]).await;
        assert_eq!(crv.as_deref(), curve);
    }
}

#[tokio::test]
async fn when_the_database_is_away_the_keys_are_still_told() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    let first = key_set(&mut browser).await;
    let away = format!(
        "ALTER DATABASE {name} CONNECTION LIMIT 0;
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = '{name}' AND pid <> pg_backend_pid()",
        name = tenant.database.name()
    );
    run(&tenant, &away).await;
    tenant.clock.advance(STALE);
    assert_eq!(key_set(&mut browser).await, first);
    let mut fresh = tenant.at_another_engine(&browser, |_| {});
    assert_eq!(fresh.get("/jwks").await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_session_is_told_even_if_there_can_be_no_token() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    run(&tenant, "REVOKE INSERT ON jwks FROM kiavi_test_runtime").await;
    let answer = browser.get("/get-session").await;
    assert_eq!(
        (answer.status, answer.json["user"]["email"].as_str()),
        (StatusCode::OK, Some("ada@example.com"))
    );
    assert!(!answer.headers.contains_key("set-auth-jwt"));
    assert_eq!(browser.get("/token").await.status, StatusCode::INTERNAL_SERVER_ERROR);
    run(&tenant, "GRANT INSERT ON jwks TO kiavi_test_runtime").await;
    let text = browser.get("/get-session").await.headers["set-auth-jwt"].to_str().unwrap().to_owned();
    assert!(Token::read(&text).verifies_with(&key_set(&mut browser).await));
}

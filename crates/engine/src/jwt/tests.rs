mod keys;

use axum::http::{Method, StatusCode};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use kiavi_crypto::VerifyingKey;
use serde_json::{Value, json};

use super::UserClaim;
use crate::tests::{Browser, ORIGIN, TestTenant};

/// The parts of a token.
pub(super) struct Token {
    pub(super) header: Value,
    pub(super) claims: Value,
    signed: String,
    signature: Vec<u8>,
}

impl Token {
    pub(super) fn read(text: &str) -> Self {
        let parts: Vec<_> = text.split('.').collect();
        let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
        let json = |part| serde_json::from_slice(&bytes(part)).unwrap();
        Self {
            header: json(parts[0]),
            claims: json(parts[1]),
            signed: format!("{}.{}", parts[0], parts[1]),
            signature: bytes(parts[2]),
        }
    }

    fn key_id(&self) -> &str {
        self.header["kid"].as_str().unwrap()
    }

    /// As somebody verifies who has nothing but the answer of `/jwks`.
    pub(super) fn verifies_with(&self, key_set: &Value) -> bool {
        let keys = key_set["keys"].as_array().unwrap();
        let Some(key) = keys.iter().find(|key| key["kid"] == self.key_id()) else { return false };
        assert_eq!((&key["alg"], &key["crv"]), (&self.header["alg"], &"Ed25519".into()));
        let x = URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap();
        VerifyingKey::ed25519(&x).unwrap().verify(self.signed.as_bytes(), &self.signature).is_ok()
    }

    fn claim_names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.claims.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    fn life(&self) -> i64 {
        self.claims["exp"].as_i64().unwrap() - self.claims["iat"].as_i64().unwrap()
    }
}

pub(super) async fn token(browser: &mut Browser) -> Token {
    let answer = browser.get("/token").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.headers["cache-control"], "no-store");
    Token::read(answer.json["token"].as_str().unwrap())
}

async fn session(browser: &mut Browser) -> Value {
    browser.get("/get-session").await.json
}

/// WK-7, JW-1, JW-2.
#[tokio::test]
async fn a_token_says_who_and_in_which_session_and_nothing_else() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let told = session(&mut browser).await;
    let token = token(&mut browser).await;
    assert_eq!(token.claim_names(), ["aud", "exp", "iat", "iss", "jti", "sid", "sub"]);
    let expected = (&json!(ORIGIN), &json!(ORIGIN), &told["user"]["id"], &told["session"]["id"]);
    let claims = &token.claims;
    assert_eq!((&claims["iss"], &claims["aud"], &claims["sub"], &claims["sid"]), expected);
    assert_eq!(token.claims["iat"], 1_795_521_600, "the clock of the tests stands still");
    assert_eq!(token.life(), 300);

    let key_set = tenant.browser().get("/jwks").await;
    let kid = &key_set.json["keys"][0]["kid"];
    assert_eq!(token.header, json!({ "alg": "EdDSA", "kid": kid, "typ": "JWT" }));
    assert!(token.verifies_with(&key_set.json));
    let other = Token { signed: token.signed.replacen("eyJ", "eyK", 1), ..token };
    assert!(!other.verifies_with(&key_set.json));

    let again = super::tests::token(&mut browser).await;
    assert_ne!(again.claims["jti"], other.claims["jti"], "each token has an id of its own");
    let sql = "SELECT count(*) FROM kiavi.audit_event WHERE type LIKE 'token%'";
    assert_eq!(tenant.value::<i64>(sql, &[]).await, 0);
}

#[tokio::test]
async fn a_token_needs_a_session_and_the_setting() {
    let tenant = TestTenant::new().await;
    let answer = tenant.browser().get("/token").await;
    assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "UNAUTHORIZED"));

    let tenant = TestTenant::with(|settings| settings.jwt.is_enabled = false).await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    for path in ["/token", "/jwks"] {
        let answer = browser.get(path).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NOT_FOUND, ""), "{path}");
    }
    assert!(!browser.get("/get-session").await.headers.contains_key("set-auth-jwt"));
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM jwks", &[]).await, 0);
}

#[tokio::test]
async fn the_tenant_chooses_names_lifetime_and_claims() {
    let tenant = TestTenant::with(|settings| {
        settings.jwt.issuer = Some("https://issuer.example".to_owned());
        settings.jwt.audience = vec!["orders".to_owned(), "stock".to_owned()];
        settings.jwt.lifetime_seconds = 900;
        settings.jwt.claims = [UserClaim::Email, UserClaim::EmailVerified, UserClaim::Role].into();
    })
    .await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let token = token(&mut browser).await;
    let names = ["aud", "email", "emailVerified", "exp", "iat", "iss", "jti", "role", "sid", "sub"];
    assert_eq!(token.claim_names(), names);
    assert_eq!(token.claims["iss"], "https://issuer.example");
    assert_eq!(token.claims["aud"], json!(["orders", "stock"]));
    assert_eq!((&token.claims["email"], &token.claims["role"]), (&"ada@example.com".into(), &"user".into()));
    assert_eq!(token.life(), 900);
}

#[tokio::test]
async fn the_compatible_payload_is_upstreams() {
    let tenant = TestTenant::with(|settings| settings.jwt.has_all_user_fields = true).await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let told = session(&mut browser).await;
    let token = token(&mut browser).await;
    let mut expected = told["user"].as_object().unwrap().clone();
    for (name, value) in [("iss", json!(ORIGIN)), ("aud", json!(ORIGIN)), ("sub", told["user"]["id"].clone())]
    {
        expected.insert(name.to_owned(), value);
    }
    for name in ["iat", "exp"] {
        expected.insert(name.to_owned(), token.claims[name].clone());
    }
    assert_eq!(token.claims, Value::Object(expected));
}

#[tokio::test]
async fn a_token_of_an_impersonated_session_names_who_acts() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    tenant.admin.batch_execute(r#"UPDATE session SET "impersonatedBy" = 'the-admin'"#).await.unwrap();
    assert_eq!(token(&mut browser).await.claims["act"], json!({ "sub": "the-admin" }));
}

#[tokio::test]
async fn a_token_ends_with_its_session() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let now = tenant.value("SELECT now()", &[]).await;
    tenant.clock.advance(jiff::Timestamp::duration_until(tenant.state().clock.now(), now));
    let end = r#"UPDATE session SET "expiresAt" = now() + interval '40 s'"#;
    tenant.admin.batch_execute(end).await.unwrap();
    let answer = browser.get("/token?disableRefresh=true").await;
    let life = Token::read(answer.json["token"].as_str().unwrap()).life();
    assert!((39..=50).contains(&life), "{life}");
    let end = r#"UPDATE session SET "expiresAt" = now() - interval '1 s'"#;
    tenant.admin.batch_execute(end).await.unwrap();
    assert_eq!(browser.get("/token").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_session_is_told_with_a_token() {
    let tenant = TestTenant::with(|settings| settings.jwt.claims = [UserClaim::Name].into()).await;
    assert!(!tenant.browser().get("/get-session").await.headers.contains_key("set-auth-jwt"));
    let mut browser = tenant.signed_in("ada@example.com").await;
    let mut header = async || {
        let answer = browser.get("/get-session").await;
        assert_eq!(answer.headers["access-control-expose-headers"], "set-auth-jwt");
        answer.headers["set-auth-jwt"].to_str().unwrap().to_owned()
    };
    let first = header().await;
    let key_set = tenant.browser().get("/jwks").await.json;
    assert!(Token::read(&first).verifies_with(&key_set));
    assert_eq!(header().await, first, "a young token is given out again");
    tenant.admin.batch_execute(r#"UPDATE "user" SET name = 'Ada'"#).await.unwrap();
    let renamed = header().await;
    assert_eq!(Token::read(&renamed).claims["name"], "Ada", "but never with yesterday's claims");
    tenant.clock.advance(SignedDuration::from_secs(59));
    assert_eq!(header().await, renamed);
    tenant.clock.advance(SignedDuration::from_secs(2));
    let fresh = Token::read(&header().await);
    assert_eq!((fresh.life(), &fresh.claims["iat"]), (300, &1_795_521_661.into()));

    let mut other = tenant.signed_in("bob@example.com").await;
    let answer = other.get("/get-session").await;
    let theirs = Token::read(answer.headers["set-auth-jwt"].to_str().unwrap());
    assert_ne!(theirs.claims["sub"], fresh.claims["sub"]);
}

#[tokio::test]
async fn the_header_can_be_switched_off_and_reads_that_do_not_write_have_it_too() {
    let tenant = TestTenant::with(|settings| settings.jwt.sets_header = false).await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let answer = browser.get("/get-session").await;
    assert!(!answer.headers.contains_key("set-auth-jwt") && answer.json["user"].is_object());
    assert_eq!(token(&mut browser).await.life(), 300);

    let tenant = TestTenant::with(|settings| settings.session.is_refresh_deferred = true).await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    assert!(browser.get("/get-session").await.headers.contains_key("set-auth-jwt"));
    let answer = browser.post("/get-session", json!({})).await;
    assert!(answer.headers.contains_key("set-auth-jwt"));
}

#[tokio::test]
async fn a_session_in_memory_is_told_with_a_token_and_none_outlives_it() {
    let tenant = TestTenant::new_writer().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let mut other = browser.clone();
    for _ in 0..2 {
        assert!(browser.get("/get-session").await.headers.contains_key("set-auth-jwt"));
        assert_eq!(token(&mut browser).await.claims["sid"], session(&mut browser).await["session"]["id"]);
    }
    assert_eq!(other.post("/sign-out", json!({})).await.status, StatusCode::OK);
    assert_eq!(browser.get("/token").await.status, StatusCode::UNAUTHORIZED);
    let answer = browser.get("/get-session").await;
    assert_eq!((answer.text.as_str(), answer.headers.get("set-auth-jwt")), ("null", None));
}

#[tokio::test]
async fn an_api_key_gets_a_token_and_no_header() {
    let tenant = TestTenant::with(|settings| settings.api_key.sessions = true).await;
    let mut owner = tenant.signed_in("ada@example.com").await;
    let made = owner.post("/api-key/create", json!({ "name": "stock" })).await.json;
    let mut program = tenant.browser();
    let headers = [("x-api-key", made["key"].as_str().unwrap())];
    let answer = program.send(Method::GET, "/token", None, &headers).await;
    let token = Token::read(answer.json["token"].as_str().unwrap());
    let expected = (&session(&mut owner).await["user"]["id"], &made["id"]);
    assert_eq!((&token.claims["sub"], &token.claims["sid"]), expected);
    let told = program.send(Method::GET, "/get-session", None, &headers).await;
    assert!(told.json["user"].is_object() && !told.headers.contains_key("set-auth-jwt"));
}

//! Signing in with an ID token.

use serde_json::{Value, json};

use super::{Setup, fake_provider::now};

fn google(over: Value) -> Value {
    let mut claims = json!({ "iss": "https://accounts.google.com", "nonce": "n", "at_hash": null });
    for (name, value) in over.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

#[tokio::test]
async fn a_native_app_brings_an_id_token() {
    let setup = Setup::new().await;
    setup.provider.behave(|b| b.claims = google(json!({ "aud": "phone" })));
    let mut browser = setup.tenant.browser();
    let body =
        json!({ "provider": "google", "idToken": { "token": setup.provider.id_token(), "nonce": "n" } });
    let answer = browser.post("/sign-in/social", body).await;
    assert_eq!((answer.status.as_u16(), &answer.json["redirect"]), (200, &json!(false)), "{}", answer.text);
    assert_eq!(answer.json["user"]["email"], "ada@example.com");
    assert_eq!(browser.get("/get-session").await.json["session"]["token"], answer.json["token"]);
    let scope: Option<String> = setup.tenant.value("SELECT scope FROM account", &[]).await;
    assert_eq!(scope, None);
}

#[tokio::test]
async fn for_what_is_no_id_token_nobody_is_asked() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.browser();
    for token in ["none", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
        let body = json!({ "provider": "google", "idToken": { "token": token } });
        let answer = browser.post("/sign-in/social", body).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (401, "INVALID_TOKEN"), "{token}");
    }
    assert_eq!(setup.provider.requests.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn an_id_token_that_is_not_for_now_and_us_is_refused() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.browser();
    for over in [
        json!({ "aud": "other" }),
        json!({ "iss": "https://id.example" }),
        json!({ "nonce": "other" }),
        json!({ "iat": now() - 3_700 }),
        json!({ "exp": now() - 61 }),
    ] {
        setup.provider.behave(|b| b.claims = google(over.clone()));
        let body =
            json!({ "provider": "google", "idToken": { "token": setup.provider.id_token(), "nonce": "n" } });
        let answer = browser.post("/sign-in/social", body).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (401, "INVALID_TOKEN"), "{over}");
    }
    let body = json!({ "provider": "github", "idToken": { "token": "x" } });
    let answer = browser.post("/sign-in/social", body).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (404, "ID_TOKEN_NOT_SUPPORTED"));
    let body = json!({ "provider": "google", "idToken": { "nonce": "x" } });
    assert_eq!(browser.post("/sign-in/social", body).await.code(), "VALIDATION_ERROR");
    assert_eq!(setup.sessions().await, 0);
}

#[tokio::test]
async fn refusals_have_better_auth_s_codes() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.browser();
    let send = async |browser: &mut crate::tests::Browser, over: Value| {
        setup.provider.behave(|b| b.claims = google(over));
        let body = json!({ "provider": "google", "idToken": { "token": setup.provider.id_token() } });
        browser.post("/sign-in/social", body).await
    };
    let answer = send(&mut browser, json!({ "email": null })).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (401, "USER_EMAIL_NOT_FOUND"));
    setup.tenant.signed_in("ada@example.com").await;
    let answer = send(&mut browser, json!({ "email_verified": false })).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.json, json!({ "message": "account not linked", "code": "OAUTH_LINK_ERROR" }));
}

#[tokio::test]
async fn google_one_tap() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.browser();
    setup.provider.behave(|b| b.claims = google(json!({ "aud": "other" })));
    let answer = browser.post("/one-tap/callback", json!({ "idToken": setup.provider.id_token() })).await;
    assert_eq!((answer.status.as_u16(), answer.json), (400, json!({ "message": "invalid id token" })));
    setup.provider.behave(|b| b.claims = google(json!({})));
    let answer = browser.post("/one-tap/callback", json!({ "idToken": setup.provider.id_token() })).await;
    assert_eq!((answer.status.as_u16(), &answer.json["user"]["email"]), (200, &json!("ada@example.com")));
    assert!(browser.get("/get-session").await.json.is_object());
    let scope: String = setup.tenant.value("SELECT scope FROM account", &[]).await;
    assert_eq!(scope, "openid,profile,email");
}

#[tokio::test]
async fn a_hosted_domain_is_a_rule_and_not_a_wish() {
    let setup = Setup::with(|s| {
        s.social.providers[2].authorization_parameters.insert("hd".into(), "example.com".into());
    })
    .await;
    let mut browser = setup.tenant.browser();
    for (domain, status) in [(json!(null), 400), (json!("evil.example"), 400), (json!("example.com"), 200)] {
        setup.provider.behave(|b| b.claims = google(json!({ "hd": domain })));
        let answer = browser.post("/one-tap/callback", json!({ "idToken": setup.provider.id_token() })).await;
        assert_eq!(answer.status.as_u16(), status, "{domain}");
    }
}

#[tokio::test]
async fn an_id_token_links_too() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.signed_in("ada@example.com").await;
    let link = async |browser: &mut crate::tests::Browser, over: Value| {
        setup.provider.behave(|b| b.claims = google(over));
        let body = json!({ "provider": "google", "idToken": { "token": setup.provider.id_token() } });
        browser.post("/link-social", body).await
    };
    let answer = link(&mut browser, json!({})).await;
    assert_eq!(answer.json, json!({ "url": "", "status": true, "redirect": false }));
    let mut other = setup.tenant.signed_in("eve@example.com").await;
    for (over, status, code) in [
        (json!({ "email": "eve@example.com" }), 409, "SOCIAL_ACCOUNT_ALREADY_LINKED"),
        (json!({ "sub": "eve" }), 401, "LINKING_DIFFERENT_EMAILS_NOT_ALLOWED"),
        (json!({ "sub": "eve", "email_verified": false }), 401, "LINKING_NOT_ALLOWED"),
    ] {
        let answer = link(&mut other, over).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (status, code));
    }
}

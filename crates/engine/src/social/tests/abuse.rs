//! What must not go well.

use futures_util::future::join_all;
use serde_json::json;

use super::{Setup, fake_provider::now, location};
use crate::{Rate, egress::EgressError};

#[tokio::test]
async fn a_wrong_id_token_signs_nobody_in() {
    let setup = Setup::new().await;
    for (name, value) in [
        ("iss", json!("https://evil.example")),
        ("aud", json!("other")),
        ("aud", json!(["client", "other"])),
        ("azp", json!("other")),
        ("nonce", json!("another-nonce")),
        ("nonce", json!(null)),
        ("exp", json!(now() - 120)),
        ("iat", json!(now() + 3_600)),
        ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA")),
        ("sub", json!(null)),
    ] {
        setup.provider.behave(|b| b.claims = json!({ name: value }));
        let answer = setup.sign_in(&mut setup.tenant.browser(), "work").await;
        assert_eq!(location(&answer), "/failed?a=b&error=unable_to_get_user_info", "{name} = {value}");
    }
    for alg in ["none", "HS256", "RS384"] {
        setup.provider.behave(|b| (b.claims, b.header) = (json!({}), json!({ "alg": alg })));
        let answer = setup.sign_in(&mut setup.tenant.browser(), "work").await;
        assert_eq!(location(&answer), "/failed?a=b&error=unable_to_get_user_info", "{alg}");
    }
    setup.provider.behave(|b| (b.header, b.tokens) = (json!({}), json!({ "id_token": null })));
    let answer = setup.sign_in(&mut setup.tenant.browser(), "work").await;
    assert_eq!(location(&answer), "/failed?a=b&error=unable_to_get_user_info");
    assert_eq!((setup.users().await, setup.sessions().await), (0, 0));
    assert_eq!(setup.tenant.events("account.refused").await, 14);
}

#[tokio::test]
async fn one_state_makes_one_session() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.browser();
    let path = setup.begin(&mut browser, json!({ "provider": "work", "callbackURL": "/home" })).await;
    let answers = join_all((0..20).map(|_| {
        let (mut browser, path) = (browser.clone(), path.clone());
        async move { location(&browser.get(&path).await).to_owned() }
    }))
    .await;
    assert_eq!(answers.iter().filter(|target| *target == "/home").count(), 1, "{answers:?}");
    assert_eq!((setup.users().await, setup.sessions().await), (1, 1));
    assert_eq!(setup.provider.count("/token"), 1, "the code is tried once");
}

#[tokio::test]
async fn a_state_is_of_its_browser_and_its_provider() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.browser();
    let body = json!({ "provider": "work", "callbackURL": "/home", "errorCallbackURL": "/failed" });
    let path = setup.begin(&mut browser, body.clone()).await;
    let mismatch = "http://demo.localhost:8080/api/auth/error?error=state_mismatch";

    let mut other = setup.tenant.browser();
    assert_eq!(location(&other.get(&path).await), "/failed?error=state_mismatch");
    setup.begin(&mut other, body).await;
    assert_eq!(location(&other.get(&path).await), "/failed?error=state_mismatch");
    let elsewhere = path.replace("/callback/work", "/callback/github");
    assert_eq!(location(&browser.get(&elsewhere).await), mismatch);
    let nowhere = path.replace("/callback/work", "/callback/nobody");
    assert_eq!(location(&browser.get(&nowhere).await), mismatch);
    assert_eq!(setup.provider.count("/token"), 0, "no code left");
    setup.provider.asked.lock().unwrap().nonce.take();
    // None of that used the state up.
    let again = setup.begin(&mut browser, json!({ "provider": "work", "callbackURL": "/home" })).await;
    assert_eq!(location(&browser.get(&again).await), "/home");
    assert_eq!(location(&browser.get(&again).await), mismatch);
}

#[tokio::test]
async fn an_old_state_and_no_state_are_refused() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.browser();
    let path = setup.begin(&mut browser, json!({ "provider": "work" })).await;
    let age = r#"UPDATE verification SET "expiresAt" = now() - interval '1 second'"#;
    setup.tenant.admin.batch_execute(age).await.unwrap();
    let own = "http://demo.localhost:8080/api/auth/error?error=";
    assert_eq!(location(&browser.get(&path).await), format!("{own}state_mismatch"));
    assert_eq!(location(&browser.get("/callback/work?code=x").await), format!("{own}state_not_found"));
    assert_eq!(location(&browser.get("/callback/work?state=").await), format!("{own}state_not_found"));
    for odd in ["/callback/work?state=%00", "/callback/%00?state=%00", "/callback/a%2Fb?state=x"] {
        assert_eq!(location(&browser.get(odd).await), format!("{own}state_mismatch"), "{odd}");
    }
}

#[tokio::test]
async fn an_answer_of_another_issuer_never_shows_its_code() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.browser();
    let body = json!({ "provider": "work", "errorCallbackURL": "/failed" });
    let path = setup.begin(&mut browser, body.clone()).await;
    let answer = browser.get(&format!("{path}&iss=https%3A%2F%2Fevil.example")).await;
    assert_eq!(location(&answer), "/failed?error=issuer_mismatch");
    assert_eq!(setup.provider.count("/token"), 0);
    // Where the provider promises to name itself, silence is another's.
    let strict = Setup::new().await;
    strict
        .provider
        .behave(|b| b.metadata = json!({ "authorization_response_iss_parameter_supported": true }));
    let mut browser = strict.tenant.browser();
    let path = strict.begin(&mut browser, body).await;
    assert_eq!(location(&browser.get(&path).await), "/failed?error=issuer_mismatch");
}

#[tokio::test]
async fn what_the_provider_refuses_is_told_to_the_app() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.browser();
    let body = json!({ "provider": "work", "errorCallbackURL": "/failed" });
    let path = setup.begin(&mut browser, body.clone()).await;
    let state = path.split_once("&state=").unwrap().1;
    let denied = format!("/callback/work?state={state}&error=access_denied&error_description=No%20thanks");
    let answer = browser.get(&denied).await;
    assert_eq!(location(&answer), "/failed?error=access_denied&error_description=No+thanks");

    let path = setup.begin(&mut browser, body.clone()).await;
    let answer = browser.get(&path.replace("code=the-code", "c=d")).await;
    assert_eq!(location(&answer), "/failed?error=no_code");

    let unreachable = "/failed?error=invalid_code&error_description=The+provider+cannot+be+reached";
    for (failure, way, expected) in [
        (Some((400, r#"{"error":"invalid_grant"}"#)), None, "/failed?error=invalid_code"),
        (Some((200, "not json")), None, "/failed?error=invalid_code"),
        (Some((500, "oops")), None, unreachable),
        (None, Some(EgressError::Deadline), unreachable),
        (None, Some(EgressError::Unreachable), unreachable),
    ] {
        setup.provider.behave(|b| (b.token_failure, b.way) = (failure, None));
        let path = setup.begin(&mut browser, body.clone()).await;
        setup.provider.behave(|b| b.way = way);
        assert_eq!(location(&browser.get(&path).await), expected);
    }
    assert_eq!(setup.sessions().await, 0);
}

#[tokio::test]
async fn a_provider_that_is_down_stops_nothing_else() {
    let setup = Setup::new().await;
    setup.provider.behave(|b| b.way = Some(EgressError::Deadline));
    let mut browser = setup.tenant.browser();
    let answer = browser.post("/sign-in/social", json!({ "provider": "work" })).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (502, "PROVIDER_UNAVAILABLE"));
    assert_eq!(browser.sign_in(&setup.tenant, "ada@example.com").await.status, 200);
}

#[tokio::test]
async fn a_body_cannot_change_the_protocol() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.browser();
    for (body, code) in [
        (json!({ "provider": "nobody" }), "PROVIDER_NOT_FOUND"),
        (json!({}), "VALIDATION_ERROR"),
        (json!({ "provider": "work", "additionalParams": { "redirect_uri": "x" } }), "VALIDATION_ERROR"),
        (json!({ "provider": "work", "scopes": ["a b"] }), "VALIDATION_ERROR"),
        (json!({ "provider": "work", "callbackURL": "https://evil.example" }), "INVALID_CALLBACK_URL"),
        (
            json!({ "provider": "work", "newUserCallbackURL": "//evil.example" }),
            "INVALID_NEW_USER_CALLBACK_URL",
        ),
    ] {
        assert_eq!(browser.post("/sign-in/social", body.clone()).await.code(), code, "{body}");
    }
}

#[tokio::test]
async fn a_network_begins_so_many_sign_ins_only() {
    let setup = Setup::with(|s| s.social.per_network = Some(Rate { limit: 2, window_seconds: 60 })).await;
    let mut browser = setup.tenant.browser();
    let body = json!({ "provider": "github" });
    for _ in 0..2 {
        assert_eq!(browser.post("/sign-in/social", body.clone()).await.status, 200);
    }
    assert_eq!(browser.post("/sign-in/social", body.clone()).await.status, 429);
    let rows: i64 = setup.tenant.value("SELECT count(*) FROM verification", &[]).await;
    assert_eq!(rows, 2);
}

#[tokio::test]
async fn a_provider_is_no_way_around_a_required_passkey() {
    let setup = Setup::with(|settings| settings.passkey.policy = crate::PasskeyPolicy::Required).await;
    setup.sign_in(&mut setup.tenant.browser(), "work").await;
    let insert = r#"INSERT INTO passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
                    SELECT 'p1', 'key', id, 'credential', 0, 'singleDevice', false FROM "user""#;
    setup.tenant.admin.execute(insert, &[]).await.unwrap();
    let mut browser = setup.tenant.browser();
    let answer = setup.sign_in(&mut browser, "work").await;
    assert!(location(&answer).contains("error=PASSKEY_REQUIRED"), "{}", location(&answer));
    assert_eq!(browser.get("/get-session").await.text, "null");
    assert_eq!((setup.sessions().await, setup.tenant.events("session.refused").await), (1, 1));
}

#[tokio::test]
async fn a_callback_whose_state_does_not_check_has_nobody_asked() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.browser();
    let body = json!({ "provider": "work", "errorCallbackURL": "/failed" });
    let path = setup.begin(&mut browser, body.clone()).await;
    let asked = || setup.provider.requests.lock().unwrap().len();
    let before = asked();
    let mut stranger = setup.tenant.browser();
    setup.begin(&mut stranger, json!({ "provider": "github" })).await;
    for junk in [
        path.clone(),
        path.replace("/callback/work", "/callback/github"),
        "/callback/work?code=junk".to_owned(),
        "/callback/work?code=junk&state=junk".to_owned(),
        "/callback/google?code=junk&state=junk".to_owned(),
        "/callback/nobody?code=junk&state=junk".to_owned(),
    ] {
        let target = location(&stranger.get(&junk).await).to_owned();
        assert!(target.contains("error=state_"), "{junk}: {target}");
    }
    let form = [("content-type", "application/x-www-form-urlencoded"), ("origin", "https://evil.example")];
    stranger.send(axum::http::Method::POST, &path, Some("code=junk".to_owned()), &form).await;
    // Its own browser, too late, with an error, without a code.
    let age = r#"UPDATE verification SET "expiresAt" = now() - interval '1 second'"#;
    setup.tenant.admin.batch_execute(age).await.unwrap();
    assert!(location(&browser.get(&path).await).contains("error=state_mismatch"));
    for instead in ["error=access_denied", "nothing=here", "code=%00", "code=%C3%A4"] {
        let path = setup.begin(&mut browser, body.clone()).await;
        let answer = browser.get(&path.replace("code=the-code", instead)).await;
        assert!(location(&answer).starts_with("/failed?error="), "{instead}");
    }
    assert_eq!(asked(), before);
}

/// Begins a sign-in and comes back with a code that the provider did not give.
async fn junk(setup: &Setup, browser: &mut crate::tests::Browser) -> String {
    let body = json!({ "provider": "github", "errorCallbackURL": "/failed" });
    let path = setup.begin(browser, body).await;
    location(&browser.get(&path.replace("the-code", "junk")).await).to_owned()
}

#[tokio::test]
async fn one_network_s_made_up_codes_come_to_an_end() {
    let setup = Setup::with(|s| s.social.per_network = None).await;
    let mut flooder = setup.tenant.browser();
    for n in 0..40 {
        let expected = if n < 30 { "/failed?error=invalid_code" } else { "/failed?error=too_many_attempts" };
        // The general limit is another one.
        setup.tenant.clock.advance(jiff::SignedDuration::from_millis(200));
        assert_eq!(junk(&setup, &mut flooder).await, expected, "{n}");
    }
    assert_eq!(setup.provider.count("/access_token"), 30);
    let mut other = setup.tenant.browser().from([192, 0, 2, 2]);
    assert_eq!(location(&setup.sign_in(&mut other, "work").await), "/home");
    setup.tenant.clock.advance(jiff::SignedDuration::from_secs(20));
    assert_eq!(junk(&setup, &mut flooder).await, "/failed?error=invalid_code", "one more in 20 s");
}

#[tokio::test]
async fn only_codes_that_the_provider_refuses_are_counted() {
    let few = Some(Rate { limit: 2, window_seconds: 600 });
    let setup = Setup::with(|s| s.social.failed_per_network = few).await;
    for _ in 0..4 {
        let answer = setup.sign_in(&mut setup.tenant.browser(), "work").await;
        assert_eq!(location(&answer), "/home");
    }
    setup.provider.behave(|b| b.token_failure = Some((503, "")));
    for _ in 0..4 {
        let answer = setup.sign_in(&mut setup.tenant.browser(), "work").await;
        assert!(location(&answer).contains("error=invalid_code"), "{}", location(&answer));
    }
    setup.provider.behave(|b| b.token_failure = None);
    let answer = setup.sign_in(&mut setup.tenant.browser(), "work").await;
    assert_eq!(location(&answer), "/home");
}

#[tokio::test]
async fn id_tokens_that_are_brought_to_be_linked_are_counted() {
    let setup = Setup::with(|s| s.social.per_network = Some(Rate { limit: 2, window_seconds: 60 })).await;
    let mut browser = setup.tenant.signed_in("ada@example.com").await;
    let body = json!({ "provider": "google", "idToken": { "token": "x.y.z" } });
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(browser.post("/link-social", body.clone()).await.status.as_u16());
    }
    assert_eq!(statuses, [401, 401, 429]);
}

#[tokio::test]
async fn who_acts_as_somebody_links_nothing_and_takes_no_tokens() {
    let setup = Setup::with(|s| s.social.allows_different_emails = true).await;
    let mut browser = setup.tenant.browser();
    setup.sign_in(&mut browser, "work").await;
    let id: String = setup.tenant.value("SELECT id FROM account", &[]).await;
    setup.tenant.admin.batch_execute(r#"UPDATE session SET "impersonatedBy" = 'root'"#).await.unwrap();
    for (path, body) in [
        ("/link-social", json!({ "provider": "github" })),
        ("/get-access-token", json!({ "accountId": id })),
        ("/refresh-token", json!({ "accountId": id })),
    ] {
        let answer = browser.post(path, body).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (403, "SESSION_NOT_FRESH"), "{path}");
    }
    let answer = browser.get(&format!("/account-info?accountId={id}")).await;
    assert_eq!(answer.code(), "SESSION_NOT_FRESH");
}

//! What goes well.

use axum::http::Method;
use serde_json::{Value, json};
use url::Url;

use super::{Setup, location};

#[tokio::test]
async fn openid_connect_from_a_discovery_document() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.browser();
    let body =
        json!({ "provider": "work", "callbackURL": "/home", "scopes": ["groups"], "loginHint": "ada" });
    let begun = browser.post("/sign-in/social", body).await;
    let url = begun.json["url"].as_str().unwrap().to_owned();
    assert_eq!(begun.json, json!({ "url": url, "redirect": true }));
    assert_eq!(begun.headers["location"], url.as_str());
    let cookie = begun.set_cookies()[0];
    assert!(cookie.starts_with("better-auth.state=") && cookie.contains("; Max-Age=300; "), "{cookie}");
    let parsed = Url::parse(&url).unwrap();
    let pairs: std::collections::HashMap<_, _> = parsed.query_pairs().into_owned().collect();
    assert_eq!(pairs["redirect_uri"], "http://demo.localhost:8080/api/auth/callback/work");
    assert_eq!(pairs["scope"], "openid email profile groups");
    assert_eq!((pairs["code_challenge_method"].as_str(), pairs["login_hint"].as_str()), ("S256", "ada"));
    assert_eq!((pairs["state"].len(), pairs["nonce"].len()), (32, 32));

    let path = setup.provider.agree(&url);
    let answer = browser.get(&format!("{path}&iss=https%3A%2F%2Fid.example")).await;
    assert_eq!(location(&answer), "/home");
    assert_eq!(
        (answer.headers["content-type"].to_str().unwrap(), answer.text.as_str()),
        ("application/json", "")
    );
    assert!(answer.set_cookies().iter().any(|line| line.starts_with("better-auth.state=; Max-Age=0")));
    let session = browser.get("/get-session").await.json;
    let user = &session["user"];
    assert_eq!(user["email"], "ada@example.com");
    assert_eq!((&user["emailVerified"], &user["name"]), (&json!(true), &json!("Ada Lovelace")));
    assert_eq!(user["image"], "https://id.example/ada.png");
    for kind in ["user.created", "account.linked", "session.created"] {
        assert_eq!(setup.tenant.events(kind).await, 1, "{kind}");
    }
    let method: String =
        setup.tenant.value("SELECT method FROM kiavi.audit_event WHERE type = 'session.created'", &[]).await;
    assert_eq!(method, "work");
    let rows: i64 = setup.tenant.value("SELECT count(*) FROM verification", &[]).await;
    assert_eq!(rows, 0, "the state is used up");
}

#[tokio::test]
async fn tokens_are_stored_encrypted() {
    let setup = Setup::new().await;
    setup.sign_in(&mut setup.tenant.browser(), "work").await;
    let sql = r#"SELECT json_build_array("accountId", "accessToken", "refreshToken", "idToken", scope,
                   "accessTokenExpiresAt" > now())::text FROM account"#;
    let row: String = setup.tenant.value(sql, &[]).await;
    let row: Value = serde_json::from_str(&row).unwrap();
    assert_eq!((&row[0], &row[4], &row[5]), (&json!("ada-at-work"), &json!("openid,email"), &json!(true)));
    for token in [&row[1], &row[2], &row[3]] {
        let text = token.as_str().unwrap();
        assert!(text.len() > 80 && text.bytes().all(|b| b"0123456789abcdef".contains(&b)), "{text}");
    }
}

#[tokio::test]
async fn plain_oauth_with_the_address_elsewhere() {
    let setup = Setup::new().await;
    setup.provider.behave(|b| {
        b.profile = json!({ "id": 7, "login": "ada", "name": null, "email": null, "avatar_url": "https://x.example/7" });
        b.tokens = json!({ "id_token": null, "refresh_token": null, "expires_in": null, "scope": "read:user,user:email" });
    });
    let mut browser = setup.tenant.browser();
    assert_eq!(location(&setup.sign_in(&mut browser, "github").await), "/home");
    let session = browser.get("/get-session").await.json;
    assert_eq!(
        (&session["user"]["email"], &session["user"]["name"]),
        (&json!("ada@example.com"), &json!("ada"))
    );
    let sql = r#"SELECT concat_ws(' ', "providerId", "accountId", scope) FROM account"#;
    let row: String = setup.tenant.value(sql, &[]).await;
    assert_eq!(row, "github 7 read:user,user:email");
}

#[tokio::test]
async fn a_second_time_is_the_same_user_whatever_the_address_says() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.browser();
    setup.sign_in(&mut browser, "work").await;
    let first = browser.get("/get-session").await.json["user"]["id"].clone();
    setup.provider.behave(|b| b.claims = json!({ "email": "other@example.com" }));
    let mut again = setup.tenant.browser();
    assert_eq!(location(&setup.sign_in(&mut again, "work").await), "/home");
    assert_eq!(again.get("/get-session").await.json["user"]["id"], first);
    assert_eq!(setup.users().await, 1);
}

#[tokio::test]
async fn a_new_user_may_go_elsewhere() {
    let setup = Setup::new().await;
    let body = json!({ "provider": "work", "callbackURL": "/home", "newUserCallbackURL": "/welcome" });
    for expected in ["/welcome", "/home"] {
        let mut browser = setup.tenant.browser();
        let path = setup.begin(&mut browser, body.clone()).await;
        assert_eq!(location(&browser.get(&path).await), expected);
    }
}

#[tokio::test]
async fn a_form_from_the_provider_becomes_a_get() {
    let setup = Setup::new().await;
    let mut browser = setup.tenant.browser();
    let path = setup.begin(&mut browser, json!({ "provider": "work", "callbackURL": "/home" })).await;
    let (path, query) = path.split_once('?').unwrap();
    // A form of another site brings neither cookies nor our origin.
    let mut foreign = setup.tenant.browser();
    foreign.origin = Some("https://appleid.apple.com".to_owned());
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let form = format!("{query}&id_token=x&user=%7B%7D");
    let answer = foreign.send(Method::POST, path, Some(form), &headers).await;
    let target = location(&answer).to_owned();
    assert!(
        target.starts_with("http://demo.localhost:8080/api/auth/callback/work?code=the-code&state="),
        "{target}"
    );
    assert!(target.ends_with("&user=%7B%7D"), "{target}");
    let answer = browser.get(target.split_once("/api/auth").unwrap().1).await;
    assert_eq!(location(&answer), "/home");
}

#[tokio::test]
async fn line_tells_the_address_by_the_id_token_only() {
    let setup = Setup::new().await;
    let told = json!({ "iss": "https://access.line.me", "sub": "U1", "aud": "line-client", "name": "Ada",
        "email": "ada@example.com" });
    setup.provider.behave(|b| b.profile = told);
    let mut browser = setup.tenant.browser();
    assert_eq!(location(&setup.sign_in(&mut browser, "line").await), "/home");
    let user = browser.get("/get-session").await.json["user"].clone();
    assert_eq!((&user["email"], &user["emailVerified"]), (&json!("ada@example.com"), &json!(false)));
    let (id, subject): (String, String) = (
        setup.tenant.value("SELECT id FROM account", &[]).await,
        setup.tenant.value(r#"SELECT "accountId" FROM account"#, &[]).await,
    );
    assert_eq!(subject, "U1");
    // An ID token does not live long; what it said does.
    let asked = setup.provider.count("/verify");
    let answer = browser.get(&format!("/account-info?accountId={id}")).await;
    assert_eq!(answer.json["data"]["name"], "Ada Lovelace", "{}", answer.text);
    assert_eq!(setup.provider.count("/verify"), asked);
}

#[tokio::test]
async fn an_app_that_may_not_see_github_s_list_takes_the_public_address_unproved() {
    let setup = Setup::new().await;
    let user = json!({ "id": 7, "login": "ada", "email": "ada@example.com" });
    setup.provider.behave(|b| (b.profile, b.emails) = (user, Value::Null));
    let mut browser = setup.tenant.browser();
    assert_eq!(location(&setup.sign_in(&mut browser, "github").await), "/home");
    let user = browser.get("/get-session").await.json["user"].clone();
    assert_eq!((&user["email"], &user["emailVerified"]), (&json!("ada@example.com"), &json!(false)));
}

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::tests::TestTenant;

const TOKEN: &str = "better-auth.session_token";

#[tokio::test]
async fn without_a_session_the_answer_is_null() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    let answer = browser.get("/get-session").await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, "null"));
    assert_eq!(
        (&answer.headers["cache-control"], &answer.headers["pragma"]),
        (&"no-store".parse().unwrap(), &"no-cache".parse().unwrap())
    );
    browser.cookies =
        vec![(TOKEN.to_owned(), "forged.z3H4IP0HhD3GXFdzKEd5AGQ6%2FjmiQzZlV0JsbFQAkfM%3D".to_owned())];
    let answer = browser.get("/get-session").await;
    assert_eq!((answer.text.as_str(), answer.set_cookies().len()), ("null", 0));
}

#[tokio::test]
async fn a_session_is_told_with_its_user_in_upstreams_shape() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("Ada@Example.com").await;
    let answer = browser.get("/get-session").await;
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let mut session = keys(&answer.json["session"]);
    session.sort();
    let expected = [
        "createdAt",
        "expiresAt",
        "id",
        "impersonatedBy",
        "ipAddress",
        "token",
        "updatedAt",
        "userAgent",
        "userId",
    ];
    assert_eq!(session, expected);
    let user = &answer.json["user"];
    assert_eq!(keys(user).len(), 11);
    assert_eq!(
        (user["email"].as_str(), user["emailVerified"].as_bool()),
        (Some("ada@example.com"), Some(true))
    );
    assert_eq!(
        (user["role"].as_str(), user["banned"].as_bool(), &user["image"]),
        (Some("user"), Some(false), &Value::Null)
    );
    assert_eq!(answer.json["session"]["ipAddress"], "192.0.2.1");
    let at = answer.json["session"]["createdAt"].as_str().unwrap();
    assert!(at.len() == 24 && at.ends_with('Z'), "{at}");
    let odd: i64 = tenant
        .value(
            r#"SELECT count(*) FROM session WHERE "createdAt" <> date_trunc('milliseconds', "createdAt")"#,
            &[],
        )
        .await;
    assert_eq!(odd, 0);
}

#[tokio::test]
async fn the_cookie_reads_as_upstreams() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.browser();
    let answer = browser.sign_in(&tenant, "ada@example.com").await;
    let lines = answer.set_cookies();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("better-auth.session_token="), "{lines:?}");
    assert!(lines[0].ends_with("%3D; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"), "{lines:?}");
}

#[tokio::test]
async fn over_https_names_are_prefixed_and_secure() {
    for (is_host_bound, prefix) in [(false, "__Secure-"), (true, "__Host-")] {
        let tenant = TestTenant::with(|settings| {
            settings.base_url = "https://demo.localhost".to_owned().try_into().unwrap();
            settings.cookie.is_host_bound = is_host_bound;
        })
        .await;
        let mut browser = tenant.browser();
        browser.origin = Some("https://demo.localhost".to_owned());
        let answer = browser.sign_in(&tenant, "ada@example.com").await;
        let line = answer.set_cookies()[0].to_owned();
        assert!(line.starts_with(&format!("{prefix}better-auth.session_token=")), "{line}");
        assert!(line.ends_with("; Path=/; HttpOnly; Secure; SameSite=Lax"), "{line}");
        assert!(answer.headers.contains_key("strict-transport-security"));
    }
}

#[tokio::test]
async fn a_session_that_ended_is_deleted_and_its_cookies_are_cleared() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    tenant
        .admin
        .execute(r#"UPDATE session SET "expiresAt" = now() - interval '1 second'"#, &[])
        .await
        .unwrap();
    let answer = browser.get("/get-session").await;
    assert_eq!(answer.text, "null");
    let names: Vec<_> =
        answer.set_cookies().iter().map(|l| l.split('=').next().unwrap().to_owned()).collect();
    assert_eq!(names, [TOKEN, "better-auth.session_data", "better-auth.dont_remember"]);
    assert!(answer.set_cookies().iter().all(|line| line.contains("=; Max-Age=0; Path=/")));
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM session", &[]).await, 0);
}

#[tokio::test]
async fn a_session_in_use_is_extended_once_a_day_up_to_its_absolute_end() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    assert!(browser.get("/get-session").await.set_cookies().is_empty(), "a new session is not extended");
    let age = async |days: i32, left: i32| {
        let sql = r#"UPDATE session SET "createdAt" = now() - make_interval(days => $1),
                     "expiresAt" = now() + make_interval(days => $2)"#;
        tenant.admin.execute(sql, &[&days, &left]).await.unwrap();
    };
    let left = async || -> f64 {
        let sql = r#"SELECT extract(epoch FROM "expiresAt" - now())::float8 / 86400 FROM session"#;
        tenant.value(sql, &[]).await
    };
    age(2, 5).await;
    assert!(browser.get("/get-session?disableRefresh=true").await.set_cookies().is_empty());
    let extended = browser.get("/get-session").await;
    assert!(extended.set_cookies()[0].contains("; Max-Age=604800;"), "{:?}", extended.set_cookies());
    assert!((left().await - 7.0).abs() < 0.01);
    age(25, 2).await;
    browser.get("/get-session").await;
    assert!((left().await - 5.0).abs() < 0.01, "30 days after sign-in it is over");
    age(25, 5).await;
    assert!(browser.get("/get-session").await.set_cookies().is_empty(), "nothing is left to extend");
}

#[tokio::test]
async fn a_session_that_is_not_remembered_is_not_extended() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let value = kiavi_crypto::sign_cookie(&tenant.state().secret, "true");
    browser.cookies.push(("better-auth.dont_remember".to_owned(), value));
    let sql = r#"UPDATE session SET "expiresAt" = now() + interval '1 hour'"#;
    tenant.admin.execute(sql, &[]).await.unwrap();
    let answer = browser.get("/get-session").await;
    assert!(answer.json.is_object() && answer.set_cookies().is_empty());
}

#[tokio::test]
async fn where_reads_do_not_write_the_client_is_told_to_ask_again() {
    let tenant = TestTenant::with(|settings| settings.session.is_refresh_deferred = true).await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    assert_eq!(browser.get("/get-session").await.json["needsRefresh"], false);
    tenant.admin.execute(r#"UPDATE session SET "expiresAt" = now() + interval '1 hour'"#, &[]).await.unwrap();
    let told = browser.get("/get-session").await;
    assert_eq!((&told.json["needsRefresh"], told.set_cookies().len()), (&json!(true), 0));
    let refreshed = browser.post("/get-session", json!({})).await;
    assert!(refreshed.json["needsRefresh"].is_null() && refreshed.set_cookies().len() == 1);
    let plain = TestTenant::new().await;
    let answer = plain.browser().post("/get-session", json!({})).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.code(), "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED");
}

#[tokio::test]
async fn a_cache_cookie_of_another_server_is_cleared() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    browser.cookies.push(("better-auth.session_data".to_owned(), "abc".to_owned()));
    let answer = browser.get("/get-session").await;
    assert!(answer.json.is_object());
    assert_eq!(
        answer.set_cookies(),
        ["better-auth.session_data=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"]
    );
}

#[tokio::test]
async fn sign_out_ends_the_session_and_answers_everybody_alike() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let mut thief = browser.clone();
    for _ in 0..2 {
        let answer = browser.post("/sign-out", json!({})).await;
        assert_eq!((answer.text.as_str(), answer.set_cookies().len()), (r#"{"success":true}"#, 3));
    }
    assert_eq!(thief.get("/get-session").await.text, "null");
    assert_eq!(tenant.events("session.revoked").await, 1);
}

#[tokio::test]
async fn a_list_shows_handles_that_revoke_and_open_nothing() {
    let tenant = TestTenant::new().await;
    let (mut one, mut two) =
        (tenant.signed_in("ada@example.com").await, tenant.signed_in("ada@example.com").await);
    let own = two.get("/get-session").await.json["session"]["token"].as_str().unwrap().to_owned();
    let list = one.get("/list-sessions").await;
    let list = list.json.as_array().unwrap();
    assert_eq!(list.len(), 2);
    assert!(!list.iter().any(|session| session["token"] == own.as_str()));
    let own_id = one.get("/get-session").await.json["session"]["id"].clone();
    let other = list.iter().find(|session| session["id"] != own_id).unwrap();
    let mut opened = tenant.browser();
    let value = kiavi_crypto::sign_cookie(&tenant.state().secret, other["token"].as_str().unwrap());
    opened.cookies = vec![(TOKEN.to_owned(), value)];
    assert_eq!(opened.get("/get-session").await.text, "null");
    let answer = one.post("/revoke-session", json!({ "token": other["token"] })).await;
    assert_eq!((answer.text.as_str(), answer.set_cookies().len()), (r#"{"status":true}"#, 0));
    assert!(one.get("/get-session").await.json.is_object());
    assert_eq!(two.get("/get-session").await.text, "null");
}

#[tokio::test]
async fn nobody_ends_the_session_of_another_user() {
    let tenant = TestTenant::new().await;
    let (mut ada, mut eve) =
        (tenant.signed_in("ada@example.com").await, tenant.signed_in("eve@example.com").await);
    let session = ada.get("/get-session").await.json["session"].clone();
    for key in ["token", "id"] {
        let answer = eve.post("/revoke-session", json!({ "token": session[key] })).await;
        assert_eq!(answer.text, r#"{"status":true}"#);
    }
    eve.post("/revoke-sessions", json!({})).await;
    assert!(ada.get("/get-session").await.json.is_object());
    let own = ada.post("/revoke-session", json!({ "token": session["token"] })).await;
    assert_eq!(own.set_cookies().len(), 3);
    assert_eq!(ada.get("/get-session").await.text, "null");
}

#[tokio::test]
async fn all_or_all_others_end() {
    let tenant = TestTenant::new().await;
    let (mut one, mut two) =
        (tenant.signed_in("ada@example.com").await, tenant.signed_in("ada@example.com").await);
    assert_eq!(one.post("/revoke-other-sessions", json!({})).await.text, r#"{"status":true}"#);
    assert!(one.get("/get-session").await.json.is_object());
    assert_eq!(two.get("/get-session").await.text, "null");
    assert_eq!(one.post("/revoke-sessions", json!({})).await.set_cookies().len(), 3);
    assert_eq!(one.get("/get-session").await.text, "null");
}

#[tokio::test]
async fn an_old_sign_in_may_not_list_sessions() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    tenant
        .admin
        .execute(r#"UPDATE session SET "createdAt" = now() - interval '25 hours'"#, &[])
        .await
        .unwrap();
    let answer = browser.get("/list-sessions").await;
    assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "SESSION_NOT_FRESH"));
    let answer = tenant.browser().get("/list-sessions").await;
    assert_eq!(answer.json, json!({ "message": "Unauthorized", "code": "UNAUTHORIZED" }));
}

#[tokio::test]
async fn signing_in_again_ends_the_earlier_session_of_that_browser_only() {
    let tenant = TestTenant::new().await;
    let mut elsewhere = tenant.signed_in("ada@example.com").await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let mut earlier = browser.clone();
    assert_eq!(browser.sign_in(&tenant, "ada@example.com").await.status, StatusCode::OK);
    assert_eq!(earlier.get("/get-session").await.text, "null");
    assert!(elsewhere.get("/get-session").await.json.is_object());
    let keeping = TestTenant::with(|settings| settings.compatibility.keeps_replaced_session = true).await;
    let mut browser = keeping.signed_in("ada@example.com").await;
    let mut earlier = browser.clone();
    browser.sign_in(&keeping, "ada@example.com").await;
    assert!(earlier.get("/get-session").await.json.is_object());
}

#[tokio::test]
async fn a_user_changes_name_and_picture_and_nothing_else() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let answer =
        browser.post("/update-user", json!({ "name": "Ada", "image": null, "emailVerified": false })).await;
    assert_eq!((answer.text.as_str(), answer.set_cookies().len()), (r#"{"status":true}"#, 1));
    let user = browser.get("/get-session").await.json["user"].clone();
    assert_eq!((&user["name"], &user["emailVerified"]), (&json!("Ada"), &json!(true)));
    for (body, code) in [
        (json!({ "email": "eve@example.com" }), "EMAIL_CAN_NOT_BE_UPDATED"),
        (json!({ "role": "admin" }), "FIELD_NOT_ALLOWED"),
        (json!({ "banned": true, "name": "x" }), "FIELD_NOT_ALLOWED"),
        (json!([]), "VALIDATION_ERROR"),
        (json!({ "name": 1 }), "VALIDATION_ERROR"),
        (json!({ "name": "a\u{0}" }), "VALIDATION_ERROR"),
    ] {
        let answer = browser.post("/update-user", body.clone()).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, code), "{body}");
    }
    let nothing = browser.post("/update-user", json!({ "unknown": 1, "role": "" })).await;
    assert_eq!(nothing.json, json!({ "message": "No fields to update" }));
    assert_eq!(tenant.browser().post("/update-user", json!({ "name": "x" })).await.code(), "UNAUTHORIZED");
}

#[tokio::test]
async fn a_store_that_is_down_is_not_told_as_signed_out() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    tenant.admin.batch_execute("ALTER TABLE session RENAME TO gone").await.unwrap();
    let answer = browser.get("/get-session").await;
    assert!(answer.status.is_server_error(), "{}", answer.text);
    assert!(!answer.text.contains("gone") && !answer.text.contains("relation"), "{}", answer.text);
    assert!(answer.headers.contains_key("x-request-id"));
}

#[tokio::test]
async fn while_the_database_is_away_the_answer_is_503_and_names_the_request() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let (name, user) = (tenant.database.name(), tenant.database.login().user);
    let elsewhere = kiavi_db::Login::new(user, "postgres");
    let server = kiavi_db::AdminConnection::connect(&*tenant.database.connector(), &elsewhere).await.unwrap();
    server.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await.unwrap();
    let end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1";
    server.query(end, &[&name]).await.unwrap();
    let answer = browser.get("/get-session").await;
    assert_eq!((answer.status, answer.code()), (StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE"));
    assert_eq!(answer.json["requestId"].as_str(), answer.headers["x-request-id"].to_str().ok());
    let answer = browser.post("/sign-out", json!({})).await;
    assert_eq!((answer.status, answer.set_cookies().len()), (StatusCode::SERVICE_UNAVAILABLE, 0));
    server.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await.unwrap();
    assert!(browser.get("/get-session").await.json.is_object(), "it comes back by itself");
}

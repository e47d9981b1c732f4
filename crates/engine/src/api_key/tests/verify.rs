use super::*;
use crate::Rate;

#[tokio::test]
async fn a_use_is_counted_and_told_without_the_key() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let (key, id) = make(&mut browser, json!({ "name": "a" })).await;
    for count in 1..=10 {
        let answer = verify(&tenant, &key).await;
        assert_eq!(verdict(&answer), "valid");
        assert_eq!(
            (&answer.json["key"]["requestCount"], &answer.json["key"]["id"]),
            (&json!(count), &json!(id))
        );
        assert_eq!(answer.json["key"]["lastRequest"], answer.json["key"]["updatedAt"]);
    }
    let refused = verify(&tenant, &key).await;
    assert_eq!(verdict(&refused), "RATE_LIMITED");
    assert_eq!(refused.json["error"]["message"], "Rate limit exceeded.");
    let wait = refused.json["error"]["details"]["tryAgainIn"].as_i64().unwrap();
    assert!((86_000_000..=86_400_000).contains(&wait), "{wait}");
    // A window ends when the key was not used for so long.
    sql(&tenant, r#"UPDATE apikey SET "lastRequest" = now() - interval '86401 seconds'"#).await;
    assert_eq!(verify(&tenant, &key).await.json["key"]["requestCount"], 1);
    // The log tells of refusals, not of uses.
    assert_eq!(tenant.events("api_key.refused").await, 1);
}

#[tokio::test]
async fn every_refusal_comes_in_upstreams_order() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let (key, _) = make(&mut browser, json!({})).await;
    let ask = async |body: Value| {
        let answer = tenant.operator().post("/api-key/verify", body).await;
        verdict(&answer).to_owned()
    };
    assert_eq!(ask(json!({ "key": "unknown" })).await, "INVALID_API_KEY");
    assert_eq!(ask(json!({ "key": "" })).await, "INVALID_API_KEY");
    assert_eq!(ask(json!({ "key": key, "configId": "billing" })).await, "INVALID_API_KEY");
    // From the last check to the first: each wins over those after it.
    let permissions = json!({ "key": key, "permissions": { "files": ["read"] } });
    sql(&tenant, r#"UPDATE apikey SET "rateLimitMax" = 1, "requestCount" = 1, "lastRequest" = now()"#).await;
    assert_eq!(ask(json!({ "key": key })).await, "RATE_LIMITED");
    sql(&tenant, r#"UPDATE apikey SET remaining = 0, "refillAmount" = 0"#).await;
    assert_eq!(ask(json!({ "key": key })).await, "USAGE_EXCEEDED");
    assert_eq!(ask(permissions.clone()).await, "KEY_NOT_FOUND");
    sql(&tenant, r#"UPDATE "user" SET banned = true"#).await;
    assert_eq!(ask(permissions.clone()).await, "USER_BANNED");
    sql(&tenant, r#"UPDATE "user" SET "banExpires" = now() - interval '1 second'"#).await;
    assert_eq!(ask(permissions.clone()).await, "KEY_NOT_FOUND");
    sql(&tenant, r#"DELETE FROM "user""#).await;
    assert_eq!(ask(permissions.clone()).await, "INVALID_REFERENCE_ID_FROM_API_KEY");
    sql(&tenant, "UPDATE apikey SET enabled = false").await;
    assert_eq!(ask(permissions).await, "KEY_DISABLED");
    sql(&tenant, r#"UPDATE apikey SET "expiresAt" = now() - interval '1 second'"#).await;
    assert_eq!(ask(json!({ "key": key })).await, "KEY_DISABLED");
    sql(&tenant, "UPDATE apikey SET enabled = NULL").await;
    assert_eq!(ask(json!({ "key": key })).await, "KEY_EXPIRED");
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM apikey", &[]).await, 0, "an expired key is removed");
    assert_eq!(ask(json!({ "key": key })).await, "INVALID_API_KEY");
    let logged = tenant.events("api_key.refused").await;
    assert!((1..=10).contains(&logged), "a flood of refusals does not fill the log: {logged}");
}

#[tokio::test]
async fn permissions_must_all_be_there() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let body =
        json!({ "rateLimitEnabled": false, "permissions": { "files": ["read", "write"], "mail": [] } });
    let (key, _) = make_as_operator(&tenant, &mut browser, body).await;
    let (bare, _) = make(&mut browser, json!({})).await;
    for (permissions, expected) in [
        (json!({ "files": ["read"] }), "valid"),
        (json!({ "files": ["write", "read"] }), "valid"),
        (json!({ "files": [], "mail": [] }), "KEY_NOT_FOUND"),
        (json!({ "files": ["read"], "mail": [] }), "KEY_NOT_FOUND"),
        (json!({ "files": ["read"], "mail": ["send"] }), "KEY_NOT_FOUND"),
        (json!({ "files": ["delete"] }), "KEY_NOT_FOUND"),
        (json!({ "file": ["read"] }), "KEY_NOT_FOUND"),
        (json!({ "files": ["re"] }), "KEY_NOT_FOUND"),
        (json!({ "files": ["\u{0}"] }), "KEY_NOT_FOUND"),
        (json!({}), "KEY_NOT_FOUND"),
    ] {
        let body = json!({ "key": key, "permissions": permissions });
        let answer = tenant.operator().post("/api-key/verify", body).await;
        assert_eq!(verdict(&answer), expected, "{permissions}");
    }
    let body = json!({ "key": bare, "permissions": { "files": ["read"] } });
    assert_eq!(verdict(&tenant.operator().post("/api-key/verify", body.clone()).await), "KEY_NOT_FOUND");
    // What somebody else wrote into the column and is no JSON permits nothing.
    sql(&tenant, "UPDATE apikey SET permissions = '{oops', metadata = '{oops'").await;
    assert_eq!(verdict(&tenant.operator().post("/api-key/verify", body).await), "KEY_NOT_FOUND");
    let answer = verify(&tenant, &bare).await;
    assert_eq!((verdict(&answer), &answer.json["key"]["metadata"]), ("valid", &Value::Null));
    // Older releases of Better Auth wrote JSON in JSON.
    sql(&tenant, r#"UPDATE apikey SET metadata = '"{\"a\":1}"'"#).await;
    assert_eq!(verify(&tenant, &bare).await.json["key"]["metadata"], json!({ "a": 1 }));
}

#[tokio::test]
async fn a_quota_ends_and_is_refilled_at_the_millisecond() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let (used_up, _) = make_as_operator(&tenant, &mut browser, json!({ "remaining": 1 })).await;
    assert_eq!(verify(&tenant, &used_up).await.json["key"]["remaining"], 0);
    assert_eq!(verdict(&verify(&tenant, &used_up).await), "USAGE_EXCEEDED");
    assert_eq!(verdict(&verify(&tenant, &used_up).await), "INVALID_API_KEY", "the row is removed");
    assert_eq!(tenant.events("api_key.deleted").await, 1);
    let body =
        json!({ "remaining": 1, "refillAmount": 2, "refillInterval": 3_600_000, "rateLimitEnabled": false });
    let (key, _) = make_as_operator(&tenant, &mut browser, body).await;
    assert_eq!(verdict(&verify(&tenant, &key).await), "valid");
    assert_eq!(verdict(&verify(&tenant, &key).await), "USAGE_EXCEEDED");
    for column in ["createdAt", "lastRefillAt"] {
        sql(&tenant, &format!(r#"UPDATE apikey SET "{column}" = now() - interval '3601 seconds'"#)).await;
        let answer = verify(&tenant, &key).await;
        assert_eq!((&answer.json["key"]["remaining"], verdict(&answer)), (&json!(1), "valid"), "{column}");
        assert_eq!(answer.json["key"]["lastRefillAt"], answer.json["key"]["updatedAt"]);
        assert_eq!(verdict(&verify(&tenant, &key).await), "valid");
        assert_eq!(verdict(&verify(&tenant, &key).await), "USAGE_EXCEEDED", "{column}");
    }
    let odd = r#"SELECT count(*) FROM apikey WHERE "lastRefillAt" <> date_trunc('milliseconds', "lastRefillAt")
                 OR "lastRequest" <> date_trunc('milliseconds', "lastRequest")
                 OR "updatedAt" <> date_trunc('milliseconds', "updatedAt")"#;
    assert_eq!(tenant.value::<i64>(odd, &[]).await, 0);
}

#[tokio::test]
async fn a_use_that_the_rate_refuses_costs_no_quota() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let (key, _) =
        make_as_operator(&tenant, &mut browser, json!({ "remaining": 9, "rateLimitMax": 1 })).await;
    assert_eq!(verdict(&verify(&tenant, &key).await), "valid");
    assert_eq!(verdict(&verify(&tenant, &key).await), "RATE_LIMITED");
    assert_eq!(tenant.value::<i32>("SELECT remaining FROM apikey", &[]).await, 8);
    // Without numbers nothing is counted; switched off, only the moment is kept.
    sql(&tenant, r#"UPDATE apikey SET "rateLimitMax" = NULL, "lastRequest" = NULL"#).await;
    let answer = verify(&tenant, &key).await;
    assert_eq!(
        (&answer.json["key"]["lastRequest"], &answer.json["key"]["requestCount"]),
        (&Value::Null, &json!(1))
    );
    sql(&tenant, r#"UPDATE apikey SET "rateLimitMax" = 1, "rateLimitEnabled" = false"#).await;
    let answer = verify(&tenant, &key).await;
    assert_eq!(
        (answer.json["key"]["lastRequest"].is_string(), &answer.json["key"]["requestCount"]),
        (true, &json!(1))
    );
}

#[tokio::test]
async fn the_route_is_there_only_where_the_tenant_says_so_and_for_keys_that_may() {
    let hidden = TestTenant::new().await;
    for body in ["{}", "{", ""] {
        let answer =
            hidden.browser().send(axum::http::Method::POST, "/api-key/verify", Some(body.into()), &[]).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NOT_FOUND, ""));
    }
    let tenant = TestTenant::with(|s| s.api_key.verify_route = true).await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let (target, _) = make(&mut browser, json!({})).await;
    let permissions = json!({ "rateLimitEnabled": false, "permissions": { "api-key": ["verify"] } });
    let (backend, id) = make_as_operator(&tenant, &mut browser, permissions).await;
    let ask = async |key: Option<&str>| {
        let headers: Vec<_> = key.iter().map(|key| ("x-api-key", *key)).collect();
        let body = json!({ "key": target }).to_string();
        let mut program = tenant.browser();
        program.send(axum::http::Method::POST, "/api-key/verify", Some(body), &headers).await
    };
    assert_eq!(ask(None).await.code(), "UNAUTHORIZED");
    assert_eq!(ask(Some("wrong")).await.code(), "INVALID_API_KEY");
    let refused = ask(Some(&target)).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::UNAUTHORIZED, "KEY_NOT_FOUND"));
    let answer = ask(Some(&backend)).await;
    assert_eq!((verdict(&answer), &answer.json["key"]["requestCount"]), ("valid", &json!(1)));
    assert_eq!(browser.post("/api-key/verify", json!({ "key": target })).await.code(), "UNAUTHORIZED");
    assert_eq!(browser.post("/api-key/verify", json!({})).await.code(), "UNAUTHORIZED");
    assert_eq!(tenant.operator().post("/api-key/verify", json!({})).await.code(), "VALIDATION_ERROR");
    browser.post("/api-key/delete", json!({ "keyId": id })).await;
    assert_eq!(ask(Some(&backend)).await.code(), "INVALID_API_KEY");
}

#[tokio::test]
async fn a_key_that_asks_is_used_once_whatever_becomes_of_the_request() {
    let tenant = TestTenant::with(|s| s.api_key.verify_route = true).await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let permissions = json!({ "api-key": ["verify"] });
    let body = json!({ "remaining": 4, "rateLimitEnabled": false, "permissions": permissions });
    let (asking, id) = make_as_operator(&tenant, &mut browser, body).await;
    let asked = format!(r#"{{"key":"{asking}"}}"#);
    for (body, expected, left) in [
        ("{", StatusCode::BAD_REQUEST, 3),
        ("{}", StatusCode::BAD_REQUEST, 2),
        // A key that asks about itself is used twice.
        (&asked, StatusCode::OK, 0),
        ("{}", StatusCode::TOO_MANY_REQUESTS, 0),
    ] {
        let mut program = tenant.browser();
        let headers = [("x-api-key", asking.as_str())];
        let sent = program.send(axum::http::Method::POST, "/api-key/verify", Some(body.into()), &headers);
        assert_eq!(sent.await.status, expected, "{body}");
        let remaining = "SELECT COALESCE((SELECT remaining FROM apikey WHERE id = $1), 0)";
        assert_eq!(tenant.value::<i32>(remaining, &[&id]).await, left, "{body}");
    }
}

#[tokio::test]
async fn a_noisy_key_is_shed_before_the_database_is_asked_and_people_notice_nothing() {
    let tenant = TestTenant::with(|s| {
        s.api_key.verify_route = true;
        s.api_key.requests_per_key = Some(Rate { limit: 2, window_seconds: 10 });
        s.api_key.unknown_per_network = Some(Rate { limit: 2, window_seconds: 10 });
        s.rate_limits.general = Some(Rate { limit: 5, window_seconds: 10 });
    })
    .await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let (key, _) = make(&mut browser, json!({})).await;
    for _ in 0..2 {
        assert_eq!(verdict(&verify(&tenant, &key).await), "valid");
    }
    let shed = verify(&tenant, &key).await;
    assert_eq!(
        (verdict(&shed), &shed.json["error"]["details"]["tryAgainIn"]),
        ("RATE_LIMITED", &json!(5_000))
    );
    assert_eq!(tenant.value::<i32>(r#"SELECT "requestCount" FROM apikey"#, &[]).await, 2);
    let mut program = tenant.browser();
    let mut guess = async |key: String| {
        let body = json!({ "key": "x" }).to_string();
        program
            .send(axum::http::Method::POST, "/api-key/verify", Some(body), &[("x-api-key", key.as_str())])
            .await
    };
    for number in 0..2 {
        assert_eq!(guess(format!("guess {number}")).await.code(), "INVALID_API_KEY");
    }
    for number in 0..10 {
        let answer = guess(format!("more {number}")).await;
        assert_eq!(
            (answer.status, &answer.headers["x-retry-after"]),
            (StatusCode::TOO_MANY_REQUESTS, &"5".parse().unwrap())
        );
    }
    // The same network, people this time: their general limit is untouched.
    assert_eq!(browser.get("/ok").await.status, StatusCode::OK);
    for _ in 0..5 {
        assert_eq!(browser.post("/api-key/verify", json!({ "key": "x" })).await.code(), "UNAUTHORIZED");
    }
    assert_eq!(
        browser.post("/api-key/verify", json!({ "key": "x" })).await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
}

#[tokio::test]
async fn while_a_key_waits_for_its_row_people_sign_in() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let (key, _) = make(&mut browser, json!({})).await;
    sql(&tenant, "BEGIN; SELECT FROM apikey FOR UPDATE").await;
    let people = async {
        let mut other = tenant.browser();
        assert_eq!(other.sign_in(&tenant, "bob@example.com").await.status, StatusCode::OK);
        assert!(browser.get("/get-session").await.json.is_object());
    };
    tokio::select! {
        biased;
        answer = verify(&tenant, &key) => panic!("the row is held, but: {}", answer.text),
        () = people => {}
    }
    sql(&tenant, "ROLLBACK").await;
    assert_eq!(verdict(&verify(&tenant, &key).await), "valid");
}

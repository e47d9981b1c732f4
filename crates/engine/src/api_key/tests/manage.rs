use super::*;

#[tokio::test]
async fn a_key_is_told_in_upstreams_shape_and_its_text_only_once() {
    let tenant = TestTenant::with(|s| s.api_key.is_metadata_enabled = true).await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let body = json!({ "name": "my key", "prefix": "acme_", "expiresIn": 86_400, "metadata": { "a": 1 } });
    let made = browser.post("/api-key/create", body).await;
    let (key, id) = told(&made);
    assert!(key.len() == 69 && key.starts_with("acme_") && key[5..].bytes().all(|b| b.is_ascii_alphabetic()));
    let order = [
        "configId",
        "name",
        "start",
        "referenceId",
        "prefix",
        "key",
        "refillInterval",
        "refillAmount",
        "lastRefillAt",
        "enabled",
        "rateLimitEnabled",
        "rateLimitTimeWindow",
        "rateLimitMax",
        "requestCount",
        "remaining",
        "lastRequest",
        "expiresAt",
        "createdAt",
        "updatedAt",
        "permissions",
        "metadata",
        "id",
    ];
    let positions: Vec<_> = order.iter().map(|key| made.text.find(&format!("\"{key}\":")).unwrap()).collect();
    assert!(positions.is_sorted() && made.json.as_object().unwrap().len() == 22, "{}", made.text);
    assert_eq!((&made.json["configId"], &made.json["start"]), (&json!("default"), &json!(&key[..6])));
    assert_eq!(made.json["rateLimitTimeWindow"], 86_400_000);
    assert_eq!((&made.json["rateLimitMax"], &made.json["requestCount"]), (&json!(10), &json!(0)));
    assert_eq!((&made.json["metadata"], &made.json["permissions"]), (&json!({ "a": 1 }), &Value::Null));
    assert_eq!(made.json["referenceId"], user_id(&mut browser).await);
    let stored: String = tenant.value("SELECT key FROM apikey", &[]).await;
    assert_eq!(stored, crate::api_key::flow::hash(&key));
    let got = browser.get(&format!("/api-key/get?id={id}")).await;
    let mut without_key = made.json.clone();
    without_key.as_object_mut().unwrap().remove("key");
    assert_eq!(got.json, without_key);
    let list = browser.get("/api-key/list").await;
    assert_eq!(list.json, json!({ "apiKeys": [without_key], "total": 1 }));
    let odd = r#"SELECT count(*) FROM apikey WHERE "createdAt" <> date_trunc('milliseconds', "createdAt")
                 OR "expiresAt" <> date_trunc('milliseconds', "expiresAt")"#;
    assert_eq!(tenant.value::<i64>(odd, &[]).await, 0);
    assert_eq!(tenant.events("api_key.created").await, 1);
}

#[tokio::test]
async fn every_refusal_of_create_has_upstreams_code() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    for (body, status, code) in [
        (json!({ "remaining": 5 }), 400, "SERVER_ONLY_PROPERTY"),
        (json!({ "refillAmount": 5 }), 400, "SERVER_ONLY_PROPERTY"),
        (json!({ "refillInterval": 5 }), 400, "SERVER_ONLY_PROPERTY"),
        (json!({ "rateLimitMax": 5 }), 400, "SERVER_ONLY_PROPERTY"),
        (json!({ "rateLimitTimeWindow": 5 }), 400, "SERVER_ONLY_PROPERTY"),
        (json!({ "rateLimitEnabled": false }), 400, "SERVER_ONLY_PROPERTY"),
        (json!({ "permissions": {} }), 400, "SERVER_ONLY_PROPERTY"),
        (json!({ "userId": "x" }), 401, "UNAUTHORIZED_SESSION"),
        (json!({ "metadata": { "a": 1 } }), 400, "METADATA_DISABLED"),
        (json!({ "expiresIn": 86_399 }), 400, "EXPIRES_IN_IS_TOO_SMALL"),
        (json!({ "expiresIn": 365 * 86_400 + 1 }), 400, "EXPIRES_IN_IS_TOO_LARGE"),
        (json!({ "prefix": "p".repeat(33) }), 400, "INVALID_PREFIX_LENGTH"),
        (json!({ "name": "n".repeat(33) }), 400, "INVALID_NAME_LENGTH"),
        (json!({ "prefix": "a b" }), 400, "VALIDATION_ERROR"),
        (json!({ "name": 1 }), 400, "VALIDATION_ERROR"),
        (json!({ "name": "a\u{0}" }), 400, "VALIDATION_ERROR"),
        (json!({ "expiresIn": 0 }), 400, "VALIDATION_ERROR"),
        (json!([]), 400, "VALIDATION_ERROR"),
    ] {
        let answer = browser.post("/api-key/create", body.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{body}");
    }
    let nothing = json!({ "remaining": null, "expiresIn": null, "metadata": null, "configId": "other" });
    make(&mut browser, nothing).await;
    let answer = tenant.browser().post("/api-key/create", json!({})).await;
    assert_eq!(
        answer.json,
        json!({ "message": "Unauthorized or invalid session", "code": "UNAUTHORIZED_SESSION" })
    );
}

#[tokio::test]
async fn settings_decide_on_names_lives_prefixes_and_numbers() {
    let tenant = TestTenant::with(|s| {
        let keys = &mut s.api_key;
        (keys.is_name_required, keys.is_custom_expiry_enabled, keys.is_metadata_enabled) =
            (true, false, true);
        (keys.prefix, keys.keys_per_user) = (Some("shop_".to_owned()), 1);
        (keys.default_expires_in_seconds, keys.rate_limit_max) = (Some(3_600), 7);
    })
    .await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    for (body, code) in [
        (json!({}), "NAME_REQUIRED"),
        (json!({ "name": "" }), "NAME_REQUIRED"),
        (json!({ "name": "a", "expiresIn": 100_000 }), "KEY_DISABLED_EXPIRATION"),
        (json!({ "name": "a", "metadata": "text" }), "INVALID_METADATA_TYPE"),
        (json!({ "name": "a", "metadata": { "a": "x".repeat(5_000) } }), "VALIDATION_ERROR"),
    ] {
        let answer = browser.post("/api-key/create", body.clone()).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, code), "{body}");
    }
    let hostile = json!({ "__proto__": { "x": 1 }, "\u{0}": "\u{0}'; DROP TABLE apikey; --" });
    let made = browser.post("/api-key/create", json!({ "name": "a", "metadata": hostile })).await;
    let (key, _) = told(&made);
    assert!(key.starts_with("shop_") && made.json["expiresAt"].is_string(), "{}", made.text);
    assert_eq!((&made.json["rateLimitMax"], &made.json["metadata"]), (&json!(7), &hostile));
    let answer = browser.post("/api-key/create", json!({ "name": "b" })).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "TOO_MANY_API_KEYS"));
}

#[tokio::test]
async fn a_key_is_changed_and_removed_by_its_owner_alone() {
    let tenant = TestTenant::with(|s| s.api_key.is_metadata_enabled = true).await;
    let (mut ada, mut eve) =
        (tenant.signed_in("ada@example.com").await, tenant.signed_in("eve@example.com").await);
    let (_, id) = make(&mut ada, json!({})).await;
    let before = ada.get(&format!("/api-key/get?id={id}")).await.json;
    let body = json!({ "keyId": id, "name": "new", "enabled": false, "expiresIn": 172_800, "metadata": { "b": [1] } });
    let changed = ada.post("/api-key/update", body).await.json;
    assert_eq!((&changed["name"], &changed["enabled"]), (&json!("new"), &json!(false)));
    assert_eq!((&changed["metadata"], &changed["updatedAt"]), (&json!({ "b": [1] }), &before["updatedAt"]));
    assert!(changed["expiresAt"].is_string() && changed.get("key").is_none());
    let changed =
        ada.post("/api-key/update", json!({ "keyId": id, "expiresIn": null, "metadata": null })).await.json;
    assert!(changed["expiresAt"].is_null() && changed["metadata"].is_null() && changed["name"] == "new");
    let own = user_id(&mut ada).await;
    for (body, status, code) in [
        (json!({ "keyId": id }), 400, "NO_VALUES_TO_UPDATE"),
        (json!({ "keyId": id, "name": "" }), 400, "INVALID_NAME_LENGTH"),
        (json!({ "keyId": id, "expiresIn": 60 }), 400, "EXPIRES_IN_IS_TOO_SMALL"),
        (json!({ "keyId": id, "metadata": 7 }), 400, "INVALID_METADATA_TYPE"),
        (json!({ "keyId": id, "permissions": null }), 400, "SERVER_ONLY_PROPERTY"),
        (json!({ "keyId": id, "remaining": 1 }), 400, "SERVER_ONLY_PROPERTY"),
        (json!({ "keyId": id, "name": "x", "userId": "somebody" }), 401, "UNAUTHORIZED_SESSION"),
        (json!({ "keyId": "unknown", "name": "x" }), 404, "KEY_NOT_FOUND"),
        (json!({ "keyId": "a\u{0}", "name": "x" }), 404, "KEY_NOT_FOUND"),
        (json!({ "name": "x" }), 400, "VALIDATION_ERROR"),
        (json!({ "keyId": id, "name": "mine", "userId": own }), 200, ""),
    ] {
        let answer = ada.post("/api-key/update", body.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{body}");
    }
    assert_eq!(eve.get(&format!("/api-key/get?id={id}")).await.code(), "KEY_NOT_FOUND");
    assert_eq!(
        eve.post("/api-key/update", json!({ "keyId": id, "name": "x" })).await.code(),
        "KEY_NOT_FOUND"
    );
    assert_eq!(eve.post("/api-key/delete", json!({ "keyId": id })).await.code(), "KEY_NOT_FOUND");
    assert_eq!(eve.get("/api-key/list").await.json, json!({ "apiKeys": [], "total": 0 }));
    let mut nobody = tenant.browser();
    assert_eq!(nobody.get(&format!("/api-key/get?id={id}")).await.code(), "UNAUTHORIZED");
    assert_eq!(nobody.get("/api-key/list").await.code(), "UNAUTHORIZED");
    assert_eq!(nobody.post("/api-key/delete", json!({ "keyId": id })).await.code(), "UNAUTHORIZED");
    let update = nobody.post("/api-key/update", json!({ "keyId": id, "name": "x" })).await;
    assert_eq!(update.code(), "UNAUTHORIZED_SESSION");
    sql(&tenant, r#"UPDATE "user" SET banned = true WHERE email = 'ada@example.com'"#).await;
    let banned = ada.post("/api-key/delete", json!({ "keyId": id })).await;
    assert_eq!((banned.status, banned.code()), (StatusCode::UNAUTHORIZED, "USER_BANNED"));
    sql(&tenant, r#"UPDATE "user" SET banned = false"#).await;
    assert_eq!(ada.post("/api-key/delete", json!({ "keyId": id })).await.text, r#"{"success":true}"#);
    assert_eq!(ada.post("/api-key/delete", json!({ "keyId": id })).await.code(), "KEY_NOT_FOUND");
    assert_eq!((tenant.events("api_key.updated").await, tenant.events("api_key.deleted").await), (3, 1));
}

#[tokio::test]
async fn rows_of_another_configuration_are_listed_and_otherwise_not_there() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let (_, id) = make(&mut browser, json!({})).await;
    sql(&tenant, r#"UPDATE apikey SET "configId" = 'billing'"#).await;
    assert_eq!(browser.get(&format!("/api-key/get?id={id}&configId=billing")).await.code(), "KEY_NOT_FOUND");
    assert_eq!(browser.post("/api-key/delete", json!({ "keyId": id })).await.code(), "KEY_NOT_FOUND");
    assert_eq!(browser.get("/api-key/list").await.json["total"], 1);
    assert_eq!(browser.get("/api-key/list?configId=billing").await.json["total"], 1);
    assert_eq!(browser.get("/api-key/list?configId=default").await.json["total"], 0);
    // As old releases left it.
    sql(&tenant, r#"UPDATE apikey SET "configId" = ''"#).await;
    assert_eq!(browser.get("/api-key/list?configId=default").await.json["total"], 1);
    assert_eq!(browser.get(&format!("/api-key/get?id={id}")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_list_is_sorted_and_cut() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    for name in ["b", "c", "a"] {
        make(&mut browser, json!({ "name": name })).await;
    }
    make(&mut browser, json!({})).await;
    sql(
        &tenant,
        r#"UPDATE apikey SET "requestCount" = CASE name WHEN 'a' THEN 10 WHEN 'b' THEN 9 ELSE 0 END"#,
    )
    .await;
    let names = |answer: &Answer| -> Vec<String> {
        let keys = answer.json["apiKeys"].as_array().unwrap_or_else(|| panic!("{}", answer.text));
        keys.iter().map(|key| key["name"].as_str().unwrap_or("-").to_owned()).collect()
    };
    for (query, expected) in [
        ("", vec!["b", "c", "a", "-"]),
        ("?sortBy=name", vec!["a", "b", "c", "-"]),
        ("?sortBy=name&sortDirection=desc", vec!["-", "c", "b", "a"]),
        ("?sortBy=requestCount&sortDirection=desc&limit=2", vec!["a", "b"]),
        ("?limit=2&offset=1", vec!["c", "a"]),
        ("?limit=0", vec![]),
        ("?offset=9", vec![]),
    ] {
        let answer = browser.get(&format!("/api-key/list{query}")).await;
        assert_eq!(names(&answer), expected, "{query}");
        assert_eq!(answer.json["total"], 4);
    }
    let cut = browser.get("/api-key/list?limit=1&offset=2").await;
    assert_eq!((&cut.json["limit"], &cut.json["offset"]), (&json!(1), &json!(2)));
    for query in [
        "?limit=-1",
        "?limit=x",
        "?limit=1.5",
        "?sortDirection=up",
        "?sortBy=key",
        "?sortBy=x",
        "?limit=1&limit=2",
    ] {
        let answer = browser.get(&format!("/api-key/list{query}")).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"), "{query}");
    }
    assert_eq!(browser.get("/api-key/get").await.code(), "VALIDATION_ERROR");
    assert_eq!(browser.get("/api-key/list?organizationId=o").await.code(), "ORGANIZATION_PLUGIN_REQUIRED");
}

#[tokio::test]
async fn an_operator_sets_what_others_may_not_and_names_the_owner() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let (owner, mut operator) = (user_id(&mut browser).await, tenant.operator());
    for (body, status, code) in [
        (json!({}), 401, "UNAUTHORIZED_SESSION"),
        (json!({ "userId": "nobody" }), 404, "USER_NOT_FOUND"),
        (json!({ "userId": owner, "refillAmount": 1 }), 400, "REFILL_AMOUNT_AND_INTERVAL_REQUIRED"),
        (json!({ "userId": owner, "refillInterval": 1 }), 400, "REFILL_INTERVAL_AND_AMOUNT_REQUIRED"),
        (json!({ "userId": owner, "remaining": -1 }), 400, "VALIDATION_ERROR"),
        (json!({ "userId": owner, "rateLimitMax": 1.5 }), 400, "VALIDATION_ERROR"),
        (json!({ "userId": owner, "rateLimitTimeWindow": 3e9 }), 400, "VALIDATION_ERROR"),
        (json!({ "userId": owner, "permissions": { "files": "read" } }), 400, "VALIDATION_ERROR"),
        (json!({ "userId": owner, "permissions": { "files": [1] } }), 400, "VALIDATION_ERROR"),
        (json!({ "userId": owner, "permissions": ["read"] }), 400, "VALIDATION_ERROR"),
    ] {
        let answer = operator.post("/api-key/create", body.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{body}");
    }
    let body = json!({
        "userId": owner, "remaining": 3, "refillAmount": 5, "refillInterval": 1_000, "rateLimitMax": 2,
        "rateLimitTimeWindow": 60_000, "rateLimitEnabled": false, "permissions": { "files": ["read"] },
    });
    let made = operator.post("/api-key/create", body.clone()).await;
    let (_, id) = told(&made);
    for (name, value) in body.as_object().unwrap().iter().filter(|(name, _)| *name != "userId") {
        assert_eq!(&made.json[name], value, "{name}");
    }
    let change = json!({
        "userId": owner, "keyId": id, "remaining": 9, "refillAmount": 0, "refillInterval": 0,
        "permissions": null, "rateLimitEnabled": true,
    });
    let changed = operator.post("/api-key/update", change).await.json;
    assert_eq!((&changed["remaining"], &changed["refillAmount"]), (&json!(9), &json!(0)));
    assert_eq!((&changed["permissions"], &changed["rateLimitEnabled"]), (&Value::Null, &json!(true)));
    let mut foreign = json!({ "keyId": id, "name": "x" });
    assert_eq!(operator.post("/api-key/update", foreign.clone()).await.code(), "UNAUTHORIZED_SESSION");
    foreign["userId"] = json!("somebody");
    assert_eq!(operator.post("/api-key/update", foreign).await.code(), "KEY_NOT_FOUND");
    let event = tenant.newest("api_key.created").await;
    assert_eq!((event.actor(), event.method.as_deref()), (Some("operator:test"), Some("management")));
}

#[tokio::test]
async fn permissions_that_postgresql_cannot_compare_are_refused() {
    let tenant = TestTenant::new().await;
    let mut browser = tenant.signed_in("ada@example.com").await;
    let user = user_id(&mut browser).await;
    let (_, id) = make(&mut browser, json!({})).await;
    for permissions in [json!({ "a\0": ["b"] }), json!({ "a": ["b\0"] })] {
        for (path, key) in [("/api-key/create", Value::Null), ("/api-key/update", json!(id))] {
            let body = json!({ "userId": user, "keyId": key, "permissions": permissions });
            let answer = tenant.operator().post(path, body).await;
            assert_eq!(
                (answer.status, answer.code()),
                (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"),
                "{path}"
            );
        }
    }
}

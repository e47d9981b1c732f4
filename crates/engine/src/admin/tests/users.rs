//! Making, changing, banning and removing users.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::tests::TestTenant;

#[tokio::test]
async fn a_new_user_has_what_the_body_says_and_no_more() {
    let tenant = TestTenant::with(|settings| settings.admin.default_role = "guest".to_owned()).await;
    let mut root = tenant.administrator().await;
    let answer = root.post("/admin/create-user", json!({ "email": "Ada@Example.com", "name": "Ada" })).await;
    let user = &answer.json["user"];
    assert_eq!((&user["email"], &user["name"]), (&json!("ada@example.com"), &json!("Ada")));
    assert_eq!((&user["role"], &user["banned"]), (&json!("guest"), &json!(false)));
    assert_eq!((&user["emailVerified"], &user["image"]), (&json!(false), &Value::Null));
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM account", &[]).await, 0);
    let (actor, subject, ..) = tenant.newest_event("user.created").await;
    assert_eq!(
        (actor, subject),
        (tenant.id_of("root@example.com").await, user["id"].as_str().map(Into::into))
    );

    let body = json!({
        "email": "bob@example.com", "name": "", "role": ["user", "editor"],
        "data": { "emailVerified": true, "image": "https://x/y.png", "banned": true, "banReason": "r",
                  "banExpires": "2030-01-02T03:04:05.678Z", "role": "ignored" },
    });
    let user = root.post("/admin/create-user", body).await.json["user"].clone();
    assert_eq!((&user["role"], &user["emailVerified"]), (&json!("user,editor"), &json!(true)));
    assert_eq!((&user["banned"], &user["banReason"]), (&json!(true), &json!("r")));
    assert_eq!(user["banExpires"], "2030-01-02T03:04:05.678Z");
}

#[tokio::test]
async fn new_users_get_the_default_role_however_they_come() {
    let tenant = TestTenant::with(|settings| settings.admin.default_role = "guest".to_owned()).await;
    tenant.signed_in("ada@example.com").await;
    assert_eq!(tenant.value::<String>(r#"SELECT role FROM "user""#, &[]).await, "guest");
    assert!(!tenant.value::<bool>(r#"SELECT banned FROM "user""#, &[]).await);
}

#[tokio::test]
async fn what_cannot_be_a_user_is_refused() {
    let tenant = TestTenant::new().await;
    let mut root = tenant.administrator().await;
    let with = |key: &str, value: Value| {
        let mut body = json!({ "email": "ada@example.com", "name": "Ada" });
        body[key] = value;
        body
    };
    for (body, code) in [
        (json!({}), "VALIDATION_ERROR"),
        (json!({ "email": "ada@example.com" }), "VALIDATION_ERROR"),
        (with("name", json!("a\0b")), "VALIDATION_ERROR"),
        (with("role", json!(1)), "VALIDATION_ERROR"),
        (with("data", json!([])), "VALIDATION_ERROR"),
        (with("email", json!("nobody")), "INVALID_EMAIL"),
        (with("email", json!("ROOT@example.com")), "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"),
        (with("password", json!("correct horse")), "EMAIL_PASSWORD_SIGN_UP_DISABLED"),
        (with("data", json!({ "role": 1 })), "INVALID_ROLE_TYPE"),
        (with("data", json!({ "id": "mine" })), "FIELD_NOT_ALLOWED"),
        (with("data", json!({ "email": "x@example.com" })), "FIELD_NOT_ALLOWED"),
        (with("data", json!({ "createdAt": "2020-01-01T00:00:00Z" })), "FIELD_NOT_ALLOWED"),
        (with("data", json!({ "banned": "yes" })), "VALIDATION_ERROR"),
        (with("data", json!({ "banExpires": "soon" })), "VALIDATION_ERROR"),
    ] {
        let answer = root.post("/admin/create-user", body.clone()).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, code), "{body}");
    }
    assert_eq!(tenant.value::<i64>(r#"SELECT count(*) FROM "user""#, &[]).await, 1);
}

#[tokio::test]
async fn a_change_is_told_whole_but_for_addresses() {
    let tenant = TestTenant::new().await;
    let mut root = tenant.administrator().await;
    tenant.add_user("target", "old@example.com").await;
    let data = json!({ "name": "New", "email": "New@Example.com", "role": ["a", "b"] });
    let answer = root.post("/admin/update-user", json!({ "userId": "target", "data": data })).await;
    assert_eq!((&answer.json["name"], &answer.json["email"]), (&json!("New"), &json!("new@example.com")));
    assert_eq!(answer.json["role"], "a,b");
    assert_eq!(answer.json["emailVerified"], false, "nobody proved the new address");
    let (actor, subject, method, detail) = tenant.newest_event("user.updated").await;
    assert_eq!((actor, subject.as_deref()), (tenant.id_of("root@example.com").await, Some("target")));
    assert_eq!(method.as_deref(), Some("session"));
    let changes = &detail["changes"];
    assert_eq!((&changes["name"], &changes["email"]), (&json!({}), &json!({})));
    assert_eq!(changes["role"], json!({ "from": "user", "to": "a,b" }));
    assert_eq!(changes["emailVerified"], json!({ "from": true, "to": false }));
    assert!(!detail.to_string().contains('@'), "{detail}");
    let personal = tenant.newest("user.updated").await.personal.unwrap();
    assert_eq!(personal["changes"]["name"], json!({ "from": "target", "to": "New" }));
    assert_eq!(personal["changes"]["email"], json!({ "from": "old@example.com", "to": "new@example.com" }));

    let data = json!({ "email": "third@example.com", "emailVerified": true });
    let answer = root.post("/admin/update-user", json!({ "userId": "target", "data": data })).await;
    assert_eq!(answer.json["emailVerified"], true, "the administrator vouches for it");
}

#[tokio::test]
async fn what_an_administrator_may_not_change_is_refused() {
    let tenant = TestTenant::new().await;
    let mut root = tenant.administrator().await;
    let own = tenant.id_of("root@example.com").await;
    tenant.add_user("target", "target@example.com").await;
    for (id, data, status, code) in [
        ("target", json!({}), 400, "NO_DATA_TO_UPDATE"),
        ("target", json!(1), 400, "VALIDATION_ERROR"),
        ("target", json!({ "password": "x" }), 400, "PASSWORD_CANNOT_BE_UPDATED_VIA_UPDATE_USER"),
        ("target", json!({ "id": "x" }), 400, "USER_ID_CANNOT_BE_UPDATED"),
        ("target", json!({ "role": null }), 400, "INVALID_ROLE_TYPE"),
        ("target", json!({ "role": ["a", 1] }), 400, "INVALID_ROLE_TYPE"),
        ("target", json!({ "email": "x" }), 400, "INVALID_EMAIL"),
        ("target", json!({ "email": "ROOT@example.com" }), 400, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"),
        ("target", json!({ "updatedAt": "2020-01-01T00:00:00Z" }), 400, "FIELD_NOT_ALLOWED"),
        ("target", json!({ "phoneNumber": "1" }), 400, "FIELD_NOT_ALLOWED"),
        ("target", json!({ "name": null }), 400, "VALIDATION_ERROR"),
        ("target", json!({ "name": "a\0" }), 400, "VALIDATION_ERROR"),
        ("target", json!({ "emailVerified": 1 }), 400, "VALIDATION_ERROR"),
        (own.as_str(), json!({ "banned": true }), 400, "YOU_CANNOT_BAN_YOURSELF"),
        ("nobody", json!({ "name": "x" }), 404, "USER_NOT_FOUND"),
        ("no\0body", json!({ "name": "x" }), 404, "USER_NOT_FOUND"),
    ] {
        let answer = root.post("/admin/update-user", json!({ "userId": id, "data": data })).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{data}");
    }
    assert_eq!(tenant.events("user.updated").await, 0);
}

#[tokio::test]
async fn ids_are_read_as_text_and_must_name_somebody() {
    let tenant = TestTenant::new().await;
    let mut root = tenant.administrator().await;
    tenant.add_user("42", "target@example.com").await;
    let answer = root.post("/admin/set-role", json!({ "userId": 42, "role": ["admin", "user"] })).await;
    assert_eq!(answer.json["user"]["role"], "admin,user");
    let (.., detail) = tenant.newest_event("role.changed").await;
    assert_eq!(detail, json!({ "changes": { "role": { "from": "user", "to": "admin,user" } } }));
    for path in ["set-role", "ban-user", "unban-user", "remove-user", "impersonate-user"] {
        let body = json!({ "userId": "nobody", "role": "user" });
        let answer = root.post(&format!("/admin/{path}"), body).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::NOT_FOUND, "USER_NOT_FOUND"), "{path}");
        for body in [json!({ "role": "user" }), json!({ "role": "user", "userId": {} })] {
            let answer = root.post(&format!("/admin/{path}"), body).await;
            assert_eq!(answer.code(), "VALIDATION_ERROR", "{path}");
        }
    }
    assert_eq!(root.get("/admin/get-user?id=nobody").await.code(), "USER_NOT_FOUND");
    assert_eq!(root.get("/admin/get-user?id=a%00b").await.code(), "USER_NOT_FOUND");
    assert_eq!(root.get("/admin/get-user").await.code(), "VALIDATION_ERROR");
    assert_eq!(root.get("/admin/get-user?id=42").await.json["email"], "target@example.com");
}

#[tokio::test]
async fn only_operators_look_up_by_address() {
    let tenant = TestTenant::new().await;
    tenant.add_user("target", "target@example.com").await;
    let path = "/admin/get-user?email=Target%40Example.com";
    assert_eq!(tenant.operator().get(path).await.json["id"], "target");
    assert_eq!(tenant.administrator().await.get(path).await.code(), "VALIDATION_ERROR");
    let unknown = tenant.operator().get("/admin/get-user?email=nobody%40example.com").await;
    assert_eq!((unknown.status, unknown.code()), (StatusCode::NOT_FOUND, "USER_NOT_FOUND"));
    let (_, subject, ..) = tenant.newest_event("user.viewed").await;
    assert!(subject.unwrap().starts_with("address:"));
    assert_eq!(tenant.operator().get("/admin/get-user?email=x").await.code(), "INVALID_EMAIL");
    assert_eq!(tenant.operator().get("/admin/get-user").await.code(), "VALIDATION_ERROR");
}

#[tokio::test]
async fn a_ban_ends_every_session_and_is_told_at_sign_in() {
    let tenant = TestTenant::with(|settings| {
        settings.admin.banned_user_message = "Write to help@demo.example.".to_owned();
        settings.admin.default_ban_reason = "Unknown".to_owned();
    })
    .await;
    let mut root = tenant.administrator().await;
    let mut eve = tenant.signed_in("eve@example.com").await;
    let id = tenant.id_of("eve@example.com").await;
    let answer = root.post("/admin/ban-user", json!({ "userId": id, "banReason": "" })).await;
    let user = &answer.json["user"];
    assert_eq!((&user["banned"], &user["banReason"]), (&json!(true), &json!("Unknown")));
    assert_eq!(user["banExpires"], Value::Null);
    assert_eq!(eve.get("/get-session").await.text, "null");
    let (_, _, _, detail) = tenant.newest_event("user.banned").await;
    assert_eq!(detail["sessions"], 1);
    assert_eq!(detail["changes"]["banned"], json!({ "from": false, "to": true }));
    let refused = eve.sign_in(&tenant, "eve@example.com").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.json, json!({ "message": "Write to help@demo.example.", "code": "BANNED_USER" }));

    let answer = root.post("/admin/unban-user", json!({ "userId": id })).await;
    let user = &answer.json["user"];
    assert_eq!((&user["banned"], &user["banReason"]), (&json!(false), &Value::Null));
    assert_eq!(eve.sign_in(&tenant, "eve@example.com").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_ban_that_has_run_out_is_cleared_at_sign_in() {
    let tenant = TestTenant::with(|settings| settings.admin.default_ban_seconds = Some(60)).await;
    let mut root = tenant.administrator().await;
    tenant.signed_in("eve@example.com").await;
    let id = tenant.id_of("eve@example.com").await;
    let left = r#"SELECT round(extract(epoch FROM "banExpires" - now()))::float8 FROM "user" WHERE id = $1"#;
    for (seconds, expected) in [(json!(3600), 3600.0), (json!(0), 60.0)] {
        let body = json!({ "userId": id, "banReason": "spam", "banExpiresIn": seconds });
        root.post("/admin/ban-user", body).await;
        let left = tenant.value::<f64>(left, &[&id]).await;
        assert!((left - expected).abs() < 5.0, "{left}");
    }
    for seconds in [json!(-1), json!("60"), json!(1e300)] {
        let answer = root.post("/admin/ban-user", json!({ "userId": id, "banExpiresIn": seconds })).await;
        assert_eq!(answer.code(), "VALIDATION_ERROR", "{seconds}");
    }
    let past = r#"UPDATE "user" SET "banExpires" = now() - interval '1 second' WHERE id = $1"#;
    tenant.admin.execute(past, &[&id]).await.unwrap();
    let mut eve = tenant.browser();
    assert_eq!(eve.sign_in(&tenant, "eve@example.com").await.status, StatusCode::OK);
    let user = eve.get("/get-session").await.json["user"].clone();
    assert_eq!((&user["banned"], &user["banReason"]), (&json!(false), &Value::Null));
    assert_eq!(user["banExpires"], Value::Null);
    let (.., detail) = tenant.newest_event("user.unbanned").await;
    assert_eq!(detail, json!({ "reason": "expired" }));
}

#[tokio::test]
async fn a_ban_that_comes_while_somebody_signs_in_wins() {
    let tenant = TestTenant::new().await;
    tenant.signed_in("eve@example.com").await;
    let mut eve = tenant.browser();
    let body = json!({ "email": "eve@example.com", "type": "sign-in" });
    eve.post("/email-otp/send-verification-otp", body).await;
    let code = tenant.newest_code().await;
    tenant.admin.batch_execute(r#"BEGIN; UPDATE "user" SET banned = true"#).await.unwrap();
    let ban = async {
        let waiting = "SELECT count(*) FROM pg_stat_activity
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while tenant.value::<i64>(waiting, &[]).await == 0 {
            tokio::task::yield_now().await;
        }
        tenant.admin.batch_execute("COMMIT").await.unwrap();
    };
    let sign_in = eve.post("/sign-in/email-otp", json!({ "email": "eve@example.com", "otp": code }));
    let (answer, ()) = tokio::join!(sign_in, ban);
    assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "BANNED_USER"));
}

#[tokio::test]
async fn nobody_bans_or_removes_themselves() {
    let tenant = TestTenant::new().await;
    let mut root = tenant.administrator().await;
    let own = json!({ "userId": tenant.id_of("root@example.com").await });
    assert_eq!(root.post("/admin/ban-user", own.clone()).await.code(), "YOU_CANNOT_BAN_YOURSELF");
    assert_eq!(root.post("/admin/remove-user", own).await.code(), "YOU_CANNOT_REMOVE_YOURSELF");
    assert!(root.get("/get-session").await.json.is_object());
}

#[tokio::test]
async fn whoever_is_removed_leaves_nothing_behind() {
    let tenant = TestTenant::new().await;
    let mut root = tenant.administrator().await;
    let mut eve = tenant.signed_in("eve@example.com").await;
    tenant.signed_in("other@example.com").await;
    let id = tenant.id_of("eve@example.com").await;
    let rows = format!(
        r#"INSERT INTO account (id, "accountId", "providerId", "userId", "updatedAt") VALUES ('a', 'x', 'x', '{id}', now());
           INSERT INTO passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
             VALUES ('p', 'k', '{id}', 'c', 0, 'singleDevice', false);
           INSERT INTO apikey (id, "configId", "referenceId", key, "createdAt", "updatedAt")
             VALUES ('k', 'default', '{id}', 'h', now(), now());
           INSERT INTO verification (id, identifier, value, "expiresAt") VALUES
             ('1', 'sign-in-otp-eve@example.com', 'x:0', now()), ('2', 'change-email-otp-{id}:n@example.com', 'x:0', now()),
             ('3', 'delete-account-abc', '{id}', now()), ('4', 'sign-in-otp-other@example.com', 'x:0', now());"#
    );
    tenant.admin.batch_execute(&rows).await.unwrap();
    let answer = root.post("/admin/remove-user", json!({ "userId": id })).await;
    assert_eq!(answer.text, r#"{"success":true}"#);
    assert_eq!(eve.get("/get-session").await.text, "null");
    for (table, left) in [("\"user\"", 2_i64), ("session", 2), ("account", 0), ("passkey", 0), ("apikey", 0)]
    {
        assert_eq!(tenant.value::<i64>(&format!("SELECT count(*) FROM {table}"), &[]).await, left, "{table}");
    }
    assert_eq!(tenant.value::<String>("SELECT id FROM verification WHERE length(id) = 1", &[]).await, "4");
    let (_, subject, ..) = tenant.newest_event("user.deleted").await;
    assert!(subject.is_some_and(|subject| subject.starts_with("user:") && !subject.contains(&id)));
}

#[tokio::test]
async fn the_address_of_somebody_whom_the_settings_name_is_not_for_administrators_to_set() {
    let tenant =
        TestTenant::with(|settings| settings.admin.admin_user_ids = ["named".to_owned()].into()).await;
    let mut root = tenant.administrator().await;
    tenant.add_user("named", "named@example.com").await;
    let body = |data: Value| json!({ "userId": "named", "data": data });
    // Whoever gets the codes of an address signs in as its user, whom administrators may not act as.
    let taken = json!({ "email": "root2@example.com", "emailVerified": true });
    let answer = root.post("/admin/update-user", body(taken.clone())).await;
    let code = "YOU_ARE_NOT_ALLOWED_TO_SET_USERS_EMAIL";
    assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, code));
    let same = json!({ "name": "Named", "email": "Named@example.com" });
    assert_eq!(root.post("/admin/update-user", body(same)).await.json["name"], "Named");
    assert_eq!(tenant.operator().post("/admin/update-user", body(taken)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_operator_sees_somebody_with_their_ways_in_and_no_secret() {
    let tenant = TestTenant::new().await;
    let mut ada = tenant.signed_in("ada@example.com").await;
    let id = tenant.id_of("ada@example.com").await;
    let view = format!("/admin/view-user?id={id}");
    let card = tenant.operator().get(&view).await;
    assert_eq!(card.json["user"]["email"], "ada@example.com");
    assert_eq!(card.json["sessions"].as_array().unwrap().len(), 1);
    assert_eq!((&card.json["passkeys"], &card.json["accounts"]), (&json!([]), &json!([])));
    assert_eq!(card.json["apiKeys"], json!([]));
    let token: String = tenant.value(r#"SELECT token FROM session WHERE "userId" = $1"#, &[&id]).await;
    assert!(!card.text.contains(&token) && !card.text.contains("token"), "{}", card.text);
    assert_eq!(tenant.events("user.viewed").await, 1);
    let session = json!({ "sessionToken": card.json["sessions"][0]["id"] });
    tenant.operator().post("/admin/revoke-user-session", session).await;
    assert_eq!(ada.get("/get-session").await.json, Value::Null, "what is shown can be ended");
    assert_eq!(tenant.operator().get("/admin/view-user?id=nobody").await.status, StatusCode::NOT_FOUND);
    for mut other in [tenant.administrator().await, tenant.browser()] {
        let answer = other.get(&view).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NOT_FOUND, ""));
    }
}

#[tokio::test]
async fn an_operator_sees_somebodys_api_keys_and_switches_one_off() {
    let tenant = TestTenant::new().await;
    tenant.signed_in("ada@example.com").await;
    let id = tenant.id_of("ada@example.com").await;
    let mut operator = tenant.operator();
    let made = operator.post("/api-key/create", json!({ "userId": id, "name": "Robot" })).await.json;
    let other = r#"INSERT INTO apikey (id, "configId", "referenceId", key, name, start, "createdAt", "updatedAt")
      SELECT 'other', 'elsewhere', id, 'hash', 'Elsewhere', 'oth', now(), now() FROM "user""#;
    tenant.admin.batch_execute(other).await.unwrap();
    let view = format!("/admin/view-user?id={id}");
    let card = operator.get(&view).await;
    let keys = card.json["apiKeys"].as_array().unwrap();
    assert_eq!(keys.len(), 1, "{}", card.text);
    assert_eq!(
        (&keys[0]["id"], &keys[0]["name"], &keys[0]["isOn"]),
        (&made["id"], &json!("Robot"), &json!(true))
    );
    assert!(!card.text.contains(made["key"].as_str().unwrap()), "a key is shown once");
    let off = json!({ "keyId": made["id"], "userId": id, "enabled": false });
    assert_eq!(operator.post("/api-key/update", off).await.status, StatusCode::OK);
    assert_eq!(operator.get(&view).await.json["apiKeys"][0]["isOn"], false);
}

#[tokio::test]
async fn an_operator_takes_the_copy_that_somebody_could_take_themselves() {
    let tenant = TestTenant::new().await;
    tenant.signed_in("ada@example.com").await;
    tenant.signed_in("eve@example.com").await;
    let id = tenant.id_of("ada@example.com").await;
    let path = format!("/admin/export-user?id={id}");
    let copy = tenant.operator().get(&path).await;
    assert_eq!((copy.status, &copy.json["user"]["email"]), (StatusCode::OK, &json!("ada@example.com")));
    assert_eq!(copy.json["sessions"].as_array().unwrap().len(), 1);
    assert!(copy.json["events"].as_array().unwrap().iter().any(|event| event["type"] == "session.created"));
    assert!(!copy.text.contains("eve@example.com"));
    let token: String = tenant.value(r#"SELECT token FROM session WHERE "userId" = $1"#, &[&id]).await;
    assert!(!copy.text.contains(&token));
    assert_eq!(tenant.operator().get("/admin/export-user?id=nobody").await.status, StatusCode::NOT_FOUND);
    assert_eq!(tenant.events("user.exported").await, 2, "and whoever was not there");
    for mut other in [tenant.administrator().await, tenant.browser()] {
        let answer = other.get(&path).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NOT_FOUND, ""));
    }
}

//! Acting as somebody else.

use axum::http::StatusCode;
use kiavi_crypto::{sign_cookie, verify_cookie};
use serde_json::{Value, json};

use crate::{tests::TestTenant, user::Deletion};

const ADMIN_SESSION: &str = "better-auth.admin_session";
const CLEARED: &str = "=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax";

#[tokio::test]
async fn the_cookies_are_upstreams_in_upstreams_order() {
    let tenant = TestTenant::new().await;
    let mut root = tenant.administrator().await;
    tenant.add_user("target", "target@example.com").await;
    let own = root.token().await;
    let answer = root.post("/admin/impersonate-user", json!({ "userId": "target" })).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let (session, user) = (&answer.json["session"], &answer.json["user"]);
    assert_eq!((&user["id"], &session["userId"]), (&json!("target"), &json!("target")));
    assert_eq!(session["impersonatedBy"], tenant.id_of("root@example.com").await);

    let sign = |value: &str| sign_cookie(&tenant.state().secret, value);
    let admin = format!("{ADMIN_SESSION}={}; Max-Age=604800", sign(&format!("{own}:")));
    let new = format!("better-auth.session_token={}", sign(session["token"].as_str().unwrap()));
    let expected = [
        format!("better-auth.session_token{CLEARED}"),
        format!("better-auth.session_data{CLEARED}"),
        format!("better-auth.dont_remember{CLEARED}"),
        format!("{admin}; Path=/; HttpOnly; SameSite=Lax"),
        format!("{new}; Path=/; HttpOnly; SameSite=Lax"),
        format!("better-auth.dont_remember={}; Path=/; HttpOnly; SameSite=Lax", sign("true")),
    ];
    assert_eq!(answer.set_cookies(), expected);

    let lasts = r#"SELECT round(extract(epoch FROM "expiresAt" - "createdAt"))::float8 FROM session
                   WHERE "impersonatedBy" IS NOT NULL"#;
    assert!((tenant.value::<f64>(lasts, &[]).await - 3_600.0).abs() < 1.0);
    let (actor, subject, method, detail) = tenant.newest_event("impersonation.started").await;
    assert_eq!((actor, subject.as_deref()), (tenant.id_of("root@example.com").await, Some("target")));
    assert_eq!(method.as_deref(), Some("session"));
    assert_eq!(detail, json!({ "session": session["id"], "seconds": 3_600 }));
}

#[tokio::test]
async fn the_browser_is_the_user_until_it_returns() {
    let tenant = TestTenant::new().await;
    let mut root = tenant.administrator().await;
    tenant.add_user("target", "target@example.com").await;
    let own = root.token().await;
    root.post("/admin/impersonate-user", json!({ "userId": "target" })).await;
    assert_eq!(root.get("/get-session").await.json["user"]["id"], "target");
    assert_eq!(root.get("/admin/list-users").await.status, StatusCode::FORBIDDEN);

    let answer = root.post("/admin/stop-impersonating", json!({})).await;
    assert_eq!(answer.json["user"]["email"], "root@example.com");
    assert_eq!(answer.json["session"]["token"], own.as_str());
    let lines = answer.set_cookies();
    assert_eq!(lines.len(), 3, "{lines:?}");
    let value = lines[0].strip_prefix("better-auth.session_token=").unwrap().split(';').next().unwrap();
    assert_eq!(verify_cookie(&tenant.state().secret, value), Some(own.clone()));
    assert!(lines[0].contains("; Max-Age=604"), "{lines:?}");
    assert_eq!(lines[1], format!("better-auth.dont_remember{CLEARED}"));
    assert_eq!(lines[2], format!("{ADMIN_SESSION}{CLEARED}"));
    assert_eq!(root.token().await, own);
    let left = r#"SELECT count(*) FROM session WHERE "impersonatedBy" IS NOT NULL"#;
    assert_eq!(tenant.value::<i64>(left, &[]).await, 0);
    let (actor, subject, ..) = tenant.newest_event("impersonation.stopped").await;
    assert_eq!((actor, subject.as_deref()), (tenant.id_of("root@example.com").await, Some("target")));
}

#[tokio::test]
async fn a_browser_that_forgets_goes_on_forgetting() {
    let tenant = TestTenant::new().await;
    let mut root = tenant.administrator().await;
    tenant.add_user("target", "target@example.com").await;
    let own = root.token().await;
    let mark = sign_cookie(&tenant.state().secret, "true");
    root.cookies.push(("better-auth.dont_remember".to_owned(), mark));
    let answer = root.post("/admin/impersonate-user", json!({ "userId": "target" })).await;
    let value = answer.set_cookies()[3].strip_prefix("better-auth.admin_session=").unwrap().to_owned();
    let value = verify_cookie(&tenant.state().secret, value.split(';').next().unwrap());
    assert_eq!(value, Some(format!("{own}:true")));
    let answer = root.post("/admin/stop-impersonating", json!({})).await;
    let lines = answer.set_cookies();
    assert!(lines[0].starts_with("better-auth.session_token=") && !lines[0].contains("Max-Age"), "{lines:?}");
    assert!(lines[1].starts_with("better-auth.dont_remember=") && !lines[1].contains("Max-Age"), "{lines:?}");
}

#[tokio::test]
async fn it_is_never_extended() {
    let tenant = TestTenant::new().await;
    let mut root = tenant.administrator().await;
    tenant.add_user("target", "target@example.com").await;
    root.post("/admin/impersonate-user", json!({ "userId": "target" })).await;
    // Without the mark of a browser that forgets, only the row itself stands against an extension.
    root.cookies.retain(|(name, _)| name != "better-auth.dont_remember");
    let answer = root.get("/get-session").await;
    assert_eq!((answer.set_cookies().len(), &answer.json["user"]["id"]), (0, &json!("target")));
}

#[tokio::test]
async fn there_must_be_a_way_back() {
    let tenant = TestTenant::new().await;
    let mut root = tenant.administrator().await;
    let mut other = tenant.signed_in("other@example.com").await;
    tenant.add_user("target", "target@example.com").await;
    let foreign = other.token().await;
    root.post("/admin/impersonate-user", json!({ "userId": "target" })).await;
    let missing = json!({ "message": "Failed to find admin session" });
    let sign = |value: &str| sign_cookie(&tenant.state().secret, value);
    for value in [None, Some(sign(&format!("{foreign}:"))), Some(sign("nothing:")), Some("forged".to_owned())]
    {
        let mut browser = root.clone();
        browser.cookies.retain(|(name, _)| name != ADMIN_SESSION);
        browser.cookies.extend(value.map(|value| (ADMIN_SESSION.to_owned(), value)));
        let answer = browser.post("/admin/stop-impersonating", json!({})).await;
        assert_eq!((answer.status, &answer.json), (StatusCode::INTERNAL_SERVER_ERROR, &missing));
    }
    tenant.admin.execute(r#"DELETE FROM "user" WHERE email = 'root@example.com'"#, &[]).await.unwrap();
    let answer = root.post("/admin/stop-impersonating", json!({})).await;
    assert_eq!(answer.json, json!({ "message": "Failed to find user" }));
}

#[tokio::test]
async fn administrators_act_as_no_administrator_and_nobody_as_the_banned() {
    let tenant =
        TestTenant::with(|settings| settings.admin.admin_user_ids = ["named".to_owned()].into()).await;
    let mut root = tenant.administrator().await;
    for id in ["second", "named", "banned"] {
        tenant.add_user(id, &format!("{id}@example.com")).await;
    }
    let sql = r#"UPDATE "user" SET role = 'user,admin' WHERE id = 'second'"#;
    tenant.admin.execute(sql, &[]).await.unwrap();
    tenant.admin.execute(r#"UPDATE "user" SET banned = true WHERE id = 'banned'"#, &[]).await.unwrap();
    for id in ["second", "named"] {
        let answer = root.post("/admin/impersonate-user", json!({ "userId": id })).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "YOU_CANNOT_IMPERSONATE_ADMINS"));
        // Nor do operators, whoever they are: a member who may act as users, and no more, would have what their role lacks.
        let answer = tenant.operator().post("/admin/impersonate-user", json!({ "userId": id })).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "YOU_CANNOT_IMPERSONATE_ADMINS"));
        let (actor, subject, ..) = tenant.newest_event("impersonation.refused").await;
        assert_eq!((actor.as_str(), subject.as_deref()), ("operator:test", Some(id)));
        assert_eq!(tenant.facts("impersonation.refused").await["cause"], "admin");
    }
    assert_eq!(tenant.events("impersonation.started").await, 0);
    for mut browser in [root, tenant.operator()] {
        let answer = browser.post("/admin/impersonate-user", json!({ "userId": "banned" })).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "BANNED_USER"));
    }
    assert_eq!(tenant.events("session.refused").await, 2);
}

#[tokio::test]
async fn an_operator_gets_the_session_in_the_answer_and_nothing_to_return_to() {
    let tenant = TestTenant::new().await;
    tenant.add_user("target", "target@example.com").await;
    let answer = tenant.operator().post("/admin/impersonate-user", json!({ "userId": "target" })).await;
    assert_eq!(answer.json["session"]["impersonatedBy"], "operator:test");
    assert_eq!(answer.set_cookies().len(), 0);
    let (actor, subject, method, _) = tenant.newest_event("impersonation.started").await;
    assert_eq!((actor.as_str(), subject.as_deref()), ("operator:test", Some("target")));
    assert_eq!(method.as_deref(), Some("management"));

    let mut browser = tenant.browser();
    let value = sign_cookie(&tenant.state().secret, answer.json["session"]["token"].as_str().unwrap());
    browser.cookies.push(("better-auth.session_token".to_owned(), value));
    assert_eq!(browser.get("/get-session").await.json["user"]["id"], "target");
    let answer = browser.post("/admin/stop-impersonating", json!({})).await;
    assert_eq!(answer.json, json!({ "session": null, "user": null }));
    assert_eq!(answer.set_cookies().len(), 3);
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM session", &[]).await, 0);
    assert_eq!(tenant.newest_event("impersonation.stopped").await.0, "operator:test");
}

#[tokio::test]
async fn it_leaves_nothing_that_outlasts_it() {
    let tenant = TestTenant::with(|settings| settings.session.fresh_age_seconds = 0).await;
    let mut root = tenant.administrator().await;
    tenant.add_user("target", "target@example.com").await;
    root.post("/admin/impersonate-user", json!({ "userId": "target" })).await;
    for path in ["/passkey/generate-register-options", "/list-sessions"] {
        let answer = root.get(path).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "SESSION_NOT_FRESH"), "{path}");
    }
    // With an address of the administrator's own, where the tenant allows that.
    let answer = root.post("/link-social", json!({ "provider": "google" })).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "SESSION_NOT_FRESH"));
    let answer = root.post("/api-key/create", json!({ "name": "mine" })).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "UNAUTHORIZED_SESSION"));
}

#[tokio::test]
async fn it_ends_with_the_power_to_begin_it() {
    let tenant = TestTenant::new().await;
    let root = tenant.administrator().await;
    tenant.add_user("target", "target@example.com").await;
    let id = tenant.id_of("root@example.com").await;
    for (path, body) in [
        ("set-role", json!({ "userId": id, "role": "user" })),
        ("update-user", json!({ "userId": id, "data": { "role": "user" } })),
        ("ban-user", json!({ "userId": id })),
        ("remove-user", json!({ "userId": id })),
    ] {
        let admin = r#"UPDATE "user" SET role = 'admin', banned = false WHERE id = $1"#;
        tenant.admin.execute(admin, &[&id]).await.unwrap();
        let mut acting = root.clone();
        acting.post("/admin/impersonate-user", json!({ "userId": "target" })).await;
        assert_eq!(acting.get("/get-session").await.json["user"]["id"], "target", "{path}");
        let answer = tenant.operator().post(&format!("/admin/{path}"), body).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        assert_eq!(acting.get("/get-session").await.json, Value::Null, "{path}");
        if path == "ban-user" {
            break;
        }
    }
}

#[tokio::test]
async fn it_ends_with_the_sign_in_that_began_it() {
    let tenant = TestTenant::with(|settings| settings.user.deletion = Deletion::FreshSession).await;
    tenant.add_user("target", "target@example.com").await;
    for (path, by_operator) in [
        ("/admin/revoke-user-sessions", true),
        ("/revoke-sessions", false),
        ("/revoke-other-sessions", false),
        ("/delete-user", false),
    ] {
        let mut root = tenant.administrator().await;
        let own = json!({ "userId": tenant.id_of("root@example.com").await });
        let mut acting = root.clone();
        acting.post("/admin/impersonate-user", json!({ "userId": "target" })).await;
        assert_eq!(acting.get("/get-session").await.json["user"]["id"], "target", "{path}");
        let answer = match by_operator {
            true => tenant.operator().post(path, own).await,
            false => root.post(path, json!({})).await,
        };
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        assert_eq!(acting.get("/get-session").await.json, Value::Null, "{path}");
    }
}

#[tokio::test]
async fn an_end_of_power_that_comes_while_it_begins_wins() {
    let tenant = TestTenant::new().await;
    tenant.add_user("target", "target@example.com").await;
    for (end, status) in [
        (r#"UPDATE "user" SET role = 'user' WHERE role = 'admin'"#, StatusCode::FORBIDDEN),
        (
            r#"UPDATE "user" SET banned = true WHERE role = 'admin';
               DELETE FROM session WHERE "userId" IN (SELECT id FROM "user" WHERE banned)"#,
            StatusCode::UNAUTHORIZED,
        ),
        (r#"DELETE FROM "user" WHERE role = 'admin'"#, StatusCode::UNAUTHORIZED),
    ] {
        tenant.admin.execute(r#"UPDATE "user" SET banned = false"#, &[]).await.unwrap();
        let mut root = tenant.administrator().await;
        tenant.admin.batch_execute(&format!("BEGIN; {end}")).await.unwrap();
        let commit = async {
            let waiting = "SELECT count(*) FROM pg_stat_activity
                           WHERE datname = current_database() AND wait_event_type = 'Lock'";
            while tenant.value::<i64>(waiting, &[]).await == 0 {
                tokio::task::yield_now().await;
            }
            tenant.admin.batch_execute("COMMIT").await.unwrap();
        };
        let begin = root.post("/admin/impersonate-user", json!({ "userId": "target" }));
        let (answer, ()) = tokio::join!(begin, commit);
        assert_eq!(answer.status, status, "{end}: {}", answer.text);
        let acting = r#"SELECT count(*) FROM session WHERE "impersonatedBy" IS NOT NULL"#;
        assert_eq!(tenant.value::<i64>(acting, &[]).await, 0, "{end}");
    }
}

#[tokio::test]
async fn whoever_acts_as_somebody_goes_on_to_nobody_else() {
    let tenant = TestTenant::new().await;
    for id in ["second", "target"] {
        tenant.add_user(id, &format!("{id}@example.com")).await;
    }
    let answer = tenant.operator().post("/admin/impersonate-user", json!({ "userId": "second" })).await;
    // Who is made an administrator meanwhile.
    tenant.admin.execute(r#"UPDATE "user" SET role = 'admin' WHERE id = 'second'"#, &[]).await.unwrap();
    let mut acting = tenant.browser();
    let value = sign_cookie(&tenant.state().secret, answer.json["session"]["token"].as_str().unwrap());
    acting.cookies.push(("better-auth.session_token".to_owned(), value));
    assert_eq!(acting.get("/admin/list-users").await.status, StatusCode::OK);
    // Else it would begin another hour, and one that no ban of theirs ends.
    for id in ["target", "second"] {
        let answer = acting.post("/admin/impersonate-user", json!({ "userId": id })).await;
        let code = "YOU_ARE_NOT_ALLOWED_TO_IMPERSONATE_USERS";
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, code), "{id}");
    }
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM session", &[]).await, 1);
}

#[tokio::test]
async fn what_is_done_meanwhile_says_who_did_it() {
    let tenant = TestTenant::with(|settings| settings.one_time_token.is_enabled = true).await;
    let mut root = tenant.administrator().await;
    let id = tenant.id_of("root@example.com").await;
    tenant.add_user("target", "target@example.com").await;
    root.post("/admin/impersonate-user", json!({ "userId": "target" })).await;
    root.post("/update-user", json!({ "name": "Renamed" })).await;
    let (actor, _, _, detail) = tenant.newest_event("user.updated").await;
    assert_eq!((actor.as_str(), &detail["fields"]), ("target", &json!(["name"])));
    assert_eq!(detail["impersonated_by"], id);
    root.get("/admin/list-users").await;
    assert_eq!(tenant.newest_event("permission.refused").await.3["impersonated_by"], id);
    let token = root.get("/one-time-token/generate").await.json["token"].clone();
    tenant.browser().post("/one-time-token/verify", json!({ "token": token })).await;
    assert_eq!(tenant.newest_event("one_time_token.accepted").await.3["impersonated_by"], id);
}

#[tokio::test]
async fn signing_out_leaves_no_session_of_the_administrator_behind() {
    let tenant = TestTenant::new().await;
    let mut root = tenant.administrator().await;
    let mut own = root.clone();
    tenant.add_user("target", "target@example.com").await;
    root.post("/admin/impersonate-user", json!({ "userId": "target" })).await;
    root.post("/sign-out", json!({})).await;
    assert!(root.cookies.is_empty(), "{:?}", root.cookies);
    assert_eq!(own.get("/get-session").await.json, Value::Null);
    assert_eq!(tenant.value::<i64>("SELECT count(*) FROM session", &[]).await, 0);
    // The cookie of another browser's administrator needs its signature.
    let mut other = tenant.administrator().await;
    let token = other.token().await;
    let mut thief = tenant.signed_in("eve@example.com").await;
    thief.cookies.push((ADMIN_SESSION.to_owned(), format!("{token}%3A.x")));
    thief.post("/sign-out", json!({})).await;
    assert!(other.get("/get-session").await.json.is_object());
}

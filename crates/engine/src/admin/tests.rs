//! Administration through the router.

mod impersonation;
mod list;
mod live;
mod sessions;
mod several;
mod users;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::tests::{Answer, Browser, TestTenant};

impl TestTenant {
    /// A browser of an administrator.
    pub(crate) async fn administrator(&self) -> Browser {
        let browser = self.signed_in("root@example.com").await;
        self.admin
            .execute(r#"UPDATE "user" SET role = 'admin' WHERE email = 'root@example.com'"#, &[])
            .await
            .unwrap();
        browser
    }

    /// The id of the user with an address.
    pub(crate) async fn id_of(&self, email: &str) -> String {
        self.value(r#"SELECT id FROM "user" WHERE email = $1"#, &[&email]).await
    }

    /// Makes a user in the database.
    pub(crate) async fn add_user(&self, id: &str, email: &str) {
        let sql = r#"INSERT INTO "user" (id, name, email, "emailVerified", role, banned)
                     VALUES ($1, $1, $2, true, 'user', false)"#;
        self.admin.execute(sql, &[&id, &email]).await.unwrap();
    }

    /// Actor, subject, method and facts of the newest event of a type.
    pub(crate) async fn newest_event(&self, kind: &str) -> (String, Option<String>, Option<String>, Value) {
        let event = self.newest(kind).await;
        let owned = |name: Option<&str>| name.map(str::to_owned);
        let actor = event.actor().unwrap_or_default().to_owned();
        let (subject, method) = (owned(event.subject()), event.method.clone());
        (actor, subject, method, event.facts.unwrap_or_default())
    }
}

impl Browser {
    /// The token of the browser's session.
    pub(crate) async fn token(&mut self) -> String {
        self.get("/get-session").await.json["session"]["token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn call(&mut self, (method, path, body): &(Method, &str, Value)) -> Answer {
        match *method {
            Method::GET => self.get(path).await,
            _ => self.post(path, body.clone()).await,
        }
    }
}

/// Every endpoint that needs a permission, with a request about the user `target`, and the code of a refusal.
fn endpoints() -> Vec<((Method, &'static str, Value), &'static str)> {
    let target = || json!({ "userId": "target" });
    vec![
        ((Method::GET, "/admin/list-users", Value::Null), "LIST_USERS"),
        ((Method::GET, "/admin/get-user?id=target", Value::Null), "GET_USER"),
        (
            (Method::POST, "/admin/create-user", json!({ "email": "new@example.com", "name": "New" })),
            "CREATE_USERS",
        ),
        (
            (Method::POST, "/admin/update-user", json!({ "userId": "target", "data": { "name": "T" } })),
            "UPDATE_USERS",
        ),
        ((Method::POST, "/admin/set-role", json!({ "userId": "target", "role": "x" })), "CHANGE_USERS_ROLE"),
        ((Method::POST, "/admin/ban-user", target()), "BAN_USERS"),
        ((Method::POST, "/admin/unban-user", target()), "BAN_USERS"),
        ((Method::POST, "/admin/impersonate-user", target()), "IMPERSONATE_USERS"),
        ((Method::POST, "/admin/list-user-sessions", target()), "LIST_USERS_SESSIONS"),
        (
            (Method::POST, "/admin/revoke-user-session", json!({ "sessionToken": "x" })),
            "REVOKE_USERS_SESSIONS",
        ),
        ((Method::POST, "/admin/revoke-user-sessions", target()), "REVOKE_USERS_SESSIONS"),
        ((Method::POST, "/admin/remove-user", target()), "DELETE_USERS"),
    ]
}

#[tokio::test]
async fn who_may_what() {
    let tenant = TestTenant::new().await;
    let (root, plain) = (tenant.administrator().await, tenant.signed_in("eve@example.com").await);
    for (request, code) in endpoints() {
        let path = request.1;
        tenant.admin.execute(r#"DELETE FROM "user" WHERE id = 'target'"#, &[]).await.unwrap();
        tenant.add_user("target", "target@example.com").await;

        let anonymous = tenant.browser().call(&request).await;
        assert_eq!((anonymous.status, anonymous.text.as_str()), (StatusCode::UNAUTHORIZED, ""), "{path}");
        assert_eq!(anonymous.headers["content-type"], "application/json", "{path}");

        let refused = tenant.events("permission.refused").await;
        let answer = plain.clone().call(&request).await;
        let code = format!("YOU_ARE_NOT_ALLOWED_TO_{code}");
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, code.as_str()), "{path}");
        assert_eq!(tenant.events("permission.refused").await, refused + 1, "{path}");

        let answer = root.clone().call(&request).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);

        let gone = r#"DELETE FROM "user" WHERE email IN ('target@example.com', 'new@example.com')"#;
        tenant.admin.execute(gone, &[]).await.unwrap();
        tenant.add_user("target", "target@example.com").await;
        let answer = tenant.operator().call(&request).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        assert_eq!(answer.set_cookies().len(), 0, "{path}");
        tenant.admin.execute(gone, &[]).await.unwrap();
    }
}

#[tokio::test]
async fn whoever_has_no_session_can_neither_ask_for_permissions_nor_stop_what_has_not_begun() {
    let tenant = TestTenant::new().await;
    let ask = json!({ "permissions": { "user": ["list"] } });
    for path in ["/admin/has-permission", "/admin/stop-impersonating"] {
        let answer = tenant.browser().post(path, ask.clone()).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::UNAUTHORIZED, ""), "{path}");
    }
    let not_impersonating = json!({ "message": "You are not impersonating anyone" });
    for mut browser in [tenant.signed_in("eve@example.com").await, tenant.operator()] {
        let answer = browser.post("/admin/stop-impersonating", json!({})).await;
        assert_eq!((answer.status, answer.json), (StatusCode::BAD_REQUEST, not_impersonating.clone()));
    }
}

#[tokio::test]
async fn what_operators_look_at_is_noted_and_what_administrators_look_at_is_not() {
    let tenant = TestTenant::new().await;
    tenant.add_user("target", "target@example.com").await;
    for (mut browser, count) in [(tenant.administrator().await, 0), (tenant.operator(), 1)] {
        browser.get("/admin/get-user?id=target").await;
        browser.get("/admin/list-users?limit=1").await;
        browser.post("/admin/list-user-sessions", json!({ "userId": "target" })).await;
        for kind in ["user.viewed", "users.listed", "sessions.listed"] {
            assert_eq!(tenant.events(kind).await, count, "{kind}");
        }
    }
    let (actor, subject, method, _) = tenant.newest_event("user.viewed").await;
    assert_eq!((actor.as_str(), subject.as_deref()), ("operator:test", Some("target")));
    assert_eq!(method.as_deref(), Some("management"));
}

#[tokio::test]
async fn passwords_do_not_exist() {
    let tenant = TestTenant::new().await;
    for mut browser in [tenant.browser(), tenant.administrator().await, tenant.operator()] {
        let body = json!({ "userId": "target", "newPassword": "correct horse battery" });
        let answer = browser.post("/admin/set-user-password", body).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NOT_FOUND, ""));
    }
}

#[tokio::test]
async fn permissions_are_those_of_the_caller() {
    let tenant = TestTenant::with(|settings| {
        settings.admin.admin_user_ids = ["named".to_owned()].into();
    })
    .await;
    let mut plain = tenant.signed_in("eve@example.com").await;
    let mut named = tenant.signed_in("named@example.com").await;
    let rename = r#"UPDATE "user" SET id = 'named' WHERE email = 'named@example.com'"#;
    tenant.admin.batch_execute("ALTER TABLE session DROP CONSTRAINT \"session_userId_fkey\"").await.unwrap();
    let id = tenant.id_of("named@example.com").await;
    tenant.admin.execute(rename, &[]).await.unwrap();
    let moved = r#"UPDATE session SET "userId" = 'named' WHERE "userId" = $1"#;
    tenant.admin.execute(moved, &[&id]).await.unwrap();
    let mut root = tenant.administrator().await;
    let mut operator = tenant.operator();
    for (permissions, expected) in [
        (json!({ "user": ["list", "ban"], "session": ["revoke"] }), [false, true, true, true]),
        (json!({ "user": ["impersonate-admins"] }), [false, false, true, true]),
        (json!({ "user": [] }), [false, false, true, true]),
        (json!({ "project": ["list"] }), [false, false, true, true]),
        (json!({}), [false, false, true, true]),
    ] {
        let browsers = [&mut plain, &mut root, &mut named, &mut operator];
        for (browser, expected) in browsers.into_iter().zip(expected) {
            let body = json!({ "permissions": permissions, "userId": "named", "role": "admin" });
            let answer = browser.post("/admin/has-permission", body).await;
            assert_eq!(answer.json, json!({ "error": null, "success": expected }), "{permissions}");
        }
    }
    let invalid = json!({ "message": "[body] Invalid input", "code": "VALIDATION_ERROR" });
    for body in [json!({}), json!({ "permissions": { "user": "list" } }), json!({ "permissions": 1 })] {
        assert_eq!(tenant.browser().post("/admin/has-permission", body).await.json, invalid);
    }
    let old =
        tenant.browser().post("/admin/has-permission", json!({ "permission": { "user": ["list"] } })).await;
    assert_eq!(old.status, StatusCode::BAD_REQUEST);
    assert_eq!(old.json, json!({ "message": "invalid permission check. no permission(s) were passed." }));
}

#[tokio::test]
async fn a_role_counts_from_the_moment_it_is_in_the_row() {
    let tenant = TestTenant::new().await;
    let mut root = tenant.administrator().await;
    assert_eq!(root.get("/admin/list-users").await.status, StatusCode::OK);
    tenant.admin.execute(r#"UPDATE "user" SET role = NULL"#, &[]).await.unwrap();
    assert_eq!(root.get("/admin/list-users").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn asking_again_and_again_does_not_fill_the_log() {
    let tenant = TestTenant::new().await;
    let (mut eve, mut bob) =
        (tenant.signed_in("eve@example.com").await, tenant.signed_in("bob@example.com").await);
    for _ in 0..15 {
        assert_eq!(eve.get("/admin/list-users").await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(tenant.events("permission.refused").await, 10);
    bob.get("/admin/list-users").await;
    eve.get("/admin/get-user?id=x").await;
    assert_eq!(tenant.events("permission.refused").await, 12);
}

//! Other people's sessions.

use serde_json::json;

use crate::tests::TestTenant;

#[tokio::test]
async fn a_list_opens_nothing_and_what_it_names_can_be_ended() {
    let tenant = TestTenant::new().await;
    let mut root = tenant.administrator().await;
    let (mut one, mut two) =
        (tenant.signed_in("eve@example.com").await, tenant.signed_in("eve@example.com").await);
    let id = tenant.id_of("eve@example.com").await;
    let tokens = [one.token().await, two.token().await];
    let ended = r#"INSERT INTO session (id, token, "userId", "expiresAt", "updatedAt", "createdAt")
                   VALUES ('ended', 'x', $1, now() - interval '1 hour', now(), now() - interval '1 day')"#;
    tenant.admin.execute(ended, &[&id]).await.unwrap();
    let answer = root.post("/admin/list-user-sessions", json!({ "userId": id })).await;
    let sessions = answer.json["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 3, "those that ended are there too");
    assert!(tokens.iter().all(|token| !answer.text.contains(token.as_str())), "{}", answer.text);
    assert!(sessions.iter().all(|session| session["token"] == session["id"]));

    let newest = json!({ "sessionToken": sessions[0]["token"] });
    for named in [newest, json!({ "sessionToken": tokens[0] }), json!({ "sessionToken": "a\0b" })] {
        let answer = root.post("/admin/revoke-user-session", named).await;
        assert_eq!(answer.text, r#"{"success":true}"#);
    }
    assert_eq!(one.get("/get-session").await.text, "null");
    assert_eq!(two.get("/get-session").await.text, "null");
    assert_eq!(tenant.events("session.revoked").await, 2);
    let (actor, subject, _, detail) = tenant.newest_event("session.revoked").await;
    assert_eq!((actor, subject), (tenant.id_of("root@example.com").await, Some(id)));
    assert_eq!(detail["reason"], "administrator");
}

#[tokio::test]
async fn a_tenant_that_wants_tokens_gets_them() {
    let tenant = TestTenant::with(|settings| settings.compatibility.lists_session_tokens = true).await;
    let mut eve = tenant.signed_in("eve@example.com").await;
    let token = eve.get("/get-session").await.json["session"]["token"].clone();
    let body = json!({ "userId": tenant.id_of("eve@example.com").await });
    let answer = tenant.operator().post("/admin/list-user-sessions", body).await;
    assert_eq!(answer.json["sessions"][0]["token"], token);
}

#[tokio::test]
async fn all_sessions_of_one_user_end_and_nobody_elses() {
    let tenant = TestTenant::new().await;
    let mut root = tenant.administrator().await;
    let mut eve = tenant.signed_in("eve@example.com").await;
    let id = tenant.id_of("eve@example.com").await;
    for id in [id.as_str(), id.as_str(), "nobody", "a\0b"] {
        let answer = root.post("/admin/revoke-user-sessions", json!({ "userId": id })).await;
        assert_eq!(answer.text, r#"{"success":true}"#);
    }
    assert_eq!(eve.get("/get-session").await.text, "null");
    assert!(root.get("/get-session").await.json.is_object());
    assert_eq!(tenant.events("session.revoked").await, 1);
    let answer = root.post("/admin/list-user-sessions", json!({ "userId": "nobody" })).await;
    assert_eq!(answer.text, r#"{"sessions":[]}"#);
}

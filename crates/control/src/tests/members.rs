//! Members come together: invited, given roles, removed.

use axum::http::{Request, StatusCode, header};

use super::{people::World, *};
use crate::Role;

#[tokio::test]
async fn an_invitation_is_for_its_address_and_for_once() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    let invited = owner.post("/w/default/team/invite", "email=Bea%40example.com&role=viewer").await;
    assert_eq!(invited.location(), "/w/default/team?notice=member-invited");
    let letter = world.sign_in().letters.lock().unwrap().last().cloned().unwrap();
    assert_eq!((&letter["email"], &letter["days"]), (&json!("bea@example.com"), &json!(7)));
    let token = world.newest_token();
    let path = format!("/invitation?token={token}");
    let stored = "SELECT count(*) FROM invitation i WHERE i::text LIKE '%' || $1 || '%'";
    assert_eq!(world.instance.count(stored, &token).await, 0);
    let id: String =
        world.instance.database.admin().await.query("SELECT id FROM invitation", &[]).await.unwrap()[0]
            .get(0);

    let mut eve = world.person("eve").await;
    let told = eve.get(&path).await;
    assert_eq!(told.status, StatusCode::FORBIDDEN);
    assert!(told.text.contains("eve@example.com") && !told.text.contains("bea@example.com"), "masked");
    let form = format!("invitation={id}");
    assert_eq!(eve.post("/invitation", &form).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.instance.count("SELECT count(*) FROM member WHERE user_id = $1", "eve").await, 0);

    let mut bea = world.person("bea").await;
    let asked = bea.get(&path).await;
    assert!(asked.status == StatusCode::OK && asked.text.contains("Default"), "{}", asked.text);
    assert!(bea.get("/").await.text.contains(&id), "whoever lost the letter is told as well");
    assert_eq!(bea.get("/w/default").await.status, StatusCode::NOT_FOUND, "opening it does nothing");
    let joined = bea.post("/invitation", &form).await;
    assert_eq!(joined.status, StatusCode::SEE_OTHER);
    assert_eq!(bea.get("/w/default").await.status, StatusCode::OK);
    assert_eq!(bea.post("/invitation", &form).await.status, StatusCode::FORBIDDEN, "used");
    assert_eq!(bea.get(&path).await.status, StatusCode::FORBIDDEN);
    let question = "SELECT count(*) FROM audit_event
                    WHERE type = 'member.joined' AND subject = $1 AND actor = 'member:' || $1";
    assert_eq!(world.instance.count(question, "bea").await, 1);
}

#[tokio::test]
async fn an_address_that_nobody_proved_accepts_nothing() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    owner.post("/w/default/team/invite", "email=unverified%40example.com&role=viewer").await;
    let path = format!("/invitation?token={}", world.newest_token());
    let mut unverified = world.person("unverified").await;
    assert_eq!(unverified.get(&path).await.status, StatusCode::FORBIDDEN);
    assert!(!unverified.get("/").await.text.contains("name=\"invitation\""));
}

#[tokio::test]
async fn an_invitation_is_sent_again_after_a_pause_and_withdrawn() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    let list = "/v1/workspaces/default/invitations";
    let made = owner.json("POST", list, json!({ "email": "bea@example.com", "role": "viewer" })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let made = made.json();
    assert!(made["sent_at"].is_string() && made["state"] == "open");
    let first = world.newest_token();
    let again = owner.json("POST", list, json!({ "email": "bea@example.com", "role": "viewer" })).await;
    assert_eq!(again.problem(), (409, "invitation_exists".into()));
    let one = format!("{list}/{}", made["id"].as_str().unwrap());
    let early = owner.json("POST", &format!("{one}/resend"), json!({})).await;
    assert_eq!(early.problem(), (429, "rate_limited".into()));
    world.execute("UPDATE invitation SET sent_at = now() - interval '6 minutes'").await;
    assert_eq!(owner.json("POST", &format!("{one}/resend"), json!({})).await.status, StatusCode::OK);
    let second = world.newest_token();
    assert_ne!(first, second);
    let mut bea = world.person("bea").await;
    let path = |token: &str| format!("/invitation?token={token}");
    assert_eq!(bea.get(&path(&first)).await.status, StatusCode::FORBIDDEN, "the earlier link ends");
    assert_eq!(bea.get(&path(&second)).await.status, StatusCode::OK);
    assert_eq!(owner.json("POST", &format!("{one}/revoke"), json!({})).await.json()["state"], "revoked");
    assert_eq!(bea.get(&path(&second)).await.status, StatusCode::FORBIDDEN);
    let ended = owner.json("POST", &format!("{one}/resend"), json!({})).await;
    assert_eq!(ended.problem(), (409, "invitation_ended".into()));
    let listed = owner.get(&format!("{list}?state=revoked")).await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    for (body, problem) in [
        (json!({ "email": "nobody", "role": "viewer" }), (422, "invalid_invitation".to_owned())),
        (json!({ "email": "owner@example.com", "role": "viewer" }), (409, "member_exists".to_owned())),
        (json!({ "email": "c@example.com", "role": "king" }), (400, "invalid_body".to_owned())),
    ] {
        assert_eq!(owner.json("POST", list, body).await.problem(), problem);
    }
}

#[tokio::test]
async fn a_role_counts_at_once_and_a_workspace_keeps_an_owner() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    let mut bea = world.member(&mut owner, "bea", "viewer").await;
    assert_eq!(bea.get("/v1/tenants").await.status, StatusCode::OK);
    let create = json!({ "slug": "shop" });
    let refused = bea.json("POST", "/v1/tenants", create.clone()).await;
    assert_eq!(refused.problem(), (403, "forbidden".into()), "sees but cannot");
    let page = bea.get("/w/default/team").await;
    assert!(page.status == StatusCode::OK && !page.text.contains("action=\"/w/default/team/invite\""));
    assert_eq!(bea.post("/w/default/team/remove", "member=owner").await.status, StatusCode::FORBIDDEN);

    let members = "/v1/workspaces/default/members";
    let set = |who: &str, role: &str| (format!("{members}/{who}"), json!({ "role": role }));
    let (path, body) = set("bea", "admin");
    assert_eq!(owner.json("PATCH", &path, body).await.json()["role"], "admin");
    bea.come_in("bea", "passkey").await;
    let (path, body) = set("owner", "viewer");
    assert_eq!(bea.json("PATCH", &path, body.clone()).await.problem(), (403, "role_above".into()));
    assert_eq!(bea.json("DELETE", &path, Value::Null).await.problem(), (403, "role_above".into()));
    let (own, above) = set("bea", "owner");
    assert_eq!(bea.json("PATCH", &own, above).await.problem(), (403, "role_above".into()));
    assert_eq!(owner.json("PATCH", &path, body).await.problem(), (409, "last_owner".into()));
    assert_eq!(owner.json("DELETE", &path, Value::Null).await.problem(), (409, "last_owner".into()));
    let told = owner.post("/w/default/team/role", "member=owner&role=viewer").await;
    assert_eq!(told.location(), "/w/default/team?notice=member-owner-last");

    bea.json(
        "POST",
        "/v1/workspaces/default/invitations",
        json!({ "email": "c@example.com", "role": "admin" }),
    )
    .await;
    assert_eq!(owner.json("DELETE", &own, Value::Null).await.json(), json!({ "keys": [] }));
    assert_eq!(bea.get("/v1/tenants").await.problem(), (403, "no_workspace".into()), "at once");
    assert_eq!(bea.get("/w/default").await.status, StatusCode::NOT_FOUND);
    let open = owner.get("/v1/workspaces/default/invitations?state=open").await.json();
    assert_eq!(open["items"], json!([]), "what they invited ends with them");
    assert_eq!(owner.json("DELETE", &own, Value::Null).await.problem(), (404, "member_not_found".into()));
}

#[tokio::test]
async fn two_owners_who_remove_each_other_leave_one() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    let mut bea = world.member(&mut owner, "bea", "owner").await;
    bea.come_in("bea", "passkey").await;
    let members = "/v1/workspaces/default/members";
    let (first, second) = (format!("{members}/bea"), format!("{members}/owner"));
    tokio::join!(owner.json("DELETE", &first, Value::Null), bea.json("DELETE", &second, Value::Null));
    assert_eq!(world.instance.count("SELECT count(*) FROM member WHERE role = $1", "owner").await, 1);
}

#[tokio::test]
async fn members_are_listed_in_pages_in_the_order_that_they_came() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    for name in ["bea", "cleo"] {
        world.member(&mut owner, name, "viewer").await;
    }
    let first = owner.get("/v1/workspaces/default/members?limit=2").await.json();
    let ids = |page: &Value| -> Vec<Value> {
        page["items"].as_array().unwrap().iter().map(|member| member["id"].clone()).collect()
    };
    assert_eq!(ids(&first), [json!("owner"), json!("bea")]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = owner.get(&format!("/v1/workspaces/default/members?limit=2&cursor={cursor}")).await.json();
    assert_eq!((ids(&rest), &rest["next_cursor"]), (vec![json!("cleo")], &Value::Null));
    assert_eq!(first["items"][0]["role"], Role::Owner.as_str());
}

#[tokio::test]
async fn the_console_is_told_of_a_change() {
    use futures_util::FutureExt;
    use http_body_util::BodyExt;
    use tower::ServiceExt;
    let world = World::new().await;
    let owner = world.owner().await;
    let cookie = format!("kiavi_console={}", owner.session().unwrap());
    let request = Request::get("/w/default/events").header(header::COOKIE, cookie);
    let response =
        world.router.clone().oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let mut body = response.into_body();
    let acme = kiavi_base::WorkspaceId::random(&SystemRng);
    let made = format!("INSERT INTO workspace (id, slug, name) VALUES ('{acme}', 'acme', 'Acme')");
    world.execute(&made).await;
    create::create(&world.control, &Actor::CONTROL, &parse_name("theirs").unwrap(), &acme).await.unwrap();
    assert!(body.frame().now_or_never().is_none(), "another workspace's are none of theirs");
    world.instance.request(&world.control, "shop").await;
    let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(frame.as_ref(), b"data: changed\n\n");
}

//! How far members come: their workspace, their role, and what they have to prove.

use axum::http::{Request, StatusCode, header};
use jiff::SignedDuration;

use super::{
    api::get,
    people::{ORIGIN, SIGN_IN, World, parts_of},
    *,
};
use crate::CallerKind;

#[tokio::test]
async fn what_is_sensitive_asks_for_a_passkey_and_logs_tell_when() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    // A code does not count, however fresh.
    owner.come_in("owner", "email_otp").await;
    let key = json!({ "name": "ci", "scopes": ["tenant.read"] });
    let refused = owner.json("POST", "/v1/keys", key.clone()).await;
    assert_eq!(refused.problem(), (403, "step_up_required".into()));
    assert_eq!(refused.json()["step_up_url"], format!("{ORIGIN}/step-up"));
    let sent = owner.post("/w/default/team/invite", "email=bea%40example.com&role=viewer").await;
    assert!(sent.location().starts_with(SIGN_IN) && sent.location().ends_with("&prove=yes"));

    let (state, challenge) = parts_of(&owner.get("/step-up?next=/w/default/team").await);
    let back = owner.arrive("owner", "passkey", SignedDuration::from_mins(6), (&state, &challenge));
    owner.get(&back).await;
    let refused = owner.json("POST", "/v1/keys", key.clone()).await;
    assert_eq!(refused.problem(), (403, "step_up_required".into()), "too long ago");

    let (state, challenge) = parts_of(&owner.get("/step-up?next=/w/default/team").await);
    let back = owner.arrive("owner", "passkey", SignedDuration::ZERO, (&state, &challenge));
    assert_eq!(owner.get(&back).await.location(), "/w/default/team?notice=step-up-done");
    let made = owner.json("POST", "/v1/keys", key).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let question = "SELECT count(*) FROM audit_event WHERE subject = $1 AND type = 'management_key.created'
                    AND actor = 'member:owner' AND (detail->>'proved_at')::timestamptz > now() - interval '1 minute'";
    assert_eq!(world.instance.count(question, made.json()["id"].as_str().unwrap()).await, 1);
}

#[tokio::test]
async fn a_tenants_log_is_told_who_asks_and_when_they_proved_it() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    let shop = world.instance.tenant(&world.control, "shop").await;
    let path = "/v1/tenants/shop/engine/admin/impersonate-user";
    let answer = owner.json("POST", path, json!({ "userId": "u1" })).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.json()["operator"], "member:owner");
    let names = answer.json()["headers"].as_array().unwrap().clone();
    assert!(names.contains(&json!("kiavi-proved-at")) && !names.contains(&json!("cookie")));
    let question = "SELECT count(*) FROM audit_event WHERE subject = $1 AND type = 'engine.requested'
                    AND actor = 'member:owner' AND detail ? 'proved_at'";
    assert_eq!(world.instance.count(question, shop.id.as_str()).await, 1);
}

#[tokio::test]
async fn what_is_in_another_workspace_is_not_there_for_a_member() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    let mut bea = world.member(&mut owner, "bea", "admin").await;
    let made = owner.post("/workspaces/new", "name=Acme+Ltd&slug=acme").await;
    assert_eq!(made.location(), "/w/acme", "{}", made.text);
    assert_eq!(bea.post("/workspaces/new", "name=B&slug=b").await.status, StatusCode::FORBIDDEN);
    assert_eq!(owner.get("/").await.location(), "/w/default");
    assert_eq!(owner.get("/w/acme").await.status, StatusCode::OK);
    assert_eq!(owner.get("/").await.location(), "/w/acme", "the one that was opened last");
    let own = owner.get("/v1/workspaces").await.json();
    let slugs: Vec<_> = own["items"].as_array().unwrap().iter().map(|one| one["slug"].clone()).collect();
    assert_eq!(slugs, [json!("acme"), json!("default")]);
    let theirs = bea.get("/v1/workspaces").await.json();
    assert_eq!(theirs["items"].as_array().unwrap().len(), 1);
    bea.come_in("bea", "passkey").await;
    for path in ["", "/members", "/invitations"] {
        let foreign = bea.get(&format!("/v1/workspaces/acme{path}")).await;
        assert_eq!(foreign.problem(), (404, "workspace_not_found".into()), "{path}");
    }
    for path in ["/w/acme", "/w/acme/team", "/w/acme/events", "/w/acme/t/shop/figures"] {
        assert_eq!(bea.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let foreign = bea.post("/w/acme/team/invite", "email=x%40example.com&role=viewer").await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    let header = |name: &str| Request::get("/v1/tenants").header("kiavi-workspace", name);
    let foreign = bea.send(header("acme"), String::new()).await;
    assert_eq!(foreign.problem(), (404, "workspace_not_found".into()));
    assert_eq!(owner.send(header("acme"), String::new()).await.json()["items"], json!([]));
    let renamed = owner.post("/w/acme/rename", "name=Acme+Inc").await;
    assert_eq!(renamed.location(), "/w/acme/team?notice=workspace-renamed");
    assert!(owner.get("/w/acme").await.text.contains("Acme Inc"));
}

#[tokio::test]
async fn figures_are_those_of_a_tenant_of_the_workspace() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    owner.post("/workspaces/new", "name=Acme+Ltd&slug=acme").await;
    world.instance.tenant(&world.control, "shop").await;
    let page = owner.get("/w/default/t/shop/figures").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    // The stand-in for its engine has none.
    assert!(page.text.contains("No figures at the moment"), "{}", page.text);
    for path in ["/w/acme/t/shop/figures", "/w/default/t/nowhere/figures", "/w/default/t/console/figures"] {
        assert_eq!(owner.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let mut viewer = world.member(&mut owner, "vic", "viewer").await;
    assert_eq!(viewer.get("/w/default/t/shop/figures").await.status, StatusCode::OK);
    assert!(viewer.get("/w/default").await.text.contains("/w/default/t/shop"));
}

#[tokio::test]
async fn a_tenants_pages_are_those_that_the_role_may_read() {
    const SHOP: &str = "/w/default/t/shop";
    let world = World::new().await;
    let mut owner = world.owner().await;
    world.instance.tenant(&world.control, "shop").await;
    for (role, may, may_not) in [
        ("viewer", &["/users", "/events", "/settings", "/domains"][..], &[][..]),
        ("auditor", &["/events"], &["/users", "/settings"]),
        ("support", &["/users"], &["/events", "/settings"]),
    ] {
        let mut member = world.member(&mut owner, role, role).await;
        let overview = member.get(SHOP).await;
        assert_eq!(overview.status, StatusCode::OK, "without its engine, too: {}", overview.text);
        for path in may {
            assert!(overview.text.contains(&format!("href=\"{SHOP}{path}\"")), "{role} {path}");
        }
        for path in may_not {
            assert!(!overview.text.contains(&format!("href=\"{SHOP}{path}\"")), "{role} {path}");
            assert_eq!(
                member.get(&format!("{SHOP}{path}")).await.status,
                StatusCode::FORBIDDEN,
                "{role} {path}"
            );
        }
        let change = member.post(&format!("{SHOP}/settings"), "act=save&version=1&document=%7B%7D").await;
        assert_eq!(change.status, StatusCode::FORBIDDEN, "{role}");
        let suspend = member.post(&format!("{SHOP}/users/u1/suspend"), "days=1").await;
        // Support is heard by the engine, and told on the person's page what came of it.
        let expected = if role == "support" { StatusCode::SEE_OTHER } else { StatusCode::FORBIDDEN };
        assert_eq!(suspend.status, expected, "{role}: {}", suspend.text);
    }
    assert_eq!(owner.get("/w/default/t/console/users").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_forms_do_to_a_tenant_is_in_the_log_and_so_is_what_they_are_refused() {
    const SHOP: &str = "/w/default/t/shop";
    let world = World::new().await;
    let mut owner = world.owner().await;
    let shop = world.instance.tenant(&world.control, "shop").await;
    let told = owner.post(&format!("{SHOP}/users/u1/suspend"), "days=1").await;
    assert_eq!(told.location(), format!("{SHOP}/users/u1?notice=user-banned"));
    for (path, form) in [
        ("/domains/add", "domain=no+name"),
        ("/domains/remove", "domain=auth.example.com"),
        ("/settings", "act=save&version=1&document=%7B"),
        ("/settings", "act=save&version=7&document=%7B%7D"),
    ] {
        let told = owner.post(&format!("{SHOP}{path}"), form).await;
        assert!(!told.status.is_client_error(), "the page says so: {path} {}", told.text);
    }
    for (kind, expected) in [("engine.requested", 1), ("request.refused", 4)] {
        let question = format!(
            "SELECT count(*) FROM audit_event WHERE subject = $1 AND type = '{kind}' AND actor = 'member:owner'"
        );
        assert_eq!(world.instance.count(&question, shop.id.as_str()).await, expected, "{kind}");
    }
}

#[tokio::test]
async fn a_repetition_is_one_in_the_same_workspace() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    owner.post("/workspaces/new", "name=Acme&slug=acme").await;
    let mut made = Vec::new();
    for workspace in ["default", "acme", "acme"] {
        let request = Request::post("/v1/keys")
            .header("kiavi-workspace", workspace)
            .header("idempotency-key", "the-same")
            .header(header::CONTENT_TYPE, "application/json");
        let body = json!({ "name": "ci", "scopes": ["tenant.read"] }).to_string();
        let answer = owner.send(request, body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        made.push(answer.json()["id"].clone());
    }
    assert!(made[0] != made[1] && made[1] == made[2], "{made:?}");
}

#[tokio::test]
async fn the_consoles_own_tenant_is_the_operators_to_see_and_nobodys_to_move() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    let local = world.control.router(CallerKind::LocalOperator);
    let key = world.control.ensure_management_key().await.unwrap();
    let by_key = |path: &str| {
        let bearer = format!("Bearer {}", key.expose_secret());
        Request::get(path).header(header::AUTHORIZATION, bearer).body(axum::body::Body::empty()).unwrap()
    };
    for path in ["/v1/tenants/console", "/v1/tenants/console/settings", "/v1/tenants/console/engine/ok"] {
        let refused = super::api::send(&world.router, by_key(path)).await;
        assert_eq!(refused.problem(), (404, "tenant_not_found".into()), "{path}");
        assert_eq!(owner.get(path).await.problem(), (404, "tenant_not_found".into()), "{path}");
    }
    assert_eq!(get(&local, "/v1/tenants/console/settings").await.status, StatusCode::OK);
    assert_eq!(get(&local, "/v1/tenants").await.json()["items"], json!([]));
    assert!(world.control.tenants().await.unwrap().is_empty());
    let export = Request::post("/v1/tenants/console/export").body("".into()).unwrap();
    assert_eq!(super::api::send(&local, export).await.problem(), (409, "console_tenant".into()));
    assert!(parse_name("console").is_err() && parse_name("id").is_err());
    let tenant = world.control.ensure_console().await.unwrap();
    assert_eq!(tenant.settings["console"], ORIGIN);
}

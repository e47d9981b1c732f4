//! People come in, work together, and are kept out: through the router, from browsers with cookies.

use axum::http::{Request, StatusCode, header};
use jiff::SignedDuration;

use super::{
    api::{Answer, get},
    people::{ORIGIN, SIGN_IN, World, parts_of},
    *,
};
use crate::{CallerKind, Role};

fn location(answer: &Answer) -> &str {
    answer.headers[header::LOCATION].to_str().unwrap()
}

#[tokio::test]
async fn whoever_is_signed_out_is_sent_to_the_sign_in_and_comes_back() {
    let world = World::new().await;
    let mut ada = world.browser();
    let (state, challenge) = ada.set_out("/w/default/team").await;
    let back = ada.arrive("ada", "email_otp", SignedDuration::ZERO, (&state, &challenge));
    let answer = ada.get(&back).await;
    assert_eq!(location(&answer), "/w/default/team", "where they wanted to be");
    let cookie = answer.headers.get_all(header::SET_COOKIE).iter().find_map(|line| {
        let line = line.to_str().unwrap();
        line.starts_with("kiavi_console=").then(|| line.to_owned())
    });
    let cookie = cookie.unwrap();
    assert!(cookie.ends_with("; Max-Age=86400; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
    let token = ada.session().unwrap().clone();
    let question = "SELECT count(*) FROM console_session s WHERE s::text LIKE '%' || $1 || '%'";
    assert_eq!(world.instance.count(question, &token).await, 0, "only its hash is stored");
    assert_eq!(ada.get("/w/default/team").await.status, StatusCode::NOT_FOUND, "no member yet");
    let page = ada.get("/").await;
    assert!(page.status == StatusCode::OK && page.text.contains("ada@example.com"), "{}", page.text);
    let question = "SELECT count(*) FROM audit_event WHERE type = 'console.signed_in' AND subject = $1";
    assert_eq!(world.instance.count(question, "ada").await, 1);
}

#[tokio::test]
async fn a_code_is_good_in_the_browser_that_asked_and_once() {
    let world = World::new().await;
    let mut ada = world.browser();
    let (state, challenge) = ada.set_out("/").await;
    let back = ada.arrive("ada", "email_otp", SignedDuration::ZERO, (&state, &challenge));

    let mut thief = world.browser();
    let stolen = thief.get(&back).await;
    assert_eq!((stolen.status, thief.session()), (StatusCode::BAD_REQUEST, None), "without the cookie");
    thief.set_out("/").await;
    let stolen = thief.get(&back).await;
    assert_eq!((stolen.status, thief.session()), (StatusCode::BAD_REQUEST, None), "with another's");

    let other_state = back.replace(&state, &"x".repeat(43));
    let mut confused = ada.clone();
    assert_eq!(confused.get(&other_state).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(ada.clone().get(&back).await.status, StatusCode::SEE_OTHER);
    let mut again = ada.clone();
    assert_eq!((again.get(&back).await.status, again.session()), (StatusCode::BAD_REQUEST, None), "used up");
}

#[tokio::test]
async fn a_session_is_never_one_that_was_there_before() {
    let world = World::new().await;
    let mut ada = world.browser();
    ada.cookies.insert("kiavi_console".into(), "planted-by-somebody".into());
    ada.come_in("ada", "email_otp").await;
    let first = ada.session().unwrap().clone();
    assert_ne!(first, "planted-by-somebody");
    ada.come_in("ada", "passkey").await;
    assert_ne!(ada.session(), Some(&first), "signing in again makes another");
    let mut old = world.browser();
    old.cookies.insert("kiavi_console".into(), first);
    assert_eq!(old.get("/").await.status, StatusCode::SEE_OTHER, "and ends the one before");
}

#[tokio::test]
async fn the_way_back_stays_on_this_site() {
    let world = World::new().await;
    for evil in ["https://evil.example/", "//evil.example", "/%5cevil.example", "javascript:alert(1)"] {
        let mut ada = world.browser();
        let (state, challenge) = ada.set_out(&format!("/sign-in?next={evil}")).await;
        let back = ada.arrive("ada", "email_otp", SignedDuration::ZERO, (&state, &challenge));
        assert_eq!(location(&ada.get(&back).await), "/", "{evil}");
    }
}

#[tokio::test]
async fn the_first_owner_comes_by_a_link_that_works_once() {
    let world = World::new().await;
    let link = world.control.renew_owner_link().await.unwrap().unwrap();
    let path = link.expose_secret().strip_prefix(ORIGIN).unwrap().to_owned();
    let old = path.clone();
    let link = world.control.renew_owner_link().await.unwrap().unwrap();
    let path = link.expose_secret().strip_prefix(ORIGIN).unwrap().to_owned();
    let mut ada = world.person("ada").await;
    let way = "kiavi console first-owner";
    assert!(ada.get("/").await.text.contains(way), "who comes without a link is told of it");
    let gone = ada.get(&old).await;
    assert_eq!(gone.status, StatusCode::FORBIDDEN, "a new link ends the one before");
    let mut stranger = world.browser();
    assert_eq!(stranger.get(&path).await.status, StatusCode::SEE_OTHER, "sign in first");
    let page = ada.get(&path).await;
    assert!(page.status == StatusCode::OK && page.text.contains("ada@example.com"));
    assert_eq!(world.instance.count("SELECT count(*) FROM member WHERE role = $1", "owner").await, 0);
    let token = path.split_once("token=").unwrap().1;
    let form = format!("token={token}");
    let mut bea = world.person("bea").await;
    let (mut one, mut two) = (ada.clone(), bea.clone());
    let (one, two) = tokio::join!(one.post("/first-owner", &form), two.post("/first-owner", &form));
    let taken = [&one, &two].into_iter().filter(|answer| answer.status == StatusCode::SEE_OTHER).count();
    assert_eq!(taken, 1, "of two browsers one");
    assert_eq!(world.instance.count("SELECT count(*) FROM member WHERE role = $1", "owner").await, 1);
    for browser in [&mut ada, &mut bea] {
        assert_eq!(browser.post("/first-owner", &form).await.status, StatusCode::FORBIDDEN, "used");
    }
    let home = world.person("cleo").await.get("/").await;
    assert!(home.text.contains("cleo@example.com") && !home.text.contains(way), "somebody can invite now");
    assert!(world.control.renew_owner_link().await.unwrap().is_none(), "there is an owner");
    let local = world.control.router(CallerKind::LocalOperator);
    let request = Request::post("/v1/first-owner-link").header(header::CONTENT_TYPE, "application/json");
    let refused = super::api::send(&local, request.body("{}".into()).unwrap()).await;
    assert_eq!(refused.problem(), (409, "owner_exists".into()));
}

#[tokio::test]
async fn a_link_for_the_first_owner_is_no_good_after_a_day_or_an_owner() {
    let world = World::new().await;
    let link = world.control.renew_owner_link().await.unwrap().unwrap();
    let path = link.expose_secret().strip_prefix(ORIGIN).unwrap().to_owned();
    world.execute("UPDATE owner_link SET expires_at = now()").await;
    assert_eq!(world.browser().get(&path).await.status, StatusCode::FORBIDDEN);
    world.owner().await;
    world
        .execute("INSERT INTO owner_link (hash, expires_at) VALUES ('\\x00', now() + interval '1 day')")
        .await;
    let mut late = world.person("late").await;
    assert_eq!(late.post("/first-owner", "token=anything").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_invitation_is_for_its_address_and_for_once() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    let invited = owner.post("/w/default/team/invite", "email=Bea%40example.com&role=viewer").await;
    assert_eq!(location(&invited), "/w/default/team?notice=member-invited");
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
    assert_eq!(location(&told), "/w/default/team?notice=member-owner-last");

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
    assert!(location(&sent).starts_with(SIGN_IN) && location(&sent).ends_with("&prove=yes"));

    let (state, challenge) = parts_of(&owner.get("/step-up?next=/w/default/team").await);
    let back = owner.arrive("owner", "passkey", SignedDuration::from_mins(6), (&state, &challenge));
    owner.get(&back).await;
    let refused = owner.json("POST", "/v1/keys", key.clone()).await;
    assert_eq!(refused.problem(), (403, "step_up_required".into()), "too long ago");

    let (state, challenge) = parts_of(&owner.get("/step-up?next=/w/default/team").await);
    let back = owner.arrive("owner", "passkey", SignedDuration::ZERO, (&state, &challenge));
    assert_eq!(location(&owner.get(&back).await), "/w/default/team?notice=step-up-done");
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
async fn another_site_gets_nothing_by_the_cookie() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    let create = json!({ "slug": "shop" });
    for origin in [None, Some("https://evil.example".to_owned()), Some("null".to_owned())] {
        owner.origin = origin;
        let refused = owner.json("POST", "/v1/tenants", create.clone()).await;
        assert_eq!(refused.problem(), (403, "cross_site_request".into()), "{:?}", owner.origin);
        let refused = owner.json("DELETE", "/v1/workspaces/default/members/owner", Value::Null).await;
        assert_eq!(refused.problem(), (403, "cross_site_request".into()));
        for path in ["/w/default/team/invite", "/sign-out", "/first-owner", "/invitation", "/workspaces/new"]
        {
            let form = "email=eve%40example.com&role=owner&name=x&slug=x";
            assert_eq!(owner.post(path, form).await.status, StatusCode::FORBIDDEN, "{path}");
        }
    }
    let read = |site: &str| Request::get("/v1/tenants").header("sec-fetch-site", site);
    assert_eq!(owner.send(read("same-origin"), String::new()).await.status, StatusCode::OK);
    for site in ["cross-site", "same-site"] {
        let refused = owner.send(read(site), String::new()).await;
        assert_eq!(refused.problem(), (403, "cross_site_request".into()), "{site}");
    }
    owner.origin = Some(ORIGIN.to_owned());
    let form = owner.post("/v1/tenants", "slug=shop").await;
    assert_eq!(form.problem(), (415, "unsupported_media_type".into()), "JSON only");
    assert!(owner.get("/").await.status == StatusCode::SEE_OTHER && owner.session().is_some());
}

#[tokio::test]
async fn what_is_in_another_workspace_is_not_there_for_a_member() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    let mut bea = world.member(&mut owner, "bea", "admin").await;
    let made = owner.post("/workspaces/new", "name=Acme+Ltd&slug=acme").await;
    assert_eq!(location(&made), "/w/acme", "{}", made.text);
    assert_eq!(bea.post("/workspaces/new", "name=B&slug=b").await.status, StatusCode::FORBIDDEN);
    assert_eq!(location(&owner.get("/").await), "/w/default");
    assert_eq!(owner.get("/w/acme").await.status, StatusCode::OK);
    assert_eq!(location(&owner.get("/").await), "/w/acme", "the one that was opened last");
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
    assert_eq!(location(&renamed), "/w/acme/team?notice=workspace-renamed");
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
    assert_eq!(location(&told), format!("{SHOP}/users/u1?notice=user-banned"));
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
async fn the_console_ends_with_the_sign_in_and_the_other_way_round() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    let sessions = || world.sign_in().sessions.lock().unwrap().len();
    assert_eq!(sessions(), 1);
    world.sign_in().sessions.lock().unwrap().clear();
    assert_eq!(owner.get("/w/default").await.status, StatusCode::OK, "not asked again for ten seconds");
    world.execute("UPDATE console_session SET checked_at = now() - interval '11 seconds'").await;
    assert_eq!(owner.get("/w/default").await.status, StatusCode::SEE_OTHER);
    assert_eq!(owner.get("/v1/tenants").await.problem(), (401, "unauthorized".into()));

    owner.come_in("owner", "passkey").await;
    assert_eq!(sessions(), 1);
    let kept = owner.clone();
    let out = owner.post("/sign-out", "").await;
    assert_eq!((location(&out), owner.session(), sessions()), ("/signed-out", None, 0));
    assert_eq!(
        kept.clone().get("/w/default").await.status,
        StatusCode::SEE_OTHER,
        "the cookie opens nothing"
    );

    for over in ["used_at = now() - interval '9 hours'", "created_at = now() - interval '25 hours'"] {
        owner.come_in("owner", "passkey").await;
        world.execute(&format!("UPDATE console_session SET {over}")).await;
        assert_eq!(owner.get("/w/default").await.status, StatusCode::SEE_OTHER, "{over}");
        assert_eq!(sessions(), 0, "whoever was away signs in anew");
    }
}

#[tokio::test]
async fn a_tenant_that_cannot_be_asked_is_no_sign_out() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    world.execute("UPDATE console_session SET checked_at = now() - interval '11 seconds'").await;
    world.instance.privileged.silences.store(2, Ordering::SeqCst);
    assert_eq!(owner.get("/v1/tenants").await.problem(), (504, "engine_silent".into()));
    assert_eq!(owner.get("/w/default").await.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(owner.get("/w/default").await.status, StatusCode::OK, "it is asked again");
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

#[tokio::test]
async fn the_pages_have_their_policy_and_their_language() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    world.instance.tenant(&world.control, "shop").await;
    let page = owner.get("/w/default").await;
    assert!(
        page.text.contains("http://shop.localhost:8080") && !page.text.contains("/w/default/team/invite")
    );
    let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(
        policy.contains("default-src 'none'")
            && policy.contains("form-action 'self' http://console.localhost:8080;")
    );
    let chosen = owner.get("/w/default/team?notice=member-invited&lang=de").await;
    assert_eq!(location(&chosen), "/w/default/team?notice=member-invited");
    let german = owner.get(location(&chosen)).await;
    assert!(german.text.contains("<html lang=\"de\"") && german.text.contains("unterwegs"));
}

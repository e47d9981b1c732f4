//! How members come into the console and leave it: through the router, from browsers with cookies.

use axum::http::{Request, StatusCode, header};
use jiff::SignedDuration;

use super::{
    people::{ORIGIN, World},
    *,
};
use crate::CallerKind;

#[tokio::test]
async fn whoever_is_signed_out_is_sent_to_the_sign_in_and_comes_back() {
    let world = World::new().await;
    let mut ada = world.browser();
    let (state, challenge) = ada.set_out("/w/default/team").await;
    let back = ada.arrive("ada", "email_otp", SignedDuration::ZERO, (&state, &challenge));
    let answer = ada.get(&back).await;
    assert_eq!(answer.location(), "/w/default/team", "where they wanted to be");
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
        assert_eq!(ada.get(&back).await.location(), "/", "{evil}");
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
    assert_eq!((out.location(), owner.session(), sessions()), ("/signed-out", None, 0));
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
    assert_eq!(chosen.location(), "/w/default/team?notice=member-invited");
    let german = owner.get(chosen.location()).await;
    assert!(german.text.contains("<html lang=\"de\"") && german.text.contains("unterwegs"));
}

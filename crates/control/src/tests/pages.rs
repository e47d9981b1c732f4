//! What the console's pages do for whom: tenants, keys and webhooks, from browsers with cookies.

use axum::http::{Request, StatusCode, header};

use super::{
    Instance,
    api::{Answer, get},
    people::{Browser, SIGN_IN, World},
};
use crate::CallerKind;

/// Whether an answer asks for the passkey.
fn asks_for_proof(answer: &Answer) -> bool {
    answer.status == StatusCode::SEE_OTHER && answer.location().starts_with(SIGN_IN)
}

#[tokio::test]
async fn who_may_make_tenants_makes_one_and_is_led_to_it() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    let mut viewer = world.member(&mut owner, "vera", "viewer").await;
    for answer in
        [viewer.get("/w/default/tenants/new").await, viewer.post("/w/default/tenants/new", "name=mine").await]
    {
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text);
    }
    assert!(!viewer.get("/w/default").await.text.contains("/w/default/tenants/new"), "no dead link");
    let mut developer = world.member(&mut owner, "dora", "developer").await;
    for (name, notice) in [
        ("", "tenant-name"),
        ("Shop", "tenant-name"),
        ("-shop", "tenant-name"),
        ("ab--cd", "tenant-name"),
        ("www", "tenant-name-reserved"),
    ] {
        let answer = developer.post("/w/default/tenants/new", &format!("name={name}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}");
        assert!(answer.text.contains(&format!("data-notice=\"{notice}\"")), "{name}: {}", answer.text);
    }
    let made = developer.post("/w/default/tenants/new", "name=+shop+").await;
    assert_eq!((made.status, made.location()), (StatusCode::SEE_OTHER, "/w/default/t/shop"));
    let page = developer.get("/w/default/t/shop").await;
    assert!(page.text.contains("/w/default/t/shop/progress"), "nobody has made it yet: {}", page.text);
    assert!(page.text.contains("http-equiv=\"refresh\""), "without script it loads itself");
    let again = developer.post("/w/default/tenants/new", "name=shop").await;
    assert!(again.text.contains("data-notice=\"tenant-name-taken\""), "{}", again.text);
    let question = "SELECT count(*) FROM audit_event WHERE type = 'tenant.requested' AND actor = $1";
    assert_eq!(world.instance.count(question, "member:dora").await, 1);
    let stranger = world.person("mallory").await.get("/w/default/t/shop/progress").await;
    assert_eq!(stranger.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_key_is_made_by_who_may_and_proved_it_and_does_no_more_than_they() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    let mut support = world.member(&mut owner, "sara", "support").await;
    assert_eq!(support.get("/w/default/keys").await.status, StatusCode::FORBIDDEN);
    let mut viewer = world.member(&mut owner, "vera", "viewer").await;
    let page = viewer.get("/w/default/keys").await;
    assert!(page.status == StatusCode::OK && !page.text.contains("/keys/new"), "{}", page.text);
    for path in ["keys/new", "keys/rotate", "keys/revoke"] {
        let answer = viewer.post(&format!("/w/default/{path}"), "name=a&scope=tenant.read").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    let mut developer = world.member(&mut owner, "dora", "developer").await;
    for answer in [
        developer.get("/w/default/keys/new").await,
        developer.post("/w/default/keys/new", "name=ci&scope=tenant.read").await,
        developer.post("/w/default/keys/revoke", "key=0a1b").await,
    ] {
        assert!(asks_for_proof(&answer), "she came in by a code: {}", answer.text);
    }
    developer.come_in("dora", "passkey").await;
    for scope in ["scope=tenant.delete", "role=owner", "scope=tenant.fly", "scope=*", ""] {
        let refused = developer.post("/w/default/keys/new", &format!("name=ci&{scope}")).await;
        assert!(refused.text.contains("data-notice=\"key-scopes\""), "{scope}: {}", refused.text);
    }
    let named = developer.post("/w/default/keys/new", "name=+&scope=tenant.read").await;
    assert!(named.text.contains("data-notice=\"key-name\""), "{}", named.text);

    let made = developer.post("/w/default/keys/new", "name=ci&scope=tenant.read&days=30").await;
    let secret = made.text.split_once("value=\"kiavi_mk_").unwrap().1.split('"').next().unwrap();
    let key = format!("kiavi_mk_{secret}");
    assert_eq!(made.headers[header::CACHE_CONTROL], "no-store");
    let asked = |key: String| {
        let request = Request::get("/v1/tenants").header(header::AUTHORIZATION, format!("Bearer {key}"));
        let mut program = world.browser();
        async move { program.send(request, String::new()).await.status }
    };
    assert_eq!(asked(key.clone()).await, StatusCode::OK);
    let list = developer.get("/w/default/keys").await;
    assert!(list.text.contains("dora@example.com") && !list.text.contains(secret), "{}", list.text);
    let id = list.text.split_once("name=\"key\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();

    let rotated = developer.post("/w/default/keys/rotate", &format!("key={id}&days=0")).await;
    assert!(rotated.text.contains("value=\"kiavi_mk_"), "{}", rotated.text);
    assert_eq!(asked(key).await, StatusCode::UNAUTHORIZED, "the one before ended at once");
    let revoked = developer.post("/w/default/keys/revoke", &format!("key={id}")).await;
    assert_eq!(revoked.location(), "/w/default/keys?notice=key-revoked");
    let gone = developer.post("/w/default/keys/rotate", &format!("key={id}&days=0")).await;
    assert_eq!(gone.location(), "/w/default/keys?notice=key-gone");
}

#[tokio::test]
async fn a_key_of_another_workspace_is_not_there() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    owner.post("/workspaces/new", "name=Acme&slug=acme").await;
    let made = owner.post("/w/acme/keys/new", "name=ci&scope=tenant.read").await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let list = owner.get("/w/acme/keys").await;
    let id = list.text.split_once("name=\"key\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    assert!(!owner.get("/w/default/keys").await.text.contains(&id));
    for (path, key) in [("rotate", id.as_str()), ("revoke", &id), ("revoke", "%00"), ("rotate", "")] {
        let answer = owner.post(&format!("/w/default/keys/{path}"), &format!("key={key}&days=0")).await;
        assert_eq!(answer.location(), "/w/default/keys?notice=key-gone", "{path} {key}");
    }
}

#[tokio::test]
async fn webhooks_are_for_who_reads_and_writes_settings() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    world.instance.request(&world.control, "shop").await;
    let mut viewer = world.member(&mut owner, "vera", "viewer").await;
    let page = viewer.get("/w/default/t/shop/webhooks").await;
    assert!(page.status == StatusCode::OK && !page.text.contains("/webhooks/new"), "{}", page.text);
    let mut support = world.member(&mut owner, "sara", "support").await;
    assert_eq!(support.get("/w/default/t/shop/webhooks").await.status, StatusCode::FORBIDDEN);
    for path in ["new", "crm", "crm/test", "crm/enable", "crm/rotate", "crm/remove", "crm/1/replay"] {
        let path = format!("/w/default/t/shop/webhooks/{path}");
        let form = "id=crm&url=https%3A%2F%2Fa.example&events=*";
        for browser in [&mut viewer, &mut support] {
            assert_eq!(browser.post(&path, form).await.status, StatusCode::FORBIDDEN, "{path}");
        }
    }
    let missing = owner.post("/w/default/t/shop/webhooks/nobody/remove", "").await;
    assert_eq!(missing.location(), "/w/default/t/shop/webhooks?notice=webhook-gone");
    let missing = owner.get("/w/default/t/shop/webhooks/nobody").await;
    assert_eq!(missing.location(), "/w/default/t/shop/webhooks?notice=webhook-gone");
}

async fn preview(browser: &mut Browser, fields: &[(&str, &str)]) -> String {
    let part = |(name, value): &(&str, &str)| {
        format!("--b0\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body = fields.iter().map(part).collect::<String>() + "--b0--\r\n";
    let request = Request::post("/w/default/t/shop/sign-in-page/preview");
    let request = request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=b0");
    browser.send(request, body).await.text
}

#[tokio::test]
async fn whoever_sends_no_look_is_shown_the_one_that_there_is() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    world.instance.request(&world.control, "shop").await;
    let branding = r##"UPDATE tenant SET settings = settings || '{"branding": {"accent": "#1b2a6b"}}'"##;
    world.execute(&format!("{branding} WHERE slug = 'shop'")).await;
    let mut viewer = world.member(&mut owner, "vera", "viewer").await;
    let shown = preview(&mut viewer, &[("scene", "code"), ("scheme", "dark")]).await;
    assert!(shown.contains("scheme=dark&#38;accent=%231b2a6b&"), "{shown}");
    let typed = preview(&mut owner, &[("version", "1"), ("accent", "#6b1b5a")]).await;
    assert!(typed.contains("accent=%236b1b5a&"), "{typed}");
    let refused = preview(&mut owner, &[("version", "1"), ("logo", "no picture")]).await;
    assert!(refused.contains("data-fault") && refused.contains("branding.logo: "), "{refused}");
}

#[tokio::test]
async fn what_is_nowhere_is_a_page_to_people_and_a_problem_to_programs() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    for path in ["/nothing", "/w/default/t/shop/nothing"] {
        let page = owner.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"), "{path}");
        assert!(page.text.contains("Page not found"), "{}", page.text);
        assert_eq!(owner.post(path, "").await.problem(), (404, "not_found".into()), "{path}");
    }
    assert_eq!(owner.get("/v1/nothing").await.problem(), (404, "not_found".into()));
}

#[tokio::test]
async fn a_page_of_a_tenant_leads_to_the_others_of_the_workspace() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    world.instance.tenant(&world.control, "shop").await;
    let switch = "Switch tenant";
    let alone = owner.get("/w/default/t/shop").await.text;
    assert!(alone.contains("<span class=\"break\">shop</span>") && !alone.contains(switch), "{alone}");
    for number in 0..12 {
        world.instance.request(&world.control, &format!("app{number:02}")).await;
    }
    let page = owner.get("/w/default/t/shop/domains").await.text;
    assert!(page.contains(switch) && page.contains("href=\"/w/default/t/app11\""), "{page}");
    assert!(
        !page.contains("href=\"/w/default/t/shop\" aria-current=\"true\""),
        "the first twelve by name: {page}"
    );
}

#[tokio::test]
async fn the_gallery_is_in_development_only() {
    let mut instance = Instance::new().await;
    let production = instance.start().await.router(CallerKind::ConsoleHost);
    for path in ["/dev/components", "/dev/components/sign-in"] {
        assert_eq!(get(&production, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    instance.is_development = true;
    let development = instance.start().await.router(CallerKind::ConsoleHost);
    let index = get(&development, "/dev/components?look=1").await;
    assert_eq!(index.status, StatusCode::OK, "{}", index.text);
    let links: Vec<_> = index.text.split("href=\"/dev/components/").skip(1).collect();
    assert!(links.len() > 100, "{}", links.len());
    // Every answer makes all pages, so it is some of them that are looked at.
    for link in links.iter().step_by(links.len() / 8) {
        let path = format!("/dev/components/{}", link.split('"').next().unwrap());
        let page = get(&development, &path).await;
        assert!(page.status == StatusCode::OK && path.ends_with("?look=1"), "{path}: {}", page.text);
    }
    let branded = get(&development, "/dev/components/sign-in?look=1").await;
    let sheet = branded.text.split_once("\"/_kiavi/brand/").unwrap().1.split('"').next().unwrap();
    let sheet = get(&development, &format!("/_kiavi/brand/{sheet}")).await;
    assert_eq!(sheet.headers[header::CONTENT_TYPE], "text/css; charset=utf-8");
    let bare = get(&development, "/dev/components/turned-away-busy").await;
    assert!(bare.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("'sha256-"));
    for path in ["/dev/components/nothing", "/dev/components/mail-0", "/dev/components/mail-99"] {
        assert_eq!(get(&development, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

//! What the console shows of a tenant's people and does for them, and a stand-in for the engine that tells of them: what that
//! does is tested in the engine.

use std::collections::HashMap;

use axum::{
    Extension, Json, Router,
    extract::{Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};

use super::{fakes::Asked, people::World, *};

const PAGE: &str = "/w/default/t/shop/users";
/// How many there are.
const THERE: i64 = 120;
/// The most that are counted where somebody in particular is looked for.
const COUNTED: i64 = 100;

pub(super) fn routes() -> Router<Arc<Mutex<Vec<Asked>>>> {
    Router::new()
        .route("/api/auth/admin/find-users", get(find))
        .route("/api/auth/admin/view-user", get(view))
        .route("/api/auth/admin/create-user", post(create))
        .route("/api/auth/admin/set-role", post(set_role))
        .route("/api/auth/api-key/update", post(update_key))
        .route("/api/auth/admin/export-user", get(copy))
        .route("/management/acting", post(act))
        .route("/api/auth/passkey/delete-passkey", post(delete_passkey))
}

fn user(number: i64) -> Value {
    json!({
        "id": format!("u{number}"), "name": "", "email": format!("u{number}@example.com"), "emailVerified": true,
        "role": "editor", "banned": false, "createdAt": "2026-11-20T12:00:00.000Z", "lastSeen": null, "passkeys": 1, "providers": [],
    })
}

/// All of them, whatever is asked; but for somebody in particular not all are counted.
async fn find(Query(asked): Query<HashMap<String, String>>) -> Json<Value> {
    let number = |name: &str| asked.get(name).map_or(0, |text| text.parse::<i64>().unwrap());
    let first = number("offset");
    let users: Vec<_> = (first..THERE.min(first + number("limit"))).map(user).collect();
    let is_capped = asked.get("method").is_some_and(|method| method != "all");
    let total = if is_capped { COUNTED } else { THERE };
    Json(json!({ "users": users, "total": total, "totalIsExact": !is_capped }))
}

async fn view() -> Json<Value> {
    let passkey = json!({
        "id": "k1", "name": "Lost phone", "aaguid": null, "backedUp": true,
        "createdAt": "2026-11-20T12:00:00.000Z", "lastUsed": null,
    });
    let key = |id: &str, is_on: bool| {
        json!({
            "id": id, "name": format!("Robot {id}"), "start": "kia_ab", "isOn": is_on,
            "createdAt": "2026-11-20T12:00:00.000Z", "lastUsed": null, "expiresAt": null,
        })
    };
    let keys = [key("a1", true), key("a2", false)];
    Json(json!({ "user": user(1), "passkeys": [passkey], "accounts": [], "sessions": [], "apiKeys": keys }))
}

/// Notes what it is asked, as every other route does.
fn note(all: &Mutex<Vec<Asked>>, asked: Asked, request: &str, body: &Value) {
    let (request, body) = (request.to_owned(), body.to_string());
    all.lock().unwrap().push(Asked { request, body, ..asked });
}

type All = State<Arc<Mutex<Vec<Asked>>>>;

async fn create(Extension(asked): Extension<Asked>, State(all): All, Json(body): Json<Value>) -> Response {
    note(&all, asked, "create-user", &body);
    if body["email"] == "taken@example.com" {
        let why =
            json!({ "code": "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL", "message": "User already exists." });
        return (StatusCode::BAD_REQUEST, Json(why)).into_response();
    }
    Json(json!({ "user": user(7) })).into_response()
}

async fn set_role(Extension(asked): Extension<Asked>, State(all): All, Json(body): Json<Value>) -> Response {
    note(&all, asked, "set-role", &body);
    Json(json!({ "user": user(1) })).into_response()
}

async fn update_key(
    Extension(asked): Extension<Asked>,
    State(all): All,
    Json(body): Json<Value>,
) -> Response {
    note(&all, asked, "update-key", &body);
    if body["keyId"] == "gone" {
        let why = json!({ "code": "API_KEY_NOT_FOUND", "message": "API Key not found" });
        return (StatusCode::NOT_FOUND, Json(why)).into_response();
    }
    Json(body).into_response()
}

/// The copy says whose it is.
async fn copy(Query(asked): Query<HashMap<String, String>>) -> Response {
    Json(json!({ "user": { "id": asked["id"] } })).into_response()
}

/// Makes a link, but not for everybody.
async fn act(Extension(asked): Extension<Asked>, State(all): All, Json(body): Json<Value>) -> Response {
    note(&all, asked, "act", &body);
    let refused = |status: StatusCode, code: &str| {
        (status, Json(json!({ "code": code, "message": "" }))).into_response()
    };
    match body["userId"].as_str().unwrap() {
        "gone" => refused(StatusCode::NOT_FOUND, "USER_NOT_FOUND"),
        "admin" => refused(StatusCode::FORBIDDEN, "YOU_CANNOT_IMPERSONATE_ADMINS"),
        "banned" => refused(StatusCode::FORBIDDEN, "BANNED_USER"),
        "off" => refused(StatusCode::FORBIDDEN, "OPERATORS_MAY_NOT_IMPERSONATE"),
        _ => Json(json!({ "url": "http://shop.localhost:8080/sign-in/acting?token=t0k3n" })).into_response(),
    }
}

async fn delete_passkey(
    Extension(asked): Extension<Asked>,
    State(all): All,
    Json(body): Json<Value>,
) -> Response {
    note(&all, asked, "delete-passkey", &body);
    if body["id"] == "k1" {
        return Json(json!({ "status": true })).into_response();
    }
    let why = json!({ "code": "PASSKEY_NOT_FOUND", "message": "Passkey not found" });
    (StatusCode::NOT_FOUND, Json(why)).into_response()
}

/// What engines were asked of these requests.
fn bodies(world: &World, request: &str) -> Vec<Value> {
    let asked = world.instance.asked().into_iter().filter(|asked| asked.request == request);
    asked.map(|asked| serde_json::from_str(&asked.body).unwrap()).collect()
}

#[tokio::test]
async fn a_role_is_shown_and_changed_by_who_may() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    world.instance.tenant(&world.control, "shop").await;
    let mut vera = world.member(&mut owner, "vera", "viewer").await;
    let (page, form) = (format!("{PAGE}/u1"), format!("{PAGE}/u1/role"));
    for (browser, may) in [(&mut owner, true), (&mut vera, false)] {
        let shown = browser.get(&page).await.text;
        assert!(shown.contains("<dd class=\"break\">editor</dd>"), "{shown}");
        assert_eq!(shown.contains(&format!("action=\"{form}\"")), may);
    }
    assert_eq!(vera.post(&form, "role=admin").await.status, StatusCode::FORBIDDEN);
    let changed = owner.post(&form, "role=+admin+%2C%2Ceditor").await;
    assert_eq!(changed.location(), format!("{page}?notice=user-role-changed"));
    let none = owner.post(&form, "role=+%2C").await;
    assert_eq!(none.location(), format!("{page}?notice=user-role-empty"));
    assert_eq!(bodies(&world, "set-role"), [json!({ "userId": "u1", "role": ["admin", "editor"] })]);
}

#[tokio::test]
async fn a_passkey_is_removed_by_who_may_and_one_that_is_gone_is_said() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    world.instance.tenant(&world.control, "shop").await;
    let mut reader = world.member(&mut owner, "paula", "privacy").await;
    let page = reader.get(&format!("{PAGE}/u1")).await;
    assert!(page.text.contains("Lost phone") && !page.text.contains("remove-passkey"), "{}", page.text);
    let refused = reader.post(&format!("{PAGE}/u1/remove-passkey"), "passkey=k1").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let mut support = world.member(&mut owner, "sara", "support").await;
    let page = support.get(&format!("{PAGE}/u1")).await;
    assert!(page.text.contains(&format!("action=\"{PAGE}/u1/remove-passkey\"")), "{}", page.text);
    for (passkey, notice) in
        [("k1", "user-passkey-removed"), ("k2", "user-passkey-gone"), ("", "user-passkey-gone")]
    {
        let told = support.post(&format!("{PAGE}/u1/remove-passkey"), &format!("passkey={passkey}")).await;
        assert_eq!(told.location(), format!("{PAGE}/u1?notice={notice}"), "{passkey}");
    }
    let ids = ["k1", "k2", ""].map(|id| json!({ "id": id }));
    assert_eq!(bodies(&world, "delete-passkey"), ids);
}

#[tokio::test]
async fn somebody_is_added_once_and_what_was_typed_stays() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    world.instance.tenant(&world.control, "shop").await;
    let mut viewer = world.member(&mut owner, "vera", "viewer").await;
    assert!(!viewer.get(PAGE).await.text.contains("/users/new"), "no dead link");
    for answer in [
        viewer.get(&format!("{PAGE}/new")).await,
        viewer.post(&format!("{PAGE}/new"), "email=a%40example.com").await,
    ] {
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    assert!(owner.get(PAGE).await.text.contains(&format!("href=\"{PAGE}/new\"")));
    assert_eq!(owner.get(&format!("{PAGE}/new")).await.status, StatusCode::OK);
    for (email, notice) in [("nobody", "email-invalid"), ("Taken%40example.com", "user-exists")] {
        let again = owner.post(&format!("{PAGE}/new"), &format!("email={email}&name=%3CEve%3E")).await;
        assert!(again.text.contains(&format!("data-notice=\"{notice}\"")), "{email}: {}", again.text);
        assert!(again.text.contains("value=\"&#60;Eve&#62;\""), "{}", again.text);
    }
    let made = owner.post(&format!("{PAGE}/new"), "email=+New%40example.com&name=+Eve+").await;
    assert_eq!(made.location(), format!("{PAGE}/u7?notice=user-created"));
    let asked = [("taken@example.com", "<Eve>"), ("new@example.com", "Eve")];
    let asked = asked.map(|(email, name)| json!({ "email": email, "name": name }));
    assert_eq!(bodies(&world, "create-user"), asked);
}

#[tokio::test]
async fn the_list_goes_on_beyond_what_is_counted() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    world.instance.tenant(&world.control, "shop").await;
    let all = owner.get(&format!("{PAGE}?page=3")).await.text;
    assert!(all.contains("101–120 of 120") && !all.contains("rel=\"next\""), "{all}");
    let some = owner.get(&format!("{PAGE}?method=passkey")).await.text;
    assert!(some.contains("More than 100 people") && some.contains("1–50 of more than 100"), "{some}");
    let second = owner.get(&format!("{PAGE}?method=passkey&page=2")).await.text;
    assert!(second.contains("method=passkey&#38;page=3"), "there are more than were counted: {second}");
    let last = owner.get(&format!("{PAGE}?method=passkey&page=3")).await.text;
    assert!(last.contains("u119@example.com") && !last.contains("rel=\"next\""), "{last}");
    for (beyond, last) in [("page=9", "page=3"), ("method=passkey&page=9", "method=passkey&page=2")] {
        let answer = owner.get(&format!("{PAGE}?{beyond}")).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, &*format!("{PAGE}?{last}")));
    }
    let export = owner.get("/w/default/t/shop/selection?do=export&back=method%3Dpasskey").await.text;
    assert!(export.contains("Export more than 100 people"), "{export}");
}

#[tokio::test]
async fn acting_as_somebody_is_for_whom_the_role_lets_and_says_why() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    let shop = world.instance.tenant(&world.control, "shop").await;
    let (page, form) = (format!("{PAGE}/u1"), format!("{PAGE}/u1/act"));
    for (role, may) in [
        ("admin", true),
        ("support", true),
        ("developer", false),
        ("viewer", false),
        ("auditor", false),
        ("privacy", false),
    ] {
        let mut member = world.member(&mut owner, role, role).await;
        let shown = member.get(&page).await;
        assert_eq!(shown.text.contains(&format!("href=\"{form}\"")), may, "{role}");
        let asked = member.get(&form).await;
        let sent = member.post(&form, "reason=ticket+4711&minutes=15").await;
        if may {
            // Having come in with a code they use their passkey first.
            assert!(
                asked.location().ends_with("&prove=yes") && sent.location().ends_with("&prove=yes"),
                "{role}"
            );
        } else {
            assert_eq!((asked.status, sent.status), (StatusCode::FORBIDDEN, StatusCode::FORBIDDEN), "{role}");
        }
    }
    assert!(bodies(&world, "act").is_empty());
    let asked = owner.get(&form).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.text);
    let policy = asked.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("form-action 'self' http://shop.localhost:8080 "), "{policy}");
    for wrong in ["", "reason=no&minutes=15", "reason=+++&minutes=15", &format!("reason={}", "a".repeat(201))]
    {
        let told = owner.post(&form, wrong).await;
        assert_eq!(told.status, StatusCode::OK, "{}", told.text);
        assert!(told.text.contains("data-notice=\"user-act-reason\""), "{wrong}: {}", told.text);
    }
    let sent = owner.post(&form, "reason=+Ticket+4711+&minutes=30").await;
    assert_eq!(
        (sent.status, sent.location()),
        (StatusCode::SEE_OTHER, "http://shop.localhost:8080/sign-in/acting?token=t0k3n")
    );
    assert_eq!(sent.headers[header::REFERRER_POLICY], "same-origin", "the tenant is not told of the page");
    let expected = json!({
        "userId": "u1", "reason": "Ticket 4711", "minutes": 30, "label": "owner@example.com",
        "back": format!("http://console.localhost:8080{page}"),
    });
    assert_eq!(bodies(&world, "act"), [expected]);
    let question = "SELECT count(*) FROM audit_event WHERE subject = $1 AND type = 'engine.requested'
                    AND actor = 'member:owner' AND detail->>'path' = '/management/acting' AND detail ? 'proved_at'";
    assert_eq!(world.instance.count(question, shop.id.as_str()).await, 1);
}

#[tokio::test]
async fn why_nobody_acts_as_somebody_is_told_on_their_page() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    world.instance.tenant(&world.control, "shop").await;
    for (user, notice) in
        [("admin", "user-act-admin"), ("banned", "user-act-banned"), ("off", "user-act-off")]
    {
        let told = owner.post(&format!("{PAGE}/{user}/act"), "reason=ticket+4711").await;
        assert_eq!(told.location(), format!("{PAGE}/{user}?notice={notice}"));
    }
    let gone = owner.post(&format!("{PAGE}/gone/act"), "reason=ticket+4711").await;
    assert_eq!(gone.location(), format!("{PAGE}?notice=user-gone"));
    let page = format!("{PAGE}/u1");
    let link = format!("href=\"{page}/act\"");
    assert!(owner.get(&page).await.text.contains(&link));
    let off = r#"'{"admin": {"is_operator_impersonation_enabled": false}}'"#;
    world.execute(&format!("UPDATE tenant SET settings = settings || {off} WHERE slug = 'shop'")).await;
    assert!(!owner.get(&page).await.text.contains(&link), "nothing is offered that would be refused");
}

#[tokio::test]
async fn an_api_key_is_switched_off_and_on_by_who_may() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    world.instance.tenant(&world.control, "shop").await;
    let mut vera = world.member(&mut owner, "vera", "viewer").await;
    let (page, form) = (format!("{PAGE}/u1"), format!("{PAGE}/u1/key"));
    for (browser, may) in [(&mut owner, true), (&mut vera, false)] {
        let shown = browser.get(&page).await.text;
        assert!(shown.contains("Robot a1") && shown.contains("Robot a2"), "{shown}");
        assert_eq!(shown.contains(&format!("action=\"{form}\"")), may);
    }
    assert_eq!(vera.post(&form, "key=a1&enabled=false").await.status, StatusCode::FORBIDDEN);
    for (sent, told) in [
        ("key=a1&enabled=false", "user-key-off"),
        ("key=a2&enabled=true", "user-key-on"),
        ("key=gone&enabled=true", "user-key-gone"),
    ] {
        assert_eq!(owner.post(&form, sent).await.location(), format!("{page}?notice={told}"));
    }
    let switched = |id: &str, is_on: bool| json!({ "keyId": id, "userId": "u1", "enabled": is_on });
    let asked = [switched("a1", false), switched("a2", true), switched("gone", true)];
    assert_eq!(bodies(&world, "update-key"), asked);
}

#[tokio::test]
async fn a_copy_of_somebodys_data_is_for_who_answers_them_and_proved_to_be_there() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    world.instance.tenant(&world.control, "shop").await;
    let mut support = world.member(&mut owner, "sam", "support").await;
    let mut privacy = world.member(&mut owner, "pia", "privacy").await;
    let (page, path) = (format!("{PAGE}/u1"), format!("{PAGE}/u1/copy.json"));
    let link = format!("href=\"{path}\"");
    assert!(!support.get(&page).await.text.contains(&link));
    assert_eq!(support.get(&path).await.status, StatusCode::FORBIDDEN);
    assert!(privacy.get(&page).await.text.contains(&link));
    let sent = privacy.get(&path).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "no passkey was used: {}", sent.text);
    let api = privacy.get("/v1/tenants/shop/engine/admin/export-user?id=u1").await;
    assert_eq!(api.problem().1, "step_up_required");
    let file = owner.get(&path).await;
    assert_eq!(file.status, StatusCode::OK, "{}", file.text);
    assert_eq!(file.headers[header::CONTENT_DISPOSITION], "attachment; filename=\"shop-user.json\"");
    assert_eq!(file.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(serde_json::from_str::<Value>(&file.text).unwrap(), json!({ "user": { "id": "u1" } }));
}

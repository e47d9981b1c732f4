//! What the console's audit log asks of the engine, and a stand-in for that: what it finds is tested in the engine.

use axum::{
    Extension, Json, Router,
    extract::State,
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};

use super::{fakes::Asked, people::World, *};

const PAGE: &str = "/w/default/t/shop/events";

pub(super) fn routes() -> Router<Arc<Mutex<Vec<Asked>>>> {
    Router::new()
        .route("/api/auth/audit/events", get(list))
        .route("/api/auth/audit/events/export", get(export))
}

/// A file, whatever is asked; but an IP address is refused.
async fn export(
    Extension(asked): Extension<Asked>,
    State(all): State<Arc<Mutex<Vec<Asked>>>>,
    uri: Uri,
) -> Response {
    let query = uri.query().unwrap_or_default().to_owned();
    all.lock().unwrap().push(Asked { request: format!("GET events?{query}"), ..asked });
    if query.contains("ip=") {
        let why = json!({ "code": "VALIDATION_ERROR", "message": "[query.ip] An IP address is expected" });
        return (StatusCode::BAD_REQUEST, Json(why)).into_response();
    }
    let media_type = match query.contains("format=ndjson") {
        true => "application/x-ndjson",
        false => "text/csv; charset=utf-8",
    };
    ([(header::CONTENT_TYPE, media_type)], "a file\n").into_response()
}

/// One event, with more to come, whatever is asked; where days are asked for, they are over. An IP address is refused.
async fn list(
    Extension(asked): Extension<Asked>,
    State(all): State<Arc<Mutex<Vec<Asked>>>>,
    uri: Uri,
) -> Response {
    let query = uri.query().unwrap_or_default().to_owned();
    all.lock().unwrap().push(Asked { request: format!("GET events?{query}"), ..asked });
    if query.contains("ip=") {
        let message = "[query.ip] An IP address is expected; [query.to] A time is expected";
        let why = json!({ "code": "VALIDATION_ERROR", "message": message });
        return (StatusCode::BAD_REQUEST, Json(why)).into_response();
    }
    let event = json!({
        "id": "01970000-0000-7000-8000-000000000001", "type": "user.banned", "outcome": "success",
        "at": "2026-11-20T12:00:00.000Z", "actor": { "ref": "operator:member:vera" }, "subject": null,
    });
    Json(json!({
        "events": [event], "next": "01970000-0000-7000-8000-000000000001", "has_places": false,
        "is_over": query.contains("to="), "time_zone": "Europe/Berlin",
    }))
    .into_response()
}

/// The query that the engine was asked last.
fn asked(world: &World) -> Vec<(String, String)> {
    let asked = world.instance.asked().into_iter().rev();
    let query = asked.filter_map(|asked| Some(asked.request.strip_prefix("GET events?")?.to_owned())).next();
    url::form_urlencoded::parse(query.unwrap().as_bytes()).into_owned().collect()
}

fn values<'q>(query: &'q [(String, String)], name: &str) -> Vec<&'q str> {
    query.iter().filter(|(one, _)| one == name).map(|(_, value)| value.as_str()).collect()
}

async fn world() -> (World, super::people::Browser) {
    let world = World::new().await;
    let mut owner = world.owner().await;
    world.instance.tenant(&world.control, "shop").await;
    world.member(&mut owner, "vera", "viewer").await;
    (world, owner)
}

#[tokio::test]
async fn whoever_did_it_is_found_by_their_address_be_they_user_or_member() {
    let (world, mut owner) = world().await;
    let page = owner.get(&format!("{PAGE}?actor=+Vera%40example.com&request_id=0197f00d")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let query = asked(&world);
    assert_eq!(values(&query, "actor"), ["operator:member:vera", "Vera@example.com"]);
    assert_eq!(values(&query, "request_id"), ["0197f00d"]);
    assert!(page.text.contains("vera@example.com"), "as people know them");
    let next = "/events?actor=+Vera%40example.com&#38;request_id=0197f00d&#38;before=0197";
    assert!(page.text.contains(next), "the next page is of the same: {}", page.text);
    assert!(page.text.contains("/events/live?actor=+Vera%40example.com&#38;request_id=0197f00d\""));
    owner.get(&format!("{PAGE}?actor=auditor")).await;
    assert_eq!(values(&asked(&world), "actor"), ["auditor"]);
}

#[tokio::test]
async fn days_of_ones_own_count_where_no_other_period_does() {
    let (world, mut owner) = world().await;
    let days = "from=2026-11-01&to=2026-11-20";
    for address in [format!("{PAGE}?period=own&{days}"), format!("{PAGE}?{days}")] {
        let page = owner.get(&address).await;
        let query = asked(&world);
        assert_eq!((values(&query, "from"), values(&query, "to")), (vec!["2026-11-01"], vec!["2026-11-20"]));
        assert!(page.text.contains("from=2026-11-01&#38;to=2026-11-20&#38;before="), "{}", page.text);
        assert!(page.text.contains("<option value=\"own\" selected>"), "{address}");
        assert!(page.text.contains("Europe/Berlin") && !page.text.contains("/events/live"), "they are over");
    }
    let page = owner.get(&format!("{PAGE}?period=day&{days}")).await;
    let query = asked(&world);
    assert!(values(&query, "from")[0].contains('T') && values(&query, "to").is_empty(), "{query:?}");
    assert!(page.text.contains("/events/live?period=day\""), "{}", page.text);
    owner.get(&format!("{PAGE}?period=own")).await;
    assert_eq!(values(&asked(&world), "from").len(), 1, "the last seven days");
}

#[tokio::test]
async fn what_cannot_be_searched_for_is_said_at_its_field() {
    let (_world, mut owner) = world().await;
    let page = owner.get(&format!("{PAGE}?ip=nowhere&period=own&to=never&actor=auditor")).await;
    for field in ["ip", "to"] {
        let marked = format!("aria-invalid=\"true\" aria-describedby=\"{field}-fault\"");
        assert!(
            page.text.contains(&marked) && page.text.contains(&format!("id=\"{field}-fault\"")),
            "{field}"
        );
    }
    assert_eq!(page.text.matches("aria-invalid").count(), 2, "{}", page.text);
    assert!(page.text.contains("role=\"alert\"") && !page.text.contains("/events/live"));
}

#[tokio::test]
async fn an_event_has_its_address_and_the_command_that_asks_for_it() {
    let (world, mut owner) = world().await;
    let id = "01970000-0000-7000-8000-000000000001";
    let page = owner.get(&format!("{PAGE}/{id}")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let origin = world.control.origins().own_origin();
    let api = format!("/v1/tenants/shop/audit/events?id={id}");
    for copied in [
        format!("value=\"{origin}{PAGE}/{id}\""),
        format!(
            "<code tabindex=\"0\" role=\"group\" aria-label=\"Link to this event\">{origin}{PAGE}/{id}</code>"
        ),
        format!("value=\"curl -H &#34;Authorization: Bearer $KEY&#34; &#39;{origin}{api}&#39;\""),
    ] {
        assert!(page.text.contains(&copied), "{copied}: {}", page.text);
    }
    let told = owner.get(&api).await.json();
    assert_eq!(told["items"][0]["id"], id);
    assert_eq!(values(&asked(&world), "id"), [id]);
}

#[tokio::test]
async fn what_was_searched_for_is_a_file_by_links_of_the_page() {
    let (world, mut owner) = world().await;
    let filters = "type=user.*&outcome=success&actor=vera%40example.com&request_id=0197f00d&period=own&from=2026-11-01&to=2026-11-20";
    let page = owner.get(&format!("{PAGE}?{filters}&before=01970000-0000-7000-8000-000000000001")).await.text;
    let of_page = asked(&world);
    assert!(
        page.contains("newest 100,000 events at most") && page.contains("kiavi audit export shop --bundle"),
        "{page}"
    );
    for (format, media_type) in [("csv", "text/csv; charset=utf-8"), ("ndjson", "application/x-ndjson")] {
        let link = format!("href=\"{PAGE}.{format}?");
        let link = page.split_once(&link).unwrap().1.split('"').next().unwrap().replace("&#38;", "&");
        let file = owner.get(&format!("{PAGE}.{format}?{link}")).await;
        assert_eq!((file.status, file.text.as_str()), (StatusCode::OK, "a file\n"));
        assert_eq!(file.headers[header::CONTENT_TYPE], media_type);
        assert_eq!(
            file.headers[header::CONTENT_DISPOSITION],
            format!("attachment; filename=\"shop-events-2026-11-01-2026-11-20.{format}\"")
        );
        assert_eq!(file.headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(file.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        let mut of_file = asked(&world);
        assert_eq!(values(&of_file, "format"), [format]);
        of_file.retain(|(name, _)| name != "format");
        let mut of_page = of_page.clone();
        of_page.retain(|(name, _)| !["limit", "cursor"].contains(&name.as_str()));
        assert_eq!(of_file, of_page, "all that the page asks for, from its beginning");
    }
    let api = owner.get("/v1/tenants/shop/audit/events/export?format=csv&type=user.*").await;
    assert_eq!((api.status, api.text.as_str()), (StatusCode::OK, "a file\n"), "{}", api.text);
    assert_eq!(values(&asked(&world), "type"), ["user.*"]);
    let refused = owner.get("/v1/tenants/shop/audit/events/export?format=csv&ip=nowhere").await;
    assert_eq!(refused.problem(), (422, "invalid_filter".into()));
}

#[tokio::test]
async fn a_file_is_for_those_who_may_read_the_log_and_proved_to_be_there() {
    let (world, mut owner) = world().await;
    let before = world.instance.asked().len();
    let mut auditor = world.member(&mut owner, "otto", "auditor").await;
    let page = auditor.get(&format!("{PAGE}?type=user.*&export=1")).await.text;
    assert!(page.contains("<details class=\"more\" id=\"export\" open>"), "{page}");
    let sent = auditor.get(&format!("{PAGE}.csv?type=user.*")).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "no passkey was used: {}", sent.text);
    assert!(sent.headers[header::LOCATION].to_str().unwrap().starts_with("http://console.localhost"));
    let api = auditor.get("/v1/tenants/shop/audit/events/export?format=csv").await;
    assert_eq!(api.problem(), (403, "step_up_required".into()));
    let mut support = world.member(&mut owner, "sara", "support").await;
    for path in [format!("{PAGE}.csv"), format!("{PAGE}.ndjson")] {
        assert_eq!(support.get(&path).await.status, StatusCode::FORBIDDEN);
    }
    let taken =
        world.instance.asked()[before..].iter().filter(|asked| asked.request.contains("format=")).count();
    assert_eq!(taken, 0);
}

//! The management API through its router.

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::*;
use crate::{CallerKind, api::Listed};

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    /// Where it leads.
    pub(super) fn location(&self) -> &str {
        self.headers[header::LOCATION].to_str().unwrap()
    }

    /// Status and code of a problem, after checking its form (RFC 9457 §3).
    pub(super) fn problem(&self) -> (u16, String) {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json", "{}", self.text);
        let body = self.json();
        assert_eq!(body["status"], self.status.as_u16());
        for member in ["type", "title", "detail", "code", "request_id"] {
            assert!(!body[member].as_str().unwrap().is_empty(), "{member} of {body}");
        }
        assert_eq!(self.headers["x-request-id"], body["request_id"].as_str().unwrap());
        (self.status.as_u16(), body["code"].as_str().unwrap().to_owned())
    }

    /// The server-sent events: name and data.
    pub(super) fn events(&self) -> Vec<(String, Value)> {
        let field = |event: &str, name: &str| {
            event.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(": ")?.to_owned()))
        };
        self.text
            .split("\n\n")
            .filter_map(|event| {
                Some((field(event, "event")?, serde_json::from_str(&field(event, "data")?).unwrap()))
            })
            .collect()
    }
}

pub(super) async fn send(router: &Router, request: Request<Body>) -> Answer {
    let asked = coverage::Asked::new(request.method(), request.uri(), request.headers());
    let is_file = request.uri().path().starts_with(kiavi_pages::ASSET_PATH);
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let extensions = parts.extensions.clone();
    let answer = send_back(parts, body).await;
    coverage::assert_covered(&asked, &extensions, &answer);
    // Nothing but files of pages may be kept by whatever is in front (docs/operations.md).
    let kept: Vec<_> = answer.headers.get_all(header::CACHE_CONTROL).iter().collect();
    assert!(is_file || kept == ["no-store"], "{kept:?}");
    answer
}

/// A whole answer.
pub(super) async fn send_back(parts: axum::http::response::Parts, body: Body) -> Answer {
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

pub(super) async fn get(router: &Router, path: &str) -> Answer {
    send(router, Request::get(path).body(Body::empty()).unwrap()).await
}

fn post() -> axum::http::request::Builder {
    Request::post("/v1/tenants").header(header::CONTENT_TYPE, "application/json")
}

async fn create(router: &Router, body: &str) -> Answer {
    send(router, post().body(Body::from(body.to_owned())).unwrap()).await
}

/// A running instance's routers: of the control socket and of the console's host.
pub(super) async fn serving<T>(
    instance: &Instance,
    journey: impl AsyncFnOnce(&Control, Router, Router) -> T,
) -> T {
    let control = instance.start().await;
    let local = control.router(CallerKind::LocalOperator);
    let console = control.router(CallerKind::ConsoleHost);
    tokio::select! {
        result = journey(&control, local, console) => result,
        () = control.run_reconciler() => unreachable!("it runs for ever"),
    }
}

#[tokio::test]
async fn a_created_tenant_runs_and_can_be_read() {
    let instance = Instance::new().await;
    serving(&instance, async |_, local, _| {
        let created = create(&local, r#"{"slug": "shop"}"#).await;
        assert_eq!(created.status, StatusCode::CREATED, "{}", created.text);
        let tenant = created.json();
        assert_eq!((&tenant["slug"], &tenant["state"]), (&json!("shop"), &json!("running")));
        assert_eq!(tenant["url"], "http://shop.localhost:8080");
        let id = tenant["id"].as_str().unwrap();
        assert_eq!(created.headers[header::LOCATION], format!("/v1/tenants/{id}"));
        for name in [id, "shop"] {
            let shown = get(&local, &format!("/v1/tenants/{name}")).await.json();
            assert_eq!(shown["id"], id);
            let steps: Vec<_> =
                shown["steps"].as_array().unwrap().iter().map(|step| step["step"].clone()).collect();
            assert_eq!(steps, ["secret", "role", "database", "schema", "running"]);
        }
        assert_eq!(get(&local, "/v1/tenants/nobody").await.problem(), (404, "tenant_not_found".into()));
        let again = create(&local, r#"{"name": "shop"}"#).await;
        assert_eq!(again.problem(), (409, "tenant_exists".into()));
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_a_reason() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        let cases = [
            (r#"{"slug": "Shop"}"#, 422, "invalid_name"),
            (r#"{"slug": ""}"#, 422, "invalid_name"),
            (r#"{"slug": "console"}"#, 422, "reserved_name"),
            (r#"{"slug": "shop", "uid": 0}"#, 400, "invalid_body"),
            (r#"{"slug": "shop", "slug": "other"}"#, 400, "invalid_body"),
            (r#"{"slug": 7}"#, 400, "invalid_body"),
            ("{}", 400, "invalid_body"),
            ("", 400, "invalid_body"),
            ("{", 400, "invalid_body"),
        ];
        for (body, status, code) in cases {
            assert_eq!(create(&local, body).await.problem(), (status, code.into()), "{body}");
        }
        let large = format!(r#"{{"slug": "{}"}}"#, "a".repeat(70_000));
        assert_eq!(create(&local, &large).await.problem(), (413, "body_too_large".into()));
        let form = Request::post("/v1/tenants").header(header::CONTENT_TYPE, "text/plain");
        let form = send(&local, form.body(Body::from("{}")).unwrap()).await;
        assert_eq!(form.problem(), (415, "unsupported_media_type".into()));
        assert_eq!(get(&local, "/v1/nothing").await.problem(), (404, "not_found".into()));
        assert_eq!(get(&local, "/v1/tenants?limit=0").await.problem(), (400, "invalid_query".into()));
        assert_eq!(get(&local, "/v1/tenants?colour=red").await.problem(), (400, "invalid_query".into()));
        let delete = Request::delete("/v1/tenants").body(Body::empty()).unwrap();
        assert_eq!(send(&local, delete).await.problem(), (405, "method_not_allowed".into()));
        assert!(control.tenants().await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn progress_tells_the_true_steps_in_order() {
    let instance = Instance::new().await;
    serving(&instance, async |_, local, _| {
        let body = r#"{"slug": "shop"}"#;
        let request = post().header(header::ACCEPT, "text/event-stream").body(Body::from(body)).unwrap();
        let created = send(&local, request).await;
        assert_eq!(created.status, StatusCode::OK);
        let late = get(&local, "/v1/tenants/shop/progress").await;
        for answer in [created, late] {
            let events = answer.events();
            assert_eq!((events[0].0.as_str(), &events[0].1["slug"]), ("tenant", &json!("shop")));
            let last = events.last().unwrap();
            assert_eq!((last.0.as_str(), &last.1["state"]), ("done", &json!("running")));
            let done: Vec<_> = events.iter().filter(|(_, data)| data["status"] == "done").collect();
            let steps: Vec<_> = done.iter().map(|(_, data)| data["step"].as_str().unwrap()).collect();
            assert_eq!(steps, ["secret", "role", "database", "schema", "running"]);
            assert_eq!((&done[4].1["number"], &done[4].1["of"]), (&json!(5), &json!(5)));
        }
    })
    .await;
}

#[tokio::test]
async fn a_failure_ends_the_progress_with_its_reason() {
    let instance = Instance::new().await;
    instance.privileged.failures.store(1, Ordering::SeqCst);
    serving(&instance, async |_, local, _| {
        let body = r#"{"slug": "shop"}"#;
        let request = post().header(header::ACCEPT, "text/event-stream").body(Body::from(body)).unwrap();
        let events = send(&local, request).await.events();
        let (name, data) = events.last().unwrap();
        assert_eq!((name.as_str(), &data["code"]), ("failed", &json!("start_failed")));
        assert!(!data.to_string().contains("launcher"), "the cause is for the log");
    })
    .await;
}

#[tokio::test]
async fn every_route_of_the_console_host_asks_for_a_key() {
    let instance = Instance::new().await;
    serving(&instance, async |control, _, console| {
        let key = control.ensure_management_key().await.unwrap();
        let old = key.expose_secret().to_owned();
        let key = control.ensure_management_key().await.unwrap();
        let forged = format!("{}A", &old[..old.len() - 1]);
        let routes = crate::api::routes_of(CallerKind::ConsoleHost).filter(|route| !route.is_public);
        for Listed { method, path, .. } in routes {
            let path = path.replace(['{', '}'], "");
            for authorization in [None, Some("Bearer"), Some(""), Some(old.as_str()), Some(forged.as_str())] {
                let mut request = Request::builder().method(&method).uri(&path);
                if let Some(token) = authorization {
                    request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
                }
                let answer = send(&console, request.body(Body::empty()).unwrap()).await;
                assert_eq!(answer.problem(), (401, "unauthorized".into()), "{method} {path}");
                assert!(answer.headers.contains_key(header::WWW_AUTHENTICATE));
            }
        }
        let bearer = format!("Bearer {}", key.expose_secret());
        let body = r#"{"slug": "shop"}"#;
        let request = post().header(header::AUTHORIZATION, &bearer).body(Body::from(body)).unwrap();
        let created = send(&console, request).await;
        assert_eq!(created.status, StatusCode::CREATED, "{}", created.text);
        let id = created.json()["id"].as_str().unwrap().to_owned();
        let question = "SELECT count(*) FROM audit_event WHERE subject = $1 AND actor LIKE 'management_key:%'
                        AND request_id IS NOT NULL AND type = 'tenant.requested'";
        assert_eq!(instance.count(question, &id).await, 1);
        let stored = "SELECT count(*) FROM management_key WHERE management_key::text LIKE '%' || $1 || '%'";
        assert_eq!(instance.count(stored, key.expose_secret()).await, 0);
    })
    .await;
}

//! Management keys through the router: made, used, rotated, revoked, counted.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};

use super::{
    api::{Answer, send},
    *,
};
use crate::{CallerKind, limit::REQUESTS};

async fn ask(router: &Router, method: &str, path: &str, key: Option<&str>, body: Option<Value>) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(key) = key {
        request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
    }
    if body.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    send(router, request.body(body).unwrap()).await
}

async fn make(local: &Router, body: Value) -> (String, String) {
    let made = ask(local, "POST", "/v1/keys", None, Some(body)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let text = |name: &str| made.json()[name].as_str().unwrap().to_owned();
    assert_eq!(made.headers[header::LOCATION], format!("/v1/keys/{}", text("id")));
    (text("id"), text("key"))
}

struct Doors {
    instance: Instance,
    local: Router,
    console: Router,
}

async fn doors() -> Doors {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let (local, console) =
        (control.router(CallerKind::LocalOperator), control.router(CallerKind::ConsoleHost));
    Doors { instance, local, console }
}

#[tokio::test]
async fn a_key_is_shown_once_and_told_in_the_log() {
    let Doors { instance, local, console } = doors().await;
    let (id, key) = make(&local, json!({ "name": "ci", "scopes": ["tenant.read", "key.read"] })).await;
    assert!(key.starts_with("kiavi_mk_") && key.len() == 52, "{key}");
    let path = format!("/v1/keys/{id}");
    let unused = ask(&local, "GET", &path, None, None).await.json();
    assert_eq!((&unused["last_used_on"], &unused["created_by"]), (&Value::Null, &json!("local_operator")));
    let shown = ask(&console, "GET", &path, Some(&key), None).await;
    assert!(!shown.text.contains(&key));
    assert_eq!(shown.json()["last4"], key[key.len() - 4..]);
    assert_eq!(shown.json()["last_used_on"].as_str().unwrap().len(), 10);
    assert_eq!(shown.json()["scopes"], json!(["tenant.read", "key.read"]));
    for table in ["management_key", "audit_event", "idempotency"] {
        let question = format!("SELECT count(*) FROM {table} t WHERE t::text LIKE '%' || $1 || '%'");
        assert_eq!(instance.count(&question, &key).await, 0, "{table}");
    }
    let revoke = format!("{path}/revoke");
    let revoked = ask(&local, "POST", &revoke, None, None).await;
    assert_eq!(revoked.json()["state"], "revoked");
    assert_eq!(ask(&console, "GET", &path, Some(&key), None).await.problem(), (401, "unauthorized".into()));
    let again = ask(&local, "POST", &revoke, None, None).await;
    assert_eq!(again.json(), revoked.json(), "again");
    let rotated = ask(&local, "POST", &format!("{path}/rotate"), None, Some(json!({}))).await;
    assert_eq!(rotated.problem(), (409, "key_not_active".into()));
    let question = "SELECT count(*) FROM audit_event WHERE subject = $1 AND actor = 'local_operator'
                    AND type IN ('management_key.created', 'management_key.revoked')";
    assert_eq!(instance.count(question, &id).await, 2, "each once");
}

#[tokio::test]
async fn a_rotated_key_has_two_secrets_for_a_while() {
    let Doors { instance, local, console } = doors().await;
    let (id, old) = make(&local, json!({ "name": "ci", "scopes": ["tenant.read"] })).await;
    let rotate = async |overlap: Value| {
        let rotated = ask(&local, "POST", &format!("/v1/keys/{id}/rotate"), None, Some(overlap)).await;
        assert_eq!(rotated.status, StatusCode::OK, "{}", rotated.text);
        rotated.json()
    };
    let list = async |key: &str| ask(&console, "GET", "/v1/tenants", Some(key), None).await.status;
    let rotated = rotate(json!({})).await;
    let new = rotated["key"].as_str().unwrap().to_owned();
    assert!(rotated["previous_expires_at"].is_string() && rotated["id"] == id.as_str());
    assert_eq!((list(&old).await, list(&new).await), (StatusCode::OK, StatusCode::OK));
    let newest = rotate(json!({ "overlap_seconds": 0 })).await;
    assert_eq!(newest["previous_expires_at"], Value::Null);
    let newest = newest["key"].as_str().unwrap();
    for gone in [&old, &new] {
        assert_eq!(list(gone).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(list(newest).await, StatusCode::OK);
    let end = "UPDATE management_key SET expires_at = now() WHERE id = $1";
    instance.database.admin().await.execute(end, &[&id]).await.unwrap();
    assert_eq!(list(newest).await, StatusCode::UNAUTHORIZED, "its time is over");
    let shown = ask(&local, "GET", "/v1/keys?state=expired", None, None).await.json();
    assert_eq!(shown["items"][0]["id"], id.as_str());
    let question = "SELECT count(*) FROM audit_event WHERE subject = $1 AND type = 'management_key.rotated'";
    assert_eq!(instance.count(question, &id).await, 2);
}

#[tokio::test]
async fn nobody_makes_a_key_that_can_do_more() {
    let Doors { instance: _instance, local, console } = doors().await;
    ask(&local, "POST", "/v1/workspaces", None, Some(json!({ "slug": "acme" }))).await;
    let body = json!({ "name": "ci", "scopes": ["key.manage", "tenant.read"], "workspace": "acme" });
    let (_, key) = make(&local, body).await;
    let (strong, _) = make(&local, json!({ "name": "root", "scopes": ["*"], "workspace": "acme" })).await;
    let (outside, _) = make(&local, json!({ "name": "root", "scopes": ["*"] })).await;
    let create = |body: Value| ask(&console, "POST", "/v1/keys", Some(&key), Some(body));
    for scopes in [json!(["*"]), json!(["tenant.read", "tenant.delete"])] {
        let refused = create(json!({ "name": "more", "scopes": scopes })).await;
        assert_eq!(refused.problem(), (403, "scopes_too_wide".into()));
    }
    let foreign = create(json!({ "name": "n", "scopes": ["tenant.read"], "workspace": "default" })).await;
    assert_eq!(foreign.problem(), (404, "workspace_not_found".into()));
    let made = create(json!({ "name": "less", "scopes": ["tenant.read"] })).await;
    let own = ask(&local, "GET", "/v1/workspaces/acme", None, None).await.json()["id"].clone();
    assert_eq!(made.json()["workspace"], own, "it is in the workspace of who made it");
    let rotate = |id: String| async move { format!("/v1/keys/{id}/rotate") };
    let refused = ask(&console, "POST", &rotate(strong).await, Some(&key), Some(json!({}))).await;
    assert_eq!(refused.problem(), (403, "scopes_too_wide".into()), "its secret would be ours");
    let refused = ask(&console, "POST", &rotate(outside).await, Some(&key), Some(json!({}))).await;
    assert_eq!(refused.problem(), (404, "key_not_found".into()));
}

#[tokio::test]
async fn what_cannot_be_a_key_is_refused() {
    let Doors { instance: _instance, local, .. } = doors().await;
    for (body, status, code) in [
        (json!({ "name": "", "scopes": ["*"] }), 422, "invalid_name"),
        (json!({ "name": "a\nb", "scopes": ["*"] }), 422, "invalid_name"),
        (json!({ "name": "a", "scopes": [] }), 400, "invalid_body"),
        (json!({ "name": "a", "scopes": ["tenant.fly"] }), 400, "invalid_body"),
        (json!({ "name": "a" }), 400, "invalid_body"),
        (json!({ "name": "a", "scopes": ["*"], "last4": "aaaa" }), 400, "invalid_body"),
        (json!({ "name": "a", "scopes": ["*"], "expires_at": "2020-01-01T00:00:00Z" }), 422, "invalid_key"),
        (json!({ "name": "a", "scopes": ["*"], "expires_at": "tomorrow" }), 422, "invalid_key"),
        (json!({ "name": "a", "scopes": ["*"], "workspace": "none" }), 404, "workspace_not_found"),
        (json!(["a", ["*"]]), 400, "invalid_body"),
    ] {
        let refused = ask(&local, "POST", "/v1/keys", None, Some(body.clone())).await;
        assert_eq!(refused.problem(), (status, code.into()), "{body}");
    }
}

#[tokio::test]
async fn a_key_has_a_quota_of_its_own() {
    let Doors { instance: _instance, local, console } = doors().await;
    let (_, busy) = make(&local, json!({ "name": "busy", "scopes": ["tenant.read"] })).await;
    let (_, calm) = make(&local, json!({ "name": "calm", "scopes": ["tenant.read"] })).await;
    let list = |key: String| {
        let console = console.clone();
        async move { ask(&console, "GET", "/v1/tenants?limit=1", Some(&key), None).await }
    };
    let first = list(busy.clone()).await;
    assert_eq!(first.headers["ratelimit-policy"], "\"caller\";q=1200;w=60");
    assert_eq!(first.headers["ratelimit"], "\"caller\";r=1199;t=1");
    let mut refused = None;
    for _ in 0..REQUESTS.capacity * 4 {
        let answer = list(busy.clone()).await;
        if answer.status != StatusCode::OK {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("it is refused some time");
    assert_eq!(refused.problem(), (429, "rate_limited".into()));
    assert_eq!(refused.headers[header::RETRY_AFTER], "1");
    assert!(refused.headers["ratelimit"].to_str().unwrap().starts_with("\"caller\";r=0;"));
    assert_eq!(list(calm).await.status, StatusCode::OK, "another key");
}

//! The same request with the same Idempotency-Key.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};

use super::{
    api::{Answer, get, send, serving},
    *,
};
use crate::CallerKind;

async fn post(router: &Router, path: &str, key: &str, body: &Value) -> Answer {
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/json")
        .header("idempotency-key", key)
        .body(Body::from(body.to_string()));
    send(router, request.unwrap()).await
}

fn is_replayed(answer: &Answer) -> bool {
    answer.headers.contains_key("idempotency-replayed")
}

#[tokio::test]
async fn a_repeated_request_makes_one_tenant() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        let request =
            async |slug: &str, key: &str| post(&local, "/v1/tenants", key, &json!({ "slug": slug })).await;
        let (first, twin) = tokio::join!(request("shop", "k1"), request("shop", "k1"));
        let again = request("shop", "k1").await;
        for answer in [&first, &twin, &again] {
            assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
            assert_eq!(answer.json(), first.json());
            assert_eq!(answer.headers[header::LOCATION], first.headers[header::LOCATION]);
        }
        assert!(is_replayed(&again) && is_replayed(&first) != is_replayed(&twin));
        assert_eq!(request("other", "k1").await.problem(), (422, "idempotency_key_reused".into()));
        assert_eq!(request("shop", "k2").await.problem(), (409, "tenant_exists".into()));
        assert_eq!(request("other", "a b").await.problem(), (400, "invalid_idempotency_key".into()));
        // A request that made nothing leaves its key free.
        assert_eq!(request("other", "k2").await.status, StatusCode::CREATED);
        assert_eq!(control.tenants().await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_tenant_whose_answer_was_lost_is_the_answer() {
    let instance = Instance::new().await;
    serving(&instance, async |_, local, _| {
        let body = json!({ "slug": "shop" });
        let first = post(&local, "/v1/tenants", "k1", &body).await;
        let lose = "UPDATE idempotency SET status = NULL, body = NULL WHERE key = $1";
        instance.database.admin().await.execute(lose, &[&"k1"]).await.unwrap();
        let again = post(&local, "/v1/tenants", "k1", &body).await;
        assert_eq!((again.status, again.json()), (StatusCode::CREATED, first.json()));
    })
    .await;
}

#[tokio::test]
async fn every_post_that_changes_something_is_done_once() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        let tenant = control.ensure_tenant("shop").await.unwrap();
        let settings = "/v1/tenants/shop/settings";
        let patch = Request::patch(settings).header(header::CONTENT_TYPE, "application/json");
        send(&local, patch.body(Body::from(r#"{"seconds": 61}"#)).unwrap()).await;
        let back = |key: &'static str| {
            let local = local.clone();
            async move { post(&local, &format!("{settings}/rollback"), key, &json!({ "version": 1 })).await }
        };
        let (first, again) = (back("k1").await, back("k1").await);
        assert_eq!((first.json()["version"].clone(), again.json()), (json!(3), first.json()));
        assert_eq!(again.headers[header::ETAG], first.headers[header::ETAG]);

        let workspace = json!({ "slug": "acme" });
        let first = post(&local, "/v1/workspaces", "k2", &workspace).await;
        let again = post(&local, "/v1/workspaces", "k2", &workspace).await;
        assert_eq!((again.status, again.json()), (StatusCode::CREATED, first.json()));

        let asked = || instance.privileged.asked.lock().unwrap().len();
        let (ban, user) = ("/v1/tenants/shop/engine/admin/ban-user", json!({ "userId": "u" }));
        let before = asked();
        let first = post(&local, ban, "k3", &user).await;
        let again = post(&local, ban, "k3", &user).await;
        assert_eq!((first.status, again.status, asked()), (StatusCode::OK, StatusCode::OK, before + 1));
        assert_eq!(again.json(), json!({ "replayed": true }), "what an engine answers is not kept");
        instance.privileged.silences.store(1, Ordering::SeqCst);
        assert_eq!(post(&local, ban, "k4", &user).await.problem(), (504, "engine_silent".into()));
        assert_eq!(
            post(&local, ban, "k4", &user).await.problem(),
            (409, "already_done".into()),
            "{}",
            tenant.id
        );

        let export = "/v1/tenants/shop/export";
        let first = post(&local, export, "k5", &json!({})).await.json();
        let again = post(&local, export, "k5", &json!({})).await.json();
        assert!(first["secret"].is_string() && again["secret"].is_null());
    })
    .await;
}

#[tokio::test]
async fn the_secret_of_a_key_is_in_the_first_answer_only() {
    let instance = Instance::new().await;
    let local = instance.start().await.router(CallerKind::LocalOperator);
    let body = json!({ "name": "ci", "scopes": ["*"] });
    let first = post(&local, "/v1/keys", "k1", &body).await;
    let again = post(&local, "/v1/keys", "k1", &body).await;
    assert_eq!((again.status, is_replayed(&again)), (StatusCode::CREATED, true));
    let (first, again) = (first.json(), again.json());
    assert_eq!((&again["id"], &again["key"]), (&first["id"], &Value::Null));
    assert!(first["key"].is_string());
    assert_eq!(get(&local, "/v1/keys").await.json()["items"].as_array().unwrap().len(), 1);
    let question = "SELECT count(*) FROM idempotency i WHERE i::text LIKE '%' || $1 || '%'";
    assert_eq!(instance.count(question, first["key"].as_str().unwrap()).await, 0);
    // A change whose answer was lost is not made again, and its secret is not made up.
    let lose = "UPDATE idempotency SET status = NULL, body = NULL WHERE key = $1";
    instance.database.admin().await.execute(lose, &[&"k1"]).await.unwrap();
    assert_eq!(post(&local, "/v1/keys", "k1", &body).await.problem(), (409, "already_done".into()));
}

#[tokio::test]
async fn a_key_is_one_callers_and_lives_for_a_day() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let local = control.router(CallerKind::LocalOperator);
    let scopes = crate::Scopes::All;
    let new = key::NewKey { name: "other".into(), workspace: None, scopes: scopes.clone(), expires_at: None };
    let id = key::create(&control, &Actor::CONTROL, &new).await.unwrap().key.id;
    let holder = "control".to_owned();
    let other = crate::Caller::ManagementKey { id, workspace: None, scopes, holder };
    let other = control.router(CallerKind::ConsoleHost).layer(axum::Extension(other));
    let make = |slug: &str| json!({ "slug": slug });
    assert_eq!(post(&local, "/v1/workspaces", "k1", &make("one")).await.status, StatusCode::CREATED);
    assert_eq!(post(&other, "/v1/workspaces", "k1", &make("two")).await.status, StatusCode::CREATED);
    let age = "UPDATE idempotency SET created_at = now() - interval '25 hours' WHERE key = $1";
    instance.database.admin().await.execute(age, &[&"k1"]).await.unwrap();
    let late = post(&local, "/v1/workspaces", "k1", &make("three")).await;
    assert_eq!((late.status, is_replayed(&late)), (StatusCode::CREATED, false));
}

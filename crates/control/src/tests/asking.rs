//! Operations through the router: how they are asked for, answered, told step by step, and refused.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};

use super::{
    api::{Answer, get, send, serving},
    *,
};

const SHOP: &str = "/v1/tenants/shop";

async fn ask(router: &Router, method: &str, path: &str, accept: &str, body: &Value) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, accept);
    send(router, request.body(Body::from(body.to_string())).unwrap()).await
}

async fn post(router: &Router, path: &str, body: Value) -> Answer {
    ask(router, "POST", path, "application/json", &body).await
}

/// The steps that were done, and how it ended.
fn story(answer: &Answer) -> (Vec<String>, String) {
    let events = answer.events();
    let done = events.iter().filter(|(name, data)| name == "step" && data["status"] == "done");
    let steps = done.map(|(_, data)| data["step"].as_str().unwrap().to_owned()).collect();
    (steps, events.last().unwrap().0.clone())
}

#[tokio::test]
async fn a_tenant_is_suspended_resumed_deleted_brought_back_and_destroyed() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        let tenant = control.ensure_tenant("shop").await.unwrap();
        let suspended = post(&local, &format!("{SHOP}/suspend"), json!({ "reason": "unpaid" })).await;
        assert_eq!(suspended.status, StatusCode::OK, "{}", suspended.text);
        let shown = suspended.json();
        assert_eq!((&shown["state"], &shown["reason"]), (&json!("suspended"), &json!("unpaid")));
        let again = post(&local, &format!("{SHOP}/suspend"), json!({})).await;
        assert_eq!(
            (again.status, &again.json()["reason"]),
            (StatusCode::OK, &json!("unpaid")),
            "asked for before"
        );
        let asked = get(&local, &format!("{SHOP}/engine/ok")).await;
        assert_eq!(asked.problem(), (409, "tenant_suspended".into()), "there is no engine to ask");
        let log = get(&local, &format!("{SHOP}/audit/checkpoint")).await;
        assert_eq!(
            log.problem().1,
            "engine_answer",
            "its log is asked for all the same, of what is no log here"
        );
        let asked = instance.privileged.asked.lock().unwrap().pop().unwrap();
        assert_eq!(
            (asked.tenant, asked.request.as_str()),
            (tenant.id.clone(), "GET /management/log/checkpoint")
        );
        // A newer program brings its tables forward when somebody reads.
        instance.schema.0.store(2, Ordering::SeqCst);
        get(&local, &format!("{SHOP}/audit/events")).await;
        let now = control.tenant("shop").await.unwrap().unwrap();
        assert_eq!((now.schema_version, now.state), (2, TenantState::Suspended));
        let refused = post(&local, &format!("{SHOP}/undelete"), json!({})).await;
        assert_eq!(refused.problem(), (409, "tenant_suspended".into()));

        let resumed = post(&local, &format!("{SHOP}/resume"), json!({})).await.json();
        assert_eq!((&resumed["state"], resumed.get("reason")), (&json!("running"), None));
        let deleted = post(&local, &format!("{SHOP}/delete"), json!({ "reason": "moved" })).await.json();
        assert_eq!(deleted["state"], "deleted");
        assert!(deleted["destroyed_at"].as_str().unwrap() > deleted["created_at"].as_str().unwrap());
        assert_eq!(post(&local, &format!("{SHOP}/suspend"), json!({})).await.problem().1, "tenant_deleted");
        let settings =
            ask(&local, "PATCH", &format!("{SHOP}/settings"), "*/*", &json!({ "seconds": 5 })).await;
        assert_eq!(settings.problem().1, "tenant_deleting");
        let exported = post(&local, &format!("{SHOP}/export"), json!({})).await;
        assert_eq!(exported.status, StatusCode::OK, "who leaves takes everything along: {}", exported.text);
        assert_eq!(post(&local, &format!("{SHOP}/undelete"), json!({})).await.json()["state"], "running");

        for body in [json!({ "now": true }), json!({ "now": true, "confirm": "Shop" })] {
            let refused = post(&local, &format!("{SHOP}/delete"), body).await;
            assert_eq!(refused.problem(), (422, "not_confirmed".into()));
        }
        let gone = post(&local, &format!("{SHOP}/delete"), json!({ "now": true, "confirm": "shop" })).await;
        assert_eq!((gone.status, gone.text.as_str()), (StatusCode::NO_CONTENT, ""));
        instance.assert_gone(&tenant).await;
        assert_eq!(post(&local, &format!("{SHOP}/resume"), json!({})).await.problem().1, "tenant_not_found");
    })
    .await;
}

#[tokio::test]
async fn the_steps_of_an_operation_are_told_and_no_others() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        control.ensure_tenant("shop").await.unwrap();
        let body = json!({ "slug": "store", "now": true, "confirm": "store", "hostname": "auth.shop.test" });
        let only = |members: &[&str]| {
            let members = members.iter().map(|name| ((*name).to_owned(), body[*name].clone()));
            Value::Object(members.collect())
        };
        let events = "text/event-stream";
        for (path, body, steps, end) in [
            ("shop/suspend", only(&[]), &["stopped"][..], "done"),
            ("shop/resume", only(&[]), &["running"], "done"),
            ("shop/hostnames", only(&["hostname"]), &["running"], "done"),
            ("shop/secret/rotate", only(&[]), &["secret", "running"], "done"),
            ("shop/secret/retire", only(&[]), &["secret", "running"], "done"),
            ("shop/rename", only(&["slug"]), &["running"], "done"),
            (
                "store/delete",
                only(&["now", "confirm"]),
                &["closed", "shredded", "dropped", "unlisted", "removed"],
                "removed",
            ),
        ] {
            let answer = ask(&local, "POST", &format!("/v1/tenants/{path}"), events, &body).await;
            let (told, ended) = story(&answer);
            let told: Vec<_> = told.iter().map(String::as_str).collect();
            assert_eq!((told.as_slice(), ended.as_str()), (steps, end), "{path}: {}", answer.text);
        }
    })
    .await;
}

#[tokio::test]
async fn hostnames_are_added_on_the_operators_word_only() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, console| {
        control.ensure_tenant("shop").await.unwrap();
        let added = post(&local, &format!("{SHOP}/hostnames"), json!({ "hostname": "auth.shop.test" })).await;
        assert_eq!(added.status, StatusCode::OK, "{}", added.text);
        let primary = post(&local, &format!("{SHOP}/hostnames/auth.shop.test/primary"), json!({})).await;
        assert_eq!(primary.json()["url"], "http://auth.shop.test:8080");
        let listed = get(&local, &format!("{SHOP}/hostnames")).await.json();
        let listed: Vec<_> =
            listed["hostnames"].as_array().unwrap().iter().map(|name| &name["role"]).collect();
        assert_eq!(listed, ["alias", "primary"]);
        for (hostname, problem) in [
            ("nothing", "invalid_hostname"),
            ("a b", "invalid_hostname"),
            ("x.localhost", "invalid_hostname"),
        ] {
            let refused = post(&local, &format!("{SHOP}/hostnames"), json!({ "hostname": hostname })).await;
            assert_eq!(refused.problem(), (422, problem.into()), "{hostname}");
        }
        let kept =
            ask(&local, "DELETE", &format!("{SHOP}/hostnames/auth.shop.test"), "*/*", &json!({})).await;
        assert_eq!(kept.problem(), (409, "hostname_primary".into()));

        let key = control.ensure_management_key().await.unwrap();
        let request = Request::post(format!("{SHOP}/hostnames"))
            .header(header::AUTHORIZATION, format!("Bearer {}", key.expose_secret()))
            .header(header::CONTENT_TYPE, "application/json");
        let body = Body::from(json!({ "hostname": "auth.bank.test" }).to_string());
        let refused = send(&console, request.body(body).unwrap()).await;
        assert_eq!(refused.problem(), (405, "method_not_allowed".into()));
    })
    .await;
}

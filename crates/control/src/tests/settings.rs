//! Settings through the router: what is changed reaches the engine and both logs, once; secrets reach the vault only.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};

use super::{
    api::{Answer, get, send, serving},
    *,
};
use crate::{CallerKind, settings::secrets::MASK};

const SETTINGS: &str = "/v1/tenants/shop/settings";

async fn ask(router: &Router, method: &str, path: &str, tag: Option<&str>, body: &Value) -> Answer {
    let mut request =
        Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
    if let Some(tag) = tag {
        request = request.header(header::IF_MATCH, tag);
    }
    send(router, request.body(Body::from(body.to_string())).unwrap()).await
}

async fn patch(router: &Router, body: Value) -> Answer {
    ask(router, "PATCH", SETTINGS, None, &body).await
}

fn secret_provider(secret: &str) -> Value {
    json!({ "social": { "providers": [{ "id": "google", "client_id": "c", "client_secret": secret }] } })
}

impl Instance {
    /// What the engine was started with last.
    fn started(&self, id: &TenantId) -> Value {
        self.privileged.ready.lock().unwrap()[id].settings.clone()
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.privileged.asked.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn a_change_is_a_version_that_reaches_the_engine_and_both_logs() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        let tenant = control.ensure_tenant("shop").await.unwrap();
        let before = get(&local, SETTINGS).await;
        assert_eq!(before.headers[header::ETAG], "\"1\"");
        let mut document = before.json()["settings"].clone();
        document["seconds"] = json!(120);
        let changed = ask(&local, "PUT", SETTINGS, Some("\"1\""), &document).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
        assert_eq!(changed.headers[header::ETAG], "\"2\"");
        let change = json!([{ "path": "seconds", "from": 60, "to": 120 }]);
        assert_eq!(changed.json()["changes"], change);
        assert_eq!(changed.json()["delivered"], true);
        assert_eq!(instance.started(&tenant.id)["seconds"], 120);
        let inside = instance.database.connector();
        let inside = AdminConnection::connect(&*inside, &Login::new(SUPERUSER, tenant.id.as_str())).await;
        let retained = inside.unwrap().query("SELECT seconds FROM retained", &[]).await.unwrap();
        let retained: Vec<i64> = retained.iter().map(|row| row.get(0)).collect();
        assert_eq!(retained, [120], "the database knows for how long the log is kept");

        let asked = instance.asked();
        let [told] = asked.as_slice() else { panic!("told more or less than once: {asked:?}") };
        assert_eq!((told.tenant.clone(), told.operator.as_str()), (tenant.id.clone(), "local"));
        assert_eq!(told.request, "POST /management/settings-changed");
        assert_eq!(told.host, "shop.localhost:8080");
        let told: Value = serde_json::from_str(&told.body).unwrap();
        assert_eq!((&told["version"], &told["changes"]), (&json!(2), &change));
        let question = "SELECT count(*) FROM audit_event WHERE id::text = $1 AND type = 'settings.changed'
                        AND actor = 'local_operator' AND request_id IS NOT NULL AND detail->>'version' = '2'";
        assert_eq!(instance.count(question, told["id"].as_str().unwrap()).await, 1, "the same event");

        let same = ask(&local, "PUT", SETTINGS, Some("\"2\""), &document).await.json();
        assert_eq!((&same["version"], &same["changes"]), (&json!(2), &json!([])), "no change is no version");
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_is_named_and_changes_nothing() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        let tenant = control.ensure_tenant("shop").await.unwrap();
        for (body, sentence) in [
            (json!({ "seconds": 0 }), "seconds is not 1 to 3600."),
            (json!({ "seconds": "60" }), "seconds: invalid type, expected a number."),
            (json!({ "app": "Shop", "colour": "red" }), "colour: unknown field `colour`."),
            (
                json!({ "base_url": "http://other.localhost" }),
                "base_url belongs to the instance and cannot be changed here.",
            ),
            (
                secret_provider(MASK),
                "social.providers[google].client_secret: there is no secret to keep; send the secret itself.",
            ),
        ] {
            let refused = patch(&local, body).await;
            assert_eq!(refused.problem(), (422, "invalid_settings".into()));
            assert_eq!(refused.json()["detail"], sentence);
        }
        let document = get(&local, SETTINGS).await.json()["settings"].clone();
        let put = |tag| ask(&local, "PUT", SETTINGS, tag, &document);
        assert_eq!(put(None).await.problem(), (428, "if_match_required".into()));
        assert_eq!(put(Some("1")).await.problem(), (400, "invalid_if_match".into()));
        assert_eq!(put(Some("\"7\"")).await.problem(), (412, "settings_changed".into()));
        assert_eq!(patch(&local, json!([])).await.problem(), (400, "invalid_body".into()));
        let other = format!("{SETTINGS}?colour=red");
        assert_eq!(ask(&local, "PATCH", &other, None, &json!({})).await.problem().1, "invalid_query");
        let trial = format!("{SETTINGS}?dry_run=true");
        let trial = ask(&local, "PATCH", &trial, None, &secret_provider("s3cret")).await.json();
        assert_eq!(trial["changes"][0]["path"], "social");
        assert_eq!((&trial["version"], &trial["dry_run"]), (&json!(1), &json!(true)));
        assert!(!trial.to_string().contains("s3cret"));
        assert_eq!(get(&local, SETTINGS).await.json()["version"], 1);
        let vault = instance.vault();
        let name = "provider-google".parse().unwrap();
        assert!(vault.versions(&tenant.id, &name).await.unwrap().is_empty());
        assert!(instance.asked().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_secret_is_in_the_vault_and_in_the_engine_and_nowhere_else() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        let tenant = control.ensure_tenant("shop").await.unwrap();
        let secret = "kept-where-it-belongs";
        let set = patch(&local, secret_provider(secret)).await;
        assert_eq!(set.status, StatusCode::OK, "{}", set.text);
        let place = |document: &Value| document["social"]["providers"][0]["client_secret"].clone();
        assert_eq!(place(&instance.started(&tenant.id)), secret);
        let vault = instance.vault();
        let stored = vault.get(&tenant.id, &"provider-google".parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(stored.value.expose_secret(), secret.as_bytes());

        // What is shown can be sent back as it is.
        let shown = get(&local, SETTINGS).await;
        let mut document = shown.json()["settings"].clone();
        assert_eq!(place(&document), MASK);
        document["social"]["providers"][0]["client_id"] = json!("d");
        let changed = ask(&local, "PUT", SETTINGS, Some("\"2\""), &document).await;
        assert_eq!(changed.json()["changes"][0]["path"], "social.providers[google].client_id");
        assert_eq!(place(&instance.started(&tenant.id)), secret);

        let renewed = patch(&local, secret_provider("a new one")).await.json();
        let told: Vec<_> =
            renewed["changes"].as_array().unwrap().iter().map(|change| &change["path"]).collect();
        assert!(told.contains(&&json!("social.providers[google].client_secret")), "{told:?}");
        assert_eq!(place(&instance.started(&tenant.id)), "a new one");
        let back = ask(&local, "POST", &format!("{SETTINGS}/rollback"), None, &json!({ "version": 2 })).await;
        assert_eq!(back.status, StatusCode::OK, "{}", back.text);
        assert_eq!(place(&instance.started(&tenant.id)), secret, "going back brings the secret of then");

        for path in ["", "/versions", "/diff?from=1&to=4", "/diff"] {
            let text = get(&local, &format!("{SETTINGS}{path}")).await.text;
            assert!(
                !text.contains(secret) && !text.contains("a new one") && !text.contains("vault:"),
                "{text}"
            );
        }
        let tables = ["tenant", "tenant_settings_version", "audit_event"];
        for table in tables {
            let question = format!("SELECT count(*) FROM {table} t WHERE t::text LIKE '%' || $1 || '%'");
            assert_eq!(instance.count(&question, secret).await, 0, "{table}");
        }
        assert!(instance.asked().iter().all(|asked| !asked.body.contains(secret)));
    })
    .await;
}

#[tokio::test]
async fn versions_can_be_looked_through_and_gone_back_to() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        control.ensure_tenant("shop").await.unwrap();
        for seconds in [100, 200] {
            patch(&local, json!({ "seconds": seconds })).await;
        }
        let path = format!("{SETTINGS}/rollback?comment=too+long");
        let back = ask(&local, "POST", &path, Some("\"3\""), &json!({ "version": 1 })).await.json();
        assert_eq!((&back["version"], &back["settings"]["seconds"]), (&json!(4), &json!(60)));
        let page = get(&local, &format!("{SETTINGS}/versions?limit=2")).await.json();
        let newest = &page["items"][0];
        assert_eq!((&newest["version"], &newest["comment"]), (&json!(4), &json!("too long")));
        assert_eq!(newest["actor"], "local_operator");
        let cursor = page["next_cursor"].as_str().unwrap();
        let rest = get(&local, &format!("{SETTINGS}/versions?cursor={cursor}")).await.json();
        let versions: Vec<_> = rest["items"].as_array().unwrap().iter().map(|row| &row["version"]).collect();
        assert_eq!((versions, &rest["next_cursor"]), (vec![&json!(2), &json!(1)], &Value::Null));
        let diff = get(&local, &format!("{SETTINGS}/diff?from=1&to=3")).await.json();
        assert_eq!(diff["changes"], json!([{ "path": "seconds", "from": 60, "to": 200 }]));
        let last = get(&local, &format!("{SETTINGS}/diff")).await.json();
        assert_eq!((&last["from"], &last["to"]), (&json!(3), &json!(4)));
        let missing =
            ask(&local, "POST", &format!("{SETTINGS}/rollback"), None, &json!({ "version": 9 })).await;
        assert_eq!(missing.problem(), (404, "settings_version_not_found".into()));
        let missing = get(&local, "/v1/tenants/nobody/settings").await;
        assert_eq!(missing.problem(), (404, "tenant_not_found".into()));
    })
    .await;
}

#[tokio::test]
async fn of_changes_at_the_same_time_none_is_lost() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        let tenant = control.ensure_tenant("shop").await.unwrap();
        let (name, seconds) =
            tokio::join!(patch(&local, json!({ "app": "Shop" })), patch(&local, json!({ "seconds": 9 })));
        assert_eq!((name.status, seconds.status), (StatusCode::OK, StatusCode::OK));
        let started = instance.started(&tenant.id);
        assert_eq!((&started["app"], &started["seconds"]), (&json!("Shop"), &json!(9)));
        let document = get(&local, SETTINGS).await.json()["settings"].clone();
        let with = |app: &str| {
            let mut document = document.clone();
            document["app"] = app.into();
            document
        };
        let (one, other) = (with("one"), with("other"));
        let (one, other) = tokio::join!(
            ask(&local, "PUT", SETTINGS, Some("\"3\""), &one),
            ask(&local, "PUT", SETTINGS, Some("\"3\""), &other)
        );
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412]);
    })
    .await;
}

#[tokio::test]
async fn an_engine_that_does_not_answer_is_told_again() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        let tenant = control.ensure_tenant("shop").await.unwrap();
        instance.privileged.silences.store(1, Ordering::SeqCst);
        let changed = patch(&local, json!({ "seconds": 61 })).await;
        assert_eq!(changed.status, StatusCode::ACCEPTED, "{}", changed.text);
        let settled = control.wait(&tenant.id, |tenant| !tenant.has_undelivered_settings());
        let settled = tokio::time::timeout(std::time::Duration::from_secs(20), settled).await.unwrap();
        assert_eq!(settled.unwrap().unwrap().state, TenantState::Running);
        assert_eq!(instance.asked().len(), 1);
    })
    .await;
}

/// A control plane that dies on the way is followed by one that delivers; the event has one id throughout.
#[tokio::test]
async fn a_change_arrives_after_a_kill_at_any_point() {
    let instance = Instance::new().await;
    for number in 0.. {
        let control = instance.start().await;
        let name = format!("kill-{number}");
        let tenant = instance.tenant(&control, &name).await;
        let router = control.router(CallerKind::LocalOperator);
        let path = format!("/v1/tenants/{name}/settings");
        let change = async {
            ask(&router, "PATCH", &path, None, &json!({ "seconds": 61 })).await;
        };
        // Nobody delivers yet; the answer would wait for it.
        let _ = tokio::time::timeout(std::time::Duration::from_millis(100), change).await;
        let reached = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&reached);
        control.set_interrupt(Box::new(move |_| count.fetch_add(1, Ordering::SeqCst) == number));
        provision::converge(&control, &tenant.id).await;
        let was_killed = reached.load(Ordering::SeqCst) > number;
        drop(control);

        let control = instance.start().await;
        provision::converge(&control, &tenant.id).await;
        let tenant = control.tenant(tenant.id.as_str()).await.unwrap().unwrap();
        assert!(!tenant.has_undelivered_settings() && tenant.state == TenantState::Running, "{number}");
        assert_eq!(instance.started(&tenant.id)["seconds"], 61);
        let told = instance.asked().into_iter().filter(|asked| asked.tenant == tenant.id);
        let mut bodies: Vec<_> = told.map(|asked| asked.body).collect();
        bodies.dedup();
        assert_eq!(bodies.len(), 1, "{bodies:?}");
        if !was_killed {
            assert!(number >= 4, "only {number} points");
            return;
        }
    }
}

#[tokio::test]
async fn a_tenants_own_api_is_asked_on_behalf_of_who_asks() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, console| {
        let tenant = control.ensure_tenant("shop").await.unwrap();
        let engine = "/v1/tenants/shop/engine";
        let answer = get(&local, &format!("{engine}/admin/list-users?limit=1&searchValue=a%40b")).await;
        assert_eq!(answer.json()["request"], "GET /api/auth/admin/list-users?limit=1&searchValue=a%40b");
        assert_eq!(answer.json()["operator"], "local");
        let figures = "/v1/tenants/shop/analytics";
        let answer = get(&local, &format!("{figures}?granularity=week&from=2026-11-01")).await;
        assert_eq!(answer.json()["request"], "GET /api/auth/analytics?from=2026-11-01&granularity=week");
        let answer =
            send(&local, Request::post(format!("{figures}/rebuild")).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.json()["request"], "POST /api/auth/analytics/rebuild");
        for query in ["day=1", "from=today", "granularity=hour"] {
            assert_eq!(get(&local, &format!("{figures}?{query}")).await.problem().0, 400, "{query}");
        }
        let key = control.ensure_management_key().await.unwrap();
        let request = Request::post(format!("{engine}/admin/ban-user"))
            .header(header::AUTHORIZATION, format!("Bearer {}", key.expose_secret()))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, "a=b")
            .header("x-forwarded-for", "192.0.2.1");
        let answer = send(&console, request.body(Body::from(r#"{"userId":"u"}"#)).unwrap()).await.json();
        assert_eq!(answer["body"], r#"{"userId":"u"}"#);
        assert!(answer["operator"].as_str().unwrap().starts_with("key:"), "{answer}");
        let headers = answer["headers"].to_string();
        for name in ["authorization", "cookie", "x-forwarded-for"] {
            assert!(!headers.contains(&format!("\"{name}\"")), "{name} in {headers}");
        }
        assert!(instance.asked().iter().all(|asked| asked.tenant == tenant.id));
        for path in ["", "a/../b", "%2e%2e/ok", "ok/", "OK", "a//b"] {
            assert_eq!(get(&local, &format!("{engine}/{path}")).await.problem().0, 404, "{path}");
        }
        let delete = Request::delete(format!("{engine}/ok")).body(Body::empty()).unwrap();
        assert_eq!(send(&local, delete).await.problem(), (405, "method_not_allowed".into()));
        instance.privileged.silences.store(1, Ordering::SeqCst);
        assert_eq!(get(&local, &format!("{engine}/ok")).await.problem(), (504, "engine_silent".into()));
        instance.privileged.ready.lock().unwrap().clear();
        assert_eq!(get(&local, &format!("{engine}/ok")).await.problem(), (503, "engine_unavailable".into()));
    })
    .await;
}

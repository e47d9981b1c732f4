//! What members want done with archives: ordered by who may, of their own tenants, and carried out once.

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode, header},
};

use super::{
    api::{get, send, serving},
    backups::{Sent, lived_in, post_json},
    people::{SIGN_IN, World},
    *,
};
use crate::CallerKind;

const PLACE: &str = "/var/backups";

async fn schedule(local: &Router) {
    let request = Request::builder().method(Method::PUT).uri("/v1/backups/schedule");
    let body = json!({ "schedule": { "to": PLACE } }).to_string();
    let request = request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body));
    assert_eq!(send(local, request.unwrap()).await.status, StatusCode::OK);
}

/// Notes that an archive of this tenant was made; the run's id.
async fn archived(local: &Router, tenant: &Tenant, name: &str) -> String {
    let run = json!({
        "kind": "backup", "tenant_id": tenant.id, "slug": tenant.slug, "place": PLACE, "name": name, "succeeded": true,
        "detail": { "rows": 7 },
    });
    post_json(local, "/v1/backups", &run).await.json()["id"].as_str().unwrap().to_owned()
}

async fn take(local: &Router) -> Value {
    post_json(local, "/v1/backup-orders/take", &json!({})).await.json()["order"].clone()
}

#[tokio::test]
async fn whoever_waits_for_an_order_is_answered_when_control_ends() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        let patience = json!({ "wait_seconds": 60 });
        let ending = async {
            loop {
                // Until they have come so far as to wait.
                control.end_waits();
                tokio::task::yield_now().await;
            }
        };
        let answer = tokio::select! {
            answer = post_json(&local, "/v1/backup-orders/take", &patience) => answer,
            () = ending => unreachable!("it goes on for ever"),
        };
        assert_eq!(answer.json()["order"], Value::Null);
    })
    .await;
}

#[tokio::test]
async fn an_order_is_taken_once_and_tells_how_far_it_is() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        lived_in(&instance, control, "shop").await;
        let ordered = async || post_json(&local, "/v1/tenants/shop/backups", &json!({})).await;
        assert_eq!(ordered().await.problem().1, "no_backup_place");
        schedule(&local).await;
        // Somebody waits already.
        let patience = json!({ "wait_seconds": 60 });
        let waiting = post_json(&local, "/v1/backup-orders/take", &patience);
        let (taken, answer) = tokio::join!(waiting, ordered());
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
        let order = taken.json()["order"].clone();
        assert_eq!((&order["kind"], &order["id"]), (&json!("backup"), &answer.json()["id"]));
        assert_eq!(take(&local).await, Value::Null, "it is somebody's");
        assert_eq!(ordered().await.problem().1, "backup_under_way");

        let path = format!("/v1/backup-orders/{}", order["id"].as_str().unwrap());
        let tell = async |told: Value| post_json(&local, &path, &told).await;
        assert_eq!(tell(json!({ "step": "storing", "bytes": 5 })).await.status, StatusCode::OK);
        let shown = async || get(&local, "/v1/tenants/shop/backups").await.json()["orders"][0].clone();
        assert_eq!((&shown().await["step"], &shown().await["bytes"]), (&json!("storing"), &json!(5)));
        let failed = json!({ "step": "failed", "failure": "other", "reason": "the disk /dev/x is full" });
        assert_eq!(tell(failed).await.status, StatusCode::OK);
        let told = shown().await;
        assert_eq!((&told["step"], &told["failure"]), (&json!("failed"), &json!("other")));
        assert!(!told.to_string().contains("/dev/x"), "what is on the machine is for its operator: {told}");
        assert_eq!(tell(json!({ "step": "done" })).await.problem().1, "backup_order_not_found");
        let ended = "SELECT count(*) FROM audit_event WHERE type = $1 AND detail->>'reason' LIKE '%/dev/x%'";
        assert_eq!(instance.count(ended, "backup.order_ended").await, 1);
    })
    .await;
}

#[tokio::test]
async fn an_order_that_nobody_is_heard_of_is_given_out_again_and_given_up_in_the_end() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        lived_in(&instance, control, "shop").await;
        schedule(&local).await;
        let answer = post_json(&local, "/v1/tenants/shop/backups/drill", &json!({})).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
        let silence = "UPDATE backup_order SET told_at = told_at - interval '2 minutes'";
        for _ in 0..3 {
            assert_eq!(take(&local).await["kind"], "drill");
            assert_eq!(take(&local).await, Value::Null);
            instance.database.admin().await.batch_execute(silence).await.unwrap();
        }
        assert_eq!(take(&local).await, Value::Null);
        let orders = get(&local, "/v1/tenants/shop/backups").await.json()["orders"].clone();
        assert_eq!((&orders[0]["step"], &orders[0]["failure"]), (&json!("failed"), &json!("other")));

        let many = "INSERT INTO backup_order (id, tenant_id, kind, ordered_by, step, ended_at)
            SELECT 'x' || n, (SELECT id FROM tenant WHERE slug = 'shop'), 'backup', 'x', 'done', now()
            FROM generate_series(1, 23) n";
        instance.database.admin().await.batch_execute(many).await.unwrap();
        let limited = post_json(&local, "/v1/tenants/shop/backups", &json!({})).await;
        assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(limited.headers.contains_key(header::RETRY_AFTER));
    })
    .await;
}

#[tokio::test]
async fn a_copy_is_made_of_ones_own_kept_archive_into_ones_own_workspace() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        let made = post_json(&local, "/v1/workspaces", &json!({ "slug": "acme", "name": "Acme" })).await;
        assert!(made.status.is_success(), "{}", made.text);
        let (shop, other) =
            (lived_in(&instance, control, "shop").await, lived_in(&instance, control, "other").await);
        let moved = "UPDATE tenant SET workspace_id = (SELECT id FROM workspace WHERE slug = 'acme') WHERE slug = 'shop'";
        instance.database.admin().await.batch_execute(moved).await.unwrap();
        schedule(&local).await;
        let (ours, theirs) = (archived(&local, &shop, "s/1").await, archived(&local, &other, "o/1").await);
        let ordered = async |backup: &str, slug: &str| {
            let copy = json!({ "backup": backup, "slug": slug, "keep_ended": true });
            post_json(&local, "/v1/tenants/shop/backups/restore", &copy).await
        };
        assert_eq!(ordered(&theirs, "copy").await.problem().1, "backup_not_found");
        assert_eq!(ordered("s/1", "copy").await.problem().1, "backup_not_found");
        assert_eq!(ordered(&ours, "other").await.problem().1, "tenant_exists");
        assert_eq!(ordered(&ours, "Copy!").await.problem().1, "invalid_name");
        assert_eq!(ordered(&ours, "copy").await.status, StatusCode::ACCEPTED);

        let order = take(&local).await;
        let told = json!([order["archive"], order["slug"], order["keep_ended"], order["keep_api_keys"]]);
        assert_eq!(told, json!(["s/1", "copy", true, false]));
        let mut sent = Sent::of(&local, "shop").await;
        sent.order = order["id"].as_str().map(str::to_owned);
        assert_eq!(sent.post(&local, "copy", false).await.problem().1, "backup_order_not_found", "not what was ordered");
        sent.keep_ended = true;
        assert_eq!(sent.post(&local, "elsewhere", false).await.problem().1, "backup_order_not_found");
        let mut foreign = Sent::of(&local, "other").await;
        (foreign.order, foreign.keep_ended) = (sent.order.clone(), true);
        assert_eq!(foreign.post(&local, "copy", false).await.problem().1, "backup_order_not_found");
        let restored = sent.post(&local, "copy", false).await;
        assert_eq!(restored.status, StatusCode::CREATED, "{}", restored.text);
        let copies = "SELECT count(*) FROM tenant t JOIN workspace w ON w.id = t.workspace_id
                      WHERE w.slug = 'acme' AND t.slug = $1";
        assert_eq!(instance.count(copies, "copy").await, 1);
        let by = "SELECT count(*) FROM audit_event WHERE type = 'tenant.restored' AND detail->>'ordered_by' = $1";
        assert_eq!(instance.count(by, "local_operator").await, 1);

        let path = format!("/v1/backup-orders/{}", sent.order.unwrap());
        assert_eq!(post_json(&local, &path, &json!({ "step": "done" })).await.status, StatusCode::OK);
        let gone = post_json(&local, "/v1/backups/removed", &json!({ "place": PLACE, "name": "s/1" })).await;
        assert_eq!(gone.json()["removed"], true);
        assert_eq!(ordered(&ours, "again").await.problem().1, "backup_not_found");
    })
    .await;
}

#[tokio::test]
async fn the_page_has_done_what_the_role_may() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    let (shop, other) = (
        world.instance.request(&world.control, "shop").await,
        world.instance.request(&world.control, "other").await,
    );
    let local = world.control.router(CallerKind::LocalOperator);
    let page = "/w/default/t/shop/backups";
    let without = owner.get(page).await;
    assert!(
        without.text.contains("kiavi backup schedule") && !without.text.contains("backups/now"),
        "{}",
        without.text
    );
    let refused = owner.post(&format!("{page}/now"), "").await;
    assert_eq!(refused.headers[header::LOCATION], format!("{page}?notice=backup-no-place"));
    schedule(&local).await;
    let (ours, theirs) = (archived(&local, &shop, "s/1").await, archived(&local, &other, "o/1").await);

    let copy = |backup: &str| format!("{page}/{backup}/copy");
    let mut viewer = world.member(&mut owner, "vera", "viewer").await;
    let seen = viewer.get(page).await;
    assert!(
        seen.status == StatusCode::OK && !seen.text.contains("<form method=\"post\" action=\"/w/default/t/")
    );
    for path in [format!("{page}/now"), format!("{page}/drill"), copy(&ours)] {
        assert_eq!(viewer.post(&path, "name=copy").await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let mut developer = world.member(&mut owner, "dora", "developer").await;
    let seen = developer.get(page).await;
    assert!(seen.text.contains("backups/now") && !seen.text.contains(&copy(&ours)), "{}", seen.text);
    assert_eq!(developer.get(&copy(&ours)).await.status, StatusCode::FORBIDDEN);
    assert_eq!(developer.post(&format!("{page}/now"), "").await.headers[header::LOCATION], page);
    let under_way = developer.get(page).await;
    assert!(
        under_way.text.contains("aria-current=\"step\"") && under_way.text.contains("http-equiv=\"refresh\"")
    );
    let busy = developer.post(&format!("{page}/drill"), "").await;
    assert_eq!(busy.headers[header::LOCATION], format!("{page}?notice=backup-under-way"));
    let order = take(&local).await;
    let path = format!("/v1/backup-orders/{}", order["id"].as_str().unwrap());
    assert_eq!(
        post_json(&local, &path, &json!({ "step": "done" })).await.json()["ordered_by"],
        "member:dora"
    );

    let mut admin = world.member(&mut owner, "anna", "admin").await;
    let asked = admin.post(&copy(&ours), "name=copy").await;
    assert!(asked.headers[header::LOCATION].to_str().unwrap().starts_with(SIGN_IN), "she came in by a code");
    assert_eq!(take(&local).await, Value::Null);
    let form = owner.get(&copy(&ours)).await;
    assert!(form.status == StatusCode::OK && form.text.contains("name=\"with_ended\""), "{}", form.text);
    let gone = owner.get(&copy(&theirs)).await;
    assert_eq!(gone.headers[header::LOCATION], format!("{page}?notice=backup-gone"));
    for (name, notice) in
        [("Shop", "tenant-name"), ("www", "tenant-name-reserved"), ("other", "tenant-name-taken")]
    {
        let again = owner.post(&copy(&ours), &format!("name={name}&with_ended=yes")).await;
        assert!(again.text.contains(&format!("data-notice=\"{notice}\"")), "{name}: {}", again.text);
        assert!(again.text.contains("value=\"yes\" checked"), "what was chosen stays");
    }
    assert_eq!(
        owner.post(&copy(&ours), "name=shop-before&with_api_keys=yes").await.headers[header::LOCATION],
        page
    );
    let order = take(&local).await;
    let told = json!([order["slug"], order["keep_ended"], order["keep_api_keys"]]);
    assert_eq!(told, json!(["shop-before", false, true]));
}

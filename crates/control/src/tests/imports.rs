//! Another server's data: all of it or no tenant, whatever breaks; and the secret out again.

use std::sync::atomic::AtomicUsize;

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use bytes::Bytes;
use kiavi_moving::stream::{Count, Frame, MEDIA_TYPE};

use super::{
    api::{Answer, send, serving},
    *,
};
use crate::provision::{Frames, ImportError, ImportOrder};

const SECRET: &str = "2:a new secret of more than 32 bytes,1:the old secret";
const AT: &str = "2026-11-26 10:00:00.123+00";

fn user(id: &str) -> String {
    format!("{id}\tAda\\tLovelace\t{id}@example.com\tt\t\\N\t{AT}\t{AT}\t\\N\t\\N\t\\N\t\\N\n")
}

fn session(id: &str, user: &str) -> String {
    format!("{id}\t{AT}\ttoken-{id}\t{AT}\t{AT}\t\\N\t\\N\t{user}\t\\N\n")
}

fn table(name: &str, rows: &[String]) -> Vec<Frame> {
    let pieces = rows.concat().into_bytes();
    // In pieces that end within rows.
    let pieces = pieces.chunks(7).map(|piece| Frame::Rows(Bytes::copy_from_slice(piece)));
    let count = Count { rows: rows.len() as u64 };
    [Frame::Table(name.to_owned())].into_iter().chain(pieces).chain([Frame::EndOfTable(count)]).collect()
}

fn data() -> Vec<Frame> {
    let users = table("user", &[user("u1"), user("u2")]);
    let sessions = table("session", &[session("s1", "u1")]);
    [users, sessions, table("jwks", &[]), vec![Frame::End]].concat()
}

fn head(slug: &str) -> Value {
    json!({ "slug": slug, "secret": SECRET, "former": { "providers": ["github"] } })
}

fn stream(head: &Value, data: &[Frame]) -> Body {
    let head = Frame::Head(head.to_string().into());
    let frames: Vec<u8> = [head].iter().chain(data).flat_map(Frame::encode).collect();
    Body::from(frames)
}

async fn post(router: &Router, head: &Value, data: &[Frame]) -> Answer {
    let request = Request::post("/v1/imports").header(header::CONTENT_TYPE, MEDIA_TYPE);
    send(router, request.body(stream(head, data)).unwrap()).await
}

/// The same with an idempotency key.
async fn post_with(router: &Router, key: &str, head: &Value, data: &[Frame]) -> Answer {
    let request = Request::post("/v1/imports").header(header::CONTENT_TYPE, MEDIA_TYPE);
    let request = request.header("idempotency-key", key);
    send(router, request.body(stream(head, data)).unwrap()).await
}

async fn post_json(router: &Router, path: &str, body: &Value) -> Answer {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    send(router, request.body(Body::from(body.to_string())).unwrap()).await
}

async fn inside(instance: &Instance, id: &str) -> AdminConnection {
    let login = Login::new(SUPERUSER, id);
    AdminConnection::connect(&*instance.database.connector(), &login).await.unwrap()
}

async fn told(instance: &Instance, id: &str) -> Vec<(String, String)> {
    let rows = inside(instance, id).await.query("SELECT kind, operator FROM told", &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test]
async fn an_import_is_repeated_by_its_key_and_one_that_failed_leaves_it_free() {
    let instance = Instance::new().await;
    serving(&instance, async |_, local, _| {
        let acme = post_json(&local, "/v1/workspaces", &json!({ "slug": "acme" })).await.json()["id"].clone();
        let mut head = head("shop");
        head["workspace"] = "nowhere".into();
        assert_eq!(
            post_with(&local, "k", &head, &data()).await.problem(),
            (404, "workspace_not_found".into())
        );
        head["workspace"] = "acme".into();
        let broken = &data()[..3];
        assert_eq!(post_with(&local, "k", &head, broken).await.problem(), (400, "import_broken".into()));
        let data = data();
        let (first, twin) =
            tokio::join!(post_with(&local, "k", &head, &data), post_with(&local, "k", &head, &data));
        assert_eq!((first.status, twin.status), (StatusCode::CREATED, StatusCode::CREATED), "{}", first.text);
        assert_eq!(first.json(), twin.json(), "of twins one is carried out");
        let shown = super::api::get(&local, "/v1/tenants/shop").await.json();
        assert_eq!(shown["workspace"], acme);
        let lose = "UPDATE idempotency SET status = NULL, body = NULL WHERE key = $1";
        instance.database.admin().await.execute(lose, &[&"k"]).await.unwrap();
        let again = post_with(&local, "k", &head, &data).await;
        assert_eq!((again.status, again.json()), (StatusCode::OK, first.json()), "whose answer was lost");
        head["slug"] = "other".into();
        let other = post_with(&local, "k", &head, &data).await;
        assert_eq!(other.problem(), (422, "idempotency_key_reused".into()));
        let question = "SELECT count(*) FROM idempotency i WHERE i::text LIKE '%' || $1 || '%'";
        assert_eq!(instance.count(question, SECRET).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_tenant_begins_with_the_rows_and_the_secret_that_come() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        let answer = post(&local, &head("shop"), &data()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        let answer = answer.json();
        assert_eq!(answer["imported"], json!({ "user": 2, "session": 1, "jwks": 0 }));
        assert_eq!((&answer["running"], &answer["stays_signed_in"]), (&json!(true), &json!(true)));
        assert_eq!(answer["warnings"], json!(["set up github"]));

        let id = answer["id"].as_str().unwrap();
        let rows =
            r#"SELECT u.name, s.token FROM public.session s JOIN public."user" u ON u.id = s."userId""#;
        let rows = inside(&instance, id).await.query(rows, &[]).await.unwrap();
        assert_eq!((rows[0].get(0), rows[0].get(1)), ("Ada\tLovelace", "token-s1"));
        assert_eq!(told(&instance, id).await, [("tenant.imported".to_owned(), "local".to_owned())]);
        let tenant = control.tenant(id).await.unwrap().unwrap();
        assert!(instance.events(&tenant.id).await.contains(&"tenant.imported".to_owned()));
        let start = instance.privileged.ready.lock().unwrap().get(&tenant.id).cloned().unwrap();
        assert_eq!(start.secret.to_text().as_str(), SECRET);
    })
    .await;
}

#[tokio::test]
async fn what_is_not_whole_or_does_not_fit_makes_no_tenant_and_can_be_sent_again() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        let whole = data();
        let without_end = whole[..whole.len() - 1].to_vec();
        let cut = whole[..4].to_vec();
        let orphan =
            [table("user", &[]), table("session", &[session("s1", "u9")]), vec![Frame::End]].concat();
        let twice = [table("user", &[]), table("user", &[]), vec![Frame::End]].concat();
        let unknown = [table("item", &[]), vec![Frame::End]].concat();
        let mut less = table("user", &[user("u1")]);
        *less.last_mut().unwrap() = Frame::EndOfTable(Count { rows: 2 });
        let less = [less, vec![Frame::End]].concat();
        for (data, status, code) in [
            (without_end, 400, "import_broken"),
            (cut, 400, "import_broken"),
            (orphan, 422, "rows_refused"),
            (twice, 400, "import_broken"),
            (unknown, 400, "import_broken"),
            (less, 400, "import_broken"),
        ] {
            let answer = post(&local, &head("shop"), &data).await;
            assert_eq!(answer.problem(), (status, code.to_owned()));
            assert!(control.tenants().await.unwrap().is_empty(), "{code}");
            assert!(instance.tenants_with_secrets().await.is_empty(), "{code}");
        }
        assert_eq!(post(&local, &head("shop"), &data()).await.status, StatusCode::CREATED);
        let question = "SELECT count(*) FROM audit_event WHERE type = $1 AND outcome = 'failure'";
        assert_eq!(instance.count(question, "tenant.import_failed").await, 6);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_is_refused_before_anything_is_made() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, console| {
        let check = async |body: Value| post_json(&local, "/v1/imports/check", &body).await;
        let answer = check(json!({ "slug": "shop", "former": { "brings_secret": true } })).await;
        let expected = json!({
            "slug": "shop", "url": "http://shop.localhost:8080", "warnings": [], "stays_signed_in": true,
        });
        assert_eq!(answer.json(), expected);
        let mut wrong = head("shop");
        wrong["former"] = json!({ "cookie_prefix": "x" });
        let mut secret = head("shop");
        secret["secret"] = "1:a,1:b".into();
        for head in [&wrong, &secret] {
            assert_eq!(post(&local, head, &data()).await.problem(), (422, "invalid_import".to_owned()));
        }
        assert_eq!(post(&local, &head("UP"), &data()).await.problem().0, 422);
        assert_eq!(post(&local, &json!({ "slug": "a", "x": 1 }), &[]).await.problem().0, 400);
        assert_eq!(post_json(&local, "/v1/imports", &head("shop")).await.problem().0, 400);
        assert!(control.tenants().await.unwrap().is_empty());

        assert_eq!(post(&local, &head("shop"), &data()).await.status, StatusCode::CREATED);
        assert_eq!(check(json!({ "slug": "shop" })).await.problem(), (409, "tenant_exists".to_owned()));
        assert_eq!(post(&local, &head("shop"), &data()).await.problem(), (409, "tenant_exists".to_owned()));

        // Not even with the key: a secret travels here.
        let key = control.ensure_management_key().await.unwrap();
        let bearer = format!("Bearer {}", key.expose_secret());
        for path in ["/v1/imports", "/v1/imports/check", "/v1/tenants/shop/export"] {
            let request = Request::post(path).header(header::AUTHORIZATION, &bearer).body(Body::empty());
            assert_eq!(send(&console, request.unwrap()).await.problem().0, 404, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_secret_is_handed_out_once_both_logs_tell() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        post(&local, &head("shop"), &data()).await;
        let answer = post_json(&local, "/v1/tenants/shop/export", &json!({})).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        let answer = answer.json();
        assert_eq!((&answer["secret"], &answer["settings"]["app"]), (&json!(SECRET), &json!("shop")));
        let tenant = control.tenant("shop").await.unwrap().unwrap();
        let exported = ("tenant.exported".to_owned(), "local".to_owned());
        assert_eq!(told(&instance, tenant.id.as_str()).await[1], exported);
        assert!(instance.events(&tenant.id).await.contains(&"tenant.exported".to_owned()));
        let missing = post_json(&local, "/v1/tenants/none/export", &json!({})).await;
        assert_eq!(missing.problem(), (404, "tenant_not_found".to_owned()));
    })
    .await;
}

/// Imports until the control plane is killed at the point with this number; whether there was none.
async fn import_until(instance: &Instance, number: usize) -> bool {
    let control = instance.start().await;
    let reached = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&reached);
    control.set_interrupt(Box::new(move |_| count.fetch_add(1, Ordering::SeqCst) == number));
    let settings = json!({ "app": "shop", "base_url": "http://shop.localhost:8080", "seconds": 60 });
    let secret = Some(kiavi_crypto::TenantSecret::from_text(SECRET).unwrap());
    let workspace = control.default_workspace().await.unwrap();
    let order = ImportOrder { slug: parse_name("shop").unwrap(), workspace, settings, secret };
    let mut frames = Frames::new(stream(&json!({}), &data()));
    frames.next().await.unwrap();
    let imported = provision::import(&control, &Actor::CONTROL, order, &mut frames).await;
    assert!(imported.is_ok() || matches!(imported, Err(ImportError::Step(_))), "{:?}", imported.err());
    imported.is_ok()
}

#[tokio::test]
async fn a_kill_at_any_point_leaves_a_whole_tenant_or_none() {
    let instance = Instance::new().await;
    let mut number = 0;
    loop {
        let is_done = import_until(&instance, number).await;
        let tenants = instance.start().await.tenants().await.unwrap();
        let [tenant] = &tenants[..] else { panic!("one tenant") };
        if is_done {
            provision::converge(&instance.start().await, &tenant.id).await;
            let tenant = instance.start().await.tenant(tenant.id.as_str()).await.unwrap().unwrap();
            assert_ne!(tenant.state, TenantState::Deleting);
            break;
        }
        assert_eq!(tenant.state, TenantState::Deleting, "killed at {number}");
        provision::converge(&instance.start().await, &tenant.id).await;
        instance.assert_gone(tenant).await;
        number += 1;
    }
    assert!(number > 15, "only {number} points");
}

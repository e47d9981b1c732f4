//! A tenant into an archive and out of it again: all of it or no tenant, whatever breaks.

use std::sync::atomic::AtomicUsize;

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use kiavi_crypto::age::{FileKey, Header};
use kiavi_moving::{
    archive::{ArchiveReader, Check, Manifest, Summary},
    stream::{Decoder, Frame, MEDIA_TYPE},
};

use super::{
    api::{Answer, send, serving},
    *,
};
use crate::{
    ended::Policy,
    provision::{Frames, ImportError, RestoreOrder},
};

pub(super) async fn post_json(router: &Router, path: &str, body: &Value) -> Answer {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    send(router, request.body(Body::from(body.to_string())).unwrap()).await
}

pub(super) async fn inside(instance: &Instance, id: &TenantId) -> AdminConnection {
    let login = Login::new(SUPERUSER, id.as_str());
    AdminConnection::connect(&*instance.database.connector(), &login).await.unwrap()
}

/// A tenant with somebody in it, a log and what counts as the keys of persons.
pub(super) async fn lived_in(instance: &Instance, control: &Control, name: &str) -> Tenant {
    let id = instance.request(control, name).await.id;
    let running = control.wait(&id, |tenant| tenant.state == TenantState::Running);
    let tenant = running.await.unwrap().unwrap();
    let rows = r#"
        INSERT INTO public."user" (id, name, email, "emailVerified") VALUES ('u1', E'Ada\tLovelace', 'a@x', true);
        INSERT INTO public.session (id, token, "userId", "expiresAt", "updatedAt")
          VALUES ('s1', 'token', 'u1', now() + interval '1 day', now());
        INSERT INTO public.verification (id, identifier, value, "expiresAt") VALUES ('v', 'i', 'x', now());
        INSERT INTO kiavi.audit_event VALUES ('00000000-0000-0000-0000-000000000001', now());
        INSERT INTO public.item VALUES (7);"#;
    inside(instance, &tenant.id).await.batch_execute(rows).await.unwrap();
    tenant
}

/// The frames of a stream.
pub(super) fn decoded(bytes: &[u8]) -> Vec<Frame> {
    let mut decoder = Decoder::default();
    decoder.push(bytes);
    std::iter::from_fn(|| decoder.next_frame().unwrap()).collect()
}

/// The files of an archive, by part.
async fn taken(router: &Router, tenant: &str) -> BTreeMap<String, Vec<u8>> {
    let request = Request::post(format!("/v1/tenants/{tenant}/backup"))
        .header(header::CONTENT_TYPE, "application/json");
    let response = tower::ServiceExt::oneshot(router.clone(), request.body(Body::from("{}")).unwrap());
    let response = response.await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let frames = decoded(&bytes);
    assert_eq!(frames.last(), Some(&Frame::End));
    let (mut files, mut part) = (BTreeMap::new(), String::new());
    for frame in frames {
        match frame {
            Frame::Table(name) => part = name,
            Frame::Rows(piece) => {
                files.entry(part.clone()).or_insert_with(Vec::new).extend_from_slice(&piece)
            }
            _ => {}
        }
    }
    files
}

/// What is in a file, opened by the instance that has its tenant.
async fn opened(router: &Router, file: &[u8]) -> (Vec<Frame>, Manifest, Summary) {
    let (_, length) = Header::read(file).unwrap().unwrap();
    let header = STANDARD.encode(&file[..length]);
    let answer = post_json(router, "/v1/archives/open", &json!({ "header": header })).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let key = STANDARD.decode(answer.json()["file_key"].as_str().unwrap()).unwrap();
    let mut reader = ArchiveReader::new(FileKey::from_bytes(&key).unwrap()).unwrap();
    reader.push(&file[length..]).unwrap();
    reader.finish().unwrap();
    let (mut check, mut frames) = (Check::default(), Vec::new());
    while let Some(frame) = reader.next_frame().unwrap() {
        check.take(&frame).unwrap();
        frames.push(frame);
    }
    assert!(check.is_whole());
    (frames, check.manifest().unwrap().clone(), check.summary().unwrap().clone())
}

/// What is sent to restore an archive.
pub(super) struct Sent {
    manifest: Manifest,
    person_keys: Vec<kiavi_moving::TableShape>,
    frames: Vec<Frame>,
    pub(super) keep_ended: bool,
    pub(super) keep_api_keys: bool,
    pub(super) order: Option<String>,
}

impl Sent {
    pub(super) async fn of(router: &Router, tenant: &str) -> Self {
        let files = taken(router, tenant).await;
        let (keys, key_manifest, key_summary) = opened(router, &files["person_keys"]).await;
        let (data, manifest, mut summary) = opened(router, &files["data"]).await;
        assert!(key_manifest.secret.is_none() && key_manifest.settings.is_none());
        assert_eq!(key_manifest.archive, manifest.archive);
        summary.tables.extend(key_summary.tables);
        let is_row = |frame: &Frame| matches!(frame, Frame::Table(_) | Frame::Rows(_) | Frame::EndOfTable(_));
        let mut frames: Vec<_> = keys.into_iter().chain(data).filter(is_row).collect();
        frames.push(Frame::Summary(json!(summary).to_string().into()));
        frames.push(Frame::End);
        let (person_keys, order) = (key_manifest.tables, None);
        Self { manifest, person_keys, frames, keep_ended: false, keep_api_keys: false, order }
    }

    fn body(&self, slug: &str, drill: bool) -> Body {
        let head = json!({
            "slug": slug, "manifest": self.manifest, "person_keys": self.person_keys, "drill": drill,
            "keep_ended": self.keep_ended, "keep_api_keys": self.keep_api_keys, "order": self.order,
        });
        let head = Frame::Head(head.to_string().into());
        Body::from([head].iter().chain(&self.frames).flat_map(Frame::encode).collect::<Vec<u8>>())
    }

    pub(super) async fn post(&self, router: &Router, slug: &str, drill: bool) -> Answer {
        let request = Request::post("/v1/restores").header(header::CONTENT_TYPE, MEDIA_TYPE);
        send(router, request.body(self.body(slug, drill)).unwrap()).await
    }
}

#[tokio::test]
async fn a_restored_tenant_has_the_rows_the_secret_and_the_settings_of_the_archive() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        let shop = lived_in(&instance, control, "shop").await;
        let sent = Sent::of(&local, "shop").await;
        assert_eq!(sent.manifest.schema_version, 1);
        // Tables have moved on since.
        instance.schema.0.store(2, Ordering::SeqCst);
        let answer = sent.post(&local, "copy", false).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        let answer = answer.json();
        assert_eq!(answer["rows"]["public.user"], 1);
        assert!(answer["rows"].get("public.verification").is_none());
        assert_eq!(answer["warnings"].as_array().unwrap().len(), 2, "{answer}");

        let copy = control.tenant("copy").await.unwrap().unwrap();
        assert_eq!(copy.schema_version, 2);
        assert_eq!((&copy.settings["app"], &copy.settings["seconds"]), (&json!("shop"), &json!(60)));
        let rows = inside(&instance, &copy.id).await;
        let rows =
            rows.query("SELECT u.name, (SELECT id FROM item) FROM public.\"user\" u", &[]).await.unwrap();
        assert_eq!((rows[0].get(0), rows[0].get(1)), ("Ada\tLovelace", 7));
        let ready = instance.privileged.ready.lock().unwrap();
        let secret = |tenant: &Tenant| ready[&tenant.id].secret.to_text().to_string();
        assert_eq!(secret(&copy), secret(&shop));
    })
    .await;
}

#[tokio::test]
async fn what_is_not_whole_or_does_not_fit_makes_no_tenant() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        lived_in(&instance, control, "shop").await;
        let whole = Sent::of(&local, "shop").await;
        let with = |change: &dyn Fn(&mut Sent)| {
            let (manifest, person_keys) = (whole.manifest.clone(), whole.person_keys.clone());
            let frames = whole.frames.clone();
            let mut sent =
                Sent { manifest, person_keys, frames, keep_ended: false, keep_api_keys: false, order: None };
            change(&mut sent);
            sent
        };
        let head = |frames: &mut Vec<Frame>| {
            let at = frames.len() - 2;
            let Frame::Summary(json) = &frames[at] else { panic!() };
            let mut summary: Value = serde_json::from_slice(json).unwrap();
            summary["audit_head"]["id"] = "00000000-0000-0000-0000-000000000002".into();
            frames[at] = Frame::Summary(summary.to_string().into());
        };
        for (sent, code) in [
            (with(&|sent| sent.frames.truncate(4)), "import_broken"),
            (with(&|sent| drop(sent.frames.remove(sent.frames.len() - 2))), "import_broken"),
            (with(&|sent| drop(sent.frames.remove(1))), "import_broken"),
            (with(&|sent| head(&mut sent.frames)), "import_broken"),
            (with(&|sent| sent.manifest.schema_version = 9), "invalid_import"),
            (with(&|sent| sent.manifest.secret = None), "invalid_import"),
            (with(&|sent| sent.manifest.settings = Some(json!({ "x": 1 }))), "invalid_import"),
            (with(&|sent| sent.manifest.tables[0].name = "kiavi.schema_history".into()), "invalid_import"),
            (with(&|sent| sent.manifest.tables[0].name = "pg_catalog.pg_class".into()), "invalid_import"),
        ] {
            assert_eq!(sent.post(&local, "copy", false).await.problem().1, code);
            assert!(control.tenant("copy").await.unwrap().is_none());
        }
        assert_eq!(whole.post(&local, "shop", false).await.problem().1, "tenant_exists");
        assert_eq!(whole.post(&local, "copy", false).await.status, StatusCode::CREATED);
    })
    .await;
}

#[tokio::test]
async fn a_drill_leaves_nothing_and_says_what_the_engine_said() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        lived_in(&instance, control, "shop").await;
        let answer = Sent::of(&local, "shop").await.post(&local, "drill-1", true).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        // The engine of this test knows nobody, and says so.
        assert_eq!(answer.json()["signed_in"], json!(false));
        let is_session_check =
            |asked: &Asked| asked.request == "GET /api/auth/get-session" && asked.operator == "drill";
        assert!(instance.privileged.asked.lock().unwrap().iter().any(is_session_check));
        assert_eq!(control.tenants().await.unwrap().len(), 1);
        assert_eq!(instance.tenants_with_secrets().await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_destroyed_tenants_archives_are_noise() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        let shop = lived_in(&instance, control, "shop").await;
        let files = taken(&local, "shop").await;
        let (_, length) = Header::read(&files["data"]).unwrap().unwrap();
        let header = json!({ "header": STANDARD.encode(&files["data"][..length]) });
        assert_eq!(post_json(&local, "/v1/archives/open", &header).await.status, StatusCode::OK);
        control.remove_tenant(&shop.id).await.unwrap();
        control.wait(&shop.id, |_| false).await.unwrap();
        let gone = post_json(&local, "/v1/archives/open", &header).await.problem();
        assert_eq!(gone, (404, "archive_key_not_found".to_owned()));
        let nonsense = post_json(&local, "/v1/archives/open", &json!({ "header": "aGVsbG8=" })).await;
        assert_eq!(nonsense.problem().0, 404);
    })
    .await;
}

#[tokio::test]
async fn runs_and_the_schedule_are_kept() {
    let instance = Instance::new().await;
    serving(&instance, async |_, local, _| {
        let run = json!({
            "kind": "drill", "tenant_id": "t1", "slug": "shop", "place": "s3://b", "name": "n", "succeeded": false,
            "detail": { "reason": "x" },
        });
        assert_eq!(post_json(&local, "/v1/backups", &run).await.status, StatusCode::OK);
        let get = async |path: &str| super::api::get(&local, path).await.json();
        let runs = get("/v1/backups?kind=drill&tenant=t1").await;
        assert_eq!((&runs["runs"][0]["slug"], &runs["runs"][0]["succeeded"]), (&json!("shop"), &json!(false)));
        assert_eq!(get("/v1/backups?kind=backup").await["runs"], json!([]));
        assert_eq!(get("/v1/backups/schedule").await["schedule"], Value::Null);
        let schedule = json!({ "schedule": { "to": "/var/backups" } });
        let request = Request::builder().method(Method::PUT).uri("/v1/backups/schedule");
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let answer = send(&local, request.body(Body::from(schedule.to_string())).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(get("/v1/backups/schedule").await, schedule);
    })
    .await;
}

/// Restores until the control plane is killed at the point with this number; whether there was none.
async fn restore_until(instance: &Instance, sent: &Sent, number: usize) -> bool {
    let control = instance.start().await;
    let reached = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&reached);
    control.set_interrupt(Box::new(move |_| count.fetch_add(1, Ordering::SeqCst) == number));
    let (manifest, person_keys) = (sent.manifest.clone(), sent.person_keys.clone());
    let (slug, policy) = (parse_name("copy").unwrap(), Policy::default());
    let order = RestoreOrder { slug, manifest, person_keys, policy, lost_of: None, ordered: None };
    let mut frames = Frames::new(sent.body("copy", false));
    frames.next().await.unwrap();
    let restored = provision::restore(&control, &Actor::CONTROL, order, &mut frames).await;
    assert!(restored.is_ok() || matches!(restored, Err(ImportError::Step(_))), "{:?}", restored.err());
    restored.is_ok()
}

#[tokio::test]
async fn a_kill_at_any_point_leaves_a_whole_tenant_or_none() {
    let instance = Instance::new().await;
    let sent = serving(&instance, async |control, local, _| {
        lived_in(&instance, control, "shop").await;
        Sent::of(&local, "shop").await
    })
    .await;
    let mut number = 0;
    loop {
        let is_done = restore_until(&instance, &sent, number).await;
        let control = instance.start().await;
        let copy = control.tenant("copy").await.unwrap().unwrap();
        if is_done {
            assert_ne!(copy.state, TenantState::Deleting);
            break;
        }
        assert_eq!(copy.state, TenantState::Deleting, "killed at {number}");
        provision::converge(&control, &copy.id).await;
        instance.assert_gone(&copy).await;
        number += 1;
    }
    assert!(number > 15, "only {number} points");
}

//! An instance into an archive, and back on an empty machine.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use kiavi_crypto::age::{FileKey, Header, Identity};
use kiavi_moving::{
    archive::{ArchiveReader, Check, Manifest},
    stream::{Frame, MEDIA_TYPE},
};

use super::{
    api::{Answer, get, send, serving},
    backups::{self, Sent, decoded, inside},
    *,
};
use crate::{instance as subject, instance_key};

const IDENTITY: &str = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
const RECIPIENT: &str = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

async fn post(router: &Router, path: &str, body: &Value) -> Answer {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    send(router, request.body(Body::from(body.to_string())).unwrap()).await
}

/// What is in an archive of the instance, opened with the operator's identity.
struct Archive {
    /// The header of its file.
    header: Vec<u8>,
    manifest: Manifest,
    frames: Vec<Frame>,
}

impl Archive {
    async fn of(router: &Router) -> Self {
        let request = Request::post("/v1/instance/backup").header(header::CONTENT_TYPE, "application/json");
        let body = json!({ "recipients": [RECIPIENT] }).to_string();
        let response = tower::ServiceExt::oneshot(router.clone(), request.body(Body::from(body)).unwrap());
        let response = response.await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let mut file = Vec::new();
        for frame in decoded(&bytes) {
            if let Frame::Rows(piece) = frame {
                file.extend_from_slice(&piece);
            }
        }
        let (head, length) = Header::read(&file).unwrap().unwrap();
        let key = Identity::all_in(IDENTITY).unwrap()[0].unwrap(&head).unwrap();
        let mut reader = ArchiveReader::new(key).unwrap();
        reader.push(&file[length..]).unwrap();
        reader.finish().unwrap();
        let (mut check, mut frames) = (Check::default(), Vec::new());
        while let Some(frame) = reader.next_frame().unwrap() {
            check.take(&frame).unwrap();
            frames.push(frame);
        }
        assert!(check.is_whole());
        let header = file[..length].to_vec();
        Self { header, manifest: check.manifest().unwrap().clone(), frames: frames.split_off(1) }
    }

    async fn post(&self, router: &Router, more: Value) -> Answer {
        self.send(router, "/v1/instance/restore", more).await
    }

    async fn send(&self, router: &Router, path: &str, more: Value) -> Answer {
        let mut head = json!({ "manifest": self.manifest });
        head.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let head = Frame::Head(head.to_string().into());
        let body: Vec<u8> = [head].iter().chain(&self.frames).flat_map(Frame::encode).collect();
        let request = Request::post(path).header(header::CONTENT_TYPE, MEDIA_TYPE);
        send(router, request.body(Body::from(body)).unwrap()).await
    }

    /// The same with other frames.
    fn with(&self, change: impl FnOnce(&mut Vec<Frame>)) -> Self {
        let mut frames = self.frames.clone();
        change(&mut frames);
        Self { header: self.header.clone(), manifest: self.manifest.clone(), frames }
    }

    /// The rows of a table, as text.
    fn rows(&self, table: &str) -> String {
        let mut of = "";
        let mut text = Vec::new();
        for frame in &self.frames {
            match frame {
                Frame::Table(name) => of = name,
                Frame::Rows(piece) if of == table => text.extend_from_slice(piece),
                _ => {}
            }
        }
        String::from_utf8(text).unwrap()
    }
}

/// An empty machine that was given the vault's master key of another.
async fn machine_like(other: &Instance) -> Instance {
    let machine = Instance::new().await;
    std::fs::copy(other.folder.join("master.key"), machine.folder.join("master.key")).unwrap();
    machine
}

/// A workspace with a member, a key and a tenant that has a domain.
async fn lived_in(instance: &Instance, control: &Control, local: &Router) -> Tenant {
    let made = post(local, "/v1/workspaces", &json!({ "slug": "acme", "name": "Acme" })).await;
    assert!(made.status.is_success(), "{}", made.text);
    let shop = backups::lived_in(instance, control, "shop").await;
    let rows = format!(
        "INSERT INTO person (id, email, name, is_verified) VALUES ('p1', 'owner@x', 'Owner', true);
         INSERT INTO member (workspace_id, user_id, role) SELECT id, 'p1', 'owner' FROM workspace WHERE slug = 'acme';
         UPDATE tenant SET workspace_id = (SELECT id FROM workspace WHERE slug = 'acme') WHERE id = '{0}';
         INSERT INTO tenant_hostname (hostname, tenant_id, role, proof) VALUES ('auth.example.com', '{0}', 'primary', 'dns');
         INSERT INTO tenant_domain (tenant_id, domain, challenge, state) VALUES ('{0}', 'auth.example.com', 'c', 'verified');",
        shop.id
    );
    instance.database.admin().await.batch_execute(&rows).await.unwrap();
    let key = json!({ "name": "ci", "scopes": ["tenant.read"] });
    assert!(post(local, "/v1/keys", &key).await.status.is_success());
    shop
}

#[tokio::test]
async fn it_is_decided_for_every_table_whether_it_is_archived() {
    let instance = Instance::new().await;
    instance.start().await;
    let tables =
        "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('public', 'kiavi')";
    let there = instance.database.admin().await.query(tables, &[]).await.unwrap();
    let there: std::collections::BTreeSet<String> = there.iter().map(|row| row.get(0)).collect();
    let decided = subject::ARCHIVED.iter().chain(&subject::LEFT).map(|name| (*name).to_owned());
    assert_eq!(there, decided.collect());
}

#[tokio::test]
async fn an_instance_comes_back_and_its_tenants_with_it() {
    let before = Instance::new().await;
    let (archive, tenant, shop, key) = serving(&before, async |control, local, _| {
        let shop = lived_in(&before, control, &local).await;
        let key = instance_key::of(control, "ended-key").await.unwrap();
        (Archive::of(&local).await, Sent::of(&local, "shop").await, shop, key)
    })
    .await;
    assert_eq!(archive.rows("public.member").lines().count(), 1);
    // What opens something is in it as the vault has it, or as a hash.
    let secret = before.privileged.ready.lock().unwrap()[&shop.id].secret.to_text().to_string();
    for table in &archive.manifest.tables {
        let rows = archive.rows(&table.name);
        assert!(!rows.contains(&secret) && !rows.contains("kiavi_mk_"), "{}", table.name);
    }

    let after = machine_like(&before).await;
    serving(&after, async |control, local, _| {
        let answer = archive.post(&local, json!({})).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let told = answer.json();
        assert_eq!((&told["vault_keys"], &told["lost"][0]["slug"]), (&json!(1), &json!("shop")));
        assert_eq!(told["lost"][0]["workspace"], "acme");
        assert_eq!(after.count("SELECT count(*) FROM member WHERE user_id = $1", "p1").await, 1);
        let good = "SELECT count(*) FROM management_key WHERE name = $1 AND revoked_at IS NULL";
        assert_eq!(after.count(good, "ci").await, 0, "nobody knows which keys were revoked since");
        let same = instance_key::of(control, "ended-key").await.unwrap();
        assert_eq!(same.expose_secret(), key.expose_secret());
        let events = "SELECT count(*) FROM audit_event WHERE type = $1";
        assert_eq!(after.count(events, "instance.brought_back").await, 1);
        assert!(after.count(events, "workspace.created").await >= 1, "the log is the old one");

        // A tenant under its own name is what it was; the first of another name would be a copy.
        let restored = tenant.post(&local, "shop", false).await;
        assert_eq!(restored.status, StatusCode::CREATED, "{}", restored.text);
        assert!(!restored.text.contains("It had the hostnames"));
        let back = control.tenant("shop").await.unwrap().unwrap();
        let workspace = "SELECT count(*) FROM tenant t JOIN workspace w ON w.id = t.workspace_id
                         WHERE w.slug = 'acme' AND t.id = $1";
        assert_eq!(after.count(workspace, back.id.as_str()).await, 1);
        assert_eq!(control.url_of(&back), "http://auth.example.com:8080");
        let proved = "SELECT count(*) FROM tenant_domain WHERE tenant_id = $1 AND state = 'verified' AND challenge = 'c'";
        assert_eq!(after.count(proved, back.id.as_str()).await, 1, "the record in the DNS stays good");
        assert_eq!(get(&local, "/v1/lost-tenants").await.json()["tenants"], json!([]));
        let again = archive.post(&local, json!({})).await;
        assert_eq!(again.problem().1, "invalid_import", "it is not empty any more");
    })
    .await;
}

#[tokio::test]
async fn a_trial_shows_that_an_archive_could_be_brought_back_and_leaves_nothing() {
    let instance = Instance::new().await;
    let archive = serving(&instance, async |control, local, _| {
        let shop = lived_in(&instance, control, &local).await;
        instance_key::of(control, "ended-key").await.unwrap();
        // What makes the tenant's own key to its archives.
        Sent::of(&local, "shop").await;
        let archive = Archive::of(&local).await;
        let answer = archive.send(&local, "/v1/instance/drill", json!({})).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let told = answer.json();
        assert_eq!(told["tenants"], json!([{ "id": shop.id, "slug": "shop" }]));
        assert_eq!((&told["vault_keys"], &told["tenant_keys"]), (&json!(1), &json!(1)));
        assert_eq!(told["rows"]["public.workspace"], 2);
        let there = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE $1";
        assert_eq!(instance.count(there, "%drill%").await, 0);
        let good = "SELECT count(*) FROM management_key WHERE name = $1 AND revoked_at IS NULL";
        assert_eq!(instance.count(good, "ci").await, 1, "the instance itself is as it was");
        assert_eq!(control.tenants().await.unwrap().len(), 1);

        let header = json!({ "header": STANDARD.encode(&archive.header) });
        let opened = post(&local, "/v1/archives/open", &header).await.json();
        assert_eq!(opened["tenant"], crate::log::INSTANCE);
        let key = STANDARD.decode(opened["file_key"].as_str().unwrap()).unwrap();
        let (header, _) = Header::read(&archive.header).unwrap().unwrap();
        header.check(&FileKey::from_bytes(&key).unwrap()).unwrap();
        archive
    })
    .await;
    let other = Instance::new().await;
    serving(&other, async |_, local, _| {
        let tried = async |archive: &Archive| archive.send(&local, "/v1/instance/drill", json!({})).await;
        let refused = tried(&archive).await;
        assert!(refused.text.contains("does not open with the vault's master key"), "{}", refused.text);
        let header = json!({ "header": STANDARD.encode(&archive.header) });
        assert_eq!(post(&local, "/v1/archives/open", &header).await.problem().0, 404, "nor the archive");
        assert_eq!(tried(&archive.with(|frames| frames.truncate(9))).await.problem().1, "import_broken");
        let without_rows = archive.with(|frames| {
            let rows = frames.iter().position(|frame| matches!(frame, Frame::Rows(_))).unwrap();
            frames.remove(rows);
        });
        assert_eq!(tried(&without_rows).await.problem().1, "import_broken");
        let members = "SELECT count(*) FROM member WHERE user_id = $1";
        assert_eq!(other.count(members, "p1").await, 0);
    })
    .await;
}

#[tokio::test]
async fn only_an_empty_instance_with_the_same_master_key_takes_it() {
    let before = Instance::new().await;
    let archive = serving(&before, async |control, local, _| {
        lived_in(&before, control, &local).await;
        instance_key::of(control, "ended-key").await.unwrap();
        assert_eq!(post(&local, "/v1/instance/backup", &json!({})).await.problem().1, "invalid_body");
        let archive = Archive::of(&local).await;
        assert_eq!(archive.post(&local, json!({})).await.problem().1, "invalid_import");
        archive
    })
    .await;
    let other = Instance::new().await;
    serving(&other, async |_, local, _| {
        let refused = archive.post(&local, json!({})).await;
        assert!(refused.text.contains("another master key"), "{}", refused.text);
        let members = "SELECT count(*) FROM member WHERE user_id = $1";
        assert_eq!(other.count(members, "p1").await, 0, "nothing was taken in");
        let broken = archive.with(|frames| frames.truncate(9));
        assert_eq!(broken.post(&local, json!({})).await.problem().1, "import_broken");

        let kept = json!({ "without_vault_keys": true, "keep_keys": true });
        assert_eq!(archive.post(&local, kept).await.status, StatusCode::OK);
        assert_eq!(other.count(members, "p1").await, 1);
        let good = "SELECT count(*) FROM management_key WHERE name = $1 AND revoked_at IS NULL";
        assert_eq!(other.count(good, "ci").await, 1);
    })
    .await;
}

#[tokio::test]
async fn the_consoles_own_tenant_takes_the_place_of_one_that_nobody_is_in() {
    let before = Instance::new().await;
    let sent = serving(&before, async |control, local, _| {
        let console = control.ensure_console().await.unwrap();
        let somebody =
            r#"INSERT INTO public."user" (id, name, email, "emailVerified") VALUES ('p1', 'O', 'o@x', true)"#;
        inside(&before, &console.id).await.batch_execute(somebody).await.unwrap();
        let sent = Sent::of(&local, "console").await;
        assert_eq!(
            sent.post(&local, "console", false).await.problem().1,
            "tenant_exists",
            "somebody is in it"
        );
        sent
    })
    .await;
    let after = Instance::new().await;
    serving(&after, async |control, local, _| {
        let first = control.ensure_console().await.unwrap();
        let answer = sent.post(&local, "console", false).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        let console = control.tenant("console").await.unwrap().unwrap();
        assert!(console.id != first.id && console.is_console());
        let users =
            inside(&after, &console.id).await.query("SELECT id FROM public.\"user\"", &[]).await.unwrap();
        assert_eq!(users[0].get::<_, &str>(0), "p1");
        after.assert_gone(&first).await;
    })
    .await;
}

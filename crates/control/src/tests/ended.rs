//! What has ended since an archive was made, ends again in the tenant that is made of it.

use super::{
    api::{Answer, serving},
    backups::{Sent, inside},
    *,
};
use crate::ended;

/// Three people, one of whom has everything.
const PEOPLE: &str = r#"
    INSERT INTO public."user" (id, name, email, "emailVerified")
      VALUES ('ada', 'Ada', 'ada@x', true), ('bob', 'Bob', 'bob@x', true), ('eve', 'Eve', 'eve@x', true);
    INSERT INTO public.passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
      VALUES ('p-ada', 'k', 'ada', 'c1', 0, 'singleDevice', false), ('p-bob', 'k', 'bob', 'c2', 0, 'singleDevice', false),
             ('p-lost', 'k', 'bob', 'c3', 0, 'singleDevice', false);
    INSERT INTO public.account (id, "accountId", "providerId", "userId", "updatedAt")
      VALUES ('a-ada', '1', 'google', 'ada', now()), ('a-bob', '2', 'google', 'bob', now());
    INSERT INTO public.apikey (id, "configId", "referenceId", key, enabled, "createdAt", "updatedAt")
      VALUES ('k-ada', 'default', 'ada', 'h1', true, now(), now()), ('k-gone', 'default', 'bob', 'h2', true, now(), now()),
             ('k-off', 'default', 'bob', 'h3', true, now(), now()), ('k-on', 'default', 'bob', 'h4', NULL, now(), now());
    INSERT INTO public.session (id, token, "userId", "expiresAt", "updatedAt")
      SELECT 's-' || u || n, 't-' || u || n, u, now() + interval '1 day', now()
      FROM unnest('{ada,bob,eve}'::text[]) u, generate_series(1, 2) n;"#;

/// What then ended, and what was only switched off for a while.
const ENDINGS: &str = r#"
    DELETE FROM public."user" WHERE id = 'ada';
    DELETE FROM public.apikey WHERE id IN ('k-ada', 'k-gone');
    UPDATE public.apikey SET enabled = false WHERE id IN ('k-off', 'k-on');
    UPDATE public.apikey SET enabled = true WHERE id = 'k-on';
    DELETE FROM public.passkey WHERE id = 'p-lost';
    DELETE FROM public.account WHERE id = 'a-bob';
    DELETE FROM public.session WHERE id = 's-bob1';"#;

/// What is there, in one line.
const THERE: &str = r#"SELECT concat_ws(' ', VARIADIC array(SELECT id FROM (
    SELECT id FROM public."user" UNION ALL SELECT id FROM public.passkey UNION ALL SELECT id FROM public.account
    UNION ALL SELECT id || CASE WHEN enabled IS FALSE THEN '!' ELSE '' END FROM public.apikey
    UNION ALL SELECT id FROM public.session) AS all_ids ORDER BY id COLLATE "C"))"#;

const AFTERWARDS: &str = "a-ada a-bob ada bob eve k-ada k-gone k-off k-on p-ada p-bob p-lost s-ada1 s-ada2 s-bob1 s-bob2 s-eve1 s-eve2";

async fn there(instance: &Instance, control: &Control, name: &str) -> String {
    let tenant = control.tenant(name).await.unwrap().unwrap();
    inside(instance, &tenant.id).await.query(THERE, &[]).await.unwrap()[0].get(0)
}

async fn running(instance: &Instance, control: &Control, name: &str) -> Tenant {
    let id = instance.request(control, name).await.id;
    let running = control.wait(&id, |tenant| tenant.state == TenantState::Running);
    let tenant = running.await.unwrap().unwrap();
    inside(instance, &id).await.batch_execute(PEOPLE).await.unwrap();
    tenant
}

async fn end(instance: &Instance, tenant: &Tenant, statements: &str) {
    inside(instance, &tenant.id).await.batch_execute(statements).await.unwrap();
}

fn made(answer: &Answer) -> Value {
    assert_eq!(answer.status, axum::http::StatusCode::CREATED, "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn what_ended_since_is_not_in_the_restored_tenant() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        let shop = running(&instance, control, "shop").await;
        let sent = Sent::of(&local, "shop").await;
        end(&instance, &shop, ENDINGS).await;
        let answer = made(&sent.post(&local, "copy", false).await);
        assert_eq!(answer["rows"]["public.user"], 3, "rows are those of the archive");
        let ended = json!({
            "users": 1, "accounts": 1, "passkeys": 1, "api_keys": 1, "api_keys_off": 1, "sessions": 1,
        });
        assert_eq!(answer["ended"], ended);
        let kept = "bob eve k-off! k-on p-bob s-bob2 s-eve1 s-eve2";
        assert_eq!(there(&instance, control, "copy").await, kept);
        assert!(
            answer["warnings"].to_string().contains("1 person who was erased, 1 passkey, 1 linked account")
        );

        // Both logs say it, without anybody's id.
        let told = "SELECT detail::text FROM told WHERE kind = 'tenant.restored'";
        let copy = control.tenant("copy").await.unwrap().unwrap();
        let told: String = inside(&instance, &copy.id).await.query(told, &[]).await.unwrap()[0].get(0);
        assert_eq!(serde_json::from_str::<Value>(&told).unwrap()["ended"], ended);
        assert!(!told.contains("ada"));
        // Nor is any id left where it was noted, or kept.
        let noted = inside(&instance, &shop.id).await.query("SELECT FROM kiavi.ended", &[]).await.unwrap();
        assert!(noted.is_empty());
        assert_eq!(instance.count("SELECT count(*) FROM ended WHERE family = $1", shop.id.as_str()).await, 8);
    })
    .await;
}

#[tokio::test]
async fn it_is_known_when_the_tenants_database_and_the_tenant_itself_are_gone() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        let shop = running(&instance, control, "shop").await;
        let sent = Sent::of(&local, "shop").await;
        end(&instance, &shop, ENDINGS).await;
        ended::take(control, &shop.id).await.unwrap();
        let admin = instance.database.admin().await;
        admin.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", shop.id)).await.unwrap();
        made(&sent.post(&local, "lost", false).await);
        // Who was signed in cannot be found out: nobody is.
        assert_eq!(there(&instance, control, "lost").await, "bob eve k-off! k-on p-bob");

        control.remove_tenant(&shop.id).await.unwrap();
        control.wait(&shop.id, |_| false).await.unwrap();
        made(&sent.post(&local, "destroyed", false).await);
        assert_eq!(there(&instance, control, "destroyed").await, "bob eve k-off! k-on p-bob");
    })
    .await;
}

#[tokio::test]
async fn a_tenant_that_is_destroyed_leaves_word_of_what_ended() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        let shop = running(&instance, control, "shop").await;
        let sent = Sent::of(&local, "shop").await;
        end(&instance, &shop, ENDINGS).await;
        control.remove_tenant(&shop.id).await.unwrap();
        control.wait(&shop.id, |_| false).await.unwrap();
        made(&sent.post(&local, "again", false).await);
        assert_eq!(there(&instance, control, "again").await, "bob eve k-off! k-on p-bob");
    })
    .await;
}

#[tokio::test]
async fn what_ended_in_a_restored_tenant_ended_in_its_family() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        running(&instance, control, "shop").await;
        let sent = Sent::of(&local, "shop").await;
        made(&sent.post(&local, "second", false).await);
        let second = control.tenant("second").await.unwrap().unwrap();
        end(&instance, &second, "DELETE FROM public.\"user\" WHERE id = 'eve'").await;
        made(&sent.post(&local, "third", false).await);
        assert!(!there(&instance, control, "third").await.contains("eve"));
        assert!(there(&instance, control, "shop").await.contains("eve"), "who is here stays");
    })
    .await;
}

#[tokio::test]
async fn it_comes_back_when_its_end_was_the_accident() {
    let instance = Instance::new().await;
    serving(&instance, async |control, local, _| {
        let shop = running(&instance, control, "shop").await;
        let mut sent = Sent::of(&local, "shop").await;
        end(&instance, &shop, ENDINGS).await;
        sent.keep_ended = true;
        let answer = made(&sent.post(&local, "copy", false).await);
        assert_eq!(answer["ended"]["users"], 0);
        // But for sessions, whose people can sign in.
        let kept = AFTERWARDS.replace(" s-ada1 s-ada2 s-bob1", "");
        assert_eq!(there(&instance, control, "copy").await, kept);
    })
    .await;
}

#[tokio::test]
async fn an_instance_that_has_not_had_the_tenant_has_its_keys_switched_off() {
    let (here, elsewhere) = (Instance::new().await, Instance::new().await);
    let mut sent = serving(&here, async |control, local, _| {
        running(&here, control, "shop").await;
        Sent::of(&local, "shop").await
    })
    .await;
    serving(&elsewhere, async |control, local, _| {
        for name in ["one", "two"] {
            let answer = made(&sent.post(&local, name, false).await);
            assert_eq!(answer["ended"]["api_keys_off"], 4, "the second time, too");
            let off = AFTERWARDS.replace("k-ada k-gone k-off k-on", "k-ada! k-gone! k-off! k-on!");
            assert_eq!(there(&elsewhere, control, name).await, off);
        }
        sent.keep_api_keys = true;
        let answer = made(&sent.post(&local, "moved", false).await);
        assert_eq!(answer["ended"]["api_keys_off"], 0);
        assert_eq!(there(&elsewhere, control, "moved").await, AFTERWARDS);
    })
    .await;
}

//! What is sealed in events, for whom, and until when.

use jiff::SignedDuration;
use kiavi_crypto::{SecretVersion, SystemRng, TenantSecret};
use kiavi_testkit::TestDatabase;
use serde_json::{Value, json};

use super::super::{self as audit, Event, EventType, Outcome};
use crate::tests::{Browser, RUNTIME_ROLE, TestTenant};

const AGENT: &str = "CanaryBrowser/7";
const ADDRESS: &str = "192.0.2.1";
const EMAIL: &str = "ada@example.com";

async fn sign_up(tenant: &TestTenant) -> Browser {
    let mut browser = tenant.browser();
    let ask = json!({ "email": EMAIL, "type": "sign-in" });
    let agent = [("user-agent", AGENT)];
    browser
        .send("POST".parse().unwrap(), "/email-otp/send-verification-otp", Some(ask.to_string()), &agent)
        .await;
    let body = json!({ "email": EMAIL, "otp": tenant.newest_code().await, "name": "Ada Canary" });
    let answer =
        browser.send("POST".parse().unwrap(), "/sign-in/email-otp", Some(body.to_string()), &agent).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    browser
}

/// Every byte of the log's own table, as text.
async fn bodies(tenant: &TestTenant) -> Vec<Vec<u8>> {
    let rows = tenant.admin.query("SELECT body FROM kiavi.audit_event ORDER BY seq", &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

fn contains(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|part| part == text.as_bytes())
}

#[tokio::test]
async fn no_body_names_anybody_and_whoever_has_the_keys_reads_all() {
    let tenant = TestTenant::new().await;
    let mut browser = sign_up(&tenant).await;
    let id = tenant.id_of(EMAIL).await;
    browser.post("/update-user", json!({ "name": "Countess Canary" })).await;
    tenant.operator().post("/admin/ban-user", json!({ "userId": id, "banReason": "Canary reason" })).await;
    let canaries = [&*id, EMAIL, "ada@", AGENT, ADDRESS, "Ada Canary", "Countess", "Canary reason"];
    for body in bodies(&tenant).await {
        for canary in canaries {
            assert!(!contains(&body, canary), "{canary}");
        }
    }
    let created = tenant.newest("user.created").await;
    assert_eq!((created.actor(), created.subject()), (Some(&*id), Some(&*id)));
    assert_eq!((created.ip.as_deref(), created.user_agent.as_deref()), (Some(ADDRESS), Some(AGENT)));
    assert_eq!(created.personal, Some(json!({ "email": EMAIL, "name": "Ada Canary" })));
    let updated = tenant.newest("user.updated").await;
    let change = json!({ "changes": { "name": { "from": "Ada Canary", "to": "Countess Canary" } } });
    assert_eq!(updated.personal, Some(change));
    let banned = tenant.newest("user.banned").await;
    assert_eq!(banned.actor(), Some("operator:test"));
    assert_eq!(banned.personal.unwrap()["changes"]["banReason"]["to"], "Canary reason");
    let facts = &banned.facts.unwrap()["changes"];
    assert_eq!((&facts["banned"]["to"], &facts["banReason"]), (&json!(true), &json!({})));
    let columns: Vec<String> = tenant
        .admin
        .query("SELECT coalesce(encode(ip_token, 'escape'), '') FROM kiavi.audit_event", &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert!(columns.iter().all(|column| !column.contains(ADDRESS)));
}

#[tokio::test]
async fn whoever_is_deleted_is_forgotten_and_no_body_changes() {
    let tenant =
        TestTenant::with(|settings| settings.user.deletion = crate::user::Deletion::FreshSession).await;
    let mut browser = sign_up(&tenant).await;
    let id = tenant.id_of(EMAIL).await;
    let reference = tenant.newest("user.created").await.actor.unwrap().reference;
    let before = bodies(&tenant).await;
    let answer = browser.post("/delete-user", json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);

    let after = bodies(&tenant).await;
    assert_eq!(after[..before.len()], before, "what was sealed stays to the byte");
    let log = tenant.log("").await;
    let erased = log.iter().find(|event| event.kind == "user.erased").expect("its own event");
    assert_eq!((erased.actor(), erased.subject()), (Some(&*reference), Some(&*reference)));
    for event in log.iter().filter(|event| event.subject() == Some(&*reference)) {
        assert!(event.is_erased && event.ip.is_none() && event.personal.is_none(), "{event:?}");
    }
    let named = "SELECT count(*) FROM kiavi.audit_event WHERE $1 IN (actor, subject)
                 OR (subject = $2 AND ip_token IS NOT NULL)";
    assert_eq!(tenant.value::<i64>(named, &[&id, &reference]).await, 0);
    let kept = "SELECT count(*) FROM kiavi.audit_subject WHERE user_id = $1 OR (erased_at IS NOT NULL AND key IS NOT NULL)";
    assert_eq!(tenant.value::<i64>(kept, &[&id]).await, 0);
    assert_eq!(tenant.events("user.deleted").await, 1);
}

#[tokio::test]
async fn an_administrator_s_request_stays_theirs_when_its_subject_is_forgotten() {
    let tenant = TestTenant::new().await;
    let mut admin = tenant.signed_in("boss@example.com").await;
    let (boss, id) = (tenant.id_of("boss@example.com").await, {
        tenant.add_user("u1", EMAIL).await;
        "u1"
    });
    tenant.admin.execute(r#"UPDATE "user" SET role = 'admin' WHERE id = $1"#, &[&boss]).await.unwrap();
    let admin_of = |path: &'static str| (path, json!({ "userId": id }));
    for (path, body) in [admin_of("/admin/ban-user"), admin_of("/admin/remove-user")] {
        let answer = admin.post(path, body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    for kind in ["user.banned", "user.deleted", "user.erased"] {
        let event = tenant.newest(kind).await;
        assert_eq!((event.actor(), event.ip.as_deref()), (Some(&*boss), Some(ADDRESS)), "{kind}");
        assert!(event.subject().unwrap().starts_with("user:"), "{event:?}");
    }
    let index = "SELECT bool_and(ip_token IS NOT NULL AND actor = $1) FROM kiavi.audit_event WHERE type = 'user.banned'";
    assert!(tenant.value::<bool>(index, &[&boss]).await);
}

#[tokio::test]
async fn a_user_whom_somebody_deletes_by_hand_is_forgotten_too() {
    let tenant = TestTenant::new().await;
    sign_up(&tenant).await;
    tenant.admin.batch_execute(r#"DELETE FROM public."user""#).await.unwrap();
    let created = tenant.newest("user.created").await;
    assert!(created.is_erased && created.actor.unwrap().user_id.is_none());
}

#[tokio::test]
async fn all_who_name_somebody_at_once_agree_on_one_key() {
    let tenant = TestTenant::new().await;
    tenant.add_user("u1", EMAIL).await;
    let engines: Vec<_> = (0..3).map(|_| tenant.another_engine(|_| {})).collect();
    let write = |engine: usize| {
        let state = engines[engine % 3].state().clone();
        async move {
            let transaction = state.database.begin().await.unwrap();
            let event = Event::by(EventType::UserUpdated, "u1").personal(json!({ "name": "Ada" }));
            audit::record_own(&transaction, &state, event).await.unwrap();
            transaction.commit().await.unwrap();
        }
    };
    futures_util::future::join_all((0..12).map(write)).await;
    let log = tenant.log("user.updated").await;
    assert_eq!(log.len(), 12);
    for event in &log {
        assert_eq!((event.subject(), &event.personal), (Some("u1"), &Some(json!({ "name": "Ada" }))));
    }
}

#[tokio::test]
async fn a_user_who_was_not_made_after_all_is_not_known() {
    let tenant = TestTenant::new().await;
    let state = tenant.state();
    let transaction = state.database.begin().await.unwrap();
    let event = Event::new(EventType::UserCreated, Outcome::Success).about("nobody");
    audit::record_own(&transaction, state, event).await.unwrap();
    drop(transaction);
    // Rolled back: whoever is named and does not exist is not named in the log.
    let transaction = state.database.begin().await.unwrap();
    audit::record_own(&transaction, state, Event::by(EventType::UserUpdated, "nobody")).await.unwrap();
    transaction.commit().await.unwrap();
    let event = tenant.newest("user.updated").await;
    assert_eq!((event.actor(), event.subject()), (None, None));
    let rows = "SELECT count(*) FROM kiavi.audit_subject WHERE user_id = 'nobody'";
    assert_eq!(tenant.value::<i64>(rows, &[]).await, 0);
}

#[tokio::test]
async fn visitors_of_a_day_are_forgotten_after_their_time() {
    let tenant = TestTenant::new().await;
    let refused = || json!({ "email": "nobody@example.com", "otp": "123456" });
    tenant.browser().post("/sign-in/email-otp", refused()).await;
    tenant.clock.advance(SignedDuration::from_hours(24));
    tenant.browser().post("/sign-in/email-otp", refused()).await;
    let readable = async || {
        let log = tenant.log("code.refused").await;
        log.iter().map(|event| event.ip.is_some()).collect::<Vec<_>>()
    };
    assert_eq!(readable().await, [true, true]);
    let old = "UPDATE kiavi.audit_subject SET created_at = now() - interval '91 days' WHERE user_id = 'visitor:2026-11-24'";
    assert_eq!(tenant.admin.execute(old, &[]).await.unwrap(), 1);
    crate::housekeeping::sweep(tenant.state()).await;
    assert_eq!(readable().await, [false, true]);
    let tokens = "SELECT count(ip_token) FROM kiavi.audit_event";
    assert_eq!(tenant.value::<i64>(tokens, &[]).await, 1);
}

#[tokio::test]
async fn a_secret_that_is_retired_takes_nothing_along() {
    let tenant = TestTenant::new().await;
    sign_up(&tenant).await;
    let version = |version, text: &str| SecretVersion { version, text: text.to_owned().into() };
    let first = kiavi_base::ExposeSecret::expose_secret(&tenant.state().secret).to_owned();
    let new = "another-secret-of-a-test-tenant-000001";
    let rotated = TenantSecret::versioned([version(2, new)], Some(first.into())).unwrap();
    let alone = TenantSecret::versioned([version(2, new)], None).unwrap();
    let reads = async |secret: &TenantSecret| {
        let engine = tenant.another_engine(|parts| parts.secret = secret.clone());
        let mut operator = tenant.operator().at(&engine);
        let answer = operator.get("/audit/events?type=user.created").await;
        answer.json["events"][0]["personal"]["email"].as_str().map(str::to_owned)
    };
    assert_eq!(reads(&rotated).await.as_deref(), Some(EMAIL));
    audit::rewrap(&tenant.admin, &rotated, &SystemRng).await.unwrap();
    audit::rewrap(&tenant.admin, &rotated, &SystemRng).await.unwrap();
    assert_eq!(reads(&alone).await.as_deref(), Some(EMAIL));
    assert!(audit::rewrap(&tenant.admin, &tenant.state().secret, &SystemRng).await.is_err());
}

#[tokio::test]
async fn the_runtime_role_can_change_nothing_of_the_log() {
    let tenant = TestTenant::new().await;
    sign_up(&tenant).await;
    let login = kiavi_db::Login::new(RUNTIME_ROLE, tenant.database.name());
    let runtime = kiavi_db::AdminConnection::connect(&*tenant.database.connector(), &login).await.unwrap();
    let mut attempts = Vec::new();
    for table in ["kiavi.audit_event", "kiavi.audit_subject"] {
        attempts.extend([
            format!("UPDATE {table} SET id = id"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table}"),
            format!("DROP TABLE {table}"),
            format!("ALTER TABLE {table} DISABLE TRIGGER ALL"),
            format!("ALTER TABLE {table} RENAME TO x"),
            format!("ALTER TABLE {table} OWNER TO {RUNTIME_ROLE}"),
            format!("ALTER TABLE {table} ADD COLUMN x int"),
            format!("CREATE RULE r AS ON INSERT TO {table} DO INSTEAD NOTHING"),
            format!("CREATE TRIGGER t BEFORE INSERT ON {table} EXECUTE FUNCTION kiavi.tell_writer()"),
            format!("CREATE INDEX i ON {table} (id)"),
            format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"),
            format!("SELECT 1; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"),
            format!("COMMENT ON TABLE {table} IS ''"),
            format!("SELECT * FROM {table} FOR UPDATE"),
        ]);
    }
    attempts.extend(
        [
            "INSERT INTO kiavi.audit_event (seq, id, at, type, outcome, body)
               VALUES (1, gen_random_uuid(), now(), '', '', '')",
            "SELECT setval('kiavi.audit_event_seq_seq', 1)",
            "ALTER SEQUENCE kiavi.audit_event_seq_seq RESTART",
            "SET session_replication_role = replica",
            r#"ALTER TABLE public."user" DISABLE TRIGGER kiavi_forget"#,
            r#"DROP TRIGGER kiavi_forget ON public."user""#,
            "DROP FUNCTION kiavi.audit_forget(text)",
            "CREATE OR REPLACE FUNCTION kiavi.audit_forget(text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
            "SELECT kiavi.audit_forget('log:key')",
            "COPY kiavi.audit_event FROM PROGRAM 'true'",
            "COPY kiavi.audit_event TO '/tmp/x'",
            "SET ROLE postgres",
        ]
        .map(str::to_owned),
    );
    let before = bodies(&tenant).await;
    for attempt in attempts {
        // The privilege is looked at before anything else, or the right to the whole command.
        let refused = runtime.batch_execute(&attempt).await.expect_err(&attempt);
        let code = refused.sqlstate().map(|state| state.code().to_owned());
        assert!(matches!(code.as_deref(), Some("42501" | "428C9" | "22023")), "{attempt}: {refused}");
    }
    assert_eq!(bodies(&tenant).await, before);
}

/// Rows of before the log become events of before.
#[tokio::test]
async fn events_of_before_are_still_told() {
    let database = TestDatabase::empty().await;
    let mut admin = database.admin().await;
    crate::schema::migrate_to(&mut admin, None, 10).await.unwrap();
    let long = "x".repeat(70_000);
    for (id, facts) in [
        ("0193a5c0-7d1e-7000-8000-000000000002", json!({ "é": [1, null], "long": "y".repeat(300) })),
        ("0193a5c0-7d1e-7000-8000-000000000001", json!({ "long": long })),
        ("0193a5c0-7d1e-7000-8000-000000000003", Value::Null),
    ] {
        let insert =
            "INSERT INTO kiavi.audit_event VALUES ($1::text::uuid, '2026-11-24T12:00:00.5Z', 'user.updated',
                      'success', 'r', 'u1', 'u1', 'session', '192.0.2.1', 'Browser', $2)";
        let facts = (!facts.is_null()).then_some(facts);
        admin.execute(insert, &[&id, &facts]).await.unwrap();
    }
    crate::migrate(&mut admin, None, None).await.unwrap();
    let rows = admin.query("SELECT body FROM kiavi.audit_event ORDER BY seq", &[]).await.unwrap();
    let told: Vec<Value> = rows
        .iter()
        .map(|row| match kiavi_audit::Body::decode(row.get(0)).unwrap() {
            kiavi_audit::Body::Before(json) => serde_json::from_str(&json).unwrap(),
            other => panic!("{other:?}"),
        })
        .collect();
    let row = |last: char, detail: Value| {
        json!({
            "id": format!("0193a5c0-7d1e-7000-8000-00000000000{last}"), "at": "2026-11-24T12:00:00.500Z",
            "type": "user.updated", "outcome": "success", "request_id": "r", "actor": "u1", "subject": "u1",
            "method": "session", "detail": detail,
        })
    };
    let expected = [
        row('1', json!({ "omitted": true })),
        row('2', json!({ "é": [1, null], "long": "y".repeat(300) })),
        row('3', Value::Null),
    ];
    assert_eq!(told, expected);
}

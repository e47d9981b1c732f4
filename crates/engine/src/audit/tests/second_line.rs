//! What changes tables past the engine leaves an event; what the engine does leaves none but its own.

use kiavi_db::{AdminConnection, Login};
use serde_json::json;

use crate::tests::{RUNTIME_ROLE, TestTenant};

async fn runtime(tenant: &TestTenant) -> AdminConnection {
    let login = Login::new(RUNTIME_ROLE, tenant.database.name());
    let runtime = AdminConnection::connect(&*tenant.database.connector(), &login).await.unwrap();
    runtime.batch_execute("SET kiavi.by_hand = 'on'").await.unwrap();
    runtime
}

/// What the log has of changes past the engine: change and columns.
async fn told(tenant: &TestTenant) -> Vec<(String, serde_json::Value)> {
    let events = tenant.log("database.changed").await;
    events
        .iter()
        .map(|event| {
            let facts = event.facts.as_ref().unwrap();
            assert_eq!((event.actor(), event.subject()), (Some("database"), None));
            assert_eq!(facts["role"], RUNTIME_ROLE, "who was it");
            (event.fact("change").to_owned(), facts["columns"].clone())
        })
        .collect()
}

#[tokio::test]
async fn the_engine_explains_what_it_does() {
    let tenant = TestTenant::new().await;
    let mut ada = tenant.signed_in("ada@example.com").await;
    ada.post("/update-user", json!({ "name": "Ada" })).await;
    ada.get("/token").await;
    ada.post("/sign-out", json!({})).await;
    tenant.signed_in("ada@example.com").await.post("/revoke-sessions", json!({})).await;
    assert_eq!(tenant.events("database.changed").await, 0);
}

#[tokio::test]
async fn a_statement_by_hand_leaves_a_trace_whoever_makes_it() {
    let tenant = TestTenant::new().await;
    tenant.signed_in("ada@example.com").await;
    let runtime = runtime(&tenant).await;
    for statement in [
        r#"UPDATE "user" SET role = 'admin', name = 'Root'"#,
        r#"UPDATE session SET "userAgent" = 'x'"#,
        r#"INSERT INTO session (id, token, "userId", "expiresAt", "updatedAt")
           SELECT 'stolen', 'stolen', id, now() + interval '1 day', now() FROM "user""#,
        r#"INSERT INTO passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
           SELECT 'planted', '', id, 'planted', 0, '', false FROM "user""#,
        "DELETE FROM passkey",
        "DELETE FROM session",
    ] {
        runtime.batch_execute(statement).await.expect(statement);
    }
    let none = serde_json::Value::Null;
    let expected = [
        ("user UPDATE", json!(["name", "role"])),
        ("session UPDATE", json!(["userAgent"])),
        ("session INSERT", none.clone()),
        ("passkey INSERT", none.clone()),
        ("passkey DELETE", none.clone()),
        ("session DELETE", none.clone()),
    ];
    let found = told(&tenant).await;
    assert_eq!(found, expected.map(|(change, columns)| (change.to_owned(), columns)));
    let text = format!("{:?}", tenant.newest("database.changed").await.facts);
    assert!(!text.contains("ada@"), "nothing of a person's: {text}");

    // The superuser, in one transaction: once for each table and what is done to it.
    let many =
        r#"BEGIN; UPDATE "user" SET name = 'A'; UPDATE "user" SET name = 'B'; DELETE FROM "user"; COMMIT"#;
    tenant.admin.batch_execute(many).await.unwrap();
    tenant.admin.batch_execute(r#"TRUNCATE "user" CASCADE"#).await.unwrap();
    let mut changes: Vec<_> = tenant.log("database.changed").await.into_iter().skip(found.len()).collect();
    assert!(changes.iter().all(|event| event.facts.as_ref().unwrap()["role"] == "kiavi_super"));
    changes.sort_by_key(|event| event.fact("change").to_owned());
    let mut changes: Vec<_> = changes.iter().map(|event| event.fact("change")).collect();
    changes.retain(|change| change.starts_with("user"));
    assert_eq!(changes, ["user DELETE", "user TRUNCATE", "user UPDATE"]);
}

#[tokio::test]
async fn what_nobody_gains_from_and_what_is_rolled_back_leaves_none() {
    let tenant = TestTenant::new().await;
    tenant.signed_in("ada@example.com").await;
    let runtime = runtime(&tenant).await;
    for statement in [
        r#"UPDATE session SET "expiresAt" = now() - interval '1 minute', "updatedAt" = now()"#,
        "DELETE FROM session",
        r#"UPDATE "user" SET name = name"#,
        r#"BEGIN; UPDATE "user" SET role = 'admin'; ROLLBACK"#,
    ] {
        runtime.batch_execute(statement).await.expect(statement);
    }
    assert_eq!(tenant.events("database.changed").await, 0);
}

#[tokio::test]
async fn the_counter_of_a_passkey_is_looked_at_when_it_goes_back() {
    let tenant = TestTenant::new().await;
    tenant.signed_in("ada@example.com").await;
    let runtime = runtime(&tenant).await;
    let planted = r#"INSERT INTO passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
        SELECT 'planted', '', id, 'planted', 5, '', false FROM "user""#;
    runtime.batch_execute(planted).await.unwrap();
    for (change, count) in
        [("counter = 7", 1), ("counter = 6", 2), ("counter = 8, name = 'x'", 3), ("\"backedUp\" = true", 4)]
    {
        runtime.batch_execute(&format!("UPDATE passkey SET {change}")).await.unwrap();
        assert_eq!(tenant.events("database.changed").await, count, "{change}");
    }
    assert_eq!(told(&tenant).await[1], ("passkey UPDATE".to_owned(), json!(["counter"])));
    let unwatched = "SELECT attname::text FROM pg_attribute
        WHERE attrelid = 'public.passkey'::regclass AND attnum > 0 AND NOT attisdropped AND NOT attnum = ANY (
          SELECT unnest(tgattr) FROM pg_trigger WHERE tgrelid = attrelid AND tgname = 'kiavi_updated')";
    assert_eq!(tenant.value::<String>(unwatched, &[]).await, "counter", "and no other column");
}

#[tokio::test]
async fn a_sign_in_explains_its_own_session_and_no_other() {
    let tenant = TestTenant::new().await;
    tenant.signed_in("ada@example.com").await;
    let runtime = runtime(&tenant).await;
    let event = r#"INSERT INTO kiavi.audit_event (id, at, type, outcome, actor, subject, ip_token, body)
        SELECT gen_random_uuid(), now(), 'session.created', 'success', 'a', 'a', '\x00', body FROM kiavi.audit_event LIMIT 1"#;
    let session = |id: &str| {
        format!(
            r#"INSERT INTO session (id, token, "userId", "expiresAt", "updatedAt")
               SELECT '{id}', '{id}', id, now() + interval '1 day', now() FROM "user""#
        )
    };
    runtime.batch_execute(&format!("BEGIN; {event}; {}; COMMIT", session("one"))).await.unwrap();
    assert_eq!(tenant.events("database.changed").await, 0);
    runtime.batch_execute(&session("two")).await.unwrap();
    assert_eq!(
        tenant.events("database.changed").await,
        1,
        "its connection's last event is of another transaction"
    );
    let user = r#"UPDATE "user" SET role = 'admin'"#;
    runtime.batch_execute(&format!("BEGIN; {event}; {user}; COMMIT")).await.unwrap();
    assert_eq!(tenant.events("database.changed").await, 2, "nor does it explain anything else");
}

#[tokio::test]
async fn what_a_sign_in_looks_at_does_not_grow_with_the_log() {
    let tenant = TestTenant::new().await;
    tenant.signed_in("ada@example.com").await;
    let sign_in = r#"BEGIN;
        INSERT INTO kiavi.audit_event (id, at, type, outcome, actor, subject, ip_token, body)
        VALUES (gen_random_uuid(), now(), 'session.created', 'success', 'a', 'a', '\x00', '');
        INSERT INTO session (id, token, "userId", "expiresAt", "updatedAt")
        SELECT gen_random_uuid(), gen_random_uuid(), id, now() + interval '1 day', now() FROM "user";"#;
    // One connection as the engine has them for transactions: what it has planned once, it keeps.
    tenant.admin.batch_execute("SET enable_seqscan = off").await.unwrap();
    for _ in 0..200 {
        tenant.admin.batch_execute(&format!("{sign_in} COMMIT")).await.unwrap();
    }
    // What these have read is counted no longer.
    tenant.admin.batch_execute("SELECT pg_stat_force_next_flush()").await.unwrap();
    tenant.admin.batch_execute(&format!("{sign_in} SET CONSTRAINTS ALL IMMEDIATE")).await.unwrap();
    let read = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_all_tables WHERE relid = 'kiavi.audit_event'::regclass";
    let row = tenant.admin.query_opt(read, &[]).await.unwrap().unwrap();
    let read: i64 = row.get(0);
    assert!((1..=3).contains(&read), "{read} events");
    tenant.admin.batch_execute("COMMIT").await.unwrap();
    assert_eq!(tenant.events("database.changed").await, 0);
}

#[tokio::test]
async fn an_event_explains_its_own_change_in_its_own_transaction_and_no_other() {
    let tenant = TestTenant::new().await;
    tenant.signed_in("ada@example.com").await;
    let runtime = runtime(&tenant).await;
    let event = |kind: &str| {
        format!(
            "INSERT INTO kiavi.audit_event (id, at, type, outcome, body)
             SELECT gen_random_uuid(), now(), '{kind}', 'success', body FROM kiavi.audit_event LIMIT 1"
        )
    };
    let change = r#"UPDATE "user" SET role = coalesce(role, '') || 'x'"#;
    runtime.batch_execute(&format!("BEGIN; {change}; {}; COMMIT", event("role.changed"))).await.unwrap();
    assert_eq!(tenant.events("database.changed").await, 0, "the event is the trace");
    runtime.batch_execute(&format!("BEGIN; {change}; {}; COMMIT", event("session.created"))).await.unwrap();
    assert_eq!(tenant.events("database.changed").await, 1, "of something else");
    runtime.batch_execute(change).await.unwrap();
    assert_eq!(tenant.events("database.changed").await, 2, "of another transaction");
    let seal = "INSERT INTO kiavi.audit_leaf SELECT row_number() OVER (ORDER BY seq) - 1, seq FROM kiavi.audit_event";
    tenant.admin.batch_execute(seal).await.unwrap();
    let touch = r#"SELECT kiavi.audit_forget(id) FROM "user""#;
    runtime.batch_execute(&format!("BEGIN; {touch}; {change}; COMMIT")).await.unwrap();
    assert_eq!(
        tenant.events("database.changed").await,
        3,
        "of another transaction, although touched in this one"
    );
    for attempt in [
        r#"ALTER TABLE public."user" DISABLE TRIGGER kiavi_updated"#,
        r#"DROP TRIGGER kiavi_updated ON public."user""#,
        "SELECT setval('kiavi.audit_event_seq_seq', 1000000)",
        "CREATE OR REPLACE FUNCTION kiavi.audit_explains(type text, change text) RETURNS boolean LANGUAGE sql RETURN true",
        "SELECT kiavi.audit_tell('', NULL, NULL, NULL, NULL)",
        "CREATE OR REPLACE FUNCTION kiavi.audit_changed() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    ] {
        runtime.batch_execute(attempt).await.expect_err(attempt);
    }
}

#[tokio::test]
async fn what_others_write_meanwhile_hides_no_event() {
    let tenant = TestTenant::new().await;
    tenant.signed_in("ada@example.com").await;
    let (runtime, other) = (runtime(&tenant).await, runtime(&tenant).await);
    let events = |kind: &str, count: u32| {
        format!(
            "INSERT INTO kiavi.audit_event (id, at, type, outcome, body)
             SELECT gen_random_uuid(), '2000-01-01', '{kind}', 'success', '' FROM generate_series(1, {count})"
        )
    };
    let change = r#"UPDATE "user" SET role = coalesce(role, '') || 'x'"#;
    let (explaining, own) = (events("role.changed", 1), events("session.refused", 300));
    // Between its own events 256 of others are looked past; after its last there may be any number.
    for (between, after, told) in [(200, 300, 0), (300, 0, 1)] {
        runtime.batch_execute(&format!("BEGIN; {change}; {explaining}")).await.unwrap();
        other.batch_execute(&events("session.refused", between)).await.unwrap();
        runtime.batch_execute(&own).await.unwrap();
        other.batch_execute(&events("session.refused", after)).await.unwrap();
        runtime.batch_execute("COMMIT").await.unwrap();
        assert_eq!(tenant.events("database.changed").await, told, "after {between} of others");
    }
}

//! Every statement fits the migrated schema and the rights of the runtime role.

use super::{RUNTIME_ROLE, TestTenant};

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let tenant = TestTenant::new().await;
    let statements = crate::statements();
    assert!(statements.len() > 30, "only {} are registered", statements.len());
    let mut names: Vec<_> = statements.iter().map(|sql| sql.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), statements.len(), "two statements share a name");
    if let Err(failures) = kiavi_db::prepare_all(&tenant.runtime(), &statements).await {
        panic!("{failures:#?}");
    }
}

#[tokio::test]
async fn migrating_again_changes_nothing() {
    let tenant = TestTenant::new().await;
    let mut admin = tenant.database.admin().await;
    crate::migrate(&mut admin, None, Some(RUNTIME_ROLE)).await.unwrap();
}

#[tokio::test]
async fn objects_belong_to_the_owner_role() {
    let database = kiavi_testkit::TestDatabase::empty().await;
    database.ensure_role("kiavi_test_owner", "NOLOGIN").await;
    let mut admin = database.admin().await;
    crate::migrate(&mut admin, Some("kiavi_test_owner"), None).await.unwrap();
    let owners = admin
        .query("SELECT DISTINCT tableowner::text FROM pg_tables WHERE schemaname IN ('public', 'kiavi')", &[])
        .await
        .unwrap();
    let owners: Vec<String> = owners.iter().map(|row| row.get(0)).collect();
    assert_eq!(owners, ["kiavi_test_owner"]);
}

#[tokio::test]
async fn the_log_can_be_written_and_read_and_not_changed_or_emptied() {
    let tenant = TestTenant::new().await;
    tenant.signed_in("ada@example.com").await;
    assert!(tenant.events("session.created").await == 1);
    let rights = |right: &'static str| {
        let sql = "SELECT has_table_privilege($1, 'kiavi.audit_event', $2)";
        let admin = &tenant.admin;
        async move { admin.query_opt(sql, &[&RUNTIME_ROLE, &right]).await.unwrap().unwrap().get::<_, bool>(0) }
    };
    assert!(rights("SELECT").await);
    // The number of an event is the database's to choose, so the right to insert is one on the other columns.
    let sql = "SELECT has_any_column_privilege($1, 'kiavi.audit_event', 'INSERT'), has_column_privilege($1, 'kiavi.audit_event', 'seq', 'INSERT')";
    let row = tenant.admin.query_opt(sql, &[&RUNTIME_ROLE]).await.unwrap().unwrap();
    assert_eq!((row.get::<_, bool>(0), row.get::<_, bool>(1)), (true, false));
    for right in ["UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"] {
        assert!(!rights(right).await, "{right}");
    }
}

#[tokio::test]
async fn what_sweeps_and_bans_delete_is_found_by_an_index() {
    let tenant = TestTenant::new().await;
    tenant.admin.batch_execute("SET enable_seqscan = off").await.unwrap();
    for (name, value, index) in [
        ("SESSION_DELETE_ALL_OF_USER", "('u1')", "session_impersonatedBy_idx"),
        ("ADMIN_DELETE_IMPERSONATIONS", "('u1')", "session_impersonatedBy_idx"),
        ("API_KEY_DELETE_EXPIRED", "", "apikey_expiresAt_idx"),
    ] {
        let statement = crate::statements().into_iter().find(|sql| sql.name() == name).expect(name);
        let prepare = format!("PREPARE {name} AS {}", statement.text());
        tenant.admin.batch_execute(&prepare).await.unwrap();
        let plan = tenant.admin.query(&format!("EXPLAIN EXECUTE {name}{value}"), &[]).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        assert!(plan.join("\n").contains(index), "{}", plan.join("\n"));
    }
}

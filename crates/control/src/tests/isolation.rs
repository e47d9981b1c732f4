//! What a tenant's role can and cannot do on the shared server.

use super::*;
use crate::server::{overdue, own_settings};

async fn login(
    instance: &Instance,
    role: &str,
    database: &str,
) -> Result<AdminConnection, kiavi_db::DbError> {
    AdminConnection::connect(&*instance.database.connector(), &Login::new(role, database)).await
}

#[tokio::test]
async fn a_tenant_reaches_its_own_database_only() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let (a, b) = (instance.tenant(&control, "a").await.id, instance.tenant(&control, "b").await.id);
    let own = login(&instance, a.as_str(), a.as_str()).await.unwrap();
    own.batch_execute("INSERT INTO item VALUES (1)").await.unwrap();
    let others = [b.as_str(), "postgres", "template1", TEMPLATE_DATABASE, instance.database.name()];
    for other in others {
        // The test database of the control plane is open until its owner closes it, as prepare_cluster does.
        let close = format!("REVOKE ALL ON DATABASE {} FROM PUBLIC", quote_ident(other));
        if other == instance.database.name() {
            instance.database.admin().await.batch_execute(&close).await.unwrap();
        }
        assert!(login(&instance, a.as_str(), other).await.is_err(), "{other}");
    }
    assert!(login(&instance, &owner_role(&a), a.as_str()).await.is_err(), "the owner role has no login");
}

#[tokio::test]
async fn a_tenant_sees_and_changes_nothing_beyond_its_tables() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let (a, b) = (instance.tenant(&control, "a").await.id, instance.tenant(&control, "b").await.id);
    let own = login(&instance, a.as_str(), a.as_str()).await.unwrap();
    let (owner, other) = (owner_role(&a), &b);
    let refused = [
        "SELECT datname FROM pg_database".to_owned(),
        "SELECT rolname FROM pg_roles".into(),
        "SELECT usename FROM pg_user".into(),
        "SELECT * FROM pg_stat_activity".into(),
        "SELECT * FROM pg_stat_database".into(),
        "SELECT * FROM pg_locks".into(),
        "SELECT * FROM pg_db_role_setting".into(),
        "SELECT * FROM pg_shdescription".into(),
        "SELECT * FROM pg_auth_members".into(),
        "SELECT pg_current_wal_lsn()".into(),
        "SELECT pg_stat_get_db_numbackends(1)".into(),
        "SELECT pg_get_userbyid(10)".into(),
        "SELECT pg_database_size(1)".into(),
        "SELECT pg_logical_emit_message(false, 'a', 'b')".into(),
        "SELECT lo_create(0)".into(),
        "SELECT lo_from_bytea(0, 'x')".into(),
        "CREATE TABLE mine (id int)".into(),
        "CREATE TEMPORARY TABLE mine (id int)".into(),
        "CREATE SCHEMA mine".into(),
        "CREATE EXTENSION pgcrypto".into(),
        "CREATE ROLE mine".into(),
        "CREATE DATABASE mine".into(),
        "ALTER TABLE item ADD COLUMN mine int".into(),
        "DELETE FROM item".into(),
        "DROP TABLE item".into(),
        format!("SET ROLE {owner}"),
        format!("SET ROLE {other}"),
        format!("SET ROLE {CONTROL_ROLE}"),
        format!("ALTER ROLE {other} LOGIN"),
        format!("ALTER DATABASE {a} CONNECTION LIMIT 1000"),
        "COPY item TO PROGRAM 'true'".into(),
        "SELECT pg_read_file('PG_VERSION')".into(),
    ];
    for text in refused {
        let outcome = own.batch_execute(&text).await;
        assert!(outcome.as_ref().is_err_and(kiavi_db::DbError::is_permission_denied), "{text}: {outcome:?}");
    }
}

#[tokio::test]
async fn what_a_tenant_did_to_its_own_role_is_undone_at_the_next_start() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let id = instance.tenant(&control, "a").await.id;
    let own = login(&instance, id.as_str(), id.as_str()).await.unwrap();
    own.batch_execute(&format!("ALTER ROLE {id} SET work_mem = '10GB'; ALTER ROLE {id} PASSWORD 'x'"))
        .await
        .unwrap();
    provision::converge(&instance.start().await, &id).await;
    let question =
        "SELECT count(*) FROM pg_authid WHERE rolname = $1 AND rolpassword IS NULL AND rolconnlimit = 10
                    AND NOT EXISTS (SELECT FROM pg_db_role_setting WHERE setrole = pg_authid.oid)";
    assert_eq!(instance.count(question, id.as_str()).await, 1);
}

#[tokio::test]
async fn the_connections_of_a_tenant_are_counted() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let id = instance.tenant(&control, "a").await.id;
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(login(&instance, id.as_str(), id.as_str()).await.unwrap());
    }
    assert!(login(&instance, id.as_str(), id.as_str()).await.is_err());
}

#[tokio::test]
async fn a_session_of_a_tenant_that_lasts_too_long_is_ended_and_no_other() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let (a, b) = (instance.tenant(&control, "a").await.id, instance.tenant(&control, "b").await.id);
    let (stuck, idle, own) = (
        login(&instance, a.as_str(), a.as_str()).await.unwrap(),
        login(&instance, a.as_str(), a.as_str()).await.unwrap(),
        login(&instance, b.as_str(), b.as_str()).await.unwrap(),
    );
    // What an engine that is no longer itself would do first.
    let take_time = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0";
    stuck.batch_execute(take_time).await.unwrap();
    idle.batch_execute(&format!("{take_time}; BEGIN")).await.unwrap();
    own.batch_execute("SELECT 1").await.unwrap();
    let sleeping = tokio::spawn(async move { stuck.batch_execute("SELECT pg_sleep(600)").await });
    let patient = overdue::end(&control, overdue::Patience::USUAL).await.unwrap();
    assert_eq!(patient, 0, "they are young");
    let short = std::time::Duration::from_millis(1);
    let patience = overdue::Patience { statement: short, transaction: short };
    while !sleeping.is_finished() || idle.batch_execute("SELECT 1").await.is_ok() {
        overdue::end(&control, patience).await.unwrap();
    }
    assert!(sleeping.await.unwrap().is_err(), "it was ended, and not waited for");
    own.batch_execute("SELECT 1").await.unwrap();
    assert!(control.meter().all_ended_sessions() >= 2);
}

#[tokio::test]
async fn what_a_tenants_role_sets_for_its_later_sessions_is_taken_back() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let (a, b) = (instance.tenant(&control, "a").await.id, instance.tenant(&control, "b").await.id);
    assert_eq!(own_settings::take_back(&control).await.unwrap(), 0);
    let (role, other) = (quote_ident(a.as_str()), quote_ident(b.as_str()));
    let inserts = async || {
        let later = login(&instance, a.as_str(), a.as_str()).await.unwrap();
        later.batch_execute("INSERT INTO item VALUES (1) ON CONFLICT DO NOTHING").await
    };
    // No right can be taken away for it: see whether there is anything to take back.
    for place in ["".to_owned(), format!("IN DATABASE {role}"), format!("IN DATABASE {other}")] {
        let own = login(&instance, a.as_str(), a.as_str()).await.unwrap();
        let set = format!("ALTER ROLE {role} {place} SET default_transaction_read_only = on");
        own.batch_execute(&set).await.unwrap();
        assert_eq!(inserts().await.is_err(), !place.contains(&other), "{place}");
        assert_eq!(own_settings::take_back(&control).await.unwrap(), 1, "{place}");
        inserts().await.unwrap();
        assert_eq!(own_settings::take_back(&control).await.unwrap(), 0, "{place}");
        let others = format!("ALTER ROLE {other} {place} SET default_transaction_read_only = on");
        assert!(own.batch_execute(&others).await.is_err(), "{place}");
    }
}

#[tokio::test]
async fn an_owner_can_list_its_tables_as_psql_does() {
    let instance = Instance::new().await;
    let control = instance.start().await;
    let id = instance.tenant(&control, "a").await.id;
    let inside = login(&instance, SUPERUSER, id.as_str()).await.unwrap();
    let list = "SELECT c.relname, pg_catalog.pg_get_userbyid(c.relowner) FROM pg_catalog.pg_class c
                WHERE c.relkind = 'r' AND pg_catalog.pg_table_is_visible(c.oid) AND c.relname = 'item'";
    inside.batch_execute(&format!("SET ROLE {}", owner_role(&id))).await.unwrap();
    let rows = inside.query(list, &[]).await.unwrap();
    assert_eq!(rows[0].get::<_, String>(1), owner_role(&id));
}

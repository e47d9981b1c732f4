//! What a tenant's role can see and do beyond its tables.

use std::fs;

use kiavi_localpg::{CONTROL_DATABASE, CONTROL_ROLE, CONTROL_UID, Cluster, FIRST_TENANT_UID};

use crate::{
    Folder, needs_root,
    peer::{TENANT, log_in, provision},
    start,
};

/// Each must be refused.
const FORBIDDEN: &[&str] = &[
    "SELECT * FROM pg_database",
    "SELECT * FROM pg_roles",
    "SELECT * FROM pg_user",
    "SELECT * FROM pg_authid",
    "SELECT * FROM pg_auth_members",
    "SELECT * FROM pg_db_role_setting",
    "SELECT * FROM pg_shdescription",
    "SELECT * FROM pg_subscription",
    "SELECT subname FROM pg_subscription",
    "SELECT * FROM pg_stat_activity",
    "SELECT * FROM pg_stat_database",
    "SELECT * FROM pg_locks",
    "SELECT pg_stat_get_activity(NULL)",
    "SELECT pg_stat_get_db_numbackends(1)",
    "SELECT pg_get_userbyid(10)",
    "SELECT pg_describe_object(1262, 1, 0)",
    "SELECT pg_current_wal_lsn()",
    "SELECT pg_logical_emit_message(false, 'a', 'b')",
    "SELECT lo_create(0)",
    "SELECT lo_from_bytea(0, 'a')",
    "SELECT pg_database_size('postgres')",
    "SELECT pg_read_file('/etc/passwd')",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY (SELECT 1) TO '/tmp/kiavi-escape'",
    "CREATE TABLE public.mine (id int)",
    "CREATE TEMP TABLE mine (id int)",
    "CREATE SCHEMA mine",
    "CREATE ROLE mine",
    "CREATE DATABASE mine",
    "CREATE EXTENSION pgcrypto SCHEMA pg_catalog",
    "SET ROLE kiavi_control",
    "SET SESSION AUTHORIZATION kiavi_super",
    "SET temp_file_limit = -1",
    "ALTER SYSTEM SET fsync = off",
    "CHECKPOINT",
];

#[tokio::test]
async fn a_tenants_role_sees_and_changes_nothing_of_others() {
    if !needs_root("a_tenants_role_sees_and_changes_nothing_of_others") {
        return;
    }
    let folder = Folder::new();
    let mut cluster = start(&folder).await;
    provision(&mut cluster, FIRST_TENANT_UID, TENANT).await;
    let tenant = log_in(&cluster, FIRST_TENANT_UID, TENANT, TENANT).await.unwrap();
    for statement in FORBIDDEN {
        let refused = tenant.batch_execute(statement).await.expect_err(statement);
        assert!(refused.is_permission_denied(), "{statement}: {refused}");
    }
    the_driver_still_learns_types(&cluster).await;
    control_keeps_its_sight(&cluster).await;
    an_owner_can_look_around(&cluster).await;
    no_value_is_logged(&cluster, &folder).await;
    cluster.stop().await.unwrap();
}

/// Types that the driver does not know are looked up in catalogs.
async fn the_driver_still_learns_types(cluster: &Cluster) {
    let admin = cluster.admin(TENANT).await.unwrap();
    let types = "CREATE SCHEMA own; CREATE TYPE own.colour AS ENUM ('red'); \
                 CREATE DOMAIN own.short AS text CHECK (length(VALUE) < 9); \
                 CREATE TYPE own.pair AS (a int, b own.colour); GRANT USAGE ON SCHEMA own TO PUBLIC";
    admin.batch_execute(types).await.unwrap();
    let tenant = log_in(cluster, FIRST_TENANT_UID, TENANT, TENANT).await.unwrap();
    let text = "SELECT 'red'::own.colour, 'a'::own.short, ROW(1, 'red')::own.pair, int4range(1, 2)";
    assert_eq!(tenant.query(text, &[]).await.unwrap().len(), 1);
    // The one-writer lock.
    tenant.query("SELECT pg_try_advisory_lock(1)", &[]).await.unwrap();
}

async fn control_keeps_its_sight(cluster: &Cluster) {
    for database in [TENANT, CONTROL_DATABASE] {
        let control = log_in(cluster, CONTROL_UID, CONTROL_ROLE, database).await.unwrap();
        for statement in
            ["SELECT * FROM pg_database", "SELECT * FROM pg_roles", "SELECT * FROM pg_stat_activity"]
        {
            control.batch_execute(statement).await.unwrap();
        }
    }
}

/// What `psql`'s `\dt` and `\l` ask.
async fn an_owner_can_look_around(cluster: &Cluster) {
    let control = log_in(cluster, CONTROL_UID, CONTROL_ROLE, TENANT).await.unwrap();
    control.batch_execute("CREATE ROLE its_owner NOLOGIN IN ROLE kiavi_owners").await.unwrap();
    cluster.admin("postgres").await.unwrap().batch_execute("GRANT its_owner TO kiavi_control").await.unwrap();
    control.batch_execute("SET ROLE its_owner").await.unwrap();
    for statement in [
        "SELECT relname, pg_get_userbyid(relowner) FROM pg_class",
        "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database",
    ] {
        control.batch_execute(statement).await.unwrap();
    }
    assert!(control.batch_execute("SELECT lo_create(0)").await.unwrap_err().is_permission_denied());
}

async fn no_value_is_logged(cluster: &Cluster, folder: &Folder) {
    let tenant = log_in(cluster, FIRST_TENANT_UID, TENANT, TENANT).await.unwrap();
    tenant.batch_execute("SELECT 'ada@example.com'::int").await.unwrap_err();
    tenant.query("SELECT ($1::text)::int", &[&"ada@example.com"]).await.unwrap_err();
    let log = fs::read_to_string(folder.path().join("postgres/log/server.log")).unwrap();
    assert!(log.contains("ready to accept connections"), "{log}");
    assert!(!log.contains("ada@"), "{log}");
}

//! The roles and databases that every cluster has.

use kiavi_db::{AdminConnection, Connect, DbError, Login};

/// The role that may do everything; root's, or rootless the user's own.
pub const SUPERUSER: &str = "kiavi_super";
/// The control plane's role. It makes the tenants' roles and databases.
pub const CONTROL_ROLE: &str = "kiavi_control";
/// The role of the process that seals tenants' logs. It may connect to the databases that it is let into, and read and
/// write what their owner lets it.
pub const AUDITOR_ROLE: &str = "kiavi_auditor";
/// The group of all roles that engines log in as. A member may connect to the database of its own name only.
pub const TENANTS_ROLE: &str = "kiavi_tenants";
/// The control plane's database.
pub const CONTROL_DATABASE: &str = "kiavi_control";
/// The group of the NOLOGIN roles that own tenants' tables. Reached by `SET ROLE` only, it sees the names that
/// `psql` and `pg_dump` show.
pub const OWNERS_ROLE: &str = "kiavi_owners";
/// The database that tenants' databases are copies of.
pub const TEMPLATE_DATABASE: &str = "kiavi_template";

/// Goes up with each change of the hardening, which is then applied again.
const HARDENING_VERSION: &str = "hardening 2";
const ROLES: &str = include_str!("../sql/roles.sql");
const HARDENING: &str = include_str!("../sql/hardening.sql");

/// Under this advisory lock the roles and databases are made ("kiavipg" as bytes).
const BOOTSTRAP_LOCK: i64 = 0x6b_69_61_76_69_70_67;

/// Makes the roles and databases of a cluster that are missing, as [`SUPERUSER`]. [`crate::Cluster`] does so at
/// each start and when it is taken over. It can be interrupted anywhere and run again; concurrent calls take turns.
pub async fn run(socket: &dyn Connect) -> Result<(), DbError> {
    let admin = AdminConnection::connect(socket, &Login::new(SUPERUSER, "postgres")).await?;
    // Held until the connection closes, on any way out.
    admin.execute("SELECT pg_advisory_lock($1)", &[&BOOTSTRAP_LOCK]).await?;
    admin.batch_execute(ROLES).await?;
    for (database, options) in [(CONTROL_DATABASE, ""), (TEMPLATE_DATABASE, "IS_TEMPLATE true")] {
        let known = admin.query("SELECT 1 FROM pg_database WHERE datname = $1", &[&database]).await?;
        if known.is_empty() {
            let create =
                format!("CREATE DATABASE {database} OWNER {CONTROL_ROLE} TEMPLATE template0 {options}");
            admin.batch_execute(&create).await?;
        }
        admin.batch_execute(&format!("REVOKE ALL ON DATABASE {database} FROM PUBLIC")).await?;
    }
    let version = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1";
    let version = admin.query_opt(version, &[&TEMPLATE_DATABASE]).await?;
    let version: Option<String> = version.and_then(|row| row.get(0));
    if version.as_deref() != Some(HARDENING_VERSION) {
        let template = AdminConnection::connect(socket, &Login::new(SUPERUSER, TEMPLATE_DATABASE)).await?;
        harden(&template).await?;
        let done = format!("COMMENT ON DATABASE {TEMPLATE_DATABASE} IS '{HARDENING_VERSION}'");
        admin.batch_execute(&done).await?;
    }
    Ok(())
}

/// Takes from PUBLIC, in the connection's database, what tells of other databases or writes where no limit
/// holds. Copies of a hardened database are hardened. The connection must be the superuser's.
///
/// Rights on a database as a whole are not copied with it: each new one needs `REVOKE ALL ON DATABASE … FROM
/// PUBLIC`.
pub async fn harden(connection: &AdminConnection) -> Result<(), DbError> {
    connection.batch_execute(HARDENING).await
}

//! What tenants' roles have set for their own later sessions.
//!
//! A role may change its own session defaults (PostgreSQL manual, ALTER ROLE), everywhere or in one database, and the server has no
//! right that could be taken away for it. No engine does. Who was in one could leave something behind that way: every later session
//! would begin with it, those of the engine that comes after theirs, too. What an engine's sessions must not do without they say
//! themselves (`kiavi_db`); the rest is taken back.

use kiavi_db::{AdminConnection, DbError, Sql, quote_ident};

use crate::Control;

#[cfg(test)]
pub(crate) const STATEMENTS: &[&Sql] = &[&ROLES];

const ROLES: Sql = Sql::new(
    "ROLES_WITH_OWN_SETTINGS",
    "SELECT DISTINCT r.rolname::text FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole
     WHERE r.rolname::text IN (SELECT id FROM tenant)",
);

/// Where one role has some; NULL is everywhere.
const PLACES: &str = "SELECT d.datname::text FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole
    LEFT JOIN pg_database d ON d.oid = s.setdatabase WHERE r.rolname::text = $1";

/// Takes back what any tenant's role has set; answers how many had.
pub(crate) async fn take_back(control: &Control) -> Result<usize, DbError> {
    let roles = control.parts().database.query(&ROLES, &[]).await?;
    if roles.is_empty() {
        return Ok(0);
    }
    let server = &control.parts().server;
    let connection = server.administer(server.own_database()).await?;
    for row in &roles {
        let tenant: &str = row.try_get(0)?;
        take_back_of(&connection, tenant).await?;
        tracing::warn!(
            tenant,
            "its database role had settings of its own, which no engine makes; they are taken back"
        );
    }
    Ok(roles.len())
}

/// Takes back what this role has set.
pub(crate) async fn take_back_of(connection: &AdminConnection, role: &str) -> Result<(), DbError> {
    for row in connection.query(PLACES, &[&role]).await? {
        let database: Option<&str> = row.try_get(0)?;
        let place = database.map(|name| format!("IN DATABASE {}", quote_ident(name))).unwrap_or_default();
        connection.batch_execute(&format!("ALTER ROLE {} {place} RESET ALL", quote_ident(role))).await?;
    }
    Ok(())
}

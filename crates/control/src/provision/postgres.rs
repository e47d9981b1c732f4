//! A tenant's roles and its database.
//!
//! Names of roles and databases are tenant ids (`t` and 24 letters or digits), quoted all the same.

use kiavi_base::{SecretString, TenantId};
use kiavi_db::{AdminConnection, DbError, SqlState, quote_ident};

use super::password;
use crate::{Control, error::StepError, log, server::own_settings, tenant::owner_role};

/// Connections of the runtime role: five for an engine (one shared, four transactions), twice because an engine
/// may start while its predecessor ends.
const ROLE_CONNECTIONS: u32 = 10;
/// Connections to the database: the runtime role's, two of the control plane's, and two of the auditor's.
const DATABASE_CONNECTIONS: u32 = ROLE_CONNECTIONS + 4;

const ROLE: &str = "SELECT 1 FROM pg_roles WHERE rolname = $1";
const DATABASE: &str = "SELECT 1 FROM pg_database WHERE datname = $1";

/// Connects to the control plane's own database for statements that are not constants.
pub(super) async fn administer(control: &Control) -> Result<AdminConnection, DbError> {
    connect_to(control, control.parts().server.own_database()).await
}

pub(crate) async fn connect_to(control: &Control, database: &str) -> Result<AdminConnection, DbError> {
    control.parts().server.administer(database).await
}

/// Makes both roles where they are missing and sets them right where they are not: the runtime role may change
/// its own password and its own session defaults (PostgreSQL manual, ALTER ROLE), so both are set back. The control plane
/// becomes a member of the owner, which it acts as.
pub(super) async fn settle_roles(
    control: &Control,
    id: &TenantId,
    password: Option<&SecretString>,
) -> Result<(), StepError> {
    let (owner, runtime) = (owner_role(id), id.as_str());
    let (owner_ident, runtime_ident) = (quote_ident(&owner), quote_ident(runtime));
    let password = password::clause(password, &*control.parts().rng);
    let connection = administer(control).await?;
    for (role, ident) in [(owner.as_str(), &owner_ident), (runtime, &runtime_ident)] {
        if !exists(&connection, ROLE, role).await? {
            let made = connection.batch_execute(&format!("CREATE ROLE {ident}")).await;
            ignore(made, &SqlState::DUPLICATE_OBJECT)?;
        }
        control.reach("after a role is made")?;
    }
    // One text is one transaction: the rights come together or not at all.
    connection
        .batch_execute(&format!(
            "ALTER ROLE {owner_ident} NOLOGIN NOCREATEDB NOCREATEROLE PASSWORD NULL;
             ALTER ROLE {runtime_ident} LOGIN NOCREATEDB NOCREATEROLE PASSWORD {password}
                 CONNECTION LIMIT {ROLE_CONNECTIONS};
             GRANT {owner_ident} TO CURRENT_USER;
             {}",
            control.parts().server.join_groups(&owner_ident, &runtime_ident)
        ))
        .await?;
    Ok(own_settings::take_back_of(&connection, runtime).await?)
}

/// Copies the template. The copy takes no connection until nobody but its tenant may connect to it: rights on a
/// database are not copied with it, and a new one is open to all (PostgreSQL manual §23.3).
pub(super) async fn make_database(control: &Control, id: &TenantId) -> Result<(), StepError> {
    let (owner, runtime) = (quote_ident(&owner_role(id)), quote_ident(id.as_str()));
    let connection = administer(control).await?;
    if !exists(&connection, DATABASE, id.as_str()).await? {
        // STRATEGY file_copy would force checkpoints that stall every tenant.
        let made = connection
            .batch_execute(&format!(
                "CREATE DATABASE {runtime} TEMPLATE {} STRATEGY wal_log OWNER {owner}
                     ALLOW_CONNECTIONS false CONNECTION LIMIT {DATABASE_CONNECTIONS}",
                control.parts().server.template()
            ))
            .await;
        ignore(made, &SqlState::DUPLICATE_DATABASE)?;
    }
    control.reach("after the database is made")?;
    connection
        .batch_execute(&format!(
            "REVOKE ALL ON DATABASE {runtime} FROM PUBLIC;
             GRANT CONNECT ON DATABASE {runtime} TO {runtime};
             ALTER DATABASE {runtime} WITH ALLOW_CONNECTIONS true;
             ALTER DATABASE {runtime} RESET ALL;"
        ))
        .await?;
    control.reach("after the database is opened")?;
    let inside = connect_to(control, id.as_str()).await?;
    inside
        .batch_execute(&format!(
            "SET ROLE {owner};
             REVOKE ALL ON SCHEMA public FROM PUBLIC;
             GRANT USAGE ON SCHEMA public TO {runtime};"
        ))
        .await?;
    Ok(())
}

/// Brings the tenant's tables forward, as the owner role, and lets the auditor in.
pub(super) async fn migrate(control: &Control, id: &TenantId) -> Result<(), StepError> {
    let mut inside = connect_to(control, id.as_str()).await?;
    // An engine may be serving from these tables, and whoever waits for a table holds up all who come after: rather try
    // again than have its requests wait.
    inside.batch_execute("SET lock_timeout = '2s'").await?;
    let schema = &control.parts().schema;
    let auditor = control.parts().server.auditor_role();
    // On a server where it has to be made, it is there from here on.
    log::password(control).await?;
    schema.migrate(&mut inside, &owner_role(id), id.as_str(), &auditor).await.map_err(StepError::Schema)?;
    let (database, auditor) = (quote_ident(id.as_str()), quote_ident(&auditor));
    inside
        .batch_execute(&format!(
            "GRANT CONNECT ON DATABASE {database} TO {auditor};
             ALTER DATABASE {database} CONNECTION LIMIT {DATABASE_CONNECTIONS}"
        ))
        .await?;
    Ok(())
}

/// Brings the empty database of a tenant to the tables of an earlier time.
pub(super) async fn migrate_to(control: &Control, id: &TenantId, version: i32) -> Result<(), StepError> {
    let mut inside = connect_to(control, id.as_str()).await?;
    let schema = &control.parts().schema;
    schema.migrate_to(&mut inside, &owner_role(id), version).await.map_err(StepError::Schema)
}

/// Drops the database with whatever is connected to it, then the roles.
pub(crate) async fn drop_database_and_roles(control: &Control, id: &TenantId) -> Result<(), StepError> {
    let (owner, runtime) = (quote_ident(&owner_role(id)), quote_ident(id.as_str()));
    let connection = administer(control).await?;
    if exists(&connection, ROLE, id.as_str()).await? {
        // Ending the sessions of a role takes membership in it.
        connection.batch_execute(&format!("GRANT {runtime} TO CURRENT_USER")).await?;
    }
    connection.batch_execute(&format!("DROP DATABASE IF EXISTS {runtime} WITH (FORCE)")).await?;
    control.reach("after the database is dropped")?;
    connection.batch_execute(&format!("DROP ROLE IF EXISTS {runtime}, {owner}")).await?;
    Ok(())
}

async fn exists(connection: &AdminConnection, question: &str, name: &str) -> Result<bool, DbError> {
    Ok(connection.query_opt(question, &[&name]).await?.is_some())
}

/// Takes one failure for success: somebody else, perhaps our own statement from before a crash, was first. Two
/// that race in the catalog see a violated unique index instead.
fn ignore(outcome: Result<(), DbError>, state: &SqlState) -> Result<(), DbError> {
    match outcome {
        Err(error) if error.sqlstate() == Some(state) || error.is_unique_violation() => Ok(()),
        outcome => outcome,
    }
}

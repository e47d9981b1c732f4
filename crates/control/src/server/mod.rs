//! The server that the databases are on: a private cluster, or any other one on a network. What differs between the two
//! is here and nowhere else.
//!
//! | | private cluster | server on a network |
//! |---|---|---|
//! | made by | `localpg`, with roles, groups and a hardened template | somebody else, who gave us one role |
//! | a role is known by | the uid of its socket's peer | a password, as a SCRAM verifier |
//! | one instance at a time by | the lock of its folder | a claim on the control plane's own database |
//! | databases are copies of | the template | `template0`: only a superuser can take rights on catalogs away |

mod inspect;
pub(crate) mod overdue;
pub(crate) mod own_settings;

use std::{sync::Arc, time::Duration};

use kiavi_db::{
    AdminConnection, Claim, ClaimError, Connect, Database, DbError, Holder, Login, RefusedReason, quote_ident,
};
use tokio::time::{Instant, sleep};

pub use inspect::{ServerFinding, ServerVerdict, inspect};

use crate::{AUDITOR_ROLE, CONTROL_ROLE, OWNER_GROUP, TEMPLATE_DATABASE, TENANT_GROUP};

/// The database that every server has, to be in while ours is made.
const MAINTENANCE_DATABASE: &str = "postgres";
/// What a database is copied from that has no hardened template. Collation C, as in the private cluster: an upgrade of
/// the operating system's locales cannot break an index.
const BARE_TEMPLATE: &str = "template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'";

/// How long an instance that is just ending is waited for.
const PREDECESSOR: Duration = Duration::from_secs(5);
/// The pause between two attempts to claim the database.
const AGAIN: Duration = Duration::from_millis(500);
/// How often it is looked whether the claim is still there.
const LOOK: Duration = Duration::from_secs(2);

/// The server, and the control plane's own role and database there.
pub struct DatabaseServer {
    connect: Arc<dyn Connect>,
    role: String,
    database: String,
    kind: Kind,
    /// The claim on the control plane's own database, where another instance could be given the same one.
    claim: Option<Arc<Claim>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Private,
    Remote,
}

/// Why a server cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// It cannot be reached, or refuses us.
    #[error(transparent)]
    Database(#[from] DbError),
    /// Something is missing there; the text says what to do.
    #[error("the database server cannot be used: {0}")]
    Unfit(String),
    /// Another instance has the control plane's own database; the text says who, and what to do.
    #[error("{0}")]
    InUse(String),
}

impl DatabaseServer {
    /// The private cluster, which whoever runs it has prepared. `connect` connects as the control plane's account.
    pub fn private(connect: Arc<dyn Connect>, database: impl Into<String>) -> Self {
        let (role, database) = (CONTROL_ROLE.to_owned(), database.into());
        // Its folder is locked by whoever runs it.
        Self { connect, role, database, kind: Kind::Private, claim: None }
    }

    /// A server on a network, as a role that may make roles and databases there. `database` is made if it is missing, and
    /// is used by one instance at a time; `instance` is what others are told who has it.
    pub fn remote(
        connect: Arc<dyn Connect>,
        role: impl Into<String>,
        database: impl Into<String>,
        instance: &str,
    ) -> Self {
        let (role, database) = (role.into(), database.into());
        let claim = Claim::new(connect.clone(), Login::new(&role, &database), instance);
        Self { connect, role, database, kind: Kind::Remote, claim: Some(Arc::new(claim)) }
    }

    /// The control plane's own database, to work with.
    pub fn own(&self) -> Database {
        let (connect, login) = (self.connect.clone(), Login::new(&self.role, &self.database));
        match &self.claim {
            Some(claim) => Database::under(connect, login, claim.clone()),
            None => Database::new(connect, login),
        }
    }

    /// The role that we are.
    pub(crate) fn own_role(&self) -> &str {
        &self.role
    }

    /// Makes sure that no other instance uses the control plane's own database. One that is just ending is waited for.
    pub(crate) async fn claim(&self) -> Result<(), ServerError> {
        let Some(claim) = &self.claim else { return Ok(()) };
        let deadline = Instant::now() + PREDECESSOR;
        loop {
            match claim.take().await {
                Ok(()) => return Ok(()),
                Err(ClaimError::Taken(_)) if Instant::now() < deadline => sleep(AGAIN).await,
                Err(ClaimError::Taken(holder)) => return Err(ServerError::InUse(self.in_use(&holder))),
                Err(ClaimError::Database(error)) => return Err(error.into()),
            }
        }
    }

    /// Who has the database, and what to do about it.
    fn in_use(&self, holder: &Holder) -> String {
        let database = &self.database;
        let end = holder.session.map_or_else(String::new, |session| {
            format!(
                " If that one is gone and the server has not noticed, run `SELECT pg_terminate_backend({session})` there as an \
                 administrator."
            )
        });
        format!(
            "the database \"{database}\" is in use by {holder}: two instances must not share one. Stop the other one, or name \
             another database in the URL of this one.{end}"
        )
    }

    /// Keeps the claim for as long as it is polled. While it is lost, nothing can be read or changed in `own`, which is this
    /// server's; it is taken again as soon as nobody else has it.
    pub(crate) async fn keep_claim(&self, own: &Database) {
        let Some(claim) = &self.claim else { return std::future::pending().await };
        loop {
            sleep(LOOK).await;
            if claim.check().await {
                continue;
            }
            tracing::error!(
                database = self.database,
                "the claim on the database is lost: nothing is changed until it is back"
            );
            let mut told = None;
            loop {
                // Its own connections are in its way as others' are.
                own.close_idle(Duration::ZERO);
                match claim.take().await {
                    Ok(()) => break,
                    Err(error) => {
                        let text = error.to_string();
                        if told.as_ref() != Some(&text) {
                            tracing::error!(
                                database = self.database,
                                error = text,
                                "the database cannot be claimed"
                            );
                            told = Some(text);
                        }
                    }
                }
                sleep(AGAIN).await;
            }
            tracing::warn!(database = self.database, "the claim on the database is back");
        }
    }

    /// Connects to a database as the control plane's role, for statements that are not constants.
    pub(crate) async fn administer(&self, database: &str) -> Result<AdminConnection, DbError> {
        AdminConnection::connect(&*self.connect, &Login::new(&self.role, database)).await
    }

    /// The name of the control plane's own database.
    pub(crate) fn own_database(&self) -> &str {
        &self.database
    }

    /// Whether roles have passwords.
    pub(crate) fn has_passwords(&self) -> bool {
        self.kind == Kind::Remote
    }

    /// Whether others may have databases and roles there, another instance's tenants among them.
    pub(crate) fn may_be_shared(&self) -> bool {
        self.kind == Kind::Remote
    }

    /// The role that seals tenants' logs. On a server that other instances may use, too, it is this one's.
    pub(crate) fn auditor_role(&self) -> String {
        match self.kind {
            Kind::Private => AUDITOR_ROLE.to_owned(),
            Kind::Remote => format!("{}_auditor", self.database),
        }
    }

    /// What follows `TEMPLATE` where a tenant's database is made.
    pub(crate) fn template(&self) -> &'static str {
        match self.kind {
            Kind::Private => TEMPLATE_DATABASE,
            Kind::Remote => BARE_TEMPLATE,
        }
    }

    /// The statements that put a tenant's roles into their groups: the private cluster's `pg_hba.conf` and catalogs know
    /// these. Another server may not have them, or they are another instance's.
    pub(crate) fn join_groups(&self, owner: &str, runtime: &str) -> String {
        match self.kind {
            Kind::Private => format!("GRANT {OWNER_GROUP} TO {owner}; GRANT {TENANT_GROUP} TO {runtime};"),
            Kind::Remote => String::new(),
        }
    }

    /// Makes what there has to be before the control plane's own tables, and refuses a server that cannot be used.
    pub(crate) async fn prepare(&self) -> Result<(), ServerError> {
        if self.kind == Kind::Private {
            return Ok(());
        }
        let connection = match self.administer(&self.database).await {
            Err(error) if error.refused() == Some(RefusedReason::NoDatabase) => {
                self.make_own_database().await?;
                self.administer(&self.database).await?
            }
            connection => connection?,
        };
        for finding in inspect(&connection, &self.database).await? {
            match finding.verdict {
                ServerVerdict::Missing => return Err(ServerError::Unfit(finding.detail)),
                ServerVerdict::Warning => tracing::warn!("database server: {}", finding.detail),
                ServerVerdict::Ok => {}
            }
        }
        let close = format!("REVOKE ALL ON DATABASE {} FROM PUBLIC", quote_ident(&self.database));
        Ok(connection.batch_execute(&close).await?)
    }

    async fn make_own_database(&self) -> Result<(), ServerError> {
        let maintenance = self.administer(MAINTENANCE_DATABASE).await?;
        let make = format!("CREATE DATABASE {} TEMPLATE {BARE_TEMPLATE}", quote_ident(&self.database));
        maintenance.batch_execute(&make).await.map_err(|error| {
            if error.is_permission_denied() {
                let role = quote_ident(&self.role);
                ServerError::Unfit(format!(
                    "the role may not create databases: run `ALTER ROLE {role} CREATEDB CREATEROLE` as an administrator"
                ))
            } else {
                error.into()
            }
        })
    }
}

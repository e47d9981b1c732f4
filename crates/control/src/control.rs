//! The control plane as the binary sees it.

use std::{sync::Arc, time::Duration};

use kiavi_audit::CosignatureKey;
use kiavi_base::{ExposeSecret, RequestCounts, SecretString, Slug, TenantId, WorkspaceId, random_bytes};
use kiavi_crypto::SealingKey;
use kiavi_db::Migration;
use kiavi_http::TrustedOrigins;
use tokio::sync::{Notify, OnceCell};

use crate::{
    CallerKind, ControlError, ControlParts, Step, Tenant, TenantState, address, api,
    api::Attempts,
    audit::{self, Counted},
    caller::Actor,
    certificate::Desk,
    console::{CONSOLE_SLUG, first_owner},
    isolation::Proving,
    key,
    limit::{Limiter, REFUSALS, REQUESTS},
    meter::Meter,
    parse_name, provision, reconcile,
    tenant::{Target, create, store},
    vault_key,
    watching::{Changes, Streams},
    workspace,
};

/// The control plane's own schema.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "tenants", sql: include_str!("../migrations/1_tenants.sql") },
    Migration { version: 2, name: "settings", sql: include_str!("../migrations/2_settings.sql") },
    Migration { version: 3, name: "imports", sql: include_str!("../migrations/3_imports.sql") },
    Migration { version: 4, name: "workspaces", sql: include_str!("../migrations/4_workspaces.sql") },
    Migration { version: 5, name: "life", sql: include_str!("../migrations/5_life.sql") },
    Migration { version: 6, name: "members", sql: include_str!("../migrations/6_members.sql") },
    Migration { version: 7, name: "audit_logs", sql: include_str!("../migrations/7_audit_logs.sql") },
    Migration { version: 8, name: "backups", sql: include_str!("../migrations/8_backups.sql") },
    Migration { version: 9, name: "key_holders", sql: include_str!("../migrations/9_key_holders.sql") },
    Migration { version: 10, name: "domains", sql: include_str!("../migrations/10_domains.sql") },
    Migration { version: 11, name: "ended", sql: include_str!("../migrations/11_ended.sql") },
    Migration { version: 12, name: "saved_views", sql: include_str!("../migrations/12_saved_views.sql") },
    Migration { version: 13, name: "backup_orders", sql: include_str!("../migrations/13_backup_orders.sql") },
    Migration { version: 14, name: "certificates", sql: include_str!("../migrations/14_certificates.sql") },
    Migration { version: 15, name: "isolation", sql: include_str!("../migrations/15_isolation.sql") },
    Migration {
        version: 16,
        name: "certificate_keys",
        sql: include_str!("../migrations/16_certificate_keys.sql"),
    },
];

/// How long [`Control::ensure_tenant`] waits for a tenant to run.
const START_LIMIT: Duration = Duration::from_secs(60);

/// The control plane. Clones are the same one.
#[derive(Clone)]
pub struct Control(Arc<Inner>);

struct Inner {
    parts: ControlParts,
    /// Whoever shows tenants waits here and reads the database again.
    changes: Changes,
    wake: Notify,
    /// Whoever carries out what is ordered of archives waits here.
    ordered: Notify,
    streams: Streams,
    certificates: Desk,
    /// What callers asked lately, and networks without a known key.
    requests: Limiter,
    refusals: Limiter,
    /// Which refusals are written to the log, and those that are only counted.
    refusals_written: Limiter,
    refusals_written_in_all: Limiter,
    refusals_counted: Counted,
    /// Requests with an idempotency key that are being answered.
    attempts: Attempts,
    meter: Meter,
    /// Seals the cookies of sign-ins under way; those do not outlive this process.
    flows: SealingKey,
    /// Tenants whose isolation is being proved.
    proving: Proving,
    /// What logs are cosigned by.
    witness: OnceCell<CosignatureKey>,
    /// The password of the role that seals logs, once the database server has it.
    auditor: OnceCell<SecretString>,
    /// Decides which pages may act with the console's cookie.
    origins: TrustedOrigins,
    #[cfg(test)]
    interrupt: std::sync::Mutex<Option<crate::tests::Interrupt>>,
}

impl Control {
    /// Brings the control plane's own schema forward, tells the privileged process which hostnames there are, and marks what has
    /// to be done again in this run: every tenant, suspended ones too, is made known there anew, one whose schema is older than
    /// this program's is migrated first, and one whose import was cut off is removed. [`Control::run_reconciler`] does it.
    ///
    /// # Errors
    /// When the database server cannot be reached or used, or the schema there is a newer program's.
    pub async fn open(parts: ControlParts) -> Result<Self, ControlError> {
        let origins = TrustedOrigins::new(
            &parts.console_origin,
            parts.console_tls_origin.clone().into_iter().collect(),
        )
        .map_err(|error| ControlError::Settings(error.into()))?;
        let flows = SealingKey::new(&random_bytes(&*parts.rng));
        parts.server.prepare().await?;
        parts.server.claim().await?;
        let mut connection = parts.server.administer(parts.server.own_database()).await?;
        kiavi_db::migrate(&mut connection, MIGRATIONS, None).await?;
        drop(connection);
        let transaction = parts.database.begin().await?;
        transaction.execute(&store::OUTDATED_SCHEMAS_TO_DO, &[&parts.schema.version()]).await?;
        transaction.execute(&store::ANNOUNCEMENTS_TO_DO, &[]).await?;
        transaction.execute(&store::ALL_TO_DO, &[]).await?;
        transaction.execute(&store::GIVE_UP_IMPORTS, &[]).await?;
        transaction.commit().await?;
        let control = Self(Arc::new(Inner {
            parts,
            changes: Changes::default(),
            wake: Notify::new(),
            ordered: Notify::new(),
            streams: Streams::default(),
            certificates: Desk::default(),
            requests: Limiter::new(REQUESTS),
            refusals: Limiter::new(REFUSALS),
            refusals_written: Limiter::new(audit::WRITTEN),
            refusals_written_in_all: Limiter::new(audit::WRITTEN_IN_ALL),
            refusals_counted: Counted::default(),
            attempts: Attempts::default(),
            meter: Meter::default(),
            flows,
            proving: Proving::default(),
            witness: OnceCell::new(),
            auditor: OnceCell::new(),
            origins,
            #[cfg(test)]
            interrupt: std::sync::Mutex::default(),
        }));
        address::tell_of_all(&control).await?;
        vault_key::note(&control).await?;
        Ok(control)
    }

    /// The management API and, for the console's host, the console's pages.
    pub fn router(&self, kind: CallerKind) -> axum::Router {
        api::router(self, kind)
    }

    /// Brings tenants to where they should be, for as long as it is polled. Run exactly one.
    pub async fn run_reconciler(&self) {
        reconcile::run(self).await;
    }

    /// Keeps other instances away from the control plane's database, for as long as it is polled. Run exactly one. While that
    /// cannot be done, nothing is changed.
    pub async fn keep_claim(&self) {
        self.parts().server.keep_claim(&self.parts().database).await;
    }

    /// All customers' tenants by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tenants(&self) -> Result<Vec<Tenant>, ControlError> {
        let all = store::Filter { limit: i64::MAX, ..store::Filter::default() };
        Ok(store::list(&self.parts().database, &all).await?)
    }

    /// The tenant with this id or name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tenant(&self, id_or_slug: &str) -> Result<Option<Tenant>, ControlError> {
        let found = store::find(&self.parts().database, id_or_slug).await?;
        Ok(found.filter(|tenant| tenant.target != Target::Spare))
    }

    /// The tenant of this name, made when there is none, once it runs, or is where its operator wants it. The reconciler
    /// must be running too.
    ///
    /// # Errors
    /// When the name is refused, the database fails, or the tenant does not run within a minute.
    pub async fn ensure_tenant(&self, name: &str) -> Result<Tenant, ControlError> {
        self.ensure(parse_name(name)?).await
    }

    /// The tenant that the console's people sign in to, made when there is none, once it runs. The reconciler must be
    /// running too.
    ///
    /// # Errors
    /// When the database fails, or the tenant does not run within a minute.
    pub async fn ensure_console(&self) -> Result<Tenant, ControlError> {
        let slug = CONSOLE_SLUG.parse().map_err(|_| ControlError::NoWorkspace)?;
        self.ensure(slug).await
    }

    /// The address of a new link that makes whoever signs in by it the first owner; `None` when there is an owner. The
    /// link before it ends.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn renew_owner_link(&self) -> Result<Option<SecretString>, ControlError> {
        let token = first_owner::renew(self, &Actor::CONTROL).await?;
        Ok(token.map(|token| self.owner_link(&token)))
    }

    pub(crate) fn owner_link(&self, token: &SecretString) -> SecretString {
        format!("{}/first-owner?token={}", self.parts().console_origin, token.expose_secret()).into()
    }

    async fn ensure(&self, slug: Slug) -> Result<Tenant, ControlError> {
        let tenant = match store::find(&self.parts().database, slug.as_str()).await? {
            Some(tenant) => tenant,
            None => {
                let workspace = self.default_workspace().await?;
                create::create(self, &Actor::CONTROL, &slug, &workspace).await?
            }
        };
        let is_there = |tenant: &Tenant| tenant.state == TenantState::Running || tenant.is_settled();
        let running = self.wait(&tenant.id, is_there);
        match tokio::time::timeout(START_LIMIT, running).await {
            Ok(Ok(Some(tenant))) => Ok(tenant),
            Ok(Err(error)) => Err(error),
            Ok(Ok(None)) | Err(_) => Err(ControlError::NotRunning(slug)),
        }
    }

    /// Removes a tenant and everything it has; the work itself is the reconciler's. Returns whether there was
    /// such a tenant that was not being removed already.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_tenant(&self, id: &TenantId) -> Result<bool, ControlError> {
        provision::destroy(self, &Actor::CONTROL, id).await
    }

    /// A fresh management key for a development instance; the one of the run before ends.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ensure_management_key(&self) -> Result<SecretString, ControlError> {
        key::renew_development_key(self).await
    }

    /// The workspace that every instance has.
    pub(crate) async fn default_workspace(&self) -> Result<WorkspaceId, ControlError> {
        let found = workspace::store::find(&self.parts().database, workspace::DEFAULT).await?;
        found.map(|workspace| workspace.id).ok_or(ControlError::NoWorkspace)
    }

    /// The first management key, made when there never was one: what a new instance is set up with.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn first_management_key(&self) -> Result<Option<SecretString>, ControlError> {
        key::make_first(self).await
    }

    /// Waits until the tenant satisfies `is_reached`; `None` when it is gone.
    pub(crate) async fn wait(
        &self,
        id: &TenantId,
        is_reached: impl Fn(&Tenant) -> bool,
    ) -> Result<Option<Tenant>, ControlError> {
        let mut changes = self.changes().of(id.as_str());
        loop {
            match store::find(&self.parts().database, id.as_str()).await? {
                Some(tenant) if !is_reached(&tenant) => {}
                reached_or_gone => return Ok(reached_or_gone),
            }
            // The sender stays for as long as somebody waits, so this fails never.
            let _ = changes.changed().await;
        }
    }

    pub(crate) fn parts(&self) -> &ControlParts {
        &self.0.parts
    }

    pub(crate) fn proving(&self) -> &Proving {
        &self.0.proving
    }

    pub(crate) fn witness_key(&self) -> &OnceCell<CosignatureKey> {
        &self.0.witness
    }

    pub(crate) fn auditor_password(&self) -> &OnceCell<SecretString> {
        &self.0.auditor
    }

    pub(crate) fn flows(&self) -> &SealingKey {
        &self.0.flows
    }

    pub(crate) fn origins(&self) -> &TrustedOrigins {
        &self.0.origins
    }

    /// The origin of the tenant that the console's people sign in to.
    pub(crate) fn sign_in_origin(&self) -> String {
        CONSOLE_SLUG.parse().map(|slug| self.base_url(&slug)).unwrap_or_default()
    }

    pub(crate) fn meter(&self) -> &Meter {
        &self.0.meter
    }

    /// What was answered by the control plane itself since its start.
    pub(crate) fn answered(&self) -> RequestCounts {
        self.meter().requests(&self.parts().access.take_counts())
    }

    pub(crate) fn base_url(&self, slug: &Slug) -> String {
        (self.0.parts.base_url_for)(slug)
    }

    /// The address of a tenant.
    pub fn url_of(&self, tenant: &Tenant) -> String {
        let own = self.base_url(&tenant.slug);
        let at = tenant.primary_hostname.as_ref().and_then(|hostname| address::at_hostname(&own, hostname));
        at.unwrap_or(own)
    }

    /// Tells whoever watches the tenant or its workspace to read again. Call it after a commit.
    pub(crate) fn changed(&self, tenant: &Tenant) {
        self.0.changes.tell(tenant);
    }

    pub(crate) fn changes(&self) -> &Changes {
        &self.0.changes
    }

    /// What is told when something is ordered of archives.
    pub(crate) fn ordered(&self) -> &Notify {
        &self.0.ordered
    }

    /// Answers whoever waits for an order of archives: this process is about to end, and they can ask the next one.
    pub fn end_waits(&self) {
        self.0.ordered.notify_waiters();
    }

    pub(crate) fn wake_reconciler(&self) {
        self.0.wake.notify_one();
    }

    pub(crate) async fn woken(&self) {
        self.0.wake.notified().await;
    }

    pub(crate) fn streams(&self) -> &Streams {
        &self.0.streams
    }

    pub(crate) fn certificates(&self) -> &Desk {
        &self.0.certificates
    }

    /// The way to a target. Where nobody makes certificates, no step does.
    pub(crate) fn way(&self, target: Target) -> Vec<Step> {
        let makes_certificates = self.parts().issuer.is_some();
        let steps = target.steps().iter().copied();
        steps.filter(|step| makes_certificates || *step != Step::Certificate).collect()
    }

    pub(crate) fn requests(&self) -> &Limiter {
        &self.0.requests
    }

    pub(crate) fn refusals(&self) -> &Limiter {
        &self.0.refusals
    }

    pub(crate) fn refusals_written(&self) -> &Limiter {
        &self.0.refusals_written
    }

    pub(crate) fn refusals_written_in_all(&self) -> &Limiter {
        &self.0.refusals_written_in_all
    }

    pub(crate) fn refusals_counted(&self) -> &Counted {
        &self.0.refusals_counted
    }

    pub(crate) fn attempts(&self) -> &Attempts {
        &self.0.attempts
    }
}

#[cfg(test)]
impl Control {
    /// From now on `interrupt` decides at every point of provisioning whether to go on.
    pub(crate) fn set_interrupt(&self, interrupt: crate::tests::Interrupt) {
        *self.0.interrupt.lock().unwrap() = Some(interrupt);
    }

    pub(crate) fn reach(&self, point: &'static str) -> Result<(), crate::error::StepError> {
        match &*self.0.interrupt.lock().unwrap() {
            Some(interrupt) if interrupt(point) => Err(crate::error::StepError::Interrupted),
            _ => Ok(()),
        }
    }
}

#[cfg(not(test))]
impl Control {
    /// A point at which a test may stop, as a crash would.
    #[inline]
    pub(crate) fn reach(&self, _: &'static str) -> Result<(), crate::error::StepError> {
        Ok(())
    }
}

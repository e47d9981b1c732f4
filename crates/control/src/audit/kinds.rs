//! The kinds of events of the control plane's own log. A new one is a line here, with its comment, which is what
//! `docs/audit-events.md` says of it.

macro_rules! event_types {
    ($($(#[doc = $about:literal])+ $kind:ident = $name:literal,)+) => {
        /// The kinds of events, `noun.verb` in the log.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum EventType {
            $($(#[doc = $about])+ $kind,)+
        }

        impl EventType {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$kind),+];

            /// The stable name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)+
                }
            }

            /// What it tells, in a sentence.
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$kind => concat!($($about),+).trim_start(),)+
                }
            }
        }
    };
}

event_types! {
    /// A tenant was asked for.
    TenantRequested = "tenant.requested",
    /// A tenant's removal was asked for, with everything it has.
    TenantRemovalRequested = "tenant.removal_requested",
    /// The grace period of a deleted tenant is over.
    TenantGraceEnded = "tenant.grace_ended",
    /// A tenant's data came from a Better Auth server.
    TenantImported = "tenant.imported",
    /// An import or a restore came to nothing, and what there was of it is removed.
    TenantImportFailed = "tenant.import_failed",
    /// A tenant was made of an archive.
    TenantRestored = "tenant.restored",
    /// A tenant's data and secret were handed out.
    TenantExported = "tenant.exported",
    /// An archive of a tenant was made.
    TenantBackedUp = "tenant.backed_up",
    /// A tenant was switched off.
    TenantSuspended = "tenant.suspended",
    /// A tenant was switched on again.
    TenantResumed = "tenant.resumed",
    /// A tenant was deleted; it is destroyed after a grace period.
    TenantDeleted = "tenant.deleted",
    /// A tenant's deletion was taken back.
    TenantUndeleted = "tenant.undeleted",
    /// A tenant has another name and address.
    TenantRenamed = "tenant.renamed",
    /// The names that a tenant answers to changed.
    TenantHostnamesChanged = "tenant.hostnames_changed",
    /// A domain was added to a tenant, to be proved by a record in the DNS.
    TenantDomainAdded = "tenant.domain_added",
    /// The record of a domain was found: it is the tenant's, and served.
    TenantDomainVerified = "tenant.domain_verified",
    /// The record of a domain is gone for days. It is served until somebody else proves the domain.
    TenantDomainLapsed = "tenant.domain_lapsed",
    /// A domain was taken off a tenant, or proved by another one after it had lapsed.
    TenantDomainRemoved = "tenant.domain_removed",
    /// A tenant was given a new secret.
    TenantSecretRotated = "tenant.secret_rotated",
    /// A tenant's secrets of before were ended.
    TenantSecretRetired = "tenant.secret_retired",
    /// A tenant's isolation was tried, and held or did not; the digest is the report's.
    IsolationProved = "isolation.proved",
    /// A tenant's engine was ended by the kernel or by its supervisor, and started again: `reason` is `out_of_memory` or
    /// `forbidden_call`, which is an alarm.
    EngineFailed = "engine.failed",
    /// A tenant's role has another password at the database server.
    TenantDatabasePasswordRotated = "tenant.database_password_rotated",
    /// Step: a tenant's secret is in the vault.
    TenantSecretCreated = "tenant.secret_created",
    /// Step: a tenant has its account and database roles.
    TenantRoleCreated = "tenant.role_created",
    /// Step: a tenant has its database.
    TenantDatabaseCreated = "tenant.database_created",
    /// Step: a tenant's tables are those of this version.
    TenantSchemaMigrated = "tenant.schema_migrated",
    /// Step: each of a tenant's names is to have a certificate.
    TenantCertificateRequested = "tenant.certificate_requested",
    /// Step: a tenant's engine can be started.
    TenantStarted = "tenant.started",
    /// Step: a tenant's engine is stopped.
    TenantStopped = "tenant.stopped",
    /// Step: a tenant that is destroyed is reached by nobody.
    TenantClosed = "tenant.closed",
    /// Step: its secrets are destroyed.
    TenantSecretDestroyed = "tenant.secret_destroyed",
    /// Step: its database is gone.
    TenantDatabaseDropped = "tenant.database_dropped",
    /// Step: its account is gone.
    TenantAccountRemoved = "tenant.account_removed",
    /// Step: nothing of it is left.
    TenantRemoved = "tenant.removed",
    /// A step, or bringing a tenant what changed, came to nothing; it is tried again.
    TenantStepFailed = "tenant.step_failed",
    /// A name has a new certificate.
    CertificateIssued = "certificate.issued",
    /// A name was to have a new certificate, and has not; it is tried again. What there was is shown until it ends.
    CertificateFailed = "certificate.failed",
    /// A certificate ends soon and could not be renewed.
    CertificateEnding = "certificate.ending",
    /// Somebody asked for a new certificate.
    CertificateRenewalRequested = "certificate.renewal_requested",
    /// A name that was given up has no certificate any more; its key is destroyed.
    CertificateRemoved = "certificate.removed",
    /// A tenant has a new version of its settings.
    SettingsChanged = "settings.changed",
    /// Somebody had a tenant's engine asked for something; the tenant's own log tells what came of it.
    EngineRequested = "engine.requested",
    /// What a removed tenant had left behind was removed.
    OrphanRemoved = "orphan.removed",
    /// The key of an archive was opened.
    ArchiveOpened = "archive.opened",
    /// A backup is stored, or came to nothing.
    BackupEnded = "backup.ended",
    /// An archive was restored to try it, or could not be.
    BackupTried = "backup.tried",
    /// Backups are made at other times.
    BackupScheduled = "backup.scheduled",
    /// A backup, a trial or a copy of a tenant was ordered, from whoever runs the instance.
    BackupOrdered = "backup.ordered",
    /// What was ordered of a tenant's archives is done, or came to nothing.
    BackupOrderEnded = "backup.order_ended",
    /// An archive was removed, because it is kept no longer.
    BackupRemoved = "backup.removed",
    /// An archive of the instance itself was made.
    InstanceBackedUp = "instance.backed_up",
    /// The instance was brought back from an archive, and this log with it.
    InstanceBroughtBack = "instance.brought_back",
    /// A workspace was made.
    WorkspaceCreated = "workspace.created",
    /// A workspace has another name.
    WorkspaceRenamed = "workspace.renamed",
    /// A link was made that makes the first owner.
    OwnerLinkCreated = "owner_link.created",
    /// Somebody is a member of a workspace.
    MemberJoined = "member.joined",
    /// A member has another role.
    MemberRoleChanged = "member.role_changed",
    /// Somebody is a member no longer.
    MemberRemoved = "member.removed",
    /// Somebody was invited.
    InvitationCreated = "invitation.created",
    /// An invitation was sent again.
    InvitationResent = "invitation.resent",
    /// An invitation was withdrawn.
    InvitationRevoked = "invitation.revoked",
    /// Somebody who is a member already accepted an invitation.
    InvitationAccepted = "invitation.accepted",
    /// A management key was made.
    ManagementKeyCreated = "management_key.created",
    /// A management key has another secret.
    ManagementKeyRotated = "management_key.rotated",
    /// A management key was ended.
    ManagementKeyRevoked = "management_key.revoked",
    /// A management key may do less.
    ManagementKeyNarrowed = "management_key.narrowed",
    /// A management key's secret of before has ended.
    ManagementKeyPreviousSecretEnded = "management_key.previous_secret_ended",
    /// Somebody gave filters of a tenant's list a name.
    SavedViewCreated = "saved_view.created",
    /// A saved view has another name.
    SavedViewRenamed = "saved_view.renamed",
    /// A saved view was deleted.
    SavedViewDeleted = "saved_view.deleted",
    /// The instance is opened by another master key.
    VaultKeyChanged = "vault.key_changed",
    /// Somebody signed in to the console.
    ConsoleSignedIn = "console.signed_in",
    /// Somebody signed out of the console.
    ConsoleSignedOut = "console.signed_out",
    /// A tenant's log contradicts what was cosigned of it.
    AuditLogContradicted = "audit_log.contradicted",
    /// A tenant's log is signed by another key from now on: the one of before was not in the vault.
    AuditLogKeyReplaced = "audit_log.key_replaced",
    /// A quota was used up.
    RateLimitExceeded = "rate_limit.exceeded",
    /// A request that could have changed something was refused.
    RequestRefused = "request.refused",
    /// Refusals that were counted and not written, because there were too many: how many of each type.
    RefusalsCounted = "refusals.counted",
}

//! The kinds of events. A new one is a line here, with its comment, which is what `docs/webhooks.md` says of it.

macro_rules! event_types {
    ($($(#[doc = $about:literal])+ $kind:ident = $name:literal,)+) => {
        /// The kinds of events, `noun.verb` on the wire.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum EventType {
            $($(#[doc = $about])+ $kind,)+
        }

        impl EventType {
            /// All of them; each stands at the place that its number says.
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
    /// Somebody signed in.
    SessionCreated = "session.created",
    /// A session ended before its time.
    SessionRevoked = "session.revoked",
    /// A sign-in was refused although its proof was right.
    SessionRefused = "session.refused",
    /// A browser with several sessions made another one its active one.
    SessionSwitched = "session.switched",
    /// A user came into being.
    UserCreated = "user.created",
    /// A user's own fields changed.
    UserUpdated = "user.updated",
    /// A user asked for the mail that confirms a deletion.
    UserDeletionRequested = "user.deletion_requested",
    /// A user is gone, with everything that was theirs.
    UserDeleted = "user.deleted",
    /// A user was there on a day on which they had not signed in.
    UserActive = "user.active",
    /// What the log said of a user's person can be read by nobody any more.
    UserErased = "user.erased",
    /// An account at a provider no longer signs its user in.
    AccountUnlinked = "account.unlinked",
    /// A user was refused sign-in from now on, and their sessions ended.
    UserBanned = "user.banned",
    /// A ban ended.
    UserUnbanned = "user.unbanned",
    /// An operator looked at a user.
    UserViewed = "user.viewed",
    /// An operator looked at a list of users.
    UsersListed = "users.listed",
    /// An operator took a table of users out.
    UsersExported = "users.exported",
    /// An operator looked at somebody's sessions.
    SessionsListed = "sessions.listed",
    /// A user's roles changed.
    RoleChanged = "role.changed",
    /// Somebody asked for what only administrators may do.
    PermissionRefused = "permission.refused",
    /// An operator was given a link by which a browser begins to act as a user.
    ImpersonationOffered = "impersonation.offered",
    /// An operator may not act as a user, or brought a link that is unknown, used or expired.
    ImpersonationRefused = "impersonation.refused",
    /// An administrator or operator began to act as a user.
    ImpersonationStarted = "impersonation.started",
    /// They returned to themselves.
    ImpersonationStopped = "impersonation.stopped",
    /// An address was proved.
    EmailVerified = "email.verified",
    /// A user moved to another address.
    EmailChanged = "email.changed",
    /// Access that was set up before the address was proved ended with the proof.
    UnprovenAccessRevoked = "unproven_access.revoked",
    /// A one-time code was asked for.
    CodeRequested = "code.requested",
    /// A one-time code was right, and proved an address or a person. One that signs somebody in is told as `session.created`.
    CodeAccepted = "code.accepted",
    /// A one-time code was wrong, expired or tried too often.
    CodeRefused = "code.refused",
    /// A sign-in link was asked for.
    LinkRequested = "link.requested",
    /// A sign-in link was right.
    LinkAccepted = "link.accepted",
    /// A sign-in link was unknown, used or expired.
    LinkRefused = "link.refused",
    /// A session was lent to whoever brings a token.
    OneTimeTokenCreated = "one_time_token.created",
    /// Somebody brought it.
    OneTimeTokenAccepted = "one_time_token.accepted",
    /// Somebody brought one that is unknown, used, expired, or of a session that has ended.
    OneTimeTokenRefused = "one_time_token.refused",
    /// Somebody signed in to the console was given a code that says so.
    ConsoleCodeCreated = "console_code.created",
    /// The console redeemed it.
    ConsoleCodeAccepted = "console_code.accepted",
    /// The console showed one that is unknown, used, expired, another browser's, or of a session that has ended.
    ConsoleCodeRefused = "console_code.refused",
    /// The console invited somebody by mail.
    ConsoleInvitationSent = "console_invitation.sent",
    /// A limit was hit.
    RateLimitExceeded = "rate_limit.exceeded",
    /// An operator let in again whom limits kept out.
    RateLimitLifted = "rate_limit.lifted",
    /// A request that could have changed something was refused before it meant anything more telling.
    RequestRefused = "request.refused",
    /// Refusals that were counted and not written, because there were too many: how many of each type.
    RefusalsCounted = "refusals.counted",
    /// An answer to a captcha did not count.
    CaptchaRefused = "captcha.refused",
    /// A mail was refused by its receiver.
    MailRefused = "mail.refused",
    /// A mail could not be delivered while it mattered.
    MailExpired = "mail.expired",
    /// A mail was not tried, because nobody is at its address.
    MailSuppressed = "mail.suppressed",
    /// An operator lets an address get mail again.
    MailUnsuppressed = "mail.unsuppressed",
    /// So often passkeys were offered and asked for since it was told last.
    PasskeyOffered = "passkey.offered",
    /// A passkey was registered.
    PasskeyCreated = "passkey.created",
    /// A passkey was renamed.
    PasskeyUpdated = "passkey.updated",
    /// A passkey was removed.
    PasskeyDeleted = "passkey.deleted",
    /// Somebody who has passkeys signed in by mail: until the wait is over those stay.
    RecoveryStarted = "recovery.started",
    /// Somebody signed in with a passkey of before a sign-in by mail, which ends the wait.
    RecoveryEnded = "recovery.ended",
    /// A passkey ceremony failed.
    PasskeyRefused = "passkey.refused",
    /// A signature counter did not increase: the authenticator may have been cloned. The sign-in was refused.
    PasskeyCounterRegressed = "passkey.counter_regressed",
    /// An API key was made.
    ApiKeyCreated = "api_key.created",
    /// An API key was changed.
    ApiKeyUpdated = "api_key.updated",
    /// An API key was removed.
    ApiKeyDeleted = "api_key.deleted",
    /// An API key was shown and refused.
    ApiKeyRefused = "api_key.refused",
    /// The first key that signs tokens was made.
    SigningKeyCreated = "signing_key.created",
    /// A new key signs tokens in place of earlier ones.
    SigningKeyRotated = "signing_key.rotated",
    /// An operator asked for something at the management door.
    ManagementRequested = "management.requested",
    /// The tenant runs with a new version of its settings.
    SettingsChanged = "settings.changed",
    /// The tenant's data came from a Better Auth server.
    TenantImported = "tenant.imported",
    /// The tenant was made of an archive.
    TenantRestored = "tenant.restored",
    /// The tenant's data and secret were handed to an operator.
    TenantExported = "tenant.exported",
    /// An operator switched the tenant off.
    TenantSuspended = "tenant.suspended",
    /// An operator switched the tenant on again.
    TenantResumed = "tenant.resumed",
    /// An operator deleted the tenant; it is destroyed after a grace period.
    TenantDeleted = "tenant.deleted",
    /// An operator took the tenant's deletion back.
    TenantUndeleted = "tenant.undeleted",
    /// The tenant has another name and address.
    TenantRenamed = "tenant.renamed",
    /// The names that the tenant answers to changed.
    TenantHostnamesChanged = "tenant.hostnames_changed",
    /// A domain was added to the tenant, to be proved by a record in the DNS.
    TenantDomainAdded = "tenant.domain_added",
    /// The record of a domain was found: it is the tenant's, and served.
    TenantDomainVerified = "tenant.domain_verified",
    /// The record of a domain is gone for days. It is served until somebody else proves the domain.
    TenantDomainLapsed = "tenant.domain_lapsed",
    /// A domain was taken off the tenant, or proved by another one after it had lapsed.
    TenantDomainRemoved = "tenant.domain_removed",
    /// The tenant has a new secret; the one before still verifies.
    TenantSecretRotated = "tenant.secret_rotated",
    /// Secrets before the tenant's current one have ended.
    TenantSecretRetired = "tenant.secret_retired",
    /// The tenant's isolation was tried, and held or did not; the digest is the report's.
    IsolationProved = "isolation.proved",
    /// The tenant's engine was ended by the kernel or by its supervisor, and started again: `reason` is `out_of_memory` or
    /// `forbidden_call`, which is an alarm.
    EngineFailed = "engine.failed",
    /// One of the tenant's names has a new certificate.
    CertificateIssued = "certificate.issued",
    /// One of the tenant's names was to have a new certificate, and has not; it is tried again. What there was is shown until it ends.
    CertificateFailed = "certificate.failed",
    /// A certificate ends soon and could not be renewed.
    CertificateEnding = "certificate.ending",
    /// Somebody asked for a new certificate.
    CertificateRenewalRequested = "certificate.renewal_requested",
    /// A name that the tenant gave up has no certificate any more; its key is destroyed.
    CertificateRemoved = "certificate.removed",
    /// Made-up people were added for development; what the log tells of them up to here is made up, too.
    TenantDemoDataAdded = "tenant.demo_data_added",
    /// An account at a provider was joined to a user.
    AccountLinked = "account.linked",
    /// A sign-in or a linking with a provider came to nothing.
    AccountRefused = "account.refused",
    /// The tokens of an account that is gone were given back to its provider, or it did not take them.
    ProviderTokensRevoked = "provider_tokens.revoked",
    /// A table that says who may come in was changed by something else than this program's own code: by hand, say.
    DatabaseChanged = "database.changed",
    /// The log is alive: an hour without anything to tell is told apart from an hour that is missing.
    LogHeartbeat = "log.heartbeat",
    /// Events that were older than the log is kept for were removed; their hashes stay.
    LogPruned = "log.pruned",
    /// An operator took events of the log out: what was searched for, as a file.
    LogExported = "log.exported",
    /// An endpoint took none of what it was sent for so long that it was given up.
    WebhookGivenUp = "webhook.given_up",
    /// A stream of the log has sent nothing for a day, because its server takes nothing.
    StreamFailing = "stream.failing",
    /// A stream was so far behind that events it had not sent are no longer kept.
    StreamSkipped = "stream.skipped",
    /// An operator had a stream go on at another place of the log.
    StreamMoved = "stream.moved",
    /// Nothing is sent to an endpoint any more, because it is gone or was out of order for days.
    WebhookDisabled = "webhook.disabled",
    /// An operator has an endpoint tried again.
    WebhookEnabled = "webhook.enabled",
    /// An operator has events sent again.
    WebhookReplayed = "webhook.replayed",
    /// Somebody took a copy of what is kept of them, or an operator did for them.
    UserExported = "user.exported",
}

impl EventType {
    /// What it is about, the first word of its name.
    fn noun(self) -> &'static str {
        self.name().split_once('.').map_or(self.name(), |(noun, _)| noun)
    }

    /// Those that a pattern means: `session.created` is one type, `session.*` all of a thing, `*` everything. None for
    /// what no event can match, which is a mistake.
    pub fn meant_by(pattern: &str) -> Vec<Self> {
        let is_meant = |kind: &Self| match pattern.strip_suffix('*') {
            Some("") => true,
            Some(thing) => thing.strip_suffix('.') == Some(kind.noun()),
            None => pattern == kind.name(),
        };
        Self::ALL.iter().copied().filter(is_meant).collect()
    }

    /// Whether webhooks tell of it. What happens to webhooks is not told by webhooks: an endpoint that fails would make
    /// work for itself. What happens to the tenant as a whole, and to its engine, is written by the control plane, while no engine may
    /// run, of
    /// the log itself the auditor writes, and of what changes the database past the engine the database. Refused requests are
    /// anybody's to make, and an endpoint has nothing to do about them. That somebody is there or is offered something is no
    /// change, and would be a call for each of them each day.
    pub fn is_published(self) -> bool {
        !matches!(self.noun(), "webhook" | "request" | "refusals" | "database" | "tenant" | "log" | "engine")
            && !matches!(self, Self::UserActive | Self::PasskeyOffered)
    }
}

//! What a page tells about the last step: one value per state, with its words in each language.

use serde::{Deserialize, Serialize};

use crate::text::Text;

/// How a notice looks and how a screen reader takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Something did not work.
    Error,
    /// Something was done.
    Success,
    /// Something to know; nobody is at fault. A cancelled ceremony is a choice; the others say where to go next.
    Info,
}

/// The table of notices: a stable key, how it is shown, and the message with its words.
macro_rules! notices {
    (site { $($site:ident = $site_key:literal, $site_tone:ident, $site_words:ident;)+ }
     console { $($console:ident = $console_key:literal, $console_tone:ident, $console_words:ident;)+ }) => {
        /// A state that a person is told about. The key is stable: tests and translations go by it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[allow(missing_docs, reason = "each name is the state; its words are in locales/en.ftl under notice-…")]
        pub enum Notice {
            $($site,)+
            $($console,)+
            /// Too many requests; the seconds until the next one may come.
            RateLimited(u32),
        }

        impl Notice {
            /// Every notice, with 90 seconds where it carries a time.
            pub const ALL: &[Self] = &[$(Self::$site,)+ $(Self::$console,)+ Self::RateLimited(90)];

            /// What hosted pages may tell.
            const SITE: &[Self] = &[$(Self::$site,)+ Self::EmailInvalid, Self::RateLimited(90)];

            /// What the console may tell by the address of a page.
            const CONSOLE: &[Self] = &[$(Self::$console,)+];

            /// How it is shown.
            pub const fn tone(self) -> Tone {
                match self {
                    $(Self::$site => Tone::$site_tone,)+
                    $(Self::$console => Tone::$console_tone,)+
                    Self::RateLimited(_) => Tone::Error,
                }
            }

            /// The stable name, `code-wrong`.
            pub const fn key(self) -> &'static str {
                match self {
                    $(Self::$site => $site_key,)+
                    $(Self::$console => $console_key,)+
                    Self::RateLimited(_) => "rate-limited",
                }
            }

            pub(crate) fn words(self, text: &Text) -> String {
                match self {
                    $(Self::$site => text.$site_words(),)+
                    $(Self::$console => text.$console_words(),)+
                    Self::RateLimited(seconds) => text.notice_rate_limited(&time_left(text, seconds)),
                }
            }
        }
    };
}

notices! {
    site {
        CodeWrong = "code-wrong", Error, notice_code_wrong;
        CodeExpired = "code-expired", Error, notice_code_expired;
        CodeTries = "code-tries", Error, notice_code_tries;
        CodeOtherBrowser = "code-other-browser", Info, notice_code_other_browser;
        CodeSent = "code-sent", Success, notice_code_sent;
        LinkExpired = "link-expired", Info, notice_link_expired;
        DeletionMailSent = "deletion-mail-sent", Success, notice_deletion_mail_sent;
        PasskeyCancelled = "passkey-cancelled", Info, notice_passkey_cancelled;
        PasskeyUnknown = "passkey-unknown", Error, notice_passkey_unknown;
        PasskeyUnsupported = "passkey-unsupported", Info, notice_passkey_unsupported;
        PasskeyExists = "passkey-exists", Info, notice_passkey_exists;
        PasskeyVerification = "passkey-verification", Error, notice_passkey_verification;
        PasskeyWrongDomain = "passkey-wrong-domain", Error, notice_passkey_wrong_domain;
        PasskeyTimeout = "passkey-timeout", Info, notice_passkey_timeout;
        PasskeyFailed = "passkey-failed", Error, notice_passkey_failed;
        PasskeyCreateCancelled = "passkey-create-cancelled", Info, notice_passkey_create_cancelled;
        PasskeyCreated = "passkey-created", Success, notice_passkey_created;
        PasskeyRenamed = "passkey-renamed", Success, notice_passkey_renamed;
        PasskeyRemoved = "passkey-removed", Success, notice_passkey_removed;
        PasskeyGone = "passkey-gone", Info, notice_passkey_gone;
        PasskeyLast = "passkey-last", Error, notice_passkey_last;
        PasskeyHeld = "passkey-held", Error, notice_passkey_held;
        EmailSame = "email-same", Error, notice_email_same;
        EmailTaken = "email-taken", Error, notice_email_taken;
        EmailChanged = "email-changed", Success, notice_email_changed;
        ProfileSaved = "profile-saved", Success, notice_profile_saved;
        NameInvalid = "name-invalid", Error, notice_name_invalid;
        SessionRevoked = "session-revoked", Success, notice_session_revoked;
        SessionsRevoked = "sessions-revoked", Success, notice_sessions_revoked;
        SessionEnded = "session-ended", Info, notice_session_ended;
        SignInAgain = "sign-in-again", Info, notice_sign_in_again;
        FlowExpired = "flow-expired", Info, notice_flow_expired;
        TooMany = "too-many", Error, notice_too_many;
        Suspended = "suspended", Error, notice_suspended;
        PasskeyRequired = "passkey-required", Info, notice_passkey_required;
        SignUpClosed = "sign-up-closed", Error, notice_sign_up_closed;
        ProviderDenied = "provider-denied", Error, notice_provider_denied;
        ProviderUnverified = "provider-unverified", Error, notice_provider_unverified;
        ProviderFailed = "provider-failed", Error, notice_provider_failed;
        AccountConflict = "account-conflict", Info, notice_account_conflict;
        AccountLinked = "account-linked", Success, notice_account_linked;
        AccountUnlinked = "account-unlinked", Success, notice_account_unlinked;
        AccountGone = "account-gone", Info, notice_account_gone;
        AccountLast = "account-last", Error, notice_account_last;
        AccountOtherEmail = "account-other-email", Error, notice_account_other_email;
        AccountTaken = "account-taken", Error, notice_account_taken;
        AccountUnable = "account-unable", Error, notice_account_unable;
        ConnectOther = "connect-other", Error, notice_connect_other;
        ConnectExpired = "connect-expired", Info, notice_connect_expired;
        ConnectNeedsCode = "connect-needs-code", Info, notice_connect_needs_code;
        NotWhileActing = "not-while-acting", Info, notice_not_while_acting;
        ActingStopped = "acting-stopped", Success, notice_acting_stopped;
        ActingLink = "acting-link", Info, notice_acting_link;
        ActingRefused = "acting-refused", Error, notice_acting_refused;
        CookiesBlocked = "cookies-blocked", Error, notice_cookies_blocked;
        Offline = "offline", Error, notice_offline;
        WrongOrigin = "wrong-origin", Error, notice_wrong_origin;
        CaptchaFailed = "captcha-failed", Error, notice_captcha_failed;
        NetworkBlocked = "network-blocked", Error, notice_network_blocked;
        Maintenance = "maintenance", Info, notice_maintenance;
        Unexpected = "unexpected", Error, notice_unexpected;
    }
    console {
        EmailInvalid = "email-invalid", Error, notice_email_invalid;
        MemberInvited = "member-invited", Success, notice_member_invited;
        MemberExists = "member-exists", Info, notice_member_exists;
        MemberRoleChanged = "member-role-changed", Success, notice_member_role_changed;
        MemberRemoved = "member-removed", Success, notice_member_removed;
        MemberRoleKeys = "member-role-keys", Success, notice_member_role_keys;
        MemberRemovedKeys = "member-removed-keys", Success, notice_member_removed_keys;
        MemberOwnerLast = "member-owner-last", Error, notice_member_owner_last;
        MemberRoleAbove = "member-role-above", Error, notice_member_role_above;
        MemberForbidden = "member-forbidden", Error, notice_member_forbidden;
        InvitationResent = "invitation-resent", Success, notice_invitation_resent;
        InvitationRevoked = "invitation-revoked", Success, notice_invitation_revoked;
        InvitationExists = "invitation-exists", Info, notice_invitation_exists;
        InvitationPaused = "invitation-paused", Info, notice_invitation_paused;
        InvitationGone = "invitation-gone", Info, notice_invitation_gone;
        WorkspaceRenamed = "workspace-renamed", Success, notice_workspace_renamed;
        WorkspaceExists = "workspace-exists", Error, notice_workspace_exists;
        WorkspaceName = "workspace-name", Error, notice_workspace_name;
        StepUpDone = "step-up-done", Success, notice_step_up_done;
        TenantName = "tenant-name", Error, notice_tenant_name;
        TenantNameReserved = "tenant-name-reserved", Error, notice_tenant_name_reserved;
        TenantNameTaken = "tenant-name-taken", Error, notice_tenant_name_taken;
        KeyRevoked = "key-revoked", Success, notice_key_revoked;
        KeyGone = "key-gone", Info, notice_key_gone;
        KeyName = "key-name", Error, notice_key_name;
        KeyScopes = "key-scopes", Error, notice_key_scopes;
        MailLifted = "mail-lifted", Success, notice_mail_lifted;
        MailRetried = "mail-retried", Success, notice_mail_retried;
        MailNotWaiting = "mail-not-waiting", Info, notice_mail_not_waiting;
        MailNotSuppressed = "mail-not-suppressed", Info, notice_mail_not_suppressed;
        IsolationTried = "isolation-tried", Success, notice_isolation_tried;
        IsolationBusy = "isolation-busy", Info, notice_isolation_busy;
        IsolationOften = "isolation-often", Error, notice_isolation_often;
        IsolationResting = "isolation-resting", Info, notice_isolation_resting;
        Unlocked = "unlocked", Success, notice_unlocked;
        NotLocked = "not-locked", Info, notice_not_locked;
        NetworkKeptOut = "network-kept-out", Success, notice_network_kept_out;
        UnlockWho = "unlock-who", Error, notice_unlock_who;
        ProviderExists = "provider-exists", Error, notice_provider_exists;
        ProviderGone = "provider-gone", Info, notice_provider_gone;
        ProviderRemoved = "provider-removed", Success, notice_provider_removed;
        WebhookSaved = "webhook-saved", Success, notice_webhook_saved;
        WebhookRemoved = "webhook-removed", Success, notice_webhook_removed;
        WebhookExists = "webhook-exists", Error, notice_webhook_exists;
        WebhookGone = "webhook-gone", Info, notice_webhook_gone;
        WebhookEnabled = "webhook-enabled", Success, notice_webhook_enabled;
        WebhookReplayed = "webhook-replayed", Success, notice_webhook_replayed;
        WebhookNotReplayed = "webhook-not-replayed", Error, notice_webhook_not_replayed;
        UserRoleChanged = "user-role-changed", Success, notice_user_role_changed;
        UserRoleEmpty = "user-role-empty", Error, notice_user_role_empty;
        UserBanned = "user-banned", Success, notice_user_banned;
        UserUnbanned = "user-unbanned", Success, notice_user_unbanned;
        UserSessionEnded = "user-session-ended", Success, notice_user_session_ended;
        UserSessionsEnded = "user-sessions-ended", Success, notice_user_sessions_ended;
        UserCreated = "user-created", Success, notice_user_created;
        UserExists = "user-exists", Error, notice_user_exists;
        UserPasskeyRemoved = "user-passkey-removed", Success, notice_user_passkey_removed;
        UserPasskeyGone = "user-passkey-gone", Info, notice_user_passkey_gone;
        UserKeyOff = "user-key-off", Success, notice_user_key_off;
        UserKeyOn = "user-key-on", Success, notice_user_key_on;
        UserKeyGone = "user-key-gone", Info, notice_user_key_gone;
        UserRemoved = "user-removed", Success, notice_user_removed;
        UserGone = "user-gone", Info, notice_user_gone;
        UserRefused = "user-refused", Error, notice_user_refused;
        UserActReason = "user-act-reason", Error, notice_user_act_reason;
        UserActAdmin = "user-act-admin", Error, notice_user_act_admin;
        UserActBanned = "user-act-banned", Error, notice_user_act_banned;
        UserActOff = "user-act-off", Error, notice_user_act_off;
        SettingsSaved = "settings-saved", Success, notice_settings_saved;
        SettingsMeanwhile = "settings-meanwhile", Error, notice_settings_meanwhile;
        DomainAdded = "domain-added", Success, notice_domain_added;
        DomainProved = "domain-proved", Success, notice_domain_proved;
        DomainAbsent = "domain-absent", Info, notice_domain_absent;
        DomainDifferent = "domain-different", Info, notice_domain_different;
        DomainUnanswered = "domain-unanswered", Info, notice_domain_unanswered;
        DomainTaken = "domain-taken", Error, notice_domain_taken;
        DomainInvalid = "domain-invalid", Error, notice_domain_invalid;
        CertificateAsked = "certificate-asked", Success, notice_certificate_asked;
        CertificateLimit = "certificate-limit", Error, notice_certificate_limit;
        DomainLimit = "domain-limit", Error, notice_domain_limit;
        DomainRemoved = "domain-removed", Success, notice_domain_removed;
        DomainPrimary = "domain-primary", Error, notice_domain_primary;
        DomainGone = "domain-gone", Info, notice_domain_gone;
        ViewSaved = "view-saved", Success, notice_view_saved;
        ViewRenamed = "view-renamed", Success, notice_view_renamed;
        ViewDeleted = "view-deleted", Success, notice_view_deleted;
        ViewName = "view-name", Error, notice_view_name;
        ViewExists = "view-exists", Error, notice_view_exists;
        ViewLimit = "view-limit", Error, notice_view_limit;
        ViewGone = "view-gone", Info, notice_view_gone;
        BackupNoPlace = "backup-no-place", Error, notice_backup_no_place;
        BackupGone = "backup-gone", Info, notice_backup_gone;
        BackupUnderWay = "backup-under-way", Info, notice_backup_under_way;
        BackupTooMany = "backup-too-many", Error, notice_backup_too_many;
        EngineAway = "engine-away", Error, notice_engine_away;
    }
}

impl Notice {
    /// What a browser's script may have to show on the sign-in page.
    pub(crate) const SIGN_IN_SCRIPT: [Self; 12] = [
        Self::PasskeyCancelled,
        Self::PasskeyUnknown,
        Self::PasskeyUnsupported,
        Self::PasskeyVerification,
        Self::PasskeyWrongDomain,
        Self::PasskeyTimeout,
        Self::PasskeyFailed,
        Self::RateLimited(0),
        Self::TooMany,
        Self::Suspended,
        Self::Offline,
        Self::Maintenance,
    ];

    /// What the script of a proof of work may have to show.
    pub(crate) const CAPTCHA_SCRIPT: [Self; 3] = [Self::CaptchaFailed, Self::TooMany, Self::Offline];

    /// What a browser's script may have to show where a passkey is created.
    pub(crate) const CREATE_SCRIPT: [Self; 13] = [
        Self::PasskeyCreateCancelled,
        Self::PasskeyExists,
        Self::PasskeyUnsupported,
        Self::PasskeyVerification,
        Self::PasskeyWrongDomain,
        Self::PasskeyTimeout,
        Self::PasskeyFailed,
        Self::SignInAgain,
        Self::SessionEnded,
        Self::RateLimited(0),
        Self::TooMany,
        Self::Offline,
        Self::Maintenance,
    ];

    /// What the script may have to show where only a passkey counts; what else fails is told in one sentence.
    pub(crate) const PROVE_SCRIPT: [Self; 8] = [
        Self::PasskeyVerification,
        Self::PasskeyWrongDomain,
        Self::PasskeyTimeout,
        Self::RateLimited(0),
        Self::TooMany,
        Self::Suspended,
        Self::Offline,
        Self::Maintenance,
    ];

    /// What hosted pages may tell.
    pub(crate) fn of_site() -> impl Iterator<Item = Self> {
        Self::SITE.iter().copied()
    }

    /// The notice that the console tells after a change, by its key.
    pub fn of_console(key: &str) -> Option<Self> {
        Self::CONSOLE.iter().copied().find(|notice| notice.key() == key)
    }

    /// Seconds until one may try again, if that is what it tells.
    pub(crate) const fn seconds(self) -> Option<u32> {
        match self {
            Self::RateLimited(seconds) => Some(seconds),
            _ => None,
        }
    }

    /// Whether the fault is in the page's one field, which then takes the focus.
    pub(crate) const fn is_about_field(self) -> bool {
        matches!(
            self,
            Self::CodeWrong
                | Self::CodeExpired
                | Self::CodeTries
                | Self::EmailInvalid
                | Self::EmailSame
                | Self::TenantName
                | Self::TenantNameReserved
                | Self::TenantNameTaken
                | Self::UserActReason
        )
    }

    pub(crate) const fn class(self) -> &'static str {
        match self.tone() {
            Tone::Error => "error",
            Tone::Success => "success",
            Tone::Info => "info",
        }
    }

    /// An error interrupts, everything else waits its turn (WAI-ARIA 1.2 §5.3.5).
    pub(crate) const fn role(self) -> &'static str {
        match self.tone() {
            Tone::Error => "alert",
            Tone::Success | Tone::Info => "status",
        }
    }
}

/// A waiting time in words: seconds under a minute, then minutes, rounded up so that the promise holds.
fn time_left(text: &Text, seconds: u32) -> String {
    if seconds < 60 {
        text.time_left_seconds(i64::from(seconds))
    } else {
        text.time_left_minutes(i64::from(seconds.div_ceil(60)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use kiavi_base::Locale;

    use super::*;

    #[test]
    fn each_state_has_words_of_its_own() {
        for locale in Locale::ALL {
            let text = Text::of(locale);
            let words: HashSet<_> = Notice::ALL.iter().map(|notice| notice.words(text)).collect();
            assert_eq!(words.len(), Notice::ALL.len(), "{locale:?}");
        }
    }

    #[test]
    fn each_state_has_a_key_of_its_own() {
        assert_eq!(
            Notice::ALL.iter().map(|notice| notice.key()).collect::<HashSet<_>>().len(),
            Notice::ALL.len()
        );
    }

    #[test]
    fn a_waiting_time_is_never_promised_too_short() {
        let text = Text::of(Locale::En);
        assert_eq!(Notice::RateLimited(1).words(text), "Too many tries. Try again in 1 second.");
        assert_eq!(Notice::RateLimited(61).words(text), "Too many tries. Try again in 2 minutes.");
    }
}

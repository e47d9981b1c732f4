//! What a page tells about the last step: one value per state, with its words in each language.

use serde::{Deserialize, Serialize};

use crate::text::Text;

/// A state that a person is told about. The key is stable: tests and translations go by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each name is the state; its words are in locales/en.ftl under notice-…")]
pub enum Notice {
    CodeWrong,
    CodeExpired,
    CodeTries,
    CodeUsed,
    CodeOtherBrowser,
    CodeSent,
    LinkExpired,
    DeletionMailSent,
    EmailInvalid,
    MailFailed,
    MailRefused,
    PasskeyCancelled,
    PasskeyUnknown,
    PasskeyUnsupported,
    PasskeyNotAllowed,
    PasskeyExists,
    PasskeyVerification,
    PasskeyWrongDomain,
    PasskeyTimeout,
    PasskeyFailed,
    PasskeyCreateCancelled,
    PasskeyCreated,
    PasskeyRenamed,
    PasskeyRemoved,
    PasskeyGone,
    PasskeyLast,
    ProfileSaved,
    NameInvalid,
    SessionRevoked,
    SessionsRevoked,
    SessionEnded,
    SignInAgain,
    FlowExpired,
    /// Too many requests; the seconds until the next one may come.
    RateLimited(u32),
    TooMany,
    Suspended,
    PasskeyRequired,
    SignUpClosed,
    InvitationAddress,
    ProviderDenied,
    ProviderUnverified,
    ProviderFailed,
    AccountConflict,
    AccountLinked,
    AccountUnlinked,
    AccountGone,
    AccountLast,
    AccountOtherEmail,
    AccountTaken,
    AccountUnable,
    ConnectOther,
    ConnectExpired,
    ConnectNeedsCode,
    NotWhileActing,
    ActingStopped,
    MemberInvited,
    MemberExists,
    MemberRoleChanged,
    MemberRemoved,
    MemberRoleKeys,
    MemberRemovedKeys,
    MemberOwnerLast,
    MemberRoleAbove,
    MemberForbidden,
    InvitationResent,
    InvitationRevoked,
    InvitationExists,
    InvitationPaused,
    InvitationGone,
    WorkspaceRenamed,
    WorkspaceExists,
    WorkspaceName,
    DomainAdded,
    DomainProved,
    DomainAbsent,
    DomainDifferent,
    DomainUnanswered,
    DomainTaken,
    DomainInvalid,
    DomainLimit,
    DomainRemoved,
    DomainPrimary,
    DomainGone,
    StepUpDone,
    CookiesBlocked,
    Offline,
    WrongOrigin,
    CaptchaFailed,
    NetworkBlocked,
    Maintenance,
    Unexpected,
}

/// How a notice looks and how a screen reader takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Something did not work.
    Error,
    /// Something was done.
    Success,
    /// Something to know; nobody is at fault.
    Info,
}

impl Notice {
    /// Every notice, with 90 seconds where it carries a time.
    pub const ALL: [Self; 91] = [
        Self::CodeWrong,
        Self::CodeExpired,
        Self::CodeTries,
        Self::CodeUsed,
        Self::CodeOtherBrowser,
        Self::CodeSent,
        Self::LinkExpired,
        Self::DeletionMailSent,
        Self::EmailInvalid,
        Self::MailFailed,
        Self::MailRefused,
        Self::PasskeyCancelled,
        Self::PasskeyUnknown,
        Self::PasskeyUnsupported,
        Self::PasskeyNotAllowed,
        Self::PasskeyExists,
        Self::PasskeyVerification,
        Self::PasskeyWrongDomain,
        Self::PasskeyTimeout,
        Self::PasskeyFailed,
        Self::PasskeyCreateCancelled,
        Self::PasskeyCreated,
        Self::PasskeyRenamed,
        Self::PasskeyRemoved,
        Self::PasskeyGone,
        Self::PasskeyLast,
        Self::ProfileSaved,
        Self::NameInvalid,
        Self::SessionRevoked,
        Self::SessionsRevoked,
        Self::SessionEnded,
        Self::SignInAgain,
        Self::FlowExpired,
        Self::RateLimited(90),
        Self::TooMany,
        Self::Suspended,
        Self::PasskeyRequired,
        Self::SignUpClosed,
        Self::InvitationAddress,
        Self::ProviderDenied,
        Self::ProviderUnverified,
        Self::ProviderFailed,
        Self::AccountConflict,
        Self::AccountLinked,
        Self::AccountUnlinked,
        Self::AccountGone,
        Self::AccountLast,
        Self::AccountOtherEmail,
        Self::AccountTaken,
        Self::AccountUnable,
        Self::ConnectOther,
        Self::ConnectExpired,
        Self::ConnectNeedsCode,
        Self::NotWhileActing,
        Self::ActingStopped,
        Self::MemberInvited,
        Self::MemberExists,
        Self::MemberRoleChanged,
        Self::MemberRemoved,
        Self::MemberRoleKeys,
        Self::MemberRemovedKeys,
        Self::MemberOwnerLast,
        Self::MemberRoleAbove,
        Self::MemberForbidden,
        Self::InvitationResent,
        Self::InvitationRevoked,
        Self::InvitationExists,
        Self::InvitationPaused,
        Self::InvitationGone,
        Self::WorkspaceRenamed,
        Self::WorkspaceExists,
        Self::WorkspaceName,
        Self::DomainAdded,
        Self::DomainProved,
        Self::DomainAbsent,
        Self::DomainDifferent,
        Self::DomainUnanswered,
        Self::DomainTaken,
        Self::DomainInvalid,
        Self::DomainLimit,
        Self::DomainRemoved,
        Self::DomainPrimary,
        Self::DomainGone,
        Self::StepUpDone,
        Self::CookiesBlocked,
        Self::Offline,
        Self::WrongOrigin,
        Self::CaptchaFailed,
        Self::NetworkBlocked,
        Self::Maintenance,
        Self::Unexpected,
    ];

    /// What a browser's script may have to show on the sign-in page.
    pub(crate) const SIGN_IN_SCRIPT: [Self; 11] = [
        Self::PasskeyCancelled,
        Self::PasskeyUnknown,
        Self::PasskeyUnsupported,
        Self::PasskeyVerification,
        Self::PasskeyWrongDomain,
        Self::PasskeyTimeout,
        Self::PasskeyFailed,
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
        Self::PasskeyNotAllowed,
        Self::PasskeyVerification,
        Self::PasskeyWrongDomain,
        Self::PasskeyTimeout,
        Self::PasskeyFailed,
        Self::SignInAgain,
        Self::SessionEnded,
        Self::TooMany,
        Self::Offline,
        Self::Maintenance,
    ];

    /// What the script may have to show where only a passkey counts; what else fails is told in one sentence.
    pub(crate) const PROVE_SCRIPT: [Self; 7] = [
        Self::PasskeyVerification,
        Self::PasskeyWrongDomain,
        Self::PasskeyTimeout,
        Self::TooMany,
        Self::Suspended,
        Self::Offline,
        Self::Maintenance,
    ];

    /// The notice that the console tells after a change, by its key.
    pub fn of_console(key: &str) -> Option<Self> {
        let known = [
            Self::MemberInvited,
            Self::MemberExists,
            Self::MemberRoleChanged,
            Self::MemberRemoved,
            Self::MemberRoleKeys,
            Self::MemberRemovedKeys,
            Self::MemberOwnerLast,
            Self::MemberRoleAbove,
            Self::MemberForbidden,
            Self::InvitationResent,
            Self::InvitationRevoked,
            Self::InvitationExists,
            Self::InvitationPaused,
            Self::InvitationGone,
            Self::WorkspaceRenamed,
            Self::WorkspaceExists,
            Self::WorkspaceName,
            Self::EmailInvalid,
            Self::DomainAdded,
            Self::DomainProved,
            Self::DomainAbsent,
            Self::DomainDifferent,
            Self::DomainUnanswered,
            Self::DomainTaken,
            Self::DomainInvalid,
            Self::DomainLimit,
            Self::DomainRemoved,
            Self::DomainPrimary,
            Self::DomainGone,
            Self::StepUpDone,
        ];
        known.into_iter().find(|notice| notice.key() == key)
    }

    /// How it is shown.
    pub const fn tone(self) -> Tone {
        match self {
            Self::CodeSent
            | Self::DeletionMailSent
            | Self::PasskeyCreated
            | Self::PasskeyRenamed
            | Self::PasskeyRemoved
            | Self::ProfileSaved
            | Self::SessionRevoked
            | Self::SessionsRevoked
            | Self::AccountLinked
            | Self::AccountUnlinked
            | Self::MemberInvited
            | Self::MemberRoleChanged
            | Self::MemberRemoved
            | Self::MemberRoleKeys
            | Self::MemberRemovedKeys
            | Self::InvitationResent
            | Self::InvitationRevoked
            | Self::WorkspaceRenamed
            | Self::DomainAdded
            | Self::DomainProved
            | Self::DomainRemoved
            | Self::StepUpDone
            | Self::ActingStopped => Tone::Success,
            // A cancelled ceremony is a choice, not a fault; the others say where to go next.
            Self::PasskeyCancelled
            | Self::PasskeyCreateCancelled
            | Self::PasskeyExists
            | Self::PasskeyUnsupported
            | Self::PasskeyGone
            | Self::PasskeyRequired
            | Self::SessionEnded
            | Self::SignInAgain
            | Self::FlowExpired
            | Self::CodeOtherBrowser
            | Self::LinkExpired
            | Self::AccountConflict
            | Self::AccountGone
            | Self::ConnectExpired
            | Self::ConnectNeedsCode
            | Self::NotWhileActing
            | Self::MemberExists
            | Self::InvitationExists
            | Self::InvitationPaused
            | Self::InvitationGone
            | Self::DomainAbsent
            | Self::DomainDifferent
            | Self::DomainUnanswered
            | Self::DomainGone
            | Self::Maintenance => Tone::Info,
            _ => Tone::Error,
        }
    }

    /// The stable name, `code-wrong`.
    #[allow(clippy::too_many_lines, reason = "a table")]
    pub const fn key(self) -> &'static str {
        match self {
            Self::CodeWrong => "code-wrong",
            Self::CodeExpired => "code-expired",
            Self::CodeTries => "code-tries",
            Self::CodeUsed => "code-used",
            Self::CodeOtherBrowser => "code-other-browser",
            Self::CodeSent => "code-sent",
            Self::LinkExpired => "link-expired",
            Self::DeletionMailSent => "deletion-mail-sent",
            Self::EmailInvalid => "email-invalid",
            Self::MailFailed => "mail-failed",
            Self::MailRefused => "mail-refused",
            Self::PasskeyCancelled => "passkey-cancelled",
            Self::PasskeyUnknown => "passkey-unknown",
            Self::PasskeyUnsupported => "passkey-unsupported",
            Self::PasskeyNotAllowed => "passkey-not-allowed",
            Self::PasskeyExists => "passkey-exists",
            Self::PasskeyVerification => "passkey-verification",
            Self::PasskeyWrongDomain => "passkey-wrong-domain",
            Self::PasskeyTimeout => "passkey-timeout",
            Self::PasskeyFailed => "passkey-failed",
            Self::PasskeyCreateCancelled => "passkey-create-cancelled",
            Self::PasskeyCreated => "passkey-created",
            Self::PasskeyRenamed => "passkey-renamed",
            Self::PasskeyRemoved => "passkey-removed",
            Self::PasskeyGone => "passkey-gone",
            Self::PasskeyLast => "passkey-last",
            Self::ProfileSaved => "profile-saved",
            Self::NameInvalid => "name-invalid",
            Self::SessionRevoked => "session-revoked",
            Self::SessionsRevoked => "sessions-revoked",
            Self::SessionEnded => "session-ended",
            Self::SignInAgain => "sign-in-again",
            Self::FlowExpired => "flow-expired",
            Self::RateLimited(_) => "rate-limited",
            Self::TooMany => "too-many",
            Self::Suspended => "suspended",
            Self::PasskeyRequired => "passkey-required",
            Self::SignUpClosed => "sign-up-closed",
            Self::InvitationAddress => "invitation-address",
            Self::ProviderDenied => "provider-denied",
            Self::ProviderUnverified => "provider-unverified",
            Self::ProviderFailed => "provider-failed",
            Self::AccountConflict => "account-conflict",
            Self::AccountLinked => "account-linked",
            Self::AccountUnlinked => "account-unlinked",
            Self::AccountGone => "account-gone",
            Self::AccountLast => "account-last",
            Self::AccountOtherEmail => "account-other-email",
            Self::AccountTaken => "account-taken",
            Self::AccountUnable => "account-unable",
            Self::ConnectOther => "connect-other",
            Self::ConnectExpired => "connect-expired",
            Self::ConnectNeedsCode => "connect-needs-code",
            Self::NotWhileActing => "not-while-acting",
            Self::ActingStopped => "acting-stopped",
            Self::MemberInvited => "member-invited",
            Self::MemberExists => "member-exists",
            Self::MemberRoleChanged => "member-role-changed",
            Self::MemberRemoved => "member-removed",
            Self::MemberRoleKeys => "member-role-keys",
            Self::MemberRemovedKeys => "member-removed-keys",
            Self::MemberOwnerLast => "member-owner-last",
            Self::MemberRoleAbove => "member-role-above",
            Self::MemberForbidden => "member-forbidden",
            Self::InvitationResent => "invitation-resent",
            Self::InvitationRevoked => "invitation-revoked",
            Self::InvitationExists => "invitation-exists",
            Self::InvitationPaused => "invitation-paused",
            Self::InvitationGone => "invitation-gone",
            Self::WorkspaceRenamed => "workspace-renamed",
            Self::WorkspaceExists => "workspace-exists",
            Self::WorkspaceName => "workspace-name",
            Self::DomainAdded => "domain-added",
            Self::DomainProved => "domain-proved",
            Self::DomainAbsent => "domain-absent",
            Self::DomainDifferent => "domain-different",
            Self::DomainUnanswered => "domain-unanswered",
            Self::DomainTaken => "domain-taken",
            Self::DomainInvalid => "domain-invalid",
            Self::DomainLimit => "domain-limit",
            Self::DomainRemoved => "domain-removed",
            Self::DomainPrimary => "domain-primary",
            Self::DomainGone => "domain-gone",
            Self::StepUpDone => "step-up-done",
            Self::CookiesBlocked => "cookies-blocked",
            Self::Offline => "offline",
            Self::WrongOrigin => "wrong-origin",
            Self::CaptchaFailed => "captcha-failed",
            Self::NetworkBlocked => "network-blocked",
            Self::Maintenance => "maintenance",
            Self::Unexpected => "unexpected",
        }
    }

    /// Whether the fault is in the page's one field, which then takes the focus.
    pub(crate) const fn is_about_field(self) -> bool {
        matches!(
            self,
            Self::CodeWrong | Self::CodeExpired | Self::CodeTries | Self::CodeUsed | Self::EmailInvalid
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

    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::CodeWrong => text.notice_code_wrong(),
            Self::CodeExpired => text.notice_code_expired(),
            Self::CodeTries => text.notice_code_tries(),
            Self::CodeUsed => text.notice_code_used(),
            Self::CodeOtherBrowser => text.notice_code_other_browser(),
            Self::CodeSent => text.notice_code_sent(),
            Self::LinkExpired => text.notice_link_expired(),
            Self::DeletionMailSent => text.notice_deletion_mail_sent(),
            Self::EmailInvalid => text.notice_email_invalid(),
            Self::MailFailed => text.notice_mail_failed(),
            Self::MailRefused => text.notice_mail_refused(),
            Self::PasskeyCancelled => text.notice_passkey_cancelled(),
            Self::PasskeyUnknown => text.notice_passkey_unknown(),
            Self::PasskeyUnsupported => text.notice_passkey_unsupported(),
            Self::PasskeyNotAllowed => text.notice_passkey_not_allowed(),
            Self::PasskeyExists => text.notice_passkey_exists(),
            Self::PasskeyVerification => text.notice_passkey_verification(),
            Self::PasskeyWrongDomain => text.notice_passkey_wrong_domain(),
            Self::PasskeyTimeout => text.notice_passkey_timeout(),
            Self::PasskeyFailed => text.notice_passkey_failed(),
            Self::PasskeyCreateCancelled => text.notice_passkey_create_cancelled(),
            Self::PasskeyCreated => text.notice_passkey_created(),
            Self::PasskeyRenamed => text.notice_passkey_renamed(),
            Self::PasskeyRemoved => text.notice_passkey_removed(),
            Self::PasskeyGone => text.notice_passkey_gone(),
            Self::PasskeyLast => text.notice_passkey_last(),
            Self::ProfileSaved => text.notice_profile_saved(),
            Self::NameInvalid => text.notice_name_invalid(),
            Self::SessionRevoked => text.notice_session_revoked(),
            Self::SessionsRevoked => text.notice_sessions_revoked(),
            Self::SessionEnded => text.notice_session_ended(),
            Self::SignInAgain => text.notice_sign_in_again(),
            Self::FlowExpired => text.notice_flow_expired(),
            Self::RateLimited(seconds) => text.notice_rate_limited(&time_left(text, seconds)),
            other => other.words_of_access(text),
        }
    }

    fn words_of_access(self, text: &Text) -> String {
        match self {
            Self::TooMany => text.notice_too_many(),
            Self::Suspended => text.notice_suspended(),
            Self::PasskeyRequired => text.notice_passkey_required(),
            Self::SignUpClosed => text.notice_sign_up_closed(),
            Self::InvitationAddress => text.notice_invitation_address(),
            Self::ProviderDenied => text.notice_provider_denied(),
            Self::ProviderUnverified => text.notice_provider_unverified(),
            Self::ProviderFailed => text.notice_provider_failed(),
            Self::AccountConflict => text.notice_account_conflict(),
            Self::CookiesBlocked => text.notice_cookies_blocked(),
            Self::Offline => text.notice_offline(),
            Self::WrongOrigin => text.notice_wrong_origin(),
            Self::CaptchaFailed => text.notice_captcha_failed(),
            Self::NetworkBlocked => text.notice_network_blocked(),
            Self::Maintenance => text.notice_maintenance(),
            other => other.words_of_accounts(text),
        }
    }

    fn words_of_accounts(self, text: &Text) -> String {
        match self {
            Self::AccountLinked => text.notice_account_linked(),
            Self::AccountUnlinked => text.notice_account_unlinked(),
            Self::AccountGone => text.notice_account_gone(),
            Self::AccountLast => text.notice_account_last(),
            Self::AccountOtherEmail => text.notice_account_other_email(),
            Self::AccountTaken => text.notice_account_taken(),
            Self::AccountUnable => text.notice_account_unable(),
            Self::ConnectOther => text.notice_connect_other(),
            Self::ConnectExpired => text.notice_connect_expired(),
            Self::ConnectNeedsCode => text.notice_connect_needs_code(),
            Self::NotWhileActing => text.notice_not_while_acting(),
            Self::ActingStopped => text.notice_acting_stopped(),
            Self::MemberInvited => text.notice_member_invited(),
            Self::MemberExists => text.notice_member_exists(),
            Self::MemberRoleChanged => text.notice_member_role_changed(),
            Self::MemberRemoved => text.notice_member_removed(),
            Self::MemberRoleKeys => text.notice_member_role_keys(),
            Self::MemberRemovedKeys => text.notice_member_removed_keys(),
            Self::MemberOwnerLast => text.notice_member_owner_last(),
            Self::MemberRoleAbove => text.notice_member_role_above(),
            Self::MemberForbidden => text.notice_member_forbidden(),
            Self::InvitationResent => text.notice_invitation_resent(),
            Self::InvitationRevoked => text.notice_invitation_revoked(),
            Self::InvitationExists => text.notice_invitation_exists(),
            Self::InvitationPaused => text.notice_invitation_paused(),
            Self::InvitationGone => text.notice_invitation_gone(),
            Self::WorkspaceRenamed => text.notice_workspace_renamed(),
            Self::WorkspaceExists => text.notice_workspace_exists(),
            Self::WorkspaceName => text.notice_workspace_name(),
            Self::DomainAdded => text.notice_domain_added(),
            Self::DomainProved => text.notice_domain_proved(),
            Self::DomainAbsent => text.notice_domain_absent(),
            Self::DomainDifferent => text.notice_domain_different(),
            Self::DomainUnanswered => text.notice_domain_unanswered(),
            Self::DomainTaken => text.notice_domain_taken(),
            Self::DomainInvalid => text.notice_domain_invalid(),
            Self::DomainLimit => text.notice_domain_limit(),
            Self::DomainRemoved => text.notice_domain_removed(),
            Self::DomainPrimary => text.notice_domain_primary(),
            Self::DomainGone => text.notice_domain_gone(),
            Self::StepUpDone => text.notice_step_up_done(),
            _ => text.notice_unexpected(),
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
            let words: HashSet<_> = Notice::ALL.map(|notice| notice.words(text)).into_iter().collect();
            assert_eq!(words.len(), Notice::ALL.len(), "{locale:?}");
        }
    }

    #[test]
    fn each_state_has_a_key_of_its_own() {
        assert_eq!(Notice::ALL.map(Notice::key).into_iter().collect::<HashSet<_>>().len(), Notice::ALL.len());
    }

    #[test]
    fn a_waiting_time_is_never_promised_too_short() {
        let text = Text::of(Locale::En);
        assert_eq!(Notice::RateLimited(1).words(text), "Too many tries. Try again in 1 second.");
        assert_eq!(Notice::RateLimited(61).words(text), "Too many tries. Try again in 2 minutes.");
    }
}

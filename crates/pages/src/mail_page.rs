//! A tenant's e-mail in the console: whom it comes from, what it says, whether it arrives, and who gets none.

use askama::Template;

use crate::{ConsoleTop, Frame, MailTabs, Notice, Place, TenantTop, text::Text};

/// A mail that can be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterKind {
    /// A code that signs in.
    SignInCode,
    /// A code that proves an address.
    VerificationCode,
    /// A link that signs in.
    SignInLink,
    /// A link that deletes an account.
    DeletionLink,
    /// That the address was changed.
    EmailChanged,
    /// That the account is gone.
    UserDeleted,
    /// That an account elsewhere was linked.
    AccountLinked,
    /// That it was unlinked.
    AccountUnlinked,
    /// That there is a new passkey.
    PasskeyAdded,
    /// That a passkey is gone.
    PasskeyRemoved,
    /// That somebody signed in by mail who has passkeys.
    RecoveryStarted,
    /// That mail arrives.
    Test,
}

impl LetterKind {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::SignInCode,
        Self::VerificationCode,
        Self::SignInLink,
        Self::DeletionLink,
        Self::EmailChanged,
        Self::UserDeleted,
        Self::AccountLinked,
        Self::AccountUnlinked,
        Self::PasskeyAdded,
        Self::PasskeyRemoved,
        Self::RecoveryStarted,
        Self::Test,
    ];

    /// The stable name, as addresses and the engine have it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::SignInCode => "sign_in_code",
            Self::VerificationCode => "verification_code",
            Self::SignInLink => "sign_in_link",
            Self::DeletionLink => "deletion_link",
            Self::EmailChanged => "email_changed",
            Self::UserDeleted => "user_deleted",
            Self::AccountLinked => "account_linked",
            Self::AccountUnlinked => "account_unlinked",
            Self::PasskeyAdded => "passkey_added",
            Self::PasskeyRemoved => "passkey_removed",
            Self::RecoveryStarted => "recovery_started",
            Self::Test => "test",
        }
    }

    /// Those that a tenant may word itself.
    pub const WORDED: [Self; 3] = [Self::SignInCode, Self::VerificationCode, Self::SignInLink];

    /// The mail of this name.
    pub fn known(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }

    /// The mail of this name; the first for any other name.
    pub fn of(key: &str) -> Self {
        Self::known(key).unwrap_or(Self::SignInCode)
    }

    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::SignInCode => text.code_label(),
            Self::VerificationCode => text.letter_verification_code(),
            Self::SignInLink => text.letter_sign_in_link(),
            Self::DeletionLink => text.letter_deletion_link(),
            Self::EmailChanged => text.letter_email_changed(),
            Self::UserDeleted => text.letter_user_deleted(),
            Self::AccountLinked => text.letter_account_linked(),
            Self::AccountUnlinked => text.letter_account_unlinked(),
            Self::PasskeyAdded => text.letter_passkey_added(),
            Self::PasskeyRemoved => text.letter_passkey_removed(),
            Self::RecoveryStarted => text.letter_recovery_started(),
            Self::Test => text.letter_test(),
        }
    }
}

/// Whom mail comes from, as the settings say; empty is what they leave open.
#[derive(Debug, Clone, Default)]
pub struct Sender {
    /// The name.
    pub name: String,
    /// The address.
    pub address: String,
    /// Where answers go.
    pub reply_to: String,
    /// The tenant's own mail server, if it has one.
    pub server: Option<String>,
}

/// A mail as people get it, with made-up values.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// Whether the tenant words it itself.
    pub is_own: bool,
    /// The path of its HTML part.
    pub html: String,
}

/// What became of a mail that was sent for a trial.
#[derive(Debug, Clone)]
pub struct MailTrial {
    /// Whom it was sent to.
    pub email: String,
    /// Whether a server took it.
    pub is_taken: bool,
    /// What was in the way, by a stable name.
    pub fault: Option<String>,
}

/// A tenant's e-mail.
#[derive(Debug, Clone, Template)]
#[template(path = "mail.html")]
pub struct MailPage {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// The pages about mail that the visitor may see.
    pub tabs: MailTabs,
    /// Whom it comes from, as it is or as typed.
    pub sender: Sender,
    /// What is used where the settings leave the name open.
    pub usual_name: String,
    /// What is used where they leave the address open.
    pub usual_address: String,
    /// What is wrong with what was typed.
    pub fault: Option<String>,
    /// What became of the mail that was just sent for a trial.
    pub trial: Option<MailTrial>,
    /// The address that a trial is offered for.
    pub email: String,
    /// Which mail is looked at.
    pub letter: LetterKind,
    /// In which language: its tag.
    pub language: &'static str,
    /// The mail; none while nobody can tell it.
    pub preview: Option<Preview>,
    /// How many addresses get no mail, where the visitor may know and it can be asked.
    pub suppressed: Option<i64>,
    /// Whether the visitor may change it.
    pub may_change: bool,
    /// Whether the visitor may have an address get mail again.
    pub may_lift: bool,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
}

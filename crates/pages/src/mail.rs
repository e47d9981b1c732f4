//! Mails: a subject, a plain text and an HTML part that say the same.

use askama::Template;
use jiff::Timestamp;
use kiavi_base::Locale;

use crate::{Accents, device, text::Text, when};

/// What a code proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodePurpose {
    /// That the person who signs in reads this address.
    SignIn,
    /// That the address belongs to the account.
    Verification,
}

/// The mail with a one-time code.
#[derive(Debug, Clone)]
pub struct CodeMail {
    /// The language of the mail.
    pub locale: Locale,
    /// The application's name.
    pub app: String,
    /// The code.
    pub code: String,
    /// How long it is valid, in minutes.
    pub valid_minutes: u32,
    /// What it is for.
    pub purpose: CodePurpose,
}

/// A mail ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedMail {
    /// The subject, one line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML part; it loads nothing from anywhere.
    pub html: String,
}

#[derive(Template)]
#[template(path = "mail/code.html")]
struct CodeHtml<'a> {
    mail: &'a CodeMail,
    t: &'static Text,
    accents: Accents,
}

#[derive(Template)]
#[template(path = "mail/code.txt", escape = "none")]
struct CodeText<'a> {
    mail: &'a CodeMail,
    t: &'static Text,
}

/// The application's name on one line, as a subject is.
fn one_line(app: &str) -> String {
    app.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

impl CodeMail {
    /// Renders the mail, with its button in the tenant's colour. Line breaks in the application's name become spaces: a
    /// subject is one line.
    pub fn render(&self, accents: Option<Accents>) -> RenderedMail {
        let accents = accents.unwrap_or_default();
        let t = Text::of(self.locale);
        let mail = &Self { app: one_line(&self.app), ..self.clone() };
        let subject = match self.purpose {
            CodePurpose::SignIn => t.mail_code_subject(&mail.app, &mail.code),
            CodePurpose::Verification => t.mail_code_verify_subject(&mail.app, &mail.code),
        };
        RenderedMail {
            subject,
            // Formatting into a String does not fail; if it ever did, the subject still has the code.
            text: CodeText { mail, t }.render().unwrap_or_default(),
            html: CodeHtml { mail, t, accents }.render().unwrap_or_default(),
        }
    }

    fn title(&self, t: &Text) -> String {
        match self.purpose {
            CodePurpose::SignIn => t.mail_code_title(),
            CodePurpose::Verification => t.mail_code_verify_title(),
        }
    }

    fn lede(&self, t: &Text) -> String {
        match self.purpose {
            CodePurpose::SignIn => t.mail_code_lede(&self.app),
            CodePurpose::Verification => t.mail_code_verify_lede(&self.app),
        }
    }
}

/// What a link does after it was confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkPurpose {
    /// It signs in.
    SignIn,
    /// It deletes the account.
    Deletion,
    /// It makes a member of a workspace.
    Invitation {
        /// Who invites.
        inviter: String,
        /// The workspace's name.
        workspace: String,
    },
}

/// How long something is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// So many minutes.
    Minutes(u32),
    /// So many hours.
    Hours(u32),
    /// So many days.
    Days(u32),
}

/// The mail with a link.
#[derive(Debug, Clone)]
pub struct LinkMail {
    /// The language of the mail.
    pub locale: Locale,
    /// The application's name.
    pub app: String,
    /// The link.
    pub url: String,
    /// How long it is valid.
    pub valid: Validity,
    /// What it is for.
    pub purpose: LinkPurpose,
}

#[derive(Template)]
#[template(path = "mail/link.html")]
struct LinkHtml<'a> {
    mail: &'a LinkMail,
    t: &'static Text,
    accents: Accents,
}

#[derive(Template)]
#[template(path = "mail/link.txt", escape = "none")]
struct LinkText<'a> {
    mail: &'a LinkMail,
    t: &'static Text,
}

impl LinkMail {
    /// Renders the mail, with its button in the tenant's colour.
    pub fn render(&self, accents: Option<Accents>) -> RenderedMail {
        let accents = accents.unwrap_or_default();
        let t = Text::of(self.locale);
        let mail = &Self { app: one_line(&self.app), ..self.clone() };
        let subject = match &self.purpose {
            LinkPurpose::SignIn => t.mail_link_subject(&mail.app),
            LinkPurpose::Deletion => t.mail_delete_subject(&mail.app),
            LinkPurpose::Invitation { inviter, workspace } => {
                t.mail_invitation_subject(&one_line(inviter), &one_line(workspace))
            }
        };
        RenderedMail {
            subject,
            text: LinkText { mail, t }.render().unwrap_or_default(),
            html: LinkHtml { mail, t, accents }.render().unwrap_or_default(),
        }
    }

    fn title(&self, t: &Text) -> String {
        match self.purpose {
            LinkPurpose::SignIn => t.mail_link_title(),
            LinkPurpose::Deletion => t.delete_title(),
            LinkPurpose::Invitation { .. } => t.mail_invitation_title(),
        }
    }

    fn lede(&self, t: &Text) -> String {
        match &self.purpose {
            LinkPurpose::SignIn => t.mail_link_lede(&self.app),
            LinkPurpose::Deletion => t.mail_delete_lede(&self.app),
            LinkPurpose::Invitation { inviter, workspace } => {
                t.mail_invitation_lede(&self.app, inviter, workspace)
            }
        }
    }

    fn button(&self, t: &Text) -> String {
        match self.purpose {
            LinkPurpose::SignIn => t.link_confirm(),
            LinkPurpose::Deletion => t.action_continue(),
            LinkPurpose::Invitation { .. } => t.mail_invitation_button(),
        }
    }

    fn validity(&self, t: &Text) -> String {
        match self.valid {
            Validity::Minutes(minutes) => t.mail_code_valid(minutes.into()),
            Validity::Hours(hours) => t.mail_link_valid_hours(hours.into()),
            Validity::Days(days) => t.mail_link_valid_days(days.into()),
        }
    }

    fn ignore(&self, t: &Text) -> String {
        match self.purpose {
            LinkPurpose::SignIn => t.mail_link_ignore(),
            LinkPurpose::Deletion => t.mail_delete_ignore(),
            LinkPurpose::Invitation { .. } => t.mail_invitation_ignore(),
        }
    }
}

/// What has happened to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It moved away from the address that this mail goes to.
    EmailChanged {
        /// The new address, masked.
        to: String,
    },
    /// It is gone.
    UserDeleted,
    /// Nothing: an operator tries out whether mail arrives.
    Test,
    /// An account at a provider was linked to it.
    AccountLinked {
        /// The provider's name.
        provider: String,
        /// When and where.
        by: Circumstances,
    },
    /// An account at a provider was unlinked from it.
    AccountUnlinked {
        /// The provider's name.
        provider: String,
        /// When and where.
        by: Circumstances,
    },
    /// A passkey was added to it.
    PasskeyAdded {
        /// When and where.
        by: Circumstances,
    },
    /// Somebody signed in to it by mail, although it has passkeys.
    Recovery {
        /// When and where.
        by: Circumstances,
        /// How long the passkeys stay.
        hours: u32,
    },
    /// A passkey was removed from it.
    PasskeyRemoved {
        /// When and where.
        by: Circumstances,
    },
}

/// When and on which device something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circumstances {
    /// When.
    pub at: Timestamp,
    /// The `User-Agent` of whoever did it; `None` when it was not the account's owner but support.
    pub user_agent: Option<String>,
}

impl Circumstances {
    fn words(&self, t: &Text) -> String {
        let (date, time) = when::utc(t, self.at);
        match &self.user_agent {
            Some(header) => t.mail_when_device(&date, &device::words(t, Some(header)), &time),
            None => t.mail_when(&date, &time),
        }
    }
}

/// The mail that tells an account's owner what has happened to it.
#[derive(Debug, Clone)]
pub struct NoticeMail {
    /// The language of the mail.
    pub locale: Locale,
    /// The application's name.
    pub app: String,
    /// What has happened.
    pub what: What,
}

#[derive(Template)]
#[template(path = "mail/notice.html")]
struct NoticeHtml<'a> {
    mail: &'a NoticeMail,
    t: &'static Text,
    accents: Accents,
}

#[derive(Template)]
#[template(path = "mail/notice.txt", escape = "none")]
struct NoticeText<'a> {
    mail: &'a NoticeMail,
    t: &'static Text,
}

impl NoticeMail {
    /// Renders the mail, with its button in the tenant's colour.
    pub fn render(&self, accents: Option<Accents>) -> RenderedMail {
        let accents = accents.unwrap_or_default();
        let t = Text::of(self.locale);
        let mail = &Self { app: one_line(&self.app), ..self.clone() };
        let subject = match &self.what {
            What::EmailChanged { .. } => t.mail_changed_subject(&mail.app),
            What::UserDeleted => t.mail_deleted_subject(&mail.app),
            What::Test => t.mail_test_subject(&mail.app),
            What::AccountLinked { provider, .. } => {
                t.mail_account_linked_subject(&mail.app, &one_line(provider))
            }
            What::AccountUnlinked { provider, .. } => {
                t.mail_account_unlinked_subject(&mail.app, &one_line(provider))
            }
            What::PasskeyAdded { .. } => t.mail_passkey_added_subject(&mail.app),
            What::PasskeyRemoved { .. } => t.mail_passkey_removed_subject(&mail.app),
            What::Recovery { .. } => t.mail_recovery_subject(&mail.app),
        };
        RenderedMail {
            subject,
            text: NoticeText { mail, t }.render().unwrap_or_default(),
            html: NoticeHtml { mail, t, accents }.render().unwrap_or_default(),
        }
    }

    fn title(&self, t: &Text) -> String {
        match self.what {
            What::EmailChanged { .. } => t.mail_changed_title(),
            What::UserDeleted => t.deleted_title(),
            What::Test => t.mail_test_title(),
            What::AccountLinked { .. } => t.mail_account_linked_title(),
            What::AccountUnlinked { .. } => t.mail_account_unlinked_title(),
            What::PasskeyAdded { .. } => t.mail_passkey_added_title(),
            What::PasskeyRemoved { .. } => t.mail_passkey_removed_title(),
            What::Recovery { .. } => t.mail_recovery_title(),
        }
    }

    fn lede(&self, t: &Text) -> String {
        match &self.what {
            What::EmailChanged { to } => t.mail_changed_lede(&self.app, to),
            What::UserDeleted => t.mail_deleted_lede(&self.app),
            What::Test => t.mail_test_lede(&self.app),
            What::AccountLinked { provider, .. } => t.mail_account_linked_lede(&self.app, provider),
            What::AccountUnlinked { provider, .. } => t.mail_account_unlinked_lede(&self.app, provider),
            What::PasskeyAdded { .. } => t.mail_passkey_added_lede(&self.app),
            What::PasskeyRemoved { by: Circumstances { user_agent: None, .. } } => {
                t.mail_passkey_removed_support_lede(&self.app)
            }
            What::PasskeyRemoved { .. } => t.mail_passkey_removed_lede(&self.app),
            What::Recovery { hours, .. } => t.mail_recovery_lede(&self.app, i64::from(*hours)),
        }
    }

    /// When and where it happened, if the mail tells that.
    fn circumstances(&self, t: &Text) -> Option<String> {
        match &self.what {
            What::AccountLinked { by, .. }
            | What::AccountUnlinked { by, .. }
            | What::PasskeyAdded { by }
            | What::Recovery { by, .. }
            | What::PasskeyRemoved { by } => Some(by.words(t)),
            What::EmailChanged { .. } | What::UserDeleted | What::Test => None,
        }
    }

    fn advice(&self, t: &Text) -> String {
        match &self.what {
            What::EmailChanged { .. } => t.mail_changed_advice(),
            What::Test => t.mail_test_advice(&self.app),
            // Whoever has no say over the removal can only ask.
            What::UserDeleted | What::PasskeyRemoved { by: Circumstances { user_agent: None, .. } } => {
                t.mail_deleted_advice()
            }
            What::AccountLinked { .. } => t.mail_account_linked_advice(),
            What::AccountUnlinked { .. } => t.mail_account_unlinked_advice(),
            What::PasskeyAdded { .. } => t.mail_passkey_added_advice(),
            What::PasskeyRemoved { .. } => t.mail_passkey_removed_advice(),
            What::Recovery { .. } => t.mail_recovery_advice(),
        }
    }
}

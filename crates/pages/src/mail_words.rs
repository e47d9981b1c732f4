//! A tenant's own words for a mail.

use askama::Template;

use crate::{ConsoleTop, Frame, LetterKind, MailTabs, MailTrial, Notice, Place, TenantTop};

/// A mail in the tenant's own words: what its parts say, with variables.
#[derive(Debug, Clone, Default)]
pub struct Words {
    /// The subject, one line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// Where a tenant words its mails.
#[derive(Debug, Clone, Template)]
#[template(path = "mail-words.html")]
pub struct MailWords {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// The pages about mail that the visitor may see.
    pub tabs: MailTabs,
    /// The mail, one of [`LetterKind::WORDED`].
    pub letter: LetterKind,
    /// The language: its tag.
    pub language: &'static str,
    /// The languages in which the tenant words this mail.
    pub own: Vec<&'static str>,
    /// The words, as they are or as typed.
    pub words: Words,
    /// What is wrong with what was typed.
    pub fault: Option<String>,
    /// What was typed, with made-up values: subject and plain text.
    pub preview: Option<(String, String)>,
    /// What became of the mail that was just sent for a trial.
    pub trial: Option<MailTrial>,
    /// The address that a trial is offered for.
    pub email: String,
    /// Whether the visitor may change it.
    pub may_change: bool,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
}

impl MailWords {
    pub(crate) fn is_own(&self) -> bool {
        self.own.contains(&self.language)
    }

    pub(crate) fn has_own(&self, tag: &str) -> bool {
        self.own.contains(&tag)
    }

    /// The variables, each with what it stands for.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let t = self.frame.text();
        let essence = match self.letter {
            LetterKind::SignInLink => ("{{link}}", t.mail_variable_link()),
            _ => ("{{code}}", t.mail_variable_code()),
        };
        vec![essence, ("{{app}}", t.mail_variable_app()), ("{{minutes}}", t.mail_variable_minutes())]
    }
}

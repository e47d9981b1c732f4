//! Mails: a subject, a plain text and an HTML part that say the same.

use askama::Template;
use kiavi_base::Locale;

use crate::text::Text;

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
}

#[derive(Template)]
#[template(path = "mail/code.txt", escape = "none")]
struct CodeText<'a> {
    mail: &'a CodeMail,
    t: &'static Text,
}

impl CodeMail {
    /// Renders the mail. Line breaks in the application's name become spaces: a subject is one line.
    pub fn render(&self) -> RenderedMail {
        let t = Text::of(self.locale);
        let app: String = self.app.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let mail = &Self { app, ..self.clone() };
        let subject = match self.purpose {
            CodePurpose::SignIn => t.mail_code_subject(&mail.app, &mail.code),
            CodePurpose::Verification => t.mail_code_verify_subject(&mail.app, &mail.code),
        };
        RenderedMail {
            subject,
            // Formatting into a String does not fail; if it ever did, the subject still has the code.
            text: CodeText { mail, t }.render().unwrap_or_default(),
            html: CodeHtml { mail, t }.render().unwrap_or_default(),
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

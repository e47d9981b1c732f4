//! The way out for mail.

mod settings;

use kiavi_base::{EmailAddress, Locale};
use kiavi_db::BoxFuture;
use kiavi_pages::{
    Circumstances, CodeMail, CodePurpose, LinkMail, LinkPurpose, NoticeMail, RenderedMail, Validity, What,
};

pub use settings::NoticeSettings;

use crate::{Settings, outbox::Letter};

/// One mail, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingMail {
    /// The same for every attempt to send it, so that a receiver can drop a repeat.
    pub id: String,
    /// The one recipient.
    pub to: EmailAddress,
    /// The subject line.
    pub subject: String,
    /// The plain text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Taken by the next mail server.
    Delivered,
    /// Not now; worth trying again.
    Deferred,
    /// Never: the address or the message was refused.
    Refused,
}

/// Whoever can send mail for the engine, which itself has no way to the network.
pub trait MailDoor: Send + Sync + 'static {
    /// Sends one mail.
    fn send(&self, mail: OutgoingMail) -> BoxFuture<'_, Delivery>;
}

/// Words a letter in the language of its reader.
pub(crate) fn render(settings: &Settings, locale: Locale, letter: &Letter) -> RenderedMail {
    let app = settings.app_name.clone();
    match letter {
        Letter::SignInLink { url, minutes } => {
            let (purpose, valid) = (LinkPurpose::SignIn, Validity::Minutes(*minutes));
            LinkMail { locale, app, url: url.clone(), valid, purpose }.render()
        }
        Letter::DeletionLink { url, hours } => {
            let (purpose, valid) = (LinkPurpose::Deletion, Validity::Hours(*hours));
            LinkMail { locale, app, url: url.clone(), valid, purpose }.render()
        }
        Letter::EmailChanged { to } => {
            NoticeMail { locale, app, what: What::EmailChanged { to: to.clone() } }.render()
        }
        Letter::PasskeyAdded { at, user_agent } => {
            let by = Circumstances { at: *at, user_agent: user_agent.clone() };
            NoticeMail { locale, app, what: What::PasskeyAdded { by } }.render()
        }
        Letter::PasskeyRemoved { at, user_agent } => {
            let by = Circumstances { at: *at, user_agent: user_agent.clone() };
            NoticeMail { locale, app, what: What::PasskeyRemoved { by } }.render()
        }
        Letter::UserDeleted => NoticeMail { locale, app, what: What::UserDeleted }.render(),
        Letter::OneTimeCode { code, minutes, signs_in } => CodeMail {
            locale,
            app,
            code: code.clone(),
            valid_minutes: *minutes,
            purpose: if *signs_in { CodePurpose::SignIn } else { CodePurpose::Verification },
        }
        .render(),
    }
}

//! The way out for mail: what letters say, and who gets none.
//!
//! Codes and sign-in links may be worded by the tenant ([`Template`]), for each language; everything else keeps our
//! words. An address that its server says nobody is at gets no more mail (`suppression`) until an operator lifts that.

pub(crate) mod delivery;
pub(crate) mod notice;
mod routes;
mod settings;
mod smtp;
pub(crate) mod suppression;
mod template;

use axum::{
    Router,
    routing::{get, post},
};
use kiavi_base::{EmailAddress, Locale};
use kiavi_db::{BoxFuture, Sql};
pub use kiavi_ipc::mail::{Attempt, Delivery, Fault};
use kiavi_pages::{
    Circumstances, CodeMail, CodePurpose, LinkMail, LinkPurpose, NoticeMail, RenderedMail, Validity, What,
};

pub use settings::{MailSettings, NoticeSettings};
pub use smtp::{SmtpSecurity, SmtpSettings};
pub use template::{Template, TemplateError, TemplateFault, TemplateKind};

use crate::{Settings, State, outbox::Letter};

pub(crate) const STATEMENTS: &[&[&Sql]] = &[suppression::STATEMENTS, delivery::STATEMENTS];

/// A number of minutes that nothing else in a mail is, in whose place a template has its variable.
const MARK: u32 = 97_531;

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/mail/preview", post(routes::preview))
        .route("/mail/template", post(routes::template))
        .route("/mail/test", post(routes::test))
        .route("/mail/deliveries", get(routes::deliveries))
        .route("/mail/retry", post(routes::retry))
        .route("/mail/suppressions", get(routes::suppressions))
        .route("/mail/unsuppress", post(routes::unsuppress))
}

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
    /// Where answers go, if not to the sender.
    pub reply_to: Option<EmailAddress>,
}

/// Whoever can send mail for the engine, which itself has no way to the network.
pub trait MailDoor: Send + Sync + 'static {
    /// Sends one mail.
    fn send(&self, mail: OutgoingMail) -> BoxFuture<'_, Attempt>;
}

/// Words a letter in the language of its reader: with the tenant's words if there are any, else with ours.
pub(crate) fn render(settings: &Settings, locale: Locale, letter: &Letter) -> RenderedMail {
    let own = || {
        let (kind, values) = template::values(letter, &settings.app_name)?;
        Some(settings.mail.templates.get(&kind)?.get(locale.tag())?.render(values))
    };
    own().unwrap_or_else(|| built_in(settings, locale, letter))
}

/// Our words for a letter that a tenant may word, as a template; `None` for any other letter. What it makes of values is what
/// [`render`] makes of them, but for the plural of one minute.
fn starting(settings: &Settings, locale: Locale, letter: &Letter) -> Option<Template> {
    template::values(letter, &settings.app_name)?;
    let open = match letter {
        Letter::OneTimeCode { signs_in, .. } => {
            Letter::OneTimeCode { code: "{{code}}".to_owned(), minutes: MARK, signs_in: *signs_in }
        }
        Letter::SignInLink { .. } => Letter::SignInLink { url: "{{link}}".to_owned(), minutes: MARK },
        _ => return None,
    };
    let settings = Settings { app_name: "{{app}}".to_owned(), ..settings.clone() };
    let RenderedMail { subject, text, html } = built_in(&settings, locale, &open);
    let (mark, minutes) = (kiavi_pages::number(locale, MARK), "{{minutes}}");
    Some(Template { subject, text: text.replace(&mark, minutes), html: html.replace(&mark, minutes) })
}

/// Words a letter with a draft, once that was checked; `None` for a letter that keeps our words.
fn worded(
    settings: &Settings,
    letter: &Letter,
    draft: &Template,
) -> Option<Result<RenderedMail, (&'static str, TemplateFault)>> {
    let (kind, values) = template::values(letter, &settings.app_name)?;
    Some(draft.check(kind).map(|()| draft.render(values)))
}

fn built_in(settings: &Settings, locale: Locale, letter: &Letter) -> RenderedMail {
    let (app, accents) = (settings.app_name.clone(), settings.branding.accents());
    match letter {
        Letter::SignInLink { url, minutes } => {
            let (purpose, valid) = (LinkPurpose::SignIn, Validity::Minutes(*minutes));
            LinkMail { locale, app, url: url.clone(), valid, purpose }.render(accents)
        }
        Letter::DeletionLink { url, hours } => {
            let (purpose, valid) = (LinkPurpose::Deletion, Validity::Hours(*hours));
            LinkMail { locale, app, url: url.clone(), valid, purpose }.render(accents)
        }
        Letter::ConsoleInvitation { inviter, workspace, url, days } => {
            let purpose = LinkPurpose::Invitation { inviter: inviter.clone(), workspace: workspace.clone() };
            LinkMail { locale, app, url: url.clone(), valid: Validity::Days(*days), purpose }.render(accents)
        }
        Letter::EmailChanged { to } => {
            NoticeMail { locale, app, what: What::EmailChanged { to: to.clone() } }.render(accents)
        }
        Letter::PasskeyAdded { at, user_agent } => {
            let by = Circumstances { at: *at, user_agent: user_agent.clone() };
            NoticeMail { locale, app, what: What::PasskeyAdded { by } }.render(accents)
        }
        Letter::PasskeyRemoved { at, user_agent } => {
            let by = Circumstances { at: *at, user_agent: user_agent.clone() };
            NoticeMail { locale, app, what: What::PasskeyRemoved { by } }.render(accents)
        }
        Letter::RecoveryStarted { at, user_agent, hours } => {
            let by = Circumstances { at: *at, user_agent: user_agent.clone() };
            NoticeMail { locale, app, what: What::Recovery { by, hours: *hours } }.render(accents)
        }
        Letter::AccountLinked { provider, at, user_agent } => {
            let by = Circumstances { at: *at, user_agent: user_agent.clone() };
            NoticeMail { locale, app, what: What::AccountLinked { provider: provider.clone(), by } }
                .render(accents)
        }
        Letter::AccountUnlinked { provider, at, user_agent } => {
            let by = Circumstances { at: *at, user_agent: user_agent.clone() };
            NoticeMail { locale, app, what: What::AccountUnlinked { provider: provider.clone(), by } }
                .render(accents)
        }
        Letter::UserDeleted => NoticeMail { locale, app, what: What::UserDeleted }.render(accents),
        Letter::Test => NoticeMail { locale, app, what: What::Test }.render(accents),
        Letter::OneTimeCode { code, minutes, signs_in } => CodeMail {
            locale,
            app,
            code: code.clone(),
            valid_minutes: *minutes,
            purpose: if *signs_in { CodePurpose::SignIn } else { CodePurpose::Verification },
        }
        .render(accents),
    }
}

#[cfg(test)]
mod tests;

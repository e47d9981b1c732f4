//! From a letter to the next hop.

use std::sync::Arc;
use std::time::Duration;

use kiavi_base::{Clock, EmailAddress};
use kiavi_ipc::mail::Delivery;
use lettre::message::header::MessageId;
use lettre::message::{Mailbox as Address, MultiPart};
use lettre::transport::smtp::AsyncSmtpTransport;
use lettre::{AsyncTransport, Message, Tokio1Executor};
use serde::Deserialize;

use crate::mailbox::{Mailbox, ReceivedMail};

/// How long one delivery may take; the sender tries again later.
const DELIVERY_DEADLINE: Duration = Duration::from_secs(30);

/// How mail leaves, as the launcher says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Where mail goes.
    pub mail: MailConfiguration,
    /// Whether a tenant may list servers of private networks and of this machine.
    pub private_egress: bool,
}

/// Where mail goes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailConfiguration {
    /// Nowhere: it can be read at the development mailbox.
    Mailbox,
    /// To the SMTP server at this URL; may hold a password.
    Smtp(String),
}

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// Not a URL of an SMTP server.
    #[error("the SMTP URL cannot be used")]
    SmtpUrl(#[source] lettre::transport::smtp::Error),
    /// There are more certificate authorities than fit, or no memory for them.
    #[error("the system's certificate authorities cannot be kept")]
    Roots(#[from] kiavi_ipc::SealedDocumentError),
}

/// A mail on its way.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) from: String,
    pub(crate) to: EmailAddress,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) id: String,
    pub(crate) reply_to: Option<EmailAddress>,
}

/// The next hop.
pub(crate) enum Transport {
    Mailbox(Arc<Mailbox>, Arc<dyn Clock>),
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
}

impl Transport {
    /// A server by its URL: `smtps://user:password@host`, or `smtp://host?tls=required`.
    pub(crate) fn smtp(url: &str) -> Result<Self, ConfigurationError> {
        let transport =
            AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(ConfigurationError::SmtpUrl)?;
        Ok(Self::Smtp(transport.timeout(Some(DELIVERY_DEADLINE)).build()))
    }

    /// One attempt.
    pub(crate) async fn deliver(&self, letter: Letter) -> Delivery {
        match self {
            Self::Mailbox(mailbox, clock) => {
                let Letter { from, to, subject, text, html, id: _, reply_to: _ } = letter;
                let to = to.as_str().to_owned();
                mailbox.receive(ReceivedMail { to, from, subject, text, html, received_at: clock.now() });
                Delivery::Delivered
            }
            Self::Smtp(transport) => send(transport, letter).await,
        }
    }
}

async fn send(transport: &AsyncSmtpTransport<Tokio1Executor>, letter: Letter) -> Delivery {
    let to = letter.to.masked();
    let message = match compose(letter) {
        Ok(message) => message,
        Err(error) => {
            tracing::error!(%to, %error, "a mail cannot be composed");
            return Delivery::Refused;
        }
    };
    match tokio::time::timeout(DELIVERY_DEADLINE, transport.send(message)).await {
        Ok(Ok(_)) => Delivery::Delivered,
        // RFC 5321 §4.2.1: 5yz is final, everything else may pass.
        Ok(Err(error)) if error.is_permanent() => {
            tracing::warn!(%to, status = ?error.status(), "the mail server refused a mail");
            let reply = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            match error.status() {
                Some(code) if names_nobody(code.into(), &reply) => Delivery::RecipientRefused,
                _ => Delivery::Refused,
            }
        }
        Ok(Err(error)) => {
            tracing::warn!(%to, status = ?error.status(), "a mail is deferred: {}", failure(&error));
            Delivery::Deferred
        }
        Err(_) => {
            tracing::warn!(%to, "a mail is deferred: the mail server is too slow");
            Delivery::Deferred
        }
    }
}

/// Whether a final reply says that nobody is at the address, and not that a server dislikes sender, message or policy.
///
/// An enhanced status code decides (RFC 3463 §3.2, §3.3: bad mailbox, bad syntax, mailbox moved, null MX, mailbox
/// disabled); without one the reply code does (RFC 5321 §4.2.2).
fn names_nobody(code: u16, reply: &str) -> bool {
    let word = reply.split_whitespace().next().unwrap_or_default();
    let mut numbers = word.split('.').map(str::parse::<u16>);
    match (numbers.next(), numbers.next(), numbers.next(), numbers.next()) {
        (Some(Ok(class)), Some(Ok(subject)), Some(Ok(detail)), None) => {
            matches!((class, subject, detail), (5, 1, 1 | 2 | 3 | 6 | 10) | (5, 2, 1))
        }
        _ => matches!(code, 550 | 551 | 553),
    }
}

/// What failed, without the server's text: that may repeat the address.
fn failure(error: &lettre::transport::smtp::Error) -> &'static str {
    match error {
        error if error.is_tls() => "TLS failed",
        error if error.is_timeout() => "timed out",
        error if error.is_transient() => "the server asks to try later",
        error if error.is_client() => "the server lacks what is needed",
        _ => "no connection",
    }
}

#[derive(Debug, thiserror::Error)]
enum ComposeError {
    #[error("an address is not one")]
    Address(#[from] lettre::address::AddressError),
    #[error("a header cannot be written")]
    Message(#[from] lettre::error::Error),
}

/// RFC 5322 message with text and HTML alternatives, marked as automatic (RFC 3834 §5).
fn compose(letter: Letter) -> Result<Message, ComposeError> {
    let from: Address = letter.from.parse()?;
    let id = format!("<{}@{}>", letter.id, from.email.domain());
    let mut builder = Message::builder()
        .from(from)
        .to(Address::new(None, letter.to.as_str().parse()?))
        .subject(letter.subject);
    if let Some(reply_to) = letter.reply_to {
        builder = builder.reply_to(Address::new(None, reply_to.as_str().parse()?));
    }
    let message = builder
        .header(MessageId::from(id))
        .header(AutoSubmitted)
        .multipart(MultiPart::alternative_plain_html(letter.text, letter.html))?;
    Ok(message)
}

#[derive(Clone)]
struct AutoSubmitted;

impl lettre::message::header::Header for AutoSubmitted {
    fn name() -> lettre::message::header::HeaderName {
        lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> lettre::message::header::HeaderValue {
        lettre::message::header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(from: &str, subject: &str) -> Letter {
        Letter {
            from: from.to_owned(),
            to: "ada@example.test".parse().unwrap(),
            subject: subject.to_owned(),
            text: "Your code is 123456.".to_owned(),
            html: "<p>Your code is <b>123456</b>.</p>".to_owned(),
            id: "0192".to_owned(),
            reply_to: None,
        }
    }

    #[test]
    fn a_mail_has_both_parts_and_the_identity_of_its_tenant() {
        let message = compose(letter("Demo <no-reply@demo.test>", "123456 is your code")).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        for part in [
            "From: Demo <no-reply@demo.test>",
            "To: ada@example.test",
            "Message-ID: <0192@demo.test>",
            "Auto-Submitted: auto-generated",
            "multipart/alternative",
            "text/plain",
            "text/html",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn a_subject_cannot_add_headers() {
        let message = compose(letter("no-reply@demo.test", "hello\r\nBcc: eve@evil.test")).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        assert!(!text.contains("\nBcc:"), "{text}");
    }

    #[test]
    fn a_quoted_name_in_any_script_and_a_way_to_answer_are_kept() {
        let reply_to = Some("help@demo.test".parse().unwrap());
        let letter = Letter { reply_to, ..letter("\"Zoë, Inc.\" <hello@demo.test>", "hello") };
        let message = compose(letter).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        assert!(text.contains("<hello@demo.test>") && text.contains("Reply-To: help@demo.test"), "{text}");
        assert_eq!(text.matches("@demo.test>").count(), 2, "one sender and the id: {text}");
    }

    #[test]
    fn only_a_reply_about_the_recipient_is_taken_for_one() {
        for (code, reply, expected) in [
            (550, "5.1.1 User unknown", true),
            (550, "5.2.1 Mailbox disabled", true),
            (556, "5.1.10 Recipient address has null MX", true),
            (550, "no such user here", true),
            (553, "mailbox name not allowed", true),
            (550, "5.7.1 Relaying denied", false),
            (550, "5.7.26 Unauthenticated mail", false),
            (552, "5.2.2 Mailbox full", false),
            (535, "5.7.8 Authentication failed", false),
            (554, "Transaction failed", false),
            (501, "5.1.7 Bad sender's mailbox address syntax", false),
        ] {
            assert_eq!(names_nobody(code, reply), expected, "{code} {reply}");
        }
    }

    #[test]
    fn a_sender_that_is_no_address_is_refused() {
        assert!(compose(letter("nobody", "hello")).is_err());
    }
}

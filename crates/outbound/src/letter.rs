//! A mail, and the message that it becomes.

use kiavi_base::EmailAddress;
use lettre::Message;
use lettre::message::header::MessageId;
use lettre::message::{Mailbox as Address, MultiPart};

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

/// What a mail is made of makes no message.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ComposeError {
    #[error("an address is not one")]
    Address(#[from] lettre::address::AddressError),
    #[error("a header cannot be written")]
    Message(#[from] lettre::error::Error),
}

/// RFC 5322 message with text and HTML alternatives, marked as automatic (RFC 3834 §5).
pub(crate) fn compose(letter: Letter) -> Result<Message, ComposeError> {
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
    fn a_sender_that_is_no_address_is_refused() {
        assert!(compose(letter("nobody", "hello")).is_err());
    }
}

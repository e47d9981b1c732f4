//! What the failure of a mail server means for a mail.
//!
//! RFC 5321 §4.2.1: a 5yz reply about a message is final, everything else may pass. What is wrong between us and the
//! server (a certificate, a password) is nobody's message: it can be put right while the mail still matters.

use std::error::Error as _;
use std::io::ErrorKind;

use kiavi_ipc::mail::{Attempt, Fault};
use lettre::transport::smtp::Error;

/// The failure of a conversation before there was a message in it.
pub(crate) fn of_connection(error: &Error) -> Fault {
    match io_kind(error) {
        _ if error.is_tls() || error.is_client() => Fault::TlsFailed,
        // What rustls refuses comes as data that is invalid.
        Some(ErrorKind::InvalidData) => Fault::TlsFailed,
        Some(ErrorKind::TimedOut) => Fault::TimedOut,
        Some(_) => Fault::Unreachable,
        None if error.status().is_some() => Fault::TryLater,
        None if error.is_response() => Fault::Protocol,
        None => Fault::Unreachable,
    }
}

/// The failure of `AUTH`. A server that offers no way that we know is a client's error there.
pub(crate) fn of_authentication(error: &Error) -> Fault {
    if error.is_permanent() || error.is_client() { Fault::AuthenticationFailed } else { of_connection(error) }
}

/// The failure of a message.
pub(crate) fn of_message(error: &Error) -> Attempt {
    match error.status() {
        Some(code) if error.is_permanent() => {
            let reply = error.source().map(ToString::to_string).unwrap_or_default();
            of_final_reply(code.into(), &reply).replied(code.into())
        }
        Some(code) => Attempt::deferred(Fault::TryLater).replied(code.into()),
        // SMTPUTF8 that the server does not have (RFC 6531 §3.1): no later attempt will change that.
        None if error.is_client() && io_kind(error).is_none() => Attempt::refused(Fault::MessageRefused),
        None => Attempt::deferred(of_connection(error)),
    }
}

fn of_final_reply(code: u16, reply: &str) -> Attempt {
    match (code, enhanced(reply)) {
        // RFC 4954 §6: credentials are missing, too weak or wrong.
        (530 | 534 | 535 | 538, _) => Attempt::deferred(Fault::AuthenticationFailed),
        (_, Some((5, 1, 7 | 8))) => Attempt::refused(Fault::SenderRefused),
        _ if names_nobody(code, reply) => Attempt::nobody_there(),
        _ => Attempt::refused(Fault::MessageRefused),
    }
}

/// Whether a final reply says that nobody is at the address, and not that a server dislikes sender, message or policy.
///
/// An enhanced status code decides (RFC 3463 §3.2, §3.3: bad mailbox, bad syntax, mailbox moved, null MX, mailbox
/// disabled); without one the reply code does (RFC 5321 §4.2.2).
fn names_nobody(code: u16, reply: &str) -> bool {
    match enhanced(reply) {
        Some(status) => matches!(status, (5, 1, 1 | 2 | 3 | 6 | 10) | (5, 2, 1)),
        None => matches!(code, 550 | 551 | 553),
    }
}

/// The enhanced status code that a reply begins with (RFC 2034 §4).
fn enhanced(reply: &str) -> Option<(u16, u16, u16)> {
    let mut numbers = reply.split_whitespace().next()?.split('.').map(str::parse::<u16>);
    match (numbers.next(), numbers.next(), numbers.next(), numbers.next()) {
        (Some(Ok(class)), Some(Ok(subject)), Some(Ok(detail)), None) => Some((class, subject, detail)),
        _ => None,
    }
}

fn io_kind(error: &Error) -> Option<ErrorKind> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<std::io::Error>() {
            return Some(error.kind());
        }
        source = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use kiavi_ipc::mail::Delivery;

    use super::*;

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
    fn a_wrong_password_is_no_verdict_on_the_mail() {
        for (code, reply, expected) in [
            (535, "5.7.8 Authentication failed", Attempt::deferred(Fault::AuthenticationFailed)),
            (530, "5.7.0 Authentication required", Attempt::deferred(Fault::AuthenticationFailed)),
            (553, "5.1.8 Sender's domain does not exist", Attempt::refused(Fault::SenderRefused)),
            (554, "5.7.1 Spam", Attempt::refused(Fault::MessageRefused)),
        ] {
            assert_eq!(of_final_reply(code, reply), expected, "{code} {reply}");
        }
        assert_eq!(of_final_reply(550, "5.1.1 Nobody").delivery, Delivery::RecipientRefused);
    }
}

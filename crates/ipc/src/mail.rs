//! engine → outbound: mail. The tenant, the address its mail comes from and the server that it leaves by are facts
//! about the socket.

mod route;

use minicbor::{Decode, Encode};

pub use route::{MailRoute, RouteError, Security, SmtpServer};

/// The most mails of one engine that are under way. It sends no more before one is answered for, so nothing waits in
/// the door, and the time that a mail takes begins when it is sent.
pub const MAX_IN_FLIGHT: usize = 16;

/// One mail to be delivered.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(context_bound = "AsMut<crate::FdTable>")]
pub struct SendMail {
    /// Chosen by the engine; names the answer.
    #[n(0)]
    pub request: u64,
    /// The recipient's address.
    #[n(1)]
    pub to: String,
    /// One line of text.
    #[n(2)]
    pub subject: String,
    /// The plain text part.
    #[n(3)]
    pub text: String,
    /// The HTML part.
    #[n(4)]
    pub html: String,
    /// Stable across retries; becomes the Message-ID (RFC 5322 §3.6.4), so that a copy is recognisable.
    #[n(5)]
    pub id: String,
    /// The address that answers go to, if not the sender's.
    #[n(6)]
    pub reply_to: Option<String>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(context_bound = "AsMut<crate::FdTable>")]
pub struct MailOutcome {
    /// The request's number.
    #[n(0)]
    pub request: u64,
    /// The result.
    #[n(1)]
    pub attempt: Attempt,
}

/// One attempt to deliver a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Attempt {
    /// How it ended.
    #[n(0)]
    pub delivery: Delivery,
    /// What was in the way; `None` for a mail that was taken.
    #[n(1)]
    pub fault: Option<Fault>,
    /// The code of the server's reply that decided it, if one did (RFC 5321 §4.2.1).
    #[n(2)]
    pub reply: Option<u16>,
}

impl Attempt {
    /// The next hop has the mail.
    pub const DELIVERED: Self = Self { delivery: Delivery::Delivered, fault: None, reply: None };

    /// It did not work this time.
    pub const fn deferred(fault: Fault) -> Self {
        Self { delivery: Delivery::Deferred, fault: Some(fault), reply: None }
    }

    /// It will never work.
    pub const fn refused(fault: Fault) -> Self {
        Self { delivery: Delivery::Refused, fault: Some(fault), reply: None }
    }

    /// It will never work, and neither will another mail to this recipient.
    pub const fn nobody_there() -> Self {
        Self { delivery: Delivery::RecipientRefused, fault: Some(Fault::RecipientRefused), reply: None }
    }

    /// With the code of the server's reply.
    pub const fn replied(self, code: u16) -> Self {
        Self { reply: Some(code), ..self }
    }
}

/// The result of one delivery attempt, by the classes of RFC 5321 §4.2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Delivery {
    /// 2yz: the next hop has taken responsibility.
    #[n(0)]
    Delivered,
    /// 4yz, or no connection: try again later.
    #[n(1)]
    Deferred,
    /// 5yz: trying again will not help.
    #[n(2)]
    Refused,
    /// 5yz, and about the recipient: no other mail will get there either.
    #[n(3)]
    RecipientRefused,
}

impl Delivery {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Deferred => "deferred",
            Self::Refused => "refused",
            Self::RecipientRefused => "recipient_refused",
        }
    }
}

/// What kept a mail from being delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Fault {
    /// There is no process that could send it at present.
    #[n(0)]
    NoWay,
    /// The server's name has no address, or nothing answers there.
    #[n(1)]
    Unreachable,
    /// The server's name leads into a network that this tenant may not reach.
    #[n(2)]
    PrivateAddress,
    /// No TLS, or a certificate that is not to be believed.
    #[n(3)]
    TlsFailed,
    /// The server does not take user and password.
    #[n(4)]
    AuthenticationFailed,
    /// The time was up.
    #[n(5)]
    TimedOut,
    /// The server asks to try later.
    #[n(6)]
    TryLater,
    /// The server does not take mail from the sender's address.
    #[n(7)]
    SenderRefused,
    /// The platform does not send for the sender's domain.
    #[n(8)]
    SenderNotAllowed,
    /// The server says that nobody is at the recipient's address.
    #[n(9)]
    RecipientRefused,
    /// The server refused the message.
    #[n(10)]
    MessageRefused,
    /// What the message is made of makes no message.
    #[n(11)]
    NoMessage,
    /// The server broke off or did not speak SMTP.
    #[n(12)]
    Protocol,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 13] = [
        Self::NoWay,
        Self::Unreachable,
        Self::PrivateAddress,
        Self::TlsFailed,
        Self::AuthenticationFailed,
        Self::TimedOut,
        Self::TryLater,
        Self::SenderRefused,
        Self::SenderNotAllowed,
        Self::RecipientRefused,
        Self::MessageRefused,
        Self::NoMessage,
        Self::Protocol,
    ];

    /// The stable name, for logs and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoWay => "no_way",
            Self::Unreachable => "unreachable",
            Self::PrivateAddress => "private_address",
            Self::TlsFailed => "tls_failed",
            Self::AuthenticationFailed => "authentication_failed",
            Self::TimedOut => "timed_out",
            Self::TryLater => "try_later",
            Self::SenderRefused => "sender_refused",
            Self::SenderNotAllowed => "sender_not_allowed",
            Self::RecipientRefused => "recipient_refused",
            Self::MessageRefused => "message_refused",
            Self::NoMessage => "no_message",
            Self::Protocol => "protocol",
        }
    }
}

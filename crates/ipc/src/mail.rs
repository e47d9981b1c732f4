//! engine → outbound: mail. The tenant and its sender address are facts about the socket.

use minicbor::{Decode, Encode};

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
    pub delivery: Delivery,
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

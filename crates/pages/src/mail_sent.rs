//! What became of a tenant's mails.

use askama::Template;
use jiff::Timestamp;

use crate::{ConsoleTop, Frame, LetterKind, MailTabs, Notice, Place, TenantTop, text::Text, when};

/// How a mail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentState {
    /// It waits for its next attempt.
    Waiting,
    /// A server took it.
    Accepted,
    /// A server refused it.
    Refused,
    /// It was not sent, because nobody is at the address.
    Suppressed,
    /// It was worth nothing any more before a server took it.
    Expired,
}

impl SentState {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Waiting, Self::Accepted, Self::Refused, Self::Suppressed, Self::Expired];

    /// The stable name, as addresses and the engine have it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Suppressed => "suppressed",
            Self::Expired => "expired",
        }
    }

    /// The state of this name.
    pub fn of(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.key() == key)
    }

    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Waiting => text.mail_sent_waiting(),
            Self::Accepted => text.mail_sent_accepted(),
            Self::Refused => text.mail_sent_refused(),
            Self::Suppressed => text.mail_sent_suppressed(),
            Self::Expired => text.mail_sent_expired(),
        }
    }

    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Accepted => "good",
            Self::Waiting | Self::Suppressed => "warn",
            Self::Refused | Self::Expired => "bad",
        }
    }
}

/// A mail.
#[derive(Debug, Clone)]
pub struct SentRow {
    /// Its own name, which is in its Message-ID.
    pub id: String,
    /// What it says; nothing for a kind that this page does not know.
    pub letter: Option<LetterKind>,
    /// To whom; nothing where they are gone.
    pub email: Option<String>,
    /// How it stands.
    pub state: SentState,
    /// How often it was tried.
    pub attempts: i64,
    /// What was in the way, by a stable name.
    pub fault: Option<String>,
    /// The code of the server's reply.
    pub reply: Option<i64>,
    /// When it landed, or is tried next.
    pub at: Timestamp,
    /// Whether the address gets no mail now.
    pub is_suppressed: bool,
}

/// What became of a tenant's mails.
#[derive(Debug, Clone, Template)]
#[template(path = "mail-sent.html")]
pub struct MailSent {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// The pages about mail that the visitor may see.
    pub tabs: MailTabs,
    /// The mails, those that wait first and then the newest first.
    pub rows: Vec<SentRow>,
    /// How many wait.
    pub waiting: i64,
    /// Only those in this state.
    pub state: Option<SentState>,
    /// Only those that say this.
    pub letter: Option<LetterKind>,
    /// Only those to this address.
    pub email: String,
    /// The address of the page with older ones.
    pub older: Option<String>,
    /// Whether this page shows the newest.
    pub is_first: bool,
    /// Whether the visitor may have a mail tried at once, and an address get mail again.
    pub may_act: bool,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
    /// The present, which the times on the page are told from.
    pub now: Timestamp,
}

impl MailSent {
    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }

    /// In how long something is.
    pub(crate) fn left(&self, at: &Timestamp) -> String {
        let seconds = at.duration_since(self.now).as_secs().max(1);
        when::wait(self.frame.text(), u64::try_from(seconds).unwrap_or_default())
    }

    pub(crate) fn is_narrowed(&self) -> bool {
        self.state.is_some() || self.letter.is_some() || !self.email.is_empty() || !self.is_first
    }

    pub(crate) fn is_shown(&self, letter: &LetterKind) -> bool {
        self.letter == Some(*letter)
    }

    pub(crate) fn is_in(&self, state: &SentState) -> bool {
        self.state == Some(*state)
    }
}

//! Management keys of a workspace, and the page that shows a secret once.

use askama::Template;
use jiff::{Timestamp, civil::Date};

use crate::{ConsoleTop, Frame, MemberRole, Notice, Place, text::Text, when};

/// Whether a key opens anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStanding {
    /// It does.
    Active,
    /// Its time is over.
    Expired,
    /// Somebody ended it.
    Revoked,
}

impl KeyStanding {
    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Active => text.keys_active(),
            Self::Expired => text.keys_expired(),
            Self::Revoked => text.keys_revoked(),
        }
    }

    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Active => "good",
            Self::Expired | Self::Revoked => "",
        }
    }
}

/// Permissions that are told in a line.
const FEW: usize = 5;

/// A management key in the list.
#[derive(Debug, Clone)]
pub struct KeyRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it begins and ends with, `kiavi_mk_…x7Qd`.
    pub shape: String,
    /// What it may do, by the names of permissions; `*` is everything.
    pub scopes: Vec<&'static str>,
    /// Whether it opens anything.
    pub standing: KeyStanding,
    /// Who made it, as people know them.
    pub maker: String,
    /// When.
    pub created: Timestamp,
    /// When it ends by itself, if it does.
    pub expires: Option<Timestamp>,
    /// The last day on which it was used, in UTC.
    pub used: Option<Date>,
    /// Until when the secret before the last rotation is good, if it still is.
    pub previous: Option<Timestamp>,
    /// Whether the visitor may give it another secret: they may do what it may.
    pub is_rotatable: bool,
}

impl KeyRow {
    pub(crate) fn is_active(&self) -> bool {
        self.standing == KeyStanding::Active
    }

    pub(crate) fn count(&self) -> i64 {
        i64::try_from(self.scopes.len()).unwrap_or(i64::MAX)
    }

    /// Whether what it may do is told in a line.
    pub(crate) fn is_of_few(&self) -> bool {
        self.scopes.len() <= FEW
    }
}

/// The management keys of a workspace, the newest first.
#[derive(Debug, Clone, Template)]
#[template(path = "keys.html")]
pub struct Keys {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The keys on this page.
    pub keys: Vec<KeyRow>,
    /// The address of what is older, if there is more.
    pub older: Option<String>,
    /// Whether the visitor may make and end keys.
    pub may_change: bool,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
    /// The present.
    pub now: Timestamp,
}

impl Keys {
    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }

    pub(crate) fn day(&self, day: &Date) -> String {
        when::day(self.frame.text(), *day, self.now)
    }

    pub(crate) fn ends(&self, at: &Timestamp) -> String {
        let (date, time) = when::utc(self.frame.text(), *at);
        self.frame.text().keys_ends(&date, &time)
    }

    pub(crate) fn previous_ends(&self, at: &Timestamp) -> String {
        let (date, time) = when::utc(self.frame.text(), *at);
        self.frame.text().keys_previous_ends(&date, &time)
    }

    /// The choices of days for the secret of before.
    pub(crate) fn overlaps(&self) -> [(i64, String); 3] {
        [1, 7, 30].map(|days| (days, self.frame.text().user_days(days)))
    }
}

/// The form of a new management key.
#[derive(Debug, Clone, Template)]
#[template(path = "new-key.html")]
pub struct NewKey {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// Its name, as typed.
    pub name: String,
    /// Roles that may do no more than the visitor.
    pub roles: Vec<MemberRole>,
    /// The permissions that the visitor may give.
    pub scopes: Vec<&'static str>,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
}

impl NewKey {
    /// The choices of days for its life.
    pub(crate) fn lives(&self) -> [(i64, String); 4] {
        [7, 30, 90, 365].map(|days| (days, self.frame.text().user_days(days)))
    }
}

/// What a secret opens.
#[derive(Debug, Clone)]
pub enum SecretOf {
    /// A management key of this name.
    Key(String),
    /// Verifying what the webhook endpoint of this name is sent.
    Webhook(String),
}

/// A secret that is shown this once.
#[derive(Debug, Clone, Template)]
#[template(path = "secret-once.html")]
pub struct SecretOnce {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// What it is for.
    pub of: SecretOf,
    /// The secret.
    pub secret: String,
    /// The path of the page to go on to.
    pub next: String,
}

impl SecretOnce {
    pub(crate) fn title(&self) -> String {
        let text = self.frame.text();
        match &self.of {
            SecretOf::Key(name) => text.secret_of_key(name),
            SecretOf::Webhook(name) => text.secret_of_webhook(name),
        }
    }

    pub(crate) fn about(&self) -> String {
        let text = self.frame.text();
        match &self.of {
            SecretOf::Key(_) => text.secret_of_key_about(),
            SecretOf::Webhook(_) => text.secret_of_webhook_about(),
        }
    }
}

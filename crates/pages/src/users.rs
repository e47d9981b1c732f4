//! A tenant's people in the console.

use askama::Template;
use jiff::{Timestamp, civil::Date};

use crate::{
    AccountRow, ConsoleTop, EventRow, Frame, Notice, PasskeyRow, Place, SessionRow, TenantTop, text::Text,
    when,
};

/// Which people a list shows, by whether they may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standing {
    /// All of them.
    #[default]
    All,
    /// Those who may.
    Active,
    /// Those who are suspended.
    Suspended,
}

impl Standing {
    /// All choices.
    pub const ALL: [Self; 3] = [Self::All, Self::Active, Self::Suspended];

    /// The stable name, as addresses have it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }

    /// The choice of this name; anything else is [`Standing::All`].
    pub fn of(key: &str) -> Self {
        Self::ALL.into_iter().find(|standing| standing.key() == key).unwrap_or_default()
    }

    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::All => text.users_all(),
            Self::Active => text.users_active(),
            Self::Suspended => text.users_suspended(),
        }
    }
}

/// What a list of people is narrowed to, as typed.
#[derive(Debug, Clone, Default)]
pub struct UserSearch {
    /// Part of an e-mail address or of a name.
    pub text: String,
    /// Whether it is part of a name.
    pub is_name: bool,
    /// Who may sign in.
    pub standing: Standing,
}

impl UserSearch {
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.standing == Standing::All
    }
}

/// The people of a tenant, the newest first.
#[derive(Debug, Clone, Template)]
#[template(path = "users.html")]
pub struct Users {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// What was searched for.
    pub search: UserSearch,
    /// This page of those who fit.
    pub users: Vec<UserRow>,
    /// How many fit.
    pub total: i64,
    /// How many of them come before this page.
    pub before: i64,
    /// The address of the page before, if there is one.
    pub previous: Option<String>,
    /// The address of the page after, if there is one.
    pub next: Option<String>,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
    /// The present.
    pub now: Timestamp,
}

impl Users {
    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }

    /// "51–100 of 240".
    pub(crate) fn range(&self) -> String {
        let last = self.before + i64::try_from(self.users.len()).unwrap_or(0);
        let (first, last, total) = (self.before + 1, last.to_string(), self.total.to_string());
        self.frame.text().page_range(&first.to_string(), &last, &total)
    }
}

/// A person in the list.
#[derive(Debug, Clone)]
pub struct UserRow {
    /// Their id.
    pub id: String,
    /// What to call them; may be empty.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Whether they proved that it is theirs.
    pub is_verified: bool,
    /// Whether they are suspended.
    pub is_suspended: bool,
    /// When they came.
    pub created: Timestamp,
}

impl UserRow {
    /// The letter in their mark.
    pub(crate) fn initial(&self) -> String {
        let named = if self.name.is_empty() { &self.email } else { &self.name };
        let first = named.chars().find(|c| c.is_alphanumeric()).unwrap_or('•');
        first.to_uppercase().collect()
    }

    pub(crate) fn label(&self) -> &str {
        if self.name.is_empty() { &self.email } else { &self.name }
    }
}

/// A suspension.
#[derive(Debug, Clone)]
pub struct Suspension {
    /// Why, if somebody said so.
    pub reason: Option<String>,
    /// Until when; `None` is until somebody lifts it.
    pub until: Option<Timestamp>,
}

/// One person of a tenant.
#[derive(Debug, Clone, Template)]
#[template(path = "user.html")]
pub struct UserPage {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// Who.
    pub user: UserRow,
    /// Their suspension, if they are.
    pub suspension: Option<Suspension>,
    /// Their passkeys.
    pub passkeys: Vec<PasskeyRow>,
    /// Their accounts at providers.
    pub accounts: Vec<AccountRow>,
    /// Their sessions, the newest first.
    pub sessions: Vec<SessionRow>,
    /// What they did last and what was done to them, where the visitor may know.
    pub events: Option<Vec<EventRow>>,
    /// The address of the log about them.
    pub log: String,
    /// Whether the visitor may change something here.
    pub is_changeable: bool,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
    /// The present.
    pub now: Timestamp,
}

impl UserPage {
    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }

    pub(crate) fn day(&self, day: &Date) -> String {
        when::day(self.frame.text(), *day, self.now)
    }

    /// The path of this person's page.
    pub(crate) fn path(&self) -> String {
        format!("{}/users/{}", self.tenant.path, self.user.id)
    }

    /// The choices of days for a suspension, with their words.
    pub(crate) fn terms(&self) -> [(i64, String); 3] {
        [1, 7, 30].map(|days| (days, self.frame.text().user_days(days)))
    }

    /// Until when a suspension lasts, in words.
    pub(crate) fn until(&self, suspension: &Suspension) -> String {
        let text = self.frame.text();
        suspension.until.map_or_else(
            || text.user_suspended_always(),
            |at| {
                let (date, time) = when::utc(text, at);
                text.user_suspended_until(&date, &time)
            },
        )
    }
}

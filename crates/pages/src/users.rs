//! A tenant's people in the console.

use askama::Template;
use jiff::{Timestamp, civil::Date};

use crate::{
    AccountRow, ConsoleTop, Deed, EventRow, Frame, Notice, PasskeyRow, Place, SavedViews, SessionRow,
    TenantTop, text::Text, when,
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

/// Which people a list shows, by what they can sign in with besides a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Means {
    /// All of them.
    #[default]
    All,
    /// Those who have a passkey.
    Passkey,
    /// Those who have an account at a provider.
    Account,
    /// Those who have neither.
    Code,
}

impl Means {
    /// All choices.
    pub const ALL: [Self; 4] = [Self::All, Self::Passkey, Self::Account, Self::Code];

    /// The stable name, as addresses have it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Passkey => "passkey",
            Self::Account => "account",
            Self::Code => "code",
        }
    }

    /// The choice of this name; anything else is [`Means::All`].
    pub fn of(key: &str) -> Self {
        Self::ALL.into_iter().find(|means| means.key() == key).unwrap_or_default()
    }

    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::All => text.users_method_all(),
            Self::Passkey => text.users_method_passkey(),
            Self::Account => text.users_method_account(),
            Self::Code => text.users_method_code(),
        }
    }
}

/// What a text that people are searched by is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SearchBy {
    /// Part of an e-mail address.
    #[default]
    Email,
    /// Part of a name.
    Name,
    /// An id, whole.
    Id,
}

impl SearchBy {
    /// All choices.
    pub const ALL: [Self; 3] = [Self::Email, Self::Name, Self::Id];

    /// The stable name, as addresses have it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Name => "name",
            Self::Id => "id",
        }
    }

    /// The choice of this name; anything else is [`SearchBy::Email`].
    pub fn of(key: &str) -> Self {
        Self::ALL.into_iter().find(|by| by.key() == key).unwrap_or_default()
    }

    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Email => text.email_label(),
            Self::Name => text.profile_name(),
            Self::Id => text.user_id(),
        }
    }
}

/// What a list of people is narrowed to, as typed.
#[derive(Debug, Clone, Default)]
pub struct UserSearch {
    /// What they are searched by.
    pub text: String,
    /// What of them that is.
    pub by: SearchBy,
    /// Who may sign in.
    pub standing: Standing,
    /// With what.
    pub means: Means,
    /// The first day and the last on which they came (UTC).
    pub created: (Option<Date>, Option<Date>),
    /// The first day and the last on which they were there last (the tenant's clock).
    pub seen: (Option<Date>, Option<Date>),
}

impl UserSearch {
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.standing == Standing::All && !self.has_more()
    }

    /// Whether something is asked for that the form shows only when it is opened.
    pub(crate) fn has_more(&self) -> bool {
        self.means != Means::All || self.days().iter().any(|(.., day)| day.is_some())
    }

    /// The fields of days, with their labels.
    pub(crate) fn fields(&self, text: &Text) -> [(&'static str, String, String); 4] {
        let labels = [
            text.users_created_from(),
            text.users_created_to(),
            text.users_seen_from(),
            text.users_seen_to(),
        ];
        let value = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        let mut days = self.days().into_iter();
        labels.map(|label| {
            days.next().map_or(("", label.clone(), String::new()), |(name, day)| (name, label, value(day)))
        })
    }

    fn days(&self) -> [(&'static str, Option<Date>); 4] {
        [
            ("created_from", self.created.0),
            ("created_to", self.created.1),
            ("seen_from", self.seen.0),
            ("seen_to", self.seen.1),
        ]
    }
}

/// How many people fit a search. Only so many are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// As many as were counted.
    pub count: i64,
    /// Whether these are all.
    pub is_exact: bool,
}

impl Total {
    /// All that there are.
    pub const fn exact(count: i64) -> Self {
        Self { count, is_exact: true }
    }

    fn words(self, text: &Text) -> String {
        if self.is_exact { text.users_count(self.count) } else { text.users_count_more(self.count) }
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
    /// What the visitor has saved.
    pub views: SavedViews,
    /// This page of those who fit.
    pub users: Vec<UserRow>,
    /// How many fit.
    pub total: Total,
    /// How many of them come before this page.
    pub before: i64,
    /// The address of the page before, if there is one.
    pub previous: Option<String>,
    /// The address of the page after, if there is one.
    pub next: Option<String>,
    /// The query of this page, which one comes back to.
    pub query: String,
    /// Whether the visitor may change people.
    pub is_changeable: bool,
    /// The address that asks whether all who fit are to be exported.
    pub export: String,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
    /// The present.
    pub now: Timestamp,
}

impl Users {
    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }

    /// What can be done with several of them: the name of it, and its words.
    pub(crate) fn deeds(&self) -> Vec<(&'static str, String)> {
        let changes = [Deed::SignOut, Deed::Suspend, Deed::Restore, Deed::Delete];
        let offered = changes.into_iter().filter(|_| self.is_changeable).chain([Deed::Export]);
        offered.map(|deed| (deed.key(), deed.words(self.frame.text()))).collect()
    }

    /// With what somebody signs in, and when they were there last.
    pub(crate) fn about(&self, user: &UserRow) -> String {
        let text = self.frame.text();
        let mut parts = Vec::new();
        if user.passkeys > 0 {
            parts.push(text.users_passkeys(user.passkeys));
        }
        parts.extend(user.providers.iter().cloned());
        if let Some(day) = user.last_seen {
            parts.push(text.users_seen(&when::day(text, day, self.now)));
        }
        parts.join(" · ")
    }

    pub(crate) fn count(&self) -> String {
        self.total.words(self.frame.text())
    }

    /// "51–100 of 240".
    pub(crate) fn range(&self) -> String {
        let last = self.before + i64::try_from(self.users.len()).unwrap_or(0);
        let text = self.frame.text();
        let [first, last, total] =
            [self.before + 1, last, self.total.count].map(|number| text.number(number));
        match self.total.is_exact {
            true => text.page_range(&first, &last, &total),
            false => text.page_range_more(&first, &last, &total),
        }
    }
}

/// The form of an account that is made for somebody.
#[derive(Debug, Clone, Template)]
#[template(path = "new-user.html")]
pub struct NewUser {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// The address that was typed.
    pub email: String,
    /// The name that was typed.
    pub name: String,
    /// What is wrong with that.
    pub notice: Option<Notice>,
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
    /// The last day on which they were there.
    pub last_seen: Option<Date>,
    /// How many passkeys they have.
    pub passkeys: i64,
    /// Where they have accounts, as people call it.
    pub providers: Vec<String>,
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

/// An API key of somebody.
#[derive(Debug, Clone)]
pub struct UserKeyRow {
    /// Its id.
    pub id: String,
    /// What they call it.
    pub name: Option<String>,
    /// Its first characters.
    pub start: Option<String>,
    /// Whether it may be used.
    pub is_on: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When it was used last.
    pub last_used: Option<Timestamp>,
    /// When it ends; `None` is never.
    pub expires: Option<Timestamp>,
}

impl UserKeyRow {
    /// What to call it.
    pub(crate) fn label(&self) -> &str {
        let named = [&self.name, &self.start].into_iter().flatten().find(|name| !name.is_empty());
        named.unwrap_or(&self.id)
    }

    /// Its first characters, unless it is called by them.
    pub(crate) fn start_beside(&self) -> Option<&str> {
        self.start.as_deref().filter(|start| *start != self.label())
    }
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
    /// Their role in the tenant's application, or several with commas between.
    pub role: String,
    /// Their suspension, if they are.
    pub suspension: Option<Suspension>,
    /// Their passkeys.
    pub passkeys: Vec<PasskeyRow>,
    /// Their accounts at providers.
    pub accounts: Vec<AccountRow>,
    /// Their sessions, the newest first.
    pub sessions: Vec<SessionRow>,
    /// Their API keys, the oldest first.
    pub api_keys: Vec<UserKeyRow>,
    /// What they did last and what was done to them, where the visitor may know.
    pub events: Option<Vec<EventRow>>,
    /// The address of the log about them.
    pub log: String,
    /// Whether the visitor may change something here.
    pub is_changeable: bool,
    /// Whether the visitor may act as them.
    pub is_actable: bool,
    /// Whether the visitor may take a copy of what is kept of them.
    pub is_copied: bool,
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

    /// When a key was used last, and when it ends.
    pub(crate) fn about(&self, key: &UserKeyRow) -> String {
        let text = self.frame.text();
        let used = key.last_used.map_or_else(|| text.keys_unused(), |at| text.keys_used(&self.ago(&at)));
        let ends = key.expires.map(|at| {
            let (date, time) = when::utc(text, at);
            text.keys_ends(&date, &time)
        });
        [Some(used), ends].into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }

    /// Whether a key has ended by itself.
    pub(crate) fn has_ended(&self, key: &UserKeyRow) -> bool {
        key.expires.is_some_and(|end| end <= self.now)
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

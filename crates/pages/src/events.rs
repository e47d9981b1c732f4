//! A tenant's log in the console.

use askama::Template;
use jiff::{Timestamp, tz::TimeZone};

use crate::{ChangeRow, ConsoleTop, Frame, Notice, Place, SavedViews, TenantTop, device, text::Text, when};

/// How far back a list goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Period {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// Seven days.
    #[default]
    Week,
    /// Thirty days.
    Month,
    /// To the beginning.
    All,
}

impl Period {
    /// All choices, the shortest first.
    pub const ALL: [Self; 5] = [Self::Hour, Self::Day, Self::Week, Self::Month, Self::All];

    /// The stable name, as addresses have it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::All => "all",
        }
    }

    /// The choice of this name; anything else is [`Period::Week`].
    pub fn of(key: &str) -> Self {
        Self::ALL.into_iter().find(|period| period.key() == key).unwrap_or_default()
    }

    /// How many hours, unless it has no beginning.
    pub const fn hours(self) -> Option<i64> {
        match self {
            Self::Hour => Some(1),
            Self::Day => Some(24),
            Self::Week => Some(24 * 7),
            Self::Month => Some(24 * 30),
            Self::All => None,
        }
    }

    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Hour => text.period_hour(),
            Self::Day => text.period_day(),
            Self::Week => text.period_week(),
            Self::Month => text.period_month(),
            Self::All => text.period_all(),
        }
    }
}

/// What a list of events is narrowed to, as typed.
#[derive(Debug, Clone, Default)]
pub struct EventSearch {
    /// Types or patterns, with commas between.
    pub kind: String,
    /// `success`, `failure`, or empty for both.
    pub outcome: String,
    /// The e-mail address of whom it is about.
    pub email: String,
    /// The address that the request came from.
    pub ip: String,
    /// The country that it came from.
    pub country: String,
    /// The network that it came from.
    pub network: String,
    /// A word for what it came with: a browser, a system or a kind of device.
    pub device: String,
    /// How far back.
    pub period: Period,
}

impl EventSearch {
    pub(crate) fn is_empty(&self) -> bool {
        let all =
            [&self.kind, &self.outcome, &self.email, &self.ip, &self.country, &self.network, &self.device];
        all.into_iter().all(String::is_empty) && self.period == Period::default()
    }

    /// Whether anything is asked for that few ask for.
    pub(crate) fn has_more(&self) -> bool {
        [&self.ip, &self.country, &self.network, &self.device].into_iter().any(|asked| !asked.is_empty())
    }
}

/// An event in a list.
#[derive(Debug, Clone)]
pub struct EventRow {
    /// The address of its own page.
    pub path: String,
    /// What happened, `session.created`.
    pub kind: String,
    /// Whether it was done.
    pub is_success: bool,
    /// When.
    pub at: Timestamp,
    /// Who did it, as people know them; empty if nobody did.
    pub actor: String,
    /// Whom or what it is about, likewise.
    pub subject: String,
    /// Where the request came from, as long as it may be known.
    pub ip: Option<String>,
    /// The country of that, by its code.
    pub country: Option<String>,
    /// The network of that: its number and who runs it.
    pub network: Option<String>,
    /// What it came with.
    pub user_agent: Option<String>,
}

impl EventRow {
    /// Browser and system, as far as they are known.
    pub(crate) fn device(&self, text: &Text) -> Option<String> {
        device::known(text, self.user_agent.as_deref()?)
    }

    /// The moment to the second in UTC, `2026-06-15 12:00:00`.
    pub(crate) fn moment(&self) -> String {
        moment(self.at)
    }
}

fn moment(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The log of a tenant, the newest first.
#[derive(Debug, Clone, Template)]
#[template(path = "events.html")]
pub struct Events {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// What was asked for.
    pub search: EventSearch,
    /// What the visitor has saved.
    pub views: SavedViews,
    /// The types that there are, for completion.
    pub kinds: Vec<&'static str>,
    /// Words for devices, likewise.
    pub devices: Vec<&'static str>,
    /// Whether it is known where requests come from.
    pub has_places: bool,
    /// What is wrong with what was asked for.
    pub fault: Option<String>,
    /// This page.
    pub events: Vec<EventRow>,
    /// The address of what is older, if there is more.
    pub older: Option<String>,
    /// The address of the newest, on a page that is not.
    pub newest: Option<String>,
    /// The path of the server-sent events, one per event that fits; on the newest page only.
    pub live: Option<String>,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
    /// The present.
    pub now: Timestamp,
}

impl Events {
    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }
}

/// What shows that an event is in the sealed log.
#[derive(Debug, Clone)]
pub enum Seal {
    /// It is one of the last seconds, and its turn comes.
    Waiting,
    /// The log has signed it, and the witness has yet to.
    Uncosigned,
    /// The proof holds.
    Holds {
        /// The event's number among all that are sealed, from 0.
        index: u64,
        /// How many were sealed when the proof was made.
        size: u64,
        /// The root hash of that tree, base64.
        root: String,
        /// Hashes of the proof.
        hashes: usize,
    },
    /// The proof does not hold: somebody has changed something.
    Broken,
}

/// A proof to take away.
#[derive(Debug, Clone)]
pub struct ProofFile {
    /// Its address.
    pub path: String,
    /// What it is called.
    pub name: String,
    /// The command that verifies it, without this instance.
    pub command: String,
}

/// One event.
#[derive(Debug, Clone, Template)]
#[template(path = "event.html")]
pub struct EventPage {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// Its id.
    pub id: String,
    /// What the list says of it.
    pub row: EventRow,
    /// How whoever did it proved who they are.
    pub method: Option<String>,
    /// The request that did it.
    pub request_id: Option<String>,
    /// Whether something personal can be read by nobody any more.
    pub is_erased: bool,
    /// What it changed.
    pub changes: Vec<ChangeRow>,
    /// What else there is to say, as pairs of a name and a value.
    pub facts: Vec<(String, String)>,
    /// All of it, as JSON.
    pub json: String,
    /// What shows that it is in the log.
    pub seal: Option<Seal>,
    /// Where the proof is, as a file, and what checks it away from here; once there is one.
    pub proof: Option<ProofFile>,
    /// The present.
    pub now: Timestamp,
}

impl EventPage {
    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }
}

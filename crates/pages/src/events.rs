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
    /// Between days that are named.
    Own,
}

impl Period {
    /// All choices, the shortest first.
    pub const ALL: [Self; 6] = [Self::Hour, Self::Day, Self::Week, Self::Month, Self::All, Self::Own];

    /// The stable name, as addresses have it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::All => "all",
            Self::Own => "own",
        }
    }

    /// The choice of this name; anything else is [`Period::Week`].
    pub fn of(key: &str) -> Self {
        Self::ALL.into_iter().find(|period| period.key() == key).unwrap_or_default()
    }

    /// How many hours up to now, unless it has no beginning or one of its own.
    pub const fn hours(self) -> Option<i64> {
        match self {
            Self::Hour => Some(1),
            Self::Day => Some(24),
            Self::Week => Some(24 * 7),
            Self::Month => Some(24 * 30),
            Self::All | Self::Own => None,
        }
    }

    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Hour => text.period_hour(),
            Self::Day => text.period_day(),
            Self::Week => text.period_week(),
            Self::Month => text.period_month(),
            Self::All => text.period_all(),
            Self::Own => text.figures_range_own(),
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
    /// Who did it: an address, or a name as the log has it.
    pub actor: String,
    /// The request that did it.
    pub request: String,
    /// How far back.
    pub period: Period,
    /// The first day of [`Period::Own`].
    pub from: String,
    /// The last day of it.
    pub to: String,
}

impl EventSearch {
    pub(crate) fn is_empty(&self) -> bool {
        let asked = [&self.kind, &self.outcome, &self.email];
        asked.into_iter().all(String::is_empty) && !self.has_more() && self.period == Period::default()
    }

    /// Whether anything is asked for that few ask for.
    pub(crate) fn has_more(&self) -> bool {
        let asked = [&self.ip, &self.country, &self.network, &self.device, &self.actor, &self.request];
        asked.into_iter().any(|asked| !asked.is_empty())
    }
}

/// A filter that cannot be searched by as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrongFilter {
    /// No event has such a type.
    Kind,
    /// No e-mail address.
    Email,
    /// No IP address.
    Ip,
    /// No country.
    Country,
    /// No network.
    Network,
    /// No word for a device.
    Device,
    /// Neither an e-mail address nor a name.
    Actor,
    /// No id of a request.
    Request,
    /// No day to begin with.
    From,
    /// No day to end with, or one that is before the first.
    To,
}

impl WrongFilter {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 10] = [
        Self::Kind,
        Self::Email,
        Self::From,
        Self::To,
        Self::Ip,
        Self::Country,
        Self::Network,
        Self::Device,
        Self::Actor,
        Self::Request,
    ];

    /// The name that the filter has in addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kind => "type",
            Self::Email => "email",
            Self::Ip => "ip",
            Self::Country => "country",
            Self::Network => "network",
            Self::Device => "device",
            Self::Actor => "actor",
            Self::Request => "request_id",
            Self::From => "from",
            Self::To => "to",
        }
    }

    /// What is expected there.
    fn words(self, text: &Text) -> String {
        match self {
            Self::Kind => text.events_wrong_type(),
            Self::Email => text.events_wrong_email(),
            Self::Ip => text.events_wrong_ip(),
            Self::Country => text.events_wrong_country(),
            Self::Network => text.events_wrong_network(),
            Self::Device => text.events_wrong_device(),
            Self::Actor => text.events_wrong_actor(),
            Self::Request => text.events_wrong_request(),
            Self::From => text.events_wrong_from(),
            Self::To => text.events_wrong_to(),
        }
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

/// What somebody asks the log for, as files.
#[derive(Debug, Clone)]
pub struct EventFiles {
    /// The address of the table.
    pub csv: String,
    /// The address of the lines with their proofs.
    pub ndjson: String,
    /// How many events a file has at most.
    pub most: u64,
    /// The command that verifies the lines, without this instance; none before the log has a key.
    pub verify: Option<String>,
    /// The command that takes out all of the log.
    pub whole: String,
    /// Whether the visitor is about to take one.
    pub is_open: bool,
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
    /// Whether this cannot be asked for.
    pub is_refused: bool,
    /// The filters that it cannot be asked for because of.
    pub wrong: Vec<WrongFilter>,
    /// The time zone whose days can be asked for, once it is known.
    pub time_zone: Option<String>,
    /// This page.
    pub events: Vec<EventRow>,
    /// The address of what is older, if there is more.
    pub older: Option<String>,
    /// The address of the newest, on a page that is not.
    pub newest: Option<String>,
    /// The path of the server-sent events, one per event that fits; on the newest page only.
    pub live: Option<String>,
    /// What was asked for, as files.
    pub files: EventFiles,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
    /// The present.
    pub now: Timestamp,
}

impl Events {
    /// What is wrong with the filter of this name.
    pub(crate) fn fault(&self, name: &str) -> Option<String> {
        let wrong = self.wrong.iter().find(|wrong| wrong.name() == name)?;
        Some(wrong.words(self.frame.text()))
    }

    /// By whose clock the days of the list are, where it has days of its own.
    pub(crate) fn days(&self) -> Option<String> {
        let zone = self.time_zone.as_deref().filter(|_| self.search.period == Period::Own)?;
        Some(self.frame.text().events_days(zone))
    }

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
    /// The network that it came from, where the visitor may block that.
    pub network: Option<String>,
    /// Whether something personal can be read by nobody any more.
    pub is_erased: bool,
    /// What it changed.
    pub changes: Vec<ChangeRow>,
    /// What else there is to say, as pairs of a name and a value.
    pub facts: Vec<(String, String)>,
    /// All of it, as JSON.
    pub json: String,
    /// The whole address of this page.
    pub link: String,
    /// The command that asks the API for it.
    pub curl: String,
    /// What shows that it is in the log.
    pub seal: Option<Seal>,
    /// Where the proof is, as a file, and what checks it away from here; once there is one.
    pub proof: Option<ProofFile>,
    /// The present.
    pub now: Timestamp,
}

impl EventPage {
    /// Where a network is blocked.
    fn block(&self) -> String {
        format!("{}/security/block", self.tenant.path)
    }

    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }
}

//! What runs: the instance's own processes, and the engines.

use askama::Template;
use jiff::Timestamp;

use super::{InstancePlace, InstanceSearch};
use crate::{ConsoleTop, Frame, Place, backups::size, text::Text, when};

/// What an engine does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineState {
    /// It starts with the next request.
    Sleeping,
    /// It is not ready yet.
    Starting,
    /// It serves.
    Running,
    /// It finishes what it began.
    Draining,
    /// It reads out the log of a suspended tenant.
    ReadingLog,
    /// It failed, and waits until it is started again.
    Paused,
    /// It is started no more.
    Quarantined,
}

impl EngineState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Running,
        Self::Sleeping,
        Self::Starting,
        Self::Draining,
        Self::ReadingLog,
        Self::Paused,
        Self::Quarantined,
    ];

    /// As addresses have it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Sleeping => "sleeping",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Draining => "draining",
            Self::ReadingLog => "reading_log",
            Self::Paused => "paused",
            Self::Quarantined => "quarantined",
        }
    }

    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Sleeping => text.state_idle(),
            Self::Starting => text.instance_starting(),
            Self::Running => text.state_running(),
            Self::Draining => text.instance_draining(),
            Self::ReadingLog => text.instance_reading_log(),
            Self::Paused => text.instance_paused(),
            Self::Quarantined => text.state_quarantined(),
        }
    }

    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Running | Self::ReadingLog => "good",
            Self::Starting | Self::Draining | Self::Paused => "warn",
            Self::Quarantined => "bad",
            Self::Sleeping => "",
        }
    }
}

/// A process of the operating system.
#[derive(Debug, Clone, Copy)]
pub struct ProcessRow {
    /// Its number.
    pub pid: u32,
    /// When it was started.
    pub started: Option<Timestamp>,
    /// Memory of its own, in bytes.
    pub bytes: Option<u64>,
    /// Whether the sandbox holds it.
    pub is_confined: Option<bool>,
}

impl ProcessRow {
    pub(crate) fn size(&self, text: &Text) -> Option<String> {
        self.bytes.map(|bytes| size(text, i64::try_from(bytes).unwrap_or(i64::MAX)))
    }

    pub(crate) fn sandbox(&self, text: &Text) -> String {
        match self.is_confined {
            Some(true) => text.instance_confined(),
            Some(false) => text.instance_unconfined(),
            None => "–".to_owned(),
        }
    }
}

/// A process that every instance has.
#[derive(Debug, Clone)]
pub struct ServiceRow {
    /// What it is there for.
    pub role: String,
    /// `None`: it does not run.
    pub process: Option<ProcessRow>,
    /// How often it failed in a row.
    pub failures: u32,
}

/// A tenant's engine.
#[derive(Debug, Clone)]
pub struct EngineRow {
    /// The tenant's name.
    pub slug: String,
    /// The name of its workspace in addresses.
    pub workspace: String,
    /// What it does.
    pub state: EngineState,
    /// `None`: it does not run.
    pub process: Option<ProcessRow>,
    /// How often it failed in a row.
    pub failures: u32,
    /// When it may be started again.
    pub starts_again: Option<Timestamp>,
}

/// What runs.
#[derive(Debug, Clone, Template)]
#[template(path = "instance-processes.html")]
pub struct InstanceProcesses {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// Whether every layer of the sandbox is required.
    pub is_fully_isolated: bool,
    /// The processes that every instance has.
    pub services: Vec<ServiceRow>,
    /// What was searched for.
    pub search: InstanceSearch,
    /// The engines, by the names of their tenants.
    pub engines: Vec<EngineRow>,
    /// The path of the page after this one.
    pub next: Option<String>,
    /// The present, which the times on the page are told from.
    pub now: Timestamp,
}

impl InstanceProcesses {
    pub(crate) fn place(&self) -> InstancePlace {
        InstancePlace::Processes
    }

    pub(crate) fn states(&self) -> Vec<(&'static str, String)> {
        EngineState::ALL.map(|state| (state.key(), state.words(self.frame.text()))).to_vec()
    }

    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }

    pub(crate) fn starts_again(&self, at: &Timestamp) -> String {
        let (date, time) = when::utc_seconds(self.frame.text(), *at);
        self.frame.text().instance_starts_again(&date, &time)
    }
}

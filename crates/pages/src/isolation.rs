//! How a tenant is isolated, in the console: what was found when it was tried last, and trying it now.

use askama::Template;
use jiff::Timestamp;

use crate::{ConsoleTop, Frame, Notice, Place, TenantTop, text::Text, when};

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IsolationOutcome {
    /// It holds.
    Held,
    /// It does not.
    Broken,
    /// There is nothing to hold.
    NotApplicable,
    /// Nobody knows.
    Unknown,
}

impl IsolationOutcome {
    fn words(self, text: &Text) -> String {
        match self {
            Self::Held => text.isolation_held(),
            Self::Broken => text.isolation_broken(),
            Self::NotApplicable => text.isolation_not_applicable(),
            Self::Unknown => text.isolation_unknown(),
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Held => "good",
            Self::Broken => "bad",
            Self::NotApplicable => "",
            Self::Unknown => "warn",
        }
    }

    /// Whether its evidence is shown without being asked for.
    fn is_open(self) -> bool {
        matches!(self, Self::Broken | Self::Unknown)
    }
}

/// One thing that was tried or looked at.
#[derive(Debug, Clone)]
pub struct IsolationCheck {
    /// Its name in the report.
    pub id: String,
    /// What was found.
    pub outcome: IsolationOutcome,
    /// By what that is known, as the report has it.
    pub evidence: Vec<String>,
}

impl IsolationCheck {
    /// What holds if it does; its name where it is none of ours.
    fn words(&self, text: &Text) -> String {
        match self.id.as_str() {
            "canary" => text.isolation_canary(),
            "layer.namespaces" => text.isolation_namespaces(),
            "layer.root" => text.isolation_root(),
            "layer.limits" => text.isolation_limits(),
            "layer.account" => text.isolation_account(),
            "layer.privileges" => text.isolation_privileges(),
            "layer.landlock" => text.isolation_landlock(),
            "layer.seccomp" => text.isolation_seccomp(),
            "layer.descriptors" => text.isolation_descriptors(),
            "layer.group" => text.isolation_group(),
            "tried.files" => text.isolation_files(),
            "tried.processes" => text.isolation_processes(),
            "tried.network" => text.isolation_network(),
            "tried.kernel" => text.isolation_kernel(),
            "tried.share" => text.isolation_share(),
            "database.others" => text.isolation_database_others(),
            "database.catalogs" => text.isolation_database_catalogs(),
            "database.server" => text.isolation_database_server(),
            "database.powers" => text.isolation_database_powers(),
            "database.log" => text.isolation_database_log(),
            "database.grants" => text.isolation_database_grants(),
            "database.owners" => text.isolation_database_owners(),
            "database.objects" => text.isolation_database_objects(),
            "database.connections" => text.isolation_database_connections(),
            "keys.secret" => text.isolation_key_secret(),
            "keys.log" => text.isolation_key_log(),
            "account.unique" => text.isolation_account_unique(),
            "ways.hostnames" => text.isolation_hostnames(),
            "ways.egress" => text.isolation_egress(),
            "ways.certificate" => text.isolation_certificate(),
            other => other.to_owned(),
        }
    }
}

/// What was found at some time.
#[derive(Debug, Clone)]
pub struct IsolationProof {
    /// The signed report's path.
    pub path: String,
    /// When.
    pub at: Timestamp,
    /// The worst of all checks.
    pub outcome: IsolationOutcome,
    /// The report's digest, which is in the tenant's log.
    pub digest: String,
    /// The instance's key for reports.
    pub key: String,
    /// Everything that was tried and looked at.
    pub checks: Vec<IsolationCheck>,
}

/// A tenant's isolation.
#[derive(Debug, Clone, Template)]
#[template(path = "isolation.html")]
pub struct Isolation {
    /// The frame around the content.
    pub frame: Frame,
    /// What is on top of every page.
    pub top: ConsoleTop,
    /// Whose page it is.
    pub tenant: TenantTop,
    /// What was found last.
    pub last: Option<IsolationProof>,
    /// What was found before, the newest first.
    pub earlier: Vec<IsolationProof>,
    /// Whether the visitor may have it tried.
    pub may_prove: bool,
    /// What happened before.
    pub notice: Option<Notice>,
    /// The time that ages count from.
    pub now: Timestamp,
}

impl Isolation {
    fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }

    /// How many checks of the last proof came out like this.
    fn count(&self, outcome: IsolationOutcome) -> String {
        let checks = self.last.iter().flat_map(|last| &last.checks);
        checks.filter(|check| check.outcome == outcome).count().to_string()
    }
}

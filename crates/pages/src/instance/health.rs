//! Whether all is well.

use askama::Template;

use super::InstancePlace;
use crate::{ConsoleTop, Frame, HealthFact, Place, text::Text};

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "their names say it, and the control plane what each is")]
pub enum HealthCheck {
    Database,
    Gateway,
    Outbound,
    Auditor,
    AuditLogs,
    Vault,
    Jobs,
    Engines,
    Backups,
    Domains,
    Certificates,
    LostTenants,
    Disk,
    Clock,
    Isolation,
}

impl HealthCheck {
    /// Every check.
    pub const ALL: [Self; 15] = [
        Self::Database,
        Self::Gateway,
        Self::Outbound,
        Self::Auditor,
        Self::AuditLogs,
        Self::Vault,
        Self::Jobs,
        Self::Engines,
        Self::Backups,
        Self::Domains,
        Self::Certificates,
        Self::LostTenants,
        Self::Disk,
        Self::Clock,
        Self::Isolation,
    ];

    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Database => text.health_database(),
            Self::Gateway => text.health_gateway(),
            Self::Outbound => text.health_outbound(),
            Self::Auditor => text.health_auditor(),
            Self::AuditLogs => text.health_audit_logs(),
            Self::Vault => text.health_vault(),
            Self::Jobs => text.instance_jobs(),
            Self::Engines => text.instance_engines(),
            Self::Backups => text.backups_title(),
            Self::Domains => text.domains_title(),
            Self::Certificates => text.certificates_title(),
            Self::LostTenants => text.health_lost_tenants(),
            Self::Disk => text.health_disk(),
            Self::Clock => text.health_clock(),
            Self::Isolation => text.health_isolation(),
        }
    }
}

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthVerdict {
    /// As it should be.
    Ok,
    /// It could not be looked at.
    Unchecked,
    /// It works, and somebody should look at it.
    Warning,
    /// It does not work.
    Fault,
}

impl HealthVerdict {
    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Ok => text.health_ok(),
            Self::Unchecked => text.health_unchecked(),
            Self::Warning => text.health_warning(),
            Self::Fault => text.health_fault(),
        }
    }

    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Ok => "good",
            Self::Unchecked => "",
            Self::Warning => "warn",
            Self::Fault => "bad",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone)]
pub struct HealthRow {
    /// What.
    pub check: HealthCheck,
    /// How it is.
    pub verdict: HealthVerdict,
    /// What was found.
    pub fact: HealthFact,
}

/// Whether all is well.
#[derive(Debug, Clone, Template)]
#[template(path = "instance-health.html")]
pub struct InstanceHealth {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// What was looked at.
    pub findings: Vec<HealthRow>,
}

impl InstanceHealth {
    pub(crate) fn place(&self) -> InstancePlace {
        InstancePlace::Health
    }
}

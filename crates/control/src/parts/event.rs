//! What happens to tenants as a whole, as both logs tell it.

use kiavi_base::EventId;
use serde_json::Value;

use crate::audit::EventType;

/// Something that happened to a tenant as a whole.
#[derive(Debug, Clone)]
pub struct TenantEvent<'a> {
    /// The id that the event has in the control plane's log, too.
    pub id: EventId,
    /// What happened.
    pub kind: TenantEventKind,
    /// Who asked, as engines are told it.
    pub operator: &'a str,
    /// Facts.
    pub detail: &'a Value,
}

/// What may happen to a tenant as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantEventKind {
    /// Its data came from another server.
    Imported,
    /// Its data came from an archive.
    Restored,
    /// Its data and its secret were handed out.
    Exported,
    /// It was switched off.
    Suspended,
    /// It was switched on again.
    Resumed,
    /// It was switched off, to be destroyed after a grace period.
    Deleted,
    /// Its deletion was taken back.
    Undeleted,
    /// It has another name, and with it another address.
    Renamed,
    /// The names that it answers to are others.
    HostnamesChanged,
    /// A domain is to be proved to be its own.
    DomainAdded,
    /// A domain is proved to be its own, and served.
    DomainVerified,
    /// The proof of a domain is gone for days.
    DomainLapsed,
    /// It does not have a domain any more, or does not try to.
    DomainRemoved,
    /// It has a new secret; the one before still verifies.
    SecretRotated,
    /// Secrets before its current one have ended.
    SecretRetired,
    /// Its isolation was tried.
    IsolationProved,
    /// Its engine was ended for want of memory, or for what it must not do.
    EngineFailed,
    /// One of its names has a new certificate.
    CertificateIssued,
    /// One of its names was to have a new certificate, and has not.
    CertificateFailed,
    /// A certificate ends soon and could not be renewed.
    CertificateEnding,
    /// Somebody asked for a new certificate.
    CertificateRenewalRequested,
    /// A name that it gave up has no certificate any more.
    CertificateRemoved,
}

impl TenantEventKind {
    /// All kinds.
    pub const ALL: [Self; 22] = [
        Self::Imported,
        Self::Restored,
        Self::Exported,
        Self::Suspended,
        Self::Resumed,
        Self::Deleted,
        Self::Undeleted,
        Self::Renamed,
        Self::HostnamesChanged,
        Self::DomainAdded,
        Self::DomainVerified,
        Self::DomainLapsed,
        Self::DomainRemoved,
        Self::SecretRotated,
        Self::SecretRetired,
        Self::IsolationProved,
        Self::EngineFailed,
        Self::CertificateIssued,
        Self::CertificateFailed,
        Self::CertificateEnding,
        Self::CertificateRenewalRequested,
        Self::CertificateRemoved,
    ];

    /// The event's type in both logs.
    pub const fn as_str(self) -> &'static str {
        self.event().name()
    }

    /// The event of the control plane's own log.
    pub(crate) const fn event(self) -> EventType {
        match self {
            Self::Imported => EventType::TenantImported,
            Self::Restored => EventType::TenantRestored,
            Self::Exported => EventType::TenantExported,
            Self::Suspended => EventType::TenantSuspended,
            Self::Resumed => EventType::TenantResumed,
            Self::Deleted => EventType::TenantDeleted,
            Self::Undeleted => EventType::TenantUndeleted,
            Self::Renamed => EventType::TenantRenamed,
            Self::HostnamesChanged => EventType::TenantHostnamesChanged,
            Self::DomainAdded => EventType::TenantDomainAdded,
            Self::DomainVerified => EventType::TenantDomainVerified,
            Self::DomainLapsed => EventType::TenantDomainLapsed,
            Self::DomainRemoved => EventType::TenantDomainRemoved,
            Self::SecretRotated => EventType::TenantSecretRotated,
            Self::SecretRetired => EventType::TenantSecretRetired,
            Self::IsolationProved => EventType::IsolationProved,
            Self::EngineFailed => EventType::EngineFailed,
            Self::CertificateIssued => EventType::CertificateIssued,
            Self::CertificateFailed => EventType::CertificateFailed,
            Self::CertificateEnding => EventType::CertificateEnding,
            Self::CertificateRenewalRequested => EventType::CertificateRenewalRequested,
            Self::CertificateRemoved => EventType::CertificateRemoved,
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

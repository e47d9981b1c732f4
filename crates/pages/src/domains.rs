//! The page of a tenant's domains.

use askama::Template;
use jiff::Timestamp;

use crate::{CertificateLine, ConsoleTop, Frame, Notice, Place, TenantTop, text::Text, when};

/// The names of a tenant, and how those of its own are proved.
#[derive(Debug, Clone, Template)]
#[template(path = "domains.html")]
pub struct Domains {
    /// The frame around the content.
    pub frame: Frame,
    /// The top of the page.
    pub top: ConsoleTop,
    /// The tenant.
    pub tenant: TenantTop,
    /// The names, the tenant's own first.
    pub rows: Vec<DomainRow>,
    /// Whether the visitor may change them.
    pub may_change: bool,
    /// What the last step has to tell.
    pub notice: Option<Notice>,
    /// The present, which the times on the page are told from.
    pub now: Timestamp,
}

/// A name of a tenant.
#[derive(Debug, Clone)]
pub struct DomainRow {
    /// The name itself.
    pub name: String,
    /// How it stands.
    pub state: DomainState,
    /// Whether links and passkeys belong to it.
    pub is_primary: bool,
    /// The record that proves it, of one that is or was to be proved.
    pub record: Option<DomainRecord>,
    /// When the record was looked for last.
    pub checked: Option<Timestamp>,
    /// Its certificate, where the instance has them made.
    pub certificate: Option<CertificateLine>,
}

impl DomainRow {
    /// Whether its certificate may be asked for again.
    pub(crate) fn asks_again(&self) -> bool {
        self.certificate.as_ref().is_some_and(CertificateLine::has_failed)
    }
}

/// A TXT record.
#[derive(Debug, Clone)]
pub struct DomainRecord {
    /// Its name.
    pub name: String,
    /// What it says.
    pub value: String,
}

/// How a name of a tenant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DomainState {
    /// It comes with the tenant's name.
    Own,
    /// It came with a name that the tenant had before.
    Former,
    /// The operator has given it to the tenant.
    Given,
    /// It waits for its record.
    Pending,
    /// Its record was found.
    Verified,
    /// Its record was found, and is not there now.
    Missing,
    /// Its record is gone for days.
    Lapsed,
}

impl DomainState {
    /// Every state.
    pub const ALL: [Self; 7] =
        [Self::Own, Self::Former, Self::Given, Self::Pending, Self::Verified, Self::Missing, Self::Lapsed];

    pub(crate) fn words(self, text: &Text) -> String {
        match self {
            Self::Own | Self::Given => text.domain_served(),
            Self::Former => text.domain_former(),
            Self::Pending => text.domain_pending(),
            Self::Verified => text.domain_verified(),
            Self::Missing => text.domain_missing(),
            Self::Lapsed => text.domain_lapsed(),
        }
    }

    pub(crate) fn about(self, text: &Text) -> String {
        match self {
            Self::Own => text.domain_own_about(),
            Self::Former => text.domain_former_about(),
            Self::Given => text.domain_given_about(),
            Self::Pending => text.domain_pending_about(),
            Self::Verified => text.domain_verified_about(),
            Self::Missing => text.domain_missing_about(),
            Self::Lapsed => text.domain_lapsed_about(),
        }
    }

    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Own | Self::Given | Self::Verified => "good",
            Self::Pending | Self::Missing => "warn",
            Self::Lapsed => "bad",
            Self::Former => "",
        }
    }
}

impl Domains {
    pub(crate) fn ago(&self, at: &Timestamp) -> String {
        when::ago(self.frame.text(), *at, self.now)
    }
}

//! Domains that a tenant's people prove to be theirs.
//!
//! Whoever manages a tenant adds a domain and is told a TXT record to set below it. Its value is bound to tenant and domain:
//! nobody else's record is of any use, and who may write below the domain is who owns it. Until the record is found the
//! domain is pending, which blocks nobody and is served for nobody. Then it is a hostname of the tenant ([`crate::address`]).
//!
//! The record is looked for by itself: every few minutes while it is being set, and about once a day once it was there
//! ([`check`]). One that is gone for [`PATIENCE`] is an alarm: the domain
//! has lapsed. It goes on being served, because the people who sign in there have done nothing wrong and records are tidied
//! away by mistake; but it is no longer held against others: whoever proves it in another tenant gets it. So a domain that
//! changed hands follows its owner, and one that works is taken from nobody who still owns it.

pub(crate) mod challenge;
pub(crate) mod check;
mod door;
pub(crate) mod store;

use std::time::Duration;

use jiff::Timestamp;
use kiavi_base::{Hostname, TenantId};
use serde::Serialize;
use utoipa::ToSchema;

pub use door::ProofDoor;

use crate::{
    Control, ControlError, Tenant, address,
    caller::Actor,
    operation::Operation,
    provision::{self, Change, Order, RequestError},
};

/// How long a proof may be gone before that is an alarm.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3 * 24 * 3600);

/// The most domains of one tenant: what its engine and the gateway are told of names is bounded, too.
pub(crate) const MAX_DOMAINS: i64 = 40;

/// How far the proof of a domain is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DomainState {
    /// Not proved yet: it is not served.
    Pending,
    /// Proved: it is served.
    Verified,
    /// Proved once, and no more for days: it is served until somebody else proves it.
    Lapsed,
}

/// What there was when the record was looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DomainOutcome)]
pub(crate) enum Outcome {
    /// The record.
    Proved,
    /// No TXT record.
    Absent,
    /// TXT records that say something else.
    Different,
    /// No answer of a name server.
    Unanswered,
}

impl DomainState {
    const ALL: [Self; 3] = [Self::Pending, Self::Verified, Self::Lapsed];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Verified => "verified",
            Self::Lapsed => "lapsed",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Proved, Self::Absent, Self::Different, Self::Unanswered];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Absent => "absent",
            Self::Different => "different",
            Self::Unanswered => "unanswered",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// A domain of a tenant.
#[derive(Debug, Clone)]
pub(crate) struct Domain {
    pub(crate) tenant: TenantId,
    pub(crate) domain: Hostname,
    /// The value of the record.
    pub(crate) challenge: String,
    pub(crate) state: DomainState,
    pub(crate) created_at: Timestamp,
    pub(crate) verified_at: Option<Timestamp>,
    pub(crate) checked_at: Option<Timestamp>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) failing_since: Option<Timestamp>,
}

impl Domain {
    /// The name of the record.
    pub(crate) fn record_name(&self) -> String {
        format!("{}.{}", kiavi_ipc::proof::LABEL, self.domain)
    }
}

/// The tenant's domain, added if it does not have it yet; whether it was.
///
/// # Errors
/// When no tenant can have it, this one is served there already or has too many, or the vault or the database fails.
pub(crate) async fn add(
    control: &Control,
    actor: &Actor,
    tenant: &Tenant,
    domain: &Hostname,
) -> Result<(Domain, bool), RequestError> {
    address::check_new(control, domain)?;
    if challenge::is_too_long(domain) {
        return Err(ControlError::HostnameRefused(domain.clone()).into());
    }
    let database = &control.parts().database;
    if let Some(known) = store::find(database, &tenant.id, domain).await? {
        return Ok((known, false));
    }
    let challenge = challenge::of(control, &tenant.id, domain).await?;
    let change = Change::AddDomain { domain: domain.clone(), challenge };
    let order = Order { operation: Operation::AddDomain, reason: None, change };
    provision::request(control, actor, &tenant.id, &order).await?;
    let added = store::find(database, &tenant.id, domain).await?;
    Ok((added.ok_or_else(|| ControlError::NoSuchDomain(domain.clone()))?, true))
}

/// The order that takes a domain off a tenant; one that was proved is not served any more.
pub(crate) fn removal(domain: Hostname) -> Order {
    let change = Change::RemoveDomain { domain };
    Order { operation: Operation::RemoveDomain, reason: None, change }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_read_back() {
        assert!(DomainState::ALL.into_iter().all(|state| DomainState::parse(state.as_str()) == Some(state)));
        assert!(Outcome::ALL.into_iter().all(|outcome| Outcome::parse(outcome.as_str()) == Some(outcome)));
        assert_eq!(serde_json::to_value(DomainState::Lapsed).unwrap(), "lapsed");
    }
}

//! Certificates of the names that the instance serves: asked for, kept, renewed.
//!
//! There is one for each name ([`store`]), so that a name that its authority cannot verify holds up no other, and no browser
//! takes one tenant's connection for another's. A tenant's step `certificate` sees to it that each of its names has a row
//! and no other name has one ([`settle`]); a background job ([`worker`]) has the [`Issuer`] make what is due: at once, by and
//! by what failed ([`rules`]), and again well before the end. What there is stays until there is something new, whatever
//! happens. Private keys are in the vault ([`key`]) under the tenant that they are for, so they are destroyed with it.
//!
//! The launcher passes on to a tenant's engine what its TLS is made of, with the answers to its authority's questions
//! ([`announce`]). Of the instance's own hosts, the console's among them, it is this process that knows.

mod acme;
pub(crate) mod announce;
pub(crate) mod dns;
mod event;
mod issuer;
pub(crate) mod key;
pub(crate) mod leaf;
mod local;
pub(crate) mod rules;
pub(crate) mod settle;
pub(crate) mod store;
pub(crate) mod worker;

use jiff::Timestamp;
use kiavi_base::{Hostname, TenantId};
use serde::Serialize;
use utoipa::ToSchema;

pub use acme::{AcmeConfig, AcmeIssuer, ChallengeKind, ExternalAccount};
pub(crate) use announce::Desk;
pub use dns::Published;
pub use issuer::{Answering, IssueError, Issued, Issuer, Order, RenewalWindow};
pub(crate) use leaf::Leaf;
pub use leaf::not_after;
pub use local::LocalIssuer;

/// How far a certificate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CertificateState {
    /// Nobody was asked for it yet.
    Pending,
    /// There is one.
    Issued,
    /// The last attempt failed; what there was before is shown until it ends.
    Failed,
}

impl CertificateState {
    const ALL: [Self; 3] = [Self::Pending, Self::Issued, Self::Failed];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Issued => "issued",
            Self::Failed => "failed",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// The certificate of a name, or that there is to be one.
#[derive(Debug, Clone)]
pub(crate) struct Certificate {
    pub(crate) id: i64,
    /// Whose name it is; `None`: the instance's own.
    pub(crate) tenant: Option<TenantId>,
    pub(crate) hostname: Hostname,
    pub(crate) state: CertificateState,
    /// When somebody is asked again.
    pub(crate) next_attempt_at: Timestamp,
    /// Failures since the last success.
    pub(crate) attempts: i32,
    pub(crate) attempted_at: Option<Timestamp>,
    /// The code of the last failure, while it lasts, and the authority's own words.
    pub(crate) error: Option<String>,
    pub(crate) error_detail: Option<String>,
    pub(crate) present: Option<Present>,
    /// When its authority would have it renewed.
    pub(crate) window: Option<(Timestamp, Timestamp)>,
}

/// A certificate that there is.
#[derive(Debug, Clone)]
pub(crate) struct Present {
    pub(crate) issuer: String,
    /// PEM.
    pub(crate) chain: String,
    /// The version of its key in the vault.
    pub(crate) key_version: u32,
    pub(crate) leaf: Leaf,
    pub(crate) issued_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_read_back() {
        let all = CertificateState::ALL.into_iter();
        assert!(all.clone().all(|state| CertificateState::parse(state.as_str()) == Some(state)));
        assert!(all.clone().all(|state| serde_json::to_value(state).unwrap() == state.as_str()));
    }
}

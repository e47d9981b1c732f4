//! The slice's part of the settings.

use std::collections::BTreeSet;

use kiavi_base::Network;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Domain, captcha::Captcha};
use crate::{
    SettingsError,
    egress::{EgressHost, Reaches},
};

/// Domains that a list may hold: a document stays quick to read and to send.
const DOMAIN_LIMIT: usize = 10_000;
/// Networks that the list may hold; each request is held against all of them.
const NETWORK_LIMIT: usize = 1_000;

/// Lists and the captcha. Domains include all names below them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AbuseSettings {
    /// Mail domains that get no new user. Stronger than `allowed_domains`.
    pub blocked_domains: BTreeSet<Domain>,
    /// If there are any: the only mail domains that get new users.
    pub allowed_domains: BTreeSet<Domain>,
    /// Whether well-known domains of throwaway addresses get no new user, unless `allowed_domains` names them.
    pub refuses_disposable_domains: bool,
    /// Networks that nothing is answered to, as addresses or CIDR blocks.
    #[schemars(with = "Vec<String>")]
    pub blocked_networks: Vec<Network>,
    /// What asking for a mail costs; nothing if `null`.
    pub captcha: Option<Captcha>,
}

impl AbuseSettings {
    pub(crate) fn validate(&self) -> Result<(), SettingsError> {
        for (key, domains) in [
            ("abuse.blocked_domains", &self.blocked_domains),
            ("abuse.allowed_domains", &self.allowed_domains),
        ] {
            if domains.len() > DOMAIN_LIMIT {
                return Err(SettingsError::Invalid(key, "has more than 10,000 domains"));
            }
        }
        if self.blocked_networks.len() > NETWORK_LIMIT {
            return Err(SettingsError::Invalid("abuse.blocked_networks", "has more than 1,000 networks"));
        }
        self.captcha.as_ref().map_or(Ok(()), Captcha::validate)
    }
}

impl Reaches for AbuseSettings {
    fn egress_hosts(&self) -> Vec<EgressHost> {
        self.captcha.as_ref().and_then(Captcha::egress_host).into_iter().collect()
    }
}

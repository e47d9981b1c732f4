//! Which servers outside a tenant reaches.

use std::collections::BTreeSet;

use kiavi_egress::{EgressHost, is_usable};
use kiavi_ipc::egress::{AllowList, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Reaches;
use crate::{Settings, SettingsError};

/// The servers that a tenant's engine may reach besides those that its other settings imply.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EgressSettings {
    /// Further servers: `host:port` (HTTPS), or an origin.
    pub hosts: Vec<EgressHost>,
    /// Whether servers may be in a private network or on this machine, and be spoken to without TLS. Has an effect
    /// only where the instance allows it.
    pub allows_private: bool,
    /// Certificate authorities (PEM) to believe besides those of the system, such as the one of a private network.
    pub extra_roots: Vec<String>,
}

impl Reaches for EgressSettings {
    fn egress_hosts(&self) -> Vec<EgressHost> {
        self.hosts.clone()
    }
}

impl Settings {
    /// Every server that the engine may reach: what each part of the settings needs.
    pub fn egress_hosts(&self) -> BTreeSet<EgressHost> {
        let parts: [&dyn Reaches; 5] = [&self.egress, &self.social, &self.abuse, &self.webhooks, &self.audit];
        parts.iter().flat_map(|part| part.egress_hosts()).collect()
    }

    /// The same as outbound holds the engine to it.
    ///
    /// # Errors
    /// When there are more servers than a tenant may have.
    pub fn allow_list(&self) -> Result<AllowList, SettingsError> {
        let targets: BTreeSet<Target> =
            self.egress_hosts().into_iter().map(|host| host.target().clone()).collect();
        AllowList::new(targets.into_iter().collect(), self.egress.allows_private)
            .map_err(|_| SettingsError::Invalid("egress.hosts", "has too many servers"))
    }

    pub(crate) fn validate_egress(&self) -> Result<(), SettingsError> {
        self.allow_list()?;
        let may_be_plain = self.egress.allows_private;
        if !self.egress_hosts().iter().all(|host| host.is_secure() || may_be_plain) {
            return Err(SettingsError::Invalid(
                "egress.hosts",
                "and other servers may be http only with allows_private",
            ));
        }
        if self.egress.extra_roots.iter().all(|pem| is_usable(pem)) {
            Ok(())
        } else {
            Err(SettingsError::Invalid("egress.extra_roots", "must each be a certificate authority in PEM"))
        }
    }
}

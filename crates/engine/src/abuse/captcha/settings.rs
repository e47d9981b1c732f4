//! Which captcha, and where.

use std::{collections::BTreeSet, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{Secret, SettingsError, egress::EgressHost};

/// What a captcha guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Asking for a one-time code: `/email-otp/send-verification-otp` and the hosted sign-in.
    Code,
    /// Asking for a sign-in link: `/sign-in/magic-link`.
    Link,
}

/// One of the kinds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Captcha {
    /// The built-in one.
    ProofOfWork(ProofOfWork),
    /// Cloudflare Turnstile, or a server that speaks as it does.
    Turnstile(Turnstile),
}

/// Work that the client's machine does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProofOfWork {
    /// Leading zero bits of the hash. Each more doubles the work: at 16 some 65,000 hashes, a second or less of a
    /// laptop's and a few of a phone's.
    pub bits: u8,
    /// Life of a challenge.
    pub expires_in_seconds: u32,
    /// What it guards.
    pub applies_to: BTreeSet<Scope>,
}

impl Default for ProofOfWork {
    fn default() -> Self {
        Self { bits: 16, expires_in_seconds: 300, applies_to: everything() }
    }
}

impl ProofOfWork {
    pub(super) fn life(&self) -> Duration {
        Duration::from_secs(self.expires_in_seconds.into())
    }
}

/// A widget in the page and a server that tells whether it was solved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Turnstile {
    /// Names the site to the widget; public.
    pub site_key: String,
    /// Proves to the server who asks.
    pub secret_key: Secret,
    /// Whom to ask. Its server is reached without being listed under `egress.hosts`.
    #[serde(default = "siteverify")]
    pub verify_url: String,
    /// The widget's script, which the hosted pages load.
    #[serde(default = "api_script")]
    pub script_url: String,
    /// What it guards.
    #[serde(default = "everything")]
    pub applies_to: BTreeSet<Scope>,
}

fn everything() -> BTreeSet<Scope> {
    BTreeSet::from([Scope::Code, Scope::Link])
}

fn siteverify() -> String {
    "https://challenges.cloudflare.com/turnstile/v0/siteverify".to_owned()
}

fn api_script() -> String {
    "https://challenges.cloudflare.com/turnstile/v0/api.js".to_owned()
}

impl Turnstile {
    /// The origin that the widget comes from, for the pages' policy.
    pub(crate) fn script_origin(&self) -> Option<String> {
        Url::parse(&self.script_url).ok().map(|url| url.origin().ascii_serialization())
    }
}

impl Captcha {
    /// The stable name.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::ProofOfWork(_) => "proof_of_work",
            Self::Turnstile(_) => "turnstile",
        }
    }

    pub(crate) fn applies_to(&self, scope: Scope) -> bool {
        match self {
            Self::ProofOfWork(ProofOfWork { applies_to, .. })
            | Self::Turnstile(Turnstile { applies_to, .. }) => applies_to.contains(&scope),
        }
    }

    /// The server that has to be asked.
    pub(crate) fn egress_host(&self) -> Option<EgressHost> {
        match self {
            Self::ProofOfWork(_) => None,
            Self::Turnstile(turnstile) => EgressHost::of(&Url::parse(&turnstile.verify_url).ok()?),
        }
    }

    pub(crate) fn validate(&self) -> Result<(), SettingsError> {
        let rules = match self {
            Self::ProofOfWork(proof) => [
                ((8..=26).contains(&proof.bits), "abuse.captcha.bits", "must be 8 to 26"),
                (
                    (30..=3_600).contains(&proof.expires_in_seconds),
                    "abuse.captcha.expires_in_seconds",
                    "is not 30 s to 1 h",
                ),
                (true, "", ""),
            ],
            Self::Turnstile(turnstile) => [
                (
                    (1..=256).contains(&turnstile.site_key.len())
                        && !turnstile.secret_key.expose().is_empty(),
                    "abuse.captcha.site_key",
                    "and secret_key must not be empty",
                ),
                (self.egress_host().is_some(), "abuse.captcha.verify_url", "must be an https URL"),
                (
                    // It becomes part of a header: an origin has no character that could end it.
                    turnstile.script_origin().is_some_and(|origin| origin.starts_with("https://")),
                    "abuse.captcha.script_url",
                    "must be an https URL",
                ),
            ],
        };
        for (holds, key, rule) in rules {
            if !holds {
                return Err(SettingsError::Invalid(key, rule));
            }
        }
        Ok(())
    }
}

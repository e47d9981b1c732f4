//! The slice's part of the settings.

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{pattern::Pattern, signature::SigningKey};
use crate::{EgressHost, Secret, SettingsError, egress::Reaches};

/// Endpoints of one tenant. The set of those that want an event is 32 bits wide.
const ENDPOINT_LIMIT: usize = 16;
/// Patterns of one endpoint.
const PATTERN_LIMIT: usize = 64;
/// Secrets of one endpoint: the one in use, and those on their way out or in.
const SECRET_LIMIT: usize = 4;
/// Bytes of a URL.
const URL_LIMIT: usize = 2_048;
/// Characters of a description.
const DESCRIPTION_LIMIT: usize = 200;

/// Events as they happen, for servers of the tenant's own (Standard Webhooks).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookSettings {
    /// Who is sent events; at most 16.
    pub endpoints: Vec<EndpointSettings>,
}

/// Somebody who is sent events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EndpointSettings {
    /// What the endpoint is called in commands and lists: lower-case letters, digits, `-` and `_`.
    pub id: String,
    /// Where events are sent: `https`, or `http` with `egress.allows_private`. Its server is reached without being
    /// listed under `egress.hosts`.
    pub url: String,
    /// Which events: types as `session.created`, all types of a thing as `session.*`, or `*`. See docs/webhooks.md.
    pub events: Vec<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it is sent events. While it is not, none are kept for it, and those that wait go on waiting.
    pub is_enabled: bool,
    /// What events are signed with; each has a signature for every secret, so that one can be replaced by another.
    pub secrets: Vec<SigningSecretSettings>,
}

impl Default for EndpointSettings {
    fn default() -> Self {
        Self {
            id: String::new(),
            url: String::new(),
            events: Vec::new(),
            description: None,
            is_enabled: true,
            secrets: Vec::new(),
        }
    }
}

/// A secret that events are signed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SigningSecretSettings {
    /// Tells it from the endpoint's other secrets.
    pub id: String,
    /// `whsec_` and 24 to 64 bytes in base64.
    pub signing_secret: Secret,
    /// Until when it signs; one that is in use has none. RFC 3339.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub expires_at: Option<Timestamp>,
}

impl Reaches for WebhookSettings {
    fn egress_hosts(&self) -> Vec<EgressHost> {
        let enabled = self.endpoints.iter().filter(|endpoint| endpoint.is_enabled);
        enabled.filter_map(|endpoint| EgressHost::of(&Url::parse(&endpoint.url).ok()?)).collect()
    }
}

impl WebhookSettings {
    /// Whether an engine may owe somebody something although nobody asks it for anything.
    pub fn is_in_use(&self) -> bool {
        self.endpoints.iter().any(|endpoint| endpoint.is_enabled)
    }

    /// Checks what types cannot.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    pub(crate) fn validate(&self) -> Result<(), SettingsError> {
        let ids: BTreeSet<_> = self.endpoints.iter().map(|endpoint| &endpoint.id).collect();
        check(self.endpoints.len() <= ENDPOINT_LIMIT, "webhooks.endpoints", "are at most 16")?;
        check(ids.len() == self.endpoints.len(), "webhooks.endpoints", "must each have an id of their own")?;
        self.endpoints.iter().try_for_each(EndpointSettings::validate)
    }
}

impl EndpointSettings {
    fn validate(&self) -> Result<(), SettingsError> {
        check(is_id(&self.id), "webhooks.endpoints.id", "must be 1 to 32 lower-case letters, digits, - _")?;
        check(is_usable(&self.url), "webhooks.endpoints.url", "must be a URL without user or fragment")?;
        check(
            (1..=PATTERN_LIMIT).contains(&self.events.len()),
            "webhooks.endpoints.events",
            "must be 1 to 64 types or patterns",
        )?;
        let is_known = |text: &String| Pattern::parse(text).is_some();
        check(
            self.events.iter().all(is_known),
            "webhooks.endpoints.events",
            "must be types of events as session.created, or session.*, or * (see kiavi webhook events)",
        )?;
        let is_short =
            |text: &String| text.chars().count() <= DESCRIPTION_LIMIT && !text.chars().any(char::is_control);
        check(
            self.description.iter().all(is_short),
            "webhooks.endpoints.description",
            "must be at most 200 printable characters",
        )?;
        self.validate_secrets()
    }

    fn validate_secrets(&self) -> Result<(), SettingsError> {
        const KEY: &str = "webhooks.endpoints.secrets";
        let ids: BTreeSet<_> = self.secrets.iter().map(|secret| &secret.id).collect();
        let are_named = ids.len() == self.secrets.len() && ids.iter().all(|id| is_id(id));
        check(are_named, KEY, "must each have an id of their own")?;
        check(self.secrets.len() <= SECRET_LIMIT, KEY, "are at most 4")?;
        let lasts = |secret: &SigningSecretSettings| secret.expires_at.is_none();
        check(self.secrets.iter().any(lasts), KEY, "must have one that does not expire")?;
        let is_secret = |secret: &SigningSecretSettings| SigningKey::parse(secret).is_some();
        check(self.secrets.iter().all(is_secret), KEY, "must be whsec_ and 24 to 64 bytes in base64")
    }
}

fn is_id(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    (1..=32).contains(&text.len()) && text.bytes().all(is_plain)
}

/// Whether requests can be sent there; that it is `https` is checked with all servers (`validate_egress`).
fn is_usable(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let is_bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    is_bare && text.len() <= URL_LIMIT && EgressHost::of(&url).is_some()
}

fn check(holds: bool, key: &'static str, rule: &'static str) -> Result<(), SettingsError> {
    if holds { Ok(()) } else { Err(SettingsError::Invalid(key, rule)) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::Settings;

    fn endpoint(change: Value) -> Value {
        let mut endpoint = json!({
            "id": "crm", "url": "https://crm.example/hook?tenant=1", "events": ["session.*", "user.created"],
            "secrets": [{ "id": "a", "signing_secret": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz" }],
        });
        endpoint.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        endpoint
    }

    fn with(endpoints: Value) -> Result<Settings, SettingsError> {
        let settings = Settings::for_slug(&"demo".parse().unwrap(), "http://demo.localhost:8080").unwrap();
        let mut document = serde_json::to_value(settings).unwrap();
        document["webhooks"]["endpoints"] = endpoints;
        Settings::from_json(document.to_string().as_bytes())
    }

    #[test]
    fn its_server_may_be_reached_and_its_secret_is_not_printed() {
        let settings = with(json!([endpoint(json!({}))])).unwrap();
        let hosts: Vec<_> = settings.egress_hosts().iter().map(ToString::to_string).collect();
        assert_eq!(hosts, ["crm.example:443"]);
        assert!(settings.webhooks.is_in_use());
        assert!(!format!("{settings:?}").contains("MDEyMzQ1"));
        let off = with(json!([endpoint(json!({ "is_enabled": false }))])).unwrap();
        assert!(off.egress_hosts().is_empty() && !off.webhooks.is_in_use());
    }

    #[test]
    fn what_cannot_work_is_refused() {
        let secret = |text: &str| json!({ "secrets": [{ "id": "a", "signing_secret": text }] });
        let good = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";
        for (change, told) in [
            (json!({ "id": "CRM" }), "webhooks.endpoints.id"),
            (json!({ "id": "" }), "webhooks.endpoints.id"),
            (json!({ "url": "http://crm.example/" }), "egress.hosts"),
            (json!({ "url": "https://user@crm.example/" }), "webhooks.endpoints.url"),
            (json!({ "url": "https://crm.example/#a" }), "webhooks.endpoints.url"),
            (json!({ "url": "ftp://crm.example/" }), "webhooks.endpoints.url"),
            (json!({ "url": "crm.example" }), "webhooks.endpoints.url"),
            (json!({ "events": [] }), "webhooks.endpoints.events"),
            (json!({ "events": ["session.made"] }), "webhooks.endpoints.events"),
            (json!({ "events": ["webhook.disabled"] }), "webhooks.endpoints.events"),
            (json!({ "events": ["sess*"] }), "webhooks.endpoints.events"),
            (json!({ "secrets": [] }), "webhooks.endpoints.secrets"),
            (secret("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"), "webhooks.endpoints.secrets"),
            (secret("whsec_MDEyMzQ1"), "webhooks.endpoints.secrets"),
            (
                json!({ "secrets": [{ "id": "a", "signing_secret": good, "expires_at": "2026-11-24T00:00:00Z" }] }),
                "webhooks.endpoints.secrets",
            ),
            (json!({ "description": "a\nb" }), "webhooks.endpoints.description"),
            (json!({ "more": 1 }), "the settings cannot be read"),
        ] {
            let refused = with(json!([endpoint(change.clone())])).unwrap_err().to_string();
            assert!(refused.starts_with(told), "{change}: {refused}");
        }
        assert!(with(json!([endpoint(json!({})), endpoint(json!({}))])).is_err(), "two of one name");
        let many: Vec<_> = (0..17).map(|number| endpoint(json!({ "id": format!("e{number}") }))).collect();
        assert!(with(json!(many)).is_err());
    }
}

//! The slice's part of the settings.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::{AuditSettings, EgressHost, Secret, SettingsError, egress::Reaches};

/// Streams of one tenant.
const STREAM_LIMIT: usize = 8;
/// Bytes of any text.
const TEXT_LIMIT: usize = 512;
/// The number of examples (RFC 5612).
const EXAMPLE_ENTERPRISE: u32 = 32_473;

/// A copy of the log that goes to a server of the tenant's own, as events are sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamSettings {
    /// What the stream is called in commands and lists: lower-case letters, digits, `-` and `_`.
    pub id: String,
    /// Where events go.
    pub to: Destination,
    /// Whether they are sent. While they are not, the stream stays where it is in the log, and goes on from there.
    #[serde(default = "yes")]
    pub is_enabled: bool,
}

/// Where a stream leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Destination {
    /// A syslog server: messages of RFC 5424 over TLS (RFC 5425).
    Syslog {
        /// The server, as `HOST:PORT`; the port of the standard is 6514. It is reached without being listed under
        /// `egress.hosts`.
        server: String,
        /// The private enterprise number that names the structured data, `event@NUMBER`. 32473 is the one of examples:
        /// who has a number of their own puts it here.
        #[serde(default = "example_enterprise")]
        enterprise_number: u32,
    },
    /// A store that speaks S3's interface: an object of JSON lines every so often.
    S3 {
        /// The store, such as `https://s3.eu-central-1.amazonaws.com`. It is reached without being listed under
        /// `egress.hosts`.
        endpoint: String,
        /// The region that requests are signed for.
        region: String,
        /// The bucket.
        bucket: String,
        /// What names of objects begin with, such as `audit/shop`.
        #[serde(default)]
        prefix: String,
        /// The id of the key that requests are signed with.
        access_key_id: String,
        /// The key. Give it the right to write objects below the prefix and no other.
        secret_key: Secret,
        /// For how many minutes events wait for each other, to be one object.
        #[serde(default = "an_hour")]
        #[schemars(range(min = 1, max = 1440))]
        every_minutes: u16,
    },
}

fn yes() -> bool {
    true
}

fn example_enterprise() -> u32 {
    EXAMPLE_ENTERPRISE
}

fn an_hour() -> u16 {
    60
}

impl Destination {
    /// Its kind, as in the settings.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Syslog { .. } => "syslog",
            Self::S3 { .. } => "s3",
        }
    }

    /// The server that is spoken to.
    pub(super) fn host(&self) -> Option<EgressHost> {
        match self {
            // What has a scheme is no server of syslog's.
            Self::Syslog { server, .. } => {
                Some(server).filter(|text| !text.contains('/')).and_then(|text| text.parse().ok())
            }
            Self::S3 { endpoint, .. } => EgressHost::of(&Url::parse(endpoint).ok()?),
        }
    }

    /// Where it is, in words. There are no credentials in it.
    pub(super) fn place(&self) -> String {
        match self {
            Self::Syslog { server, .. } => server.clone(),
            Self::S3 { endpoint, bucket, prefix, .. } => {
                format!("{}/{bucket}/{prefix}", endpoint.trim_end_matches('/'))
            }
        }
    }
}

impl Reaches for AuditSettings {
    fn egress_hosts(&self) -> Vec<EgressHost> {
        let enabled = self.streams.iter().filter(|stream| stream.is_enabled);
        enabled.filter_map(|stream| stream.to.host()).collect()
    }
}

/// Checks what types cannot.
///
/// # Errors
/// Names the first thing that is wrong.
pub(crate) fn validate(streams: &[StreamSettings]) -> Result<(), SettingsError> {
    let ids: BTreeSet<_> = streams.iter().map(|stream| &stream.id).collect();
    check(streams.len() <= STREAM_LIMIT, "audit.streams", "are at most 8")?;
    check(ids.len() == streams.len(), "audit.streams", "must each have an id of their own")?;
    streams.iter().try_for_each(StreamSettings::validate)
}

impl StreamSettings {
    fn validate(&self) -> Result<(), SettingsError> {
        check(is_id(&self.id), "audit.streams.id", "must be 1 to 32 lower-case letters, digits, - _")?;
        match &self.to {
            Destination::Syslog { .. } => {
                check(self.to.host().is_some(), "audit.streams.to.server", "must be HOST:PORT")
            }
            Destination::S3 {
                endpoint,
                region,
                bucket,
                prefix,
                access_key_id,
                secret_key,
                every_minutes,
            } => {
                check(
                    is_origin(endpoint),
                    "audit.streams.to.endpoint",
                    "must be an origin, such as https://HOST",
                )?;
                let is_plain = |text: &str, more: &str| {
                    (1..=TEXT_LIMIT).contains(&text.len())
                        && text.bytes().all(|b| b.is_ascii_alphanumeric() || more.as_bytes().contains(&b))
                };
                check(is_plain(region, "-_"), "audit.streams.to.region", "must be letters, digits, - _")?;
                // Amazon S3, Bucket naming rules; others allow some more.
                check(
                    is_plain(bucket, "-._") && !matches!(bucket.as_str(), "." | ".."),
                    "audit.streams.to.bucket",
                    "must be the name of a bucket",
                )?;
                let parts =
                    prefix.split('/').all(|part| is_plain(part, "-._") && !matches!(part, "." | ".."));
                check(
                    prefix.is_empty() || (parts && prefix.len() <= TEXT_LIMIT),
                    "audit.streams.to.prefix",
                    "must be letters, digits, - . _ with / between, and not begin or end with it",
                )?;
                check(
                    is_plain(access_key_id, "-_."),
                    "audit.streams.to.access_key_id",
                    "must be the id of a key",
                )?;
                let length = secret_key.expose().len();
                check((1..=TEXT_LIMIT).contains(&length), "audit.streams.to.secret_key", "must be a key")?;
                check(
                    (1..=1_440).contains(every_minutes),
                    "audit.streams.to.every_minutes",
                    "must be between 1 and 1440",
                )
            }
        }
    }
}

fn is_id(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    (1..=32).contains(&text.len()) && text.bytes().all(is_plain)
}

/// Scheme, host and port; that it is `https` is checked with all servers (`validate_egress`).
fn is_origin(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let has_nothing_else = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    has_nothing_else
        && EgressHost::of(&url).is_some()
        && matches!(url.host(), Some(Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_)))
}

fn check(holds: bool, key: &'static str, rule: &'static str) -> Result<(), SettingsError> {
    if holds { Ok(()) } else { Err(SettingsError::Invalid(key, rule)) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::{Settings, SettingsError};

    fn with(streams: Value) -> Result<Settings, SettingsError> {
        let settings = Settings::for_slug(&"demo".parse().unwrap(), "http://demo.localhost:8080").unwrap();
        let mut document = serde_json::to_value(settings).unwrap();
        document["audit"]["streams"] = streams;
        Settings::from_json(document.to_string().as_bytes())
    }

    fn syslog(server: &str) -> Value {
        json!({ "id": "siem", "to": { "kind": "syslog", "server": server } })
    }

    fn s3(change: Value) -> Value {
        let mut to = json!({
            "kind": "s3", "endpoint": "https://s3.example", "region": "eu-1", "bucket": "logs", "prefix": "audit/shop",
            "access_key_id": "AKID", "secret_key": "very secret",
        });
        to.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        json!({ "id": "cold", "to": to })
    }

    #[test]
    fn its_server_may_be_reached_and_its_key_is_not_printed() {
        let settings = with(json!([syslog("siem.example:6514"), s3(json!({}))])).unwrap();
        let hosts: Vec<_> = settings.egress_hosts().iter().map(ToString::to_string).collect();
        assert_eq!(hosts, ["s3.example:443", "siem.example:6514"]);
        assert!(!format!("{settings:?}").contains("very secret"));
        assert!(settings.owes());
        let mut paused = syslog("siem.example:6514");
        paused["is_enabled"] = false.into();
        let settings = with(json!([paused])).unwrap();
        assert!(settings.egress_hosts().is_empty() && !settings.owes());
    }

    #[test]
    fn what_cannot_work_is_refused() {
        for (stream, told) in [
            (syslog("siem.example"), "audit.streams.to.server"),
            (syslog("https://siem.example:6514"), "audit.streams.to.server"),
            (syslog("http://siem.example:6514"), "audit.streams.to.server"),
            (json!({ "id": "SIEM", "to": syslog("a.example:1")["to"] }), "audit.streams.id"),
            (s3(json!({ "endpoint": "https://s3.example/path" })), "audit.streams.to.endpoint"),
            (s3(json!({ "endpoint": "http://s3.example" })), "egress.hosts"),
            (s3(json!({ "bucket": "a/b" })), "audit.streams.to.bucket"),
            (s3(json!({ "prefix": "/a" })), "audit.streams.to.prefix"),
            (s3(json!({ "prefix": "a/../b" })), "audit.streams.to.prefix"),
            (s3(json!({ "prefix": "a b" })), "audit.streams.to.prefix"),
            (s3(json!({ "secret_key": "" })), "audit.streams.to.secret_key"),
            (s3(json!({ "every_minutes": 0 })), "audit.streams.to.every_minutes"),
            (json!({ "id": "x", "to": { "kind": "ftp" } }), "the settings cannot be read"),
            (
                json!({ "id": "x", "to": { "kind": "syslog", "server": "a.example:1", "x": 1 } }),
                "the settings cannot be read",
            ),
        ] {
            let refused = with(json!([stream.clone()])).unwrap_err().to_string();
            assert!(refused.starts_with(told), "{stream}: {refused}");
        }
        assert!(with(json!([syslog("a.example:1"), syslog("b.example:1")])).is_err(), "two of one name");
    }
}

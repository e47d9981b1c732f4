//! What an instance tells of itself: logs and metrics.

use std::net::SocketAddr;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

/// Logs, on standard error.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LogConfig {
    /// How a line is written.
    pub(crate) format: LogFormat,
    /// Which events are written, such as `info` or `warn,kiavi_engine=debug`.
    pub(crate) filter: String,
    /// Which requests get a line.
    pub(crate) requests: RequestLog,
    /// With `standard`, of the routine requests one in so many gets a line after all; 0: none.
    pub(crate) routine_sample: u32,
    /// Whether a request's line tells the client's network (24 bits of an IPv4 address, 48 of an IPv6 one). That is
    /// personal data in most places.
    pub(crate) networks: bool,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            format: LogFormat::Json,
            filter: crate::log::DEFAULT_FILTER.to_owned(),
            requests: RequestLog::Standard,
            routine_sample: 0,
            networks: false,
        }
    }
}

/// How a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// One JSON object.
    Json,
    /// For people.
    Text,
}

/// Which requests get a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RequestLog {
    /// None
    Off,
    /// Those answered with 4xx or 5xx
    Errors,
    /// All but successful session checks, health checks, public keys and files of pages
    Standard,
    /// All
    All,
}

/// Metrics and health, on a listener of their own.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MonitorConfig {
    /// Whether there is one.
    pub(crate) is_enabled: bool,
    /// Where to listen for plain HTTP. An address that others reach needs a token.
    #[schemars(with = "String")]
    pub(crate) listen: SocketAddr,
    /// A file with the token that a reader of `/metrics` sends as a bearer token. Relative paths begin at the
    /// configuration's folder.
    pub(crate) token_file: Option<PathBuf>,
    /// Whether requests are counted for each tenant too. The first thousand tenants are told apart.
    pub(crate) per_tenant: bool,
}

impl Default for MonitorConfig {
    fn default() -> Self {
        Self {
            is_enabled: true,
            listen: SocketAddr::from(([127, 0, 0, 1], 9464)),
            token_file: None,
            per_tenant: false,
        }
    }
}

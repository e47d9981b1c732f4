//! The configuration of an instance (`kiavi.toml`): one typed document, refused as a whole when any part is wrong.
//!
//! Doc comments of these structs are the reference page, `docs/configuration.md`.

mod certificates;
mod check;
mod listen;
mod load;
mod observing;
pub(crate) mod reference;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use kiavi_base::{Hostname, TenantId};
use kiavi_launcher::{EngineShares, Share};
use kiavi_vault::VaultConfig;
use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) use certificates::{CertificateIssuer, CertificatesConfig, Challenge};
pub(crate) use listen::ListenConfig;
pub(crate) use load::{ConfigError, Loaded, load, read};
pub(crate) use observing::{LogConfig, LogFormat, MonitorConfig, RequestLog};

/// Everything that an instance is configured with.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The folder in which everything lives that must survive.
    #[serde(default = "data_folder")]
    pub(crate) data: PathBuf,
    /// The names under which browsers come.
    pub(crate) domain: DomainConfig,
    /// Where connections come in.
    #[serde(default)]
    pub(crate) listen: ListenConfig,
    /// The platform's way out for mail.
    pub(crate) mail: MailConfig,
    /// How far processes are locked down.
    #[serde(default)]
    pub(crate) isolation: IsolationConfig,
    /// The database server.
    #[serde(default)]
    pub(crate) postgres: PostgresConfig,
    /// Where tenants' secrets are kept, and with which key: `driver` and what goes with it, see [vault.md](vault.md).
    /// Sealed files with a key beside them, if absent.
    #[serde(default)]
    #[schemars(with = "serde_json::Value")]
    pub(crate) vault: VaultConfig,
    /// The processes that serve tenants.
    #[serde(default)]
    pub(crate) engine: EngineConfig,
    /// How tenants come and go.
    #[serde(default)]
    pub(crate) tenants: TenantsConfig,
    /// Connections to servers outside, such as those of sign-in providers.
    #[serde(default)]
    pub(crate) egress: EgressConfig,
    /// Looking up the proofs of domains.
    #[serde(default)]
    pub(crate) dns: DnsConfig,
    /// Certificates of the names that are served, see [certificates.md](certificates.md). None are made, if absent.
    #[serde(default)]
    pub(crate) certificates: CertificatesConfig,
    /// Databases of where addresses are, for the tenants' logs and lists of sessions, see [audit.md](audit.md).
    #[serde(default)]
    pub(crate) geo: GeoConfig,
    /// Logs.
    #[serde(default)]
    pub(crate) log: LogConfig,
    /// Metrics and health.
    #[serde(default)]
    pub(crate) monitor: MonitorConfig,
    /// Whom to tell about a vulnerability.
    #[serde(default)]
    pub(crate) security: SecurityConfig,
}

/// The names under which browsers come.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DomainConfig {
    /// A tenant called `shop` is at `https://shop.DOMAIN`. DNS has to lead all names below it here.
    #[schemars(with = "String")]
    pub(crate) tenants: Hostname,
    /// The host of the management API; `console.DOMAIN` if absent.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(crate) console: Option<Hostname>,
    /// The host at which the console's people sign in; `id.DOMAIN` if absent. Passkeys belong to it: after a change they
    /// sign in by e-mail and make new ones.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(crate) sign_in: Option<Hostname>,
}

/// The platform's way out for mail. A tenant may have a server of its own.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MailConfig {
    /// A file with the URL of the SMTP server, such as `smtps://user:password@smtp.example` or
    /// `smtp://smtp.example:587?tls=required`. Its reader should be root alone. Relative paths begin at the
    /// configuration's folder.
    pub(crate) smtp_url_file: Option<PathBuf>,
    /// The URL itself, for a server without a password.
    pub(crate) smtp_url: Option<String>,
    /// The domains that this server sends for, with those below them; the platform's own first. Any, if there are none.
    #[schemars(with = "Vec<String>")]
    pub(crate) sender_domains: Vec<Hostname>,
    /// Mails of one tenant that this server is given in a minute, whatever the tenant's own limits are; the others wait. 600, if
    /// nothing is said; 0 for as many as there are.
    pub(crate) per_tenant_per_minute: Option<u32>,
}

/// Mails of one tenant in a minute, where nothing is said: ten times what a tenant's own limits let through at first.
pub(crate) const MAILS_PER_MINUTE: u32 = 600;

impl std::fmt::Debug for MailConfig {
    /// Without the URL, which may have a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailConfig").field("sender_domains", &self.sender_domains).finish_non_exhaustive()
    }
}

/// How far processes are locked down.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct IsolationConfig {
    /// Every layer, or what an ordinary user can have.
    pub(crate) mode: IsolationMode,
}

/// How far processes are locked down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IsolationMode {
    /// All layers; needs root. An instance that cannot have one does not start.
    #[default]
    Full,
    /// Landlock and seccomp only: all tenants share one account. Not for tenants who do not trust each other.
    Rootless,
}

/// The database server: a private cluster below the data folder, of the installed PostgreSQL; or one on a network.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PostgresConfig {
    /// A file with the URL of a server on a network (`docs/postgresql.md`), in place of a private cluster. Its reader
    /// should be root alone. Relative paths begin at the configuration's folder.
    pub(crate) url_file: Option<PathBuf>,
    /// Connections that a private cluster accepts. A busy tenant uses up to five, an idle one none.
    pub(crate) max_connections: u32,
    /// Its cache, in megabytes; a quarter of the memory is usual.
    pub(crate) shared_buffers_mb: u32,
}

impl Default for PostgresConfig {
    fn default() -> Self {
        Self { url_file: None, max_connections: 500, shared_buffers_mb: 128 }
    }
}

/// The processes that serve tenants.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct EngineConfig {
    /// Seconds without a request after which an engine ends; it starts again in some milliseconds. 0 keeps it.
    pub(crate) idle_seconds: u32,
    /// Memory that an engine may use, in megabytes. One that needs more is ended and started again.
    pub(crate) memory_mb: u32,
    /// Processors that an engine may use, such as 0.5. Needs control groups.
    pub(crate) processors: f64,
    /// How much an engine gets beside others when the processors are busy, 1 to 10000. Needs control groups.
    pub(crate) weight: u32,
    /// What single tenants have instead, by their ids: `[engine.tenants.t0a1b2c3d4e5f6g7h8i9j0k1l]`. The tenants' own people
    /// cannot change it.
    #[schemars(with = "BTreeMap<String, EngineOverride>")]
    pub(crate) tenants: BTreeMap<TenantId, EngineOverride>,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self { idle_seconds: 600, memory_mb: 256, processors: 1.0, weight: 100, tenants: BTreeMap::new() }
    }
}

impl EngineConfig {
    /// What engines may use, as the launcher has it.
    pub(crate) fn shares(&self) -> EngineShares {
        let usual = EngineOverride::default().share(self);
        let tenants = self.tenants.iter().map(|(id, own)| (id.clone(), own.share(self)));
        EngineShares { usual, tenants: tenants.collect() }
    }
}

/// What one tenant's engine may use; what is left out is as for all.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct EngineOverride {
    /// As `engine.memory_mb`.
    pub(crate) memory_mb: Option<u32>,
    /// As `engine.processors`.
    pub(crate) processors: Option<f64>,
    /// As `engine.weight`.
    pub(crate) weight: Option<u32>,
}

impl EngineOverride {
    fn share(self, usual: &EngineConfig) -> Share {
        let processors = self.processors.unwrap_or(usual.processors);
        Share {
            memory_bytes: Some(u64::from(self.memory_mb.unwrap_or(usual.memory_mb)) << 20),
            cpu_microseconds: Some((processors * Share::PERIOD_MICROSECONDS as f64) as u64),
            cpu_weight: self.weight.unwrap_or(usual.weight).into(),
            ..Share::TENANT
        }
    }
}

/// How tenants come and go.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TenantsConfig {
    /// Days in which a deleted tenant can be brought back; then everything it had is destroyed.
    pub(crate) deletion_grace_days: u16,
    /// How many tenants are made in advance, so that the next is there at once. Each is a database of 9 MB.
    pub(crate) spares: u16,
}

impl Default for TenantsConfig {
    fn default() -> Self {
        Self { deletion_grace_days: 7, spares: 2 }
    }
}

/// Connections to servers outside.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct EgressConfig {
    /// Whether tenants may list servers of private networks and of this machine. Whoever may change a tenant's
    /// settings then reaches them.
    pub(crate) allow_private: bool,
}

/// Looking up the TXT records by which domains are proved ([domains.md](domains.md)).
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DnsConfig {
    /// Name servers that answer for the whole DNS, with ports, such as `10.0.0.2:53`; asked in this order, over TCP, at most
    /// three. Those of `/etc/resolv.conf`, if there are none.
    #[schemars(with = "Vec<String>")]
    pub(crate) servers: Vec<SocketAddr>,
}

/// Databases of the country and of the network that an address belongs to, in MaxMind's DB format (`.mmdb`): the tenants'
/// logs and lists of sessions tell both beside the address ([audit.md](audit.md)). A file that tells both needs to be named
/// once only. They are read when the instance starts and when it is reloaded, and are in memory once, up to 256 MB each.
/// Without them addresses stand alone.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct GeoConfig {
    /// The file that tells countries. Relative paths begin at the configuration's folder.
    pub(crate) country: Option<PathBuf>,
    /// The file that tells networks, by the numbers of autonomous systems.
    pub(crate) network: Option<PathBuf>,
}

impl GeoConfig {
    /// The files, each once, with the key that names it.
    pub(crate) fn files(&self, folder: &Path) -> Vec<(&'static str, PathBuf)> {
        let named = [("geo.country", &self.country), ("geo.network", &self.network)];
        let named = named.into_iter().filter_map(|(key, path)| Some((key, folder.join(path.as_ref()?))));
        let mut files: Vec<_> = named.collect();
        files.dedup_by(|one, other| one.1 == other.1);
        files
    }
}

/// Whom to tell about a vulnerability: every host answers with it at `/.well-known/security.txt` (RFC 9116). Without a contact
/// there is no such file.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SecurityConfig {
    /// URIs, the preferred one first, such as `mailto:security@example.com` or `https://example.com/report`.
    pub(crate) contact: Vec<String>,
    /// The URI of a page that says what is promised to whoever tells.
    pub(crate) policy: Option<String>,
}

fn data_folder() -> PathBuf {
    PathBuf::from("/var/lib/kiavi")
}

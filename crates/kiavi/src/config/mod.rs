//! The configuration of an instance (`kiavi.toml`): one typed document, refused as a whole when any part is wrong.
//!
//! Doc comments of these structs are the reference page, `docs/configuration.md`.

mod check;
mod load;
pub(crate) mod reference;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use kiavi_base::{Hostname, Network, TenantId};
use kiavi_http::ForwardedHeader;
use kiavi_launcher::{EngineShares, ListenerKind, Listening, Share};
use kiavi_vault::VaultConfig;
use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) use load::{ConfigError, Loaded, load, read};

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

/// Where connections come in: by TLS, which this instance speaks itself; or in plain, from a reverse proxy that does.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ListenConfig {
    /// Addresses for browsers, with ports, such as `0.0.0.0:443` and `[::]:443`. What arrives is TLS.
    #[schemars(with = "Vec<String>")]
    pub(crate) https: Vec<SocketAddr>,
    /// Addresses for browsers that come in plain, such as `0.0.0.0:80` and `[::]:80`: they are led to HTTPS, and certificate
    /// authorities find answers to their challenges. Nothing else is served there.
    #[schemars(with = "Vec<String>")]
    pub(crate) http: Vec<SocketAddr>,
    /// The same for load balancers that pass connections on without a look into them and tell whose each is.
    pub(crate) proxy_protocol: ProxyProtocolConfig,
    /// Addresses for a reverse proxy, with ports. What arrives is plain HTTP, for something in front that speaks TLS.
    /// `["127.0.0.1:8080"]` where nothing else is listened on either.
    #[schemars(with = "Option<Vec<String>>")]
    pub(crate) addresses: Option<Vec<SocketAddr>>,
    /// Says that only a reverse proxy can reach the addresses. Without it, addresses other than loopback are refused:
    /// sign-in over plain HTTP gives sessions to everybody on the way.
    pub(crate) behind_edge: bool,
    /// Whether the reverse proxy uses a connection to here for one host only, ever. Most pool them, and a connection
    /// belongs to one tenant here; so unless this is set each answer closes its connection.
    pub(crate) edge_keeps_hosts_apart: bool,
    /// The reverse proxies, as addresses or CIDR blocks: they are believed about whom a request came from, for every tenant and
    /// at the console. Each adds the address that it was asked from to the header, at the end.
    #[schemars(with = "Vec<String>")]
    pub(crate) trusted_proxies: Vec<Network>,
    /// The header in which they tell it: `x-forwarded-for` or `forwarded` (RFC 7239). The other is not read, whoever sends it.
    #[schemars(with = "String")]
    pub(crate) forwarded_header: ForwardedHeader,
}

/// Listeners for load balancers: every connection there begins with a header of the PROXY protocol, version 2 (HAProxy,
/// AWS and Scaleway load balancers send it), which tells whose it is. A connection without one is closed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ProxyProtocolConfig {
    /// As `listen.https`.
    #[schemars(with = "Vec<String>")]
    pub(crate) https: Vec<SocketAddr>,
    /// As `listen.http`.
    #[schemars(with = "Vec<String>")]
    pub(crate) http: Vec<SocketAddr>,
    /// The load balancers, as addresses or CIDR blocks. Nobody else may connect there: they could say to be anybody.
    #[schemars(with = "Vec<String>")]
    pub(crate) from: Vec<Network>,
}

impl ListenConfig {
    /// Where plain HTTP of a reverse proxy arrives.
    pub(crate) fn for_edge(&self) -> Vec<SocketAddr> {
        let balanced = &self.proxy_protocol;
        let is_alone =
            [&self.https, &self.http, &balanced.https, &balanced.http].iter().all(|it| it.is_empty());
        let default = || if is_alone { vec![SocketAddr::from(([127, 0, 0, 1], 8080))] } else { Vec::new() };
        self.addresses.clone().unwrap_or_else(default)
    }

    /// All of it, as the launcher listens.
    pub(crate) fn all(&self) -> Vec<Listening> {
        let balanced = &self.proxy_protocol;
        let by_balancer = |kind, addresses: &Vec<SocketAddr>| Listening {
            proxies: Some(balanced.from.clone()),
            ..Listening::new(kind, addresses.clone())
        };
        let all = [
            Listening::new(ListenerKind::Plain, self.for_edge()),
            Listening::new(ListenerKind::Redirect, self.http.clone()),
            Listening::new(ListenerKind::Tls, self.https.clone()),
            by_balancer(ListenerKind::Redirect, &balanced.http),
            by_balancer(ListenerKind::Tls, &balanced.https),
        ];
        all.into_iter().filter(|listening| !listening.addresses.is_empty()).collect()
    }
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

/// Certificates of the names that are served ([certificates.md](certificates.md)): of each tenant's, and of the console's.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CertificatesConfig {
    /// Who makes them.
    pub(crate) issuer: CertificateIssuer,
    /// The URL of the directory of an ACME authority (RFC 8555).
    pub(crate) directory: String,
    /// Where the authority may write to, such as `mailto:ops@example.com`.
    pub(crate) contact: Vec<String>,
    /// Says that somebody has read the authority's terms of service and agrees to them. ACME needs it.
    pub(crate) agrees_to_terms: bool,
    /// The ways in which names are proved to the authority, the one to try first before the others: `tls-alpn-01` asks at
    /// port 443, `http-01` at port 80, and for `dns-01` a program of yours publishes records
    /// ([certificates.md](certificates.md#by-the-dns)). Each attempt after one that failed takes another way.
    pub(crate) challenges: Vec<Challenge>,
    /// Files with certificates (PEM) of those who vouch for the directory's server, beside the system's. Relative paths
    /// begin at the configuration's folder.
    pub(crate) root_files: Vec<PathBuf>,
    /// Whether the directory's server may be in a private network or on this machine; `egress.allow_private` has to allow it, too.
    pub(crate) allow_private: bool,
    /// The account outside of ACME that some authorities want to know (external account binding).
    pub(crate) external_account: Option<ExternalAccountConfig>,
}

impl Default for CertificatesConfig {
    fn default() -> Self {
        Self {
            issuer: CertificateIssuer::None,
            directory: LETS_ENCRYPT.to_owned(),
            contact: Vec::new(),
            agrees_to_terms: false,
            challenges: vec![Challenge::TlsAlpn01, Challenge::Http01],
            root_files: Vec::new(),
            allow_private: false,
            external_account: None,
        }
    }
}

/// The authority that is asked if none is named.
const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// Who makes certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CertificateIssuer {
    /// Nobody: something in front of the instance speaks TLS.
    None,
    /// An authority that is asked by ACME.
    Acme,
    /// The instance itself, for names below `domain.tenants`: for tests and closed networks, whose clients are told to trust
    /// its root (`kiavi certificate root`).
    Local,
}

/// A way in which a name is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Challenge {
    /// Over TLS (RFC 8737).
    #[serde(rename = "tls-alpn-01")]
    TlsAlpn01,
    /// Over plain HTTP (RFC 8555 §8.3).
    #[serde(rename = "http-01")]
    Http01,
    /// In the DNS (RFC 8555 §8.4).
    #[serde(rename = "dns-01")]
    Dns01,
}

/// An account at a certificate authority.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExternalAccountConfig {
    /// The authority's name for the key.
    pub(crate) key_id: String,
    /// A file with the key, in base64url. Its reader should be root alone. Relative paths begin at the configuration's
    /// folder.
    pub(crate) key_file: PathBuf,
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

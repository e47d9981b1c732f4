use std::collections::HashMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use kiavi_base::{Hostname, Network, SecretString, Slug, TenantId};
use kiavi_ipc::database::DatabaseServer;
pub use kiavi_ipc::door::ListenerKind;
use kiavi_ipc::egress::{AllowList, Target};
use kiavi_ipc::{SealedDocument, SharedFile};
pub use kiavi_sandbox::Isolation;
use kiavi_sandbox::cgroup::Share;
use serde::{Deserialize, Serialize};

use crate::log_queue::LogQueue;

/// How mail leaves.
#[derive(Debug, Clone)]
pub enum MailConfig {
    /// It stays in memory and is shown at the development mailbox.
    Mailbox,
    /// It goes to the platform's server, unless its tenant has one of its own.
    Smtp {
        /// Its URL (`smtp://`, `smtps://`, as lettre reads it); may hold a password.
        url: String,
        /// The domains that it sends for, with those below them; the platform's own first. None: any.
        sender_domains: Vec<String>,
        /// Mails of one tenant that it takes a minute; 0: all.
        per_tenant_per_minute: u32,
    },
}

/// Addresses to listen on in one way.
#[derive(Debug, Clone)]
pub struct Listening {
    /// Where. The second and further ones of the loopback interface may be missing: not every machine has IPv6.
    pub addresses: Vec<SocketAddr>,
    /// What arrives there.
    pub kind: ListenerKind,
    /// If connections come by load balancers, and begin with a PROXY protocol header: where these are.
    pub proxies: Option<Vec<Network>>,
}

impl Listening {
    /// On these addresses, for everybody.
    pub fn new(kind: ListenerKind, addresses: Vec<SocketAddr>) -> Self {
        Self { addresses, kind, proxies: None }
    }
}

/// Under which names tenants and the console are reached, as browsers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// Whether browsers come by HTTPS: this instance speaks TLS, or something in front of it.
    pub is_secure: bool,
    /// A tenant called `shop` is at `shop.DOMAIN`.
    pub domain: Hostname,
    /// The host of the management API, and of the console.
    pub console: Hostname,
    /// The host that the console's people sign in at.
    pub sign_in: Hostname,
    /// The host of the development mailbox.
    pub mailbox: Hostname,
    /// The port that browsers use, where it is not the scheme's own.
    pub port: Option<u16>,
    /// The port that they may use for HTTPS besides, where the names are not secure: of a developer's instance.
    pub tls_port: Option<u16>,
}

impl Names {
    /// The origin of a host, such as `https://shop.auth.example`.
    pub fn url(&self, host: impl std::fmt::Display) -> String {
        let scheme = if self.is_secure { "https" } else { "http" };
        match self.port {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        }
    }

    /// The origin of a host by TLS, where that is another than [`Names::url`] says.
    pub fn tls_url(&self, host: impl std::fmt::Display) -> Option<String> {
        self.tls_port.filter(|_| !self.is_secure).map(|port| format!("https://{host}:{port}"))
    }

    /// The origin of a tenant.
    pub fn tenant_url(&self, slug: &Slug) -> String {
        self.url(format_args!("{slug}.{}", self.domain))
    }
}

/// How the processes log. The launcher knows what it needs to pass lines on, and hands the rest to its children.
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// Which events are written, as `tracing_subscriber::EnvFilter` reads it.
    pub filter: String,
    /// Whether a line is a JSON object, and not text.
    pub is_json: bool,
    /// Which requests are written, and what of them, as the role verb's options.
    pub requests: Vec<String>,
    /// Where all lines go, the launcher's and its children's.
    pub queue: LogQueue,
}

/// Where the databases are.
#[derive(Debug, Clone)]
pub enum PostgresConfig {
    /// In a private cluster below the data folder.
    Private(PrivatePostgres),
    /// On a server on a network.
    Remote(RemotePostgres),
}

/// The private cluster.
#[derive(Debug, Clone, Copy)]
pub struct PrivatePostgres {
    /// How many connections the server accepts.
    pub max_connections: u32,
    /// The server's cache, in megabytes.
    pub shared_buffers_mb: u32,
}

impl Default for PrivatePostgres {
    fn default() -> Self {
        Self { max_connections: 500, shared_buffers_mb: 128 }
    }
}

/// A database server on a network.
#[derive(Debug, Clone)]
pub struct RemotePostgres {
    /// Where it is.
    pub address: Target,
    /// By what it is recognised.
    pub server: DatabaseServer,
    /// The role that control logs in as.
    pub role: String,
    /// That role's password.
    pub password: SecretString,
    /// Control's own database there.
    pub database: String,
}

/// Where metrics and health are asked for.
#[derive(Debug, Clone)]
pub struct MonitorConfig {
    /// Where to listen.
    pub listen: SocketAddr,
    /// What a reader of metrics has to know; `None`: nothing.
    pub token: Option<String>,
    /// Whether requests are told apart by tenant.
    pub per_tenant: bool,
}

/// The program that takes over when the instance is told to upgrade (SIGHUP).
#[derive(Debug, Clone)]
pub struct Successor {
    /// Its file, by a path that leads to the new one once it is there.
    pub program: PathBuf,
    /// The arguments that start an instance like this one.
    pub arguments: Vec<OsString>,
    /// Further arguments with which it only says whether it could take over.
    pub check: Vec<OsString>,
    /// The option that names the descriptor of what is handed over, see [`crate::run`].
    pub takes_over: &'static str,
}

/// What control keeps tenants' secrets with.
#[derive(Debug, Clone)]
pub struct VaultStart {
    /// What the vault is opened with, keys among it. The launcher does not read it.
    pub document: SealedDocument,
    /// The servers that it reaches, if it is not on this machine.
    pub egress: Option<AllowList>,
}

/// What the tenants' engines may use at most. Whose share it is decides whoever operates the machine, not the tenant.
#[derive(Debug, Clone)]
pub struct EngineShares {
    /// A tenant's of whom nothing else is said.
    pub usual: Share,
    /// Single tenants'.
    pub tenants: HashMap<TenantId, Share>,
}

impl EngineShares {
    /// This tenant's.
    pub fn of(&self, tenant: &TenantId) -> &Share {
        self.tenants.get(tenant).unwrap_or(&self.usual)
    }
}

/// Who makes certificates, as control is told it.
#[derive(Debug, Clone)]
pub struct CertificateStart {
    /// JSON, which the launcher does not read; there may be a secret in it.
    pub document: SecretString,
    /// The authority's server, if it is asked over the network.
    pub egress: Option<AllowList>,
}

/// Everything that an instance is started with.
#[derive(Debug, Clone)]
pub struct LauncherConfig {
    /// Where everything that must survive lives.
    pub data: PathBuf,
    /// Where to listen. Where [`Names::port`] is 0, it becomes the port of the first plain ones; [`Names::tls_port`] that of
    /// the first ones that speak TLS.
    pub listen: Vec<Listening>,
    /// How the instance is reached.
    pub names: Names,
    /// Reverse proxies, as addresses or CIDR blocks, that every engine and control believe about whom a request came from.
    pub trusted_proxies: Vec<String>,
    /// The header in which they tell it, as the configuration spells it.
    pub forwarded_header: &'static str,
    /// Whether every answer closes its connection: a reverse proxy keeps connections for any host, and here each
    /// belongs to one tenant.
    pub closes_connections: bool,
    /// Whom to tell about a vulnerability, as the role verb's options.
    pub security: Vec<String>,
    /// Where to write how to reach the instance, once it is ready.
    pub ready_file: Option<PathBuf>,
    /// Which layers every process is locked down with.
    pub isolation: Isolation,
    /// Whether this is a developer's instance: a demo tenant, an open console page, a management key at each start.
    pub is_development: bool,
    /// Made-up people for the demo tenant of a developer's instance.
    pub demo_data: Option<DemoData>,
    /// How mail leaves.
    pub mail: MailConfig,
    /// Whether a tenant may have its engine reach servers of private networks and of this machine: its own settings
    /// decide only where this allows it.
    pub private_egress: bool,
    /// The name servers that proofs of domains are looked up at; those of the system, if there are none.
    pub name_servers: Vec<SocketAddr>,
    /// Where secrets are kept.
    pub vault: VaultStart,
    /// Who makes certificates; `None`: nobody.
    pub certificates: Option<CertificateStart>,
    /// Databases that know where addresses are, for every engine; at most two. They have been verified.
    pub places: Vec<SharedFile>,
    /// How long an engine without requests stays; `None`: for ever.
    pub engine_idle: Option<Duration>,
    /// How many tenants are made in advance.
    pub spares: u16,
    /// How long a deleted tenant can be brought back.
    pub deletion_grace: Duration,
    /// What the tenants' engines may use at most.
    pub engine_shares: EngineShares,
    /// The database server.
    pub postgres: PostgresConfig,
    /// How the processes log.
    pub log: LogConfig,
    /// Where metrics and health are asked for.
    pub monitor: Option<MonitorConfig>,
    /// Who takes over on SIGHUP; `None`: SIGHUP ends the instance, as of a terminal that is closed.
    pub successor: Option<Successor>,
    /// The command that makes another tenant, for the console to show.
    pub create_command: String,
    /// Called once the instance is ready and before its ready file is there, with what control says about it, JSON.
    pub on_ready: fn(&LauncherConfig, &[u8]),
}

impl LauncherConfig {
    /// The servers that control reaches, if there are any.
    pub(crate) fn control_egress(&self) -> Option<AllowList> {
        let authority = self.certificates.as_ref().and_then(|certificates| certificates.egress.clone());
        match (self.vault.egress.clone(), authority) {
            // Each has one server.
            (Some(vault), Some(authority)) => vault.joined(authority).ok(),
            (vault, authority) => vault.or(authority),
        }
    }
}

/// Made-up people with a made-up past.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct DemoData {
    /// How many.
    pub people: u32,
    /// Decides who they are and what they did.
    pub seed: u64,
    /// Whether they may come beside other people.
    pub is_forced: bool,
}

/// The isolation as the role verb's option spells it.
pub fn isolation_name(isolation: Isolation) -> &'static str {
    match isolation {
        Isolation::Full => "full",
        Isolation::Rootless => "rootless",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_make_addresses() {
        let name = |text: &str| text.parse::<Hostname>().unwrap();
        let mut names = Names {
            is_secure: true,
            domain: name("auth.example"),
            console: name("console.auth.example"),
            sign_in: name("id.auth.example"),
            mailbox: name("mail.auth.example"),
            port: None,
            tls_port: None,
        };
        let shop = "shop".parse().unwrap();
        assert_eq!(names.tenant_url(&shop), "https://shop.auth.example");
        assert_eq!(names.url(&names.console), "https://console.auth.example");
        assert_eq!(names.tls_url(&names.console), None);
        (names.is_secure, names.port, names.tls_port) = (false, Some(8080), Some(8443));
        assert_eq!(names.tls_url(&names.console).as_deref(), Some("https://console.auth.example:8443"));
        assert_eq!(names.tenant_url(&shop), "http://shop.auth.example:8080");
    }
}

use std::path::PathBuf;
use std::time::Duration;

pub use kiavi_sandbox::Isolation;

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
    },
}

/// Everything that an instance is started with.
#[derive(Debug, Clone)]
pub struct LauncherConfig {
    /// Where everything that must survive lives.
    pub data: PathBuf,
    /// The TCP port of the plain listener on the loopback addresses.
    pub port: u16,
    /// Where to write how to reach the instance, once it is ready.
    pub ready_file: Option<PathBuf>,
    /// Which layers every process is locked down with.
    pub isolation: Isolation,
    /// How mail leaves.
    pub mail: MailConfig,
    /// Whether a tenant may have its engine reach servers of private networks and of this machine: its own settings
    /// decide only where this allows it.
    pub private_egress: bool,
    /// How long an engine without requests stays; `None`: for ever.
    pub engine_idle: Option<Duration>,
    /// Which log events the processes write, as `tracing_subscriber::EnvFilter` reads it.
    pub log: String,
    /// The command that makes another tenant, for the console to show.
    pub create_command: String,
    /// Called once the instance is ready, with the port it listens on.
    pub on_ready: fn(&LauncherConfig, u16),
}

/// The isolation as the role verb's option spells it.
pub fn isolation_name(isolation: Isolation) -> &'static str {
    match isolation {
        Isolation::Full => "full",
        Isolation::Rootless => "rootless",
    }
}

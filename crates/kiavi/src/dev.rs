//! `kiavi dev`: everything on this machine, with a demo tenant and a mailbox to read its mail in.

use std::collections::HashMap;
use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use kiavi_control::SIGN_IN_LABEL;
use kiavi_engine::demo::MAX_PEOPLE;
use kiavi_http::ForwardedHeader;
use kiavi_launcher::{
    DemoData, EngineShares, Isolation, LauncherConfig, ListenerKind, Listening, LogConfig, MailConfig,
    MonitorConfig, Names, PostgresConfig, PrivatePostgres, Share,
};

use crate::certificate_authority::CertificateAuthority;
use crate::config::{GeoConfig, RequestLog};
use crate::data::default_folder;
use crate::geo::{self, GeoError};
use crate::instance::{self, fail};
use crate::log::{self, DEFAULT_FILTER};
use crate::postgres_url;
use crate::vault_keys;

/// The environment variable with the URL of an SMTP server to send mail by, instead of keeping it in the mailbox.
/// It may hold a password, which has no place on a command line.
const SMTP_URL: &str = "KIAVI_SMTP_URL";

/// The environment variable with the domains that this server sends for, with a comma between two; the platform's own
/// first. Any, if it is absent.
const SENDER_DOMAINS: &str = "KIAVI_SENDER_DOMAINS";

/// Where it listens, unless told otherwise.
const DEFAULT_PORT: u16 = 8080;
const DEFAULT_TLS_PORT: u16 = 8443;

/// Options of `kiavi dev`.
#[derive(Args)]
pub(crate) struct DevArgs {
    /// The TCP port on the loopback addresses; 0 takes a free one
    #[arg(long, default_value_t = DEFAULT_PORT)]
    port: u16,
    /// The TCP port for HTTPS on the loopback addresses; 0 takes a free one [default: 8443, a free one if --port is given]
    #[arg(long)]
    tls_port: Option<u16>,
    /// Do not listen for HTTPS
    #[arg(long, conflicts_with = "tls_port")]
    no_tls: bool,
    /// Where everything that must survive lives
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Write how to reach the instance to this file (JSON) once it is ready
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Keep databases on the server whose URL this file holds, instead of in a private cluster; see docs/postgresql.md
    #[arg(long, value_name = "FILE")]
    postgres_url: Option<PathBuf>,
    /// How far processes are locked down; full needs root
    #[arg(long, value_enum)]
    isolation: Option<IsolationArg>,
    /// Stop an engine after this many seconds without a request; 0 keeps it
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    engine_idle: u64,
    /// How many tenants are made in advance, so that the next is there at once; each is a database of 9 MB
    #[arg(long, value_name = "COUNT", default_value_t = 2)]
    spares: u16,
    /// How many days a deleted tenant can be brought back
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u16).range(0..=3650))]
    deletion_grace: u16,
    /// Where secrets are kept (the section vault as JSON, see docs/vault.md) [default: sealed files in the data folder]
    #[arg(long, value_name = "FILE")]
    vault_config: Option<PathBuf>,
    /// The name server at which proofs of domains are looked up [default: those of the system]
    #[arg(long, value_name = "ADDRESS:PORT")]
    name_server: Option<SocketAddr>,
    /// A database of the countries of addresses (MaxMind DB format); see docs/audit.md
    #[arg(long, value_name = "FILE")]
    geo_country: Option<PathBuf>,
    /// A database of the networks of addresses; one that tells both needs to be named once only
    #[arg(long, value_name = "FILE")]
    geo_network: Option<PathBuf>,
    /// Which events are logged, such as info or warn,kiavi_engine=debug
    #[arg(long, value_name = "FILTER", default_value = DEFAULT_FILTER)]
    log: String,
    /// Which requests are logged
    #[arg(long, value_enum, default_value = "standard")]
    requests: RequestLog,
    /// Fill the demo tenant with made-up people and ninety days of what they did
    #[arg(long)]
    demo_data: bool,
    /// How many people are made up
    #[arg(long, value_name = "COUNT", default_value_t = 3_000, requires = "demo_data", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_PEOPLE)))]
    demo_users: u32,
    /// Decides who they are and what they did
    #[arg(long, value_name = "NUMBER", default_value_t = 1, requires = "demo_data")]
    demo_seed: u64,
    /// Add them also to a demo tenant that has users of its own
    #[arg(long, requires = "demo_data")]
    demo_force: bool,
    /// Answer with metrics and health at this address
    #[arg(long, value_name = "ADDRESS:PORT")]
    monitor: Option<SocketAddr>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IsolationArg {
    Full,
    Rootless,
}

impl From<IsolationArg> for Isolation {
    fn from(isolation: IsolationArg) -> Self {
        match isolation {
            IsolationArg::Full => Self::Full,
            IsolationArg::Rootless => Self::Rootless,
        }
    }
}

pub(crate) fn run(args: DevArgs) -> ExitCode {
    let own_log = match log::start_launcher(&args.log, false) {
        Ok(log) => log,
        Err(error) => return fail(&format!("cannot log: {error}")),
    };
    let is_root = rustix::process::geteuid().is_root();
    let default = if is_root { IsolationArg::Full } else { IsolationArg::Rootless };
    let isolation = args.isolation.unwrap_or(default);
    if isolation == IsolationArg::Full && !is_root {
        return fail("--isolation=full needs root: run it with sudo, or choose --isolation=rootless");
    }
    if isolation == IsolationArg::Rootless {
        tracing::warn!("isolation is rootless: tenants share one account; for development only");
    }
    // Whoever runs a second instance names its port.
    let default_tls_port = if args.port == DEFAULT_PORT { DEFAULT_TLS_PORT } else { 0 };
    let tls_port = (!args.no_tls).then_some(args.tls_port.unwrap_or(default_tls_port));
    let create_command = tenant_command(args.data.as_deref());
    let url = args.postgres_url.as_deref().map(postgres_url::read).transpose();
    let private = || Ok(PostgresConfig::Private(PrivatePostgres::default()));
    let postgres = url.and_then(|url| url.map_or_else(private, |url| postgres_url::config(&url)));
    let postgres = match postgres {
        Ok(postgres) => postgres,
        Err(error) => return fail(&error.to_string()),
    };
    let geo = GeoConfig { country: args.geo_country, network: args.geo_network };
    let places = geo.files(Path::new("")).into_iter().map(|(_, path)| Ok(geo::open(&path)?.0));
    let places = match places.collect::<Result<_, GeoError>>() {
        Ok(places) => places,
        Err(error) => return fail(&error.to_string()),
    };
    let data = args.data.unwrap_or_else(default_folder);
    let vault = vault_keys::read_config(args.vault_config.as_deref())
        .and_then(|config| vault_keys::start(&config, &data));
    let vault = match vault {
        Ok(vault) => vault,
        Err(error) => return fail(&log::chain(&error)),
    };
    let certificates = match tls_port.map(|_| CertificateAuthority::Local.start()).transpose() {
        Ok(certificates) => certificates,
        Err(error) => return fail(&error.to_string()),
    };
    let config = LauncherConfig {
        data,
        listen: listening(args.port, tls_port),
        names: names(args.port, tls_port),
        trusted_proxies: Vec::new(),
        forwarded_header: ForwardedHeader::default().as_str(),
        closes_connections: false,
        security: Vec::new(),
        ready_file: args.ready_file,
        isolation: isolation.into(),
        is_development: true,
        demo_data: args.demo_data.then_some(DemoData {
            people: args.demo_users,
            seed: args.demo_seed,
            is_forced: args.demo_force,
        }),
        mail: mail_config(),
        postgres,
        // Sign-in providers under development run beside it.
        private_egress: true,
        name_servers: args.name_server.into_iter().collect(),
        spares: args.spares,
        deletion_grace: Duration::from_secs(u64::from(args.deletion_grace) * 24 * 3600),
        vault,
        certificates,
        places,
        engine_idle: (args.engine_idle > 0).then(|| Duration::from_secs(args.engine_idle)),
        engine_shares: EngineShares { usual: Share::TENANT, tenants: HashMap::new() },
        log: LogConfig {
            filter: args.log,
            is_json: false,
            requests: instance::request_options(args.requests, 0, false),
            queue: own_log.0.clone(),
        },
        monitor: args.monitor.map(|listen| MonitorConfig { listen, token: None, per_tenant: true }),
        successor: None,
        create_command,
        on_ready: announce,
    };
    instance::run(config, None)
}

/// Plain HTTP and, if that is wanted, TLS, for this machine alone.
fn listening(port: u16, tls_port: Option<u16>) -> Vec<Listening> {
    let here = |port| vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()];
    let plain = Listening::new(ListenerKind::Plain, here(port));
    let tls = tls_port.map(|port| Listening::new(ListenerKind::Tls, here(port)));
    std::iter::once(plain).chain(tls).collect()
}

/// The file with the root of the local authority.
const LOCAL_CA: &str = "local-ca.pem";

/// Leaves the root of the local authority where a developer finds it.
fn leave_root(data: &Path, root: &str) -> Option<PathBuf> {
    let path = data.join(LOCAL_CA);
    match std::fs::write(&path, root) {
        Ok(()) => Some(path),
        Err(error) => {
            tracing::warn!(%error, path = %path.display(), "the root of the local authority cannot be written");
            None
        }
    }
}

/// Where HTTPS is, and how to have browsers and programs believe the local authority.
fn trust(config: &LauncherConfig, root: &Path) -> String {
    let demo = config.names.tls_url(format_args!("demo.{}", config.names.domain)).unwrap_or_default();
    let root = root.display();
    format!(
        "HTTPS: {demo}, once {root} is trusted\n\
         \x20      (curl --cacert {root}; NODE_EXTRA_CA_CERTS={root};\n\
         \x20      Chromium: certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n kiavi -i {root}).\n"
    )
}

/// Browsers take every name below `localhost` for this machine (RFC 6761 §6.3).
fn names(port: u16, tls_port: Option<u16>) -> Names {
    const LOCALHOST: &str = "localhost";
    let name = |text: String| text.parse().unwrap_or_else(|_| unreachable!("the constant is a name"));
    Names {
        is_secure: false,
        domain: name(LOCALHOST.to_owned()),
        console: name(format!("console.{LOCALHOST}")),
        sign_in: name(format!("{SIGN_IN_LABEL}.{LOCALHOST}")),
        mailbox: name(format!("mail.{LOCALHOST}")),
        port: Some(port),
        tls_port,
    }
}

fn mail_config() -> MailConfig {
    let Ok(url) = std::env::var(SMTP_URL) else { return MailConfig::Mailbox };
    let domains = std::env::var(SENDER_DOMAINS).unwrap_or_default();
    let domains = domains.split(',').map(str::trim).filter(|domain| !domain.is_empty());
    let sender_domains = domains.map(str::to_owned).collect();
    MailConfig::Smtp { url, sender_domains, per_tenant_per_minute: 0 }
}

/// The command that makes another tenant of this instance, as it can be typed where this one was.
fn tenant_command(data: Option<&Path>) -> String {
    let program = std::env::args().next().unwrap_or_else(|| "kiavi".to_owned());
    let data = data.map(|data| format!(" --data {}", data.display())).unwrap_or_default();
    format!("{program} tenant create shop{data}")
}

fn announce(config: &LauncherConfig, ready: &[u8]) {
    let ready: serde_json::Value = serde_json::from_slice(ready).unwrap_or_default();
    let port = config.names.port.unwrap_or_default();
    let mailbox = match &config.mail {
        MailConfig::Mailbox => format!("http://mail.localhost:{port}"),
        MailConfig::Smtp { .. } => "off: mail leaves by SMTP".to_owned(),
    };
    let root = ready["local_ca"].as_str().and_then(|root| leave_root(&config.data, root));
    let root = root.map(|path| trust(config, &path)).unwrap_or_default();
    let first = match ready["first_owner_url"].as_str() {
        Some(link) => format!(
            "To the console: open this link, type any e-mail address, read the code in the mailbox;\n\
             \x20               you are its owner then. The link works once, for a day.\n\n    {link}\n\n"
        ),
        None => String::new(),
    };
    let text = format!(
        "\n\
         Kiavi is ready.\n\
         \n\
         \x20 Demo tenant  http://demo.localhost:{port}/sign-in\n\
         \x20 Mailbox      {mailbox}\n\
         \x20 Console      http://console.localhost:{port}\n\
         \n\
         {first}\
         First sign-in: open the demo tenant, type any e-mail address, read the code in the mailbox.\n\
         Another tenant: {}\n\
         {root}\
         Stop: Ctrl-C\n\n",
        config.create_command
    );
    let _ = std::io::stdout().write_all(text.as_bytes());
}

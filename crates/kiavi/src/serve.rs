//! `kiavi serve`: a production instance, as its configuration says.

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::os::fd::RawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use kiavi_control::SIGN_IN_LABEL;
use kiavi_launcher::{
    Isolation, LauncherConfig, LogConfig, LogQueue, MailConfig, MonitorConfig, Names, PostgresConfig,
    PrivatePostgres, STATE_FORMAT, ServiceManager, Successor, VaultStart,
};
use secrecy::ExposeSecret;

use crate::config::{self, Config, IsolationMode, Loaded, LogFormat, SecurityConfig};
use crate::instance::{self, fail, request_options};
use crate::log;
use crate::vault_keys;

/// Where the first management key is left when nobody watches the start.
const FIRST_KEY: &str = "first-management-key";

/// The file with the link for the first owner, where nobody watches.
const FIRST_OWNER: &str = "first-owner-link";

/// Options of `kiavi serve`.
#[derive(Args)]
pub(crate) struct ServeArgs {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = "/etc/kiavi/kiavi.toml")]
    config: PathBuf,
    /// Say whether the configuration can be used, and start nothing
    #[arg(long)]
    check: bool,
    /// Write how to reach the instance to this file (JSON) once it is ready
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Say whether this program reads what one with this state format hands over, too
    #[arg(long, hide = true, requires = "check")]
    state_format: Option<u32>,
    /// Take over from the program that ran in this process
    #[arg(long, hide = true, value_name = "DESCRIPTOR")]
    takes_over: Option<RawFd>,
}

pub(crate) fn run(args: ServeArgs) -> ExitCode {
    if kiavi_engine::audit::IS_WITHOUT_LOG {
        return fail("this program was built for a measurement: it writes no audit log");
    }
    if cfg!(kiavi_bench_direct_accept) {
        return fail(
            "this program was built for a measurement: its engines accept connections by themselves",
        );
    }
    let loaded = match config::load(&args.config) {
        Ok(loaded) => loaded,
        Err(error) => return fail(&log::chain(&error)),
    };
    let is_root = rustix::process::geteuid().is_root();
    if loaded.config.isolation.mode == IsolationMode::Full && !is_root {
        return fail("isolation.mode = \"full\" needs root: start it by systemd or sudo");
    }
    if let Some(format) = args.state_format.filter(|format| *format != STATE_FORMAT) {
        return fail(&format!("cannot take over from a program with state format {format}: restart instead"));
    }
    if args.check {
        let _ = writeln!(std::io::stdout(), "{} can be used.", args.config.display());
        return ExitCode::SUCCESS;
    }
    let own_log =
        match log::start_launcher(&loaded.config.log.filter, loaded.config.log.format == LogFormat::Json) {
            Ok(log) => log,
            Err(error) => return fail(&format!("cannot log: {error}")),
        };
    if loaded.config.isolation.mode == IsolationMode::Rootless {
        tracing::warn!(
            "isolation is rootless: tenants share one account and can reach each other's processes"
        );
    }
    let successor = match successor(&args) {
        Ok(successor) => successor,
        Err(error) => return fail(&format!("this program's own file cannot be found: {error}")),
    };
    let vault = match vault_keys::start(&loaded.config.vault, &loaded.config.data) {
        Ok(vault) => vault,
        Err(error) => return fail(&log::chain(&error)),
    };
    let takes_over = args.takes_over;
    instance::run(launcher_config(loaded, vault, args.ready_file, successor, own_log.0.clone()), takes_over)
}

/// This program again, as it is on the disk when the time comes, with the same configuration.
fn successor(args: &ServeArgs) -> std::io::Result<Successor> {
    let mut arguments: Vec<OsString> =
        vec!["serve".into(), "--config".into(), std::path::absolute(&args.config)?.into()];
    if let Some(file) = &args.ready_file {
        arguments.extend(["--ready-file".into(), std::path::absolute(file)?.into()]);
    }
    let check = vec!["--check".into(), "--state-format".into(), STATE_FORMAT.to_string().into()];
    Ok(Successor { program: program_file()?, arguments, check, takes_over: "--takes-over" })
}

/// Where this program's file is. Once another one was put in its place, the kernel tells the old one's name with a mark.
fn program_file() -> std::io::Result<PathBuf> {
    let path = std::env::current_exe()?;
    let name = path.to_string_lossy();
    Ok(name.strip_suffix(" (deleted)").map(PathBuf::from).unwrap_or(path))
}

fn launcher_config(
    loaded: Loaded,
    vault: VaultStart,
    ready_file: Option<PathBuf>,
    successor: Successor,
    queue: LogQueue,
) -> LauncherConfig {
    let Loaded { config, smtp_url, monitor_token, database_server, places, certificates } = loaded;
    let Config {
        data,
        domain,
        listen,
        mail,
        isolation,
        postgres,
        vault: _,
        engine,
        tenants,
        egress,
        dns,
        certificates: _,
        geo: _,
        log,
        monitor,
        security,
    } = config;
    let below = |label: &str| {
        format!("{label}.{}", domain.tenants).parse().unwrap_or_else(|_| domain.tenants.clone())
    };
    LauncherConfig {
        create_command: format!("kiavi tenant create shop --data {}", data.display()),
        data,
        listen: listen.all(),
        names: Names {
            is_secure: true,
            console: domain.console.clone().unwrap_or_else(|| below("console")),
            sign_in: domain.sign_in.clone().unwrap_or_else(|| below(SIGN_IN_LABEL)),
            mailbox: below("mail"),
            domain: domain.tenants.clone(),
            port: None,
            tls_port: None,
        },
        trusted_proxies: listen.trusted_proxies.iter().map(ToString::to_string).collect(),
        forwarded_header: listen.forwarded_header.as_str(),
        closes_connections: listen.behind_edge && !listen.edge_keeps_hosts_apart,
        security: security_options(security),
        ready_file,
        isolation: match isolation.mode {
            IsolationMode::Full => Isolation::Full,
            IsolationMode::Rootless => Isolation::Rootless,
        },
        is_development: false,
        demo_data: None,
        mail: MailConfig::Smtp {
            url: smtp_url.expose_secret().to_owned(),
            sender_domains: mail.sender_domains.iter().map(ToString::to_string).collect(),
            per_tenant_per_minute: mail.per_tenant_per_minute.unwrap_or(config::MAILS_PER_MINUTE),
        },
        private_egress: egress.allow_private,
        name_servers: dns.servers,
        spares: tenants.spares,
        deletion_grace: Duration::from_secs(u64::from(tenants.deletion_grace_days) * 24 * 3600),
        vault,
        certificates,
        places,
        engine_idle: (engine.idle_seconds > 0).then(|| Duration::from_secs(engine.idle_seconds.into())),
        engine_shares: engine.shares(),
        postgres: database_server.unwrap_or(PostgresConfig::Private(PrivatePostgres {
            max_connections: postgres.max_connections,
            shared_buffers_mb: postgres.shared_buffers_mb,
        })),
        log: LogConfig {
            filter: log.filter,
            is_json: log.format == LogFormat::Json,
            requests: request_options(log.requests, log.routine_sample, log.networks),
            queue,
        },
        monitor: monitor.is_enabled.then(|| MonitorConfig {
            listen: monitor.listen,
            token: monitor_token.map(|token| token.expose_secret().to_owned()),
            per_tenant: monitor.per_tenant,
        }),
        successor: Some(successor),
        on_ready: announce,
    }
}

fn security_options(SecurityConfig { contact, policy }: SecurityConfig) -> Vec<String> {
    let contacts = contact.into_iter().map(|contact| format!("--security-contact={contact}"));
    contacts.chain(policy.map(|policy| format!("--security-policy={policy}"))).collect()
}

/// Tells systemd, and whoever started the instance; hands out the first management key, once.
fn announce(config: &LauncherConfig, ready: &[u8]) {
    let ready: serde_json::Value = serde_json::from_slice(ready).unwrap_or_default();
    if let Some(key) = ready["management_key"].as_str() {
        hand_out(&config.data, "The first management key", FIRST_KEY, key);
    }
    if let Some(link) = ready["first_owner_url"].as_str() {
        hand_out(
            &config.data,
            "The link that makes its first visitor the owner, for a day",
            FIRST_OWNER,
            link,
        );
    }
    let console = config.names.url(&config.names.console);
    tracing::info!(console, tenants = config.names.url(format_args!("*.{}", config.names.domain)), "ready");
    if let Err(error) = ServiceManager::of_environment().tell_ready() {
        tracing::warn!(%error, "systemd cannot be told that the instance is ready");
    }
}

/// What opens the instance is for whoever starts it: on their terminal if they watch, else in a file that root alone
/// reads. It must not be in a log.
fn hand_out(data: &Path, what: &str, file: &str, secret: &str) {
    let mut out = std::io::stdout();
    if out.is_terminal() {
        let text = format!("\n{what}; it is not shown again:\n\n    {secret}\n\n");
        let _ = out.write_all(text.as_bytes());
        return;
    }
    let path = data.join(file);
    let file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
    match file.and_then(|mut file| writeln!(file, "{secret}")) {
        Ok(()) => {
            tracing::warn!(path = %path.display(), "{what} is there: keep it and delete the file")
        }
        Err(error) => {
            tracing::error!(%error, path = %path.display(), "{what} cannot be written")
        }
    }
}

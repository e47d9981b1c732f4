//! `kiavi doctor`: what this machine offers, and what is missing.
//!
//! The layers of the sandbox are tried for real, in a child that applies an engine's lockdown to itself and writes
//! which layers hold. Nothing here needs a running instance, or a network: what cannot be looked at is said not to be
//! checked.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use clap::Args;
use kiavi_base::{Clock, SystemClock};
use kiavi_localpg::{Binaries, UID_BASE};
use kiavi_sandbox::cgroup::{Cgroups, Version};
use kiavi_sandbox::{Account, Isolation, Layers};
use serde::Serialize;

use crate::config::{self, Config, ConfigError};
use crate::data::default_folder;
use crate::doctor_server;
use crate::geo;
use crate::place::Place;
use crate::tenant::{Exit, block_on, complain};
use crate::tenant_orphans;
use crate::{doctor_host, doctor_network};

/// The account of the child that tries the layers; no other process of an instance has it.
const PROBE_UID: u32 = UID_BASE + 999;

/// Where the package has the configuration.
const CONFIGURATION: &str = "/etc/kiavi/kiavi.toml";

/// Options of `kiavi doctor`.
#[derive(Args)]
pub(crate) struct DoctorArgs {
    /// The data folder of the instance [default: /var/lib/kiavi as root, else ~/.local/share/kiavi]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Look at the database server whose URL this file holds, instead of the installed PostgreSQL
    #[arg(long, value_name = "FILE")]
    postgres_url: Option<PathBuf>,
    /// The instance's configuration, for its names and certificates [default: /etc/kiavi/kiavi.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    /// Become the child that tries the layers
    #[arg(long, hide = true)]
    probe: bool,
}

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    Ok,
    /// It works without, less well.
    Warning,
    /// It does not work without.
    Missing,
    /// It could not be looked at.
    Unchecked,
}

/// One thing that was looked at.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    name: &'static str,
    pub(crate) verdict: Verdict,
    pub(crate) detail: String,
}

impl Finding {
    pub(crate) fn new(name: &'static str, verdict: Verdict, detail: impl Into<String>) -> Self {
        Self { name, verdict, detail: detail.into() }
    }
}

pub(crate) fn run(args: DoctorArgs) -> ExitCode {
    if args.probe {
        return probe();
    }
    let mut findings = vec![kernel()];
    match &args.postgres_url {
        Some(file) => findings.extend(doctor_server::findings(file)),
        None => findings.push(postgres()),
    }
    findings.extend(isolation());
    findings.push(control_groups());
    let configuration = configuration(args.config.as_deref());
    let of_configuration =
        configuration.as_ref().ok().and_then(Option::as_ref).map(|config| config.data.clone());
    let data = args.data.or(of_configuration).unwrap_or_else(default_folder);
    findings.extend(doctor_host::findings(&data));
    findings.extend(places(args.config.as_deref(), &configuration));
    findings.extend(names(configuration));
    findings.extend(instance(data));
    let text = if args.json {
        serde_json::json!({ "findings": findings }).to_string()
    } else {
        findings.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    if let Err(error) = writeln!(io::stdout().lock(), "{text}")
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        return complain(&format!("The answer could not be written: {error}."), Exit::Failed);
    }
    let is_missing = findings.iter().any(|finding| finding.verdict == Verdict::Missing);
    ExitCode::from(if is_missing { Exit::Failed } else { Exit::Done })
}

fn line(finding: &Finding) -> String {
    let mark = match finding.verdict {
        Verdict::Ok => "✓",
        Verdict::Warning => "!",
        Verdict::Missing => "✗",
        Verdict::Unchecked => "?",
    };
    format!("{mark} {:<16}{}", finding.name, finding.detail)
}

/// The configuration that is named; the usual one, if nothing is named and there is one.
fn configuration(named: Option<&Path>) -> Result<Option<Config>, ConfigError> {
    let usual = Path::new(CONFIGURATION);
    match named.or_else(|| usual.exists().then_some(usual)) {
        Some(path) => config::read(path).map(Some),
        None => Ok(None),
    }
}

/// The databases of where addresses are, if the configuration can be read.
fn places(named: Option<&Path>, configuration: &Result<Option<Config>, ConfigError>) -> Vec<Finding> {
    let Ok(Some(config)) = configuration else { return Vec::new() };
    let folder = named.unwrap_or(Path::new(CONFIGURATION)).parent().unwrap_or(Path::new(""));
    geo::findings(config, folder, SystemClock.now())
}

/// Whether browsers find the instance.
fn names(configuration: Result<Option<Config>, ConfigError>) -> Vec<Finding> {
    const NAME: &str = "Configuration";
    match configuration {
        Ok(Some(config)) => {
            block_on(async { Ok(doctor_network::findings(&config).await) }).unwrap_or_default()
        }
        Ok(None) => {
            let detail = format!(
                "not checked: there is no {CONFIGURATION}; name another with --config for DNS and certificates"
            );
            vec![Finding::new(NAME, Verdict::Unchecked, detail)]
        }
        Err(error) => vec![Finding::new(NAME, Verdict::Missing, crate::log::chain(&error))],
    }
}

fn kernel() -> Finding {
    let release = rustix::system::uname().release().to_string_lossy().into_owned();
    Finding::new("Linux", Verdict::Ok, release)
}

fn postgres() -> Finding {
    match Binaries::find() {
        Ok(found) => {
            let detail = format!("version {} in {}", found.major(), found.folder().display());
            Finding::new("PostgreSQL", Verdict::Ok, detail)
        }
        Err(error) => Finding::new("PostgreSQL", Verdict::Missing, error.to_string()),
    }
}

/// The isolation that this user gets: full for root.
fn isolation_here() -> Isolation {
    if rustix::process::geteuid().is_root() { Isolation::Full } else { Isolation::Rootless }
}

fn isolation() -> Vec<Finding> {
    match tried_layers() {
        Ok(layers) => layer_findings(&layers, isolation_here()),
        Err(error) => {
            vec![Finding::new(
                "Isolation",
                Verdict::Missing,
                format!("the layers could not be tried: {error}"),
            )]
        }
    }
}

fn layer_findings(layers: &Layers, isolation: Isolation) -> Vec<Finding> {
    let held = layers.iter().filter(|report| layers.is_active(report.layer));
    let held: Vec<_> = held.map(|report| report.layer.to_string()).collect();
    // Landlock and seccomp are what even rootless isolation insists on; with root every layer is required.
    let needed = |layer| {
        use kiavi_sandbox::Layer::{Landlock, Seccomp};
        isolation == Isolation::Full || matches!(layer, Landlock | Seccomp)
    };
    let mut findings: Vec<_> = layers
        .missing()
        .map(|(layer, reason)| {
            let verdict = if needed(layer) { Verdict::Missing } else { Verdict::Warning };
            Finding::new("Isolation", verdict, format!("no {layer}: {reason}"))
        })
        .collect();
    if isolation == Isolation::Rootless {
        let detail = "rootless: tenants share one account; for development only (run as root for all layers)";
        findings.push(Finding::new("Isolation", Verdict::Warning, detail));
    }
    findings.push(Finding::new("Isolation", Verdict::Ok, format!("these hold: {}", held.join(", "))));
    findings
}

/// Starts this program again as [`probe`] and reads what it found.
fn tried_layers() -> io::Result<Layers> {
    let child = Command::new("/proc/self/exe")
        .args(["doctor", "--probe"])
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::null())
        .output()?;
    if child.status.success() {
        return serde_json::from_slice(&child.stdout).map_err(io::Error::other);
    }
    let said = String::from_utf8_lossy(&child.stderr);
    Err(io::Error::other(format!("{} ({})", said.trim(), child.status)))
}

/// Locks this process down as an engine does and writes which layers hold.
fn probe() -> ExitCode {
    let account = Account { uid: PROBE_UID, gid: PROBE_UID };
    let tried = kiavi_sandbox::close_fds_from(3, &[])
        .map_err(|error| error.to_string())
        .and_then(|()| {
            kiavi_sandbox::probe(isolation_here(), Some(account)).map_err(|error| error.to_string())
        })
        .and_then(|layers| serde_json::to_vec(&layers).map_err(|error| error.to_string()));
    match tried {
        Ok(layers) if io::stdout().lock().write_all(&layers).is_ok() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(message) => complain(&message, Exit::Failed),
    }
}

fn control_groups() -> Finding {
    const NAME: &str = "Control groups";
    if isolation_here() == Isolation::Rootless {
        return Finding::new(NAME, Verdict::Warning, "not used without root; each process's own limits hold");
    }
    match Cgroups::prepare(&format!("doctor-{}", std::process::id())) {
        Ok(groups) => {
            let version = match groups.version() {
                Version::V1 => 1,
                Version::V2 => 2,
            };
            groups.remove();
            Finding::new(NAME, Verdict::Ok, format!("version {version}: memory, cpu, pids"))
        }
        Err(reason) => {
            let detail = format!(
                "none ({reason}); each process's own limits hold, and a busy engine may slow others down"
            );
            Finding::new(NAME, Verdict::Warning, detail)
        }
    }
}

/// What of the instance's own findings is told here, and under which name: what it says of the machine is looked at by this
/// command itself, which needs no instance for it.
const OF_INSTANCE: [(&str, &str); 11] = [
    ("database", "Database"),
    ("gateway", "Gateway"),
    ("outbound", "Outbound"),
    ("auditor", "Auditor"),
    ("audit_logs", "Audit logs"),
    ("vault", "Vault"),
    ("jobs", "Jobs"),
    ("engines", "Engines"),
    ("backups", "Backups"),
    ("domains", DOMAINS),
    ("lost_tenants", "Lost tenants"),
];

/// What is said of domains that tenants' people have proved, or want to.
const DOMAINS: &str = "Domains";

fn instance(data: PathBuf) -> Vec<Finding> {
    const NAME: &str = "Instance";
    let place = data.display().to_string();
    let client = crate::client::Client::new(Place::Here(data));
    match block_on(tenant_orphans::list(&client)) {
        Ok(orphans) => {
            let mut findings = vec![
                Finding::new(NAME, Verdict::Ok, format!("runs with data folder {place}")),
                left_over(orphans.len()),
            ];
            findings.extend(block_on(client.get("/v1/instance/health")).iter().flat_map(told));
            findings
        }
        Err(error) => vec![
            Finding::new(NAME, Verdict::Warning, error.to_string()),
            Finding::new(DOMAINS, Verdict::Unchecked, "not checked: no instance runs that could be asked"),
        ],
    }
}

/// What the instance says of itself.
fn told(health: &serde_json::Value) -> Vec<Finding> {
    let finding = |told: &serde_json::Value| {
        let (_, name) = OF_INSTANCE.into_iter().find(|(check, _)| told["check"] == *check)?;
        let verdict = match told["verdict"].as_str()? {
            "ok" => Verdict::Ok,
            "warning" => Verdict::Warning,
            "fault" => Verdict::Missing,
            _ => Verdict::Unchecked,
        };
        Some(Finding::new(name, verdict, told["detail"].as_str()?))
    };
    health["findings"].as_array().into_iter().flatten().filter_map(finding).collect()
}

/// What is left of tenants that are not there.
fn left_over(orphans: usize) -> Finding {
    const NAME: &str = "Orphans";
    match orphans {
        0 => Finding::new(NAME, Verdict::Ok, "nothing is left of tenants that are not there"),
        count => {
            let detail = format!("something is left of {count} tenants: see kiavi tenant orphans");
            Finding::new(NAME, Verdict::Warning, detail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(json: serde_json::Value) -> Layers {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_missing_layer_is_a_fault_for_root_and_a_warning_without() {
        let tried = layers(serde_json::json!([
            { "layer": "empty-root", "state": "missing", "reason": "not permitted" },
            { "layer": "seccomp", "state": "active" },
        ]));
        let verdicts = |isolation| {
            layer_findings(&tried, isolation).into_iter().map(|finding| finding.verdict).collect::<Vec<_>>()
        };
        assert_eq!(verdicts(Isolation::Full), [Verdict::Missing, Verdict::Ok]);
        assert_eq!(verdicts(Isolation::Rootless), [Verdict::Warning, Verdict::Warning, Verdict::Ok]);
        let detail = &layer_findings(&tried, Isolation::Full)[0].detail;
        assert_eq!(detail, "no empty root: not permitted");
    }

    #[test]
    fn what_the_instance_says_of_the_machine_is_not_told_twice() {
        let findings = told(&serde_json::json!({ "verdict": "fault", "findings": [
            { "check": "audit_logs", "verdict": "fault", "detail": "those of shop contradict" },
            { "check": "disk", "verdict": "ok", "detail": "enough" },
            { "check": "domains", "verdict": "unchecked", "detail": "not checked" },
            { "check": "backups", "verdict": "warning", "detail": "late" },
        ]}));
        let short: Vec<_> = findings.iter().map(|finding| (finding.name, finding.verdict)).collect();
        let expected =
            [("Audit logs", Verdict::Missing), (DOMAINS, Verdict::Unchecked), ("Backups", Verdict::Warning)];
        assert_eq!(short, expected);
    }

    #[test]
    fn rootless_still_insists_on_seccomp() {
        let tried =
            layers(serde_json::json!([{ "layer": "seccomp", "state": "missing", "reason": "no such call" }]));
        assert_eq!(layer_findings(&tried, Isolation::Rootless)[0].verdict, Verdict::Missing);
    }
}

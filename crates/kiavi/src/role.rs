//! `kiavi role NAME`: one process of an instance, as the launcher starts it.
//!
//! Each role does the same, in this order: close what was inherited, lock down, build the runtime, receive the
//! first message, set up, seal, serve. Nothing from outside is read before the seal.
//!
//! The verb has a parser of its own: that of all verbs is 200 kB of descriptions, which every engine would have on its heap
//! and a visitor would wait for.

mod auditor;
mod canary;
mod control;
mod document;
mod engine;
mod gateway;
mod outbound;
mod privileged;
mod schema;

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, ValueEnum};
use kiavi_base::Rng;
use kiavi_crypto::SystemRng;
use kiavi_db::Secured;
use kiavi_http::{AccessLog, AccessOptions, RequestLines, SecurityContact};
use kiavi_ipc::database::DatabaseServer;
use kiavi_ipc::{Channel, Fd, IpcError};
use kiavi_sandbox::{Account, Isolation, Layers, LockedDown, Profile, SandboxError};
use secrecy::SecretString;
use tokio::runtime::Runtime;

use crate::config::RequestLog;
use crate::dev::IsolationArg;
use crate::log;

/// One process of an instance; started by the launcher only.
///
/// What the launcher tells a child on its command line: nothing secret, nothing personal.
#[derive(Parser)]
#[command(name = "kiavi role", disable_help_flag = true)]
struct RoleArgs {
    #[arg(value_enum)]
    role: Role,
    #[arg(long, value_enum)]
    isolation: IsolationArg,
    #[arg(long)]
    uid: u32,
    #[arg(long)]
    log: String,
    #[arg(long)]
    log_json: bool,
    #[arg(long, value_enum, default_value = "off")]
    requests: RequestLog,
    #[arg(long, default_value_t = 0)]
    routine_sample: u32,
    #[arg(long)]
    networks: bool,
    #[arg(long)]
    close_connections: bool,
    /// Of an engine: the private memory that it may have, by its own limit
    #[arg(long)]
    data_bytes: Option<u64>,
    #[arg(long)]
    security_contact: Vec<String>,
    #[arg(long)]
    security_policy: Option<String>,
    #[arg(long)]
    folder: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Role {
    Gateway,
    Control,
    Outbound,
    Auditor,
    Engine,
}

/// Why a role's process ended.
#[derive(Debug, thiserror::Error)]
enum RoleError {
    #[error("the process could not be locked down")]
    Sandbox(#[from] SandboxError),
    #[error("the control channel failed")]
    Ipc(#[from] IpcError),
    #[error("the launcher's first message is not the one that starts this role")]
    FirstMessage,
    #[error("the start document cannot be used")]
    Document(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("this role needs a folder of its own")]
    NoFolder,
    #[error("the kernel refused something")]
    Io(#[from] io::Error),
    #[error("serving failed")]
    Serve(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Whether this verb is the one of the launcher's children.
pub(crate) fn is_role(verb: &OsStr) -> bool {
    verb == "role"
}

/// Runs as the role that the arguments name, of which the first is the verb.
pub(crate) fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    kiavi_sandbox::install_panic_hook();
    let args = RoleArgs::parse_from(arguments);
    let ended = match args.role {
        Role::Gateway => gateway::run(&args),
        Role::Control => control::run(&args),
        Role::Outbound => outbound::run(&args),
        Role::Auditor => auditor::run(&args),
        Role::Engine => engine::run(&args),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{}", log::chain(&error));
            ExitCode::FAILURE
        }
    }
}

/// Closes what was inherited and starts logging without ever waiting for whoever reads the log.
fn begin(args: &RoleArgs) -> io::Result<()> {
    kiavi_sandbox::close_fds_from(3, &[])?;
    let stderr = io::stderr();
    let flags = rustix::fs::fcntl_getfl(&stderr)?;
    rustix::fs::fcntl_setfl(&stderr, flags | rustix::fs::OFlags::NONBLOCK)?;
    log::start(&args.log, args.log_json);
    Ok(())
}

/// Where this process's requests are counted and logged.
fn access_log(args: &RoleArgs) -> Arc<AccessLog> {
    let lines = match args.requests {
        RequestLog::Off => RequestLines::Off,
        RequestLog::Errors => RequestLines::Errors,
        RequestLog::Standard => RequestLines::Standard,
        RequestLog::All => RequestLines::All,
    };
    let RoleArgs { routine_sample, networks: has_networks, log_json: is_json, .. } = *args;
    Arc::new(AccessLog::new(AccessOptions { lines, routine_sample, has_networks, is_json }))
}

/// Whom a host names for vulnerabilities.
fn security(args: &RoleArgs) -> SecurityContact {
    SecurityContact { contacts: args.security_contact.clone(), policy: args.security_policy.clone() }
}

fn lock_down(args: &RoleArgs, profile: Profile) -> Result<LockedDown, RoleError> {
    let account = Account { uid: args.uid, gid: args.uid };
    Ok(kiavi_sandbox::lock_down(Isolation::from(args.isolation), profile, Some(account))?)
}

/// The channel to the launcher, which is the standard input.
fn control_channel() -> io::Result<Channel> {
    Ok(Channel::from(io::stdin().as_fd().try_clone_to_owned()?))
}

/// Only outbound may start threads, for its resolver: fewer than its resource limit, beyond which starting one fails.
const MAX_THREADS: usize = 48;

fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(MAX_THREADS)
        .enable_io()
        .enable_time()
        .build()
}

/// Applies the last layer.
fn seal(locked: LockedDown) -> Result<Layers, SandboxError> {
    // The first draw looks for a device that tells of virtual machine snapshots, which is a call by name.
    SystemRng.fill(&mut [0]);
    let layers = locked.seal()?;
    tracing::debug!(?layers, "sealed");
    Ok(layers)
}

/// How the database server is recognised, and how we are known to it. Nothing is needed for a private cluster, of which
/// nothing is said.
fn secured(server: Option<Fd>, password: Option<SecretString>) -> Result<Option<Secured>, RoleError> {
    let Some((server, password)) = server.zip(password) else { return Ok(None) };
    let server = DatabaseServer::open(server).map_err(|error| RoleError::Document(error.into()))?;
    let secured = Secured::new(&server.host, server.roots(), password);
    secured.map(Some).map_err(|error| RoleError::Document(error.into()))
}

fn open_folder(args: &RoleArgs) -> Result<OwnedFd, RoleError> {
    let path = args.folder.as_ref().ok_or(RoleError::NoFolder)?;
    Ok(std::fs::File::open(path)?.into())
}

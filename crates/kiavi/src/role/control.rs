//! Control's process.

mod announcement;
mod server;

use std::path::Path;
use std::sync::{Arc, OnceLock};

use kiavi_base::{Hostname, InvalidName, Slug, SystemClock};
use kiavi_control::monitor::Monitored;
use kiavi_control::{CONSOLE_SLUG, ControlParts, DatabaseServer, DemoOrder, OwnHost, ProofDoor};
use kiavi_crypto::{SystemRng, TicketKeys};
use kiavi_egress::Outlet;
use kiavi_http::{AccessLog, Edge};
use kiavi_ipc::control::{FromControl, ToControl};
use kiavi_ipc::{Endpoint, Fd, SealedDocument, receive_blocking};
use kiavi_launcher::Names;
use kiavi_localpg::CONTROL_DATABASE;
use kiavi_sandbox::Profile;
use kiavi_tls::TlsServer;
use kiavi_vault::{Cached, Opened, Opening, Vault};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use tokio::net::{TcpListener, UnixListener};

use self::announcement::Announcement;
use self::server::{Doors, Server};
use super::privileged::{Launcher, Platform};
use super::schema::EngineSchema;
use super::{
    RoleArgs, RoleError, access_log, begin, control_channel, lock_down, open_folder, runtime, seal, secured,
    security,
};
use crate::certificate_authority::CertificateAuthority;

/// What the launcher says at the start.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Configuration {
    names: Names,
    is_development: bool,
    demo_data: Option<DemoOrder>,
    edge: Edge,
    create_command: String,
    sender_domains: Vec<String>,
    monitor_token: Option<String>,
    spares: u16,
    deletion_grace_seconds: u64,
    /// What this instance is called where others may meet it.
    instance: String,
    /// Who makes certificates, if anybody does.
    certificates: Option<CertificateAuthority>,
    /// Who control is on a database server on a network.
    postgres: Option<RemotePostgres>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RemotePostgres {
    role: String,
    #[serde(deserialize_with = "secret")]
    password: SecretString,
    database: String,
}

fn secret<'de, D: Deserializer<'de>>(text: D) -> Result<SecretString, D::Error> {
    String::deserialize(text).map(SecretString::from)
}

pub(super) fn run(args: &RoleArgs) -> Result<(), RoleError> {
    begin(args)?;
    let locked = lock_down(args, Profile::Control { data: open_folder(args)? })?;
    let data = locked.data_dir().ok_or(RoleError::NoFolder)?.to_owned();
    let channel = control_channel()?;
    let ToControl::Start { document, local, monitor, vault, database } = receive_blocking(&channel)? else {
        return Err(RoleError::FirstMessage);
    };
    let document = SealedDocument::accept(document).and_then(SealedDocument::read);
    let document = document.map_err(|error| RoleError::Document(error.into()))?;
    let outlet = Arc::new(Outlet::default());
    let vault = open_vault(vault, &data, &outlet).map_err(RoleError::Document)?;
    let configuration: Configuration =
        serde_json::from_slice(&document).map_err(|error| RoleError::Document(error.into()))?;
    runtime()?.block_on(async {
        let (to_launcher, from_launcher) = Endpoint::<FromControl, ToControl>::new(channel)?.split();
        let local = local_listener(local)?;
        let sender_domains = sender_domains(&configuration)?;
        let monitor = monitor.map(monitor_listener).transpose()?;
        let names = &configuration.names;
        let platform = Platform {
            sender_domains,
            edge: configuration.edge.clone(),
            tls_port: names.tls_port.filter(|_| !names.is_secure),
        };
        let tls = Arc::new(tls(configuration.certificates.is_some()));
        let password = configuration.postgres.as_ref().map(|postgres| postgres.password.clone());
        let secured = secured(database, password)?;
        let launcher = Launcher::new(to_launcher.clone(), platform.clone(), secured, tls.clone());
        let access = access_log(args);
        seal(locked)?;
        let Opened { vault, cached } = vault;
        if let Some(cached) = cached {
            tokio::spawn(refresh(cached));
        }
        let proofs = Arc::new(ProofDoor::default());
        let exits = Exits { outlet: outlet.clone(), proofs: proofs.clone() };
        let parts = parts(&launcher, vault, exits, &configuration, platform, access.clone())?;
        let monitored = Monitored {
            control: OnceLock::new(),
            processes: Arc::new(launcher.clone()),
            token: configuration.monitor_token.map(SecretString::from),
        };
        let announcement = Announcement {
            names: configuration.names,
            is_development: configuration.is_development,
            demo_data: configuration.demo_data,
        };
        let doors = Doors { console: None, local, monitor };
        let closes_connections = args.close_connections;
        let server = Server {
            launcher,
            to_launcher,
            outlet,
            proofs,
            announcement,
            closes_connections,
            tls,
            security: security(args),
            access,
            monitored: Arc::new(monitored),
        };
        server.run(parts, from_launcher, doors).await
    })
}

fn open_vault(
    document: Fd,
    folder: &Path,
    outlet: &Arc<Outlet>,
) -> Result<Opened, Box<dyn std::error::Error + Send + Sync>> {
    let opening = Opening::from_bytes(&SealedDocument::accept(document)?.read()?)?;
    Ok(opening.open(folder, outlet.clone(), Arc::new(SystemClock), Arc::new(SystemRng))?)
}

/// Has what is kept of the secret store confirmed, so that it is there when the store is not.
async fn refresh(cached: Arc<Cached>) {
    loop {
        tokio::time::sleep(cached.refresh_interval()).await;
        if let Err(error) = cached.refresh().await {
            tracing::warn!(error = crate::log::chain(&error), "kept secrets could not be confirmed");
        }
    }
}

fn local_listener(local: Fd) -> std::io::Result<UnixListener> {
    let listener = std::os::unix::net::UnixListener::from(local.into_owned()?);
    listener.set_nonblocking(true)?;
    UnixListener::from_std(listener)
}

fn monitor_listener(monitor: Fd) -> std::io::Result<TcpListener> {
    let listener = std::net::TcpListener::from(monitor.into_owned()?);
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// The domains that the platform's mail server sends for.
fn sender_domains(configuration: &Configuration) -> Result<Vec<Hostname>, RoleError> {
    let domains: Result<_, _> = configuration.sender_domains.iter().map(|domain| domain.parse()).collect();
    domains.map_err(|error: InvalidName| RoleError::Document(error.into()))
}

/// The ways out.
struct Exits {
    outlet: Arc<Outlet>,
    proofs: Arc<ProofDoor>,
}

fn parts(
    launcher: &Launcher,
    vault: Arc<dyn Vault>,
    exits: Exits,
    configuration: &Configuration,
    platform: Platform,
    access: Arc<AccessLog>,
) -> Result<ControlParts, RoleError> {
    let names = configuration.names.clone();
    let connect = Arc::new(launcher.clone());
    let server = match &configuration.postgres {
        Some(RemotePostgres { role, database, .. }) => {
            DatabaseServer::remote(connect, role, database, &configuration.instance)
        }
        None => DatabaseServer::private(connect, CONTROL_DATABASE),
    };
    let database = server.own();
    let issuer = configuration.certificates.as_ref().map(|authority| {
        authority.issuer(&names.domain, vault.clone(), database.clone(), exits.outlet.clone())
    });
    let issuer = issuer.transpose().map_err(|error| RoleError::Document(error.into()))?;
    let mailbox = configuration.is_development.then(|| (OwnHost::Mailbox, names.mailbox.clone()));
    Ok(ControlParts {
        database,
        server,
        vault,
        issuer,
        own_hosts: std::iter::once((OwnHost::Console, names.console.clone())).chain(mailbox).collect(),
        proofs: exits.proofs,
        privileged: Arc::new(launcher.clone()),
        schema: Arc::new(EngineSchema { sender_domains: platform.sender_domains }),
        clock: Arc::new(SystemClock),
        rng: Arc::new(SystemRng),
        edge: platform.edge,
        domain: names.domain.to_string(),
        console_origin: names.url(&names.console),
        console_tls_origin: names.tls_url(&names.console),
        base_url_for: Arc::new(move |slug: &Slug| match slug.as_str() {
            // Its name is the console's, whose host is another.
            CONSOLE_SLUG => names.url(&names.sign_in),
            _ => names.tenant_url(slug),
        }),
        access,
        create_command: configuration.create_command.clone(),
        is_development: configuration.is_development,
        spares: configuration.spares,
        deletion_grace: std::time::Duration::from_secs(configuration.deletion_grace_seconds),
    })
}

/// The console's. Its certificate, where it is to have one, is announced once the database is open.
fn tls(is_expecting: bool) -> TlsServer {
    let keys = TicketKeys::random(&SystemRng);
    let made = if is_expecting { TlsServer::expecting } else { TlsServer::new };
    made(keys, Arc::new(SystemClock), Arc::new(SystemRng))
}

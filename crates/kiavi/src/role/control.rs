//! Control's process.

use std::sync::Arc;

use kiavi_base::{Hostname, InvalidName, Slug, SystemClock};
use kiavi_control::{CallerKind, Control, ControlParts};
use kiavi_crypto::SystemRng;
use kiavi_db::{Database, Login};
use kiavi_http::{ConnectionInfo, Drain, drain, serve_connection};
use kiavi_ipc::control::{FromControl, ToControl};
use kiavi_ipc::door::{Acceptor, HandedOver};
use kiavi_ipc::{Endpoint, Fd, IpcError, Receiver, SealedDocument, Sender, receive_blocking};
use kiavi_localpg::{CONTROL_DATABASE, CONTROL_ROLE};
use kiavi_sandbox::Profile;
use kiavi_vault::SealedFiles;
use secrecy::ExposeSecret;
use serde::Deserialize;
use tokio::net::UnixListener;
use tokio::task::JoinSet;

use super::privileged::Launcher;
use super::schema::EngineSchema;
use super::{RoleArgs, RoleError, begin, control_channel, lock_down, open_folder, runtime, seal};

/// The tenant that every development instance has.
const DEMO: &str = "demo";

/// How long requests in flight may take once the process is to end.
const DRAIN_LIMIT: std::time::Duration = std::time::Duration::from_secs(5);

/// What the launcher says at the start.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Configuration {
    port: u16,
    create_command: String,
    sender_domains: Vec<String>,
}

pub(super) fn run(args: &RoleArgs) -> Result<(), RoleError> {
    begin(args)?;
    let locked = lock_down(args, Profile::Control { data: open_folder(args)? })?;
    let data = locked.data_dir().ok_or(RoleError::NoFolder)?.to_owned();
    let vault =
        SealedFiles::open(&data, Arc::new(SystemRng)).map_err(|error| RoleError::Document(error.into()))?;
    let channel = control_channel()?;
    let ToControl::Start { document, local } = receive_blocking(&channel)? else {
        return Err(RoleError::FirstMessage);
    };
    let document = SealedDocument::accept(document).and_then(SealedDocument::read);
    let document = document.map_err(|error| RoleError::Document(error.into()))?;
    let configuration: Configuration =
        serde_json::from_slice(&document).map_err(|error| RoleError::Document(error.into()))?;
    runtime()?.block_on(async {
        let (to_launcher, from_launcher) = Endpoint::<FromControl, ToControl>::new(channel)?.split();
        let local = local_listener(local)?;
        let sender_domains = sender_domains(&configuration)?;
        let launcher = Launcher::new(to_launcher.clone(), sender_domains.clone());
        seal(locked)?;
        let port = configuration.port;
        let parts = parts(&launcher, vault, configuration, sender_domains);
        let server = Server { launcher, to_launcher, port };
        server.run(parts, from_launcher, local).await
    })
}

fn local_listener(local: Fd) -> std::io::Result<UnixListener> {
    let listener = std::os::unix::net::UnixListener::from(local.into_owned()?);
    listener.set_nonblocking(true)?;
    UnixListener::from_std(listener)
}

/// The domains that the platform's mail server sends for.
fn sender_domains(configuration: &Configuration) -> Result<Vec<Hostname>, RoleError> {
    let domains: Result<_, _> = configuration.sender_domains.iter().map(|domain| domain.parse()).collect();
    domains.map_err(|error: InvalidName| RoleError::Document(error.into()))
}

fn parts(
    launcher: &Launcher,
    vault: SealedFiles,
    configuration: Configuration,
    sender_domains: Vec<Hostname>,
) -> ControlParts {
    let Configuration { port, create_command, sender_domains: _ } = configuration;
    let connect = Arc::new(launcher.clone());
    let login = Login::new(CONTROL_ROLE, CONTROL_DATABASE);
    ControlParts {
        database: Database::new(connect.clone(), login),
        database_name: CONTROL_DATABASE.to_owned(),
        connect,
        vault: Arc::new(vault),
        privileged: Arc::new(launcher.clone()),
        schema: Arc::new(EngineSchema { sender_domains }),
        clock: Arc::new(SystemClock),
        rng: Arc::new(SystemRng),
        base_url_for: Arc::new(move |slug: &Slug| format!("http://{slug}.localhost:{port}")),
        development: true,
        create_command,
    }
}

struct Server {
    launcher: Launcher,
    to_launcher: Sender<FromControl>,
    port: u16,
}

impl Server {
    async fn run(
        self,
        parts: ControlParts,
        mut from_launcher: Receiver<ToControl>,
        local: UnixListener,
    ) -> Result<(), RoleError> {
        let (trigger, drain) = drain();
        let mut tasks = JoinSet::new();
        let mut door: Option<Acceptor> = None;
        // Opening needs the database, which needs the launcher's answers below.
        let opening = tokio::spawn(open(parts, self.to_launcher.clone(), self.port));
        let mut opening = Some(opening);
        let mut control: Option<Control> = None;
        loop {
            tokio::select! {
                message = from_launcher.receive() => match message? {
                    Some(ToControl::Database { request, stream }) => self.launcher.connected(request, stream),
                    Some(ToControl::Done { request, succeeded }) => self.launcher.done(request, succeeded),
                    Some(ToControl::Door { door: new }) => door = Some(Acceptor::new(new)?),
                    Some(ToControl::Start { .. }) => {}
                    Some(ToControl::Drain) => break,
                    None => return Ok(()),
                },
                opened = joined(&mut opening) => {
                    control = Some(opened?);
                    opening = None;
                }
                accepted = accept(&mut door), if control.is_some() => match (accepted?, &control) {
                    (Some(connection), Some(control)) => serve_console(connection, control, &drain, &mut tasks),
                    _ => door = None,
                },
                accepted = local.accept(), if control.is_some() => {
                    if let (Ok((stream, _)), Some(control)) = (accepted, &control) {
                        let router = control.router(CallerKind::LocalOperator);
                        let info = ConnectionInfo { peer: ([127, 0, 0, 1], 0).into(), sequence: 0 };
                        tasks.spawn(serve_connection(stream, info, router, drain.clone()));
                    }
                }
                Some(_) = tasks.join_next(), if !tasks.is_empty() => {}
            }
        }
        trigger.start();
        let _ = tokio::time::timeout(DRAIN_LIMIT, async { while tasks.join_next().await.is_some() {} }).await;
        Ok(())
    }
}

async fn joined(
    opening: &mut Option<tokio::task::JoinHandle<Result<Control, RoleError>>>,
) -> Result<Control, RoleError> {
    match opening {
        Some(opening) => opening.await.map_err(|error| RoleError::Serve(error.into()))?,
        None => std::future::pending().await,
    }
}

async fn accept(door: &mut Option<Acceptor>) -> Result<Option<HandedOver>, IpcError> {
    match door {
        Some(door) => door.accept().await,
        None => std::future::pending().await,
    }
}

fn serve_console(
    connection: HandedOver,
    control: &Control,
    drain: &Drain,
    tasks: &mut JoinSet<std::io::Result<()>>,
) {
    let HandedOver { peer, sequence, stream } = connection;
    let router = control.router(CallerKind::ConsoleHost);
    tasks.spawn(serve_connection(stream, ConnectionInfo { peer, sequence }, router, drain.clone()));
}

/// Opens the control plane, makes the demo tenant, and tells the launcher how the instance is reached.
async fn open(
    parts: ControlParts,
    to_launcher: Sender<FromControl>,
    port: u16,
) -> Result<Control, RoleError> {
    let failed = |error: kiavi_control::ControlError| RoleError::Serve(error.into());
    let control = Control::open(parts).await.map_err(failed)?;
    let reconciler = control.clone();
    tokio::spawn(async move { reconciler.run_reconciler().await });
    let announced = control.clone();
    tokio::spawn(async move {
        if let Err(error) = announce(&announced, &to_launcher, port).await {
            tracing::error!("{}", crate::log::chain(&error));
        }
    });
    Ok(control)
}

async fn announce(control: &Control, to_launcher: &Sender<FromControl>, port: u16) -> Result<(), RoleError> {
    let failed = |error: kiavi_control::ControlError| RoleError::Serve(error.into());
    control.ensure_tenant(DEMO).await.map_err(failed)?;
    let key = control.ensure_management_key().await.map_err(failed)?;
    let tenants: Vec<_> = control
        .tenants()
        .await
        .map_err(failed)?
        .into_iter()
        .map(|tenant| {
            let url = format!("http://{}.localhost:{port}", tenant.slug);
            serde_json::json!({ "slug": tenant.slug.as_str(), "url": url, "id": tenant.id.as_str() })
        })
        .collect();
    let ready = serde_json::json!({
        "console_url": format!("http://console.localhost:{port}"),
        "mail_url": format!("http://mail.localhost:{port}"),
        "tenants": tenants,
        "management_key": key.expose_secret(),
    });
    let document = SealedDocument::seal(ready.to_string().as_bytes())
        .map_err(|error| RoleError::Document(error.into()))?;
    Ok(to_launcher.send(&FromControl::Ready { document: document.fd() }).await?)
}

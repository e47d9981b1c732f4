//! An engine that is sealed reaches a server by way of an outbound that is sealed, and no other server.
//!
//! The test is the launcher: outbound is the program itself, an engine is this binary again (`engine SETTINGS URL…`),
//! locked down as engines are, with the end of a door as its standard input. This binary is its own harness because
//! an engine locks itself down while it has one thread.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test, though not of the standard harness"
)]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::{AsFd, OwnedFd};
use std::panic::catch_unwind;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;

use bytes::Bytes;
use kiavi_base::{Rng, SystemClock};
use kiavi_crypto::SystemRng;
use kiavi_egress::{Client, HttpClient, Outlet};
use kiavi_engine::{EgressSettings, Settings};
use kiavi_ipc::egress::AllowList;
use kiavi_ipc::outbound::{FromOutbound, ToOutbound};
use kiavi_ipc::{Channel, Endpoint, SealedDocument, receive_blocking};
use kiavi_sandbox::{Account, Isolation, Limits, Profile};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

const TENANT: &str = "tabcdefghijklmnopqrstuvwx";
const ENGINE: Account = Account { uid: 71_001, gid: 71_001 };
const OUTBOUND_UID: u32 = 71_002;

const CASES: &[(&str, fn())] = &[
    ("a_listed_server_is_reached_and_no_other", a_listed_server_is_reached_and_no_other),
    ("an_engine_that_is_not_itself_reaches_no_further", an_engine_that_is_not_itself_reaches_no_further),
    ("this_machine_is_out_of_reach_unless_allowed", this_machine_is_out_of_reach_unless_allowed),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [role, settings, urls @ ..] = &arguments[..]
        && role == "engine"
    {
        return engine(settings, urls);
    }
    let says = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if says("--list") {
        if !says("--ignored") {
            CASES.iter().for_each(|(name, _)| println!("{name}: test"));
        }
        return ExitCode::SUCCESS;
    }
    let wanted: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let selected =
        |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| name.contains(wanted.as_str()));
    let mut failed = 0;
    for (name, case) in CASES.iter().filter(|(name, _)| selected(name)) {
        let passed = catch_unwind(case).is_ok();
        println!("test {name} ... {}", if passed { "ok" } else { "FAILED" });
        failed += usize::from(!passed);
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn a_listed_server_is_reached_and_no_other() {
    let (server, other) = (Server::start(), Server::start());
    let settings = server.settings(&[server.port]);
    let answers = outbound(&settings, true, |door| {
        ask(
            door,
            &settings,
            &[
                format!("https://localhost:{}/", server.port),
                format!("https://localhost:{}/", server.port),
                format!("https://localhost:{}/", other.port),
                format!("https://127.0.0.1:{}/", server.port),
                format!("http://localhost:{}/", server.port),
            ],
        )
    });
    assert_eq!(answers, ["200 hello", "200 hello", "Refused", "Refused", "Refused"]);
}

fn an_engine_that_is_not_itself_reaches_no_further() {
    let (server, other) = (Server::start(), Server::start());
    let listed = server.settings(&[server.port]);
    let believed = server.settings(&[server.port, other.port]);
    let urls = [server.port, other.port].map(|port| format!("https://localhost:{port}/"));
    let answers = outbound(&listed, true, |door| ask(door, &believed, &urls));
    assert_eq!(answers, ["200 hello", "Refused"]);
}

fn this_machine_is_out_of_reach_unless_allowed() {
    let server = Server::start();
    let mut listed = server.settings(&[server.port]);
    let url = [format!("https://localhost:{}/", server.port)];
    assert_eq!(outbound(&listed, false, |door| ask(door, &listed, &url)), ["Refused"]);
    listed.allows_private = false;
    assert_eq!(outbound(&listed, true, |door| ask(door, &listed, &url)), ["Refused"]);
}

/// A server on this machine that says hello over TLS, under a certificate for `localhost` of its own making.
struct Server {
    port: u16,
    certificate: String,
}

impl Server {
    fn start() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let connection = ServerConnection::new(config.clone()).unwrap();
                let mut stream = StreamOwned::new(connection, stream.unwrap());
                // One read is the whole of a small request.
                if stream.read(&mut [0; 4096]).is_ok() {
                    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello").unwrap();
                    stream.conn.send_close_notify();
                    stream.flush().unwrap();
                }
            }
        });
        Self { port, certificate: made.cert.pem() }
    }

    fn settings(&self, ports: &[u16]) -> EgressSettings {
        EgressSettings {
            hosts: ports.iter().map(|port| format!("localhost:{port}").parse().unwrap()).collect(),
            allows_private: true,
            extra_roots: vec![self.certificate.clone()],
        }
    }
}

fn whole(egress: &EgressSettings) -> Settings {
    let slug = "demo".parse().unwrap();
    let mut settings = Settings::for_slug(&slug, "http://demo.localhost:8080").unwrap();
    settings.egress = egress.clone();
    settings
}

fn isolation() -> Isolation {
    if rustix::process::geteuid().is_root() { Isolation::Full } else { Isolation::Rootless }
}

/// Runs an outbound process with a door for what `listed` allows, whose other end `ask` is given.
fn outbound(
    listed: &EgressSettings,
    private_egress: bool,
    ask: impl FnOnce(Channel) -> Vec<String>,
) -> Vec<String> {
    let allowed: AllowList = whole(listed).allow_list().unwrap();
    let (ours, theirs) = Channel::pair().unwrap();
    let isolation = kiavi_launcher::isolation_name(isolation());
    let process = Command::new(env!("CARGO_BIN_EXE_kiavi"))
        .args(["role", "outbound", "--isolation", isolation, "--log", "info"])
        .args(["--uid", &OUTBOUND_UID.to_string()])
        .env_clear()
        .stdin(OwnedFd::from(theirs))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let configuration = format!(r#"{{"mail":"mailbox","private_egress":{private_egress}}}"#);
    let document = SealedDocument::seal(configuration.as_bytes()).unwrap().fd();
    let (door, engines) = Channel::pair().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let launcher = runtime.block_on(async {
        let kept = ours.as_fd().try_clone_to_owned().unwrap();
        let (launcher, _) = Endpoint::<ToOutbound, FromOutbound>::new(ours).unwrap().split();
        launcher.send(&ToOutbound::Start { document }).await.unwrap();
        let tenant = TENANT.parse().unwrap();
        launcher.send(&ToOutbound::EgressDoor { tenant, allowed, door: door.into() }).await.unwrap();
        Channel::from(kept)
    });
    let ready = receive_blocking::<FromOutbound>(&launcher);
    let answers = ready.map(|_| ask(engines));
    // It ends by itself with its launcher; one that was ended before has a signal for it.
    drop(launcher);
    let ended = process.wait_with_output().unwrap();
    assert!(ended.status.success(), "{:?}: {}", ended.status, String::from_utf8_lossy(&ended.stderr));
    answers.unwrap()
}

/// What an engine with these settings gets from each URL.
fn ask(door: Channel, settings: &EgressSettings, urls: &[String]) -> Vec<String> {
    let process: Child = Command::new(std::env::current_exe().unwrap())
        .args(["engine", &serde_json::to_string(&whole(settings)).unwrap()])
        .args(urls)
        .env_clear()
        .stdin(OwnedFd::from(door))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let ended = process.wait_with_output().unwrap();
    assert!(ended.status.success(), "{:?}: {}", ended.status, String::from_utf8_lossy(&ended.stderr));
    String::from_utf8(ended.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// An engine, as far as it concerns the door at its standard input.
fn engine(settings: &str, urls: &[String]) -> ExitCode {
    kiavi_sandbox::install_panic_hook();
    kiavi_sandbox::close_fds_from(3, &[]).unwrap();
    let profile = Profile::Engine { data_bytes: Limits::ENGINE.data_bytes };
    let locked = kiavi_sandbox::lock_down(isolation(), profile, Some(ENGINE)).unwrap();
    let door = std::io::stdin().as_fd().try_clone_to_owned().unwrap();
    let settings = Settings::from_json(settings.as_bytes()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build().unwrap();
    runtime.block_on(async {
        let outlet = Arc::new(Outlet::default());
        outlet.replace(door.into());
        let roots = settings.egress.extra_roots.clone();
        let client = Client::new(settings.egress_hosts(), roots, outlet, Arc::new(SystemClock));
        // As the role's process does.
        SystemRng.fill(&mut [0]);
        locked.seal().unwrap();
        for url in urls {
            let request = hyper::Request::get(url).body(Bytes::new()).unwrap();
            match client.send(request).await {
                Ok(answer) => {
                    println!("{} {}", answer.status().as_u16(), String::from_utf8_lossy(answer.body()))
                }
                Err(error) => println!("{error:?}"),
            }
        }
    });
    ExitCode::SUCCESS
}

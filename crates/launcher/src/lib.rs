//! The only process with privileges: owns the listening sockets, starts, supervises and restarts all others,
//! and opens connections to the private cluster in a tenant's name. It reads nothing from the network.
//!
//! Every other process is a re-exec of the same binary that gets a control channel as its standard input and
//! the rest of its world as descriptors over that channel. What a process may ask for is in the types of
//! `kiavi_ipc`; for whom it asks is decided by which channel it asks on.
//!
//! ```text
//! gateway ── NeedDoor ──► launcher ── start if asleep ──► engine   (a socketpair's two ends: one for each)
//! engine ─ NeedDatabase ► launcher ── connect as uid ──► PostgreSQL        (a private cluster; the first one unasked)
//!                                  ── ConnectDatabase ─► outbound ──► PostgreSQL   (a server on a network)
//! control ─ TenantReady ► launcher ── Route ──► gateway
//! ```

mod attach;
mod backoff;
mod canary;
mod child;
mod config;
mod confinement;
mod databases;
#[cfg(kiavi_bench_direct_accept)]
mod direct;
mod engines;
mod folder;
mod forward;
mod groups;
mod handover;
pub mod host;
mod listen;
mod log_queue;
mod meter;
mod service_manager;
mod services;
mod signals;
mod supervisor;

pub use config::{
    CertificateStart, DemoData, EngineShares, Isolation, LauncherConfig, ListenerKind, Listening, LogConfig,
    MailConfig, MonitorConfig, Names, PostgresConfig, PrivatePostgres, RemotePostgres, Successor, VaultStart,
    isolation_name,
};
pub use folder::{CONTROL_SOCKET, FolderError};
pub use handover::{HandoverError, STATE_FORMAT};
pub use kiavi_sandbox::cgroup::Share;
pub use listen::ListenError;
pub use log_queue::LogQueue;
pub use service_manager::ServiceManager;
pub use supervisor::{LauncherError, run};

//! A private PostgreSQL cluster, run from the installed server's programs.
//!
//! ```text
//! <data>/postgres/      lock, passwd
//!     conf/             the server's settings, written at each start; the server cannot change them
//!     data/             the cluster
//!     run/              the only socket; there is no TCP listener
//!     log/              what the server reports, without statements or values
//! ```
//!
//! Two modes. As **root** the server has its own uid, network and mount namespace. It sees an `/etc/passwd` of
//! ours, in which each account of the instance has a line, so that `peer` authentication (PostgreSQL manual
//! §21.9) turns a uid into a role: no password exists. [`Cluster::connect_as`] makes connections in another
//! uid's name. **Rootless**, for development, all processes are the same user; the folder of the socket keeps
//! everybody else out, and inside it any role may be chosen.
//!
//! The server is a child of the process that starts the [`Cluster`], by way of that program itself: it executes
//! itself with a role as its first argument ([`is_role`], [`serve_role`]), prepares, and becomes the server.

mod accounts;
mod binaries;
mod bootstrap;
mod cluster;
mod error;
mod identity;
mod layout;
mod orphans;
mod process;
mod role;
mod settings;
mod socket;

pub use accounts::{
    AUDITOR_UID, AccountError, CONTROL_UID, FIRST_TENANT_UID, GATEWAY_UID, OUTBOUND_UID, POSTGRES_UID,
    UID_BASE,
};
pub use binaries::{Binaries, BinariesError, OLDEST_VERSION};
pub use bootstrap::{
    AUDITOR_ROLE, CONTROL_DATABASE, CONTROL_ROLE, OWNERS_ROLE, SUPERUSER, TEMPLATE_DATABASE, TENANTS_ROLE,
    harden, run as bootstrap,
};
pub use cluster::{Cluster, ClusterConfig};
pub use error::ClusterError;
pub use role::{is_role, serve_role};
pub use socket::{SOCKET_NAME, SocketFolder};

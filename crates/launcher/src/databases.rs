//! Where the instance's databases are, and how a connection to there comes to be: by this process, under the asker's
//! uid, to the private cluster; by outbound to a server on a network, where the asker has to prove itself.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::time::Duration;

use kiavi_base::TenantId;
use kiavi_ipc::database::Whereabouts;
use kiavi_ipc::{Fd, SealedDocument};
use kiavi_localpg::{AccountError, Cluster, ClusterConfig};
use kiavi_sandbox::Isolation;
use tokio::time::{Instant, timeout};

use crate::backoff::Failure;
use crate::child::ProcessId;
use crate::config::{LauncherConfig, PostgresConfig, PrivatePostgres, RemotePostgres};
use crate::folder::Folder;
use crate::services::Service;
use crate::supervisor::LauncherError;

/// How long a cluster that was left may take to be brought up to date. Nobody is let in meanwhile.
const UP_TO_DATE_DEADLINE: Duration = Duration::from_secs(5);

/// Who asked for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asker {
    Engine(ProcessId),
    /// The process and the number of its request.
    Control(ProcessId, u64),
    /// The same.
    Auditor(ProcessId, u64),
}

/// What comes of a request.
pub(crate) enum Connecting {
    /// This, at once.
    Now(Option<Fd>),
    /// Outbound has to be asked, under this number.
    Outbound(u64),
}

/// Where the databases are.
pub(crate) enum Databases {
    /// In a cluster of our own; `None` while it is down.
    Private { cluster: Option<Cluster>, restarts: Service<()> },
    /// On a server on a network, of which those who ask are told this.
    Remote { server: SealedDocument, waiting: HashMap<u64, Asker>, last_request: u64 },
}

impl Databases {
    /// Starts the private cluster, if that is where they are.
    pub(crate) async fn start(folder: &Folder, config: &LauncherConfig) -> Result<Self, LauncherError> {
        Ok(match &config.postgres {
            PostgresConfig::Private(sizes) => Self::Private {
                cluster: Some(Cluster::start(cluster_config(folder, config.isolation, sizes)?).await?),
                restarts: Service::default(),
            },
            PostgresConfig::Remote(remote) => Self::remote(remote)?,
        })
    }

    /// Goes on with the private cluster that the program before this one has left, by its process id and its lock.
    pub(crate) fn adopt(
        folder: &Folder,
        config: &LauncherConfig,
        left: Option<(u32, OwnedFd)>,
    ) -> Result<Self, LauncherError> {
        Ok(match &config.postgres {
            PostgresConfig::Private(sizes) => {
                let adopted = left.map(|(pid, lock)| {
                    Cluster::adopt(&cluster_config(folder, config.isolation, sizes)?, pid, lock)
                        .map_err(LauncherError::from)
                });
                Self::Private { cluster: adopted.transpose()?, restarts: Service::default() }
            }
            PostgresConfig::Remote(remote) => Self::remote(remote)?,
        })
    }

    /// Has the private cluster that was left be as this program would have started it: one from before there was an auditor
    /// knows no role of its. Without it the instance goes on, and what it lacks comes with the next restart.
    pub(crate) async fn bring_up_to_date(&self, folder: &Folder, config: &LauncherConfig) {
        let (Self::Private { cluster: Some(cluster), .. }, PostgresConfig::Private(sizes)) =
            (self, &config.postgres)
        else {
            return;
        };
        let work = async {
            cluster.bring_up_to_date(&cluster_config(folder, config.isolation, sizes)?).await?;
            Ok::<_, LauncherError>(())
        };
        match timeout(UP_TO_DATE_DEADLINE, work).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "PostgreSQL stays as it was until a restart"
                );
            }
            Err(_) => tracing::error!("PostgreSQL does not answer; it stays as it was until a restart"),
        }
    }

    fn remote(remote: &RemotePostgres) -> Result<Self, LauncherError> {
        let server = remote.server.seal().map_err(std::io::Error::other)?;
        Ok(Self::Remote { server, waiting: HashMap::new(), last_request: 0 })
    }

    /// How often the private cluster failed in a row; `None`: it is not ours.
    pub(crate) fn failures(&self, now: Instant) -> Option<u32> {
        match self {
            Self::Private { restarts, .. } => Some(restarts.failures(now)),
            Self::Remote { .. } => None,
        }
    }

    /// What the next program needs to go on with the private cluster.
    pub(crate) fn cluster(&self) -> Option<&Cluster> {
        match self {
            Self::Private { cluster, .. } => cluster.as_ref(),
            Self::Remote { .. } => None,
        }
    }

    /// Whether connections can be asked for: whether a server elsewhere runs, nobody here knows.
    pub(crate) fn are_up(&self) -> bool {
        matches!(self, Self::Private { cluster: Some(_), .. } | Self::Remote { .. })
    }

    /// Whether roles are known by the account that connects.
    pub(crate) fn knows_accounts(&self) -> bool {
        matches!(self, Self::Private { .. })
    }

    /// Whether somebody waits for outbound.
    pub(crate) fn is_waited_for(&self) -> bool {
        matches!(self, Self::Remote { waiting, .. } if !waiting.is_empty())
    }

    /// What control and the auditor are told of the server; nothing of a private one, which they reach with nothing.
    pub(crate) fn server(&self) -> Option<Fd> {
        match self {
            Self::Private { .. } => None,
            Self::Remote { server, .. } => Some(server.fd()),
        }
    }

    /// A connection for `asker`, whose account has this uid.
    pub(crate) fn connect(&mut self, asker: Asker, uid: u32) -> Connecting {
        match self {
            Self::Private { cluster, .. } => Connecting::Now(connect_as(cluster.as_ref(), uid)),
            Self::Remote { waiting, last_request, .. } => {
                *last_request += 1;
                waiting.insert(*last_request, asker);
                Connecting::Outbound(*last_request)
            }
        }
    }

    /// Where an engine with this account finds its database, already connected where this process can do that.
    pub(crate) fn whereabouts(&self, uid: u32) -> Whereabouts {
        match self {
            Self::Private { cluster, .. } => {
                Whereabouts::Private { connected: connect_as(cluster.as_ref(), uid) }
            }
            Self::Remote { server, .. } => Whereabouts::Remote { server: server.fd() },
        }
    }

    /// Who waits for what outbound answers under this number.
    pub(crate) fn answered(&mut self, request: u64) -> Option<Asker> {
        match self {
            Self::Private { .. } => None,
            Self::Remote { waiting, .. } => waiting.remove(&request),
        }
    }

    /// Outbound has ended: those who wait for it wait no more.
    pub(crate) fn give_up(&mut self) -> Vec<Asker> {
        match self {
            Self::Private { .. } => Vec::new(),
            Self::Remote { waiting, .. } => waiting.drain().map(|(_, asker)| asker).collect(),
        }
    }

    /// Gives a uid the name that `peer` asks for. On a server on a network nobody is known by a uid.
    pub(crate) fn add_account(&mut self, uid: u32, tenant: &TenantId) -> Result<bool, AccountError> {
        match self {
            Self::Private { cluster: Some(cluster), .. } => {
                cluster.add_account(uid, tenant.as_str()).map(|()| true)
            }
            Self::Private { cluster: None, .. } => Ok(false),
            Self::Remote { .. } => Ok(true),
        }
    }

    /// Takes a uid its name away.
    pub(crate) fn remove_account(&mut self, uid: u32, tenant: &TenantId) -> Result<bool, AccountError> {
        match self {
            Self::Private { cluster: Some(cluster), .. } => {
                cluster.remove_account(uid, tenant.as_str()).map(|()| true)
            }
            Self::Private { cluster: None, .. } => Ok(false),
            Self::Remote { .. } => Ok(true),
        }
    }

    /// The uids of tenants that have a name, with it; `None` while nobody can tell.
    pub(crate) fn tenant_accounts(&self) -> Option<Vec<(u32, String)>> {
        match self {
            Self::Private { cluster, .. } => cluster.as_ref().map(Cluster::tenant_accounts),
            Self::Remote { .. } => Some(Vec::new()),
        }
    }

    /// Resolves when the private cluster has ended by itself.
    pub(crate) async fn ended(&mut self) {
        match self {
            Self::Private { cluster: Some(cluster), .. } => {
                let status = cluster.exited().await;
                tracing::error!(?status, "PostgreSQL ended");
            }
            _ => std::future::pending().await,
        }
    }

    /// The private cluster has ended, or did not start. After how long to try (again).
    pub(crate) fn failed(&mut self) -> Option<Duration> {
        let Self::Private { cluster, restarts } = self else { return None };
        *cluster = None;
        Some(restarts.ended(Failure::Crash, Instant::now()).unwrap_or_default())
    }

    /// Starts the private cluster again.
    pub(crate) async fn restart(
        &mut self,
        folder: &Folder,
        config: &LauncherConfig,
    ) -> Result<(), LauncherError> {
        if let (Self::Private { cluster, .. }, PostgresConfig::Private(sizes)) = (self, &config.postgres) {
            *cluster = Some(Cluster::start(cluster_config(folder, config.isolation, sizes)?).await?);
        }
        Ok(())
    }

    /// Shuts the private cluster down.
    pub(crate) async fn stop(&mut self) {
        let Self::Private { cluster, .. } = self else { return };
        let Some(cluster) = cluster.take() else { return };
        if let Err(error) = cluster.stop().await {
            tracing::error!(error = &error as &dyn std::error::Error, "PostgreSQL did not stop cleanly");
        }
    }
}

fn cluster_config(
    folder: &Folder,
    isolation: Isolation,
    sizes: &PrivatePostgres,
) -> Result<ClusterConfig, LauncherError> {
    let program = std::env::current_exe()?;
    let mut cluster = ClusterConfig::new(folder.path(), isolation == Isolation::Full, program);
    cluster.max_connections = sizes.max_connections;
    cluster.shared_buffers_mb = sizes.shared_buffers_mb;
    Ok(cluster)
}

/// A connection to the private cluster under an account.
fn connect_as(cluster: Option<&Cluster>, uid: u32) -> Option<Fd> {
    match cluster?.connect_as(uid) {
        Ok(stream) => Some(stream.into()),
        Err(error) => {
            tracing::warn!(%error, "PostgreSQL cannot be reached");
            None
        }
    }
}

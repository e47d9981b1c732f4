//! The control groups of an instance's processes, changed by a thread of their own: when a process changes groups the kernel
//! may wait for all processors (an RCU grace period, some 15 ms), and neither the launcher nor the visitor who waits for an
//! engine should. Until then the limits hold that the process set itself, and what was handed to it is served by the
//! program that we wrote: it reads nothing from outside before it is sealed.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use kiavi_base::TenantId;
use kiavi_sandbox::cgroup::{Cgroups, Group, Kills, Share, Version, has_ended};

use crate::signals;

/// What the instance's own processes weigh, and the engines together, when the processor is contended. The databases are what
/// everybody waits for; who accepts connections must be able to refuse them; none of it can be outweighed by a number of
/// engines.
const WEIGHTS: [(&str, u64); 5] =
    [(POSTGRES, 400), ("gateway", 200), ("control", 100), ("outbound", 100), ("auditor", 50)];
const ENGINES_WEIGHT: u64 = 400;

/// The group of the private cluster's server.
pub(crate) const POSTGRES: &str = "postgres";

/// How often a group is made again that somebody has removed meanwhile: another engine of the tenant has just ended.
const ATTEMPTS: u32 = 3;

enum Job {
    Service { role: &'static str, pid: u32 },
    Confine { tenant: TenantId, pid: u32, share: Share },
    Release { tenant: TenantId },
    End,
}

/// Who may put processes into the groups of tenants.
#[derive(Clone)]
pub(crate) struct Placing(Sender<Job>);

impl Placing {
    /// Puts a process into a tenant's group.
    pub(crate) fn confine(&self, tenant: &TenantId, pid: u32, share: Share) {
        self.tell(Job::Confine { tenant: tenant.clone(), pid, share });
    }

    /// A process of the tenant has ended; the group goes unless another one is in it.
    pub(crate) fn release(&self, tenant: &TenantId) {
        self.tell(Job::Release { tenant: tenant.clone() });
    }

    fn tell(&self, job: Job) {
        // Without the thread the instance ends, and its groups with it.
        let _ = self.0.send(job);
    }
}

/// What the thread is told; done in the order of telling.
pub(crate) struct Groups {
    placing: Placing,
    thread: JoinHandle<()>,
    cgroups: Cgroups,
    /// How often the kernel had killed in a tenant's group when its last engine was started.
    kills: HashMap<TenantId, Kills>,
}

impl Groups {
    /// Starts the thread.
    pub(crate) fn start(cgroups: Cgroups) -> std::io::Result<Self> {
        cgroups.weigh_engines(ENGINES_WEIGHT)?;
        let (jobs, queue) = channel();
        let of_thread = cgroups.clone();
        let thread =
            thread::Builder::new().name("cgroups".to_owned()).spawn(move || work(&of_thread, &queue))?;
        Ok(Self { placing: Placing(jobs), thread, cgroups, kills: HashMap::new() })
    }

    /// Which control groups they are.
    pub(crate) fn version(&self) -> Version {
        self.cgroups.version()
    }

    /// Puts one of the instance's own processes into its group.
    pub(crate) fn weigh(&self, role: &'static str, pid: u32) {
        self.placing.tell(Job::Service { role, pid });
    }

    /// Puts an engine into its tenant's group.
    pub(crate) fn confine(&mut self, tenant: &TenantId, pid: u32, share: Share) {
        match self.cgroups.tenant_kills(tenant.as_str()) {
            Some(kills) => self.kills.insert(tenant.clone(), kills),
            None => self.kills.remove(tenant),
        };
        self.placing.confine(tenant, pid, share);
    }

    /// For processes that are not engines.
    pub(crate) fn placing(&self) -> Placing {
        self.placing.clone()
    }

    /// Whether the kernel has killed in a tenant's group, because it had no memory left, since its last engine was started or
    /// this was last asked.
    pub(crate) fn was_out_of_memory(&mut self, tenant: &TenantId) -> bool {
        let Some(kills) = self.cgroups.tenant_kills(tenant.as_str()) else { return false };
        kills.are_more_than(self.kills.insert(tenant.clone(), kills).as_ref())
    }

    /// An engine of the tenant has ended; the group goes unless another one is in it.
    pub(crate) fn release(&self, tenant: &TenantId) {
        self.placing.release(tenant);
    }

    /// All processes have ended: nothing is left behind.
    pub(crate) fn end(self) {
        let Self { placing, thread, cgroups, .. } = self;
        placing.tell(Job::End);
        // It has panicked then, and has said so.
        let _ = thread.join();
        cgroups.remove();
    }
}

fn work(cgroups: &Cgroups, queue: &Receiver<Job>) {
    // They are for the main thread, which may hold them back: one that arrived here meanwhile would be lost.
    if let Err(error) = signals::hold() {
        tracing::warn!(%error, "signals cannot be left to the main thread");
    }
    let mut groups: HashMap<TenantId, Group> = HashMap::new();
    for job in queue {
        match job {
            Job::Service { role, pid } => match put(|| cgroups.service(role, &weight(role)), pid) {
                Ok(_) => {}
                Err(error) => tracing::warn!(role, %error, "a process has no control group"),
            },
            Job::Confine { tenant, pid, share } => {
                match put(|| cgroups.tenant(tenant.as_str(), &share), pid) {
                    // Kept, so that its end removes it.
                    Ok(group) => drop(groups.insert(tenant, group)),
                    Err(error) => tracing::warn!(%tenant, %error, "an engine has no control group"),
                }
            }
            Job::Release { tenant } => {
                // Busy while the tenant's next process is in it; that one's end removes it.
                if groups.get(&tenant).is_some_and(|group| group.remove().is_ok()) {
                    groups.remove(&tenant);
                }
            }
            Job::End => return,
        }
    }
}

fn weight(role: &str) -> Share {
    let known = WEIGHTS.iter().find(|(name, _)| *name == role);
    known.map_or(Share::weighing(100), |(_, weight)| Share::weighing(*weight))
}

/// Makes a group and puts a process, with what it has started meanwhile, into it. A process that has ended meanwhile needs none.
fn put(make: impl Fn() -> std::io::Result<Group>, pid: u32) -> std::io::Result<Group> {
    let mut attempt = 1;
    loop {
        let group = make()?;
        match group.add_with_children(pid) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && attempt < ATTEMPTS => attempt += 1,
            Err(error) if !has_ended(&error) => return Err(error),
            _ => return Ok(group),
        }
    }
}

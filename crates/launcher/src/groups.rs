//! The control groups of tenants, changed by a thread of their own: when a process changes groups the kernel may wait
//! for all processors (an RCU grace period, some 15 ms), and neither the launcher nor the visitor who waits for an
//! engine should. Until then the limits hold that the process set itself.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use kiavi_base::TenantId;
use kiavi_sandbox::cgroup::{Cgroups, Group, Share};

use crate::signals;

enum Job {
    Confine { tenant: TenantId, pid: u32 },
    Release { tenant: TenantId },
}

/// What the thread is told; done in the order of telling. It ends when this is dropped.
pub(crate) struct Groups(Sender<Job>);

impl Groups {
    /// Starts the thread.
    pub(crate) fn start(cgroups: Cgroups, share: Share) -> std::io::Result<Self> {
        let (jobs, queue) = channel();
        thread::Builder::new().name("cgroups".to_owned()).spawn(move || work(&cgroups, &share, &queue))?;
        Ok(Self(jobs))
    }

    /// Puts an engine into its tenant's group.
    pub(crate) fn confine(&self, tenant: &TenantId, pid: u32) {
        self.tell(Job::Confine { tenant: tenant.clone(), pid });
    }

    /// An engine of the tenant has ended; the group goes unless another one is in it.
    pub(crate) fn release(&self, tenant: &TenantId) {
        self.tell(Job::Release { tenant: tenant.clone() });
    }

    fn tell(&self, job: Job) {
        // The thread ends only with this value.
        let _ = self.0.send(job);
    }
}

fn work(cgroups: &Cgroups, share: &Share, queue: &Receiver<Job>) {
    // They are for the main thread, which may hold them back: one that arrived here meanwhile would be lost.
    if let Err(error) = signals::hold() {
        tracing::warn!(%error, "signals cannot be left to the main thread");
    }
    let mut groups: HashMap<TenantId, Group> = HashMap::new();
    for job in queue {
        match job {
            Job::Confine { tenant, pid } => {
                let group = cgroups.create(tenant.as_str(), share);
                let added = group.and_then(|group| {
                    let added = group.add(pid);
                    // Kept in any case, so that its end removes it.
                    groups.insert(tenant.clone(), group);
                    added
                });
                match added {
                    // It has ended meanwhile.
                    Err(error) if error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error()) => {}
                    Err(error) => tracing::warn!(%tenant, %error, "an engine has no control group"),
                    Ok(()) => {}
                }
            }
            Job::Release { tenant } => {
                // Busy while the tenant's next process is in it; that one's end removes it.
                if groups.get(&tenant).is_some_and(|group| group.remove().is_ok()) {
                    groups.remove(&tenant);
                }
            }
        }
    }
}

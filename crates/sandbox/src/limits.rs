//! Upper bounds per role (`setrlimit(2)`). They hold everywhere; control groups bound a tenant's share on top.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::profile::{Isolation, Role};

/// What one role may use at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Open descriptors: connections, mostly.
    pub open_files: u64,
    /// Private writable memory, in bytes.
    pub data_bytes: u64,
    /// Size of a file written, in bytes.
    pub file_bytes: u64,
    /// Processes and threads of the account. Counted per uid, so it needs an account of its own unless it is 1.
    pub processes: u64,
}

const MIB: u64 = 1 << 20;

impl Limits {
    /// 8,192 connections and database lanes; 512 MiB; no file; no second thread.
    pub const ENGINE: Self = Self { open_files: 8_192, data_bytes: 512 * MIB, file_bytes: 0, processes: 1 };
    /// 65,536 connections being looked at or waiting for an engine; 512 MiB; no file; no second thread.
    pub const GATEWAY: Self = Self { open_files: 65_536, data_bytes: 512 * MIB, file_bytes: 0, processes: 1 };
    /// 65,536 connections and doors, of which each engine has two; 512 MiB; 1 MiB for the memory file of certificate authorities, made before the seal, which
    /// leaves no way to write another; 64 threads for the resolver, whose pool should be smaller.
    pub const OUTBOUND: Self =
        Self { open_files: 65_536, data_bytes: 512 * MIB, file_bytes: MIB, processes: 64 };
    /// 256 descriptors, of which the most are database connections; 256 MiB; no file; no second thread.
    pub const AUDITOR: Self = Self { open_files: 256, data_bytes: 256 * MIB, file_bytes: 0, processes: 1 };
    /// 8,192 connections; 1 GiB; files up to 64 MiB; no second thread.
    pub const CONTROL: Self =
        Self { open_files: 8_192, data_bytes: 1_024 * MIB, file_bytes: 64 * MIB, processes: 1 };
    /// Signals that may wait for any role.
    pub const PENDING_SIGNALS: u64 = 64;

    pub(crate) const fn of(role: Role) -> Self {
        match role {
            Role::Engine => Self::ENGINE,
            Role::Gateway => Self::GATEWAY,
            Role::Outbound => Self::OUTBOUND,
            Role::Auditor => Self::AUDITOR,
            Role::Control => Self::CONTROL,
        }
    }

    pub(crate) fn apply(self, isolation: Isolation) -> io::Result<()> {
        for (resource, limit) in [
            (Resource::Core, 0),
            (Resource::Nofile, self.open_files),
            (Resource::Data, self.data_bytes),
            (Resource::Fsize, self.file_bytes),
            (Resource::Memlock, 0),
            (Resource::Msgqueue, 0),
            (Resource::Sigpending, Self::PENDING_SIGNALS),
            (Resource::Rtprio, 0),
            (Resource::Nice, 0),
            (Resource::Locks, 0),
        ] {
            lower(resource, limit)?;
        }
        // A developer's own account has other processes, which count as well; a limit of one refuses all the same.
        if isolation == Isolation::Full || self.processes == 1 {
            lower(Resource::Nproc, self.processes)?;
        }
        Ok(())
    }
}

/// Sets both limits, which takes no privilege as long as the hard one does not rise.
fn lower(resource: Resource, limit: u64) -> io::Result<()> {
    let limit = getrlimit(resource).maximum.map_or(limit, |hard| hard.min(limit));
    Ok(setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) })?)
}

//! Whose process it is and what it may still become.

use std::{fs, io};

use rustix::{
    process::{DumpableBehavior, Gid, Pid, Signal, Uid, getppid},
    thread::{CapabilitySet, CapabilitySets},
};

use crate::SandboxError;

/// The account of one process: never shared with another role or tenant, and never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Account {
    /// The user id, not 0.
    pub uid: u32,
    /// The group id, not 0.
    pub gid: u32,
}

/// `Threads:` of `/proc/self/status` (`proc_pid_status(5)`).
pub(crate) fn require_single_thread() -> Result<(), SandboxError> {
    let status = fs::read_to_string("/proc/self/status").map_err(SandboxError::Inspection)?;
    let threads = status
        .lines()
        .find_map(|line| line.strip_prefix("Threads:"))
        .and_then(|count| count.trim().parse().ok())
        .ok_or_else(|| SandboxError::Inspection(io::ErrorKind::InvalidData.into()))?;
    if threads == 1 { Ok(()) } else { Err(SandboxError::NotSingleThreaded { threads }) }
}

/// Empties the capability bounding set, so that nothing could bring a capability back. Needs `CAP_SETPCAP`.
pub(crate) fn empty_bounding_set() -> io::Result<()> {
    for bit in 0..u64::BITS {
        let capability = CapabilitySet::from_bits_retain(1 << bit);
        // The kernel answers EINVAL from the first number that it does not know.
        match rustix::thread::capability_is_in_bounding_set(capability) {
            Ok(true) => rustix::thread::remove_capability_from_bounding_set(capability)?,
            Ok(false) => {}
            Err(_) => break,
        }
    }
    Ok(())
}

/// Becomes the account: real, effective and saved ids at once, no supplementary groups.
pub(crate) fn become_account(account: Account) -> io::Result<()> {
    let (uid, gid) = (Uid::from_raw(account.uid), Gid::from_raw(account.gid));
    rustix::thread::set_thread_groups(&[])?;
    rustix::thread::set_thread_res_gid(gid, gid, gid)?;
    rustix::thread::set_thread_res_uid(uid, uid, uid)?;
    Ok(())
}

/// No capability, not traceable by a process of the same account, and nothing to gain by running a file.
pub(crate) fn drop_privileges() -> io::Result<()> {
    rustix::thread::clear_ambient_capability_set()?;
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    rustix::thread::set_capabilities(None, none)?;
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    rustix::thread::set_no_new_privs(true)?;
    Ok(())
}

/// Asks the kernel to kill this process when the thread that started it ends (`PR_SET_PDEATHSIG`).
///
/// To be called after the account is taken, because changing ids clears it. `parent` is what `getppid` said before:
/// if it says something else afterwards, the parent ended in between and its death signal will never come.
///
/// # Errors
/// `BrokenPipe` if the parent is gone; else the kernel's answer.
pub fn set_pdeathsig(parent: Option<Pid>) -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    if getppid() == parent { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
}

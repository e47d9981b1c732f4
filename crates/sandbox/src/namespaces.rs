//! Namespaces: a process sees mounts, network, IPC, host name and control groups of its own only.
#![allow(unsafe_code, reason = "unshare is unsafe because of a flag that is not used here")]

use std::{fs, io};

use rustix::thread::{UnshareFlags, unshare_unsafe};

use crate::Layer;

/// The namespaces, with the layer that each one is. The mounts come first: an empty root needs them.
pub(crate) const ALL: [(Layer, UnshareFlags); 5] = [
    (Layer::MountNamespace, UnshareFlags::NEWNS),
    (Layer::NetworkNamespace, UnshareFlags::NEWNET),
    (Layer::IpcNamespace, UnshareFlags::NEWIPC),
    (Layer::UtsNamespace, UnshareFlags::NEWUTS),
    (Layer::CgroupNamespace, UnshareFlags::NEWCGROUP),
];

/// Moves the calling thread, which must be the only one, into a new namespace.
pub(crate) fn enter(kind: UnshareFlags) -> io::Result<()> {
    // SAFETY: only UnshareFlags::FILES is unsound, and it is never passed: see ALL and enter_user.
    Ok(unsafe { unshare_unsafe(kind) }?)
}

/// Moves into a new user namespace in which the ids stay what they are (`user_namespaces(7)`), which gives the
/// capabilities to make the other namespaces.
pub(crate) fn enter_user() -> io::Result<()> {
    let uid = rustix::process::geteuid().as_raw();
    let gid = rustix::process::getegid().as_raw();
    enter(UnshareFlags::NEWUSER)?;
    // Without this line the group map would be refused to an ordinary user.
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{uid} {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("{gid} {gid} 1"))
}

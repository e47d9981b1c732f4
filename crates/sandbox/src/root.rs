//! The empty root: a small read-only tmpfs takes the place of the host's file system.

use std::{ffi::CStr, fs, io, path::Path};

use rustix::{
    fs::Mode,
    mount::{
        MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind_recursive, mount_change,
        mount_remount, unmount,
    },
    process::{chdir, pivot_root, umask},
};

use crate::profile::Role;

/// Where the control plane finds its folder inside the empty root.
pub(crate) const DATA_DIR: &str = "/data";

/// Where the new root is mounted before it becomes the root. Any directory that surely exists serves; this one has
/// just been read.
const STAGING: &str = "/proc";

/// 16 kB and a handful of names: room for a mount point, not for storage.
const EMPTY: &CStr = c"mode=0755,size=16k,nr_inodes=8";
/// 8 MiB: the resolver's files and the certificate authorities.
const WITH_NETWORK_FILES: &CStr = c"mode=0755,size=8m,nr_inodes=32";

/// What the resolver and TLS read on the host. Copied rather than mounted: some of these are symbolic links, and a
/// mounted file would disappear when the host replaces it. A change on the host needs a restart of the process.
const NETWORK_FILES: [&str; 5] =
    ["/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/gai.conf", "/etc/services"];

/// Files and folders that the same readers need when there is no empty root, for Landlock.
pub(crate) const HOST_NETWORK_PATHS: [&str; 12] = [
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/nsswitch.conf",
    "/run/systemd/resolve",
    "/etc/ssl",
    "/etc/pki",
    "/etc/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/share/ca-certificates-local",
];

/// Bundles of certificate authorities, in the order of preference; the first that exists is taken.
const CERTIFICATE_BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Where the bundle is put, which is where every TLS library looks first on Debian.
const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Names come from the hosts file and DNS: other modules would be shared libraries to load.
const NSSWITCH: &str = "hosts: files dns\n";

/// Replaces the root by an empty one. Needs a mount namespace of its own and the current directory to be the data
/// folder if the role has one.
pub(crate) fn enter(role: Role) -> io::Result<()> {
    let files = if role == Role::Outbound { network_files() } else { Vec::new() };
    // Nothing that is mounted from here on may reach the host's table of mounts.
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    let options = if files.is_empty() { EMPTY } else { WITH_NETWORK_FILES };
    mount("tmpfs", STAGING, "tmpfs", flags, options)?;
    // What is made here is for the account that this process takes next, whatever mask the service manager has for files:
    // a unit's is often 077. The process has no other thread, and a mask for its own files follows.
    umask(Mode::WGRP | Mode::WOTH);
    if role == Role::Control {
        let target = format!("{STAGING}{DATA_DIR}");
        fs::create_dir(&target)?;
        mount_bind_recursive(".", target.as_str())?;
    }
    for (path, content) in files {
        let target = format!("{STAGING}{path}");
        if let Some(folder) = Path::new(&target).parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(target, content)?;
    }
    mount_remount(STAGING, flags | MountFlags::RDONLY, c"")?;
    chdir(STAGING)?;
    // pivot_root(2), notes: with both arguments "." the old root ends up on top of the new one and is detached.
    pivot_root(".", ".")?;
    unmount(".", UnmountFlags::DETACH)?;
    Ok(chdir("/")?)
}

fn network_files() -> Vec<(&'static str, Vec<u8>)> {
    let mut files: Vec<_> =
        NETWORK_FILES.into_iter().filter_map(|path| Some((path, fs::read(path).ok()?))).collect();
    files.push(("/etc/nsswitch.conf", NSSWITCH.into()));
    files.extend(
        CERTIFICATE_BUNDLES.iter().find_map(|path| fs::read(path).ok()).map(|all| (CERTIFICATES, all)),
    );
    files
}

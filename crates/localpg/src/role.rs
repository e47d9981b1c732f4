//! What this program does when it executes itself to become the server.

use std::{
    convert::Infallible,
    ffi::{OsStr, OsString},
    fs::{self, File},
    io,
    os::{
        fd::AsRawFd,
        unix::{fs::symlink, process::CommandExt},
    },
    path::{Path, PathBuf},
    process::Command,
};

use rustix::{
    fs::Mode,
    mount::{MountFlags, MountPropagationFlags, mount, mount_bind, mount_change},
    process::{
        Gid, Pid, Resource, Signal, Uid, getppid, getrlimit, set_parent_process_death_signal, setrlimit,
        umask,
    },
    thread::{UnshareFlags, set_no_new_privs, set_thread_groups, set_thread_res_gid, set_thread_res_uid},
};

use crate::{POSTGRES_UID, SUPERUSER};

/// The first argument of the process that becomes the server.
pub(crate) const SERVER: &str = "postgres-role";
/// The first argument of the process that makes a new cluster.
pub(crate) const INITIALISER: &str = "initdb-role";
/// Where the server in its namespace finds the cluster, whoever may enter the real folders above it.
pub(crate) const HIDDEN_BASE: &str = "/run/kiavi-postgres";
/// The argument that says which mode it is.
pub(crate) const ROOT_MODE: &str = "root";

/// Whether a program's first argument asks for [`serve_role`].
pub fn is_role(verb: &OsStr) -> bool {
    verb == SERVER || verb == INITIALISER
}

/// Becomes the server, or the program that makes a cluster. `arguments` are those of the process without its
/// name, as [`crate::Cluster`] gave them. Call it first thing in `main`, before there is a second thread.
///
/// Returns only if that fails.
pub fn serve_role(arguments: impl IntoIterator<Item = OsString>) -> io::Error {
    match become_program(arguments.into_iter()) {
        Err(error) => error,
    }
}

fn become_program(mut arguments: impl Iterator<Item = OsString>) -> io::Result<Infallible> {
    let mut next = || arguments.next().ok_or(io::Error::from(io::ErrorKind::InvalidInput));
    let verb = next()?;
    let (mode, parent) = (next()?, next()?);
    let (mut base, programs) = (PathBuf::from(next()?), PathBuf::from(next()?));
    let parent = parent.to_str().and_then(|text| text.parse().ok()).and_then(Pid::from_raw);
    umask(Mode::RWXG | Mode::RWXO);
    allow_many_files()?;
    if mode == ROOT_MODE {
        enter_namespaces(&base)?;
        base = PathBuf::from(HIDDEN_BASE);
        become_server_account()?;
    }
    // SIGINT is the server's fast shutdown. This must come after the change of uid, which clears it (prctl(2)).
    set_parent_process_death_signal(Some(Signal::INT))?;
    if getppid() != parent {
        return Err(io::Error::other("the process that wanted the server is gone"));
    }
    set_no_new_privs(true)?;
    let mut command = if verb == SERVER { server(&programs, &base) } else { initialiser(&programs, &base) };
    Err(command.env_clear().env("LC_ALL", "C").env("PATH", "/usr/bin:/bin").current_dir("/").exec())
}

fn server(programs: &Path, base: &Path) -> Command {
    let mut command = Command::new(programs.join("postgres"));
    command.arg("-D").arg(base.join("data"));
    let mut file = OsString::from("config_file=");
    file.push(base.join("conf/postgresql.conf"));
    command.arg("-c").arg(file);
    command
}

/// Collation C: an upgrade of the operating system's locales cannot break an index.
fn initialiser(programs: &Path, base: &Path) -> Command {
    let mut command = Command::new(programs.join("initdb"));
    command.args(["--username", SUPERUSER, "--auth=reject", "--encoding=UTF8", "--locale=C"]);
    command.args(["--data-checksums", "--no-instructions", "-D"]).arg(base.join("data.new"));
    command
}

/// Own mounts and no network. `/run` is emptied, so that no other service's socket is in reach, and has the
/// cluster. `/etc` is emptied, so that names come from our list of accounts only, and nothing that the host does
/// to its files can take that list away.
fn enter_namespaces(base: &Path) -> io::Result<()> {
    #[allow(deprecated, reason = "unsafe only with CLONE_FILES")]
    rustix::thread::unshare(UnshareFlags::NEWNS | UnshareFlags::NEWNET)?;
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    // Held open, because the mounts may hide its path.
    let base = File::open(base)?;
    let linker_cache = fs::read("/etc/ld.so.cache");
    for folder in ["/run", "/etc"] {
        let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
        mount("tmpfs", folder, "tmpfs", flags, c"mode=0755,size=4m")?;
    }
    create_folder(HIDDEN_BASE)?;
    mount_bind(format!("/proc/self/fd/{}", base.as_raw_fd()), HIDDEN_BASE)?;
    symlink(Path::new(HIDDEN_BASE).join("passwd"), "/etc/passwd")?;
    write_readable("/etc/nsswitch.conf", b"passwd: files\ngroup: files\n")?;
    match linker_cache {
        Ok(bytes) => write_readable("/etc/ld.so.cache", &bytes),
        Err(_) => Ok(()),
    }
}

fn become_server_account() -> io::Result<()> {
    let (uid, gid) = (Uid::from_raw(POSTGRES_UID), Gid::from_raw(POSTGRES_UID));
    set_thread_groups(&[])?;
    set_thread_res_gid(gid, gid, gid)?;
    set_thread_res_uid(uid, uid, uid)?;
    Ok(())
}

fn create_folder(path: &str) -> io::Result<()> {
    fs::create_dir(path)?;
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755))
}

fn write_readable(path: &str, bytes: &[u8]) -> io::Result<()> {
    fs::write(path, bytes)?;
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o644))
}

/// The server opens a file for each table that it touches.
fn allow_many_files() -> io::Result<()> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    Ok(setrlimit(Resource::Nofile, limit)?)
}

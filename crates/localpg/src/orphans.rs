//! Servers that an earlier run left behind.

use std::{
    fs, io,
    os::{fd::OwnedFd, unix::fs::MetadataExt},
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use tokio::time::{Instant, sleep};

use crate::error::ClusterError;

/// How often it is looked whether they are gone.
const POLL: Duration = Duration::from_millis(20);
/// Ways to end a server and how long each may take: fast shutdown (its parent's death has asked for that
/// already), immediate shutdown, no more questions.
const STEPS: [(Signal, Duration); 3] = [
    (Signal::INT, Duration::from_secs(20)),
    (Signal::QUIT, Duration::from_secs(5)),
    (Signal::KILL, Duration::from_secs(5)),
];

/// Ends all server processes that work in the data folder, and returns once there are none.
pub(crate) async fn end(data: &Path) -> Result<(), ClusterError> {
    for (signal, patience) in STEPS {
        let deadline = Instant::now() + patience;
        let mut is_asked = false;
        loop {
            let orphans = find(data);
            if orphans.is_empty() {
                return Ok(());
            }
            if !is_asked {
                tracing::warn!(
                    processes = orphans.len(),
                    ?signal,
                    "ending the database server of an earlier run"
                );
                ask(&orphans, postmaster(data), signal);
                is_asked = true;
            }
            if Instant::now() > deadline {
                break;
            }
            sleep(POLL).await;
        }
    }
    match find(data).first() {
        Some((pid, _)) => Err(ClusterError::Orphan { pid: pid.as_raw_nonzero().get() }),
        None => Ok(()),
    }
}

/// The postmaster ends the others. Without one, they would end by themselves, and are asked as well.
fn ask(orphans: &[(Pid, OwnedFd)], postmaster: Option<Pid>, signal: Signal) {
    let has_postmaster = orphans.iter().any(|(pid, _)| Some(*pid) == postmaster);
    for (pid, pidfd) in orphans {
        if signal == Signal::KILL || !has_postmaster || Some(*pid) == postmaster {
            let _ = pidfd_send_signal(pidfd, signal);
        }
    }
}

/// Server processes work in their data folder. The file `postmaster.pid` alone proves nothing: its process id
/// may have passed to another process, and the postmaster may be dead while its children live.
fn find(data: &Path) -> Vec<(Pid, OwnedFd)> {
    let Ok(data) = fs::metadata(data) else { return Vec::new() };
    let works_in_data = |folder: &Path| {
        let is_server = fs::read_link(folder.join("exe")).is_ok_and(|exe| is_server_program(&exe));
        let directory = || fs::metadata(folder.join("cwd"));
        is_server && directory().is_ok_and(|found| (found.dev(), found.ino()) == (data.dev(), data.ino()))
    };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
    processes
        .filter(|folder| works_in_data(folder))
        .filter_map(|folder| {
            let pid = process_id(&folder)?;
            let pidfd = pidfd_open(pid, PidfdFlags::empty()).ok()?;
            // Looked at again: the id may have passed to another process in between.
            works_in_data(&folder).then_some((pid, pidfd))
        })
        .collect()
}

fn is_server_program(exe: &Path) -> bool {
    let name = exe.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    // An upgrade has removed the program's file (proc(5), /proc/pid/exe).
    name.strip_suffix(" (deleted)").unwrap_or(name) == "postgres"
}

fn process_id(folder: &Path) -> Option<Pid> {
    Pid::from_raw(folder.file_name()?.to_str()?.parse().ok()?)
}

/// The first line of the server's lock file.
fn postmaster(data: &Path) -> Option<Pid> {
    let text: io::Result<String> = fs::read_to_string(PathBuf::from(data).join("postmaster.pid"));
    Pid::from_raw(text.ok()?.lines().next()?.trim().parse().ok()?)
}

//! A cluster's owner as a process of its own.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::{fs::PermissionsExt, fs::chown, process::CommandExt},
    path::Path,
    process::{Child, Command, Stdio},
};

use kiavi_localpg::SocketFolder;
use rustix::process::{Pid, Signal, kill_process};

use crate::{Folder, HOST, is_root};

/// The two modes.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Mode {
    Root,
    Rootless,
}

pub(crate) struct Host {
    child: Child,
    pub(crate) server: Pid,
}

impl Host {
    /// Starts the process and waits until its cluster is ready. Rootless under root is the account `postgres`.
    pub(crate) fn start(folder: &Folder, mode: Mode) -> Self {
        let data = folder.path().join("data");
        let program = folder.path().join("host");
        if !program.exists() {
            fs::copy(HOST, &program).unwrap();
            fs::create_dir(&data).unwrap();
        }
        let mut command = Command::new(program);
        if mode == Mode::Rootless && is_root() {
            let (uid, gid) = postgres_account();
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
            chown(&data, Some(uid), Some(gid)).unwrap();
            command.uid(uid).gid(gid);
        }
        let mut child = command.arg(data).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let server =
            line.strip_prefix("ready ").and_then(|pid| pid.trim().parse().ok()).and_then(Pid::from_raw);
        Self { child, server: server.unwrap_or_else(|| panic!("the cluster does not start: {line:?}")) }
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn kill_server(&self) {
        kill_process(self.server, Signal::KILL).unwrap();
    }

    /// Ends the process in an orderly way.
    pub(crate) fn stop(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

pub(crate) fn socket(data: &Path) -> SocketFolder {
    SocketFolder::open(&data.join("postgres/run")).unwrap()
}

fn postgres_account() -> (u32, u32) {
    let accounts = fs::read_to_string("/etc/passwd").unwrap();
    let line = accounts.lines().find(|line| line.starts_with("postgres:")).unwrap();
    let fields: Vec<_> = line.split(':').collect();
    (fields[2].parse().unwrap(), fields[3].parse().unwrap())
}

//! A child process whose end can be awaited.

use std::{
    fs::File,
    io,
    os::{fd::OwnedFd, unix::process::CommandExt},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use tokio::{
    io::{Interest, unix::AsyncFd},
    time::timeout,
};

/// The server, or the program that makes a cluster.
pub(crate) struct Process {
    child: Child,
    pidfd: AsyncFd<OwnedFd>,
}

impl Process {
    /// Starts `program` with `arguments`, in a process group of its own, so that Ctrl-C in a terminal reaches
    /// only us, who stop the server last. What it prints goes to `log`.
    pub(crate) fn start(program: &Path, arguments: &[&std::ffi::OsStr], log: File) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.args(arguments).process_group(0);
        let mut child = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
        match watch(&child) {
            Ok(pidfd) => Ok(Self { child, pidfd }),
            Err(error) => {
                child.kill()?;
                child.wait()?;
                Err(error)
            }
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end. Nothing is lost when the future is dropped.
    pub(crate) async fn exited(&mut self) -> io::Result<ExitStatus> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            // The descriptor stays readable from the process's end on.
            self.pidfd.readable().await?.clear_ready();
        }
    }

    /// How it ended, if it has.
    pub(crate) fn has_exited(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Sends `signal` and waits at most `patience` for the end. `None`: it still runs.
    pub(crate) async fn end(&mut self, signal: Signal, patience: Duration) -> io::Result<Option<ExitStatus>> {
        self.signal(signal);
        timeout(patience, self.exited()).await.ok().transpose()
    }

    /// Sends a signal. A process that has ended gets none.
    fn signal(&self, signal: Signal) {
        let _ = pidfd_send_signal(self.pidfd.get_ref(), signal);
    }
}

impl Drop for Process {
    /// For ways out that did not wait for the end: asks for it. Nothing happens to a process that has ended.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal(Signal::INT);
        }
    }
}

fn watch(child: &Child) -> io::Result<AsyncFd<OwnedFd>> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or(io::Error::from(io::ErrorKind::InvalidData))?;
    let pidfd = pidfd_open(pid, PidfdFlags::NONBLOCK)?;
    #[allow(deprecated, reason = "unsound only for types whose descriptor can change; an OwnedFd's cannot")]
    AsyncFd::with_interest(pidfd, Interest::READABLE)
}

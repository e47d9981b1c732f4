//! A child process whose end can be awaited.

use std::{
    fs::File,
    io,
    os::{
        fd::OwnedFd,
        unix::process::{CommandExt, ExitStatusExt},
    },
    path::Path,
    process::{Command, ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, PidfdFlags, Signal, WaitOptions, pidfd_open, pidfd_send_signal, waitpid};
use tokio::{
    io::{Interest, unix::AsyncFd},
    time::timeout,
};

/// The server, or the program that makes a cluster.
pub(crate) struct Process {
    pid: Pid,
    /// Known once it has been reaped, which happens once.
    status: Option<ExitStatus>,
    pidfd: AsyncFd<OwnedFd>,
}

impl Process {
    /// Starts `program` with `arguments`, in a process group of its own, so that Ctrl-C in a terminal reaches
    /// only us, who stop the server last. What it prints goes to `log`.
    pub(crate) fn start(program: &Path, arguments: &[&std::ffi::OsStr], log: File) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.args(arguments).process_group(0);
        let mut child = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
        match Self::adopt(child.id()) {
            Ok(process) => Ok(process),
            Err(error) => {
                child.kill()?;
                child.wait()?;
                Err(error)
            }
        }
    }

    /// A child of this process that something else in it has started: the program that ran here before.
    pub(crate) fn adopt(pid: u32) -> io::Result<Self> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or(io::Error::from(io::ErrorKind::InvalidData))?;
        Ok(Self { pid, status: None, pidfd: watch(pid)? })
    }

    pub(crate) fn id(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Waits for the end. Nothing is lost when the future is dropped.
    pub(crate) async fn exited(&mut self) -> io::Result<ExitStatus> {
        loop {
            if let Some(status) = self.has_exited()? {
                return Ok(status);
            }
            // The descriptor stays readable from the process's end on.
            self.pidfd.readable().await?.clear_ready();
        }
    }

    /// How it ended, if it has.
    pub(crate) fn has_exited(&mut self) -> io::Result<Option<ExitStatus>> {
        if self.status.is_none()
            && let Some((_, status)) = waitpid(Some(self.pid), WaitOptions::NOHANG)?
        {
            self.status = Some(ExitStatus::from_raw(status.as_raw()));
        }
        Ok(self.status)
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
        if matches!(self.has_exited(), Ok(None)) {
            self.signal(Signal::INT);
        }
    }
}

fn watch(pid: Pid) -> io::Result<AsyncFd<OwnedFd>> {
    let pidfd = pidfd_open(pid, PidfdFlags::NONBLOCK)?;
    #[allow(deprecated, reason = "unsound only for types whose descriptor can change; an OwnedFd's cannot")]
    AsyncFd::with_interest(pidfd, Interest::READABLE)
}

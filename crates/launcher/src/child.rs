//! Starting, hearing and ending one child process.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kiavi_base::TenantId;
use kiavi_ipc::{Channel, Message, Sender};
use kiavi_sandbox::Isolation;
use tokio::process::{ChildStderr, Command};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::attach::{Child, attach};
use crate::config::{LogConfig, isolation_name};
use crate::forward::Label;
use crate::supervisor::{Event, Said};

/// The most messages that wait for a child that is busy, beside those that it begins with.
pub(crate) const MAX_QUEUED: usize = 8 * 1024;

/// Names a process for the life of the launcher. Unlike a process id, it is never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ProcessId(pub(crate) u64);

/// What to start.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    /// The role's name, as the binary's role verb takes it.
    pub(crate) role: &'static str,
    /// For the log: whose engine it is.
    pub(crate) tenant: Option<TenantId>,
    /// The layers it locks itself down with.
    pub(crate) isolation: Isolation,
    /// The account it ends up under, when the isolation has one for it.
    pub(crate) uid: u32,
    /// How it logs.
    pub(crate) log: LogConfig,
    /// Whether it closes each connection after one answer.
    pub(crate) closes_connections: bool,
    /// Private writable memory that it may have by its own limit, in bytes; its role's, if nothing is said.
    pub(crate) data_bytes: Option<u64>,
    /// Whom hosts name for vulnerabilities, as the role verb's options.
    pub(crate) security: Vec<String>,
    /// The folder it may keep things in.
    pub(crate) folder: Option<std::path::PathBuf>,
}

/// Where children's events go, and whether it is time to stop listening to them.
#[derive(Clone)]
pub(crate) struct Events {
    pub(crate) sender: mpsc::Sender<Event>,
    /// Once true, nothing more is taken from channels: what children say is for the next program.
    pub(crate) frozen: watch::Receiver<bool>,
}

/// A running child. It is ended with this: a child that nobody knows of any more would run for ever.
pub(crate) struct Process<S> {
    pub(crate) id: ProcessId,
    pub(crate) pid: u32,
    pub(crate) messages: mpsc::UnboundedSender<S>,
    /// Messages that were not sent yet.
    pub(crate) unsent: Arc<AtomicUsize>,
    /// How many of these there may be.
    pub(crate) patience: usize,
    pub(crate) kill: mpsc::Sender<()>,
    pub(crate) listener: JoinHandle<()>,
    pub(crate) channel: Sender<S>,
    pub(crate) log: Option<OwnedFd>,
}

impl<S> Process<S> {
    /// Sends it a message, in order, without waiting. A process that does not read is ended.
    pub(crate) fn tell(&self, message: S) {
        if self.unsent.load(Ordering::Relaxed) >= self.patience {
            tracing::error!(pid = self.pid, "a child does not read its channel");
            return self.kill();
        }
        self.send(message);
    }

    /// Tells a child that was just started what it begins with, however much that is: every route of the machine.
    pub(crate) fn tell_first(&mut self, messages: impl IntoIterator<Item = S>) {
        for message in messages {
            self.patience += 1;
            self.send(message);
        }
    }

    fn send(&self, message: S) {
        self.unsent.fetch_add(1, Ordering::Relaxed);
        if self.messages.send(message).is_err() {
            self.unsent.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Whether nothing is on its way in either direction, so that another program can go on from here.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.listener.is_finished() && self.unsent.load(Ordering::Relaxed) == 0
    }

    /// This process's end of its channel.
    pub(crate) fn channel(&self) -> BorrowedFd<'_> {
        self.channel.as_fd()
    }

    /// This process's end of the pipe that it logs to.
    pub(crate) fn log(&self) -> Option<BorrowedFd<'_>> {
        self.log.as_ref().map(AsFd::as_fd)
    }

    /// Ends it at once. Its exit arrives as [`Event::Exited`].
    pub(crate) fn kill(&self) {
        // A full queue means that it has been asked already.
        let _ = self.kill.try_send(());
    }
}

impl<S> Drop for Process<S> {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts `program`; what it says and its end arrive as events under `id`.
pub(crate) fn spawn<S: Message, R: Message>(
    program: &Program,
    id: ProcessId,
    events: &Events,
    said: fn(R) -> Said,
) -> std::io::Result<Process<S>> {
    let (ours, theirs) = Channel::pair()?;
    let mut command = command(program, theirs);
    let mut child = command.stderr(Stdio::piped()).spawn()?;
    // Drops the parent's copy of the child's end of the channel.
    drop(command);
    let pid = child.id().unwrap_or_default();
    let log = child.stderr.take().map(ChildStderr::into_owned_fd).transpose()?;
    let (kill, mut killed) = mpsc::channel::<()>(1);
    let ended = async move {
        tokio::select! {
            status = child.wait() => status,
            Some(()) = killed.recv() => {
                let _ = child.start_kill();
                child.wait().await
            }
        }
    };
    let label = Label { role: program.role, tenant: program.tenant.clone() };
    let (is_json, queue) = (program.log.is_json, program.log.queue.clone());
    let child = Child { id, pid, channel: ours, log, label, is_json, queue };
    attach(child, ended, kill, events, said)
}

/// How every child is started: all that differs between two of a role is what its channel tells it.
pub(crate) fn command(program: &Program, channel: Channel) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command
        .arg("role")
        .arg(program.role)
        .arg("--isolation")
        .arg(isolation_name(program.isolation))
        .arg("--uid")
        .arg(program.uid.to_string())
        .arg("--log")
        .arg(&program.log.filter)
        .args(program.log.is_json.then_some("--log-json"))
        .args(&program.log.requests)
        .args(program.closes_connections.then_some("--close-connections"))
        .args(&program.security)
        .env_clear()
        // A group of its own: an interrupt from the terminal is for the launcher, which then drains.
        .process_group(0)
        .current_dir("/")
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(channel)))
        .stdout(Stdio::null());
    if let Some(bytes) = program.data_bytes {
        command.arg("--data-bytes").arg(bytes.to_string());
    }
    if let Some(folder) = &program.folder {
        command.arg("--folder").arg(folder);
    }
    command
}

/// Whether the process ended because of its seccomp filter.
pub(crate) fn is_security_exit(status: Option<ExitStatus>) -> bool {
    status.and_then(|status| status.signal()) == Some(rustix::process::Signal::SYS.as_raw())
}

/// Whether it was killed: by this process, by the kernel for want of memory, or by whoever may.
pub(crate) fn is_killed(status: Option<ExitStatus>) -> bool {
    status.and_then(|status| status.signal()) == Some(rustix::process::Signal::KILL.as_raw())
}

//! Starting, hearing and ending one child process.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kiavi_base::TenantId;
use kiavi_ipc::{Channel, Endpoint, Message, Receiver, Sender};
use kiavi_sandbox::Isolation;
use rustix::process::{Pid, PidfdFlags, Signal, WaitOptions, pidfd_open, pidfd_send_signal, waitpid};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::net::unix::pipe;
use tokio::process::{ChildStderr, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::config::{LogConfig, isolation_name};
use crate::forward::{Label, forward_log};
use crate::supervisor::{Event, Said};

/// The most messages that wait for a child that is busy: every route of a full machine, several times over.
const MAX_QUEUED: usize = 8 * 1024;

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

/// A running child.
pub(crate) struct Process<S> {
    pub(crate) id: ProcessId,
    pub(crate) pid: u32,
    messages: mpsc::Sender<S>,
    /// Messages that were not sent yet.
    unsent: Arc<AtomicUsize>,
    kill: mpsc::Sender<()>,
    listener: JoinHandle<()>,
    channel: Sender<S>,
    log: Option<OwnedFd>,
}

impl<S> Process<S> {
    /// Sends it a message, in order, without waiting. A process that does not read is ended.
    pub(crate) fn tell(&self, message: S) {
        self.unsent.fetch_add(1, Ordering::Relaxed);
        let Err(error) = self.messages.try_send(message) else { return };
        self.unsent.fetch_sub(1, Ordering::Relaxed);
        if matches!(error, mpsc::error::TrySendError::Full(_)) {
            tracing::error!(pid = self.pid, "a child does not read its channel");
            self.kill();
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

/// Starts `program`; what it says and its end arrive as events under `id`.
pub(crate) fn spawn<S: Message, R: Message>(
    program: &Program,
    id: ProcessId,
    events: &Events,
    said: fn(R) -> Said,
) -> std::io::Result<Process<S>> {
    let (ours, theirs) = Channel::pair()?;
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
        .env_clear()
        // A group of its own: an interrupt from the terminal is for the launcher, which then drains.
        .process_group(0)
        .current_dir("/")
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    if let Some(folder) = &program.folder {
        command.arg("--folder").arg(folder);
    }
    let mut child = command.spawn()?;
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
    let child = Child { id, pid, channel: ours, log, label, is_json: program.log.is_json };
    attach(child, ended, kill, events, said)
}

/// What is known of a process that runs.
pub(crate) struct Child {
    pub(crate) id: ProcessId,
    pub(crate) pid: u32,
    pub(crate) channel: Channel,
    pub(crate) log: Option<OwnedFd>,
    pub(crate) label: Label,
    pub(crate) is_json: bool,
}

/// Goes on with a child that the program before this one has started in this very process.
pub(crate) fn adopt<S: Message, R: Message>(
    child: Child,
    events: &Events,
    said: fn(R) -> Said,
) -> std::io::Result<Process<S>> {
    let pid = i32::try_from(child.pid).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or(std::io::Error::from(std::io::ErrorKind::InvalidData))?;
    let pidfd = pidfd_open(pid, PidfdFlags::NONBLOCK)?;
    #[allow(deprecated, reason = "unsound only for types whose descriptor can change; an OwnedFd's cannot")]
    let pidfd = AsyncFd::with_interest(pidfd, Interest::READABLE)?;
    let (kill, killed) = mpsc::channel::<()>(1);
    attach(child, reaped(pid, pidfd, killed), kill, events, said)
}

/// Waits for the end of a child, and makes it come when it is told to.
async fn reaped(
    pid: Pid,
    pidfd: AsyncFd<OwnedFd>,
    mut killed: mpsc::Receiver<()>,
) -> std::io::Result<ExitStatus> {
    loop {
        if let Some((_, status)) = waitpid(Some(pid), WaitOptions::NOHANG)? {
            return Ok(ExitStatus::from_raw(status.as_raw()));
        }
        tokio::select! {
            // The descriptor stays readable from the process's end on.
            ready = pidfd.readable() => ready?.clear_ready(),
            Some(()) = killed.recv() => pidfd_send_signal(pidfd.get_ref(), Signal::KILL)?,
        }
    }
}

fn attach<S: Message, R: Message>(
    child: Child,
    ended: impl Future<Output = std::io::Result<ExitStatus>> + Send + 'static,
    kill: mpsc::Sender<()>,
    events: &Events,
    said: fn(R) -> Said,
) -> std::io::Result<Process<S>> {
    let Child { id, pid, channel, log, label, is_json } = child;
    let kept_log = log.as_ref().map(OwnedFd::try_clone).transpose()?;
    if let Some(log) = log {
        tokio::spawn(forward_log(label, is_json, pipe::Receiver::from_owned_fd(log)?));
    }
    let (is_listening, all_heard) = oneshot::channel::<()>();
    let exits = events.sender.clone();
    tokio::spawn(async move {
        let status = ended.await.ok();
        // Its last words come before its end: with the process the channel has ended, too.
        let _ = all_heard.await;
        let _ = exits.send(Event::Exited { process: id, status }).await;
    });
    let (sender, receiver) = Endpoint::<S, R>::new(channel)?.split();
    let (messages, queue) = mpsc::channel(MAX_QUEUED);
    let unsent = Arc::new(AtomicUsize::new(0));
    let listening = listen(id, receiver, events.clone(), said);
    let listener = tokio::spawn(async move {
        listening.await;
        drop(is_listening);
    });
    tokio::spawn(write(queue, unsent.clone(), sender.clone()));
    Ok(Process { id, pid, messages, unsent, kill, listener, channel: sender, log: kept_log })
}

async fn write<S: Message>(mut queue: mpsc::Receiver<S>, unsent: Arc<AtomicUsize>, sender: Sender<S>) {
    while let Some(message) = queue.recv().await {
        // The child's end arrives as an exit of its own.
        let _ = sender.send(&message).await;
        unsent.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn listen<R: Message>(
    process: ProcessId,
    mut receiver: Receiver<R>,
    events: Events,
    said: fn(R) -> Said,
) {
    let Events { sender: events, mut frozen } = events;
    loop {
        let received = tokio::select! {
            biased;
            _ = frozen.wait_for(|frozen| *frozen) => return,
            received = receiver.receive() => received,
        };
        let event = match received {
            Ok(Some(message)) => Event::Said { process, said: said(message) },
            Ok(None) => return,
            Err(error) => {
                tracing::error!(%error, "a child broke its channel's protocol");
                let _ = events.send(Event::Violated { process }).await;
                return;
            }
        };
        if events.send(event).await.is_err() {
            return;
        }
    }
}

/// Whether the process ended because of its seccomp filter.
pub(crate) fn is_security_exit(status: Option<ExitStatus>) -> bool {
    status.and_then(|status| status.signal()) == Some(rustix::process::Signal::SYS.as_raw())
}

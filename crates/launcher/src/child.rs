//! Starting, hearing and ending one child process.

use std::process::{ExitStatus, Stdio};

use kiavi_base::TenantId;
use kiavi_ipc::{Channel, Endpoint, Message, Receiver, Sender};
use kiavi_sandbox::Isolation;
use tokio::process::Command;
use tokio::sync::mpsc;

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

/// A running child.
pub(crate) struct Process<S> {
    pub(crate) id: ProcessId,
    pub(crate) pid: u32,
    messages: mpsc::Sender<S>,
    kill: mpsc::Sender<()>,
}

impl<S> Process<S> {
    /// Sends it a message, in order, without waiting. A process that does not read is ended.
    pub(crate) fn tell(&self, message: S) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.messages.try_send(message) {
            tracing::error!(pid = self.pid, "a child does not read its channel");
            self.kill();
        }
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
    events: &mpsc::Sender<Event>,
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
    if let Some(stderr) = child.stderr.take() {
        let label = Label { role: program.role, tenant: program.tenant.clone() };
        tokio::spawn(forward_log(label, program.log.is_json, stderr));
    }
    let (kill, mut killed) = mpsc::channel::<()>(1);
    let exits = events.clone();
    tokio::spawn(async move {
        let status = tokio::select! {
            status = child.wait() => status,
            Some(()) = killed.recv() => {
                let _ = child.start_kill();
                child.wait().await
            }
        };
        let _ = exits.send(Event::Exited { process: id, status: status.ok() }).await;
    });
    let (sender, receiver) = Endpoint::<S, R>::new(ours)?.split();
    let (messages, queue) = mpsc::channel(MAX_QUEUED);
    tokio::spawn(listen(id, receiver, events.clone(), said));
    tokio::spawn(write(queue, sender));
    Ok(Process { id, pid, messages, kill })
}

async fn write<S: Message>(mut queue: mpsc::Receiver<S>, sender: Sender<S>) {
    while let Some(message) = queue.recv().await {
        // The child's end arrives as an exit of its own.
        if sender.send(&message).await.is_err() {
            return;
        }
    }
}

async fn listen<R: Message>(
    process: ProcessId,
    mut receiver: Receiver<R>,
    events: mpsc::Sender<Event>,
    said: fn(R) -> Said,
) {
    loop {
        let event = match receiver.receive().await {
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
    use std::os::unix::process::ExitStatusExt;
    status.and_then(|status| status.signal()) == Some(rustix::process::Signal::SYS.as_raw())
}

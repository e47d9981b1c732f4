//! What this process has to do with a child that runs: hearing it, telling it, passing on its log, noticing its end.

use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kiavi_ipc::{Channel, Endpoint, Message, Receiver, Sender};
use rustix::process::{Pid, PidfdFlags, Signal, WaitOptions, pidfd_open, pidfd_send_signal, waitpid};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::net::unix::pipe;
use tokio::sync::{mpsc, oneshot};

use crate::child::{Events, MAX_QUEUED, Process, ProcessId};
use crate::forward::{Label, forward_log};
use crate::supervisor::{Event, Said};

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

pub(crate) fn attach<S: Message, R: Message>(
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

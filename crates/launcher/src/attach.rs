//! What this process has to do with a child that runs: hearing it, telling it, passing on its log, noticing its end.

use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kiavi_ipc::{Channel, Endpoint, IpcError, Message, Receiver, Sender};
use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, WaitOptions, pidfd_open, pidfd_send_signal, waitid,
    waitpid,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::net::unix::pipe;
use tokio::sync::{mpsc, oneshot};

use crate::child::{Events, MAX_QUEUED, Process, ProcessId};
use crate::forward::{Label, forward_log};
use crate::log_queue::LogQueue;
use crate::supervisor::{Event, Retry, Said};

/// What is known of a process that runs.
pub(crate) struct Child {
    pub(crate) id: ProcessId,
    pub(crate) pid: u32,
    pub(crate) channel: Channel,
    pub(crate) log: Option<OwnedFd>,
    pub(crate) label: Label,
    pub(crate) is_json: bool,
    pub(crate) queue: LogQueue,
}

/// Goes on with a child that the program before this one has started in this very process.
pub(crate) fn adopt<S: Message, R: Message>(
    child: Child,
    events: &Events,
    said: fn(R) -> Said,
) -> std::io::Result<Process<S>> {
    let watched = match watch(child.pid) {
        // It ended in the last moment of the program before this one, which has heard of it and had no time to tell.
        Err(error) if error.raw_os_error() == Some(Errno::CHILD.raw_os_error()) => Err(error),
        watched => Ok(watched?),
    };
    let (kill, killed) = mpsc::channel::<()>(1);
    let ended = async move {
        let (pid, pidfd) = watched?;
        reaped(pid, pidfd, killed).await
    };
    attach(child, ended, kill, events, said)
}

/// A way to see the end of a child of this process: one that has ended keeps its number until it is reaped. Any other
/// process of that number is none of ours (`ECHILD`).
fn watch(pid: u32) -> std::io::Result<(Pid, AsyncFd<OwnedFd>)> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or(std::io::Error::from(std::io::ErrorKind::InvalidData))?;
    waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT)?;
    let pidfd = pidfd_open(pid, PidfdFlags::NONBLOCK)?;
    #[allow(deprecated, reason = "unsound only for types whose descriptor can change; an OwnedFd's cannot")]
    Ok((pid, AsyncFd::with_interest(pidfd, Interest::READABLE)?))
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
    let Child { id, pid, channel, log, label, is_json, queue } = child;
    let kept_log = log.as_ref().map(OwnedFd::try_clone).transpose()?;
    let whose = label.clone();
    if let Some(log) = log {
        tokio::spawn(forward_log(label, is_json, pipe::Receiver::from_owned_fd(log)?, queue));
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
    let (messages, queue) = mpsc::unbounded_channel();
    let unsent = Arc::new(AtomicUsize::new(0));
    let listening = listen((id, whose), receiver, events.clone(), said);
    let listener = tokio::spawn(async move {
        listening.await;
        drop(is_listening);
    });
    tokio::spawn(write(queue, unsent.clone(), sender.clone()));
    let patience = MAX_QUEUED;
    Ok(Process { id, pid, messages, unsent, patience, kill, listener, channel: sender, log: kept_log })
}

async fn write<S: Message>(
    mut queue: mpsc::UnboundedReceiver<S>,
    unsent: Arc<AtomicUsize>,
    sender: Sender<S>,
) {
    while let Some(message) = queue.recv().await {
        // The child's end arrives as an exit of its own.
        let _ = sender.send(&message).await;
        unsent.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn listen<R: Message>(
    (process, whose): (ProcessId, Label),
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
                let Label { role, tenant } = whose;
                let tenant = tenant.map(tracing::field::display);
                let event = if matches!(error, IpcError::Malformed(_)) {
                    tracing::error!(role, tenant, %error, "a process broke its channel's protocol and is ended");
                    Event::Violated { process }
                } else {
                    // No fault of theirs, but nobody hears them any more.
                    tracing::error!(role, tenant, %error, "a process cannot be heard and is ended");
                    Event::Retry(Retry::Kill(process))
                };
                let _ = events.send(event).await;
                return;
            }
        };
        if events.send(event).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use kiavi_ipc::gateway::{FromGateway, ToGateway};
    use tokio::sync::watch;

    use super::*;

    fn events() -> (Events, mpsc::Receiver<Event>, watch::Sender<bool>) {
        let (sender, inbox) = mpsc::channel(16);
        let (freeze, frozen) = watch::channel(false);
        (Events { sender, frozen }, inbox, freeze)
    }

    /// A child by its number, with the other end of its channel.
    fn child(pid: u32) -> (Child, Channel) {
        let (channel, theirs) = Channel::pair().unwrap();
        let label = Label { role: "gateway", tenant: None };
        let queue = LogQueue::start().unwrap();
        (Child { id: ProcessId(1), pid, channel, log: None, label, is_json: false, queue }, theirs)
    }

    /// The number of a child that does nothing.
    #[allow(clippy::zombie_processes, reason = "who takes it over waits for it")]
    fn running() -> u32 {
        Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().unwrap().id()
    }

    fn adopted(child: Child, events: &Events) -> Process<ToGateway> {
        adopt::<ToGateway, FromGateway>(child, events, Said::Gateway).unwrap()
    }

    #[tokio::test]
    async fn a_child_that_was_reaped_before_it_was_taken_over_has_ended_and_nobody_else_is_taken_for_it() {
        let mut gone = Command::new("true").spawn().unwrap();
        gone.wait().unwrap();
        // The other one stands for whoever has the number by now: alive, and not ours.
        for pid in [gone.id(), 1] {
            let (events, mut inbox, _freeze) = events();
            let (child, theirs) = child(pid);
            drop(theirs);
            let _process = adopted(child, &events);
            let Some(Event::Exited { process: ProcessId(1), status: None }) = inbox.recv().await else {
                panic!("another event for {pid}")
            };
        }
    }

    #[tokio::test]
    async fn a_child_that_nobody_knows_of_any_more_is_ended() {
        let (events, mut inbox, _freeze) = events();
        let (child, theirs) = child(running());
        drop(theirs);
        drop(adopted(child, &events));
        let Some(Event::Exited { status: Some(status), .. }) = inbox.recv().await else {
            panic!("another event")
        };
        assert_eq!(status.signal(), Some(Signal::KILL.as_raw()));
    }

    #[tokio::test]
    async fn a_child_may_begin_with_much_and_is_ended_when_it_falls_behind_later() {
        let (events, mut inbox, _freeze) = events();
        let (child, theirs) = child(running());
        let mut process = adopted(child, &events);
        process.tell_first((0..3 * MAX_QUEUED).map(|_| ToGateway::Drain));
        for _ in 0..MAX_QUEUED {
            process.tell(ToGateway::Drain);
        }
        assert!(inbox.try_recv().is_err());
        assert_eq!(process.unsent.load(Ordering::Relaxed), 4 * MAX_QUEUED);
        process.tell(ToGateway::Drain);
        drop(theirs);
        assert!(matches!(inbox.recv().await, Some(Event::Exited { .. })));
    }
}

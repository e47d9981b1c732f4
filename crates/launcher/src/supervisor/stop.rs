//! Ending an instance: everything drains, and nothing stays behind.

use std::time::Duration;

use kiavi_ipc::auditor::ToAuditor;
use kiavi_ipc::control::ToControl;
use kiavi_ipc::gateway::ToGateway;
use kiavi_ipc::outbound::ToOutbound;
use tokio::signal::unix::Signal;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::{Event, Supervisor};
use crate::child::ProcessId;

/// How long requests in flight may take.
const DRAIN_DEADLINE: Duration = Duration::from_secs(10);

/// How long the kernel may take to end a killed process.
const KILL_DEADLINE: Duration = Duration::from_secs(5);

impl Supervisor {
    /// Drains all children, ends those that do not, then PostgreSQL. A second interrupt skips the draining.
    pub(super) async fn stop(&mut self, inbox: &mut mpsc::Receiver<Event>, interrupt: &mut Signal) {
        self.stopping = true;
        self.folder.remove_control_socket();
        if let Some(path) = &self.config.ready_file {
            // It would tell of an instance that is gone.
            let _ = std::fs::remove_file(path);
        }
        self.gateway.tell(ToGateway::Drain);
        for process in self.engines.processes.keys().copied().collect::<Vec<ProcessId>>() {
            self.drain_engine(Some(process));
        }
        self.control.tell(ToControl::Drain);
        self.outbound.tell(ToOutbound::Drain);
        self.replaced.outbound.tell(ToOutbound::Drain);

        let deadline = Instant::now() + DRAIN_DEADLINE;
        tokio::select! {
            () = self.drain_all(inbox, deadline) => {}
            _ = interrupt.recv() => {}
        }
        if !self.all_ended() {
            tracing::warn!("some processes did not end in time and are killed");
            self.kill_all();
            self.until_all_ended(inbox, Instant::now() + KILL_DEADLINE).await;
        }
        self.databases.stop().await;
        if let Some(groups) = self.groups.take() {
            groups.end();
        }
    }

    /// Waits for all, the auditor last: until then events are written that it seals.
    async fn drain_all(&mut self, inbox: &mut mpsc::Receiver<Event>, deadline: Instant) {
        while !self.writers_ended() {
            match timeout_at(deadline, inbox.recv()).await {
                Ok(Some(event)) => self.happened(event).await,
                Ok(None) | Err(_) => break,
            }
        }
        self.auditor.tell(ToAuditor::Drain);
        self.replaced.auditor.tell(ToAuditor::Drain);
        self.until_all_ended(inbox, deadline).await;
    }

    async fn until_all_ended(&mut self, inbox: &mut mpsc::Receiver<Event>, deadline: Instant) {
        while !self.all_ended() {
            match timeout_at(deadline, inbox.recv()).await {
                Ok(Some(event)) => self.happened(event).await,
                Ok(None) | Err(_) => return,
            }
        }
    }

    fn all_ended(&self) -> bool {
        self.writers_ended() && self.auditor.process.is_none() && self.replaced.auditor.process.is_none()
    }

    /// Whether everybody has ended but the auditor.
    fn writers_ended(&self) -> bool {
        self.gateway.process.is_none()
            && self.control.process.is_none()
            && self.outbound.process.is_none()
            && self.engines.processes.is_empty()
            && self.replaced.gateway.process.is_none()
            && self.replaced.control.process.is_none()
            && self.replaced.outbound.process.is_none()
    }

    fn kill_all(&self) {
        self.gateway.process.iter().for_each(|process| process.kill());
        self.control.process.iter().for_each(|process| process.kill());
        self.outbound.process.iter().for_each(|process| process.kill());
        self.auditor.process.iter().for_each(|process| process.kill());
        self.engines.processes.values().for_each(|engine| engine.process.kill());
        self.replaced.kill_services(None);
    }
}

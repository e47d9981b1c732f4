//! Replacing every process by one of the program that runs now, one after the other, without dropping a connection.
//!
//! The new gateway listens before the old one stops; an old engine finishes its requests while connections that come
//! for its tenant start the new one; control stops before the new one starts, since there must be one; the old outbound
//! stays for as long as old engines have mail under way; the new auditor works beside the old one, log by log.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use kiavi_ipc::auditor::ToAuditor;
use kiavi_ipc::control::ToControl;
use kiavi_ipc::gateway::ToGateway;
use kiavi_ipc::outbound::ToOutbound;

use super::{Retry, Supervisor};
use crate::child::{Process, ProcessId};
use crate::services::Service;

/// Engines that are replaced at the same time: each leaves connections to be opened again, which costs a start.
const AT_ONCE: usize = 8;

/// How long a process may take to end once it was told to: longer than anything that it waits for itself.
const END_DEADLINE: Duration = Duration::from_secs(40);

/// Processes of the program before this one.
#[derive(Default)]
pub(super) struct Replaced {
    pub(super) gateway: Service<ToGateway>,
    pub(super) control: Service<ToControl>,
    pub(super) outbound: Service<ToOutbound>,
    pub(super) auditor: Service<ToAuditor>,
    /// Engines that serve as before.
    waiting: VecDeque<ProcessId>,
    /// Engines that were told to end.
    ending: HashSet<ProcessId>,
}

impl Replaced {
    /// What ran.
    pub(super) fn new(
        gateway: Option<Process<ToGateway>>,
        control: Option<Process<ToControl>>,
        outbound: Option<Process<ToOutbound>>,
        auditor: Option<Process<ToAuditor>>,
        engines: impl IntoIterator<Item = ProcessId>,
    ) -> Self {
        let (gateway, control) = (Service::adopted(gateway), Service::adopted(control));
        let (outbound, auditor) = (Service::adopted(outbound), Service::adopted(auditor));
        let waiting = engines.into_iter().collect();
        Self { gateway, control, outbound, auditor, waiting, ending: HashSet::new() }
    }

    /// Whether nothing is left of the program before.
    pub(super) fn is_over(&self) -> bool {
        self.gateway.process.is_none()
            && self.control.process.is_none()
            && self.outbound.process.is_none()
            && self.auditor.process.is_none()
            && self.waiting.is_empty()
            && self.ending.is_empty()
    }

    /// Whether the old outbound serves this engine.
    pub(super) fn has_engine(&self, id: ProcessId) -> bool {
        self.waiting.contains(&id) || self.ending.contains(&id)
    }

    /// The services among them.
    pub(super) fn kill_services(&self, only: Option<ProcessId>) {
        kill(&self.gateway, only);
        kill(&self.control, only);
        kill(&self.outbound, only);
        kill(&self.auditor, only);
    }
}

fn kill<S>(service: &Service<S>, only: Option<ProcessId>) {
    if let Some(process) = service.process.as_ref().filter(|process| only.is_none_or(|id| process.id == id)) {
        process.kill();
    }
}

/// The id of a service's process.
fn id<S>(service: &Service<S>) -> Option<ProcessId> {
    service.process.as_ref().map(|process: &Process<S>| process.id)
}

impl Supervisor {
    /// Begins: everything of the program before this one was adopted, and its successors run, but for control.
    pub(super) fn begin_replacing(&mut self) {
        self.replaced.gateway.tell(ToGateway::Drain);
        self.replaced.control.tell(ToControl::Drain);
        self.replaced.auditor.tell(ToAuditor::Drain);
        let ending = [id(&self.replaced.gateway), id(&self.replaced.control), id(&self.replaced.auditor)];
        for process in ending.into_iter().flatten() {
            self.later(END_DEADLINE, Retry::Kill(process));
        }
        if self.replaced.control.process.is_none() {
            self.start_control();
        }
        self.replace_more();
    }

    /// Goes on where there is room.
    fn replace_more(&mut self) {
        while self.replaced.ending.len() < AT_ONCE
            && let Some(process) = self.replaced.waiting.pop_front()
        {
            if self.engines.processes.contains_key(&process) {
                self.replaced.ending.insert(process);
                self.drain_engine(Some(process));
                self.later(END_DEADLINE, Retry::Kill(process));
            }
        }
        if self.replaced.waiting.is_empty()
            && self.replaced.ending.is_empty()
            && let Some(process) = id(&self.replaced.outbound)
        {
            self.replaced.outbound.tell(ToOutbound::Drain);
            self.later(END_DEADLINE, Retry::Kill(process));
        }
    }

    /// Takes note of a process's end. Answers whether it was a service of the program before this one.
    pub(super) fn replaced_ended(&mut self, process: ProcessId) -> bool {
        let was_going_on = !self.replaced.is_over();
        let is_engine = self.replaced.ending.remove(&process);
        self.replaced.waiting.retain(|other| *other != process);
        let is_service = if self.replaced.gateway.is(process) {
            self.replaced.gateway.process = None;
            true
        } else if self.replaced.control.is(process) {
            self.replaced.control.process = None;
            if !self.stopping {
                self.start_control();
            }
            true
        } else if self.replaced.outbound.is(process) {
            self.replaced.outbound.process = None;
            true
        } else if self.replaced.auditor.is(process) {
            self.replaced.auditor.process = None;
            true
        } else {
            false
        };
        if is_engine && !self.stopping {
            self.replace_more();
        }
        if was_going_on && self.replaced.is_over() && !self.stopping {
            tracing::info!("every process was replaced");
        }
        is_service
    }
}

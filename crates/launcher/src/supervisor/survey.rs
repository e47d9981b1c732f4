//! How everything stands, for whoever operates the instance. Nothing here changes anything or starts an engine.

use kiavi_ipc::control::ToControl;
use kiavi_ipc::survey::{
    EngineStanding, EngineState, FailureKind, LimitsLayer, ProcessFacts, ServiceStanding, Survey,
};
use kiavi_ipc::{Phase, SealedDocument};
use kiavi_sandbox::Isolation;
use kiavi_sandbox::cgroup::Version;
use tokio::time::Instant;

use super::{Event, Supervisor};
use crate::backoff::{Backoff, Failure, Next};
use crate::child::ProcessId;
use crate::engines::Engine;
use crate::groups::{self, Groups};
use crate::host;
use crate::services::Service;

const POSTGRES: &str = groups::POSTGRES;

impl Supervisor {
    /// Has everything looked at and told to the control that asks. What only the kernel knows is read between other events: with
    /// many engines it takes longer than whoever signs in should wait for this loop, and another thread would be one more that
    /// signals may come to.
    pub(super) fn survey(&self, asker: ProcessId, request: u64) {
        let mut survey = self.standing();
        let (folder, events) = (self.folder.path().to_owned(), self.events.sender.clone());
        tokio::spawn(async move {
            let services = survey.services.iter_mut().filter_map(|one| one.process.as_mut());
            let engines = survey.engines.iter_mut().filter_map(|one| one.process.as_mut());
            for process in services.chain(engines) {
                host::look_at(process);
                tokio::task::yield_now().await;
            }
            // What the server shares among its processes is nobody's of them.
            let postgres = survey.services.iter_mut().filter(|one| one.role == POSTGRES);
            postgres.filter_map(|one| one.process.as_mut()).for_each(|one| one.private_bytes = None);
            (survey.disk, survey.clock) = (host::disk(&folder).ok(), host::clock());
            let sealed = survey.seal();
            let sealed =
                sealed.inspect_err(|error| tracing::error!(%error, "how everything stands cannot be told"));
            let _ = events.send(Event::Surveyed { asker, request, document: sealed.ok() }).await;
        });
    }

    /// Tells whoever asked, unless another control has taken their place: its requests have numbers of their own.
    pub(super) fn surveyed(&self, asker: ProcessId, request: u64, document: Option<SealedDocument>) {
        if self.control.is(asker) {
            let document = document.map(|document| document.fd());
            self.control.tell(ToControl::Surveyed { request, document });
        }
    }

    /// Everything but what only the kernel knows.
    fn standing(&self) -> Survey {
        let now = Instant::now();
        let launcher = ServiceStanding {
            role: "launcher".to_owned(),
            process: Some(process(std::process::id())),
            failures: 0,
        };
        let postgres = self.databases.failures(now).map(|failures| ServiceStanding {
            role: POSTGRES.to_owned(),
            process: self.databases.cluster().map(|cluster| process(cluster.pid())),
            failures,
        });
        let services = [
            service("gateway", &self.gateway, now),
            service("control", &self.control, now),
            service("outbound", &self.outbound, now),
            service("auditor", &self.auditor, now),
        ];
        Survey {
            measured: self.measurements(),
            services: [launcher].into_iter().chain(postgres).chain(services).collect(),
            engines: self.engine_standings(now),
            is_fully_isolated: self.config.isolation == Isolation::Full,
            disk: None,
            clock: None,
            limits: Some(match self.groups.as_ref().map(Groups::version) {
                None => LimitsLayer::Processes,
                Some(Version::V1) => LimitsLayer::CgroupsV1,
                Some(Version::V2) => LimitsLayer::CgroupsV2,
            }),
        }
    }

    /// Engines that run, and those that cannot be started now.
    fn engine_standings(&self, now: Instant) -> Vec<EngineStanding> {
        let engines = &self.engines;
        let running = engines.processes.values().map(|engine| {
            let reads_log = engines.suspended.contains_key(&engine.tenant);
            let tenant = engines.tenants.get(&engine.tenant).map(|tenant| &tenant.backoff);
            let suspended = engines.suspended.get(&engine.tenant).map(|suspended| &suspended.backoff);
            EngineStanding {
                tenant: engine.tenant.clone(),
                state: state(engine, reads_log),
                process: Some(process(engine.process.pid)),
                failures: tenant.or(suspended).map_or(0, |backoff| backoff.failures(now)),
                pause_milliseconds: None,
                last_failure: tenant.or(suspended).and_then(|backoff| backoff.reason(now)).map(kind),
            }
        });
        let resting = engines.tenants.iter().filter(|(_, tenant)| tenant.current.is_none());
        let held_up = resting.filter_map(|(id, tenant)| {
            let (state, pause_milliseconds) = held_up(&tenant.backoff, now)?;
            let last_failure = tenant.backoff.reason(now).map(kind);
            let (tenant, failures) = (id.clone(), tenant.backoff.failures(now));
            Some(EngineStanding { tenant, state, process: None, failures, pause_milliseconds, last_failure })
        });
        running.chain(held_up).collect()
    }
}

pub(super) fn kind(reason: Failure) -> FailureKind {
    match reason {
        Failure::Crash => FailureKind::Crash,
        Failure::Security => FailureKind::ForbiddenCall,
        Failure::OutOfMemory => FailureKind::OutOfMemory,
    }
}

fn process(pid: u32) -> ProcessFacts {
    ProcessFacts { pid, ..ProcessFacts::default() }
}

fn service<S>(role: &str, service: &Service<S>, now: Instant) -> ServiceStanding {
    let running = service.process.as_ref().map(|running| process(running.pid));
    ServiceStanding { role: role.to_owned(), process: running, failures: service.failures(now) }
}

fn state(engine: &Engine, reads_log: bool) -> EngineState {
    match engine.session.phase() {
        Phase::Starting => EngineState::Starting,
        Phase::Draining => EngineState::Draining,
        _ if engine.is_dismissed => EngineState::Draining,
        _ if reads_log => EngineState::ReadingLog,
        _ => EngineState::Running,
    }
}

/// Why an engine cannot be started now, if it cannot, and for how many milliseconds.
fn held_up(backoff: &Backoff, now: Instant) -> Option<(EngineState, Option<u64>)> {
    match backoff.next(now) {
        Next::Quarantined => Some((EngineState::Quarantined, None)),
        Next::At(at) if at > now => Some((EngineState::Paused, u64::try_from((at - now).as_millis()).ok())),
        Next::At(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_cannot_be_started_now_says_for_how_long() {
        let (mut backoff, now) = (Backoff::default(), Instant::now());
        assert_eq!(held_up(&backoff, now), None, "it sleeps");
        backoff.failed(Failure::Crash, now);
        backoff.failed(Failure::Crash, now);
        assert_eq!(held_up(&backoff, now), Some((EngineState::Paused, Some(1_000))));
        assert_eq!(held_up(&backoff, now + Duration::from_secs(2)), None);
        for _ in 0..5 {
            backoff.failed(Failure::Security, now);
        }
        assert_eq!(held_up(&backoff, now), Some((EngineState::Quarantined, None)));
    }
}

//! Tenants and their engines: who may run, who runs, who failed.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use kiavi_base::{Hostname, TenantId};
use kiavi_ipc::egress::AllowList;
use kiavi_ipc::engine::ToEngine;
use kiavi_ipc::{EngineSession, Fd, SealedDocument};
use kiavi_localpg::FIRST_TENANT_UID;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::backoff::{Backoff, Failure, Next};
use crate::child::{Process, ProcessId};

/// The most database connections that one engine process gets per second; more is a fault in it.
const MAX_DATABASES_PER_SECOND: u32 = 20;

/// The most messages of one engine process per second; more would keep this process from the others.
const MAX_MESSAGES_PER_SECOND: u32 = 2_000;

/// An engine that ends sooner than this by itself has not done what it was started for, whatever it says about it.
const SHORTEST_LIFE: Duration = Duration::from_millis(500);

/// The most hints of one engine per second that events were written: a correct one gives one, and another as it ends. A
/// flood must not reach the auditor.
const MAX_HINTS_PER_SECOND: u32 = 4;

/// A start that may happen this soon is waited for; otherwise those who wait are told to come back.
pub(crate) const WORTH_WAITING: Duration = Duration::from_secs(5);

/// What control said about a tenant.
pub(crate) struct Tenant {
    pub(crate) uid: u32,
    pub(crate) hostnames: Vec<Hostname>,
    pub(crate) mail: SealedDocument,
    pub(crate) egress: AllowList,
    pub(crate) document: SealedDocument,
    pub(crate) version: u64,
    /// The process that takes this tenant's connections.
    pub(crate) current: Option<ProcessId>,
    pub(crate) backoff: Backoff,
    /// The timer that starts its engine because something will be due.
    pub(crate) alarm: Option<AbortHandle>,
}

/// One engine process.
pub(crate) struct Engine {
    pub(crate) tenant: TenantId,
    pub(crate) uid: u32,
    pub(crate) process: Process<ToEngine>,
    pub(crate) session: EngineSession,
    /// Management connections that it was given and has not taken, oldest first.
    pub(crate) untaken: VecDeque<Management>,
    /// When it was started.
    pub(crate) started: Instant,
    /// Whether its end was asked for.
    pub(crate) is_dismissed: bool,
    databases: Budget,
    messages: Budget,
    hints: Budget,
}

/// A tenant that is suspended: nobody reaches it, but whoever may read its log.
#[derive(Default)]
pub(crate) struct Suspended {
    /// Where it was reached.
    pub(crate) hostnames: Vec<Hostname>,
    /// The process that reads its log out, if one runs.
    pub(crate) reader: Option<ProcessId>,
    pub(crate) backoff: Backoff,
}

/// A tenant that control is going to announce: whoever comes for it waits.
#[derive(Default)]
pub(crate) struct Expected {
    /// Where it is reached.
    pub(crate) hostnames: Vec<Hostname>,
    /// The gateways whose clients wait.
    pub(crate) askers: BTreeSet<ProcessId>,
}

/// A connection of the management door.
#[derive(Debug, Clone)]
pub(crate) struct Management {
    pub(crate) operator: String,
    pub(crate) stream: Fd,
}

impl Engine {
    pub(crate) fn new(tenant: TenantId, uid: u32, process: Process<ToEngine>) -> Self {
        Self {
            tenant,
            uid,
            process,
            session: EngineSession::new(),
            untaken: VecDeque::new(),
            started: Instant::now(),
            is_dismissed: false,
            databases: Budget::default(),
            messages: Budget::default(),
            hints: Budget::default(),
        }
    }

    /// Hands it a management connection and keeps a copy until it is taken; `false` when it may have no more.
    pub(crate) fn give(&mut self, management: &Management) -> bool {
        if !self.session.give_management() {
            return false;
        }
        self.untaken.push_back(management.clone());
        let Management { operator, stream } = management.clone();
        self.process.tell(ToEngine::Management { operator, stream });
        true
    }

    /// Whether the auditor is told now that it has written events.
    pub(crate) fn may_tell_of_events(&mut self, now: Instant) -> bool {
        self.hints.take(MAX_HINTS_PER_SECOND, now)
    }

    /// Whether it may have one more database connection now.
    pub(crate) fn may_have_database(&mut self, now: Instant) -> bool {
        self.databases.take(MAX_DATABASES_PER_SECOND, now)
    }

    /// Whether it may say one more thing now.
    pub(crate) fn may_speak(&mut self, now: Instant) -> bool {
        self.messages.take(MAX_MESSAGES_PER_SECOND, now)
    }

    /// Whether it has left its work undone, if it ends now and says that all is well. Who waits for it would have it
    /// started again at once, for ever.
    pub(crate) fn is_deserter(&self, now: Instant) -> bool {
        !self.is_dismissed && now.duration_since(self.started) < SHORTEST_LIFE
    }
}

#[derive(Default)]
struct Budget {
    second: Option<Instant>,
    used: u32,
}

impl Budget {
    fn take(&mut self, limit: u32, now: Instant) -> bool {
        if self.second.is_none_or(|second| now.duration_since(second) >= Duration::from_secs(1)) {
            *self = Self { second: Some(now), used: 0 };
        }
        self.used = self.used.saturating_add(1);
        self.used <= limit
    }
}

/// Whether a tenant's engine can be started.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// It runs: this process.
    Running(ProcessId),
    /// It can be started now.
    Now,
    /// It can be started at this time, soon enough to wait.
    At(Instant),
    /// It cannot be started soon, or at all.
    Never,
}

/// All tenants and engines.
#[derive(Default)]
pub(crate) struct Engines {
    pub(crate) tenants: HashMap<TenantId, Tenant>,
    /// None of them is among `tenants`.
    pub(crate) suspended: HashMap<TenantId, Suspended>,
    /// None of them is among `tenants` or `suspended`.
    pub(crate) expected: HashMap<TenantId, Expected>,
    /// Whose each hostname of all of these is.
    names: HashMap<Hostname, TenantId>,
    pub(crate) processes: HashMap<ProcessId, Engine>,
}

impl Engines {
    /// What a request for this tenant's engine leads to.
    pub(crate) fn start(&self, tenant: &TenantId, now: Instant) -> Start {
        let Some(tenant) = self.tenants.get(tenant) else { return Start::Never };
        if let Some(process) = tenant.current {
            return Start::Running(process);
        }
        match tenant.backoff.next(now) {
            Next::At(at) if at <= now => Start::Now,
            Next::At(at) if at - now <= WORTH_WAITING => Start::At(at),
            _ => Start::Never,
        }
    }

    /// What a request for the log of a suspended tenant leads to.
    pub(crate) fn start_reader(&self, tenant: &TenantId, now: Instant) -> Start {
        let Some(suspended) = self.suspended.get(tenant) else { return Start::Never };
        match (suspended.reader, suspended.backoff.next(now)) {
            (Some(process), _) => Start::Running(process),
            (None, Next::At(at)) if at <= now => Start::Now,
            _ => Start::Never,
        }
    }

    /// Takes note that a tenant is going to be announced. `None` when it was, or is suspended: that stays. Otherwise the hostnames
    /// that it was expected under before and is not any more.
    pub(crate) fn expect(&mut self, id: TenantId, hostnames: Vec<Hostname>) -> Option<Vec<Hostname>> {
        if self.tenants.contains_key(&id) || self.suspended.contains_key(&id) {
            return None;
        }
        let Expected { hostnames: former, askers } = self.expected.remove(&id).unwrap_or_default();
        let gone = self.rename(&id, former, &hostnames);
        self.expected.insert(id, Expected { hostnames, askers });
        Some(gone)
    }

    /// Takes note that clients of a gateway wait for a tenant. Whether that is worth it: it is going to be announced.
    pub(crate) fn await_expected(&mut self, id: &TenantId, asker: Option<ProcessId>) -> bool {
        let Some(expected) = self.expected.get_mut(id) else { return false };
        expected.askers.extend(asker);
        true
    }

    /// The gateways whose clients wait for a tenant to be announced, once.
    pub(crate) fn take_askers(&mut self, id: &TenantId) -> BTreeSet<ProcessId> {
        self.expected.get_mut(id).map(|expected| std::mem::take(&mut expected.askers)).unwrap_or_default()
    }

    /// Takes note of what control says about a tenant. Answers the hostnames that are served no longer and the
    /// process that runs with what was said before, if that differs.
    pub(crate) fn ready(&mut self, id: TenantId, mut new: Tenant) -> (Vec<Hostname>, Option<ProcessId>) {
        let (mut former, mut outdated) = self.take_others(&id);
        if let Some(old) = self.tenants.remove(&id) {
            new.alarm = old.alarm;
            (former, outdated) = (old.hostnames, old.current);
            if old.version == new.version && old.uid == new.uid {
                (new.current, new.backoff, outdated) = (old.current, old.backoff, None);
            }
        }
        let gone = self.rename(&id, former, &new.hostnames);
        self.tenants.insert(id, new);
        (gone, outdated)
    }

    /// Takes note that a tenant is suspended. Answers as [`Engines::ready`] does.
    pub(crate) fn suspend(
        &mut self,
        id: TenantId,
        hostnames: Vec<Hostname>,
    ) -> (Vec<Hostname>, Option<ProcessId>) {
        let (former, running) = self.take(&id);
        let gone = self.rename(&id, former, &hostnames);
        self.suspended.insert(id, Suspended { hostnames, ..Suspended::default() });
        (gone, running)
    }

    /// Forgets a tenant. Answers the hostnames that it had and the process that runs.
    pub(crate) fn forget(&mut self, id: &TenantId) -> (Vec<Hostname>, Option<ProcessId>) {
        let (former, running) = self.take(id);
        (self.rename(id, former, &[]), running)
    }

    fn take(&mut self, id: &TenantId) -> (Vec<Hostname>, Option<ProcessId>) {
        let others = self.take_others(id);
        self.tenants.remove(id).map_or(others, |tenant| (tenant.hostnames, tenant.current))
    }

    /// The hostnames of a tenant that has no engine, and the process that reads its log.
    fn take_others(&mut self, id: &TenantId) -> (Vec<Hostname>, Option<ProcessId>) {
        let expected = self.expected.remove(id).unwrap_or_default();
        self.suspended
            .remove(id)
            .map_or((expected.hostnames, None), |suspended| (suspended.hostnames, suspended.reader))
    }

    /// Has these hostnames be the tenant's instead of former ones. Answers those that are gone.
    fn rename(&mut self, id: &TenantId, former: Vec<Hostname>, hostnames: &[Hostname]) -> Vec<Hostname> {
        let gone: Vec<_> = former.into_iter().filter(|name| !hostnames.contains(name)).collect();
        for name in &gone {
            self.names.remove(name);
        }
        self.names.extend(hostnames.iter().map(|name| (name.clone(), id.clone())));
        gone
    }

    /// Whether another tenant has one of these names.
    pub(crate) fn is_taken(&self, id: &TenantId, hostnames: &[Hostname]) -> bool {
        hostnames.iter().any(|name| self.names.get(name).is_some_and(|owner| owner != id))
    }

    /// Whether the tenant's engine may have this account: one of the tenants', and no other tenant's.
    pub(crate) fn may_run_as(&self, id: &TenantId, uid: u32) -> bool {
        uid >= FIRST_TENANT_UID && self.tenants.iter().all(|(other, tenant)| other == id || tenant.uid != uid)
    }

    /// Has this timer start the tenant's engine, and none that was set before.
    pub(crate) fn set_alarm(&mut self, id: &TenantId, alarm: AbortHandle) {
        let replaced = match self.tenants.get_mut(id) {
            Some(tenant) => tenant.alarm.replace(alarm),
            None => Some(alarm),
        };
        if let Some(replaced) = replaced {
            replaced.abort();
        }
    }

    /// How many tenants are in quarantine.
    pub(crate) fn quarantined(&self, now: Instant) -> usize {
        self.tenants.values().filter(|tenant| tenant.backoff.next(now) == Next::Quarantined).count()
    }

    /// The process takes no more connections.
    pub(crate) fn retire(&mut self, process: ProcessId) {
        let Some(engine) = self.processes.get(&process) else { return };
        if let Some(tenant) = self.tenants.get_mut(&engine.tenant)
            && tenant.current == Some(process)
        {
            tenant.current = None;
        }
        if let Some(suspended) = self.suspended.get_mut(&engine.tenant)
            && suspended.reader == Some(process)
        {
            suspended.reader = None;
        }
    }

    /// The process has ended.
    pub(crate) fn ended(
        &mut self,
        process: ProcessId,
        failure: Option<Failure>,
        now: Instant,
    ) -> Option<Engine> {
        self.retire(process);
        let engine = self.processes.remove(&process)?;
        if let (Some(failure), Some(suspended)) = (failure, self.suspended.get_mut(&engine.tenant)) {
            suspended.backoff.failed(failure, now);
        }
        if let (Some(failure), Some(tenant)) = (failure, self.tenants.get_mut(&engine.tenant)) {
            tenant.backoff.failed(failure, now);
            if tenant.backoff.next(now) == Next::Quarantined {
                tracing::error!(tenant = %engine.tenant, "in quarantine: repeated security exits; look at its log");
            }
        }
        Some(engine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(letter: &str) -> TenantId {
        format!("t{}", letter.repeat(24)).parse().unwrap()
    }

    fn tenant(uid: u32) -> Tenant {
        let document = SealedDocument::seal(b"settings").unwrap();
        Tenant {
            uid,
            hostnames: Vec::new(),
            mail: document.clone(),
            egress: AllowList::default(),
            document,
            version: 1,
            current: None,
            backoff: Backoff::default(),
            alarm: None,
        }
    }

    #[test]
    fn an_engine_has_an_account_of_its_tenant_alone() {
        let mut engines = Engines::default();
        engines.ready(id("a"), tenant(FIRST_TENANT_UID));
        assert!(engines.may_run_as(&id("a"), FIRST_TENANT_UID));
        assert!(engines.may_run_as(&id("b"), FIRST_TENANT_UID + 1));
        for uid in [0, 1_000, kiavi_localpg::CONTROL_UID, FIRST_TENANT_UID - 1, FIRST_TENANT_UID] {
            assert!(!engines.may_run_as(&id("b"), uid), "{uid}");
        }
    }

    #[test]
    fn a_suspended_tenant_has_what_reads_its_log_and_no_engine() {
        let (mut engines, now) = (Engines::default(), Instant::now());
        assert_eq!(engines.start_reader(&id("a"), now), Start::Never, "nobody knows it");
        engines.ready(id("a"), tenant(FIRST_TENANT_UID));
        assert_eq!(engines.start_reader(&id("a"), now), Start::Never, "it has an engine");
        engines.suspend(id("a"), Vec::new());
        assert_eq!(engines.start(&id("a"), now), Start::Never);
        assert_eq!(engines.start_reader(&id("a"), now), Start::Now);
        engines.suspended.get_mut(&id("a")).unwrap().reader = Some(ProcessId(7));
        assert_eq!(engines.start_reader(&id("a"), now), Start::Running(ProcessId(7)));
        let (_, outdated) = engines.ready(id("a"), tenant(FIRST_TENANT_UID));
        assert_eq!(outdated, Some(ProcessId(7)), "it ends when the tenant is resumed");
    }

    #[test]
    fn who_comes_for_a_tenant_that_is_going_to_be_announced_waits_for_it() {
        let (mut engines, names) = (Engines::default(), |all: &[&str]| -> Vec<Hostname> {
            all.iter().map(|name| name.parse().unwrap()).collect()
        });
        assert!(!engines.await_expected(&id("a"), Some(ProcessId(7))), "nobody knows it");
        assert_eq!(engines.expect(id("a"), names(&["a.example", "old.example"])), Some(vec![]));
        assert!(engines.await_expected(&id("a"), Some(ProcessId(7))));
        let renewed = engines.expect(id("a"), names(&["a.example", "new.example"]));
        assert_eq!(renewed, Some(names(&["old.example"])), "as control's successor says");
        assert!(engines.is_taken(&id("b"), &names(&["new.example"])));
        assert!(!engines.is_taken(&id("b"), &names(&["old.example"])));
        assert_eq!(engines.start(&id("a"), Instant::now()), Start::Never);
        assert_eq!(engines.take_askers(&id("a")), BTreeSet::from([ProcessId(7)]));
        let announced = Tenant { hostnames: names(&["a.example"]), ..tenant(FIRST_TENANT_UID) };
        assert_eq!(engines.ready(id("a"), announced), (names(&["new.example"]), None));
        assert_eq!(engines.start(&id("a"), Instant::now()), Start::Now);
        assert_eq!(engines.expect(id("a"), names(&["other.example"])), None, "it was announced");
        assert!(engines.is_taken(&id("b"), &names(&["a.example"])));
        assert_eq!(engines.forget(&id("a")), (names(&["a.example"]), None));
        assert!(!engines.is_taken(&id("b"), &names(&["a.example", "new.example"])));
    }

    #[tokio::test]
    async fn a_tenant_has_one_alarm_which_a_change_of_its_settings_keeps() {
        let alarm = || tokio::spawn(std::future::pending::<()>());
        let (first, second, stranger) = (alarm(), alarm(), alarm());
        let mut engines = Engines::default();
        engines.ready(id("a"), tenant(FIRST_TENANT_UID));
        engines.set_alarm(&id("a"), first.abort_handle());
        engines.ready(id("a"), Tenant { version: 2, ..tenant(FIRST_TENANT_UID) });
        engines.set_alarm(&id("a"), second.abort_handle());
        assert!(first.await.unwrap_err().is_cancelled());
        engines.set_alarm(&id("b"), stranger.abort_handle());
        assert!(stranger.await.unwrap_err().is_cancelled(), "of a tenant that is gone");
        assert!(!second.is_finished());
    }
}

//! What the launcher counts, and adds up for its children.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use kiavi_base::{Histogram, RequestCounts, TenantId};
use kiavi_ipc::metrics::{
    AuditorReport, EngineReport, GatewayReport, Measurements, OutboundReport, StreamsReport, TenantReport,
};

use crate::backoff::Failure;

/// The processes that should always run.
const SERVICES: [&str; 4] = ["gateway", "control", "outbound", "auditor"];

/// The most tenants that are told apart; further ones are in the sum only.
const MAX_TENANTS: usize = 1_000;

/// Counters since the start of the instance.
#[derive(Default)]
pub(crate) struct Meter {
    pub(crate) engines_started: u64,
    pub(crate) engines_crashed: u64,
    pub(crate) engines_violated: u64,
    pub(crate) engines_out_of_memory: u64,
    pub(crate) cold_starts: Histogram,
    pub(crate) database_connections: u64,
    pub(crate) database_refusals: u64,
    pub(crate) gateway: GatewayReport,
    pub(crate) outbound: OutboundReport,
    pub(crate) auditor: AuditorReport,
    /// Events that streams have sent.
    streamed: u64,
    /// How the streams of each tenant stood when its engine last said so: one that sleeps has them as they were.
    streams: HashMap<TenantId, StreamsReport>,
    services_failed: BTreeMap<&'static str, u64>,
    requests: RequestCounts,
    /// `None`: tenants are not told apart.
    tenants: Option<HashMap<TenantId, RequestCounts>>,
}

impl Meter {
    /// Nothing counted yet.
    pub(crate) fn new(tells_tenants_apart: bool) -> Self {
        Self { tenants: tells_tenants_apart.then(HashMap::new), ..Self::default() }
    }

    /// Goes on counting where the program before this one has stopped.
    pub(crate) fn resume(&mut self, before: &Measurements) {
        self.engines_started = before.engines_started;
        self.engines_crashed = before.engines_crashed;
        self.engines_violated = before.engines_violated;
        self.engines_out_of_memory = before.engines_out_of_memory;
        self.cold_starts = Histogram::from(&before.cold_starts);
        self.database_connections = before.database_connections;
        self.database_refusals = before.database_refusals;
        self.gateway = before.gateway;
        self.outbound = before.outbound;
        self.auditor = before.auditor.clone();
        // The gauges are told anew by engines, which are started again.
        self.streamed = before.streams.events;
        for (role, count) in &before.services_failed {
            // A role that this program does not have is nobody's to watch.
            if let Some(role) = SERVICES.into_iter().find(|known| known == role) {
                self.services_failed.insert(role, *count);
            }
        }
        self.requests = before.requests.counts().unwrap_or(RequestCounts::EMPTY);
        for TenantReport { tenant, report } in &before.tenant_requests {
            if let (Some(tenants), Some(counts)) = (&mut self.tenants, report.counts()) {
                tenants.insert(tenant.clone(), counts);
            }
        }
    }

    /// An engine takes connections, so long after it was started.
    pub(crate) fn engine_ready(&mut self, after: Duration) {
        self.cold_starts.add(after);
    }

    /// An engine ended badly.
    pub(crate) fn engine_failed(&mut self, failure: Failure) {
        match failure {
            Failure::Crash => self.engines_crashed += 1,
            Failure::Security => self.engines_violated += 1,
            Failure::OutOfMemory => self.engines_out_of_memory += 1,
        }
    }

    /// A process ended that should run.
    pub(crate) fn service_failed(&mut self, role: &'static str) {
        *self.services_failed.entry(role).or_default() += 1;
    }

    /// An engine was asked for a database connection on behalf of a tenant, and got it or not.
    pub(crate) fn database_answered(&mut self, is_given: bool) {
        let counter = if is_given { &mut self.database_connections } else { &mut self.database_refusals };
        *counter += 1;
    }

    /// Takes what an engine says. What makes no sense is dropped: it harms nothing but this engine's own numbers.
    pub(crate) fn engine_reported(&mut self, tenant: &TenantId, report: &EngineReport) {
        let Some(counts) = report.counts() else { return };
        self.requests.merge(&counts);
        let Some(tenants) = &mut self.tenants else { return };
        if tenants.len() < MAX_TENANTS || tenants.contains_key(tenant) {
            tenants.entry(tenant.clone()).or_default().merge(&counts);
        }
    }

    /// Takes what an engine says of its tenant's streams.
    pub(crate) fn streams_reported(&mut self, tenant: &TenantId, report: &StreamsReport) {
        self.streamed = self.streamed.saturating_add(report.events);
        self.streams.insert(tenant.clone(), StreamsReport { events: 0, ..*report });
    }

    /// All streams together.
    pub(crate) fn streams(&self) -> StreamsReport {
        let mut all = StreamsReport { events: self.streamed, ..StreamsReport::default() };
        self.streams.values().for_each(|report| all.add(report));
        all
    }

    /// The tenant is gone.
    pub(crate) fn forget(&mut self, tenant: &TenantId) {
        self.streams.remove(tenant);
        if let Some(tenants) = &mut self.tenants {
            tenants.remove(tenant);
        }
    }

    pub(crate) fn services_failed(&self) -> Vec<(String, u64)> {
        self.services_failed.iter().map(|(role, count)| ((*role).to_owned(), *count)).collect()
    }

    pub(crate) fn requests(&self) -> EngineReport {
        EngineReport::new(&self.requests)
    }

    pub(crate) fn tenant_requests(&self) -> Vec<TenantReport> {
        let tenants = self.tenants.iter().flatten();
        tenants
            .map(|(tenant, counts)| TenantReport {
                tenant: tenant.clone(),
                report: EngineReport::new(counts),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use kiavi_base::RequestClass;

    use super::*;

    fn tenant(letter: &str) -> TenantId {
        format!("t{}", letter.repeat(24)).parse().unwrap()
    }

    #[test]
    fn streams_are_as_their_engines_left_them() {
        let mut meter = Meter::new(false);
        let report = |events, oldest_seconds, streams| StreamsReport { events, oldest_seconds, streams };
        meter.streams_reported(&tenant("a"), &report(5, 90, [0, 0, 1]));
        meter.streams_reported(&tenant("b"), &report(1, 0, [2, 0, 0]));
        meter.streams_reported(&tenant("a"), &report(2, 7, [0, 1, 0]));
        assert_eq!(meter.streams(), report(8, 7, [2, 1, 0]));
        meter.forget(&tenant("a"));
        assert_eq!(meter.streams(), report(8, 0, [2, 0, 0]));
    }

    #[test]
    fn engines_add_up_and_tenants_are_told_apart_only_where_that_is_wanted() {
        let mut counts = RequestCounts::EMPTY;
        counts.add(RequestClass::Api, 200, Duration::from_millis(1));
        let report = EngineReport::new(&counts);
        for (apart, expected) in [(false, 0), (true, 2)] {
            let mut meter = Meter::new(apart);
            meter.engine_reported(&tenant("a"), &report);
            meter.engine_reported(&tenant("a"), &report);
            meter.engine_reported(&tenant("b"), &report);
            let all = meter.requests().counts().unwrap();
            assert_eq!(all.class(RequestClass::Api).statuses, [3, 0, 0, 0]);
            assert_eq!(meter.tenant_requests().len(), expected);
            meter.forget(&tenant("a"));
            assert_eq!(meter.tenant_requests().len(), expected / 2);
        }
    }
}

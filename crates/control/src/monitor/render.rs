//! Metrics as text (OpenMetrics 1.0). The families are documented in `docs/operations.md`.

use std::fmt::Error;

use kiavi_base::{DURATION_BOUNDS, Histogram, RequestClass, RequestCounts, STATUS_GROUPS};
use kiavi_ipc::metrics::{
    AuditorReport, GatewayReport, LOG_STATES, Measurements, OutboundReport, STREAM_STATES, StreamsReport,
};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, text::encode},
    metrics::MetricType,
    registry::{Registry, Unit},
};

use crate::Step;

/// The media type of [`text`].
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What control itself knows.
#[derive(Debug, Clone, Default)]
pub(super) struct Own {
    /// Tenants by state.
    pub(super) tenants: Vec<(String, u64)>,
    /// Domains by state.
    pub(super) domains: Vec<(String, u64)>,
    /// Certificates by state, and when the first of them ends, in seconds since 1970.
    pub(super) certificates: Vec<(String, u64)>,
    pub(super) first_end: Option<u64>,
    /// Tenants that are not where they should be; `None` when the database does not answer.
    pub(super) backlog: Option<u64>,
    /// Steps of provisioning, done and failed.
    pub(super) steps: Vec<(Step, u64, u64)>,
    /// Database sessions of engines that lasted too long and were ended.
    pub(super) ended_sessions: u64,
    /// Requests to control itself.
    pub(super) requests: RequestCounts,
}

/// Everything as text.
pub(super) fn text(measured: &Measurements, own: &Own) -> Result<String, Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(All { measured: measured.clone(), own: own.clone() }));
    let mut text = String::with_capacity(16 * 1024);
    encode(&mut text, &registry)?;
    Ok(text)
}

#[derive(Debug)]
struct All {
    measured: Measurements,
    own: Own,
}

/// A metric family that is being written.
struct Family<'a>(MetricEncoder<'a>);

impl Family<'_> {
    fn count(&mut self, labels: &[(&str, &str)], value: u64) -> Result<(), Error> {
        self.0.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&value, None)
    }

    fn state(&mut self, labels: &[(&str, &str)], value: u64) -> Result<(), Error> {
        self.0.encode_family(&labels)?.encode_gauge(&i64::try_from(value).unwrap_or(i64::MAX))
    }

    fn durations(&mut self, labels: &[(&str, &str)], histogram: &Histogram) -> Result<(), Error> {
        let bounds = DURATION_BOUNDS.iter().copied().chain([f64::MAX]);
        let buckets: Vec<_> = bounds.zip(histogram.buckets).collect();
        let seconds = std::time::Duration::from_micros(histogram.total_micros).as_secs_f64();
        self.0.encode_family(&labels)?.encode_histogram::<NoLabelSet>(
            seconds,
            histogram.count(),
            &buckets,
            None,
        )
    }
}

/// The encoder as this module uses it.
struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    fn counter<'s>(&'s mut self, name: &'s str, help: &str) -> Result<Family<'s>, Error> {
        self.0.encode_descriptor(name, help, None, MetricType::Counter).map(Family)
    }

    fn gauge<'s>(&'s mut self, name: &'s str, help: &str) -> Result<Family<'s>, Error> {
        self.0.encode_descriptor(name, help, None, MetricType::Gauge).map(Family)
    }

    fn histogram<'s>(&'s mut self, name: &'s str, help: &str) -> Result<Family<'s>, Error> {
        self.0.encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Histogram).map(Family)
    }
}

impl Collector for All {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        let mut page = Page(encoder);
        self.requests(&mut page)?;
        self.engines(&mut page)?;
        connections(&mut page, &self.measured.gateway)?;
        outbound(&mut page, &self.measured.outbound)?;
        auditor(&mut page, &self.measured.auditor)?;
        streams(&mut page, &self.measured.streams)?;
        self.tenants(&mut page)
    }
}

impl All {
    fn requests(&self, page: &mut Page<'_>) -> Result<(), Error> {
        let mut all = self.measured.requests.counts().unwrap_or_default();
        all.merge(&self.own.requests);
        let mut family =
            page.counter("kiavi_requests", "Requests answered, by what they were for and how they ended.")?;
        for class in RequestClass::ALL {
            for (status, count) in STATUS_GROUPS.iter().zip(all.class(class).statuses) {
                family.count(&[("class", class.name()), ("status", status)], count)?;
            }
        }
        let help = "Time from the head of a request to that of its answer.";
        let mut family = page.histogram("kiavi_request_duration", help)?;
        for class in RequestClass::ALL {
            family.durations(&[("class", class.name())], &all.class(class).durations)?;
        }
        if self.measured.tenant_requests.is_empty() {
            return Ok(());
        }
        let mut family = page.counter("kiavi_tenant_requests", "Requests answered by a tenant's engine.")?;
        for tenant in &self.measured.tenant_requests {
            let counts = tenant.report.counts().unwrap_or_default();
            for (index, status) in STATUS_GROUPS.iter().enumerate() {
                let count = RequestClass::ALL.iter().map(|class| counts.class(*class).statuses[index]).sum();
                family.count(&[("tenant", tenant.tenant.as_str()), ("status", status)], count)?;
            }
        }
        Ok(())
    }

    fn engines(&self, page: &mut Page<'_>) -> Result<(), Error> {
        let measured = &self.measured;
        page.gauge("kiavi_engines_running", "Engines that run.")?.state(&[], measured.engines_running)?;
        page.counter("kiavi_engines_started", "Engines started.")?.count(&[], measured.engines_started)?;
        let mut family = page.counter("kiavi_engines_failed", "Engines that ended badly, by reason.")?;
        family.count(&[("reason", "crash")], measured.engines_crashed)?;
        family.count(&[("reason", "forbidden_call")], measured.engines_violated)?;
        family.count(&[("reason", "out_of_memory")], measured.engines_out_of_memory)?;
        let help = "Tenants whose engine is not started any more after repeated forbidden system calls.";
        page.gauge("kiavi_tenants_in_quarantine", help)?.state(&[], measured.tenants_in_quarantine)?;
        let help = "Time from the start of an engine until it takes connections.";
        page.histogram("kiavi_engine_start", help)?
            .durations(&[], &Histogram::from(&measured.cold_starts))?;
        let mut family =
            page.counter("kiavi_processes_failed", "Other processes that ended and should not have.")?;
        for role in ["auditor", "control", "gateway", "outbound", "postgres"] {
            let failed = measured.services_failed.iter().find(|(name, _)| name == role);
            family.count(&[("role", role)], failed.map_or(0, |(_, count)| *count))?;
        }
        let help = "Database connections that engines asked for, by whether they got one.";
        let mut family = page.counter("kiavi_database_connections", help)?;
        family.count(&[("outcome", "given")], measured.database_connections)?;
        family.count(&[("outcome", "refused")], measured.database_refusals)
    }

    fn tenants(&self, page: &mut Page<'_>) -> Result<(), Error> {
        let mut family = page.gauge("kiavi_domains", "Domains that were proved or are to be, by state.")?;
        for (state, count) in &self.own.domains {
            family.state(&[("state", state)], *count)?;
        }
        let help = "Certificates of the names that are served, by state.";
        let mut family = page.gauge("kiavi_certificates", help)?;
        for (state, count) in &self.own.certificates {
            family.state(&[("state", state)], *count)?;
        }
        if let Some(end) = self.own.first_end {
            let help = "When the first certificate ends, in seconds since 1970.";
            page.gauge("kiavi_certificate_first_end_seconds", help)?.state(&[], end)?;
        }
        let mut family = page.gauge("kiavi_tenants", "Tenants, by state.")?;
        for (state, count) in &self.own.tenants {
            family.state(&[("state", state)], *count)?;
        }
        let help = "Tenants that may be served now.";
        page.gauge("kiavi_tenants_served", help)?.state(&[], self.measured.tenants)?;
        if let Some(backlog) = self.own.backlog {
            let help = "Tenants that are not where they should be yet.";
            page.gauge("kiavi_reconciler_backlog", help)?.state(&[], backlog)?;
        }
        let help = "Database sessions of engines that lasted too long and were ended.";
        page.counter("kiavi_database_sessions_ended", help)?.count(&[], self.own.ended_sessions)?;
        let mut family = page.counter("kiavi_provisioning_steps", "Steps of provisioning, by outcome.")?;
        for (step, done, failed) in &self.own.steps {
            family.count(&[("step", step.as_str()), ("outcome", "done")], *done)?;
            family.count(&[("step", step.as_str()), ("outcome", "failed")], *failed)?;
        }
        Ok(())
    }
}

fn connections(page: &mut Page<'_>, gateway: &GatewayReport) -> Result<(), Error> {
    page.counter("kiavi_connections_accepted", "Client connections accepted.")?
        .count(&[], gateway.accepted)?;
    let help = "Client connections handed over to the process that serves them.";
    page.counter("kiavi_connections_handed_over", help)?.count(&[], gateway.handed_over)?;
    let mut family = page.counter("kiavi_connections_refused", "Client connections refused, by reason.")?;
    family.count(&[("reason", "bad_request")], gateway.bad_requests)?;
    family.count(&[("reason", "unknown_host")], gateway.unknown_hosts)?;
    family.count(&[("reason", "unavailable")], gateway.unavailable)?;
    let mut family =
        page.gauge("kiavi_connections_waiting", "Client connections on their way, by what they wait for.")?;
    family.state(&[("for", "request")], gateway.peeking)?;
    family.state(&[("for", "engine")], gateway.waiting)?;
    family.state(&[("for", "acknowledgement")], gateway.unacknowledged)
}

fn outbound(page: &mut Page<'_>, outbound: &OutboundReport) -> Result<(), Error> {
    let mut family = page.counter("kiavi_mails", "Attempts to deliver a mail, by outcome.")?;
    family.count(&[("outcome", "delivered")], outbound.mails_delivered)?;
    family.count(&[("outcome", "deferred")], outbound.mails_deferred)?;
    family.count(&[("outcome", "failed")], outbound.mails_failed)?;
    let help = "Connections to servers outside that engines asked for, by outcome.";
    let mut family = page.counter("kiavi_egress_connections", help)?;
    family.count(&[("outcome", "connected")], outbound.egress_connected)?;
    family.count(&[("outcome", "forbidden")], outbound.egress_forbidden)?;
    family.count(&[("outcome", "busy")], outbound.egress_busy)?;
    family.count(&[("outcome", "failed")], outbound.egress_failed)
}

fn streams(page: &mut Page<'_>, streams: &StreamsReport) -> Result<(), Error> {
    page.counter("kiavi_audit_stream_events", "Events that streams of tenants' logs have sent.")?
        .count(&[], streams.events)?;
    let mut family = page.gauge("kiavi_audit_streams", "Streams of tenants' logs, by how they stand.")?;
    for (state, count) in STREAM_STATES.iter().zip(streams.streams) {
        family.state(&[("state", state)], count)?;
    }
    let help = "For how many seconds the oldest sealed event that a stream has not sent has waited.";
    page.gauge("kiavi_audit_stream_lag_seconds", help)?.state(&[], streams.oldest_seconds)
}

fn auditor(page: &mut Page<'_>, auditor: &AuditorReport) -> Result<(), Error> {
    page.counter("kiavi_audit_events_sealed", "Events of tenants' logs sealed.")?
        .count(&[], auditor.events)?;
    let mut family =
        page.counter("kiavi_audit_checkpoints", "Checkpoints of tenants' logs, by what came of them.")?;
    family.count(&[("outcome", "signed")], auditor.checkpoints)?;
    family.count(&[("outcome", "cosigned")], auditor.cosigned)?;
    family.count(&[("outcome", "refused")], auditor.refused)?;
    let help = "Attempts to seal a log that failed and are repeated.";
    page.counter("kiavi_audit_failures", help)?.count(&[], auditor.failed)?;
    let help = "Changes of who may come in to tenants that no event of their logs explains.";
    page.counter("kiavi_audit_unexplained_changes", help)?.count(&[], auditor.unexplained)?;
    let help = "Time from an event until it is sealed.";
    page.histogram("kiavi_audit_seal_delay", help)?.durations(&[], &Histogram::from(&auditor.delays))?;
    let mut family = page.gauge("kiavi_audit_logs", "Tenants' logs, by how they stand.")?;
    for (state, count) in LOG_STATES.iter().zip(auditor.logs) {
        family.state(&[("state", state)], count)?;
    }
    let help = "For how many seconds the oldest event that is known and not sealed has waited.";
    page.gauge("kiavi_audit_oldest_unsealed_seconds", help)?.state(&[], auditor.oldest_seconds)
}

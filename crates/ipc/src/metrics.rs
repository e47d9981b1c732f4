//! What processes count, on its way to whoever reads metrics.
//!
//! Engines, gateway and outbound tell the launcher every few seconds what they have counted since; who has nothing to
//! tell says nothing, so a sleeping engine stays asleep. The launcher adds up, and control asks for the sum when
//! somebody asks control. Counters are told as what has been added, gauges as they stand.

use kiavi_base::{Histogram, RequestCounts, TenantId};
use minicbor::{Decode, Encode};

use crate::{IpcError, SealedDocument, SealedDocumentError};

/// What an engine has answered since it last said so, see [`RequestCounts::numbers`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct EngineReport {
    #[n(0)]
    numbers: Vec<u64>,
}

impl EngineReport {
    /// A report of `counts`.
    pub fn new(counts: &RequestCounts) -> Self {
        Self { numbers: counts.numbers().collect() }
    }

    /// The counts; `None` when they are not what this program counts.
    pub fn counts(&self) -> Option<RequestCounts> {
        RequestCounts::from_numbers(&self.numbers)
    }
}

/// What the gateway has to tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
pub struct GatewayReport {
    /// Connections accepted.
    #[n(0)]
    pub accepted: u64,
    /// Connections handed over and acknowledged.
    #[n(1)]
    pub handed_over: u64,
    /// Refused because no single host was named.
    #[n(2)]
    pub bad_requests: u64,
    /// Refused because nobody is served under the name.
    #[n(3)]
    pub unknown_hosts: u64,
    /// Refused because a destination could not be had, or too many waited for it.
    #[n(4)]
    pub unavailable: u64,
    /// Gauge: connections whose host is not known yet.
    #[n(5)]
    pub peeking: u64,
    /// Gauge: connections that wait for a destination.
    #[n(6)]
    pub waiting: u64,
    /// Gauge: connections handed over and not acknowledged.
    #[n(7)]
    pub unacknowledged: u64,
}

impl GatewayReport {
    /// Adds the counters of `other` and takes its gauges.
    pub fn merge(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.handed_over += other.handed_over;
        self.bad_requests += other.bad_requests;
        self.unknown_hosts += other.unknown_hosts;
        self.unavailable += other.unavailable;
        self.peeking = other.peeking;
        self.waiting = other.waiting;
        self.unacknowledged = other.unacknowledged;
    }
}

/// What outbound has to tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
pub struct OutboundReport {
    /// Mails that the next hop took.
    #[n(0)]
    pub mails_delivered: u64,
    /// Attempts that are made again later.
    #[n(1)]
    pub mails_deferred: u64,
    /// Mails that are refused for good.
    #[n(2)]
    pub mails_failed: u64,
    /// Connections to servers outside that engines were given.
    #[n(3)]
    pub egress_connected: u64,
    /// Refused because the server is not on the tenant's list, or has no address that may be connected to.
    #[n(4)]
    pub egress_forbidden: u64,
    /// Refused because the tenant asks for too much at once.
    #[n(5)]
    pub egress_busy: u64,
    /// The server could not be reached in time, or at all.
    #[n(6)]
    pub egress_failed: u64,
}

impl OutboundReport {
    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.mails_delivered += other.mails_delivered;
        self.mails_deferred += other.mails_deferred;
        self.mails_failed += other.mails_failed;
        self.egress_connected += other.egress_connected;
        self.egress_forbidden += other.egress_forbidden;
        self.egress_busy += other.egress_busy;
        self.egress_failed += other.egress_failed;
    }
}

/// What an engine has to tell of its tenant's streams.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
pub struct StreamsReport {
    /// Events sent.
    #[n(0)]
    pub events: u64,
    /// Gauge: streams by how they stand, in the order of [`STREAM_STATES`].
    #[n(1)]
    pub streams: [u64; 3],
    /// Gauge: for how many seconds the oldest sealed event that was not sent has waited.
    #[n(2)]
    pub oldest_seconds: u64,
}

/// How a stream stands: everything was sent; events wait; the last attempt failed.
pub const STREAM_STATES: [&str; 3] = ["current", "behind", "failing"];

impl StreamsReport {
    /// Adds another tenant's.
    pub fn add(&mut self, other: &Self) {
        self.events += other.events;
        self.streams.iter_mut().zip(other.streams).for_each(|(count, more)| *count += more);
        self.oldest_seconds = self.oldest_seconds.max(other.oldest_seconds);
    }
}

/// What the auditor has to tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct AuditorReport {
    /// Events sealed.
    #[n(0)]
    pub events: u64,
    /// Checkpoints signed.
    #[n(1)]
    pub checkpoints: u64,
    /// Checkpoints that the witness cosigned.
    #[n(2)]
    pub cosigned: u64,
    /// Checkpoints that the witness refused because they contradict what it has seen.
    #[n(3)]
    pub refused: u64,
    /// Rounds that failed, to be repeated.
    #[n(4)]
    pub failed: u64,
    /// From the time of an event until its seal.
    #[n(5)]
    pub delays: Durations,
    /// Gauge: logs by how they stand, in the order of [`LOG_STATES`].
    #[n(6)]
    pub logs: [u64; 5],
    /// Gauge: for how many seconds the oldest event that is known and not sealed has waited.
    #[n(7)]
    pub oldest_seconds: u64,
    /// Changes of who may come in that no event explains.
    #[n(8)]
    #[cbor(default)]
    pub unexplained: u64,
}

/// How a log stands: not looked at yet; sealed and cosigned; sealed, and its last checkpoint waits for the witness; with
/// events that wait to be sealed; contradicting what the witness has seen, and sealed no further.
pub const LOG_STATES: [&str; 5] = ["unknown", "cosigned", "sealed", "behind", "refused"];

impl AuditorReport {
    /// Adds the counters of `other` and takes its gauges.
    pub fn merge(&mut self, other: &Self) {
        self.events += other.events;
        self.checkpoints += other.checkpoints;
        self.cosigned += other.cosigned;
        self.refused += other.refused;
        self.failed += other.failed;
        self.unexplained += other.unexplained;
        let mut delays = Histogram::from(&self.delays);
        delays.merge(&Histogram::from(&other.delays));
        self.delays = Durations::from(&delays);
        self.logs = other.logs;
        self.oldest_seconds = other.oldest_seconds;
    }
}

/// Durations, as they travel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Durations {
    /// As in [`Histogram::buckets`].
    #[n(0)]
    pub buckets: Vec<u64>,
    /// As in [`Histogram::total_micros`].
    #[n(1)]
    pub total_micros: u64,
}

impl From<&Histogram> for Durations {
    fn from(histogram: &Histogram) -> Self {
        Self { buckets: histogram.buckets.to_vec(), total_micros: histogram.total_micros }
    }
}

impl From<&Durations> for Histogram {
    fn from(durations: &Durations) -> Self {
        let buckets = durations.buckets.as_slice().try_into().unwrap_or(Self::EMPTY.buckets);
        Self { buckets, total_micros: durations.total_micros }
    }
}

/// What one tenant's engines have answered.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct TenantReport {
    /// Whose.
    #[n(0)]
    #[cbor(with = "crate::codec::text")]
    pub tenant: TenantId,
    /// What.
    #[n(1)]
    pub report: EngineReport,
}

/// Everything that the launcher knows, at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Measurements {
    /// Whether PostgreSQL runs.
    #[n(0)]
    pub has_postgres: bool,
    /// Whether the gateway runs.
    #[n(1)]
    pub has_gateway: bool,
    /// Whether outbound runs.
    #[n(2)]
    pub has_outbound: bool,
    /// Tenants that may be served.
    #[n(3)]
    pub tenants: u64,
    /// Tenants whose engine is not started any more after repeated security exits.
    #[n(4)]
    pub tenants_in_quarantine: u64,
    /// Engines that run.
    #[n(5)]
    pub engines_running: u64,
    /// Engines started, ever.
    #[n(6)]
    pub engines_started: u64,
    /// Engines that crashed.
    #[n(7)]
    pub engines_crashed: u64,
    /// Engines that the kernel ended because of a forbidden system call.
    #[n(8)]
    pub engines_violated: u64,
    /// Other processes that ended and should not have, by name of the role.
    #[n(9)]
    pub services_failed: Vec<(String, u64)>,
    /// From the start of an engine until it takes connections.
    #[n(10)]
    pub cold_starts: Durations,
    /// Database connections handed to engines.
    #[n(11)]
    pub database_connections: u64,
    /// Requests for one that could not be met.
    #[n(12)]
    pub database_refusals: u64,
    /// All engines' requests.
    #[n(13)]
    pub requests: EngineReport,
    /// Those of single tenants, where the instance tells them apart.
    #[n(14)]
    pub tenant_requests: Vec<TenantReport>,
    /// The gateway's.
    #[n(15)]
    pub gateway: GatewayReport,
    /// Outbound's.
    #[n(16)]
    pub outbound: OutboundReport,
    /// Whether the auditor runs.
    #[n(17)]
    #[cbor(default)]
    pub has_auditor: bool,
    /// The auditor's.
    #[n(18)]
    #[cbor(default)]
    pub auditor: AuditorReport,
    /// All tenants' streams.
    #[n(19)]
    #[cbor(default)]
    pub streams: StreamsReport,
    /// Engines that the kernel ended because they had used up their memory.
    #[n(20)]
    #[cbor(default)]
    pub engines_out_of_memory: u64,
}

impl Measurements {
    /// Seals it.
    ///
    /// # Errors
    /// When it is too large, or there is no memory for it.
    pub fn seal(&self) -> Result<SealedDocument, SealedDocumentError> {
        let bytes = minicbor::to_vec(self).map_err(std::io::Error::other)?;
        SealedDocument::seal(&bytes)
    }

    /// Reads what [`Measurements::seal`] sealed.
    ///
    /// # Errors
    /// When it is not that.
    pub fn read(bytes: &[u8]) -> Result<Self, IpcError> {
        minicbor::decode(bytes).map_err(|_| IpcError::Malformed("not measurements"))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kiavi_base::RequestClass;

    use super::*;

    #[test]
    fn measurements_arrive_as_they_were() {
        let mut counts = RequestCounts::EMPTY;
        counts.add(RequestClass::Api, 200, Duration::from_millis(3));
        let report = EngineReport::new(&counts);
        assert_eq!(report.counts(), Some(counts));
        let mut cold_starts = Histogram::EMPTY;
        cold_starts.add(Duration::from_millis(7));
        let tenant = format!("t{}", "a".repeat(24)).parse().unwrap();
        let all = Measurements {
            has_postgres: true,
            has_gateway: true,
            has_outbound: false,
            tenants: 1,
            tenants_in_quarantine: 0,
            engines_running: 1,
            engines_started: 2,
            engines_crashed: 1,
            engines_violated: 0,
            engines_out_of_memory: 5,
            services_failed: vec![("gateway".to_owned(), 3)],
            cold_starts: Durations::from(&cold_starts),
            database_connections: 4,
            database_refusals: 0,
            requests: report.clone(),
            tenant_requests: vec![TenantReport { tenant, report }],
            gateway: GatewayReport { accepted: 5, ..GatewayReport::default() },
            outbound: OutboundReport { mails_failed: 6, ..OutboundReport::default() },
            has_auditor: true,
            auditor: AuditorReport { events: 7, unexplained: 1, ..AuditorReport::default() },
            streams: StreamsReport { events: 8, ..StreamsReport::default() },
        };
        let bytes = all.seal().unwrap().read().unwrap();
        let read = Measurements::read(&bytes).unwrap();
        assert_eq!(read, all);
        assert_eq!(Histogram::from(&read.cold_starts), cold_starts);
        assert!(Measurements::read(&bytes[1..]).is_err());
    }

    #[test]
    fn what_an_engine_makes_up_is_not_counted() {
        assert_eq!(EngineReport { numbers: vec![1, 2, 3] }.counts(), None);
    }
}

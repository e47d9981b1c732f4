//! Counting what left, for the launcher to add up.

use std::sync::{Mutex, PoisonError};

use kiavi_ipc::egress::{FromEgress, Refusal};
use kiavi_ipc::mail::Delivery;
use kiavi_ipc::metrics::OutboundReport;

/// What happened since it was last told.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<OutboundReport>);

impl Tally {
    /// A mail was tried.
    pub(crate) fn mail(&self, delivery: Delivery) {
        self.change(|report| match delivery {
            Delivery::Delivered => report.mails_delivered += 1,
            Delivery::Deferred => report.mails_deferred += 1,
            Delivery::Refused | Delivery::RecipientRefused => report.mails_failed += 1,
        });
    }

    /// An engine was answered that asked for a connection.
    pub(crate) fn egress(&self, answer: &FromEgress) {
        self.change(|report| match answer {
            FromEgress::Roots { .. } => {}
            FromEgress::Connected { .. } => report.egress_connected += 1,
            FromEgress::Refused { reason, .. } => match reason {
                Refusal::NotAllowed | Refusal::PrivateAddress => report.egress_forbidden += 1,
                Refusal::Busy => report.egress_busy += 1,
                Refusal::Unreachable | Refusal::Deadline => report.egress_failed += 1,
            },
        });
    }

    /// What there is to tell, if there is something.
    pub(crate) fn take(&self) -> Option<OutboundReport> {
        let report = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        (report != OutboundReport::default()).then_some(report)
    }

    fn change(&self, change: impl FnOnce(&mut OutboundReport)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

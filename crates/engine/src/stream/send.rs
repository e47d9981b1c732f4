//! One attempt.

use bytes::Bytes;
use jiff::Timestamp;

use super::{
    bucket::{self, Access},
    flow::{fault, written},
    settings::{Destination, StreamSettings},
    syslog,
    wire::Line,
};
use crate::State;

/// Events that follow each other in the log; at least one.
pub(super) struct Batch {
    pub(super) lines: Vec<Line>,
    /// When the first of them happened.
    pub(super) at: Timestamp,
}

impl Batch {
    /// The indexes of the first and the last.
    pub(super) fn indexes(&self) -> (i64, i64) {
        let index = |line: Option<&Line>| line.map_or(0, |line| line.index);
        (index(self.lines.first()), index(self.lines.last()))
    }
}

/// Sends events; what was in the way, if they are not there.
pub(super) async fn send(state: &State, stream: &StreamSettings, batch: &Batch) -> Result<(), String> {
    match &stream.to {
        Destination::Syslog { enterprise_number, .. } => {
            let host = state.settings.base_url.host();
            let frames: String =
                batch.lines.iter().map(|line| syslog::frame(host, *enterprise_number, line)).collect();
            let server = stream.to.host().ok_or("no_server")?;
            state.egress.pour(&server, Bytes::from(frames)).await.map_err(fault)
        }
        Destination::S3 { endpoint, region, bucket, prefix, access_key_id, secret_key, .. } => {
            let lines: String = batch.lines.iter().map(|line| line.to_json(usize::MAX) + "\n").collect();
            let name = bucket::name(prefix, batch.indexes(), batch.at);
            let secret_key = secret_key.expose();
            let access = Access { endpoint, region, bucket, access_key_id, secret_key };
            let request =
                bucket::put(&access, &name, Bytes::from(lines), state.clock.now()).ok_or("no_request")?;
            let answer = state.egress.deliver(request).await.map_err(fault)?;
            written(answer.status())
        }
    }
}

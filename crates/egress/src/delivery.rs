//! Requests that no person waits for, such as webhooks: more patient than others, and never at their cost.
//!
//! They go round the circuit breakers, because who sends them has a schedule of its own for servers that fail and because a
//! server that takes no webhooks may be the one that people sign in with. Outbound makes ten connections a second for
//! a tenant; of these they take four.

use std::io::ErrorKind;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep_until, timeout};

use crate::client::{Client, Failure};
use crate::exchange::Wanted;
use crate::{DELIVERY_BODY, EgressError, EgressHost};

/// From the call to the status; the standard asks for 15 to 30 s (Standard Webhooks, Request timeouts).
const DEADLINE: Duration = Duration::from_secs(15);

/// From the call to the end of what a server that was poured to has to say.
const POURING: Duration = Duration::from_secs(30);

/// Between two new connections.
const INTERVAL: Duration = Duration::from_millis(250);

/// When the next connection may be made.
#[derive(Default)]
pub(crate) struct Pace(Mutex<Option<Instant>>);

impl Pace {
    /// Waits for a turn: as long as there are others that wait, times [`INTERVAL`].
    async fn turn(&self) {
        let now = Instant::now();
        let at = {
            let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let at = next.map_or(now, |next| next.max(now));
            *next = Some(at + INTERVAL);
            at
        };
        sleep_until(at).await;
    }
}

/// See [`crate::HttpClient::deliver`].
pub(crate) async fn deliver(
    client: &Client,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, EgressError> {
    let host = client.host(&request)?;
    if !client.has_line(host) {
        client.pace.turn().await;
    }
    let attempt = client.attempt(host, request, Wanted::Start(DELIVERY_BODY));
    let outcome = timeout(DEADLINE, attempt).await.map_err(|_| EgressError::Deadline)?;
    outcome.map_err(EgressError::from)
}

/// See [`crate::HttpClient::pour`].
pub(crate) async fn pour(client: &Client, server: &EgressHost, bytes: Bytes) -> Result<(), EgressError> {
    if !client.has(server) || !server.is_secure() {
        return Err(EgressError::Refused);
    }
    client.pace.turn().await;
    let pouring = async {
        let mut stream = client.secured(server).await?;
        let broken = |_| Failure::Exchange(EgressError::Unreachable);
        stream.write_all(&bytes).await.map_err(broken)?;
        // Our end, by TLS and by TCP (RFC 5425 §4.4).
        stream.shutdown().await.map_err(broken)?;
        let mut ignored = [0; 512];
        loop {
            match stream.read(&mut ignored).await {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                // Servers that end the connection without a word of TLS have read to its end all the same: had they not,
                // the kernel would have reset it.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
                Err(error) => return Err(broken(error)),
            }
        }
    };
    let outcome = timeout(POURING, pouring).await.map_err(|_| EgressError::Deadline)?;
    outcome.map_err(EgressError::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn connections_are_made_one_after_the_other() {
        let (pace, start) = (Pace::default(), Instant::now());
        for turn in 0..5 {
            pace.turn().await;
            assert_eq!(start.elapsed(), INTERVAL * turn);
        }
        tokio::time::advance(Duration::from_secs(60)).await;
        let rested = Instant::now();
        pace.turn().await;
        assert_eq!(rested.elapsed(), Duration::ZERO);
    }
}

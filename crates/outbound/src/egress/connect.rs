//! From a name to a connection.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use kiavi_ipc::egress::{Refusal, Target};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{sleep, timeout};

use super::Asker;
use super::address::{Reach, is_reachable};
use super::budget::Budget;

/// How long looking up and connecting may take together.
pub(crate) const DEADLINE: Duration = Duration::from_secs(3);

/// How long an address may take before the next one is tried beside it (RFC 8305 §5).
const STAGGER: Duration = Duration::from_millis(250);

/// The most addresses of one name that are tried.
pub(crate) const MAX_ADDRESSES: usize = 6;

/// Connects to `target`, at an address within `reach`.
pub(super) async fn connect(
    asker: &Asker,
    target: &Target,
    reach: Reach,
    budget: &Budget,
) -> Result<TcpStream, Refusal> {
    let attempt = async { race(addresses(asker, target, reach, budget).await?).await };
    let connected = timeout(DEADLINE, attempt).await.unwrap_or(Err(Refusal::Deadline));
    tracing::debug!(%asker, %target, refused = ?connected.as_ref().err(), "a connection for somebody");
    connected
}

/// Where `target` is, within `reach`. For whoever connects by other means.
pub(super) async fn addresses_in_time(
    asker: &Asker,
    target: &Target,
    reach: Reach,
    budget: &Budget,
) -> Result<Vec<SocketAddr>, Refusal> {
    timeout(DEADLINE, addresses(asker, target, reach, budget)).await.unwrap_or(Err(Refusal::Deadline))
}

async fn addresses(
    asker: &Asker,
    target: &Target,
    reach: Reach,
    budget: &Budget,
) -> Result<Vec<SocketAddr>, Refusal> {
    let mut addresses = resolve(target, budget).await?;
    if addresses.is_empty() {
        return Err(Refusal::Unreachable);
    }
    addresses.retain(|address| is_reachable(address.ip(), reach));
    addresses.truncate(MAX_ADDRESSES);
    if addresses.is_empty() {
        tracing::warn!(%asker, %target, "a server has no address that may be connected to");
        return Err(Refusal::PrivateAddress);
    }
    Ok(addresses)
}

pub(crate) async fn resolve(target: &Target, budget: &Budget) -> Result<Vec<SocketAddr>, Refusal> {
    let host = target.host().trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, target.port())]);
    }
    let place = budget.lookup().await.ok_or(Refusal::Busy)?;
    let name = (host.to_owned(), target.port());
    // The resolver's thread cannot be stopped: its place is free when it has ended, not when nobody waits for it.
    let lookup = tokio::spawn(async move {
        let found = lookup_host(name).await.map(Iterator::collect);
        drop(place);
        found
    });
    match lookup.await {
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(_)) | Err(_) => Err(Refusal::Unreachable),
    }
}

/// The first connection of several addresses (RFC 8305 §5): each begins when the one before has failed or is slow.
pub(crate) async fn race(addresses: Vec<SocketAddr>) -> Result<TcpStream, Refusal> {
    let mut next = addresses.into_iter();
    let mut attempts = FuturesUnordered::new();
    loop {
        if let Some(address) = next.next() {
            attempts.push(TcpStream::connect(address));
        }
        let has_more = next.len() > 0;
        tokio::select! {
            Some(attempt) = attempts.next(), if !attempts.is_empty() => match attempt {
                Ok(stream) => return Ok(stream),
                Err(_) if attempts.is_empty() && !has_more => return Err(Refusal::Unreachable),
                Err(_) => {}
            },
            () = sleep(STAGGER), if has_more => {}
            else => return Err(Refusal::Unreachable),
        }
    }
}

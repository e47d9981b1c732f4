//! The way out for HTTPS: the one door through which a sealed process talks to other servers.
//!
//! Whoever asks builds a request and hands it over; who may be reached, how, and how often is decided behind the
//! trait [`HttpClient`].
//!
//! [`Client`] keeps to the servers that it was given, and leaves one alone that fails again and again. It asks
//! outbound for a connection ([`Outlet`]): outbound has the same list from the launcher, resolves the name and checks
//! the address, so a process that is no longer itself reaches no further. TLS and HTTP are spoken in here, over the
//! socket that comes back; outbound sees neither. A connection waits a moment for the next request ([`pool`]).

mod breaker;
mod client;
mod delivery;
mod exchange;
mod host;
mod outlet;
mod pool;
mod roots;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response};

pub use client::{Client, Dial};
pub use host::EgressHost;
pub use outlet::Outlet;
pub use roots::is_usable;

/// Sends a request to a server outside.
///
/// An implementation holds these limits: 5 s from the call to the last byte of the answer, 1 MiB of body, `https`
/// only (but for a server that is listed as `http://`), no redirect followed. A status other than 2xx is an answer,
/// not an error.
pub trait HttpClient: Send + Sync {
    /// Sends one request and reads the answer to its end.
    ///
    /// # Errors
    /// See [`EgressError`]. Whether the other side has seen the request is unknown for each but
    /// [`EgressError::Refused`].
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, EgressError>>;

    /// Writes `bytes` to a server over TLS, for a protocol that answers nothing, and ends the stream. Comes back when the
    /// server has ended its own, which it does when it has read to the end: so it has all of it. 30 s at most.
    ///
    /// # Errors
    /// As [`HttpClient::send`]; the server may have read some or all of it.
    fn pour<'a>(&'a self, server: &'a EgressHost, bytes: Bytes) -> BoxFuture<'a, Result<(), EgressError>> {
        let _ = (server, bytes);
        Box::pin(async { Err(EgressError::Refused) })
    }

    /// Sends a request that no person waits for and that may arrive twice. An implementation holds these limits
    /// instead: 15 s until the status is there, and the first bytes of the body only, [`DELIVERY_BODY`] at most, even if there are more.
    /// However such requests fail, [`HttpClient::send`] goes on as if they had not been.
    ///
    /// # Errors
    /// As [`HttpClient::send`].
    fn deliver(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, EgressError>> {
        self.send(request)
    }
}

/// Bytes of an answer's body that are read of a delivery.
pub const DELIVERY_BODY: usize = 1024;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// The address is not one that may be reached; nothing was sent.
    #[error("the address may not be reached from here")]
    Refused,
    /// The time was up.
    #[error("no whole answer in time")]
    Deadline,
    /// No connection, or it broke.
    #[error("the other side cannot be reached")]
    Unreachable,
    /// The answer is longer than the limit.
    #[error("the answer is too long")]
    TooLarge,
    /// What came is not HTTP, or TLS failed.
    #[error("the other side does not speak the protocol")]
    Protocol,
}

/// A door that is shut: refuses everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shut;

impl HttpClient for Shut {
    fn send(&self, _: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, EgressError>> {
        Box::pin(async { Err(EgressError::Refused) })
    }
}

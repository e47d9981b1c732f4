//! The way out for HTTPS: the one door through which an engine talks to other servers.
//!
//! A slice builds a request and hands it over; who may be reached, how, and how often is decided behind the trait.
//!
//! [`Client`] keeps to the servers that the tenant's settings list, and leaves one alone that fails again and again.
//! It asks outbound for a connection: outbound has the same list from the launcher, resolves the name and checks the
//! address, so an engine that is no longer itself reaches no further. TLS and HTTP are spoken in here, over the
//! socket that comes back; outbound sees neither. A connection waits a moment for the next request ([`pool`]). Settings that have the engine reach servers say so by
//! [`Reaches`].

mod breaker;
mod client;
mod delivery;
mod exchange;
mod pool;
mod roots;
mod settings;
#[cfg(test)]
mod tests;

use axum::http::{Request, Response};
use bytes::Bytes;
use kiavi_db::BoxFuture;

pub use client::Client;
pub(crate) use client::Dial;
pub use settings::{EgressHost, EgressSettings};

/// Sends a request to a server outside.
///
/// An implementation holds these limits: 5 s from the call to the last byte of the answer, 1 MiB of body, `https`
/// only (but where a tenant's settings list a server as `http://`), no redirect followed. A status other than 2xx is an answer, not an error.
pub trait HttpClient: Send + Sync {
    /// Sends one request and reads the answer to its end.
    ///
    /// # Errors
    /// See [`EgressError`]. Whether the other side has seen the request is unknown for each but
    /// [`EgressError::Refused`].
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, EgressError>>;

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

/// A part of the settings that has the engine reach servers.
pub(crate) trait Reaches {
    /// Which.
    fn egress_hosts(&self) -> Vec<EgressHost>;
}

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

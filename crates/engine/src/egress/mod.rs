//! The way out for HTTPS: the one door through which an engine talks to other servers.
//!
//! A slice builds a request and hands it over; who may be reached, how, and how often is decided behind the trait.

use axum::http::{Request, Response};
use bytes::Bytes;
use kiavi_db::BoxFuture;

/// Sends a request to a server outside.
///
/// An implementation holds these limits: 5 s from the call to the last byte of the answer, 1 MiB of body, `https`
/// only, no redirect followed. A status other than 2xx is an answer, not an error.
pub trait HttpClient: Send + Sync {
    /// Sends one request and reads the answer to its end.
    ///
    /// # Errors
    /// See [`EgressError`]. Whether the other side has seen the request is unknown for each but
    /// [`EgressError::Refused`].
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, EgressError>>;
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

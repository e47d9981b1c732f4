//! One call and its repetitions.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use kiavi_base::{ExposeSecret, Rng, SecretString, random_bytes};
use kiavi_egress::{EgressError, HttpClient};
use serde::de::DeserializeOwned;

use super::wire;
use crate::{Unavailable, VaultError};

/// How often a call is tried in all.
const ATTEMPTS: u32 = 4;

/// The longest pause before the second attempt; each next one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The longest pause that the store may ask for; who waits longer is better told.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The longest word of the store's for a refusal that goes into an error.
const MAX_KIND: usize = 40;

/// Sends requests.
pub(super) struct Caller {
    http: Arc<dyn HttpClient>,
    rng: Arc<dyn Rng>,
    secret_key: SecretString,
}

/// Why an attempt failed, and when the store says that the next one makes sense.
pub(super) struct Failed {
    error: VaultError,
    after: Option<Duration>,
}

impl Failed {
    pub(super) fn into_error(self) -> VaultError {
        self.error
    }
}

impl From<VaultError> for Failed {
    fn from(error: VaultError) -> Self {
        Self { error, after: None }
    }
}

impl Caller {
    pub(super) fn new(http: Arc<dyn HttpClient>, rng: Arc<dyn Rng>, secret_key: SecretString) -> Self {
        Self { http, rng, secret_key }
    }

    /// Repeats `attempt`, which gets its number from 0, while its failure is one that passes.
    pub(super) async fn repeating<T, F>(&self, attempt: impl Fn(u32) -> F) -> Result<T, VaultError>
    where
        F: Future<Output = Result<T, Failed>>,
    {
        let mut number = 0;
        loop {
            let Failed { error, after } = match attempt(number).await {
                Ok(done) => return Ok(done),
                Err(failed) => failed,
            };
            number += 1;
            if !error.is_temporary() || number == ATTEMPTS {
                return Err(error);
            }
            let pause = after.unwrap_or_else(|| self.pause(number));
            tracing::debug!(%error, number, ?pause, "the secret store is asked again");
            tokio::time::sleep(pause).await;
        }
    }

    /// Between half of the longest pause and all of it, so that those who failed together do not come back together.
    fn pause(&self, number: u32) -> Duration {
        let longest = FIRST_PAUSE * 2u32.pow(number - 1);
        let share = f64::from(u16::from_ne_bytes(random_bytes(&*self.rng))) / f64::from(u16::MAX);
        longest.mul_f64(0.5 + share / 2.0)
    }

    /// Sends one request, and reads what the store says to it.
    pub(super) async fn once<T: DeserializeOwned>(
        &self,
        method: Method,
        url: &str,
        body: Option<Bytes>,
    ) -> Result<T, Failed> {
        let response = self.send(method, url, body).await?;
        let what = VaultError::Protocol { what: "it is not the JSON that it should be" };
        serde_json::from_slice(response.body()).map_err(|_| what.into())
    }

    /// As [`Caller::once`], when there is nothing to read.
    pub(super) async fn send(
        &self,
        method: Method,
        url: &str,
        body: Option<Bytes>,
    ) -> Result<Response<Bytes>, Failed> {
        let malformed = VaultError::Protocol { what: "the request cannot be written" };
        let Ok(mut token) = HeaderValue::from_str(self.secret_key.expose_secret()) else {
            return Err(malformed.into());
        };
        token.set_sensitive(true);
        let mut request = Request::builder().method(method).uri(url).header(ACCEPT, "application/json");
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request.header("x-auth-token", token).body(body.unwrap_or_default());
        let response = self.http.send(request.map_err(|_| malformed)?).await.map_err(unreached)?;
        if response.status().is_success() { Ok(response) } else { Err(refused(&response)) }
    }
}

fn unreached(error: EgressError) -> Failed {
    let unavailable = |reason| VaultError::Unavailable { reason };
    match error {
        EgressError::Deadline => unavailable(Unavailable::Deadline),
        EgressError::Unreachable => unavailable(Unavailable::Unreachable),
        // Whoever stands in for the store could as well have cut the line.
        EgressError::Protocol => unavailable(Unavailable::NotItself),
        EgressError::TooLarge => VaultError::Protocol { what: "it is too long" },
        EgressError::Refused => VaultError::Protocol { what: "the store's address may not be reached" },
    }
    .into()
}

fn refused(response: &Response<Bytes>) -> Failed {
    let status = response.status();
    let mut kind = serde_json::from_slice::<wire::Refusal>(response.body()).unwrap_or_default().r#type;
    kind.retain(|c| c.is_ascii_alphanumeric() || c == '_');
    kind.truncate(MAX_KIND);
    let unavailable = |reason| VaultError::Unavailable { reason };
    let error = match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => unavailable(Unavailable::Busy),
        _ if kind == "transient_state" => unavailable(Unavailable::Busy),
        _ if status.is_server_error() => unavailable(Unavailable::Erred(status.as_u16())),
        _ => VaultError::Refused { status: status.as_u16(), kind },
    };
    Failed { error, after: retry_after(response) }
}

/// RFC 9110 §10.2.3; a date there is not worth a calendar.
fn retry_after(response: &Response<Bytes>) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_PAUSE))
}

/// Whether the store says that there is no such thing.
pub(super) fn is_missing(error: &VaultError) -> bool {
    matches!(error, VaultError::Refused { status: 404 | 410, .. })
}

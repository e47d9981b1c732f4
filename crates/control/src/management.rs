//! The control plane's end of the management door: HTTP to a tenant's engine on behalf of an operator.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, Method, Request, Response, Uri, header, request::Builder};
use bytes::Bytes;
use http_body_util::Full;
use jiff::Timestamp;
use kiavi_db::DbError;
use kiavi_http::{ExchangeError, exchange, open_exchange};
use serde_json::json;
use tokio::net::UnixStream;

use crate::{
    Caller, Control, Failure, Tenant,
    audit::{self, Event, EventType, Outcome},
    caller::{Actor, operator_name},
    provision::{self, RequestError},
    tenant::Target,
};

/// Where an engine's API is.
const API: &str = "/api/auth/";
/// How long one request may take, the start of a sleeping engine included.
const DEADLINE: Duration = Duration::from_secs(10);
/// Longest answer that is read, in bytes: a page of a few thousand users.
const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// Tells the engine when whoever asks proved to be there. Nothing that a caller sends gets here.
const PROVED_AT: HeaderName = HeaderName::from_static("kiavi-proved-at");

/// Why an engine gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManagementError {
    #[error("the engine could not be reached")]
    Unavailable(#[source] Failure),
    #[error("the engine did not answer; whether it did what was asked is unknown")]
    NoAnswer(#[from] ExchangeError),
    #[error("the request cannot be written")]
    Request(#[from] axum::http::Error),
    #[error("that it is asked cannot be written into the log")]
    Log(#[from] DbError),
}

/// A tenant's engine, asked on behalf of somebody.
pub(crate) struct Door<'a> {
    control: &'a Control,
    actor: &'a Actor,
    tenant: &'a Tenant,
    operator: String,
    proved_at: Option<Timestamp>,
}

impl<'a> Door<'a> {
    /// The way to the tenant's engine for this actor.
    ///
    /// # Errors
    /// When no engine runs, because the tenant is not to run.
    pub(crate) fn of(
        control: &'a Control,
        actor: &'a Actor,
        tenant: &'a Tenant,
    ) -> Result<Self, RequestError> {
        if tenant.target != Target::Running {
            return Err(RequestError::Target(tenant.target));
        }
        Ok(Self::new(control, actor, tenant))
    }

    /// The way to the tenant's log. Of a tenant that is switched off a process reads it out that does nothing else.
    ///
    /// # Errors
    /// When the tenant is neither to run nor switched off.
    pub(crate) fn of_log(
        control: &'a Control,
        actor: &'a Actor,
        tenant: &'a Tenant,
    ) -> Result<Self, RequestError> {
        if !is_switched_off(tenant) {
            return Self::of(control, actor, tenant);
        }
        Ok(Self::new(control, actor, tenant))
    }

    fn new(control: &'a Control, actor: &'a Actor, tenant: &'a Tenant) -> Self {
        let operator = operator_name(&actor.name()).into_owned();
        let proved_at = actor.caller.as_ref().and_then(Caller::proved_at);
        Self { control, actor, tenant, operator, proved_at }
    }

    /// Asks for what `target`, path and query, is. What may change something is written into the log before.
    pub(crate) async fn ask(
        &self,
        method: Method,
        target: &str,
        json: Option<Bytes>,
    ) -> Result<Response<Bytes>, ManagementError> {
        if method == Method::POST {
            self.note(&method, target).await?;
        }
        ask(self.control, self.tenant, &self.operator, self.proved_at, method, target, json).await
    }

    /// Writes down who asks for what. What comes of it the tenant's own log tells.
    async fn note(&self, method: &Method, target: &str) -> Result<(), DbError> {
        let path = target.split('?').next().unwrap_or_default();
        let path = path.strip_prefix(API).unwrap_or(path);
        let (kind, outcome) = (EventType::EngineRequested, Outcome::Success);
        let detail = json!({ "method": method.as_str(), "path": path });
        // The change itself is in the engine's database, so its idempotency key has been claimed.
        let actor = &Actor { attempt: None, ..self.actor.clone() };
        let event = Event { kind, outcome, actor, subject: self.tenant.id.as_str(), detail };
        let transaction = self.control.parts().database.begin().await?;
        audit::record(self.control, &transaction, &event).await?;
        transaction.commit().await
    }

    /// Asks for what has no end.
    pub(crate) async fn open(&self, target: &str) -> Result<Response<Body>, ManagementError> {
        open(self.control, self.tenant, &self.operator, self.proved_at, target).await
    }
}

/// Asks a tenant's engine, which is started if it sleeps. `operator` is who it is told to act for, `proved_at` when
/// they proved to be there; `target` is path and query.
pub(crate) async fn ask(
    control: &Control,
    tenant: &Tenant,
    operator: &str,
    proved_at: Option<Timestamp>,
    method: Method,
    target: &str,
    json: Option<Bytes>,
) -> Result<Response<Bytes>, ManagementError> {
    let mut request = begin(control, tenant, method, target);
    if let Some(at) = proved_at {
        request = request.header(PROVED_AT, at.to_string());
    }
    if json.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    send(control, tenant, operator, request.body(Full::new(json.unwrap_or_default()))?).await
}

/// What the engine answers to a browser with this cookie.
pub(crate) async fn ask_with_cookie(
    control: &Control,
    tenant: &Tenant,
    operator: &str,
    target: &str,
    cookie: &str,
) -> Result<Response<Bytes>, ManagementError> {
    let request = begin(control, tenant, Method::GET, target).header(header::COOKIE, cookie);
    send(control, tenant, operator, request.body(Full::default())?).await
}

fn begin(control: &Control, tenant: &Tenant, method: Method, target: &str) -> Builder {
    // The engine answers for its own names only, in this door as in the other: those of the settings that it has.
    let base_url = tenant.settings["base_url"].as_str().map_or_else(|| control.url_of(tenant), str::to_owned);
    let host = base_url.parse::<Uri>().ok().and_then(|url| url.authority().map(ToString::to_string));
    Request::builder()
        .method(method)
        .uri(target)
        .header(header::HOST, host.unwrap_or_default())
        .header(header::ACCEPT, "application/json")
        .header(header::USER_AGENT, "kiavi")
}

async fn send(
    control: &Control,
    tenant: &Tenant,
    operator: &str,
    request: Request<Full<Bytes>>,
) -> Result<Response<Bytes>, ManagementError> {
    let stream = connect(control, tenant, operator).await?;
    Ok(exchange(stream, request, MAX_ANSWER, DEADLINE).await?)
}

/// Asks for what has no end; only the beginning of the answer has a deadline.
pub(crate) async fn open(
    control: &Control,
    tenant: &Tenant,
    operator: &str,
    proved_at: Option<Timestamp>,
    target: &str,
) -> Result<Response<Body>, ManagementError> {
    let mut request = begin(control, tenant, Method::GET, target);
    if let Some(at) = proved_at {
        request = request.header(PROVED_AT, at.to_string());
    }
    let request = request.body(Full::default())?;
    let stream = connect(control, tenant, operator).await?;
    Ok(open_exchange(stream, request, DEADLINE).await?)
}

async fn connect(control: &Control, tenant: &Tenant, operator: &str) -> Result<UnixStream, ManagementError> {
    let privileged = &control.parts().privileged;
    let opening = if is_switched_off(tenant) {
        let reader = provision::log_reader(control, tenant).await;
        privileged.open_log(reader.map_err(|error| ManagementError::Unavailable(error.into()))?, operator)
    } else {
        privileged.open_management(&tenant.id, operator)
    };
    opening.await.map_err(ManagementError::Unavailable)
}

/// Whether no engine serves the tenant, though it has all that one needs.
fn is_switched_off(tenant: &Tenant) -> bool {
    matches!(tenant.target, Target::Suspended | Target::Deleted)
}

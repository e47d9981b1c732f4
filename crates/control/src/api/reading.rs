//! What only a tenant's engine can tell, asked on behalf of who asks here.

use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::FromRequestParts,
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::StreamExt;
use http_body_util::{BodyDataStream, BodyExt, Limited};
use serde_json::Value;

use super::{Problem, code::Code, progress};
use crate::{Control, Tenant, caller::Actor, management::Door};

/// The longest refusal of an engine that is read, in bytes.
const MAX_REFUSAL: usize = 64 * 1024;

/// Whose engine is asked, and on whose behalf.
pub(super) struct Reading {
    pub(super) control: Control,
    pub(super) actor: Actor,
    pub(super) tenant: Arc<Tenant>,
    /// Whether it is the log that is read, which can be while the tenant is switched off.
    is_of_log: bool,
    /// Makes a problem of the sentence with which the engine says that what is asked for means nothing.
    refused: fn(String) -> Problem,
}

impl FromRequestParts<Control> for Reading {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, control: &Control) -> Result<Self, Problem> {
        let Ok(actor) = Actor::from_request_parts(parts, control).await;
        let found = Extension::<Arc<Tenant>>::from_request_parts(parts, control).await;
        let Extension(tenant) = found.map_err(|error| Problem::internal(&error))?;
        Ok(Self::new(control.clone(), actor, tenant))
    }
}

impl Reading {
    pub(super) fn new(control: Control, actor: Actor, tenant: Arc<Tenant>) -> Self {
        Self { control, actor, tenant, is_of_log: false, refused: |_| Code::EngineAnswer.into() }
    }

    /// It is the log that is read.
    pub(super) fn of_log(self) -> Self {
        Self { is_of_log: true, ..self }
    }

    /// The engine's word that what is asked for means nothing is this problem.
    pub(super) fn refused_as(self, refused: fn(String) -> Problem) -> Self {
        Self { refused, ..self }
    }

    /// The JSON at a path and query of the engine.
    pub(super) async fn ask(&self, target: &str) -> Result<Bytes, Problem> {
        self.send(Method::GET, target).await
    }

    /// Has the engine begin something, in words of its own JSON.
    pub(super) async fn begin(&self, target: &str) -> Result<Bytes, Problem> {
        self.send(Method::POST, target).await
    }

    async fn send(&self, method: Method, target: &str) -> Result<Bytes, Problem> {
        let (parts, body) = self.door()?.ask(method, target, None).await?.into_parts();
        if parts.status.is_success() { Ok(body) } else { Err(self.refusal(parts.status, &body)) }
    }

    /// The server-sent events at a path and query of the engine, as they come.
    pub(super) async fn watch(&self, target: &str) -> Result<Response, Problem> {
        self.stream(target, "text/event-stream").await
    }

    /// What the engine writes at a path and query for as long as it takes, of one media type.
    pub(super) async fn stream(&self, target: &str, wanted: &'static str) -> Result<Response, Problem> {
        let permit = progress::permit(&self.control, &self.actor)?;
        let answer = self.door()?.open(target).await?;
        let (parts, body) = answer.into_parts();
        let media_type = parts.headers.get(header::CONTENT_TYPE).and_then(|line| line.to_str().ok());
        if parts.status != StatusCode::OK || media_type != Some(wanted) {
            let body = Limited::new(body, MAX_REFUSAL).collect().await.map(|body| body.to_bytes());
            return Err(self.refusal(parts.status, &body.unwrap_or_default()));
        }
        let frames = BodyDataStream::new(body).map(move |frame| {
            // The permit goes with the stream.
            let _ = &permit;
            frame
        });
        let mut response = Body::from_stream(frames).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(wanted));
        Ok(response)
    }

    /// The way to the engine, if one may run.
    fn door(&self) -> Result<Door<'_>, Problem> {
        let way = if self.is_of_log { Door::of_log } else { Door::of };
        Ok(way(&self.control, &self.actor, &self.tenant)?)
    }

    /// What the engine does not answer.
    fn refusal(&self, status: StatusCode, body: &[u8]) -> Problem {
        let message = serde_json::from_slice::<Value>(body).ok();
        let message = message.as_ref().and_then(|body| body["message"].as_str());
        match (status, message) {
            // The query itself was read here; what the engine does not take is what a value means.
            (StatusCode::BAD_REQUEST, Some(message)) => (self.refused)(message.to_owned()),
            (StatusCode::TOO_MANY_REQUESTS, _) => Code::TooManyStreams.into(),
            _ => Code::EngineAnswer.into(),
        }
    }
}

//! How every failure of the API is told.

use std::{borrow::Cow, error::Error, sync::Arc};

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use kiavi_db::DbError;
use kiavi_http::{BodyError, OriginError, error_response, json_response};
use serde::Serialize;
use serde_json::Value;

/// The seconds after which a limited client may try again, as Better Auth names them.
const RETRY_AFTER: HeaderName = HeaderName::from_static("x-retry-after");

/// A refusal or a fault: status, stable code, a sentence for people, and for faults the cause, which only the
/// operator's log sees.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    shape: Shape,
    retry_after_seconds: Option<u64>,
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

#[derive(Debug)]
enum Shape {
    Full { code: &'static str, message: Cow<'static, str> },
    Detailed { code: &'static str, message: Cow<'static, str>, details: Value },
    MessageOnly(&'static str),
    Empty,
}

#[derive(Serialize)]
struct Detailed<'a> {
    message: &'a str,
    code: &'a str,
    details: &'a Value,
}

/// Rides on a response as an extension: what the request context logs, once, together with the request id.
#[derive(Clone)]
pub(crate) struct Fault(pub(crate) Option<Arc<dyn Error + Send + Sync>>);

/// Rides on a refusal: its code, for the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refusal(pub(crate) &'static str);

impl ApiError {
    /// `{"message", "code"}`.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        let shape = Shape::Full { code, message: message.into() };
        Self { status, shape, retry_after_seconds: None, cause: None }
    }

    /// 400 with a code.
    pub fn bad_request(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 400 `VALIDATION_ERROR`.
    pub fn validation(message: impl Into<Cow<'static, str>>) -> Self {
        Self::bad_request("VALIDATION_ERROR", message)
    }

    /// `{"message"}` without a code, where Better Auth gives none.
    pub fn message_only(status: StatusCode, message: &'static str) -> Self {
        Self { status, shape: Shape::MessageOnly(message), retry_after_seconds: None, cause: None }
    }

    /// No body, where Better Auth gives none.
    pub fn empty(status: StatusCode) -> Self {
        Self { status, shape: Shape::Empty, retry_after_seconds: None, cause: None }
    }

    /// With facts for the client's program, as a third key `details`.
    #[must_use]
    pub fn details(mut self, details: Value) -> Self {
        if let Shape::Full { code, message } = self.shape {
            self.shape = Shape::Detailed { code, message, details };
        }
        self
    }

    /// With `X-Retry-After`.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after_seconds: Some(seconds.max(1)), ..self }
    }

    /// 401: the session requirement of an endpoint.
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "Unauthorized")
    }

    /// 429 with `X-Retry-After`.
    pub fn too_many_requests(retry_after_seconds: u64) -> Self {
        let message = "Too many requests. Please try again later.";
        Self::message_only(StatusCode::TOO_MANY_REQUESTS, message).retry_after(retry_after_seconds)
    }

    /// 500: our own fault. `cause` is logged, not told.
    pub fn internal(cause: impl Error + Send + Sync + 'static) -> Self {
        let error =
            Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", "Internal server error");
        error.caused_by(cause)
    }

    /// 503: try again; the request id in the body finds the request in the log.
    pub fn unavailable(cause: impl Error + Send + Sync + 'static) -> Self {
        let error = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "SERVICE_UNAVAILABLE",
            "The service is busy. Try again.",
        );
        error.caused_by(cause)
    }

    /// Keeps the cause for the operator's log.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Arc::new(cause));
        self
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The stable code, if this error has one.
    pub fn code(&self) -> Option<&'static str> {
        match &self.shape {
            Shape::Full { code, .. } | Shape::Detailed { code, .. } => Some(code),
            Shape::MessageOnly(_) | Shape::Empty => None,
        }
    }

    /// After how many seconds a limited client may try again.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        self.retry_after_seconds
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let code = self.code();
        let mut response = match &self.shape {
            Shape::Full { code, message } => error_response(self.status, Some(code), message, None),
            Shape::Detailed { code, message, details } => {
                let body = Detailed { message, code, details };
                json_response(self.status, serde_json::to_vec(&body).unwrap_or_default())
            }
            Shape::MessageOnly(message) => error_response(self.status, None, message, None),
            Shape::Empty => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = self.status;
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                response
            }
        };
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        if self.status.is_server_error() {
            response.extensions_mut().insert(Fault(self.cause));
        } else if let Some(code) = code {
            response.extensions_mut().insert(Refusal(code));
        }
        response
    }
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        if error.is_temporary() || error.is_worth_repeating() || error.is_cancelled() {
            Self::unavailable(error)
        } else {
            Self::internal(error)
        }
    }
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        let (status, code) = error.status_and_code();
        Self::new(status, code, error.to_string())
    }
}

impl From<OriginError> for ApiError {
    fn from(error: OriginError) -> Self {
        Self::new(StatusCode::FORBIDDEN, error.code(), error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_whose_outcome_is_unknown_is_503_and_a_wrong_statement_500() {
        let lost = || Arc::new(std::io::Error::from(std::io::ErrorKind::BrokenPipe));
        for (error, status) in [
            (DbError::CommitUnknown(lost()), StatusCode::SERVICE_UNAVAILABLE),
            (DbError::Unavailable(lost()), StatusCode::SERVICE_UNAVAILABLE),
            (DbError::PoolTimeout, StatusCode::SERVICE_UNAVAILABLE),
            (DbError::RowCount { statement: "X", rows: 2 }, StatusCode::INTERNAL_SERVER_ERROR),
        ] {
            let response = ApiError::from(error).into_response();
            assert_eq!(response.status(), status);
            assert!(response.extensions().get::<Fault>().is_some(), "the operator hears of it");
        }
    }
}

//! Problem details (RFC 9457).

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use kiavi_db::DbError;
use kiavi_http::BodyError;
use serde::Serialize;

use crate::{ControlError, error::chain, management::ManagementError, provision::ImportError};

/// An answer that says what went wrong and what to do. `internal` is for the log.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: String,
    internal: Option<String>,
}

#[derive(Serialize)]
struct Body9457<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'a str,
    request_id: &'a str,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, title, detail: detail.into(), internal: None }
    }

    pub(crate) fn not_found(detail: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "Not found", detail)
    }

    pub(crate) fn tenant_not_found(name: &str) -> Self {
        // A path segment of any length may be asked for.
        let name: String = name.chars().take(64).collect();
        let detail = format!("There is no tenant {name:?}.");
        Self::new(StatusCode::NOT_FOUND, "tenant_not_found", "No such tenant", detail)
    }

    pub(crate) fn method_not_allowed() -> Self {
        let detail = "This address does not take that method.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed", detail)
    }

    pub(crate) fn unauthorized() -> Self {
        let detail = "Send a management key in the header \"Authorization: Bearer KEY\".";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "No valid management key", detail)
    }

    pub(crate) fn invalid_body(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_body", "The body cannot be read", detail)
    }

    pub(crate) fn invalid_query(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_query", "The query cannot be read", detail)
    }

    pub(crate) fn invalid_idempotency_key() -> Self {
        let detail = "An Idempotency-Key has 1 to 128 visible ASCII characters, and is sent once.";
        Self::new(StatusCode::BAD_REQUEST, "invalid_idempotency_key", "Unusable idempotency key", detail)
    }

    pub(crate) fn no_such_settings_version(version: i32) -> Self {
        let detail = format!("The tenant's settings have no version {version}.");
        Self::new(StatusCode::NOT_FOUND, "settings_version_not_found", "No such version", detail)
    }

    pub(crate) fn if_match_required() -> Self {
        let detail = "Send the version that the document was made from, as If-Match: \"7\".";
        let status = StatusCode::PRECONDITION_REQUIRED;
        Self::new(status, "if_match_required", "No version stated", detail)
    }

    pub(crate) fn invalid_if_match() -> Self {
        let detail = "If-Match has one version in quotes, such as \"7\", and is sent once.";
        Self::new(StatusCode::BAD_REQUEST, "invalid_if_match", "Unusable If-Match", detail)
    }

    pub(crate) fn tenant_deleting() -> Self {
        let detail = "The tenant is being removed.";
        Self::new(StatusCode::CONFLICT, "tenant_deleting", "Being removed", detail)
    }

    pub(crate) fn tenant_importing() -> Self {
        let detail = "The tenant is still being filled with another server's data.";
        Self::new(StatusCode::CONFLICT, "tenant_importing", "Being imported", detail)
    }

    pub(crate) fn unusable_engine_answer() -> Self {
        let detail = "The tenant's engine answered with something other than JSON.";
        Self::new(StatusCode::BAD_GATEWAY, "engine_answer", "Unusable answer", detail)
    }

    pub(crate) fn too_many_streams() -> Self {
        let detail = "Too many event streams are open. Close one, or ask again later.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_streams", "Too many streams", detail)
    }

    pub(crate) fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        let detail = "The fault is ours. Try again; if it stays, look for the request id in the log.";
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        let problem = Self::new(status, "internal_error", "Something went wrong", detail);
        Self { internal: Some(chain(error)), ..problem }
    }

    /// What the log is told, when there is more than the client is.
    pub(super) fn internal_detail(&self) -> Option<&str> {
        self.internal.as_deref()
    }

    /// The answer itself.
    pub(super) fn render(&self, request_id: &str) -> Response {
        let body = Body9457 {
            r#type: format!("urn:kiavi:problem:{}", self.code.replace('_', "-")),
            title: self.title,
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.code,
            request_id,
        };
        let mut response = Response::new(Body::from(serde_json::to_vec(&body).unwrap_or_default()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match self.status {
            // RFC 6750 §3
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"kiavi\""));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}

/// The problem travels in the extensions; it is rendered where the request id is known.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        if !error.is_temporary() {
            return Self::internal(&error);
        }
        let detail = "The database did not answer, so the outcome is unknown. Repeat the request with the same \
                      Idempotency-Key.";
        let problem =
            Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not available right now", detail);
        Self { internal: Some(chain(&error)), ..problem }
    }
}

impl From<ControlError> for Problem {
    fn from(error: ControlError) -> Self {
        let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
        match error {
            ControlError::Name(name) => {
                Self::new(unprocessable, name.code(), "A tenant cannot have this name", name.to_string())
            }
            ControlError::NameTaken(slug) => {
                let detail = format!("A tenant named \"{slug}\" exists already. Choose another name.");
                Self::new(StatusCode::CONFLICT, "tenant_exists", "The name is taken", detail)
            }
            ControlError::IdempotencyKeyReused => {
                let detail = "This Idempotency-Key came with another request before. Use a new one.";
                Self::new(unprocessable, "idempotency_key_reused", "Idempotency key used before", detail)
            }
            ControlError::InvalidSettings(detail) => Self::new(
                unprocessable,
                "invalid_settings",
                "The settings were refused",
                format!("{detail}."),
            ),
            ControlError::InvalidImport(detail) => {
                Self::new(unprocessable, "invalid_import", "This cannot be taken in", detail)
            }
            ControlError::SettingsChangedMeanwhile => {
                let detail =
                    "The settings have another version by now. Read them again and repeat the change.";
                let status = StatusCode::PRECONDITION_FAILED;
                Self::new(status, "settings_changed", "Changed meanwhile", detail)
            }
            ControlError::Database(error) => error.into(),
            error
            @ (ControlError::Settings(_) | ControlError::NotRunning(_) | ControlError::Migration(_)) => {
                Self::internal(&error)
            }
        }
    }
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        let nothing = "Nothing was made.";
        match &error {
            ImportError::Control(_) => {}
            ImportError::Stream(_) | ImportError::CutOff | ImportError::Count { .. } => {
                let detail = format!("The import was taken back, because {error}. {nothing}");
                return Self::new(
                    StatusCode::BAD_REQUEST,
                    "import_broken",
                    "The data did not arrive",
                    detail,
                );
            }
            ImportError::Rows { table, cause } => {
                let detail = format!("The rows of \"{table}\" were refused: {cause}. {nothing}");
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                return Self::new(status, "rows_refused", "The data does not fit", detail);
            }
            ImportError::Step(_) | ImportError::Event(_) => return Self::internal(&error),
        }
        match error {
            ImportError::Control(error) => error.into(),
            other => Self::internal(&other),
        }
    }
}

impl From<ManagementError> for Problem {
    fn from(error: ManagementError) -> Self {
        let (status, code, detail) = match &error {
            ManagementError::Unavailable(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "engine_unavailable",
                "The tenant's engine cannot be reached now. Try again.",
            ),
            ManagementError::NoAnswer(_) => (
                StatusCode::GATEWAY_TIMEOUT,
                "engine_silent",
                "The tenant's engine gave no answer, so the outcome is unknown. Look before you try again.",
            ),
            ManagementError::Request(_) => return Self::not_found("There is nothing at this address."),
        };
        Self { internal: Some(chain(&error)), ..Self::new(status, code, "No answer from the engine", detail) }
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        let (status, _) = error.status_and_code();
        let (code, title) = match error {
            BodyError::TooLarge => ("body_too_large", "The body is too large"),
            BodyError::Incomplete => ("body_incomplete", "The body did not arrive"),
            BodyError::MediaType(_) => ("unsupported_media_type", "Not JSON"),
            BodyError::Malformed => ("invalid_body", "The body cannot be read"),
        };
        Self::new(status, code, title, format!("{error}."))
    }
}

//! What control says.

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use kiavi_base::EventId;
use kiavi_http::{json_response, read_body};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    ApiError, Context, State,
    audit::{self, Event, EventType, Method, Outcome},
    context::not_found,
};

/// A change of the settings as control's log has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changed {
    /// The event's id in control's log.
    id: String,
    /// The number of the document that runs now.
    version: i32,
    /// What differs from the version before: path, old value, new value; secrets are masked.
    changes: Value,
}

/// `POST /management/settings-changed`: writes `settings.changed` once, however often it is said.
pub(super) async fn settings_changed(
    state: State,
    context: Context,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    if context.operator().is_none() {
        return Ok(not_found().await);
    }
    let bytes = read_body(body).await?;
    kiavi_http::parse_json(&headers, &bytes)?;
    let changed: Changed =
        serde_json::from_slice(&bytes).map_err(|error| ApiError::validation(format!("{error}")))?;
    let id: EventId = changed.id.parse().map_err(|_| ApiError::validation("id is not an event's id"))?;
    let detail = json!({ "version": changed.version, "changes": changed.changes });
    let event =
        Event::new(EventType::SettingsChanged, Outcome::Success).using(Method::Management).detail(detail);
    audit::record_once(&state, &context, id, event).await?;
    Ok(json_response(StatusCode::OK, r#"{"success":true}"#))
}

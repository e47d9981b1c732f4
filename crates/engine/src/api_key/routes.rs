//! Endpoints of API keys.

use std::{borrow::Cow, collections::HashMap};

use axum::{extract::RawQuery, http::StatusCode, response::Response};
use kiavi_http::json_response;

use super::{flow, manage, store::Order, wire};
use crate::{
    ApiError, Context, JsonBody, State,
    session::{self, CurrentUser},
};

/// What a list may be sorted by. Not by the hash.
const SORTABLE: &[&str] = &[
    "id",
    "configId",
    "name",
    "start",
    "referenceId",
    "prefix",
    "refillInterval",
    "refillAmount",
    "lastRefillAt",
    "enabled",
    "rateLimitEnabled",
    "rateLimitTimeWindow",
    "rateLimitMax",
    "requestCount",
    "remaining",
    "lastRequest",
    "expiresAt",
    "createdAt",
    "updatedAt",
    "permissions",
    "metadata",
];

/// `POST /api-key/create`.
pub(super) async fn create(state: State, context: Context, body: JsonBody) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    let asked = flow::creation(&mut fields);
    fields.finish()?;
    wire::json(&manage::create(&state, &context, asked).await?)
}

/// `POST /api-key/update` `{keyId, …}`.
pub(super) async fn update(state: State, context: Context, body: JsonBody) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    let asked = flow::change(&mut fields);
    fields.finish()?;
    wire::json(&manage::update(&state, &context, asked).await?)
}

/// `POST /api-key/delete` `{keyId}`.
pub(super) async fn delete(state: State, context: Context, body: JsonBody) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    fields.optional_string("configId");
    let id = fields.string("keyId");
    fields.finish()?;
    let current = session::require(&state, &context).await?;
    if !manage::may_change_access(&current) {
        return Err(ApiError::unauthorized());
    }
    manage::delete(&state, &context, &current, id).await?;
    Ok(json_response(StatusCode::OK, wire::SUCCESS))
}

type Parameters<'q> = HashMap<Cow<'q, str>, Cow<'q, str>>;

/// The query, in which each parameter comes once.
fn parameters(query: &str) -> Result<Parameters<'_>, ApiError> {
    let mut parameters = HashMap::new();
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if value.contains('\0') || parameters.contains_key(&key) {
            return Err(ApiError::validation(format!("[query.{key}] Invalid input: expected one value")));
        }
        parameters.insert(key, value);
    }
    Ok(parameters)
}

/// `GET /api-key/get?id=`.
pub(super) async fn get(
    state: State,
    context: Context,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = query.unwrap_or_default();
    let parameters = parameters(&query)?;
    let id = parameters.get("id").ok_or_else(|| {
        ApiError::validation("[query.id] Invalid input: expected string, received undefined")
    })?;
    let current = session::require(&state, &context).await?;
    wire::json(&manage::one(&state, id, &current.user.id).await?)
}

/// A number of rows; upstream turns texts into numbers as ECMAScript does.
fn count(parameters: &Parameters<'_>, name: &str) -> Result<Option<usize>, ApiError> {
    let Some(text) = parameters.get(name).map(|text| text.trim()) else { return Ok(None) };
    if text.is_empty() {
        return Ok(Some(0));
    }
    let invalid = |_| ApiError::validation(format!("[query.{name}] Invalid input: expected a number >=0"));
    text.parse().map(Some).map_err(invalid)
}

/// `GET /api-key/list?configId=&limit=&offset=&sortBy=&sortDirection=`.
pub(super) async fn list(
    state: State,
    context: Context,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = query.unwrap_or_default();
    let parameters = parameters(&query)?;
    let text = |name| parameters.get(name).map(Cow::as_ref).filter(|text: &&str| !text.is_empty());
    let (limit, offset) = (count(&parameters, "limit")?, count(&parameters, "offset")?);
    let is_descending = match parameters.get("sortDirection").map(Cow::as_ref) {
        None | Some("asc") => false,
        Some("desc") => true,
        Some(_) => {
            let options = r#"Invalid option: expected one of "asc"|"desc""#;
            return Err(ApiError::validation(format!("[query.sortDirection] {options}")));
        }
    };
    let by = text("sortBy");
    if by.is_some_and(|by| !SORTABLE.contains(&by)) {
        return Err(ApiError::validation("[query.sortBy] Invalid option"));
    }
    let current: CurrentUser = session::require(&state, &context).await?;
    if text("organizationId").is_some() {
        return Err(wire::no_organizations());
    }
    let order = Order { by, is_descending };
    let keys = manage::list(&state, &current.user.id, text("configId"), order).await?;
    let first = offset.unwrap_or(0).min(keys.len());
    let last = limit.map_or(keys.len(), |limit| first.saturating_add(limit).min(keys.len()));
    wire::json(&wire::List { api_keys: &keys[first..last], total: keys.len(), limit, offset })
}

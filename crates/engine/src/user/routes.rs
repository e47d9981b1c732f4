//! `POST /update-user`.

use axum::{http::StatusCode, response::Response};
use kiavi_http::json_response;
use serde_json::Value;

use super::store;
use crate::{
    ApiError, Context, Fields, JsonBody, State,
    audit::{self, Event, EventType},
    fields::is_truthy,
    session::{self, CurrentUser},
};

/// Fields of the row that only the server sets; a body that names one is refused.
const SERVER_FIELDS: &[&str] = &["role", "banned", "banReason", "banExpires"];
/// Characters of a name or an image URL.
const TEXT_LIMIT: usize = 2_048;

/// What `/update-user` and sign-up may set.
pub(crate) struct OwnFields<'b> {
    pub(crate) name: Option<&'b str>,
    pub(crate) image: Option<Option<&'b str>>,
}

/// Reads `name` and `image`; what is wrong with them goes to `fields`.
pub(crate) fn own_fields<'b>(fields: &mut Fields<'b>) -> OwnFields<'b> {
    let own = OwnFields { name: fields.optional_string("name"), image: fields.nullable_string("image") };
    for (name, text) in [("name", own.name), ("image", own.image.flatten())] {
        if let Some(problem) = text.and_then(text_problem) {
            fields.issue(name, &problem);
        }
    }
    own
}

/// Why a text cannot be a name or an image URL.
pub(crate) fn text_problem(text: &str) -> Option<String> {
    if text.len() > TEXT_LIMIT {
        return Some(format!("Too big: expected string to have <={TEXT_LIMIT} characters"));
    }
    // PostgreSQL's text holds every character but this one.
    text.contains('\0').then(|| "Invalid string".to_owned())
}

/// A body never names what only the server may set.
pub(crate) fn refuse_server_fields(body: Option<&Value>) -> Result<(), ApiError> {
    let is_set = |field: &&&str| body.and_then(|body| body.get(field)).is_some_and(is_truthy);
    match SERVER_FIELDS.iter().find(is_set) {
        Some(field) => {
            Err(ApiError::bad_request("FIELD_NOT_ALLOWED", format!("{field} is not allowed to be set")))
        }
        None => Ok(()),
    }
}

/// Changes name and picture of the signed-in user; `None` leaves one as it is.
///
/// # Errors
/// `VALIDATION_ERROR` for a text that cannot be stored, `No fields to update`, else faults.
pub async fn update_own(
    state: &State,
    context: &Context,
    current: &CurrentUser,
    name: Option<&str>,
    image: Option<Option<&str>>,
) -> Result<(), ApiError> {
    if let Some(problem) = name.into_iter().chain(image.flatten()).find_map(text_problem) {
        return Err(ApiError::validation(problem));
    }
    let changed: Vec<_> = [name.map(|_| "name"), image.map(|_| "image")].into_iter().flatten().collect();
    if changed.is_empty() {
        return Err(ApiError::message_only(StatusCode::BAD_REQUEST, "No fields to update"));
    }
    let id = &current.user.id;
    let transaction = state.database.begin().await?;
    store::update_own_fields(&transaction, id, name, image).await?;
    let mut changes = serde_json::json!({});
    if let Some(name) = name {
        changes["name"] = serde_json::json!({ "from": current.user.name, "to": name });
    }
    if let Some(image) = image {
        changes["image"] = serde_json::json!({ "from": current.user.image, "to": image });
    }
    let event = Event::by(EventType::UserUpdated, id).detail(serde_json::json!({ "fields": changed }));
    let event = event.personal(serde_json::json!({ "changes": changes }));
    audit::record(&transaction, state, context, event).await?;
    transaction.commit().await?;
    if current.is_signed_in() {
        session::renew_cookie(state, context, &current.session);
    }
    Ok(())
}

pub(super) async fn update_user(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let mut fields = Fields::record(body.0.as_ref())?;
    let own = own_fields(&mut fields);
    let email = fields.get("email");
    fields.finish()?;
    let current = session::require(&state, &context).await?;
    if email.is_some_and(is_truthy) {
        return Err(ApiError::bad_request("EMAIL_CAN_NOT_BE_UPDATED", "Email can not be updated"));
    }
    refuse_server_fields(body.0.as_ref())?;
    update_own(&state, &context, &current, own.name, own.image).await?;
    Ok(json_response(StatusCode::OK, r#"{"status":true}"#))
}

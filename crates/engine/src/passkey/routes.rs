//! Endpoints of passkeys.

use std::{borrow::Cow, collections::HashMap};

use axum::{extract::RawQuery, http::StatusCode, response::Response};
use kiavi_http::json_response;

use super::{
    actions, authentication, flow, management,
    registration::{self, Answer, Wanted},
    wire,
};
use crate::{ApiError, Context, JsonBody, State, session};

const OPTIONS_SCOPE: &str = "passkey.options";
const VERIFY_SCOPE: &str = "passkey.verify";

/// Characters of `name` and `context` in a query.
const QUERY_LIMIT: usize = 320;

/// The first value of each query parameter.
fn parameters(query: &str) -> HashMap<Cow<'_, str>, Cow<'_, str>> {
    let mut parameters = HashMap::new();
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        parameters.entry(key).or_insert(value);
    }
    parameters
}

/// `GET /passkey/generate-register-options?authenticatorAttachment=&name=&context=`.
pub(super) async fn generate_register_options(
    state: State,
    context: Context,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = query.unwrap_or_default();
    let parameters = parameters(&query);
    let text = |name: &str| parameters.get(name).map(Cow::as_ref);
    let attachment = text("authenticatorAttachment").map(|text| flow::attachment(text).ok_or(())).transpose();
    let attachment = attachment.map_err(|()| {
        let options = r#"Invalid option: expected one of "platform"|"cross-platform""#;
        ApiError::validation(format!("[query.authenticatorAttachment] {options}"))
    })?;
    for name in ["name", "context"] {
        if text(name).is_some_and(|text| text.len() > QUERY_LIMIT || text.contains('\0')) {
            return Err(ApiError::validation(format!("[query.{name}] Invalid string")));
        }
    }
    let current = session::find(&state, &context).await?;
    current.as_ref().map_or(Ok(()), flow::require_fresh)?;
    actions::limit_network(&state, &context, OPTIONS_SCOPE).await?;
    let wanted = Wanted { attachment, name: text("name"), context: text("context") };
    wire::options(&registration::options(&state, &context, current.as_ref(), wanted).await?)
}

/// `POST /passkey/verify-registration` `{response, name?, createSession?}`.
pub(super) async fn verify_registration(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    let name = match fields.optional_string("name").map(flow::checked_name) {
        Some(Err(issue)) => {
            fields.issue("name", &issue);
            None
        }
        Some(Ok(name)) => Some(name).filter(|name| !name.is_empty()),
        None => None,
    };
    let creates_session = fields.optional_bool("createSession").unwrap_or(false);
    let response = fields.any("response");
    fields.finish()?;
    let current = session::find(&state, &context).await?;
    current.as_ref().map_or(Ok(()), flow::require_fresh)?;
    actions::limit_network(&state, &context, VERIFY_SCOPE).await?;
    let answer = Answer { response, name, creates_session };
    let registered = registration::register(&state, &context, current.as_ref(), answer).await?;
    let (session, user) = registered.signed_in.as_ref().map(|(session, user)| (session, user)).unzip();
    wire::json(&wire::Registered { passkey: &registered.passkey, session, user })
}

/// `GET /passkey/generate-authenticate-options`.
pub(super) async fn generate_authenticate_options(
    state: State,
    context: Context,
) -> Result<Response, ApiError> {
    actions::limit_network(&state, &context, OPTIONS_SCOPE).await?;
    let current = session::find(&state, &context).await?;
    wire::options(&authentication::options(&state, &context, current.as_ref()).await?)
}

/// `POST /passkey/verify-authentication` `{response}`.
pub(super) async fn verify_authentication(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    let response = fields.record_member("response");
    fields.finish()?;
    actions::limit_network(&state, &context, VERIFY_SCOPE).await?;
    let (session, user) = authentication::authenticate(&state, &context, response).await?;
    Ok(json_response(StatusCode::OK, session::session_and_user(&session, &user)?))
}

/// `GET /passkey/list-user-passkeys`; for operators with `?userId=`.
pub(super) async fn list_user_passkeys(
    state: State,
    context: Context,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    if context.operator().is_some() {
        let query = query.unwrap_or_default();
        let parameters = parameters(&query);
        let user_id = parameters.get("userId").filter(|id| !id.contains('\0'));
        let user_id = user_id.ok_or_else(|| ApiError::validation("[query.userId] Invalid string"))?;
        return wire::json(&management::list(&state, user_id).await?);
    }
    let current = session::require(&state, &context).await?;
    wire::json(&management::list(&state, &current.user.id).await?)
}

/// `POST /passkey/update-passkey` `{id, name}`.
pub(super) async fn update_passkey(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    let (id, name) = (fields.string("id"), fields.string("name"));
    fields.finish()?;
    let name = flow::required_name(name)?;
    let current = session::require(&state, &context).await?;
    wire::json(&wire::Renamed { passkey: management::set_name(&state, &context, &current, id, name).await? })
}

/// `POST /passkey/delete-passkey` `{id}`; operators remove anybody's.
pub(super) async fn delete_passkey(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    let id = fields.string("id");
    fields.finish()?;
    if context.operator().is_some() {
        management::remove_for_operator(&state, &context, id).await?;
        return Ok(json_response(StatusCode::OK, wire::STATUS_TRUE));
    }
    let current = session::require(&state, &context).await?;
    management::remove(&state, &context, &current, id).await?;
    Ok(json_response(StatusCode::OK, wire::STATUS_TRUE))
}

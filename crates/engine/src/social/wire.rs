//! Bodies and answers, as Better Auth has them.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use kiavi_http::json_response;
use kiavi_oauth::RESERVED_PARAMETERS;
use serde::Serialize;
use serde_json::{Map, Value};

use super::begin::Begin;
use crate::{ApiError, Fields, JsonBody, user::User};

/// Characters of one value that goes into an authorization URL.
const PARAMETER_LIMIT: usize = 512;
/// How many such values there may be.
const PARAMETERS: usize = 20;

/// The body of `/sign-in/social` and `/link-social`.
pub(super) struct SocialBody<'b> {
    pub(super) provider: &'b str,
    pub(super) begin: Begin<'b>,
    pub(super) disables_redirect: bool,
    pub(super) id_token: Option<IdTokenBody<'b>>,
}

/// An ID token that an app brings.
#[derive(Debug, Clone, Copy)]
pub(super) struct IdTokenBody<'b> {
    pub(super) token: &'b str,
    pub(super) nonce: Option<&'b str>,
    pub(super) access_token: Option<&'b str>,
    pub(super) refresh_token: Option<&'b str>,
    /// What Apple gave the app of the name.
    pub(super) user: Option<&'b Value>,
}

pub(super) fn social_body(body: &JsonBody) -> Result<SocialBody<'_>, ApiError> {
    let mut fields = body.fields()?;
    let provider = fields.string("provider");
    // An empty text stands for none, as in the gate.
    let mut url = |name| fields.optional_string(name).filter(|url| !url.is_empty());
    let (callback_url, new_user_url, error_url) =
        (url("callbackURL"), url("newUserCallbackURL"), url("errorCallbackURL"));
    let scopes = texts(&mut fields, "scopes");
    let login_hint = fields.optional_string("loginHint").filter(|hint| hint.len() <= PARAMETER_LIMIT);
    let parameters = parameters(&mut fields);
    let disables_redirect = fields.optional_bool("disableRedirect").unwrap_or(false);
    let requests_sign_up = fields.optional_bool("requestSignUp").unwrap_or(false);
    let id_token = id_token(&mut fields);
    fields.finish()?;
    let begin = Begin {
        callback_url,
        new_user_url,
        error_url,
        scopes,
        login_hint,
        parameters,
        requests_sign_up,
        link: None,
    };
    Ok(SocialBody { provider, begin, disables_redirect, id_token })
}

fn texts<'b>(fields: &mut Fields<'b>, name: &str) -> Vec<&'b str> {
    let list = match fields.get(name) {
        None => return Vec::new(),
        Some(Value::Array(list)) if list.len() <= PARAMETERS => list,
        Some(_) => {
            fields.issue(name, "Invalid input: expected array");
            return Vec::new();
        }
    };
    let is_scope = |text: &&str| {
        !text.is_empty() && text.len() <= PARAMETER_LIMIT && text.bytes().all(|b| b.is_ascii_graphic())
    };
    let read: Vec<_> = list.iter().filter_map(Value::as_str).filter(is_scope).collect();
    if read.len() != list.len() {
        fields.issue(name, "Invalid input: expected string");
    }
    read
}

fn parameters<'b>(fields: &mut Fields<'b>) -> Vec<(&'b str, &'b str)> {
    let Some(given) = fields.get("additionalParams") else { return Vec::new() };
    let Some(given) = given.as_object().filter(|given| given.len() <= PARAMETERS) else {
        fields.issue("additionalParams", "Invalid input: expected record");
        return Vec::new();
    };
    let is_ours = |name: &String| RESERVED_PARAMETERS.contains(&name.as_str());
    let short = |(name, value): (&'b String, &'b Value)| {
        let value = value.as_str().filter(|value| value.len() <= PARAMETER_LIMIT)?;
        (name.len() <= PARAMETER_LIMIT && !is_ours(name)).then_some((name.as_str(), value))
    };
    let read: Vec<_> = given.iter().filter_map(short).collect();
    if read.len() != given.len() {
        fields.issue("additionalParams", "Invalid input: a parameter is reserved or no string");
    }
    read
}

fn id_token<'b>(fields: &mut Fields<'b>) -> Option<IdTokenBody<'b>> {
    let given = fields.get("idToken")?;
    let read = given.as_object().and_then(|object| {
        let text = |name: &str| match object.get(name) {
            None => Some(None),
            Some(Value::String(text)) => Some(Some(text.as_str())),
            Some(_) => None,
        };
        Some(IdTokenBody {
            token: text("token")??,
            nonce: text("nonce")?,
            access_token: text("accessToken")?,
            refresh_token: text("refreshToken")?,
            user: object.get("user"),
        })
    });
    if read.is_none() {
        fields.issue("idToken", "Invalid input: expected object");
    }
    read
}

/// The row id in the body of an account's endpoint. Unknown fields are refused; an account in a cookie is not kept
/// here, so it is never found.
pub(super) fn account_id(body: &JsonBody) -> Result<&str, ApiError> {
    let invalid = || ApiError::validation("[body] Invalid input");
    let object = body.0.as_ref().and_then(Value::as_object).ok_or_else(invalid)?;
    let only = |names: &[&str]| object.keys().all(|key| names.contains(&key.as_str()));
    let is_text = |value: Option<&Value>| value.is_none_or(Value::is_string);
    let is_in_cookie = object.get("useAccountCookie") == Some(&Value::Bool(true));
    match object.get("accountId").and_then(Value::as_str) {
        Some(id) if only(&["accountId", "userId"]) && is_text(object.get("userId")) => Ok(id),
        None if is_in_cookie && only(&["useAccountCookie", "userId"]) => Err(account_not_found()),
        _ => Err(invalid()),
    }
}

pub(super) fn account_not_found() -> ApiError {
    ApiError::bad_request("ACCOUNT_NOT_FOUND", "Account not found")
}

pub(super) fn provider_not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "PROVIDER_NOT_FOUND", "Provider not found")
}

pub(super) fn json(body: &impl Serialize) -> Result<Response, ApiError> {
    let json = serde_json::to_vec(body).map_err(ApiError::internal)?;
    Ok(json_response(StatusCode::OK, json))
}

/// `{"url","redirect"}`, and `Location` unless the client goes by itself.
pub(super) fn go_to(url: &str, disables_redirect: bool) -> Result<Response, ApiError> {
    #[derive(Serialize)]
    struct Body<'a> {
        url: &'a str,
        redirect: bool,
    }
    let mut response = json(&Body { url, redirect: !disables_redirect })?;
    if !disables_redirect && let Ok(location) = HeaderValue::from_str(url) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// The answer to a sign-in with an ID token.
#[derive(Serialize)]
pub(super) struct SignedInBody<'a> {
    pub(super) redirect: bool,
    pub(super) token: &'a str,
    pub(super) user: &'a User,
}

/// An object without the keys whose value is `null`, which Better Auth leaves out.
pub(super) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            Value::Object(map.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_body_panics(name in "provider|scopes|additionalParams|idToken|callbackURL|accountId", text in ".{0,40}") {
            let one = serde_json::json!({ &name: text });
            let body = JsonBody(Some(one.clone()));
            let _ = social_body(&body);
            let _ = account_id(&body);
            let nested = JsonBody(Some(serde_json::json!({ "provider": "a", name: { "token": one } })));
            let _ = social_body(&nested);
        }
    }
}

//! The inner step of requests that may change something: body, origin, redirect targets.

use axum::{
    body::Body,
    extract::{FromRequestParts, MatchedPath, Request, State as Extract},
    http::{Method, StatusCode, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use kiavi_http::{parse_json, read_body};
use serde_json::Value;

use crate::{ApiError, Fields, State, fields::is_truthy};

/// Paths that start a sign-in and are guarded against login CSRF as well.
const SIGN_IN_FORMS: &[&str] = &[
    "/api/auth/email-otp/send-verification-otp",
    "/api/auth/sign-in/magic-link",
    "/api/auth/one-time-token/verify",
    "/api/auth/sign-in/email",
    "/api/auth/sign-up/email",
];

/// Body fields that may name a place to send the browser to: field, its name in errors, code, message.
const REDIRECT_FIELDS: &[(&str, &str, &str, &str)] = &[
    ("callbackURL", "Invalid callbackURL: expected a string", "INVALID_CALLBACK_URL", "Invalid callbackURL"),
    ("redirectTo", "Invalid redirectURL: expected a string", "INVALID_REDIRECT_URL", "Invalid redirectURL"),
    (
        "errorCallbackURL",
        "Invalid errorCallbackURL: expected a string",
        "INVALID_ERROR_CALLBACK_URL",
        "Invalid errorCallbackURL",
    ),
    (
        "newUserCallbackURL",
        "Invalid newUserCallbackURL: expected a string",
        "INVALID_NEW_USER_CALLBACK_URL",
        "Invalid newUserCallbackURL",
    ),
];

/// The JSON body of a request that passed the gate; `None` when there was none.
#[derive(Debug, Clone)]
pub struct JsonBody(pub Option<Value>);

impl JsonBody {
    /// The fields of a body that must be an object.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` when it is none.
    pub fn fields(&self) -> Result<Fields<'_>, ApiError> {
        Fields::of(self.0.as_ref())
    }
}

impl FromRequestParts<State> for JsonBody {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, ApiError> {
        Ok(parts.extensions.remove::<Self>().unwrap_or(Self(None)))
    }
}

/// Middleware around the routes of the API. Everything but GET has its body read, its origin checked and its
/// redirect targets checked, in Better Auth's order.
pub(crate) async fn api_gate(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    if *request.method() == Method::GET {
        return next.run(request).await;
    }
    match pass(&state, request).await {
        Ok(request) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn pass(state: &State, request: Request) -> Result<Request, ApiError> {
    let (mut parts, body) = request.into_parts();
    let bytes = read_body(body).await?;
    let json = parse_json(&parts.headers, &bytes)?;
    state.origins.check_request(&parts.headers)?;
    check_redirects(state, parts.uri.query(), json.as_ref())?;
    if parts.extensions.get::<MatchedPath>().is_some_and(|path| SIGN_IN_FORMS.contains(&path.as_str())) {
        state.origins.check_sign_in_form(&parts.headers)?;
    }
    parts.extensions.insert(JsonBody(json));
    Ok(Request::from_parts(parts, Body::empty()))
}

fn check_redirects(state: &State, query: Option<&str>, body: Option<&Value>) -> Result<(), ApiError> {
    let refused = |code, message| Err(ApiError::new(StatusCode::FORBIDDEN, code, message));
    for (field, not_text, code, message) in REDIRECT_FIELDS.iter().copied() {
        let given = body.and_then(|body| body.get(field)).filter(|value| is_truthy(value));
        match given {
            Some(Value::String(target)) if state.origins.trusts_redirect(target) => {}
            Some(Value::String(_)) => return refused(code, message),
            Some(_) => return Err(ApiError::message_only(StatusCode::BAD_REQUEST, not_text)),
            None if field == "callbackURL" => {
                let query = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
                for (_, target) in query.filter(|(key, value)| key == field && !value.is_empty()) {
                    if !state.origins.trusts_redirect(&target) {
                        return refused(code, message);
                    }
                }
            }
            None => {}
        }
    }
    Ok(())
}

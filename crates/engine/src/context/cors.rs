//! Which pages of other origins may ask, and read the answers (Fetch §3.2).

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, header},
};

use crate::{State, abuse::captcha};

fn trusted_foreign<'o>(state: &State, origin: Option<&'o HeaderValue>) -> Option<&'o HeaderValue> {
    let text = origin?.to_str().ok()?;
    (text != state.origins.own_origin() && state.origins.trusts_origin(text)).then_some(origin?)
}

/// A CORS preflight (Fetch §3.2.2) from an origin that the settings trust.
pub(super) fn is_preflight(state: &State, request: &Request) -> bool {
    let headers = request.headers();
    *request.method() == Method::OPTIONS
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
        && trusted_foreign(state, headers.get(header::ORIGIN)).is_some()
}

/// Lets pages of a trusted foreign origin read the answer.
pub(super) fn share_with_origin(state: &State, origin: Option<HeaderValue>, headers: &mut HeaderMap) {
    if trusted_foreign(state, origin.as_ref()).is_none() {
        return;
    }
    let Some(origin) = origin else { return };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type, authorization, x-api-key"),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "set-auth-token, set-auth-jwt, x-retry-after, x-request-id"),
        (header::VARY, "origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if state.settings.abuse.captcha.is_some() {
        let allowed = HeaderValue::from_static(captcha::ALLOWED_HEADERS);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    }
}

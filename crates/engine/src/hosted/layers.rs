//! What lies around the pages: the choice of a language, the origin of forms, errors as pages, headers of assets.

use std::time::Duration;

use axum::{
    body::Body,
    extract::{Request, State as Extract},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use kiavi_base::Locale;
use kiavi_http::{REQUEST_ID, SetCookie, cookie_value, joined_cookies, set_api_headers};
use kiavi_pages::{
    Acting, BARE_CONTENT_SECURITY_POLICY, Failed, NotFound, Notice, Page, Refused, TurnedAway,
    TurnedAwayBecause,
};

use super::visit::{LOCALE_COOKIE, Visitor, frame, html, see_other};
use crate::{Context, Settings, State, abuse::NetworkBlocked, links::with_query};

/// How long a browser remembers the language somebody chose.
const LOCALE_LIFE: Duration = Duration::from_secs(400 * 86_400);

/// Inside the request context: takes a choice of language, lets forms pass only from our own pages, so that no other
/// site can sign a browser in or out or change an account (login CSRF too), and finds out who is signed in.
pub(super) async fn gate(
    Extract(state): Extract<State>,
    context: Context,
    request: Request,
    next: Next,
) -> Response {
    let mut request = request;
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_read && let Some(locale) = chosen_locale(request.uri().query()) {
        context.set_cookie(SetCookie {
            name: LOCALE_COOKIE.to_owned(),
            value: locale.tag().to_owned(),
            max_age: Some(LOCALE_LIFE),
            is_secure: state.cookies.is_secure,
        });
        return see_other(&without_locale(request.uri()));
    }
    if !is_read && state.origins.check_own_page(request.headers()).is_err() {
        let locale = locale_of(&state.settings, request.headers());
        let frame = frame(&state, locale, request.uri().path(), None);
        let mut response = html(&Refused { frame, notice: Notice::WrongOrigin, back: "/sign-in".to_owned() });
        *response.status_mut() = StatusCode::FORBIDDEN;
        return response;
    }
    let visitor = match Visitor::of(&state, &context).await {
        Ok(visitor) => visitor,
        Err(error) => return error.into_response(),
    };
    let acting = visitor.acting.clone();
    request.extensions_mut().insert(visitor);
    let mut response = next.run(request).await;
    response.extensions_mut().insert(ActingNow(acting));
    response
}

/// Rides on a response, for the page that an error becomes.
#[derive(Clone)]
struct ActingNow(Option<Acting>);

fn chosen_locale(query: Option<&str>) -> Option<Locale> {
    let query = query.filter(|query| query.contains("lang="))?;
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == "lang")
        .and_then(|(_, tag)| Locale::from_tag(&tag))
}

/// The same page without the choice of a language: most have no other query, some are nothing without theirs.
fn without_locale(uri: &Uri) -> String {
    let pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let others: Vec<_> = pairs.filter(|(key, _)| key != "lang").collect();
    let others: Vec<_> = others.iter().map(|(key, value)| (key.as_ref(), Some(value.as_ref()))).collect();
    with_query(uri.path(), &others)
}

fn locale_of(settings: &Settings, headers: &HeaderMap) -> Locale {
    let cookies = joined_cookies(headers);
    let chosen = cookies.as_ref().and_then(|cookies| cookie_value(cookies, LOCALE_COOKIE));
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    settings.locale_for(chosen, accepted)
}

/// Outermost: a person who meets an error meets a page. Status, headers and extensions stay.
pub(super) async fn errors_as_pages(
    Extract(state): Extract<State>,
    request: Request,
    next: Next,
) -> Response {
    let locale = locale_of(&state.settings, request.headers());
    let path = request.uri().path().to_owned();
    if !is_canonical(&path) {
        let mut response = StatusCode::NOT_FOUND.into_response();
        set_api_headers(response.headers_mut(), state.cookies.is_secure);
        return response;
    }
    let response = next.run(request).await;
    let status = response.status();
    let is_page = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    if is_page || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    let acting = parts.extensions.remove::<ActingNow>().and_then(|ActingNow(acting)| acting);
    let frame = frame(&state, locale, &path, acting);
    let id = parts.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let body = match status {
        StatusCode::MISDIRECTED_REQUEST => {
            let policy = HeaderValue::from_static(BARE_CONTENT_SECURITY_POLICY);
            parts.headers.insert(header::CONTENT_SECURITY_POLICY, policy);
            TurnedAway { locale, why: TurnedAwayBecause::UnknownHost }.html()
        }
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => NotFound { frame }.html(),
        StatusCode::TOO_MANY_REQUESTS => {
            Refused { frame, notice: limited(&parts.headers), back: path }.html()
        }
        _ if parts.extensions.get::<NetworkBlocked>().is_some() => {
            Refused { frame, notice: Notice::NetworkBlocked, back: path }.html()
        }
        status if status.is_server_error() => Failed { frame, request_id: id }.html(),
        _ => Refused { frame, notice: Notice::Unexpected, back: "/".to_owned() }.html(),
    };
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body))
}

/// Whether a path can be written into a link or a redirect and stay one of ours: a browser reads `//host` and
/// `/\host` as another site (WHATWG URL, relative slash state).
fn is_canonical(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains('\\')
}

fn limited(headers: &HeaderMap) -> Notice {
    let seconds = headers.get("x-retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    seconds.map_or(Notice::TooMany, Notice::RateLimited)
}

/// Headers of assets: for this site's pages only, and never taken for anything else.
pub(super) async fn asset_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response.headers_mut().insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    response
}

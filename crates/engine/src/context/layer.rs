//! The outermost step of every request: at which host, how often, what the log says of it; and the headers that every answer
//! carries.

use std::time::Instant;

use axum::{
    body::HttpBody,
    extract::{MatchedPath, Request, State as Extract},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use kiavi_base::RequestClass;
use kiavi_http::{
    Access, ConnectionInfo, MISDIRECTED_MESSAGE, PeerClass, REQUEST_ID, error_response, requested_host,
    set_api_headers, set_page_headers,
};

use super::{
    Context,
    cors::{is_preflight, share_with_origin},
};
use crate::{
    ApiError, State,
    abuse::{self, NetworkBlocked},
    api_key,
    audit::{self, Event},
    bearer,
    error::Fault,
    management,
    rate_limit::LimitedBy,
};

/// The one path whose general limit is set apart.
const SESSION_CHECK: &str = "/api/auth/get-session";
/// Requests that an engine works on at a time; more are told to come back. A sign-in takes some milliseconds and waits for one
/// of four database connections, so whoever came after as many would wait for a second and more.
const MAX_REQUESTS: usize = 1_024;
/// What a 503 says.
const BUSY_MESSAGE: &str = "The service is busy. Try again.";
/// When it is worth coming back, in seconds.
const BUSY_PAUSE: &str = "1";
/// Begins the name of what a fallback below a prefix matches: no route of ours.
const CATCH_ALL: &str = "{*";

/// Middleware around the API.
pub(crate) async fn api_context(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    let _busy = state.busy.enter();
    let context = Context::new(&state, &request);
    let arrival = Arrival::of(&context, &request, RequestClass::Api);
    let origin = request.headers().get(header::ORIGIN).cloned();
    let mut response = match refusal(&state, &context, &request) {
        Some(refusal) => refusal,
        None if is_preflight(&state, &request) => StatusCode::NO_CONTENT.into_response(),
        // Better Auth serves neither; axum would answer HEAD by the GET route.
        None if matches!(*request.method(), Method::HEAD | Method::OPTIONS) => not_found().await,
        None => match log_access(&state, &context, management::access(&context, &request)).await {
            Ok(()) => run(&context, request, next).await,
            Err(error) => error.into_response(),
        },
    };
    account_for(&state, &context, audit::unaccounted(&context, arrival.asked(), &response)).await;
    bearer::tell_token(&state, &context, response.headers_mut());
    share_with_origin(&state, origin, response.headers_mut());
    set_api_headers(response.headers_mut(), state.cookies.is_secure);
    let response = finish(&context, response);
    arrival.note(&state, &context, &response);
    response
}

/// Middleware around the hosted pages: the same, with the headers of pages and without sharing across origins.
pub async fn page_context(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    let _busy = state.busy.enter();
    let context = Context::new(&state, &request);
    let arrival = Arrival::of(&context, &request, RequestClass::Page);
    let mut response = match refusal(&state, &context, &request) {
        Some(refusal) => refusal,
        None => run(&context, request, next).await,
    };
    account_for(&state, &context, audit::unaccounted(&context, arrival.asked(), &response)).await;
    set_page_headers(response.headers_mut(), state.cookies.is_secure);
    let response = finish(&context, response);
    arrival.note(&state, &context, &response);
    response
}

/// What is noted of a request once it is answered.
struct Arrival {
    at: Instant,
    class: RequestClass,
    method: Method,
    route: Option<MatchedPath>,
    peer: PeerClass,
}

impl Arrival {
    fn of(context: &Context, request: &Request, class: RequestClass) -> Self {
        let route = request.extensions().get::<MatchedPath>().cloned();
        let is_check = route.as_ref().is_some_and(|route| route.as_str() == SESSION_CHECK);
        let peer = request.extensions().get::<ConnectionInfo>().map(|info| info.peer.ip().to_canonical());
        let (class, peer) = if context.operator().is_some() {
            (RequestClass::Operator, PeerClass::Operator)
        } else {
            let is_direct = peer == Some(context.client());
            let class = if is_check { RequestClass::SessionCheck } else { class };
            (class, if is_direct { PeerClass::Direct } else { PeerClass::Proxied })
        };
        Self { at: Instant::now(), class, method: request.method().clone(), route, peer }
    }

    /// Method and route.
    fn asked(&self) -> (&Method, &str) {
        (&self.method, self.route.as_ref().map_or("", MatchedPath::as_str))
    }

    fn note(&self, state: &State, context: &Context, response: &Response) {
        let (_, route) = self.asked();
        state.access.note(&Access {
            at: state.clock.now(),
            id: context.request_id(),
            class: self.class,
            method: self.method.as_str(),
            route: if route.contains(CATCH_ALL) { "" } else { route },
            status: response.status().as_u16(),
            took: self.at.elapsed(),
            bytes: response.body().size_hint().exact(),
            peer: self.peer,
            client: context.client(),
        });
    }
}

/// Writes down who asks at the management door; what cannot be written down is not served.
async fn log_access(state: &State, context: &Context, event: Option<Event<'static>>) -> Result<(), ApiError> {
    match event {
        // On the heap, because every request has room for what waits here, and few are an operator's.
        Some(event) => Ok(Box::pin(audit::record_alone(state, context, event)).await?),
        None => Ok(()),
    }
}

/// Writes the event of a refusal that has none.
async fn account_for(state: &State, context: &Context, refusal: Option<Event<'static>>) {
    if let Some(refusal) = refusal {
        // On the heap, as above.
        Box::pin(audit::account_for(state, context, refusal)).await;
    }
}

async fn run(context: &Context, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(context.clone());
    next.run(request).await
}

/// 404 without a body, for whatever is no route.
pub(crate) async fn not_found() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

/// The host must be the tenant's, the network not blocked and within its general limit, which is none for an operator,
/// nor for a program that is counted by its API key.
fn refusal(state: &State, context: &Context, request: &Request) -> Option<Response> {
    let host = requested_host(request.uri(), request.headers());
    let is_ours = host.is_some_and(|host| state.settings.hostnames.iter().any(|name| name.as_str() == host));
    if !is_ours {
        let status = StatusCode::MISDIRECTED_REQUEST;
        let mut response = error_response(status, Some("MISDIRECTED_REQUEST"), MISDIRECTED_MESSAGE, None);
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        return Some(response);
    }
    if context.operator().is_some() {
        return None;
    }
    // Before anything that costs something.
    if state.busy.count() > MAX_REQUESTS {
        return Some(busy(context));
    }
    if abuse::is_blocked(&state.settings, context.client()) {
        return Some(network_blocked());
    }
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if api_key::has_own_budget(&state.settings, path, request.headers()) {
        let checked = state.api_keys.check_network(state, context.network());
        return checked.err().map(|seconds| limited("unknown_api_key", seconds));
    }
    let limits = &state.settings.rate_limits;
    let (name, rate) = match path {
        SESSION_CHECK => ("session_check", limits.session_check),
        _ => ("general", limits.general),
    };
    let checked = state.limiter.check(context.network(), path, rate?, state.clock.now());
    checked.err().map(|seconds| limited(name, seconds))
}

/// Who is refused here has done nothing wrong, and no event tells of them: a flood must not fill the log.
fn busy(context: &Context) -> Response {
    let (status, id) = (StatusCode::SERVICE_UNAVAILABLE, context.request_id().to_string());
    let mut response = error_response(status, Some("SERVICE_UNAVAILABLE"), BUSY_MESSAGE, Some(&id));
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(BUSY_PAUSE));
    response
}

fn limited(name: &'static str, seconds: u64) -> Response {
    let mut response = ApiError::too_many_requests(seconds).into_response();
    response.extensions_mut().insert(LimitedBy(name));
    response
}

fn network_blocked() -> Response {
    let message = "Requests from this network are refused";
    let mut response = ApiError::new(StatusCode::FORBIDDEN, "NETWORK_BLOCKED", message).into_response();
    response.extensions_mut().insert(NetworkBlocked);
    response
}

/// Adds cookies and the request id, logs a fault once, and lets a 503 name the request.
fn finish(context: &Context, mut response: Response) -> Response {
    let id = context.request_id().to_string();
    if let Some(Fault(cause)) = response.extensions_mut().remove::<Fault>() {
        log_fault(&id, response.status(), cause.as_deref());
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            let told =
                error_response(response.status(), Some("SERVICE_UNAVAILABLE"), BUSY_MESSAGE, Some(&id));
            let (parts, body) = told.into_parts();
            // The other headers of the answer stay, above all those that forbid to keep it.
            *response.body_mut() = body;
            response.headers_mut().extend(parts.headers);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(BUSY_PAUSE));
        }
    }
    context.write_cookies(response.headers_mut());
    if let Ok(value) = HeaderValue::from_maybe_shared(bytes::Bytes::from(id)) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

fn log_fault(id: &str, status: StatusCode, cause: Option<&(dyn std::error::Error + Send + Sync)>) {
    let mut text = String::new();
    let mut next = cause.map(|cause| cause as &dyn std::error::Error);
    while let Some(error) = next {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&error.to_string());
        next = error.source();
    }
    tracing::error!(request_id = id, status = status.as_u16(), cause = text, "request failed");
}

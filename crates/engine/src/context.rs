//! The outermost step of every request: who asks, under which id, at which host, how often; and the headers that
//! every answer carries.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Instant,
};

use axum::{
    body::HttpBody,
    extract::{FromRequestParts, MatchedPath, Request, State as Extract},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use kiavi_base::{Locale, RequestClass, RequestId, network_of};
use kiavi_crypto::verify_cookie;
use kiavi_http::{
    Access, ConnectionInfo, MISDIRECTED_MESSAGE, PeerClass, REQUEST_ID, SetCookie, client_address,
    cookie_pairs, cookie_value, error_response, expanded, joined_cookies, requested_host, set_api_headers,
    set_page_headers,
};

use crate::{
    ApiError, Settings, State,
    abuse::{self, NetworkBlocked, captcha},
    api_key,
    audit::{self, Event, EventType},
    bearer,
    error::Fault,
    management,
    rate_limit::LimitedBy,
    session::CurrentUser,
};

/// Characters of a user agent that are kept.
const USER_AGENT_LIMIT: usize = 512;
/// Holds the tag of the language that a visitor chose on a page.
const LOCALE_COOKIE: &str = "kiavi-locale";
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

/// The operator on whose behalf control speaks. A fact about the connection, which the launcher hands over tagged;
/// nothing in a request can claim it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator(pub Arc<str>);

/// What is known of one request, and the cookies its answer will set. Cloning is one reference count.
#[derive(Debug, Clone)]
pub struct Context(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    request_id: RequestId,
    operator: Option<Operator>,
    client: IpAddr,
    user_agent: Option<HeaderValue>,
    accept_language: Option<HeaderValue>,
    cookies: Option<HeaderValue>,
    authorization: Option<HeaderValue>,
    refresh_is_disabled: bool,
    set_cookies: Mutex<Vec<Line>>,
    held_cookies: Mutex<Vec<Line>>,
    key_owner: OnceLock<CurrentUser>,
    impersonator: OnceLock<String>,
    renewed_token: OnceLock<String>,
    user: OnceLock<String>,
    refusal: OnceLock<&'static str>,
    events: Mutex<Vec<EventType>>,
}

/// A cookie of the answer.
#[derive(Debug, Clone)]
struct Line {
    cookie: SetCookie,
    /// Whether scripts may read it.
    is_readable: bool,
}

impl Context {
    /// What a request brings along.
    pub(crate) fn new(state: &State, request: &Request) -> Self {
        let peer = request.extensions().get::<ConnectionInfo>().map(|info| info.peer.ip());
        let headers = request.headers();
        let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        Self(Arc::new(Inner {
            request_id: RequestId::new(state.clock.now(), state.rng()),
            operator: request.extensions().get::<Operator>().cloned(),
            client: client_address(
                peer,
                headers,
                &state.settings.trusted_proxies,
                state.settings.forwarded_header,
            ),
            user_agent: headers.get(header::USER_AGENT).cloned(),
            accept_language: headers.get(header::ACCEPT_LANGUAGE).cloned(),
            cookies: single_cookie_line(headers),
            authorization: headers.get(header::AUTHORIZATION).cloned(),
            refresh_is_disabled: has_truthy_parameter(request.uri().query(), "disableRefresh"),
            set_cookies: Mutex::default(),
            held_cookies: Mutex::default(),
            key_owner: OnceLock::new(),
            impersonator: OnceLock::new(),
            renewed_token: OnceLock::new(),
            user: OnceLock::new(),
            refusal: OnceLock::new(),
            events: Mutex::default(),
        }))
    }

    /// Names the request in logs, events and error bodies.
    pub fn request_id(&self) -> RequestId {
        self.0.request_id
    }

    /// The operator, on a connection of the management door.
    pub fn operator(&self) -> Option<&str> {
        self.0.operator.as_ref().map(|operator| &*operator.0)
    }

    /// The client's address.
    pub fn client(&self) -> IpAddr {
        self.0.client
    }

    /// What limits count: the address, or the /64 it is in.
    pub fn network(&self) -> IpAddr {
        network_of(self.0.client)
    }

    /// The address in the form sessions keep: IPv6 cut to its /64.
    pub fn stored_address(&self) -> String {
        expanded(self.0.client)
    }

    /// The user agent, at most 512 characters; empty when there is none.
    pub fn user_agent(&self) -> &str {
        let text = self.0.user_agent.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default();
        &text[..text.len().min(USER_AGENT_LIMIT)]
    }

    /// The language the visitor chose on a page, else the one the browser prefers, else the tenant's own.
    pub fn locale(&self, settings: &Settings) -> Locale {
        let accepted = self.0.accept_language.as_ref().and_then(|value| value.to_str().ok());
        settings.locale_for(self.cookie(LOCALE_COOKIE), accepted)
    }

    /// Whether the query asks not to extend the session.
    pub fn refresh_is_disabled(&self) -> bool {
        self.0.refresh_is_disabled
    }

    /// From here on the request acts as the owner of the API key that it shows, whatever its cookies say.
    pub(crate) fn act_as(&self, owner: CurrentUser) {
        // Once: the middleware that calls this runs once.
        let _ = self.0.key_owner.set(owner);
    }

    /// The owner of the API key that the request shows, if it acts by one.
    pub fn key_owner(&self) -> Option<&CurrentUser> {
        self.0.key_owner.get()
    }

    /// From here on every event of the request says that `by` acts as the user whom it names.
    pub(crate) fn note_impersonator(&self, by: &str) {
        // A request has one session; whoever is noted first stays.
        let _ = self.0.impersonator.set(by.to_owned());
    }

    /// Who acts as the user of the request's session, if it is not themselves.
    pub(crate) fn impersonator(&self) -> Option<&str> {
        self.0.impersonator.get().map(String::as_str)
    }

    /// The request is this user's, as far as its session says.
    pub(crate) fn note_user(&self, id: &str) {
        self.0.user.get_or_init(|| id.to_owned());
    }

    /// The user of the request's session, once a slice has asked for one.
    pub(crate) fn user(&self) -> Option<&str> {
        self.0.user.get().map(String::as_str)
    }

    /// The request came to nothing, which a page says in words and not by the answer's status.
    pub(crate) fn note_refusal(&self, why: &'static str) {
        self.0.refusal.get_or_init(|| why);
    }

    /// Why the request came to nothing, if a page says so.
    pub(crate) fn refusal(&self) -> Option<&'static str> {
        self.0.refusal.get().copied()
    }

    /// An event of the request is in the log, or counted.
    pub(crate) fn note_event(&self, kind: EventType) {
        self.0.events.lock().unwrap_or_else(PoisonError::into_inner).push(kind);
    }

    /// Whether there is such an event of the request.
    pub(crate) fn has_event(&self, is_wanted: impl Fn(EventType) -> bool) -> bool {
        self.0.events.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|kind| is_wanted(*kind))
    }

    /// A session that the answer tells of though it sets no cookie.
    pub(crate) fn note_renewed_token(&self, token: String) {
        self.0.renewed_token.get_or_init(|| token);
    }

    /// The token of [`Context::note_renewed_token`].
    pub(crate) fn renewed_token(&self) -> Option<&str> {
        self.0.renewed_token.get().map(String::as_str)
    }

    /// The raw value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        cookie_value(self.0.cookies.as_ref()?.as_bytes(), name)
    }

    /// The value of a cookie that the tenant signed.
    pub fn signed_cookie(&self, state: &State, name: &str) -> Option<String> {
        verify_cookie(&state.secret, self.cookie(name)?)
    }

    /// Every cookie whose name starts with `prefix`, as (name, raw value), in the browser's order.
    pub fn cookies_with_prefix<'c>(&'c self, prefix: &'c str) -> impl Iterator<Item = (&'c str, &'c str)> {
        let line = self.0.cookies.as_ref().map_or(&[][..], HeaderValue::as_bytes);
        cookie_pairs(line).filter(move |(name, _)| name.starts_with(prefix))
    }

    /// The `Authorization` header.
    pub fn authorization(&self) -> Option<&str> {
        self.0.authorization.as_ref()?.to_str().ok()
    }

    /// Adds a `Set-Cookie` to the answer, in place of an earlier one of that name. It is sent with errors too, so
    /// call this only for what is already committed.
    pub fn set_cookie(&self, cookie: SetCookie) {
        put(&self.0.set_cookies, Line { cookie, is_readable: false });
    }

    /// Keeps a cookie that tells of what the request is about to commit, until [`Context::release_cookies`].
    pub fn hold_cookie(&self, cookie: SetCookie) {
        put(&self.0.held_cookies, Line { cookie, is_readable: false });
    }

    /// The same for a cookie that scripts may read: never for a secret.
    pub fn hold_readable_cookie(&self, cookie: SetCookie) {
        put(&self.0.held_cookies, Line { cookie, is_readable: true });
    }

    /// Adds the held cookies to the answer. Call it after COMMIT.
    pub fn release_cookies(&self) {
        let held = std::mem::take(&mut *lock(&self.0.held_cookies));
        for line in held {
            put(&self.0.set_cookies, line);
        }
    }

    /// The value that the answer gives a cookie; empty for one that it removes.
    pub fn answered_cookie(&self, name: &str) -> Option<String> {
        let lines = lock(&self.0.set_cookies);
        lines.iter().rev().find(|line| line.cookie.name == name).map(|line| line.cookie.value.clone())
    }

    /// Adds a `Set-Cookie` after the earlier ones, even one of the same name: browsers obey the last.
    pub fn append_cookie(&self, cookie: SetCookie) {
        lock(&self.0.set_cookies).push(Line { cookie, is_readable: false });
    }

    /// Removes a cookie of the browser.
    pub fn clear_cookie(&self, state: &State, name: &str) {
        self.set_cookie(SetCookie::removal(name, state.cookies.is_secure));
    }

    fn write_cookies(&self, headers: &mut HeaderMap) {
        for Line { cookie, is_readable } in lock(&self.0.set_cookies).iter() {
            let value = if *is_readable { cookie.readable_header_value() } else { cookie.header_value() };
            if let Some(value) = value {
                headers.append(header::SET_COOKIE, value);
            }
        }
    }
}

fn lock(lines: &Mutex<Vec<Line>>) -> MutexGuard<'_, Vec<Line>> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}

fn put(lines: &Mutex<Vec<Line>>, line: Line) {
    let mut lines = lock(lines);
    lines.retain(|earlier| earlier.cookie.name != line.cookie.name);
    lines.push(line);
}

impl FromRequestParts<State> for Context {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, ApiError> {
        #[derive(Debug, thiserror::Error)]
        #[error("a route is mounted outside the request context")]
        struct NoContext;
        parts.extensions.get::<Self>().cloned().ok_or_else(|| ApiError::internal(NoContext))
    }
}

fn single_cookie_line(headers: &HeaderMap) -> Option<HeaderValue> {
    match joined_cookies(headers)? {
        std::borrow::Cow::Borrowed(_) => headers.get(header::COOKIE).cloned(),
        std::borrow::Cow::Owned(joined) => HeaderValue::from_bytes(&joined).ok(),
    }
}

/// ECMAScript's truth of a query parameter: any text but the empty one, `false` and `0` too.
pub(crate) fn has_truthy_parameter(query: Option<&str>, name: &str) -> bool {
    let Some(query) = query.filter(|query| query.contains(name)) else { return false };
    url::form_urlencoded::parse(query.as_bytes()).any(|(key, value)| key == name && !value.is_empty())
}

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

fn trusted_foreign<'o>(state: &State, origin: Option<&'o HeaderValue>) -> Option<&'o HeaderValue> {
    let text = origin?.to_str().ok()?;
    (text != state.origins.own_origin() && state.origins.trusts_origin(text)).then_some(origin?)
}

/// A CORS preflight (Fetch §3.2.2) from an origin that the settings trust.
fn is_preflight(state: &State, request: &Request) -> bool {
    let headers = request.headers();
    *request.method() == Method::OPTIONS
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
        && trusted_foreign(state, headers.get(header::ORIGIN)).is_some()
}

/// Lets pages of a trusted foreign origin read the answer.
fn share_with_origin(state: &State, origin: Option<HeaderValue>, headers: &mut HeaderMap) {
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

//! What is known of one request: who asks, under which id, and the cookies that its answer sets.

mod cors;
mod layer;

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use axum::{
    extract::{FromRequestParts, Request},
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use kiavi_base::{Locale, RequestId, network_of};
use kiavi_crypto::verify_cookie;
use kiavi_http::{
    ConnectionInfo, SetCookie, client_address, cookie_pairs, cookie_value, expanded, joined_cookies,
};

use crate::{ApiError, Settings, State, audit::EventType, session::CurrentUser};
pub use layer::page_context;
pub(crate) use layer::{api_context, not_found};

/// Characters of a user agent that are kept.
const USER_AGENT_LIMIT: usize = 512;
/// Holds the tag of the language that a visitor chose on a page.
const LOCALE_COOKIE: &str = "kiavi-locale";

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

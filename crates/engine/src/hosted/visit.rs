//! One request of a person: what handlers read and how they answer.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp};
use kiavi_base::Locale;
use kiavi_crypto::{Purpose, SealingKey};
use kiavi_http::SetCookie;
use kiavi_pages::{Acting, Frame, Notice, Page, Tone};
use serde::{Serialize, de::DeserializeOwned};

use super::flow::{self, Cookie, FLOW_LIFE, Flow};
use crate::{
    ApiError, Context, State, admin,
    session::{self, CurrentUser},
};

/// The plain cookie with the language that somebody chose; [`Context::locale`] reads it, for mails too.
pub(super) const LOCALE_COOKIE: &str = "kiavi-locale";

/// Who is signed in, found out once for a request.
#[derive(Clone)]
pub(super) struct Visitor {
    current: Option<CurrentUser>,
    /// Who acts as them, if it is not themselves.
    pub(super) acting: Option<Acting>,
    /// The page of the console that they come from, if they do.
    console: Option<String>,
}

impl Visitor {
    /// The live session of a request, read from the database, and its administrator.
    pub(super) async fn of(state: &State, context: &Context) -> Result<Self, ApiError> {
        let current = session::find(state, context).await?;
        current.iter().for_each(|current| context.note_user(&current.user.id));
        let Some(current) = current else { return Ok(Self { current, acting: None, console: None }) };
        let Some(by) = admin::impersonator(state, &current).await? else {
            return Ok(Self { current: Some(current), acting: None, console: None });
        };
        let (user, until) = (current.user.email.clone(), current.session.expires_at);
        let acting = Some(Acting { user, by: by.label, until });
        Ok(Self { current: Some(current), acting, console: by.back })
    }
}

/// The state, the context, the visitor, the language and the path of a request.
pub(super) struct Visit {
    pub(super) state: State,
    pub(super) context: Context,
    visitor: Visitor,
    locale: Locale,
    path: String,
}

impl FromRequestParts<State> for Visit {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiError> {
        let context = Context::from_request_parts(parts, state).await?;
        #[derive(Debug, thiserror::Error)]
        #[error("a page is mounted outside the gate of pages")]
        struct NoVisitor;
        let visitor = parts.extensions.get::<Visitor>().cloned();
        let visitor = visitor.ok_or_else(|| ApiError::internal(NoVisitor))?;
        let locale = context.locale(&state.settings);
        Ok(Self { state: state.clone(), context, visitor, locale, path: parts.uri.path().to_owned() })
    }
}

impl Visit {
    /// The frame of a page at this path.
    pub(super) fn frame(&self) -> Frame {
        self.frame_at(&self.path)
    }

    /// The frame of a page that is nothing without a query.
    pub(super) fn frame_at(&self, path_and_query: &str) -> Frame {
        frame(&self.state, self.locale, path_and_query, self.visitor.acting.clone())
    }

    /// The frame of a page that is told after somebody stopped acting as another.
    pub(super) fn frame_of_nobody(&self) -> Frame {
        frame(&self.state, self.locale, &self.path, None)
    }

    /// The present by the process's clock, which dates pages and cookies only.
    pub(super) fn now(&self) -> Timestamp {
        self.state.clock.now()
    }

    /// The session that was live when the request came, if there was one.
    pub(super) fn session(&self) -> Option<CurrentUser> {
        self.visitor.current.clone()
    }

    /// The page of the console that whoever acts as somebody else comes from, if they do.
    pub(super) fn console(&self) -> Option<String> {
        self.visitor.console.clone()
    }

    /// The flow that the browser carries, or a new one.
    pub(super) fn flow(&self) -> Flow {
        self.opened(Cookie::Flow).unwrap_or_default()
    }

    /// Gives the browser the flow, or takes it away when nothing is left in it.
    pub(super) fn keep(&self, flow: &Flow) {
        if let Some(notice) = flow.notice.filter(|notice| notice.tone() != Tone::Success) {
            self.context.note_refusal(notice.key());
        }
        if *flow == Flow::default() {
            self.forget(Cookie::Flow);
        } else {
            self.keep_sealed(Cookie::Flow, flow, FLOW_LIFE);
        }
    }

    /// A place to go to in the end, if it is trusted and the flow can carry it.
    pub(super) fn trusted(&self, target: Option<String>) -> Option<String> {
        target.filter(|target| {
            flow::bounded_target(target).is_some() && self.state.origins.trusts_redirect(target)
        })
    }

    /// What the last step has to tell, told once.
    pub(super) fn take_notice(&self, flow: &mut Flow) -> Option<Notice> {
        let notice = flow.notice.take();
        if notice.is_some() {
            self.keep(flow);
        }
        notice
    }

    /// Tells `notice` on the page at `path`.
    pub(super) fn tell(&self, notice: Notice, path: &str) -> Response {
        let mut flow = self.flow();
        flow.notice = Some(notice);
        self.keep(&flow);
        see_other(path)
    }

    /// The value of a sealed cookie.
    pub(super) fn opened<T: DeserializeOwned>(&self, cookie: Cookie) -> Option<T> {
        let text = self.context.cookie(&self.state.cookies.named(cookie.name()))?;
        flow::open(&self.key(), cookie, text, self.now())
    }

    /// Gives the browser a sealed cookie.
    pub(super) fn keep_sealed<T: Serialize>(&self, cookie: Cookie, value: &T, life: SignedDuration) {
        let until = self.now().checked_add(life).unwrap_or(Timestamp::MAX);
        self.context.set_cookie(SetCookie {
            name: self.state.cookies.named(cookie.name()),
            value: flow::seal(&self.key(), self.state.rng(), cookie, value, until),
            max_age: Some(Duration::try_from(life).unwrap_or_default()),
            is_secure: self.state.cookies.is_secure,
        });
    }

    /// Takes a sealed cookie away from the browser, if it has it.
    pub(super) fn forget(&self, cookie: Cookie) {
        let name = self.state.cookies.named(cookie.name());
        if self.context.cookie(&name).is_some() {
            self.context.clear_cookie(&self.state, &name);
        }
    }

    fn key(&self) -> SealingKey {
        SealingKey::new(&self.state.secret.subkey(Purpose::HostedFlow))
    }
}

/// The frame of a page.
pub(super) fn frame(state: &State, locale: Locale, path: &str, acting: Option<Acting>) -> Frame {
    let (app, brand) = (state.settings.app_name.clone(), Arc::clone(&state.brand));
    Frame { locale, app, path: path.to_owned(), acting, brand, is_ours: false }
}

/// An HTML page.
pub(super) fn html(page: &impl Page) -> Response {
    let content_type = HeaderValue::from_static("text/html; charset=utf-8");
    ([(header::CONTENT_TYPE, content_type)], page.html()).into_response()
}

/// Sends the browser on with a GET (RFC 9110 §15.4.4). A path that no header can hold leads to the start.
pub(super) fn see_other(path: &str) -> Response {
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

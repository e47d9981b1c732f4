//! One request of a person: what handlers read and how they answer.

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use kiavi_base::{ExposeSecret, Locale, RequestId};
use kiavi_db::DbError;
use kiavi_http::{SetCookie, cookie_value, joined_cookies, set_page_headers};
use kiavi_pages::{
    CONTENT_SECURITY_POLICY, ConsoleTop, Failed, Frame, NotFound, Notice, Page, Place,
    Refused as RefusedPage, TenantLink, WorkspaceLink,
};
use std::time::Duration;

use super::{SESSION_COOKIE, cookie_name, entry, is_secure, session_cookie};
use crate::{
    Caller, Control, ControlError, Permission, Tenant, Workspace,
    api::{Problem, code::Code},
    audit::Refused,
    caller::Actor,
    console::{
        session::{self, Person},
        tenant::AskError,
    },
    member,
    tenant::store::{self, Filter},
    workspace,
};

/// The plain cookie with the language that somebody chose; sign-in pages have one of the same name at their host.
const LOCALE_COOKIE: &str = "kiavi-locale";
/// Tenants that a page of one of them leads to; the workspace's page has all.
const NEIGHBOURS: i64 = 12;
/// How long a browser remembers the language somebody chose.
const LOCALE_LIFE: Duration = Duration::from_secs(400 * 86_400);

/// Why a page is not what was asked for.
pub(super) enum Stop {
    /// Something else is the answer: a page or the way to one.
    Instead(Box<Response>),
    Problem(Box<Problem>),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<Response> for Stop {
    fn from(response: Response) -> Self {
        Self::Instead(Box::new(response))
    }
}

impl From<DbError> for Stop {
    fn from(error: DbError) -> Self {
        Problem::from(error).into()
    }
}

impl From<ControlError> for Stop {
    fn from(error: ControlError) -> Self {
        Problem::from(error).into()
    }
}

impl From<AskError> for Stop {
    fn from(error: AskError) -> Self {
        Problem::from(error).into()
    }
}

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        match self {
            Self::Instead(response) => *response,
            Self::Problem(problem) => problem.into_response(),
        }
    }
}

/// What every page answers with.
pub(super) type Answer = Result<Response, Stop>;

/// A person's request.
pub(super) struct Visit {
    pub(super) control: Control,
    pub(super) locale: Locale,
    /// Path and query of this page.
    pub(super) here: String,
    pub(super) actor: Actor,
    /// The token in the browser's cookie, good or not.
    pub(super) token: Option<String>,
    headers: HeaderMap,
}

impl FromRequestParts<Control> for Visit {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, control: &Control) -> Result<Self, Stop> {
        let Ok(actor) = Actor::from_request_parts(parts, control).await;
        Ok(Self {
            control: control.clone(),
            locale: locale(&parts.headers),
            here: here(&parts.uri),
            actor,
            token: session_cookie(control, &parts.headers).map(|token| token.expose_secret().to_owned()),
            headers: parts.headers.clone(),
        })
    }
}

fn here(uri: &Uri) -> String {
    uri.path_and_query().map_or_else(|| "/".to_owned(), |here| here.as_str().to_owned())
}

/// Somebody at one of their workspaces.
pub(super) struct Here {
    pub(super) visit: Visit,
    pub(super) person: Person,
    pub(super) workspace: Workspace,
    pub(super) caller: Caller,
    pub(super) actor: Actor,
}

impl Visit {
    /// The frame of a page.
    pub(super) fn frame(&self) -> Frame {
        Frame::ours(self.locale, self.here.clone())
    }

    /// Who is signed in; nobody is no error.
    pub(super) async fn person(&self) -> Result<Option<Person>, Stop> {
        let Some(token) = &self.token else { return Ok(None) };
        let person = session::find(&self.control, token).await?;
        if let (Some(person), Some(known)) = (&person, &self.actor.known) {
            known.note_caller(&format!("member:{}", person.user));
        }
        Ok(person)
    }

    /// Who is signed in; whoever is not is sent to the sign-in and comes back here.
    pub(super) async fn signed_in(&self) -> Result<Person, Stop> {
        match self.person().await? {
            Some(person) => Ok(person),
            None => Err(refusal(entry::begin(self, &self.here, false), Code::Unauthorized.as_str()).into()),
        }
    }

    /// Somebody at a workspace that they are a member of, with a permission there.
    pub(super) async fn at(self, workspace: &str, permission: Permission) -> Result<Here, Stop> {
        self.with(workspace, permission, || Problem::forbidden(permission)).await
    }

    /// An owner of the platform, at its workspace. For anybody else there are no pages of the instance.
    pub(super) async fn at_instance(self) -> Result<Here, Stop> {
        self.with(workspace::DEFAULT, Permission::InstanceRead, Problem::not_found).await
    }

    async fn with(
        self,
        workspace: &str,
        permission: Permission,
        refused: impl FnOnce() -> Problem,
    ) -> Result<Here, Stop> {
        let person = self.signed_in().await?;
        let found = member::caller(&self.control, &person, workspace).await?;
        let (workspace, caller) = found.ok_or_else(Problem::not_found)?;
        if !caller.may(permission) {
            return Err(refused().into());
        }
        if let Some(token) = &self.token
            && person.workspace.as_ref() != Some(&workspace.id)
        {
            session::at(&self.control.parts().database, token, &workspace.id).await?;
        }
        let actor = Actor { caller: Some(caller.clone()), ..self.actor.clone() };
        Ok(Here { visit: self, person, workspace, caller, actor })
    }

    /// The value of a cookie.
    pub(super) fn cookie(&self, name: &str) -> Option<String> {
        let cookies = joined_cookies(&self.headers)?;
        cookie_value(&cookies, name).map(str::to_owned)
    }

    /// A cookie of this host for the whole of it.
    pub(super) fn set_cookie(
        &self,
        response: &mut Response,
        name: &str,
        value: String,
        life: Option<Duration>,
    ) {
        let is_secure = is_secure(&self.control);
        let cookie = match life {
            Some(life) => SetCookie { name: name.to_owned(), value, max_age: Some(life), is_secure },
            None => SetCookie::removal(name, is_secure),
        };
        if let Some(line) = cookie.header_value() {
            response.headers_mut().append(header::SET_COOKIE, line);
        }
    }

    /// The name of the session's cookie here.
    pub(super) fn session_cookie_name(&self) -> String {
        self.cookie_name(SESSION_COOKIE)
    }

    /// The name that a cookie has here.
    pub(super) fn cookie_name(&self, plain: &str) -> String {
        cookie_name(is_secure(&self.control), plain)
    }
}

impl Here {
    /// The path of this workspace, or of a page below it.
    pub(super) fn path(&self, below: &str) -> String {
        format!("/w/{}{below}", self.workspace.slug)
    }

    /// Sends whoever has not used a passkey lately to where they do, and back to `next`.
    pub(super) fn require_proof(&self, next: &str) -> Result<(), Stop> {
        if self.caller.needs_proof(self.visit.control.parts().clock.now()) {
            return Err(refusal(entry::begin(&self.visit, next, true), Code::StepUpRequired.as_str()).into());
        }
        Ok(())
    }

    /// Tells what was done on a page below this workspace.
    pub(super) fn tell(&self, below: &str, notice: Notice) -> Response {
        let joint = if below.contains('?') { '&' } else { '?' };
        see_other(&format!("{}{joint}notice={}", self.path(below), notice.key()))
    }

    /// What is on top of a page.
    pub(super) async fn top(&self, place: Place) -> Result<ConsoleTop, Stop> {
        let database = &self.visit.control.parts().database;
        let all = member::store::workspaces_of(database, &self.person.user).await?;
        let link = |workspace: &Workspace| WorkspaceLink {
            name: workspace.name.clone(),
            path: format!("/w/{}", workspace.slug),
        };
        let sees_instance = all.iter().any(|(at, role)| role.may(Permission::InstanceRead, at.workplace()));
        let others = all.iter().filter(|(other, _)| other.id != self.workspace.id);
        let tenants = if place == Place::Tenants { self.tenants().await? } else { vec![] };
        Ok(ConsoleTop {
            workspace: link(&self.workspace),
            others: others.map(|(other, _)| link(other)).collect(),
            tenants,
            place,
            email: self.person.email.clone(),
            sees_keys: self.caller.may(Permission::KeyRead),
            sees_team: self.caller.may(Permission::MemberRead),
            may_create: self.caller.may(Permission::WorkspaceCreate),
            sees_instance,
        })
    }

    /// The tenants that one can go to from one of them, by name.
    async fn tenants(&self) -> Result<Vec<TenantLink>, Stop> {
        if !self.caller.may(Permission::TenantRead) {
            return Ok(vec![]);
        }
        let workspace = Some(self.workspace.id.clone());
        let filter = Filter { limit: NEIGHBOURS, workspace, ..Filter::default() };
        let tenants = store::list(&self.visit.control.parts().database, &filter).await?;
        let link = |tenant: &Tenant| TenantLink {
            slug: tenant.slug.to_string(),
            path: self.path(&format!("/t/{}", tenant.slug)),
        };
        Ok(tenants.iter().map(link).collect())
    }
}

/// An answer that refuses although its status does not say so.
pub(super) fn refusal(mut response: Response, code: &'static str) -> Response {
    response.extensions_mut().insert(Refused(code));
    response
}

/// An HTML page.
pub(super) fn html(page: &impl Page) -> Response {
    axum::response::Html(page.html()).into_response()
}

/// Sends the browser on with a GET (RFC 9110 §15.4.4). What no header can hold leads to the start.
pub(super) fn see_other(target: &str) -> Response {
    let location = HeaderValue::from_str(target).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// Around the pages: takes a choice of language, lets forms pass only from our own pages, makes pages of problems, and
/// sets the headers of pages.
pub(super) async fn gate(State(control): State<Control>, request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let path = here(request.uri());
    let id = request.extensions().get::<RequestId>().map(RequestId::to_string).unwrap_or_default();
    let locale = locale(request.headers());
    let mut response = if let Some(chosen) = chosen_locale(request.uri()).filter(|_| is_read) {
        keep_locale(&control, &chosen.0, chosen.1)
    } else if !is_read && control.origins().check_own_page(request.headers()).is_err() {
        let frame = Frame::ours(locale, path.clone());
        let mut response = html(&RefusedPage { frame, notice: Notice::WrongOrigin, back: "/".to_owned() });
        *response.status_mut() = StatusCode::FORBIDDEN;
        response
    } else {
        next.run(request).await
    };
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = page_of(&problem, locale, path, id);
    }
    let headers = response.headers_mut();
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        set_policy(headers, &policy(&control));
    }
    headers.append(header::VARY, HeaderValue::from_static("accept-language, cookie"));
    set_page_headers(headers, is_secure(&control));
    response
}

/// The policy of the pages. The redirect that answers a form may lead to the sign-in, which `form-action` would stop
/// otherwise.
pub(super) fn policy(control: &Control) -> String {
    let form_action = format!("form-action 'self' {}", control.sign_in_origin());
    CONTENT_SECURITY_POLICY.replace("form-action 'self'", &form_action)
}

pub(super) fn set_policy(headers: &mut HeaderMap, policy: &str) {
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// A problem as people meet it.
fn page_of(problem: &Problem, locale: Locale, path: String, request_id: String) -> Response {
    if let Some(error) = problem.internal_detail() {
        // Not the query, which may hold a link's token.
        let path = path.split('?').next().unwrap_or_default();
        tracing::error!(request_id, path, error, "a page of the console failed");
    }
    let status = problem.code().status();
    let frame = Frame::ours(locale, path);
    let body = match (status, problem.code()) {
        (StatusCode::NOT_FOUND, _) => NotFound { frame }.html(),
        (_, Code::Forbidden) => {
            RefusedPage { frame, notice: Notice::MemberForbidden, back: "/".to_owned() }.html()
        }
        (StatusCode::TOO_MANY_REQUESTS, _) => {
            RefusedPage { frame, notice: Notice::TooMany, back: "/".to_owned() }.html()
        }
        (status, _) if status.is_server_error() => Failed { frame, request_id }.html(),
        _ => RefusedPage { frame, notice: Notice::Unexpected, back: "/".to_owned() }.html(),
    };
    let mut response = axum::response::Html(body).into_response();
    *response.status_mut() = status;
    refusal_code(response, problem)
}

/// What a page no longer says of its problem.
fn refusal_code(response: Response, problem: &Problem) -> Response {
    match problem.code().status().is_client_error() {
        true => refusal(response, problem.code().as_str()),
        false => response,
    }
}

/// A language that was chosen with `lang=`, and this page without that.
fn chosen_locale(uri: &Uri) -> Option<(String, Locale)> {
    let query = uri.query().filter(|query| query.contains("lang="))?;
    let pairs = || url::form_urlencoded::parse(query.as_bytes());
    let (_, tag) = pairs().find(|(key, _)| key == "lang")?;
    let locale = Locale::from_tag(&tag)?;
    let mut rest = url::form_urlencoded::Serializer::new(String::new());
    rest.extend_pairs(pairs().filter(|(key, _)| key != "lang"));
    let rest = rest.finish();
    let mark = if rest.is_empty() { "" } else { "?" };
    Some((format!("{}{mark}{rest}", uri.path()), locale))
}

fn keep_locale(control: &Control, target: &str, locale: Locale) -> Response {
    let mut response = see_other(target);
    let cookie = SetCookie {
        name: LOCALE_COOKIE.to_owned(),
        value: locale.tag().to_owned(),
        max_age: Some(LOCALE_LIFE),
        is_secure: is_secure(control),
    };
    if let Some(line) = cookie.header_value() {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
    response
}

/// The language that was chosen, else the browser's.
fn locale(headers: &HeaderMap) -> Locale {
    let cookies = joined_cookies(headers);
    let chosen = cookies.as_ref().and_then(|cookies| cookie_value(cookies, LOCALE_COOKIE));
    let accepted = || headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok().map(Locale::negotiate);
    chosen.and_then(Locale::from_tag).or_else(accepted).unwrap_or(Locale::En)
}

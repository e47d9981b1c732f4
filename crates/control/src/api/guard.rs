//! What every route is behind: who asks, how much, whether they may, and what the address names.
//!
//! The order matters. Nothing is read before it is known who asks; a permission is refused before the address is
//! looked at; and what is in another workspace is not there at all.

use std::{collections::HashMap, sync::Arc};

use axum::{
    RequestExt,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION},
    middleware::Next,
    response::{IntoResponse, Response},
};
use kiavi_base::{ExposeSecret, SecretString, network_of};
use kiavi_db::Database;

use super::{
    Problem,
    code::Code,
    console, engine,
    finish::Client,
    route::{Access, Need},
};
use crate::{
    Caller, CallerKind, Control, Tenant, Workspace,
    audit::Known,
    console::session,
    invitation, key,
    limit::{Policy, Standing},
    member,
    tenant::{self, Target},
    workspace,
};

/// draft-ietf-httpapi-ratelimit-headers-10 §3, §4.
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// Names the workspace that a member acts in.
pub(super) const WORKSPACE: HeaderName = HeaderName::from_static("kiavi-workspace");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// What stands before one route.
#[derive(Clone)]
pub(super) struct Guard {
    pub(super) control: Control,
    pub(super) kind: CallerKind,
    pub(super) access: Access,
}

/// Lets a request through, or says why not. The route finds the [`Caller`] and what the address names as extensions.
pub(super) async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    if guard.access == Access::Public {
        return next.run(request).await;
    }
    let control = &guard.control;
    let mut request = request;
    let parameters = request.extract_parts::<Path<HashMap<String, String>>>().await;
    // An address that is no UTF-8 is none of ours.
    let Ok(Path(parameters)) = parameters else { return Problem::not_found().into_response() };
    let shown = Shown::by(control, &request, &parameters);
    let caller = match authenticate(&guard, shown).await {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    if let Some(known) = request.extensions().get::<Arc<Known>>() {
        known.note_caller(&caller.name());
    }
    if caller == Caller::LocalOperator {
        return admit(&guard, caller, &parameters, request, next)
            .await
            .unwrap_or_else(IntoResponse::into_response);
    }
    let standing = control.requests().take(&caller.name(), control.parts().clock.now());
    let mut response = if standing.is_allowed {
        admit(&guard, caller, &parameters, request, next).await.unwrap_or_else(IntoResponse::into_response)
    } else {
        Problem::rate_limited(standing.seconds).into_response()
    };
    tell(&mut response, control.requests().policy(), standing);
    response
}

async fn admit(
    guard: &Guard,
    caller: Caller,
    parameters: &HashMap<String, String>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let control = &guard.control;
    let need = match guard.access {
        Access::Public => None,
        Access::Needs(need) => Some(need),
        Access::Engine => {
            let path = parameters.get("path").map(String::as_str).unwrap_or_default();
            Some(engine::need(request.method(), path))
        }
    };
    if let Some(need) = need {
        decide(control, &caller, need)?;
    }
    name(control, &caller, parameters, &mut request).await?;
    if let (Some(need), Some(tenant)) = (need, request.extensions().get::<Arc<Tenant>>()) {
        refuse_console(tenant, need)?;
    }
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

/// Whether somebody may do this at all.
fn decide(control: &Control, caller: &Caller, need: Need) -> Result<(), Problem> {
    if !caller.may(need.permission) {
        tracing::warn!(caller = %caller.name(), permission = need.permission.as_str(), "a permission was refused");
        return Err(Problem::forbidden(need.permission));
    }
    if need.step_up && caller.needs_proof(control.parts().clock.now()) {
        return Err(Problem::step_up_required(&control.parts().console_origin));
    }
    Ok(())
}

/// The console's own tenant can be looked at and set up by the operator; it stays where it is.
fn refuse_console(tenant: &Tenant, need: Need) -> Result<(), Problem> {
    use crate::Permission as P;
    let moves = matches!(need.permission, P::TenantManage | P::TenantDelete | P::TenantExport);
    if tenant.is_console() && moves && !need.stays { Err(Code::ConsoleTenant.into()) } else { Ok(()) }
}

/// Finds what the address names, as far as the caller can see it.
async fn name(
    control: &Control,
    caller: &Caller,
    parameters: &HashMap<String, String>,
    request: &mut Request,
) -> Result<(), Problem> {
    let database = &control.parts().database;
    if let Some(name) = parameters.get("tenant") {
        let found = tenant::store::find(database, name).await?;
        // One that is made in advance is nobody's yet.
        let is_there = |tenant: &Tenant| tenant.target != Target::Spare && caller.sees_tenant(tenant);
        let found = found.filter(is_there).ok_or_else(|| Problem::tenant_not_found(name))?;
        note_subject(request, found.id.as_str());
        request.extensions_mut().insert(Arc::new(found));
    }
    if let Some(name) = parameters.get("workspace") {
        let found = workspace::store::find(database, name).await?;
        let found = found.filter(|workspace| caller.sees(&workspace.id));
        let found = found.ok_or_else(|| Problem::workspace_not_found(name))?;
        note_subject(request, found.id.as_str());
        name_below(database, &found, parameters, request).await?;
        request.extensions_mut().insert(Arc::new(found));
    }
    if let Some(id) = parameters.get("key") {
        let found = match id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            true => key::store::find(database, caller.workspace(), id).await?,
            false => None,
        };
        request.extensions_mut().insert(Arc::new(found.ok_or_else(|| Problem::key_not_found(id))?));
    }
    Ok(())
}

fn note_subject(request: &Request, id: &str) {
    if let Some(known) = request.extensions().get::<Arc<Known>>() {
        known.note_subject(id);
    }
}

/// Finds the member or the invitation of a workspace that the address names.
async fn name_below(
    database: &Database,
    workspace: &Workspace,
    parameters: &HashMap<String, String>,
    request: &mut Request,
) -> Result<(), Problem> {
    let is_id =
        |id: &str| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if let Some(id) = parameters.get("member") {
        let found = if is_id(id) { member::store::find(database, &workspace.id, id).await? } else { None };
        request.extensions_mut().insert(Arc::new(found.ok_or_else(|| Problem::member_not_found(id))?));
    }
    if let Some(id) = parameters.get("invitation") {
        let found =
            if is_id(id) { invitation::store::find(database, &workspace.id, id).await? } else { None };
        request.extensions_mut().insert(Arc::new(found.ok_or_else(|| Problem::invitation_not_found(id))?));
    }
    Ok(())
}

/// What a request shows of who sends it.
struct Shown {
    /// Whom a layer around the router has found already.
    known: Option<Caller>,
    key: Option<SecretString>,
    /// The console's cookie.
    session: Option<SecretString>,
    /// Whether such a cookie counts: no other site made the browser send it.
    is_own_page: bool,
    /// The workspace that is named, for somebody who is in several.
    workspace: Option<String>,
    /// The network that it came from, as text.
    network: Option<String>,
}

impl Shown {
    fn by(control: &Control, request: &Request, parameters: &HashMap<String, String>) -> Self {
        let client = request.extensions().get::<Client>();
        Self {
            known: request.extensions().get::<Caller>().cloned(),
            key: bearer(request.headers()),
            session: console::session_cookie(control, request.headers()),
            is_own_page: console::is_own_page(control, request.method(), request.headers()),
            workspace: workspace_named(request.headers()).or_else(|| parameters.get("workspace").cloned()),
            network: client.map(|Client(client)| network_of(*client).to_string()),
        }
    }
}

/// Who asks. On the control socket everybody is the operator: its folder lets nobody else in. On the console's host a
/// management key decides, else the cookie of a person, which counts from the console's own pages only. A layer around
/// the router may have found somebody already.
async fn authenticate(guard: &Guard, shown: Shown) -> Result<Caller, Problem> {
    if guard.kind == CallerKind::LocalOperator {
        return Ok(Caller::LocalOperator);
    }
    let control = &guard.control;
    let caller = match (shown.known, shown.key, shown.session) {
        (Some(known), ..) => Some(known),
        // A program that sends a key means the key.
        (None, Some(key), _) => key::caller_of(control, &key).await?,
        (None, None, Some(session)) => {
            member_of(control, &session, shown.is_own_page, shown.workspace.as_deref()).await?
        }
        (None, None, None) => None,
    };
    match (caller, shown.network) {
        (Some(caller), _) => Ok(caller),
        (None, None) => Err(Problem::unauthorized()),
        (None, Some(network)) => {
            // A good key is never refused for what others of its network send.
            let standing = control.refusals().take(&network, control.parts().clock.now());
            if !standing.is_allowed {
                return Err(Problem::rate_limited(standing.seconds));
            }
            tracing::warn!("a request without a known management key was refused");
            Err(Problem::unauthorized())
        }
    }
}

/// Whoever is signed in to the console with this cookie, as a member of the workspace that they name; of the one whose
/// page they opened last, when they name none.
async fn member_of(
    control: &Control,
    session: &SecretString,
    is_own_page: bool,
    named: Option<&str>,
) -> Result<Option<Caller>, Problem> {
    if !is_own_page {
        return Err(Code::CrossSite.into());
    }
    let Some(person) = session::find(control, session.expose_secret()).await? else { return Ok(None) };
    let theirs = match (named, &person.workspace) {
        (Some(named), _) => Some(named.to_owned()),
        (None, Some(last)) => Some(last.to_string()),
        (None, None) => {
            let all = member::store::workspaces_of(&control.parts().database, &person.user).await?;
            all.first().map(|(workspace, _)| workspace.id.to_string())
        }
    };
    let theirs = theirs.ok_or(Code::NoWorkspace)?;
    let found = member::caller(control, &person, &theirs).await?;
    let unknown = || named.map_or_else(|| Code::NoWorkspace.into(), Problem::workspace_not_found);
    found.map(|(_, caller)| Some(caller)).ok_or_else(unknown)
}

/// The workspace that a member names.
fn workspace_named(headers: &HeaderMap) -> Option<String> {
    Some(headers.get(WORKSPACE)?.to_str().ok()?.to_owned())
}

fn tell(response: &mut Response, policy: Policy, standing: Standing) {
    let Policy { capacity, window_seconds } = policy;
    let Standing { remaining, seconds, .. } = standing;
    let headers = [
        (RATE_LIMIT_POLICY, format!("\"caller\";q={capacity};w={window_seconds}")),
        (RATE_LIMIT, format!("\"caller\";r={remaining};t={seconds}")),
    ];
    for (name, text) in headers {
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().insert(name, value);
        }
    }
}

/// The token of a single `Authorization: Bearer` header (RFC 6750 §2.1).
fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    let (line, None) = (lines.next()?, lines.next()) else { return None };
    let (scheme, token) = line.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| SecretString::from(token))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token(lines: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(AUTHORIZATION, line.parse().unwrap());
        }
        bearer(&headers).map(|token| token.expose_secret().to_owned())
    }

    #[test]
    fn one_bearer_line_has_a_token() {
        assert_eq!(token(&["Bearer abc"]).as_deref(), Some("abc"));
        assert_eq!(token(&["bearer abc"]).as_deref(), Some("abc"));
        for bad in [&[][..], &["abc"], &["Basic abc"], &["Bearer a", "Bearer b"]] {
            assert_eq!(token(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_line_panics(line in "[ -~]{0,80}") {
            token(&[&line]);
        }
    }
}

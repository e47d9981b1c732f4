//! A tenant's own API, for operators: passed on through the management door.
//!
//! `/v1/tenants/{id or name}/engine/PATH` is `/api/auth/PATH` of the tenant's engine, which knows on whose behalf
//! it is asked and writes that down. Only JSON goes either way; no header of the caller does, and no cookie of the
//! engine comes back.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Extension,
    body::Body,
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::Response,
};
use bytes::Bytes;
use kiavi_http::{parse_json, read_body};
use serde_json::json;
use utoipa::ToSchema;

use super::{Problem, code::Code, idempotency::KeepInstead, route::Need};
use crate::{Control, Permission, Tenant, caller::Actor, management::Door};

/// The engine's API.
const API: &str = "/api/auth";

/// GETs below `/engine/` that read something else than users; every other GET is [`Permission::UserRead`]. What endpoints of
/// webhooks were sent are events of the log, and what limits refused is told by it; who is locked out is a user, mostly.
const GETS: &[(&str, Permission)] = &[
    ("analytics", Permission::TenantRead),
    ("analytics/rebuild", Permission::TenantRead),
    ("admin/export-user", Permission::PrivacyManage),
    ("webhook/endpoints", Permission::SettingsRead),
    ("webhook/deliveries", Permission::AuditRead),
    ("webhook/delivery", Permission::AuditRead),
    ("audit/events", Permission::AuditRead),
    ("audit/events/export", Permission::AuditRead),
    ("audit/streams", Permission::AuditRead),
    ("security/limits", Permission::AuditRead),
    ("security/dry-run", Permission::AuditRead),
];

/// POSTs below `/engine/` that are about something else than managing users; every other POST is
/// [`Permission::UserManage`].
const POSTS: &[(&str, Permission)] = &[
    ("analytics/rebuild", Permission::TenantManage),
    ("admin/has-permission", Permission::UserRead),
    ("admin/list-user-sessions", Permission::UserRead),
    ("api-key/verify", Permission::UserRead),
    ("admin/impersonate-user", Permission::UserImpersonate),
    ("admin/stop-impersonating", Permission::UserImpersonate),
    ("social/test", Permission::SettingsWrite),
    ("mail/preview", Permission::SettingsRead),
    ("mail/template", Permission::SettingsRead),
    ("mail/test", Permission::SettingsWrite),
    ("webhook/enable", Permission::SettingsWrite),
    ("webhook/replay", Permission::SettingsWrite),
    ("webhook/test", Permission::SettingsWrite),
    ("audit/streams/retry", Permission::SettingsWrite),
    ("audit/streams/move", Permission::SettingsWrite),
];

/// Nothing brings a user back, so it asks for a proof, as do acting as one and taking all that is kept of one; so it does for
/// several.
const REMOVE_USER: &str = "admin/remove-user";
const REMOVE_USERS: &str = "admin/remove-users";

/// What the engine's own route at `path` needs.
pub(super) fn need(method: &Method, path: &str) -> Need {
    // A HEAD is answered by the route of the GET.
    let (known, usual) = match method {
        &Method::POST => (POSTS, Permission::UserManage),
        _ => (GETS, Permission::UserRead),
    };
    let found = known.iter().find(|(known, _)| *known == path);
    let permission = found.map_or(usual, |(_, permission)| *permission);
    let step_up = matches!(permission, Permission::UserImpersonate | Permission::PrivacyManage)
        || (method == Method::POST && [REMOVE_USER, REMOVE_USERS].contains(&path));
    Need { permission, step_up, stays: false }
}

/// Why an engine did not do what it was asked, in Better Auth's form.
#[derive(ToSchema)]
#[allow(dead_code, reason = "a description of what engines write")]
pub(super) struct EngineRefusal {
    /// The stable name of the refusal.
    #[schema(example = "USER_NOT_FOUND")]
    code: String,
    /// A sentence for people.
    #[schema(example = "User not found")]
    message: String,
}

/// What is passed on to an engine.
pub(super) struct Passed {
    control: Control,
    actor: Actor,
    tenant: Arc<Tenant>,
    method: Method,
    /// Path and query, as the engine has them.
    target: String,
    json: Option<Bytes>,
}

impl FromRequest<Control> for Passed {
    type Rejection = Problem;

    async fn from_request(request: Request, control: &Control) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let named = Path::<HashMap<String, String>>::from_request_parts(&mut parts, control).await;
        let path = named.ok().and_then(|Path(named)| named.get("path").cloned()).unwrap_or_default();
        if parts.uri.path().contains('%') || !is_canonical(&path) {
            return Err(Problem::not_found());
        }
        let Ok(actor) = Actor::from_request_parts(&mut parts, control).await;
        let found = Extension::<Arc<Tenant>>::from_request_parts(&mut parts, control).await;
        let Extension(tenant) = found.map_err(|error| Problem::internal(&error))?;
        let bytes = read_body(body).await?;
        let json = json_to_send(&parts.method, &parts.headers, bytes)?;
        let target = target(&path, &parts.uri);
        Ok(Self { control: control.clone(), actor, tenant, method: parts.method, target, json })
    }
}

/// Read from a tenant's own API
///
/// `/v1/tenants/{tenant}/engine/PATH` is `/api/auth/PATH` of the tenant's engine, such as `admin/list-users`. The engine
/// knows who asks and writes it into the tenant's log. Needs `user.read`; `settings.read` for `webhook/endpoints`,
/// `tenant.read` for `analytics`; `audit.read` for `webhook/deliveries`, `webhook/delivery`, `audit/events`, `audit/streams`,
/// `security/limits` and `security/dry-run`; and `privacy.manage`, with a passkey used a moment ago, for `admin/export-user`.
#[utoipa::path(get, path = "/tenants/{tenant}/engine/{path}", tag = "Users", params(
    ("tenant" = String, Path, description = "The tenant's name or id", example = "shop"),
    ("path" = String, Path, description = "What follows /api/auth/; it may have slashes", example = "ok"),
), responses(
    (status = 200, description = "The engine's answer, as it is", body = serde_json::Value),
    (status = "default", description = "The engine's refusal, as it is", body = EngineRefusal),
))]
pub(super) async fn read(passed: Passed) -> Result<Response, Problem> {
    pass_on(passed).await
}

/// Change something through a tenant's own API
///
/// As with GET. Needs `user.manage`; `user.impersonate` for `admin/impersonate-user`, which refuses whom the console refuses
/// (administrators of the application, suspended users); `tenant.manage` for `analytics/rebuild`; `settings.write` for
/// `mail/test`, `webhook/enable`, `webhook/replay`, `webhook/test`, `audit/streams/retry` and `audit/streams/move`; and
/// `user.read` for POSTs that only read. With an Idempotency-Key a repetition is not passed on: it gets the first status
/// and `{"replayed": true}`, because what an engine answers is not kept outside of its tenant.
#[utoipa::path(post, path = "/tenants/{tenant}/engine/{path}", tag = "Users", params(
    ("tenant" = String, Path, description = "The tenant's name or id", example = "shop"),
    ("path" = String, Path, description = "What follows /api/auth/; it may have slashes", example = "admin/ban-user"),
), request_body(content = Option<serde_json::Value>, content_type = "application/json"), responses(
    (status = 200, description = "The engine's answer, as it is", body = serde_json::Value),
    (status = "default", description = "The engine's refusal, as it is", body = EngineRefusal),
))]
pub(super) async fn write(passed: Passed) -> Result<Response, Problem> {
    if let Some(attempt) = &passed.actor.attempt {
        // The change is in the engine's database, so the key is claimed before.
        attempt.claim(&passed.control.parts().database).await?;
    }
    let mut response = pass_on(passed).await?;
    response.extensions_mut().insert(KeepInstead(json!({ "replayed": true })));
    Ok(response)
}

async fn pass_on(passed: Passed) -> Result<Response, Problem> {
    let Passed { control, actor, tenant, method, target, json } = passed;
    let door = Door::of(&control, &actor, &tenant)?;
    answer(door.ask(method, &target, json).await?)
}

fn json_to_send(method: &Method, headers: &HeaderMap, bytes: Bytes) -> Result<Option<Bytes>, Problem> {
    if method != Method::POST {
        return Ok(None);
    }
    // What is no JSON is refused here; what the engine reads are the bytes themselves.
    if parse_json(headers, &bytes)?.is_none() && !bytes.is_empty() {
        return Err(Problem::invalid_body("Send JSON as application/json."));
    }
    Ok((!bytes.is_empty()).then_some(bytes))
}

fn target(path: &str, uri: &Uri) -> String {
    match uri.query() {
        Some(query) => format!("{API}/{path}?{query}"),
        None => format!("{API}/{path}"),
    }
}

/// Whether a path is spelled in the one way that routes are.
fn is_canonical(path: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    path.split('/').all(is_word)
}

/// The engine's answer, when it is JSON or nothing.
fn answer(from: axum::http::Response<Bytes>) -> Result<Response, Problem> {
    let (from, body) = from.into_parts();
    let media_type = from.headers.get(header::CONTENT_TYPE).and_then(|line| line.to_str().ok());
    let is_json = media_type.is_some_and(|line| line.split(';').next() == Some("application/json"));
    if from.status == StatusCode::NOT_FOUND && body.is_empty() {
        return Err(Problem::not_found());
    }
    if !is_json && !body.is_empty() {
        return Err(Code::EngineAnswer.into());
    }
    let is_empty = body.is_empty();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = from.status;
    if !is_empty {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_as_routes_are_spelled_is_passed_on() {
        for path in ["ok", "admin/list-users", "api-key/verify", "oauth2/register"] {
            assert!(is_canonical(path), "{path}");
        }
        for path in ["", "/", "a//b", "a/", "..", "a/../b", "a?b", "a b", "A", "a;b", "é", "a\\b", "a#b"] {
            assert!(!is_canonical(path), "{path}");
        }
    }

    #[test]
    fn webhooks_are_settings_and_what_they_were_sent_is_the_log() {
        let of = |method, path| need(&method, path).permission;
        assert_eq!(of(Method::GET, "webhook/endpoints"), Permission::SettingsRead);
        assert_eq!(of(Method::GET, "webhook/delivery"), Permission::AuditRead);
        assert_eq!(of(Method::POST, "webhook/replay"), Permission::SettingsWrite);
        assert_eq!(of(Method::GET, "audit/streams"), Permission::AuditRead);
        assert_eq!(of(Method::GET, "audit/events/export"), Permission::AuditRead);
        assert_eq!(of(Method::POST, "audit/streams/move"), Permission::SettingsWrite);
        assert_eq!(of(Method::GET, "admin/list-users"), Permission::UserRead);
        assert_eq!(of(Method::POST, "admin/ban-user"), Permission::UserManage);
        assert_eq!(of(Method::GET, "security/limits"), Permission::AuditRead);
        assert_eq!(of(Method::GET, "security/lock-outs"), Permission::UserRead);
        assert_eq!(of(Method::POST, "security/unlock"), Permission::UserManage);
    }

    #[test]
    fn acting_as_somebody_and_deleting_them_want_a_proof() {
        for path in ["admin/impersonate-user", REMOVE_USER, REMOVE_USERS] {
            assert!(need(&Method::POST, path).step_up, "{path}");
        }
        assert!(!need(&Method::POST, "admin/ban-user").step_up && !need(&Method::GET, REMOVE_USER).step_up);
    }

    #[test]
    fn what_is_no_json_does_not_come_back() {
        let answered = |kind: &str, body: &'static str| {
            let from =
                axum::http::Response::builder().header("content-type", kind).header("set-cookie", "a=b");
            answer(from.body(Bytes::from_static(body.as_bytes())).unwrap())
        };
        assert!(answered("text/html", "<p>").is_err());
        assert!(answered("text/html", "").is_ok());
        let passed = answered("application/json", "{}").unwrap();
        assert!(!passed.headers().contains_key("set-cookie"));
    }
}

//! Who may do what: every route of the router's own table, for every role, every scope, and from another workspace.

use axum::{
    Extension, Router,
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use jiff::{SignedDuration, Timestamp};
use kiavi_base::WorkspaceId;
use tower::ServiceExt;

use super::{
    api::{Answer, get, send, send_back},
    *,
};
use crate::{Caller, CallerKind, Permission, Role, Scopes, Workplace, api::Listed, api::routes_of};

/// Two workspaces with a tenant and a key each; nobody works on the tenants.
struct World {
    instance: Instance,
    control: Control,
    here: WorkspaceId,
    /// The id of a key of `here`.
    key: String,
    elsewhere: WorkspaceId,
}

impl World {
    async fn new() -> Self {
        let instance = Instance::new().await;
        let control = instance.start().await;
        let here = control.default_workspace().await.unwrap();
        let other = "other".parse().unwrap();
        let elsewhere = workspace::create(&control, &Actor::CONTROL, &other, "Other").await.unwrap().id;
        instance.request(&control, "shop").await;
        let people = format!(
            "INSERT INTO person (id, email, name, is_verified) VALUES ('m1', 'm1@example.com', '', true);
             INSERT INTO member (workspace_id, user_id, role) VALUES ('{here}', 'm1', 'owner');
             INSERT INTO invitation (id, workspace_id, email, role, hash, locale, invited_by, expires_at)
             VALUES ('i1', '{here}', 'i1@example.com', 'viewer', 'x', 'en', 'control', now() + interval '1 day');
             INSERT INTO isolation_proof (id, tenant_id, outcome, fingerprint, report)
             SELECT 'p1', id, 'held', '', '{{\"report\": {{\"format\": \"\", \"id\": \"p1\", \"tenant\": \"\", \"slug\": \"\",
               \"instance\": \"\", \"version\": \"\", \"at\": \"\", \"asked_by\": \"\", \"outcome\": \"held\", \"checks\": []}},
               \"digest\": \"\", \"key\": \"\", \"signature\": \"\"}}' FROM tenant WHERE slug = 'shop'"
        );
        instance.database.admin().await.batch_execute(&people).await.unwrap();
        let key = Self::key(&control, Some(here.clone()), Scopes::Only(vec![])).await;
        Self { instance, control, here, key, elsewhere }
    }

    async fn key(control: &Control, workspace: Option<WorkspaceId>, scopes: Scopes) -> String {
        let new = key::NewKey { name: "test".into(), workspace, scopes, expires_at: None };
        key::create(control, &Actor::CONTROL, &new).await.unwrap().key.id
    }

    /// The routes of the console's host for somebody whom a layer around them knows.
    fn as_caller(&self, caller: Caller) -> Router {
        self.control.router(CallerKind::ConsoleHost).layer(Extension(caller))
    }

    /// The address with names that exist in `here`.
    fn address(&self, route: &Listed) -> String {
        let path = route.path.replace("{tenant}", "shop").replace("{workspace}", self.here.as_str());
        let path =
            path.replace("/tile/{path}", "/tile/0/000").replace("{path}", "ok").replace("{key}", &self.key);
        let path = path.replace("{view}", "v1").replace("{proof}", "p1");
        let path = path.replace("{member}", "m1").replace("{invitation}", "i1");
        path.replace("{event}", "0193a5c0-0000-7000-8000-0123456789ab")
    }

    async fn ask(&self, router: &Router, route: &Listed) -> Answer {
        let request = Request::builder()
            .method(&route.method)
            .uri(self.address(route))
            .header(header::CONTENT_TYPE, "application/json")
            // No route makes anything of a member that it does not know.
            .body(Body::from(r#"{"unknown": 1}"#));
        let response = router.clone().oneshot(request.unwrap()).await.unwrap();
        let is_stream =
            response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        let (parts, body) = response.into_parts();
        // The progress of a tenant that nobody works on has no end.
        let body = if is_stream { Body::empty() } else { body };
        send_back(parts, body).await
    }
}

/// Somebody who has just proved to be there.
fn member(workspace: &WorkspaceId, at: Workplace, role: Role) -> Caller {
    let (user, workspace) = ("u1".parse().unwrap(), workspace.clone());
    Caller::Member { user, workspace, role, at, proved_at: Some(now()) }
}

fn now() -> Timestamp {
    kiavi_base::Clock::now(&SystemClock)
}

/// What a route needs, as the table says; for an engine's, what the path `ok` needs.
fn need(route: &Listed) -> Permission {
    let engine = if route.method == Method::POST { Permission::UserManage } else { Permission::UserRead };
    route.need.map_or(engine, |(permission, _)| permission)
}

/// Whether somebody was let through to the handler.
fn is_let_through(answer: &Answer) -> bool {
    let is_refused = answer.status == StatusCode::FORBIDDEN && answer.problem().1 == "forbidden";
    let is_unknown = matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS);
    !is_refused && !is_unknown
}

/// The routes that must not be carried out while they are looked at: they have no body that could be refused.
fn acts(route: &Listed) -> bool {
    let is_named = route.path.ends_with("{member}") || route.path.ends_with("{view}");
    route.path.ends_with("/revoke") || (route.method == Method::DELETE && is_named)
}

fn guarded() -> impl Iterator<Item = Listed> {
    routes_of(CallerKind::ConsoleHost).filter(|route| !route.is_public)
}

#[tokio::test]
async fn a_member_may_what_the_role_may_and_sees_one_workspace() {
    let world = World::new().await;
    for role in Role::ALL {
        let here = world.as_caller(member(&world.here, Workplace::Platform, role));
        let elsewhere = world.as_caller(member(&world.elsewhere, Workplace::Customer, role));
        for route in guarded() {
            let may = role.may(need(&route), Workplace::Customer);
            let foreign = world.ask(&elsewhere, &route).await;
            assert_eq!(is_let_through(&foreign), may, "{role:?} {} {}", route.method, route.path);
            let is_instances = route.path.starts_with("/v1/instance/");
            assert!(!(is_instances && may), "{role:?} of a customer: {}", route.path);
            let names_something = ["{tenant}", "{workspace}", "{key}", "{member}", "{invitation}"]
                .iter()
                .any(|name| route.path.contains(name));
            if may && names_something {
                assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{role:?} {} {}", route.method, route.path);
            }
            let may = role.may(need(&route), Workplace::Platform);
            assert!(!is_instances || may == (role == Role::Owner), "{role:?} {}", route.path);
            if !(acts(&route) && may) {
                let own = world.ask(&here, &route).await;
                assert_eq!(is_let_through(&own), may, "{role:?} {} {}", route.method, route.path);
                assert!(!may || !names_something || own.status != StatusCode::NOT_FOUND, "{}", route.path);
            }
        }
    }
    assert_eq!(world.instance.count("SELECT count(*) FROM tenant WHERE slug = $1", "shop").await, 1);
}

#[tokio::test]
async fn a_key_may_what_its_scopes_say_and_nothing_else() {
    let world = World::new().await;
    for scope in Permission::ALL {
        let holder = |workspace| Caller::ManagementKey {
            // One key for each scope: a key has a quota.
            id: scope.as_str().into(),
            workspace,
            scopes: Scopes::Only(vec![*scope]),
            holder: "control".into(),
        };
        for workspace in [None, Some(world.here.clone()), Some(world.elsewhere.clone())] {
            let router = world.as_caller(holder(workspace.clone()));
            for route in guarded() {
                let may = need(&route) == *scope && !(scope.is_instance_wide() && workspace.is_some());
                if acts(&route) && may && workspace.as_ref() != Some(&world.elsewhere) {
                    continue;
                }
                let answer = world.ask(&router, &route).await;
                assert_eq!(
                    is_let_through(&answer),
                    may,
                    "{scope:?} {workspace:?} {} {}",
                    route.method,
                    route.path
                );
            }
        }
    }
}

#[tokio::test]
async fn what_asks_for_a_proof_gets_a_fresh_one() {
    let world = World::new().await;
    let long_ago = now() - SignedDuration::from_mins(6);
    let (user, workspace) = ("u1".parse().unwrap(), world.here.clone());
    let (role, at, proved_at) = (Role::Owner, Workplace::Platform, Some(long_ago));
    let router = world.as_caller(Caller::Member { user, workspace, role, at, proved_at });
    let mut asked = 0;
    for route in guarded().filter(|route| Role::Owner.may(need(route), Workplace::Platform)) {
        let (_, step_up) = route.need.unwrap_or((Permission::UserRead, false));
        if acts(&route) && !step_up {
            continue;
        }
        let answer = world.ask(&router, &route).await;
        let is_sent_back = answer.status == StatusCode::FORBIDDEN && answer.problem().1 == "step_up_required";
        assert_eq!(is_sent_back, step_up, "{} {}", route.method, route.path);
        asked += usize::from(step_up);
    }
    assert!(asked >= 6);
    let engine = "/v1/tenants/shop/engine/admin/impersonate-user";
    let act = Request::post(engine).body(Body::empty()).unwrap();
    assert_eq!(send(&router, act).await.problem(), (403, "step_up_required".into()));
}

#[tokio::test]
async fn an_engines_route_asks_for_what_it_does() {
    let world = World::new().await;
    let key = |permission| {
        let scopes = Scopes::Only(vec![permission]);
        let holder = "control".into();
        world.as_caller(Caller::ManagementKey { id: "k1".into(), workspace: None, scopes, holder })
    };
    for (method, path, permission) in [
        ("GET", "admin/list-users", Permission::UserRead),
        ("POST", "admin/ban-user", Permission::UserManage),
        ("POST", "admin/impersonate-user", Permission::UserImpersonate),
        ("POST", "mail/test", Permission::SettingsWrite),
        ("POST", "api-key/verify", Permission::UserRead),
        ("GET", "security/limits", Permission::AuditRead),
        ("GET", "security/dry-run", Permission::AuditRead),
        ("POST", "security/unlock", Permission::UserManage),
    ] {
        for scope in Permission::ALL {
            let request = Request::builder().method(method).uri(format!("/v1/tenants/shop/engine/{path}"));
            let answer = send(&key(*scope), request.body(Body::empty()).unwrap()).await;
            assert_eq!(is_let_through(&answer), *scope == permission, "{method} {path} {scope:?}");
        }
    }
}

#[tokio::test]
async fn what_is_in_another_workspace_is_not_there() {
    let world = World::new().await;
    let here = world.as_caller(member(&world.here, Workplace::Platform, Role::Owner));
    let elsewhere = world.as_caller(member(&world.elsewhere, Workplace::Customer, Role::Owner));
    let rows = format!(
        "INSERT INTO person (id, email, name, is_verified) VALUES ('u1', 'u1@example.com', '', true);
         INSERT INTO member (workspace_id, user_id, role) VALUES ('{}', 'u1', 'owner')",
        world.elsewhere
    );
    world.instance.database.admin().await.batch_execute(&rows).await.unwrap();
    assert_eq!(get(&here, "/v1/tenants").await.json()["items"].as_array().unwrap().len(), 1);
    assert_eq!(get(&elsewhere, "/v1/tenants").await.json()["items"], json!([]));
    assert_eq!(get(&elsewhere, "/v1/keys").await.json()["items"], json!([]));
    let workspaces = get(&elsewhere, "/v1/workspaces").await.json();
    assert_eq!(workspaces["items"].as_array().unwrap().len(), 1);
    assert_eq!(workspaces["items"][0]["slug"], "other");
    for list in ["tenants", "keys"] {
        let foreign = get(&elsewhere, &format!("/v1/{list}?workspace=default")).await;
        assert_eq!(foreign.problem(), (404, "workspace_not_found".into()));
    }
    let unknown = get(&elsewhere, "/v1/tenants/nobody").await.json()["detail"].clone();
    let foreign = get(&elsewhere, "/v1/tenants/shop").await.json()["detail"].clone();
    assert_eq!(unknown.as_str().unwrap().replace("nobody", "shop"), foreign, "the two cannot be told apart");
}

#[tokio::test]
async fn only_the_local_socket_has_what_secrets_travel_by() {
    let local: Vec<_> = routes_of(CallerKind::LocalOperator).filter(|route| route.is_local).collect();
    assert!(local.len() >= 3);
    assert!(routes_of(CallerKind::ConsoleHost).all(|route| !route.is_local));
}

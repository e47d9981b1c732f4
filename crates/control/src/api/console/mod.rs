//! The console's pages: who comes in, and what they see there.
//!
//! | path | |
//! |---|---|
//! | `/` | leads to the workspace that was opened last; says so when there is none |
//! | `/w/NAME`, `/w/NAME/team`, `/w/NAME/keys` | a workspace's tenants, members and management keys, with their forms |
//! | `/w/NAME/t/TENANT`, and its pages below | a tenant: figures, people, log, settings, domains |
//! | `/workspaces/new` | makes a workspace |
//! | `/instance`, and its pages below | all tenants, processes, jobs and health, for the owners of the platform |
//! | `/sign-in`, `/signed-in`, `/step-up`, `/sign-out` | to the console's tenant and back ([`crate::console`]) |
//! | `/first-owner`, `/invitation` | what links lead to: opening one asks, its button acts |
//! | `/dev/components` | every page in every state; in development only |
//!
//! Every form is a plain POST from one of these pages that answers with a redirect, or with a secret that is shown once;
//! all pages work without script.
//! What a member may do is decided as in the API, by the same permissions and with the same functions.

mod acting;
mod backups;
mod components;
mod domains;
mod entry;
mod event_files;
mod events;
mod figures;
mod instance;
mod isolation;
mod join;
mod keys;
mod look;
mod mail;
mod mail_domain;
mod mail_sent;
mod mail_words;
mod methods;
mod multipart;
mod new_tenant;
mod new_user;
mod overview;
mod saving;
mod security;
mod security_lists;
mod selection;
mod sessions;
mod settings;
mod team;
mod tenant;
mod tenants;
mod user;
mod user_copy;
mod users;
mod views;
mod visit;
mod webhook_log;
mod webhooks;
mod workspaces;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, Request, State},
    handler::Handler,
    http::{HeaderMap, Method, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use kiavi_base::SecretString;
use kiavi_http::{cookie_value, joined_cookies};

use super::{FOLLOWS_MEMBER, PREFIX, Problem};
use crate::{
    Control,
    audit::{Coverage, EventType as E, Writes, nothing, writes},
};

/// The session's cookie, as it is called in development; see [`cookie_name`].
pub(super) const SESSION_COOKIE: &str = "kiavi_console";
/// Bytes of a form's body.
const FORM_LIMIT: usize = 16 * 1024;

/// A page, or what a form leads to.
struct PageRoute {
    method: Method,
    path: &'static str,
    handler: MethodRouter<Control>,
    writes: Writes,
}

fn shows<H, T>(path: &'static str, handler: H) -> PageRoute
where
    H: Handler<T, Control>,
    T: 'static,
{
    PageRoute { method: Method::GET, path, handler: get(handler), writes: nothing("a page") }
}

fn acts<H, T>(path: &'static str, handler: H, writes: Writes) -> PageRoute
where
    H: Handler<T, Control>,
    T: 'static,
{
    PageRoute { method: Method::POST, path, handler: post(handler), writes }
}

impl PageRoute {
    /// For a form that may be longer than others.
    fn up_to(self, bytes: usize) -> Self {
        Self { handler: self.handler.layer(DefaultBodyLimit::max(bytes)), ..self }
    }
}

/// Every page with what it writes.
fn table() -> Vec<PageRoute> {
    const JOIN: Writes = writes(&[E::MemberJoined, E::InvitationAccepted]);
    let mut table = vec![
        shows("/", workspaces::home),
        shows("/w/{workspace}", tenants::page),
        shows("/w/{workspace}/team", team::page),
        acts("/w/{workspace}/team/invite", team::invite, writes(&[E::InvitationCreated])),
        acts("/w/{workspace}/team/resend", team::resend, writes(&[E::InvitationResent])),
        acts(
            "/w/{workspace}/team/revoke",
            team::revoke,
            writes(&[E::InvitationRevoked]).unless("it had ended"),
        ),
        acts(
            "/w/{workspace}/team/role",
            team::set_role,
            writes(&[E::MemberRoleChanged]).unless("it is their role").besides(FOLLOWS_MEMBER),
        ),
        acts("/w/{workspace}/team/remove", team::remove, writes(&[E::MemberRemoved]).besides(FOLLOWS_MEMBER)),
        shows("/w/{workspace}/keys", keys::page),
        shows("/w/{workspace}/keys/new", keys::new),
        acts("/w/{workspace}/keys/new", keys::create, writes(&[E::ManagementKeyCreated])),
        acts("/w/{workspace}/keys/rotate", keys::rotate, writes(&[E::ManagementKeyRotated])),
        acts(
            "/w/{workspace}/keys/revoke",
            keys::revoke,
            writes(&[E::ManagementKeyRevoked]).unless("it was revoked"),
        ),
        shows("/w/{workspace}/tenants/new", new_tenant::page),
        acts("/w/{workspace}/tenants/new", new_tenant::create, writes(&[E::TenantRequested])),
        acts("/w/{workspace}/rename", workspaces::rename, writes(&[E::WorkspaceRenamed])),
        shows("/workspaces/new", workspaces::new),
        acts("/workspaces/new", workspaces::create, writes(&[E::WorkspaceCreated])),
        shows("/instance", instance::tenants),
        shows("/instance/processes", instance::processes),
        shows("/instance/jobs", instance::jobs),
        shows("/instance/health", instance::health),
        shows("/sign-in", entry::sign_in),
        PageRoute { writes: writes(&[E::ConsoleSignedIn]), ..shows("/signed-in", entry::signed_in) },
        shows("/step-up", entry::step_up),
        acts("/sign-out", entry::sign_out, writes(&[E::ConsoleSignedOut]).unless("nobody was signed in")),
        shows("/signed-out", entry::signed_out),
        shows("/first-owner", join::owner),
        acts("/first-owner", join::become_owner, writes(&[E::MemberJoined])),
        shows("/invitation", join::invitation),
        acts("/invitation", join::accept, JOIN),
    ];
    table.extend(tenant::table());
    table
}

/// What is no page: streams, and what is the same for everybody.
fn parts() -> Vec<PageRoute> {
    let asset_path = "/_kiavi/assets/{file}";
    vec![
        shows("/w/{workspace}/events", tenants::events),
        shows(instance::EVENTS, instance::events),
        shows("/w/{workspace}/t/{tenant}/events/live", events::live),
        shows("/w/{workspace}/t/{tenant}/figures/live", figures::live),
        PageRoute {
            writes: tenant::PREVIEWS,
            ..shows("/w/{workspace}/t/{tenant}/mail/preview", mail::letter)
        },
        shows("/w/{workspace}/t/{tenant}/progress", new_tenant::live),
        shows(asset_path, asset),
    ]
}

/// What every request of the pages writes into the log.
pub(super) fn coverage() -> impl Iterator<Item = Coverage> {
    let all = table().into_iter().chain(parts()).chain(components::table());
    all.map(|PageRoute { method, path, writes, .. }| Coverage { method, path: path.to_owned(), writes })
}

pub(super) fn routes(control: &Control) -> Router<Control> {
    let mount = |router: Router<Control>, route: PageRoute| router.route(route.path, route.handler);
    let of_development = control.parts().is_development.then(components::table);
    let pages = table().into_iter().chain(of_development.into_iter().flatten());
    let pages = pages.fold(Router::new(), mount);
    let pages = pages
        .layer(DefaultBodyLimit::max(FORM_LIMIT))
        .layer(from_fn_with_state(control.clone(), visit::gate));
    parts().into_iter().fold(pages, mount)
}

/// Around what is nowhere: who looks for a page gets one that says so; programs get what they read.
pub(super) async fn nowhere(control: State<Control>, request: Request, next: Next) -> Response {
    let is_look = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_look && !request.uri().path().starts_with(PREFIX) {
        return visit::gate(control, request, next).await;
    }
    next.run(request).await
}

async fn asset(Path(file): Path<String>) -> Result<Response, Problem> {
    let asset = kiavi_pages::asset(&file).ok_or_else(Problem::not_found)?;
    let caching = if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [(header::CONTENT_TYPE, asset.content_type), (header::CACHE_CONTROL, caching)];
    Ok((headers, asset.bytes.into_owned()).into_response())
}

/// Whether browsers reach the console over HTTPS.
pub(super) fn is_secure(control: &Control) -> bool {
    control.origins().own_origin().starts_with("https://")
}

/// The name that a cookie has here. Where browsers come by HTTPS it is one that no neighbour can set: any name below the
/// platform's domain could plant a plain one for the console's host, too (RFC 6265 §8.6; RFC 6265bis §4.1.3.2).
pub(super) fn cookie_name(is_secure: bool, plain: &str) -> String {
    if is_secure { format!("__Host-{plain}") } else { plain.to_owned() }
}

/// The token in the console's cookie, which has one name and no other.
pub(super) fn session_cookie(control: &Control, headers: &HeaderMap) -> Option<SecretString> {
    token(is_secure(control), headers).map(SecretString::from)
}

fn token(is_secure: bool, headers: &HeaderMap) -> Option<String> {
    let cookies = joined_cookies(headers)?;
    let value = cookie_value(&cookies, &cookie_name(is_secure, SESSION_COOKIE))?;
    (!value.is_empty()).then(|| value.to_owned())
}

/// Whether a request with the console's cookie is none that another site made the browser send: what changes something
/// names one of our own pages as its origin, and what only reads is at least not told to come from elsewhere (Fetch
/// Metadata, which no page can forge).
pub(super) fn is_own_page(control: &Control, method: &Method, headers: &HeaderMap) -> bool {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return control.origins().check_own_page(headers).is_ok();
    }
    let site = headers.get("sec-fetch-site").map(|value| value.as_bytes());
    matches!(site, None | Some(b"same-origin" | b"none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_that_a_neighbour_may_have_planted_opens_nothing() {
        let told = |is_secure, line: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, line.parse().unwrap());
            token(is_secure, &headers)
        };
        let both = "kiavi_console=planted; __Host-kiavi_console=own";
        assert_eq!(told(true, both).as_deref(), Some("own"));
        assert_eq!(told(true, "kiavi_console=planted"), None);
        assert_eq!(
            told(false, both).as_deref(),
            Some("planted"),
            "in development there is but the plain one"
        );
        assert_eq!(told(true, "__Host-kiavi_console="), None);
    }
}

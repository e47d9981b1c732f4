//! The console's pages: who comes in, and what they see there.
//!
//! | path | |
//! |---|---|
//! | `/` | leads to the workspace that was opened last; says so when there is none |
//! | `/w/NAME`, `/w/NAME/team` | a workspace's tenants and members, with their forms |
//! | `/workspaces/new` | makes a workspace |
//! | `/sign-in`, `/signed-in`, `/step-up`, `/sign-out` | to the console's tenant and back ([`crate::console`]) |
//! | `/first-owner`, `/invitation` | what links lead to: opening one asks, its button acts |
//!
//! Every form is a plain POST from one of these pages that answers with a redirect; all pages work without script.
//! What a member may do is decided as in the API, by the same permissions and with the same functions.

mod entry;
mod join;
mod team;
mod tenants;
mod visit;
mod workspaces;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Path},
    http::{HeaderMap, Method, header},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use kiavi_base::SecretString;
use kiavi_http::{cookie_value, joined_cookies};

use super::Problem;
use crate::Control;

/// The session's cookie where browsers come by HTTPS, and where they do not (in development).
pub(super) const SECURE_COOKIE: &str = "__Host-kiavi_console";
const PLAIN_COOKIE: &str = "kiavi_console";
/// Bytes of a form's body.
const FORM_LIMIT: usize = 16 * 1024;

pub(super) fn routes(control: &Control) -> Router<Control> {
    let pages = Router::new()
        .route("/", get(workspaces::home))
        .route("/w/{workspace}", get(tenants::page))
        .route("/w/{workspace}/team", get(team::page))
        .route("/w/{workspace}/team/invite", post(team::invite))
        .route("/w/{workspace}/team/resend", post(team::resend))
        .route("/w/{workspace}/team/revoke", post(team::revoke))
        .route("/w/{workspace}/team/role", post(team::set_role))
        .route("/w/{workspace}/team/remove", post(team::remove))
        .route("/w/{workspace}/rename", post(workspaces::rename))
        .route("/workspaces/new", get(workspaces::new).post(workspaces::create))
        .route("/sign-in", get(entry::sign_in))
        .route("/signed-in", get(entry::signed_in))
        .route("/step-up", get(entry::step_up))
        .route("/sign-out", post(entry::sign_out))
        .route("/signed-out", get(entry::signed_out))
        .route("/first-owner", get(join::owner).post(join::become_owner))
        .route("/invitation", get(join::invitation).post(join::accept))
        .layer(DefaultBodyLimit::max(FORM_LIMIT))
        .layer(from_fn_with_state(control.clone(), visit::gate));
    pages
        .route("/w/{workspace}/events", get(tenants::events))
        .route(&format!("{}{{file}}", kiavi_pages::ASSET_PATH), get(asset))
}

async fn asset(Path(file): Path<String>) -> Result<Response, Problem> {
    let asset = kiavi_pages::asset(&file).ok_or_else(Problem::not_found)?;
    let caching = if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [(header::CONTENT_TYPE, asset.content_type), (header::CACHE_CONTROL, caching)];
    Ok((headers, asset.bytes.into_owned()).into_response())
}

/// Whether browsers reach the console over HTTPS.
fn is_secure(control: &Control) -> bool {
    control.origins().own_origin().starts_with("https://")
}

/// The token in the console's cookie. A `__Host-` name counts wherever it comes from: no neighbour can have set it.
pub(super) fn session_cookie(headers: &HeaderMap) -> Option<SecretString> {
    let cookies = joined_cookies(headers)?;
    let named = |name| cookie_value(&cookies, name).filter(|value| !value.is_empty());
    named(SECURE_COOKIE).or_else(|| named(PLAIN_COOKIE)).map(SecretString::from)
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

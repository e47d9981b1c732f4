//! The console's pages: who comes in, and what they see there.
//!
//! | path | |
//! |---|---|
//! | `/` | leads to the workspace that was opened last; says so when there is none |
//! | `/w/NAME`, `/w/NAME/team` | a workspace's tenants and members, with their forms |
//! | `/w/NAME/t/TENANT`, and its pages below | a tenant: figures, people, log, settings, domains |
//! | `/workspaces/new` | makes a workspace |
//! | `/sign-in`, `/signed-in`, `/step-up`, `/sign-out` | to the console's tenant and back ([`crate::console`]) |
//! | `/first-owner`, `/invitation` | what links lead to: opening one asks, its button acts |
//!
//! Every form is a plain POST from one of these pages that answers with a redirect; all pages work without script.
//! What a member may do is decided as in the API, by the same permissions and with the same functions.

mod domains;
mod entry;
mod events;
mod figures;
mod join;
mod overview;
mod settings;
mod team;
mod tenant;
mod tenants;
mod users;
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

/// The session's cookie, as it is called in development; see [`cookie_name`].
pub(super) const SESSION_COOKIE: &str = "kiavi_console";
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
        .merge(tenant::routes())
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
        .route("/w/{workspace}/t/{tenant}/events/live", get(events::live))
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

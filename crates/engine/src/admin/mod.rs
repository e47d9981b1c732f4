//! Administration: what Better Auth's plugin of that name offers to a tenant's own administrators, and to the
//! operators of the management door.
//!
//! Each endpoint reads its input, then finds out who asks ([`access::Caller`]): a signed-in user, whose roles are
//! read from the database with the session, or an operator, which is a fact about the connection. Then it asks for
//! a permission, and acts. Administrators hold every permission but to act as other administrators, operators
//! hold all, everybody else none; who is refused is noted.
//!
//! A change locks the user's row, writes the new one, and writes one event with what was there before and what is
//! there now, in one transaction. A ban ends the user's sessions, and whatever acts as others for them. An
//! impersonation is a session of its own: marked in its row, never extended, gone within the hour. Members of the
//! workspace come to one from the console ([`handover`]).
//!
//! Passwords do not exist here, so neither does `/admin/set-user-password`.

mod access;
mod actions;
mod bulk;
mod card;
mod change;
mod export;
mod find;
mod flow;
mod found;
pub(crate) mod handover;
mod impersonation;
mod live;
mod look_up;
pub(crate) mod parameters;
mod query;
mod routes;
mod sessions;
mod settings;
mod store;
mod wire;

use axum::{
    Router,
    routing::{get, post},
};
use kiavi_db::Sql;

pub(crate) use impersonation::{impersonator, kept_token, leave};
pub use settings::AdminSettings;

use crate::State;

pub(crate) fn statements() -> Vec<&'static Sql> {
    store::STATEMENTS.iter().copied().chain(found::statements()).collect()
}

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/admin/list-users", get(routes::list_users))
        .route("/admin/get-user", get(routes::get_user))
        .route("/admin/view-user", get(card::view_user))
        .route("/admin/export-user", get(card::export_user))
        .route("/admin/find-users", get(find::find_users))
        .route("/admin/export-users", get(export::export_users))
        .route("/admin/ban-users", post(bulk::ban_users))
        .route("/admin/unban-users", post(bulk::unban_users))
        .route("/admin/revoke-sessions-of-users", post(bulk::revoke_sessions))
        .route("/admin/remove-users", post(bulk::remove_users))
        .route("/admin/view-sessions", get(live::view_sessions))
        .route("/admin/create-user", post(routes::create_user))
        .route("/admin/update-user", post(routes::update_user))
        .route("/admin/set-role", post(routes::set_role))
        .route("/admin/ban-user", post(routes::ban_user))
        .route("/admin/unban-user", post(routes::unban_user))
        .route("/admin/remove-user", post(routes::remove_user))
        .route("/admin/has-permission", post(routes::has_permission))
        .route("/admin/impersonate-user", post(sessions::impersonate_user))
        .route("/admin/stop-impersonating", post(sessions::stop_impersonating))
        .route("/admin/list-user-sessions", post(sessions::list_user_sessions))
        .route("/admin/revoke-user-session", post(sessions::revoke_user_session))
        .route("/admin/revoke-user-sessions", post(sessions::revoke_user_sessions))
}

#[cfg(test)]
mod tests;

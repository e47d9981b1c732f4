//! Accounts at other providers that sign a user in: seeing and unlinking them.
//!
//! Unlinking never locks anybody out: the last account stays, and where the tenant lets that one go too, it goes
//! only if a passkey or a proved address remains to sign in with.

mod actions;
mod routes;
mod settings;
mod store;
mod wire;

use axum::{
    Router,
    routing::{get, post},
};
use jiff::Timestamp;
use kiavi_db::Sql;

pub(crate) use actions::unlink;
pub use settings::AccountSettings;
pub(crate) use store::list;
pub(crate) use wire::AccountView;

use crate::State;

pub(crate) const STATEMENTS: &[&Sql] = store::STATEMENTS;

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/list-accounts", get(routes::list_accounts))
        .route("/unlink-account", post(routes::unlink_account))
}

/// An account, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The row id.
    pub id: String,
    /// Which provider.
    pub provider_id: String,
    /// Who the user is there: the provider's subject.
    pub account_id: String,
    /// Whose it is here.
    pub user_id: String,
    /// The granted scopes, comma-separated.
    pub scope: Option<String>,
    /// When it was linked.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests;

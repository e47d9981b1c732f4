//! Users: the row everything else hangs on, the endpoint that changes a user's own fields, and those that delete
//! the user.

pub(crate) mod deletion;
pub(crate) mod export;
mod routes;
mod settings;
pub mod store;

use axum::{Router, http::StatusCode, routing::post};
use jiff::Timestamp;
use kiavi_db::{DbError, Row, Sql};
use serde::Serialize;

use crate::{ApiError, State, iso_milliseconds, optional_iso_milliseconds};

pub use routes::update_own;
pub(crate) use routes::{own_fields, refuse_server_fields, text_problem};
pub use settings::{Deletion, UserSettings};

pub(crate) const STATEMENTS: &[&[&Sql]] = &[store::STATEMENTS, deletion::STATEMENTS];

pub(crate) fn routes() -> Router<State> {
    Router::new().route("/update-user", post(routes::update_user)).merge(deletion::routes())
}

/// A user, as stored and as told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// What to call them; may be empty.
    pub name: String,
    /// The address, lower-case.
    pub email: String,
    /// Whether the address was proved.
    pub email_verified: bool,
    /// A picture's URL.
    pub image: Option<String>,
    /// When the row was made.
    #[serde(serialize_with = "iso_milliseconds")]
    pub created_at: Timestamp,
    /// When it changed last.
    #[serde(serialize_with = "iso_milliseconds")]
    pub updated_at: Timestamp,
    /// Roles, comma-separated.
    pub role: Option<String>,
    /// Whether sign-in is refused.
    pub banned: Option<bool>,
    /// Why.
    pub ban_reason: Option<String>,
    /// Until when; for ever if absent.
    #[serde(serialize_with = "optional_iso_milliseconds")]
    pub ban_expires: Option<Timestamp>,
    /// The row id.
    pub id: String,
}

/// The columns of [`User`] of the table alias `u`, in [`User::from_row`]'s order.
macro_rules! user_columns {
    () => {
        r#"u.name, u.email, u."emailVerified", u.image, u."createdAt", u."updatedAt", u.role, u.banned,
           u."banReason", u."banExpires", u.id"#
    };
}
pub(crate) use user_columns;

impl User {
    /// Who this is, for the log to seal.
    pub(crate) fn personal(&self) -> serde_json::Value {
        serde_json::json!({ "email": self.email, "name": self.name })
    }

    /// The number of columns.
    pub(crate) const WIDTH: usize = 11;

    /// Reads the columns of `user_columns!` starting at `first`.
    pub(crate) fn from_row(row: &Row, first: usize) -> Result<Self, DbError> {
        Ok(Self {
            name: row.try_get(first)?,
            email: row.try_get(first + 1)?,
            email_verified: row.try_get(first + 2)?,
            image: row.try_get(first + 3)?,
            created_at: row.try_get(first + 4)?,
            updated_at: row.try_get(first + 5)?,
            role: row.try_get(first + 6)?,
            banned: row.try_get(first + 7)?,
            ban_reason: row.try_get(first + 8)?,
            ban_expires: row.try_get(first + 9)?,
            id: row.try_get(first + 10)?,
        })
    }
}

/// 403: a banned user proved who they are.
pub fn banned_error(state: &State) -> ApiError {
    let message = state.settings.admin.banned_user_message.clone();
    ApiError::new(StatusCode::FORBIDDEN, "BANNED_USER", message)
}

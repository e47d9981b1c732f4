//! API keys: what programs show in place of a person's sign-in.
//!
//! A signed-in user makes keys, sees them without their text, changes and removes them; an operator at the
//! management door sets besides what Better Auth leaves to its server side: quotas, refills, limits, permissions.
//! A key is shown once, when it is made; the table holds its hash.
//!
//! A key is used by being verified, for the tenant's backend over the management door or, where the tenant allows
//! it, for whoever holds a key that is permitted to verify others; or, where the tenant allows that, by standing
//! in `x-api-key` of a request that then acts as the key's owner. Either way [`claim`] locks its row and counts the
//! use, in one transaction with the uses that come at the same time, and [`verdict`] decides in between. [`Budget`]
//! keeps programs from getting in the way of people: keys have database connections, limits and a number of places of
//! their own.
//!
//! A use that succeeds writes no event: a busy integration would fill the log with what the row tells already
//! (`lastRequest`, `requestCount`, `remaining`), and each event costs more than the use. Refusals are events, a few
//! a minute for each network.
//!
//! A key never makes, changes or removes means of access; its owner does, signed in (see `session::Origin`).

mod budget;
mod check;
mod claim;
mod flow;
mod manage;
mod routes;
mod session;
mod settings;
pub mod store;
mod verdict;
mod verify;
mod wire;

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{get, post},
};
use jiff::Timestamp;
use kiavi_db::{DbError, Row, Sql};
use serde::Serialize;
use serde_json::Value;

pub(crate) use budget::{Budget, has_own_budget};
pub(crate) use session::acting_as_owner;
pub use settings::ApiKeySettings;

use crate::{State, gate::api_gate, iso_milliseconds, optional_iso_milliseconds};

pub(crate) const STATEMENTS: &[&Sql] = store::STATEMENTS;

/// The header that keys come in.
const HEADER: &str = "x-api-key";

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/api-key/create", post(routes::create))
        .route("/api-key/get", get(routes::get))
        .route("/api-key/list", get(routes::list))
        .route("/api-key/update", post(routes::update))
        .route("/api-key/delete", post(routes::delete))
}

/// The route that verifies, which is not there for everybody: apart, so that nothing looks at a request before it
/// is known whether there is a route.
pub(crate) fn verify_routes(state: &State) -> Router<State> {
    Router::new()
        .route(verify::PATH, post(verify::verify))
        .route_layer(from_fn_with_state(state.clone(), api_gate))
        .route_layer(from_fn_with_state(state.clone(), verify::admit))
}

/// A key, as stored and as told.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    /// `default`; Better Auth may have written rows of others.
    pub config_id: String,
    /// What its owner calls it.
    pub name: Option<String>,
    /// Its first characters, to tell keys apart.
    pub start: Option<String>,
    /// Whose it is.
    pub reference_id: String,
    /// What it begins with before the random part.
    pub prefix: Option<String>,
    /// The key in clear, in the answer that tells of its making only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Milliseconds between refills.
    pub refill_interval: Option<i32>,
    /// Uses after a refill.
    pub refill_amount: Option<i32>,
    /// When it was refilled last.
    #[serde(serialize_with = "optional_iso_milliseconds")]
    pub last_refill_at: Option<Timestamp>,
    /// Whether it may be used.
    pub enabled: Option<bool>,
    /// Whether the following two count.
    pub rate_limit_enabled: Option<bool>,
    /// Milliseconds.
    pub rate_limit_time_window: Option<i32>,
    /// Uses in a window.
    pub rate_limit_max: Option<i32>,
    /// Uses in this window so far.
    pub request_count: Option<i32>,
    /// Uses left; without end if absent.
    pub remaining: Option<i32>,
    /// When it was used last.
    #[serde(serialize_with = "optional_iso_milliseconds")]
    pub last_request: Option<Timestamp>,
    /// When it ends; never if absent.
    #[serde(serialize_with = "optional_iso_milliseconds")]
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    #[serde(serialize_with = "iso_milliseconds")]
    pub created_at: Timestamp,
    /// When it was made or used last.
    #[serde(serialize_with = "iso_milliseconds")]
    pub updated_at: Timestamp,
    /// What it may do, by resource.
    pub permissions: Option<Value>,
    /// What its owner noted.
    pub metadata: Option<Value>,
    /// The row id.
    pub id: String,
}

/// The columns of [`ApiKey`] of the table alias `k`, in [`ApiKey::from_row`]'s order.
macro_rules! key_columns {
    () => {
        r#"k."configId", k.name, k.start, k."referenceId", k.prefix, k."refillInterval", k."refillAmount",
           k."lastRefillAt", k.enabled, k."rateLimitEnabled", k."rateLimitTimeWindow", k."rateLimitMax",
           k."requestCount", k.remaining, k."lastRequest", k."expiresAt", k."createdAt", k."updatedAt",
           k.permissions, k.metadata, k.id"#
    };
}
use key_columns;

impl ApiKey {
    /// Whether it opens something here: Better Auth may have written rows of other configurations.
    pub(crate) fn is_of_this_server(&self) -> bool {
        matches!(self.config_id.as_str(), "" | "default")
    }

    /// The number of columns.
    const WIDTH: usize = 21;

    fn from_row(row: &Row, first: usize) -> Result<Self, DbError> {
        Ok(Self {
            config_id: row.try_get(first)?,
            name: row.try_get(first + 1)?,
            start: row.try_get(first + 2)?,
            reference_id: row.try_get(first + 3)?,
            prefix: row.try_get(first + 4)?,
            key: None,
            refill_interval: row.try_get(first + 5)?,
            refill_amount: row.try_get(first + 6)?,
            last_refill_at: row.try_get(first + 7)?,
            enabled: row.try_get(first + 8)?,
            rate_limit_enabled: row.try_get(first + 9)?,
            rate_limit_time_window: row.try_get(first + 10)?,
            rate_limit_max: row.try_get(first + 11)?,
            request_count: row.try_get(first + 12)?,
            remaining: row.try_get(first + 13)?,
            last_request: row.try_get(first + 14)?,
            expires_at: row.try_get(first + 15)?,
            created_at: row.try_get(first + 16)?,
            updated_at: row.try_get(first + 17)?,
            permissions: parsed(row.try_get(first + 18)?),
            metadata: parsed(row.try_get(first + 19)?),
            id: row.try_get(first + 20)?,
        })
    }
}

/// JSON in a text column. Older releases of Better Auth wrote metadata as a JSON text in a JSON text.
fn parsed(text: Option<&str>) -> Option<Value> {
    match serde_json::from_str(text?).ok()? {
        Value::Null => None,
        Value::String(inner) => serde_json::from_str(&inner).ok(),
        value => Some(value),
    }
}

#[cfg(test)]
mod tests;

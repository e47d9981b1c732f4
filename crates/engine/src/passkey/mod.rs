//! Passkeys.
//!
//! Every ceremony is two requests. The first makes options with a random challenge, keeps the challenge in a
//! `verification` row under a random reference, and gives the browser that reference in a signed cookie. The
//! second takes the row away, whatever comes of it, and judges the authenticator's answer against it; what the
//! answer changes (the credential, its counter, a user, a session) and the event that tells of it are in the
//! transaction that took the row. A refusal commits too: the challenge is used up, the refusal is in the log.
//!
//! Registering needs a recent session, or, where the tenant allows it, an e-mail address in `context` that no
//! user has: then the user is made together with the passkey. Signing in needs neither session nor name. A wrong
//! assertion counts against its credential, a right one does not, so nobody can be locked out by others.
//!
//! Owners are told by mail of what is added and removed. Where the tenant requires passkeys, whoever has one signs in
//! with nothing else ([`refuse_lesser_proof`]).

mod actions;
mod authentication;
mod flow;
mod management;
mod policy;
pub(crate) mod recovery;
mod registration;
mod routes;
mod store;
pub(crate) mod well_known;
mod wire;

use axum::{
    Router,
    routing::{get, post},
};
use jiff::Timestamp;
use kiavi_db::{DbError, Row, Sql};
use serde::Serialize;

pub(crate) use management::{last_uses, signal};
pub use management::{list, remove, rename};
pub(crate) use policy::{is_demanded, is_lesser_proof, refuse_lesser_proof, required_error};

pub use store::count_before as count_passkeys;

use crate::{State, optional_iso_milliseconds};

pub(crate) const STATEMENTS: &[&[&Sql]] = &[store::STATEMENTS, recovery::STATEMENTS];

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/passkey/generate-register-options", get(routes::generate_register_options))
        .route("/passkey/verify-registration", post(routes::verify_registration))
        .route("/passkey/generate-authenticate-options", get(routes::generate_authenticate_options))
        .route("/passkey/verify-authentication", post(routes::verify_authentication))
        .route("/passkey/list-user-passkeys", get(routes::list_user_passkeys))
        .route("/passkey/update-passkey", post(routes::update_passkey))
        .route("/passkey/delete-passkey", post(routes::delete_passkey))
}

/// A passkey, as stored and as told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Passkey {
    /// What its owner calls it.
    pub name: Option<String>,
    /// The COSE key in base64.
    pub public_key: String,
    /// Whose it is.
    pub user_id: String,
    /// The credential id in base64url.
    #[serde(rename = "credentialID")]
    pub credential_id: String,
    /// The signature counter, at most 2³¹ − 1.
    pub counter: i32,
    /// `singleDevice`, or `multiDevice` for one that may be synchronised.
    pub device_type: String,
    /// Whether it is synchronised at present.
    pub backed_up: bool,
    /// How to reach the authenticator, comma-separated.
    pub transports: Option<String>,
    /// When it was registered.
    #[serde(serialize_with = "optional_iso_milliseconds")]
    pub created_at: Option<Timestamp>,
    /// The authenticator's model as a UUID; not proven.
    pub aaguid: Option<String>,
    /// The row id.
    pub id: String,
}

/// The columns of [`Passkey`] of the table alias `p`, in [`Passkey::from_row`]'s order.
macro_rules! passkey_columns {
    () => {
        r#"p.name, p."publicKey", p."userId", p."credentialID", p.counter, p."deviceType", p."backedUp",
           p.transports, p."createdAt", p.aaguid, p.id"#
    };
}
pub(crate) use passkey_columns;

impl Passkey {
    /// The number of columns.
    pub(crate) const WIDTH: usize = 11;

    pub(crate) fn from_row(row: &Row, first: usize) -> Result<Self, DbError> {
        Ok(Self {
            name: row.try_get(first)?,
            public_key: row.try_get(first + 1)?,
            user_id: row.try_get(first + 2)?,
            credential_id: row.try_get(first + 3)?,
            counter: row.try_get(first + 4)?,
            device_type: row.try_get(first + 5)?,
            backed_up: row.try_get(first + 6)?,
            transports: row.try_get(first + 7)?,
            created_at: row.try_get(first + 8)?,
            aaguid: row.try_get(first + 9)?,
            id: row.try_get(first + 10)?,
        })
    }
}

#[cfg(test)]
mod tests;

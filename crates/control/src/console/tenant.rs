//! The tenant that the console's people sign in to, and what the control plane asks it.

use axum::http::{Method, StatusCode};
use bytes::Bytes;
use jiff::Timestamp;
use kiavi_base::UserId;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Control, Tenant,
    management::{self, ManagementError},
    tenant::store,
};

/// The tenant's name, which no other can have.
pub const CONSOLE_SLUG: &str = "console";
/// The first label of its host, which no other tenant can have: the console's own host is the pages'.
pub const SIGN_IN_LABEL: &str = "id";

/// Who the tenant is told to act for.
const OPERATOR: &str = "console";

impl Tenant {
    /// Whether it is the one that the console's people sign in to.
    pub fn is_console(&self) -> bool {
        self.slug.as_str() == CONSOLE_SLUG
    }
}

/// Why the tenant did not answer as it should.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error("the console's tenant is not there")]
    Missing,
    #[error("the console's tenant could not be asked")]
    Management(#[from] ManagementError),
    #[error("the console's tenant answered {0}")]
    Status(StatusCode),
    #[error("the console's tenant answered what cannot be read")]
    Answer(#[from] serde_json::Error),
    #[error(transparent)]
    Database(#[from] kiavi_db::DbError),
}

/// Somebody's session there, as it is told.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct SignedIn {
    pub(crate) session: String,
    /// By what; `None` when that is not known.
    pub(crate) method: Option<String>,
    pub(crate) signed_in_at: Timestamp,
    pub(crate) user: UserId,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) is_verified: bool,
}

impl SignedIn {
    /// When they used a passkey.
    pub(crate) fn proved_at(&self) -> Option<Timestamp> {
        (self.method.as_deref() == Some("passkey")).then_some(self.signed_in_at)
    }
}

/// Trades a code and the secret of the browser that asked; `None` for one that is not good.
pub(crate) async fn redeem(
    control: &Control,
    code: &str,
    verifier: &str,
) -> Result<Option<SignedIn>, AskError> {
    match ask(control, "redeem", json!({ "code": code, "verifier": verifier })).await {
        Ok(answer) => Ok(Some(serde_json::from_slice(&answer)?)),
        Err(AskError::Status(StatusCode::BAD_REQUEST)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A session that is known already; `None` when it has ended.
pub(crate) async fn session(control: &Control, session: &str) -> Result<Option<SignedIn>, AskError> {
    Ok(serde_json::from_slice(&ask(control, "session", json!({ "session": session })).await?)?)
}

/// Ends a session.
pub(crate) async fn sign_out(control: &Control, session: &str) -> Result<(), AskError> {
    ask(control, "sign-out", json!({ "session": session })).await.map(drop)
}

/// Has it send a letter of invitation.
pub(crate) async fn invite(control: &Control, letter: Value) -> Result<(), AskError> {
    ask(control, "invite", letter).await.map(drop)
}

async fn ask(control: &Control, verb: &str, body: Value) -> Result<Bytes, AskError> {
    let tenant = store::find(&control.parts().database, CONSOLE_SLUG).await?.ok_or(AskError::Missing)?;
    let (target, body) = (format!("/management/console/{verb}"), Some(Bytes::from(body.to_string())));
    let answer = management::ask(control, &tenant, OPERATOR, None, Method::POST, &target, body).await?;
    match answer.status() {
        StatusCode::OK => Ok(answer.into_body()),
        status => Err(AskError::Status(status)),
    }
}

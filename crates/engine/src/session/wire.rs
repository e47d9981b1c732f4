//! JSON of sessions.

use serde::Serialize;

use super::{CurrentUser, Session};
use crate::{ApiError, user::User};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionAndUser<'a> {
    session: &'a Session,
    user: &'a User,
    #[serde(skip_serializing_if = "Option::is_none")]
    needs_refresh: Option<bool>,
}

/// Room for a typical answer, so that it is written without growing.
const TYPICAL_BYTES: usize = 1_024;

/// `{"session":…,"user":…}`.
pub(crate) fn session_and_user(session: &Session, user: &User) -> Result<Vec<u8>, ApiError> {
    write(&SessionAndUser { session, user, needs_refresh: None })
}

/// The same with `needsRefresh`.
pub(super) fn deferred(current: &CurrentUser) -> Result<Vec<u8>, ApiError> {
    let CurrentUser { session, user, needs_refresh, .. } = current;
    write(&SessionAndUser { session, user, needs_refresh: Some(*needs_refresh) })
}

/// An array without tokens, unless the tenant shows them.
pub(super) fn list(sessions: &mut [Session], shows_tokens: bool) -> Result<Vec<u8>, ApiError> {
    hide_tokens(sessions, shows_tokens);
    write(&sessions)
}

/// Puts each session's handle in place of its token, unless the tenant shows tokens.
pub(crate) fn hide_tokens(sessions: &mut [Session], shows_tokens: bool) {
    if !shows_tokens {
        for session in sessions {
            session.token.clone_from(&session.id);
        }
    }
}

fn write(value: &impl Serialize) -> Result<Vec<u8>, ApiError> {
    let mut json = Vec::with_capacity(TYPICAL_BYTES);
    serde_json::to_writer(&mut json, value).map_err(ApiError::internal)?;
    Ok(json)
}

//! Issuing tokens.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use axum::http::HeaderValue;
use jiff::{SignedDuration, Timestamp};

use super::{
    flow::Signer,
    keyring::{self, Held},
    wire,
};
use crate::{ApiError, Context, State, session::CurrentUser, verification::row_id};

/// Sessions whose last token is remembered; about a kilobyte each.
const CAPACITY: usize = 8_192;
/// The part of its life during which a token is given out again in `set-auth-jwt`.
const REUSED_FOR: u32 = 5;

/// A fresh token for a session.
///
/// # Errors
/// Those of [`keyring::current`], and of the cryptographic library.
pub(super) async fn issue(
    state: &State,
    context: &Context,
    current: &CurrentUser,
) -> Result<String, ApiError> {
    let held = keyring::current(state, context).await?;
    sign(state, &held.signer, &stem(state, current)?, current, state.clock.now())
}

fn stem(state: &State, current: &CurrentUser) -> Result<String, ApiError> {
    let (settings, origin) = (&state.settings.jwt, state.settings.base_url.origin());
    wire::stem(settings, origin, &current.session, &current.user).map_err(ApiError::internal)
}

/// The engine's clock dates the token and decides nothing: whoever verifies it compares with a clock of their own.
fn sign(
    state: &State,
    signer: &Signer,
    stem: &str,
    current: &CurrentUser,
    now: Timestamp,
) -> Result<String, ApiError> {
    let settings = &state.settings.jwt;
    let issued = now.as_second();
    let expires = issued + i64::from(settings.lifetime_seconds);
    let expires = expires.min(current.session.expires_at.as_second()).max(issued);
    let id = (!settings.has_all_user_fields).then(|| row_id(state.rng()));
    let payload = wire::payload(stem, issued, expires, id.as_deref());
    signer.key.sign_compact(&signer.encoded_header, payload.as_bytes()).map_err(ApiError::internal)
}

/// The last token of each session. A session is checked far more often than its claims change, and a signature
/// costs as much as the rest of the check.
#[derive(Default)]
pub(super) struct HeaderTokens(Mutex<HashMap<String, Remembered>>);

struct Remembered {
    stem: String,
    signer: String,
    token: HeaderValue,
    issued: Timestamp,
    until: Timestamp,
}

impl Remembered {
    fn serves(&self, stem: &str, signer: &str, now: Timestamp) -> bool {
        self.stem == stem && self.signer == signer && (self.issued..self.until).contains(&now)
    }
}

impl HeaderTokens {
    fn find(&self, session: &str, stem: &str, signer: &str, now: Timestamp) -> Option<HeaderValue> {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let remembered = tokens.get(session).filter(|one| one.serves(stem, signer, now))?;
        Some(remembered.token.clone())
    }

    fn keep(&self, session: &str, token: Remembered) {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() >= CAPACITY && !tokens.contains_key(session) {
            let now = token.issued;
            tokens.retain(|_, one| one.until > now);
            if tokens.len() >= CAPACITY {
                tokens.clear();
            }
        }
        tokens.insert(session.to_owned(), token);
    }
}

/// The value of `set-auth-jwt`: the session's last token while it is young and says what is so, else a fresh one.
///
/// # Errors
/// Those of [`issue`].
pub(super) async fn header(
    state: &State,
    context: &Context,
    current: &CurrentUser,
) -> Result<HeaderValue, ApiError> {
    let held: &Held = &*keyring::current(state, context).await?;
    let (now, stem, session) = (state.clock.now(), stem(state, current)?, &current.session.id);
    if let Some(token) = state.jwt.tokens.find(session, &stem, &held.signer.id, now) {
        return Ok(token);
    }
    let token = sign(state, &held.signer, &stem, current, now)?;
    let token = HeaderValue::try_from(token).map_err(ApiError::internal)?;
    let reused = SignedDuration::from_secs((state.settings.jwt.lifetime_seconds / REUSED_FOR).into());
    let until = now.checked_add(reused).unwrap_or(now).min(current.session.expires_at);
    let signer = held.signer.id.clone();
    state.jwt.tokens.keep(session, Remembered { stem, signer, token: token.clone(), issued: now, until });
    Ok(token)
}

//! A request that shows a key acts as the key's owner, where the tenant allows it. The key takes precedence over
//! cookies, and one that is refused ends the request, whatever it was for.

use std::time::Duration;

use axum::{
    Router,
    extract::{MatchedPath, Request, State as Extract},
    http::StatusCode,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp};

use super::{
    check,
    flow::KEY_LENGTH,
    verdict::{Claimed, Demand},
    wire,
};
use crate::{
    ApiError, Context, State,
    session::{CurrentUser, Session},
};

/// The one path that is answered here: there is no stored session to read.
const GET_SESSION: &str = "/api/auth/get-session";

/// Routes on which a request that shows a key acts as the key's owner; as they are, where the tenant does not allow it.
pub(crate) fn acting_as_owner(state: &State, routes: Router<State>) -> Router<State> {
    match state.settings.api_key.sessions {
        true => routes.route_layer(from_fn_with_state(state.clone(), act_as_owner)),
        false => routes,
    }
}

/// Middleware around the routes of the API.
async fn act_as_owner(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    let (Some(key), Some(context)) = (check::shown(request.headers()), request.extensions().get::<Context>())
    else {
        return next.run(request).await;
    };
    let claimed = match open(&state, context, key).await {
        Ok(claimed) => claimed,
        Err(error) => return error.into_response(),
    };
    let session = session(&state, context, &claimed);
    let is_get_session = request.extensions().get::<MatchedPath>().is_some_and(|p| p.as_str() == GET_SESSION);
    if is_get_session {
        return told(context, key, &claimed, &session).into_response();
    }
    let is_fresh = state.settings.compatibility.api_keys_are_fresh_sign_ins;
    context.act_as(CurrentUser::by_key(session, claimed.owner, is_fresh));
    next.run(request).await
}

async fn open(state: &State, context: &Context, key: &str) -> Result<Claimed, ApiError> {
    if key.len() < KEY_LENGTH {
        state.api_keys.count_unknown(state, context.network());
        return Err(ApiError::new(StatusCode::FORBIDDEN, "INVALID_API_KEY", "Invalid API key."));
    }
    check::use_shown(state, context, key, Demand::default()).await
}

/// When the session ends for a key that does not. Better Auth reads the life of sessions, which is in seconds, as
/// milliseconds here; clients see the same.
fn quirky_end(state: &State, now: Timestamp) -> Timestamp {
    let life = Duration::from_millis(state.settings.session.expires_in_seconds.into());
    let life = SignedDuration::try_from(life).unwrap_or(SignedDuration::ZERO);
    now.checked_add(life).unwrap_or(now)
}

/// No row stands behind it, and its token opens nothing: nothing that mints cookies may find the key in it.
fn session(state: &State, context: &Context, claimed: &Claimed) -> Session {
    let key = &claimed.key;
    // The moment of this use, by the database's clock.
    let now = key.updated_at;
    let expires_at = key.expires_at.unwrap_or_else(|| quirky_end(state, now));
    Session {
        expires_at,
        token: String::new(),
        created_at: now,
        updated_at: now,
        ip_address: Some(context.stored_address()),
        user_agent: Some(context.user_agent()).filter(|agent| !agent.is_empty()).map(str::to_owned),
        user_id: key.reference_id.clone(),
        impersonated_by: None,
        id: key.id.clone(),
        seconds_left: u64::try_from(expires_at.duration_since(now).as_secs()).unwrap_or(0),
    }
}

fn told(context: &Context, key: &str, claimed: &Claimed, session: &Session) -> Result<Response, ApiError> {
    let address = context.stored_address();
    wire::json(&wire::KeySession {
        user: &claimed.owner,
        session: wire::SyntheticSession {
            id: &session.id,
            token: key,
            user_id: &session.user_id,
            user_agent: session.user_agent.as_deref(),
            ip_address: &address,
            created_at: session.created_at,
            updated_at: session.updated_at,
            expires_at: session.expires_at,
        },
    })
}

//! Endpoints of one-time tokens.

use std::time::Duration;

use axum::{http::StatusCode, response::Response};
use kiavi_base::{Alphabet, random_text};
use kiavi_http::json_response;
use serde_json::json;

use super::{TOKEN_LENGTH, identifier};
use crate::{
    ApiError, Context, JsonBody, State,
    audit::{self, Event, EventType, Outcome},
    rate_limit::{self, Key},
    session::{self, store},
    verification::{self, Taken},
};

fn refused(message: &'static str) -> ApiError {
    ApiError::message_only(StatusCode::BAD_REQUEST, message)
}

/// `GET /one-time-token/generate`.
pub(super) async fn generate(state: State, context: Context) -> Result<Response, ApiError> {
    let current = session::require_sensitive(&state, &context).await?;
    let settings = &state.settings.one_time_token;
    let (user_id, scope) = (&current.user.id, "one_time_token");
    rate_limit::check(&state, &context, scope, Key::Target(user_id), Some(settings.per_user)).await?;
    let token = random_text(state.rng(), Alphabet::AlphaNumeric, TOKEN_LENGTH);
    let life = Duration::from_secs(settings.expires_in_seconds.into());

    let transaction = state.database.begin().await?;
    let (identifier, value) = (identifier(&token), &current.session.token);
    verification::replace(&transaction, state.rng(), &identifier, value, life).await?;
    let event =
        Event::by(EventType::OneTimeTokenCreated, user_id).detail(json!({ "session": current.session.id }));
    audit::record(&transaction, &state, &context, event).await?;
    transaction.commit().await?;
    let json = serde_json::to_vec(&json!({ "token": token })).map_err(ApiError::internal)?;
    Ok(json_response(StatusCode::OK, json))
}

/// `POST /one-time-token/verify` `{token}`: the session that the token was made from, and its cookie.
pub(super) async fn verify(state: State, context: Context, body: JsonBody) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    let token = fields.string("token");
    fields.finish()?;
    let rate = state.settings.rate_limits.code_check_per_network;
    rate_limit::check(&state, &context, "one_time_token_check", Key::Network(context.network()), rate)
        .await?;
    let transaction = state.database.begin().await?;
    let taken = verification::take(&transaction, &identifier(token)).await?;
    let found = match taken.filter(|taken| taken.is_live) {
        None => Err("Invalid token"),
        Some(Taken { value, .. }) => {
            let lent = store::with_user_by_token(&state.database, &value, &state.settings.session).await?;
            lent.ok_or("Session not found")
                .and_then(|lent| if lent.is_live { Ok(lent) } else { Err("Session expired") })
        }
    };
    let found = match found {
        Ok(found) => found,
        Err(message) => {
            let event = Event::new(EventType::OneTimeTokenRefused, Outcome::Failure);
            audit::record(&transaction, &state, &context, event).await?;
            transaction.commit().await?;
            return Err(refused(message));
        }
    };
    let user_id = &found.user.id;
    session::end_replaced(&transaction, &state, &context, user_id, Some(&found.session.token)).await?;
    if let Some(by) = &found.session.impersonated_by {
        context.note_impersonator(by);
    }
    let event =
        Event::by(EventType::OneTimeTokenAccepted, user_id).detail(json!({ "session": found.session.id }));
    audit::record(&transaction, &state, &context, event).await?;
    transaction.commit().await?;
    session::set_cookie(&state, &context, &found.session);
    Ok(json_response(StatusCode::OK, session::session_and_user(&found.session, &found.user)?))
}

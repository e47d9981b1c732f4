//! Moving to another address with a code sent there.

use axum::{http::StatusCode, response::Response};
use kiavi_http::json_response;

use super::{
    CodePurpose, actions,
    redeem::redeem,
    routes::{SUCCESS, address},
};
use crate::{
    ApiError, Context, JsonBody, State,
    audit::{self, Event, EventType},
    session::{self, CurrentUser},
    user::store,
};

fn refused(message: &'static str) -> ApiError {
    ApiError::message_only(StatusCode::BAD_REQUEST, message)
}

async fn admit(state: &State, context: &Context) -> Result<CurrentUser, ApiError> {
    let current = session::require_sensitive(state, context).await?;
    match state.settings.email_otp.is_change_email_enabled {
        true => Ok(current),
        false => Err(refused("Change email with OTP is disabled")),
    }
}

/// `POST /email-otp/request-email-change` `{newEmail}`: 200 whether or not the address is taken.
pub(super) async fn request_email_change(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    let new = fields.string("newEmail");
    fields.optional_string("otp");
    fields.finish()?;
    let current = admit(&state, &context).await?;
    let new = address(new)?;
    if new.as_str() == current.user.email {
        return Err(refused("Email is the same"));
    }
    let purpose = CodePurpose::ChangeEmail { user_id: &current.user.id };
    actions::send_code(&state, &context, &new, purpose).await?;
    Ok(json_response(StatusCode::OK, SUCCESS))
}

/// `POST /email-otp/change-email` `{newEmail, otp}`.
pub(super) async fn change_email(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    let (new, code) = (fields.string("newEmail"), fields.string("otp"));
    fields.finish()?;
    let current = admit(&state, &context).await?;
    let new = address(new)?;
    let user = &current.user;
    let purpose = CodePurpose::ChangeEmail { user_id: &user.id };
    let redeemed = redeem(&state, &context, purpose, new.as_str(), code).await?;
    let transaction = &redeemed.transaction;
    let is_taken = store::by_email(transaction, new.as_str()).await?.is_some();
    if is_taken {
        redeemed.transaction.commit().await?;
        return Err(refused("Email already in use"));
    }
    redeemed.accept(&state, &context, purpose, new.as_str(), &user.id).await?;
    match store::change_email(transaction, &user.id, new.as_str(), &user.email).await {
        Ok(1) => {}
        // The address changed meanwhile, or somebody took the new one: the code is not used up.
        Ok(_) => return Err(refused("Email is the same")),
        Err(error) if error.is_unique_violation() => return Err(refused("Email already in use")),
        Err(error) => return Err(error.into()),
    }
    audit::record(transaction, &state, &context, Event::by(EventType::EmailChanged, &user.id)).await?;
    redeemed.transaction.commit().await?;
    session::set_cookie(&state, &context, &current.session);
    Ok(json_response(StatusCode::OK, SUCCESS))
}

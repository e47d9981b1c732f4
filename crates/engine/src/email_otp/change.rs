//! Moving to another address with a code sent there. `/change-email`, Better Auth's way by link, asks for the same
//! code. Both need a recent sign-in, because whoever has the address has the account; the old address is told.

use axum::{http::StatusCode, response::Response};
use kiavi_http::json_response;
use serde_json::json;

use kiavi_base::EmailAddress;

use super::{
    CodePurpose, actions,
    redeem::redeem,
    routes::{SUCCESS, address},
};
use crate::{
    ApiError, Context, JsonBody, State,
    audit::{self, Event, EventType},
    outbox::{self, Letter, NOTICE_LIFE},
    session::{self, CurrentUser},
    user::store,
};

fn refused(message: &'static str) -> ApiError {
    ApiError::message_only(StatusCode::BAD_REQUEST, message)
}

async fn admit(
    state: &State,
    context: &Context,
    disabled: impl FnOnce() -> ApiError,
) -> Result<CurrentUser, ApiError> {
    let current = session::require_sensitive(state, context).await?;
    if !state.settings.email_otp.is_change_email_enabled {
        return Err(disabled());
    }
    session::only_fresh(current)
}

fn otp_disabled() -> ApiError {
    refused("Change email with OTP is disabled")
}

fn must_differ(new: &EmailAddress, current: &CurrentUser) -> Result<(), ApiError> {
    if new.as_str() == current.user.email { Err(refused("Email is the same")) } else { Ok(()) }
}

/// Sends the code, to whoever may move. The same whether or not the address is taken.
///
/// # Errors
/// 400 without a code when it is their own address, 429, and faults.
pub(crate) async fn request_change(
    state: &State,
    context: &Context,
    current: &CurrentUser,
    new: &EmailAddress,
) -> Result<(), ApiError> {
    must_differ(new, current)?;
    let purpose = CodePurpose::ChangeEmail { user_id: &current.user.id };
    actions::send_code(state, context, new, purpose).await
}

/// `POST /change-email` `{newEmail, callbackURL?}`: 200 whether or not the address is taken. The code is brought to
/// `/email-otp/change-email`.
pub(super) async fn change_email_by_code(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    let new = fields.email("newEmail");
    fields.optional_string("callbackURL");
    fields.finish()?;
    let disabled = || ApiError::bad_request("CHANGE_EMAIL_DISABLED", "Change email is disabled");
    let current = admit(&state, &context, disabled).await?;
    request_change(&state, &context, &current, &new?).await?;
    Ok(json_response(StatusCode::OK, r#"{"status":true}"#))
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
    let current = admit(&state, &context, otp_disabled).await?;
    request_change(&state, &context, &current, &address(new)?).await?;
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
    let current = admit(&state, &context, otp_disabled).await?;
    change_address(&state, &context, &current, &address(new)?, code).await?;
    Ok(json_response(StatusCode::OK, SUCCESS))
}

/// Moves somebody who may to an address, with the code that was sent there.
///
/// # Errors
/// Those of [`redeem`]; 400 without a code when the address is their own or taken.
pub(crate) async fn change_address(
    state: &State,
    context: &Context,
    current: &CurrentUser,
    new: &EmailAddress,
    code: &str,
) -> Result<(), ApiError> {
    must_differ(new, current)?;
    let user = &current.user;
    let purpose = CodePurpose::ChangeEmail { user_id: &user.id };
    let redeemed = redeem(state, context, purpose, new.as_str(), code).await?;
    let transaction = &redeemed.transaction;
    let is_taken = store::by_email(transaction, new.as_str()).await?.is_some();
    if is_taken {
        redeemed.transaction.commit().await?;
        return Err(refused("Email already in use"));
    }
    redeemed.accept(state, context, purpose, new.as_str(), &user.id).await?;
    match store::change_email(transaction, &user.id, new.as_str(), &user.email).await {
        Ok(1) => {}
        // The address changed meanwhile, or somebody took the new one: the code is not used up.
        Ok(_) => return Err(refused("Email is the same")),
        Err(error) if error.is_unique_violation() => return Err(refused("Email already in use")),
        Err(error) => return Err(error.into()),
    }
    if let Ok(old) = user.email.parse::<EmailAddress>() {
        let letter = Letter::EmailChanged { to: new.masked() };
        let locale = context.locale(&state.settings);
        outbox::enqueue(transaction, state, &old, locale, letter, NOTICE_LIFE).await?;
    }
    let changes = json!({ "email": { "from": user.email, "to": new.as_str() } });
    let event = Event::by(EventType::EmailChanged, &user.id).personal(json!({ "changes": changes }));
    audit::record(transaction, state, context, event).await?;
    redeemed.transaction.commit().await?;
    outbox::wake(state);
    session::renew_cookie(state, context, &current.session);
    Ok(())
}

//! Endpoints of one-time codes.

use axum::{http::StatusCode, response::Response};
use kiavi_base::EmailAddress;
use kiavi_http::json_response;
use serde::Serialize;

use super::{
    CodePurpose, SignIn,
    actions::{self, Proof, mark_proved, prove_address},
    redeem::{look, redeem},
};
use crate::{
    ApiError, Context, JsonBody, State,
    abuse::captcha::{CaptchaResponse, Scope},
    audit::Method,
    session::{self},
    user::{self, User, store},
};

/// The kinds of codes that a body may name.
const TYPES: &[&str] = &["email-verification", "sign-in", "forget-password", "change-email"];

pub(super) const SUCCESS: &str = r#"{"success":true}"#;

#[derive(Serialize)]
struct SignedInBody<'a> {
    token: &'a str,
    user: &'a User,
}

#[derive(Serialize)]
struct VerifiedBody<'a> {
    status: bool,
    token: Option<&'a str>,
    user: &'a User,
}

pub(super) fn json(body: &impl Serialize) -> Result<Response, ApiError> {
    let json = serde_json::to_vec(body).map_err(ApiError::internal)?;
    Ok(json_response(StatusCode::OK, json))
}

pub(super) fn address(text: &str) -> Result<EmailAddress, ApiError> {
    text.parse().map_err(|_| ApiError::bad_request("INVALID_EMAIL", "Invalid email"))
}

fn purpose(name: &str) -> Result<CodePurpose<'static>, ApiError> {
    match name {
        "sign-in" => Ok(CodePurpose::SignIn),
        "email-verification" => Ok(CodePurpose::EmailVerification),
        "forget-password" => Ok(CodePurpose::ForgetPassword),
        // Codes for a new address are asked for elsewhere, with a session.
        _ => Err(ApiError::message_only(StatusCode::BAD_REQUEST, "Invalid OTP type")),
    }
}

/// `POST /email-otp/send-verification-otp` `{email, type}`: 200 whoever has the address.
pub(super) async fn send_verification_otp(
    state: State,
    context: Context,
    captcha: CaptchaResponse,
    body: JsonBody,
) -> Result<Response, ApiError> {
    captcha.require(&state, &context, Scope::Code).await?;
    let mut fields = body.fields()?;
    let (email, kind) = (fields.string("email"), fields.choice("type", TYPES));
    fields.finish()?;
    let purpose = purpose(kind)?;
    actions::send_code(&state, &context, &address(email)?, purpose).await?;
    Ok(json_response(StatusCode::OK, SUCCESS))
}

/// `POST /sign-in/email-otp` `{email, otp, name?, image?}`.
pub(super) async fn sign_in_email_otp(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    let (email, code) = (fields.string("email"), fields.string("otp"));
    let own = user::own_fields(&mut fields);
    fields.finish()?;
    let given = SignIn {
        email,
        code,
        name: own.name.unwrap_or_default(),
        image: own.image.flatten(),
        body: body.0.as_ref(),
    };
    let signed_in = actions::sign_in(&state, &context, given).await?;
    json(&SignedInBody { token: &signed_in.session.token, user: &signed_in.user })
}

/// `POST /email-otp/check-verification-otp` `{email, type, otp}`: a look that does not use the code up, but is
/// paid for like a try.
pub(super) async fn check_verification_otp(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    let (email, kind, code) = (fields.string("email"), fields.choice("type", TYPES), fields.string("otp"));
    fields.finish()?;
    let email = address(email)?;
    look(&state, &context, purpose(kind)?, email.as_str(), code).await?;
    match store::find_by_email(&state.database, email.as_str()).await? {
        Some(_) => Ok(json_response(StatusCode::OK, SUCCESS)),
        None => Err(user_not_found()),
    }
}

fn user_not_found() -> ApiError {
    ApiError::bad_request("USER_NOT_FOUND", "User not found")
}

/// `POST /email-otp/verify-email` `{email, otp}`.
pub(super) async fn verify_email(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    let (email, code) = (fields.string("email"), fields.string("otp"));
    fields.finish()?;
    let (email, purpose) = (address(email)?, CodePurpose::EmailVerification);
    let current = session::find(&state, &context).await?;
    let redeemed = redeem(&state, &context, purpose, email.as_str(), code).await?;
    let Some(user) = store::by_email(&redeemed.transaction, email.as_str()).await? else {
        redeemed.transaction.commit().await?;
        return Err(user_not_found());
    };
    redeemed.accept(&state, &context, purpose, email.as_str(), &user.id).await?;
    let is_own = current.is_some_and(|current| current.is_signed_in() && current.user.id == user.id);
    let user = match is_own {
        // Whoever is signed in as this user has the address too: it is one person.
        true => mark_proved(&redeemed.transaction, &state, &context, user, Method::EmailOtp).await?,
        false => {
            prove_address(&redeemed.transaction, &state, &context, user, Proof::by(Method::EmailOtp)).await?
        }
    };
    redeemed.transaction.commit().await?;
    json(&VerifiedBody { status: true, token: None, user: &user })
}

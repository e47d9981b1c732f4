//! Moving to another address on the pages: the new address, then the code that was sent there. The rules are those of
//! [`crate::email_otp`]'s change of address.

use axum::{Form, http::StatusCode, response::Response};
use jiff::Timestamp;
use kiavi_base::EmailAddress;
use kiavi_pages::{ChangeEmail, Notice};
use serde::{Deserialize, Serialize};

use super::{
    account::ACCOUNT,
    flow::{self, Cookie},
    routes::{RETURNING_LIFE, nowhere},
    visit::{Visit, html, see_other},
    wire::{AddressForm, CodeForm},
};
use crate::{ApiError, email_otp, links::with_query, session::CurrentUser};

/// The page.
const PAGE: &str = "/account/email";

/// Where somebody is moving to, in the flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Moving {
    /// The new address.
    pub(super) to: String,
    /// When its code was asked for.
    pub(super) asked_at: Timestamp,
}

/// Whoever may move now: only the person themselves, after a recent sign-in. Else what they see instead.
fn mover(visit: &Visit) -> Result<CurrentUser, Box<Response>> {
    let instead = |response| Err(Box::new(response));
    match visit.session() {
        _ if !visit.state.settings.email_otp.is_change_email_enabled => instead(nowhere(visit)),
        None => instead(see_other(&with_query("/sign-in", &[("redirect", Some(PAGE))]))),
        Some(current) if current.is_impersonated() => instead(visit.tell(Notice::NotWhileActing, ACCOUNT)),
        Some(current) if !current.is_fresh => instead(visit.tell(Notice::SignInAgain, ACCOUNT)),
        Some(current) => Ok(current),
    }
}

/// `GET /account/email`.
pub(super) async fn show(visit: Visit) -> Response {
    let current = match mover(&visit) {
        Ok(current) => current,
        Err(instead) => return *instead,
    };
    let mut flow = visit.flow();
    let notice = visit.take_notice(&mut flow);
    let settings = &visit.state.settings.email_otp;
    html(&ChangeEmail {
        frame: visit.frame(),
        email: current.user.email,
        resend_seconds: flow
            .moving
            .as_ref()
            .map_or(0, |moving| flow::resend_seconds(moving.asked_at, visit.now())),
        to: flow.moving.map(|moving| moving.to),
        digits: settings.length,
        valid_minutes: settings.expires_in_seconds.div_ceil(60),
        notice,
    })
}

/// `POST /account/email` `email`: sends a code there.
pub(super) async fn send_code(visit: Visit, Form(form): Form<AddressForm>) -> Result<Response, ApiError> {
    let current = match mover(&visit) {
        Ok(current) => current,
        Err(instead) => return Ok(*instead),
    };
    match form.email.trim().parse::<EmailAddress>() {
        Err(_) => Ok(visit.tell(Notice::EmailInvalid, PAGE)),
        Ok(new) if new.as_str() == current.user.email => Ok(visit.tell(Notice::EmailSame, PAGE)),
        Ok(new) => send_to(&visit, &current, &new, None).await,
    }
}

/// `POST /account/email/resend`.
pub(super) async fn resend_code(visit: Visit) -> Result<Response, ApiError> {
    let current = match mover(&visit) {
        Ok(current) => current,
        Err(instead) => return Ok(*instead),
    };
    match visit.flow().moving.map(|moving| moving.to.parse::<EmailAddress>()) {
        Some(Ok(new)) => send_to(&visit, &current, &new, Some(Notice::CodeSent)).await,
        _ => Ok(visit.tell(Notice::FlowExpired, PAGE)),
    }
}

async fn send_to(
    visit: &Visit,
    current: &CurrentUser,
    new: &EmailAddress,
    done: Option<Notice>,
) -> Result<Response, ApiError> {
    let mut flow = visit.flow();
    match email_otp::request_change(&visit.state, &visit.context, current, new).await {
        Ok(()) => {
            flow.moving = Some(Moving { to: new.to_string(), asked_at: visit.now() });
            flow.notice = done;
        }
        Err(error) => flow.notice = Some(flow::notice(error)?),
    }
    visit.keep(&flow);
    Ok(see_other(PAGE))
}

/// `POST /account/email/code` `code`: moves.
pub(super) async fn try_code(visit: Visit, Form(form): Form<CodeForm>) -> Result<Response, ApiError> {
    let current = match mover(&visit) {
        Ok(current) => current,
        Err(instead) => return Ok(*instead),
    };
    let mut flow = visit.flow();
    let Some(Ok(new)) = flow.moving.as_ref().map(|moving| moving.to.parse::<EmailAddress>()) else {
        return Ok(visit.tell(Notice::FlowExpired, PAGE));
    };
    let code = flow::digits(&form.code);
    let moved = email_otp::change_address(&visit.state, &visit.context, &current, &new, &code).await;
    let (notice, path) = match moved {
        Ok(()) => (Notice::EmailChanged, ACCOUNT),
        // Better Auth's words for these have no code; the address is no other than their own, so somebody has it.
        Err(error) if error.status() == StatusCode::BAD_REQUEST && error.code().is_none() => {
            (Notice::EmailTaken, PAGE)
        }
        Err(error) => (flow::notice(error)?, PAGE),
    };
    if matches!(notice, Notice::EmailChanged | Notice::EmailTaken) {
        flow.moving = None;
    }
    if notice == Notice::EmailChanged {
        // The device is greeted with the address that it has now.
        visit.keep_sealed(Cookie::Returning, &new.to_string(), RETURNING_LIFE);
    }
    flow.notice = Some(notice);
    visit.keep(&flow);
    Ok(see_other(path))
}

/// `POST /account/email/cancel`: stays at the address of before.
pub(super) async fn cancel(visit: Visit) -> Response {
    let mut flow = visit.flow();
    flow.moving = None;
    visit.keep(&flow);
    see_other(ACCOUNT)
}

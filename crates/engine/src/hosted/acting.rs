//! Acting as somebody else: where a member of the workspace begins to, and the way back of whoever does.

use axum::{extract::Query, http::StatusCode, response::Response};
use kiavi_pages::{ActingOffer, Leaving, Notice, Refused};

use super::{
    account::ACCOUNT,
    flow::Cookie,
    visit::{Visit, html, see_other},
    wire::ActingQuery,
};
use crate::{
    ApiError,
    admin::{
        self,
        handover::{self, PAGE, PAGE_LIFE},
    },
};

/// `GET /sign-in/acting`: with a token, takes it out of the address; without one, asks. The link stays as it is, whoever
/// looks.
pub(super) async fn show(visit: Visit, Query(query): Query<ActingQuery>) -> Result<Response, ApiError> {
    if let Some(token) = query.token {
        if handover::look(&visit.state, &token, true).await?.is_none() {
            return Ok(refuse(&visit, Notice::ActingLink));
        }
        visit.keep_sealed(Cookie::Acting, &token, PAGE_LIFE);
        return Ok(see_other(PAGE));
    }
    let token: Option<String> = visit.opened(Cookie::Acting);
    let found = match &token {
        Some(token) => handover::look(&visit.state, token, false).await?,
        None => None,
    };
    let Some((offer, target)) = found else { return Ok(refuse(&visit, Notice::ActingLink)) };
    let own = visit.session().filter(|current| !current.is_impersonated());
    Ok(html(&ActingOffer {
        frame: visit.frame(),
        name: target.name,
        email: target.email,
        seconds: offer.seconds,
        reason: offer.reason,
        own: own.map(|own| own.user.email),
    }))
}

/// `POST /sign-in/acting`: uses the link up and begins.
pub(super) async fn begin(visit: Visit) -> Result<Response, ApiError> {
    let token: Option<String> = visit.opened(Cookie::Acting);
    let Some(token) = token else { return Ok(refuse(&visit, Notice::ActingLink)) };
    let current = visit.session();
    let begun = handover::begin(&visit.state, &visit.context, &token, current.as_ref()).await;
    match begun {
        Err(error) if error.status().is_server_error() || error.retry_after_seconds().is_some() => Err(error),
        Err(error) if error.code() == Some("INVALID_TOKEN") => Ok(refuse(&visit, Notice::ActingLink)),
        Err(_) => Ok(refuse(&visit, Notice::ActingRefused)),
        Ok(()) => {
            visit.forget(Cookie::Acting);
            // Where the browser's own visitor was on the way to is not where the other person goes.
            visit.forget(Cookie::Flow);
            Ok(see_other(ACCOUNT))
        }
    }
}

fn refuse(visit: &Visit, notice: Notice) -> Response {
    visit.forget(Cookie::Acting);
    visit.context.note_refusal(notice.key());
    let mut response = html(&Refused { frame: visit.frame(), notice, back: "/".to_owned() });
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

/// `POST /account/stop-acting`: back to the console for whoever came from there, else to the administrator's own session;
/// without one, out.
pub(super) async fn stop(visit: Visit) -> Result<Response, ApiError> {
    let Some(current) = visit.session() else { return Ok(visit.tell(Notice::SessionEnded, "/sign-in")) };
    if !current.is_impersonated() {
        return Ok(see_other(ACCOUNT));
    }
    let is_back = admin::leave(&visit.state, &visit.context, &current).await?;
    if let Some(target) = visit.console() {
        return Ok(html(&Leaving { frame: visit.frame_of_nobody(), target, provider: None }));
    }
    Ok(match is_back {
        true => visit.tell(Notice::ActingStopped, ACCOUNT),
        false => visit.tell(Notice::SessionEnded, "/sign-in"),
    })
}

//! To the sign-in and back, and out again.

use std::time::Duration;

use axum::{Form, extract::Query, response::Response};
use kiavi_pages::{NoEntry, Notice, Refusal, SignedOut};
use serde::Deserialize;

use super::visit::{Answer, Visit, html, see_other};
use crate::console::{
    entry::{FLOW_LIFE, Flow},
    session, tenant,
};

/// The cookie of a sign-in that is under way.
const FLOW_COOKIE: &str = "kiavi_console_flow";
/// How long a browser keeps the session's cookie: as long as a session may last.
const SESSION_LIFE: Duration = Duration::from_secs(24 * 3600);

/// Where somebody wants to be in the end.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Next {
    next: Option<String>,
}

/// What the tenant's page brings back.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WayBack {
    code: String,
    state: String,
}

/// The form of a button that signs out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SignOutForm {
    /// Whether somebody else wants to sign in.
    again: Option<String>,
    next: Option<String>,
}

/// Sends the browser to the sign-in, which leads back to the path `next`.
pub(super) fn begin(visit: &Visit, next: &str, proves: bool) -> Response {
    let control = &visit.control;
    let (rng, now) = (&*control.parts().rng, control.parts().clock.now());
    let flow = Flow::new(rng, next, proves, now);
    let mut response = see_other(&flow.target(&control.sign_in_origin()));
    let life = Duration::try_from(FLOW_LIFE).unwrap_or_default();
    visit.set_cookie(
        &mut response,
        &visit.cookie_name(FLOW_COOKIE),
        flow.seal(control.flows(), rng),
        Some(life),
    );
    response
}

/// A path of this site, or the start.
fn own_path(visit: &Visit, next: Option<String>) -> String {
    let next = next.filter(|next| next.starts_with('/') && visit.control.origins().trusts_redirect(next));
    next.unwrap_or_else(|| "/".to_owned())
}

/// `GET /sign-in`.
pub(super) async fn sign_in(visit: Visit, Query(query): Query<Next>) -> Answer {
    let next = own_path(&visit, query.next);
    match visit.person().await? {
        Some(_) => Ok(see_other(&next)),
        None => Ok(begin(&visit, &next, false)),
    }
}

/// `GET /step-up`: where a member uses their passkey, and nothing else counts.
pub(super) async fn step_up(visit: Visit, Query(query): Query<Next>) -> Answer {
    let next = own_path(&visit, query.next);
    Ok(begin(&visit, &next, true))
}

/// `GET /signed-in`: the way back. State and cookie must be of one browser; the code works once.
pub(super) async fn signed_in(visit: Visit, Query(query): Query<WayBack>) -> Answer {
    let (control, now) = (&visit.control, visit.control.parts().clock.now());
    let flow = visit
        .cookie(&visit.cookie_name(FLOW_COOKIE))
        .and_then(|text| Flow::open(control.flows(), &text, now));
    let Some(flow) = flow.filter(|flow| flow.is_of(&query.state)) else { return Ok(failed(&visit)) };
    let Some(signed_in) = tenant::redeem(control, &query.code, &flow.verifier).await? else {
        return Ok(failed(&visit));
    };
    let token = session::begin(control, &visit.actor, &signed_in, visit.token.as_deref()).await?;
    let mut response = see_other(&with_thanks(&flow));
    visit.set_cookie(&mut response, &visit.cookie_name(FLOW_COOKIE), String::new(), None);
    visit.set_cookie(&mut response, &visit.session_cookie_name(), token, Some(SESSION_LIFE));
    Ok(response)
}

/// Where a sign-in leads; a page of a workspace tells that the passkey was right.
fn with_thanks(flow: &Flow) -> String {
    let next = &flow.next;
    match flow.proves && next.starts_with("/w/") && !next.contains('?') {
        true => format!("{next}?notice={}", Notice::StepUpDone.key()),
        false => next.clone(),
    }
}

fn failed(visit: &Visit) -> Response {
    let mut frame = visit.frame();
    // Neither code nor state belongs into the links of the page.
    frame.path = "/".to_owned();
    let mut response = html(&Refusal { frame, why: NoEntry::EntryFailed });
    *response.status_mut() = axum::http::StatusCode::BAD_REQUEST;
    visit.set_cookie(&mut response, &visit.cookie_name(FLOW_COOKIE), String::new(), None);
    response
}

/// `POST /sign-out`: out of the console and of its sign-in.
pub(super) async fn sign_out(visit: Visit, Form(form): Form<SignOutForm>) -> Answer {
    let is_told = match &visit.token {
        Some(token) => session::end(&visit.control, &visit.actor, token).await?,
        None => true,
    };
    let mut response = match (is_told, form.again) {
        (true, Some(_)) => begin(&visit, &own_path(&visit, form.next), false),
        (true, None) => see_other("/signed-out"),
        // The console has forgotten them; the other half is one button away.
        (false, _) => see_other(&format!("{}/sign-out", visit.control.sign_in_origin())),
    };
    visit.set_cookie(&mut response, &visit.session_cookie_name(), String::new(), None);
    Ok(response)
}

/// `GET /signed-out`.
pub(super) async fn signed_out(visit: Visit) -> Response {
    html(&SignedOut { frame: visit.frame() })
}

//! From "you already have an account" to a linked one, without starting over.
//!
//! `/sign-in/connect` says what waits ([`pending`]) and asks for a code or a passkey. The code is typed on the usual
//! page, which says what comes of it, and its form links in the same request. A passkey is used by script and comes
//! back to this page, which then asks and whose button links: nothing is ever linked by opening a page.

use axum::response::Response;
use kiavi_pages::{Connect, Leaving, Notice, Proof};

use super::{
    flow::{self, Flow},
    routes::{OFFER, send_to},
    visit::{Visit, html, see_other},
};
use crate::{
    ApiError,
    engine::API,
    session::CurrentUser,
    social::pending::{self, Completed, SessionProof},
};

/// The page.
pub(super) const PAGE: &str = "/sign-in/connect";
/// The code of the failure that it begins with.
const CONFLICT: &str = "account_not_linked";

/// Tells of a sign-in with a provider that came to nothing, where the visitor can go on.
pub(super) fn tell_failure(visit: &Visit, code: &str) -> Response {
    if code == CONFLICT && pending::may_wait(&visit.state, &visit.context) {
        return see_other(PAGE);
    }
    visit.tell(flow::notice_of_failure(code), "/sign-in")
}

/// What people call the provider that is linked when the code of this flow was right.
pub(super) async fn waiting_provider(visit: &Visit, flow: &Flow) -> Result<Option<String>, ApiError> {
    if !flow.connects {
        return Ok(None);
    }
    Ok(pending::look(&visit.state, &visit.context, None).await?.map(|pending| pending.provider))
}

/// `GET /sign-in/connect`.
pub(super) async fn show(visit: Visit) -> Result<Response, ApiError> {
    let current = visit.session();
    let session_id = current.as_ref().map(|current| current.session.id.as_str());
    let Some(waiting) = pending::look(&visit.state, &visit.context, session_id).await? else {
        return Ok(visit.tell(Notice::FlowExpired, "/sign-in"));
    };
    let mut flow = visit.flow();
    let is_unproved = |current: &CurrentUser| {
        current.user.email == waiting.email && !current.user.email_verified && !current.is_impersonated()
    };
    let missing = match waiting.proof {
        SessionProof::OfAnother => Some(Notice::ConnectOther),
        _ => current.as_ref().filter(|current| is_unproved(current)).map(|_| Notice::ConnectNeedsCode),
    };
    let notice = visit.take_notice(&mut flow).or(missing);
    let proof = match waiting.proof {
        SessionProof::Given => Proof::Given,
        _ => Proof::Wanted { api: API.to_owned(), next: PAGE.to_owned() },
    };
    let (provider, email) = (waiting.provider, waiting.email);
    Ok(html(&Connect { frame: visit.frame(), provider, email, proof, notice }))
}

/// `POST /sign-in/connect`: sends a code to the address that waits. No captcha: a sign-in at the provider was harder, and
/// the address's limit holds.
pub(super) async fn send_code(visit: Visit) -> Result<Response, ApiError> {
    let Some(waiting) = pending::look(&visit.state, &visit.context, None).await? else {
        return Ok(visit.tell(Notice::FlowExpired, "/sign-in"));
    };
    let mut flow = visit.flow();
    match send_to(&visit, &waiting.email).await? {
        Ok(()) => {
            flow.email = Some(waiting.email);
            (flow.asked_at, flow.connects) = (Some(visit.now()), true);
            visit.keep(&flow);
            Ok(see_other("/sign-in/code?sent=yes"))
        }
        Err(notice) => Ok(visit.tell(notice, PAGE)),
    }
}

/// `POST /sign-in/connect/confirm`: links to the account that a passkey has just signed in to.
pub(super) async fn confirm(visit: Visit) -> Result<Response, ApiError> {
    let Some(current) = visit.session() else { return Ok(visit.tell(Notice::SessionEnded, PAGE)) };
    let flow = Flow { next: visit.flow().next, ..Flow::default() };
    finish(&visit, flow, &current.session.id).await
}

/// `POST /sign-in/connect/cancel`: nothing waits any more.
pub(super) async fn cancel(visit: Visit) -> Result<Response, ApiError> {
    pending::forget(&visit.state, &visit.context).await?;
    let flow = visit.flow();
    visit.keep(&Flow { next: flow.next, ..Flow::default() });
    Ok(see_other("/sign-in"))
}

/// Links what waits, if the session with this id is the proof, and goes on to where the sign-in with the provider was
/// to lead. Whoever is signed in stays so, whatever becomes of the linking.
pub(super) async fn finish(visit: &Visit, flow: Flow, session_id: &str) -> Result<Response, ApiError> {
    let completed = pending::complete(&visit.state, &visit.context, session_id).await?;
    let (notice, target) = match completed {
        Completed::Linked { callback_url } => (Notice::AccountLinked, visit.trusted(Some(callback_url))),
        // The page says what is missing.
        Completed::Unproved => return Ok(see_other(PAGE)),
        Completed::OthersAccount => (Notice::ConnectOther, None),
        Completed::Gone => (Notice::ConnectExpired, None),
    };
    let target = target.filter(|target| target != OFFER);
    visit.keep(&Flow { notice: Some(notice).filter(|_| target.is_none()), ..flow });
    Ok(match target {
        None => see_other(OFFER),
        Some(path) if path.starts_with('/') => see_other(&path),
        Some(target) => html(&Leaving { frame: visit.frame(), target, provider: None }),
    })
}

//! From a sign-in back to the management console, in the tenant that its people sign in to. See [`crate::console`].

use axum::{extract::Query, response::Response};
use kiavi_pages::{Leaving, Notice, Prove, Refused};

use super::{
    routes,
    visit::{Visit, html, see_other},
};
use crate::{
    ApiError,
    console::{self, Asked},
    engine::API,
    passkey,
};

/// `GET /sign-in/console`: leads whoever is signed in back to the console with a code; asks for a sign-in, or for a
/// passkey, where that is missing.
pub(super) async fn enter(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, ApiError> {
    let origin = visit.state.settings.console.origin.as_ref().map(|origin| origin.origin().to_owned());
    let Some(back) = origin.filter(|_| asked.is_whole()) else {
        return Ok(routes::not_found(visit).await);
    };
    let Some(current) = visit.session() else {
        let mut flow = visit.flow();
        flow.next = Some(asked.target());
        visit.keep(&flow);
        return Ok(see_other("/sign-in"));
    };
    if current.is_impersonated() {
        let back = "/account".to_owned();
        visit.context.note_refusal(Notice::NotWhileActing.key());
        return Ok(html(&Refused { frame: visit.frame(), notice: Notice::NotWhileActing, back }));
    }
    if asked.prove.is_some() && !console::is_proved(&visit.state, &current.session.id).await? {
        let has_passkey = !passkey::list(&visit.state, &current.user.id).await?.is_empty();
        let (api, next) = (API.to_owned(), asked.target());
        let frame = visit.frame_at(&next);
        return Ok(html(&Prove { frame, email: current.user.email, api, next, has_passkey, back }));
    }
    let target = console::issue(&visit.state, &visit.context, &current, &asked).await?;
    Ok(match target {
        Some(target) => html(&Leaving { frame: visit.frame(), target, provider: None }),
        None => see_other("/account"),
    })
}

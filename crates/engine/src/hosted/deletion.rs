//! The page on which people delete their account, with or without a link from a mail.

use axum::{Form, extract::Query, response::Response};
use kiavi_pages::{AccountDeleted, DeleteAccount, Notice};

use super::{
    flow::{self, Cookie},
    routes::not_found,
    visit::{Visit, html, see_other},
    wire::DeletionForm,
};
use crate::{
    ApiError,
    links::with_query,
    user::{
        Deletion,
        deletion::{self, Confirmation, PAGE},
    },
};

/// `GET /account/delete`: asks. A link stays as it is, whoever looks.
pub(super) async fn show(visit: Visit, Query(query): Query<DeletionForm>) -> Result<Response, ApiError> {
    let deletion = visit.state.settings.user.deletion;
    if deletion == Deletion::Off {
        return Ok(not_found(visit).await);
    }
    let (token, target) = (query.token.filter(|token| !token.is_empty()), visit.trusted(query.callback_url));
    let here = with_query(PAGE, &[("token", token.as_deref()), ("callbackURL", target.as_deref())]);
    let Some(current) = visit.session() else {
        return Ok(see_other(&with_query("/sign-in", &[("redirect", Some(&here))])));
    };
    if current.is_impersonated() {
        return Ok(visit.tell(Notice::NotWhileActing, "/account"));
    }
    if let Some(token) = &token
        && !deletion::is_own_link(&visit.state, &current.user, token).await?
    {
        return Ok(visit.tell(Notice::LinkExpired, "/account"));
    }
    let mut flow = visit.flow();
    let notice = visit.take_notice(&mut flow);
    Ok(html(&DeleteAccount {
        frame: visit.frame_at(&here),
        email: current.user.email,
        sends_mail: token.is_none() && deletion == Deletion::Mail,
        token,
        target,
        notice,
    }))
}

/// `POST /account/delete`: deletes, or sends the mail that has to be confirmed first.
pub(super) async fn confirm(visit: Visit, Form(form): Form<DeletionForm>) -> Result<Response, ApiError> {
    let (state, context) = (&visit.state, &visit.context);
    if state.settings.user.deletion == Deletion::Off {
        return Ok(not_found(visit).await);
    }
    let Some(current) = visit.session() else {
        return Ok(visit.tell(Notice::SessionEnded, "/sign-in"));
    };
    if current.is_impersonated() {
        return Ok(visit.tell(Notice::NotWhileActing, "/account"));
    }
    let target = visit.trusted(form.callback_url).filter(|target| target != "/");
    let done = match form.token.filter(|token| !token.is_empty()) {
        Some(token) => {
            deletion::delete_with_link(state, context, &current, &token).await.map(|()| Confirmation::Deleted)
        }
        None => deletion::delete_fresh(state, context, &current, target.as_deref()).await,
    };
    match done {
        Ok(Confirmation::Mailed) => Ok(visit.tell(Notice::DeletionMailSent, PAGE)),
        Ok(Confirmation::Deleted) => {
            visit.forget(Cookie::Returning);
            visit.forget(Cookie::Flow);
            Ok(html(&AccountDeleted { frame: visit.frame(), target }))
        }
        Err(error) => Ok(visit.tell(flow::notice(error)?, "/account")),
    }
}

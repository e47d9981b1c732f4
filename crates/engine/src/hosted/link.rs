//! The page that a sign-in link leads to.

use axum::{Form, extract::Query, response::Response};
use kiavi_pages::{Notice, SignInLink};

use super::{
    flow::{self, Flow},
    routes::not_found,
    visit::{Visit, html, see_other},
    wire::LinkForm,
};
use crate::{
    ApiError,
    links::{absolute, with_query},
    magic_link::{self, PAGE},
};

/// `GET /sign-in/link`: asks. The link stays as it is, whoever looks.
pub(super) async fn show(visit: Visit, Query(query): Query<LinkForm>) -> Result<Response, ApiError> {
    if !visit.state.settings.magic_link.is_enabled {
        return Ok(not_found(visit).await);
    }
    let trusted = |target: Option<String>| visit.trusted(target);
    let (target, new_user_target) = (trusted(query.callback_url), trusted(query.new_user_callback_url));
    let error_target = trusted(query.error_callback_url);
    match (magic_link::address_of(&visit.state, &query.token).await?, error_target) {
        (Some(email), error_target) => {
            let here = [
                ("token", Some(query.token.as_str())),
                ("callbackURL", target.as_deref()),
                ("newUserCallbackURL", new_user_target.as_deref()),
                ("errorCallbackURL", error_target.as_deref()),
            ];
            let (frame, token) = (visit.frame_at(&with_query(PAGE, &here)), query.token);
            Ok(html(&SignInLink { frame, email, token, target, new_user_target, error_target }))
        }
        (None, Some(target)) => Ok(see_other(&absolute(&visit.state, &target, Some("INVALID_TOKEN"))?)),
        (None, None) => Ok(visit.tell(Notice::LinkExpired, "/sign-in")),
    }
}

/// `POST /sign-in/link`: uses the link up and signs in.
pub(super) async fn confirm(visit: Visit, Form(form): Form<LinkForm>) -> Result<Response, ApiError> {
    if !visit.state.settings.magic_link.is_enabled {
        return Ok(not_found(visit).await);
    }
    match magic_link::sign_in(&visit.state, &visit.context, &form.token).await {
        Ok(signed_in) => {
            let target = form.new_user_callback_url.filter(|_| signed_in.is_new).or(form.callback_url);
            let next = visit.trusted(target).filter(|target| target != "/");
            visit.keep(&Flow { next, ..Flow::default() });
            Ok(see_other("/sign-in/passkey"))
        }
        // The page finds the link gone and knows where to lead.
        Err(error) if error.code() == Some("INVALID_TOKEN") => {
            let pairs = [
                ("token", Some(form.token.as_str())),
                ("errorCallbackURL", form.error_callback_url.as_deref()),
            ];
            Ok(see_other(&with_query(PAGE, &pairs)))
        }
        Err(error) => Ok(visit.tell(flow::notice(error)?, "/sign-in")),
    }
}

//! Endpoints of sign-in links.

use axum::{extract::RawQuery, http::StatusCode, response::Response};
use kiavi_http::json_response;
use serde::Serialize;

use super::{PAGE, Targets, actions};
use crate::{
    ApiError, Context, JsonBody, State,
    abuse::captcha::{CaptchaResponse, Scope},
    email_otp::SignedIn,
    links::{self, LinkQuery},
    session::Session,
    user::{self, User},
};

#[derive(Serialize)]
struct SignedInBody<'a> {
    token: &'a str,
    user: &'a User,
    session: &'a Session,
}

/// `POST /sign-in/magic-link` `{email, name?, callbackURL?, newUserCallbackURL?, errorCallbackURL?}`: 200 whoever
/// has the address. The gate has checked the URLs.
pub(super) async fn sign_in_magic_link(
    state: State,
    context: Context,
    captcha: CaptchaResponse,
    body: JsonBody,
) -> Result<Response, ApiError> {
    captcha.require(&state, &context, Scope::Link).await?;
    let mut fields = body.fields()?;
    let email = fields.email("email");
    let name = user::own_fields(&mut fields).name;
    let mut target = |name| fields.optional_string(name).filter(|target| !target.is_empty());
    let targets = Targets {
        callback: target("callbackURL"),
        new_user: target("newUserCallbackURL"),
        error: target("errorCallbackURL"),
    };
    fields.finish()?;
    actions::send_link(&state, &context, &email?, name, targets).await?;
    Ok(json_response(StatusCode::OK, r#"{"status":true}"#))
}

/// `GET /magic-link/verify?token=&callbackURL=&newUserCallbackURL=&errorCallbackURL=`: on to the page that acts.
pub(super) async fn verify(
    state: State,
    context: Context,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = LinkQuery::new(query);
    let token = query.required("token")?;
    let callback = query.target(&state, "callbackURL")?;
    let new_user = query.target(&state, "newUserCallbackURL")?;
    let error = query.target(&state, "errorCallbackURL")?;
    if !state.settings.compatibility.links_act_on_get {
        let pairs = [
            ("token", Some(token.as_str())),
            ("callbackURL", callback.as_deref()),
            ("newUserCallbackURL", new_user.as_deref()),
            ("errorCallbackURL", error.as_deref()),
        ];
        return Ok(links::found(&links::with_query(PAGE, &pairs)));
    }
    match actions::sign_in(&state, &context, &token).await {
        Ok(signed_in) => match &callback {
            None => json(&signed_in),
            Some(callback) => {
                let target = new_user.as_ref().filter(|_| signed_in.is_new).unwrap_or(callback);
                Ok(links::found(&links::absolute(&state, target, None)?))
            }
        },
        // A link or a newcomer that is refused leads back with the code; a session that is refused is told here.
        Err(refusal) => match refusal.code().filter(|_| refusal.status() == StatusCode::BAD_REQUEST) {
            Some(code) => {
                let target = error.or(callback).unwrap_or_else(|| "/".to_owned());
                Ok(links::found(&links::absolute(&state, &target, Some(code))?))
            }
            None => Err(refusal),
        },
    }
}

fn json(SignedIn { session, user, .. }: &SignedIn) -> Result<Response, ApiError> {
    let body = SignedInBody { token: &session.token, user, session };
    Ok(json_response(StatusCode::OK, serde_json::to_vec(&body).map_err(ApiError::internal)?))
}

//! Endpoints of a deletion.

use axum::{
    extract::RawQuery,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use kiavi_http::json_response;

use super::{
    Confirmation, PAGE,
    actions::{delete_fresh, delete_with_link, invalid_token, is_own_link},
};
use crate::{
    ApiError, Context, JsonBody, State,
    links::{self, LinkQuery},
    session,
    user::Deletion,
};

const DELETED: &str = r#"{"success":true,"message":"User deleted"}"#;
const MAILED: &str = r#"{"success":true,"message":"Verification email sent"}"#;

/// `POST /delete-user` `{callbackURL?, password?, token?}`. The gate has checked the URL.
pub(super) async fn delete_user(
    state: State,
    context: Context,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let mut fields = body.fields()?;
    let mut given = |name| fields.optional_string(name).filter(|text| !text.is_empty());
    let (target, password, token) = (given("callbackURL"), given("password"), given("token"));
    fields.finish()?;
    let current = session::require_sensitive(&state, &context).await?;
    if state.settings.user.deletion == Deletion::Off {
        return Err(ApiError::empty(StatusCode::NOT_FOUND));
    }
    if password.is_some() {
        // Passwords are never enabled, so nobody has one to give.
        let message = "Credential account not found";
        return Err(ApiError::bad_request("CREDENTIAL_ACCOUNT_NOT_FOUND", message));
    }
    if let Some(token) = token {
        delete_with_link(&state, &context, &current, token).await?;
        return Ok(json_response(StatusCode::OK, DELETED));
    }
    let told = match delete_fresh(&state, &context, &current, target).await? {
        Confirmation::Deleted => DELETED,
        Confirmation::Mailed => MAILED,
    };
    Ok(json_response(StatusCode::OK, told))
}

/// `GET /delete-user/callback?token=&callbackURL=`: on to the page that acts. A person meets that page in any
/// case, a program Better Auth's errors.
pub(super) async fn callback(
    state: State,
    context: Context,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = LinkQuery::new(query);
    let token = query.required("token")?;
    let target = query.target(&state, "callbackURL")?;
    if state.settings.user.deletion == Deletion::Off {
        return Err(ApiError::new(StatusCode::NOT_FOUND, "NOT_FOUND", "Not found"));
    }
    let acts = state.settings.compatibility.links_act_on_get;
    let pairs = [("token", Some(token.as_str())), ("callbackURL", target.as_deref())];
    let page = links::with_query(PAGE, &pairs);
    if !acts && links::wants_page(&headers) {
        return Ok(links::found(&page));
    }
    let current = session::find(&state, &context).await?;
    let Some(current) = current.filter(session::CurrentUser::is_signed_in) else {
        let message = "Failed to get user info";
        return Err(ApiError::new(StatusCode::NOT_FOUND, "FAILED_TO_GET_USER_INFO", message));
    };
    if !acts {
        let is_own = is_own_link(&state, &current.user, &token).await?;
        return if is_own { Ok(links::found(&page)) } else { Err(invalid_token()) };
    }
    delete_with_link(&state, &context, &current, &token).await?;
    match target {
        Some(target) => Ok(links::found(&target)),
        None => Ok(json_response(StatusCode::OK, DELETED)),
    }
}

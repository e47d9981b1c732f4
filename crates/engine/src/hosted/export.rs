//! The copy of what is kept of somebody, as a file for them.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use kiavi_pages::Notice;

use super::{account::ACCOUNT, flow, visit::Visit};
use crate::{ApiError, user::export};

/// What the file is called.
const FILE: &str = "attachment; filename=\"account.json\"";

/// `POST /account/export`: the file, or back to the account page with the reason why not.
pub(super) async fn download(visit: Visit) -> Result<Response, ApiError> {
    let Some(current) = visit.session() else { return Ok(visit.tell(Notice::SessionEnded, "/sign-in")) };
    if current.is_impersonated() {
        return Ok(visit.tell(Notice::NotWhileActing, ACCOUNT));
    }
    match export::copy(&visit.state, &visit.context, current).await {
        Ok(json) => {
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
                (header::CONTENT_DISPOSITION, HeaderValue::from_static(FILE)),
            ];
            Ok((headers, json).into_response())
        }
        Err(error) => Ok(visit.tell(flow::notice(error)?, ACCOUNT)),
    }
}

//! The way back of whoever acts as somebody else.

use axum::response::Response;
use kiavi_pages::Notice;

use super::visit::{Visit, see_other};
use crate::{ApiError, admin};

/// `POST /account/stop-acting`: back to the administrator's own session; without one, out.
pub(super) async fn stop(visit: Visit) -> Result<Response, ApiError> {
    let Some(current) = visit.session() else { return Ok(visit.tell(Notice::SessionEnded, "/sign-in")) };
    if !current.is_impersonated() {
        return Ok(see_other("/account"));
    }
    Ok(match admin::leave(&visit.state, &visit.context, &current).await? {
        true => visit.tell(Notice::ActingStopped, "/account"),
        false => visit.tell(Notice::SessionEnded, "/sign-in"),
    })
}

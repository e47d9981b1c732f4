//! The link for the first owner, for whoever runs the instance.

use axum::{Json, extract::State, http::StatusCode};
use kiavi_base::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Problem, code::Code, input::Sent, invitations::NothingSent};
use crate::{Control, caller::Actor, console::first_owner};

/// A link that makes whoever signs in by it the owner.
#[derive(Serialize, ToSchema)]
pub(super) struct OwnerLink {
    /// The link: keep it now, it is not shown again. Good once, for a day.
    #[schema(example = "https://console.example.com/first-owner?token=7Jd0sT2k…")]
    url: String,
}

/// Make the link for the first owner
///
/// Whoever signs in to the console by it becomes the owner of the workspace `default`. It works once, for a day, and only
/// while that workspace has no owner. The link before it ends.
#[utoipa::path(post, path = "/first-owner-link", tag = "Members", request_body = NothingSent, responses(
    (status = 201, description = "The link", body = OwnerLink),
))]
pub(super) async fn create(
    State(control): State<Control>,
    actor: Actor,
    Sent(NothingSent {}): Sent<NothingSent>,
) -> Result<(StatusCode, axum::Extension<super::idempotency::KeepInstead>, Json<OwnerLink>), Problem> {
    let token = first_owner::renew(&control, &actor).await?.ok_or(Code::OwnerExists)?;
    let url = control.owner_link(&token).expose_secret().to_owned();
    // A repetition does not get the secret.
    let kept = super::idempotency::KeepInstead(serde_json::json!({ "url": null }));
    Ok((StatusCode::CREATED, axum::Extension(kept), Json(OwnerLink { url })))
}

//! What can be asked for a tenant that there is: one route for each operation.
//!
//! Each answers 200 with the tenant once everything is done, 202 with the state that it has when that takes long or has
//! to be tried again, and 204 once a tenant is gone; with `Accept: text/event-stream` at once, with the steps as they
//! happen. Asking for what was asked for before changes nothing and is answered alike.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Problem, code::Code, create::wants_events, input::Sent, progress, resource::TenantResource};
use crate::{
    Control, ControlError, Tenant,
    address::{self, Renaming},
    caller::Actor,
    operation::Operation,
    parse_name,
    provision::{self, Change, Order},
    rotation,
    tenant::{SecretChange, store},
};

/// How long an answer waits. Every operation takes a fraction of a second.
const WAIT: Duration = Duration::from_secs(20);
/// Longest reason, in characters.
const MAX_REASON: usize = 200;

/// Who asks for what tenant, and how they want to be answered.
pub(super) struct Asked {
    pub(super) control: Control,
    actor: Actor,
    pub(super) tenant: Arc<Tenant>,
    headers: HeaderMap,
}

impl FromRequestParts<Control> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, control: &Control) -> Result<Self, Problem> {
        let Ok(actor) = Actor::from_request_parts(parts, control).await;
        let found = Extension::<Arc<Tenant>>::from_request_parts(parts, control).await;
        let Extension(tenant) = found.map_err(|error| Problem::internal(&error))?;
        Ok(Self { control: control.clone(), actor, tenant, headers: parts.headers.clone() })
    }
}

impl Asked {
    /// Asks for it and tells what became of it.
    pub(super) async fn order(self, order: Order) -> Result<Response, Problem> {
        let Self { control, actor, tenant, headers } = self;
        // Before anything is changed: a stream that cannot be opened changes nothing.
        let permit = if wants_events(&headers) { Some(progress::permit(&control, &actor)?) } else { None };
        let before = store::steps(&control.parts().database, &tenant.id).await?;
        // A request whose answer was lost has asked already.
        if actor.attempt.as_ref().is_none_or(|attempt| attempt.made.is_none()) {
            provision::request(&control, &actor, &tenant.id, &order).await?;
        }
        match permit {
            Some(permit) => Ok(progress::stream_after(&control, &tenant, before, permit).into_response()),
            None => answer(&control, &tenant).await,
        }
    }
}

async fn answer(control: &Control, tenant: &Tenant) -> Result<Response, Problem> {
    let is_over = |tenant: &Tenant| tenant.is_settled() || tenant.last_error.is_some();
    let settled = tokio::time::timeout(WAIT, control.wait(&tenant.id, is_over)).await;
    let now = match settled {
        Ok(now) => now?,
        Err(_) => store::find(&control.parts().database, tenant.id.as_str()).await?,
    };
    let Some(now) = now else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    let status = if now.is_settled() { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(TenantResource::new(control, &now))).into_response())
}

/// Why something is done.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Why {
    /// For the logs and whoever looks at the tenant, not for its visitors.
    #[schema(example = "unpaid", max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    reason: Option<String>,
}

fn checked(reason: Option<String>) -> Result<Option<String>, Problem> {
    let is_plain = |text: &String| text.chars().count() <= MAX_REASON && !text.chars().any(char::is_control);
    if reason.as_ref().is_none_or(is_plain) {
        return Ok(reason.filter(|text| !text.is_empty()));
    }
    Err(Problem::invalid_body(format!("\"reason\" has at most {MAX_REASON} printable characters.")))
}

/// Suspend a tenant
///
/// Its engine ends, nothing connects to its database any more, and its addresses answer 503: a page for people,
/// `{"code":"TENANT_SUSPENDED"}` for programs.
#[utoipa::path(post, path = "/tenants/{tenant}/suspend", tag = "Tenants", request_body = Why,
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "It is suspended", body = TenantResource),
    (status = 202, description = "It will be", body = TenantResource),
))]
pub(super) async fn suspend(asked: Asked, Sent(why): Sent<Why>) -> Result<Response, Problem> {
    asked.order(Order::plain(Operation::Suspend, checked(why.reason)?)).await
}

/// Resume a suspended tenant
///
/// Requests reach it again, with the settings that it was given meanwhile.
#[utoipa::path(post, path = "/tenants/{tenant}/resume", tag = "Tenants",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "It runs", body = TenantResource),
    (status = 202, description = "It will", body = TenantResource),
))]
pub(super) async fn resume(asked: Asked) -> Result<Response, Problem> {
    asked.order(Order::plain(Operation::Resume, None)).await
}

/// A deletion.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Deletion {
    /// For the logs and whoever looks at the tenant.
    #[schema(example = "moved out", max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    reason: Option<String>,
    /// Destroy it at once instead of when the grace period is over.
    #[serde(default)]
    now: bool,
    /// Its name once more, for `now`.
    #[schema(example = "shop", max_length = 63)]
    confirm: Option<String>,
}

/// Delete a tenant
///
/// It is suspended at once, and destroyed with everything it has when the grace period is over (`destroyed_at`); until then
/// it can be exported and brought back. With `now` it is destroyed at once, which cannot be undone.
#[utoipa::path(post, path = "/tenants/{tenant}/delete", tag = "Tenants", request_body = Deletion,
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "It is deleted, and can be brought back", body = TenantResource),
    (status = 202, description = "It will be", body = TenantResource),
    (status = 204, description = "It is destroyed"),
))]
pub(super) async fn delete(asked: Asked, Sent(deletion): Sent<Deletion>) -> Result<Response, Problem> {
    let reason = checked(deletion.reason)?;
    if !deletion.now {
        let grace = asked.control.parts().deletion_grace;
        return asked.order(Order::delete(grace, reason)).await;
    }
    if deletion.confirm.as_deref() != Some(asked.tenant.slug.as_str()) {
        return Err(Code::NotConfirmed.into());
    }
    asked.order(Order::plain(Operation::Destroy, reason)).await
}

/// Bring a deleted tenant back
///
/// Up to the end of its grace period.
#[utoipa::path(post, path = "/tenants/{tenant}/undelete", tag = "Tenants",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "It runs", body = TenantResource),
    (status = 202, description = "It will", body = TenantResource),
))]
pub(super) async fn undelete(asked: Asked) -> Result<Response, Problem> {
    asked.order(Order::plain(Operation::Undelete, None)).await
}

/// Another name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewName {
    /// The new name: lower-case letters, digits and inner hyphens.
    #[schema(
        example = "store",
        min_length = 1,
        max_length = 63,
        pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"
    )]
    slug: String,
    /// Go on although passkeys that people have will not work at the new address.
    #[serde(default)]
    accept_rp_id_change: bool,
}

/// Rename a tenant
///
/// With the name goes the address. The old one leads to the new one with 308 for 30 days, or as long as sessions live, and
/// is nobody else's until then. Everybody is signed out once.
#[utoipa::path(post, path = "/tenants/{tenant}/rename", tag = "Tenants", request_body = NewName,
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "It has the name", body = TenantResource),
    (status = 202, description = "It will have it", body = TenantResource),
))]
pub(super) async fn rename(asked: Asked, Sent(new): Sent<NewName>) -> Result<Response, Problem> {
    let slug = parse_name(&new.slug).map_err(ControlError::Name)?;
    let renaming = Renaming { slug: Some(slug), primary: None };
    let order = address::order(&asked.control, &asked.tenant, renaming, new.accept_rp_id_change).await?;
    asked.order(order).await
}

/// Rotate a tenant's secret
///
/// A new secret is put before the one there is. Cookies, codes and tokens that were made under earlier ones still verify,
/// until those are retired.
#[utoipa::path(post, path = "/tenants/{tenant}/secret/rotate", tag = "Tenants",
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "It has a new secret", body = TenantResource),
    (status = 202, description = "It will have one", body = TenantResource),
))]
pub(super) async fn rotate_secret(asked: Asked) -> Result<Response, Problem> {
    let from = rotation::version(&asked.control, &asked.tenant).await?;
    let change = Change::Secret { change: SecretChange::Rotate, from };
    asked.order(Order { operation: Operation::RotateSecret, reason: None, change }).await
}

/// A retirement.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Retirement {
    /// Go on although passkeys that people have need an earlier secret.
    #[serde(default)]
    accept_loss: bool,
}

/// Retire a tenant's earlier secrets
///
/// All secrets before the current one are destroyed: who signed in under them is signed out.
#[utoipa::path(post, path = "/tenants/{tenant}/secret/retire", tag = "Tenants", request_body = Retirement,
    params(("tenant" = String, Path, description = "The tenant's name or id", example = "shop")), responses(
    (status = 200, description = "It has its current secret only", body = TenantResource),
    (status = 202, description = "It will", body = TenantResource),
))]
pub(super) async fn retire_secret(
    asked: Asked,
    Sent(retirement): Sent<Retirement>,
) -> Result<Response, Problem> {
    if !retirement.accept_loss {
        rotation::check_retirement(&asked.control, &asked.tenant).await?;
    }
    let from = rotation::version(&asked.control, &asked.tenant).await?;
    let change = Change::Secret { change: SecretChange::Retire, from };
    asked.order(Order { operation: Operation::RetireSecret, reason: None, change }).await
}

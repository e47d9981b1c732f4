//! `POST /api/v1/imports`: a tenant with the data of a Better Auth server. `POST /api/v1/imports/check`: what it would be.
//!
//! The body is a stream (`kiavi_moving::stream`) that whoever can reach the other server's database reads there. Its head
//! is JSON: `slug`, `former` (what is known of that server) and `secret` (as Better Auth's environment has it).

use std::{borrow::Cow, time::Duration};

use axum::{
    Extension, Json,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use kiavi_base::{RequestId, Slug};
use kiavi_crypto::TenantSecret;
use kiavi_http::{parse_json, read_body};
use kiavi_moving::stream::{Frame, InvalidStream, MEDIA_TYPE};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Problem;
use crate::{
    Adopted, Caller, Control, ControlError, FormerServer, TenantState,
    caller::Actor,
    parse_name,
    provision::{self, Counts, Frames, ImportError, Order},
    tenant::store,
};

/// How long an answer waits for the tenant to run, which takes a fraction of a second.
const WAIT: Duration = Duration::from_secs(20);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    slug: String,
    #[serde(default)]
    former: FormerServer,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head<'a> {
    slug: String,
    #[serde(default)]
    former: FormerServer,
    /// Borrowed, so that there is no copy more.
    #[serde(borrow)]
    secret: Option<Cow<'a, str>>,
}

/// What the tenant would be called and where, and what that means for its people. Makes nothing.
pub(super) async fn check(
    State(control): State<Control>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let bytes = read_body(body).await?;
    if parse_json(&headers, &bytes)?.is_none() {
        return Err(Problem::invalid_body("Send JSON such as {\"slug\": \"shop\"} as application/json."));
    }
    let wanted: Wanted =
        serde_json::from_slice(&bytes).map_err(|error| Problem::invalid_body(format!("{error}.")))?;
    let slug = parse_name(&wanted.slug).map_err(ControlError::Name)?;
    if store::find(&control.parts().database, slug.as_str()).await?.is_some() {
        return Err(ControlError::NameTaken(slug).into());
    }
    let adopted = adopt(&control, &slug, &wanted.former)?;
    Ok(Json(json!({
        "slug": slug,
        "url": control.base_url(&slug),
        "warnings": adopted.warnings,
        "stays_signed_in": adopted.stays_signed_in,
    })))
}

/// Answers 201 once the tenant has all of the data and runs; 202 when it has the data and does not run yet. Anything
/// else means that there is no such tenant.
pub(super) async fn import(
    State(control): State<Control>,
    Extension(caller): Extension<Caller>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|line| line.to_str().ok());
    if kind != Some(MEDIA_TYPE) {
        return Err(Problem::invalid_body(format!("Send a stream as {MEDIA_TYPE}.")));
    }
    let actor = Actor { caller: Some(caller), request: Some(request) };
    // A task of its own: whoever asks may go away, and what was begun is finished or taken back all the same.
    let importing = tokio::spawn(async move { take_in(&control, &actor, Frames::new(body)).await });
    importing.await.map_err(|error| Problem::internal(&error))?
}

async fn take_in(control: &Control, actor: &Actor, mut frames: Frames) -> Result<Response, Problem> {
    let (order, adopted) = read_head(control, &mut frames).await?;
    let (tenant, counts) = provision::import(control, actor, order, &mut frames).await?;
    let is_settled =
        |tenant: &crate::Tenant| matches!(tenant.state, TenantState::Running | TenantState::Failed);
    let settled = tokio::time::timeout(WAIT, control.wait(&tenant.id, is_settled)).await;
    let state = match settled {
        Ok(settled) => settled?.map(|tenant| tenant.state),
        Err(_) => None,
    };
    let is_running = state == Some(TenantState::Running);
    let status = if is_running { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    Ok((status, Json(resource(control, &tenant, &counts, &adopted, is_running))).into_response())
}

async fn read_head(control: &Control, frames: &mut Frames) -> Result<(Order, Adopted), Problem> {
    let Frame::Head(json) = frames.next().await? else {
        return Err(ImportError::Stream(InvalidStream).into());
    };
    let head: Head<'_> =
        serde_json::from_slice(&json).map_err(|error| Problem::invalid_body(format!("{error}.")))?;
    let slug = parse_name(&head.slug).map_err(ControlError::Name)?;
    let secret = head.secret.as_ref().map(|text| TenantSecret::from_text(text)).transpose();
    let secret = secret
        .map_err(|error| ControlError::InvalidImport(format!("The secret cannot be used: {error}.")))?;
    let former = FormerServer { brings_secret: secret.is_some(), ..head.former };
    let adopted = adopt(control, &slug, &former)?;
    Ok((Order { slug, settings: adopted.settings.clone(), secret }, adopted))
}

fn adopt(control: &Control, slug: &Slug, former: &FormerServer) -> Result<Adopted, ControlError> {
    let adopted = control.parts().schema.adopt(slug, &control.base_url(slug), former);
    adopted.map_err(|error| ControlError::InvalidImport(format!("{error}.")))
}

fn resource(
    control: &Control,
    tenant: &crate::Tenant,
    counts: &Counts,
    adopted: &Adopted,
    is_running: bool,
) -> Value {
    json!({
        "slug": tenant.slug,
        "url": control.base_url(&tenant.slug),
        "id": tenant.id,
        "imported": counts,
        "warnings": adopted.warnings,
        "stays_signed_in": adopted.stays_signed_in,
        "running": is_running,
    })
}

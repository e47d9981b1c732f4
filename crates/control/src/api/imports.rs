//! `POST /v1/imports`: a tenant with the data of a Better Auth server. `POST /v1/imports/check`: what it would be.
//!
//! The body is a stream (`kiavi_moving::stream`) that whoever can reach the other server's database reads there. Its head
//! is JSON: `slug`, `workspace`, `former` (what is known of that server) and `secret` (as Better Auth's environment has it).
//! With an Idempotency-Key two imports are the same when their heads are, but for the secret: the rows of a source in
//! service are others each time.

use std::{borrow::Cow, time::Duration};

use axum::{
    Extension, Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kiavi_base::Slug;
use kiavi_crypto::TenantSecret;
use kiavi_moving::stream::MEDIA_TYPE;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    Problem,
    create::new_tenants_workspace,
    idempotency::StreamKey,
    input::Sent,
    streamed::{StreamHead, Streamed},
};
use crate::{
    Adopted, Control, ControlError, FormerServer, TenantState,
    caller::Actor,
    parse_name,
    provision::{self, Counts, Frames, ImportOrder},
    tenant::store,
};

/// How long an answer waits for the tenant to run, which takes a fraction of a second.
const WAIT: Duration = Duration::from_secs(20);

/// What somebody thinks of taking in.
#[derive(Deserialize, ToSchema)]
#[schema(as = WantedImport)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// The name that the tenant would have.
    slug: String,
    /// The workspace that it would be in, by name or id. Without it: `default`.
    #[schema(example = "default", max_length = 63)]
    workspace: Option<String>,
    /// What is known of the server that it takes over from.
    #[serde(default)]
    #[schema(value_type = Object)]
    former: FormerServer,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head<'a> {
    slug: String,
    workspace: Option<String>,
    #[serde(default)]
    former: FormerServer,
    /// Borrowed, so that there is no copy more.
    #[serde(borrow)]
    secret: Option<Cow<'a, str>>,
}

/// See what an import would be
///
/// What the tenant would be called and where, and what that means for its people. Makes nothing.
#[utoipa::path(post, path = "/imports/check", tag = "Moving", request_body = Wanted, responses(
    (status = 200, description = "Where it would be, and what to know", body = Value),
))]
pub(super) async fn check(
    State(control): State<Control>,
    actor: Actor,
    Sent(wanted): Sent<Wanted>,
) -> Result<Json<Value>, Problem> {
    let slug = parse_name(&wanted.slug).map_err(ControlError::Name)?;
    new_tenants_workspace(&control, &actor, wanted.workspace.as_deref()).await?;
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

/// Import a tenant
///
/// A stream of rows, as `kiavi tenant import` sends it. Answers 201 once the tenant has all of the data and runs; 202
/// when it has the data and does not run yet. Anything else means that there is no such tenant. An Idempotency-Key is of
/// what the stream begins with, without the secret: a repetition of an import that was done gets its answer.
#[utoipa::path(post, path = "/imports", tag = "Moving", request_body(content = Vec<u8>, content_type = MEDIA_TYPE),
    responses(
        (status = 201, description = "It has the data and runs", body = Value),
        (status = 202, description = "It has the data and does not run yet", body = Value),
    )
)]
pub(super) async fn import(
    State(control): State<Control>,
    actor: Actor,
    key: Option<Extension<StreamKey>>,
    Streamed { head, mut frames }: Streamed,
) -> Result<Response, Problem> {
    // A task of its own: whoever asks may go away, and what was begun is finished or taken back all the same.
    let importing = tokio::spawn(async move {
        let (order, adopted, what) = read_head(&control, &actor, &head).await?;
        let Some(Extension(key)) = key else {
            return take_in(&control, &actor, order, &adopted, &mut frames).await;
        };
        key.once(&control, &what, async |attempt| match attempt.made.as_deref() {
            Some(made) => taken_in(&control, made, &adopted).await,
            None => {
                let actor = Actor { attempt: Some(attempt), ..actor };
                take_in(&control, &actor, order, &adopted, &mut frames).await
            }
        })
        .await
    });
    importing.await.map_err(|error| Problem::internal(&error))?
}

/// The answer to an import that was done, and whose own answer was lost.
async fn taken_in(control: &Control, id: &str, adopted: &Adopted) -> Result<Response, Problem> {
    let tenant = store::find(&control.parts().database, id).await?;
    let tenant = tenant.ok_or_else(|| Problem::tenant_not_found(id))?;
    let counts = provision::imported(control, &tenant.id).await?;
    let is_running = tenant.state == TenantState::Running;
    Ok(Json(resource(control, &tenant, &counts, adopted, is_running)).into_response())
}

async fn take_in(
    control: &Control,
    actor: &Actor,
    order: ImportOrder,
    adopted: &Adopted,
    frames: &mut Frames,
) -> Result<Response, Problem> {
    let (tenant, counts) = provision::import(control, actor, order, frames).await?;
    let is_settled =
        |tenant: &crate::Tenant| matches!(tenant.state, TenantState::Running | TenantState::Failed);
    let settled = tokio::time::timeout(WAIT, control.wait(&tenant.id, is_settled)).await;
    let state = match settled {
        Ok(settled) => settled?.map(|tenant| tenant.state),
        Err(_) => None,
    };
    let is_running = state == Some(TenantState::Running);
    let status = if is_running { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    Ok((status, Json(resource(control, &tenant, &counts, adopted, is_running))).into_response())
}

/// What the stream begins with: the order, what it means, and what makes another import the same.
async fn read_head(
    control: &Control,
    actor: &Actor,
    head: &StreamHead,
) -> Result<(ImportOrder, Adopted, Vec<u8>), Problem> {
    let head: Head<'_> = head.read()?;
    let slug = parse_name(&head.slug).map_err(ControlError::Name)?;
    let secret = head.secret.as_ref().map(|text| TenantSecret::from_text(text)).transpose();
    let secret = secret
        .map_err(|error| ControlError::InvalidImport(format!("The secret cannot be used: {error}.")))?;
    let workspace = new_tenants_workspace(control, actor, head.workspace.as_deref()).await?;
    let former = FormerServer { brings_secret: secret.is_some(), ..head.former };
    let what = json!([slug, workspace, former]).to_string().into_bytes();
    let adopted = adopt(control, &slug, &former)?;
    Ok((ImportOrder { slug, workspace, settings: adopted.settings.clone(), secret }, adopted, what))
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
        "url": control.url_of(tenant),
        "id": tenant.id,
        "imported": counts,
        "warnings": adopted.warnings,
        "stays_signed_in": adopted.stays_signed_in,
        "running": is_running,
    })
}

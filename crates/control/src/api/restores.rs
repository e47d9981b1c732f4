//! Restores: a tenant out of an archive, which whoever asks sends as a stream.

use std::time::Duration;

use axum::{
    Extension, Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kiavi_base::Slug;
use kiavi_moving::{TableShape, archive::Manifest, stream::MEDIA_TYPE};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Problem, code::Code, idempotency::StreamKey, input::Sent, streamed::Streamed};
use crate::{
    Control, ControlError, Tenant, TenantState,
    backup::order,
    caller::Actor,
    console::CONSOLE_SLUG,
    ended::Policy,
    instance::lost,
    parse_name,
    provision::{self, Frames, RestoreOrder, Restored},
    tenant::store as tenants,
};

/// How long an answer waits for a restored tenant to run.
const WAIT: Duration = Duration::from_secs(20);

/// What somebody thinks of restoring.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedRestore {
    /// The name that the tenant would have.
    slug: String,
    /// What the archive says of itself.
    #[schema(value_type = Object)]
    manifest: Manifest,
    /// The tables of the part with the keys of persons.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    person_keys: Vec<TableShape>,
    /// Make a copy that nobody reaches, have an engine look at it, and remove it.
    #[serde(default)]
    drill: bool,
    /// Bring back who was erased since, and the passkeys, linked accounts and API keys that were removed: when that was the
    /// accident.
    #[serde(default)]
    keep_ended: bool,
    /// Have API keys work although this instance has not had the tenant, and cannot know which were revoked since.
    #[serde(default)]
    keep_api_keys: bool,
    /// The order that this carries out: the tenant is for its workspace.
    #[serde(default)]
    order: Option<String>,
}

impl WantedRestore {
    /// The name of the new tenant. That of the console's own is for its archives only.
    fn slug(&self) -> Result<Slug, ControlError> {
        let is_console = self.slug == CONSOLE_SLUG && self.manifest.tenant.slug == CONSOLE_SLUG;
        match self.slug.parse() {
            Ok(slug) if is_console && !self.drill => Ok(slug),
            _ => parse_name(&self.slug).map_err(ControlError::Name),
        }
    }

    async fn order(self, control: &Control, slug: Slug) -> Result<RestoreOrder, Problem> {
        let (database, id) = (&control.parts().database, &self.manifest.tenant.id);
        let lost_of = lost::workspace(database, id, slug.as_str()).await?;
        let ordered = match &self.order {
            Some(order) => {
                let what = (id.as_str(), slug.as_str(), self.keep_ended);
                let ordered = order::restoring(database, order, what).await?;
                Some(ordered.ok_or_else(|| Problem::plain(Code::BackupOrderNotFound))?)
            }
            None => None,
        };
        let policy = Policy { keeps_ended: self.keep_ended, keeps_api_keys: self.keep_api_keys };
        let (manifest, person_keys) = (self.manifest, self.person_keys);
        Ok(RestoreOrder { slug, manifest, person_keys, policy, lost_of, ordered })
    }
}

/// See what a restored tenant would be
///
/// Where it would be, and what that means for its people. Makes nothing.
#[utoipa::path(post, path = "/restores/check", tag = "Backups", request_body = WantedRestore, responses(
    (status = 200, description = "Where it would be, and what to know", body = Value),
))]
pub(super) async fn check(
    State(control): State<Control>,
    Sent(wanted): Sent<WantedRestore>,
) -> Result<Json<Value>, Problem> {
    let slug = wanted.slug()?;
    provision::check_room(&control, &slug).await?;
    let url = control.base_url(&slug);
    let (_, warnings) = provision::settle(&control, &wanted.order(&control, slug.clone()).await?)?;
    Ok(Json(json!({ "slug": slug, "url": url, "warnings": warnings })))
}

/// Restore a tenant
///
/// A stream of what is in an archive, as `kiavi restore` sends it. Answers 201 once the tenant has all of the data and runs;
/// 202 when it has the data and does not run yet; 200 for a trial, of which nothing is left. Anything else means that there
/// is no such tenant. What has ended since the archive was made, ends again (`ended`). An Idempotency-Key is of the name and
/// the archive: a repetition of a restore that was done gets its answer.
#[utoipa::path(post, path = "/restores", tag = "Backups", request_body(content = Vec<u8>, content_type = MEDIA_TYPE),
    responses(
        (status = 200, description = "The trial is over, and its copy removed", body = Value),
        (status = 201, description = "It has the data and runs", body = Value),
        (status = 202, description = "It has the data and does not run yet", body = Value),
    )
)]
pub(super) async fn restore(
    State(control): State<Control>,
    actor: Actor,
    key: Option<Extension<StreamKey>>,
    Streamed { head, mut frames }: Streamed,
) -> Result<Response, Problem> {
    // A task of its own, as for imports: what was begun is finished or taken back.
    let restoring = tokio::spawn(async move {
        let wanted: WantedRestore = head.read()?;
        let slug = wanted.slug()?;
        let what = json!([slug, wanted.manifest.archive, wanted.drill]).to_string().into_bytes();
        let (is_drill, order) = (wanted.drill, wanted.order(&control, slug).await?);
        let Some(Extension(key)) = key.filter(|_| !is_drill) else {
            return take_in(&control, &actor, order, is_drill, &mut frames).await;
        };
        key.once(&control, &what, async |attempt| match attempt.made.as_deref() {
            Some(made) => taken_in(&control, made, &order).await,
            None => {
                let actor = Actor { attempt: Some(attempt), ..actor };
                take_in(&control, &actor, order, false, &mut frames).await
            }
        })
        .await
    });
    restoring.await.map_err(|error| Problem::internal(&error))?
}

/// The answer to a restore that was done, and whose own answer was lost.
async fn taken_in(control: &Control, id: &str, order: &RestoreOrder) -> Result<Response, Problem> {
    let tenant = tenants::find(&control.parts().database, id).await?;
    let tenant = tenant.ok_or_else(|| Problem::tenant_not_found(id))?;
    let (counts, ended) = provision::restored(control, &tenant.id).await?;
    let (_, warnings) = provision::settle(control, order)?;
    let restored = Restored { counts, ended, warnings };
    let is_running = tenant.state == TenantState::Running;
    Ok(Json(resource(control, &tenant, &restored, is_running)).into_response())
}

async fn take_in(
    control: &Control,
    actor: &Actor,
    order: RestoreOrder,
    is_drill: bool,
    frames: &mut Frames,
) -> Result<Response, Problem> {
    if is_drill {
        let report = provision::drill(control, actor, order, frames).await?;
        let told = json!({
            "rows": report.counts, "signed_in": report.signed_in, "removed": report.is_removed,
        });
        return Ok(Json(told).into_response());
    }
    let (tenant, restored) = provision::restore(control, actor, order, frames).await?;
    let is_settled = |tenant: &Tenant| matches!(tenant.state, TenantState::Running | TenantState::Failed);
    let settled = tokio::time::timeout(WAIT, control.wait(&tenant.id, is_settled)).await;
    let state = match settled {
        Ok(settled) => settled?.map(|tenant| tenant.state),
        Err(_) => None,
    };
    let is_running = state == Some(TenantState::Running);
    let status = if is_running { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    let resource = resource(control, &tenant, &restored, is_running);
    Ok((status, Json(resource)).into_response())
}

fn resource(control: &Control, tenant: &Tenant, restored: &Restored, is_running: bool) -> Value {
    let Restored { counts, ended, warnings } = restored;
    json!({
        "slug": tenant.slug, "url": control.url_of(tenant), "id": tenant.id, "rows": counts, "ended": ended,
        "warnings": warnings, "running": is_running,
    })
}

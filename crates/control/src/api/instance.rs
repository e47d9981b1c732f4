//! The instance itself: its archive, and back out of it.

use std::sync::Arc;

use axum::{Json, extract::State, response::Response};
use kiavi_moving::{archive::Manifest, stream::MEDIA_TYPE};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    Problem,
    archives::{WantedBackup, answer},
    input::Sent,
    streamed::Streamed,
};
use crate::{
    Control,
    caller::Actor,
    instance::{
        bring_back::{self, Order},
        drill,
        lost::{self, Lost},
        make,
    },
};

/// Back the instance up
///
/// One snapshot of its own database as a stream of a file that is encrypted already: workspaces, members, hashes of
/// management keys, which tenants there are, what has ended in them, its log, and three of its keys as the vault has them. For
/// recipients, of whom there must be one: whoever needs it has lost everything else. Its own key, in the vault, opens it for
/// trials.
#[utoipa::path(post, path = "/instance/backup", tag = "Backups", request_body = WantedBackup, responses(
    (status = 200, description = "The archive", body = Vec<u8>, content_type = MEDIA_TYPE),
))]
pub(super) async fn make(
    State(control): State<Control>,
    actor: Actor,
    Sent(wanted): Sent<WantedBackup>,
) -> Result<Response, Problem> {
    let recipients = wanted.recipients()?;
    if recipients.is_empty() {
        return Err(Problem::invalid_body(
            "Name a recipient: the instance's archive is of no use to the instance, which is gone when it is needed.".to_owned(),
        ));
    }
    Ok(answer(make::open(&control, &actor, recipients).await?, Arc::from("instance")))
}

/// What is to be brought back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedInstance {
    /// What the archive says of itself.
    #[schema(value_type = Object)]
    manifest: Manifest,
    /// Keep management keys good, although nobody knows which were revoked since.
    #[serde(default)]
    keep_keys: bool,
    /// Make the instance's own keys anew: the vault here has another master key.
    #[serde(default)]
    without_vault_keys: bool,
}

/// Bring the instance back
///
/// Takes in what an archive of the instance has, as `kiavi backup restore-instance` sends it, where there is nothing yet: no
/// tenant, no member, no workspace but the one that every instance has. Management keys are revoked unless they are to stay.
/// The tenants that it had are then lost until they are restored.
#[utoipa::path(post, path = "/instance/restore", tag = "Backups",
    request_body(content = Vec<u8>, content_type = MEDIA_TYPE), responses(
    (status = 200, description = "It is back", body = Value),
))]
pub(super) async fn restore(
    State(control): State<Control>,
    actor: Actor,
    Streamed { head, mut frames }: Streamed,
) -> Result<Json<Value>, Problem> {
    let restoring = tokio::spawn(async move {
        let WantedInstance { manifest, keep_keys, without_vault_keys } = head.read()?;
        let order = Order { manifest, keeps_keys: keep_keys, leaves_vault_keys: without_vault_keys };
        let brought = bring_back::bring_back(&control, &actor, &order, &mut frames).await?;
        let lost = lost::all(&control.parts().database).await?;
        Ok(json!({
            "rows": brought.counts, "revoked_keys": brought.revoked_keys, "vault_keys": brought.vault_keys, "lost": lost,
        }))
    });
    restoring.await.map_err(|error| Problem::internal(&error))?.map(Json)
}

/// What is to be tried.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TriedInstance {
    /// What the archive says of itself.
    #[schema(value_type = Object)]
    manifest: Manifest,
}

/// Try the instance's archive
///
/// Does with what an archive of the instance has, as `kiavi backup drill --instance` sends it, what an empty machine would, in
/// tables that nobody else sees and that are gone with the answer: compares the rows of each table, and makes sure that each of
/// the instance's keys in it opens with this vault's master key. `tenants` are those that it would bring back.
#[utoipa::path(post, path = "/instance/drill", tag = "Backups",
    request_body(content = Vec<u8>, content_type = MEDIA_TYPE), responses(
    (status = 200, description = "It could be brought back", body = Value),
))]
pub(super) async fn drill(
    State(control): State<Control>,
    Streamed { head, mut frames }: Streamed,
) -> Result<Json<Value>, Problem> {
    let TriedInstance { manifest } = head.read()?;
    let tried = drill::drill(&control, &manifest, &mut frames).await?;
    let tenants = tried.tenants.iter().map(|(id, slug)| json!({ "id": id, "slug": slug }));
    Ok(Json(json!({
        "rows": tried.counts, "tenants": tenants.collect::<Vec<_>>(), "vault_keys": tried.vault_keys,
        "tenant_keys": tried.tenant_keys,
    })))
}

/// Tenants that the instance had.
#[derive(Serialize, ToSchema)]
pub(super) struct LostTenants {
    tenants: Vec<Lost>,
}

/// List tenants whose data is lost
///
/// None, unless the instance was brought back from its archive: those that it had then and that were not restored since, from
/// an archive of theirs and under their own names.
#[utoipa::path(get, path = "/lost-tenants", tag = "Backups", responses(
    (status = 200, description = "The tenants", body = LostTenants),
))]
pub(super) async fn lost(State(control): State<Control>) -> Result<Json<LostTenants>, Problem> {
    Ok(Json(LostTenants { tenants: lost::all(&control.parts().database).await? }))
}

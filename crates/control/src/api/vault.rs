//! Whether secrets can be had.

use axum::{Json, extract::State};
use kiavi_vault::Health;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Control;

/// Where tenants' secrets are kept, and how that is.
#[derive(Serialize, ToSchema)]
#[schema(as = Vault)]
pub(super) struct VaultResource {
    /// `sealed-files` or `scaleway`.
    driver: &'static str,
    /// Whether secrets can be had.
    is_available: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Whether it passes by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_temporary: Option<bool>,
    /// Since when the store has not answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    unavailable_since: Option<String>,
    /// How long secrets are used after the store last confirmed them.
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_seconds: Option<u64>,
}

/// Show how the vault is
///
/// Asks the store.
#[utoipa::path(get, path = "/vault", tag = "Instance", responses(
    (status = 200, description = "How it is", body = VaultResource),
))]
pub(super) async fn show(State(control): State<Control>) -> Json<VaultResource> {
    let Health { driver, fault, unavailable_since, cache_age } = control.parts().vault.health().await;
    Json(VaultResource {
        driver,
        is_available: fault.is_none(),
        reason: fault.as_ref().map(ToString::to_string),
        is_temporary: fault.as_ref().map(|fault| fault.is_temporary()),
        unavailable_since: unavailable_since.map(|since| since.to_string()),
        cache_seconds: cache_age.map(|age| age.as_secs()),
    })
}

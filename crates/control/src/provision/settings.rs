//! Bringing changed settings to the engine and into the tenant's own log.

use axum::http::{Method, StatusCode};
use bytes::Bytes;
use kiavi_base::TenantId;
use kiavi_db::quote_ident;
use serde_json::{Value, json};

use super::{postgres, start};
use crate::{
    Control, Tenant,
    caller::operator_name,
    error::StepError,
    management,
    settings::store::{SET_SETTINGS_DELIVERED, SettingsVersion, versions_after},
    tenant::{owner_role, store},
};

/// Where an engine takes the news.
const SETTINGS_CHANGED: &str = "/management/settings-changed";

/// Delivers what was changed since the last delivery, if anything. The launcher replaces a running engine whose
/// document differs; its successor, started for this if need be, writes each change into the tenant's log. An engine
/// that cannot start with the new document therefore fails this step.
pub(super) async fn deliver(control: &Control, id: &TenantId) -> Result<(), StepError> {
    let database = &control.parts().database;
    let Some(tenant) = store::find(database, id.as_str()).await?.filter(Tenant::has_undelivered_settings)
    else {
        return Ok(());
    };
    control.reach("before the settings are delivered")?;
    settle_retention(control, id, &tenant.settings).await?;
    control.reach("after the log's retention is settled")?;
    let tenant = start::start(control, tenant).await?;
    control.reach("after the settings are delivered")?;
    let (from, to) = (tenant.settings_delivered, tenant.settings_version);
    for version in versions_after(database, id, from, to).await? {
        tell(control, &tenant, &version).await?;
        control.reach("after a change is told")?;
    }
    database.execute(&SET_SETTINGS_DELIVERED, &[&id.as_str(), &to]).await?;
    control.reach("after the delivery is recorded")
}

/// Writes into the tenant's database for how long its log is kept: as its owner, because nobody who writes to the log may.
pub(super) async fn settle_retention(
    control: &Control,
    id: &TenantId,
    settings: &Value,
) -> Result<(), StepError> {
    let inside = postgres::connect_to(control, id.as_str()).await?;
    inside.batch_execute(&format!("SET ROLE {}", quote_ident(&owner_role(id)))).await?;
    control.parts().schema.settle_retention(&inside, settings).await.map_err(StepError::Retention)
}

/// Has the tenant's log tell of a change. The event's id makes it one event however often this is said.
async fn tell(control: &Control, tenant: &Tenant, version: &SettingsVersion) -> Result<(), StepError> {
    let Some(event) = &version.event_id else { return Ok(()) };
    let news = json!({ "id": event, "version": version.version, "changes": version.changes });
    let body = Some(Bytes::from(news.to_string()));
    let operator = operator_name(&version.actor);
    let answer =
        management::ask(control, tenant, &operator, None, Method::POST, SETTINGS_CHANGED, body).await?;
    match answer.status() {
        StatusCode::OK => Ok(()),
        status => Err(StepError::NotLogged(status)),
    }
}
